//! The thread that owns a context and writes all texts with it.

use std::{
    num::NonZeroU32,
    sync::OnceLock,
    time::{Duration, Instant},
};

use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    meter::Meter,
    schedule::{Reader, Schedule},
    sequences::{Order, Sequences},
};
use crate::{
    llama::{
        backend::{Backend, backend, threads, writing_threads},
        gate::Session,
        options::GeneratorOptions,
        queue::Queue,
        sample::{Drawer, Drawn, Pieces},
    },
    ports::{GenerationEvent, ModelError, Priority, StopReason},
    text::emit::Emitter,
};

/// Tokens of one call at most.
const BATCH: usize = 512;

/// A text to be written.
pub struct Request {
    /// Not empty.
    pub prompt: Vec<LlamaToken>,
    pub drawer: Drawer,
    pub max_tokens: usize,
    pub stop: Vec<String>,
    pub events: UnboundedSender<Result<GenerationEvent, ModelError>>,
    pub arrived: Instant,
}

impl Request {
    /// Nobody listens any more.
    pub fn is_dropped(&self) -> bool {
        self.events.is_closed()
    }
}

/// What a context has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Prompt and answer of one request together.
    pub request: u32,
    /// All of them together.
    pub cells: u32,
    /// Texts that are written at once.
    pub streams: usize,
}

/// A text that is being read or written.
struct Stream {
    id: u64,
    began: Instant,
    request: Request,
    emitter: Emitter,
    sequence: usize,
    /// Tokens of the prompt that the context holds.
    read: usize,
    /// Those of them that it held from earlier.
    kept: usize,
    /// Drawn, and not in the context yet.
    drawn: Option<LlamaToken>,
    new_tokens: usize,
    /// Where the logits of its last token are, after a call.
    output: Option<i32>,
}

/// What became of a stream.
enum Next {
    GoOn,
    End,
}

pub struct Worker<'m> {
    backend: &'static Backend,
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    pieces: &'m OnceLock<Pieces>,
    meter: &'m Meter,
    name: String,
    deadline: Duration,
    size: Size,
    /// Tokens of one call.
    room: usize,
    sequences: Sequences,
    schedule: Schedule,
    streams: Vec<Stream>,
    /// The next in line, for whom there was no room yet.
    next: Option<Request>,
    last_id: u64,
    /// Logits that may be changed, kept for their memory.
    scratch: Vec<f32>,
    session: Option<Session<'static>>,
}

impl<'m> Worker<'m> {
    /// # Errors
    /// [`ModelError::Failed`] where memory does not suffice for the context.
    pub fn new(
        model: &'m LlamaModel,
        options: &GeneratorOptions,
        pieces: &'m OnceLock<Pieces>,
        meter: &'m Meter,
    ) -> Result<Self, ModelError> {
        let backend = backend()?;
        let request = options.context.min(model.n_ctx_train()).max(64);
        let cells = options.cells.unwrap_or(request.saturating_mul(2)).max(request);
        let streams = options.streams.get().min(64);
        // A recurrent state stands for a whole sequence and takes the same memory whether it is used or not.
        let can_cut = !model.is_recurrent() && !model.is_hybrid();
        let places = if can_cut { 2 * streams } else { streams + 4 };
        let batch = u32::try_from(BATCH).unwrap_or(u32::MAX).min(cells);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(cells))
            .with_n_seq_max(u32::try_from(places).unwrap_or(u32::MAX))
            // Sequences share cells, so a copy of one costs nothing.
            .with_kv_unified(true)
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_threads(writing_threads(&options.model, model))
            .with_n_threads_batch(threads(&options.model))
            .with_type_k(options.kv.into())
            .with_type_v(options.kv.into())
            // A sliding-window cache cannot be rolled back; the full one can.
            .with_swa_full(true)
            .with_no_perf(true);
        let name = options.model.identity.name.clone();
        let context = model.new_context(&backend.llama, params).map_err(|e| ModelError::Failed {
            model: name.clone(),
            problem: format!("no context of {cells} tokens: {e}"),
        })?;
        let room = usize::try_from(context.n_batch()).unwrap_or(BATCH).min(BATCH);
        let cells = context.n_ctx();
        Ok(Self {
            backend,
            model,
            batch: LlamaBatch::new(room, 1),
            context,
            pieces,
            meter,
            name,
            deadline: options.deadline,
            size: Size { request, cells, streams },
            room,
            sequences: Sequences::new(places, cells as usize, can_cut),
            schedule: Schedule::default(),
            streams: Vec::new(),
            next: None,
            last_id: 0,
            scratch: Vec::new(),
            session: None,
        })
    }

    pub const fn size(&self) -> Size {
        self.size
    }

    /// Serves until the queue is closed.
    pub fn run(mut self, queue: &Queue<Request>) {
        while self.admit(queue) {
            self.leave_out_the_gone(queue);
            if !self.streams.is_empty() {
                self.step(queue);
            }
        }
    }

    /// Takes in as many requests as there is room for; waits for one while there is nothing to do. `false` once the
    /// queue is closed.
    fn admit(&mut self, queue: &Queue<Request>) -> bool {
        while self.streams.len() < self.size.streams {
            let request = match self.next.take() {
                Some(request) => request,
                None if self.streams.is_empty() => {
                    self.session = None;
                    self.meter.count(|load| load.running = 0);
                    match queue.pop() {
                        Some((_, request)) => request,
                        None => return false,
                    }
                }
                None => match queue.pop_interactive() {
                    Some(request) => request,
                    None => break,
                },
            };
            if request.is_dropped() {
                continue;
            }
            let Some(start) = self.sequences.begin(&request.prompt, request.max_tokens) else {
                self.next = Some(request);
                break;
            };
            self.last_id += 1;
            let mut stream = Stream {
                id: self.last_id,
                began: Instant::now(),
                sequence: start.sequence,
                read: start.keep,
                kept: start.keep,
                emitter: Emitter::new(request.stop.clone()),
                request,
                drawn: None,
                new_tokens: 0,
                output: None,
            };
            if !self.obey(&start.orders) {
                self.sequences.cut_failed(stream.sequence);
                (stream.read, stream.kept) = (0, 0);
            }
            let gate = &self.backend.gate;
            self.session.get_or_insert_with(|| gate.session());
            self.meter.count(|load| {
                load.prompt_tokens += stream.request.prompt.len() as u64;
                load.reused_tokens += stream.kept as u64;
            });
            self.streams.push(stream);
        }
        self.meter.count(|load| load.running = self.streams.len());
        !queue.is_closed()
    }

    /// Whether all of it could be done. A cut that fails leaves its sequence empty.
    fn obey(&mut self, orders: &[Order]) -> bool {
        let id = |sequence: usize| i32::try_from(sequence).unwrap_or(i32::MAX);
        let at = |position: usize| u32::try_from(position).ok();
        let mut done = true;
        for order in orders {
            match *order {
                Order::Clear { sequence } => {
                    done &= self.context.kv_cache_seq_rm(id(sequence), None, None).is_ok();
                }
                Order::Cut { sequence, from } => {
                    if self.context.kv_cache_seq_rm(id(sequence), at(from), None).is_err() {
                        let _ = self.context.kv_cache_seq_rm(id(sequence), None, None);
                        done = false;
                    }
                }
                Order::Copy { from, to, len } => {
                    done &= self.context.kv_cache_seq_cp(id(from), id(to), Some(0), at(len)).is_ok();
                }
            }
        }
        done
    }

    /// Ends what nobody waits for any more, and what has taken too long.
    fn leave_out_the_gone(&mut self, queue: &Queue<Request>) {
        let (name, deadline, meter) = (&self.name, self.deadline, self.meter);
        let is_over = |request: &Request| {
            if request.is_dropped() {
                meter.count(|load| load.dropped += 1);
                return true;
            }
            if request.arrived.elapsed() < deadline {
                return false;
            }
            meter.count(|load| load.failed += 1);
            let late = ModelError::Late { model: name.clone(), seconds: deadline.as_secs() };
            let _ = request.events.send(Err(late));
            true
        };
        queue.remove(is_over);
        self.next = self.next.take().filter(|request| !is_over(request));
        let sequences = &mut self.sequences;
        self.streams.retain(|stream| {
            let over = is_over(&stream.request);
            if over {
                sequences.end(stream.sequence);
            }
            !over
        });
    }

    /// One call: a token of each text that is being written, and pieces of prompts.
    fn step(&mut self, queue: &Queue<Request>) {
        match self.compute() {
            Ok(()) => self.draw(queue),
            Err(problem) => {
                // Nothing is known of the cache any more.
                tracing::error!(model = self.name, problem, "a call of llama.cpp failed");
                self.context.clear_kv_cache();
                self.sequences.forget();
                for stream in self.streams.drain(..) {
                    let failed = ModelError::Failed { model: self.name.clone(), problem: problem.clone() };
                    self.meter.count(|load| load.failed += 1);
                    let _ = stream.request.events.send(Err(failed));
                }
            }
        }
    }

    fn compute(&mut self) -> Result<(), String> {
        self.batch.clear();
        let mut streams = std::mem::take(&mut self.streams);
        let filled = self.fill(&mut streams);
        self.streams = streams;
        let piece = filled?;
        let tokens = usize::try_from(self.batch.n_tokens()).unwrap_or(0);
        let turn = self.backend.gate.enter(Priority::Interactive);
        let since = Instant::now();
        self.context.decode(&mut self.batch).map_err(|e| e.to_string())?;
        self.context.synchronize();
        drop(turn);
        let took = since.elapsed();
        self.schedule.measured(piece, tokens, took);
        self.meter.count(|load| {
            load.calls += 1;
            load.compute_seconds += took.as_secs_f64();
        });
        self.take_snapshots();
        Ok(())
    }

    /// Puts the tokens of the next call together; returns how many are of prompts.
    fn fill(&mut self, streams: &mut [Stream]) -> Result<usize, String> {
        let mut writers = 0;
        for stream in streams.iter_mut() {
            stream.output = None;
            if let Some(token) = stream.drawn.take() {
                stream.output = self.add(stream.sequence, &[token], true)?;
                writers += 1;
            }
        }
        let can_cut = self.sequences.can_cut();
        let left = |stream: &Stream| {
            let left = stream.request.prompt.len() - stream.read;
            // Where nothing is cut, the way back to the end of the prompt is a snapshot just before it.
            if can_cut || left == 1 { left } else { left - 1 }
        };
        let mut reading: Vec<&mut Stream> = streams.iter_mut().filter(|s| s.read < s.request.prompt.len()).collect();
        let readers: Vec<Reader> = reading.iter().map(|s| Reader { id: s.id, left: left(s) }).collect();
        let pieces = self.schedule.pieces(&readers, writers, self.room.saturating_sub(writers));
        for (stream, piece) in reading.iter_mut().zip(&pieces).filter(|(_, piece)| **piece > 0) {
            let until = stream.read + piece;
            let is_last = until == stream.request.prompt.len();
            stream.output = self.add(stream.sequence, &stream.request.prompt[stream.read..until], is_last)?;
            stream.read = until;
        }
        Ok(pieces.iter().sum())
    }

    /// Adds tokens to a sequence and to the batch; returns where the logits of the last one will be, if they are wanted.
    fn add(&mut self, sequence: usize, tokens: &[LlamaToken], logits: bool) -> Result<Option<i32>, String> {
        let start = i32::try_from(self.sequences.len(sequence)).map_err(|e| e.to_string())?;
        let orders = self.sequences.grow(sequence, tokens).ok_or("the context is full")?;
        self.obey(&orders);
        let id = i32::try_from(sequence).map_err(|e| e.to_string())?;
        for (position, (at, token)) in (start..).zip((1..).zip(tokens)) {
            let wanted = logits && at == tokens.len();
            self.batch.add(*token, position, &[id], wanted).map_err(|e| e.to_string())?;
        }
        Ok(logits.then(|| self.batch.n_tokens() - 1))
    }

    fn take_snapshots(&mut self) {
        if self.sequences.can_cut() {
            return;
        }
        let at_the_end = |stream: &&Stream| {
            stream.read + 1 == stream.request.prompt.len() && self.sequences.len(stream.sequence) > stream.kept
        };
        let due: Vec<usize> = self.streams.iter().filter(at_the_end).map(|stream| stream.sequence).collect();
        for sequence in due {
            let orders = self.sequences.snapshot(sequence);
            self.obey(&orders);
        }
    }

    /// Draws the next token of every text that has logits. The queue is told how long a text took of what was shared,
    /// so that whoever is refused hears when to come back.
    fn draw(&mut self, queue: &Queue<Request>) {
        let pieces = self.pieces.get_or_init(|| Pieces::new(self.model));
        let sharing = u32::try_from(self.streams.len()).unwrap_or(u32::MAX).max(1);
        let (context, scratch, sequences, meter) = (&self.context, &mut self.scratch, &mut self.sequences, self.meter);
        self.streams.retain_mut(|stream| {
            let Some(output) = stream.output.take() else { return true };
            let next = stream.next(context.get_logits_ith(output), scratch, pieces, meter);
            let next = next.unwrap_or_else(|problem| {
                meter.count(|load| load.failed += 1);
                let _ = stream.request.events.send(Err(ModelError::Failed { model: self.name.clone(), problem }));
                Next::End
            });
            if matches!(next, Next::End) {
                sequences.end(stream.sequence);
                queue.served(stream.began.elapsed() / sharing);
            }
            matches!(next, Next::GoOn)
        });
    }
}

impl Stream {
    fn next(&mut self, logits: &[f32], scratch: &mut Vec<f32>, pieces: &Pieces, meter: &Meter) -> Result<Next, String> {
        if self.new_tokens == self.request.max_tokens {
            return Ok(self.end(StopReason::Length, meter));
        }
        let token = match self.request.drawer.draw(logits, scratch, pieces)? {
            Drawn::Token(token) => token,
            Drawn::End => return Ok(self.end(StopReason::EndOfText, meter)),
            Drawn::Complete => return Ok(self.end(StopReason::GrammarComplete, meter)),
        };
        self.new_tokens += 1;
        meter.count(|load| load.new_tokens += 1);
        if self.new_tokens == 1 {
            meter.first_token(self.request.arrived.elapsed());
        }
        let shown = self.emitter.push(pieces.of(token));
        self.say(shown.text);
        if shown.stopped {
            return Ok(self.end(StopReason::StopString, meter));
        }
        if self.new_tokens == self.request.max_tokens {
            return Ok(self.end(StopReason::Length, meter));
        }
        self.drawn = Some(token);
        Ok(Next::GoOn)
    }

    fn say(&self, text: String) {
        if !text.is_empty() {
            let _ = self.request.events.send(Ok(GenerationEvent::Text(text)));
        }
    }

    fn end(&mut self, stop: StopReason, meter: &Meter) -> Next {
        if stop != StopReason::StopString {
            let rest = std::mem::replace(&mut self.emitter, Emitter::new(Vec::new())).finish();
            self.say(rest);
        }
        let prompt_tokens = self.request.prompt.len();
        let read_tokens = prompt_tokens - self.kept;
        let done = GenerationEvent::Done { stop, prompt_tokens, read_tokens, new_tokens: self.new_tokens };
        // Counted before it is said: whoever has heard of the end finds it among the figures.
        meter.count(|load| load.finished += 1);
        let _ = self.request.events.send(Ok(done));
        Next::End
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
