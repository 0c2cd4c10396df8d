//! R1 to R8: figures that stand in no source, or stand there otherwise.
//!
//! Each figure of the claim is held against the sources once (`figure`); every rule then reads the outcome that is
//! its own. Figures are compared in normal form, so 3.5亿元 and 35,000万元 are one figure and 12.5亿元 and 12.5万元 two.
//!
//! How precise they are as vetoes is measured in `ledger.tsv` (see [`super::ledger`]). A date that no aligned source tells
//! at all only flags: as a veto it was right in 376 of 410 cases, whose lower bound is under 0.9. R2, R3, R5, R7, R8, R10,
//! R11, R29 and R30 fire too seldom on those sets to prove anything: they stand on the tables of cases in `tests/data`. Of
//! 17,000 sentences with figures from the bundled kinds of corpora, held against their own sections, none was vetoed or
//! flagged; that was measured before R2 told the items of a list apart, which only flags.

mod basis;
#[cfg(test)]
pub(super) mod cases;
mod derive;
pub(super) mod figure;
pub(super) mod role;
mod swap;

use derive::Derived;
use figure::{Figure, Finding, Match, reason};
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};
use swap::{Timed, swapped, timed};

use super::{Rule, bound, time};
use crate::{
    domain::{
        text::Message,
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::{Change, Kind, Number, Quantity, Relation, Trend, Value},
    verify::case::{ALIGNED, Case, SourceSentence},
};

pub const RULES: &[Rule] = &[
    Rule {
        code: "R1-R8",
        title: "figures: absent or other value, swapped, scale, bound, per cent or points, derived, unit, sign",
        check: figures,
    },
    Rule { code: "R6", title: "arithmetic of the claim's own figures", check: own_arithmetic },
    Rule {
        code: "R7",
        title: "what a figure is of: gross or net, with or without tax, group or parent, revenue or profit",
        check: basis::basis,
    },
];

/// One finding for each figure of the claim, from the rule that it belongs to.
fn figures(case: &Case<'_>) -> Vec<Reason> {
    figure::figures(case)
        .iter()
        .filter_map(|figure| {
            let found = match &figure.finding {
                Finding::Grounded(found) => match timed(case, figure.quantity, found) {
                    Timed::Other(reason) => Some(*reason),
                    Timed::Right => None,
                    Timed::Untold => swapped(case, figure.quantity, found),
                }
                .or_else(|| level(figure.quantity, found))
                .unwrap_or_else(|| grounded(figure.quantity, found)),
                Finding::Derived { sentence, derived } => follows(figure.quantity, sentence, derived),
                Finding::Altered(found) => altered(figure, found),
                Finding::Other(found) => other_value(figure.quantity, found),
                Finding::Absent { nearest, sure } => absent(figure.quantity, nearest.as_ref(), *sure),
                Finding::Nothing => return None,
            };
            Some(found)
        })
        .collect()
}

/// R1, found.
fn grounded(quantity: &Quantity, found: &Match<'_>) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    let label = found.sentence.label;
    reason(
        "R1",
        Effect::Ground,
        quantity,
        Some(found),
        Message::new(
            format!("“{claim}”见于{label}：“{source}”。"),
            format!("“{claim}” stands in {label}: “{source}”."),
        ),
    )
}

/// R1, another value for the same thing.
fn other_value(quantity: &Quantity, found: &Match<'_>) -> Reason {
    if let Relation::Scale(power) = found.relation {
        return scale(quantity, found, power);
    }
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    if !quantity.bound.is_lower() && !quantity.bound.is_upper() && found.quantity.allows(quantity) {
        // Who is seven is under eight: an instance of what the source says, or a figure put in the place of its bound.
        return reason(
            "R1",
            Effect::Flag,
            quantity,
            Some(found),
            Message::new(
                format!("此处写“{claim}”，来源{}写的是界限“{source}”，前者在其内。", found.sentence.label),
                format!("“{claim}” here lies within “{source}”, which {} says.", found.sentence.label),
            ),
        );
    }
    reason(
        "R1",
        Effect::Contradict,
        quantity,
        Some(found),
        Message::new(
            format!("数值不符：此处写“{claim}”，来源{}写“{source}”。", found.sentence.label),
            format!("Another value: “{claim}” here, “{source}” in {}.", found.sentence.label),
        ),
    )
}

/// R1, in no source.
fn absent(quantity: &Quantity, nearest: Option<&Match<'_>>, sure: bool) -> Reason {
    let claim = quantity.surface.trim();
    let effect = if sure { Effect::Unsupport } else { Effect::Flag };
    let mut found = reason(
        "R1",
        effect,
        quantity,
        None,
        Message::new(format!("“{claim}”在所引来源中找不到。"), format!("“{claim}” stands in no source.")),
    );
    if let Some(nearest) = nearest
        && nearest.sentence.coverage >= ALIGNED
        && let Some(comparison) = &mut found.comparison
    {
        comparison.source = nearest.quantity.normal_form();
        found.evidence = Some(nearest.sentence.at(nearest.quantity.span));
    }
    found
}

/// The same figure with something changed about it: R3, R4, R5, R7, R8, R11.
fn altered(figure: &Figure<'_>, found: &Match<'_>) -> Reason {
    let quantity = figure.quantity;
    match found.relation {
        Relation::Scale(power) => scale(quantity, found, power),
        Relation::Bound(change) => bound::changed(quantity, found, change),
        Relation::Points => points(quantity, found),
        Relation::Sign => sign(quantity, found),
        Relation::Period => time::limit::stretch(quantity, found),
        _ => unit(quantity, found),
    }
}

/// R3: the same digits in another order of magnitude.
fn scale(quantity: &Quantity, found: &Match<'_>, power: i32) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    let factor = format!("10{}", superscript(power.abs()));
    let (zh, en) = if power > 0 { ("大", "larger") } else { ("小", "smaller") };
    reason(
        "R3",
        Effect::Contradict,
        quantity,
        Some(found),
        Message::new(
            format!("数量级不符：“{claim}”比来源{}的“{source}”{zh}{factor}倍。", found.sentence.label),
            format!(
                "Order of magnitude: “{claim}” is {factor} times {en} than “{source}” in {}.",
                found.sentence.label
            ),
        ),
    )
}

fn superscript(power: i32) -> String {
    power.to_string().chars().filter_map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c.to_digit(10)? as usize)).collect()
}

/// R5: per cent against percentage points.
fn points(quantity: &Quantity, found: &Match<'_>) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    reason(
        "R5",
        Effect::Contradict,
        quantity,
        Some(found),
        Message::new(
            format!("百分比与百分点混淆：此处“{claim}”，来源{}为“{source}”。", found.sentence.label),
            format!("Per cent and percentage points: “{claim}” here, “{source}” in {}.", found.sentence.label),
        ),
    )
}

/// R5: the change against the level reached: 增长20% and 增至20%.
fn level(quantity: &Quantity, found: &Match<'_>) -> Option<Reason> {
    let (mine, theirs) = (quantity.change?, found.quantity.change?);
    if mine == theirs || found.sentence.coverage < ALIGNED || quantity.trend != found.quantity.trend {
        return None;
    }
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    let name = |change| match change {
        Change::By => ("变动幅度", "the change"),
        Change::To => ("达到的水平", "the level reached"),
    };
    Some(reason(
        "R5",
        Effect::Contradict,
        quantity,
        Some(found),
        Message::new(
            format!(
                "“{claim}”在此处是{}，来源{}的“{source}”是{}。",
                name(mine).0,
                found.sentence.label,
                name(theirs).0
            ),
            format!(
                "“{claim}” is {} here; “{source}” in {} is {}.",
                name(mine).1,
                found.sentence.label,
                name(theirs).1
            ),
        ),
    ))
}

/// R6, confirmed: the figure follows from others.
fn follows(quantity: &Quantity, sentence: &SourceSentence<'_>, derived: &Derived) -> Reason {
    let (claim, formula) = (quantity.surface.trim(), &derived.formula);
    // A round figure comes out of some pair of numbers by chance: not enough to count as found.
    let digits = quantity.shown.numer().unsigned_abs().to_string().trim_end_matches('0').len();
    Reason {
        code: "R6",
        effect: if digits >= 3 || derived.converted { Effect::Ground } else { Effect::Flag },
        claim_span: Some(quantity.span),
        evidence: Some(sentence.at(derived.span)),
        comparison: Some(Comparison {
            claim: quantity.normal_form(),
            source: formula.clone(),
            relation: "=".to_owned(),
        }),
        message: Message::new(
            format!("“{claim}”可由来源{}推算：{formula}。", sentence.label),
            format!("“{claim}” follows from {}: {formula}.", sentence.label),
        ),
    }
}

/// R6: the claim names both operands and the result, and they do not agree.
fn own_arithmetic(case: &Case<'_>) -> Vec<Reason> {
    let given = &case.claim.quantities;
    given
        .windows(3)
        .filter_map(|triple| {
            let (from, to, share) = operands(case.claim.text, triple)?;
            let (x, y, stated) = (single(from)?, single(to)?, single(share)?);
            let zero = Number::from_integer(0);
            let one = Number::from_integer(1);
            if x <= zero || y <= zero || share.hedge.is_some() || share.bound != crate::text::quantity::Bound::Exact {
                return None;
            }
            let computed = y.checked_div(&x)?.checked_sub(&one)?;
            let computed = if computed < zero { zero - computed } else { computed };
            // Operands are rounded themselves: allow what half a unit of each can move, and half a point of display.
            let ratio = y.checked_div(&x)?;
            let slack = from
                .precision
                .checked_div(&x)?
                .checked_mul(&ratio)?
                .checked_add(&to.precision.checked_div(&x)?)?
                .checked_add(&share.precision)?;
            (!derive::shows_as(computed, stated, slack)).then(|| contradiction(from, to, share, computed))
        })
        .collect()
}

/// "rose from X to Y, Z %": the operands and the stated share, in either order.
fn operands<'q>(text: &str, triple: &'q [Quantity]) -> Option<(&'q Quantity, &'q Quantity, &'q Quantity)> {
    let [a, b, c] = triple else { return None };
    let before = |q: &Quantity| q.role.of(text).unwrap_or_default().trim_end().to_ascii_lowercase();
    let from_to = |x: &Quantity, y: &Quantity| {
        let (head, joint) = (before(x), before(y));
        x.unit == y.unit
            && !matches!(x.unit.kind, Kind::Ratio | Kind::Points)
            && !x.unit.kind.is_time()
            && (["from", "由", "从"].iter().any(|w| head.ends_with(w)))
            && (joint == "to"
                || joint.ends_with(" to")
                || [
                    "增至",
                    "增长至",
                    "增加至",
                    "增加到",
                    "增长到",
                    "升至",
                    "降至",
                    "减至",
                    "下降至",
                    "减少至",
                    "减少到",
                    "上升至",
                    "提高到",
                    "提高至",
                    "到",
                    "至",
                ]
                .iter()
                .any(|w| joint.ends_with(w)))
    };
    let is_growth = |q: &Quantity| {
        q.unit.kind == Kind::Ratio
            && q.change != Some(Change::To)
            && (q.trend.is_some() || ["幅", "up", "down"].iter().any(|w| before(q).contains(w)))
    };
    if from_to(a, b) && is_growth(c) {
        Some((a, b, c))
    } else if from_to(b, c) && is_growth(a) {
        Some((b, c, a))
    } else {
        None
    }
}

fn single(q: &Quantity) -> Option<Number> {
    match q.value {
        Value::Exact(value) => Some(value),
        Value::Range { .. } => None,
    }
}

fn contradiction(from: &Quantity, to: &Quantity, share: &Quantity, computed: Number) -> Reason {
    let tenths = (computed * Number::from_integer(1000)).round();
    let percent = format!("{}.{}%", tenths.to_integer() / 10, tenths.to_integer() % 10);
    let (a, b, stated) = (from.surface.trim(), to.surface.trim(), share.surface.trim());
    Reason {
        code: "R6",
        effect: Effect::Contradict,
        claim_span: Some(share.span),
        evidence: None,
        comparison: Some(Comparison {
            claim: share.normal_form(),
            source: format!("|{b} − {a}| ÷ {a} = {percent}"),
            relation: "≠".to_owned(),
        }),
        message: Message::new(
            format!("算术不符：由“{a}”到“{b}”变动{percent}，而非“{stated}”。"),
            format!("Arithmetic: from “{a}” to “{b}” is {percent}, not “{stated}”."),
        ),
    }
}

/// R7: another unit, another currency, a divisor or a unit left out.
fn unit(quantity: &Quantity, found: &Match<'_>) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    let label = found.sentence.label;
    let sure = !may_be_one_currency(quantity, found.quantity);
    let (effect, zh, en) = match found.relation {
        Relation::Currency => (
            if sure { Effect::Contradict } else { Effect::Flag },
            format!("币种不符：此处“{claim}”，来源{label}为“{source}”。"),
            format!("Currency: “{claim}” here, “{source}” in {label}."),
        ),
        Relation::Unit => (
            Effect::Contradict,
            format!("计量单位不符：此处“{claim}”，来源{label}为“{source}”。"),
            format!("Unit: “{claim}” here, “{source}” in {label}."),
        ),
        Relation::PerMissing => (
            Effect::Flag,
            format!("单位的分母有一方缺失：此处“{claim}”，来源{label}为“{source}”。"),
            format!("A divisor is missing on one side: “{claim}” here, “{source}” in {label}."),
        ),
        _ => (
            Effect::Flag,
            format!("来源{label}的“{source}”未写明单位，无法确认“{claim}”。"),
            format!("“{source}” in {label} tells no unit to hold “{claim}” against."),
        ),
    };
    reason("R7", effect, quantity, Some(found), Message::new(zh, en))
}

/// `$` is written for every dollar and `¥` for yuan and yen: the country is left to the reader.
fn may_be_one_currency(a: &Quantity, b: &Quantity) -> bool {
    const DOLLARS: [&str; 7] = ["USD", "HKD", "TWD", "AUD", "CAD", "SGD", "MOP"];
    let (Kind::Money(x), Kind::Money(y)) = (a.unit.kind, b.unit.kind) else { return false };
    let vague = |q: &Quantity, sign: char| !q.currency_sure && q.surface.contains(sign);
    let dollars = DOLLARS.contains(&x.0) && DOLLARS.contains(&y.0);
    let yens = [x.0, y.0].iter().all(|c| matches!(*c, "CNY" | "JPY"));
    (dollars && (vague(a, '$') || vague(b, '$'))) || (yens && (vague(a, '¥') || vague(b, '¥')))
}

/// R8: profit for loss, rise for fall, a minus sign lost.
fn sign(quantity: &Quantity, found: &Match<'_>) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    // A loss is told by a word or by a sign, a gain by a word.
    let zero = Number::from_integer(0);
    let loses = |q: &Quantity| q.value.low() < zero || q.trend.is_some_and(Trend::is_negative);
    let gains = |q: &Quantity| q.value.low() >= zero && q.trend.is_some_and(|trend| !trend.is_negative());
    let told = loses(quantity) && gains(found.quantity) || gains(quantity) && loses(found.quantity);
    reason(
        "R8",
        if told { Effect::Contradict } else { Effect::Flag },
        quantity,
        Some(found),
        Message::new(
            format!("方向相反：此处“{claim}”与来源{}的“{source}”正负或增减相反。", found.sentence.label),
            format!("Opposite direction: “{claim}” here, “{source}” in {}.", found.sentence.label),
        ),
    )
}

#[cfg(test)]
mod tests;
