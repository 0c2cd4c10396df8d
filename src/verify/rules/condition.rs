//! R14: a rule told without its proviso. R15: the rule asserted of the very case that it excepts. R22: cause and effect
//! changed round.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Rule,
    clause::{self, Match, Tokens},
};
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::logic::{ConditionClass, Cue, Logic, Strength},
    verify::case::{Case, Unit},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R15", title: "the excepted case", check: inversion },
    Rule { code: "R14", title: "dropped condition or exception", check: dropped },
    Rule { code: "R22", title: "order of cause and effect", check: causality },
];

/// Cues weak in everyday prose: their loss says nothing.
const WEAK: &str = "but however although though when where whenever upon until even 但 但是 然而 如 时 情况下";

fn binds(cue: &str) -> bool {
    !WEAK.split(' ').any(|weak| weak.eq_ignore_ascii_case(cue))
}

fn has_condition(logic: &Logic) -> bool {
    !logic.conditions.is_empty()
}

/// A condition or exception of the source that the claim does not speak of.
fn bound<'m>(m: &'m Match<'_, '_>, claimed: &Tokens) -> Option<&'m Cue<ConditionClass>> {
    let unit = &m.source.unit;
    unit.logic.conditions.iter().find(|cue| {
        let word = cue.span.of(unit.text).unwrap_or_default();
        let inside = unit.logic.clauses.iter().find(|c| c.contains(cue.span)).copied().unwrap_or(cue.span);
        let condition = Tokens::of(unit.text, inside, unit.lang, &[cue.span]);
        // The condition itself must be missing, not only its "if".
        let bare = m.span.contains(cue.span) && inside == m.span;
        binds(word) && !bare && condition.len() >= 2 && condition.within(claimed) < 0.4
    })
}

fn dropped(case: &Case<'_>) -> Vec<Reason> {
    if has_condition(&case.claim.logic) {
        return Vec::new();
    }
    let whole = Span::new(0, case.claim.text.len());
    let claimed = Tokens::of(case.claim.text, whole, case.claim.lang, &[]);
    for clause in &case.claim.logic.clauses {
        let matches = clause::matches(case, *clause, 0.75, clause::operators);
        let Some(best) = matches.first() else { continue };
        // Where one source says it without a condition the claim may do so too.
        if best.back < 0.5 || matches.iter().any(|m| bound(m, &claimed).is_none()) {
            continue;
        }
        let Some(cue) = bound(best, &claimed) else { continue };
        let unit = &best.source.unit;
        let word = cue.span.of(unit.text).unwrap_or_default();
        let inside = unit.logic.clauses.iter().find(|c| c.contains(cue.span)).copied().unwrap_or(cue.span);
        let condition: String = inside.of(unit.text).unwrap_or_default().chars().take(60).collect();
        return vec![Reason {
            code: "R14",
            effect: Effect::Flag,
            claim_span: Some(*clause),
            evidence: Some(best.source.at(inside)),
            comparison: Some(Comparison {
                claim: String::new(),
                source: condition.clone(),
                relation: "absent".to_owned(),
            }),
            message: Message::new(
                format!("来源附有“{word}”的条件或例外（{condition}），断言没有写出。"),
                format!("The source binds this with “{word}” ({condition}); the claim leaves it out."),
            ),
        }];
    }
    Vec::new()
}

static EXCEPTED: LazyLock<[(Lang, Regex); 3]> = LazyLock::new(|| {
    [
        (Lang::Zh, r"(?P<main>[^，。；]{4,}?)，?但(?:是)?，?(?P<case>[^，。；]{2,30}?)的?除外"),
        (Lang::Zh, r"除(?P<case>[^，。；]{2,30}?)(?:以外|之外|外)，(?P<main>[^。；]{4,})"),
        (
            Lang::En,
            r"(?i)(?P<main>[^.;]{12,}?),?\s+(?:unless|except (?:for|when|where|if|in the case of|that)|except)\s+(?P<case>[^.;,]{4,80})",
        ),
    ]
    .map(|(lang, pattern)| (lang, Regex::new(pattern).expect("a constant pattern")))
});

fn inversion(case: &Case<'_>) -> Vec<Reason> {
    let claim = &case.claim;
    // "Even if" repeats the case in order to deny the exception; any other marker may be the exception itself.
    let stated = claim.logic.conditions.iter().any(|cue| {
        let word = cue.span.of(claim.text).unwrap_or_default();
        cue.class == ConditionClass::Exception && !word.starts_with("另有")
    }) || ["除外", "以外", "之外"].iter().any(|word| claim.text.contains(word));
    if stated {
        return Vec::new();
    }
    let all = Tokens::of(claim.text, Span::new(0, claim.text.len()), claim.lang, &[]);
    for source in case.aligned() {
        let unit = &source.unit;
        if unit.lang != claim.lang || unit.text.len() > 4_000 {
            continue;
        }
        for (_, pattern) in EXCEPTED.iter().filter(|(lang, _)| *lang == unit.lang) {
            let Some(found) = pattern.captures(unit.text) else { continue };
            let (Some(main), Some(excepted)) = (found.name("main"), found.name("case")) else { continue };
            let span = |m: regex::Match<'_>| Span::new(m.start(), m.end());
            let rule = Tokens::of(unit.text, span(main), unit.lang, &[]);
            let case_words = Tokens::of(unit.text, span(excepted), unit.lang, &[]);
            let both = Tokens::of(unit.text, span(main).cover(span(excepted)), unit.lang, &[]);
            // The claim must be made of the rule and the excepted case, and of nothing else.
            let inverted = case_words.len() >= 2
                && case_words.within(&all) >= 0.75
                && rule.within(&all) >= 0.6
                && all.within(&both) >= 0.75
                && claim.logic.denials(Span::new(0, claim.text.len())) % 2 == unit.logic.denials(span(main)) % 2;
            if inverted {
                let words = excepted.as_str().trim();
                return vec![Reason {
                    code: "R15",
                    effect: Effect::Contradict,
                    claim_span: Some(Span::new(0, claim.text.len())),
                    evidence: Some(source.at(span(excepted))),
                    comparison: Some(Comparison {
                        claim: String::new(),
                        source: words.to_owned(),
                        relation: "≠".to_owned(),
                    }),
                    message: Message::new(
                        format!("来源把“{words}”列为例外，断言却对这一情形适用了一般规则。"),
                        format!("The source excepts “{words}”; the claim applies the rule to this very case."),
                    ),
                }];
            }
        }
    }
    Vec::new()
}

/// Cause and effect of a sentence, where one connective tells them apart.
fn cause_and_effect(unit: &Unit<'_>) -> Option<(Span, Span)> {
    static ZH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:因为|由于|因)(?P<a>[^，。；]{2,40})，(?:所以|因此|故|从而|导致)?(?P<b>[^。；]{2,60})")
            .expect("a constant pattern")
    });
    static EN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?P<b>[^.;]{8,}?),?\s+(?:because of|because|due to|owing to)\s+(?P<a>[^.;]{4,})")
            .expect("a constant pattern")
    });
    let pattern = if unit.lang == Lang::Zh { &ZH } else { &EN };
    if let Some(found) = pattern.captures(unit.text) {
        let span = |name: &str| found.name(name).map(|m| Span::new(m.start(), m.end()));
        return Some((span("a")?, span("b")?));
    }
    // A verb of causing between two noun phrases of one clause.
    let causes = unit.logic.epistemics.iter().filter(|cue| cue.class == Strength::Causes).collect::<Vec<_>>();
    let [verb] = causes.as_slice() else { return None };
    let clause = unit.logic.clauses.iter().find(|clause| clause.contains(verb.span))?;
    let passive = unit.text.get(..verb.span.start())?.trim_end().ends_with(['被', '由'])
        || unit.text.get(verb.span.end()..)?.trim_start().starts_with("by ");
    let (before, after) = (Span::new(clause.start(), verb.span.start()), Span::new(verb.span.end(), clause.end()));
    Some(if passive { (after, before) } else { (before, after) })
}

fn causality(case: &Case<'_>) -> Vec<Reason> {
    let claim = &case.claim;
    let Some((our_why, our_what)) = cause_and_effect(claim) else { return Vec::new() };
    let tokens = |unit: &Unit<'_>, span| Tokens::of(unit.text, span, unit.lang, &[]);
    let (our_cause, our_effect) = (tokens(claim, our_why), tokens(claim, our_what));
    if our_cause.is_empty() || our_effect.is_empty() {
        return Vec::new();
    }
    for source in case.aligned() {
        let unit = &source.unit;
        if unit.lang != claim.lang {
            continue;
        }
        let Some((their_cause, their_effect)) = cause_and_effect(unit) else { continue };
        let (their_cause_words, their_effect_words) = (tokens(unit, their_cause), tokens(unit, their_effect));
        let crossed = our_cause.within(&their_effect_words).min(our_effect.within(&their_cause_words));
        let straight = our_cause.within(&their_cause_words).max(our_effect.within(&their_effect_words));
        if crossed >= 0.7 && straight < 0.4 {
            return vec![Reason {
                code: "R22",
                effect: Effect::Flag,
                claim_span: Some(our_why.cover(our_what)),
                evidence: Some(source.at(their_cause.cover(their_effect))),
                comparison: Some(Comparison {
                    claim: our_why.of(claim.text).unwrap_or_default().trim().to_owned(),
                    source: their_cause.of(unit.text).unwrap_or_default().trim().to_owned(),
                    relation: "≠".to_owned(),
                }),
                message: Message::new(
                    "断言中的原因在来源中是结果，因果颠倒。",
                    "What the claim calls the cause is the effect in the source.",
                ),
            }];
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    #[test]
    fn r14_in_chinese() {
        table(
            &RULES[1],
            &[
                ("用人单位可以解除劳动合同", "劳动者有下列情形之一的，除法律另有规定外，用人单位可以解除劳动合同。"),
                (
                    "自然人的个人信息处理者应当删除个人信息",
                    "如果处理目的已经实现，自然人的个人信息处理者应当删除个人信息。",
                ),
                ("出租人可以解除租赁合同", "未经出租人书面同意承租人转租的，出租人可以解除租赁合同。"),
                ("上市公司不得收购本公司股份", "上市公司不得收购本公司股份，但为减少公司注册资本而回购的情形除外。"),
                ("居住权不得转让和继承", "居住权不得转让和继承，当事人另有约定的从其约定。"),
                ("该药物可以用于儿童患者治疗", "除非医师评估后认为获益大于风险，该药物可以用于儿童患者治疗。"),
            ],
            &[
                (
                    "如果处理目的已经实现，个人信息处理者应当删除个人信息",
                    "如果处理目的已经实现，个人信息处理者应当删除个人信息。",
                ),
                ("借款人应当按照约定返还借款", "借款人应当按照约定返还借款。"),
                ("除法律另有规定外，用人单位可以解除合同", "除法律另有规定外，用人单位可以解除合同。"),
                ("公司营业收入增长", "公司营业收入增长，但利润下降。"),
                ("处理目的已经实现的应当删除个人信息", "如果处理目的已经实现，应当删除个人信息。"),
                ("股东会作出决议", "股东会作出决议。如果董事反对，可以记录。"),
            ],
        );
    }

    #[test]
    fn r14_in_english() {
        table(
            &RULES[1],
            &[
                (
                    "The recipient shall return the confidential documents.",
                    "Unless the discloser agrees otherwise, the recipient shall return the confidential documents.",
                ),
                (
                    "The controller shall notify the supervisory authority.",
                    "The controller shall notify the supervisory authority, unless the breach is unlikely to result in a risk.",
                ),
                (
                    "The lender may disclose the borrower's credit report.",
                    "Subject to the written approval of regulators, the lender may disclose the borrower's credit report.",
                ),
                (
                    "Patients can take the drug with food.",
                    "Patients can take the drug with food, except those with severe kidney disease.",
                ),
                (
                    "The employee receives a yearly bonus payment.",
                    "The employee receives a yearly bonus payment, provided that revenue targets were reached.",
                ),
                (
                    "The company will pay quarterly cash dividends.",
                    "If the board determines sufficient earnings exist, the company will pay quarterly cash dividends.",
                ),
            ],
            &[
                (
                    "Unless the discloser agrees, the recipient shall return the documents.",
                    "Unless the discloser agrees, the recipient shall return the documents.",
                ),
                ("The recipient shall return the documents.", "The recipient shall return the documents."),
                (
                    "Revenue increased in the third quarter.",
                    "Revenue increased in the third quarter, but margins fell.",
                ),
                (
                    "The controller shall keep records.",
                    "The controller shall keep records. If it fails, the authority may act.",
                ),
                (
                    "The drug lowers blood pressure when taken daily.",
                    "The drug lowers blood pressure when taken daily.",
                ),
                (
                    "The lender may charge interest subject to the cap.",
                    "The lender may charge interest subject to the cap set by law.",
                ),
            ],
        );
    }

    #[test]
    fn r15_in_both_languages() {
        table(
            &RULES[0],
            &[
                ("法律另有规定的，公司也不得收购本公司股份", "公司不得收购本公司股份，但法律另有规定的除外。"),
                ("为减少注册资本，公司不得收购本公司股份", "公司不得收购本公司股份，但为减少注册资本的除外。"),
                ("抢救危急患者时，医师必须取得书面同意", "医师必须取得书面同意，但抢救危急患者的除外。"),
                (
                    "The recipient shall not disclose information even with the owner's written consent.",
                    "The recipient shall not disclose information except with the owner's written consent.",
                ),
                (
                    "Where disclosure is required by court order, the recipient must keep the information secret.",
                    "The recipient must keep the information secret except where disclosure is required by court order.",
                ),
                (
                    "Pregnant women should take the vaccine every year.",
                    "Adults and women should take the vaccine every year, except pregnant women.",
                ),
            ],
            &[
                ("公司不得收购本公司股份", "公司不得收购本公司股份，但为减少注册资本的除外。"),
                ("为减少注册资本，公司可以收购本公司股份", "公司不得收购本公司股份，但为减少注册资本的除外。"),
                ("除为减少注册资本外，公司不得收购本公司股份", "公司不得收购本公司股份，但为减少注册资本的除外。"),
                (
                    "The recipient shall not disclose information.",
                    "The recipient shall not disclose information except with the owner's written consent.",
                ),
                (
                    "The recipient may disclose information with the owner's written consent.",
                    "The recipient shall not disclose information except with the owner's written consent.",
                ),
                (
                    "The recipient shall not disclose information except with consent.",
                    "The recipient shall not disclose information except with consent.",
                ),
            ],
        );
    }

    #[test]
    fn r22_in_both_languages() {
        table(
            &RULES[2],
            &[
                ("因为需求下降，价格上涨", "因为价格上涨，需求下降。"),
                ("由于利润减少，公司裁员", "由于公司裁员，利润减少。"),
                ("失眠导致抑郁症状", "抑郁症状导致失眠。"),
                ("Demand fell because prices rose.", "Prices rose because demand fell."),
                ("Insomnia causes depression.", "Depression causes insomnia."),
                ("Inflammation was caused by obesity.", "Obesity was caused by inflammation."),
            ],
            &[
                ("因为价格上涨，需求下降", "因为价格上涨，需求下降。"),
                ("抑郁症状导致失眠", "抑郁症状导致失眠。"),
                ("失眠与抑郁相关", "抑郁症状导致失眠。"),
                ("Demand fell because prices rose.", "Because prices rose, demand fell."),
                ("Depression causes insomnia.", "Insomnia is caused by depression."),
                ("Obesity causes inflammation.", "Inflammation was caused by obesity."),
            ],
        );
    }
}
