//! One llama call at a time, in a fair order. Two contexts that compute at once on the same cores wait for each
//! other's threads at every barrier; taking turns is faster for both.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::ports::Priority;

/// While somebody reads a generation as it appears, bulk work gets one part of the time in this many.
const BULK_SHARE: u32 = 5;

#[derive(Default)]
struct State {
    busy: bool,
    next_ticket: u64,
    interactive: VecDeque<u64>,
    bulk: VecDeque<u64>,
    /// Interactive work that spans several turns: generations under way.
    sessions: usize,
    /// Time that interactive work is owed before bulk work gets its next turn.
    owed: Duration,
}

impl State {
    fn may_enter(&self, ticket: u64, priority: Priority) -> bool {
        if self.busy {
            return false;
        }
        match priority {
            Priority::Interactive => self.interactive.front() == Some(&ticket),
            Priority::Bulk => {
                self.bulk.front() == Some(&ticket)
                    && self.interactive.is_empty()
                    && (self.sessions == 0 || self.owed.is_zero())
            }
        }
    }
}

#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    turn: Condvar,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn: interactive work first, each kind in the order it came.
    pub fn enter(&self, priority: Priority) -> Turn<'_> {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        match priority {
            Priority::Interactive => state.interactive.push_back(ticket),
            Priority::Bulk => state.bulk.push_back(ticket),
        }
        while !state.may_enter(ticket, priority) {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.busy = true;
        match priority {
            Priority::Interactive => state.interactive.pop_front(),
            Priority::Bulk => state.bulk.pop_front(),
        };
        Turn { gate: self, priority, since: Instant::now() }
    }

    /// Announces work of many turns (a generation), between which bulk work must not crowd in.
    pub fn session(&self) -> Session<'_> {
        self.lock().sessions += 1;
        Session { gate: self }
    }

    /// Whether such work is under way; bulk work then asks for less at a time.
    pub fn in_session(&self) -> bool {
        self.lock().sessions > 0
    }
}

/// The right to compute, until dropped.
pub struct Turn<'a> {
    gate: &'a Gate,
    priority: Priority,
    since: Instant,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        let mut state = self.gate.lock();
        state.busy = false;
        match self.priority {
            Priority::Interactive => state.owed = state.owed.saturating_sub(took),
            Priority::Bulk if state.sessions > 0 => state.owed = took * (BULK_SHARE - 1),
            Priority::Bulk => state.owed = Duration::ZERO,
        }
        drop(state);
        self.gate.turn.notify_all();
    }
}

pub struct Session<'a> {
    gate: &'a Gate,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.gate.lock().sessions -= 1;
        self.gate.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn interactive_work_overtakes_bulk_work_and_turns_never_overlap() {
        let gate = Arc::new(Gate::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = gate.enter(Priority::Bulk);
        let mut threads = Vec::new();
        for (name, priority, waiting) in
            [("bulk 1", Priority::Bulk, 1), ("bulk 2", Priority::Bulk, 2), ("person", Priority::Interactive, 3)]
        {
            let (gate_, order) = (Arc::clone(&gate), Arc::clone(&order));
            threads.push(thread::spawn(move || {
                let _turn = gate_.enter(priority);
                order.lock().expect("no poison").push(name);
            }));
            // One lock at a time: both guards of one expression would live to its end.
            let queued = || {
                let state = gate.lock();
                state.bulk.len() + state.interactive.len()
            };
            while queued() < waiting {
                thread::yield_now();
            }
        }
        drop(first);
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(*order.lock().expect("no poison"), ["person", "bulk 1", "bulk 2"]);
    }

    #[test]
    fn bulk_work_waits_for_its_share_during_a_session() {
        let gate = Gate::default();
        let session = gate.session();
        drop(gate.enter(Priority::Bulk));
        gate.lock().owed = Duration::from_secs(1);
        assert!(gate.in_session());
        {
            let mut state = gate.lock();
            state.bulk.push_back(99);
            assert!(!state.may_enter(99, Priority::Bulk));
            state.owed = Duration::ZERO;
            assert!(state.may_enter(99, Priority::Bulk));
            state.owed = Duration::from_secs(1);
        }
        drop(session);
        assert!(gate.lock().may_enter(99, Priority::Bulk));
    }
}
