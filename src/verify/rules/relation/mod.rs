//! R34: the sides of a relation changed round. B takes precedence over A where the source says that A does so over B: the
//! words are the same, and so is their sum for a model that compares meanings by words.

mod sides;

use std::{cmp::Ordering, collections::BTreeSet};

use sides::{Related, related, words};

use super::Rule;
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::Quantity,
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

pub const RULES: &[Rule] = &[Rule { code: "R34", title: "the sides of a relation changed round", check: relations }];

/// How far sides overlap that are the same, and such as are not, 0 to 1.
const SAME_SIDE: f32 = 0.6;
const OTHER_SIDE: f32 = 0.34;

/// How the claim's relation stands to one of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Same,
    Changed,
    Other,
}

fn told(ours: &Related, theirs: &Related) -> Told {
    if ours.kind.0 != theirs.kind.0 {
        return Told::Other;
    }
    // Of the shorter side: what is compared may be told on either (实验组死亡率高于对照组).
    let overlap = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.intersection(b).count() as f32 / a.len().min(b.len()).max(1) as f32
    };
    let as_told = overlap(&ours.first, &theirs.first).min(overlap(&ours.second, &theirs.second));
    let turned = overlap(&ours.first, &theirs.second).min(overlap(&ours.second, &theirs.first));
    let same_end = ours.kind.1 == theirs.kind.1;
    if as_told >= SAME_SIDE && turned <= OTHER_SIDE && same_end {
        Told::Same
    } else if turned >= SAME_SIDE && as_told <= OTHER_SIDE {
        if same_end { Told::Changed } else { Told::Same }
    } else {
        Told::Other
    }
}

/// Whether a stretch of the source tells a relation of the claim's clause from its other end: 甲高于乙, 乙低于甲.
pub(super) fn says_the_same(claim: &Unit<'_>, clause: Span, source: &Unit<'_>, stretch: Span) -> bool {
    let theirs = related(source);
    related(claim).iter().filter(|our| clause.contains(our.span)).any(|our| {
        theirs.iter().filter(|their| stretch.contains(their.span)).any(|their| told(our, their) == Told::Same)
    })
}

fn relations(case: &Case<'_>) -> Vec<Reason> {
    related(&case.claim).iter().filter_map(|our| changed_round(case, our)).collect()
}

fn changed_round(case: &Case<'_>, our: &Related) -> Option<Reason> {
    let denied = case.claim.logic.denials(our.span) % 2;
    let mut changed = None;
    for source in case.sources.iter().filter(|s| s.unit.lang == case.claim.lang && s.coverage >= ALIGNED) {
        for their in related(&source.unit) {
            let same_denial = source.unit.logic.denials(their.span) % 2 == denied;
            match told(our, &their) {
                Told::Same if same_denial => return None,
                Told::Changed if same_denial => changed = changed.or(Some((source, their.span))),
                _ => {}
            }
        }
    }
    let Some((source, span)) = changed else {
        // 无 in 无进展生存期 denies nothing; what denies a Chinese relation stands right before it.
        let asserts = denied == 0 || case.claim.lang == Lang::Zh;
        return case.sources.iter().filter(|_| asserts).find_map(|source| against_figures(case, our, source));
    };
    let words = |span: Span, text: &str| span.of(text).unwrap_or_default().to_owned();
    let (claim, there) = (words(our.span, case.claim.text), words(span, source.unit.text));
    Some(Reason {
        code: "R34",
        effect: Effect::Contradict,
        claim_span: Some(our.span),
        evidence: Some(source.at(span)),
        message: Message::new(
            format!("双方颠倒：断言写“{claim}”，来源{}写“{there}”。", source.label),
            format!("The sides are changed round: the claim says “{claim}”, {} says “{there}”.", source.label),
        ),
        comparison: Some(Comparison { claim, source: there, relation: "⇄".to_owned() }),
    })
}

/// Relations between amounts, of which figures tell the order.
const OF_AMOUNTS: [&str; 4] = ["height", "size", "number", "length"];

/// 对照组长于试验组, where the sentence gives 试验组 11.2个月 and 对照组 7.4个月.
fn against_figures(case: &Case<'_>, our: &Related, source: &SourceSentence<'_>) -> Option<Reason> {
    let unit = &source.unit;
    if !OF_AMOUNTS.contains(&our.kind.0) || unit.lang != case.claim.lang || source.coverage < ALIGNED {
        return None;
    }
    // Every two figures that follow each other, with the words that name what either is of.
    let pair = unit.quantities.windows(2).enumerate().find_map(|(at, pair)| {
        let [a, b] = pair else { return None };
        let start = if at == 0 { 0 } else { unit.quantities[at - 1].span.end() };
        let end = unit.quantities.get(at + 2).map_or(unit.text.len(), |next| next.span.start());
        let between = unit.text.get(a.span.end()..b.span.start())?;
        let is_behind =
            ["in ", "for ", "with ", "among ", "of ", "on "].iter().any(|word| between.trim_start().starts_with(word));
        let named = |text: &str| words(&text.to_lowercase(), unit.lang);
        let (of_a, of_b) = if is_behind {
            (named(between), named(unit.text.get(b.span.end()..end)?))
        } else {
            (named(unit.text.get(start..a.span.start())?), named(between))
        };
        let share =
            |side: &BTreeSet<String>, of: &BTreeSet<String>| side.intersection(of).count() as f32 / side.len() as f32;
        let (first, second) = (&our.first, &our.second);
        let is_second = |of: &BTreeSet<String>| share(second, of) >= SAME_SIDE;
        let names_first = |of: &BTreeSet<String>, other: &BTreeSet<String>| {
            first.iter().any(|word| of.contains(word) && !other.contains(word)) && share(second, of) <= OTHER_SIDE
        };
        let order = if is_second(&of_b) && names_first(&of_a, &of_b) {
            (a, b)
        } else if is_second(&of_a) && names_first(&of_b, &of_a) {
            (b, a)
        } else {
            return None;
        };
        // By how much something changed is no level to compare: 发行1100亿元，比上年减少300亿元.
        let is_level =
            |q: &Quantity| !q.bound.is_lower() && !q.bound.is_upper() && q.change.is_none() && q.trend.is_none();
        (a.unit == b.unit && is_level(a) && is_level(b)).then_some(order)
    })?;
    let (first, second) = pair;
    let (one, other) = (first.value.low(), second.value.low());
    let holds = if our.kind.1 { one > other } else { one < other };
    if holds || unit.quantities.iter().filter(|q| q.unit == first.unit).count() != 2 {
        return None;
    }
    let told = |q: &Quantity| q.surface.trim().to_owned();
    let sign = match one.cmp(&other) {
        Ordering::Greater => ">",
        Ordering::Less => "<",
        Ordering::Equal => "=",
    };
    let claim = our.span.of(case.claim.text).unwrap_or_default().to_owned();
    let there = format!("{} {sign} {}", told(first), told(second));
    Some(Reason {
        code: "R34",
        effect: Effect::Contradict,
        claim_span: Some(our.span),
        evidence: Some(source.at(first.span.cover(second.span))),
        message: Message::new(
            format!("断言写“{claim}”，来源{}的数字是{there}。", source.label),
            format!("The claim says “{claim}”; the figures of {} are {there}.", source.label),
        ),
        comparison: Some(Comparison { claim, source: there, relation: "≠".to_owned() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::{
        comparison,
        support::{effect, table},
    };

    #[test]
    fn r34_in_chinese() {
        table(
            &RULES[0],
            &[
                ("法定继承优先于遗嘱继承。", "遗嘱继承优先于法定继承。"),
                ("对照组死亡率高于实验组。", "实验组死亡率高于对照组。"),
                ("乙公司收购甲公司全部股权。", "2023年，甲公司收购乙公司全部股权。"),
                ("对照组的死亡率比实验组高。", "实验组的死亡率比对照组高。"),
                ("中远集团向海通公司支付货款。", "海通公司向中远集团支付货款。"),
                ("海通公司被中远集团收购。", "海通公司收购中远集团。"),
                ("对照组的中位无进展生存期长于试验组。", "试验组中位无进展生存期为11.2个月，对照组为7.4个月。"),
                ("一般债权优先于担保物权。", "担保物权优先于一般债权。"),
            ],
            &[
                ("遗嘱继承优先于法定继承。", "遗嘱继承优先于法定继承。"),
                ("对照组死亡率低于实验组。", "实验组死亡率高于对照组。"),
                ("乙公司被甲公司收购。", "甲公司收购乙公司全部股权。"),
                ("年利率高于百分之五。", "年利率高于百分之五。"),
                ("今年拟发行的国债比上年少了。", "今年拟发行国债1100亿元，比上年减少300亿元。"),
                ("海通公司向中远集团支付货款。", "海通公司向中远集团支付货款。"),
                ("实验组的死亡率比对照组高。", "实验组死亡率高于对照组。"),
                ("试验组的中位无进展生存期长于对照组。", "试验组中位无进展生存期为11.2个月，对照组为7.4个月。"),
                ("对照组死亡率不高于实验组。", "实验组死亡率高于对照组。"),
            ],
        );
        assert_eq!(effect(&RULES[0], "法定继承优先于遗嘱继承。", "遗嘱继承优先于法定继承。"), Some(Effect::Contradict));
    }

    #[test]
    fn r34_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "The Schedule prevails over this Agreement.",
                    "In case of conflict, this Agreement prevails over the Schedule.",
                ),
                (
                    "Mortality was higher in the placebo arm than in the treatment arm.",
                    "Mortality was higher in the treatment arm than in the placebo arm.",
                ),
                ("Northwind acquired Contoso in 2021.", "Contoso acquired Northwind in 2021."),
                (
                    "Mortality was lower in the placebo arm than in the treatment arm.",
                    "Mortality was 4.1% in the treatment arm and 6.3% in the placebo arm.",
                ),
                ("Contoso was acquired by Northwind.", "Contoso acquired Northwind in 2021."),
                ("Aspirin outperformed clopidogrel.", "Clopidogrel outperformed aspirin in this trial."),
                ("Revenue in Asia exceeded revenue in Europe.", "Revenue in Europe exceeded revenue in Asia."),
            ],
            &[
                (
                    "This Agreement prevails over the Schedule.",
                    "In case of conflict, this Agreement prevails over the Schedule.",
                ),
                (
                    "Mortality was lower in the placebo arm than in the treatment arm.",
                    "Mortality was higher in the treatment arm than in the placebo arm.",
                ),
                ("Northwind was acquired by Contoso.", "Contoso acquired Northwind in 2021."),
                ("Revenue was higher than 5 million.", "Revenue was higher than 5 million."),
                ("Aspirin was inferior to clopidogrel.", "Clopidogrel outperformed aspirin in this trial."),
                (
                    "Mortality was lower in the treatment arm than in the placebo arm.",
                    "Mortality was 4.1% in the treatment arm and 6.3% in the placebo arm.",
                ),
                ("Costs exceeded the budget.", "Revenue exceeded costs."),
            ],
        );
    }

    #[test]
    fn a_relation_told_from_its_other_end_is_no_other_direction() {
        for (claim, source) in [
            ("对照组死亡率低于实验组。", "实验组死亡率高于对照组。"),
            (
                "Mortality was lower in the placebo arm than in the treatment arm.",
                "Mortality was higher in the treatment arm than in the placebo arm.",
            ),
        ] {
            assert_eq!(effect(&comparison::RULES[0], claim, source), None, "{claim}");
        }
    }
}
