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
