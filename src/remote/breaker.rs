//! Keeps requests from a server that is down, so that each of them fails at once instead of after a time-out.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Opens after some failures in a row; from time to time one request is let through to see whether the server is back.
#[derive(Debug)]
pub struct Breaker {
    /// Failures in a row that open it.
    limit: u32,
    /// How long it stays open before the next try.
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// When the next request may try.
    open_until: Option<Instant>,
}

impl Breaker {
    pub fn new(limit: u32, rest: Duration) -> Self {
        Self { limit: limit.max(1), rest, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// How long to wait, while it is open.
    pub fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        match state.open_until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                // This one tries; the others wait for what it finds.
                state.open_until = Some(now + self.rest);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    pub fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.limit {
            state.open_until = Some(now + self.rest);
        }
    }

    /// How long until the next try is let through.
    pub fn admit_in(&self, now: Instant) -> Duration {
        self.state().open_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_tries_once_and_closes() {
        let (breaker, start) = (Breaker::new(2, Duration::from_secs(30)), Instant::now());
        let at = |s: u64| start + Duration::from_secs(s);
        breaker.failed(start);
        assert!(breaker.admit(start).is_ok(), "one failure is none");
        breaker.succeeded();
        breaker.failed(start);
        assert!(breaker.admit(start).is_ok(), "a success in between counts");
        breaker.failed(start);
        assert_eq!(breaker.admit(at(10)), Err(Duration::from_secs(20)));
        assert!(breaker.admit(at(31)).is_ok(), "one may try");
        assert!(breaker.admit(at(32)).is_err(), "only one");
        breaker.failed(at(33));
        assert!(breaker.admit(at(62)).is_err());
        assert!(breaker.admit(at(64)).is_ok());
        breaker.succeeded();
        assert!(breaker.admit(at(65)).is_ok() && breaker.admit(at(65)).is_ok());
    }
}
