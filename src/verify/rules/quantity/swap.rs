//! R2: the right figure of the wrong thing, of another year, another name or another group.

use super::{
    figure::{self, Match, reason},
    role,
};
use crate::{
    domain::{
        text::Message,
        verdict::{Effect, Reason},
    },
    text::{
        date::{DateMention, DateRelation},
        quantity::{Kind, Quantity, Relation},
    },
    verify::{
        case::{ALIGNED, Case},
        rules::entity,
    },
};

/// Share of the words for what a claim's figure measures that another item of the same list may hold, and that its own
/// item must hold.
const OTHER_ITEM: f32 = 0.8;
const WHOLE: f32 = 0.99;

/// How a figure stands to the time that the claim gives it.
pub enum Timed {
    /// The sentence does not bind its figures to dates, or the claim tells none.
    Untold,
    Right,
    /// R2: it is the figure of another time.
    Other(Box<Reason>),
}

/// "21 % in 2023 versus 19 % in 2022" has a figure for either year.
pub fn timed(case: &Case<'_>, quantity: &Quantity, found: &Match<'_>) -> Timed {
    let [mine] = case.claim.dates.as_slice() else { return Timed::Untold };
    let unit = &found.sentence.unit;
    let turns = figure::by_turns(unit, quantity.unit.kind);
    let is_told =
        |theirs: &DateMention| matches!(mine.when.against(theirs.when), DateRelation::Same | DateRelation::Within);
    let Some((_, theirs)) = turns.iter().find(|(figure, _)| figure.span == found.quantity.span) else {
        return Timed::Untold;
    };
    if is_told(theirs) {
        return Timed::Right;
    }
    let other = turns.iter().find(|(figure, at)| is_told(at) && !quantity.relation(figure).is_grounded());
    let (DateRelation::Different, Some((right, _))) = (mine.when.against(theirs.when), other) else {
        return Timed::Untold;
    };
    let (claim, other, label) = (quantity.surface.trim(), right.surface.trim(), found.sentence.label);
    let told = mine.span.of(case.claim.text).unwrap_or_default();
    let at = theirs.span.of(unit.text).unwrap_or_default();
    let swapped = Match { quantity: right, relation: quantity.relation(right), ..found.clone() };
    Timed::Other(Box::new(reason(
        "R2",
        Effect::Contradict,
        quantity,
        Some(&swapped),
        Message::new(
            format!("时间张冠李戴：来源{label}中“{claim}”属于“{at}”，“{told}”为“{other}”。"),
            format!("Swapped: in {label} “{claim}” is of “{at}”; “{told}” has “{other}”."),
        ),
    )))
}

/// R2: the figure stands in the sentence, but beside another name than in the claim.
pub fn swapped(case: &Case<'_>, quantity: &Quantity, found: &Match<'_>) -> Option<Reason> {
    if found.sentence.coverage < ALIGNED || figure::is_countable(quantity) || found.relation != Relation::Same {
        return None;
    }
    if let Some(reason) = of_all(case, quantity, found) {
        return Some(reason);
    }
    let own = figure::subject(case, quantity);
    let sentence = found.sentence;
    let text = sentence.unit.text;
    // "A and B were 10 and 20, respectively" binds by position, which terms cannot see.
    if figure::RESPECTIVELY.iter().any(|w| text.contains(w) || case.claim.text.contains(w)) {
        return None;
    }
    let theirs = role::of(found.quantity, text);
    let here = role::overlap(&own, &theirs)?;
    // Items of one list share most of their words (发明专利权的期限, 外观设计专利权的期限): one that names something that the
    // claim does not, and lacks something that the claim names, is another item.
    let is_other_item = here <= OTHER_ITEM && !theirs.is_subset(&own);
    if here > 0.2 && !is_other_item {
        return None;
    }
    let rival = sentence
        .unit
        .quantities
        .iter()
        .filter(|q| {
            q.span != found.quantity.span && q.unit.kind == quantity.unit.kind && !quantity.relation(q).is_grounded()
        })
        .filter_map(|q| role::overlap(&own, &role::of(q, text)).map(|r| (r, q)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(r, _)| *r >= if here > 0.2 { WHOLE } else { 0.6 })?;
    let (claim, other) = (quantity.surface.trim(), rival.1.surface.trim());
    let swapped = Match { quantity: rival.1, relation: quantity.relation(rival.1), ..found.clone() };
    let effect = if here == 0.0 && own.len() >= 2 { Effect::Contradict } else { Effect::Flag };
    Some(reason(
        "R2",
        effect,
        quantity,
        Some(&swapped),
        Message::new(
            format!("数值张冠李戴：来源{}中“{claim}”属于别项，此项为“{other}”。", sentence.label),
            format!("Swapped: in {} “{claim}” belongs to something else; here it says “{other}”.", sentence.label),
        ),
    ))
}

/// R2: the figure of all told as that of one group, whose own stands beside its name: 纳入1,204例，分为试验组（602例）和对照组.
fn of_all(case: &Case<'_>, quantity: &Quantity, found: &Match<'_>) -> Option<Reason> {
    let unit = &found.sentence.unit;
    let lower = unit.text.to_lowercase();
    // Lower case may have other lengths outside ASCII.
    if lower.len() != unit.text.len() {
        return None;
    }
    let same_kind = |q: &&Quantity| {
        let counts = matches!((q.unit.kind, quantity.unit.kind), (Kind::Count(_), Kind::Count(_)));
        (counts || q.unit.kind == quantity.unit.kind) && q.span != found.quantity.span
    };
    let beside = |group: &str| {
        unit.quantities.iter().filter(same_kind).find(|q| {
            let before = lower[..q.span.start()].trim_end_matches(['（', '(', ' ', '=', 'n']);
            [" group", " arm", ""]
                .iter()
                .any(|kind| before.strip_suffix(kind).is_some_and(|name| name.ends_with(group)))
        })
    };
    let groups = entity::parties_named(&case.claim).into_iter().filter_map(|span| span.of(case.claim.text));
    let mut told = groups.map(str::to_lowercase).filter_map(|group| Some((beside(&group)?, group)));
    let (own, group) = told.next()?;
    if told.any(|(_, other)| other != group) {
        return None;
    }
    let clause = unit.logic.clauses.iter().find(|clause| clause.contains(found.quantity.span))?;
    if quantity.relation(own).is_grounded() || lower[clause.start()..found.quantity.span.end()].contains(&group) {
        return None;
    }
    let (claim, other, label) = (quantity.surface.trim(), own.surface.trim(), found.sentence.label);
    let swapped = Match { quantity: own, relation: quantity.relation(own), ..found.clone() };
    Some(reason(
        "R2",
        Effect::Contradict,
        quantity,
        Some(&swapped),
        Message::new(
            format!("数值张冠李戴：来源{label}中“{group}”为“{other}”，“{claim}”不是这一组的。"),
            format!("Swapped: in {label} “{group}” has “{other}”; “{claim}” is not of this group."),
        ),
    ))
}
