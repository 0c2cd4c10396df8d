//! From token bytes to whole characters, up to a stop string.

/// Holds back what may still become a character or a stop string.
pub struct Emitter {
    bytes: Vec<u8>,
    text: String,
    stop: Vec<String>,
}

/// What may be shown now, and whether a stop string was met.
#[derive(Debug, PartialEq, Eq)]
pub struct Emitted {
    pub text: String,
    pub stopped: bool,
}

impl Emitter {
    pub fn new(stop: Vec<String>) -> Self {
        Self { bytes: Vec::new(), text: String::new(), stop: stop.into_iter().filter(|s| !s.is_empty()).collect() }
    }

    pub fn push(&mut self, piece: &[u8]) -> Emitted {
        self.bytes.extend(piece);
        self.take_characters();
        if let Some(at) = self.stop.iter().filter_map(|stop| self.text.find(stop.as_str())).min() {
            self.text.truncate(at);
            return Emitted { text: std::mem::take(&mut self.text), stopped: true };
        }
        let held = self.held();
        let rest = self.text.split_off(self.text.len() - held);
        Emitted { text: std::mem::replace(&mut self.text, rest), stopped: false }
    }

    /// Drops what was held back.
    pub fn forget(&mut self) {
        self.bytes.clear();
        self.text.clear();
    }

    /// What was held back in case; an incomplete character is lost.
    pub fn finish(self) -> String {
        self.text
    }

    fn take_characters(&mut self) {
        loop {
            match std::str::from_utf8(&self.bytes) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.bytes.clear();
                    return;
                }
                Err(e) => {
                    let (whole, bad) = (e.valid_up_to(), e.error_len());
                    self.text.push_str(&String::from_utf8_lossy(&self.bytes[..whole]));
                    let Some(bad) = bad else {
                        self.bytes.drain(..whole);
                        return;
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.bytes.drain(..whole + bad);
                }
            }
        }
    }

    /// Bytes at the end that may be the beginning of a stop string.
    fn held(&self) -> usize {
        let begins = |stop: &String| {
            let longest = stop.len().saturating_sub(1).min(self.text.len());
            (1..=longest).rev().find(|n| stop.is_char_boundary(*n) && self.text.ends_with(&stop[..*n])).unwrap_or(0)
        };
        self.stop.iter().map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(stop: &[&str], pieces: &[&[u8]]) -> (Vec<String>, bool) {
        let mut emitter = Emitter::new(stop.iter().map(|s| (*s).to_owned()).collect());
        let mut out = Vec::new();
        for piece in pieces {
            let emitted = emitter.push(piece);
            out.push(emitted.text);
            if emitted.stopped {
                return (out, true);
            }
        }
        out.push(emitter.finish());
        (out, false)
    }

    #[test]
    fn characters_come_whole() {
        let bytes = "法律".as_bytes();
        assert_eq!(run(&[], &[&bytes[..2], &bytes[2..4], &bytes[4..]]).0, ["", "法", "律", ""]);
        assert_eq!(run(&[], &[b"a\xffb", &bytes[..1]]).0, ["a\u{fffd}b", "", ""]);
    }

    #[test]
    fn text_ends_before_the_first_stop_string() {
        assert_eq!(
            run(&["\n\n"], &[b"one\n", b"two\n", b"\nthree"]),
            (vec!["one".into(), "\ntwo".into(), String::new()], true)
        );
        assert_eq!(run(&["###", "#!"], &[b"a#", b"#b"]), (vec!["a".into(), "##b".into(), String::new()], false));
        assert_eq!(run(&["。"], &["好。坏".as_bytes()]), (vec!["好".into()], true));
        assert_eq!(run(&[""], &[b"ab"]), (vec!["ab".into(), String::new()], false));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_doubled(text: String, stop in proptest::collection::vec("[ab。]{1,3}", 0..3), step in 1_usize..5) {
            let mut emitter = Emitter::new(stop.clone());
            let mut out = String::new();
            let mut stopped = false;
            for piece in text.as_bytes().chunks(step) {
                let emitted = emitter.push(piece);
                out.push_str(&emitted.text);
                if emitted.stopped {
                    stopped = true;
                    break;
                }
            }
            if !stopped {
                out.push_str(&emitter.finish());
            }
            let first = stop.iter().filter_map(|s| text.find(s.as_str())).min();
            // A stop string that is met byte by byte ends the text at the first one to be complete.
            prop_assert!(text.starts_with(&out));
            prop_assert_eq!(stopped, first.is_some());
            if !stopped {
                prop_assert_eq!(out, text);
            }
        }
    }
}
