//! Stored answers whose sources changed.

use sqlx::FromRow;
use time::{Date, OffsetDateTime};

use super::{SqliteStore, codec, error::failed};
use crate::{
    domain::recall::{Recall, SourceChange, Standing},
    ports::StoreError,
};

const ACTION: &str = "look for answers whose sources changed";

/// A citation beside the version that is current now.
#[derive(FromRow)]
struct Row {
    answer: String,
    answered_at: OffsetDateTime,
    question: String,
    version_id: i64,
    collection: String,
    document_key: String,
    title: String,
    locator: String,
    quote: String,
    status: String,
    valid_to: Option<Date>,
    superseded_by: Option<String>,
    now_id: Option<i64>,
    now_status: Option<String>,
    now_valid_to: Option<Date>,
    now_superseded_by: Option<String>,
    since: Option<OffsetDateTime>,
}

pub(super) async fn list(
    store: &SqliteStore,
    answer: Option<&str>,
    today: Date,
    limit: u32,
) -> Result<Vec<Recall>, StoreError> {
    // The document is looked up by name: a collection that was deleted and imported again holds the same sources.
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT DISTINCT a.id AS answer, a.created_at AS answered_at, a.question, x.version_id, x.collection, \
         x.document_key, x.title, x.locator, x.quote, x.status, x.valid_to, x.superseded_by, n.id AS now_id, \
         n.status AS now_status, n.valid_to AS now_valid_to, n.superseded_by AS now_superseded_by, \
         (SELECT max(g.at) FROM changes g WHERE g.version_id = x.version_id AND g.kind = 'removed') AS since \
         FROM answers a JOIN answer_citations x ON x.answer_id = a.id \
         LEFT JOIN collections c ON c.name = x.collection \
         LEFT JOIN documents d ON d.collection_id = c.id AND d.key = x.document_key \
         LEFT JOIN document_versions n ON n.document_id = d.id AND n.current = 1 \
         WHERE x.quote IS NOT NULL AND ($1 IS NULL OR a.id = $1) \
         AND (n.id IS NULL OR n.id <> x.version_id OR n.valid_to < $2) \
         ORDER BY a.created_at DESC, a.id, x.document_key, x.locator",
    )
    .bind(answer)
    .bind(today)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    let mut recalls = Vec::new();
    for row in rows {
        if recalls.len() >= limit as usize {
            break;
        }
        recalls.extend(judge(store, row, today).await?);
    }
    Ok(recalls)
}

async fn judge(store: &SqliteStore, row: Row, today: Date) -> Result<Option<Recall>, StoreError> {
    let old =
        Standing { status: codec::status(&row.status)?, valid_to: row.valid_to, superseded_by: row.superseded_by };
    let new = row.now_status.as_deref().map(codec::status).transpose()?.map(|status| Standing {
        status,
        valid_to: row.now_valid_to,
        superseded_by: row.now_superseded_by,
    });
    let mut new_text = None;
    let mut stand = row.now_id == Some(row.version_id);
    if let Some(now) = row.now_id
        && !stand
    {
        let there: Vec<String> =
            sqlx::query_scalar("SELECT text FROM chunks WHERE version_id = $1 AND locator = $2 ORDER BY ordinal")
                .bind(now)
                .bind(&row.locator)
                .fetch_all(&store.readers)
                .await
                .map_err(failed(ACTION))?;
        stand = there.iter().any(|text| text.contains(&row.quote));
        new_text = (!there.is_empty()).then(|| there.join("\n"));
    }
    let change = SourceChange::between(&old, row.answered_at.date(), new.as_ref(), stand, today);
    let Some(change) = change else { return Ok(None) };
    Ok(Some(Recall {
        answer: row.answer,
        answered_at: row.answered_at,
        question: row.question,
        collection: codec::collection_name(&row.collection)?,
        key: row.document_key,
        title: row.title,
        locator: row.locator,
        change,
        new_text: if stand { Some(row.quote.clone()) } else { new_text },
        old_text: row.quote,
        old,
        new,
        since: row.since,
    }))
}
