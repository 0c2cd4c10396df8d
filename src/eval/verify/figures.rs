//! Figures over judged rows, and the table of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use super::{Prediction, Row, Scores, row_lang};
use crate::eval::metrics;

/// Figures over a group of rows. "Decided" leaves `needs_review` out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub rows: usize,
    pub supported: usize,
    /// Share of rows that are decided.
    pub coverage: Option<f64>,
    /// Balanced accuracy of "supported" against the rest, over the decided rows.
    pub balanced_accuracy: Option<f64>,
    /// The same over all rows, undecided ones counting as wrong.
    pub balanced_accuracy_undecided_wrong: Option<f64>,
    /// The same for the score at its best threshold, chosen on these rows.
    pub balanced_accuracy_best: Option<f64>,
    pub best_threshold: Option<f64>,
    pub auc: Option<f64>,
    pub precision_supported: Option<f64>,
    pub recall_supported: Option<f64>,
    /// Mean F1 of the three classes, where all three occur.
    pub macro_f1: Option<f64>,
    /// What the share of the claim's words in the evidence reaches alone.
    pub lexical_auc: Option<f64>,
    pub lexical_balanced_accuracy_best: Option<f64>,
}

/// What rows are grouped by.
type Value<'a> = &'a dyn Fn(&Row) -> Option<String>;

/// "all", then each language and each domain where there is more than one.
pub(super) fn groups(cases: &[Row]) -> Vec<(String, Vec<usize>)> {
    let mut out = vec![("all".to_owned(), (0..cases.len()).collect())];
    let lang = |row: &Row| Some(row_lang(row).code().to_owned());
    let domain = |row: &Row| row.domain.clone();
    let fields: [(&str, Value<'_>); 2] = [("lang", &lang), ("domain", &domain)];
    for (field, value) in fields {
        let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, row) in cases.iter().enumerate() {
            if let Some(value) = value(row) {
                by_value.entry(value).or_default().push(at);
            }
        }
        if by_value.len() > 1 {
            out.extend(by_value.into_iter().map(|(value, members)| (format!("{field}={value}"), members)));
        }
    }
    out
}

pub(super) fn figures(group: &[(&Row, &Prediction)]) -> Figures {
    let is_positive = |row: &Row| row.label == "supported";
    let decided = |p: &Prediction| p.verdict != "needs_review";
    let says = |p: &Prediction| p.verdict == "supported";
    let count = |keep: &dyn Fn(&Row, &Prediction) -> bool| group.iter().filter(|(r, p)| keep(r, p)).count();

    let positives = count(&|r, _| is_positive(r));
    let negatives = group.len() - positives;
    let found = count(&|r, p| is_positive(r) && says(p));
    let refused = count(&|r, p| !is_positive(r) && decided(p) && !says(p));
    let decided_positives = count(&|r, p| is_positive(r) && decided(p));
    let decided_negatives = count(&|r, p| !is_positive(r) && decided(p));
    let split = |score: &dyn Fn(&Row, &Prediction) -> f64| {
        let side = |positive: bool| -> Vec<f64> {
            group.iter().filter(|(r, _)| is_positive(r) == positive).map(|(r, p)| score(r, p)).collect()
        };
        (side(true), side(false))
    };
    let (p, n) = split(&|_, prediction| f64::from(prediction.p_supported));
    let (lexical_p, lexical_n) = split(&|row, _| metrics::overlap(&row.claim, &row.evidence, row_lang(row)));
    let best = metrics::best_threshold(&p, &n);
    Figures {
        rows: group.len(),
        supported: positives,
        coverage: metrics::share(decided_positives + decided_negatives, group.len()),
        balanced_accuracy: metrics::balanced_accuracy(
            metrics::share(found, decided_positives),
            metrics::share(refused, decided_negatives),
        ),
        balanced_accuracy_undecided_wrong: metrics::balanced_accuracy(
            metrics::share(found, positives),
            metrics::share(refused, negatives),
        ),
        balanced_accuracy_best: best.map(|b| b.0),
        best_threshold: best.map(|b| b.1),
        auc: metrics::auc(&p, &n),
        precision_supported: metrics::share(found, count(&|_, p| says(p))),
        recall_supported: metrics::share(found, positives),
        macro_f1: macro_f1(group),
        lexical_auc: metrics::auc(&lexical_p, &lexical_n),
        lexical_balanced_accuracy_best: metrics::best_threshold(&lexical_p, &lexical_n).map(|b| b.0),
    }
}

/// Mean F1 over the decided rows with one of the three labels; nothing unless all three occur among them.
fn macro_f1(group: &[(&Row, &Prediction)]) -> Option<f64> {
    const CLASSES: [&str; 3] = ["supported", "contradicted", "unsupported"];
    let rows: Vec<(&str, &str)> = group
        .iter()
        .filter(|(row, p)| p.verdict != "needs_review" && CLASSES.contains(&row.label.as_str()))
        .map(|(row, p)| (row.label.as_str(), p.verdict))
        .collect();
    let kinds: BTreeSet<&str> = rows.iter().map(|(label, _)| *label).collect();
    if kinds.len() < CLASSES.len() {
        return None;
    }
    let f1 = |class: &str| {
        let hits = rows.iter().filter(|(label, verdict)| *label == class && *verdict == class).count();
        let labelled = rows.iter().filter(|(label, _)| *label == class).count();
        let said = rows.iter().filter(|(_, verdict)| *verdict == class).count();
        metrics::share(2 * hits, labelled + said).unwrap_or(0.0)
    };
    Some(CLASSES.into_iter().map(f1).sum::<f64>() / 3.0)
}

/// Figures for a person.
pub fn table(scores: &Scores) -> String {
    let mut out = String::new();
    let percent = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{:.1}", v * 100.0));
    let score = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{:<18}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}{:>9}",
        "group", "rows", "supp.", "cover%", "bAcc%", "bAccU%", "bAcc*%", "AUC", "prec%", "rec%", "lexAUC", "lexbA*%"
    );
    for (name, f) in &scores.groups {
        let _ = writeln!(
            out,
            "{name:<18}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}{:>9}",
            f.rows,
            f.supported,
            percent(f.coverage),
            percent(f.balanced_accuracy),
            percent(f.balanced_accuracy_undecided_wrong),
            percent(f.balanced_accuracy_best),
            score(f.auc),
            percent(f.precision_supported),
            percent(f.recall_supported),
            score(f.lexical_auc),
            percent(f.lexical_balanced_accuracy_best),
        );
    }
    let _ = writeln!(
        out,
        "cover: share decided · bAcc: balanced accuracy of the decided · bAccU: undecided count as wrong · *: best threshold on these rows"
    );
    let _ = writeln!(out, "\n{:<6}{:<12}{:>8}{:>12}{:>13}", "rule", "effect", "fires", "not supp.%", "false veto%");
    for line in &scores.ledger {
        let _ = writeln!(
            out,
            "{:<6}{:<12}{:>8}{:>12}{:>13}",
            line.code,
            line.effect,
            line.fires,
            percent(line.precision),
            percent(line.false_veto)
        );
    }
    let thresholds: Vec<String> = scores.thresholds.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let _ = writeln!(out, "\nthresholds: {}", thresholds.join(", "));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::verify::tests::{predicted, row};

    #[test]
    fn figures_count_undecided_rows_as_the_scorer_does() {
        let rows = [
            row("1", "a b", "a b", "supported"),
            row("2", "a b", "a c", "supported"),
            row("3", "a b", "x y", "contradicted"),
            row("4", "a b", "a y", "unsupported"),
        ];
        let predictions = [
            predicted("supported", 0.9),
            predicted("needs_review", 0.6),
            predicted("contradicted", 0.1),
            predicted("supported", 0.7),
        ];
        let group: Vec<(&Row, &Prediction)> = rows.iter().zip(&predictions).collect();
        let f = figures(&group);
        assert_eq!(f.coverage, Some(0.75));
        assert_eq!(f.balanced_accuracy, Some(0.75), "recall 1 of 1 decided, specificity 1 of 2");
        assert_eq!(f.balanced_accuracy_undecided_wrong, Some(0.5));
        assert_eq!(f.auc, Some(0.75));
        assert_eq!(f.precision_supported, Some(0.5));
        assert_eq!(f.recall_supported, Some(0.5));
        assert_eq!(f.lexical_auc, Some(0.875), "1.0 and 0.5 against 0.0 and 0.5");
        assert!(f.macro_f1.is_some());
    }
}
