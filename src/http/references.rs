//! Looking up the laws that a text names.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    AppState,
    extract::{ApiJson, day},
    failure::{AppError, ErrorCode},
};
use crate::wire::{ErrorJson, ReferenceListJson};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// Any text that names laws and their articles.
    #[schema(example = "根据《合同法》第二百零六条，借款人应当按照约定的期限返还借款。")]
    pub text: String,
    /// The day whose law applies, `YYYY-MM-DD`; none: today.
    pub as_of: Option<String>,
}

/// Look up the laws that a text names: in force, repealed or amended (by what), not yet in force, not held, or
/// saying something else.
#[utoipa::path(
    post, path = "/v1/references", tag = "verify", request_body = LookUp,
    responses(
        (status = 200, description = "Every reference that names its law, in the order of the text", body = ReferenceListJson),
        (status = 400, description = "Empty text, bad date, bad JSON", body = ErrorJson),
        (status = 413, description = "Body too long", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
    )
)]
pub(super) async fn look_up(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<LookUp>,
) -> Result<Json<ReferenceListJson>, AppError> {
    if body.text.trim().is_empty() {
        return Err(AppError::new(ErrorCode::EmptyText, "the text is empty"));
    }
    let references = state.service.references(&body.text, day(body.as_of.as_deref())?).await?;
    Ok(Json(ReferenceListJson::new(&references, &body.text)))
}
