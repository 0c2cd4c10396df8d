//! What happens to a sentence that is not simply supported, by domain.

use super::{document::Domain, verdict::Verdict};

/// What the reader sees of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// As it is.
    Plain,
    /// Shown with its verdict.
    Marked,
    /// Its text is not part of the answer; its judgement is.
    Withheld,
}

impl Shown {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Marked => "marked",
            Self::Withheld => "withheld",
        }
    }
}

/// One decision for each verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskPolicy {
    pub domain: Domain,
    pub contradicted: Shown,
    pub unsupported: Shown,
    pub miscited: Shown,
    pub conflict: Shown,
    pub needs_review: Shown,
    pub not_checked: Shown,
}

impl RiskPolicy {
    /// The defaults: what a source contradicts or does not hold is never part of an answer's text.
    pub const fn default_for(domain: Domain) -> Self {
        let needs_review = match domain {
            // A doctor must not read an unbacked sentence by accident, not even a marked one.
            Domain::Medical => Shown::Withheld,
            Domain::Legal | Domain::Finance | Domain::General => Shown::Marked,
        };
        Self {
            domain,
            contradicted: Shown::Withheld,
            unsupported: Shown::Withheld,
            miscited: Shown::Marked,
            conflict: Shown::Marked,
            needs_review,
            not_checked: Shown::Withheld,
        }
    }

    pub const fn decide(&self, verdict: &Verdict) -> Shown {
        match verdict {
            Verdict::Supported { .. } => Shown::Plain,
            Verdict::Contradicted { .. } => self.contradicted,
            Verdict::Unsupported(_) => self.unsupported,
            Verdict::Miscited { .. } => self.miscited,
            Verdict::Conflict { .. } => self.conflict,
            Verdict::NeedsReview { .. } => self.needs_review,
            Verdict::NotChecked(_) => self.not_checked,
        }
    }
}
