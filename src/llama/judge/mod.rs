//! Claims to odds: a language model is asked yes or no, and its next word is weighed instead of drawn.

mod template;

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use futures::future::try_join_all;
use llama_cpp_2::token::LlamaToken;
use template::{Question, Template};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    options::GeneratorOptions,
    prompt,
    serve::{Request, Serving, Task, Weighing},
};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{Judge, ModelError, Priority},
};

/// The ways in which models begin to say yes and no.
const YES: [&str; 7] = ["Yes", " Yes", "yes", " yes", "YES", "是", "支持"];
const NO: [&str; 6] = ["No", " No", "no", " no", "NO", "否"];

/// A language model behind the [`Judge`] port.
pub struct LlamaJudge {
    serving: Arc<Serving>,
    template: Template,
    yes: Vec<LlamaToken>,
    no: Vec<LlamaToken>,
}

impl LlamaJudge {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// As [`super::LlamaGenerator::open`]; [`ModelError::WrongJob`] where it has no words for yes and no.
    pub fn open(options: GeneratorOptions) -> Result<Self, ModelError> {
        Self::over(Arc::new(Serving::open(options, Job::Judge)?))
    }

    pub(super) fn over(serving: Arc<Serving>) -> Result<Self, ModelError> {
        let vocab = serving.model.vocab();
        // A word of several tokens says nothing by its first one: "N" begins "No" and "Never".
        let words = |ways: &[&str]| {
            let mut tokens: Vec<LlamaToken> = ways
                .iter()
                .filter_map(|way| match vocab.tokenize(way.as_bytes(), false, false).as_slice() {
                    [only] => Some(*only),
                    _ => None,
                })
                .collect();
            tokens.sort_unstable_by_key(|token| token.0);
            tokens.dedup();
            tokens
        };
        let (yes, no) = (words(&YES), words(&NO));
        if yes.is_empty() || no.is_empty() {
            return Err(ModelError::WrongJob {
                model: serving.options.model.identity.name.clone(),
                job: Job::Judge.code(),
                problem: "its vocabulary has no word for yes, or none for no".to_owned(),
            });
        }
        let template = Template::of(&serving.options.model.identity.name, serving.is_chat);
        Ok(Self { serving, template, yes, no })
    }

    fn tokens(&self, evidence: &str, claim: &str) -> Result<Vec<LlamaToken>, ModelError> {
        match self.template.question(evidence, claim) {
            Question::Prompt(prompt) => self.serving.tokens(&prompt),
            Question::Framed(parts) => {
                let parts = parts.iter().map(|(part, is_frame)| (part.as_str(), *is_frame));
                Ok(prompt::joined(&self.serving.model, parts))
            }
        }
    }

    /// P(borne out) of one prompt.
    async fn weigh(&self, prompt: Vec<LlamaToken>, priority: Priority) -> Result<f32, ModelError> {
        let (odds, mut answer) = unbounded_channel();
        let weighing = Weighing { yes: self.yes.clone(), no: self.no.clone(), odds };
        self.serving.push(Request { prompt, task: Task::Weigh(weighing), arrived: Instant::now() }, priority)?;
        let odds = answer.recv().await.ok_or(ModelError::Cancelled)??;
        if !odds.is_finite() {
            return Err(self.serving.failed("its odds of yes against no are not a number".to_owned()));
        }
        let yes = 1.0 / (1.0 + (-odds).exp());
        Ok(if self.template.yes_is_good() { yes } else { 1.0 - yes })
    }
}

#[async_trait]
impl Judge for LlamaJudge {
    fn identity(&self) -> &ModelIdentity {
        &self.serving.options.model.identity
    }

    fn room(&self, claim: &str) -> usize {
        // Where two texts meet, a token or two more may be needed than each of them has.
        let taken = self.tokens("", claim).map_or(usize::MAX, |frame| frame.len() + 8);
        self.serving.context_tokens().saturating_sub(taken)
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.serving.count(text)
    }

    #[tracing::instrument(level = "debug", skip_all, fields(claims = claims.len(), ?priority))]
    async fn judge(&self, evidence: &str, claims: &[String], priority: Priority) -> Result<Vec<f32>, ModelError> {
        let limit = self.serving.context_tokens();
        let mut prompts = Vec::with_capacity(claims.len());
        for claim in claims {
            let prompt = self.tokens(evidence, claim)?;
            if prompt.len() > limit {
                return Err(self.serving.too_long(prompt.len(), limit));
            }
            prompts.push(prompt);
        }
        let mut prompts = prompts.into_iter();
        let Some(first) = prompts.next() else { return Ok(Vec::new()) };
        // Once the first one is read, the others find their evidence in the context, and go together.
        let mut odds = vec![self.weigh(first, priority).await?];
        odds.extend(try_join_all(prompts.map(|prompt| self.weigh(prompt, priority))).await?);
        Ok(odds)
    }
}
