//! A prompt on its way through the context.

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;

use super::{
    meter::Meter,
    task::{Request, Task, Writing},
};
use crate::{
    llama::sample::{Drawn, Pieces},
    ports::{GenerationEvent, StopReason},
    text::speech::Speech,
};

pub struct Stream {
    pub id: u64,
    pub began: Instant,
    pub request: Request,
    pub sequence: usize,
    /// Tokens of the prompt that the context holds.
    pub read: usize,
    /// Those of them that it held from earlier.
    pub kept: usize,
    /// Drawn, and not in the context yet.
    pub drawn: Option<LlamaToken>,
    pub new_tokens: usize,
    /// Where the logits of its last token are, after a call.
    pub output: Option<i32>,
}

/// What became of a stream.
pub enum Next {
    GoOn,
    End,
}

impl Stream {
    pub fn new(id: u64, request: Request, sequence: usize, kept: usize) -> Self {
        let began = Instant::now();
        Self { id, began, request, sequence, read: kept, kept, drawn: None, new_tokens: 0, output: None }
    }

    /// Goes on by one token, or answers.
    pub fn next(
        &mut self,
        logits: &[f32],
        scratch: &mut Vec<f32>,
        pieces: &Pieces,
        meter: &Meter,
    ) -> Result<Next, String> {
        let prompt_tokens = self.request.prompt.len();
        let writing = match &mut self.request.task {
            Task::Weigh(weighing) => {
                meter.count(|load| load.finished += 1);
                weighing.answer(logits);
                return Ok(Next::End);
            }
            Task::Write(writing) => writing,
        };
        let stop = if self.new_tokens == writing.max_tokens {
            Some(StopReason::Length)
        } else {
            match writing.drawer.draw(logits, scratch, pieces)? {
                Drawn::End => Some(StopReason::EndOfText),
                Drawn::Complete => Some(StopReason::GrammarComplete),
                Drawn::Token(token) if Some(token) == writing.until => Some(StopReason::StopString),
                Drawn::Token(token) => {
                    self.new_tokens += 1;
                    meter.count(|load| load.new_tokens += 1);
                    if self.new_tokens == 1 {
                        meter.first_token(self.request.arrived.elapsed());
                    }
                    self.drawn = Some(token);
                    let shown = writing.speech.push(pieces.of(token));
                    writing.say(shown.text);
                    let full = (self.new_tokens == writing.max_tokens).then_some(StopReason::Length);
                    if shown.stopped { Some(StopReason::StopString) } else { full }
                }
            }
        };
        let Some(stop) = stop else { return Ok(Next::GoOn) };
        if stop != StopReason::StopString {
            let rest = std::mem::replace(&mut writing.speech, Speech::plain(Vec::new())).finish();
            writing.say(rest);
        }
        let read_tokens = prompt_tokens - self.kept;
        let done = GenerationEvent::Done { stop, prompt_tokens, read_tokens, new_tokens: self.new_tokens };
        // Counted before it is said: whoever has heard of the end finds it among the figures.
        meter.count(|load| load.finished += 1);
        let _ = writing.events.send(Ok(done));
        Ok(Next::End)
    }
}

impl Writing {
    fn say(&self, text: String) {
        if !text.is_empty() {
            let _ = self.events.send(Ok(GenerationEvent::Text(text)));
        }
    }
}
