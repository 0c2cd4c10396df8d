//! References to law, looked up, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MessageJson, date};
use crate::domain::instrument::{CheckedReference, ReferenceStatus, Successor};

/// A reference to a law, and what the knowledge base says of it on the day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Reference)]
pub struct ReferenceJson {
    /// The words that make the reference.
    pub written: String,
    /// Bytes of the claim, or of the text that was sent.
    pub start: usize,
    pub end: usize,
    /// `in_force`, `no_longer_in_force`, `not_yet_in_force`, `not_in_knowledge_base`, `no_such_article` or
    /// `says_something_else`.
    pub status: &'static str,
    pub message: MessageJson,
    /// Key of the document that was looked up; `null` where none is held.
    pub document: Option<String>,
    /// Whether the law goes on and only this article changed or left it; of `no_longer_in_force`.
    pub amended: Option<bool>,
    /// First day in force, `YYYY-MM-DD`; of `not_yet_in_force`.
    pub from: Option<String>,
    /// Last day in force, `YYYY-MM-DD`; of `no_longer_in_force`.
    pub until: Option<String>,
    pub successor: Option<SuccessorJson>,
    /// Of `no_such_article`: the last article that there is. Of `says_something_else`: the article that says it.
    pub locator: Option<String>,
    /// Titles held that are related by name and are not the law referred to; of `not_in_knowledge_base`.
    pub related: Vec<String>,
}

/// The laws that a text names.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReferenceList)]
pub struct ReferenceListJson {
    /// In the order of the text; references that name no law (本法, "that section") are left out.
    pub references: Vec<ReferenceJson>,
}

impl ReferenceListJson {
    pub fn new(references: &[CheckedReference], text: &str) -> Self {
        Self { references: ReferenceJson::all(references, text) }
    }
}

/// What took the place of a law or an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Successor)]
pub struct SuccessorJson {
    pub document: Option<String>,
    pub title: String,
    pub locator: Option<String>,
}

impl From<&Successor> for SuccessorJson {
    fn from(successor: &Successor) -> Self {
        let Successor { key, title, locator } = successor.clone();
        Self { document: key, title, locator }
    }
}

impl ReferenceJson {
    /// `text` is what the span of the reference is into.
    pub fn new(reference: &CheckedReference, text: &str) -> Self {
        let CheckedReference { span, check } = reference;
        let mut json = Self {
            written: span.of(text).unwrap_or_default().to_owned(),
            start: span.start(),
            end: span.end(),
            status: check.status.code(),
            message: MessageJson::from(&check.message),
            document: None,
            amended: None,
            from: None,
            until: None,
            successor: None,
            locator: None,
            related: Vec::new(),
        };
        match &check.status {
            ReferenceStatus::InForce { key } => json.document = Some(key.clone()),
            ReferenceStatus::NoLongerInForce { key, amended, until, successor } => {
                json.document.clone_from(key);
                json.amended = Some(*amended);
                json.until = until.map(date);
                json.successor = successor.as_ref().map(SuccessorJson::from);
            }
            ReferenceStatus::NotYetInForce { key, from } => {
                json.document = Some(key.clone());
                json.from = from.map(date);
            }
            ReferenceStatus::NotInKnowledgeBase { related, .. } => json.related.clone_from(related),
            ReferenceStatus::NoSuchArticle { key, last } => {
                json.document = Some(key.clone());
                json.locator.clone_from(last);
            }
            ReferenceStatus::SaysSomethingElse { key, found_in, .. } => {
                json.document = Some(key.clone());
                json.locator.clone_from(found_in);
            }
            ReferenceStatus::NotNamed => {}
        }
        json
    }

    /// Those of one claim.
    pub fn all(references: &[CheckedReference], text: &str) -> Vec<Self> {
        references.iter().map(|reference| Self::new(reference, text)).collect()
    }
}
