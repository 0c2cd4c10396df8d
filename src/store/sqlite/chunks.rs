use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use sqlx::FromRow;

use super::{
    SqliteStore,
    codec::{self, VersionRow, select_version},
    error::failed,
};
use crate::{
    domain::document::{Chunk, ChunkId, CollectionName, DocumentMeta, PageBox, VersionId},
    ports::{StoreError, StoredChunk},
};

/// Metadata of this many versions stays in memory, about 1 kB each.
const REMEMBERED_VERSIONS: usize = 50_000;

#[derive(FromRow)]
pub(super) struct ChunkRow {
    pub id: i64,
    version_id: i64,
    ordinal: u32,
    locator: String,
    path: String,
    page: Option<u32>,
    start_byte: i64,
    end_byte: i64,
    text: String,
}

impl ChunkRow {
    fn into_chunk(self) -> Result<Chunk, StoreError> {
        Ok(Chunk {
            id: ChunkId(self.id),
            version: VersionId(self.version_id),
            ordinal: self.ordinal,
            path: codec::path(&self.path)?,
            locator: self.locator,
            page: self.page,
            span: codec::span(self.start_byte, self.end_byte)?,
            text: self.text,
        })
    }
}

/// Integers as the JSON array that `json_each` unrolls: any number of ids with one prepared statement.
fn id_list(ids: impl Iterator<Item = i64>) -> String {
    serde_json::Value::from(ids.collect::<Vec<_>>()).to_string()
}

pub(super) async fn by_id(store: &SqliteStore, ids: &[ChunkId]) -> Result<Vec<StoredChunk>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as(
        "SELECT k.id, k.version_id, k.ordinal, k.locator, k.path, k.page, k.start_byte, k.end_byte, k.text \
         FROM json_each($1) wanted CROSS JOIN chunks k ON k.id = wanted.value ORDER BY wanted.key",
    )
    .bind(id_list(ids.iter().map(|id| id.0)))
    .fetch_all(&store.readers)
    .await
    .map_err(failed("read chunks"))?;
    with_metadata(store, rows).await
}

pub(super) async fn boxes(store: &SqliteStore, chunk: ChunkId) -> Result<Vec<PageBox>, StoreError> {
    let json: Option<Option<String>> = sqlx::query_scalar("SELECT boxes FROM chunks WHERE id = $1")
        .bind(chunk.0)
        .fetch_optional(&store.readers)
        .await
        .map_err(failed("read the boxes of a chunk"))?;
    codec::boxes(json.flatten().as_deref())
}

pub(super) async fn of_version(store: &SqliteStore, version: VersionId) -> Result<Vec<StoredChunk>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version_id, ordinal, locator, path, page, start_byte, end_byte, text \
         FROM chunks WHERE version_id = $1 ORDER BY ordinal",
    )
    .bind(version.0)
    .fetch_all(&store.readers)
    .await
    .map_err(failed("read the chunks of a document"))?;
    with_metadata(store, rows).await
}

/// Adds collection and metadata, in the order of `rows`. A row whose collection was deleted meanwhile is left out.
pub(super) async fn with_metadata(store: &SqliteStore, rows: Vec<ChunkRow>) -> Result<Vec<StoredChunk>, StoreError> {
    let wanted: BTreeSet<i64> = rows.iter().map(|row| row.version_id).collect();
    let known = metadata(store, wanted).await?;
    rows.into_iter()
        .filter_map(|row| {
            let (collection, meta) = known.get(&row.version_id)?;
            Some(row.into_chunk().map(|chunk| StoredChunk {
                collection: collection.clone(),
                meta: Arc::clone(meta),
                chunk,
            }))
        })
        .collect()
}

async fn metadata(
    store: &SqliteStore,
    wanted: BTreeSet<i64>,
) -> Result<HashMap<i64, (CollectionName, Arc<DocumentMeta>)>, StoreError> {
    let mut found = HashMap::with_capacity(wanted.len());
    let mut missing = Vec::new();
    {
        let memory = store.memory();
        for id in wanted {
            match memory.versions.get(&id) {
                Some(known) => drop(found.insert(id, known.clone())),
                None => missing.push(id),
            }
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let rows: Vec<VersionRow> = sqlx::query_as(select_version!("WHERE v.id IN (SELECT value FROM json_each($1))"))
        .bind(id_list(missing.into_iter()))
        .fetch_all(&store.readers)
        .await
        .map_err(failed("read the metadata of documents"))?;
    let mut memory = store.memory();
    if memory.versions.len() + rows.len() > REMEMBERED_VERSIONS {
        memory.versions.clear();
    }
    for row in rows {
        let id = row.id;
        let version = row.into_version()?;
        let entry = (version.collection, version.meta);
        memory.versions.insert(id, entry.clone());
        found.insert(id, entry);
    }
    Ok(found)
}
