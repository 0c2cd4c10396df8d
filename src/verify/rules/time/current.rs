//! R13: words that claim to be up to date.

use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Effect, Reason},
    },
    verify::{case::Case, rules::term},
};

const CURRENT: &[&str] = &[
    "目前",
    "现行",
    "当前",
    "截至目前",
    "最新",
    "如今",
    "迄今",
    "currently",
    "at present",
    "latest",
    "as of today",
    "to date",
    "nowadays",
    "most recent",
];

/// R13: the claim says that it is so now, and no source tells when it was written.
pub(super) fn currency(case: &Case<'_>) -> Vec<Reason> {
    let lower = case.claim.text.to_lowercase();
    let Some((at, word)) = CURRENT.iter().find_map(|word| Some((term::find(&lower, word)?, *word))) else {
        return Vec::new();
    };
    let aligned = case.aligned();
    let Some(best) = aligned.first() else { return Vec::new() };
    // The source says so itself, or its date is known.
    let dated = aligned
        .iter()
        .any(|s| s.meta.valid_from.is_some() || !s.unit.dates.is_empty() || s.unit.text.to_lowercase().contains(word));
    if dated {
        return Vec::new();
    }
    let span = Span::new(at, at + word.len());
    vec![Reason {
        code: "R13",
        effect: Effect::Flag,
        claim_span: span.of(case.claim.text).map(|_| span),
        evidence: Some(best.at(Span::new(0, best.unit.text.len()))),
        comparison: None,
        message: Message::new(
            format!("“{word}”：来源{}没有注明日期，无法确认现状。", best.label),
            format!("“{word}”: {} carries no date, so that it holds now cannot be told.", best.label),
        ),
    }]
}
