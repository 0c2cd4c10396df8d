//! Where everything lives: the only module that names sqlx.
//!
//! The database is the truth. The search indexes are derived from it and follow its change log; losing them loses
//! nothing. Every write is one transaction, so that a process killed at any moment leaves whole documents only.
//!
//! The data model is documented where it is made: `migrations/sqlite/*.sql`.

mod sqlite;

pub use sqlite::SqliteStore;
