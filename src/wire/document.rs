//! Collections, documents and what became of an upload, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::date;
use crate::{
    domain::document::{Collection, CollectionSettings, Document, DocumentVersion, Section},
    ports::CollectionStats,
    retrieve::coverage::Coverage,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Collection)]
pub struct CollectionJson {
    pub name: String,
    pub title: String,
    /// `legal`, `medical`, `finance` or `general`.
    pub domain: &'static str,
    pub documents: u64,
    pub chunks: u64,
    /// Chunks that have a vector; fewer than `chunks` while the vector index is being built.
    pub vectors: u64,
    pub by_status: Vec<StatusCountJson>,
}

impl CollectionJson {
    pub fn new(collection: &Collection, stats: &CollectionStats) -> Self {
        Self {
            name: collection.name.to_string(),
            title: collection.title.clone(),
            domain: collection.domain.code(),
            documents: stats.documents,
            chunks: stats.chunks,
            vectors: stats.vectors,
            by_status: stats
                .by_status
                .iter()
                .map(|&(status, documents)| StatusCountJson { status: status.code(), documents })
                .collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StatusCount)]
pub struct StatusCountJson {
    pub status: &'static str,
    pub documents: u64,
}

/// What the owner of a collection wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CollectionSettings)]
#[serde(deny_unknown_fields)]
pub struct CollectionSettingsJson {
    /// One concept a line: everyday words, ` = `, the words of the sources; searches use them on top of the built-in
    /// table. `#` starts a comment.
    #[schema(example = "房东 = 出租人")]
    pub synonyms: String,
    /// What is known not to be in the collection; an abstention repeats it.
    pub known_missing: String,
    /// Whether `/v1/explore` may be asked about the collection.
    #[serde(default)]
    pub explore: bool,
}

impl From<CollectionSettings> for CollectionSettingsJson {
    fn from(CollectionSettings { synonyms, known_missing, explore }: CollectionSettings) -> Self {
        Self { synonyms, known_missing, explore }
    }
}

impl From<CollectionSettingsJson> for CollectionSettings {
    fn from(CollectionSettingsJson { synonyms, known_missing, explore }: CollectionSettingsJson) -> Self {
        Self { synonyms, known_missing, explore }
    }
}

/// What a collection holds, and what it speaks of without holding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Coverage)]
pub struct CoverageJson {
    /// Number of documents by kind, by status, by jurisdiction (empty where none is known) and by language.
    pub kinds: BTreeMap<String, u64>,
    pub statuses: BTreeMap<&'static str, u64>,
    pub jurisdictions: BTreeMap<String, u64>,
    pub languages: BTreeMap<&'static str, u64>,
    /// The earliest and the latest first day of validity; `null` where no document has one.
    pub oldest: Option<String>,
    pub newest: Option<String>,
    /// What is known not to be there, in the owner's words.
    pub known_missing: String,
    /// Keys of documents that are said to have taken another one's place and are not there.
    pub missing_successors: Vec<String>,
    /// Laws that the texts name and that are not there, those named most often first; fifty at most.
    pub missing_references: Vec<MissingReferenceJson>,
}

impl CoverageJson {
    pub fn new(coverage: Coverage, known_missing: String) -> Self {
        let Coverage { kinds, statuses, jurisdictions, languages, oldest, newest, successors, absent } = coverage;
        Self {
            kinds,
            statuses,
            jurisdictions,
            languages,
            oldest: oldest.map(date),
            newest: newest.map(date),
            known_missing,
            missing_successors: successors,
            missing_references: absent
                .into_iter()
                .map(|(title, documents)| MissingReferenceJson { title, documents })
                .collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MissingReference)]
pub struct MissingReferenceJson {
    pub title: String,
    /// How many documents name it.
    pub documents: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CollectionList)]
pub struct CollectionListJson {
    pub collections: Vec<CollectionJson>,
}

/// What is known about one version of a document apart from its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Document)]
pub struct DocumentJson {
    pub collection: String,
    /// Unique in its collection, stable over versions.
    pub key: String,
    pub title: String,
    /// Identifies this version; citations carry it.
    pub version: i64,
    /// 1 for the first bytes seen under this key.
    pub version_number: u32,
    /// Whether searches use this version.
    pub current: bool,
    /// `zh` or `en`.
    pub lang: &'static str,
    pub domain: &'static str,
    pub kind: String,
    /// 1 (constitution, statute) to 9 (other).
    pub authority: u8,
    pub jurisdiction: Option<String>,
    pub issuer: Option<String>,
    /// `in_force`, `amended`, `repealed`, `historical`, `not_yet_in_force` or `unknown`.
    pub status: &'static str,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub superseded_by: Option<String>,
    pub source_url: Option<String>,
    pub licence: Option<String>,
    pub note: Option<String>,
    /// BLAKE3 of metadata and text, hexadecimal.
    pub content_hash: String,
}

impl From<&DocumentVersion> for DocumentJson {
    fn from(version: &DocumentVersion) -> Self {
        let meta = &version.meta;
        Self {
            collection: version.collection.to_string(),
            key: meta.key.clone(),
            title: meta.title.clone(),
            version: version.id.0,
            version_number: version.number,
            current: version.current,
            lang: meta.lang.code(),
            domain: meta.domain.code(),
            kind: meta.kind.clone(),
            authority: meta.authority,
            jurisdiction: meta.jurisdiction.clone(),
            issuer: meta.issuer.clone(),
            status: meta.status.code(),
            valid_from: meta.valid_from.map(date),
            valid_to: meta.valid_to.map(date),
            superseded_by: meta.superseded_by.clone(),
            source_url: meta.source_url.clone(),
            licence: meta.licence.clone(),
            note: meta.note.clone(),
            content_hash: version.content_hash.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DocumentList)]
pub struct DocumentListJson {
    pub documents: Vec<DocumentJson>,
    /// Where this page starts, from 0.
    pub offset: u64,
    /// Give it as `offset` to get the next page; `null` on the last one.
    pub next_offset: Option<u64>,
}

/// A part of a document that is cited as a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Section)]
pub struct SectionJson {
    pub locator: String,
    /// Headings above it, outermost first.
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// Bytes of the document's `text`.
    pub start: usize,
    pub end: usize,
}

impl From<&Section> for SectionJson {
    fn from(section: &Section) -> Self {
        Self {
            locator: section.locator.clone(),
            path: section.path.clone(),
            page: section.page,
            start: section.span.start(),
            end: section.span.end(),
        }
    }
}

/// One version of a document with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DocumentText)]
pub struct DocumentTextJson {
    #[serde(flatten)]
    pub document: DocumentJson,
    /// Every offset of a citation slices this text, byte for byte.
    pub text: String,
    /// In reading order.
    pub sections: Vec<SectionJson>,
}

impl DocumentTextJson {
    pub fn new(version: &DocumentVersion, document: &Document) -> Self {
        Self {
            document: DocumentJson::from(version),
            text: document.text.clone(),
            sections: document.sections.iter().map(SectionJson::from).collect(),
        }
    }
}

/// What became of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Ingested)]
pub struct IngestJson {
    pub added: u64,
    pub replaced: u64,
    pub unchanged: u64,
    pub chunks: u64,
    /// How many documents, lines or files could not be read; the rest was taken.
    pub failed: u64,
    /// What could not be read, and why: the first hundred.
    pub failures: Vec<IngestFailureJson>,
}

/// A part of an upload that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IngestFailure)]
pub struct IngestFailureJson {
    /// File name, with the line where there is one.
    pub place: String,
    pub message: String,
}
