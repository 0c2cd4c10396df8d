//! How often each rule was right when it lowered a verdict, measured on labelled sets: `ledger.tsv`.
//!
//! `attest eval verify SET … --rules-only --ledger FILE` writes it, over sets whose labels mean "follows from this text":
//! `WiCE` dev chunks, CG2C documents, OCNLI (nine tenths of the training file; the last tenth is held back), FEVER and
//! `ContractNLI` dev, 18,758 claims. The sets are not part of the program.
//!
//! A kind of finding (rule and effect) only flags once the measurement shows that it is not right in nine of ten: its
//! lower bound (Clopper and Pearson, 95 %) is under 0.9, and either it fired often enough for a perfect record to have
//! passed (29 times), or it was wrong more than once in ten. What fired more rarely and was right stands on its table of
//! cases alone; the ledger shows it as unproven.

use std::{collections::BTreeSet, sync::LazyLock};

use crate::domain::verdict::Effect;

/// The measured file.
pub const TEXT: &str = include_str!("ledger.tsv");

/// Name of the lines that pool all sets.
pub const POOLED: &str = "all";
/// What the precision of a veto must exceed.
pub const LEAST_PRECISION: f64 = 0.9;
/// Fires that prove a precision of 0.9 if none is wrong.
pub const PROVABLE: u64 = 29;

/// One line: how a kind of finding did on one set.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub set: String,
    /// "R1", or "any" for all rules together.
    pub rule: String,
    /// "contradict", "unsupport" or, of "any", "veto".
    pub effect: String,
    /// Claims of the set that it fired on, and those of them that are labelled other than supported.
    pub fired: u64,
    pub right: u64,
    /// Supported claims of the set.
    pub supported: u64,
    /// One-sided lower bound on the precision, at level 0.95.
    pub lower: f64,
}

impl Line {
    pub fn precision(&self) -> f64 {
        if self.fired == 0 { 0.0 } else { self.right as f64 / self.fired as f64 }
    }

    /// Share of the supported claims that it would have vetoed.
    pub fn false_veto(&self) -> f64 {
        if self.supported == 0 { 0.0 } else { (self.fired - self.right) as f64 / self.supported as f64 }
    }

    /// Whether the measurement takes the veto away.
    pub fn is_demoted(&self) -> bool {
        let wrong = self.fired > 0 && self.precision() < LEAST_PRECISION;
        self.lower < LEAST_PRECISION && (self.fired >= PROVABLE || wrong)
    }
}

/// The lines of a ledger.
///
/// # Errors
/// The number of the first line that is not as [`write`] makes it.
pub fn parse(text: &str) -> Result<Vec<Line>, usize> {
    let line = |(at, line): (usize, &str)| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [set, rule, effect, fired, right, supported, _precision, lower, ..] = cells[..] else { return Err(at + 1) };
        let count = |cell: &str| cell.parse::<u64>().map_err(|_| at + 1);
        Ok(Line {
            set: set.to_owned(),
            rule: rule.to_owned(),
            effect: effect.to_owned(),
            fired: count(fired)?,
            right: count(right)?,
            supported: count(supported)?,
            lower: lower.parse().map_err(|_| at + 1)?,
        })
    };
    text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

/// A ledger as text.
pub fn write(lines: &[Line]) -> String {
    use std::fmt::Write as _;
    let mut out = String::from(
        "# Precision of the rules as vetoes, before any is held back. Made by 'attest eval verify SET … --rules-only --ledger FILE'.\n\
         # set\trule\teffect\tfired\tright\tsupported claims\tprecision\tlower bound (95 %)\tfalse veto\n",
    );
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{}\t{:.3}\t{:.3}\t{:.4}",
            line.set,
            line.rule,
            line.effect,
            line.fired,
            line.right,
            line.supported,
            line.precision(),
            line.lower,
            line.false_veto()
        );
    }
    out
}

/// Rule and effect of what only flags, from the pooled lines.
static DEMOTED: LazyLock<BTreeSet<(String, String)>> = LazyLock::new(|| {
    let lines = parse(TEXT).unwrap_or_default();
    lines.into_iter().filter(|l| l.set == POOLED && l.is_demoted()).map(|l| (l.rule, l.effect)).collect()
});

/// Whether a finding of this kind only flags.
pub fn is_demoted(code: &str, effect: Effect) -> bool {
    effect > Effect::Flag && DEMOTED.iter().any(|(rule, of)| rule == code && of == effect.code())
}

/// Changes whenever the rules were measured anew: what a certificate names.
pub fn version() -> String {
    let hash = blake3::hash(TEXT.as_bytes()).to_hex();
    format!("{}+{}", env!("CARGO_PKG_VERSION"), &hash.as_str()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::binomial;

    fn line(fired: u64, right: u64) -> Line {
        Line {
            set: POOLED.to_owned(),
            rule: "R1".to_owned(),
            effect: "contradict".to_owned(),
            fired,
            right,
            supported: 100,
            lower: binomial::lower_bound(right, fired, 0.05),
        }
    }

    #[test]
    fn the_file_is_whole_and_its_bounds_are_those_of_its_counts() {
        let lines = parse(TEXT).expect("every line is well-formed");
        assert!(lines.iter().any(|l| l.set == POOLED && l.rule == "any"), "the pooled lines are there");
        for line in &lines {
            assert!(line.right <= line.fired && line.fired - line.right <= line.supported, "{line:?}");
            let lower = binomial::lower_bound(line.right, line.fired, 0.05);
            assert!((line.lower - lower).abs() < 6e-4, "{line:?}: {lower}");
        }
        assert_eq!(parse(&write(&lines)).map(|l| l.len()), Ok(lines.len()));
    }

    /// The point of the ledger: no kind of finding that it shows to be unreliable lowers a verdict.
    #[test]
    fn what_is_not_precise_enough_only_flags() {
        let lines = parse(TEXT).expect("every line is well-formed");
        for line in lines.iter().filter(|l| l.set == POOLED && l.rule != "any") {
            let effect = [Effect::Unsupport, Effect::Contradict].into_iter().find(|e| e.code() == line.effect);
            let effect = effect.unwrap_or_else(|| panic!("{line:?} is no veto"));
            assert_eq!(is_demoted(&line.rule, effect), line.is_demoted(), "{line:?}");
        }
        assert!(!is_demoted("R1", Effect::Flag) && !is_demoted("R1", Effect::Ground));
    }

    #[test]
    fn few_fires_prove_nothing_unless_they_are_wrong() {
        assert!(!line(20, 20).is_demoted(), "unproven, and without a fault");
        assert!(!line(29, 29).is_demoted() && line(29, 29).lower > 0.9);
        assert!(line(29, 28).is_demoted(), "it could have proved itself");
        assert!(line(5, 4).is_demoted());
        assert!(!line(200, 195).is_demoted());
    }

    #[test]
    fn a_line_that_is_not_one_is_named() {
        assert_eq!(parse("# x\nall\tR1\tcontradict\t3\tx\t9\t1\t0.9\t0\n"), Err(2));
        assert_eq!(parse("all\tR1"), Err(1));
    }
}
