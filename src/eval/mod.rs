//! Measuring Attest on files of labelled cases: JSON lines in, predictions out, figures as a table or JSON.

pub mod answers;
pub mod bench;
pub mod contexts;
pub mod growth;
pub mod integrity;
pub mod metrics;
pub mod retrieval;
pub mod rows;
pub mod sample;
pub mod verify;

use std::path::Path;

use crate::ports::{ModelError, RetrieveError, VerifyError};

/// Why an evaluation stopped. Cases are never dropped silently: a line that cannot be read ends the run.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    #[error("{path} cannot be read: {problem}")]
    Read { path: String, problem: String },
    #[error("{path}:{line}: {problem}; every line must be one JSON object as the format of this evaluation says")]
    Line { path: String, line: usize, problem: String },
    #[error("{path}: the id '{id}' occurs twice; ids must be unique")]
    Repeated { path: String, id: String },
    #[error("{path} holds no cases")]
    Empty { path: String },
    #[error("{path} cannot be written: {problem}")]
    Write { path: String, problem: String },
    #[error("the case '{id}' could not be judged: {problem}")]
    Verify { id: String, problem: VerifyError },
    #[error("the case '{id}' could not be retrieved: {problem}")]
    Retrieve { id: String, problem: RetrieveError },
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Anything else that a case met, in the words of its module.
    #[error("the case '{id}' failed: {problem}")]
    Case { id: String, problem: String },
}

impl EvalError {
    pub(crate) fn read(path: &Path, problem: &dyn std::fmt::Display) -> Self {
        Self::Read { path: path.display().to_string(), problem: problem.to_string() }
    }

    pub(crate) fn write(path: &Path, problem: &dyn std::fmt::Display) -> Self {
        Self::Write { path: path.display().to_string(), problem: problem.to_string() }
    }
}
