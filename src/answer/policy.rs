//! Judged sentences to the text that a person reads. The only place where a [`CitedText`] is built; pure.

use crate::domain::{
    answer::{AnswerSentence, CitedText},
    claim::Draft,
    evidence::Label,
    policy::{RiskPolicy, Shown},
    text::{Lang, Span},
    verdict::{Judgement, Verdict},
};

/// What the policy made of a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    pub text: CitedText,
    /// One for each judgement, in order, the withheld ones included.
    pub sentences: Vec<AnswerSentence>,
    /// Whether anything that is shown carries a mark.
    pub marked: bool,
}

impl Assembled {
    pub fn shows_nothing(&self) -> bool {
        self.sentences.iter().all(|s| s.shown == Shown::Withheld)
    }
}

/// Applies `policy` to a judged draft: `judgements[i]` is about `draft.sentences[i]`.
///
/// Every shown sentence is followed by the labels of the sources that decided its verdict (not by those that the
/// draft claimed), and, unless it is supported, by a mark in its own language.
pub fn assemble(policy: &RiskPolicy, draft: &Draft, judgements: Vec<Judgement>) -> Assembled {
    let mut text = String::new();
    let mut marked = false;
    let mut sentences = Vec::with_capacity(judgements.len());
    for (sentence, judgement) in draft.sentences.iter().zip(judgements) {
        let shown = policy.decide(&judgement.verdict);
        let span = if shown == Shown::Withheld {
            Span::new(text.len(), text.len())
        } else {
            if !text.is_empty() {
                text.push_str(if sentence.lead.is_empty() { joint(judgement.claim.lang) } else { &sentence.lead });
            }
            let start = text.len();
            text.push_str(&sentence.text);
            let span = Span::new(start, text.len());
            for label in labels(&judgement.verdict) {
                text.push_str(&label.to_string());
            }
            if shown == Shown::Marked {
                marked = true;
                text.push_str(mark(&judgement.verdict, judgement.claim.lang));
            }
            span
        };
        sentences.push(AnswerSentence { span, shown, judgement });
    }
    Assembled { text: CitedText::from_judged(text), sentences, marked }
}

const fn joint(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "",
        Lang::En => " ",
    }
}

/// The labels that decided the verdict, each once, in order of appearance.
fn labels(verdict: &Verdict) -> Vec<Label> {
    let mut labels = Vec::new();
    for citation in verdict.citations() {
        if !labels.contains(&citation.label) {
            labels.push(citation.label);
        }
    }
    labels
}

/// What stands behind a sentence that is shown without being supported, so that even plain text carries the warning.
const fn mark(verdict: &Verdict, lang: Lang) -> &'static str {
    match (verdict, lang) {
        (Verdict::Supported { .. }, _) => "",
        (Verdict::Contradicted { .. }, Lang::Zh) => "〔与来源矛盾〕",
        (Verdict::Contradicted { .. }, Lang::En) => " (contradicted by the source)",
        (Verdict::Unsupported(_) | Verdict::NotChecked(_), Lang::Zh) => "〔无来源支持〕",
        (Verdict::Unsupported(_) | Verdict::NotChecked(_), Lang::En) => " (no source backs this)",
        (Verdict::Miscited { .. }, Lang::Zh) => "〔引文有误，已更正〕",
        (Verdict::Miscited { .. }, Lang::En) => " (citation corrected)",
        (Verdict::Conflict { .. }, Lang::Zh) => "〔来源之间有冲突〕",
        (Verdict::Conflict { .. }, Lang::En) => " (the sources disagree)",
        (Verdict::NeedsReview { .. }, Lang::Zh) => "〔待人工复核〕",
        (Verdict::NeedsReview { .. }, Lang::En) => " (needs review)",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        claim::{Claim, DraftSentence, NotAClaim},
        document::{ChunkId, DocumentMeta, Domain, VersionId},
        evidence::Citation,
        text::NonEmpty,
        verdict::{Missing, Support},
    };

    fn citation(label: u16) -> Citation {
        Citation {
            label: Label(label),
            collection: "legal-zh".parse().expect("a valid name"),
            meta: Arc::new(DocumentMeta::plain("k", "t", Lang::Zh, Domain::Legal)),
            chunk: ChunkId(1),
            version: VersionId(1),
            locator: "第一条".to_owned(),
            page: None,
            quote: "甲".to_owned(),
            span: Span::new(0, 3),
        }
    }

    fn judged(text: &str, lang: Lang, verdict: Verdict) -> (DraftSentence, Judgement) {
        let sentence = DraftSentence { text: text.to_owned(), cited: Vec::new(), lead: String::new() };
        let claim = Claim {
            text: text.to_owned(),
            span: Span::new(0, text.len()),
            lang,
            cited: Vec::new(),
            context: Vec::new(),
            skip: None,
        };
        (sentence, Judgement { claim, verdict, p_supported: 0.5, reasons: Vec::new() })
    }

    fn run(domain: Domain, parts: Vec<(DraftSentence, Judgement)>) -> Assembled {
        let (sentences, judgements) = parts.into_iter().unzip();
        assemble(&RiskPolicy::default_for(domain), &Draft { sentences }, judgements)
    }

    fn supported(label: u16) -> Verdict {
        Verdict::Supported { by: NonEmpty::one(citation(label)), how: Support::Verbatim }
    }

    #[test]
    fn every_verdict_has_a_decided_fate() {
        let one = || NonEmpty::one(citation(2));
        let table = [
            (supported(2), "句。[2]", false),
            (Verdict::Contradicted { by: one() }, "", false),
            (Verdict::Unsupported(Missing::NoEvidence), "", false),
            (Verdict::Unsupported(Missing::UnknownLabel("[9]".to_owned())), "", false),
            (Verdict::Miscited { by: one(), cited: vec![Label(1)] }, "句。[2]〔引文有误，已更正〕", true),
            (
                Verdict::Conflict { backing: one(), against: NonEmpty::one(citation(3)) },
                "句。[2][3]〔来源之间有冲突〕",
                true,
            ),
            (Verdict::NeedsReview { nearest: Some(citation(4)) }, "句。[4]〔待人工复核〕", true),
            (Verdict::NotChecked(NotAClaim::Greeting), "", false),
        ];
        for (verdict, text, marked) in table {
            let out = run(Domain::Legal, vec![judged("句。", Lang::Zh, verdict.clone())]);
            assert_eq!((out.text.as_str(), out.marked), (text, marked), "{verdict:?}");
            assert_eq!(out.shows_nothing(), text.is_empty());
        }
    }

    #[test]
    fn medicine_withholds_what_nobody_could_decide() {
        let review = Verdict::NeedsReview { nearest: None };
        let out = run(Domain::Medical, vec![judged("It cures.", Lang::En, review)]);
        assert!(out.shows_nothing());
        assert_eq!(out.sentences.len(), 1, "the judgement stays on record");
    }

    #[test]
    fn spans_slice_the_answer() {
        let out = run(
            Domain::Legal,
            vec![
                judged("One.", Lang::En, supported(1)),
                judged("Gone.", Lang::En, Verdict::Unsupported(Missing::NoEvidence)),
                judged("Two.", Lang::En, supported(2)),
            ],
        );
        assert_eq!(out.text.as_str(), "One.[1] Two.[2]");
        let slices: Vec<_> = out.sentences.iter().map(|s| s.span.of(out.text.as_str())).collect();
        assert_eq!(slices, [Some("One."), Some(""), Some("Two.")]);
    }
}
