use sqlx::{SqliteConnection, SqliteExecutor};

use super::{SqliteStore, codec, error::failed};
use crate::{
    domain::document::{Collection, CollectionName, CollectionSettings},
    ports::{CollectionStats, StoreError},
};

/// The row of a collection that has to be there.
pub(super) async fn id(executor: impl SqliteExecutor<'_>, name: &CollectionName) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT id FROM collections WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(executor)
        .await
        .map_err(failed("look up a collection"))?
        .ok_or_else(|| StoreError::UnknownCollection(name.to_string()))
}

pub(super) async fn create(store: &SqliteStore, collection: &Collection) -> Result<(), StoreError> {
    const ACTION: &str = "create a collection";
    let mut tx = store.write(ACTION).await?;
    insert(&mut tx, collection, &CollectionSettings::default()).await?;
    tx.commit().await.map_err(failed(ACTION))
}

/// Its id.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    collection: &Collection,
    settings: &CollectionSettings,
) -> Result<i64, StoreError> {
    sqlx::query_scalar(
        "INSERT INTO collections (name, title, domain, synonyms, known_missing, explore) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (name) DO NOTHING RETURNING id",
    )
    .bind(collection.name.as_str())
    .bind(&collection.title)
    .bind(collection.domain.code())
    .bind(&settings.synonyms)
    .bind(&settings.known_missing)
    .bind(settings.explore)
    .fetch_optional(connection)
    .await
    .map_err(failed("create a collection"))?
    .ok_or_else(|| StoreError::CollectionExists(collection.name.to_string()))
}

pub(super) async fn settings(store: &SqliteStore, name: &CollectionName) -> Result<CollectionSettings, StoreError> {
    let row: Option<(String, String, bool)> =
        sqlx::query_as("SELECT synonyms, known_missing, explore FROM collections WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&store.readers)
            .await
            .map_err(failed("read the settings of a collection"))?;
    let (synonyms, known_missing, explore) = row.ok_or_else(|| StoreError::UnknownCollection(name.to_string()))?;
    Ok(CollectionSettings { synonyms, known_missing, explore })
}

pub(super) async fn all_settings(store: &SqliteStore) -> Result<Vec<(CollectionName, CollectionSettings)>, StoreError> {
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT name, synonyms, known_missing, explore FROM collections \
         WHERE synonyms <> '' OR known_missing <> '' OR explore ORDER BY name",
    )
    .fetch_all(&store.readers)
    .await
    .map_err(failed("read the settings of the collections"))?;
    rows.into_iter()
        .map(|(name, synonyms, known_missing, explore)| {
            Ok((codec::collection_name(&name)?, CollectionSettings { synonyms, known_missing, explore }))
        })
        .collect()
}

pub(super) async fn put_settings(
    store: &SqliteStore,
    name: &CollectionName,
    settings: &CollectionSettings,
) -> Result<(), StoreError> {
    let done = sqlx::query("UPDATE collections SET synonyms = $2, known_missing = $3, explore = $4 WHERE name = $1")
        .bind(name.as_str())
        .bind(&settings.synonyms)
        .bind(&settings.known_missing)
        .bind(settings.explore)
        .execute(&store.writer)
        .await
        .map_err(failed("store the settings of a collection"))?;
    if done.rows_affected() == 0 { Err(StoreError::UnknownCollection(name.to_string())) } else { Ok(()) }
}

fn collection((name, title, domain): (String, String, String)) -> Result<Collection, StoreError> {
    Ok(Collection { name: codec::collection_name(&name)?, title, domain: codec::domain(&domain)? })
}

pub(super) async fn list(store: &SqliteStore) -> Result<Vec<Collection>, StoreError> {
    sqlx::query_as("SELECT name, title, domain FROM collections ORDER BY name")
        .fetch_all(&store.readers)
        .await
        .map_err(failed("list the collections"))?
        .into_iter()
        .map(collection)
        .collect()
}

pub(super) async fn get(store: &SqliteStore, name: &CollectionName) -> Result<Option<Collection>, StoreError> {
    sqlx::query_as("SELECT name, title, domain FROM collections WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(&store.readers)
        .await
        .map_err(failed("look up a collection"))?
        .map(collection)
        .transpose()
}

pub(super) async fn stats(
    store: &SqliteStore,
    name: &CollectionName,
    embedder: Option<&str>,
) -> Result<CollectionStats, StoreError> {
    const ACTION: &str = "count what a collection holds";
    let id = id(&store.readers, name).await?;
    let rows: Vec<(String, u64, u64)> = sqlx::query_as(
        "SELECT v.status, count(*), sum(v.chunk_count) FROM documents d \
         JOIN document_versions v ON v.document_id = d.id AND v.current = 1 \
         WHERE d.collection_id = $1 GROUP BY v.status ORDER BY count(*) DESC, v.status",
    )
    .bind(id)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    let vectors: u64 = match embedder {
        None => 0,
        Some(embedder) => sqlx::query_scalar(
            "SELECT count(*) FROM embedders e CROSS JOIN documents d \
             JOIN document_versions v ON v.document_id = d.id AND v.current = 1 \
             JOIN vectors x ON x.version_id = v.id AND x.embedder_id = e.id \
             WHERE e.name = $1 AND d.collection_id = $2",
        )
        .bind(embedder)
        .bind(id)
        .fetch_one(&store.readers)
        .await
        .map_err(failed(ACTION))?,
    };
    let by_status =
        rows.iter().map(|(code, documents, _)| Ok((codec::status(code)?, *documents))).collect::<Result<_, _>>()?;
    Ok(CollectionStats {
        documents: rows.iter().map(|row| row.1).sum(),
        chunks: rows.iter().map(|row| row.2).sum(),
        vectors,
        by_status,
    })
}

pub(super) async fn delete(store: &SqliteStore, name: &CollectionName) -> Result<(), StoreError> {
    const ACTION: &str = "delete a collection";
    let mut tx = store.write(ACTION).await?;
    let id = id(&mut *tx, name).await?;
    sqlx::query(
        "INSERT INTO changes (kind, version_id, collection, at) \
         SELECT 'removed', v.id, $2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM documents d \
         JOIN document_versions v ON v.document_id = d.id AND v.current = 1 \
         WHERE d.collection_id = $1 ORDER BY v.id",
    )
    .bind(id)
    .bind(name.as_str())
    .execute(&mut *tx)
    .await
    .map_err(failed(ACTION))?;
    sqlx::query("DELETE FROM collections WHERE id = $1").bind(id).execute(&mut *tx).await.map_err(failed(ACTION))?;
    tx.commit().await.map_err(failed(ACTION))
}
