//! What verification says of a claim, and why.

use super::{
    claim::{Claim, NotAClaim},
    evidence::{Citation, Label},
    instrument::CheckedReference,
    precedence::Precedence,
    text::{Message, NonEmpty, Span},
};

/// How support was established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Support {
    /// The words of the claim stand in the source.
    Verbatim,
    /// One cell of a table says it: row, year and figure are the claim's.
    Tabled,
    /// Every checkable part agrees and the encoder puts it above the threshold in force.
    Model,
}

/// What is missing for support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The claim cites a label that was not among the evidence.
    UnknownLabel(String),
    /// Nothing in the evidence speaks of it.
    NoEvidence,
    /// A rule found a part that no source holds; its reason says which.
    Part,
}

/// The verdict on one claim. Support without a source cannot be built.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Supported {
        by: NonEmpty<Citation>,
        how: Support,
    },
    /// A source says otherwise.
    Contradicted {
        by: NonEmpty<Citation>,
    },
    Unsupported(Missing),
    /// Backed, but by another source than the one it cites.
    Miscited {
        by: NonEmpty<Citation>,
        cited: Vec<Label>,
    },
    /// One source backs it, another contradicts it.
    Conflict {
        backing: NonEmpty<Citation>,
        against: NonEmpty<Citation>,
    },
    /// Neither rules nor model may decide; a person must.
    NeedsReview {
        nearest: Option<Citation>,
    },
    NotChecked(NotAClaim),
}

impl Verdict {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Supported { .. } => "supported",
            Self::Contradicted { .. } => "contradicted",
            Self::Unsupported(_) => "unsupported",
            Self::Miscited { .. } => "miscited",
            Self::Conflict { .. } => "conflict",
            Self::NeedsReview { .. } => "needs_review",
            Self::NotChecked(_) => "not_checked",
        }
    }

    pub const fn is_supported(&self) -> bool {
        matches!(self, Self::Supported { .. })
    }

    /// Every place that a reader should look at to check this verdict, the decisive one first.
    pub fn citations(&self) -> Vec<&Citation> {
        match self {
            Self::Supported { by, .. } | Self::Contradicted { by } | Self::Miscited { by, .. } => by.iter().collect(),
            Self::Conflict { backing, against } => backing.iter().chain(against.iter()).collect(),
            Self::NeedsReview { nearest } => nearest.iter().collect(),
            Self::Unsupported(_) | Self::NotChecked(_) => Vec::new(),
        }
    }
}

/// What a rule's finding does to the verdict. Rules only ever lower it, except `Ground`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Counts as grounding (a figure found, an article matched).
    Ground,
    /// Not to be passed without a second opinion.
    Flag,
    /// A part of the claim stands in no source.
    Unsupport,
    /// A source says otherwise.
    Contradict,
}

impl Effect {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Flag => "flag",
            Self::Unsupport => "unsupport",
            Self::Contradict => "contradict",
        }
    }
}

/// Two values in one unit, side by side: `claim` "3.5亿元 = 350000000 CNY", `source` "35,000万元 = 350000000 CNY".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub claim: String,
    pub source: String,
    /// "=", "≠", "<", ">", "absent", "×10000".
    pub relation: String,
}

/// A place in one evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceSpan {
    pub label: Label,
    /// Into the text of that evidence's chunk.
    pub span: Span,
}

/// One finding about a claim, checkable by a person in ten seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable: "R1", "R3", "V" (verbatim), "L" (label), "E" (encoder), "K" (the law named, looked up in the knowledge base).
    pub code: &'static str,
    pub effect: Effect,
    /// The words of the claim that it is about; into [`Claim::text`].
    pub claim_span: Option<Span>,
    pub evidence: Option<EvidenceSpan>,
    pub comparison: Option<Comparison>,
    pub message: Message,
}

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub claim: Claim,
    pub verdict: Verdict,
    /// Score for "supported", 0 to 1. A ranking score until a certificate calibrates it, never a probability of truth.
    pub p_supported: f32,
    pub reasons: Vec<Reason>,
    /// The laws that it refers to, looked up in the knowledge base; spans into [`Claim::text`].
    pub references: Vec<CheckedReference>,
}

/// Two places that contradict each other, and which is to be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    pub one: EvidenceSpan,
    pub other: EvidenceSpan,
    /// Of the rule that found it: "R1", "R18" …
    pub code: &'static str,
    /// `one` beside `other`.
    pub comparison: Option<Comparison>,
    pub message: Message,
    /// Whose words are to be followed, and by which rule; `None` where no rule decides.
    pub follow: Option<(Label, Precedence)>,
}
