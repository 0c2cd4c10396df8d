//! R20: up for down, above for below. R8 in words: profit for loss.

use super::{Rule, clause, relation};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::logic::Direction,
    verify::case::{Case, Unit},
};

pub const RULES: &[Rule] = &[Rule { code: "R20", title: "direction of a comparison or change", check: direction }];

/// Words of the claim's clause whose opposite stands in the source's stretch, while they themselves do not.
pub(super) fn opposites<'d>(
    claim: &'d Unit<'_>,
    clause: Span,
    source: &'d Unit<'_>,
    stretch: Span,
) -> Vec<(&'d Direction, &'d Direction)> {
    let ours: Vec<&Direction> = claim.logic.directions.iter().filter(|d| clause.contains(d.span)).collect();
    let theirs: Vec<&Direction> = source.logic.directions.iter().filter(|d| stretch.contains(d.span)).collect();
    let mut found: Vec<(&Direction, &Direction)> = Vec::new();
    for our in &ours {
        let same_axis = |d: &&&Direction| d.axis == our.axis;
        // Both poles on one side: which of them the claim means cannot be told from words.
        if ours.iter().filter(same_axis).any(|d| d.pole != our.pole)
            || theirs.iter().filter(same_axis).any(|d| d.pole == our.pole)
            || found.iter().any(|(known, _)| known.span == our.span)
        {
            continue;
        }
        if let Some(their) = theirs.iter().find(same_axis) {
            // The same pole of another axis may stand in the source as the same word: 上调 is up and is "activate".
            let word = our.span.of(claim.text);
            if theirs.iter().all(|d| d.span.of(source.text) != word) {
                found.push((our, their));
            }
        }
    }
    found
}

fn direction(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for clause in &case.claim.logic.clauses {
        if !case.claim.logic.directions.iter().any(|d| clause.contains(d.span)) {
            continue;
        }
        let matches = clause::matches(case, *clause, 0.65, clause::directions);
        let differs = |m: &clause::Match<'_, '_>| {
            let pairs = opposites(&case.claim, *clause, &m.source.unit, m.span);
            // One opposite and one more "not" cancel out: 不下降, 上升.
            let denials = case.claim.logic.denials(*clause) + m.source.unit.logic.denials(m.span);
            !pairs.is_empty() && (pairs.len() + denials) % 2 == 1
        };
        let Some(best) = matches.first() else { continue };
        if !matches.iter().all(differs) {
            continue;
        }
        let Some((ours, theirs)) = opposites(&case.claim, *clause, &best.source.unit, best.span).into_iter().next()
        else {
            continue;
        };
        // Told from its other end it is the same: 甲高于乙, 乙低于甲.
        if relation::says_the_same(&case.claim, *clause, &best.source.unit, best.span) {
            continue;
        }
        // The same thing must go up here and down there: yields that move lower say nothing of higher claims.
        let near =
            clause::neighbours(&case.claim, ours.span).within(&clause::neighbours(&best.source.unit, theirs.span));
        let certain = best.forward >= 0.75 && best.back >= 0.55 && near > 0.3;
        let claim = ours.span.of(case.claim.text).unwrap_or_default();
        let source = theirs.span.of(best.source.unit.text).unwrap_or_default();
        reasons.push(Reason {
            code: "R20",
            effect: if certain { Effect::Contradict } else { Effect::Flag },
            claim_span: Some(ours.span),
            evidence: Some(best.source.at(theirs.span)),
            comparison: Some(Comparison {
                claim: claim.to_owned(),
                source: source.to_owned(),
                relation: "≠".to_owned(),
            }),
            message: Message::new(
                format!("断言写“{claim}”，来源写“{source}”，方向相反。"),
                format!("The claim says “{claim}”, the source says “{source}”: the opposite."),
            ),
        });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::{effect, table};

    #[test]
    fn r20_in_chinese() {
        table(
            &RULES[0],
            &[
                ("公司本期营业收入同比增长", "公司本期营业收入同比下降。"),
                ("实验组的死亡率高于对照组", "实验组的死亡率低于对照组。"),
                ("患者乙肝表面抗原检测结果为阳性", "患者乙肝表面抗原检测结果为阴性。"),
                ("法院认定该租赁合同无效", "法院认定该租赁合同有效。"),
                ("公司本年度出现净亏损", "公司本年度实现净利润。"),
                ("董事会批准了该重组方案", "董事会否决了该重组方案。"),
            ],
            &[
                ("公司本期营业收入同比增长", "公司本期营业收入同比增长。"),
                ("公司本期营业收入同比上升", "公司本期营业收入同比增长。"),
                ("公司营业收入没有下降而是增长", "公司营业收入增长。"),
                ("营业成本下降", "营业收入增长，营业成本下降。"),
                ("本期收入不下降反而上升", "本期收入上升。"),
                ("不动产的转让应当登记", "不动产的转让应当登记。"),
                ("年利率不低于百分之五", "年利率高于百分之五。"),
            ],
        );
        assert_eq!(
            effect(&RULES[0], "实验组的死亡率高于对照组", "实验组的死亡率低于对照组。"),
            Some(Effect::Contradict)
        );
    }

    #[test]
    fn r20_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "Net revenue increased compared with the prior year.",
                    "Net revenue decreased compared with the prior year.",
                ),
                ("Mortality was higher in the treatment group.", "Mortality was lower in the treatment group."),
                (
                    "The board rejected the proposed merger agreement.",
                    "The board approved the proposed merger agreement.",
                ),
                ("The test result for hepatitis was negative.", "The test result for hepatitis was positive."),
                ("The company reported a profit for the quarter.", "The company reported a loss for the quarter."),
                ("The protein inhibits tumour growth in mice.", "The protein promotes tumour growth in mice."),
            ],
            &[
                (
                    "Net revenue increased compared with the prior year.",
                    "Net revenue grew compared with the prior year.",
                ),
                (
                    "Mortality was lower in the treatment group.",
                    "Mortality was lower in the treatment group and higher in the control group.",
                ),
                ("Costs did not decrease in the year.", "Costs increased in the year."),
                ("Costs decreased in the year.", "Revenue increased, while costs decreased in the year."),
                ("The drug was approved in May.", "The drug was approved in May."),
                ("Patients with acute pain received care.", "Chronic conditions are treated elsewhere."),
            ],
        );
    }
}
