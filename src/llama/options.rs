//! What may be set. Configuration builds these; the defaults suit a machine that does one thing.

use std::{num::NonZeroUsize, path::PathBuf};

use crate::domain::answer::ModelIdentity;

/// Which file, and how it is held.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    pub identity: ModelIdentity,
    pub path: PathBuf,
    /// Threads for one llama call; the physical cores by default.
    pub threads: Option<NonZeroUsize>,
    /// Map the file instead of reading it: quicker start, pages shared between processes.
    pub mmap: bool,
    /// Keep it from being swapped out.
    pub mlock: bool,
    /// Layers on an accelerator, where the build has one.
    pub gpu_layers: u32,
    /// Keep expert weights of a mixture in main memory although layers are on an accelerator.
    pub cpu_experts: bool,
    /// Requests that may wait; one more is refused.
    pub queue: usize,
}

impl ModelOptions {
    pub fn new(identity: ModelIdentity, path: impl Into<PathBuf>) -> Self {
        Self {
            identity,
            path: path.into(),
            threads: None,
            mmap: true,
            mlock: false,
            gpu_layers: 0,
            cpu_experts: false,
            queue: 64,
        }
    }
}

#[derive(Clone, Debug)]
pub struct EmbedderOptions {
    pub model: ModelOptions,
    /// Put before a question, for encoders trained that way.
    pub query_prefix: String,
    /// Put before a passage.
    pub passage_prefix: String,
    /// Longest text in tokens; the rest is cut. At most what the model was trained for.
    pub max_tokens: usize,
}

impl EmbedderOptions {
    pub fn new(model: ModelOptions) -> Self {
        Self { model, query_prefix: String::new(), passage_prefix: String::new(), max_tokens: 512 }
    }

    #[must_use]
    pub fn with_prefixes(mut self, query: impl Into<String>, passage: impl Into<String>) -> Self {
        self.query_prefix = query.into();
        self.passage_prefix = passage.into();
        self
    }
}
