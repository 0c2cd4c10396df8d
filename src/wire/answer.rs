//! Answers as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    CertificateJson, CitationJson, DisagreementJson, EvidenceJson, MessageJson, ReasonJson, ReferenceJson,
    SearchedJson, date, score, timestamp,
};
use crate::domain::{
    answer::{Abstention, Answer, AnswerSentence, ModelIdentity, Outcome, Provenance, Writing},
    evidence::Searched,
    policy::Shown,
    verdict::{Missing, Support, Verdict},
};

/// A question, its judged answer or its abstention, and all that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Answer)]
pub struct AnswerJson {
    pub id: String,
    pub created_at: String,
    pub question: String,
    /// What was searched for and answered, where the question leans on earlier ones; else `null`.
    pub read_as: Option<String>,
    /// `zh` or `en`.
    pub lang: &'static str,
    /// `answered`, `flagged` (something shown is marked) or `abstained`.
    pub outcome: &'static str,
    /// What may be shown. Empty when Attest abstains.
    pub text: String,
    pub sentences: Vec<SentenceJson>,
    pub abstention: Option<AbstentionJson>,
    /// Best first; labels are those of the citations.
    pub evidence: Vec<EvidenceJson>,
    /// Sources among the evidence that contradict each other.
    pub disagreements: Vec<DisagreementJson>,
    pub searched: SearchedJson,
    pub provenance: ProvenanceJson,
}

impl From<&Answer> for AnswerJson {
    fn from(answer: &Answer) -> Self {
        let abstention = match &answer.outcome {
            Outcome::Abstained(abstention) => Some(AbstentionJson::new(abstention, &answer.evidence.searched)),
            Outcome::Answered | Outcome::Flagged => None,
        };
        Self {
            id: answer.id.clone(),
            created_at: timestamp(answer.created_at),
            question: answer.question.clone(),
            read_as: answer.read_as.clone(),
            lang: answer.lang.code(),
            outcome: answer.outcome.code(),
            text: answer.text.as_str().to_owned(),
            sentences: answer.sentences.iter().map(|s| SentenceJson::new(s, answer.text.as_str())).collect(),
            abstention,
            evidence: answer.evidence.items().iter().map(EvidenceJson::from).collect(),
            disagreements: answer.disagreements.iter().map(DisagreementJson::from).collect(),
            searched: SearchedJson::from(&answer.evidence.searched),
            provenance: ProvenanceJson::from(&answer.provenance),
        }
    }
}

/// One sentence of an answer, with its judgement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Sentence)]
pub struct SentenceJson {
    /// The bytes `start..end` of the answer's `text`; empty for a sentence that was withheld.
    pub text: String,
    pub start: usize,
    pub end: usize,
    /// `plain`, `marked` or `withheld`.
    pub shown: &'static str,
    /// The sentence that was judged, without its labels. Of a withheld sentence it is here for the record: do not
    /// present it as part of the answer.
    pub claim: String,
    /// `supported`, `contradicted`, `unsupported`, `miscited`, `conflict`, `needs_review` or `not_checked`.
    pub verdict: &'static str,
    /// What lies behind the verdict: `verbatim`, `tabled` or `model` for support; `unknown_label`, `no_evidence` or `part` for
    /// what is missing; the kind of a sentence that is not checked; otherwise `null`.
    pub detail: Option<&'static str>,
    /// Score for "supported", 0 to 1. It ranks; it is not a probability of truth.
    pub confidence: f64,
    /// The decisive one first.
    pub citations: Vec<CitationJson>,
    pub reasons: Vec<ReasonJson>,
    /// The laws that it names, looked up; bytes of `claim`.
    pub references: Vec<ReferenceJson>,
}

impl SentenceJson {
    /// `answer_text` is the text that the sentence's span is into.
    pub fn new(sentence: &AnswerSentence, answer_text: &str) -> Self {
        let text = sentence.span.of(answer_text).unwrap_or_default();
        Self::with_text(sentence, text)
    }

    /// For a sentence whose slice of the answer is known while the rest of the answer is not there yet.
    pub fn with_text(sentence: &AnswerSentence, text: &str) -> Self {
        let judgement = &sentence.judgement;
        Self {
            text: if sentence.shown == Shown::Withheld { String::new() } else { text.to_owned() },
            start: sentence.span.start(),
            end: sentence.span.end(),
            shown: sentence.shown.code(),
            claim: judgement.claim.text.clone(),
            verdict: judgement.verdict.code(),
            detail: detail(&judgement.verdict),
            confidence: score(judgement.p_supported),
            citations: CitationJson::of_verdict(&judgement.verdict),
            reasons: judgement.reasons.iter().map(ReasonJson::from).collect(),
            references: ReferenceJson::all(&judgement.references, &judgement.claim.text),
        }
    }
}

/// What lies behind a verdict, as a code.
pub(super) fn detail(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Supported { how: Support::Verbatim, .. } => Some("verbatim"),
        Verdict::Supported { how: Support::Tabled, .. } => Some("tabled"),
        Verdict::Supported { how: Support::Model, .. } => Some("model"),
        Verdict::Unsupported(Missing::UnknownLabel(_)) => Some("unknown_label"),
        Verdict::Unsupported(Missing::NoEvidence) => Some("no_evidence"),
        Verdict::Unsupported(Missing::Part) => Some("part"),
        Verdict::NotChecked(kind) => Some(kind.code()),
        Verdict::Contradicted { .. }
        | Verdict::Miscited { .. }
        | Verdict::Conflict { .. }
        | Verdict::NeedsReview { .. } => None,
    }
}

/// Why nothing is answered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Abstention)]
pub struct AbstentionJson {
    /// `nothing_found`, `not_answered`, `other_years`, `not_in_knowledge_base` or `nothing_verified`.
    pub reason: &'static str,
    pub message: MessageJson,
    pub searched: SearchedJson,
    /// What came nearest, best first; it was judged not to answer the question.
    pub nearest: Vec<CitationJson>,
}

impl AbstentionJson {
    pub fn new(abstention: &Abstention, searched: &Searched) -> Self {
        Self {
            reason: abstention.reason.code(),
            message: MessageJson::from(&abstention.message),
            searched: SearchedJson::from(searched),
            nearest: abstention.nearest.iter().map(|c| CitationJson::new(c, "nearest")).collect(),
        }
    }
}

/// All that is needed to produce the answer again.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Provenance)]
pub struct ProvenanceJson {
    /// `strict` or `grounded`.
    pub mode: &'static str,
    /// What became of the sentences that a generator wrote; `null` where none wrote.
    pub writing: Option<WritingJson>,
    pub embedder: Option<ModelJson>,
    /// The linear map that moves the vectors of questions towards the passages that answer them.
    pub query_adapter: Option<ModelJson>,
    /// What took the second look at what was found; `null` where nothing did.
    pub reranker: Option<ModelJson>,
    pub generator: Option<ModelJson>,
    pub as_of: String,
    /// Position of the change log that the index had reached.
    pub index_position: i64,
    pub thresholds: Vec<ThresholdJson>,
    /// The model that judged beside the rules, if there was one.
    pub verifier: Option<ModelJson>,
    /// The language model that was asked about what it left open, if there was one.
    pub judge: Option<ModelJson>,
    /// What is proved about support; `null` where nothing is.
    pub certificate: Option<CertificateJson>,
    /// Version of Attest.
    pub version: &'static str,
}

impl From<&Provenance> for ProvenanceJson {
    fn from(provenance: &Provenance) -> Self {
        Self {
            mode: provenance.mode.code(),
            writing: provenance.writing.as_ref().map(WritingJson::from),
            embedder: provenance.embedder.as_ref().map(ModelJson::from),
            query_adapter: provenance.query_adapter.as_ref().map(ModelJson::from),
            reranker: provenance.reranker.as_ref().map(ModelJson::from),
            generator: provenance.generator.as_ref().map(ModelJson::from),
            as_of: date(provenance.as_of),
            index_position: provenance.index_position,
            thresholds: provenance
                .thresholds
                .iter()
                .map(|&(name, value)| ThresholdJson { name, value: score(value) })
                .collect(),
            verifier: provenance.verifier.as_ref().map(ModelJson::from),
            judge: provenance.judge.as_ref().map(ModelJson::from),
            certificate: provenance.certificate.as_ref().map(CertificateJson::from),
            version: provenance.version,
        }
    }
}

/// What became of the sentences that a generator wrote, before anybody saw them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Writing)]
pub struct WritingJson {
    /// Pieces of evidence that the generator was given, those with the labels 1 to this; more did not fit into its prompt.
    pub sources: usize,
    /// Sentences that passed as they were written first.
    pub kept: usize,
    /// Written again, or given another citation, until they passed.
    pub repaired: usize,
    /// Replaced by the words of the source.
    pub quoted: usize,
    /// Withheld: nothing that was tried passed.
    pub dropped: usize,
    /// How often a sentence was written again.
    pub retries: usize,
    /// Tokens that a reasoning model thought before the first sentence; nobody is shown them.
    pub thinking_tokens: usize,
    /// Of the sampler; 0 is greedy.
    pub temperature: f64,
    pub seed: u32,
}

impl From<&Writing> for WritingJson {
    fn from(writing: &Writing) -> Self {
        Self {
            sources: writing.sources,
            kept: writing.kept,
            repaired: writing.repaired,
            quoted: writing.quoted,
            dropped: writing.dropped,
            retries: writing.retries,
            thinking_tokens: writing.thinking_tokens,
            temperature: score(writing.temperature),
            seed: writing.seed,
        }
    }
}

/// A model file that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelJson {
    pub name: String,
    /// Of the file, hexadecimal.
    pub sha256: String,
}

impl From<&ModelIdentity> for ModelJson {
    fn from(model: &ModelIdentity) -> Self {
        Self { name: model.name.clone(), sha256: model.sha256.clone() }
    }
}

/// A threshold that had a say.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Threshold)]
pub struct ThresholdJson {
    pub name: &'static str,
    pub value: f64,
}
