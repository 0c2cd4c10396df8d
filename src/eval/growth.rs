//! `attest bench --grow-to N`: what ingest and search cost while a knowledge base grows.

use std::{fmt::Write as _, time::Duration};

use serde::Serialize;

/// Times of the same kind of search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub p50_ms: f64,
    pub p95_ms: f64,
}

impl Spread {
    /// Of any number of times; zero for none.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self { p50_ms: at(50), p95_ms: at(95) }
    }
}

/// A filter that admits only some of the passages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filtered {
    /// Share of the passages that it admits.
    pub share: f64,
    pub search: Spread,
}

/// The state at one size. Searches do not embed their questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    pub passages: u64,
    /// Passages read, cut, stored and indexed in a second, since the stage before.
    pub ingested_per_second: f64,
    /// Vectors stored and taken in in a second, since the stage before.
    pub vectors_per_second: f64,
    /// How long the graphs of the segments that became full took.
    pub graphs_s: f64,
    /// How long a start takes until searches are as quick as before it: indexes and graphs loaded.
    pub reopened_s: f64,
    /// Resident memory of the whole process, where the system tells.
    pub memory_mb: Option<u64>,
    /// By words and meaning.
    pub search: Spread,
    pub words: Spread,
    pub meaning: Spread,
    /// Share of the ten nearest vectors, by floats, that the vector side finds.
    pub recall_at_10: f64,
    pub filters: Vec<Filtered>,
}

/// The stages as a person reads them.
pub fn table(stages: &[Stage]) -> String {
    let mut out = String::from(
        "passages   ingest/s  vectors/s  graphs s  start s  memory MB   search p50/p95   words p50/p95    meaning p50/p95  recall@10\n",
    );
    let pair = |spread: Spread| format!("{:.1}/{:.1}", spread.p50_ms, spread.p95_ms);
    for stage in stages {
        let _ = writeln!(
            out,
            "{:<9} {:>9.0} {:>10.0} {:>9.1} {:>8.1} {:>10} {:>16} {:>15} {:>18} {:>10.3}",
            stage.passages,
            stage.ingested_per_second,
            stage.vectors_per_second,
            stage.graphs_s,
            stage.reopened_s,
            stage.memory_mb.map_or("-".to_owned(), |mb| mb.to_string()),
            pair(stage.search),
            pair(stage.words),
            pair(stage.meaning),
            stage.recall_at_10,
        );
        for filter in &stage.filters {
            let ratio = filter.search.p50_ms / stage.search.p50_ms.max(1e-9);
            let _ = writeln!(
                out,
                "          of which {:>5.1} % {:>48}   {ratio:.2} times the unfiltered median",
                100.0 * filter.share,
                pair(filter.search),
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(Spread::of(times), Spread { p50_ms: 50.0, p95_ms: 95.0 });
        assert_eq!(Spread::of(vec![Duration::from_millis(7)]), Spread { p50_ms: 7.0, p95_ms: 7.0 });
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
