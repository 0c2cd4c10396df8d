//! R19: all is not some, and only is more than some. R21: "and" is not "or", one of them not all of them.

use super::{
    Rule,
    clause::{self, Match, Tokens},
};
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::logic::{ConnectiveClass, Cue, QuantifierClass},
    verify::case::{Case, Unit},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R19", title: "quantifier", check: quantifier },
    Rule { code: "R21", title: "and, or", check: connective },
];

/// Words of "all" whose sense depends on more than themselves.
const LOOSE: &str = "any both whole always 任何 都 各 一律 始终 总是 凡";

/// Quantifiers, and what else R19 looks at itself.
fn apart(unit: &Unit<'_>, within: Span) -> Vec<Span> {
    let quantifiers = unit.logic.quantifiers.iter().map(|cue| cue.span).filter(|span| within.contains(*span));
    unit.logic.operators(within).into_iter().chain(quantifiers).collect()
}

fn in_span<'u>(unit: &'u Unit<'_>, within: Span) -> Vec<&'u Cue<QuantifierClass>> {
    unit.logic.quantifiers.iter().filter(|cue| within.contains(cue.span)).collect()
}

fn quantifier(case: &Case<'_>) -> Vec<Reason> {
    use QuantifierClass::{All, Most, Only, Some as Few};
    let mut reasons = Vec::new();
    for clause in &case.claim.logic.clauses {
        let claimed = in_span(&case.claim, *clause);
        let [claimed] = claimed.as_slice() else { continue };
        let word = claimed.span.of(case.claim.text).unwrap_or_default();
        let stretches = clause::matches(case, *clause, 0.75, apart);
        let Some(best) = stretches.first() else { continue };
        let unit = &best.source.unit;
        let agrees = |m: &Match<'_, '_>| in_span(&m.source.unit, m.span).iter().any(|cue| cue.class == claimed.class);
        if stretches.iter().any(agrees) {
            continue;
        }
        let theirs = in_span(unit, best.span);
        let (effect, other) = match claimed.class {
            // What all do some do: only the stronger claim is wrong.
            All => {
                let Some(weaker) = theirs.iter().find(|cue| matches!(cue.class, Few | Most)) else { continue };
                let same = clause::head(&case.claim, claimed.scope)
                    .is_some_and(|head| Tokens::of(unit.text, weaker.scope, unit.lang, &[]).holds(&head));
                let loose = LOOSE.split(' ').any(|loose| loose.eq_ignore_ascii_case(word));
                let denied = case.claim.logic.denials(*clause) + unit.logic.denials(best.span) > 0;
                let certain = same && !loose && !denied && best.forward >= 0.8 && best.back >= 0.6;
                (if certain { Effect::Contradict } else { Effect::Flag }, Some(*weaker))
            }
            Only if best.back >= 0.5 => (Effect::Flag, None),
            Most | Few | Only => continue,
        };
        let source = other.and_then(|cue| cue.span.of(unit.text)).unwrap_or("").to_owned();
        let message = if source.is_empty() {
            Message::new(
                format!("断言写“{word}”，来源没有这一限定。"),
                format!("The claim says “{word}”; the source does not say that nothing else is meant."),
            )
        } else {
            Message::new(
                format!("断言写“{word}”，来源只写“{source}”。"),
                format!("The claim says “{word}”, the source only “{source}”."),
            )
        };
        reasons.push(Reason {
            code: "R19",
            effect,
            claim_span: Some(claimed.span),
            evidence: Some(best.source.at(other.map_or(best.span, |cue| cue.span))),
            comparison: Some(Comparison { claim: word.to_owned(), source, relation: "≠".to_owned() }),
            message,
        });
    }
    reasons
}

/// The words on both sides of a connective: two characters each in Chinese, one word each in English.
fn sides(unit: &Unit<'_>, at: Span) -> Option<(String, String)> {
    let before = unit.text.get(..at.start())?;
    let after = unit.text.get(at.end()..)?;
    if unit.lang == Lang::Zh {
        let mut left: Vec<char> = before.chars().rev().take(2).collect();
        left.reverse();
        let right: Vec<char> = after.chars().take(2).collect();
        let whole = left.len() == 2 && right.len() == 2 && left.iter().chain(&right).all(|c| c.is_alphanumeric());
        return whole.then(|| (left.into_iter().collect(), right.into_iter().collect()));
    }
    let word = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let left = word(before.split_whitespace().next_back()?);
    let mut following = after.split_whitespace().map(word).filter(|w| !["the", "a", "an"].contains(&w.as_str()));
    let right = following.next()?;
    (left.len() > 2 && right.len() > 2).then_some((left, right))
}

fn connective(case: &Case<'_>) -> Vec<Reason> {
    let claim = &case.claim;
    let mut reasons = Vec::new();
    for cue in &claim.logic.connectives {
        let word = cue.span.of(claim.text).unwrap_or_default();
        let Some(ours) = sides(claim, cue.span) else { continue };
        let mut other: Option<(&crate::verify::case::SourceSentence<'_>, Span)> = None;
        let mut agreed = false;
        for source in case.aligned().into_iter().filter(|s| s.coverage >= 0.6 && s.unit.lang == claim.lang) {
            for theirs in &source.unit.logic.connectives {
                if sides(&source.unit, theirs.span).as_ref() != Some(&ours) {
                    continue;
                }
                if theirs.class == cue.class {
                    agreed = true;
                } else if other.is_none() {
                    other = Some((source, theirs.span));
                }
            }
        }
        let Some((source, at)) = other.filter(|_| !agreed) else { continue };
        // Under a denial or a permission the two often mean the same: 不得甲或乙, may A and B.
        let operators = |unit: &Unit<'_>| !unit.logic.negations.is_empty() || !unit.logic.deontics.is_empty();
        let certain = source.coverage >= 0.85 && !operators(claim) && !operators(&source.unit);
        let theirs = at.of(source.unit.text).unwrap_or_default();
        let (zh, en) = match cue.class {
            ConnectiveClass::And => ("须同时满足", "both"),
            ConnectiveClass::Or => ("其一即可", "either"),
        };
        reasons.push(Reason {
            code: "R21",
            effect: if certain { Effect::Contradict } else { Effect::Flag },
            claim_span: Some(cue.span),
            evidence: Some(source.at(at)),
            comparison: Some(Comparison {
                claim: word.to_owned(),
                source: theirs.to_owned(),
                relation: "≠".to_owned(),
            }),
            message: Message::new(
                format!("断言写“{word}”（{zh}），来源写“{theirs}”。"),
                format!("The claim says “{word}” ({en}), the source says “{theirs}”."),
            ),
        });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    #[test]
    fn r19_in_chinese() {
        table(
            &RULES[0],
            &[
                ("全部股东参加了本次股东大会", "部分股东参加了本次股东大会。"),
                ("所有患者出现了不良反应", "少数患者出现了不良反应。"),
                ("公司所有产品通过了质量认证", "公司部分产品通过了质量认证。"),
                ("一切费用由承租人承担", "部分费用由承租人承担。"),
                ("仅董事会有权决定对外投资", "董事会有权决定对外投资。"),
                ("所有子公司实现盈利", "多数子公司实现盈利。"),
            ],
            &[
                ("所有股东参加了股东大会", "全体股东参加了股东大会。"),
                ("部分股东参加了股东大会", "全部股东参加了股东大会。"),
                ("少数患者出现不良反应", "少数患者出现不良反应。"),
                ("仅董事会有权决定对外投资", "只有董事会有权决定对外投资。"),
                ("公司实现盈利", "公司部分产品实现盈利。"),
                ("所有股东参加了股东大会", "公司召开了股东大会。"),
            ],
        );
    }

    #[test]
    fn r19_in_english() {
        table(
            &RULES[0],
            &[
                ("All patients developed a rash after treatment.", "Some patients developed a rash after treatment."),
                ("Every subsidiary reported higher revenue.", "Several subsidiary companies reported higher revenue."),
                (
                    "All of the shareholders approved the merger plan.",
                    "Most of the shareholders approved the merger plan.",
                ),
                ("Only the board can approve foreign investments.", "The board can approve foreign investments."),
                (
                    "All employees received stock options this year.",
                    "Certain employees received stock options this year.",
                ),
                ("Each segment recorded an operating profit.", "Most segments recorded an operating profit."),
            ],
            &[
                ("Some patients developed a rash.", "All patients developed a rash."),
                ("All patients developed a rash.", "Every patient developed a rash."),
                ("Some patients developed a rash.", "Some patients developed a rash."),
                ("Only the board can approve investments.", "Investments can be approved only by the board."),
                ("The drug at all doses was safe.", "The drug was safe in some trials."),
                ("All employees received options.", "The company granted a few licences in Asia."),
            ],
        );
    }

    #[test]
    fn r21_in_both_languages() {
        table(
            &RULES[1],
            &[
                ("申请人提交身份证明和户口簿", "申请人提交身份证明或户口簿。"),
                ("患者出现发热或咳嗽症状", "患者出现发热和咳嗽症状。"),
                ("由董事会或股东会决定", "由董事会和股东会决定。"),
                ("Applicants submit a passport and a licence.", "Applicants submit a passport or a licence."),
                ("The patient had fever or cough at admission.", "The patient had fever and cough at admission."),
                ("The fee is paid by lender or borrower.", "The fee is paid by lender and borrower."),
            ],
            &[
                ("申请人提交身份证明和户口簿", "申请人提交身份证明以及户口簿。"),
                ("患者出现发热或咳嗽症状", "患者出现发热或者咳嗽症状。"),
                ("中华人民共和国公民和法人", "中华人民共和国公民和法人。"),
                ("Applicants submit a passport and a licence.", "Applicants submit a passport and a licence."),
                ("The patient had fever and/or cough.", "The patient had fever or cough."),
                ("Profit and loss were reported.", "A licence or permit is required."),
            ],
        );
    }
}
