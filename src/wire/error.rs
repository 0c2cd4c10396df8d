//! Errors as JSON.

use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, and how to put it right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorJson {
    pub error: ErrorBody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Stable; made for programs.
    #[schema(example = "unknown_collection")]
    pub code: String,
    /// Made for people.
    pub message: String,
    /// What to do about it, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Quote it when you report the error: it finds the log lines of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
