//! Opening a database, and bringing it up to this version's data model.

use std::{fs, path::Path, sync::Arc, time::Duration};

use sqlx::{
    Executor, SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{SqliteStore, error::explain};
use crate::ports::StoreError;

/// In order; append-only.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "knowledge base", include_str!("../../../migrations/sqlite/0001_knowledge_base.sql")),
    (2, "chunk boxes", include_str!("../../../migrations/sqlite/0002_chunk_boxes.sql")),
    (3, "collection settings", include_str!("../../../migrations/sqlite/0003_collection_settings.sql")),
    (4, "recall", include_str!("../../../migrations/sqlite/0004_recall.sql")),
    (5, "explore", include_str!("../../../migrations/sqlite/0005_explore.sql")),
];

/// Readers beside the one writer. More would only wait for the same two or four cores.
const READERS: u32 = 4;

/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(30);

/// How long a caller waits for a connection: as long as the longest batch may take.
const ACQUIRE: Duration = Duration::from_mins(1);

impl SqliteStore {
    /// Opens the database at `path`; makes it, and the folder it lies in, where there is none.
    ///
    /// # Errors
    /// [`StoreError::Open`] when the file cannot be made, read or written, is not a database, is damaged, or was
    /// written by a newer Attest.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let fail = |problem: String| StoreError::Open { path: path.display().to_string(), problem };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)
                .map_err(|error| fail(format!("the folder {} cannot be made: {error}", folder.display())))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-32768")
            .pragma("temp_store", "memory")
            .statement_cache_capacity(128);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal))
            .await
            .map_err(|error| fail(explain(&error)))?;
        migrate(&writer).await.map_err(&fail)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(|error| fail(explain(&error)))?;
        Ok(Self { writer, readers, memory: Arc::default() })
    }

    /// A database that lives as long as this value and its clones.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let fail = |problem: String| StoreError::Open { path: ":memory:".to_owned(), problem };
        // One connection for everything: a second one would see another, empty database.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(SqliteConnectOptions::new().in_memory(true).foreign_keys(true))
            .await
            .map_err(|error| fail(explain(&error)))?;
        migrate(&pool).await.map_err(&fail)?;
        Ok(Self { writer: pool.clone(), readers: pool, memory: Arc::default() })
    }

    /// Writes everything into the one file and lets go of it.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn migrate(pool: &SqlitePool) -> Result<(), String> {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, description, sql)| {
            Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    match Migrator::with_migrations(migrations).run(pool).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _)) => Err(format!(
            "it holds migration {version}, which this version does not know: a newer Attest wrote it. Update Attest, or choose another home"
        )),
        Err(MigrateError::VersionMismatch(version)) => Err(format!(
            "migration {version} was applied in another form than this version knows; open it with the Attest that made it"
        )),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(explain(&error)),
        Err(error) => Err(error.to_string()),
    }?;
    // Statistics let the planner choose well once there is data; cheap when nothing changed.
    pool.execute("PRAGMA optimize").await.map_err(|error| explain(&error))?;
    Ok(())
}
