//! Prompt to text.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use async_trait::async_trait;
use futures::stream;
use llama_cpp_2::model::LlamaModel;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    backend::open,
    options::GeneratorOptions,
    prompt,
    sample::{self, Drawer, Pieces},
    serve::{Meter, Request, Size, Worker},
    served::Served,
};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{GenerateRequest, GenerationEvent, GenerationStream, Generator, GeneratorLoad, ModelError, Priority},
};

/// Room for an answer that a prompt must leave, if the request asks for as much.
const ROOM: usize = 32;

/// A language model behind the [`Generator`] port.
pub struct LlamaGenerator {
    options: GeneratorOptions,
    model: Arc<LlamaModel>,
    pieces: Arc<OnceLock<Pieces>>,
    is_chat: bool,
    size: Size,
    meter: Arc<Meter>,
    served: Served<Request>,
}

impl LlamaGenerator {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file, [`ModelError::WrongJob`] for a model
    /// that does not write, [`ModelError::Failed`] where memory does not suffice for the context.
    pub fn open(options: GeneratorOptions) -> Result<Self, ModelError> {
        let (model, header) = open(&options.model, Job::Generator)?;
        let is_chat = options.chat.unwrap_or_else(|| header.has_chat_template());
        let (pieces, meter) = (Arc::new(OnceLock::new()), Arc::new(Meter::default()));
        let (served, size) = Served::start(Job::Generator, &options.model.identity, options.model.queue, {
            let (model, pieces, meter, options) =
                (Arc::clone(&model), Arc::clone(&pieces), Arc::clone(&meter), options.clone());
            move |queue, ready| match Worker::new(&model, &options, &pieces, &meter) {
                Ok(worker) => {
                    ready(Ok(worker.size()));
                    worker.run(queue);
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { options, model, pieces, is_chat, size, meter, served })
    }

    fn failed(&self, problem: String) -> ModelError {
        ModelError::Failed { model: self.options.model.identity.name.clone(), problem }
    }

    fn prepare(&self, request: GenerateRequest) -> Result<(Request, Events), ModelError> {
        let prefix = &self.options.assistant_prefix;
        let mut prompt =
            prompt::tokens(&self.model, &request.prompt, self.is_chat, prefix).map_err(|e| self.failed(e))?;
        prompt.extend(self.model.vocab().tokenize(request.opening.as_bytes(), false, false));
        if prompt.is_empty() {
            // A model needs something to go on; the end of an earlier text says nothing.
            prompt.push(self.model.vocab().eos());
        }
        let room = request.max_tokens.clamp(1, ROOM);
        let limit = self.context_tokens();
        if prompt.len() + room > limit {
            return Err(ModelError::TooLong {
                model: self.options.model.identity.name.clone(),
                tokens: prompt.len(),
                limit: limit.saturating_sub(room),
            });
        }
        let grammar = request.grammar.as_deref().map(|text| sample::grammar(&self.model, text)).transpose();
        let grammar = grammar.map_err(|e| self.failed(e))?;
        self.pieces.get_or_init(|| Pieces::new(&self.model));
        let (events, received) = unbounded_channel();
        let max_tokens = request.max_tokens.min(limit - prompt.len());
        let drawer = Drawer::new(request.sampling, grammar, request.mask);
        let request = Request { prompt, drawer, max_tokens, stop: request.stop, events, arrived: Instant::now() };
        Ok((request, received))
    }
}

type Events = UnboundedReceiver<Result<GenerationEvent, ModelError>>;

#[async_trait]
impl Generator for LlamaGenerator {
    fn identity(&self) -> &ModelIdentity {
        &self.options.model.identity
    }

    fn context_tokens(&self) -> usize {
        self.size.request as usize
    }

    fn is_chat(&self) -> bool {
        self.is_chat
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(self.model.vocab().tokenize(text.as_bytes(), false, false).len())
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn generate(&self, request: GenerateRequest) -> Result<GenerationStream, ModelError> {
        let (request, events) = self.prepare(request)?;
        self.served.push(request, Priority::Interactive).inspect_err(|error| {
            if matches!(error, ModelError::Busy { .. }) {
                self.meter.count(|load| load.refused += 1);
            }
        })?;
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
        Some(GeneratorLoad { waiting: self.served.waiting(), ..self.meter.load() })
    }
}
