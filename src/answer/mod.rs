//! Judgements to an answer: the whole pipeline on one screen.
//!
//! question → evidence → enough? → draft → claims → judgements → policy → answer. A step that fails is an error;
//! it never becomes an answer, nor an abstention that looks like "nothing found".

mod explore;
mod follow_up;
pub mod policy;
pub mod sufficiency;
#[cfg(test)]
mod tests;
mod unguarded;
mod write;

use std::{collections::BTreeSet, sync::Arc};

use time::Date;
use tokio::sync::mpsc;

use crate::{
    domain::{
        answer::{
            Abstention, AbstentionReason, Answer, AnswerSentence, CitedText, Mode, Outcome, Provenance, Revision,
            Writing,
        },
        document::{CollectionName, Domain},
        evidence::{EvidenceSet, Label, Query, Searched, Switches},
        policy::{RiskPolicy, Shown},
        text::{Lang, Message},
    },
    draft::{claims, quote},
    ports::{
        Clock, EmbedKind, Embedder, Generator, ModelError, Priority, RetrieveError, Retriever, Sampling, Verifier,
        VerifyError,
    },
    retrieve::{dot, restated},
    text::lang,
    verify::disagree,
};
use policy::Assembled;
use sufficiency::{Features, Gate, equivalents};
use write::Writer;

pub use explore::ideas;

/// How many pieces of evidence an answer may draw on.
pub const EVIDENCE: usize = 10;

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
    /// Questions of the same conversation before this one, oldest first.
    pub earlier: Vec<String>,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// Default: strict.
    pub mode: Mode,
    /// Default: today.
    pub as_of: Option<Date>,
    /// Which risk policy applies.
    pub domain: Domain,
    /// Default: the language of the question. Quotations stay in the language of their source.
    pub lang: Option<Lang>,
}

impl Ask {
    /// The language that the answer is in.
    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(|| lang::detect(&self.question))
    }
}

/// A question as it is understood: by itself, or together with those before it.
struct Understood<'a> {
    ask: &'a Ask,
    /// What is searched for and answered where the question leans on earlier ones.
    read_as: Option<String>,
}

impl Understood<'_> {
    fn question(&self) -> &str {
        self.read_as.as_deref().unwrap_or(&self.ask.question)
    }
}

/// What a listener sees while an answer comes about, in this order: `Searching`, `Evidence`, any number of `Sentence`
/// and `Revised`, `Done`. Nothing unjudged is ever among it.
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
    /// What became of the sentence at `index`, which was told as withheld: it is this one now.
    Revised {
        index: usize,
        text: String,
        sentence: Box<AnswerSentence>,
        revision: Revision,
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
    /// How a generator draws.
    pub sampling: Sampling,
    /// Let the generator write as it likes, and judge it afterwards: what everything else is compared with.
    pub unguarded: bool,
}

/// The sentences of the evidence with their relevance to a question.
struct Ranked {
    candidates: Vec<quote::Candidate>,
    wording: quote::Wording,
    /// To the question: of the sentence, or of the piece that holds it.
    cosines: Vec<Option<f32>>,
    scores: Vec<f32>,
    /// The pieces to quote, best first.
    pieces: Vec<Label>,
    /// The vector of the question, where there is an encoder.
    asked: Option<Vec<f32>>,
}

impl Pipeline {
    /// Reads the question with those before it, searches, then answers from what was found.
    pub async fn answer(&self, ask: &Ask, listener: Option<&mpsc::Sender<AnswerEvent>>) -> Result<Answer, AnswerError> {
        let understood = Understood { ask, read_as: self.read_as(ask).await };
        let query = Query {
            text: understood.question().to_owned(),
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
        self.answer_understood(&understood, evidence, listener).await
    }

    /// Answers the question by itself, from this evidence and nothing else.
    pub async fn answer_from(
        &self,
        ask: &Ask,
        evidence: EvidenceSet,
        listener: Option<&mpsc::Sender<AnswerEvent>>,
    ) -> Result<Answer, AnswerError> {
        self.answer_understood(&Understood { ask, read_as: None }, evidence, listener).await
    }

    async fn answer_understood(
        &self,
        understood: &Understood<'_>,
        evidence: EvidenceSet,
        listener: Option<&mpsc::Sender<AnswerEvent>>,
    ) -> Result<Answer, AnswerError> {
        let question = understood.question();
        let features = Features::read(question, &evidence);
        let answer = if evidence.is_empty() {
            self.abstain(understood, evidence, AbstentionReason::NothingFound, Told::default())
        } else if !self.gate.answers(lang::detect(question), &features) {
            let of_other_years = features.other_years > 0.0;
            let reason = if of_other_years { AbstentionReason::OtherYears } else { AbstentionReason::NotAnswered };
            self.abstain(understood, evidence, reason, Told::default())
        } else {
            let (assembled, writing) = match understood.ask.mode {
                Mode::Strict => (self.quote(understood, &evidence, listener).await?, None),
                Mode::Grounded if self.unguarded => (unguarded::write(self, understood, &evidence).await?, None),
                Mode::Grounded => match Writer::new(self, understood, &evidence, listener).await? {
                    Some(writer) => writer.run().await.map(|(assembled, writing)| (assembled, Some(writing)))?,
                    None => (self.quote(understood, &evidence, listener).await?, None),
                },
            };
            let told = Told { sentences: assembled.sentences, writing };
            if told.sentences.iter().all(|s| s.shown == Shown::Withheld) {
                self.abstain(understood, evidence, AbstentionReason::NothingVerified, told)
            } else {
                let outcome = if assembled.marked { Outcome::Flagged } else { Outcome::Answered };
                self.finish(understood, evidence, outcome, assembled.text, told)
            }
        };
        tell(listener, || AnswerEvent::Done(Box::new(answer.clone()))).await;
        Ok(answer)
    }

    /// The strict answer: sentences of the sources, ranked by the encoder where there is one.
    async fn quote(
        &self,
        understood: &Understood<'_>,
        evidence: &EvidenceSet,
        listener: Option<&mpsc::Sender<AnswerEvent>>,
    ) -> Result<Assembled, AnswerError> {
        let ranked = self.rank(understood, evidence).await?;
        let Ranked { candidates, wording, scores, pieces, .. } = &ranked;
        let draft = quote::compose(evidence, pieces, candidates, wording, scores, &self.limits);
        let judgements = self.verifier.verify(&claims::from_draft(&draft), evidence).await?;
        let assembled = policy::assemble(&RiskPolicy::default_for(understood.ask.domain), &draft, judgements);
        for (index, sentence) in assembled.sentences.iter().enumerate() {
            let text = sentence.span.of(assembled.text.as_str()).unwrap_or_default().to_owned();
            tell(listener, || AnswerEvent::Sentence { index, text, sentence: Box::new(sentence.clone()) }).await;
        }
        Ok(assembled)
    }

    /// Every sentence of the best evidence, scored, and which pieces to quote.
    ///
    /// Embedding sentences is what takes time. The vectors that pieces had before anybody asked tell which sentences are
    /// worth it: the most promising ones, and all inside a chosen piece that is too long to be quoted whole.
    async fn rank(&self, understood: &Understood<'_>, evidence: &EvidenceSet) -> Result<Ranked, AnswerError> {
        let question = understood.question();
        let new = understood.read_as.is_some().then_some(understood.ask.question.as_str());
        let candidates = quote::candidates(evidence, &self.limits);
        let mut cosines: Vec<Option<f32>> =
            candidates.iter().map(|c| evidence.get(c.label).and_then(|item| item.signals.cosine)).collect();
        let wording = quote::Wording::of(question, new, &candidates, equivalents(evidence));
        let Some(embedder) = &self.embedder else {
            let scores = wording.scores(&cosines);
            let pieces = quote::choose(question, evidence, &candidates, &scores, &self.limits);
            return Ok(Ranked { candidates, wording, cosines, scores, pieces, asked: None });
        };
        let restated = restated(question, &evidence.searched.concepts);
        let asked = embedder.embed(EmbedKind::Query, &[restated], Priority::Interactive).await?.pop();
        // Passages that came with the question have no vectors yet.
        let mut measured: BTreeSet<usize> = (0..candidates.len()).filter(|at| cosines[*at].is_none()).collect();
        let scores = wording.scores(&cosines);
        let mut promising: Vec<usize> = (0..candidates.len()).collect();
        promising.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        measured.extend(promising.into_iter().take(self.limits.measured));
        self.measure(asked.as_deref(), &candidates, &mut cosines, measured.iter().copied().collect()).await?;
        let scores = wording.scores(&cosines);
        let pieces = quote::choose(question, evidence, &candidates, &scores, &self.limits);
        let is_cut = |label| {
            pieces.contains(&label) && evidence.get(label).is_some_and(|item| quote::is_cut(item, &self.limits))
        };
        let inside =
            (0..candidates.len()).filter(|at| !measured.contains(at) && is_cut(candidates[*at].label)).collect();
        self.measure(asked.as_deref(), &candidates, &mut cosines, inside).await?;
        let scores = wording.scores(&cosines);
        Ok(Ranked { candidates, wording, cosines, scores, pieces, asked })
    }

    /// Puts the cosines of these candidates' own sentences to the question in their place.
    async fn measure(
        &self,
        asked: Option<&[f32]>,
        candidates: &[quote::Candidate],
        cosines: &mut [Option<f32>],
        which: Vec<usize>,
    ) -> Result<(), ModelError> {
        let (Some(embedder), Some(asked)) = (&self.embedder, asked) else { return Ok(()) };
        let passages: Vec<String> = which.iter().map(|at| candidates[*at].passage()).collect();
        let vectors = embedder.embed(EmbedKind::Passage, &passages, Priority::Interactive).await?;
        for (at, vector) in which.into_iter().zip(vectors) {
            cosines[at] = Some(dot(asked, &vector));
        }
        Ok(())
    }

    fn abstain(
        &self,
        understood: &Understood<'_>,
        evidence: EvidenceSet,
        reason: AbstentionReason,
        told: Told,
    ) -> Answer {
        let nearest = evidence.items().iter().take(3).map(crate::domain::evidence::Evidence::cite_whole).collect();
        let message = explain(reason, &evidence);
        let outcome = Outcome::Abstained(Abstention { reason, message, nearest });
        self.finish(understood, evidence, outcome, CitedText::default(), told)
    }

    fn finish(
        &self,
        understood: &Understood<'_>,
        evidence: EvidenceSet,
        outcome: Outcome,
        text: CitedText,
        told: Told,
    ) -> Answer {
        let ask = understood.ask;
        let mut thresholds = self.verifier.thresholds();
        thresholds.push(("answerable", self.gate.threshold));
        Answer {
            id: self.clock.new_id(),
            created_at: self.clock.now(),
            question: ask.question.clone(),
            read_as: understood.read_as.clone(),
            lang: ask.lang(),
            outcome,
            text,
            sentences: told.sentences,
            provenance: Provenance {
                mode: ask.mode,
                writing: told.writing,
                embedder: self.embedder.as_ref().map(|e| e.identity().clone()),
                query_adapter: self.retriever.query_adapter().cloned(),
                reranker: self.retriever.reranker().cloned(),
                generator: match ask.mode {
                    Mode::Strict => None,
                    Mode::Grounded => self.generator.as_ref().map(|g| g.identity().clone()),
                },
                as_of: ask.as_of.unwrap_or_else(|| self.clock.today()),
                index_position: evidence.searched.index_position,
                thresholds,
                verifier: self.verifier.model().cloned(),
                judge: self.verifier.judge().cloned(),
                certificate: self.verifier.certificate().cloned(),
                version: env!("CARGO_PKG_VERSION"),
            },
            disagreements: disagree::between(&evidence),
            evidence,
        }
    }
}

/// What was written, and how.
#[derive(Default)]
struct Told {
    sentences: Vec<AnswerSentence>,
    writing: Option<Writing>,
}

async fn tell(listener: Option<&mpsc::Sender<AnswerEvent>>, event: impl FnOnce() -> AnswerEvent) {
    if let Some(listener) = listener {
        // A listener that left does not stop the answer from being stored; its task is cancelled by the door.
        let _ = listener.send(event()).await;
    }
}

/// Why there is no answer, and what was searched.
fn explain(reason: AbstentionReason, evidence: &EvidenceSet) -> Message {
    let names: Vec<&str> = evidence.searched.collections.iter().map(CollectionName::as_str).collect();
    let (zh_names, en_names) = (names.join("、"), names.join(", "));
    let Searched { chunks, newest, known_missing, .. } = &evidence.searched;
    let day = |before: &str| newest.map(|day| format!("{before}{day}")).unwrap_or_default();
    let gaps = |before: &str, colon: &str, after: &str| {
        let gap = |(name, text): &(CollectionName, String)| {
            format!("{before}{name}{colon}{}{after}", text.trim_end_matches(['。', '.']))
        };
        known_missing.iter().map(gap).collect::<String>()
    };
    let (zh, en) = match reason {
        AbstentionReason::NothingFound => ("没有找到与问题相关的内容", "Nothing near the question was found"),
        AbstentionReason::NotAnswered => {
            ("找到了相近的内容，但它们没有回答这个问题", "Passages were found, but none of them answers the question")
        }
        AbstentionReason::OtherYears => (
            "来源中有所问的内容，但属于其他年份：请改问这些年份，或加入所问年份的文件",
            "What is asked stands in the sources, but of other years: ask for those, or add a document of that year",
        ),
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
        format!(
            "{zh}。已检索：{zh_names}（{chunks} 个片段{}）。{}",
            day("，最新文本的日期为 "),
            gaps("已知 ", " 缺少：", "。")
        ),
        format!(
            "{en}. Searched: {en_names} ({chunks} passages{}).{}",
            day("; newest text of "),
            gaps(" Known to be missing from ", ": ", ".")
        ),
    )
}
