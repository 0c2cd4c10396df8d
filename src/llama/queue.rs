//! The bounded queue between handles and a worker thread.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::ports::{ModelError, Priority};

struct State<J> {
    interactive: VecDeque<J>,
    bulk: VecDeque<J>,
    closed: bool,
    /// Seconds that a request took of late, smoothed.
    pace: f32,
}

pub struct Queue<J> {
    job: &'static str,
    limit: usize,
    state: Mutex<State<J>>,
    wake: Condvar,
}

impl<J> Queue<J> {
    pub fn new(job: &'static str, limit: usize) -> Self {
        let state = State { interactive: VecDeque::new(), bulk: VecDeque::new(), closed: false, pace: 0.0 };
        Self { job, limit: limit.max(1), state: Mutex::new(state), wake: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// [`ModelError::Busy`] if as many wait as may; [`ModelError::Cancelled`] once the worker is gone.
    pub fn push(&self, job: J, priority: Priority) -> Result<(), ModelError> {
        let mut state = self.lock();
        if state.closed {
            return Err(ModelError::Cancelled);
        }
        let pace = state.pace;
        // Each kind has its own limit: a long import does not shut people out.
        let line = match priority {
            Priority::Interactive => &mut state.interactive,
            Priority::Bulk => &mut state.bulk,
        };
        if line.len() >= self.limit {
            let waiting = line.len();
            let seconds = (pace * waiting as f32).clamp(1.0, 600.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=600")]
            let retry_after_s = seconds.ceil() as u32;
            return Err(ModelError::Busy { job: self.job, waiting, retry_after_s });
        }
        line.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// The next request, interactive ones first; waits for one. `None` once closed.
    pub fn pop(&self) -> Option<(Priority, J)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.interactive.pop_front() {
                return Some((Priority::Interactive, job));
            }
            if let Some(job) = state.bulk.pop_front() {
                return Some((Priority::Bulk, job));
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// An interactive request that came while bulk work is under way.
    pub fn pop_interactive(&self) -> Option<J> {
        self.lock().interactive.pop_front()
    }

    /// Takes out what nobody waits for any more: it must not hold a place.
    pub fn remove(&self, mut is_over: impl FnMut(&J) -> bool) {
        let mut state = self.lock();
        state.interactive.retain(|job| !is_over(job));
        state.bulk.retain(|job| !is_over(job));
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        let state = self.lock();
        state.interactive.len() + state.bulk.len()
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub fn served(&self, took: Duration) {
        let mut state = self.lock();
        state.pace = if state.pace == 0.0 { took.as_secs_f32() } else { 0.8 * state.pace + 0.2 * took.as_secs_f32() };
    }

    /// Ends the worker's loop and drops what waits; its askers see their reply channels close.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.interactive.clear();
        state.bulk.clear();
        drop(state);
        self.wake.notify_all();
    }
}

/// Closes the queue when the worker ends, however it ends.
pub struct CloseOnDrop<'a, J>(pub &'a Queue<J>);

impl<J> Drop for CloseOnDrop<'_, J> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_and_interactive_comes_first() {
        let queue = Queue::new("embedder", 2);
        queue.push(1, Priority::Bulk).expect("there is room");
        queue.push(2, Priority::Bulk).expect("there is room");
        let refused = queue.push(3, Priority::Bulk).expect_err("it is full");
        assert!(matches!(refused, ModelError::Busy { job: "embedder", waiting: 2, retry_after_s: 1 }));
        queue.push(4, Priority::Interactive).expect("people have their own line");
        assert_eq!(queue.pop(), Some((Priority::Interactive, 4)));
        assert_eq!(queue.pop(), Some((Priority::Bulk, 1)));
        assert_eq!(queue.pop_interactive(), None);
        queue.push(5, Priority::Bulk).expect("there is room");
        queue.remove(|job| *job == 5);
        assert_eq!(queue.waiting(), 1, "who has gone holds no place");
        queue.close();
        assert_eq!(queue.pop(), None);
        assert!(matches!(queue.push(5, Priority::Bulk), Err(ModelError::Cancelled)));
    }
}
