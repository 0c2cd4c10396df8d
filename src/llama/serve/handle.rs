//! A model with the thread that serves it, for all who ask it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use llama_cpp_2::{
    model::{LlamaLoraAdapter, LlamaModel},
    token::LlamaToken,
};

use super::{
    meter::Meter,
    task::Request,
    worker::{Size, Worker},
};
use crate::{
    llama::{backend::open, options::GeneratorOptions, prompt, reasons::listen, sample::Pieces, served::Served},
    models::Job,
    ports::{GeneratorLoad, ModelError, Priority, Prompt, Thinking},
    text::thinking::Block,
};

pub struct Serving {
    pub options: GeneratorOptions,
    pub model: Arc<LlamaModel>,
    pub is_chat: bool,
    /// Where it thinks, if it does.
    pub thoughts: Option<Block>,
    size: Size,
    pieces: Arc<OnceLock<Pieces>>,
    meter: Arc<Meter>,
    served: Served<Request>,
}

impl Serving {
    /// Loads the model and starts its worker. Blocks for as long as loading takes.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a missing, truncated or unsupported file, [`ModelError::WrongJob`] for a model
    /// that does not write, [`ModelError::Failed`] where memory does not suffice for the context or the adapter does not
    /// fit.
    pub fn open(options: GeneratorOptions, job: Job) -> Result<Self, ModelError> {
        let (mut model, header) = open(&options.model, job)?;
        let adapter = options.adapter.as_deref().map(|path| lay_over(&mut model, path)).transpose()?;
        let is_chat = options.chat.unwrap_or_else(|| header.has_chat_template());
        let thoughts = is_chat.then(|| prompt::thoughts(&model, &options.assistant_prefix)).flatten();
        let (pieces, meter) = (Arc::new(OnceLock::new()), Arc::new(Meter::default()));
        let (served, size) = Served::start(job, &options.model.identity, options.model.queue, {
            let (model, pieces, meter, options) =
                (Arc::clone(&model), Arc::clone(&pieces), Arc::clone(&meter), options.clone());
            move |queue, ready| match Worker::new(&model, adapter, &options, &pieces, &meter) {
                Ok(worker) => {
                    ready(Ok(worker.size()));
                    worker.run(queue);
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { options, model, is_chat, thoughts, size, pieces, meter, served })
    }

    /// The tokens of a prompt, never none.
    pub fn tokens(&self, prompt: &Prompt, thinking: &Thinking) -> Result<Vec<LlamaToken>, ModelError> {
        let (prefix, thoughts) = (&self.options.assistant_prefix, self.thoughts.as_ref());
        prompt::tokens(&self.model, prompt, self.is_chat, prefix, thoughts, thinking).map_err(|e| self.failed(e))
    }

    /// The token that a mark is written as, if it is one.
    pub fn token(&self, mark: &str) -> Option<LlamaToken> {
        match self.model.vocab().tokenize(mark.as_bytes(), false, true)[..] {
            [token] => Some(token),
            _ => None,
        }
    }

    /// Tokens of a text by itself.
    pub fn count(&self, text: &str) -> usize {
        self.model.vocab().tokenize(text.as_bytes(), false, false).len()
    }

    /// Prompt and answer of one request together, in tokens.
    pub const fn context_tokens(&self) -> usize {
        self.size.request as usize
    }

    /// Makes the model's vocabulary ready, so that the worker need not.
    pub fn prepare(&self) {
        self.pieces.get_or_init(|| Pieces::new(&self.model));
    }

    /// # Errors
    /// [`ModelError::Busy`] if as many wait as may; [`ModelError::Cancelled`] once the worker is gone.
    pub fn push(&self, request: Request, priority: Priority) -> Result<(), ModelError> {
        self.served.push(request, priority).inspect_err(|error| {
            if matches!(error, ModelError::Busy { .. }) {
                self.meter.count(|load| load.refused += 1);
            }
        })
    }

    pub fn load(&self) -> GeneratorLoad {
        GeneratorLoad { waiting: self.served.waiting(), ..self.meter.load() }
    }

    pub fn failed(&self, problem: String) -> ModelError {
        ModelError::Failed { model: self.options.model.identity.name.clone(), problem }
    }

    pub fn too_long(&self, tokens: usize, limit: usize) -> ModelError {
        ModelError::TooLong { model: self.options.model.identity.name.clone(), tokens, limit }
    }
}

/// Reads an adapter for this model. It lives as long as the model does.
fn lay_over(model: &mut Arc<LlamaModel>, path: &Path) -> Result<LlamaLoraAdapter, ModelError> {
    let bad = |problem: String| ModelError::BadFile { path: path.display().to_string(), problem };
    if !path.exists() {
        return Err(bad("there is no such file".to_owned()));
    }
    let model = Arc::get_mut(model).ok_or_else(|| bad("its model is in use already".to_owned()))?;
    let (adapter, heard) = listen(|| model.lora_adapter_init(path));
    adapter.map_err(|e| {
        let reason = if heard.is_empty() { e.to_string() } else { heard };
        bad(format!("llama.cpp does not lay it over its model: {reason}"))
    })
}
