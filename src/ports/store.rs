//! Where everything lives.

use std::sync::Arc;

use async_trait::async_trait;
use time::{Date, OffsetDateTime};

use crate::domain::{
    document::{
        Chunk, ChunkId, Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentMeta,
        DocumentVersion, PageBox, VersionId,
    },
    recall::Recall,
    text::Span,
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no collection '{0}'; 'attest collections list' shows those that exist")]
    UnknownCollection(String),
    #[error("the collection '{0}' exists already")]
    CollectionExists(String),
    #[error("the store at {path} cannot be opened: {problem}")]
    Open { path: String, problem: String },
    #[error("the store failed while it tried to {action}: {problem}")]
    Failed { action: &'static str, problem: String },
    #[error("the store holds something this version cannot read ({what}); a newer Attest may have written it")]
    Corrupt { what: String },
}

/// A document as ingest hands it over: read, cut into chunks, hashed.
#[derive(Clone, Debug)]
pub struct PreparedDocument {
    pub document: Document,
    /// BLAKE3 over metadata, text and sections, hexadecimal; equal hash means nothing changed.
    pub content_hash: String,
    /// In reading order. Ids and version are assigned by the store.
    pub chunks: Vec<NewChunk>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunk {
    pub locator: String,
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// Into the document's text.
    pub span: Span,
    /// Its lines on their pages; empty for texts without pages.
    pub boxes: Vec<PageBox>,
}

/// A document with everything that a collection holds of it, so that another store can hold the same.
#[derive(Clone, Debug)]
pub struct PackedDocument {
    pub prepared: PreparedDocument,
    pub vectors: Vec<PackedVectors>,
}

/// The vectors of one document that one model made.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedVectors {
    pub embedder: String,
    /// Ordinal of the chunk and its vector, in order; all of one length.
    pub chunks: Vec<(u32, Vec<f32>)>,
}

/// What became of a document that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The same bytes are there already: nothing was written.
    Unchanged,
    Added(VersionId),
    /// A newer version; the earlier one stays readable and leaves the search.
    Replaced {
        old: VersionId,
        new: VersionId,
    },
}

/// One entry of the change log that the indexes follow. Positions only grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub position: i64,
    pub kind: ChangeKind,
    pub version: VersionId,
    pub collection: CollectionName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The chunks of this version are now to be found.
    Added,
    /// They are no longer to be found.
    Removed,
}

/// A chunk with all that a search result shows.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredChunk {
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    pub chunk: Chunk,
}

/// A vector to be indexed. `sequence` only grows; a reader that remembers the last one sees every new vector.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVector {
    pub sequence: i64,
    pub chunk: ChunkId,
    pub values: Vec<f32>,
}

/// An answer as it was given, with the places it rests on.
#[derive(Clone, Debug)]
pub struct StoredAnswer {
    pub id: String,
    pub created_at: OffsetDateTime,
    pub question: String,
    pub outcome: String,
    /// The answer JSON, exactly as it was sent.
    pub json: String,
    /// Source bytes that it cites.
    pub citations: Vec<(VersionId, Span)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionStats {
    pub documents: u64,
    pub chunks: u64,
    pub vectors: u64,
    pub by_status: Vec<(DocStatus, u64)>,
}

/// Where everything lives. The database is the truth; the indexes follow its change log.
#[async_trait]
pub trait Store: Send + Sync {
    // collections
    async fn create_collection(&self, collection: &Collection) -> Result<(), StoreError>;
    async fn collections(&self) -> Result<Vec<Collection>, StoreError>;
    async fn collection(&self, name: &CollectionName) -> Result<Option<Collection>, StoreError>;
    async fn collection_stats(
        &self,
        name: &CollectionName,
        embedder: Option<&str>,
    ) -> Result<CollectionStats, StoreError>;
    /// Removes it with everything in it. Stored answers keep their JSON.
    async fn delete_collection(&self, name: &CollectionName) -> Result<(), StoreError>;
    async fn collection_settings(&self, name: &CollectionName) -> Result<CollectionSettings, StoreError>;
    /// Of all collections for which something was set.
    async fn all_collection_settings(&self) -> Result<Vec<(CollectionName, CollectionSettings)>, StoreError>;
    async fn put_collection_settings(
        &self,
        name: &CollectionName,
        settings: &CollectionSettings,
    ) -> Result<(), StoreError>;
    /// A document as it can be put into another store; `None` where the version is gone.
    async fn pack(&self, version: VersionId) -> Result<Option<PackedDocument>, StoreError>;
    /// Makes a collection and puts all that comes into it, in one transaction: when something is wrong with any of it,
    /// or fewer than `count` documents come, nothing was made.
    async fn unpack(
        &self,
        collection: &Collection,
        settings: &CollectionSettings,
        count: u64,
        documents: &mut tokio::sync::mpsc::Receiver<PackedDocument>,
    ) -> Result<(), StoreError>;

    // documents
    /// All or nothing, in one transaction, change log included.
    async fn put_document(
        &self,
        collection: &CollectionName,
        document: &PreparedDocument,
    ) -> Result<PutOutcome, StoreError>;
    /// Several documents at once, in order: a store that can, writes them in one transaction.
    async fn put_documents(
        &self,
        collection: &CollectionName,
        documents: &[PreparedDocument],
    ) -> Result<Vec<PutOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(documents.len());
        for document in documents {
            outcomes.push(self.put_document(collection, document).await?);
        }
        Ok(outcomes)
    }
    /// Takes the current version out of the search; `false` where there is none.
    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, StoreError>;
    /// The current version of a document.
    async fn document(&self, collection: &CollectionName, key: &str) -> Result<Option<DocumentVersion>, StoreError>;
    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, StoreError>;
    /// All versions of a document, newest first.
    async fn versions(&self, collection: &CollectionName, key: &str) -> Result<Vec<DocumentVersion>, StoreError>;
    /// The version with this id, and its text and sections.
    async fn version_text(&self, version: VersionId) -> Result<Option<(DocumentVersion, Document)>, StoreError>;

    // chunks
    async fn chunks(&self, ids: &[ChunkId]) -> Result<Vec<StoredChunk>, StoreError>;
    async fn chunks_of(&self, version: VersionId) -> Result<Vec<StoredChunk>, StoreError>;

    // the change log
    async fn changes_after(&self, position: i64, limit: u32) -> Result<Vec<Change>, StoreError>;
    async fn last_change(&self) -> Result<i64, StoreError>;

    // vectors, by the name of the embedder that made them
    async fn chunks_without_vector(&self, embedder: &str, limit: u32) -> Result<Vec<StoredChunk>, StoreError>;
    async fn put_vectors(&self, embedder: &str, vectors: &[(ChunkId, Vec<f32>)]) -> Result<(), StoreError>;
    async fn vectors_after(&self, embedder: &str, sequence: i64, limit: u32) -> Result<Vec<StoredVector>, StoreError>;
    /// (searchable chunks, those of them that have a vector)
    async fn vector_progress(&self, embedder: &str) -> Result<(u64, u64), StoreError>;

    // answers
    async fn put_answer(&self, answer: &StoredAnswer) -> Result<(), StoreError>;
    async fn answer(&self, id: &str) -> Result<Option<StoredAnswer>, StoreError>;
    /// Places that stored answers (or the one with this id) cite and that no longer are what they were, `limit` at
    /// most, those of the latest answers first.
    async fn recalls(&self, answer: Option<&str>, today: Date, limit: u32) -> Result<Vec<Recall>, StoreError>;
}
