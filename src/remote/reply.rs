//! The text of one answer as it comes, up to a stop string, read by the mask of the request.

use super::dialect::{self, Events};
use crate::{
    ports::{GenerateRequest, GenerationEvent, StopReason},
    text::{
        emit::Emitter,
        thinking::{Part, Splitter},
    },
};

/// Bytes after which text that no mask allows is not read on.
const LONGEST_FORBIDDEN: usize = 1600;

/// One answer on its way.
pub struct Reply {
    events: Events,
    /// A server that does not know its model's marks sends thoughts as text.
    thoughts: Splitter,
    emitter: Emitter,
    /// What came so far and was not taken.
    text: String,
    /// Text is kept until it is whole, because a mask has to read it, and a try that breaks off must leave nothing.
    is_held: bool,
    begun: bool,
    stop: Option<StopReason>,
    pieces: usize,
    usage: Option<(usize, usize)>,
}

impl Reply {
    pub fn new(request: &GenerateRequest) -> Self {
        Self {
            events: Events::default(),
            thoughts: Splitter::default(),
            // Stop strings are looked for here: a server would look for them in what a model thinks, too.
            emitter: Emitter::new(request.stop.clone()),
            text: String::new(),
            is_held: request.mask.is_some(),
            begun: false,
            stop: None,
            pieces: 0,
            usage: None,
        }
    }

    /// Takes bytes of the stream in; `true` once the answer has ended.
    ///
    /// # Errors
    /// What is wrong with the stream.
    pub fn read(&mut self, bytes: &[u8]) -> Result<bool, String> {
        for data in self.events.push(bytes) {
            if data == "[DONE]" {
                // A stream that ends without a reason ended because the model was done.
                self.stop.get_or_insert(StopReason::EndOfText);
                return Ok(true);
            }
            let delta = dialect::delta(&data).map_err(|e| format!("its answer cannot be read ({e})"))?;
            if let Some(problem) = delta.error {
                return Err(format!("it failed in the middle of an answer: {problem}"));
            }
            self.usage = delta.usage.or(self.usage);
            if !delta.text.is_empty() || !delta.thought.is_empty() {
                self.pieces += 1;
            }
            let parts = self.thoughts.push(&delta.text);
            if self.hear(parts) {
                return Ok(true);
            }
            if let Some(finish) = delta.finish {
                let stop = if finish == "length" { StopReason::Length } else { StopReason::EndOfText };
                self.stop.get_or_insert(stop);
            }
        }
        Ok(false)
    }

    /// Takes what is said and leaves what is thought; `true` where the text has ended.
    fn hear(&mut self, parts: impl IntoIterator<Item = Part>) -> bool {
        for part in parts {
            match part {
                Part::Said(text) if self.stop.is_none() && self.write(&text) => return true,
                Part::Said(_) | Part::Thought(_) => {}
                Part::AllThought => {
                    self.text.clear();
                    self.emitter.forget();
                    self.begun = false;
                }
            }
        }
        false
    }

    /// `true` where the text has ended here, whatever the server goes on to say.
    fn write(&mut self, text: &str) -> bool {
        // A turn begins with the first word.
        let text = if self.begun { text } else { text.trim_start() };
        if text.is_empty() {
            return false;
        }
        self.begun = true;
        let emitted = self.emitter.push(text.as_bytes());
        self.text.push_str(&emitted.text);
        if emitted.stopped {
            self.stop = Some(StopReason::StopString);
        } else if self.is_held && self.text.len() > LONGEST_FORBIDDEN {
            self.stop = Some(StopReason::Length);
        }
        self.stop.is_some()
    }

    /// What may be told already.
    pub fn take(&mut self) -> Option<String> {
        (!self.is_held && !self.text.is_empty()).then(|| std::mem::take(&mut self.text))
    }

    /// The rest of the text, and how it ended. The mask has the last word.
    pub fn finish(mut self, request: &mut GenerateRequest) -> (String, GenerationEvent) {
        let held = std::mem::take(&mut self.thoughts).finish();
        self.hear(held);
        let mut text = self.text;
        let mut stop = self.stop.unwrap_or(StopReason::EndOfText);
        if stop != StopReason::StopString {
            text.push_str(&self.emitter.finish());
        }
        if let Some(mask) = &mut request.mask {
            let lawful = text.is_empty() || mask.allows(text.as_bytes());
            if lawful && !text.is_empty() {
                mask.accept(text.as_bytes());
            }
            // Without its last line break a sentence has ended as well.
            let whole = || mask.allows(&[]) || request.stop.iter().any(|stop| mask.allows(stop.as_bytes()));
            if !lawful || (stop != StopReason::Length && !whole()) {
                stop = StopReason::Forbidden;
            }
        }
        let (prompt_tokens, new_tokens) = self.usage.unwrap_or((0, self.pieces));
        let new_tokens = new_tokens.max(self.pieces);
        (text, GenerationEvent::Done { stop, prompt_tokens, read_tokens: prompt_tokens, new_tokens })
    }
}
