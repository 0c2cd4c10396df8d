//! Search without an answer.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    AppState,
    extract::{ApiJson, code, collection_names, day, question},
    failure::{AppError, ErrorCode},
    service::SearchRequest,
};
use crate::{
    domain::{document::DocStatus, text::Lang},
    verify::disagree,
    wire::{ErrorJson, SearchJson},
};

const LIMIT_DEFAULT: usize = 10;
const LIMIT_MOST: usize = 100;

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    #[schema(example = "data breach notification")]
    pub query: String,
    /// Names of collections; none: all of them.
    #[serde(default)]
    #[schema(example = json!(["legal-en"]))]
    pub collections: Vec<String>,
    /// Only texts that govern on this day, `YYYY-MM-DD`; none: today.
    pub as_of: Option<String>,
    /// Exactly these statuses, whatever the day: `in_force`, `amended`, `repealed`, `historical`, `not_yet_in_force`,
    /// `unknown`.
    pub statuses: Option<Vec<String>>,
    /// Only documents in this language, `zh` or `en`.
    pub lang: Option<String>,
    /// From 1 to 100; none: 10.
    pub limit: Option<usize>,
}

impl Search {
    fn checked(self) -> Result<SearchRequest, AppError> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MOST).contains(&limit) {
            return Err(AppError::new(
                ErrorCode::InvalidParameter,
                format!("the limit is {limit}; it must lie between 1 and {LIMIT_MOST}"),
            ));
        }
        let statuses = match self.statuses {
            None => None,
            Some(codes) => {
                let known = DocStatus::ALL.map(DocStatus::code).join(", ");
                let mut statuses = Vec::with_capacity(codes.len());
                for status in &codes {
                    statuses.extend(code("status", Some(status), DocStatus::parse, &known)?);
                }
                Some(statuses)
            }
        };
        Ok(SearchRequest {
            text: question(&self.query)?,
            collections: collection_names(&self.collections)?,
            as_of: day(self.as_of.as_deref())?,
            statuses,
            lang: code("language", self.lang.as_deref(), Lang::parse, "zh, en")?,
            limit,
        })
    }
}

/// Search the knowledge base.
#[utoipa::path(
    post, path = "/v1/search", tag = "search", request_body = Search,
    responses(
        (status = 200, description = "What was found, best first; nothing found is an empty list", body = SearchJson),
        (status = 400, description = "Empty query, bad date, bad JSON", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
        (status = 413, description = "Query or body too long", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
        (status = 429, description = "All models are busy; see Retry-After", body = ErrorJson),
    )
)]
pub(super) async fn search(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<Search>,
) -> Result<Json<SearchJson>, AppError> {
    let request = body.checked()?;
    let query = request.text.clone();
    let found = state.service.search(request).await?;
    Ok(Json(SearchJson::new(&query, &found, &disagree::between(&found))))
}
