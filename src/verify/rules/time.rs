//! R9 to R11 and R13: dates (here), reporting periods, time limits, and words that claim to be up to date.

mod current;
pub(super) mod limit;
mod period;

use super::{Rule, quantity::role};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::{
        date::{DateMention, DateRelation, When},
        quantity::Relation,
    },
    verify::case::{ALIGNED, Case, SourceSentence},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R9", title: "dates and reporting periods (R10)", check: dates },
    Rule { code: "R10", title: "year on year against quarter on quarter", check: period::comparison_basis },
    Rule {
        code: "R10",
        title: "a year's figure that the source gives for a part of it",
        check: period::part_of_a_year,
    },
    Rule { code: "R11", title: "start of a time limit dropped", check: limit::start_event },
    Rule { code: "R13", title: "claims to be current, from a source without a date", check: current::currency },
];

/// How a date of the claim stands to the sources.
enum Told<'c> {
    Found(&'c SourceSentence<'c>, &'c DateMention),
    Coarser(&'c SourceSentence<'c>, &'c DateMention),
    Other(&'c SourceSentence<'c>, &'c DateMention),
    /// In no source, although those that speak of the claim tell other dates.
    Absent,
    /// In no source, and none that speaks of the claim tells dates at all.
    Untold,
    Unclear,
}

fn dates(case: &Case<'_>) -> Vec<Reason> {
    case.claim
        .dates
        .iter()
        .filter(|mine| !matches!(mine.when, When::Relative(_) | When::Trailing))
        .filter(|mine| !in_question(case, mine))
        .filter_map(|mine| {
            let code = if is_period(mine.when) { "R10" } else { "R9" };
            if is_bounded(case.claim.text, mine.span) {
                return other_balance(case, mine, code);
            }
            match told(case, mine) {
                Told::Found(sentence, theirs) => {
                    Some(finding(code, Effect::Ground, mine, Some((sentence, theirs)), case.claim.text))
                }
                Told::Other(sentence, theirs) => {
                    Some(finding(code, Effect::Contradict, mine, Some((sentence, theirs)), case.claim.text))
                }
                Told::Coarser(sentence, theirs) => {
                    Some(finding(code, Effect::Flag, mine, Some((sentence, theirs)), case.claim.text))
                }
                Told::Absent => Some(finding(code, Effect::Unsupport, mine, None, case.claim.text)),
                Told::Untold => {
                    let mut found = finding(code, Effect::Unsupport, mine, None, case.claim.text);
                    found.effect = Effect::Flag;
                    Some(found)
                }
                Told::Unclear => None,
            }
        })
        .collect()
}

const fn is_period(when: When) -> bool {
    matches!(when, When::Half { .. } | When::Quarter { .. } | When::YearToDate { .. })
}

/// Before 1961, 2000年以后, (2008 film): the date bounds or names something, and need not stand in the source.
fn is_bounded(text: &str, span: Span) -> bool {
    let before = text[..span.start()].trim_end().to_lowercase();
    let after = text[span.end()..].trim_start().to_lowercase();
    let last = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    ["before", "after", "until", "till", "by", "since", "late", "mid", "early", "least", "prior", "截至", "至今"]
        .contains(&last)
        || before.ends_with("as of")
        || before.ends_with("截至")
        || ["prior to", "before the", "after the", "by the"].iter().any(|w| before.ends_with(w))
        || [
            "or later",
            "or earlier",
            "or before",
            "or after",
            "以前",
            "之前",
            "以后",
            "之后",
            "以来",
            "前后",
            "左右",
            "film)",
            "album)",
            "song)",
            "tv series)",
            "series)",
            "novel)",
            "video game)",
        ]
        .iter()
        .any(|w| after.starts_with(w))
}

/// A balance is of a day: as of 31 December, the same figure of another day is another balance.
fn other_balance(case: &Case<'_>, mine: &DateMention, code: &'static str) -> Option<Reason> {
    let before = case.claim.text[..mine.span.start()].trim_end().to_lowercase();
    if !(before.ends_with("截至") || before.ends_with("as of")) {
        return None;
    }
    match told(case, mine) {
        Told::Other(sentence, theirs) if shares_figure(case, sentence) => {
            Some(finding(code, Effect::Contradict, mine, Some((sentence, theirs)), case.claim.text))
        }
        _ => None,
    }
}

fn in_question(case: &Case<'_>, mine: &DateMention) -> bool {
    case.question.as_ref().is_some_and(|q| {
        q.dates.iter().any(|d| matches!(mine.when.against(d.when), DateRelation::Same | DateRelation::Within))
    })
}

fn told<'c>(case: &'c Case<'c>, mine: &'c DateMention) -> Told<'c> {
    let mut coarser = None;
    let mut other: Option<(&SourceSentence<'_>, &DateMention)> = None;
    let mut found: Option<(&SourceSentence<'_>, &DateMention)> = None;
    let mut unclear = false;
    let mut dated_otherwise = false;
    let alone = case.claim.dates.iter().filter(|d| same_grain(d.when, mine.when)).count() == 1;
    for sentence in &case.sources {
        let aligned = sentence.coverage >= ALIGNED;
        for theirs in &sentence.unit.dates {
            let relation = mine.when.against(theirs.when);
            dated_otherwise |= aligned && relation == DateRelation::Different && theirs.when.year().is_some();
            match relation {
                DateRelation::Same | DateRelation::Within if covers_better(sentence, found) => {
                    found = Some((sentence, theirs));
                }
                // "March" of the source may be the claim's March 2022.
                DateRelation::Coarser if theirs.when.year().is_none() => unclear = true,
                DateRelation::Different if is_year_before(sentence, mine, theirs) => unclear = true,
                DateRelation::Coarser if aligned => coarser = coarser.or(Some((sentence, theirs))),
                DateRelation::Different
                    if aligned
                        && alone
                        && only_one(sentence, mine)
                        && (sentence.coverage >= 0.6 || shares_figure(case, sentence))
                        && covers_better(sentence, other) =>
                {
                    other = Some((sentence, theirs));
                }
                DateRelation::Unclear => unclear |= same_day(mine.when, theirs.when),
                _ => {}
            }
        }
    }
    if let Some((sentence, theirs)) = found {
        return Told::Found(sentence, theirs);
    }
    if unclear || stands_elsewhere(case, mine) {
        return Told::Unclear;
    }
    match (other, coarser) {
        (Some((sentence, theirs)), _) if role_fits(case, mine, sentence, theirs) => Told::Other(sentence, theirs),
        (_, Some((sentence, theirs))) => Told::Coarser(sentence, theirs),
        _ if dated_otherwise => Told::Absent,
        _ => Told::Untold,
    }
}

/// "较上年末增加": a sentence that holds a year against the one before speaks of both.
fn is_year_before(sentence: &SourceSentence<'_>, mine: &DateMention, theirs: &DateMention) -> bool {
    const WORDS: [&str; 14] = [
        "上年",
        "上一年",
        "去年",
        "上期",
        "同期",
        "年初",
        "期初",
        "同比",
        "prior year",
        "previous year",
        "prior-year",
        "year earlier",
        "year ago",
        "preceding year",
    ];
    let (Some(year), Some(other)) = (mine.when.year(), theirs.when.year()) else { return false };
    let text = sentence.unit.text.to_lowercase();
    year + 1 == other && WORDS.iter().any(|word| text.contains(word))
}

fn covers_better(sentence: &SourceSentence<'_>, than: Option<(&SourceSentence<'_>, &DateMention)>) -> bool {
    than.is_none_or(|(best, _)| best.coverage < sentence.coverage)
}

/// A figure of the claim stands in the sentence: it speaks of the same thing.
fn shares_figure(case: &Case<'_>, sentence: &SourceSentence<'_>) -> bool {
    case.claim.quantities.iter().any(|q| sentence.unit.quantities.iter().any(|s| q.relation(s) == Relation::Same))
}

/// 12月31日 of the source may be the 12月31日 of the claim's year.
fn same_day(mine: When, theirs: When) -> bool {
    match (mine, theirs) {
        (When::Day { month: a, day: x, .. }, When::Day { month: b, day: y, .. }) => {
            x == y && (a == b || a.is_none() || b.is_none())
        }
        _ => false,
    }
}

fn same_grain(a: When, b: When) -> bool {
    (is_period(a) && is_period(b)) || std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

fn only_one(sentence: &SourceSentence<'_>, mine: &DateMention) -> bool {
    sentence.unit.dates.iter().filter(|d| same_grain(d.when, mine.when)).count() == 1
}

/// The words around both dates must be about the same event where they tell anything.
fn role_fits(case: &Case<'_>, mine: &DateMention, sentence: &SourceSentence<'_>, theirs: &DateMention) -> bool {
    let own = role::of_span(case.claim.text, around(case.claim.text, mine.span));
    let other = role::of_span(sentence.unit.text, around(sentence.unit.text, theirs.span));
    role::overlap(&own, &other).is_none_or(|r| r >= 0.34)
}

/// Up to 24 characters on both sides of a date.
fn around(text: &str, span: Span) -> Span {
    let start = text[..span.start()].char_indices().rev().take(24).last().map_or(span.start(), |(at, _)| at);
    let end = text[span.end()..].char_indices().nth(24).map_or(text.len(), |(at, _)| span.end() + at);
    Span::new(start, end)
}

/// The year stands in a title, a locator, a heading, or as digits that were not read as a date.
fn stands_elsewhere(case: &Case<'_>, mine: &DateMention) -> bool {
    let told = mine.span.of(case.claim.text).unwrap_or_default().to_lowercase();
    let Some(year) = mine.when.year().map(|y| y.to_string()) else {
        return case.sources.iter().any(|s| s.unit.text.to_lowercase().contains(&told));
    };
    // Two figures of a year, as in 2019-20 or FY19, are not told apart from other numbers.
    case.sources.iter().any(|s| {
        s.meta.title.contains(&year)
            || s.locator.contains(&year)
            || s.path.iter().any(|p| p.contains(&year))
            || s.meta.valid_from.is_some_and(|d| d.year().to_string() == year)
            || s.unit.text.match_indices(&year).any(|(at, y)| {
                let span = Span::new(at, at + y.len());
                !s.unit.dates.iter().any(|d| d.span.overlaps(span))
            })
    })
}

fn finding(
    code: &'static str,
    effect: Effect,
    mine: &DateMention,
    found: Option<(&SourceSentence<'_>, &DateMention)>,
    claim: &str,
) -> Reason {
    let told = mine.span.of(claim).unwrap_or_default();
    let (source, label) = match found {
        Some((sentence, theirs)) => {
            (theirs.span.of(sentence.unit.text).unwrap_or_default(), sentence.label.to_string())
        }
        None => ("", String::new()),
    };
    let message = match effect {
        Effect::Ground => Message::new(
            format!("“{told}”见于{label}：“{source}”。"),
            format!("“{told}” stands in {label}: “{source}”."),
        ),
        Effect::Contradict => Message::new(
            format!("时间不符：此处“{told}”，来源{label}为“{source}”。"),
            format!("Another date: “{told}” here, “{source}” in {label}."),
        ),
        Effect::Flag => Message::new(
            format!("“{told}”比来源{label}的“{source}”更具体。"),
            format!("“{told}” is more exact than “{source}” in {label}."),
        ),
        Effect::Unsupport => {
            Message::new(format!("“{told}”在所引来源中找不到。"), format!("“{told}” stands in no source."))
        }
    };
    let relation = match effect {
        Effect::Ground => "=",
        Effect::Contradict => "≠",
        Effect::Flag => "⊂",
        Effect::Unsupport => "absent",
    };
    Reason {
        code,
        effect,
        claim_span: Some(mine.span),
        evidence: found.map(|(sentence, theirs)| sentence.at(theirs.span)),
        comparison: Some(Comparison {
            claim: format!("{told} = {}", mine.when),
            source: found.map_or_else(String::new, |(_, theirs)| format!("{source} = {}", theirs.when)),
            relation: relation.to_owned(),
        }),
        message,
    }
}

fn around_text(text: &str, span: Span) -> (String, String) {
    let window = around(text, span);
    (text[window.start()..span.start()].to_lowercase(), text[span.end()..window.end()].to_lowercase())
}

#[cfg(test)]
mod tests;
