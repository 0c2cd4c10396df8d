//! What a generator may write, decided for each token before it is drawn: labels that exist, quotations that stand in
//! the source they name, figures that a source or the question holds, in plain sentences of one language.
//!
//! [`sentence`] is the automaton over bytes; [`lexicon`] holds the strings that it follows. A token is allowed when all
//! its bytes are, so the border of tokens has no part in it, whatever kind of vocabulary a model has.

mod figures;
mod gbnf;
mod lexicon;
mod quotes;
pub mod sentence;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use tests::evidence_of;

use std::sync::Arc;

use self::sentence::{Rules, State};
use crate::{ports::LogitMask, text::vocabulary::Vocabulary};

/// Holds a generator to one sentence under [`Rules`].
pub struct OneSentence {
    rules: Arc<Rules>,
    /// `None` once a token was drawn that the rules forbid: then nothing more is allowed.
    state: Option<State>,
    /// Nothing at all may be written, because there are sentences before it.
    optional: bool,
}

impl OneSentence {
    /// With `optional` the generator may end its answer instead.
    pub const fn new(rules: Arc<Rules>, optional: bool) -> Self {
        Self { rules, state: Some(Rules::start()), optional }
    }

    fn after(&self, piece: &[u8]) -> Option<State> {
        piece.iter().try_fold(self.state?, |state, byte| self.rules.step(&state, *byte))
    }
}

impl LogitMask for OneSentence {
    fn allows(&self, piece: &[u8]) -> bool {
        if piece.is_empty() {
            let Some(state) = &self.state else { return true };
            return Rules::is_done(state) || (self.optional && Rules::is_empty(state));
        }
        self.after(piece).is_some()
    }

    fn accept(&mut self, piece: &[u8]) {
        self.state = self.after(piece);
    }

    fn grammar(&self) -> Option<String> {
        Some(self.rules.grammar(self.optional))
    }

    fn is_narrow(&self) -> bool {
        self.state.is_none_or(|state| self.rules.is_narrow(&state))
    }

    fn allowed(&self, vocabulary: &Vocabulary) -> Vec<usize> {
        let mut found = Vec::new();
        if let Some(state) = self.state {
            vocabulary.walk(state, |state, byte| self.rules.step(state, byte), |id| found.push(id));
        }
        found
    }
}
