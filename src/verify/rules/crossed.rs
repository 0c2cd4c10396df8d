//! R35: the case of one rule with the consequence of another. A statute that tells several cases one after the other has
//! the words of both; put together they are a rule that it does not have.

use super::{
    Rule,
    clause::{self, Tokens},
};
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    verify::{
        case::{Case, SourceSentence, Unit},
        lead,
    },
};

pub const RULES: &[Rule] =
    &[Rule { code: "R35", title: "the case of one rule with the consequence of another", check: crossed }];

/// Coverage of a sentence that is looked at: it has the case or the consequence of the claim, not both.
const NEAR: f32 = 0.2;
/// Words, or pairs of Chinese characters, of either: fewer say too little.
const LEAST: u32 = 3;
/// How much of the claim's case, and of its consequence, must stand in the rule that it is of.
const CASE: f32 = 0.85;
const CONSEQUENCE: f32 = 0.7;
/// How much more of either stands there than in the other rule.
const CASE_LEAD: f32 = 0.15;
const CONSEQUENCE_LEAD: f32 = 0.3;

/// Share of a claim that one part has, and share of the rest that another has, where the claim is put together from both.
const MOSTLY: f32 = 0.5;
const TAKEN: f32 = 0.6;

/// A case with its consequence: the clauses between two full stops or semicolons.
struct Part<'c, 'a> {
    source: &'c SourceSentence<'a>,
    clauses: Vec<Span>,
    /// From the first clause to the last.
    span: Span,
    words: Tokens,
}

impl<'c, 'a> Part<'c, 'a> {
    fn of(source: &'c SourceSentence<'a>, clauses: Vec<Span>) -> Option<Self> {
        let span = clauses.iter().copied().reduce(Span::cover)?;
        let words = Tokens::of(source.unit.text, span, source.unit.lang, &[]);
        Some(Self { source, clauses, span, words })
    }

    fn has_case(&self) -> bool {
        let [cases @ .., _] = self.clauses.as_slice() else { return false };
        cases.iter().any(|clause| is_case(&self.source.unit, *clause))
    }

    fn text(&self) -> &'c str {
        self.span.of(self.source.unit.text).unwrap_or_default()
    }
}

fn crossed(case: &Case<'_>) -> Vec<Reason> {
    let claim = &case.claim;
    let near = |source: &&SourceSentence<'_>| source.unit.lang == claim.lang && source.coverage >= NEAR;
    let near = case.sources.iter().filter(near);
    let parts: Vec<Part<'_, '_>> = near
        .flat_map(|source| parts_of(&source.unit).into_iter().filter_map(move |clauses| Part::of(source, clauses)))
        .collect();
    // English prose tells one thing in several sentences, and claims sum it up: of 8,765 claims of the development sets 93
    // right and 31 wrong ones were put together so. In 300 Chinese ones no right one that a model supports was.
    let put_together = || if claim.lang == Lang::Zh { composed(claim, &parts) } else { None };
    other_consequence(claim, &parts).or_else(put_together).into_iter().collect()
}

/// The claim's first clause is of one part and its last clause of another.
fn other_consequence(claim: &Unit<'_>, parts: &[Part<'_, '_>]) -> Option<Reason> {
    let [first, .., last] = claim.logic.clauses.as_slice() else { return None };
    let words = |within: Span| Tokens::of(claim.text, within, claim.lang, &[]);
    let (given, follows) = (words(*first), words(*last));
    if !is_case(claim, *first) || given.len() < LEAST || follows.len() < LEAST {
        return None;
    }
    let (one, other) = fullest(&given, parts).zip(fullest(&follows, parts))?;
    let (one, other) = (&parts[one], &parts[other]);
    let (case, consequence) =
        (|part: &Part<'_, '_>| given.within(&part.words), |part: &Part<'_, '_>| follows.within(&part.words));
    let apart = case(one) >= CASE
        && consequence(other) >= CONSEQUENCE
        && case(one) - case(other) >= CASE_LEAD
        && consequence(other) - consequence(one) >= CONSEQUENCE_LEAD
        // A heading of a list and one of its items belong together, and so do a rule and what goes on with it.
        && one.clauses.len() > 1
        && !is_item(one)
        && other.has_case();
    if !apart {
        return None;
    }
    let (there, elsewhere) = (one.text(), other.text());
    Some(Reason {
        code: "R35",
        effect: Effect::Flag,
        claim_span: Some(*last),
        evidence: Some(one.source.at(one.span)),
        comparison: Some(Comparison {
            claim: last.of(claim.text).unwrap_or_default().to_owned(),
            source: there.to_owned(),
            relation: "≠".to_owned(),
        }),
        message: Message::new(
            format!("张冠李戴之嫌：来源对此情形写“{there}”，断言的后果见于另一情形“{elsewhere}”。"),
            format!(
                "For this case the source says “{there}”; what the claim says follows stands in another: “{elsewhere}”."
            ),
        ),
    })
}

/// The part that holds most of these words; the last of equals.
fn fullest(words: &Tokens, parts: &[Part<'_, '_>]) -> Option<usize> {
    let share = |at: &usize| words.within(&parts[*at].words);
    (0..parts.len()).max_by(|a, b| share(a).total_cmp(&share(b)))
}

/// The claim is made of words of two parts, which neither has together: 一方的婚前财产为夫妻共同财产.
fn composed(claim: &Unit<'_>, parts: &[Part<'_, '_>]) -> Option<Reason> {
    // What a part says whole may stand beside what another says; what only tells where it is said is no part of it.
    let opening = lead::lead(claim);
    let said = claim.logic.clauses.iter().copied().filter(|clause| {
        let words = Tokens::of(claim.text, *clause, claim.lang, &[]);
        clause.end() <= opening || parts.iter().any(|part| words.within(&part.words) >= CASE)
    });
    let said: Vec<Span> = said.chain((opening > 0).then(|| Span::new(0, opening))).collect();
    let all = Tokens::of(claim.text, Span::new(0, claim.text.len()), claim.lang, &said);
    let best = fullest(&all, parts)?;
    let one = &parts[best];
    let missing = all.without(&one.words);
    if all.within(&one.words) < MOSTLY || missing.len() < LEAST {
        return None;
    }
    let others = parts.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, part)| part);
    let other = others.max_by(|a, b| missing.within(&a.words).total_cmp(&missing.within(&b.words)))?;
    if missing.within(&other.words) < TAKEN {
        return None;
    }
    let (there, elsewhere) = (one.text(), other.text());
    Some(Reason {
        code: "R35",
        effect: Effect::Flag,
        claim_span: Some(Span::new(0, claim.text.len())),
        evidence: Some(one.source.at(one.span)),
        comparison: None,
        message: Message::new(
            format!("断言的用语取自来源的两处：“{there}”与“{elsewhere}”；任何一处都没有全部说到。"),
            format!("The claim is put together from two places, “{there}” and “{elsewhere}”; neither says all of it."),
        ),
    })
}

/// Whether a clause says when something holds.
fn is_case(unit: &Unit<'_>, clause: Span) -> bool {
    let text = clause.of(unit.text).unwrap_or_default();
    match unit.lang {
        Lang::Zh => text.ends_with(['的', '时', '后', '前']) || text.ends_with("情形") || text.ends_with("情况下"),
        Lang::En => {
            let lower = text.to_lowercase();
            ["if ", "when ", "where ", "in case ", "unless ", "after ", "once ", "during ", "for "]
                .iter()
                .any(|word| lower.starts_with(word))
        }
    }
}

/// The clauses of a sentence, cut where a new rule begins.
fn parts_of(unit: &Unit<'_>) -> Vec<Vec<Span>> {
    let asides = clause::asides(unit.text);
    let mut parts: Vec<Vec<Span>> = Vec::new();
    let mut end = 0;
    for clause in &unit.logic.clauses {
        let gap = Span::new(end, clause.start());
        let cuts = gap.of(unit.text).is_some_and(|gap| gap.contains(['；', ';', '。', '.']))
            && !asides.iter().any(|aside| aside.overlaps(gap));
        match parts.last_mut().filter(|_| !cuts) {
            Some(part) => part.push(*clause),
            None => parts.push(vec![*clause]),
        }
        end = clause.end();
    }
    // What is one clause and names no case goes on with what stands before it: 吊销驾驶证；五年内不得重新取得。
    let mut joined: Vec<Vec<Span>> = Vec::new();
    for part in parts {
        match joined.last_mut().filter(|_| part.len() == 1) {
            Some(before) => before.extend(part),
            None => joined.push(part),
        }
    }
    joined
}

fn is_item(part: &Part<'_, '_>) -> bool {
    part.text().trim_start().starts_with(['（', '('])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    const LOAN: &str = "借款合同对支付利息没有约定的，视为没有利息。借款合同对支付利息约定不明确，当事人不能达成补充协议的，按照当地或者当事人的交易方式、交易习惯、市场利率等因素确定利息。";
    const DEPOSIT: &str = "给付定金的一方不履行债务，致使不能实现合同目的的，无权请求返还定金；收受定金的一方不履行债务，致使不能实现合同目的的，应当双倍返还定金。";
    const SPEED: &str = "超过规定时速百分之二十的，处二百元罚款；超过规定时速百分之五十的，吊销机动车驾驶证。";

    #[test]
    fn r35_in_chinese() {
        table(
            &RULES[0],
            &[
                ("借款合同对支付利息没有约定的，按照市场利率确定利息。", LOAN),
                ("借款合同对支付利息没有约定的，按照当地的交易习惯确定利息。", LOAN),
                ("给付定金的一方不履行债务的，应当双倍返还定金。", DEPOSIT),
                ("收受定金的一方不履行债务的，无权请求返还定金。", DEPOSIT),
                ("超过规定时速百分之二十的，吊销机动车驾驶证。", SPEED),
                (
                    "当事人逾期不申请的，由人民法院强制执行。",
                    "当事人逾期不申请的，视为放弃权利。当事人拒不履行判决的，由人民法院强制执行。",
                ),
            ],
            &[
                ("借款合同对支付利息没有约定的，视为没有利息。", LOAN),
                ("借款合同对支付利息约定不明确的，按照市场利率确定利息。", LOAN),
                ("收受定金的一方不履行债务的，应当双倍返还定金。", DEPOSIT),
                ("给付定金的一方不履行债务的，无权请求返还定金。", DEPOSIT),
                ("超过规定时速百分之五十的，吊销机动车驾驶证。", SPEED),
                (
                    "承租人擅自转租的，出租人可以解除合同。",
                    "有下列情形之一的，出租人可以解除合同：（一）承租人擅自转租的；（二）承租人逾期不付租金的。",
                ),
            ],
        );
    }

    const NOTICE: &str = "If the tenant is late by ten days, the landlord may charge a fee of fifty dollars. If the tenant is late by more than sixty days, the landlord may terminate the lease and recover possession.";
    const DOSE: &str = "For adults with renal impairment, the dose is halved. For adults with severe hepatic impairment, the tablets must not be given at all.";

    #[test]
    fn r35_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "If the tenant is late by ten days, the landlord may terminate the lease and recover possession.",
                    NOTICE,
                ),
                ("If the tenant is late by ten days, the landlord may terminate the lease.", NOTICE),
                ("For adults with renal impairment, the tablets must not be given at all.", DOSE),
                (
                    "For adults with severe hepatic impairment, the adult dose is simply halved.",
                    "For adults with severe hepatic impairment, stop. For others, the adult dose is simply halved.",
                ),
                (
                    "If the goods are defective, the seller forfeits the whole deposit paid.",
                    "If the goods are defective, the buyer may ask for repair. If the seller refuses delivery, the seller forfeits the whole deposit paid.",
                ),
                (
                    "When the notice is late, the bank must refund the whole fee.",
                    "When the notice is late, the claim is barred. When the bank errs, the bank must refund the whole fee.",
                ),
            ],
            &[
                ("If the tenant is late by ten days, the landlord may charge a fee of fifty dollars.", NOTICE),
                ("If the tenant is late by more than sixty days, the landlord may terminate the lease.", NOTICE),
                ("For adults with renal impairment, the dose is halved.", DOSE),
                ("For adults with severe hepatic impairment, the tablets must not be given.", DOSE),
                ("The landlord may charge a fee, and the tenant must pay it.", NOTICE),
                ("If the roof leaks, the landlord must repair the roof at once.", NOTICE),
            ],
        );
    }
}
