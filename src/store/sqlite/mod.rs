//! The store on SQLite: one writer connection, a pool of readers, write-ahead log.

mod answers;
mod changes;
mod check;
mod chunks;
mod codec;
mod collections;
mod documents;
mod error;
mod open;
mod packed;
mod recall;
mod vectors;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, Transaction};
use time::Date;
use tokio::sync::mpsc;

use crate::{
    domain::{
        document::{
            ChunkId, Collection, CollectionName, CollectionSettings, Document, DocumentMeta, DocumentVersion, PageBox,
            VersionId,
        },
        recall::Recall,
    },
    ports::{
        Change, CollectionStats, PackedDocument, PreparedDocument, PutOutcome, Store, StoreError, StoredAnswer,
        StoredChunk, StoredVector,
    },
};

/// A knowledge base in one SQLite file.
///
/// Cheap to clone; clones share the connections. Other processes may read and write the same file at the same time.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// Exactly one connection: writes queue here instead of failing with `SQLITE_BUSY`.
    writer: SqlitePool,
    readers: SqlitePool,
    memory: Arc<Mutex<Memory>>,
}

/// What is worth remembering between calls. Losing any of it costs time only.
#[derive(Debug, Default)]
struct Memory {
    /// Collection and metadata by version: immutable once written.
    versions: HashMap<i64, (CollectionName, Arc<DocumentMeta>)>,
    /// By embedder: every searchable chunk below this id has its vector. It holds because chunk ids only grow and a
    /// vector leaves only with its chunk.
    vectors_from: HashMap<String, i64>,
}

impl SqliteStore {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere cannot leave a cache in a state worse than empty.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the lines of a chunk stand on the pages of its file; empty for texts without pages, and for chunks that
    /// are not there.
    pub async fn chunk_boxes(&self, chunk: ChunkId) -> Result<Vec<PageBox>, StoreError> {
        chunks::boxes(self, chunk).await
    }

    /// A write transaction. It takes the write lock at once: an upgrade later on would fail where another process
    /// wrote in between.
    async fn write(&self, action: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(error::failed(action))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_collection(&self, collection: &Collection) -> Result<(), StoreError> {
        collections::create(self, collection).await
    }

    async fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        collections::list(self).await
    }

    async fn collection(&self, name: &CollectionName) -> Result<Option<Collection>, StoreError> {
        collections::get(self, name).await
    }

    async fn collection_stats(
        &self,
        name: &CollectionName,
        embedder: Option<&str>,
    ) -> Result<CollectionStats, StoreError> {
        collections::stats(self, name, embedder).await
    }

    async fn delete_collection(&self, name: &CollectionName) -> Result<(), StoreError> {
        collections::delete(self, name).await
    }

    async fn collection_settings(&self, name: &CollectionName) -> Result<CollectionSettings, StoreError> {
        collections::settings(self, name).await
    }

    async fn all_collection_settings(&self) -> Result<Vec<(CollectionName, CollectionSettings)>, StoreError> {
        collections::all_settings(self).await
    }

    async fn put_collection_settings(
        &self,
        name: &CollectionName,
        settings: &CollectionSettings,
    ) -> Result<(), StoreError> {
        collections::put_settings(self, name, settings).await
    }

    async fn pack(&self, version: VersionId) -> Result<Option<PackedDocument>, StoreError> {
        packed::pack(self, version).await
    }

    async fn unpack(
        &self,
        collection: &Collection,
        settings: &CollectionSettings,
        count: u64,
        documents: &mut mpsc::Receiver<PackedDocument>,
    ) -> Result<(), StoreError> {
        packed::unpack(self, collection, settings, count, documents).await
    }

    async fn put_document(
        &self,
        collection: &CollectionName,
        document: &PreparedDocument,
    ) -> Result<PutOutcome, StoreError> {
        documents::put_one(self, collection, document).await
    }

    async fn put_documents(
        &self,
        collection: &CollectionName,
        documents: &[PreparedDocument],
    ) -> Result<Vec<PutOutcome>, StoreError> {
        documents::put_all(self, collection, documents).await
    }

    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, StoreError> {
        documents::delete(self, collection, key).await
    }

    async fn document(&self, collection: &CollectionName, key: &str) -> Result<Option<DocumentVersion>, StoreError> {
        documents::current(self, collection, key).await
    }

    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, StoreError> {
        documents::list(self, collection, offset, limit).await
    }

    async fn versions(&self, collection: &CollectionName, key: &str) -> Result<Vec<DocumentVersion>, StoreError> {
        documents::versions(self, collection, key).await
    }

    async fn version_text(&self, version: VersionId) -> Result<Option<(DocumentVersion, Document)>, StoreError> {
        documents::text(self, version).await
    }

    async fn chunks(&self, ids: &[ChunkId]) -> Result<Vec<StoredChunk>, StoreError> {
        chunks::by_id(self, ids).await
    }

    async fn chunks_of(&self, version: VersionId) -> Result<Vec<StoredChunk>, StoreError> {
        chunks::of_version(self, version).await
    }

    async fn changes_after(&self, position: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        changes::after(self, position, limit).await
    }

    async fn last_change(&self) -> Result<i64, StoreError> {
        changes::last(self).await
    }

    async fn chunks_without_vector(&self, embedder: &str, limit: u32) -> Result<Vec<StoredChunk>, StoreError> {
        vectors::missing(self, embedder, limit).await
    }

    async fn put_vectors(&self, embedder: &str, vectors: &[(ChunkId, Vec<f32>)]) -> Result<(), StoreError> {
        vectors::put(self, embedder, vectors).await
    }

    async fn vectors_after(&self, embedder: &str, sequence: i64, limit: u32) -> Result<Vec<StoredVector>, StoreError> {
        vectors::after(self, embedder, sequence, limit).await
    }

    async fn vector_progress(&self, embedder: &str) -> Result<(u64, u64), StoreError> {
        vectors::progress(self, embedder).await
    }

    async fn put_answer(&self, answer: &StoredAnswer) -> Result<(), StoreError> {
        answers::put(self, answer).await
    }

    async fn answer(&self, id: &str) -> Result<Option<StoredAnswer>, StoreError> {
        answers::get(self, id).await
    }

    async fn recalls(&self, answer: Option<&str>, today: Date, limit: u32) -> Result<Vec<Recall>, StoreError> {
        recall::list(self, answer, today, limit).await
    }
}
