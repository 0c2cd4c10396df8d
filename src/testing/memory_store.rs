//! A store that lives in memory: the whole port, nothing on disk.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    domain::document::{Chunk, ChunkId, Collection, CollectionName, DocStatus, Document, DocumentVersion, VersionId},
    ports::{
        Change, ChangeKind, CollectionStats, PreparedDocument, PutOutcome, Store, StoreError, StoredAnswer,
        StoredChunk, StoredVector,
    },
};

/// See the module.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    collections: BTreeMap<CollectionName, Collection>,
    /// Index is the id less one.
    versions: Vec<(DocumentVersion, Document)>,
    chunks: Vec<Chunk>,
    changes: Vec<Change>,
    vectors: HashMap<String, Vec<StoredVector>>,
    answers: HashMap<String, StoredAnswer>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn need(&self, name: &CollectionName) -> Result<(), StoreError> {
        if self.collections.contains_key(name) {
            return Ok(());
        }
        Err(StoreError::UnknownCollection(name.to_string()))
    }

    fn current(&self, collection: &CollectionName, key: &str) -> Option<usize> {
        self.versions.iter().position(|(v, _)| v.current && v.collection == *collection && v.meta.key == key)
    }

    fn log(&mut self, kind: ChangeKind, version: VersionId, collection: &CollectionName) {
        let position = as_id(self.changes.len() + 1);
        self.changes.push(Change { position, kind, version, collection: collection.clone() });
    }

    fn retire(&mut self, at: usize) -> VersionId {
        self.versions[at].0.current = false;
        let (version, collection) = (self.versions[at].0.id, self.versions[at].0.collection.clone());
        self.log(ChangeKind::Removed, version, &collection);
        version
    }

    fn version(&self, id: VersionId) -> Option<&(DocumentVersion, Document)> {
        self.versions.get(usize::try_from(id.0).ok()?.checked_sub(1)?)
    }

    fn stored(&self, chunk: &Chunk) -> Option<StoredChunk> {
        let (version, _) = self.version(chunk.version)?;
        let (collection, meta) = (version.collection.clone(), Arc::clone(&version.meta));
        Some(StoredChunk { collection, meta, chunk: chunk.clone() })
    }

    fn searchable(&self) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().filter(|c| self.version(c.version).is_some_and(|(v, _)| v.current))
    }

    fn has_vector(&self, embedder: &str, chunk: ChunkId) -> bool {
        self.vectors.get(embedder).is_some_and(|all| all.iter().any(|v| v.chunk == chunk))
    }
}

fn as_id(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn limited<T>(items: impl Iterator<Item = T>, limit: u32) -> Vec<T> {
    items.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
}

#[async_trait]
impl Store for MemoryStore {
    async fn create_collection(&self, collection: &Collection) -> Result<(), StoreError> {
        let mut inner = self.lock();
        if inner.collections.contains_key(&collection.name) {
            return Err(StoreError::CollectionExists(collection.name.to_string()));
        }
        inner.collections.insert(collection.name.clone(), collection.clone());
        Ok(())
    }

    async fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        Ok(self.lock().collections.values().cloned().collect())
    }

    async fn collection(&self, name: &CollectionName) -> Result<Option<Collection>, StoreError> {
        Ok(self.lock().collections.get(name).cloned())
    }

    async fn collection_stats(
        &self,
        name: &CollectionName,
        embedder: Option<&str>,
    ) -> Result<CollectionStats, StoreError> {
        let inner = self.lock();
        inner.need(name)?;
        let mut stats = CollectionStats::default();
        let mut by_status: BTreeMap<DocStatus, u64> = BTreeMap::new();
        for (version, _) in inner.versions.iter().filter(|(v, _)| v.current && v.collection == *name) {
            stats.documents += 1;
            *by_status.entry(version.meta.status).or_default() += 1;
            for chunk in inner.chunks.iter().filter(|c| c.version == version.id) {
                stats.chunks += 1;
                stats.vectors += u64::from(embedder.is_some_and(|name| inner.has_vector(name, chunk.id)));
            }
        }
        stats.by_status = by_status.into_iter().collect();
        Ok(stats)
    }

    async fn delete_collection(&self, name: &CollectionName) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.need(name)?;
        let live: Vec<usize> = (0..inner.versions.len())
            .filter(|&i| inner.versions[i].0.current && inner.versions[i].0.collection == *name)
            .collect();
        for at in live {
            inner.retire(at);
        }
        inner.collections.remove(name);
        Ok(())
    }

    async fn put_document(
        &self,
        collection: &CollectionName,
        document: &PreparedDocument,
    ) -> Result<PutOutcome, StoreError> {
        let mut inner = self.lock();
        inner.need(collection)?;
        let key = &document.document.meta.key;
        let earlier = inner.current(collection, key);
        if earlier.is_some_and(|at| inner.versions[at].0.content_hash == document.content_hash) {
            return Ok(PutOutcome::Unchanged);
        }
        let number = inner.versions.iter().filter(|(v, _)| v.collection == *collection && v.meta.key == *key).count();
        let old = earlier.map(|at| inner.retire(at));
        let id = VersionId(as_id(inner.versions.len() + 1));
        let version = DocumentVersion {
            id,
            collection: collection.clone(),
            meta: Arc::new(document.document.meta.clone()),
            number: u32::try_from(number + 1).unwrap_or(u32::MAX),
            content_hash: document.content_hash.clone(),
            current: true,
        };
        for (ordinal, new) in (0..).zip(&document.chunks) {
            let chunk = Chunk {
                id: ChunkId(as_id(inner.chunks.len() + 1)),
                version: id,
                ordinal,
                locator: new.locator.clone(),
                path: new.path.clone(),
                page: new.page,
                span: new.span,
                text: new.span.of(&document.document.text).unwrap_or_default().to_owned(),
            };
            inner.chunks.push(chunk);
        }
        inner.versions.push((version, document.document.clone()));
        inner.log(ChangeKind::Added, id, collection);
        Ok(old.map_or(PutOutcome::Added(id), |old| PutOutcome::Replaced { old, new: id }))
    }

    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, StoreError> {
        let mut inner = self.lock();
        inner.need(collection)?;
        let Some(at) = inner.current(collection, key) else { return Ok(false) };
        inner.retire(at);
        Ok(true)
    }

    async fn document(&self, collection: &CollectionName, key: &str) -> Result<Option<DocumentVersion>, StoreError> {
        let inner = self.lock();
        Ok(inner.current(collection, key).map(|at| inner.versions[at].0.clone()))
    }

    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, StoreError> {
        let inner = self.lock();
        let live = inner.versions.iter().filter(|(v, _)| v.current && v.collection == *collection);
        let (offset, limit) =
            (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(live.map(|(v, _)| v.clone()).skip(offset).take(limit).collect())
    }

    async fn versions(&self, collection: &CollectionName, key: &str) -> Result<Vec<DocumentVersion>, StoreError> {
        let inner = self.lock();
        let all = inner.versions.iter().filter(|(v, _)| v.collection == *collection && v.meta.key == key);
        Ok(all.map(|(v, _)| v.clone()).rev().collect())
    }

    async fn version_text(&self, version: VersionId) -> Result<Option<(DocumentVersion, Document)>, StoreError> {
        Ok(self.lock().version(version).cloned())
    }

    async fn chunks(&self, ids: &[ChunkId]) -> Result<Vec<StoredChunk>, StoreError> {
        let inner = self.lock();
        let find = |id: &ChunkId| inner.chunks.get(usize::try_from(id.0).ok()?.checked_sub(1)?);
        Ok(ids.iter().filter_map(|id| inner.stored(find(id)?)).collect())
    }

    async fn chunks_of(&self, version: VersionId) -> Result<Vec<StoredChunk>, StoreError> {
        let inner = self.lock();
        Ok(inner.chunks.iter().filter(|c| c.version == version).filter_map(|c| inner.stored(c)).collect())
    }

    async fn changes_after(&self, position: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        Ok(limited(self.lock().changes.iter().filter(|c| c.position > position).cloned(), limit))
    }

    async fn last_change(&self) -> Result<i64, StoreError> {
        Ok(as_id(self.lock().changes.len()))
    }

    async fn chunks_without_vector(&self, embedder: &str, limit: u32) -> Result<Vec<StoredChunk>, StoreError> {
        let inner = self.lock();
        let missing = inner.searchable().filter(|c| !inner.has_vector(embedder, c.id));
        Ok(limited(missing.filter_map(|c| inner.stored(c)), limit))
    }

    async fn put_vectors(&self, embedder: &str, vectors: &[(ChunkId, Vec<f32>)]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        let all = inner.vectors.entry(embedder.to_owned()).or_default();
        for (chunk, values) in vectors {
            let sequence = all.last().map_or(1, |v| v.sequence + 1);
            all.retain(|v| v.chunk != *chunk);
            all.push(StoredVector { sequence, chunk: *chunk, values: values.clone() });
        }
        Ok(())
    }

    async fn vectors_after(&self, embedder: &str, sequence: i64, limit: u32) -> Result<Vec<StoredVector>, StoreError> {
        let inner = self.lock();
        let all = inner.vectors.get(embedder).into_iter().flatten();
        Ok(limited(all.filter(|v| v.sequence > sequence).cloned(), limit))
    }

    async fn vector_progress(&self, embedder: &str) -> Result<(u64, u64), StoreError> {
        let inner = self.lock();
        let (mut chunks, mut vectors) = (0, 0);
        for chunk in inner.searchable() {
            chunks += 1;
            vectors += u64::from(inner.has_vector(embedder, chunk.id));
        }
        Ok((chunks, vectors))
    }

    async fn put_answer(&self, answer: &StoredAnswer) -> Result<(), StoreError> {
        self.lock().answers.insert(answer.id.clone(), answer.clone());
        Ok(())
    }

    async fn answer(&self, id: &str) -> Result<Option<StoredAnswer>, StoreError> {
        Ok(self.lock().answers.get(id).cloned())
    }
}
