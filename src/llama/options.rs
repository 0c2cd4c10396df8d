//! What may be set. Configuration builds these; the defaults suit a machine that does one thing.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use llama_cpp_2::context::params::KvCacheType;

use crate::{
    domain::answer::ModelIdentity,
    models::{
        Setup,
        gguf::{GgmlType, Header},
    },
};

/// Which file, and how it is held.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    pub identity: ModelIdentity,
    pub path: PathBuf,
    /// Threads for one llama call at most; the physical cores by default. Small models write with one.
    pub threads: Option<NonZeroUsize>,
    /// Map the file instead of reading it: quicker start, pages shared between processes.
    pub mmap: bool,
    /// Keep it from being swapped out.
    pub mlock: bool,
    /// Layers on an accelerator, where the build has one.
    pub gpu_layers: u32,
    /// Weights that stay in main memory although layers are on an accelerator: regular expressions over their names.
    pub in_main_memory: Vec<String>,
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
            in_main_memory: Vec::new(),
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

/// How keys and values of a context are held. Smaller ones make room for longer contexts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KvType {
    #[default]
    F16,
    Q8,
    Q4,
}

impl KvType {
    /// As it is written in a configuration: `f16`, `q8_0`, `q4_0`.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "f16" => Some(Self::F16),
            "q8_0" => Some(Self::Q8),
            "q4_0" => Some(Self::Q4),
            _ => None,
        }
    }

    /// The type of a tensor that holds them.
    pub fn element(self) -> GgmlType {
        match self {
            Self::F16 => GgmlType::F16,
            Self::Q8 => GgmlType::Q8_0,
            Self::Q4 => GgmlType::Q4_0,
        }
    }
}

impl From<KvType> for KvCacheType {
    fn from(kv: KvType) -> Self {
        match kv {
            KvType::F16 => Self::F16,
            KvType::Q8 => Self::Q8_0,
            KvType::Q4 => Self::Q4_0,
        }
    }
}

#[derive(Clone, Debug)]
pub struct GeneratorOptions {
    pub model: ModelOptions,
    /// Prompt and answer together, in tokens; at most what the model was trained for.
    pub context: u32,
    /// Tokens that all requests under way, and what is kept of earlier ones, take together; twice `context` by default.
    pub cells: Option<u32>,
    /// Texts that are written at once.
    pub streams: NonZeroUsize,
    /// Longest time from a request to its end.
    pub deadline: Duration,
    pub kv: KvType,
    /// Whether it follows a conversation; `None` asks the file for a chat template.
    pub chat: Option<bool>,
    /// Opens the model's turn, for models that would otherwise think aloud first.
    pub assistant_prefix: String,
    /// Tokens that a reasoning model may think before a grounded answer.
    pub thinking: usize,
    /// Low-rank additions (`LoRA`) laid over the model, a GGUF.
    pub adapter: Option<PathBuf>,
}

impl GeneratorOptions {
    pub fn new(model: ModelOptions) -> Self {
        Self {
            model,
            context: 4096,
            cells: None,
            streams: const { NonZeroUsize::new(8).expect("eight is not zero") },
            deadline: Duration::from_mins(10),
            kv: KvType::F16,
            chat: None,
            assistant_prefix: String::new(),
            thinking: 0,
            adapter: None,
        }
    }

    /// Tokens of one text, and of all together, for a model that was trained for texts of `trained` tokens.
    pub fn tokens(&self, trained: u32) -> (u32, u32) {
        let request = self.context.min(trained).max(64);
        (request, self.cells.unwrap_or(request.saturating_mul(2)).max(request))
    }

    /// Texts at once, and sequences of the context: what is kept of earlier texts has some too. A recurrent state stands
    /// for a whole sequence and takes the same memory whether it is used or not, so there are fewer of those.
    pub fn sequences(&self, is_recurrent: bool) -> (usize, usize) {
        let streams = self.streams.get().min(64);
        (streams, if is_recurrent { streams + 4 } else { 2 * streams })
    }

    /// What [`crate::models::Plan`] is made for.
    pub fn setup(&self, header: &Header) -> Setup {
        let trained = header.context_length().and_then(|tokens| u32::try_from(tokens).ok()).unwrap_or(u32::MAX);
        Setup {
            context: u64::from(self.tokens(trained).1),
            kv: self.kv.element(),
            sequences: self.sequences(header.is_recurrent()).1 as u64,
            whole_window: true,
            batch: BATCH as u64,
        }
    }
}

/// Tokens of one call at most.
pub const BATCH: usize = 512;
