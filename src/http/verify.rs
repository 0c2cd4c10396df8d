//! Judging a text that somebody else wrote.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    AppState,
    extract::{ApiJson, collection_names, day},
    failure::{AppError, ErrorCode},
    service::{Against, Claims, Source, VerifyRequest},
};
use crate::wire::{ErrorJson, VerificationJson};

/// Most claims and most sources in one request.
const MOST: usize = 200;

/// Claims, and what to hold them against: either `text` or `claims`, and either `sources` or `collections`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Running text; every sentence of it is a claim. `[1]` in it cites the first source.
    #[schema(example = "The personal data breach shall be notified within 96 hours [1].")]
    pub text: Option<String>,
    /// Each one claim.
    pub claims: Option<Vec<String>>,
    /// Labelled 1, 2, 3 … in this order.
    pub sources: Option<Vec<VerifySource>>,
    /// Names of collections to search for each claim; an empty list: all of them.
    pub collections: Option<Vec<String>>,
    /// The question that the text answers, if there is one.
    pub question: Option<String>,
    /// Only texts that govern on this day, `YYYY-MM-DD`; none: today.
    pub as_of: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifySource {
    #[serde(default)]
    pub title: String,
    #[schema(
        example = "… shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, notify the personal data breach …"
    )]
    pub text: String,
}

impl Verify {
    fn checked(self) -> Result<VerifyRequest, AppError> {
        let invalid = |message: String| AppError::new(ErrorCode::InvalidParameter, message);
        let empty = |what: &str| AppError::new(ErrorCode::EmptyText, format!("{what} is empty"));
        let claims = match (self.text, self.claims) {
            (Some(text), None) if text.trim().is_empty() => return Err(empty("the text to verify")),
            (Some(text), None) => Claims::Text(text),
            (None, Some(list)) if list.is_empty() => return Err(empty("the list of claims")),
            (None, Some(list)) if list.len() > MOST => {
                return Err(invalid(format!("{} claims were sent; at most {MOST} are taken at once", list.len())));
            }
            (None, Some(list)) => {
                if let Some(at) = list.iter().position(|claim| claim.trim().is_empty()) {
                    return Err(empty(&format!("claim {}", at + 1)));
                }
                Claims::List(list)
            }
            _ => return Err(invalid("give either 'text' or 'claims', not both and not neither".to_owned())),
        };
        let against = match (self.sources, self.collections) {
            (Some(sources), None) if sources.is_empty() => return Err(empty("the list of sources")),
            (Some(sources), None) if sources.len() > MOST => {
                return Err(invalid(format!("{} sources were sent; at most {MOST} are taken at once", sources.len())));
            }
            (Some(sources), None) => {
                if let Some(at) = sources.iter().position(|source| source.text.trim().is_empty()) {
                    return Err(empty(&format!("source {}", at + 1)));
                }
                Against::Sources(sources.into_iter().map(|s| Source { title: s.title, text: s.text }).collect())
            }
            (None, Some(names)) => Against::Collections(collection_names(&names)?),
            _ => return Err(invalid("give either 'sources' or 'collections', not both and not neither".to_owned())),
        };
        Ok(VerifyRequest { claims, against, question: self.question, as_of: day(self.as_of.as_deref())? })
    }
}

/// Verify claims against sources.
#[utoipa::path(
    post, path = "/v1/verify", tag = "verify", request_body = Verify,
    responses(
        (status = 200, description = "One judgement for each claim, in order", body = VerificationJson),
        (status = 400, description = "Nothing to verify, nothing to hold it against, bad JSON", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
        (status = 413, description = "Body too long", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
        (status = 429, description = "All models are busy; see Retry-After", body = ErrorJson),
    )
)]
pub(super) async fn verify(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<Verify>,
) -> Result<Json<VerificationJson>, AppError> {
    let verification = state.service.verify(body.checked()?).await?;
    Ok(Json(VerificationJson::new(&verification.judgements, &verification.evidence)))
}
