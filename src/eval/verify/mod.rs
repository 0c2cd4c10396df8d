//! `attest eval verify`: claims with evidence and labels in, verdicts and figures out.

mod figures;
mod vetoes;

use std::{path::Path, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

pub use figures::{Figures, table};
pub use vetoes::{LedgerLine, Measured, Vetoes, write_ledger};

use super::{EvalError, rows};
use crate::{
    domain::{
        claim::Claim,
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Label, Searched},
        text::{Lang, Span},
        verdict::{Judgement, Verdict},
    },
    ports::Verifier,
    text::lang,
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
    /// What a reader is shown, the decisive place first.
    pub citations: Vec<EvidenceBytes>,
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
    Ok(Measured { set, vetoes: vetoes::vetoes(&cases, &predictions) })
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
        groups: figures::groups(cases)
            .into_iter()
            .map(|(name, members)| {
                let group: Vec<(&Row, &Prediction)> =
                    members.into_iter().map(|at| (&cases[at], &predictions[at])).collect();
                (name, figures::figures(&group))
            })
            .collect(),
        ledger: vetoes::lines(cases, &predictions),
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
        .map(|(at, text)| {
            Evidence::of(
                collection.clone(),
                Arc::clone(&meta),
                Chunk {
                    id: ChunkId(i64::from(at)),
                    version: VersionId(0),
                    ordinal: at,
                    locator: at.to_string(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, text.len()),
                    text: text.clone(),
                },
            )
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
    let place = |label: Label, span: Span| EvidenceBytes {
        index: usize::from(label.0).saturating_sub(1),
        start: span.start(),
        end: span.end(),
    };
    let reasons = judgement
        .reasons
        .iter()
        .map(|reason| ReasonRow {
            code: reason.code,
            effect: reason.effect.code(),
            message: reason.message.in_lang(row_lang(row)).to_owned(),
            claim_span: reason.claim_span.map(|s| Bytes { start: s.start(), end: s.end() }),
            evidence_span: reason.evidence.map(|e| place(e.label, e.span)),
        })
        .collect();
    // Each text is a document of its own here, so a place in the one is a place in the other.
    let citations = judgement.verdict.citations().into_iter().map(|c| place(c.label, c.span)).collect();
    Prediction { id: row.id.clone(), verdict, p_supported: judgement.p_supported, reasons, citations }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::verify::{Cascade, Thresholds};

    pub fn row(id: &str, claim: &str, evidence: &str, label: &str) -> Row {
        Row {
            id: id.to_owned(),
            claim: claim.to_owned(),
            evidence: vec![evidence.to_owned()],
            label: label.to_owned(),
            lang: None,
            domain: Some("legal".to_owned()),
        }
    }

    pub fn predicted(verdict: &'static str, p: f32) -> Prediction {
        Prediction { id: String::new(), verdict, p_supported: p, reasons: Vec::new(), citations: Vec::new() }
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
