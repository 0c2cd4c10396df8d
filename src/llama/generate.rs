//! Prompt to text.

use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::stream;
use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    backend::{Backend, backend, open, threads},
    options::GeneratorOptions,
    prompt,
    sample::{self, Drawer, Drawn, Pieces},
    served::Served,
};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{GenerateRequest, GenerationEvent, GenerationStream, Generator, ModelError, Priority, StopReason},
    text::emit::Emitter,
};

/// Tokens of one call at most; a prompt is read in chunks.
const BATCH: usize = 512;
/// A chunk is made so long that a call takes about this: others wait no longer for their turn.
const CALL: Duration = Duration::from_millis(300);
const SMALLEST_CHUNK: usize = 16;
/// Bytes of weights below which one thread writes alone.
const SMALL_MODEL: u64 = 512 << 20;
/// Room for an answer that a prompt must leave, if the request asks for as much.
const ROOM: usize = 32;

struct Request {
    prompt: Vec<LlamaToken>,
    drawer: Drawer,
    max_tokens: usize,
    stop: Vec<String>,
    events: UnboundedSender<Result<GenerationEvent, ModelError>>,
}

/// A language model behind the [`Generator`] port.
pub struct LlamaGenerator {
    options: GeneratorOptions,
    model: Arc<LlamaModel>,
    pieces: Arc<OnceLock<Pieces>>,
    is_chat: bool,
    context_tokens: usize,
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
        let context = options.context.min(model.n_ctx_train()).max(64);
        let is_chat = options.chat.unwrap_or_else(|| header.has_chat_template());
        let pieces = Arc::new(OnceLock::new());
        let (served, context_tokens) = Served::start(Job::Generator, &options.model.identity, options.model.queue, {
            let (model, pieces, options) = (Arc::clone(&model), Arc::clone(&pieces), options.clone());
            move |queue, ready| match Worker::new(&model, &options, context, &pieces) {
                Ok(mut worker) => {
                    ready(Ok(worker.size()));
                    while let Some((_, request)) = queue.pop() {
                        let since = Instant::now();
                        worker.serve(request);
                        queue.served(since.elapsed());
                    }
                }
                Err(e) => ready(Err(e)),
            }
        })?;
        Ok(Self { options, model, pieces, is_chat, context_tokens, served })
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
        if prompt.len() + room > self.context_tokens {
            return Err(ModelError::TooLong {
                model: self.options.model.identity.name.clone(),
                tokens: prompt.len(),
                limit: self.context_tokens.saturating_sub(room),
            });
        }
        let grammar = request.grammar.as_deref().map(|text| sample::grammar(&self.model, text)).transpose();
        let grammar = grammar.map_err(|e| self.failed(e))?;
        self.pieces.get_or_init(|| Pieces::new(&self.model));
        let (events, received) = unbounded_channel();
        let max_tokens = request.max_tokens.min(self.context_tokens - prompt.len());
        let drawer = Drawer::new(request.sampling, grammar, request.mask);
        Ok((Request { prompt, drawer, max_tokens, stop: request.stop, events }, received))
    }
}

type Events = UnboundedReceiver<Result<GenerationEvent, ModelError>>;

#[async_trait]
impl Generator for LlamaGenerator {
    fn identity(&self) -> &ModelIdentity {
        &self.options.model.identity
    }

    fn context_tokens(&self) -> usize {
        self.context_tokens
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
        self.served.push(request, Priority::Interactive)?;
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
}

struct Worker<'m> {
    backend: &'static Backend,
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    pieces: &'m OnceLock<Pieces>,
    name: String,
    /// Tokens whose keys and values the context holds; the next prompt's common beginning is not read again.
    held: Vec<LlamaToken>,
    /// Tokens of one call: what fits, and what is quick enough.
    batch_tokens: usize,
    chunk: usize,
}

/// Why a generation ended before its time.
enum Broken {
    /// Nobody listens any more.
    Dropped,
    Failed(String),
}

impl<E: std::error::Error> From<E> for Broken {
    fn from(e: E) -> Self {
        Self::Failed(e.to_string())
    }
}

impl<'m> Worker<'m> {
    fn new(
        model: &'m LlamaModel,
        options: &GeneratorOptions,
        context: u32,
        pieces: &'m OnceLock<Pieces>,
    ) -> Result<Self, ModelError> {
        let backend = backend()?;
        let batch = u32::try_from(BATCH).unwrap_or(u32::MAX).min(context);
        let all = threads(&options.model);
        // llama.cpp's threads spin at hundreds of barriers a token. For a small model that costs more than a second
        // thread brings as soon as anything else runs.
        let one = model.size() < SMALL_MODEL;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(context))
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_threads(if one { 1 } else { all })
            .with_n_threads_batch(all)
            .with_type_k(options.kv.into())
            .with_type_v(options.kv.into())
            // A sliding-window cache cannot be rolled back; the full one can.
            .with_swa_full(true)
            .with_no_perf(true);
        let name = options.model.identity.name.clone();
        let context = model.new_context(&backend.llama, params).map_err(|e| ModelError::Failed {
            model: name.clone(),
            problem: format!("no context of {context} tokens: {e}"),
        })?;
        let batch_tokens = usize::try_from(context.n_batch()).unwrap_or(BATCH).min(BATCH);
        let batch = LlamaBatch::new(batch_tokens, 1);
        let chunk = batch_tokens.min(256);
        Ok(Self { backend, model, context, batch, pieces, name, held: Vec::new(), batch_tokens, chunk })
    }

    fn size(&self) -> usize {
        usize::try_from(self.context.n_ctx()).unwrap_or(usize::MAX)
    }

    fn serve(&mut self, mut request: Request) {
        if request.events.is_closed() {
            return;
        }
        let prompt_tokens = request.prompt.len();
        let _session = self.backend.gate.session();
        match self.write(&mut request) {
            Ok((stop, read_tokens, new_tokens)) => {
                let done = GenerationEvent::Done { stop, prompt_tokens, read_tokens, new_tokens };
                let _ = request.events.send(Ok(done));
            }
            Err(Broken::Dropped) => tracing::debug!(model = self.name, "the generation was dropped"),
            Err(Broken::Failed(problem)) => {
                // Nothing is known of the cache any more.
                self.context.clear_kv_cache();
                self.held.clear();
                let _ = request.events.send(Err(ModelError::Failed { model: self.name.clone(), problem }));
            }
        }
    }

    /// Why it stopped, how much of the prompt was read, how much was written.
    fn write(&mut self, request: &mut Request) -> Result<(StopReason, usize, usize), Broken> {
        let pieces = self.pieces.get_or_init(|| Pieces::new(self.model));
        let mut emitter = Emitter::new(std::mem::take(&mut request.stop));
        let mut new_tokens = 0;
        let mut stop = StopReason::Length;
        let (mut output, read) = self.read(request)?;
        while new_tokens < request.max_tokens {
            if request.events.is_closed() {
                return Err(Broken::Dropped);
            }
            let mut logits = self.context.get_logits_ith(output).to_vec();
            let token = match request.drawer.draw(&mut logits, pieces).map_err(Broken::Failed)? {
                Drawn::Token(token) => token,
                Drawn::End => {
                    stop = StopReason::EndOfText;
                    break;
                }
                Drawn::Complete => {
                    stop = StopReason::GrammarComplete;
                    break;
                }
            };
            new_tokens += 1;
            let shown = emitter.push(pieces.of(token));
            if !shown.text.is_empty() {
                let _ = request.events.send(Ok(GenerationEvent::Text(shown.text)));
            }
            if shown.stopped {
                return Ok((StopReason::StopString, read, new_tokens));
            }
            if new_tokens < request.max_tokens {
                output = self.decode(&[token])?;
            }
        }
        let rest = emitter.finish();
        if !rest.is_empty() {
            let _ = request.events.send(Ok(GenerationEvent::Text(rest)));
        }
        Ok((stop, read, new_tokens))
    }

    /// Brings the context to the end of the prompt; returns where the logits are, and how many tokens that took.
    fn read(&mut self, request: &Request) -> Result<(i32, usize), Broken> {
        let common = self.held.iter().zip(&request.prompt).take_while(|(a, b)| a == b).count();
        // The last token is read in any case: its logits are wanted.
        let mut keep = common.min(request.prompt.len() - 1);
        let cut = u32::try_from(keep).ok().map(|from| self.context.kv_cache_seq_rm(0, Some(from), None));
        if !matches!(cut, Some(Ok(()))) {
            // Recurrent models cannot forget a part.
            self.context.clear_kv_cache();
            keep = 0;
        }
        self.held.truncate(keep);
        let mut rest = &request.prompt[keep..];
        let mut output = 0;
        while !rest.is_empty() {
            if request.events.is_closed() {
                return Err(Broken::Dropped);
            }
            let (now, later) = rest.split_at(self.chunk.min(rest.len()));
            let since = Instant::now();
            output = self.decode(now)?;
            if now.len() == self.chunk {
                let ratio = CALL.as_secs_f32() / since.elapsed().as_secs_f32().max(1e-3);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a batch")]
                let fit = (self.chunk as f32 * ratio).clamp(SMALLEST_CHUNK as f32, BATCH as f32) as usize;
                self.chunk = fit.min(self.chunk * 2).min(self.batch_tokens);
            }
            rest = later;
        }
        Ok((output, request.prompt.len() - keep))
    }

    /// One call; the logits of the last token are kept, at the index returned.
    fn decode(&mut self, tokens: &[LlamaToken]) -> Result<i32, Broken> {
        self.batch.clear();
        let start = i32::try_from(self.held.len())?;
        for (i, token) in (0_i32..).zip(tokens) {
            let last = usize::try_from(i).is_ok_and(|i| i + 1 == tokens.len());
            self.batch.add(*token, start + i, &[0], last)?;
        }
        let turn = self.backend.gate.enter(Priority::Interactive);
        self.context.decode(&mut self.batch)?;
        self.context.synchronize();
        drop(turn);
        self.held.extend(tokens);
        Ok(self.batch.n_tokens() - 1)
    }
}
