//! What may be asked of a context.

use std::{sync::Arc, time::Instant};

use llama_cpp_2::token::LlamaToken;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    llama::sample::Drawer,
    ports::{GenerationEvent, ModelError},
    text::speech::Speech,
};

/// A prompt, and what is wanted of it.
pub struct Request {
    /// Not empty.
    pub prompt: Vec<LlamaToken>,
    pub task: Task,
    pub arrived: Instant,
}

pub enum Task {
    /// The text that goes on behind it.
    Write(Box<Writing>),
    /// Which of some words comes next.
    Weigh(Weighing),
}

pub struct Writing {
    pub drawer: Drawer,
    pub max_tokens: usize,
    pub speech: Speech,
    /// A token that ends the text and is no part of it.
    pub until: Option<LlamaToken>,
    pub events: UnboundedSender<Result<GenerationEvent, ModelError>>,
}

pub struct Weighing {
    /// The ways to begin each word, none of them empty.
    pub words: Arc<[Vec<LlamaToken>]>,
    /// Is sent a logit for each word, in order, once.
    pub logits: UnboundedSender<Result<Vec<f32>, ModelError>>,
}

impl Task {
    /// Tokens that it may add to its prompt.
    pub fn room(&self) -> usize {
        match self {
            Self::Write(writing) => writing.max_tokens,
            Self::Weigh(_) => 0,
        }
    }

    /// Nobody listens any more.
    pub fn is_dropped(&self) -> bool {
        match self {
            Self::Write(writing) => writing.events.is_closed(),
            Self::Weigh(weighing) => weighing.logits.is_closed(),
        }
    }

    pub fn fail(&self, problem: ModelError) {
        match self {
            Self::Write(writing) => drop(writing.events.send(Err(problem))),
            Self::Weigh(weighing) => drop(weighing.logits.send(Err(problem))),
        }
    }
}

impl Weighing {
    /// Sends what the words weigh: each counts with all its ways.
    pub fn answer(&self, logits: &[f32]) {
        let _ = self.logits.send(Ok(self.words.iter().map(|ways| log_sum(logits, ways)).collect()));
    }
}

/// log Σ exp, without overflow.
fn log_sum(logits: &[f32], tokens: &[LlamaToken]) -> f32 {
    let of = || tokens.iter().filter_map(|token| logits.get(usize::try_from(token.0).ok()?).copied());
    let most = of().fold(f32::NEG_INFINITY, f32::max);
    if most.is_finite() { most + of().map(|logit| (logit - most).exp()).sum::<f32>().ln() } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_with_all_their_ways() {
        let logits = [0.0, 1000.0, 1000.0, f32::NEG_INFINITY];
        let sum = |tokens: &[i32]| log_sum(&logits, &tokens.iter().map(|id| LlamaToken(*id)).collect::<Vec<_>>());
        assert!((sum(&[1, 2]) - (1000.0 + 2.0_f32.ln())).abs() < 1e-3, "{}", sum(&[1, 2]));
        assert!((sum(&[0]) - 0.0).abs() < f32::EPSILON);
        assert!(sum(&[3]).is_infinite());
        assert!(sum(&[9, -1]).is_infinite(), "there are no such tokens");
    }
}
