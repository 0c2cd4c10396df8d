//! How many threads a call gets. llama.cpp's threads spin at every barrier; as soon as something else wants the cores,
//! a call on all of them can take ten times as long as on one. So calls are measured, and the quicker way is taken.

use std::time::Duration;

/// One call in so many tries the other way, to notice when the load has changed.
const PROBE: u32 = 32;
/// Calls of at most so many tokens are told apart: they gain less from threads.
const SMALL: usize = 64;

/// All threads, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    All,
    One,
}

/// What was measured of one kind of calls.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Seconds a token, smoothed; `None` before the first call.
    all: Option<f64>,
    one: Option<f64>,
    calls: u32,
}

impl Pace {
    fn quicker(&self) -> Lane {
        match (self.all, self.one) {
            (Some(all), Some(one)) if one < all => Lane::One,
            (Some(_), None) => Lane::One,
            _ => Lane::All,
        }
    }
}

/// Chooses and learns.
#[derive(Debug, Default)]
pub struct Lanes {
    small: Pace,
    large: Pace,
}

impl Lanes {
    fn pace(&mut self, tokens: usize) -> &mut Pace {
        if tokens <= SMALL { &mut self.small } else { &mut self.large }
    }

    pub fn choose(&mut self, tokens: usize) -> Lane {
        let pace = self.pace(tokens);
        pace.calls = pace.calls.wrapping_add(1);
        let quicker = pace.quicker();
        match quicker {
            Lane::All if pace.calls.is_multiple_of(PROBE) => Lane::One,
            Lane::One if pace.calls.is_multiple_of(PROBE) => Lane::All,
            quicker => quicker,
        }
    }

    pub fn measured(&mut self, lane: Lane, tokens: usize, took: Duration) {
        let seconds = took.as_secs_f64() / tokens.max(1) as f64;
        let pace = self.pace(tokens);
        let known = match lane {
            Lane::All => &mut pace.all,
            Lane::One => &mut pace.one,
        };
        // A probe is rare, so it counts for more than one of many.
        *known = Some(known.map_or(seconds, |old| 0.6 * old + 0.4 * seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lanes: &mut Lanes, calls: usize, all_ms: u64, one_ms: u64) -> usize {
        let mut ones = 0;
        for _ in 0..calls {
            let lane = lanes.choose(300);
            ones += usize::from(lane == Lane::One);
            let took = if lane == Lane::All { all_ms } else { one_ms };
            lanes.measured(lane, 300, Duration::from_millis(took));
        }
        ones
    }

    #[test]
    fn the_quicker_way_is_taken_and_a_change_of_load_is_noticed() {
        let mut lanes = Lanes::default();
        assert!(run(&mut lanes, 100, 100, 180) < 8, "idle: all threads");
        run(&mut lanes, 100, 2_000, 200);
        assert!(run(&mut lanes, 100, 2_000, 200) > 90, "busy: one thread");
        run(&mut lanes, 300, 100, 180);
        assert!(run(&mut lanes, 100, 100, 180) < 8, "idle again");
        assert_eq!(lanes.small.calls, 0, "small calls are told apart");
    }
}
