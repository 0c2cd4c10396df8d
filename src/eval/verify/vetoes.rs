//! How often each rule fired, and how often it was right.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Serialize;

use super::{Prediction, Row};
use crate::{
    domain::verdict::Effect,
    eval::{EvalError, metrics},
    verify::{binomial, rules::ledger},
};

/// How one rule did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerLine {
    pub code: String,
    pub effect: &'static str,
    /// Rows that it fired on.
    pub fires: usize,
    /// Share of these that are labelled other than supported.
    pub precision: Option<f64>,
    /// Share of the supported rows that it fired on.
    pub false_veto: Option<f64>,
}

/// Every rule that fired on these rows.
pub(super) fn lines(cases: &[Row], predictions: &[Prediction]) -> Vec<LedgerLine> {
    let mut fired: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let supported = cases.iter().filter(|row| row.label == "supported").count();
    for (row, prediction) in cases.iter().zip(predictions) {
        let codes: BTreeSet<(&str, &str)> = prediction.reasons.iter().map(|r| (r.code, r.effect)).collect();
        for code in codes {
            let line = fired.entry(code).or_default();
            line.0 += 1;
            line.1 += usize::from(row.label == "supported");
        }
    }
    fired
        .into_iter()
        .map(|((code, effect), (fires, on_supported))| LedgerLine {
            code: code.to_owned(),
            effect: [Effect::Ground, Effect::Flag, Effect::Unsupport, Effect::Contradict]
                .into_iter()
                .map(Effect::code)
                .find(|known| *known == effect)
                .unwrap_or("other"),
            fires,
            precision: metrics::share(fires - on_supported, fires),
            false_veto: metrics::share(on_supported, supported),
        })
        .collect()
}

/// One set's vetoes: what the ledger is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub set: String,
    pub vetoes: Vetoes,
}

/// By rule and effect, ("any", "veto") for all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vetoes {
    /// Claims that a kind of finding fired on, and those of them that are labelled other than supported.
    fired: BTreeMap<(String, String), (u64, u64)>,
    supported: u64,
}

impl Vetoes {
    fn add(&mut self, other: &Self) {
        self.supported += other.supported;
        for (kind, (fired, right)) in &other.fired {
            let sum = self.fired.entry(kind.clone()).or_default();
            sum.0 += fired;
            sum.1 += right;
        }
    }

    fn lines(&self, set: &str) -> Vec<ledger::Line> {
        let line = |((rule, effect), (fired, right)): (&(String, String), &(u64, u64))| ledger::Line {
            set: set.to_owned(),
            rule: rule.clone(),
            effect: effect.clone(),
            fired: *fired,
            right: *right,
            supported: self.supported,
            lower: binomial::lower_bound(*right, *fired, 0.05),
        };
        self.fired.iter().map(line).collect()
    }
}

pub(super) fn vetoes(cases: &[Row], predictions: &[Prediction]) -> Vetoes {
    let mut vetoes =
        Vetoes { supported: cases.iter().filter(|row| row.label == "supported").count() as u64, ..Vetoes::default() };
    for (row, prediction) in cases.iter().zip(predictions) {
        let mut kinds: BTreeSet<(String, String)> = prediction
            .reasons
            .iter()
            .filter(|r| r.code.starts_with('R'))
            .filter(|r| [Effect::Unsupport.code(), Effect::Contradict.code()].contains(&r.effect))
            .map(|r| (r.code.to_owned(), r.effect.to_owned()))
            .collect();
        if !kinds.is_empty() {
            kinds.insert(("any".to_owned(), "veto".to_owned()));
        }
        for kind in kinds {
            let count = vetoes.fired.entry(kind).or_default();
            count.0 += 1;
            count.1 += u64::from(row.label != "supported");
        }
    }
    vetoes
}

/// The ledger over several sets: each set's lines, then all of them together.
pub fn write_ledger(path: &Path, measured: &[Measured]) -> Result<(), EvalError> {
    let mut all = Vetoes::default();
    let mut lines = Vec::new();
    for set in measured {
        lines.extend(set.vetoes.lines(&set.set));
        all.add(&set.vetoes);
    }
    lines.extend(all.lines(ledger::POOLED));
    std::fs::write(path, ledger::write(&lines)).map_err(|e| EvalError::write(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::verify::{
        ReasonRow,
        tests::{predicted, row},
    };

    #[test]
    fn the_ledger_counts_each_claim_once_for_each_kind() {
        let reason = |code, effect: Effect| ReasonRow {
            code,
            effect: effect.code(),
            message: String::new(),
            claim_span: None,
            evidence_span: None,
        };
        let rows =
            [row("1", "a", "a", "supported"), row("2", "a", "a", "contradicted"), row("3", "a", "a", "supported")];
        let fired = |reasons| Prediction { reasons, ..predicted("unsupported", 0.1) };
        let predictions = [
            fired(vec![reason("R1", Effect::Unsupport), reason("R1", Effect::Unsupport), reason("R9", Effect::Flag)]),
            fired(vec![reason("R1", Effect::Unsupport), reason("R3", Effect::Contradict), reason("E", Effect::Flag)]),
            fired(vec![reason("V", Effect::Ground)]),
        ];
        let set = Measured { set: "s".to_owned(), vetoes: vetoes(&rows, &predictions) };
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let path = dir.path().join("ledger.tsv");
        write_ledger(&path, &[set.clone(), Measured { set: "t".to_owned(), ..set }]).expect("the folder is writable");
        let lines = ledger::parse(&std::fs::read_to_string(&path).expect("it was written")).expect("well-formed");
        let of = |set: &str, rule: &str| {
            let line = lines.iter().find(|l| l.set == set && l.rule == rule).expect("there is a line");
            (line.fired, line.right, line.supported)
        };
        assert_eq!((of("s", "R1"), of("s", "R3"), of("s", "any")), ((2, 1, 2), (1, 1, 2), (2, 1, 2)));
        assert_eq!(of(ledger::POOLED, "R1"), (4, 2, 4));
        assert_eq!(lines.len(), 9);
    }
}
