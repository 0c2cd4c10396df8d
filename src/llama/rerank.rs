//! Questions and passages to scores: a cross-encoder with a head of its own (llama.cpp's pooling "rank").

use std::num::NonZeroU32;

use super::{
    backend::{Backend, backend, open, threads},
    options::ModelOptions,
    packs::{self, Packer, Request},
    served::Served,
};
use crate::{
    domain::answer::ModelIdentity,
    models::{Job, SecondLook, second_look},
    ports::{ModelError, Pair, Priority, Reranker},
};
use async_trait::async_trait;
use llama_cpp_2::{
    context::{
        LlamaContext,
        params::{LlamaContextParams, LlamaPoolingType},
    },
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};

/// Tokens and pairs of one call. An encoder attends over the whole batch, so larger packs cost more than they save.
const PACK_TOKENS: usize = 512;
const PACK_PAIRS: usize = 16;
/// Longest pair that is read; the passage is cut.
const MOST_TOKENS: usize = 512;
/// Tokens that a question may take of it.
const MOST_QUESTION: usize = 256;

/// A reranker behind its port.
pub struct LlamaReranker {
    identity: ModelIdentity,
    served: Served<Request<Pair, f32>>,
}

impl LlamaReranker {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file, [`ModelError::WrongJob`] for a model
    /// without a head for ranking.
    pub fn open(options: &ModelOptions) -> Result<Self, ModelError> {
        let (model, header) = open(options, Job::Reranker)?;
        if second_look(&header) != Some(SecondLook::Head) {
            return Err(ModelError::WrongJob {
                model: options.identity.name.clone(),
                job: Job::Reranker.code(),
                problem: "it has no head for ranking".to_owned(),
            });
        }
        let identity = options.identity.clone();
        let (served, ()) = Served::start(Job::Reranker, &identity, options.queue, {
            let (identity, threads) = (identity.clone(), threads(options));
            let template = header.text("tokenizer.chat_template.rerank").map(str::to_owned);
            move |queue, ready| match Worker::new(&model, identity, threads, template) {
                Ok(mut worker) => {
                    ready(Ok(()));
                    packs::serve(&mut worker, queue);
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { identity, served })
    }
}

#[async_trait]
impl Reranker for LlamaReranker {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    #[tracing::instrument(level = "debug", skip_all, fields(passages = passages.len(), ?priority))]
    async fn scores(&self, question: &str, passages: &[String], priority: Priority) -> Result<Vec<f32>, ModelError> {
        let pair = |evidence: &String| Pair { evidence: evidence.clone(), claim: question.to_owned() };
        let logits = packs::ask(&self.served, passages.iter().map(pair).collect(), priority).await?;
        if logits.iter().any(|logit| !logit.is_finite()) {
            let problem = "it gave a score that is not a number".to_owned();
            return Err(ModelError::Failed { model: self.identity.name.clone(), problem });
        }
        Ok(logits.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect())
    }
}

struct Worker<'m> {
    backend: &'static Backend,
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    identity: ModelIdentity,
    /// How a language model that was made a reranker wants to be asked, with {query} and {document}.
    template: Option<String>,
}

impl<'m> Worker<'m> {
    fn new(
        model: &'m LlamaModel,
        identity: ModelIdentity,
        threads: i32,
        template: Option<String>,
    ) -> Result<Self, ModelError> {
        let backend = backend()?;
        let size = u32::try_from(PACK_TOKENS.max(MOST_TOKENS)).unwrap_or(u32::MAX);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size))
            .with_n_batch(size)
            .with_n_ubatch(size)
            .with_n_seq_max(u32::try_from(PACK_PAIRS).unwrap_or(1))
            .with_kv_unified(true)
            .with_pooling_type(LlamaPoolingType::Rank)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true)
            .with_embeddings(true);
        let failed = |problem: String| ModelError::Failed { model: identity.name.clone(), problem };
        let context = model
            .new_context(&backend.llama, params)
            .map_err(|e| failed(format!("no context of {size} tokens: {e}")))?;
        let batch = LlamaBatch::new(PACK_TOKENS.max(MOST_TOKENS), 1);
        Ok(Self { backend, model, context, batch, identity, template })
    }

    /// `<s> question </s></s> passage </s>`, or the template; the passage is cut to fit.
    fn ids(&self, pair: &Pair) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let tokens = |text: &str, special| {
            let text = &text[..text.floor_char_boundary(1 << 16)];
            vocab.tokenize(text.as_bytes(), false, special)
        };
        let mut question = tokens(&pair.claim, false);
        question.truncate(MOST_QUESTION);
        let mut passage = tokens(&pair.evidence, false);
        let parts = self.template.as_deref().and_then(|template| {
            let (before, rest) = template.split_once("{query}")?;
            let (between, after) = rest.split_once("{document}")?;
            Some([before, between, after].map(|part| tokens(part, true)))
        });
        let [before, between, after] = parts.unwrap_or_else(|| {
            let (start, end) = (vocab.bos(), vocab.eos());
            [vec![start], vec![end, end], vec![end]]
        });
        passage.truncate(MOST_TOKENS.saturating_sub(before.len() + question.len() + between.len() + after.len()));
        let mut whole = [before, question, between, passage, after].concat();
        whole.truncate(MOST_TOKENS);
        whole
    }

    fn score(&mut self, pairs: &[&Vec<LlamaToken>], priority: Priority) -> Result<Vec<f32>, String> {
        self.batch.clear();
        for (sequence, ids) in (0_i32..).zip(pairs) {
            for (position, token) in (0_i32..).zip(*ids) {
                self.batch.add(*token, position, &[sequence], true).map_err(|e| e.to_string())?;
            }
        }
        let turn = self.backend.gate.enter(priority);
        self.context.clear_kv_cache();
        self.context.decode(&mut self.batch).map_err(|e| e.to_string())?;
        let score = |sequence: usize| {
            let sequence = i32::try_from(sequence).map_err(|e| e.to_string())?;
            let head = self.context.embeddings_seq_ith(sequence).map_err(|e| e.to_string())?;
            head.first().copied().ok_or_else(|| "its head gives no score".to_owned())
        };
        let scores = (0..pairs.len()).map(score).collect();
        drop(turn);
        scores
    }
}

impl Packer for Worker<'_> {
    type Input = Pair;
    type Item = Vec<LlamaToken>;
    type Output = f32;

    fn item(&self, pair: &Pair) -> Self::Item {
        self.ids(pair)
    }

    fn size(item: &Self::Item) -> usize {
        item.len()
    }

    fn limits(&self, _: Priority) -> (usize, usize) {
        (PACK_TOKENS, PACK_PAIRS)
    }

    fn compute(&mut self, items: &[&Self::Item], priority: Priority) -> Result<Vec<f32>, ModelError> {
        self.score(items, priority).map_err(|problem| ModelError::Failed { model: self.identity.name.clone(), problem })
    }
}
