//! R18: the same words with one "not" more or less.

use super::{
    Rule,
    clause::{self, Match, Tokens},
    comparison::opposites,
};
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::logic::{DeonticClass, Logic},
    verify::case::{Case, Unit},
};

pub const RULES: &[Rule] = &[Rule { code: "R18", title: "negation", check: negation }];

fn negation(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for clause in &case.claim.logic.clauses {
        let matches = clause::matches(case, *clause, 0.7, clause::operators);
        let denied = case.claim.logic.denials(*clause);
        let agrees = |m: &Match<'_, '_>| {
            let logic = &m.source.unit.logic;
            // A modal difference is R16's to report; a turned opposite (不增加, 减少) says the same thing.
            logic.denials(m.span) % 2 == denied % 2
                || modal(&case.claim.logic, *clause) && modal(logic, m.span) && !same_modal(case, *clause, m)
                || !opposites(&case.claim, *clause, &m.source.unit, m.span).is_empty()
        };
        let Some(best) = matches.first() else { continue };
        if matches.iter().any(agrees) {
            continue;
        }
        // What is denied on one side must be spoken of on the other: "has no women, and approved the merger".
        let unit = &best.source.unit;
        let spoken_of = if denied > 0 {
            denies(&case.claim, *clause, unit, best.span)
        } else {
            denies(unit, best.span, &case.claim, *clause)
        };
        if !spoken_of {
            continue;
        }
        let one = denied + unit.logic.denials(best.span) == 1;
        let real = !clause::is_irreal(case.claim.text, case.claim.lang) && !clause::is_irreal(unit.text, unit.lang);
        let ours = operator(&case.claim, *clause);
        let theirs = operator(unit, best.span);
        let quoted = ours.is_some_and(|at| clause::is_quoted(case.claim.text, at))
            || theirs.is_some_and(|at| clause::is_quoted(unit.text, at));
        // A claim that denies a part of what a longer source says is wrong; a source that denies something beside
        // what the claim says is not.
        let back = match (denied, case.claim.lang) {
            (0, _) => 0.6,
            (_, Lang::En) => 0.2,
            (_, Lang::Zh) => 0.45,
        };
        // What is asked for is lacking, and what was made now was not there before.
        let other_time = clause::is_aim(unit.text, best.span, unit.lang)
            || clause::is_former(case.claim.text, *clause, case.claim.lang)
                != clause::is_former(unit.text, best.span, unit.lang);
        let certain = one && real && !quoted && !other_time && best.forward >= 0.85 && best.back >= back;
        let words = |found: Option<Span>, text: &str| found.and_then(|s| s.of(text)).unwrap_or("").to_owned();
        let (claim, source) = (words(ours, case.claim.text), words(theirs, best.source.unit.text));
        let message = if claim.is_empty() {
            Message::new(
                format!("来源写“{source}”，断言没有这一否定。"),
                format!("The source says “{source}”; the claim leaves the negation out."),
            )
        } else {
            Message::new(
                format!("断言写“{claim}”，来源没有这一否定。"),
                format!("The claim says “{claim}”; the source holds no such negation."),
            )
        };
        reasons.push(Reason {
            code: "R18",
            effect: if certain { Effect::Contradict } else { Effect::Flag },
            claim_span: Some(ours.unwrap_or(*clause)),
            evidence: Some(best.source.at(theirs.unwrap_or(best.span))),
            comparison: Some(Comparison { claim, source, relation: "≠".to_owned() }),
            message,
        });
    }
    reasons
}

/// Whether the word that `unit` denies in `within` stands in `place` of `other`.
fn denies(unit: &Unit<'_>, within: Span, other: &Unit<'_>, place: Span) -> bool {
    let tokens = Tokens::of(other.text, place, other.lang, &[]);
    denials(&unit.logic, within).any(|(_, scope)| clause::head(unit, scope).is_some_and(|head| tokens.holds(&head)))
}

/// The words in `within` that deny, with what they govern.
fn denials(logic: &Logic, within: Span) -> impl Iterator<Item = (Span, Span)> {
    let negations = logic.negations.iter().map(|cue| (cue.span, cue.scope));
    let deontics = logic.deontics.iter();
    let deontics = deontics.filter(|cue| matches!(cue.class, DeonticClass::Prohibition | DeonticClass::Exemption));
    negations.chain(deontics.map(|cue| (cue.span, cue.scope))).filter(move |(span, _)| within.contains(*span))
}

/// Whether both have a modal word of one class, and one of them denies it: 推荐, 不推荐.
fn same_modal(case: &Case<'_>, clause: Span, m: &Match<'_, '_>) -> bool {
    let (claim, source) = (&case.claim.logic, &m.source.unit.logic);
    let plain = |logic: &Logic, within: Span| logic.negations.iter().filter(|n| within.contains(n.span)).count();
    let classes = |logic: &Logic, within: Span| -> Vec<DeonticClass> {
        logic.deontics.iter().filter(|cue| within.contains(cue.span)).map(|cue| cue.class).collect()
    };
    classes(claim, clause) == classes(source, m.span) && plain(claim, clause) != plain(source, m.span)
}

fn modal(logic: &Logic, within: Span) -> bool {
    logic.deontics.iter().any(|cue| within.contains(cue.span))
}

/// The first word in `within` that denies.
fn operator(unit: &Unit<'_>, within: Span) -> Option<Span> {
    denials(&unit.logic, within).map(|(span, _)| span).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::{effect, table};

    #[test]
    fn r18_in_chinese() {
        table(
            &RULES[0],
            &[
                ("公司在报告期内发生重大诉讼事项", "公司在报告期内未发生重大诉讼事项。"),
                ("公司在报告期内没有发生重大诉讼事项", "公司在报告期内发生重大诉讼事项。"),
                ("诉讼时效期间不适用于该请求权", "诉讼时效期间适用于该请求权。"),
                ("指南推荐三联方案作为一线治疗", "指南不推荐三联方案作为一线治疗。"),
                ("该患者有药物过敏史并使用青霉素", "该患者没有药物过敏史并使用青霉素。"),
                ("承租人对租赁物的毁损承担赔偿责任", "承租人对租赁物的毁损不承担赔偿责任。"),
                ("本法适用于中华人民共和国境外的组织", "本法不适用于中华人民共和国境外的组织。"),
            ],
            &[
                ("公司在报告期内未发生重大诉讼事项", "公司在报告期内未发生重大诉讼事项。"),
                ("公司报告期内没有重大诉讼事项", "公司在报告期内无重大诉讼事项。"),
                ("未经登记，不发生效力", "经依法登记，发生效力；未经登记，不发生效力，但是法律另有规定的除外。"),
                ("协议或判决不妨碍子女提出要求", "关于抚养费的协议或者判决，不妨碍子女提出要求。"),
                ("不动产物权的设立应当登记", "不动产物权的设立应当登记。"),
                ("公司不仅从事生产而且从事销售业务", "公司从事生产和销售业务。"),
                ("他不得不承认借款的事实", "他承认借款的事实。"),
                ("患者体温升高", "患者未出现咳嗽，体温升高。"),
                ("未成年人的父母是其监护人", "父母是未成年子女的监护人。"),
            ],
        );
        assert_eq!(
            effect(&RULES[0], "公司在报告期内发生重大诉讼事项", "公司在报告期内未发生重大诉讼事项。"),
            Some(Effect::Contradict)
        );
    }

    #[test]
    fn r18_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "The company paid dividends on common stock in 2023.",
                    "The company did not pay dividends on common stock in 2023.",
                ),
                (
                    "The company has never paid dividends on its common stock.",
                    "The company has paid dividends on its common stock.",
                ),
                (
                    "Metformin was effective without insulin therapy in adults.",
                    "Metformin was effective with insulin therapy in adults.",
                ),
                (
                    "The regulation does not apply to household activities.",
                    "The regulation applies to household activities.",
                ),
                (
                    "Vaccination increased the risk of autism in children.",
                    "Vaccination did not increase the risk of autism in children.",
                ),
                (
                    "The auditor found no material weakness in controls.",
                    "The auditor found a material weakness in controls.",
                ),
            ],
            &[
                ("The company did not pay dividends in 2023.", "The company did not pay dividends in 2023."),
                ("The company has not paid dividends.", "The company has never paid dividends."),
                (
                    "The notice must arrive no later than 72 hours after the breach.",
                    "The notice must arrive within 72 hours after the breach.",
                ),
                ("Information includes, but is not limited to, trade secrets.", "Information includes trade secrets."),
                ("Not only adults but also children may take it.", "Adults and children may take it."),
                ("The patient had a fever.", "The patient did not cough, and had a fever."),
                ("The board approved the merger.", "The board has no women, and approved the merger."),
            ],
        );
    }
}
