//! Pairs of evidence and claim to verdicts and marks: a cross-encoder without pooling, and heads read in Rust.
//!
//! A pair is `<s> evidence </s></s> claim </s>`, built from two tokenisations without special tokens, exactly as in
//! training. llama.cpp gives one vector a token; [`heads`] makes figures of them and [`offsets`] places of tokens.

mod heads;
mod offsets;

use std::{num::NonZeroU32, sync::Arc};

pub use self::heads::FILE as HEADS_FILE;
use self::{
    heads::{Heads, Raw},
    offsets::{Folding, Piece},
};
use super::{
    backend::{Backend, backend, open, threads},
    options::ModelOptions,
    packs::{self, Packer, Request},
    served::Served,
};
use crate::{
    domain::{
        answer::ModelIdentity,
        text::{Lang, Span},
    },
    models::{Job, charsmap::Charsmap, gguf::Header},
    ports::{Encoder, EncoderThresholds, Mark, ModelError, Pair, Priority, Reading},
    text::lang,
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

/// Tokens of one call. An encoder attends over the whole batch, so larger packs cost more than they save.
const PACK_TOKENS: usize = 512;
/// Pairs of one call.
const PACK_PAIRS: usize = 16;
/// `<s>`, `</s></s>` and `</s>`.
const SPECIAL: usize = 4;
/// Evidence beside a claim that is worth a pass; a claim that leaves less is too long.
const LEAST_EVIDENCE: usize = 32;
/// Longer texts cannot be read whole; the tokenizer need not see them whole either.
const MAX_BYTES: usize = 1 << 16;

/// A pair as the model sees it, and what it says, before calibration. For parity tests against the trainer.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPair {
    pub ids: Vec<i32>,
    /// Supported, contradicted, unsupported.
    pub logits: [f32; 3],
}

/// A verifier (GGUF and heads) behind the [`Encoder`] port.
pub struct LlamaEncoder {
    identity: ModelIdentity,
    model: Arc<LlamaModel>,
    heads: Arc<Heads>,
    folding: Folding,
    served: Served<Request<Pair, (Ids, Raw)>>,
}

impl LlamaEncoder {
    /// Loads the model and its heads and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file or heads of another encoder,
    /// [`ModelError::WrongJob`] for a model that is no cross-encoder.
    pub fn open(options: &ModelOptions) -> Result<Self, ModelError> {
        let (model, header) = open(options, Job::Verifier)?;
        let width = usize::try_from(model.n_embd_out()).unwrap_or(0);
        let bad = |problem: String| ModelError::BadHeads { path: options.path.display().to_string(), problem };
        let heads = Heads::beside(&options.path, &options.identity.sha256, width).map_err(bad)?;
        let trained = usize::try_from(model.n_ctx_train()).unwrap_or(usize::MAX);
        if heads.max_tokens > trained {
            return Err(bad(format!("its heads want {} tokens, the encoder reads {trained}", heads.max_tokens)));
        }
        let heads = Arc::new(heads);
        // The heads are part of what is named: a certificate for others says nothing about these.
        let identity = ModelIdentity {
            name: format!("{}+heads-{}", options.identity.name, &heads.digest[..12]),
            sha256: options.identity.sha256.clone(),
        };
        let (served, ()) = Served::start(Job::Verifier, &identity, options.queue, {
            let (model, heads) = (Arc::clone(&model), Arc::clone(&heads));
            let (identity, threads) = (identity.clone(), threads(options));
            move |queue, ready| match Worker::new(&model, &heads, identity, threads) {
                Ok(mut worker) => {
                    ready(Ok(()));
                    packs::serve(&mut worker, queue);
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { identity, model, heads, folding: folding(&header), served })
    }

    /// Ids and logits of pairs.
    pub async fn raw(&self, pairs: &[Pair]) -> Result<Vec<RawPair>, ModelError> {
        let read = packs::ask(&self.served, pairs.to_vec(), Priority::Interactive).await?;
        Ok(read
            .into_iter()
            .map(|(ids, raw)| RawPair { ids: ids.whole.iter().map(|t| t.0).collect(), logits: raw.logits })
            .collect())
    }

    fn reading(&self, pair: &Pair, ids: &Ids, raw: &Raw) -> Result<Reading, ModelError> {
        let lang = lang::detect(&pair.claim);
        let [supported, contradicted, unsupported] = self.heads.probabilities(raw.logits, lang);
        if ![supported, contradicted, unsupported, raw.relevance].iter().all(|p| p.is_finite()) {
            let problem = "it gave a probability that is not a number".to_owned();
            return Err(ModelError::Failed { model: self.identity.name.clone(), problem });
        }
        let marks = |text: &str, tokens: &[LlamaToken], strengths: &[f32]| -> Vec<Mark> {
            let places = self.folding.places(text, &self.pieces(tokens)).unwrap_or_default();
            places.into_iter().zip(strengths).map(|(span, strength)| Mark { span, strength: *strength }).collect()
        };
        let claim = marks(cut(&pair.claim), &ids.claim, &raw.guilty);
        Ok(Reading {
            supported,
            contradicted,
            unsupported,
            guilty: words(&pair.claim, claim.iter().filter(|m| m.strength >= self.heads.guilty_from).map(|m| m.span)),
            support: marks(cut(&pair.evidence), &ids.evidence, &raw.support),
            relevance: raw.relevance,
        })
    }

    fn pieces(&self, tokens: &[LlamaToken]) -> Vec<Piece> {
        let vocab = self.model.vocab();
        let piece = |token: LlamaToken| match vocab.text(token).and_then(|text| text.to_str().ok()) {
            Some(text) if text != "<unk>" => Piece::Known(text.to_owned()),
            _ => Piece::Unknown,
        };
        tokens.iter().map(|token| piece(*token)).collect()
    }
}

/// What the GGUF says of how its tokenizer folds a text.
fn folding(header: &Header) -> Folding {
    let flag = |key: &str, default| header.flag(&format!("tokenizer.ggml.{key}")).unwrap_or(default);
    Folding {
        charsmap: header.bytes("tokenizer.ggml.precompiled_charsmap").and_then(Charsmap::parse),
        space_first: flag("add_space_prefix", true),
        spaces_merged: flag("remove_extra_whitespaces", false),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// Spans that touch, or that only white space parts, as one; each widened to whole words of letters and digits.
fn words(text: &str, spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let in_word = |c: char| c.is_alphanumeric() && !lang::is_han(c);
    let mut out: Vec<Span> = Vec::new();
    for span in spans.filter(|span| !span.is_empty()) {
        let (mut start, mut end) = (span.start(), span.end());
        let (Some(before), Some(inside), Some(after)) = (text.get(..start), span.of(text), text.get(end..)) else {
            continue;
        };
        if inside.chars().next().is_some_and(in_word) {
            start -= before.chars().rev().take_while(|c| in_word(*c)).map(char::len_utf8).sum::<usize>();
        }
        if inside.chars().next_back().is_some_and(in_word) {
            end += after.chars().take_while(|c| in_word(*c)).map(char::len_utf8).sum::<usize>();
        }
        match out.last_mut() {
            Some(last) if text.get(last.end().min(start)..start).is_some_and(|gap| gap.trim().is_empty()) => {
                *last = last.cover(Span::new(start, end));
            }
            _ => out.push(Span::new(start, end)),
        }
    }
    out
}

#[async_trait]
impl Encoder for LlamaEncoder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn thresholds(&self, lang: Lang) -> Option<EncoderThresholds> {
        self.heads.thresholds(lang)
    }

    fn room(&self, claim: &str) -> usize {
        if claim.len() > MAX_BYTES {
            return 0;
        }
        let left = self.heads.max_tokens.saturating_sub(SPECIAL + self.count_tokens(claim));
        if left < LEAST_EVIDENCE.min(self.heads.max_evidence) { 0 } else { left.min(self.heads.max_evidence) }
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.model.vocab().tokenize(cut(text).as_bytes(), false, false).len()
    }

    #[tracing::instrument(level = "debug", skip_all, fields(pairs = pairs.len(), ?priority))]
    async fn read(&self, pairs: &[Pair], priority: Priority) -> Result<Vec<Reading>, ModelError> {
        if let Some(pair) = pairs.iter().find(|pair| self.room(&pair.claim) == 0) {
            let tokens = self.count_tokens(&pair.claim);
            let limit = self.heads.max_tokens - SPECIAL - LEAST_EVIDENCE;
            return Err(ModelError::TooLong { model: self.identity.name.clone(), tokens, limit });
        }
        let read = packs::ask(&self.served, pairs.to_vec(), priority).await?;
        pairs.iter().zip(read).map(|(pair, (ids, raw))| self.reading(pair, &ids, &raw)).collect()
    }
}

/// A pair in tokens.
#[derive(Clone, Debug)]
struct Ids {
    evidence: Vec<LlamaToken>,
    claim: Vec<LlamaToken>,
    whole: Vec<LlamaToken>,
}

struct Worker<'m> {
    backend: &'static Backend,
    model: &'m LlamaModel,
    heads: &'m Heads,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    identity: ModelIdentity,
}

impl<'m> Worker<'m> {
    fn new(model: &'m LlamaModel, heads: &'m Heads, identity: ModelIdentity, threads: i32) -> Result<Self, ModelError> {
        let backend = backend()?;
        let tokens = heads.max_tokens.max(PACK_TOKENS);
        let size = u32::try_from(tokens).unwrap_or(u32::MAX);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size))
            .with_n_batch(size)
            .with_n_ubatch(size)
            .with_n_seq_max(u32::try_from(PACK_PAIRS).unwrap_or(1))
            .with_kv_unified(true)
            .with_pooling_type(LlamaPoolingType::None)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true)
            .with_embeddings(true);
        let context = model.new_context(&backend.llama, params).map_err(|e| ModelError::Failed {
            model: identity.name.clone(),
            problem: format!("no context of {tokens} tokens: {e}"),
        })?;
        Ok(Self { backend, model, heads, context, batch: LlamaBatch::new(tokens, 1), identity })
    }

    fn encode(&mut self, pairs: &[&Ids], priority: Priority) -> Result<Vec<(Ids, Raw)>, String> {
        self.batch.clear();
        for (sequence, ids) in (0_i32..).zip(pairs) {
            for (position, token) in (0_i32..).zip(&ids.whole) {
                self.batch.add(*token, position, &[sequence], true).map_err(|e| e.to_string())?;
            }
        }
        let turn = self.backend.gate.enter(priority);
        self.context.encode(&mut self.batch).map_err(|e| e.to_string())?;
        let mut out = Vec::with_capacity(pairs.len());
        let mut first = 0_usize;
        for ids in pairs {
            let vector = |at: usize| {
                let index = i32::try_from(first + at).map_err(|e| e.to_string())?;
                self.context.embeddings_ith(index).map_err(|e| e.to_string())
            };
            let slice = |from: usize, len: usize| (from..from + len).map(vector).collect::<Result<Vec<_>, _>>();
            let evidence = slice(1, ids.evidence.len())?;
            let claim = slice(ids.evidence.len() + 3, ids.claim.len())?;
            out.push(((*ids).clone(), self.heads.read(vector(0)?, &evidence, &claim)));
            first += ids.whole.len();
        }
        drop(turn);
        Ok(out)
    }
}

impl Packer for Worker<'_> {
    type Input = Pair;
    type Item = Ids;
    type Output = (Ids, Raw);

    fn item(&self, pair: &Pair) -> Ids {
        let vocab = self.model.vocab();
        let tokens = |text: &str| vocab.tokenize(cut(text).as_bytes(), false, false);
        let mut claim = tokens(&pair.claim);
        claim.truncate(self.heads.max_tokens - SPECIAL);
        let mut evidence = tokens(&pair.evidence);
        evidence.truncate((self.heads.max_tokens - SPECIAL - claim.len()).min(self.heads.max_evidence));
        let (start, end) = (vocab.bos(), vocab.eos());
        let whole = [&[start], evidence.as_slice(), &[end, end], claim.as_slice(), &[end]].concat();
        Ids { evidence, claim, whole }
    }

    fn size(item: &Ids) -> usize {
        item.whole.len()
    }

    fn limits(&self, _: Priority) -> (usize, usize) {
        (PACK_TOKENS, PACK_PAIRS)
    }

    fn compute(&mut self, items: &[&Ids], priority: Priority) -> Result<Vec<(Ids, Raw)>, ModelError> {
        self.encode(items, priority)
            .map_err(|problem| ModelError::Failed { model: self.identity.name.clone(), problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guilty_tokens_become_whole_words() {
        let text = "within 96 hours after notification";
        let found = words(text, [Span::new(7, 8), Span::new(10, 13), Span::new(22, 25)].into_iter());
        assert_eq!(found.iter().filter_map(|s| s.of(text)).collect::<Vec<_>>(), ["96 hours", "notification"]);
        let text = "期限为三年以内";
        let found = words(text, [Span::new(9, 12), Span::new(12, 15), Span::new(3, 3)].into_iter());
        assert_eq!(found.iter().filter_map(|s| s.of(text)).collect::<Vec<_>>(), ["三年"]);
    }
}
