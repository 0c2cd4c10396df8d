//! R7: what a figure is a figure of. The number of a gross profit is no net profit's, and that of one share no total.

use super::figure;
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::{Kind, Quantity},
    verify::{
        case::{ALIGNED, Case, SourceSentence},
        rules::term,
    },
};

/// Terms of which a figure can go by one only.
struct Pair {
    one: &'static [&'static str],
    other: &'static [&'static str],
    /// What a figure under the wrong one is worth.
    effect: Effect,
}

const fn pair(one: &'static [&'static str], other: &'static [&'static str], effect: Effect) -> Pair {
    Pair { one, other, effect }
}

const PAIRS: &[Pair] = &[
    pair(&["不含税", "税前"], &["含税", "税后"], Effect::Contradict),
    pair(&["母公司"], &["合并"], Effect::Flag),
    pair(&["稀释每股"], &["基本每股"], Effect::Flag),
    pair(&["扣除非经常性损益后", "扣非"], &["归属于上市公司股东的净利润", "归母"], Effect::Flag),
    pair(&["总额", "合计", "总计"], &["每股", "每单位"], Effect::Flag),
    pair(&["毛利"], &["净利"], Effect::Contradict),
    pair(&["gross"], &["net"], Effect::Contradict),
    pair(&["pre-tax", "before tax", "pretax"], &["after tax", "after-tax", "net of tax"], Effect::Contradict),
    pair(&["diluted"], &["basic"], Effect::Flag),
    pair(&["parent company only", "parent-only"], &["consolidated"], Effect::Flag),
    pair(&["non-gaap", "adjusted"], &["gaap", "unadjusted"], Effect::Flag),
    pair(&["in total", "aggregate"], &["per share", "eps"], Effect::Flag),
];

/// The lines of financial statements that figures are most often taken from, each with its other names. A longer name
/// stands before a shorter one that it holds.
const LINES: &[&[&str]] = &[
    &["营业总成本", "营业成本", "cost of revenue", "cost of revenues", "cost of sales", "cost of goods sold"],
    &["营业总收入", "营业收入", "主营业务收入", "revenue", "revenues", "net sales", "net revenue", "net revenues"],
    &["毛利润", "毛利", "gross profit", "gross margin"],
    &["营业利润", "operating income", "operating profit", "income from operations"],
    &[
        "利润总额",
        "税前利润",
        "pre-tax income",
        "income before taxes",
        "income before income taxes",
        "profit before tax",
    ],
    &["净利润", "net income", "net profit", "net earnings"],
    &["总资产", "资产总额", "资产总计", "total assets"],
    &["净资产", "所有者权益", "股东权益", "net assets", "shareholders' equity", "stockholders' equity", "total equity"],
    &["总负债", "负债总额", "负债合计", "total liabilities"],
    &["研发投入", "研发费用", "research and development"],
    &["ebitda"],
];

/// R7: a figure under another name than in the source.
pub fn basis(case: &Case<'_>) -> Vec<Reason> {
    if case.claim.quantities.is_empty() {
        return Vec::new();
    }
    let claim = case.claim.text.to_lowercase();
    let mut found = Vec::new();
    for pair in PAIRS {
        for (mine, theirs) in [(pair.one, pair.other), (pair.other, pair.one)] {
            let Some(term) = stands(&claim, mine).filter(|_| stands(&claim, theirs).is_none()) else { continue };
            let clash = |source: &str| {
                stands(source, theirs).filter(|_| stands(source, mine).is_none()).map(|term| (term, pair.effect))
            };
            found.extend(under_another(case, term, &clash));
        }
    }
    if found.is_empty()
        && let [line] = lines(&claim)[..]
        && let Some(term) = stands(&claim, LINES[line])
    {
        let clash = |source: &str| {
            let theirs = lines(source);
            let (false, Some(&other)) = (theirs.contains(&line), theirs.first()) else { return None };
            let effect = if theirs.len() == 1 { Effect::Contradict } else { Effect::Flag };
            Some((stands(source, LINES[other])?, effect))
        };
        found.extend(under_another(case, term, &clash));
    }
    found
}

/// A figure of the claim that every sentence which holds it gives under a clashing term. `clash`: that term of a sentence
/// in lower case, and what it is worth.
fn under_another(
    case: &Case<'_>,
    term: &str,
    clash: &dyn Fn(&str) -> Option<(&'static str, Effect)>,
) -> Option<Reason> {
    case.claim.quantities.iter().filter(|q| !figure::is_countable(q) && is_amount(q)).find_map(|quantity| {
        let mut best: Option<(&SourceSentence<'_>, &str, Effect)> = None;
        for sentence in &case.sources {
            let theirs = sentence.unit.quantities.iter().find(|theirs| quantity.relation(theirs).is_grounded());
            let Some(_) = theirs else { continue };
            let (other, effect) = clash(&sentence.unit.text.to_lowercase())?;
            if best.is_none_or(|(best, ..)| best.coverage < sentence.coverage) {
                best = Some((sentence, other, effect));
            }
        }
        let (sentence, other, effect) = best?;
        // A sentence that says little of the claim may hold the same number by chance.
        let effect = if sentence.coverage >= ALIGNED || sole_amount(case, sentence) { effect } else { Effect::Flag };
        let place = |text: &str, term: &str| {
            let lower = text.to_lowercase();
            lower.find(term).map(|at| Span::new(at, at + term.len())).filter(|span| span.of(text).is_some())
        };
        let label = sentence.label;
        Some(Reason {
            code: "R7",
            effect,
            claim_span: place(case.claim.text, term).or(Some(quantity.span)),
            evidence: place(sentence.unit.text, other).map(|span| sentence.at(span)),
            comparison: Some(Comparison {
                claim: term.to_owned(), source: other.to_owned(), relation: "≠".to_owned()
            }),
            message: Message::new(
                format!("口径不同：此处为“{term}”，来源{label}为“{other}”。"),
                format!("Another basis: “{term}” here, “{other}” in {label}."),
            ),
        })
    })
}

/// Money, or a share of it: numbers of years and people go by no line of a statement.
const fn is_amount(quantity: &Quantity) -> bool {
    matches!(quantity.unit.kind, Kind::Money(_) | Kind::Ratio | Kind::Points | Kind::Multiple)
}

/// Claim and sentence each hold one amount, and it is the same.
fn sole_amount(case: &Case<'_>, sentence: &SourceSentence<'_>) -> bool {
    let amounts = |quantities: &[Quantity]| quantities.iter().filter(|q| is_amount(q)).count();
    amounts(&case.claim.quantities) == 1 && amounts(&sentence.unit.quantities) == 1
}

/// The lines that a text in lower case names. What a longer name covers is not read again as a shorter one.
fn lines(text: &str) -> Vec<usize> {
    let mut named: Vec<(usize, usize, usize)> = Vec::new();
    for (line, names) in LINES.iter().enumerate() {
        for name in *names {
            for at in places(text, name) {
                named.push((at, at + name.len(), line));
            }
        }
    }
    let covered = |(from, to, line): &(usize, usize, usize)| {
        named.iter().any(|(a, b, other)| other != line && a <= from && to <= b && b - a > to - from)
    };
    let mut found: Vec<usize> = named.iter().filter(|name| !covered(name)).map(|name| name.2).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The first of `terms` that stands in `text`.
fn stands(text: &str, terms: &[&'static str]) -> Option<&'static str> {
    terms.iter().copied().find(|term| places(text, term).next().is_some())
}

/// Where a term stands that no other one is made of it: 不含税 holds 含税 and must not count as it, nor pre-tax as tax.
fn places(text: &str, term: &str) -> impl Iterator<Item = usize> {
    let before = if term.is_ascii() { '-' } else { '不' };
    term::places(text, term).filter(move |at| !text[..*at].ends_with(before))
}
