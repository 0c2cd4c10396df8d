//! Finding evidence, and the laws that a text names.

use async_trait::async_trait;

use super::{ModelError, StoreError};
use crate::{
    domain::{
        answer::ModelIdentity,
        evidence::{EvidenceSet, Query},
        instrument::Holdings,
    },
    text::reference::Instrument,
};

#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    #[error("there is no collection '{0}'; 'attest collections list' shows those that exist")]
    UnknownCollection(String),
    #[error("the question is empty")]
    EmptyQuery,
    #[error(
        "the question has {bytes} bytes; at most {limit} are taken. Ask one question, and put long material into a collection or an audit"
    )]
    QueryTooLong { bytes: usize, limit: usize },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the {index} index failed: {problem}; it is derived from the store and 'attest doctor --rebuild' makes it anew"
    )]
    Index { index: &'static str, problem: String },
}

/// How far the derived indexes have followed the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexStatus {
    /// Position of the store's change log.
    pub log_position: i64,
    /// Position that the lexical index has reached.
    pub lexical_position: i64,
    pub chunks: u64,
    pub vectors: u64,
}

/// The laws that a text refers to, by name.
#[async_trait]
pub trait Instruments: Send + Sync {
    /// All that is held of these, whatever the collection and whether or not it governs today.
    async fn held(&self, instruments: &[&Instrument]) -> Result<Holdings, RetrieveError>;
}

#[async_trait]
pub trait Retriever: Send + Sync {
    /// Evidence for a query, best first. Nothing found is an empty set, never an error, and a failure is never an
    /// empty set.
    async fn retrieve(&self, query: &Query) -> Result<EvidenceSet, RetrieveError>;

    async fn status(&self) -> Result<IndexStatus, RetrieveError>;

    /// What moves the vectors of questions, where something does.
    fn query_adapter(&self) -> Option<&ModelIdentity> {
        None
    }

    /// What takes the second look, where something does.
    fn reranker(&self) -> Option<&ModelIdentity> {
        None
    }
}
