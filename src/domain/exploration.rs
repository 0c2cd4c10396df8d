//! Ideas beyond the sources. They are no answer: a generator makes them up, and each is held against the knowledge base.

use time::Date;

use super::{
    answer::ModelIdentity,
    evidence::EvidenceSet,
    text::Lang,
    verdict::{Judgement, Verdict},
};

/// What the knowledge base says of an idea.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    Supported,
    Contradicted,
    /// Nothing that decides it: neither for nor against.
    Unknown,
}

impl Standing {
    pub const fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Supported { .. } | Verdict::Miscited { .. } => Self::Supported,
            Verdict::Contradicted { .. } => Self::Contradicted,
            Verdict::Unsupported(_)
            | Verdict::Conflict { .. }
            | Verdict::NeedsReview { .. }
            | Verdict::NotChecked(_) => Self::Unknown,
        }
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::Unknown => "unknown",
        }
    }
}

/// Ideas on a question. There is no way from here to an answer, and none is stored.
#[derive(Clone, Debug)]
pub struct Exploration {
    pub question: String,
    pub lang: Lang,
    pub as_of: Date,
    /// Each is the claim of its judgement.
    pub ideas: Vec<Judgement>,
    /// What the ideas were held against.
    pub evidence: EvidenceSet,
    pub generator: ModelIdentity,
}
