//! What a request can die of, with a stable code, a message and a way out.

use crate::ports::{ModelError, RetrieveError, StoreError, VerifyError};

/// Stable names of errors; `error.rs` says which status each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    // What was asked for does not exist.
    UnknownCollection,
    UnknownDocument,
    UnknownAnswer,
    UnknownRoute,
    // What was asked for cannot be understood.
    InvalidJson,
    InvalidParameter,
    InvalidUpload,
    BadCollectionName,
    BadDate,
    EmptyQuestion,
    EmptyText,
    MethodNotAllowed,
    UnsupportedMediaType,
    CrossOrigin,
    NotAllowed,
    UnknownHost,
    // What was asked for cannot be taken.
    TooLarge,
    QuestionTooLong,
    UnreadableDocument,
    CollectionExists,
    // Not now.
    Busy,
    NotReady,
    GeneratorDown,
    Cancelled,
    Timeout,
    // Not the caller's doing.
    Internal,
}

impl ErrorCode {
    pub const ALL: [Self; 26] = [
        Self::UnknownCollection,
        Self::UnknownDocument,
        Self::UnknownAnswer,
        Self::UnknownRoute,
        Self::InvalidJson,
        Self::InvalidParameter,
        Self::InvalidUpload,
        Self::BadCollectionName,
        Self::BadDate,
        Self::EmptyQuestion,
        Self::EmptyText,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::CrossOrigin,
        Self::NotAllowed,
        Self::UnknownHost,
        Self::TooLarge,
        Self::QuestionTooLong,
        Self::UnreadableDocument,
        Self::CollectionExists,
        Self::Busy,
        Self::NotReady,
        Self::GeneratorDown,
        Self::Cancelled,
        Self::Timeout,
        Self::Internal,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownCollection => "unknown_collection",
            Self::UnknownDocument => "unknown_document",
            Self::UnknownAnswer => "unknown_answer",
            Self::UnknownRoute => "unknown_route",
            Self::InvalidJson => "invalid_json",
            Self::InvalidParameter => "invalid_parameter",
            Self::InvalidUpload => "invalid_upload",
            Self::BadCollectionName => "bad_collection_name",
            Self::BadDate => "bad_date",
            Self::EmptyQuestion => "empty_question",
            Self::EmptyText => "empty_text",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::CrossOrigin => "cross_origin",
            Self::NotAllowed => "not_allowed",
            Self::UnknownHost => "unknown_host",
            Self::TooLarge => "too_large",
            Self::QuestionTooLong => "question_too_long",
            Self::UnreadableDocument => "unreadable_document",
            Self::CollectionExists => "collection_exists",
            Self::Busy => "busy",
            Self::NotReady => "not_ready",
            Self::GeneratorDown => "generator_down",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }
}

/// An error that a person or a program outside can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    pub code: ErrorCode,
    /// What was wrong. Of an internal error it may hold paths: it is for the log and the terminal, and the HTTP door
    /// replaces it.
    pub message: String,
    /// How to put it right.
    pub hint: Option<String>,
    /// Whole seconds after which another try makes sense.
    pub retry_after_s: Option<u32>,
}

impl AppError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, retry_after_s: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub fn internal(problem: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, problem)
    }

    pub fn unknown_collection(name: &str) -> Self {
        Self::new(ErrorCode::UnknownCollection, format!("there is no collection '{name}'"))
            .hint("GET /v1/collections lists those that exist; POST /v1/collections makes one")
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UnknownCollection(name) => Self::unknown_collection(&name),
            StoreError::CollectionExists(_) => Self::new(ErrorCode::CollectionExists, error.to_string())
                .hint("use it as it is, or delete it first with DELETE /v1/collections/{name}"),
            StoreError::Open { .. } | StoreError::Failed { .. } | StoreError::Corrupt { .. } => {
                Self::internal(error.to_string())
            }
        }
    }
}

impl From<ModelError> for AppError {
    fn from(error: ModelError) -> Self {
        match &error {
            ModelError::Busy { retry_after_s, .. } => {
                let seconds = *retry_after_s;
                Self::new(ErrorCode::Busy, error.to_string()).retry_after(seconds)
            }
            ModelError::TooLong { .. } => Self::new(ErrorCode::QuestionTooLong, error.to_string()),
            ModelError::NotConfigured { .. } => Self::new(ErrorCode::NotReady, error.to_string()),
            ModelError::Late { .. } => Self::new(ErrorCode::Timeout, error.to_string()),
            ModelError::Cancelled => Self::new(ErrorCode::Cancelled, error.to_string()),
            ModelError::Overloaded { retry_after_s, .. } => {
                Self::new(ErrorCode::Busy, "the generator has too much to do").retry_after(*retry_after_s)
            }
            ModelError::Unreachable { retry_after_s, .. } => {
                // Where it runs and what it said is for the log.
                tracing::warn!(problem = %error, "the generator is down");
                Self::new(ErrorCode::GeneratorDown, "the generator that writes answers does not answer")
                    .hint("ask in strict mode, which needs no generator, or try again later")
                    .retry_after(*retry_after_s)
            }
            ModelError::Refused { .. }
            | ModelError::BadFile { .. }
            | ModelError::BadHeads { .. }
            | ModelError::BadAdapter { .. }
            | ModelError::WrongJob { .. }
            | ModelError::Failed { .. } => Self::internal(error.to_string()),
        }
    }
}

impl From<RetrieveError> for AppError {
    fn from(error: RetrieveError) -> Self {
        match error {
            RetrieveError::UnknownCollection(name) => Self::unknown_collection(&name),
            RetrieveError::EmptyQuery => Self::new(ErrorCode::EmptyQuestion, error.to_string()),
            RetrieveError::QueryTooLong { .. } => Self::new(ErrorCode::QuestionTooLong, error.to_string()),
            RetrieveError::Model(error) => error.into(),
            RetrieveError::Store(error) => error.into(),
            RetrieveError::Index { .. } => Self::internal(error.to_string()),
        }
    }
}

impl From<VerifyError> for AppError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Model(error) => error.into(),
            VerifyError::Retrieve(error) => error.into(),
        }
    }
}
