//! Chunks to index, query to evidence.

mod passage;

pub use self::passage::passage_text;
