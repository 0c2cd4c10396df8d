//! What is asked, what was found, and how a place in a source is cited.

use std::{collections::BTreeMap, fmt, sync::Arc};

use time::Date;

use super::{
    document::{Chunk, ChunkId, CollectionName, DocStatus, DocumentMeta},
    text::{Lang, Span},
};

/// Number of an evidence in one answer, from 1; written `[1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub u16);

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0)
    }
}

/// A search in the knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// Only texts that govern on this day, unless `statuses` asks for others by name.
    pub as_of: Date,
    /// When given, exactly these statuses, whatever the day.
    pub statuses: Option<Vec<DocStatus>>,
    /// Only documents in this language.
    pub lang: Option<Lang>,
    /// How many chunks at most.
    pub limit: usize,
    pub switches: Switches,
}

/// Parts of retrieval that an evaluation may turn off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, not a state")]
pub struct Switches {
    pub lexical: bool,
    pub vector: bool,
    /// Exact look-up of articles that the query names.
    pub direct: bool,
    /// The words of sources beside the everyday words of the question.
    pub expand: bool,
    /// The question's vector moved towards the passages that answer such questions, where an adapter is there.
    pub adapt: bool,
    /// A second look by a cross-encoder, where one is there.
    pub rerank: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { lexical: true, vector: true, direct: true, expand: true, adapt: true, rerank: true }
    }
}

/// How each side of retrieval saw a chunk; ranks from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    pub lexical_rank: Option<u32>,
    pub bm25: Option<f32>,
    pub vector_rank: Option<u32>,
    /// Cosine of query and chunk vector, -1 to 1.
    pub cosine: Option<f32>,
    /// What the reranker made of it, 0 to 1, where it took a look.
    pub relevance: Option<f32>,
    /// The query names this very article.
    pub direct: bool,
}

/// A chunk that was found, with the document it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub label: Label,
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    pub chunk: Chunk,
    /// Fused score; compares within one result only.
    pub score: f32,
    pub signals: Signals,
    /// The first passage with this text that the knowledge base took in: reprints share it, so that three of them count
    /// as one source.
    pub origin: ChunkId,
    /// Where the same text stands too: a reprint is no second source.
    pub copies: Vec<Reprint>,
}

/// A passage that says the same as another in (nearly) the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reprint {
    pub collection: CollectionName,
    /// Of its document.
    pub key: String,
    pub title: String,
    pub locator: String,
}

impl Evidence {
    /// A passage that no search has ranked: without a label yet, its own origin.
    pub fn of(collection: CollectionName, meta: Arc<DocumentMeta>, chunk: Chunk) -> Self {
        let origin = chunk.id;
        let (label, signals, copies) = (Label(0), Signals::default(), Vec::new());
        Self { label, collection, meta, chunk, score: 0.0, signals, origin, copies }
    }

    /// Cites `span`, a place in [`Chunk::text`]; `None` where the span does not fit the chunk.
    pub fn cite(&self, span: Span) -> Option<Citation> {
        Some(Citation {
            label: self.label,
            collection: self.collection.clone(),
            meta: Arc::clone(&self.meta),
            chunk: self.chunk.id,
            version: self.chunk.version,
            locator: self.chunk.locator.clone(),
            page: self.chunk.page,
            quote: span.of(&self.chunk.text)?.to_owned(),
            span: span.shifted(self.chunk.span.start()),
        })
    }

    /// Cites the whole chunk.
    pub fn cite_whole(&self) -> Citation {
        Citation {
            label: self.label,
            collection: self.collection.clone(),
            meta: Arc::clone(&self.meta),
            chunk: self.chunk.id,
            version: self.chunk.version,
            locator: self.chunk.locator.clone(),
            page: self.chunk.page,
            quote: self.chunk.text.clone(),
            span: self.chunk.span,
        }
    }
}

/// What a question says in everyday words, and what sources say in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concept {
    /// The words of the question.
    pub said: Vec<String>,
    /// A source that says one of these says it.
    pub meant: Arc<[String]>,
}

/// What a search looked through: an abstention names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    pub collections: Vec<CollectionName>,
    /// Searchable chunks in them.
    pub chunks: u64,
    /// Share of those chunks that have a vector, in 1/1000: below 1000 the vector index is still being built.
    pub vectors_permille: u16,
    /// Change-log position that the lexical index had reached.
    pub index_position: i64,
    /// The day whose law was asked for; none where the texts were given.
    pub as_of: Option<Date>,
    /// The latest first day of validity among the texts that could be found; none where no text is dated.
    pub newest: Option<Date>,
    /// What their owners know to be missing from the collections.
    pub known_missing: Vec<(CollectionName, String)>,
    /// Everyday words of the query that were looked for in the words of sources too.
    pub concepts: Vec<Concept>,
}

/// Everything one answer may cite, best first, with unique labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvidenceSet {
    items: Vec<Evidence>,
    by_label: BTreeMap<Label, usize>,
    pub searched: Searched,
}

impl EvidenceSet {
    /// Labels the chunks 1, 2, 3 … in the given order, whatever labels they came with.
    pub fn number(items: Vec<Evidence>, searched: Searched) -> Self {
        let items: Vec<Evidence> = (1..=u16::MAX)
            .zip(items)
            .map(|(n, mut evidence)| {
                evidence.label = Label(n);
                evidence
            })
            .collect();
        let by_label = items.iter().enumerate().map(|(at, evidence)| (evidence.label, at)).collect();
        Self { items, by_label, searched }
    }

    pub fn items(&self) -> &[Evidence] {
        &self.items
    }

    pub fn get(&self, label: Label) -> Option<&Evidence> {
        self.by_label.get(&label).map(|&at| &self.items[at])
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Those with these labels, labels and order unchanged.
    #[must_use]
    pub fn only(&self, labels: &[Label]) -> Self {
        let items: Vec<Evidence> = self.items.iter().filter(|e| labels.contains(&e.label)).cloned().collect();
        let by_label = items.iter().enumerate().map(|(at, evidence)| (evidence.label, at)).collect();
        Self { items, by_label, searched: self.searched.clone() }
    }

    /// The first `n`, labels unchanged.
    #[must_use]
    pub fn truncated(&self, n: usize) -> Self {
        Self::number(self.items.iter().take(n).cloned().collect(), self.searched.clone())
    }
}

/// An exact place in a stored text, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    pub label: Label,
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    pub chunk: super::document::ChunkId,
    pub version: super::document::VersionId,
    pub locator: String,
    pub page: Option<u32>,
    /// The bytes at `span`.
    pub quote: String,
    /// Into the stored text of `version`.
    pub span: Span,
}
