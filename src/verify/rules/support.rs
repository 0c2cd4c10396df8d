//! Cases in a line, for the tests of the rules on words.

use super::{Rule, clause::Tokens};
use crate::{
    domain::{
        document::{DocumentMeta, Domain},
        evidence::Label,
        text::{Lang, Span},
        verdict::{Effect, Reason},
    },
    text::{lang, logic, reference, sentence},
    verify::case::{Case, SourceSentence, Unit},
};

/// A source of a test: title, locator, text.
pub type Source<'t> = (&'t str, &'t str, &'t str);

pub fn unit(text: &str) -> Unit<'_> {
    let lang = lang::detect(text);
    Unit {
        text,
        lang,
        quantities: Vec::new(),
        dates: Vec::new(),
        references: reference::parse(text),
        logic: logic::read(text, lang),
    }
}

/// Runs one rule on a claim and its sources.
pub fn run(rule: &Rule, claim: &str, sources: &[Source<'_>], domain: Domain) -> Vec<Reason> {
    run_all(&[rule], claim, sources, domain).into_iter().flatten().collect()
}

/// Runs several rules on a claim and its sources; their findings in the order of the rules.
pub fn run_all(rules: &[&Rule], claim: &str, sources: &[Source<'_>], domain: Domain) -> Vec<Vec<Reason>> {
    let metas: Vec<DocumentMeta> =
        sources.iter().map(|(title, ..)| DocumentMeta::plain(*title, *title, Lang::Zh, domain)).collect();
    let claim = unit(claim);
    let whole = |unit: &Unit<'_>| Tokens::of(unit.text, Span::new(0, unit.text.len()), unit.lang, &[]);
    let words = whole(&claim);
    let mut sentences = Vec::new();
    for (nth, ((_, locator, text), meta)) in (1..).zip(sources.iter().zip(&metas)) {
        for span in sentence::sentences(text) {
            let unit = unit(span.of(text).expect("a sentence lies in its text"));
            let coverage = words.within(&whole(&unit));
            sentences.push(SourceSentence {
                label: Label(nth),
                meta,
                locator,
                path: &[],
                offset: span.start(),
                unit,
                coverage,
            });
        }
    }
    let case = Case { claim, question: None, sources: sentences };
    rules.iter().map(|rule| (rule.check)(&case)).collect()
}

/// The strongest effect of a rule on one claim and one sentence; `None` where it is silent.
pub fn effect(rule: &Rule, claim: &str, source: &str) -> Option<Effect> {
    let reasons = run(rule, claim, &[("", "", source)], Domain::General);
    for reason in &reasons {
        assert!(reason.claim_span.is_none_or(|span| span.of(claim).is_some()), "{claim}: {reason:?}");
        assert!(reason.evidence.is_none_or(|e| e.span.of(source).is_some()), "{claim}: {reason:?}");
        assert!(!reason.message.zh.is_empty() && !reason.message.en.is_empty());
    }
    reasons.iter().map(|reason| reason.effect).max()
}

/// Checks a table of claims and sources: those that must be contradicted, and those where the rule must not veto.
pub fn table(rule: &Rule, must_fire: &[(&str, &str)], must_not: &[(&str, &str)]) {
    assert!(must_fire.len() >= 6 && must_not.len() >= 6, "{}: six of each", rule.code);
    let vetoes = |claim: &str, source: &str| effect(rule, claim, source).is_some_and(|e| e >= Effect::Flag);
    let silent: Vec<_> = must_fire.iter().filter(|(claim, source)| !vetoes(claim, source)).collect();
    let false_alarms: Vec<_> = must_not.iter().filter(|(claim, source)| vetoes(claim, source)).collect();
    assert!(silent.is_empty(), "{} is silent on {silent:#?}", rule.code);
    assert!(false_alarms.is_empty(), "{} fires on {false_alarms:#?}", rule.code);
}
