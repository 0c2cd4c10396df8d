//! Whether a database holds what it should: for `attest doctor`, and for tests that kill writers.

use super::{SqliteStore, codec, error::failed};
use crate::{domain::document::VersionId, ports::StoreError};

const ACTION: &str = "check the database";

impl SqliteStore {
    /// Reads everything and tells what is wrong; nothing is, when the list is empty.
    ///
    /// Checked: the file's own structure, that every reference leads somewhere, that every text inflates to its length,
    /// that every chunk is the slice of the text that its span names, and that chunk counts hold.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut problems: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check(100)").fetch_all(&self.readers).await.map_err(failed(ACTION))?;
        problems.retain(|line| line != "ok");
        let orphans: Vec<(String, Option<i64>, String)> =
            sqlx::query_as("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100")
                .fetch_all(&self.readers)
                .await
                .map_err(failed(ACTION))?;
        problems.extend(
            orphans.into_iter().map(|(table, row, parent)| format!("row {row:?} of {table} has no row in {parent}")),
        );
        let versions: Vec<(i64, i64)> = sqlx::query_as("SELECT id, chunk_count FROM document_versions ORDER BY id")
            .fetch_all(&self.readers)
            .await
            .map_err(failed(ACTION))?;
        for (id, chunk_count) in versions {
            problems.extend(self.check_version(id, chunk_count).await?);
        }
        Ok(problems)
    }

    async fn check_version(&self, id: i64, chunk_count: i64) -> Result<Vec<String>, StoreError> {
        let document = match super::documents::text(self, VersionId(id)).await {
            Ok(Some((_, document))) => document,
            Ok(None) => return Ok(vec![format!("version {id} has no text")]),
            Err(StoreError::Corrupt { what }) => return Ok(vec![format!("version {id}: {what}")]),
            Err(error) => return Err(error),
        };
        let chunks = super::chunks::of_version(self, VersionId(id)).await?;
        let mut problems = Vec::new();
        if codec::int(chunks.len()) != chunk_count {
            problems.push(format!("version {id} has {} chunks and should have {chunk_count}", chunks.len()));
        }
        for section in document.sections.iter().filter(|section| section.span.of(&document.text).is_none()) {
            problems.push(format!("version {id}: section '{}' does not fit its text", section.locator));
        }
        for stored in chunks {
            if stored.chunk.span.of(&document.text) != Some(stored.chunk.text.as_str()) {
                problems
                    .push(format!("version {id}: chunk {} is not the slice that its span names", stored.chunk.id.0));
            }
        }
        Ok(problems)
    }
}
