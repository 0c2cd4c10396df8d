//! R16: may, must and must not are three things. R17: a possibility is not a fact, a correlation not a cause.

use super::{
    Rule,
    clause::{self, Match, Tokens},
};
use crate::{
    domain::{
        document::Domain,
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::logic::{ConditionClass, Cue, DeonticClass, Logic, Strength},
    verify::case::{Case, SourceSentence},
};

pub const RULES: &[Rule] = &[
    Rule {
        code: "R16",
        title: "obligation, permission and prohibition; a duty where a source advises (R17)",
        check: deontic,
    },
    Rule { code: "R17", title: "strength of an assertion", check: strength },
];

/// The modal words in `span`.
fn modals(logic: &Logic, span: Span) -> Vec<&Cue<DeonticClass>> {
    logic.deontics.iter().filter(|cue| span.contains(cue.span)).collect()
}

/// Only a modal word that governs the same act speaks of the same right or duty.
fn of_the_act<'m>(m: &'m Match<'_, '_>, act: &str) -> Vec<&'m Cue<DeonticClass>> {
    let unit = &m.source.unit;
    let governs = |cue: &&Cue<DeonticClass>| Tokens::of(unit.text, cue.scope, unit.lang, &[]).holds(act);
    modals(&unit.logic, m.span).into_iter().filter(governs).collect()
}

fn deontic(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = in_another_language(case).into_iter().collect();
    for clause in &case.claim.logic.clauses {
        // One modal word is one assertion; two cannot be paired with those of a source without a parser.
        let claimed = modals(&case.claim.logic, *clause);
        let [claimed] = claimed.as_slice() else { continue };
        let Some(act) = clause::head(&case.claim, claimed.scope) else { continue };
        let stretches = clause::matches(case, *clause, 0.7, clause::operators);
        let matches: Vec<(&Match<'_, '_>, Vec<&Cue<DeonticClass>>)> =
            stretches.iter().map(|m| (m, of_the_act(m, &act))).filter(|(_, cues)| !cues.is_empty()).collect();
        if let Some(advice) = only_advised(claimed, &matches) {
            reasons.push(beyond_advice(case, claimed, advice));
            continue;
        }
        let agrees = |cues: &[&Cue<DeonticClass>]| cues.iter().any(|cue| !cue.class.conflicts(claimed.class));
        if matches.is_empty() {
            reasons.extend(of_another_word(case, *clause, claimed));
            continue;
        }
        if matches.iter().any(|(_, cues)| agrees(cues)) {
            continue;
        }
        let Some((best, cues)) = matches.first() else { continue };
        let Some(other) = cues.first() else { continue };
        // "Nothing in this agreement shall grant": a denial before the modal word turns it round.
        let denied = |logic: &Logic, cue: &Cue<DeonticClass>| {
            let clause = logic.clauses.iter().find(|clause| clause.contains(cue.span)).copied().unwrap_or_default();
            logic.negations.iter().any(|n| clause.contains(n.span) && n.span.start() < cue.span.start())
        };
        if denied(&best.source.unit.logic, other) || denied(&case.claim.logic, claimed) {
            continue;
        }
        if licensed(claimed.class, other, best) {
            continue;
        }
        let effect =
            if best.forward >= 0.8 && best.back >= 0.5 && cues.len() == 1 { Effect::Contradict } else { Effect::Flag };
        reasons.push(modal_reason(case, claimed, (best.source, other), effect));
    }
    reasons
}

/// Across languages acts cannot be told by their words: where claim and sentence share figures and have one modal word
/// each, of other classes, a person has to look.
fn in_another_language(case: &Case<'_>) -> Option<Reason> {
    let [claimed] = case.claim.logic.deontics.as_slice() else { return None };
    let foreign = |source: &&SourceSentence<'_>| source.unit.lang != case.claim.lang;
    let aligned: Vec<_> = case.aligned().into_iter().filter(foreign).collect();
    let conflicts = aligned.iter().map(|source| match source.unit.logic.deontics.as_slice() {
        [other] if other.class.conflicts(claimed.class) => Some((*source, other)),
        _ => None,
    });
    let (source, other) = *conflicts.collect::<Option<Vec<_>>>()?.first()?;
    Some(modal_reason(case, claimed, (source, other), Effect::Flag))
}

/// The only modal word of what covers most of the clause is of another class: the act may be the same in another word,
/// which a person has to see.
fn of_another_word(case: &Case<'_>, clause: Span, claimed: &Cue<DeonticClass>) -> Option<Reason> {
    let stretches = clause::matches(case, clause, 0.5, clause::operators);
    let cues: Vec<(&Match<'_, '_>, &Cue<DeonticClass>)> = stretches
        .iter()
        .flat_map(|m| modals(&m.source.unit.logic, m.span).into_iter().map(move |cue| (m, cue)))
        .collect();
    let (best, other) = cues.first()?;
    let all_conflict = cues.iter().all(|(_, cue)| cue.class.conflicts(claimed.class));
    (all_conflict && !licensed(claimed.class, other, best))
        .then(|| modal_reason(case, claimed, (best.source, other), Effect::Flag))
}

/// A recommendation of the same act, where no source makes it a duty. "Should" stands for "must" in guidelines.
fn only_advised<'m, 'c>(
    claimed: &Cue<DeonticClass>,
    matches: &[(&'m Match<'c, 'c>, Vec<&'m Cue<DeonticClass>>)],
) -> Option<(&'m Match<'c, 'c>, &'m Cue<DeonticClass>)> {
    let is_advice = |m: &Match<'_, '_>, cue: &Cue<DeonticClass>| {
        let word = cue.span.of(m.source.unit.text).unwrap_or_default().to_lowercase();
        cue.class == DeonticClass::Recommendation && !["should", "ought to", "宜", "最好"].contains(&word.as_str())
    };
    let advised = matches.iter().all(|(m, cues)| cues.iter().all(|cue| is_advice(m, cue)));
    let &(best, ref cues) = matches.first()?;
    (claimed.class == DeonticClass::Obligation && advised).then_some((best, *cues.first()?))
}

/// R17: a duty where the source only recommends.
fn beyond_advice(
    case: &Case<'_>,
    claimed: &Cue<DeonticClass>,
    (source, advice): (&Match<'_, '_>, &Cue<DeonticClass>),
) -> Reason {
    let ours = claimed.span.of(case.claim.text).unwrap_or_default();
    let theirs = advice.span.of(source.source.unit.text).unwrap_or_default();
    Reason {
        code: "R17",
        effect: Effect::Flag,
        claim_span: Some(claimed.span),
        evidence: Some(source.source.at(advice.span)),
        comparison: Some(Comparison { claim: ours.to_owned(), source: theirs.to_owned(), relation: ">".to_owned() }),
        message: Message::new(
            format!("断言写“{ours}”，来源只是“{theirs}”：建议不等于义务。"),
            format!("The claim says “{ours}”, the source only “{theirs}”: a recommendation is no duty."),
        ),
    }
}

/// R16: what the claim and the source make of one act.
fn modal_reason(
    case: &Case<'_>,
    claimed: &Cue<DeonticClass>,
    (source, other): (&SourceSentence<'_>, &Cue<DeonticClass>),
    effect: Effect,
) -> Reason {
    let ours = claimed.span.of(case.claim.text).unwrap_or_default();
    let theirs = other.span.of(source.unit.text).unwrap_or_default();
    Reason {
        code: "R16",
        effect,
        claim_span: Some(claimed.span),
        evidence: Some(source.at(other.span)),
        comparison: Some(Comparison { claim: ours.to_owned(), source: theirs.to_owned(), relation: "≠".to_owned() }),
        message: Message::new(
            format!(
                "断言写“{ours}”（{}），来源写“{theirs}”（{}），二者效力不同。",
                claimed.class.zh(),
                other.class.zh()
            ),
            format!(
                "The claim says “{ours}” ({}), the source says “{theirs}” ({}).",
                claimed.class.en(),
                other.class.en()
            ),
        ),
    }
}

/// 不得…除非, "shall not … unless" and 未经同意不得 let a claim say what must be done first, or what may then be done.
fn licensed(claimed: DeonticClass, source: &Cue<DeonticClass>, at: &Match<'_, '_>) -> bool {
    let logic = &at.source.unit.logic;
    let exception =
        |cue: &Cue<ConditionClass>| cue.class == ConditionClass::Exception || cue.span.start() < source.span.start();
    source.class == DeonticClass::Prohibition
        && claimed != DeonticClass::Prohibition
        && (logic.conditions.iter().any(exception)
            || logic.negations.iter().any(|cue| cue.span.start() < source.span.start()))
}

fn strength(case: &Case<'_>) -> Vec<Reason> {
    let logic = &case.claim.logic;
    // The strongest word of a hedged claim is not what it asserts.
    if logic.epistemics.iter().any(|cue| cue.class == Strength::Possible) {
        return Vec::new();
    }
    let Some(claimed) = logic.epistemics.iter().filter(|cue| cue.class >= Strength::Causes).max_by_key(|cue| cue.class)
    else {
        return Vec::new();
    };
    let aligned: Vec<_> = case.aligned().into_iter().filter(|s| s.coverage >= 0.6).collect();
    let as_strong = |logic: &Logic| {
        let hedged = logic.epistemics.iter().any(|cue| cue.class == Strength::Possible);
        !hedged && (logic.epistemics.is_empty() || logic.epistemics.iter().any(|cue| cue.class >= claimed.class))
    };
    if aligned.is_empty() || aligned.iter().any(|source| as_strong(&source.unit.logic)) {
        return Vec::new();
    }
    let source = aligned[0];
    let Some(weaker) = source.unit.logic.epistemics.iter().min_by_key(|cue| cue.class) else { return Vec::new() };
    let only_associated = weaker.class == Strength::Associated && claimed.class == Strength::Causes;
    // In medicine a correlation told as a cause is the error itself; elsewhere it may be loose wording.
    let effect = if only_associated && source.meta.domain == Domain::Medical && source.coverage >= 0.8 {
        Effect::Contradict
    } else {
        Effect::Flag
    };
    let (ours, theirs) =
        (claimed.span.of(case.claim.text).unwrap_or_default(), weaker.span.of(source.unit.text).unwrap_or_default());
    vec![Reason {
        code: "R17",
        effect,
        claim_span: Some(claimed.span),
        evidence: Some(source.at(weaker.span)),
        comparison: Some(Comparison { claim: ours.to_owned(), source: theirs.to_owned(), relation: ">".to_owned() }),
        message: Message::new(
            format!("断言写“{ours}”，来源只写“{theirs}”，断言强于来源。"),
            format!("The claim says “{ours}”, the source only “{theirs}”: the claim is stronger than its source."),
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::{effect, table};

    #[test]
    fn r16_in_chinese() {
        table(
            &RULES[0],
            &[
                ("借款人可以按照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
                ("用人单位应当解除劳动合同", "劳动者有下列情形之一的，用人单位可以解除劳动合同。"),
                ("经营者可以强制交易", "经营者不得强制交易。"),
                ("出租人不得解除合同", "承租人未按约定支付租金的，出租人可以解除合同。"),
                ("个人信息处理者无需取得个人单独同意", "处理敏感个人信息的，个人信息处理者应当取得个人单独同意。"),
                ("上市公司必须在年度报告中披露该事项", "上市公司可以在年度报告中披露该事项。"),
                ("高血压患者必须启动降压药物治疗", "高血压患者推荐启动降压药物治疗。"),
                ("所有患者应当接种流感疫苗", "所有患者建议接种流感疫苗。"),
            ],
            &[
                ("借款人应当按照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
                ("借款人必须按照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
                ("承租人有权请求减少租金", "承租人可以请求减少租金。"),
                ("经营者禁止强制交易", "经营者不得强制交易。"),
                ("处理敏感个人信息应当取得单独同意", "未取得单独同意，不得处理敏感个人信息。"),
                ("高血压患者推荐启动降压药物治疗", "高血压患者推荐启动降压药物治疗。"),
                ("出租人应当履行租赁物的维修义务", "承租人可以转租租赁物。"),
                ("债权人可以请求债务人履行债务", "债务人应当履行债务，债权人可以请求债务人履行债务。"),
            ],
        );
        assert_eq!(
            effect(&RULES[0], "经营者可以强制交易", "经营者不得强制交易。"),
            Some(Effect::Contradict),
            "the same words with another modal are a contradiction"
        );
    }

    #[test]
    fn r16_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "The controller may notify the supervisory authority of the breach.",
                    "The controller shall notify the supervisory authority of the breach.",
                ),
                (
                    "The receiving party may disclose confidential information to third parties.",
                    "The receiving party shall not disclose confidential information to third parties.",
                ),
                (
                    "A creditor must request information about a spouse.",
                    "A creditor may request information about a spouse.",
                ),
                (
                    "The bank is not required to provide a written disclosure to the consumer.",
                    "The bank must provide a written disclosure to the consumer.",
                ),
                (
                    "Patients must receive anticoagulation therapy.",
                    "Patients are recommended to receive anticoagulation therapy.",
                ),
                (
                    "Members shall not vote by proxy at the annual meeting.",
                    "Members may vote by proxy at the annual meeting.",
                ),
                (
                    "The processor is permitted to engage another processor without authorisation.",
                    "The processor shall not engage another processor without authorisation.",
                ),
            ],
            &[
                (
                    "The controller must notify the supervisory authority.",
                    "The controller shall notify the supervisory authority.",
                ),
                (
                    "The recipient must not disclose the information.",
                    "The recipient shall not disclose the information.",
                ),
                (
                    "The recipient may not disclose the information.",
                    "The recipient shall not disclose the information.",
                ),
                (
                    "Aspirin may cause stomach bleeding.",
                    "Aspirin must be taken with food; it may cause stomach bleeding.",
                ),
                ("The lender is entitled to request information.", "The lender may request information."),
                (
                    "The processor must obtain authorisation before engaging another processor.",
                    "The processor shall not engage another processor unless it has obtained authorisation.",
                ),
                ("Patients must receive anticoagulation therapy.", "Patients should receive anticoagulation therapy."),
                ("The controller shall notify the authority.", "The processor may keep records of processing."),
            ],
        );
    }

    #[test]
    fn r17_in_both_languages() {
        table(
            &RULES[1],
            &[
                ("长期饮酒导致肝癌发病率上升", "长期饮酒与肝癌发病率上升相关。"),
                ("该药导致严重肝损伤", "该药可能导致严重肝损伤。"),
                ("研究证明该药降低死亡率", "研究提示该药降低死亡率。"),
                ("Smoking causes the disease in adults.", "Smoking is associated with the disease in adults."),
                ("The drug causes severe liver injury.", "The drug may cause severe liver injury."),
                (
                    "The study proves that the treatment reduces mortality.",
                    "The study suggests that the treatment reduces mortality.",
                ),
            ],
            &[
                ("长期饮酒导致肝癌", "长期饮酒导致肝癌。"),
                ("该药可能导致肝损伤", "该药可能导致肝损伤。"),
                ("该药可能导致肝损伤", "该药导致肝损伤。"),
                ("长期饮酒与肝癌相关", "长期饮酒导致肝癌。"),
                ("Smoking causes the disease.", "Smoking causes the disease."),
                ("The drug may cause liver injury.", "The drug may cause liver injury."),
                ("The drug is associated with liver injury.", "The drug causes liver injury."),
            ],
        );
    }
}
