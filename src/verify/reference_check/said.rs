//! What is said of an article, held against the article.

use time::Date;

use super::{article as article_of, is_to_come, to_come};
use crate::{
    domain::{
        document::DocumentMeta,
        evidence::Label,
        instrument::{KnownArticle, KnownVersion, ReferenceCheck, ReferenceStatus, Successor},
        text::{Message, Span},
        verdict::{Effect, Reason},
    },
    text::{lang, reference::LegalReference, sentence::sentences},
    verify::{
        case::{Case, SourceSentence, Unit},
        read,
        rules::{self, Rule},
    },
};

/// Below this share of its words the article is not where the said stands.
const SAYS_LITTLE: f32 = 0.3;
/// Below this share of what is recited in quotation marks the article is not what is recited.
const RECITED: f32 = 0.5;
/// From this share on another article is what was meant.
const SAYS_IT: f32 = 0.6;

/// Rules that can say that one text asserts the opposite of another.
fn opposing() -> impl Iterator<Item = &'static Rule> {
    [
        rules::quote::RULES,
        rules::modality::RULES,
        rules::negation::RULES,
        rules::comparison::RULES,
        rules::entity::RULES,
        rules::quantity::RULES,
    ]
    .into_iter()
    .flatten()
    .filter(|rule| rule.code != "R23")
}

/// The answer where the article does not say what it is cited for; `None` where it does, or says too little to tell.
pub(super) fn says_else(
    said: &str,
    reference: &LegalReference,
    article: &KnownArticle,
    current: &KnownVersion,
    versions: &[&KnownVersion],
    named: &str,
    day: Date,
) -> Option<ReferenceCheck> {
    let words = rules::tokens(said);
    let covered = words.within(&rules::tokens(&article.text));
    let reasons = contradictions(said, article, &current.meta);
    let invented = rules::quote::recited(said, &article.text).is_some_and(|share| share < RECITED);
    if reasons.is_empty() && !invented && (covered >= SAYS_LITTLE || words.len() < 6) {
        return None;
    }
    // An older version may be what the writer had before him, or the next one.
    if let Some(old) = versions.iter().filter(|v| v.meta.key != current.meta.key).find(|v| {
        article_of(v, reference).is_some_and(|old| {
            old.text != article.text
                && words.within(&rules::tokens(&old.text)) >= SAYS_IT.max(covered + 0.1)
                && contradictions(said, old, &v.meta).is_empty()
        })
    }) {
        if is_to_come(old, day) {
            return Some(to_come(named, old));
        }
        let successor = Some(Successor {
            key: Some(current.meta.key.clone()),
            title: current.meta.title.clone(),
            locator: counterpart(said, current).filter(|found| *found != article.locator),
        });
        let message = Message::new(
            format!("{named}已修改：所引内容是旧文本的，现行文本不同。"),
            format!("{named} has been amended: what is cited stood in an earlier version."),
        );
        let status = ReferenceStatus::NoLongerInForce {
            key: Some(old.meta.key.clone()),
            amended: true,
            until: old.meta.valid_to,
            successor,
        };
        return Some(ReferenceCheck { status, message });
    }
    let found_in = counterpart(said, current).filter(|found| *found != article.locator);
    // A paraphrase may share few words with what it tells; only what stands elsewhere, or claims to be the very words, can
    // be told to be wrong.
    if reasons.is_empty() && !invented && found_in.is_none() {
        return None;
    }
    let message = match (reasons.first(), &found_in) {
        (Some(reason), _) => Message::new(
            format!("{named}现行有效，但内容与所述不符：{}", reason.message.zh),
            format!("{named} is in force but does not say this: {}", reason.message.en),
        ),
        (None, Some(found)) => Message::new(
            format!("{named}现行有效，但所述内容见于{found}。"),
            format!("{named} is in force, but what is said of it stands in {found}."),
        ),
        (None, None) => Message::new(
            format!("{named}现行有效，但没有引号中的文字。"),
            format!("{named} is in force, but the words in quotation marks do not stand there."),
        ),
    };
    let status = ReferenceStatus::SaysSomethingElse {
        key: current.meta.key.clone(),
        text: article.text.clone(),
        reasons,
        found_in,
    };
    Some(ReferenceCheck { status, message })
}

/// The article of `version` that holds most of `text`, where it holds enough of it to be meant.
pub(super) fn counterpart(text: &str, version: &KnownVersion) -> Option<String> {
    let words = rules::tokens(text);
    if words.len() < 6 {
        return None;
    }
    version
        .articles
        .iter()
        .map(|article| (words.within(&rules::tokens(&article.text)), article))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(covered, _)| *covered >= SAYS_IT)
        .map(|(_, article)| article.locator.clone())
}

/// What rules find against `said` in the article.
fn contradictions(said: &str, article: &KnownArticle, meta: &DocumentMeta) -> Vec<Reason> {
    let unit = |text| -> Unit<'_> {
        let lang = lang::detect(text);
        read::unit(text, lang)
    };
    let words = rules::tokens(said);
    let label = Label(1);
    let sources: Vec<SourceSentence<'_>> = sentences(&article.text)
        .into_iter()
        .filter_map(|span: Span| {
            let text = span.of(&article.text)?;
            Some(SourceSentence {
                label,
                meta,
                locator: &article.locator,
                path: &[],
                offset: span.start(),
                unit: unit(text),
                coverage: words.within(&rules::tokens(text)),
            })
        })
        .collect();
    let case = Case { claim: unit(said), question: None, as_of: None, sources };
    opposing().flat_map(|rule| (rule.check)(&case)).filter(|reason| reason.effect == Effect::Contradict).collect()
}
