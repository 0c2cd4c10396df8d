use time::OffsetDateTime;

use super::{SqliteStore, codec, error::failed};
use crate::{
    domain::document::VersionId,
    ports::{StoreError, StoredAnswer},
};

pub(super) async fn put(store: &SqliteStore, answer: &StoredAnswer) -> Result<(), StoreError> {
    const ACTION: &str = "store an answer";
    let mut tx = store.write(ACTION).await?;
    // No upsert: an answer that was given is a record, and a record is not overwritten.
    sqlx::query("INSERT INTO answers (id, created_at, question, outcome, json) VALUES ($1, $2, $3, $4, $5)")
        .bind(&answer.id)
        .bind(answer.created_at)
        .bind(&answer.question)
        .bind(&answer.outcome)
        .bind(&answer.json)
        .execute(&mut *tx)
        .await
        .map_err(failed(ACTION))?;
    for (ordinal, (version, span)) in answer.citations.iter().enumerate() {
        sqlx::query(
            "INSERT INTO answer_citations (answer_id, ordinal, version_id, start_byte, end_byte) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&answer.id)
        .bind(codec::int(ordinal))
        .bind(version.0)
        .bind(codec::int(span.start()))
        .bind(codec::int(span.end()))
        .execute(&mut *tx)
        .await
        .map_err(failed(ACTION))?;
    }
    // By value: the answer outlives its sources, and is held against what became of them.
    sqlx::query(
        "UPDATE answer_citations AS x SET \
         (collection, document_key, title, locator, quote, status, valid_to, superseded_by) = \
         (SELECT c.name, d.key, v.title, k.locator, CAST(substr(CAST(k.text AS BLOB), \
         x.start_byte - k.start_byte + 1, x.end_byte - x.start_byte) AS TEXT), v.status, v.valid_to, v.superseded_by \
         FROM document_versions v JOIN documents d ON d.id = v.document_id \
         JOIN collections c ON c.id = d.collection_id \
         JOIN chunks k ON k.version_id = v.id AND k.start_byte <= x.start_byte AND k.end_byte >= x.end_byte \
         WHERE v.id = x.version_id LIMIT 1) WHERE x.answer_id = $1",
    )
    .bind(&answer.id)
    .execute(&mut *tx)
    .await
    .map_err(failed(ACTION))?;
    tx.commit().await.map_err(failed(ACTION))
}

pub(super) async fn get(store: &SqliteStore, id: &str) -> Result<Option<StoredAnswer>, StoreError> {
    const ACTION: &str = "read an answer";
    let row: Option<(OffsetDateTime, String, String, String)> =
        sqlx::query_as("SELECT created_at, question, outcome, json FROM answers WHERE id = $1")
            .bind(id)
            .fetch_optional(&store.readers)
            .await
            .map_err(failed(ACTION))?;
    let Some((created_at, question, outcome, json)) = row else { return Ok(None) };
    let citations: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT version_id, start_byte, end_byte FROM answer_citations WHERE answer_id = $1 ORDER BY ordinal",
    )
    .bind(id)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    let citations = citations
        .into_iter()
        .map(|(version, start, end)| Ok((VersionId(version), codec::span(start, end)?)))
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(StoredAnswer { id: id.to_owned(), created_at, question, outcome, json, citations }))
}
