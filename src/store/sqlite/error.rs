//! What SQLite says, as a person can use it.

use sqlx::error::DatabaseError;

use crate::ports::StoreError;

/// For `map_err`: the store failed while it tried to `action`.
pub(super) fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::ColumnDecode { index, source } => {
            StoreError::Corrupt { what: format!("column {index}: {source}") }
        }
        sqlx::Error::PoolTimedOut => StoreError::Failed {
            action,
            problem: "every connection was in use for a minute; try again when there is less to do".to_owned(),
        },
        _ => StoreError::Failed { action, problem: explain(&error) },
    }
}

/// SQLite's message, and what to do about it where that is known.
pub(super) fn explain(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(database) = error else { return error.to_string() };
    let advice = match primary_code(database.as_ref()) {
        Some(5 | 6) => "another process holds the database; wait for it to end, or end it",
        Some(8) => "the file or its folder is read-only; give this user the right to write there",
        Some(10) => "the disk could not be read or written; check it and its file system",
        Some(11 | 26) => "the file is damaged or is no Attest database; restore it from a backup or move it away",
        Some(13) => "the disk is full; free some space and try again",
        Some(14) => "the file cannot be opened or made; check that the folder exists and may be written to",
        _ => return database.message().to_owned(),
    };
    format!("{}; {advice}", database.message())
}

/// The low byte of SQLite's extended result code, <https://www.sqlite.org/rescode.html>.
fn primary_code(error: &dyn DatabaseError) -> Option<u32> {
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}
