//! Prompt to text.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use futures::stream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    judge::LlamaJudge,
    options::GeneratorOptions,
    sample::{self, Drawer},
    serve::{Request, Serving, Task, Writing},
};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{
        GenerateRequest, GenerationEvent, GenerationStream, Generator, GeneratorLoad, ModelError, Priority, Thinking,
    },
    text::speech::Speech,
};

/// Room for an answer that a prompt must leave, if the request asks for as much.
const ROOM: usize = 32;

/// A language model behind the [`Generator`] port.
pub struct LlamaGenerator(Arc<Serving>);

impl LlamaGenerator {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file, [`ModelError::WrongJob`] for a model
    /// that does not write, [`ModelError::Failed`] where memory does not suffice for the context.
    pub fn open(options: GeneratorOptions) -> Result<Self, ModelError> {
        Ok(Self(Arc::new(Serving::open(options, Job::Generator)?)))
    }

    /// The same model, held once, as a judge.
    ///
    /// # Errors
    /// [`ModelError::WrongJob`] where it has no words for yes and no.
    pub fn judge(&self) -> Result<LlamaJudge, ModelError> {
        LlamaJudge::over(Arc::clone(&self.0))
    }

    fn prepare(&self, request: GenerateRequest) -> Result<(Request, Events), ModelError> {
        let serving = &self.0;
        let mut prompt = serving.tokens(&request.prompt, &request.thinking)?;
        let vocab = serving.model.vocab();
        prompt.extend(vocab.tokenize(request.opening.as_bytes(), false, false));
        if prompt.is_empty() {
            // A model needs something to go on; the end of an earlier text says nothing.
            prompt.push(vocab.eos());
        }
        let room = request.max_tokens.clamp(1, ROOM);
        let limit = self.context_tokens();
        if prompt.len() + room > limit {
            return Err(serving.too_long(prompt.len(), limit.saturating_sub(room)));
        }
        let grammar = request.grammar.as_deref().map(|text| sample::grammar(&serving.model, text)).transpose();
        let grammar = grammar.map_err(|e| serving.failed(e))?;
        serving.prepare();
        let thoughts = serving.thoughts.as_ref().filter(|_| request.thinking == Thinking::Aloud);
        let free = grammar.is_none() && request.mask.is_none();
        let speech = match thoughts {
            Some(block) => Speech::plain(vec![block.end.to_owned()]),
            None if free => Speech::without_thoughts(request.stop),
            None => Speech::plain(request.stop),
        };
        let (events, received) = unbounded_channel();
        let writing = Writing {
            drawer: Drawer::new(request.sampling, grammar, request.mask),
            max_tokens: request.max_tokens.min(limit - prompt.len()),
            speech,
            until: thoughts.and_then(|block| serving.token(block.end)),
            events,
        };
        Ok((Request { prompt, task: Task::Write(Box::new(writing)), arrived: Instant::now() }, received))
    }
}

type Events = UnboundedReceiver<Result<GenerationEvent, ModelError>>;

#[async_trait]
impl Generator for LlamaGenerator {
    fn identity(&self) -> &ModelIdentity {
        &self.0.options.model.identity
    }

    fn context_tokens(&self) -> usize {
        self.0.context_tokens()
    }

    fn is_chat(&self) -> bool {
        self.0.is_chat
    }

    fn thinking_tokens(&self) -> usize {
        self.0.thoughts.as_ref().map_or(0, |_| self.0.options.thinking)
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(self.0.count(text))
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn generate(&self, request: GenerateRequest) -> Result<GenerationStream, ModelError> {
        let (request, events) = self.prepare(request)?;
        self.0.push(request, Priority::Interactive)?;
        // A stream that ends without `Done` would look like a short answer.
        let whole = stream::unfold((events, false), |(mut events, ended)| async move {
            if ended {
                return None;
            }
            let event = events.recv().await.unwrap_or(Err(ModelError::Cancelled));
            let ended = !matches!(event, Ok(GenerationEvent::Text(_)));
            Some((event, (events, ended)))
        });
        Ok(Box::pin(whole))
    }

    fn load(&self) -> Option<GeneratorLoad> {
        Some(self.0.load())
    }
}
