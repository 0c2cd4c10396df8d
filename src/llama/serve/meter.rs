//! What a generator has done so far, counted as it goes.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::ports::{FIRST_TOKEN_BOUNDS, GeneratorLoad};

/// Shared by the worker, which counts, and whoever asks.
#[derive(Default)]
pub struct Meter(Mutex<GeneratorLoad>);

impl Meter {
    pub fn load(&self) -> GeneratorLoad {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self, change: impl FnOnce(&mut GeneratorLoad)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// From the request to its first token.
    pub fn first_token(&self, waited: Duration) {
        self.count(|load| {
            let seconds = waited.as_secs_f64();
            load.first_token_seconds += seconds;
            load.first_tokens += 1;
            for (bound, within) in FIRST_TOKEN_BOUNDS.iter().zip(&mut load.first_token_within) {
                *within += u64::from(seconds <= *bound);
            }
        });
    }
}
