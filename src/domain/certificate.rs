//! What was proved about the share of wrongly supported claims, on whose sample, and what voids it.

use std::fmt;

use time::OffsetDateTime;

use super::{answer::ModelIdentity, document::Domain, text::Lang};

/// Figures, references and prose fail in different ways, and are certified apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClaimKind {
    /// Names an article, a case, an identifier.
    Citation,
    /// Holds a figure or a date.
    Numeric,
    Prose,
}

impl ClaimKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Citation => "citation",
            Self::Numeric => "numeric",
            Self::Prose => "prose",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Citation, Self::Numeric, Self::Prose].into_iter().find(|k| k.code() == code)
    }
}

/// Claims that are certified together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    pub domain: Domain,
    pub lang: Lang,
    pub kind: ClaimKind,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.domain.code(), self.lang, self.kind.code())
    }
}

/// One group for which the rate was proved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certified {
    pub group: Group,
    /// From this score on a claim that no rule objects to is accepted.
    pub tau: f32,
    /// Claims of the sample accepted at τ, and how many of them the experts call wrong.
    pub accepted: u64,
    pub errors: u64,
    /// Upper bound on the rate of wrong ones among the accepted, at level 1 − δ.
    pub bound: f64,
    /// Claims that the experts call supported, and how many of them are not accepted.
    pub supported: u64,
    pub refused: u64,
}

/// Why a group is not certified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Uncertified {
    /// Even without any error so few would prove nothing; `labels` more claims of this kind are about enough.
    TooFew { accepted: u64, needed: u64, labels: Option<u64> },
    /// Too many of the accepted are wrong at the strictest threshold tried.
    NotProven { accepted: u64, errors: u64, bound: f64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    pub created_at: OffsetDateTime,
    /// The rate that is not exceeded.
    pub alpha: f64,
    /// The chance that the draw of the sample misled.
    pub delta: f64,
    /// SHA-256 of the labelled file, hexadecimal, and its rows.
    pub sample_sha256: String,
    pub sample_rows: u64,
    /// Threshold at which the tests began, fixed before the sample was seen.
    pub start: f32,
    pub rules_version: String,
    /// The encoder that scored, if there was one.
    pub model: Option<ModelIdentity>,
    /// The judge of what it left open, if there was one.
    pub judge: Option<ModelIdentity>,
    /// Version of this program.
    pub program: String,
    pub groups: Vec<Certified>,
}

impl Certificate {
    pub fn of(&self, group: Group) -> Option<&Certified> {
        self.groups.iter().find(|g| g.group == group)
    }

    /// Whether it speaks of these rules and these models; otherwise what has changed since.
    pub fn holds_for(
        &self,
        rules_version: &str,
        model: Option<&ModelIdentity>,
        judge: Option<&ModelIdentity>,
    ) -> Result<(), String> {
        if self.rules_version != rules_version {
            return Err(format!("the rules have changed since ({} then, {rules_version} now)", self.rules_version));
        }
        let name = |m: Option<&ModelIdentity>| m.map_or_else(|| "none".to_owned(), |m| m.name.clone());
        for (what, then, now) in
            [("model scores", self.model.as_ref(), model), ("model judges", self.judge.as_ref(), judge)]
        {
            if then != now {
                return Err(format!("another {what} now ({} then, {} now)", name(then), name(now)));
            }
        }
        Ok(())
    }
}
