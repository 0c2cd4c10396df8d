//! What a model says, from the bytes of its tokens: whole characters, without its thoughts, up to a stop string.

use super::{
    emit::{Emitted, Emitter},
    thinking::{Part, Splitter},
};

/// One turn of a model as it comes.
pub struct Speech {
    said: Emitter,
    /// Where thoughts may come: the bytes that are no whole character yet, and what splits them from what is said.
    /// `None` takes everything as said.
    thoughts: Option<(Emitter, Splitter)>,
    begun: bool,
}

impl Speech {
    /// Everything counts: what is written under a grammar holds no thoughts.
    pub fn plain(stop: Vec<String>) -> Self {
        Self { said: Emitter::new(stop), thoughts: None, begun: true }
    }

    /// Thoughts are left out, and stop strings in them count for nothing.
    pub fn without_thoughts(stop: Vec<String>) -> Self {
        let thoughts = Some((Emitter::new(Vec::new()), Splitter::default()));
        Self { said: Emitter::new(stop), thoughts, begun: true }
    }

    pub fn push(&mut self, piece: &[u8]) -> Emitted {
        let Some((characters, splitter)) = &mut self.thoughts else { return self.said.push(piece) };
        let parts = splitter.push(&characters.push(piece).text);
        self.hear(parts)
    }

    /// What was held back in case; an incomplete character is lost.
    pub fn finish(mut self) -> String {
        let held = self.thoughts.take().and_then(|(_, splitter)| splitter.finish());
        let mut text = self.hear(held).text;
        text.push_str(&self.said.finish());
        text
    }

    fn hear(&mut self, parts: impl IntoIterator<Item = Part>) -> Emitted {
        let mut all = Emitted { text: String::new(), stopped: false };
        for part in parts {
            match part {
                Part::Said(text) => {
                    // The lines between thoughts and words belong to neither.
                    let text = if self.begun { text.as_str() } else { text.trim_start() };
                    self.begun |= !text.is_empty();
                    let emitted = self.said.push(text.as_bytes());
                    all.text.push_str(&emitted.text);
                    if emitted.stopped {
                        all.stopped = true;
                        return all;
                    }
                }
                Part::Thought(_) => self.begun = false,
                // Told already, and not to be taken back: what can be is.
                Part::AllThought => {
                    self.said.forget();
                    all.text.clear();
                    self.begun = false;
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mut speech: Speech, text: &str) -> (String, bool) {
        let mut said = String::new();
        for byte in text.bytes() {
            let emitted = speech.push(&[byte]);
            said.push_str(&emitted.text);
            if emitted.stopped {
                return (said, true);
            }
        }
        (said + &speech.finish(), false)
    }

    #[test]
    fn thoughts_are_left_out_and_stop_nothing() {
        let stop = || vec!["###".to_owned()];
        for (text, said, stopped) in [
            ("<think>甲###乙</think>\n\n丙。", "丙。", false),
            ("丙。###丁", "丙。", true),
            ("<think>a</think>b### c", "b", true),
            ("  indented", "  indented", false),
            ("a < b", "a < b", false),
            ("<think>never ends", "", false),
        ] {
            assert_eq!(run(Speech::without_thoughts(stop()), text), (said.to_owned(), stopped), "{text}");
        }
        assert_eq!(run(Speech::plain(stop()), "<think>a</think>###"), ("<think>a</think>".to_owned(), true));
    }
}
