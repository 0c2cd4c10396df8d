//! A question that goes on from those before it, as one that can be searched for.

use super::{Ask, Pipeline, write::collect};
use crate::{
    domain::answer::Mode,
    draft::prompt,
    ports::{GenerateRequest, Generator},
    text::follow_up,
};

/// Tokens of a rewritten question.
const TOKENS: usize = 96;

impl Pipeline {
    /// What `ask` asks, read with the questions before it; `None` where it stands alone.
    ///
    /// Where a generator writes the answer it may put the question into better words than the questions in a row; what
    /// adds to them is not taken. That it fails keeps nobody from an answer.
    pub(super) async fn read_as(&self, ask: &Ask) -> Option<String> {
        let leant_on = follow_up::leant_on(&ask.question, &ask.earlier);
        if leant_on.is_empty() {
            return None;
        }
        let joined = follow_up::joined(leant_on, &ask.question);
        let Some(generator) = self.generator.as_deref().filter(|g| ask.mode == Mode::Grounded && g.is_chat()) else {
            return Some(joined);
        };
        Some(rewritten(generator, leant_on, ask).await.unwrap_or(joined))
    }
}

async fn rewritten(generator: &dyn Generator, leant_on: &[String], ask: &Ask) -> Option<String> {
    let prompt = prompt::standalone(leant_on, &ask.question, ask.lang());
    let request = GenerateRequest { stop: vec!["\n".to_owned()], ..GenerateRequest::free(prompt, TOKENS) };
    match collect(generator, request).await {
        Ok((written, ..)) => follow_up::taken(&written, leant_on, &ask.question),
        Err(problem) => {
            tracing::warn!(%problem, "the generator did not rewrite a question; the questions are read in a row");
            None
        }
    }
}
