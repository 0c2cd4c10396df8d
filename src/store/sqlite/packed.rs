//! Whole collections, out of one store and into another.

use tokio::sync::mpsc;

use super::{SqliteStore, codec, collections, documents, error::failed, vectors};
use crate::{
    domain::document::{ChunkId, Collection, CollectionSettings, VersionId},
    ports::{NewChunk, PackedDocument, PackedVectors, PreparedDocument, PutOutcome, StoreError},
};

/// Locator, headings, page, span and boxes of a chunk.
type ChunkColumns = (String, String, Option<u32>, i64, i64, Option<String>);

pub(super) async fn pack(store: &SqliteStore, version: VersionId) -> Result<Option<PackedDocument>, StoreError> {
    const ACTION: &str = "read a document to be packed";
    let Some((known, document)) = documents::text(store, version).await? else { return Ok(None) };
    let rows: Vec<ChunkColumns> = sqlx::query_as(
        "SELECT locator, path, page, start_byte, end_byte, boxes FROM chunks WHERE version_id = $1 ORDER BY ordinal",
    )
    .bind(version.0)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    let chunks = rows
        .into_iter()
        .map(|(locator, path, page, start, end, boxes)| {
            let (path, span, boxes) = (codec::path(&path)?, codec::span(start, end)?, codec::boxes(boxes.as_deref())?);
            Ok(NewChunk { locator, path, page, span, boxes })
        })
        .collect::<Result<_, StoreError>>()?;
    let rows: Vec<(String, u32, Vec<u8>)> = sqlx::query_as(
        "SELECT e.name, k.ordinal, x.floats FROM vectors x JOIN embedders e ON e.id = x.embedder_id \
         JOIN chunks k ON k.id = x.chunk_id WHERE x.version_id = $1 ORDER BY e.name, k.ordinal",
    )
    .bind(version.0)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    let mut vectors: Vec<PackedVectors> = Vec::new();
    for (embedder, ordinal, bytes) in rows {
        let values = codec::bytes_to_floats(&bytes)?;
        match vectors.last_mut().filter(|last| last.embedder == embedder) {
            Some(last) => last.chunks.push((ordinal, values)),
            None => vectors.push(PackedVectors { embedder, chunks: vec![(ordinal, values)] }),
        }
    }
    Ok(Some(PackedDocument {
        prepared: PreparedDocument { document, content_hash: known.content_hash, chunks },
        vectors,
    }))
}

pub(super) async fn unpack(
    store: &SqliteStore,
    collection: &Collection,
    settings: &CollectionSettings,
    count: u64,
    incoming: &mut mpsc::Receiver<PackedDocument>,
) -> Result<(), StoreError> {
    const ACTION: &str = "import a collection";
    let refuse = |problem: String| StoreError::Failed { action: ACTION, problem };
    // Dropped on every way out but the last, and rolled back with it.
    let mut tx = store.write(ACTION).await?;
    let collection_id = collections::insert(&mut tx, collection, settings).await?;
    let mut put = 0;
    while let Some(PackedDocument { prepared, vectors }) = incoming.recv().await {
        documents::check(&prepared)?;
        let deflated = codec::deflate(&prepared.document.text)?;
        let outcome = documents::put_in(&mut tx, &collection.name, collection_id, &prepared, &deflated).await?;
        let PutOutcome::Added(version) = outcome else {
            return Err(refuse(format!("the document '{}' comes twice", prepared.document.meta.key)));
        };
        if !vectors.is_empty() {
            let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM chunks WHERE version_id = $1 ORDER BY ordinal")
                .bind(version.0)
                .fetch_all(&mut *tx)
                .await
                .map_err(failed(ACTION))?;
            for PackedVectors { embedder, chunks } in vectors {
                let placed = chunks.into_iter().map(|(ordinal, values)| {
                    let id = usize::try_from(ordinal).ok().and_then(|at| ids.get(at));
                    let id = id.ok_or_else(|| refuse(format!("a vector is for chunk {ordinal} of {}", ids.len())))?;
                    Ok((ChunkId(*id), values))
                });
                vectors::put_in(&mut tx, &embedder, &placed.collect::<Result<Vec<_>, StoreError>>()?).await?;
            }
        }
        put += 1;
    }
    if put != count {
        return Err(refuse(format!("{put} of {count} documents came")));
    }
    tx.commit().await.map_err(failed(ACTION))
}
