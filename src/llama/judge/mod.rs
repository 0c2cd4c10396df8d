//! Claims to odds: a language model is asked yes or no, and its next word is weighed instead of drawn.

mod template;
mod trained;

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use futures::future::try_join_all;
use llama_cpp_2::token::LlamaToken;
use template::{Question, Template};
use tokio::sync::mpsc::unbounded_channel;
pub use trained::Trained;

use super::{
    options::GeneratorOptions,
    prompt,
    serve::{Request, Serving, Task, Weighing},
};
use crate::{
    domain::{answer::ModelIdentity, text::Lang},
    models::Job,
    ports::{Judge, ModelError, Priority, Thinking},
};

/// The ways in which models begin to say yes and no.
const YES: [&str; 7] = ["Yes", " Yes", "yes", " yes", "YES", "是", "支持"];
const NO: [&str; 6] = ["No", " No", "no", " no", "NO", "否"];

/// A language model behind the [`Judge`] port.
pub struct LlamaJudge {
    identity: ModelIdentity,
    serving: Arc<Serving>,
    manner: Manner,
    /// The words that are weighed, with all ways to begin each.
    words: Arc<[Vec<LlamaToken>]>,
}

/// How it is asked, and what its answer means.
enum Manner {
    /// A model that follows instructions or examples: yes against no.
    Told(Template),
    /// A model that was trained for this one question.
    Trained(Box<Trained>),
}

impl LlamaJudge {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// As [`super::LlamaGenerator::open`]; [`ModelError::WrongJob`] where it has no words for yes and no.
    pub fn open(options: GeneratorOptions) -> Result<Self, ModelError> {
        Self::over(Arc::new(Serving::open(options, Job::Judge)?))
    }

    /// A judge that was trained over the model of `options`, which must be the one that it was trained for
    /// ([`Trained::base`]).
    ///
    /// # Errors
    /// As [`Self::open`]; [`ModelError::BadFile`] for an adapter that is damaged or of another model.
    pub fn trained(trained: Trained, mut options: GeneratorOptions) -> Result<Self, ModelError> {
        options.adapter = Some(trained.adapter.clone());
        let serving = Arc::new(Serving::open(options, Job::Judge)?);
        let words = trained.words.iter().map(|word| only_token(&serving, word).map(|token| vec![token]));
        let words = words.collect::<Option<Vec<_>>>().ok_or_else(|| no_words(&serving, "one of its labels"))?;
        Ok(Self {
            identity: trained.identity(),
            serving,
            words: words.into(),
            manner: Manner::Trained(Box::new(trained)),
        })
    }

    pub(super) fn over(serving: Arc<Serving>) -> Result<Self, ModelError> {
        let words = |ways: &[&str]| {
            let mut tokens: Vec<LlamaToken> = ways.iter().filter_map(|way| only_token(&serving, way)).collect();
            tokens.sort_unstable_by_key(|token| token.0);
            tokens.dedup();
            tokens
        };
        let (yes, no) = (words(&YES), words(&NO));
        if yes.is_empty() || no.is_empty() {
            return Err(no_words(&serving, "yes, or none for no"));
        }
        let identity = serving.options.model.identity.clone();
        let manner = Manner::Told(Template::of(&identity.name, serving.is_chat));
        Ok(Self { identity, serving, words: [yes, no].into(), manner })
    }

    fn tokens(&self, evidence: &str, claim: &str) -> Result<Vec<LlamaToken>, ModelError> {
        let question = match &self.manner {
            Manner::Told(template) => template.question(evidence, claim),
            Manner::Trained(trained) => trained.question(evidence, claim),
        };
        match question {
            Question::Prompt(prompt) => self.serving.tokens(&prompt, &Thinking::Skipped),
            Question::Framed(parts) => {
                let parts = parts.iter().map(|(part, is_frame)| (part.as_str(), *is_frame));
                Ok(prompt::joined(&self.serving.model, parts))
            }
        }
    }

    /// P(borne out) of one prompt.
    async fn weigh(&self, prompt: Vec<LlamaToken>, lang: Lang, priority: Priority) -> Result<f32, ModelError> {
        let (logits, mut answer) = unbounded_channel();
        let weighing = Weighing { words: Arc::clone(&self.words), logits };
        self.serving.push(Request { prompt, task: Task::Weigh(weighing), arrived: Instant::now() }, priority)?;
        let logits = answer.recv().await.ok_or(ModelError::Cancelled)??;
        let p = match (&self.manner, logits.as_slice()) {
            (Manner::Told(template), [yes, no]) => {
                let yes = 1.0 / (1.0 + (no - yes).exp());
                if template.yes_is_good() { yes } else { 1.0 - yes }
            }
            (Manner::Trained(trained), [supported, contradicted, unsupported]) => {
                trained.probabilities([*supported, *contradicted, *unsupported], lang)[0]
            }
            _ => f32::NAN,
        };
        if p.is_finite() { Ok(p) } else { Err(self.serving.failed("its opinion is not a number".to_owned())) }
    }
}

/// A word of several tokens says nothing by its first one: "N" begins "No" and "Never".
fn only_token(serving: &Serving, word: &str) -> Option<LlamaToken> {
    match serving.model.vocab().tokenize(word.as_bytes(), false, false).as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn no_words(serving: &Serving, what: &str) -> ModelError {
    ModelError::WrongJob {
        model: serving.options.model.identity.name.clone(),
        job: Job::Judge.code(),
        problem: format!("its vocabulary has no word for {what}"),
    }
}

#[async_trait]
impl Judge for LlamaJudge {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn room(&self, claim: &str) -> usize {
        // Where two texts meet, a token or two more may be needed than each of them has.
        let taken = self.tokens("", claim).map_or(usize::MAX, |frame| frame.len() + 8);
        let room = self.serving.context_tokens().saturating_sub(taken);
        match &self.manner {
            Manner::Told(_) => room,
            Manner::Trained(trained) if self.count_tokens(claim) > trained.claim_tokens => 0,
            Manner::Trained(trained) => room.min(trained.evidence_tokens),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.serving.count(text)
    }

    fn threshold(&self, lang: Lang) -> Option<f32> {
        match &self.manner {
            Manner::Told(_) => None,
            Manner::Trained(trained) => trained.threshold(lang),
        }
    }

    #[tracing::instrument(level = "debug", skip_all, fields(claims = claims.len(), ?priority))]
    async fn judge(
        &self,
        evidence: &str,
        lang: Lang,
        claims: &[String],
        priority: Priority,
    ) -> Result<Vec<f32>, ModelError> {
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
        let mut opinions = vec![self.weigh(first, lang, priority).await?];
        opinions.extend(try_join_all(prompts.map(|prompt| self.weigh(prompt, lang, priority))).await?);
        Ok(opinions)
    }
}
