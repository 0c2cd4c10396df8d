//! What the memory of a model can do, tried out on the model itself.

use std::num::NonZeroU32;

use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_batch::LlamaBatch,
    token::LlamaToken,
};

use super::{
    backend::{backend, open, threads},
    options::ModelOptions,
};
use crate::{
    models::Job,
    ports::{ModelError, Priority},
};

/// What a sequence of tokens that was read can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// It can be copied to another sequence, which then goes on as if it had read it itself.
    pub copies: bool,
    /// Its end can be forgotten. Where it cannot (the state of a recurrent layer holds no history), the text must be
    /// read again from its beginning.
    pub rolls_back: bool,
}

/// Tokens of the trial: shorter than any sliding window.
const TRIAL: usize = 24;
/// Logits of the same text may differ by rounding, as batches are cut differently.
const ROUNDING: f32 = 0.05;

/// Loads the model and tries.
///
/// # Errors
/// As [`super::LlamaGenerator::open`]; [`ModelError::Failed`] where the model cannot read at all.
pub fn probe(options: &ModelOptions) -> Result<Memory, ModelError> {
    let failed = |problem: String| ModelError::Failed { model: options.identity.name.clone(), problem };
    let backend = backend()?;
    let (model, _) = open(options, Job::Generator)?;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(256))
        .with_n_batch(64)
        .with_n_ubatch(64)
        .with_n_seq_max(3)
        .with_kv_unified(true)
        .with_swa_full(true)
        .with_n_threads(threads(options))
        .with_n_threads_batch(threads(options));
    let context = model.new_context(&backend.llama, params).map_err(|e| failed(e.to_string()))?;
    let ordinary = |token: &LlamaToken| !model.vocab().is_control(*token) && !model.vocab().is_eog(*token);
    let tokens: Vec<LlamaToken> = model.vocab().tokens().filter(ordinary).skip(40).take(TRIAL).collect();
    let _turn = backend.gate.enter(Priority::Bulk);
    Trial { context, batch: LlamaBatch::new(64, 1) }.run(&tokens).map_err(failed)
}

struct Trial<'m> {
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
}

impl Trial<'_> {
    fn run(&mut self, tokens: &[LlamaToken]) -> Result<Memory, String> {
        let (prefix, rest) = tokens.split_at(tokens.len() / 2);
        let (ending, _) = rest.split_at(rest.len() / 2);
        let other: Vec<LlamaToken> = ending.iter().rev().copied().collect();
        // What a fresh sequence says after the prefix and the other ending.
        let whole: Vec<LlamaToken> = prefix.iter().chain(&other).copied().collect();
        let expected = self.read(2, 0, &whole)?;
        self.read(0, 0, prefix)?;
        self.context.copy_kv_cache_seq(0, 1, None, None).map_err(|e| e.to_string())?;
        // The original goes on first: a copy must not notice.
        self.read(0, prefix.len(), ending)?;
        let copied = self.read(1, prefix.len(), &other);
        let copies = copied.is_ok_and(|logits| are_same(&logits, &expected));
        let from = u32::try_from(prefix.len()).map_err(|e| e.to_string())?;
        let cut = self.context.clear_kv_cache_seq(Some(0), Some(from), None).map_err(|e| e.to_string())?;
        let rolls_back = cut && are_same(&self.read(0, prefix.len(), &other)?, &expected);
        Ok(Memory { copies, rolls_back })
    }

    /// The logits after the last of the tokens.
    fn read(&mut self, sequence: i32, start: usize, tokens: &[LlamaToken]) -> Result<Vec<f32>, String> {
        self.batch.clear();
        for (i, token) in tokens.iter().enumerate() {
            let position = i32::try_from(start + i).map_err(|e| e.to_string())?;
            self.batch.add(*token, position, &[sequence], i + 1 == tokens.len()).map_err(|e| e.to_string())?;
        }
        self.context.decode(&mut self.batch).map_err(|e| e.to_string())?;
        Ok(self.context.get_logits_ith(self.batch.n_tokens() - 1).to_vec())
    }
}

fn are_same(a: &[f32], b: &[f32]) -> bool {
    let largest = b.iter().fold(1.0_f32, |m, x| m.max(x.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= ROUNDING * largest)
}
