//! R25: the article that is named is the article that is cited. R26: identifiers stand in a source, digit for digit.

use super::{Rule, clause::Tokens};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, EvidenceSpan, Reason},
    },
    text::{
        identifier,
        reference::{Article, Instrument, InstrumentKind, LegalReference, Naming, read_locator},
    },
    verify::case::{Case, SourceSentence},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R25", title: "legal reference", check: references },
    Rule { code: "R26", title: "identifier", check: identifiers },
];

fn references(case: &Case<'_>) -> Vec<Reason> {
    let titles = Titles::read(case);
    case.claim
        .references
        .iter()
        .filter(|reference| !denies_existence(case.claim.text, reference))
        .filter_map(|reference| check(case, &titles, reference))
        .collect()
}

/// The instrument of every source, read once.
struct Titles {
    /// By position in `Case::sources`.
    instruments: Vec<Instrument>,
}

impl Titles {
    fn read(case: &Case<'_>) -> Self {
        let mut instruments: Vec<Instrument> = Vec::with_capacity(case.sources.len());
        for (at, source) in case.sources.iter().enumerate() {
            let known = case.sources[..at].iter().position(|s| s.meta.title == source.meta.title);
            let instrument =
                known.map_or_else(|| Instrument::named(&source.meta.title), |known| instruments[known].clone());
            instruments.push(instrument);
        }
        Self { instruments }
    }

    /// Whether the document is the instrument; 合同法 in a title like 劳动合同法 释义 is not.
    fn is(&self, at: usize, instrument: &Instrument) -> bool {
        self.instruments[at].is_same(instrument)
    }
}

/// "There is no such law" does not rest on that law.
fn denies_existence(text: &str, reference: &LegalReference) -> bool {
    let before = text.get(..reference.span.start()).unwrap_or_default();
    let after = text.get(reference.span.end()..).unwrap_or_default();
    let near = |text: &str, from_end: bool| -> String {
        if from_end {
            let mut letters: Vec<char> = text.chars().rev().take(12).collect();
            letters.reverse();
            letters.into_iter().collect()
        } else {
            text.chars().take(16).collect()
        }
    };
    let (before, after) = (near(before, true).to_lowercase(), near(after, false).to_lowercase());
    ["没有", "不存在", "未找到", "查无", "并无", "无此", "no such", "there is no ", "not find "]
        .iter()
        .any(|w| before.contains(w))
        || ["不存在", "查无", "并不存在", "未收录", "没有收录", " does not exist", " do not exist"]
            .iter()
            .any(|w| after.contains(w))
}

fn check(case: &Case<'_>, titles: &Titles, reference: &LegalReference) -> Option<Reason> {
    match (&reference.article, &reference.instrument) {
        (Some(article), Some(instrument)) => Some(article_of(case, titles, reference, article, instrument)),
        (Some(article), None) => article_alone(case, reference, article),
        (None, Some(instrument)) => instrument_alone(case, titles, reference, instrument),
        (None, None) => None,
    }
}

fn name(instrument: &Instrument) -> String {
    let chinese = instrument.name.chars().any(|c| c > '\u{3000}');
    if chinese { format!("《{}》", instrument.name) } else { instrument.name.clone() }
}

fn whole(source: &SourceSentence<'_>) -> EvidenceSpan {
    source.at(Span::new(0, source.unit.text.len()))
}

fn ground(reference: &LegalReference, evidence: EvidenceSpan, what: &str) -> Reason {
    Reason {
        code: "R25",
        effect: Effect::Ground,
        claim_span: Some(reference.span),
        evidence: Some(evidence),
        comparison: None,
        message: Message::new(format!("所引{what}就是来源。"), format!("The source is the provision cited: {what}.")),
    }
}

fn finding(
    reference: &LegalReference,
    effect: Effect,
    evidence: Option<EvidenceSpan>,
    comparison: Option<Comparison>,
    message: Message,
) -> Reason {
    Reason { code: "R25", effect, claim_span: Some(reference.span), evidence, comparison, message }
}

fn article_of(
    case: &Case<'_>,
    titles: &Titles,
    reference: &LegalReference,
    article: &Article,
    instrument: &Instrument,
) -> Reason {
    let locator = reference.canonical_locator().unwrap_or_default();
    let full = format!("{}{}{locator}", name(instrument), if locator.starts_with('第') { "" } else { " " });
    let same = |at: usize| titles.is(at, instrument) || codified_part(titles, at, article);
    // (d) The source is that article …
    if let Some((_, source)) = case.sources.iter().enumerate().find(|(at, s)| same(*at) && reference.locates(s.locator))
    {
        return ground(reference, whole(source), &full);
    }
    // … or a source names it: 依照《刑法》第二百六十四条处罚.
    for (at, source) in case.sources.iter().enumerate() {
        for other in &source.unit.references {
            let named = match &other.instrument {
                Some(named) => named.is_same(instrument),
                None => other.naming == Naming::ThisLaw && same(at),
            };
            if named && other.article.as_ref().is_some_and(|_| covers(other, reference)) {
                return ground(reference, source.at(other.span), &full);
            }
        }
    }
    // An instrument that was only guessed from an earlier sentence proves nothing.
    let effect = if reference.naming == Naming::Implied { Effect::Flag } else { Effect::Unsupport };
    let others: Vec<(usize, &SourceSentence<'_>)> =
        case.sources.iter().enumerate().filter(|(at, _)| same(*at)).collect();
    // How much of what is said of the article stands in the source; the citation itself does not count.
    let cited: Vec<Span> = case.claim.references.iter().map(|r| r.span).collect();
    let said = Tokens::of(case.claim.text, Span::new(0, case.claim.text.len()), case.claim.lang, &cited);
    let covers = |source: &SourceSentence<'_>| {
        let all = Span::new(0, source.unit.text.len());
        said.within(&Tokens::of(source.unit.text, all, case.claim.lang, &[]))
    };
    let best = others.iter().max_by(|a, b| covers(a.1).total_cmp(&covers(b.1)));
    if let Some((_, source)) = best {
        let comparison =
            Comparison { claim: locator.clone(), source: source.locator.to_owned(), relation: "≠".to_owned() };
        let message = if covers(source) >= 0.6 {
            Message::new(
                format!("断言引用{full}，而这一内容见于{}{}：条号有误。", name(instrument), source.locator),
                format!("The claim cites {full}, but this text stands in {}: wrong number.", source.locator),
            )
        } else {
            Message::new(
                format!("来源中有{}，但没有{locator}（来源为{}）。", name(instrument), source.locator),
                format!("The sources hold {}, but not {locator} (they hold {}).", name(instrument), source.locator),
            )
        };
        return finding(reference, effect, Some(whole(source)), Some(comparison), message);
    }
    let best = case.sources.iter().max_by(|a, b| covers(a).total_cmp(&covers(b)));
    let legal = best.filter(|s| covers(s) >= 0.6 && read_locator(s.locator).is_some());
    if let Some(source) = legal {
        let comparison = Comparison {
            claim: full.clone(),
            source: format!("{} {}", source.meta.title, source.locator),
            relation: "≠".to_owned(),
        };
        let message = Message::new(
            format!("断言引用{full}，而这一内容见于《{}》{}：所引法律文件有误。", source.meta.title, source.locator),
            format!(
                "The claim cites {full}, but this text stands in {} {}: wrong instrument.",
                source.meta.title, source.locator
            ),
        );
        return finding(reference, effect, Some(whole(source)), Some(comparison), message);
    }
    finding(
        reference,
        effect,
        None,
        Some(Comparison { claim: full.clone(), source: String::new(), relation: "absent".to_owned() }),
        Message::new(format!("来源中没有{full}。"), format!("No source holds {full}.")),
    )
}

/// Whether `other`, found in a source, names the article (and the limb, where both give one) of `reference`.
fn covers(other: &LegalReference, reference: &LegalReference) -> bool {
    let Some(locator) = reference.canonical_locator() else { return false };
    let limb = match (reference.paragraph, other.paragraph) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    };
    limb && other.locates(&locator)
}

/// § 1002.2 without a title is found in the document that is 12 CFR Part 1002.
fn codified_part(titles: &Titles, at: usize, article: &Article) -> bool {
    article.part.is_some_and(|part| {
        let instrument = &titles.instruments[at];
        instrument.kind == InstrumentKind::UsRegulation && instrument.name.ends_with(&format!("Part {part}"))
    })
}

/// 第三十九条 or 本法第三十九条: the law is the reader's to know; the number still has to occur.
fn article_alone(case: &Case<'_>, reference: &LegalReference, article: &Article) -> Option<Reason> {
    let locator = reference.canonical_locator()?;
    if let Some(source) = case.sources.iter().find(|s| reference.locates(s.locator)) {
        return Some(ground(reference, whole(source), &locator));
    }
    for source in &case.sources {
        if let Some(other) = source.unit.references.iter().find(|other| covers(other, reference)) {
            return Some(ground(reference, source.at(other.span), &locator));
        }
    }
    // "Section 5" of a contract or a paper may be a heading that no locator gives.
    let articles = case.sources.iter().filter_map(|s| read_locator(s.locator));
    let same_kind = articles.filter(|(found, _)| found.scheme == article.scheme).count();
    (same_kind > 0).then(|| {
        finding(
            reference,
            Effect::Flag,
            None,
            Some(Comparison { claim: locator.clone(), source: String::new(), relation: "absent".to_owned() }),
            Message::new(
                format!("来源中没有{locator}，断言也未写明是哪部法律。"),
                format!("No source holds {locator}, and the claim does not say of which law."),
            ),
        )
    })
}

fn instrument_alone(
    case: &Case<'_>,
    titles: &Titles,
    reference: &LegalReference,
    instrument: &Instrument,
) -> Option<Reason> {
    for (at, source) in case.sources.iter().enumerate() {
        if titles.is(at, instrument) {
            return Some(ground(reference, whole(source), &name(instrument)));
        }
        let named = |other: &&LegalReference| other.instrument.as_ref().is_some_and(|i| i.is_same(instrument));
        if let Some(other) = source.unit.references.iter().find(named) {
            return Some(ground(reference, source.at(other.span), &name(instrument)));
        }
        if source.unit.text.contains(instrument.written.as_str()) {
            return None;
        }
    }
    let legal = case.sources.iter().any(|s| read_locator(s.locator).is_some());
    if !legal {
        return None;
    }
    let before = case.claim.text.get(..reference.span.start()).unwrap_or_default().trim_end();
    let after = case.claim.text.get(reference.span.end()..).unwrap_or_default().trim_start();
    let attributed = ["根据", "依据", "依照", "按照", "under the", "under", "according to the", "according to"]
        .iter()
        .any(|word| before.to_lowercase().ends_with(word))
        || ["规定", "明确", "的规定", "provides", "requires", "states", "prohibits"]
            .iter()
            .any(|w| after.starts_with(w));
    let source = case.sources.iter().max_by(|a, b| a.coverage.total_cmp(&b.coverage))?;
    Some(finding(
        reference,
        if attributed { Effect::Unsupport } else { Effect::Flag },
        Some(whole(source)),
        Some(Comparison { claim: name(instrument), source: source.meta.title.clone(), relation: "≠".to_owned() }),
        Message::new(
            format!("来源不是{}，而是《{}》。", name(instrument), source.meta.title),
            format!("The source is not {} but {}.", name(instrument), source.meta.title),
        ),
    ))
}

fn identifiers(case: &Case<'_>) -> Vec<Reason> {
    let found = identifier::parse(case.claim.text);
    if found.is_empty() {
        return Vec::new();
    }
    let sources: Vec<String> = case
        .sources
        .iter()
        .map(|s| identifier::normal_form(&format!("{} {} {}", s.unit.text, s.meta.title, s.meta.key)))
        .collect();
    let asked = case.question.as_ref().map(|q| identifier::normal_form(q.text)).unwrap_or_default();
    found
        .into_iter()
        .map(|identifier| {
            let written = identifier.span.of(case.claim.text).unwrap_or_default();
            let (zh, en) = (identifier.kind.zh(), identifier.kind.en());
            // A ticker is the code; the exchange is written before it or after it.
            let core = identifier.normal.split(':').next_back().unwrap_or(&identifier.normal);
            let core = core.split_once('.').map_or(core, |(code, exchange)| {
                if exchange.len() <= 4 && identifier.kind == identifier::IdentifierKind::Ticker { code } else { core }
            });
            let at = sources.iter().position(|text| holds(text, core));
            let reason = |effect, evidence, relation: &str, message| Reason {
                code: "R26",
                effect,
                claim_span: Some(identifier.span),
                evidence,
                comparison: Some(Comparison {
                    claim: identifier.normal.clone(),
                    source: String::new(),
                    relation: relation.to_owned(),
                }),
                message,
            };
            if let Some(at) = at {
                let message = Message::new(
                    format!("{zh}“{written}”见于来源。"),
                    format!("The {en} “{written}” stands in the source."),
                );
                reason(Effect::Ground, Some(whole(&case.sources[at])), "=", message)
            } else if identifier.check == Some(false) {
                let message = Message::new(
                    format!("{zh}“{written}”不在任何来源中，且校验位不符：号码本身有误。"),
                    format!("The {en} “{written}” stands in no source, and its check digit is wrong."),
                );
                reason(Effect::Unsupport, None, "absent", message)
            } else if holds(&asked, core) {
                let message = Message::new(
                    format!("{zh}“{written}”来自提问，来源中没有。"),
                    format!("The {en} “{written}” comes from the question; no source holds it."),
                );
                reason(Effect::Flag, None, "absent", message)
            } else {
                let message = Message::new(
                    format!("{zh}“{written}”不在任何来源中。"),
                    format!("The {en} “{written}” stands in no source."),
                );
                reason(Effect::Unsupport, None, "absent", message)
            }
        })
        .collect()
}

/// Whether `text` holds `identifier` and not only as part of a longer number.
fn holds(text: &str, identifier: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| matches!((a, b), (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit());
    !identifier.is_empty()
        && text.match_indices(identifier).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !joins(before, found.chars().next()) && !joins(found.chars().next_back(), after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::document::Domain,
        verify::rules::support::{Source, run},
    };

    const LOAN: Source<'_> = ("中华人民共和国民法典", "第六百七十五条", "借款人应当按照约定的期限返还借款。");
    const THEFT: Source<'_> =
        ("最高人民法院关于审理盗窃案件的解释", "第一条", "盗窃公私财物的，依照《刑法》第二百六十四条的规定处罚。");
    const BREACH: Source<'_> = (
        "Regulation (EU) 2016/679 (General Data Protection Regulation)",
        "Art. 33",
        "The controller shall notify the personal data breach to the supervisory authority within 72 hours.",
    );
    const CREDIT: Source<'_> = (
        "12 CFR Part 1002 Equal Credit Opportunity Act",
        "§ 1002.2(c)",
        "Adverse action means a refusal to grant credit.",
    );

    fn effect(rule: usize, claim: &str, sources: &[Source<'_>]) -> Option<Effect> {
        run(&RULES[rule], claim, sources, Domain::Legal).iter().map(|reason| reason.effect).max()
    }

    #[test]
    fn r25_the_cited_article_grounds() {
        for (claim, source) in [
            ("根据《民法典》第六百七十五条，借款人应当返还借款", LOAN),
            ("民法典第675条规定了返还借款", LOAN),
            ("《中华人民共和国民法典》第六百七十五条", LOAN),
            ("《民法典》第六百七十条至第六百八十条规定了借款", LOAN),
            ("第六百七十五条规定了返还", LOAN),
            ("盗窃的依照《刑法》第二百六十四条处罚", THEFT),
            ("《民法典》规定借款人应当返还借款", LOAN),
        ] {
            assert_eq!(effect(0, claim, &[source]), Some(Effect::Ground), "{claim}");
        }
        for (claim, source) in [
            ("Article 33(1) GDPR requires notification within 72 hours.", BREACH),
            ("Under Art. 33 of Regulation (EU) 2016/679 the controller notifies.", BREACH),
            ("Article 33 requires notification.", BREACH),
            ("12 CFR 1002.2(c) defines adverse action.", CREDIT),
            ("§ 1002.2(c) defines adverse action.", CREDIT),
            ("Regulation B defines adverse action as a refusal to grant credit.", CREDIT),
        ] {
            assert_eq!(effect(0, claim, &[source]), Some(Effect::Ground), "{claim}");
        }
    }

    #[test]
    fn r25_another_article_or_law_does_not() {
        for (claim, source) in [
            ("根据《民法典》第六百七十六条，借款人应当按照约定的期限返还借款", LOAN),
            ("《合同法》第二百零六条规定，借款人应当按照约定的期限返还借款", LOAN),
            ("《民法典司法解释》第六百七十五条规定返还借款", LOAN),
            ("《刑法》第二百六十四条之一规定盗窃", THEFT),
            ("《公司法》第二十条、第二十一条规定", LOAN),
            ("依照《劳动合同法》，借款人应当按照约定的期限返还借款", LOAN),
        ] {
            assert_eq!(effect(0, claim, &[source]), Some(Effect::Unsupport), "{claim}");
        }
        for (claim, source) in [
            ("Article 34 GDPR requires notification within 72 hours.", BREACH),
            ("Article 33 of the AI Act requires notification.", BREACH),
            ("12 CFR 1002.3(c) defines adverse action.", CREDIT),
            ("12 CFR 1005.2(c) defines adverse action.", CREDIT),
            ("15 U.S.C. § 1681b defines adverse action.", CREDIT),
            ("Section 10(b) of the Securities Exchange Act defines adverse action.", CREDIT),
        ] {
            assert_eq!(effect(0, claim, &[source]), Some(Effect::Unsupport), "{claim}");
        }
        let reasons =
            run(&RULES[0], "《民法典》第六百七十六条规定借款人应当按照约定的期限返还借款", &[LOAN], Domain::Legal);
        assert!(reasons[0].message.zh.contains("条号有误"), "right text, wrong number: {:?}", reasons[0].message);
    }

    #[test]
    fn r25_leaves_alone_what_rests_on_no_law() {
        for (claim, sources) in [
            ("法律没有《互联网借贷法》第五条这一条文", vec![LOAN]),
            ("借款人应当返还借款", vec![LOAN]),
            ("There is no Article 120 GDPR.", vec![BREACH]),
            ("Section 3 describes the methods.", vec![("A paper", "Abstract", "We describe the methods.")]),
            ("《红楼梦》是一部小说", vec![LOAN]),
            ("《民法典》第十条", vec![]),
        ] {
            let found = effect(0, claim, &sources);
            assert!(found.is_none() || sources.is_empty(), "{claim}: {found:?}");
        }
    }

    #[test]
    fn r26_identifiers() {
        let source: Source<'_> = (
            "公告",
            "p. 1",
            "本院（2023）京01民终123号判决；国发〔2020〕5号；贵州茅台600519.SH；doi:10.1000/abc123；NCT04368728；统一社会信用代码91440300708461136T；PMID 33301246。",
        );
        for claim in [
            "(2023)京01民终123号判决书",
            "国发[2020]5号文件",
            "600519.SH 上涨",
            "DOI 10.1000/ABC123",
            "trial NCT 04368728",
            "PMID: 33301246",
            "统一社会信用代码为91440300708461136T",
        ] {
            assert_eq!(effect(1, claim, &[source]), Some(Effect::Ground), "{claim}");
        }
        for claim in [
            "（2023）京01民终124号判决书",
            "国发〔2021〕5号文件",
            "600518.SH 上涨",
            "DOI 10.1000/abc124",
            "trial NCT04368729",
            "PMID: 3330124",
            "统一社会信用代码91440300708461137T",
        ] {
            assert_eq!(effect(1, claim, &[source]), Some(Effect::Unsupport), "{claim}");
        }
    }
}
