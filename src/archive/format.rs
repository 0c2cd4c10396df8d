//! The JSON inside an archive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ArchiveError;
use crate::{
    domain::{
        document::{CollectionSettings, DocStatus, Document, DocumentMeta, Domain, PageBox, Section},
        text::{Lang, Span},
    },
    ingest::prepare,
    models,
    ports::{NewChunk, PackedDocument, PackedVectors, PreparedDocument},
};

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const HEAD: &str = "collection.json";
pub(super) const SYNONYMS: &str = "synonyms.txt";
pub(super) const DOCUMENTS: &str = "documents.jsonl";
/// What stands in every manifest.
pub(super) const KIND: &str = "attest-collection";
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub kind: String,
    pub format: u32,
    pub documents: u64,
    pub chunks: u64,
    /// Number of vectors by the model that made them.
    pub vectors: BTreeMap<String, u64>,
    pub entries: Vec<Entry>,
}

impl Manifest {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self {
            kind: KIND.to_owned(),
            format: FORMAT,
            documents: 0,
            chunks: 0,
            vectors: BTreeMap::new(),
            entries: Vec::new(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub name: String,
    pub title: String,
    /// It selects the risk policy.
    pub domain: String,
    pub known_missing: String,
    /// Archives of earlier versions do not say.
    #[serde(default)]
    pub explore: bool,
    #[serde(skip)]
    pub synonyms: String,
}

impl Head {
    pub fn settings(&self) -> CollectionSettings {
        CollectionSettings {
            synonyms: self.synonyms.clone(),
            known_missing: self.known_missing.clone(),
            explore: self.explore,
        }
    }
}

/// One document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    key: String,
    /// As [`prepare::content_hash`] makes it.
    hash: String,
    title: String,
    lang: String,
    domain: String,
    kind: String,
    authority: u8,
    jurisdiction: Option<String>,
    issuer: Option<String>,
    valid_from: Option<time::Date>,
    valid_to: Option<time::Date>,
    status: String,
    superseded_by: Option<String>,
    source_url: Option<String>,
    licence: Option<String>,
    note: Option<String>,
    text: String,
    sections: Vec<SectionLine>,
    chunks: Vec<ChunkLine>,
    /// By model; a chunk without a vector is null. Little-endian 32-bit floats in hexadecimal.
    vectors: BTreeMap<String, Vec<Option<String>>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionLine {
    locator: String,
    path: Vec<String>,
    page: Option<u32>,
    span: (usize, usize),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChunkLine {
    /// BLAKE3 of its text.
    hash: String,
    locator: String,
    path: Vec<String>,
    page: Option<u32>,
    span: (usize, usize),
    /// Page, left, bottom, right, top.
    boxes: Vec<(u32, [i32; 4])>,
}

impl Line {
    pub fn of(packed: &PackedDocument) -> Self {
        let PreparedDocument { document, content_hash, chunks } = &packed.prepared;
        let Document { meta, text, sections } = document;
        let meta = meta.clone();
        let vectors = packed.vectors.iter().map(|PackedVectors { embedder, chunks: of }| {
            let mut row = vec![None; chunks.len()];
            for (ordinal, values) in of {
                if let Some(place) = usize::try_from(*ordinal).ok().and_then(|at| row.get_mut(at)) {
                    *place = Some(hex(values));
                }
            }
            (embedder.clone(), row)
        });
        Self {
            hash: content_hash.clone(),
            lang: meta.lang.code().to_owned(),
            domain: meta.domain.code().to_owned(),
            status: meta.status.code().to_owned(),
            key: meta.key,
            title: meta.title,
            kind: meta.kind,
            authority: meta.authority,
            jurisdiction: meta.jurisdiction,
            issuer: meta.issuer,
            valid_from: meta.valid_from,
            valid_to: meta.valid_to,
            superseded_by: meta.superseded_by,
            source_url: meta.source_url,
            licence: meta.licence,
            note: meta.note,
            text: text.clone(),
            sections: sections
                .iter()
                .map(|Section { locator, path, page, span }| SectionLine {
                    locator: locator.clone(),
                    path: path.clone(),
                    page: *page,
                    span: (span.start(), span.end()),
                })
                .collect(),
            chunks: chunks
                .iter()
                .map(|chunk| ChunkLine {
                    hash: chunk_hash(chunk.span, text).unwrap_or_default(),
                    locator: chunk.locator.clone(),
                    path: chunk.path.clone(),
                    page: chunk.page,
                    span: (chunk.span.start(), chunk.span.end()),
                    boxes: chunk.boxes.iter().map(|at| (at.page, at.edges)).collect(),
                })
                .collect(),
            vectors: vectors.collect(),
        }
    }

    /// The document, when everything in it fits its hashes.
    pub fn into_packed(self) -> Result<PackedDocument, ArchiveError> {
        let key = self.key.clone();
        let bad = |what: &str| ArchiveError::Damaged(format!("document '{key}': {what}"));
        let meta = DocumentMeta {
            key: self.key,
            title: self.title,
            lang: Lang::parse(&self.lang).ok_or_else(|| bad("unknown language"))?,
            domain: Domain::parse(&self.domain).ok_or_else(|| bad("unknown domain"))?,
            kind: self.kind,
            authority: self.authority,
            jurisdiction: self.jurisdiction,
            issuer: self.issuer,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            status: DocStatus::parse(&self.status).ok_or_else(|| bad("unknown status"))?,
            superseded_by: self.superseded_by,
            source_url: self.source_url,
            licence: self.licence,
            note: self.note,
        };
        let sections = self.sections.into_iter().map(|SectionLine { locator, path, page, span }| {
            let span = cut(span, &self.text).ok_or_else(|| bad("a section does not cut its text"))?;
            Ok(Section { locator, path, page, span })
        });
        let sections = sections.collect::<Result<Vec<_>, ArchiveError>>()?;
        let mut chunks = Vec::with_capacity(self.chunks.len());
        for line in self.chunks {
            let span = cut(line.span, &self.text).ok_or_else(|| bad("a chunk does not cut its text"))?;
            if chunk_hash(span, &self.text).as_ref() != Some(&line.hash) {
                return Err(bad("a chunk does not have the hash that was recorded for it"));
            }
            let boxes = line.boxes.into_iter().map(|(page, edges)| PageBox { page, edges }).collect();
            chunks.push(NewChunk { locator: line.locator, path: line.path, page: line.page, span, boxes });
        }
        let mut vectors = Vec::with_capacity(self.vectors.len());
        for (embedder, row) in self.vectors {
            let of = (0..).zip(row).filter_map(|(at, hex)| Some((at, floats(&hex?))));
            let of: Option<Vec<_>> = of.map(|(at, values)| Some((at, values?))).collect();
            let of = of.ok_or_else(|| bad("a vector is not one"))?;
            if of.iter().any(|(at, values)| *at as usize >= chunks.len() || values.len() != of[0].1.len()) {
                return Err(bad("vectors do not belong to its chunks"));
            }
            vectors.push(PackedVectors { embedder, chunks: of });
        }
        let document = Document { meta, text: self.text, sections };
        if prepare::content_hash(&document) != self.hash {
            return Err(bad("it does not have the hash that was recorded for it"));
        }
        Ok(PackedDocument { prepared: PreparedDocument { document, content_hash: self.hash, chunks }, vectors })
    }
}

/// The span, where it cuts `text` on character boundaries and is not empty.
fn cut((start, end): (usize, usize), text: &str) -> Option<Span> {
    text.get(start..end).filter(|part| !part.is_empty()).map(|_| Span::new(start, end))
}

fn chunk_hash(span: Span, text: &str) -> Option<String> {
    span.of(text).map(|text| blake3::hash(text.as_bytes()).to_hex().to_string())
}

fn hex(values: &[f32]) -> String {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    models::hex(&bytes)
}

fn floats(hex: &str) -> Option<Vec<f32>> {
    let (groups, rest) = hex.as_bytes().as_chunks::<8>();
    if !rest.is_empty() || groups.is_empty() {
        return None;
    }
    let value = |group: &[u8; 8]| {
        let text = std::str::from_utf8(group).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let value = f32::from_bits(u32::from_str_radix(text, 16).ok()?.swap_bytes());
        value.is_finite().then_some(value)
    };
    groups.iter().map(value).collect()
}
