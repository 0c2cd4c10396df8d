//! Laws and regulations as things that a text refers to, and what the knowledge base answers to such a reference.

use std::{collections::HashMap, sync::Arc};

use time::Date;

use super::{
    document::DocumentMeta,
    text::{Message, Span},
    verdict::{Effect, Reason},
};

/// One article of one version of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    pub locator: String,
    /// Paragraphs (款) and items (项) on lines of their own.
    pub text: String,
}

/// One version of an instrument that the knowledge base holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownVersion {
    pub meta: DocumentMeta,
    /// Normalised name, by which references are compared.
    pub name: String,
    pub articles: Vec<KnownArticle>,
}

/// A text that ends the validity of another without being its newer version: 《民法典》第一千二百六十条 ends 《合同法》.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeal {
    /// Key and title of the repealing instrument.
    pub key: String,
    pub by: String,
    /// Article that says so.
    pub locator: String,
    /// First day of the repealing instrument.
    pub from: Option<Date>,
}

/// What "not in the knowledge base" is said of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Instruments by name, each counted once however many versions are held.
    pub instruments: usize,
    /// Latest first day of a version that is held.
    pub newest: Option<Date>,
}

/// All that a knowledge base holds of the instruments that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Every version of them, and of the texts that took their place or ended them.
    pub versions: Vec<Arc<KnownVersion>>,
    /// By the normalised name of what was asked for, which itself may not be held.
    pub repeals: HashMap<String, Repeal>,
    /// By that name: titles that are held and are related by name, as a parent law is to its implementing regulation.
    pub related: HashMap<String, Vec<String>>,
    pub coverage: Coverage,
}

/// What took the place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    pub key: Option<String>,
    pub title: String,
    /// The article that says most of what the old one said, where the old text is held.
    pub locator: Option<String>,
}

/// The answer to one reference on one day.
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceStatus {
    /// The article governs on that day, and nothing was said of it that it does not say.
    InForce { key: String },
    /// Repealed, or amended so that the article no longer says it.
    NoLongerInForce { key: Option<String>, amended: bool, until: Option<Date>, successor: Option<Successor> },
    /// It governs from `from` on.
    NotYetInForce { key: String, from: Option<Date> },
    /// Nothing is said about whether it exists. `related` titles are held.
    NotInKnowledgeBase { related: Vec<String>, coverage: Coverage },
    /// The instrument is held and has no such article, paragraph or item.
    NoSuchArticle { key: String, last: Option<String> },
    /// It governs, and does not say what it is cited for.
    SaysSomethingElse { key: String, text: String, reasons: Vec<Reason>, found_in: Option<String> },
    /// The reference names no instrument (本法, 第三条): its reader knows which, this check does not.
    NotNamed,
}

impl ReferenceStatus {
    /// Stable, for the wire.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InForce { .. } => "in_force",
            Self::NoLongerInForce { .. } => "no_longer_in_force",
            Self::NotYetInForce { .. } => "not_yet_in_force",
            Self::NotInKnowledgeBase { .. } => "not_in_knowledge_base",
            Self::NoSuchArticle { .. } => "no_such_article",
            Self::SaysSomethingElse { .. } => "says_something_else",
            Self::NotNamed => "not_named",
        }
    }

    /// What it does to the verdict on the claim that makes the reference.
    pub const fn effect(&self) -> Effect {
        match self {
            Self::InForce { .. } => Effect::Ground,
            Self::NoSuchArticle { .. } => Effect::Unsupport,
            Self::NoLongerInForce { .. }
            | Self::NotYetInForce { .. }
            | Self::NotInKnowledgeBase { .. }
            | Self::SaysSomethingElse { .. }
            | Self::NotNamed => Effect::Flag,
        }
    }

    /// Whether the law is there, and governs on other days than the one asked for.
    pub const fn is_of_another_day(&self) -> bool {
        matches!(self, Self::NoLongerInForce { .. } | Self::NotYetInForce { .. })
    }

    /// Whether a claim is not to be passed on the strength of a source that says the same: the law that both name is
    /// not the law of the day.
    pub const fn overrules_sources(&self) -> bool {
        self.is_of_another_day() || matches!(self, Self::NoSuchArticle { .. })
    }
}

/// A status and the sentence that a person reads.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceCheck {
    pub status: ReferenceStatus,
    pub message: Message,
}

/// A reference in a text, looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedReference {
    /// Into the text that makes it.
    pub span: Span,
    pub check: ReferenceCheck,
}
