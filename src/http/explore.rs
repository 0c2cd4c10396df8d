//! Ideas beyond the sources.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    AppState,
    extract::{ApiJson, code, collection_names, day, question},
    failure::AppError,
    service::ExploreRequest,
};
use crate::{
    domain::text::Lang,
    wire::{ErrorJson, ExplorationJson},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explore {
    #[schema(example = "How might a lender protect itself when no date of repayment was agreed?")]
    pub question: String,
    /// Names of collections; none: all of them. Every one must allow it in its settings.
    #[serde(default)]
    pub collections: Vec<String>,
    /// Only texts that govern on this day, `YYYY-MM-DD`; none: today.
    pub as_of: Option<String>,
    /// `zh` or `en`; none: the language of the question.
    pub lang: Option<String>,
}

/// Ask for ideas that go beyond the sources.
///
/// They are not an answer: each is marked as not from the knowledge base, held against it, and labelled supported,
/// contradicted or unknown. Nothing is stored or to be cached.
#[utoipa::path(
    post, path = "/v1/explore", tag = "explore", request_body = Explore,
    responses(
        (status = 200, description = "Ideas, each with what the knowledge base says of it", body = ExplorationJson),
        (status = 400, description = "Empty question, bad date, bad JSON", body = ErrorJson),
        (status = 403, description = "A collection does not allow it", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
        (status = 413, description = "Question or body too long", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
        (status = 429, description = "All models are busy; see Retry-After", body = ErrorJson),
        (status = 503, description = "No generator is there", body = ErrorJson),
    )
)]
pub(super) async fn explore(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<Explore>,
) -> Result<Response, AppError> {
    let request = ExploreRequest {
        question: question(&body.question)?,
        collections: collection_names(&body.collections)?,
        as_of: day(body.as_of.as_deref())?,
        lang: code("language", body.lang.as_deref(), Lang::parse, "zh, en")?,
    };
    let exploration = state.service.explore(request).await?;
    let mut response = Json(ExplorationJson::from(&exploration)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
