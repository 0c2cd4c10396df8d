//! Judgements to an answer: the whole pipeline on one screen.
//!
//! question → evidence → enough? → draft → claims → judgements → policy → answer. A step that fails is an error;
//! it never becomes an answer, nor an abstention that looks like "nothing found".

pub mod policy;
pub mod sufficiency;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::StreamExt;
use time::Date;
use tokio::sync::mpsc;

use crate::{
    domain::{
        answer::{Abstention, AbstentionReason, Answer, AnswerSentence, CitedText, Mode, Outcome, Provenance},
        claim::Draft,
        document::{CollectionName, Domain},
        evidence::{EvidenceSet, Query, Switches},
        policy::RiskPolicy,
        text::Message,
    },
    draft::{claims, grammar, parse, prompt, quote},
    ports::{
        Clock, EmbedKind, Embedder, GenerateRequest, GenerationEvent, Generator, ModelError, Priority, RetrieveError,
        Retriever, Sampling, Verifier, VerifyError,
    },
    text::lang,
};
use sufficiency::{Features, Gate};

/// How many pieces of evidence an answer may draw on.
pub const EVIDENCE: usize = 10;
/// A generated answer's length.
const ANSWER_TOKENS: usize = 320;
const ANSWER_SENTENCES: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// A question, and how it wants to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub question: String,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// Default: strict.
    pub mode: Mode,
    /// Default: today.
    pub as_of: Option<Date>,
    /// Which risk policy applies.
    pub domain: Domain,
}

/// What a listener sees while an answer comes about, in this order: `Searching`, `Evidence`, any number of `Sentence`,
/// `Done`. Nothing unjudged is ever among it.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    Searching,
    /// What the answer may cite.
    Evidence(EvidenceSet),
    /// A judged sentence. It is the one at `index` of [`Answer::sentences`], and `text` is its slice of
    /// [`Answer::text`], empty where it was withheld.
    Sentence {
        index: usize,
        text: String,
        sentence: Box<AnswerSentence>,
    },
    /// The whole answer. It ends the stream and overrides what was sent before.
    Done(Box<Answer>),
}

/// The stages and what they need, put together by `app`.
#[derive(Clone)]
pub struct Pipeline {
    pub retriever: Arc<dyn Retriever>,
    pub embedder: Option<Arc<dyn Embedder>>,
    pub generator: Option<Arc<dyn Generator>>,
    pub verifier: Arc<dyn Verifier>,
    pub clock: Arc<dyn Clock>,
    pub gate: Gate,
    pub limits: quote::Limits,
}

impl Pipeline {
    /// Searches, then answers from what was found.
    pub async fn answer(&self, ask: &Ask, listener: Option<&mpsc::Sender<AnswerEvent>>) -> Result<Answer, AnswerError> {
        let query = Query {
            text: ask.question.clone(),
            collections: ask.collections.clone(),
            as_of: ask.as_of.unwrap_or_else(|| self.clock.today()),
            statuses: None,
            lang: None,
            limit: EVIDENCE,
            switches: Switches::default(),
        };
        tell(listener, || AnswerEvent::Searching).await;
        let evidence = self.retriever.retrieve(&query).await?;
        tell(listener, || AnswerEvent::Evidence(evidence.clone())).await;
        self.answer_from(ask, evidence, listener).await
    }

    /// Answers from this evidence and nothing else.
    pub async fn answer_from(
        &self,
        ask: &Ask,
        evidence: EvidenceSet,
        listener: Option<&mpsc::Sender<AnswerEvent>>,
    ) -> Result<Answer, AnswerError> {
        let features = Features::read(&ask.question, &evidence);
        let answer = if evidence.is_empty() {
            self.abstain(ask, evidence, AbstentionReason::NothingFound, Vec::new())
        } else if !self.gate.answers(lang::detect(&ask.question), &features) {
            self.abstain(ask, evidence, AbstentionReason::NotAnswered, Vec::new())
        } else {
            let draft = match ask.mode {
                Mode::Strict => self.quote(&ask.question, &evidence).await?,
                Mode::Grounded => self.write(&ask.question, &evidence).await?,
            };
            let judgements = self.verifier.verify(&claims::from_draft(&draft), &evidence).await?;
            let assembled = policy::assemble(&RiskPolicy::default_for(ask.domain), &draft, judgements);
            if assembled.shows_nothing() {
                self.abstain(ask, evidence, AbstentionReason::NothingVerified, assembled.sentences)
            } else {
                let outcome = if assembled.marked { Outcome::Flagged } else { Outcome::Answered };
                self.finish(ask, evidence, outcome, assembled.text, assembled.sentences)
            }
        };
        for (index, sentence) in answer.sentences.iter().enumerate() {
            let text = sentence.span.of(answer.text.as_str()).unwrap_or_default().to_owned();
            tell(listener, || AnswerEvent::Sentence { index, text, sentence: Box::new(sentence.clone()) }).await;
        }
        tell(listener, || AnswerEvent::Done(Box::new(answer.clone()))).await;
        Ok(answer)
    }

    /// The strict draft: sentences of the sources, ranked by the encoder where there is one.
    async fn quote(&self, question: &str, evidence: &EvidenceSet) -> Result<Draft, AnswerError> {
        let candidates = quote::candidates(evidence, &self.limits);
        let cosines = match &self.embedder {
            None => None,
            Some(embedder) => {
                let asked = embedder.embed(EmbedKind::Query, &[question.to_owned()], Priority::Interactive).await?;
                let passages: Vec<String> = candidates.iter().map(quote::Candidate::passage).collect();
                let vectors = embedder.embed(EmbedKind::Passage, &passages, Priority::Interactive).await?;
                asked.first().map(|asked| vectors.iter().map(|v| dot(asked, v)).collect::<Vec<_>>())
            }
        };
        let scores = quote::score(question, &candidates, cosines.as_deref());
        Ok(quote::compose(evidence, &candidates, &scores, &self.limits))
    }

    /// The grounded draft: a generator writes under a grammar that knows only labels that exist.
    async fn write(&self, question: &str, evidence: &EvidenceSet) -> Result<Draft, AnswerError> {
        let generator = self.generator.as_ref().ok_or(ModelError::NotConfigured { job: "generator" })?;
        let lang = lang::detect(question);
        let (prompt, shown) = prompt::grounded(&**generator, question, lang, evidence, ANSWER_TOKENS)?;
        let labels: Vec<_> = evidence.items().iter().take(shown).map(|e| e.label).collect();
        let Some(grammar) = grammar::cited_sentences(&labels, lang, ANSWER_SENTENCES) else {
            return Ok(Draft::default());
        };
        let request = GenerateRequest {
            prompt,
            grammar: Some(grammar),
            mask: None,
            sampling: Sampling { repeat_penalty: 1.05, ..Sampling::default() },
            max_tokens: ANSWER_TOKENS,
            stop: Vec::new(),
        };
        let mut stream = generator.generate(request).await?;
        let mut text = String::new();
        while let Some(event) = stream.next().await {
            if let GenerationEvent::Text(piece) = event? {
                text.push_str(&piece);
            }
        }
        Ok(parse::generated(&text))
    }

    fn abstain(
        &self,
        ask: &Ask,
        evidence: EvidenceSet,
        reason: AbstentionReason,
        sentences: Vec<AnswerSentence>,
    ) -> Answer {
        let nearest = evidence.items().iter().take(3).map(crate::domain::evidence::Evidence::cite_whole).collect();
        let message = explain(reason, &evidence);
        let outcome = Outcome::Abstained(Abstention { reason, message, nearest });
        self.finish(ask, evidence, outcome, CitedText::default(), sentences)
    }

    fn finish(
        &self,
        ask: &Ask,
        evidence: EvidenceSet,
        outcome: Outcome,
        text: CitedText,
        sentences: Vec<AnswerSentence>,
    ) -> Answer {
        let mut thresholds = self.verifier.thresholds();
        thresholds.push(("answerable", self.gate.threshold));
        Answer {
            id: self.clock.new_id(),
            created_at: self.clock.now(),
            question: ask.question.clone(),
            lang: lang::detect(&ask.question),
            outcome,
            text,
            sentences,
            provenance: Provenance {
                mode: ask.mode,
                embedder: self.embedder.as_ref().map(|e| e.identity().clone()),
                generator: match ask.mode {
                    Mode::Strict => None,
                    Mode::Grounded => self.generator.as_ref().map(|g| g.identity().clone()),
                },
                as_of: ask.as_of.unwrap_or_else(|| self.clock.today()),
                index_position: evidence.searched.index_position,
                thresholds,
                verifier: self.verifier.model().cloned(),
                certificate: self.verifier.certificate().cloned(),
                version: env!("CARGO_PKG_VERSION"),
            },
            evidence,
        }
    }
}

async fn tell(listener: Option<&mpsc::Sender<AnswerEvent>>, event: impl FnOnce() -> AnswerEvent) {
    if let Some(listener) = listener {
        // A listener that left does not stop the answer from being stored; its task is cancelled by the door.
        let _ = listener.send(event()).await;
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Why there is no answer, and what was searched.
fn explain(reason: AbstentionReason, evidence: &EvidenceSet) -> Message {
    let names: Vec<&str> = evidence.searched.collections.iter().map(CollectionName::as_str).collect();
    let (zh_names, en_names) = (names.join("、"), names.join(", "));
    let chunks = evidence.searched.chunks;
    let (zh, en) = match reason {
        AbstentionReason::NothingFound => ("没有找到与问题相关的内容", "Nothing near the question was found"),
        AbstentionReason::NotAnswered => {
            ("找到了相近的内容，但它们没有回答这个问题", "Passages were found, but none of them answers the question")
        }
        AbstentionReason::NotInKnowledgeBase => (
            "问题提到的法规或条文不在知识库中",
            "The law or article that the question names is not in the knowledge base",
        ),
        AbstentionReason::NothingVerified => (
            "写出的句子都没有通过核验，因此不予显示",
            "No sentence that was written passed verification, so none is shown",
        ),
    };
    Message::new(
        format!("{zh}。已检索：{zh_names}（{chunks} 个片段）。"),
        format!("{en}. Searched: {en_names} ({chunks} passages)."),
    )
}
