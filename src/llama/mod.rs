//! Inference with any GGUF that llama.cpp supports. The only module that names its crate.
//!
//! A worker thread owns each model's context; handles talk to it through bounded queues, and a full queue is an error
//! that says when to come back. Every llama call passes one [gate](gate::Gate), so that contexts do not fight for cores.

mod backend;
mod bare;
mod calibration;
mod cross;
mod embed;
mod gate;
mod generate;
mod judge;
mod lanes;
mod nucleus;
mod options;
mod packs;
mod probe;
mod prompt;
mod queue;
mod reasons;
mod rerank;
mod sample;
mod serve;
mod served;

pub use backend::{default_threads, physical_cores};
pub use bare::{BareRun, bare_embedding, bare_generation};
pub use cross::{HEADS_FILE, LlamaEncoder, RawPair};
pub use embed::LlamaEmbedder;
pub use generate::LlamaGenerator;
pub use judge::{LlamaJudge, Trained};
pub use options::{EmbedderOptions, GeneratorOptions, KvType, ModelOptions};
pub use probe::{Memory, probe};
pub use rerank::LlamaReranker;
