//! R11: time limits, their unit of time and the event that starts them.

use super::around_text;
use crate::{
    domain::{
        text::Message,
        verdict::{Effect, Reason},
    },
    text::quantity::{Quantity, Relation},
    verify::{
        case::Case,
        rules::quantity::figure::{Match, reason},
    },
};

/// R11: the same stretch in days, working days or months. Reached through the pass over figures.
pub(in crate::verify::rules) fn stretch(quantity: &Quantity, found: &Match<'_>) -> Reason {
    let (claim, source) = (quantity.surface.trim(), found.quantity.surface.trim());
    let label = found.sentence.label;
    // 30日 for 一个月 is near; 三十日 for 三十个工作日 is another time limit.
    let effect = if quantity.shown == found.quantity.shown { Effect::Contradict } else { Effect::Flag };
    reason(
        "R11",
        effect,
        quantity,
        Some(found),
        Message::new(
            format!("期间单位不符：此处“{claim}”，来源{label}为“{source}”，两者不可换算。"),
            format!("Unit of time: “{claim}” here, “{source}” in {label}; the two do not convert."),
        ),
    )
}

const START_ZH: &[&str] = &["之日起", "之日", "之次日起"];
const START_EN: &[&str] = &[
    "from the date",
    "after the date",
    "of the date",
    "from receipt",
    "after receipt",
    "of receipt",
    "following receipt",
    "after becoming aware",
    "after having become aware",
    "of becoming aware",
];

/// R11: the source counts the time limit from an event that the claim leaves out.
pub(super) fn start_event(case: &Case<'_>) -> Vec<Reason> {
    let claim = case.claim.text.to_lowercase();
    if START_ZH.iter().chain(START_EN).any(|w| claim.contains(w)) || (claim.contains('自') && claim.contains('起')) {
        return Vec::new();
    }
    case.claim
        .quantities
        .iter()
        .filter(|q| q.unit.kind.is_time() && q.bound.is_upper())
        .filter_map(|quantity| {
            let (sentence, theirs) = case.aligned().into_iter().find_map(|sentence| {
                sentence.unit.quantities.iter().find(|s| quantity.relation(s) == Relation::Same).map(|s| (sentence, s))
            })?;
            let window = around_text(sentence.unit.text, theirs.span);
            let start = START_ZH
                .iter()
                .find(|w| window.0.contains(**w))
                .or_else(|| START_EN.iter().find(|w| window.1.contains(**w)))?;
            // A claim that names the event in other words ("收到通知后") tells it.
            let names_event =
                ["后", "以后", "after", "once", "upon", "when", "following", "since"].iter().any(|w| claim.contains(w));
            if names_event {
                return None;
            }
            let found = Match { sentence, quantity: theirs, relation: Relation::Same, role: None, unique: false };
            let claim = quantity.surface.trim();
            Some(reason(
                "R11",
                Effect::Flag,
                quantity,
                Some(&found),
                Message::new(
                    format!("期限“{claim}”缺少起算点：来源{}写明“{start}”。", sentence.label),
                    format!("The time limit “{claim}” lacks its start: {} says “{start}”.", sentence.label),
                ),
            ))
        })
        .collect()
}
