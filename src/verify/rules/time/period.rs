//! R10: the period that a figure is of, and the one that a rate is held against.

use super::{around_text, is_period};
use crate::{
    domain::{
        text::Message,
        verdict::{Comparison, Effect, Reason},
    },
    text::{
        date::{DateMention, When},
        quantity::{Kind, Relation},
    },
    verify::{
        case::{ALIGNED, Case, SourceSentence},
        rules::quantity::figure::{Match, reason},
    },
};

const WHOLE_YEAR: &[&str] = &[
    "全年",
    "年度",
    "财年",
    "full year",
    "full-year",
    "fiscal year",
    "annual",
    "annually",
    "for the year",
    "twelve months",
    "fy",
];

/// R10: a figure of nine months is not the year's.
pub(super) fn part_of_a_year(case: &Case<'_>) -> Vec<Reason> {
    let claim = &case.claim;
    let Some(year) =
        claim.dates.iter().find_map(|d| if let When::Year(year) = d.when { Some((year, d)) } else { None })
    else {
        return Vec::new();
    };
    if claim.dates.iter().any(|d| !matches!(d.when, When::Year(_))) {
        return Vec::new();
    }
    let (year, mine) = year;
    let is_whole = tells_whole_year(claim.text);
    let flows = claim.quantities.iter().filter(|q| matches!(q.unit.kind, Kind::Money(_) | Kind::Ratio));
    flows
        .filter_map(|quantity| {
            let mut part: Option<(&SourceSentence<'_>, &DateMention)> = None;
            for sentence in &case.sources {
                for theirs in sentence.unit.quantities.iter().filter(|theirs| quantity.relation(theirs).is_grounded()) {
                    // What governs a figure is told before it, or else right after.
                    let dates = &sentence.unit.dates;
                    let governs =
                        (dates.iter().rfind(|d| d.span.end() <= theirs.span.start())).or_else(|| dates.first())?;
                    let text = sentence.unit.text;
                    let between = text.get(governs.span.end()..theirs.span.start()).unwrap_or_default();
                    let behind = theirs.tail.of(text).unwrap_or_default();
                    if !is_period(governs.when)
                        || governs.when.year().is_some_and(|theirs| theirs != year)
                        || tells_whole_year(between)
                        || tells_whole_year(behind)
                    {
                        return None;
                    }
                    if part.is_none_or(|(best, _)| best.coverage < sentence.coverage) {
                        part = Some((sentence, governs));
                    }
                }
            }
            let (sentence, period) = part.filter(|(sentence, _)| sentence.coverage >= ALIGNED)?;
            let effect = if is_whole { Effect::Contradict } else { Effect::Flag };
            let told = (mine.span.of(claim.text).unwrap_or_default(), quantity.surface.trim());
            let (theirs, label) = (period.span.of(sentence.unit.text).unwrap_or_default(), sentence.label);
            Some(Reason {
                code: "R10",
                effect,
                claim_span: Some(mine.span),
                evidence: Some(sentence.at(period.span)),
                comparison: Some(Comparison {
                    claim: format!("{} = {}", told.0, mine.when),
                    source: format!("{theirs} = {}", period.when),
                    relation: "⊃".to_owned(),
                }),
                message: Message::new(
                    format!("“{}”在来源{label}中是“{theirs}”的数字，不是“{}”全年的。", told.1, told.0),
                    format!("In {label} “{}” is the figure of “{theirs}”, not of all of “{}”.", told.1, told.0),
                ),
            })
        })
        .collect()
}

/// Whole words for Latin ones: FY, but not "defy".
fn tells_whole_year(text: &str) -> bool {
    let lower = text.to_lowercase();
    let stands = |word: &&str| {
        lower.match_indices(word).any(|(at, found)| {
            !word.is_ascii()
                || (!lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric())
                    && !lower[at + found.len()..].starts_with(|c: char| c.is_ascii_alphabetic()))
        })
    };
    WHOLE_YEAR.iter().any(stands)
}

const YEAR_ON_YEAR: &[&str] = &["同比", "year-on-year", "year on year", "year-over-year", "year over year", "yoy"];
const PERIOD_ON_PERIOD: &[&str] = &[
    "环比",
    "quarter-on-quarter",
    "quarter on quarter",
    "quarter-over-quarter",
    "quarter over quarter",
    "month on month",
    "month over month",
    "month-on-month",
    "month-over-month",
    "qoq",
    "mom",
    "sequentially",
];

/// R10: the same rate against another base period.
pub(super) fn comparison_basis(case: &Case<'_>) -> Vec<Reason> {
    case.claim
        .quantities
        .iter()
        .filter_map(|quantity| {
            let mine = basis(&around_text(case.claim.text, quantity.span))?;
            let mut other = None;
            for sentence in case.aligned() {
                for theirs in &sentence.unit.quantities {
                    if !quantity.relation(theirs).is_grounded() {
                        continue;
                    }
                    match basis(&around_text(sentence.unit.text, theirs.span)) {
                        Some(told) if told == mine => return None,
                        Some(_) => other = other.or(Some((sentence, theirs))),
                        None => {}
                    }
                }
            }
            let (sentence, theirs) = other?;
            let found = Match { sentence, quantity: theirs, relation: Relation::Period, role: None, unique: false };
            let (claim, label) = (quantity.surface.trim(), sentence.label);
            Some(reason(
                "R10",
                Effect::Contradict,
                quantity,
                Some(&found),
                Message::new(
                    format!("“{claim}”的比较基期不符：同比与环比混淆（来源{label}）。"),
                    format!(
                        "“{claim}” is against another period: year on year and period on period are mixed up ({label})."
                    ),
                ),
            ))
        })
        .collect()
}

/// True for year on year, false for period on period: the nearest word before the figure, else right after it.
fn basis((before, after): &(String, String)) -> Option<bool> {
    let clause = &before[before.rfind(['，', ',', '。', ';', '；']).map_or(0, |at| at)..];
    let last = |words: &[&str]| words.iter().filter_map(|w| clause.rfind(w)).max();
    match (last(YEAR_ON_YEAR), last(PERIOD_ON_PERIOD)) {
        (Some(a), Some(b)) => return Some(a > b),
        (Some(_), None) => return Some(true),
        (None, Some(_)) => return Some(false),
        (None, None) => {}
    }
    let clause = &after[..after.find(['，', ',', '。', ';', '；']).unwrap_or(after.len())];
    let first = |words: &[&str]| words.iter().any(|w| clause.contains(w));
    match (first(YEAR_ON_YEAR), first(PERIOD_ON_PERIOD)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}
