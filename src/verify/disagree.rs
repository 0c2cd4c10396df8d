//! Sources that say different things of the same matter.

use super::{
    align::Profile,
    case::Case,
    read::{Source, SourceUnit},
    rules,
};
use crate::domain::{
    evidence::{EvidenceSet, Label},
    precedence,
    text::Message,
    verdict::{Disagreement, Effect, EvidenceSpan},
};

/// Two sentences speak of the same matter when each holds this much of the other: all but what they disagree on.
const SAME_MATTER: f32 = 0.7;
/// Disagreements told at most.
const MOST: usize = 8;

/// Every pair of sentences of two documents that say the same but for a figure, a "not", a duty … that rules can tell.
/// Provisions of one document are left alone: neighbours share their words and govern different cases.
pub fn between(evidence: &EvidenceSet) -> Vec<Disagreement> {
    let sources: Vec<Source<'_>> = evidence.items().iter().map(Source::of).collect();
    let mut found = Vec::new();
    for (at, one) in sources.iter().enumerate() {
        for other in &sources[at + 1..] {
            if one.evidence.chunk.version == other.evidence.chunk.version {
                continue;
            }
            for (ours, our_profile) in one.sentences.iter().zip(&one.profiles) {
                for (theirs, their_profile) in other.sentences.iter().zip(&other.profiles) {
                    if is_same_matter(our_profile, their_profile) && ours.unit.text != theirs.unit.text {
                        found.extend(compare(one, ours, other, theirs));
                    }
                    if found.len() >= MOST {
                        return found;
                    }
                }
            }
        }
    }
    found
}

fn is_same_matter(one: &Profile, other: &Profile) -> bool {
    one.plain_coverage([other]) >= SAME_MATTER && other.plain_coverage([one]) >= SAME_MATTER
}

fn compare(
    one: &Source<'_>,
    ours: &SourceUnit<'_>,
    other: &Source<'_>,
    theirs: &SourceUnit<'_>,
) -> Option<Disagreement> {
    let at = other.sentences.iter().position(|sentence| sentence.span == theirs.span)?;
    let coverage: Vec<f32> = (0..other.sentences.len()).map(|i| if i == at { 1.0 } else { 0.0 }).collect();
    let sources = other.for_rules(&coverage).into_iter().skip(at).take(1).collect();
    let case = Case { claim: ours.unit.clone(), question: None, as_of: None, sources };
    let reason = rules::check(&case).into_iter().find(|reason| reason.effect == Effect::Contradict)?;
    let (one, other) = (one.evidence, other.evidence);
    let follow = precedence::between(&one.meta, &other.meta);
    let follow = follow.map(|(first, rule)| (if first { one.label } else { other.label }, rule));
    Some(Disagreement {
        one: EvidenceSpan { label: one.label, span: ours.span },
        other: EvidenceSpan { label: other.label, span: theirs.span },
        code: reason.code,
        comparison: reason.comparison,
        message: message(
            one.label,
            other.label,
            follow.map(|(label, rule)| {
                let title = &if label == one.label { &one.meta } else { &other.meta }.title;
                rule.message(title)
            }),
        ),
        follow,
    })
}

fn message(one: Label, other: Label, follow: Option<Message>) -> Message {
    let follow = follow.unwrap_or_else(precedence::unresolved);
    Message::new(
        format!("来源 {one} 与 {other} 说法不一；{}", follow.zh),
        format!("Sources {one} and {other} disagree; {}", follow.en),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::read::tests::plain_evidence, *};
    use crate::domain::{
        document::{DocumentMeta, Domain, VersionId},
        evidence::{Evidence, Searched},
        text::Lang,
    };

    /// A passage of a Chinese text with this authority.
    fn passage(nth: i64, authority: u8, text: &str) -> Evidence {
        let mut evidence = plain_evidence(text);
        let mut meta = DocumentMeta::plain(format!("doc-{nth}"), format!("文件{nth}"), Lang::Zh, Domain::Legal);
        meta.authority = authority;
        evidence.meta = Arc::new(meta);
        evidence.chunk.version = VersionId(nth);
        evidence
    }

    fn found(texts: &[(i64, u8, &str)]) -> Vec<Disagreement> {
        let items = texts.iter().map(|&(nth, authority, text)| passage(nth, authority, text)).collect();
        between(&EvidenceSet::number(items, Searched::default()))
    }

    const TWO: &str = "向人民法院请求保护民事权利的诉讼时效期间为二年。";
    const THREE: &str = "向人民法院请求保护民事权利的诉讼时效期间为三年。";

    #[test]
    fn the_higher_source_is_followed() {
        let told = found(&[(1, 3, TWO), (2, 1, THREE)]);
        let [one] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(one.follow, Some((Label(2), precedence::Precedence::Rank)));
        let comparison = one.comparison.as_ref().expect("two figures");
        assert!(comparison.claim.contains('二') && comparison.source.contains('三'), "{comparison:?}");
        assert!(one.message.zh.contains("《文件2》位阶较高"), "{}", one.message.zh);
    }

    #[test]
    fn what_no_rule_decides_is_said_to() {
        let told = found(&[(1, 1, TWO), (2, 1, THREE)]);
        assert_eq!(told.first().map(|d| d.follow), Some(None));
    }

    #[test]
    fn sources_that_agree_and_provisions_of_one_text_are_left_alone() {
        for texts in [
            [(1, 1, THREE), (2, 1, THREE)],
            // One document, two cases.
            [(1, 1, TWO), (1, 1, THREE)],
            [(1, 1, THREE), (2, 1, "借款人应当按照约定的期限返还借款。")],
            [(1, 1, THREE), (2, 1, "因国际货物买卖合同争议提起诉讼的时效期间为四年。")],
        ] {
            assert_eq!(found(&texts), [], "{texts:?}");
        }
    }
}
