use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{
    SqliteStore, changes,
    codec::{self, VersionRow, select_version},
    collections,
    error::failed,
};
use crate::{
    domain::document::{CollectionName, Document, DocumentMeta, DocumentVersion, Section, VersionId},
    ports::{ChangeKind, PreparedDocument, PutOutcome, StoreError},
};

const PUT: &str = "store a document";

pub(super) async fn put_one(
    store: &SqliteStore,
    collection: &CollectionName,
    document: &PreparedDocument,
) -> Result<PutOutcome, StoreError> {
    let outcomes = put_all(store, collection, std::slice::from_ref(document)).await?;
    Ok(outcomes[0])
}

pub(super) async fn put_all(
    store: &SqliteStore,
    collection: &CollectionName,
    documents: &[PreparedDocument],
) -> Result<Vec<PutOutcome>, StoreError> {
    // Looking first costs one query and spares the write lock when nothing changed, which is how most runs end.
    let known = current_hashes(store, collection, documents).await?;
    let same = |document: &PreparedDocument| known.get(&document.document.meta.key) == Some(&document.content_hash);
    if documents.iter().all(same) {
        return Ok(vec![PutOutcome::Unchanged; documents.len()]);
    }
    // Checked and compressed before the lock is taken.
    let mut texts = Vec::with_capacity(documents.len());
    for document in documents {
        check(document)?;
        texts.push(if same(document) { Vec::new() } else { codec::deflate(&document.document.text)? });
    }
    let mut tx = store.write(PUT).await?;
    let collection_id = collections::id(&mut *tx, collection).await?;
    let mut outcomes = Vec::with_capacity(documents.len());
    for (document, deflated) in documents.iter().zip(&texts) {
        outcomes.push(if same(document) {
            PutOutcome::Unchanged
        } else {
            put_in(&mut tx, collection, collection_id, document, deflated).await?
        });
    }
    tx.commit().await.map_err(failed(PUT))?;
    Ok(outcomes)
}

/// Content hash by key, of those of `documents` that are there.
async fn current_hashes(
    store: &SqliteStore,
    collection: &CollectionName,
    documents: &[PreparedDocument],
) -> Result<HashMap<String, String>, StoreError> {
    let id = collections::id(&store.readers, collection).await?;
    let keys: Vec<&str> = documents.iter().map(|document| document.document.meta.key.as_str()).collect();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT d.key, v.content_hash FROM json_each($2) wanted \
         CROSS JOIN documents d ON d.collection_id = $1 AND d.key = wanted.value \
         JOIN document_versions v ON v.document_id = d.id AND v.current = 1",
    )
    .bind(id)
    .bind(serde_json::Value::from(keys).to_string())
    .fetch_all(&store.readers)
    .await
    .map_err(failed(PUT))?;
    Ok(rows.into_iter().collect())
}

/// Every span has to cut the text: what is stored is what is cited later.
pub(super) fn check(document: &PreparedDocument) -> Result<(), StoreError> {
    let Document { meta, text, sections } = &document.document;
    let spans = sections
        .iter()
        .map(|section| (&section.locator, section.span))
        .chain(document.chunks.iter().map(|chunk| (&chunk.locator, chunk.span)));
    for (locator, span) in spans {
        if span.of(text).is_none_or(str::is_empty) {
            return Err(StoreError::Failed {
                action: PUT,
                problem: format!(
                    "'{}', {locator}: bytes {} to {} do not cut its text of {} bytes",
                    meta.key,
                    span.start(),
                    span.end(),
                    text.len()
                ),
            });
        }
    }
    Ok(())
}

pub(super) async fn put_in(
    connection: &mut SqliteConnection,
    collection: &CollectionName,
    collection_id: i64,
    prepared: &PreparedDocument,
    deflated: &[u8],
) -> Result<PutOutcome, StoreError> {
    let meta = &prepared.document.meta;
    let document_id: i64 = sqlx::query_scalar(
        "INSERT INTO documents (collection_id, key) VALUES ($1, $2) \
         ON CONFLICT (collection_id, key) DO UPDATE SET key = excluded.key RETURNING id",
    )
    .bind(collection_id)
    .bind(&meta.key)
    .fetch_one(&mut *connection)
    .await
    .map_err(failed(PUT))?;
    let old: Option<(i64, String, String)> =
        sqlx::query_as("SELECT id, content_hash, title FROM document_versions WHERE document_id = $1 AND current = 1")
            .bind(document_id)
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed(PUT))?;
    if old.as_ref().is_some_and(|(_, hash, _)| *hash == prepared.content_hash) {
        return Ok(PutOutcome::Unchanged);
    }
    if let Some((id, ..)) = old {
        retire(connection, id, collection).await?;
    }
    let id = insert_version(connection, document_id, prepared).await?;
    insert_text(connection, id, prepared, deflated).await?;
    changes::log(connection, ChangeKind::Added, id, collection).await?;
    let Some((old, _, title)) = old else { return Ok(PutOutcome::Added(VersionId(id))) };
    if title == meta.title {
        carry_vectors(connection, old, id).await?;
    }
    forget_vectors(connection, old).await?;
    Ok(PutOutcome::Replaced { old: VersionId(old), new: VersionId(id) })
}

/// Takes a version out of the search.
async fn retire(connection: &mut SqliteConnection, id: i64, collection: &CollectionName) -> Result<(), StoreError> {
    sqlx::query("UPDATE document_versions SET current = 0 WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await
        .map_err(failed("retire a version"))?;
    changes::log(connection, ChangeKind::Removed, id, collection).await
}

/// Chunks that read the same in the new version keep their vectors: one changed article does not embed a whole code
/// again. Title, heading path, locator and text are all that an embedder is ever given.
async fn carry_vectors(connection: &mut SqliteConnection, old: i64, new: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR IGNORE INTO vectors (embedder_id, version_id, chunk_id, floats) \
         SELECT x.embedder_id, $2, n.id, x.floats FROM chunks o \
         JOIN chunks n ON n.version_id = $2 AND n.locator = o.locator AND n.path = o.path AND n.text = o.text \
         JOIN vectors x ON x.chunk_id = o.id WHERE o.version_id = $1 ORDER BY n.id",
    )
    .bind(old)
    .bind(new)
    .execute(connection)
    .await
    .map_err(failed("carry vectors over to a new version"))?;
    Ok(())
}

async fn forget_vectors(connection: &mut SqliteConnection, version: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM vectors WHERE version_id = $1")
        .bind(version)
        .execute(connection)
        .await
        .map_err(failed("remove the vectors of an old version"))?;
    Ok(())
}

async fn insert_version(
    connection: &mut SqliteConnection,
    document_id: i64,
    prepared: &PreparedDocument,
) -> Result<i64, StoreError> {
    let DocumentMeta {
        key: _,
        title,
        lang,
        domain,
        kind,
        authority,
        jurisdiction,
        issuer,
        valid_from,
        valid_to,
        status,
        superseded_by,
        source_url,
        licence,
        note,
    } = &prepared.document.meta;
    sqlx::query_scalar(
        "INSERT INTO document_versions (document_id, number, current, content_hash, chunk_count, title, lang, domain, \
         kind, authority, jurisdiction, issuer, valid_from, valid_to, status, superseded_by, source_url, licence, note) \
         SELECT $1, coalesce(max(number), 0) + 1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
         $16, $17 FROM document_versions WHERE document_id = $1 RETURNING id",
    )
    .bind(document_id)
    .bind(&prepared.content_hash)
    .bind(codec::int(prepared.chunks.len()))
    .bind(title)
    .bind(lang.code())
    .bind(domain.code())
    .bind(kind)
    .bind(authority)
    .bind(jurisdiction)
    .bind(issuer)
    .bind(valid_from)
    .bind(valid_to)
    .bind(status.code())
    .bind(superseded_by)
    .bind(source_url)
    .bind(licence)
    .bind(note)
    .fetch_one(connection)
    .await
    .map_err(failed(PUT))
}

/// Text, sections and chunks of a version.
async fn insert_text(
    connection: &mut SqliteConnection,
    version: i64,
    prepared: &PreparedDocument,
    deflated: &[u8],
) -> Result<(), StoreError> {
    let text = &prepared.document.text;
    sqlx::query("INSERT INTO version_texts (version_id, byte_count, deflated) VALUES ($1, $2, $3)")
        .bind(version)
        .bind(codec::int(text.len()))
        .bind(deflated)
        .execute(&mut *connection)
        .await
        .map_err(failed(PUT))?;
    for (ordinal, section) in prepared.document.sections.iter().enumerate() {
        sqlx::query(
            "INSERT INTO sections (version_id, ordinal, locator, path, page, start_byte, end_byte) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(version)
        .bind(codec::int(ordinal))
        .bind(&section.locator)
        .bind(codec::path_json(&section.path))
        .bind(section.page)
        .bind(codec::int(section.span.start()))
        .bind(codec::int(section.span.end()))
        .execute(&mut *connection)
        .await
        .map_err(failed(PUT))?;
    }
    for (ordinal, chunk) in prepared.chunks.iter().enumerate() {
        sqlx::query(
            "INSERT INTO chunks (version_id, ordinal, locator, path, page, start_byte, end_byte, text, boxes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(version)
        .bind(codec::int(ordinal))
        .bind(&chunk.locator)
        .bind(codec::path_json(&chunk.path))
        .bind(chunk.page)
        .bind(codec::int(chunk.span.start()))
        .bind(codec::int(chunk.span.end()))
        .bind(chunk.span.of(text))
        .bind(codec::boxes_json(&chunk.boxes))
        .execute(&mut *connection)
        .await
        .map_err(failed(PUT))?;
    }
    Ok(())
}

pub(super) async fn delete(store: &SqliteStore, collection: &CollectionName, key: &str) -> Result<bool, StoreError> {
    const ACTION: &str = "delete a document";
    let mut tx = store.write(ACTION).await?;
    let collection_id = collections::id(&mut *tx, collection).await?;
    let id: Option<i64> = sqlx::query_scalar(
        "SELECT v.id FROM documents d JOIN document_versions v ON v.document_id = d.id AND v.current = 1 \
         WHERE d.collection_id = $1 AND d.key = $2",
    )
    .bind(collection_id)
    .bind(key)
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed(ACTION))?;
    let Some(id) = id else { return Ok(false) };
    retire(&mut tx, id, collection).await?;
    forget_vectors(&mut tx, id).await?;
    tx.commit().await.map_err(failed(ACTION))?;
    Ok(true)
}

pub(super) async fn current(
    store: &SqliteStore,
    collection: &CollectionName,
    key: &str,
) -> Result<Option<DocumentVersion>, StoreError> {
    let id = collections::id(&store.readers, collection).await?;
    sqlx::query_as::<_, VersionRow>(select_version!("WHERE d.collection_id = $1 AND d.key = $2 AND v.current = 1"))
        .bind(id)
        .bind(key)
        .fetch_optional(&store.readers)
        .await
        .map_err(failed("look up a document"))?
        .map(VersionRow::into_version)
        .transpose()
}

pub(super) async fn list(
    store: &SqliteStore,
    collection: &CollectionName,
    offset: u64,
    limit: u64,
) -> Result<Vec<DocumentVersion>, StoreError> {
    let id = collections::id(&store.readers, collection).await?;
    sqlx::query_as::<_, VersionRow>(select_version!(
        "WHERE d.collection_id = $1 AND v.current = 1 ORDER BY d.key LIMIT $3 OFFSET $2"
    ))
    .bind(id)
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(&store.readers)
    .await
    .map_err(failed("list the documents of a collection"))?
    .into_iter()
    .map(VersionRow::into_version)
    .collect()
}

pub(super) async fn versions(
    store: &SqliteStore,
    collection: &CollectionName,
    key: &str,
) -> Result<Vec<DocumentVersion>, StoreError> {
    let id = collections::id(&store.readers, collection).await?;
    sqlx::query_as::<_, VersionRow>(select_version!("WHERE d.collection_id = $1 AND d.key = $2 ORDER BY v.number DESC"))
        .bind(id)
        .bind(key)
        .fetch_all(&store.readers)
        .await
        .map_err(failed("list the versions of a document"))?
        .into_iter()
        .map(VersionRow::into_version)
        .collect()
}

pub(super) async fn text(
    store: &SqliteStore,
    version: VersionId,
) -> Result<Option<(DocumentVersion, Document)>, StoreError> {
    const ACTION: &str = "read the text of a document";
    let row = sqlx::query_as::<_, VersionRow>(select_version!("WHERE v.id = $1"))
        .bind(version.0)
        .fetch_optional(&store.readers)
        .await
        .map_err(failed(ACTION))?;
    let stored: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT byte_count, deflated FROM version_texts WHERE version_id = $1")
            .bind(version.0)
            .fetch_optional(&store.readers)
            .await
            .map_err(failed(ACTION))?;
    let rows: Vec<(String, String, Option<u32>, i64, i64)> = sqlx::query_as(
        "SELECT locator, path, page, start_byte, end_byte FROM sections WHERE version_id = $1 ORDER BY ordinal",
    )
    .bind(version.0)
    .fetch_all(&store.readers)
    .await
    .map_err(failed(ACTION))?;
    // Either may be gone when the collection is deleted between the queries; that is absence, not damage.
    let (Some(row), Some((byte_count, deflated))) = (row, stored) else { return Ok(None) };
    let version = row.into_version()?;
    let text = codec::inflate(&deflated, byte_count)?;
    let sections = rows
        .into_iter()
        .map(|(locator, path, page, start, end)| {
            Ok(Section { locator, path: codec::path(&path)?, page, span: codec::span(start, end)? })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let document = Document { meta: (*version.meta).clone(), text, sections };
    Ok(Some((version, document)))
}
