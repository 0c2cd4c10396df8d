//! How many threads a call gets. llama.cpp's threads spin at every barrier; as soon as something else wants the cores,
//! a call on all of them can take ten times as long as on one. So calls are measured, and the quicker way is taken.

use std::time::Duration;

/// One call in so many tries the other way, to notice when the load has changed.
const PROBE: u32 = 32;
/// The same after probes that were much slower: a try on busy cores can take twenty times as long.
const RAREST_PROBE: u32 = 512;
/// Calls of at most so many tokens are told apart: they gain less from threads.
const SMALL: usize = 64;

/// All threads, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    All,
    One,
}

impl Lane {
    const fn other(self) -> Self {
        match self {
            Self::All => Self::One,
            Self::One => Self::All,
        }
    }
}

/// What was measured of one kind of calls.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Seconds a token, smoothed; `None` before the first call.
    all: Option<f64>,
    one: Option<f64>,
    /// Since the last probe.
    calls: u32,
    interval: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { all: None, one: None, calls: 0, interval: PROBE }
    }
}

impl Pace {
    /// One thread is tried first: it is never very slow.
    fn quicker(&self) -> Lane {
        match (self.all, self.one) {
            (_, None) => Lane::One,
            (Some(all), Some(one)) if one < all => Lane::One,
            _ => Lane::All,
        }
    }

    fn of(&mut self, lane: Lane) -> &mut Option<f64> {
        match lane {
            Lane::All => &mut self.all,
            Lane::One => &mut self.one,
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
        pace.calls += 1;
        let quicker = pace.quicker();
        if pace.calls < pace.interval {
            return quicker;
        }
        pace.calls = 0;
        quicker.other()
    }

    pub fn measured(&mut self, lane: Lane, tokens: usize, took: Duration) {
        let seconds = took.as_secs_f64() / tokens.max(1) as f64;
        let pace = self.pace(tokens);
        if lane != pace.quicker() {
            let much_slower = pace.of(lane.other()).is_some_and(|other| seconds > 1.5 * other);
            pace.interval = if much_slower { (pace.interval * 2).min(RAREST_PROBE) } else { PROBE };
        }
        let known = pace.of(lane);
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
        assert!(run(&mut lanes, 100, 100, 140) < 8, "idle: all threads");
        run(&mut lanes, 100, 2_000, 200);
        assert_eq!(run(&mut lanes, 500, 2_000, 200), 498, "busy: one thread, and few tries of the slow way");
        run(&mut lanes, 1_500, 100, 140);
        assert!(run(&mut lanes, 100, 100, 140) < 8, "idle again");
        assert_eq!(lanes.small.calls, 0, "small calls are told apart");
    }
}
