//! `attest bench`: what Attest's own layers cost, as ratios to the least that the libraries need for the same work.
//!
//! Machines differ and are busy; a ratio of two times taken one right after the other in the same run compares anyway.

use std::{fmt::Write as _, time::Duration};

use serde::Serialize;

/// One comparison, gathered round by round.
#[derive(Clone, Debug)]
pub struct Series {
    name: &'static str,
    baseline: &'static str,
    unit: &'static str,
    rounds: Vec<Round>,
}

/// What one round measured.
#[derive(Clone, Copy, Debug)]
struct Round {
    units: f64,
    ours: f64,
    bare: Option<f64>,
}

impl Series {
    /// `unit` is what is counted ("tokens", "searches"); `baseline` says what the other side does, empty for a figure
    /// that stands alone.
    pub const fn new(name: &'static str, unit: &'static str, baseline: &'static str) -> Self {
        Self { name, baseline, unit, rounds: Vec::new() }
    }

    /// `units` pieces of work took `ours` here, and `bare` with the libraries alone.
    pub fn add(&mut self, units: usize, ours: Duration, bare: Option<Duration>) {
        let seconds = |d: Duration| d.as_secs_f64().max(1e-9);
        self.rounds.push(Round { units: units as f64, ours: seconds(ours), bare: bare.map(seconds) });
    }

    pub const fn is_empty(&self) -> bool {
        self.rounds.is_empty()
    }

    /// Medians over the rounds; of the ratios, the extremes as well.
    pub fn row(&self) -> Row {
        let of = |get: &dyn Fn(&Round) -> Option<f64>| {
            let mut values: Vec<f64> = self.rounds.iter().filter_map(get).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let ratios = of(&|r| r.bare.map(|bare| bare / r.ours));
        Row {
            name: self.name,
            unit: self.unit,
            baseline: self.baseline,
            rounds: self.rounds.len(),
            per_second: median(&of(&|r| Some(r.units / r.ours))).unwrap_or(0.0),
            ms_each: median(&of(&|r| Some(1e3 * r.ours / r.units))).unwrap_or(0.0),
            baseline_per_second: median(&of(&|r| r.bare.map(|bare| r.units / bare))),
            ratio: median(&ratios),
            ratio_min: ratios.first().copied(),
            ratio_max: ratios.last().copied(),
        }
    }
}

/// One line of the table. A ratio of 1 means that Attest's layers cost nothing, of 0.5 that they double the time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    pub baseline: &'static str,
    pub rounds: usize,
    pub per_second: f64,
    pub ms_each: f64,
    pub baseline_per_second: Option<f64>,
    pub ratio: Option<f64>,
    pub ratio_min: Option<f64>,
    pub ratio_max: Option<f64>,
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The rows as a person reads them.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<24} {:>12} {:>11} {:>12} {:>7}  against", "", "ours /s", "ours ms", "bare /s", "ratio");
    for row in rows {
        let number = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        let against = match (row.ratio_min, row.ratio_max) {
            (Some(low), Some(high)) => format!("{} ({low:.2} to {high:.2} in {} rounds)", row.baseline, row.rounds),
            _ => format!("{} rounds", row.rounds),
        };
        let _ = writeln!(
            out,
            "{:<24} {:>12.1} {:>11.3} {:>12} {:>7}  {against}",
            format!("{}, {}", row.name, row.unit),
            row.per_second,
            row.ms_each,
            number(row.baseline_per_second, 1),
            number(row.ratio, 2),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_round_by_round_and_its_median_shown() {
        let mut series = Series::new("embedding", "tokens", "a plain loop");
        let ms = Duration::from_millis;
        // The machine slows down fourfold in the last round: the ratio does not notice.
        series.add(100, ms(100), Some(ms(90)));
        series.add(100, ms(100), Some(ms(80)));
        series.add(100, ms(400), Some(ms(400)));
        let row = series.row();
        let near = |got: Option<f64>, want: f64| got.is_some_and(|got| (got - want).abs() < 1e-9);
        assert!(near(row.ratio, 0.9) && near(row.ratio_min, 0.8) && near(row.ratio_max, 1.0), "{row:?}");
        assert!(near(Some(row.per_second), 1000.0) && near(Some(row.ms_each), 1.0), "{row:?}");
        assert!(table(&[row]).contains("0.80 to 1.00 in 3 rounds"));
    }

    #[test]
    fn without_a_baseline_there_is_no_ratio() {
        let mut series = Series::new("rules", "claims", "");
        series.add(10, Duration::from_millis(20), None);
        let row = series.row();
        assert_eq!((row.ratio, row.baseline_per_second), (None, None));
        assert!((row.ms_each - 2.0).abs() < 1e-9);
        assert!(series.row().rounds == 1 && !series.is_empty());
    }
}
