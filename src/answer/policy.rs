//! Judged sentences to the text that a person reads. The only place where a [`CitedText`] is built; pure.

use crate::domain::{
    answer::{AnswerSentence, CitedText},
    claim::{Draft, DraftSentence},
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

/// An answer that grows by judged sentences.
///
/// Every shown sentence is followed by the labels of the sources that decided its verdict (not by those that the
/// draft claimed), and, unless it is supported, by a mark in its own language.
#[derive(Clone, Debug)]
pub struct Assembly {
    policy: RiskPolicy,
    text: String,
    sentences: Vec<AnswerSentence>,
    marked: bool,
}

impl Assembly {
    pub const fn new(policy: RiskPolicy) -> Self {
        Self { policy, text: String::new(), sentences: Vec::new(), marked: false }
    }

    pub const fn decide(&self, verdict: &Verdict) -> Shown {
        self.policy.decide(verdict)
    }

    pub fn sentences(&self) -> &[AnswerSentence] {
        &self.sentences
    }

    /// The slice of the text that the sentence at `index` is.
    pub fn slice(&self, index: usize) -> &str {
        self.sentences.get(index).and_then(|s| s.span.of(&self.text)).unwrap_or_default()
    }

    /// The next sentence, as the policy decides.
    pub fn push(&mut self, sentence: &DraftSentence, judgement: Judgement) {
        let shown = self.policy.decide(&judgement.verdict);
        if shown == Shown::Withheld {
            return self.withhold(judgement);
        }
        if !self.text.is_empty() {
            self.text.push_str(if sentence.lead.is_empty() { joint(judgement.claim.lang) } else { &sentence.lead });
        }
        let start = self.text.len();
        self.text.push_str(&sentence.text);
        let span = Span::new(start, self.text.len());
        for label in labels(&judgement.verdict) {
            self.text.push_str(&label.to_string());
        }
        if shown == Shown::Marked {
            self.marked = true;
            self.text.push_str(mark(&judgement.verdict, judgement.claim.lang));
        }
        self.sentences.push(AnswerSentence { span, shown, judgement });
    }

    /// The next sentence for the record only.
    pub fn withhold(&mut self, judgement: Judgement) {
        let span = Span::new(self.text.len(), self.text.len());
        self.sentences.push(AnswerSentence { span, shown: Shown::Withheld, judgement });
    }

    /// Takes the last sentence back, if it was withheld: another one takes its place.
    pub fn take_back(&mut self) {
        self.sentences.pop_if(|last| last.shown == Shown::Withheld);
    }

    pub fn finish(self) -> Assembled {
        Assembled { text: CitedText::from_judged(self.text), sentences: self.sentences, marked: self.marked }
    }
}

/// Applies `policy` to a judged draft: `judgements[i]` is about `draft.sentences[i]`.
pub fn assemble(policy: &RiskPolicy, draft: &Draft, judgements: Vec<Judgement>) -> Assembled {
    let mut assembly = Assembly::new(policy.clone());
    for (sentence, judgement) in draft.sentences.iter().zip(judgements) {
        assembly.push(sentence, judgement);
    }
    assembly.finish()
}

/// What stands between the sentences of an answer without being one: labels, marks and white space. Everything else
/// in its text must be a judged sentence.
pub fn is_trimming(between: &str) -> bool {
    let mut rest = between.trim_start();
    while !rest.is_empty() {
        let label = rest.strip_prefix('[').and_then(|inner| {
            let digits = inner.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
            inner[digits..].strip_prefix(']')
        });
        let Some(after) = label.or_else(|| MARKS.iter().find_map(|mark| rest.strip_prefix(mark.trim_start()))) else {
            return false;
        };
        rest = after.trim_start();
    }
    true
}

const fn joint(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "",
        Lang::En => " ",
    }
}

/// The labels that decided the verdict, each once, in order of appearance.
pub(super) fn labels(verdict: &Verdict) -> Vec<Label> {
    let mut labels = Vec::new();
    for citation in verdict.citations() {
        if !labels.contains(&citation.label) {
            labels.push(citation.label);
        }
    }
    labels
}

const MARKS: [&str; 10] = [
    "〔与来源矛盾〕",
    " (contradicted by the source)",
    "〔无来源支持〕",
    " (no source backs this)",
    "〔引文有误，已更正〕",
    " (citation corrected)",
    "〔来源之间有冲突〕",
    " (the sources disagree)",
    "〔待人工复核〕",
    " (needs review)",
];

/// What stands behind a sentence that is shown without being supported, so that even plain text carries the warning.
const fn mark(verdict: &Verdict, lang: Lang) -> &'static str {
    let row = match verdict {
        Verdict::Supported { .. } => return "",
        Verdict::Contradicted { .. } => 0,
        Verdict::Unsupported(_) | Verdict::NotChecked(_) => 2,
        Verdict::Miscited { .. } => 4,
        Verdict::Conflict { .. } => 6,
        Verdict::NeedsReview { .. } => 8,
    };
    match lang {
        Lang::Zh => MARKS[row],
        Lang::En => MARKS[row + 1],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        claim::{Claim, NotAClaim},
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
        (sentence, Judgement { claim, verdict, p_supported: 0.5, reasons: Vec::new(), references: Vec::new() })
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

    #[test]
    fn only_labels_marks_and_space_stand_between_sentences() {
        for between in ["", "[1]", "[1][12] ", "[2]〔待人工复核〕", "[2] (needs review) ", "\n\n", " "] {
            assert!(is_trimming(between), "{between:?}");
        }
        for between in ["[x]", "[]", "一句", "[1] and so on", "(needs", "[1"] {
            assert!(!is_trimming(between), "{between:?}");
        }
    }
}
