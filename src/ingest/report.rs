//! What a run did, while it runs and afterwards.

use std::fmt;

/// A file, or a line of one, that was not taken in, and why. The rest of the run went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestProblem {
    pub path: String,
    /// From 1, in files with one document a line.
    pub line: Option<u64>,
    pub message: String,
}

impl fmt::Display for IngestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Files read, with or without problems.
    pub files: u64,
    pub added: u64,
    /// Documents that were there with other bytes: the earlier version leaves the search.
    pub replaced: u64,
    /// Documents that were there with the same bytes: nothing was written.
    pub unchanged: u64,
    /// Chunks of the documents added or replaced.
    pub chunks: u64,
    /// The first thousand.
    pub problems: Vec<IngestProblem>,
    /// All of them.
    pub problem_count: u64,
    /// The run was stopped; starting it again goes on where it stopped.
    pub cancelled: bool,
}

/// More than a person reads. A file of a million broken lines must not become a report of a million.
const PROBLEMS_KEPT: usize = 1000;

impl IngestReport {
    pub fn documents(&self) -> u64 {
        self.added + self.replaced + self.unchanged
    }

    pub(super) fn problem(&mut self, problem: IngestProblem) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(problem);
        }
    }
}

/// How far a run has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestProgress {
    pub files: u64,
    pub files_total: u64,
    /// Bytes of files as they lie on the disk, compressed where they are.
    pub bytes: u64,
    pub bytes_total: u64,
    /// Documents that are safely in the store.
    pub documents: u64,
    /// Chunks of those that were new.
    pub chunks: u64,
    pub problems: u64,
}

/// Is told how a run goes: a progress bar, a stream of events. Called often; must be quick.
pub trait Progress<T>: Send + Sync {
    fn update(&self, progress: T);
}

/// For those who do not watch.
impl<T> Progress<T> for () {
    fn update(&self, _: T) {}
}

impl<T, F: Fn(T) + Send + Sync> Progress<T> for F {
    fn update(&self, progress: T) {
        self(progress);
    }
}
