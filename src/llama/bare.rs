//! The least that llama.cpp needs to do the same work: what `attest bench` measures itself against.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use llama_cpp_2::{context::params::LlamaContextParams, llama_batch::LlamaBatch, sampling::LlamaSampler};

use super::{
    backend::{backend, open, threads},
    options::ModelOptions,
};
use crate::{
    models::Job,
    ports::{ModelError, Priority},
};

/// Tokens processed, and how long that took without loading.
#[derive(Clone, Copy, Debug)]
pub struct BareRun {
    pub tokens: usize,
    pub elapsed: Duration,
}

impl BareRun {
    pub fn tokens_per_second(&self) -> f64 {
        self.tokens as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// A plain loop over the texts: tokenise, one text a call, read the vector. No queue, no packing, no normalising.
pub fn bare_embedding(options: &ModelOptions, texts: &[String]) -> Result<BareRun, ModelError> {
    let failed = |problem: String| ModelError::Failed { model: options.identity.name.clone(), problem };
    let backend = backend()?;
    let (model, _) = open(options, Job::Embedder)?;
    let size = model.n_ctx_train().min(512);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(size))
        .with_n_batch(size)
        .with_n_ubatch(size)
        .with_n_threads(threads(options))
        .with_n_threads_batch(threads(options))
        .with_embeddings(true);
    let mut context = model.new_context(&backend.llama, params).map_err(|e| failed(e.to_string()))?;
    let mut batch = LlamaBatch::new(size as usize, 1);
    let _turn = backend.gate.enter(Priority::Bulk);
    let start = Instant::now();
    let mut tokens = 0;
    let mut sum = 0.0;
    for text in texts {
        let mut ids = model.vocab().tokenize(text.as_bytes(), true, false);
        ids.truncate(size as usize);
        batch.clear();
        batch.add_sequence(&ids, 0, true).map_err(|e| failed(e.to_string()))?;
        context.encode(&mut batch).map_err(|e| failed(e.to_string()))?;
        sum += context.embeddings_seq_ith(0).map_err(|e| failed(e.to_string()))?[0];
        tokens += ids.len();
    }
    tracing::trace!(sum, "the vectors were read");
    Ok(BareRun { tokens, elapsed: start.elapsed() })
}

/// A plain greedy loop over all prompts at once: each is read in one go, then one token of each a call. No grammar, no
/// mask, no streaming; it does not stop at the end of a text, so that the numbers compare. Threads are shared out as
/// they are for the generator.
pub fn bare_generation(options: &ModelOptions, prompts: &[String], new_tokens: usize) -> Result<BareRun, ModelError> {
    let failed = |problem: String| ModelError::Failed { model: options.identity.name.clone(), problem };
    let backend = backend()?;
    let (model, _) = open(options, Job::Generator)?;
    let prompts: Vec<_> = prompts.iter().map(|text| model.vocab().tokenize(text.as_bytes(), true, false)).collect();
    let cells: usize = prompts.iter().map(|prompt| prompt.len() + new_tokens + 1).sum();
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(0);
    let size = u32::try_from(cells).map_err(|e| failed(e.to_string()))?;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(size))
        .with_n_seq_max(u32::try_from(prompts.len()).map_err(|e| failed(e.to_string()))?)
        .with_kv_unified(true)
        .with_n_batch(size)
        .with_n_threads(threads(options))
        .with_n_threads_batch(threads(options));
    let mut context = model.new_context(&backend.llama, params).map_err(|e| failed(e.to_string()))?;
    let mut batch = LlamaBatch::new(longest.max(prompts.len()), 1);
    let _turn = backend.gate.enter(Priority::Bulk);
    let start = Instant::now();
    let mut greedy = LlamaSampler::greedy();
    let mut texts = Vec::new();
    for (sequence, prompt) in (0..).zip(&prompts) {
        batch.clear();
        batch.add_sequence(prompt, sequence, false).map_err(|e| failed(e.to_string()))?;
        context.decode(&mut batch).map_err(|e| failed(e.to_string()))?;
        let position = i32::try_from(prompt.len()).map_err(|e| failed(e.to_string()))?;
        texts.push((sequence, position, greedy.sample(&context, batch.n_tokens() - 1)));
    }
    for _ in 1..new_tokens {
        batch.clear();
        for (sequence, position, token) in &mut texts {
            batch.add(*token, *position, &[*sequence], true).map_err(|e| failed(e.to_string()))?;
            *position += 1;
        }
        context.decode(&mut batch).map_err(|e| failed(e.to_string()))?;
        for (at, (_, _, token)) in (0..).zip(&mut texts) {
            *token = greedy.sample(&context, at);
        }
    }
    Ok(BareRun { tokens: new_tokens * prompts.len(), elapsed: start.elapsed() })
}
