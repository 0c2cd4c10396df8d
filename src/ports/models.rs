//! What models do: vectors, readings of pairs, scores, texts.

use std::pin::Pin;

use async_trait::async_trait;
use futures::Stream;

use crate::{
    domain::{
        answer::ModelIdentity,
        text::{Lang, Span},
    },
    text::vocabulary::Vocabulary,
};

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

/// Asks a language model whether a text bears claims out.
#[async_trait]
pub trait Judge: Send + Sync {
    fn identity(&self) -> &ModelIdentity;

    /// Tokens of evidence that are read beside this claim; 0 where the claim alone is too long.
    fn room(&self, claim: &str) -> usize;

    fn count_tokens(&self, text: &str) -> usize;

    /// From which probability on its yes supports a claim in this language, as it was measured when the judge was
    /// trained. `None` where nothing was: then only a certificate says.
    fn threshold(&self, lang: Lang) -> Option<f32>;

    /// How likely the model says that the evidence bears out each claim, 0 to 1, in order. Claims are in one language.
    /// The evidence is read once for all of them. Evidence or a claim without room is an error.
    async fn judge(
        &self,
        evidence: &str,
        lang: Lang,
        claims: &[String],
        priority: Priority,
    ) -> Result<Vec<f32>, ModelError>;
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

/// Where a request stands in what a reasoning model thinks before it speaks. Others take no notice of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Thinking {
    /// It speaks at once.
    #[default]
    Skipped,
    /// It thinks, and the text of this request is what it thinks.
    Aloud,
    /// It has thought this, and speaks.
    Done(String),
}

/// A text to be generated. Dropping the returned stream stops it within one decode step.
pub struct GenerateRequest {
    pub prompt: Prompt,
    pub thinking: Thinking,
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
            thinking: Thinking::Skipped,
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

    /// Tokens that it may think before it speaks; none where it does not think, or is not to.
    fn thinking_tokens(&self) -> usize {
        0
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError>;

    async fn generate(&self, request: GenerateRequest) -> Result<GenerationStream, ModelError>;

    /// `None` where nobody counts.
    fn load(&self) -> Option<GeneratorLoad> {
        None
    }
}
