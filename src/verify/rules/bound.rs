//! R4: a bound dropped, added, loosened or turned around.
//!
//! 以上, 以下, 以内, 届满 include the number; 不满, 超过, 以外 do not (Civil Code of the PRC, art. 1259).
//! Reached through the one pass over figures in `quantity`, which finds the figure that the bound belongs to.

use super::{
    Rule,
    quantity::figure::{Match, reason},
};
use crate::{
    domain::{
        document::Domain,
        text::Message,
        verdict::{Effect, Reason},
    },
    text::quantity::{Bound, BoundChange, Quantity},
};

/// Findings come out of the pass over figures; there is nothing beside it.
pub const RULES: &[Rule] = &[];

/// The finding about a figure that stands in a source under another bound.
pub(super) fn changed(quantity: &Quantity, found: &Match<'_>, change: BoundChange) -> Reason {
    let label = found.sentence.label;
    let (claim, source) = (told(quantity), told(found.quantity));
    let (effect, zh, en) = match change {
        BoundChange::Reversed => (
            Effect::Contradict,
            format!("上下限颠倒：此处“{claim}”，来源{label}为“{source}”。"),
            format!("The bound is reversed: “{claim}” here, “{source}” in {label}."),
        ),
        BoundChange::Inclusion => (
            // A statute that says 超过 leaves the number itself out; in prose the two are used loosely.
            if found.sentence.meta.domain == Domain::Legal && both_bounded(quantity, found.quantity) {
                Effect::Contradict
            } else {
                Effect::Flag
            },
            format!("是否包含本数不一致：此处“{claim}”，来源{label}为“{source}”。"),
            format!("Whether the number itself is included differs: “{claim}” here, “{source}” in {label}."),
        ),
        BoundChange::Dropped => (
            Effect::Flag,
            format!("限度被省略：此处“{claim}”，来源{label}为“{source}”。"),
            format!("A bound was dropped: “{claim}” here, “{source}” in {label}."),
        ),
        BoundChange::Added => (
            Effect::Flag,
            format!("添加了限度：此处“{claim}”，来源{label}为“{source}”。"),
            format!("A bound was added: “{claim}” here, “{source}” in {label}."),
        ),
    };
    reason("R4", effect, quantity, Some(found), Message::new(zh, en))
}

fn both_bounded(a: &Quantity, b: &Quantity) -> bool {
    a.bound != Bound::Exact && b.bound != Bound::Exact
}

/// The figure with its bound, as a reader would write it.
fn told(quantity: &Quantity) -> String {
    format!("{}{}", quantity.bound.sign(), quantity.surface.trim())
}
