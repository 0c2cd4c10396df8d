//! What the pipeline needs from outside itself. `app` alone knows who implements what.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures::Stream;
use time::{Date, OffsetDateTime};

use crate::domain::{
    answer::ModelIdentity,
    certificate::Certificate,
    claim::Claim,
    document::{
        Chunk, ChunkId, Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentMeta,
        DocumentVersion, PageBox, VersionId,
    },
    evidence::{EvidenceSet, Query},
    instrument::Holdings,
    recall::Recall,
    text::{Lang, Span},
    verdict::Judgement,
};
use crate::text::{reference::Instrument, vocabulary::Vocabulary};

/// Today, now, and fresh ids: injected, so that answers can be replayed.
pub trait Clock: Send + Sync {
    fn now(&self) -> OffsetDateTime;

    fn today(&self) -> Date {
        self.now().date()
    }

    /// Unique, sortable by time.
    fn new_id(&self) -> String;
}

// ---------------------------------------------------------------------------------------------------------- models

/// Why a model did not do its job.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the {job} model is busy: {waiting} requests are waiting already; try again in {retry_after_s} s")]
    Busy { job: &'static str, waiting: usize, retry_after_s: u32 },
    #[error(
        "the text has {tokens} tokens, but '{model}' takes at most {limit}; shorten it or configure a model with a longer context"
    )]
    TooLong { model: String, tokens: usize, limit: usize },
    #[error("no model is configured for {job}; run 'attest models pull auto', or 'attest models use {job} <file>'")]
    NotConfigured { job: &'static str },
    #[error("{path}: {problem}; run 'attest models check', then 'attest models pull' to fetch it again")]
    BadFile { path: String, problem: String },
    #[error("{path}: {problem}; 'attest models use verifier <file>' chooses another verifier")]
    BadHeads { path: String, problem: String },
    #[error(
        "{path}: {problem}; remove the file to search without a question adapter, or fit one for this model with training/query_adapter.py"
    )]
    BadAdapter { path: String, problem: String },
    #[error("'{model}' cannot do the {job} job: {problem}")]
    WrongJob { model: String, job: &'static str, problem: String },
    #[error(
        "the generator at {address} does not answer: {problem}; it is tried again in {retry_after_s} s. Start it, correct \
         ATTEST_GENERATOR_URL, or ask in strict mode, which needs no generator"
    )]
    Unreachable { address: String, problem: String, retry_after_s: u32 },
    #[error("the generator at {address} has too much to do; try again in {retry_after_s} s")]
    Overloaded { address: String, retry_after_s: u32 },
    #[error("the generator at {address} refuses to work: {problem}")]
    Refused { address: String, problem: String },
    #[error("the request was cancelled")]
    Cancelled,
    #[error("'{model}' did not finish within {seconds} s; ask for less, or when fewer others ask")]
    Late { model: String, seconds: u64 },
    #[error("inference with '{model}' failed: {problem}")]
    Failed { model: String, problem: String },
}

/// Asymmetric encoders treat questions and passages differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmbedKind {
    Query,
    Passage,
}

/// Who waits: a person (ahead of the queue), or a bulk job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    Interactive,
    Bulk,
}

/// Texts to unit vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    fn identity(&self) -> &ModelIdentity;

    fn dimensions(&self) -> usize;

    /// Longest text in tokens, prefix included; longer ones are cut at this many tokens.
    fn max_tokens(&self) -> usize;

    /// One L2-normalised vector of `dimensions` floats for each text, in order.
    async fn embed(&self, kind: EmbedKind, texts: &[String], priority: Priority) -> Result<Vec<Vec<f32>>, ModelError>;

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError>;
}

/// Evidence and a claim (or a question), for one pass of a cross-encoder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    pub evidence: String,
    pub claim: String,
}

/// A place and how strongly the encoder marks it, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub span: Span,
    pub strength: f32,
}

/// What a cross-encoder reads in one pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Calibrated; the three sum to 1.
    pub supported: f32,
    pub contradicted: f32,
    pub unsupported: f32,
    /// Words of the claim that the evidence does not bear out, in order; into [`Pair::claim`].
    pub guilty: Vec<Span>,
    /// How strongly each token of the evidence speaks for the claim, in order; into [`Pair::evidence`]. Empty where
    /// the tokens cannot be placed in the text exactly.
    pub support: Vec<Mark>,
    /// Whether the evidence speaks of what the claim asks or says at all, 0 to 1.
    pub relevance: f32,
}

/// From which probabilities on an encoder may have a say; chosen on development data that it was not trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderThresholds {
    pub supported: f32,
    pub contradicted: f32,
}

impl EncoderThresholds {
    /// Above every probability: no say.
    pub const NEVER: f32 = 2.0;
}

/// Judges pairs of evidence and claim, each in one pass of a cross-encoder.
#[async_trait]
pub trait Encoder: Send + Sync {
    fn identity(&self) -> &ModelIdentity;

    /// `None`: nothing was measured for this language, so the encoder may rank but decide nothing.
    fn thresholds(&self, lang: Lang) -> Option<EncoderThresholds>;

    /// Tokens of evidence that are read beside this claim; 0 where the claim alone is too long.
    fn room(&self, claim: &str) -> usize;

    fn count_tokens(&self, text: &str) -> usize;

    /// One reading for each pair, in order. Evidence beyond [`Self::room`] is not read; a claim without room is an
    /// error.
    async fn read(&self, pairs: &[Pair], priority: Priority) -> Result<Vec<Reading>, ModelError>;
}

/// Reads passages together with a question.
#[async_trait]
pub trait Reranker: Send + Sync {
    fn identity(&self) -> &ModelIdentity;

    /// How well each passage answers the question, 0 to 1, in order. Long passages are cut.
    async fn scores(&self, question: &str, passages: &[String], priority: Priority) -> Result<Vec<f32>, ModelError>;
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    pub role: Role,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    /// As chat templates and servers name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Rendered with the model's own chat template.
    Chat(Vec<ChatMessage>),
    /// Sent as it is, for base models.
    Raw(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    pub top_p: f32,
    /// Above 1 discourages loops.
    pub repeat_penalty: f32,
    pub seed: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_p: 0.95, repeat_penalty: 1.0, seed: 0 }
    }
}

/// Forbids tokens during generation, by their bytes.
pub trait LogitMask: Send {
    /// Whether a token with these bytes may come next; no bytes are the end of the text.
    fn allows(&self, piece: &[u8]) -> bool;

    /// The bytes of the token that was drawn.
    fn accept(&mut self, piece: &[u8]);

    /// GBNF that allows no less than this, from the beginning of the text: a help for generators that cannot look at
    /// each token. What is written under it must still be allowed here.
    fn grammar(&self) -> Option<String> {
        None
    }

    /// Whether so few tokens are possible that listing them is cheaper than trying those that the model likes best.
    fn is_narrow(&self) -> bool {
        false
    }

    /// Every token that may come next, the end aside.
    fn allowed(&self, vocabulary: &Vocabulary) -> Vec<usize> {
        let pieces = (0..).zip(vocabulary.pieces());
        pieces.filter(|(_, piece)| !piece.is_empty() && self.allows(piece)).map(|(id, _)| id).collect()
    }
}

/// A text to be generated. Dropping the returned stream stops it within one decode step.
pub struct GenerateRequest {
    pub prompt: Prompt,
    /// What the model's turn holds already: the text goes on behind it. A request that repeats an earlier one up to
    /// here is a step back to this point, and costs no more than the tokens that differ.
    pub opening: String,
    /// GBNF with a rule `root`.
    pub grammar: Option<String>,
    pub mask: Option<Box<dyn LogitMask>>,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// Generation ends before the first of these.
    pub stop: Vec<String>,
}

impl GenerateRequest {
    /// Nothing is held, forbidden or waited for; greedy.
    pub fn free(prompt: Prompt, max_tokens: usize) -> Self {
        Self {
            prompt,
            opening: String::new(),
            grammar: None,
            mask: None,
            sampling: Sampling::default(),
            max_tokens,
            stop: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The model ended its turn.
    EndOfText,
    /// A stop string.
    StopString,
    /// `max_tokens`.
    Length,
    /// The grammar allows nothing more.
    GrammarComplete,
    /// The mask forbids what was written, and the generator could not be held to it. The text counts for nothing; it
    /// is told so that it can be named.
    Forbidden,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GenerationEvent {
    /// Whole characters, in order.
    Text(String),
    Done {
        stop: StopReason,
        /// Of prompt and opening together.
        prompt_tokens: usize,
        /// Those of them that had to be read; the others were still known from an earlier request.
        read_tokens: usize,
        new_tokens: usize,
    },
}

pub type GenerationStream = Pin<Box<dyn Stream<Item = Result<GenerationEvent, ModelError>> + Send>>;

/// Seconds, for [`GeneratorLoad::first_token_within`].
pub const FIRST_TOKEN_BOUNDS: [f64; 8] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// What a generator does, and what it has done since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GeneratorLoad {
    /// Requests in the queue, and under way.
    pub waiting: usize,
    pub running: usize,
    pub finished: u64,
    /// Because the queue was full.
    pub refused: u64,
    /// Their clients left.
    pub dropped: u64,
    pub failed: u64,
    pub prompt_tokens: u64,
    /// Those of them that were still known from earlier requests.
    pub reused_tokens: u64,
    pub new_tokens: u64,
    /// Calls of the engine, and the time that they took.
    pub calls: u64,
    pub compute_seconds: f64,
    /// First tokens, the time from the request to them summed up, and how many came within each of
    /// [`FIRST_TOKEN_BOUNDS`].
    pub first_tokens: u64,
    pub first_token_seconds: f64,
    pub first_token_within: [u64; FIRST_TOKEN_BOUNDS.len()],
}

/// Prompt to text.
#[async_trait]
pub trait Generator: Send + Sync {
    fn identity(&self) -> &ModelIdentity;

    /// Prompt and answer together, in tokens.
    fn context_tokens(&self) -> usize;

    /// Whether the model was tuned to follow a conversation; a base model wants few-shot prompts.
    fn is_chat(&self) -> bool;

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError>;

    async fn generate(&self, request: GenerateRequest) -> Result<GenerationStream, ModelError>;

    /// `None` where nobody counts.
    fn load(&self) -> Option<GeneratorLoad> {
        None
    }
}

// ------------------------------------------------------------------------------------------------------- retrieval

#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    #[error("there is no collection '{0}'; 'attest collections list' shows those that exist")]
    UnknownCollection(String),
    #[error("the question is empty")]
    EmptyQuery,
    #[error(
        "the question has {bytes} bytes; at most {limit} are taken. Ask one question, and put long material into a collection or an audit"
    )]
    QueryTooLong { bytes: usize, limit: usize },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the {index} index failed: {problem}; it is derived from the store and 'attest doctor --rebuild' makes it anew"
    )]
    Index { index: &'static str, problem: String },
}

/// How far the derived indexes have followed the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexStatus {
    /// Position of the store's change log.
    pub log_position: i64,
    /// Position that the lexical index has reached.
    pub lexical_position: i64,
    pub chunks: u64,
    pub vectors: u64,
}

/// The laws that a text refers to, by name.
#[async_trait]
pub trait Instruments: Send + Sync {
    /// All that is held of these, whatever the collection and whether or not it governs today.
    async fn held(&self, instruments: &[&Instrument]) -> Result<Holdings, RetrieveError>;
}

#[async_trait]
pub trait Retriever: Send + Sync {
    /// Evidence for a query, best first. Nothing found is an empty set, never an error, and a failure is never an
    /// empty set.
    async fn retrieve(&self, query: &Query) -> Result<EvidenceSet, RetrieveError>;

    async fn status(&self) -> Result<IndexStatus, RetrieveError>;

    /// What moves the vectors of questions, where something does.
    fn query_adapter(&self) -> Option<&ModelIdentity> {
        None
    }

    /// What takes the second look, where something does.
    fn reranker(&self) -> Option<&ModelIdentity> {
        None
    }
}

// ---------------------------------------------------------------------------------------------------- verification

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The knowledge base could not be asked about the law that a claim names.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
}

/// Judges claims against evidence. An error is an error: it never counts as support.
#[async_trait]
pub trait Verifier: Send + Sync {
    /// One judgement for each claim, in order. Labels that a claim cites are looked up in `evidence`; a claim that
    /// cites nothing is checked against all of it.
    async fn verify(&self, claims: &[Claim], evidence: &EvidenceSet) -> Result<Vec<Judgement>, VerifyError>;

    /// Name and value of each threshold in force.
    fn thresholds(&self) -> Vec<(&'static str, f32)>;

    /// The model that scores, if there is one.
    fn model(&self) -> Option<&ModelIdentity> {
        None
    }

    /// What is proved about its support.
    fn certificate(&self) -> Option<&Certificate> {
        None
    }
}

// ----------------------------------------------------------------------------------------------------------- store

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no collection '{0}'; 'attest collections list' shows those that exist")]
    UnknownCollection(String),
    #[error("the collection '{0}' exists already")]
    CollectionExists(String),
    #[error("the store at {path} cannot be opened: {problem}")]
    Open { path: String, problem: String },
    #[error("the store failed while it tried to {action}: {problem}")]
    Failed { action: &'static str, problem: String },
    #[error("the store holds something this version cannot read ({what}); a newer Attest may have written it")]
    Corrupt { what: String },
}

/// A document as ingest hands it over: read, cut into chunks, hashed.
#[derive(Clone, Debug)]
pub struct PreparedDocument {
    pub document: Document,
    /// BLAKE3 over metadata, text and sections, hexadecimal; equal hash means nothing changed.
    pub content_hash: String,
    /// In reading order. Ids and version are assigned by the store.
    pub chunks: Vec<NewChunk>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunk {
    pub locator: String,
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// Into the document's text.
    pub span: Span,
    /// Its lines on their pages; empty for texts without pages.
    pub boxes: Vec<PageBox>,
}

/// A document with everything that a collection holds of it, so that another store can hold the same.
#[derive(Clone, Debug)]
pub struct PackedDocument {
    pub prepared: PreparedDocument,
    pub vectors: Vec<PackedVectors>,
}

/// The vectors of one document that one model made.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedVectors {
    pub embedder: String,
    /// Ordinal of the chunk and its vector, in order; all of one length.
    pub chunks: Vec<(u32, Vec<f32>)>,
}

/// What became of a document that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The same bytes are there already: nothing was written.
    Unchanged,
    Added(VersionId),
    /// A newer version; the earlier one stays readable and leaves the search.
    Replaced {
        old: VersionId,
        new: VersionId,
    },
}

/// One entry of the change log that the indexes follow. Positions only grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub position: i64,
    pub kind: ChangeKind,
    pub version: VersionId,
    pub collection: CollectionName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The chunks of this version are now to be found.
    Added,
    /// They are no longer to be found.
    Removed,
}

/// A chunk with all that a search result shows.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredChunk {
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    pub chunk: Chunk,
}

/// A vector to be indexed. `sequence` only grows; a reader that remembers the last one sees every new vector.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVector {
    pub sequence: i64,
    pub chunk: ChunkId,
    pub values: Vec<f32>,
}

/// An answer as it was given, with the places it rests on.
#[derive(Clone, Debug)]
pub struct StoredAnswer {
    pub id: String,
    pub created_at: OffsetDateTime,
    pub question: String,
    pub outcome: String,
    /// The answer JSON, exactly as it was sent.
    pub json: String,
    /// Source bytes that it cites.
    pub citations: Vec<(VersionId, Span)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionStats {
    pub documents: u64,
    pub chunks: u64,
    pub vectors: u64,
    pub by_status: Vec<(DocStatus, u64)>,
}

/// Where everything lives. The database is the truth; the indexes follow its change log.
#[async_trait]
pub trait Store: Send + Sync {
    // collections
    async fn create_collection(&self, collection: &Collection) -> Result<(), StoreError>;
    async fn collections(&self) -> Result<Vec<Collection>, StoreError>;
    async fn collection(&self, name: &CollectionName) -> Result<Option<Collection>, StoreError>;
    async fn collection_stats(
        &self,
        name: &CollectionName,
        embedder: Option<&str>,
    ) -> Result<CollectionStats, StoreError>;
    /// Removes it with everything in it. Stored answers keep their JSON.
    async fn delete_collection(&self, name: &CollectionName) -> Result<(), StoreError>;
    async fn collection_settings(&self, name: &CollectionName) -> Result<CollectionSettings, StoreError>;
    /// Of all collections for which something was set.
    async fn all_collection_settings(&self) -> Result<Vec<(CollectionName, CollectionSettings)>, StoreError>;
    async fn put_collection_settings(
        &self,
        name: &CollectionName,
        settings: &CollectionSettings,
    ) -> Result<(), StoreError>;
    /// A document as it can be put into another store; `None` where the version is gone.
    async fn pack(&self, version: VersionId) -> Result<Option<PackedDocument>, StoreError>;
    /// Makes a collection and puts all that comes into it, in one transaction: when something is wrong with any of it,
    /// or fewer than `count` documents come, nothing was made.
    async fn unpack(
        &self,
        collection: &Collection,
        settings: &CollectionSettings,
        count: u64,
        documents: &mut tokio::sync::mpsc::Receiver<PackedDocument>,
    ) -> Result<(), StoreError>;

    // documents
    /// All or nothing, in one transaction, change log included.
    async fn put_document(
        &self,
        collection: &CollectionName,
        document: &PreparedDocument,
    ) -> Result<PutOutcome, StoreError>;
    /// Several documents at once, in order: a store that can, writes them in one transaction.
    async fn put_documents(
        &self,
        collection: &CollectionName,
        documents: &[PreparedDocument],
    ) -> Result<Vec<PutOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(documents.len());
        for document in documents {
            outcomes.push(self.put_document(collection, document).await?);
        }
        Ok(outcomes)
    }
    /// Takes the current version out of the search; `false` where there is none.
    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, StoreError>;
    /// The current version of a document.
    async fn document(&self, collection: &CollectionName, key: &str) -> Result<Option<DocumentVersion>, StoreError>;
    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, StoreError>;
    /// All versions of a document, newest first.
    async fn versions(&self, collection: &CollectionName, key: &str) -> Result<Vec<DocumentVersion>, StoreError>;
    /// The version with this id, and its text and sections.
    async fn version_text(&self, version: VersionId) -> Result<Option<(DocumentVersion, Document)>, StoreError>;

    // chunks
    async fn chunks(&self, ids: &[ChunkId]) -> Result<Vec<StoredChunk>, StoreError>;
    async fn chunks_of(&self, version: VersionId) -> Result<Vec<StoredChunk>, StoreError>;

    // the change log
    async fn changes_after(&self, position: i64, limit: u32) -> Result<Vec<Change>, StoreError>;
    async fn last_change(&self) -> Result<i64, StoreError>;

    // vectors, by the name of the embedder that made them
    async fn chunks_without_vector(&self, embedder: &str, limit: u32) -> Result<Vec<StoredChunk>, StoreError>;
    async fn put_vectors(&self, embedder: &str, vectors: &[(ChunkId, Vec<f32>)]) -> Result<(), StoreError>;
    async fn vectors_after(&self, embedder: &str, sequence: i64, limit: u32) -> Result<Vec<StoredVector>, StoreError>;
    /// (searchable chunks, those of them that have a vector)
    async fn vector_progress(&self, embedder: &str) -> Result<(u64, u64), StoreError>;

    // answers
    async fn put_answer(&self, answer: &StoredAnswer) -> Result<(), StoreError>;
    async fn answer(&self, id: &str) -> Result<Option<StoredAnswer>, StoreError>;
    /// Places that stored answers (or the one with this id) cite and that no longer are what they were, `limit` at
    /// most, those of the latest answers first.
    async fn recalls(&self, answer: Option<&str>, today: Date, limit: u32) -> Result<Vec<Recall>, StoreError>;
}
