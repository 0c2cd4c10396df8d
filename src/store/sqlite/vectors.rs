use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    chunks::{self, ChunkRow},
    codec,
    error::failed,
};
use crate::{
    domain::document::ChunkId,
    ports::{StoreError, StoredChunk, StoredVector},
};

const ACTION: &str = "store vectors";

pub(super) async fn missing(store: &SqliteStore, embedder: &str, limit: u32) -> Result<Vec<StoredChunk>, StoreError> {
    let from = store.memory().vectors_from.get(embedder).copied().unwrap_or(0);
    // CROSS JOIN keeps the walk along chunk ids, so that it stops after `limit` hits.
    let rows: Vec<ChunkRow> = sqlx::query_as(
        "SELECT k.id, k.version_id, k.ordinal, k.locator, k.path, k.page, k.start_byte, k.end_byte, k.text \
         FROM chunks k CROSS JOIN document_versions v ON v.id = k.version_id AND v.current = 1 \
         WHERE k.id >= $1 AND NOT EXISTS (SELECT 1 FROM vectors x WHERE x.chunk_id = k.id \
         AND x.embedder_id = (SELECT e.id FROM embedders e WHERE e.name = $2)) \
         ORDER BY k.id LIMIT $3",
    )
    .bind(from)
    .bind(embedder)
    .bind(limit)
    .fetch_all(&store.readers)
    .await
    .map_err(failed("look for chunks without a vector"))?;
    if let Some(first) = rows.first() {
        store.memory().vectors_from.insert(embedder.to_owned(), first.id);
    }
    chunks::with_metadata(store, rows).await
}

pub(super) async fn put(
    store: &SqliteStore,
    embedder: &str,
    vectors: &[(ChunkId, Vec<f32>)],
) -> Result<(), StoreError> {
    if vectors.is_empty() {
        return Ok(());
    }
    let mut tx = store.write(ACTION).await?;
    put_in(&mut tx, embedder, vectors).await?;
    tx.commit().await.map_err(failed(ACTION))
}

pub(super) async fn put_in(
    tx: &mut SqliteConnection,
    embedder: &str,
    vectors: &[(ChunkId, Vec<f32>)],
) -> Result<(), StoreError> {
    let Some((_, first)) = vectors.first() else { return Ok(()) };
    let refuse = |problem: String| Err(StoreError::Failed { action: ACTION, problem });
    let dimensions = codec::int(first.len());
    for (chunk, values) in vectors {
        if values.is_empty() || values.len() != first.len() {
            return refuse(format!("chunk {} has {} numbers and another has {}", chunk.0, values.len(), first.len()));
        }
        if !values.iter().all(|value| value.is_finite()) {
            return refuse(format!("the vector of chunk {} holds a number that is not finite", chunk.0));
        }
    }
    let (id, expected): (i64, i64) = sqlx::query_as(
        "INSERT INTO embedders (name, dimensions) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, dimensions",
    )
    .bind(embedder)
    .bind(dimensions)
    .fetch_one(&mut *tx)
    .await
    .map_err(failed(ACTION))?;
    if expected != dimensions {
        return refuse(format!(
            "'{embedder}' made vectors of {expected} numbers before and makes {dimensions} now: it is another model under an old name; give it its own name"
        ));
    }
    for (chunk, values) in vectors {
        // A chunk whose version left the search while its vector was made is passed over.
        sqlx::query(
            "INSERT OR REPLACE INTO vectors (embedder_id, version_id, chunk_id, floats) \
             SELECT $1, v.id, k.id, $3 FROM chunks k \
             JOIN document_versions v ON v.id = k.version_id AND v.current = 1 WHERE k.id = $2",
        )
        .bind(id)
        .bind(chunk.0)
        .bind(codec::floats_to_bytes(values))
        .execute(&mut *tx)
        .await
        .map_err(failed(ACTION))?;
    }
    Ok(())
}

pub(super) async fn after(
    store: &SqliteStore,
    embedder: &str,
    sequence: i64,
    limit: u32,
) -> Result<Vec<StoredVector>, StoreError> {
    // The unary plus keeps SQLite from any index but the sequence itself.
    let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT sequence, chunk_id, floats FROM vectors WHERE sequence > $1 \
         AND +embedder_id = (SELECT e.id FROM embedders e WHERE e.name = $2) ORDER BY sequence LIMIT $3",
    )
    .bind(sequence)
    .bind(embedder)
    .bind(limit)
    .fetch_all(&store.readers)
    .await
    .map_err(failed("read vectors"))?;
    rows.into_iter()
        .map(|(sequence, chunk, bytes)| {
            Ok(StoredVector { sequence, chunk: ChunkId(chunk), values: codec::bytes_to_floats(&bytes)? })
        })
        .collect()
}

pub(super) async fn progress(store: &SqliteStore, embedder: &str) -> Result<(u64, u64), StoreError> {
    sqlx::query_as(
        "SELECT (SELECT coalesce(sum(chunk_count), 0) FROM document_versions WHERE current = 1), \
         (SELECT count(*) FROM vectors WHERE embedder_id = (SELECT e.id FROM embedders e WHERE e.name = $1))",
    )
    .bind(embedder)
    .fetch_one(&store.readers)
    .await
    .map_err(failed("count vectors"))
}
