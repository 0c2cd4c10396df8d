//! What a person gets: judged sentences, or an abstention that says what was searched.

use time::{Date, OffsetDateTime};

use super::{
    certificate::Certificate,
    evidence::{Citation, EvidenceSet},
    policy::Shown,
    text::{Lang, Message, Span},
    verdict::{Disagreement, Judgement},
};

/// Who writes the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Verbatim spans of the sources, chosen by relevance.
    #[default]
    Strict,
    /// A generator writes, under constraint, and what does not stand is repaired or dropped.
    Grounded,
}

impl Mode {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Grounded => "grounded",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Strict, Self::Grounded].into_iter().find(|m| m.code() == code)
    }
}

/// Why nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AbstentionReason {
    /// The collections that were searched hold nothing near the question.
    NothingFound,
    /// Something was found, but it does not answer the question.
    NotAnswered,
    /// What the question asks is told, but of other years than those it names.
    OtherYears,
    /// The question names an article or a law that the knowledge base does not hold.
    NotInKnowledgeBase,
    /// Sentences were written and none survived verification.
    NothingVerified,
}

impl AbstentionReason {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::NotAnswered => "not_answered",
            Self::OtherYears => "other_years",
            Self::NotInKnowledgeBase => "not_in_knowledge_base",
            Self::NothingVerified => "nothing_verified",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Abstention {
    pub reason: AbstentionReason,
    pub message: Message,
    /// What came nearest, best first; it was judged not to answer the question.
    pub nearest: Vec<Citation>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Every shown claim is supported.
    Answered,
    /// Something shown is marked: contradicted, in conflict, in need of review.
    Flagged,
    Abstained(Abstention),
}

impl Outcome {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Flagged => "flagged",
            Self::Abstained(_) => "abstained",
        }
    }
}

/// Text that may be shown. Its fields are private to the crate's policy: unverified prose cannot become one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CitedText {
    text: String,
}

impl CitedText {
    /// Only `answer::policy` calls this, with judged claims.
    pub(crate) fn from_judged(text: String) -> Self {
        Self { text }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// One sentence of an answer, with its judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerSentence {
    /// Into [`Answer::text`]; empty for a sentence that was withheld.
    pub span: Span,
    pub shown: Shown,
    pub judgement: Judgement,
}

/// A model file that took part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIdentity {
    /// Its name in the catalog, or its file name.
    pub name: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// How a sentence came to differ from what the generator wrote first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revision {
    /// Written again, or its citation corrected, until it passed.
    Repaired,
    /// Replaced by the words of the source.
    Quoted,
    /// Withheld: nothing that was tried passed.
    Dropped,
}

impl Revision {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Quoted => "quoted",
            Self::Dropped => "dropped",
        }
    }
}

/// What became of the sentences that a generator wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Writing {
    /// Pieces of evidence that the generator was given, from the first on; more did not fit into its prompt.
    pub sources: usize,
    /// Sentences that passed as they were written first.
    pub kept: usize,
    pub repaired: usize,
    pub quoted: usize,
    pub dropped: usize,
    /// How often a sentence was written again.
    pub retries: usize,
    /// Tokens that a reasoning model thought before the first sentence.
    pub thinking_tokens: usize,
    /// Of the sampler; 0 is greedy.
    pub temperature: f32,
    pub seed: u32,
}

impl Writing {
    pub const fn count(&mut self, revision: Option<Revision>) {
        match revision {
            None => self.kept += 1,
            Some(Revision::Repaired) => self.repaired += 1,
            Some(Revision::Quoted) => self.quoted += 1,
            Some(Revision::Dropped) => self.dropped += 1,
        }
    }
}

/// All that is needed to produce the answer again.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    pub mode: Mode,
    /// Nothing where nothing was written.
    pub writing: Option<Writing>,
    pub embedder: Option<ModelIdentity>,
    /// What moved the question's vector towards its answers.
    pub query_adapter: Option<ModelIdentity>,
    /// What took the second look at what was found.
    pub reranker: Option<ModelIdentity>,
    pub generator: Option<ModelIdentity>,
    pub as_of: Date,
    pub index_position: i64,
    /// Name and value of every threshold that had a say.
    pub thresholds: Vec<(&'static str, f32)>,
    /// The model that judged.
    pub verifier: Option<ModelIdentity>,
    /// The model that was asked about what it left open.
    pub judge: Option<ModelIdentity>,
    /// What is proved about its support.
    pub certificate: Option<Certificate>,
    /// Version of this program.
    pub version: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub id: String,
    pub created_at: OffsetDateTime,
    pub question: String,
    /// What was searched for and answered, where the question leans on earlier ones of its conversation.
    pub read_as: Option<String>,
    pub lang: Lang,
    pub outcome: Outcome,
    pub text: CitedText,
    pub sentences: Vec<AnswerSentence>,
    pub evidence: EvidenceSet,
    /// Sources among the evidence that contradict each other.
    pub disagreements: Vec<Disagreement>,
    pub provenance: Provenance,
}
