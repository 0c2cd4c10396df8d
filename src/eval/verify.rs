//! `attest eval verify`: claims with evidence and labels in, verdicts and figures out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    sync::Arc,
};

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{EvalError, metrics, rows};
use crate::{
    domain::{
        claim::Claim,
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Label, Searched, Signals},
        text::{Lang, Span},
        verdict::{Effect, Judgement, Verdict},
    },
    ports::Verifier,
    text::lang,
    verify::{binomial, rules::ledger},
};

/// Rows that are judged at the same time: enough to keep the encoder fed.
const AT_ONCE: usize = 4;

/// A labelled claim. `label` is "supported", "contradicted", "unsupported" or "`not_supported`" (the source only says
/// that it is not entailed).
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub id: String,
    pub claim: String,
    pub evidence: Vec<String>,
    pub label: String,
    pub lang: Option<String>,
    pub domain: Option<String>,
}

/// What Attest says of one row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    pub id: String,
    /// supported, contradicted, unsupported or `needs_review`. A source that backs what another contradicts is
    /// `needs_review` in this format.
    pub verdict: &'static str,
    pub p_supported: f32,
    pub reasons: Vec<ReasonRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReasonRow {
    pub code: &'static str,
    pub effect: &'static str,
    /// In the language of the claim.
    pub message: String,
    pub claim_span: Option<Bytes>,
    pub evidence_span: Option<EvidenceBytes>,
}

/// A half-open byte range of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes {
    pub start: usize,
    pub end: usize,
}

/// A half-open byte range of one evidence text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceBytes {
    /// Into the row's `evidence`.
    pub index: usize,
    pub start: usize,
    pub end: usize,
}

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

/// Everything that a run measures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// "all", then "lang=zh", "domain=legal" … where there is more than one.
    pub groups: Vec<(String, Figures)>,
    pub ledger: Vec<LedgerLine>,
    pub thresholds: Vec<(String, f32)>,
}

/// Reads `file`, judges it, writes predictions to `out` and prints figures: a table, or JSON. Gives what the ledger
/// needs of it.
pub async fn command(
    file: &Path,
    out: Option<&Path>,
    verifier: &dyn Verifier,
    json: bool,
) -> Result<Measured, EvalError> {
    let cases: Vec<Row> = rows::read(file)?;
    rows::check_unique(file, cases.iter().map(|row| row.id.as_str()))?;
    check_labels(file, &cases)?;
    let (predictions, scores) = run(&cases, verifier).await?;
    if let Some(out) = out {
        rows::write(out, &predictions)?;
    }
    let text = if json {
        serde_json::to_string_pretty(&scores).map_err(|e| EvalError::write(Path::new("standard output"), &e))?
    } else {
        table(&scores)
    };
    print!("{text}{}", if text.ends_with('\n') { "" } else { "\n" });
    let name = file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let set = name.trim_end_matches(".gz").trim_end_matches(".jsonl").to_owned();
    Ok(Measured { set, vetoes: vetoes(&cases, &predictions) })
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

fn vetoes(cases: &[Row], predictions: &[Prediction]) -> Vetoes {
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

fn check_labels(file: &Path, cases: &[Row]) -> Result<(), EvalError> {
    const KNOWN: [&str; 4] = ["supported", "contradicted", "unsupported", "not_supported"];
    match cases.iter().find(|row| !KNOWN.contains(&row.label.as_str())) {
        None => Ok(()),
        Some(row) => Err(EvalError::Case {
            id: row.id.clone(),
            problem: format!(
                "its label is '{}' in {}; it must be one of {}",
                row.label,
                file.display(),
                KNOWN.join(", ")
            ),
        }),
    }
}

/// Judges every row, in order.
pub async fn run(cases: &[Row], verifier: &dyn Verifier) -> Result<(Vec<Prediction>, Scores), EvalError> {
    let predictions: Vec<Prediction> =
        stream::iter(cases).map(|row| predict(row, verifier)).buffered(AT_ONCE).try_collect().await?;
    let scores = Scores {
        groups: groups(cases)
            .into_iter()
            .map(|(name, members)| {
                let group: Vec<(&Row, &Prediction)> =
                    members.into_iter().map(|at| (&cases[at], &predictions[at])).collect();
                (name, figures(&group))
            })
            .collect(),
        ledger: ledger(cases, &predictions),
        thresholds: verifier.thresholds().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    Ok((predictions, scores))
}

/// A row as the verifier takes it.
pub fn case(row: &Row) -> Result<(Claim, EvidenceSet), EvalError> {
    Ok((claim(row), evidence(row)?))
}

async fn predict(row: &Row, verifier: &dyn Verifier) -> Result<Prediction, EvalError> {
    let (claim, evidence) = case(row)?;
    let judged = verifier
        .verify(&[claim], &evidence)
        .await
        .map_err(|problem| EvalError::Verify { id: row.id.clone(), problem })?;
    let Some(judgement) = judged.into_iter().next() else {
        return Err(EvalError::Case { id: row.id.clone(), problem: "the verifier gave no judgement".to_owned() });
    };
    Ok(prediction(row, &judgement))
}

fn row_lang(row: &Row) -> Lang {
    row.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| lang::detect(&row.claim))
}

/// The row's claim as one claim, whatever it looks like: the file says that it is one.
fn claim(row: &Row) -> Claim {
    Claim {
        text: row.claim.clone(),
        span: Span::new(0, row.claim.len()),
        lang: row_lang(row),
        cited: Vec::new(),
        context: Vec::new(),
        skip: None,
    }
}

/// One evidence for each text, labelled from 1.
fn evidence(row: &Row) -> Result<EvidenceSet, EvalError> {
    let collection: CollectionName = "evidence".parse().map_err(|e: crate::domain::document::BadCollectionName| {
        EvalError::Case { id: row.id.clone(), problem: e.to_string() }
    })?;
    let domain = row.domain.as_deref().and_then(Domain::parse).unwrap_or_default();
    let meta = Arc::new(DocumentMeta::plain("evidence", "", row_lang(row), domain));
    let items = (0_u32..)
        .zip(&row.evidence)
        .map(|(at, text)| Evidence {
            label: Label(0),
            collection: collection.clone(),
            meta: Arc::clone(&meta),
            chunk: Chunk {
                id: ChunkId(i64::from(at)),
                version: VersionId(0),
                ordinal: at,
                locator: at.to_string(),
                path: Vec::new(),
                page: None,
                span: Span::new(0, text.len()),
                text: text.clone(),
            },
            score: 0.0,
            signals: Signals::default(),
        })
        .collect();
    Ok(EvidenceSet::number(items, Searched::default()))
}

fn prediction(row: &Row, judgement: &Judgement) -> Prediction {
    let verdict = match judgement.verdict {
        Verdict::Supported { .. } => "supported",
        Verdict::Contradicted { .. } => "contradicted",
        Verdict::Unsupported(_) | Verdict::Miscited { .. } => "unsupported",
        Verdict::Conflict { .. } | Verdict::NeedsReview { .. } | Verdict::NotChecked(_) => "needs_review",
    };
    let reasons = judgement
        .reasons
        .iter()
        .map(|reason| ReasonRow {
            code: reason.code,
            effect: reason.effect.code(),
            message: reason.message.in_lang(row_lang(row)).to_owned(),
            claim_span: reason.claim_span.map(|s| Bytes { start: s.start(), end: s.end() }),
            evidence_span: reason.evidence.map(|e| EvidenceBytes {
                index: usize::from(e.label.0).saturating_sub(1),
                start: e.span.start(),
                end: e.span.end(),
            }),
        })
        .collect();
    Prediction { id: row.id.clone(), verdict, p_supported: judgement.p_supported, reasons }
}

// -------------------------------------------------------------------------------------------------------- figures

/// What rows are grouped by.
type Value<'a> = &'a dyn Fn(&Row) -> Option<String>;

/// "all", then each language and each domain where there is more than one.
fn groups(cases: &[Row]) -> Vec<(String, Vec<usize>)> {
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

fn figures(group: &[(&Row, &Prediction)]) -> Figures {
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

fn ledger(cases: &[Row], predictions: &[Prediction]) -> Vec<LedgerLine> {
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
    use crate::verify::{Cascade, Thresholds};

    fn row(id: &str, claim: &str, evidence: &str, label: &str) -> Row {
        Row {
            id: id.to_owned(),
            claim: claim.to_owned(),
            evidence: vec![evidence.to_owned()],
            label: label.to_owned(),
            lang: None,
            domain: Some("legal".to_owned()),
        }
    }

    fn predicted(verdict: &'static str, p: f32) -> Prediction {
        Prediction { id: String::new(), verdict, p_supported: p, reasons: Vec::new() }
    }

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

    #[tokio::test]
    async fn rows_are_judged_in_order_and_written() {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let (file, out) = (dir.path().join("cases.jsonl"), dir.path().join("predictions.jsonl"));
        let cases = [
            serde_json::json!({"id":"a","claim":"借款人应当返还借款。","evidence":["借款人应当返还借款。"],"label":"supported"}),
            serde_json::json!({"id":"b","claim":"The moon is made of cheese.","evidence":["Taxes are due in April."],"label":"unsupported"}),
            serde_json::json!({"id":"c","claim":"Anything at all.","evidence":[],"label":"not_supported"}),
        ];
        rows::write(&file, &cases).expect("the folder is writable");
        let cascade = Cascade::new(None, Thresholds::default());
        command(&file, Some(&out), &cascade, true).await.expect("the file is well-formed");
        let written: Vec<serde_json::Value> = rows::read(&out).expect("predictions were written");
        let verdicts: Vec<(&str, &str)> =
            written.iter().filter_map(|p| Some((p["id"].as_str()?, p["verdict"].as_str()?))).collect();
        assert_eq!(verdicts, [("a", "supported"), ("b", "unsupported"), ("c", "unsupported")]);
        let reason = &written[0]["reasons"][0];
        assert_eq!((reason["code"].as_str(), reason["evidence_span"]["index"].as_u64()), (Some("V"), Some(0)));
    }

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

    #[tokio::test]
    async fn an_unknown_label_ends_the_run() {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let file = dir.path().join("cases.jsonl");
        rows::write(&file, &[serde_json::json!({"id":"a","claim":"x","evidence":[],"label":"true"})])
            .expect("the folder is writable");
        let cascade = Cascade::new(None, Thresholds::default());
        let error = command(&file, None, &cascade, false).await.expect_err("'true' is not a label");
        assert!(error.to_string().contains("must be one of"), "{error}");
    }
}
