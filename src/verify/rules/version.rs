//! R12: what a text said that does not govern on the day asked for.
//!
//! Retrieval leaves such texts out unless they are asked for by status or given with the request; then a claim must
//! not be told as the law of that day on the strength of one.

use super::Rule;
use crate::{
    domain::{
        document::{DocStatus, DocumentMeta},
        text::{Lang, Message, Span},
        verdict::{Effect, Reason},
    },
    text::reference::Instrument,
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

pub const RULES: &[Rule] = &[Rule { code: "R12", title: "from a version that does not govern", check }];

/// From this coverage on a sentence says the same thing, or the same thing otherwise.
const SAME_MATTER: f32 = 0.6;

/// Words by which a claim says itself that it tells former or coming law.
const FORMER_ZH: &[&str] = &[
    "原",
    "旧",
    "曾",
    "当时",
    "此前",
    "以前",
    "废止前",
    "修订前",
    "修正前",
    "已废止",
    "已失效",
    "历史",
    "将于",
    "尚未施行",
    "尚未生效",
    "即将",
    "拟",
];
const FORMER_EN: &[&str] = &[
    "former",
    "formerly",
    "previous",
    "previously",
    "repealed",
    "superseded",
    "old",
    "until",
    "used",
    "earlier",
    "historical",
    "upcoming",
    "will",
    "proposed",
    "draft",
];

fn check(case: &Case<'_>) -> Vec<Reason> {
    if says_former(&case.claim) {
        return Vec::new();
    }
    let mut aligned = case.aligned();
    aligned.retain(|s| is_norm(s.meta) && !is_dated_within(&case.claim, s.meta));
    let Some(best) = aligned.first() else { return Vec::new() };
    let Some(why) = stale(best.meta, case.as_of) else { return Vec::new() };
    // The governing version says the same: nothing is lost.
    let governing: Vec<&&SourceSentence<'_>> =
        aligned.iter().filter(|s| stale(s.meta, case.as_of).is_none() && is_one_text(s.meta, best.meta)).collect();
    if governing.iter().any(|s| s.coverage >= best.coverage) {
        return Vec::new();
    }
    let now = governing.into_iter().find(|s| s.coverage >= SAME_MATTER.max(ALIGNED));
    vec![match now {
        Some(now) => superseded(best, now),
        None => not_governing(best, why),
    }]
}

/// Whether nothing is known against a text governing on the day.
pub fn governs(meta: &DocumentMeta, as_of: Option<time::Date>) -> bool {
    stale(meta, as_of).is_none()
}

/// Why a text does not govern on the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stale {
    Ended,
    NotYet,
}

fn stale(meta: &DocumentMeta, as_of: Option<time::Date>) -> Option<Stale> {
    if let Some(day) = as_of {
        if meta.valid_to.is_some_and(|last| last < day) {
            return Some(Stale::Ended);
        }
        if meta.valid_from.is_some_and(|first| first > day) {
            return Some(Stale::NotYet);
        }
        // Both ends known and the day between them: it governed then, whatever became of it.
        if meta.valid_to.is_some() {
            return None;
        }
    }
    match meta.status {
        DocStatus::Repealed | DocStatus::Historical => Some(Stale::Ended),
        DocStatus::NotYetInForce => Some(Stale::NotYet),
        DocStatus::InForce | DocStatus::Amended | DocStatus::Unknown => None,
    }
}

/// Status means something for law and for guidelines.
fn is_norm(meta: &DocumentMeta) -> bool {
    matches!(meta.kind.as_str(), "statute" | "regulation" | "judicial-interpretation" | "guideline")
}

fn is_one_text(a: &DocumentMeta, b: &DocumentMeta) -> bool {
    a.superseded_by.as_deref() == Some(b.key.as_str())
        || b.superseded_by.as_deref() == Some(a.key.as_str())
        || Instrument::named(&a.title).is_same(&Instrument::named(&b.title))
}

/// Whether a claim tells what was the law, or that it ended.
pub fn tells_former(claim: &Unit<'_>) -> bool {
    const ENDED: [&str; 5] = ["废止", "失效", "取代", "repeal", "replaced"];
    says_former(claim) || ENDED.iter().any(|word| claim.text.to_lowercase().contains(word))
}

fn says_former(claim: &Unit<'_>) -> bool {
    match claim.lang {
        // 原告 and 原则 are not former anything.
        Lang::Zh => FORMER_ZH.iter().any(|word| {
            claim.text.match_indices(word).any(|(at, found)| {
                let next = claim.text[at + found.len()..].chars().next();
                let other_word = match found {
                    "原" => next.is_some_and(|c| "告因则料有始子本件值籍野油理产谅创先".contains(c)),
                    "历史" => next == Some('文'),
                    "拟" => claim.text[..at].ends_with(['虚', '模']),
                    _ => false,
                };
                !other_word
            })
        }),
        Lang::En => {
            let lower = claim.text.to_lowercase();
            lower.split(|c: char| !c.is_alphabetic()).any(|word| FORMER_EN.contains(&word))
        }
    }
}

/// The claim names a year in which the text governed.
fn is_dated_within(claim: &Unit<'_>, meta: &DocumentMeta) -> bool {
    claim.dates.iter().filter_map(|d| d.when.year()).any(|year| {
        meta.valid_from.is_none_or(|first| first.year() <= year)
            && meta.valid_to.is_some_and(|last| year <= last.year())
    })
}

fn whole(sentence: &SourceSentence<'_>) -> Span {
    Span::new(0, sentence.unit.text.len())
}

fn superseded(old: &SourceSentence<'_>, now: &SourceSentence<'_>) -> Reason {
    Reason {
        code: "R12",
        effect: Effect::Contradict,
        claim_span: None,
        evidence: Some(now.at(whole(now))),
        comparison: None,
        message: Message::new(
            format!("此为旧版本{}的规定，现行版本{}另有规定。", old.label, now.label),
            format!("This is what {} said; the version that governs, {}, says otherwise.", old.label, now.label),
        ),
    }
}

fn not_governing(old: &SourceSentence<'_>, why: Stale) -> Reason {
    let label = old.label;
    let message = match (why, old.meta.valid_from, old.meta.valid_to) {
        (Stale::Ended, _, Some(last)) => Message::new(
            format!("来源{label}已于{last}失效，不能作为现行规定。"),
            format!("{label} governed until {last}; it does not back what holds now."),
        ),
        (Stale::Ended, _, None) => Message::new(
            format!("来源{label}已废止或为旧版本，不能作为现行规定。"),
            format!("{label} is repealed or an older version; it does not back what holds now."),
        ),
        (Stale::NotYet, Some(first), _) => Message::new(
            format!("来源{label}自{first}起施行，尚未生效。"),
            format!("{label} governs from {first} on; it is not in force yet."),
        ),
        (Stale::NotYet, None, _) => {
            Message::new(format!("来源{label}尚未生效。"), format!("{label} is not in force yet."))
        }
    };
    Reason {
        code: "R12",
        effect: Effect::Flag,
        claim_span: None,
        evidence: Some(old.at(whole(old))),
        comparison: None,
        message,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::{
        domain::{document::Domain, evidence::Label},
        text::{lang, sentence},
        verify::read,
    };

    /// Status, from, to, text; all of one title.
    type Version<'t> = (DocStatus, Option<time::Date>, Option<time::Date>, &'t str);

    fn effect(claim: &str, versions: &[Version<'_>], as_of: Option<time::Date>) -> Option<Effect> {
        let metas: Vec<DocumentMeta> = versions
            .iter()
            .enumerate()
            .map(|(at, (status, from, to, _))| DocumentMeta {
                kind: "statute".to_owned(),
                status: *status,
                valid_from: *from,
                valid_to: *to,
                ..DocumentMeta::plain(format!("law-{at}"), "某某法", Lang::Zh, Domain::Legal)
            })
            .collect();
        let own = super::super::tokens(claim);
        let mut sources = Vec::new();
        for (nth, ((.., text), meta)) in (1..).zip(versions.iter().zip(&metas)) {
            for span in sentence::sentences(text) {
                let text = span.of(text).expect("a sentence lies in its text");
                let coverage = own.within(&super::super::tokens(text));
                let unit = read::unit(text, lang::detect(text));
                sources.push(SourceSentence {
                    label: Label(nth),
                    meta,
                    locator: "",
                    path: &[],
                    offset: span.start(),
                    unit,
                    coverage,
                });
            }
        }
        let claim = read::unit(claim, lang::detect(claim));
        let case = Case { claim, question: None, as_of, sources };
        check(&case).iter().map(|r| r.effect).max()
    }

    const TODAY: Option<time::Date> = Some(date!(2026 - 11 - 24));
    const OLD: (DocStatus, Option<time::Date>, Option<time::Date>) =
        (DocStatus::Historical, Some(date!(1987 - 01 - 01)), Some(date!(2020 - 12 - 31)));
    const NOW: (DocStatus, Option<time::Date>, Option<time::Date>) =
        (DocStatus::InForce, Some(date!(2021 - 01 - 01)), None);
    const COMING: (DocStatus, Option<time::Date>, Option<time::Date>) =
        (DocStatus::NotYetInForce, Some(date!(2027 - 01 - 01)), None);

    const fn text(v: (DocStatus, Option<time::Date>, Option<time::Date>), text: &str) -> Version<'_> {
        (v.0, v.1, v.2, text)
    }

    const TWO: &str = "向人民法院请求保护民事权利的诉讼时效期间为二年。";
    const THREE: &str = "向人民法院请求保护民事权利的诉讼时效期间为三年。";
    const EN_OLD: &str = "The controller shall notify the authority within 96 hours of the breach.";
    const EN_NOW: &str = "The controller shall notify the authority within 72 hours of the breach.";

    #[test]
    fn what_no_longer_or_not_yet_governs_is_not_told_as_law() {
        use Effect::{Contradict, Flag};
        for (claim, versions, as_of, want) in [
            ("诉讼时效期间为二年", vec![text(OLD, TWO)], TODAY, Flag),
            ("诉讼时效期间为二年", vec![text(OLD, TWO)], None, Flag),
            ("民事权利的诉讼时效期间为二年", vec![text(OLD, TWO), text(NOW, THREE)], TODAY, Contradict),
            ("民事权利的诉讼时效期间为三年", vec![text(COMING, THREE)], TODAY, Flag),
            ("诉讼时效期间为二年", vec![(DocStatus::Repealed, None, None, TWO)], TODAY, Flag),
            ("诉讼时效期间为三年", vec![text(NOW, THREE)], Some(date!(2019 - 05 - 01)), Flag),
            ("The controller shall notify the authority within 96 hours", vec![text(OLD, EN_OLD)], TODAY, Flag),
            ("The controller shall notify the authority within 96 hours", vec![text(OLD, EN_OLD)], None, Flag),
            (
                "The controller shall notify the authority within 96 hours",
                vec![text(OLD, EN_OLD), text(NOW, EN_NOW)],
                TODAY,
                Contradict,
            ),
            ("The controller shall notify the authority", vec![text(COMING, EN_NOW)], TODAY, Flag),
            ("The controller shall notify the authority", vec![(DocStatus::Repealed, None, None, EN_OLD)], None, Flag),
            (
                "The controller shall notify the authority within 72 hours",
                vec![text(NOW, EN_NOW)],
                Some(date!(2019 - 05 - 01)),
                Flag,
            ),
        ] {
            assert_eq!(effect(claim, &versions, as_of), Some(want), "{claim} {versions:?}");
        }
    }

    #[test]
    fn what_governs_or_is_told_as_past_is_left_alone() {
        let then = Some(date!(2019 - 05 - 01));
        for (claim, versions, as_of) in [
            ("诉讼时效期间为三年", vec![text(NOW, THREE)], TODAY),
            ("诉讼时效期间为二年", vec![text(OLD, TWO)], then),
            ("原规定的诉讼时效期间为二年", vec![text(OLD, TWO)], TODAY),
            ("2015年诉讼时效期间为二年", vec![text(OLD, TWO)], TODAY),
            ("民事权利的诉讼时效期间为三年", vec![text(OLD, TWO), text(NOW, THREE)], TODAY),
            ("外观设计专利权的期限为十五年", vec![text(OLD, TWO)], TODAY),
            ("The controller shall notify the authority within 72 hours", vec![text(NOW, EN_NOW)], TODAY),
            ("The controller shall notify the authority within 96 hours", vec![text(OLD, EN_OLD)], then),
            ("The former rule: notify the authority within 96 hours of the breach", vec![text(OLD, EN_OLD)], TODAY),
            ("In 2015 the controller notified the authority within 96 hours", vec![text(OLD, EN_OLD)], TODAY),
            (
                "The controller shall notify the authority within 72 hours",
                vec![text(OLD, EN_OLD), text(NOW, EN_NOW)],
                TODAY,
            ),
            ("Design patents last fifteen years", vec![text(OLD, EN_OLD)], TODAY),
        ] {
            assert_eq!(effect(claim, &versions, as_of), None, "{claim} {versions:?}");
        }
    }
}
