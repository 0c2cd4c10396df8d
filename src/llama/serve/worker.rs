//! The thread that owns a context and writes all texts with it.

use std::{
    num::NonZeroU32,
    sync::OnceLock,
    time::{Duration, Instant},
};

use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_batch::LlamaBatch,
    model::{LlamaLoraAdapter, LlamaModel},
    token::LlamaToken,
};

use super::{
    meter::Meter,
    schedule::{Reader, Schedule},
    sequences::{Order, Sequences},
    stream::{Next, Stream},
    task::Request,
};
use crate::{
    llama::{
        backend::{Backend, backend, threads},
        gate::Session,
        options::{BATCH, GeneratorOptions},
        queue::Queue,
        sample::Pieces,
    },
    ports::{ModelError, Priority},
};

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
    /// [`ModelError::Failed`] where memory does not suffice for the context, or the adapter does not go over it.
    pub fn new(
        model: &'m LlamaModel,
        adapter: Option<LlamaLoraAdapter>,
        options: &GeneratorOptions,
        pieces: &'m OnceLock<Pieces>,
        meter: &'m Meter,
    ) -> Result<Self, ModelError> {
        let backend = backend()?;
        let (request, cells) = options.tokens(model.n_ctx_train());
        let can_cut = !model.is_recurrent() && !model.is_hybrid();
        let (streams, places) = options.sequences(!can_cut);
        let batch = u32::try_from(BATCH).unwrap_or(u32::MAX).min(cells);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(cells))
            .with_n_seq_max(u32::try_from(places).unwrap_or(u32::MAX))
            // Sequences share cells, so a copy of one costs nothing.
            .with_kv_unified(true)
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_threads(threads(&options.model))
            .with_n_threads_batch(threads(&options.model))
            .with_type_k(options.kv.into())
            .with_type_v(options.kv.into())
            // A sliding-window cache cannot be rolled back; the full one can.
            .with_swa_full(true)
            .with_no_perf(true);
        let name = options.model.identity.name.clone();
        let failed = |problem: String| ModelError::Failed { model: name.clone(), problem };
        let mut context = model
            .new_context(&backend.llama, params)
            .map_err(|e| failed(format!("no context of {cells} tokens: {e}")))?;
        if let Some(mut adapter) = adapter {
            context
                .lora_adapter_set(&mut adapter, 1.0)
                .map_err(|e| failed(format!("its adapter cannot be laid over it: {e}")))?;
        }
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
            if request.task.is_dropped() {
                continue;
            }
            let Some(start) = self.sequences.begin(&request.prompt, request.task.room()) else {
                self.next = Some(request);
                break;
            };
            self.last_id += 1;
            let mut stream = Stream::new(self.last_id, request, start.sequence, start.keep);
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
            if request.task.is_dropped() {
                meter.count(|load| load.dropped += 1);
                return true;
            }
            if request.arrived.elapsed() < deadline {
                return false;
            }
            meter.count(|load| load.failed += 1);
            let late = ModelError::Late { model: name.clone(), seconds: deadline.as_secs() };
            request.task.fail(late);
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
                    stream.request.task.fail(failed);
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
                stream.request.task.fail(ModelError::Failed { model: self.name.clone(), problem });
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

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
