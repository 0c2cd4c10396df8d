//! Texts to unit vectors.

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use async_trait::async_trait;
use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};

use super::{
    backend::{Backend, backend, open, threads},
    lanes::{Lane, Lanes},
    options::EmbedderOptions,
    packs::{self, Packer, Request},
    served::Served,
};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{EmbedKind, Embedder, ModelError, Priority},
};

/// Tokens of one call. An encoder attends over the whole batch, so larger packs cost more than they save.
const PACK_TOKENS: usize = 512;
/// The same while somebody waits for a generation.
const PACK_TOKENS_IN_SESSION: usize = 64;
/// Texts of one call.
const PACK_TEXTS: u32 = 64;
/// No piece of any vocabulary in use is longer; text beyond this many bytes a token can only be cut.
const BYTES_PER_TOKEN: usize = 48;

/// An embedding model behind the [`Embedder`] port.
pub struct LlamaEmbedder {
    options: EmbedderOptions,
    model: Arc<LlamaModel>,
    dimensions: usize,
    max_tokens: usize,
    served: Served<Request<String, Vec<f32>>>,
}

impl LlamaEmbedder {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file, [`ModelError::WrongJob`] for a model
    /// that does not embed.
    pub fn open(options: EmbedderOptions) -> Result<Self, ModelError> {
        let (model, header) = open(&options.model, Job::Embedder)?;
        let trained = usize::try_from(model.n_ctx_train()).unwrap_or(usize::MAX);
        let max_tokens = options.max_tokens.clamp(8, trained.max(8));
        let dimensions = usize::try_from(model.n_embd_out()).unwrap_or(0);
        let identity = options.model.identity.clone();
        let (served, ()) = Served::start(Job::Embedder, &options.model.identity, options.model.queue, {
            let (model, threads, encoder) = (Arc::clone(&model), threads(&options.model), header.is_encoder());
            move |queue, ready| match Worker::new(&model, identity, threads, max_tokens, encoder) {
                Ok(mut worker) => {
                    ready(Ok(()));
                    packs::serve(&mut worker, queue);
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { options, model, dimensions, max_tokens, served })
    }

    fn prefixed(&self, kind: EmbedKind, text: &str) -> String {
        let prefix = match kind {
            EmbedKind::Query => &self.options.query_prefix,
            EmbedKind::Passage => &self.options.passage_prefix,
        };
        let limit = text.floor_char_boundary(self.max_tokens * BYTES_PER_TOKEN);
        format!("{prefix}{}", &text[..limit])
    }
}

#[async_trait]
impl Embedder for LlamaEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.options.model.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    #[tracing::instrument(level = "debug", skip_all, fields(texts = texts.len(), ?priority))]
    async fn embed(&self, kind: EmbedKind, texts: &[String], priority: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        let inputs = texts.iter().map(|text| self.prefixed(kind, text)).collect();
        packs::ask(&self.served, inputs, priority).await
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(self.model.vocab().tokenize(text.as_bytes(), false, false).len())
    }
}

struct Worker<'m> {
    backend: &'static Backend,
    model: &'m LlamaModel,
    /// On all threads, and on one where that is not the same.
    all: LlamaContext<'m>,
    one: Option<LlamaContext<'m>>,
    lanes: Lanes,
    batch: LlamaBatch<'static>,
    identity: ModelIdentity,
    max_tokens: usize,
    pack_tokens: usize,
    /// Reads a text as a whole; other models (Qwen3-Embedding) read it left to right, with a cache to be emptied.
    encoder: bool,
}

impl<'m> Worker<'m> {
    fn new(
        model: &'m LlamaModel,
        identity: ModelIdentity,
        threads: i32,
        max_tokens: usize,
        encoder: bool,
    ) -> Result<Self, ModelError> {
        let backend = backend()?;
        let pack_tokens = max_tokens.max(PACK_TOKENS);
        let size = u32::try_from(pack_tokens).unwrap_or(u32::MAX);
        let context = |threads: i32| {
            let params = LlamaContextParams::default()
                .with_n_ctx(NonZeroU32::new(size))
                .with_n_batch(size)
                .with_n_ubatch(size)
                .with_n_seq_max(PACK_TEXTS)
                .with_kv_unified(true)
                .with_n_threads(threads)
                .with_n_threads_batch(threads)
                .with_no_perf(true)
                .with_embeddings(true);
            model.new_context(&backend.llama, params).map_err(|e| ModelError::Failed {
                model: identity.name.clone(),
                problem: format!("no context of {pack_tokens} tokens: {e}"),
            })
        };
        let all = context(threads)?;
        let one = if threads > 1 { Some(context(1)?) } else { None };
        let batch = LlamaBatch::new(pack_tokens, 1);
        let lanes = Lanes::default();
        let mut worker = Self { backend, model, all, one, lanes, batch, identity, max_tokens, pack_tokens, encoder };
        worker.touch().map_err(|problem| ModelError::Failed { model: worker.identity.name.clone(), problem })?;
        Ok(worker)
    }

    /// One call on each context: a first one allocates and reads weights in, and would mislead the choice of threads.
    fn touch(&mut self) -> Result<(), String> {
        let tokens = self.tokens("touch");
        for lane in [Lane::All, Lane::One] {
            self.fill(&[&tokens])?;
            self.run(lane)?;
        }
        Ok(())
    }

    /// The tokens of a text, cut so that its closing token stays.
    fn tokens(&self, text: &str) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let mut tokens = vocab.tokenize(text.as_bytes(), true, false);
        if tokens.len() > self.max_tokens {
            let last = tokens[tokens.len() - 1];
            tokens.truncate(self.max_tokens - 1);
            tokens.push(last);
        }
        if tokens.is_empty() {
            tokens.push(vocab.eos());
        }
        tokens
    }

    fn fill(&mut self, pack: &[&Vec<LlamaToken>]) -> Result<(), String> {
        self.batch.clear();
        for (sequence, text) in (0_i32..).zip(pack) {
            for (position, token) in (0_i32..).zip(*text) {
                self.batch.add(*token, position, &[sequence], true).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// Runs the batch, and gives the context that holds the result.
    fn run(&mut self, lane: Lane) -> Result<&mut LlamaContext<'m>, String> {
        let context = match (&mut self.one, lane) {
            (Some(one), Lane::One) => one,
            _ => &mut self.all,
        };
        if self.encoder {
            context.encode(&mut self.batch).map_err(|e| e.to_string())?;
        } else {
            context.clear_kv_cache();
            context.decode(&mut self.batch).map_err(|e| e.to_string())?;
        }
        Ok(context)
    }

    fn encode(&mut self, pack: &[&Vec<LlamaToken>], priority: Priority) -> Result<Vec<Vec<f32>>, String> {
        self.fill(pack)?;
        let tokens = pack.iter().map(|text| text.len()).sum();
        let turn = self.backend.gate.enter(priority);
        let lane = if self.one.is_some() { self.lanes.choose(tokens) } else { Lane::All };
        let since = Instant::now();
        let context = self.run(lane)?;
        let mut vectors = Vec::with_capacity(pack.len());
        for (sequence, _) in (0_i32..).zip(pack) {
            vectors.push(normalised(context.embeddings_seq_ith(sequence).map_err(|e| e.to_string())?)?);
        }
        self.lanes.measured(lane, tokens, since.elapsed());
        drop(turn);
        Ok(vectors)
    }
}

impl Packer for Worker<'_> {
    type Input = String;
    type Item = Vec<LlamaToken>;
    type Output = Vec<f32>;

    fn item(&self, text: &String) -> Vec<LlamaToken> {
        self.tokens(text)
    }

    fn size(tokens: &Vec<LlamaToken>) -> usize {
        tokens.len()
    }

    fn limits(&self, priority: Priority) -> (usize, usize) {
        let tokens = if priority == Priority::Bulk && self.backend.gate.in_session() {
            PACK_TOKENS_IN_SESSION
        } else {
            self.pack_tokens.min(PACK_TOKENS)
        };
        (tokens, PACK_TEXTS as usize)
    }

    fn compute(&mut self, pack: &[&Vec<LlamaToken>], priority: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        self.encode(pack, priority).map_err(|problem| ModelError::Failed { model: self.identity.name.clone(), problem })
    }
}

/// Length 1; a vector that is zero or not finite is an error, because every similarity to it would lie.
fn normalised(vector: &[f32]) -> Result<Vec<f32>, String> {
    let norm = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
    if !norm.is_finite() || norm < 1e-12 {
        return Err("it gave a vector without a direction".into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a component of a unit vector")]
    Ok(vector.iter().map(|v| (f64::from(*v) / norm) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_without_direction_are_refused() {
        assert_eq!(normalised(&[3.0, 4.0]), Ok(vec![0.6, 0.8]));
        assert!(normalised(&[0.0, 0.0]).is_err());
        assert!(normalised(&[f32::NAN, 1.0]).is_err());
    }
}
