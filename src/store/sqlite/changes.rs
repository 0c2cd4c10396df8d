use super::{SqliteStore, codec, error::failed};
use crate::{
    domain::document::{CollectionName, VersionId},
    ports::{Change, ChangeKind, StoreError},
};

pub(super) async fn log(
    connection: &mut sqlx::SqliteConnection,
    kind: ChangeKind,
    version: i64,
    collection: &CollectionName,
) -> Result<(), StoreError> {
    let kind = match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
    };
    sqlx::query(
        "INSERT INTO changes (kind, version_id, collection, at) \
         VALUES ($1, $2, $3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
    )
    .bind(kind)
    .bind(version)
    .bind(collection.as_str())
    .execute(connection)
    .await
    .map_err(failed("write the change log"))?;
    Ok(())
}

pub(super) async fn after(store: &SqliteStore, position: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<(i64, String, i64, String)> = sqlx::query_as(
        "SELECT position, kind, version_id, collection FROM changes WHERE position > $1 ORDER BY position LIMIT $2",
    )
    .bind(position)
    .bind(limit)
    .fetch_all(&store.readers)
    .await
    .map_err(failed("read the change log"))?;
    rows.into_iter()
        .map(|(position, kind, version, collection)| {
            let kind = match kind.as_str() {
                "added" => ChangeKind::Added,
                "removed" => ChangeKind::Removed,
                other => return Err(codec::corrupt("kind of change", other)),
            };
            Ok(Change { position, kind, version: VersionId(version), collection: codec::collection_name(&collection)? })
        })
        .collect()
}

pub(super) async fn last(store: &SqliteStore) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM changes")
        .fetch_one(&store.readers)
        .await
        .map_err(failed("read the change log"))
}
