//! What each sequence of a context holds, which of it a new prompt can take over, and what must give way.
//!
//! A mirror of the context's cells: a cell holds the keys and values of one token and belongs to every sequence that
//! begins with the same tokens. Sequences of finished texts are kept, the least recently used gives way first.

use std::cmp::Reverse;

use llama_cpp_2::token::LlamaToken;

/// A kept sequence that goes on at most so many tokens behind what a prompt shares with it is taken over itself; of a
/// longer one only the beginning is copied, because the rest may be asked for again.
const SHORT_TAIL: usize = 256;

/// What the context has to do, in this order, before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Clear { sequence: usize },
    Cut { sequence: usize, from: usize },
    Copy { from: usize, to: usize, len: usize },
}

/// Where a new text begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub sequence: usize,
    /// Tokens of the prompt that the sequence holds already; never all of them, because the logits of the last one are
    /// wanted.
    pub keep: usize,
    pub orders: Vec<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// With so many tokens to come at most.
    Running {
        to_come: usize,
    },
    /// Since that tick of the clock.
    Kept {
        used: u64,
    },
}

#[derive(Clone, Debug)]
struct Slot {
    state: State,
    tokens: Vec<LlamaToken>,
    /// One cell for each token.
    cells: Vec<usize>,
}

/// The sequences of one context and its cells.
pub struct Sequences {
    slots: Vec<Slot>,
    /// How many sequences each cell belongs to.
    holders: Vec<u32>,
    free: Vec<usize>,
    clock: u64,
    /// Whether a sequence can be cut anywhere. A recurrent state stands behind its last token and nowhere else.
    can_cut: bool,
}

impl Sequences {
    pub fn new(sequences: usize, cells: usize, can_cut: bool) -> Self {
        let slot = Slot { state: State::Free, tokens: Vec::new(), cells: Vec::new() };
        Self {
            slots: vec![slot; sequences],
            holders: vec![0; cells],
            free: (0..cells).rev().collect(),
            clock: 0,
            can_cut,
        }
    }

    pub const fn can_cut(&self) -> bool {
        self.can_cut
    }

    /// Tokens that a sequence holds.
    pub fn len(&self, sequence: usize) -> usize {
        self.slots[sequence].tokens.len()
    }

    /// A place for a text that begins with `prompt` and goes on for at most `max_new` tokens; `None` while what runs
    /// leaves no room for it. `prompt` is not empty.
    pub fn begin(&mut self, prompt: &[LlamaToken], max_new: usize) -> Option<Start> {
        let (mut source, mut keep) = self.longest_beginning(prompt);
        let mut orders = Vec::new();
        let moved = source.filter(|s| self.is_kept(*s) && self.can_cut && self.len(*s) - keep <= SHORT_TAIL);
        let place = match moved.or_else(|| self.place_beside(source)) {
            Some(place) => place,
            // The source is the only one that could give way.
            None => source.filter(|s| self.is_kept(*s))?,
        };
        if source == Some(place) && !self.can_cut && keep < self.len(place) {
            (source, keep) = (None, 0);
        }
        let to_come = prompt.len() - keep + max_new;
        let shared: &[usize] = source.map_or(&[], |s| &self.slots[s].cells[..keep]);
        if self.spoken_for(shared) + to_come > self.holders.len() {
            return None;
        }
        if source == Some(place) {
            if self.len(place) > keep {
                self.release(place, keep);
                orders.push(Order::Cut { sequence: place, from: keep });
            }
        } else {
            if self.len(place) > 0 {
                self.release(place, 0);
                orders.push(Order::Clear { sequence: place });
            }
            if let Some(from) = source.filter(|_| keep > 0) {
                self.copy(from, place, keep);
                orders.push(Order::Copy { from, to: place, len: keep });
                if let State::Kept { used } = &mut self.slots[from].state {
                    self.clock += 1;
                    *used = self.clock;
                }
            }
        }
        self.slots[place].state = State::Running { to_come };
        Some(Start { sequence: place, keep, orders })
    }

    /// Adds tokens to a running sequence. Kept sequences give way as far as it takes; `None` where that is not enough,
    /// which [`Self::begin`] rules out.
    pub fn grow(&mut self, sequence: usize, tokens: &[LlamaToken]) -> Option<Vec<Order>> {
        let mut orders = Vec::new();
        while self.free.len() < tokens.len() {
            let given_up = self.least_recently_used(None)?;
            self.release(given_up, 0);
            self.slots[given_up].state = State::Free;
            orders.push(Order::Clear { sequence: given_up });
        }
        let cells = self.free.split_off(self.free.len() - tokens.len());
        for cell in &cells {
            self.holders[*cell] = 1;
        }
        let slot = &mut self.slots[sequence];
        slot.tokens.extend(tokens);
        slot.cells.extend(cells);
        if let State::Running { to_come } = &mut slot.state {
            *to_come = to_come.saturating_sub(tokens.len());
        }
        Some(orders)
    }

    /// Keeps a copy of what a running sequence holds now, for texts that begin alike: the only way back to this place
    /// where sequences cannot be cut. Nothing happens where no place is free.
    pub fn snapshot(&mut self, sequence: usize) -> Vec<Order> {
        let Some(place) = self.place_beside(Some(sequence)) else { return Vec::new() };
        let mut orders = Vec::new();
        if self.len(place) > 0 {
            self.release(place, 0);
            orders.push(Order::Clear { sequence: place });
        }
        let len = self.len(sequence);
        self.copy(sequence, place, len);
        orders.push(Order::Copy { from: sequence, to: place, len });
        self.clock += 1;
        self.slots[place].state = State::Kept { used: self.clock };
        orders
    }

    /// The text is finished or given up; what its sequence holds is kept.
    pub fn end(&mut self, sequence: usize) {
        self.clock += 1;
        let slot = &mut self.slots[sequence];
        slot.state = if slot.tokens.is_empty() { State::Free } else { State::Kept { used: self.clock } };
    }

    /// The context could not cut this running sequence after all and has cleared it. From now on none is cut.
    pub fn cut_failed(&mut self, sequence: usize) {
        self.can_cut = false;
        let held = self.len(sequence);
        self.release(sequence, 0);
        if let State::Running { to_come } = &mut self.slots[sequence].state {
            *to_come += held;
        }
    }

    /// The context holds nothing any more.
    pub fn forget(&mut self) {
        *self = Self::new(self.slots.len(), self.holders.len(), self.can_cut);
    }

    /// The sequence that begins most like the prompt, and how many tokens of it are of use.
    fn longest_beginning(&self, prompt: &[LlamaToken]) -> (Option<usize>, usize) {
        let common = |slot: &Slot| {
            let common = slot.tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
            let common = common.min(prompt.len().saturating_sub(1));
            if self.can_cut || common == slot.tokens.len() { common } else { 0 }
        };
        let best = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.state != State::Free)
            .map(|(at, slot)| (common(slot), matches!(slot.state, State::Kept { .. }), Reverse(slot.tokens.len()), at))
            .filter(|(common, ..)| *common > 0)
            .max();
        best.map_or((None, 0), |(common, .., at)| (Some(at), common))
    }

    fn is_kept(&self, sequence: usize) -> bool {
        matches!(self.slots[sequence].state, State::Kept { .. })
    }

    /// A free sequence, or else the kept one that was used longest ago.
    fn place_beside(&self, source: Option<usize>) -> Option<usize> {
        let free = self.slots.iter().position(|slot| slot.state == State::Free);
        free.or_else(|| self.least_recently_used(source))
    }

    fn least_recently_used(&self, but: Option<usize>) -> Option<usize> {
        let kept = self.slots.iter().enumerate().filter_map(|(at, slot)| match slot.state {
            State::Kept { used } if Some(at) != but => Some((used, at)),
            _ => None,
        });
        kept.min().map(|(_, at)| at)
    }

    /// Cells that what runs holds or will take, `more` among them.
    fn spoken_for(&self, more: &[usize]) -> usize {
        let mut held = vec![false; self.holders.len()];
        let mut to_come_of_all = 0;
        for slot in &self.slots {
            if let State::Running { to_come } = slot.state {
                to_come_of_all += to_come;
                for cell in &slot.cells {
                    held[*cell] = true;
                }
            }
        }
        for cell in more {
            held[*cell] = true;
        }
        to_come_of_all + held.into_iter().filter(|held| *held).count()
    }

    fn release(&mut self, sequence: usize, from: usize) {
        let slot = &mut self.slots[sequence];
        slot.tokens.truncate(from);
        for cell in slot.cells.drain(from..) {
            self.holders[cell] -= 1;
            if self.holders[cell] == 0 {
                self.free.push(cell);
            }
        }
    }

    fn copy(&mut self, from: usize, to: usize, len: usize) {
        let tokens = self.slots[from].tokens[..len].to_vec();
        let cells = self.slots[from].cells[..len].to_vec();
        for cell in &cells {
            self.holders[*cell] += 1;
        }
        self.slots[to].tokens = tokens;
        self.slots[to].cells = cells;
    }
}

#[cfg(test)]
#[path = "sequences_tests.rs"]
mod tests;
