//! The deterministic layer: each rule a small pure function from a [`Case`] to findings. Codes and effects follow
//! the rule list in this module's files; a rule that is not precise enough only flags.

pub mod bound;
mod clause;
pub mod clinical;
pub mod comparison;
pub mod condition;
pub mod crossed;
pub mod entity;
pub mod hearsay;
pub mod ledger;
pub mod listing;
pub mod modality;
pub mod negation;
pub mod quantifier;
pub mod quantity;
pub mod quote;
pub mod reference;
pub mod relation;
#[cfg(test)]
mod support;
pub mod table;
mod term;
pub mod time;
pub mod variance;
pub mod version;

pub use self::clause::Tokens;
use super::case::Case;
use crate::{
    domain::{
        text::Span,
        verdict::{Effect, Reason},
    },
    text::lang,
};

/// One rule: its stable code, what it looks for, and the check.
#[derive(Clone, Copy)]
pub struct Rule {
    pub code: &'static str,
    pub title: &'static str,
    pub check: fn(&Case<'_>) -> Vec<Reason>,
}

/// Every rule, in the order in which findings are reported.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        reference::RULES,
        quote::RULES,
        quantity::RULES,
        bound::RULES,
        time::RULES,
        version::RULES,
        clinical::RULES,
        modality::RULES,
        negation::RULES,
        comparison::RULES,
        relation::RULES,
        entity::RULES,
        listing::RULES,
        table::RULES,
        condition::RULES,
        crossed::RULES,
        quantifier::RULES,
        hearsay::RULES,
        variance::RULES,
    ]
    .into_iter()
    .flatten()
}

/// The findings of every rule on one case; a finding of a kind that was measured to be too often wrong only flags.
pub fn check(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = check_uncapped(case);
    for reason in reasons.iter_mut().filter(|r| ledger::is_demoted(r.code, r.effect)) {
        reason.effect = Effect::Flag;
    }
    reasons
}

/// The findings as the rules make them: what the ledger is measured on.
pub fn check_uncapped(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = all().flat_map(|rule| (rule.check)(case)).collect();
    variance::without_echoes(&mut reasons);
    reasons
}

/// Content words of a text, for comparing how much of one text stands in another.
pub fn tokens(text: &str) -> Tokens {
    Tokens::of(text, Span::new(0, text.len()), lang::detect(text), &[])
}
