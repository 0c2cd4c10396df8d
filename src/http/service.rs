//! What the doors need from the application: one facade, faked in tests, implemented by the composition root.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
};

use async_trait::async_trait;
use futures::Stream;
use time::Date;

use super::failure::AppError;
pub use crate::answer::AnswerEvent;
use crate::{
    domain::{
        answer::{Answer, Mode, ModelIdentity},
        document::{Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentVersion, VersionId},
        evidence::EvidenceSet,
        exploration::Exploration,
        instrument::CheckedReference,
        recall::Recall,
        text::Lang,
        verdict::Judgement,
    },
    ports::{CollectionStats, GeneratorLoad, IndexStatus},
    retrieve::coverage::Coverage,
    wire::IngestJson,
};

/// A question to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskRequest {
    /// Not blank.
    pub question: String,
    /// Questions of the same conversation before this one, oldest first; none blank.
    pub earlier: Vec<String>,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// `None`: the default of this installation.
    pub mode: Option<Mode>,
    /// `None`: today.
    pub as_of: Option<Date>,
    /// Language of the answer; `None`: that of the question.
    pub lang: Option<Lang>,
}

/// A question for ideas beyond the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExploreRequest {
    /// Not blank.
    pub question: String,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// `None`: today.
    pub as_of: Option<Date>,
    /// `None`: the language of the question.
    pub lang: Option<Lang>,
}

/// Dropping it stops the work.
pub type AnswerStream = Pin<Box<dyn Stream<Item = Result<AnswerEvent, AppError>> + Send>>;

/// A search in the knowledge base; the composition root turns it into a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// Not blank.
    pub text: String,
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// `None`: today.
    pub as_of: Option<Date>,
    /// When given, exactly these statuses, whatever the day.
    pub statuses: Option<Vec<DocStatus>>,
    /// Only documents in this language.
    pub lang: Option<Lang>,
    /// How many chunks at most, from 1 to 100.
    pub limit: usize,
}

/// A text that somebody wrote, and what to hold it against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyRequest {
    pub claims: Claims,
    pub against: Against,
    /// A figure that stands in the question is not invented.
    pub question: Option<String>,
    pub as_of: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claims {
    /// Running text: every sentence of it is a claim.
    Text(String),
    /// Each taken as one claim; spans are into that claim.
    List(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// Texts that came with the request, labelled 1, 2, 3 … in this order.
    Sources(Vec<Source>),
    /// What a search in these collections finds for each claim; empty: every collection.
    Collections(Vec<CollectionName>),
}

/// A source that is not in the knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub title: String,
    pub text: String,
}

/// Judgements, in the order of the claims, and what they were held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    pub judgements: Vec<Judgement>,
    pub evidence: EvidenceSet,
}

/// A file that was received in full and lies at `path` until the call returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub collection: CollectionName,
    /// As the client named it, without folders; its ending tells the format.
    pub file_name: String,
    pub path: PathBuf,
}

/// Whether questions can be answered, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    pub ready: bool,
    /// What stands in the way, or is degraded, each with what to do about it; no paths.
    pub problems: Vec<String>,
    /// Modes that can be asked for here, the default one first.
    pub modes: Vec<Mode>,
    /// Whether ideas can be asked for: there is a generator, and a collection that allows it.
    pub explore: bool,
    /// Job and model.
    pub models: Vec<(&'static str, ModelIdentity)>,
    pub index: IndexStatus,
}

/// The application, as its doors see it. Absence is `Ok(None)`; a failure is an error and never looks like absence.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Answers and stores the answer. Dropping the future stops the work.
    async fn ask(&self, request: AskRequest) -> Result<Answer, AppError>;

    /// The same, told as it happens. Errors that are known before work starts are returned at once.
    async fn ask_stream(&self, request: AskRequest) -> Result<AnswerStream, AppError>;

    /// The JSON of a stored answer, exactly as it was sent.
    async fn answer(&self, id: &str) -> Result<Option<String>, AppError>;

    /// What stored answers, or the one with this id, rest on and what changed since.
    async fn recall(&self, answer: Option<&str>) -> Result<Vec<Recall>, AppError>;

    async fn search(&self, request: SearchRequest) -> Result<EvidenceSet, AppError>;

    async fn verify(&self, request: VerifyRequest) -> Result<Verification, AppError>;

    /// Ideas beyond the sources, where every collection allows them. Nothing is stored.
    async fn explore(&self, request: ExploreRequest) -> Result<Exploration, AppError>;

    /// The laws that a text names, as of a day (none: today); spans are into `text`.
    async fn references(&self, text: &str, as_of: Option<Date>) -> Result<Vec<CheckedReference>, AppError>;

    async fn collections(&self) -> Result<Vec<(Collection, CollectionStats)>, AppError>;

    async fn collection(&self, name: &CollectionName) -> Result<Option<(Collection, CollectionStats)>, AppError>;

    async fn create_collection(&self, collection: Collection) -> Result<(), AppError>;

    /// Removes it with everything in it; unknown is an error.
    async fn delete_collection(&self, name: &CollectionName) -> Result<(), AppError>;

    /// What its owner wrote about it; an unknown collection is an error, here and below.
    async fn settings(&self, name: &CollectionName) -> Result<CollectionSettings, AppError>;

    async fn put_settings(&self, name: &CollectionName, settings: &CollectionSettings) -> Result<(), AppError>;

    /// What it holds, and what it speaks of without holding it.
    async fn coverage(&self, name: &CollectionName) -> Result<Coverage, AppError>;

    /// Writes it to a file that is not there yet; unknown is an error.
    async fn export(&self, name: &CollectionName, path: &Path) -> Result<(), AppError>;

    /// Makes it from such a file: all of it or nothing.
    async fn import(&self, name: &CollectionName, path: &Path) -> Result<(), AppError>;

    /// Current versions, in the order of their keys; an unknown collection is an error.
    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, AppError>;

    /// The named version, or the current one, with its text.
    async fn document(
        &self,
        collection: &CollectionName,
        key: &str,
        version: Option<VersionId>,
    ) -> Result<Option<(DocumentVersion, Document)>, AppError>;

    /// Takes a document out of the search; `false` where there is none.
    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, AppError>;

    /// Reads a file into an existing collection. What cannot be read is among the report's failures.
    async fn ingest_upload(&self, upload: Upload) -> Result<IngestJson, AppError>;

    async fn status(&self) -> Result<Readiness, AppError>;

    /// What the generator does; `None` while none is loaded.
    fn generator_load(&self) -> Option<GeneratorLoad> {
        None
    }
}
