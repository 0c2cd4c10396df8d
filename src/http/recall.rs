//! Answers whose sources changed.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{AppState, extract::ApiQuery, failure::AppError};
use crate::wire::{ErrorJson, RecallJson, RecallListJson};

/// Which answers to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RecallQuery {
    /// Only the answer with this id.
    pub answer: Option<String>,
}

/// List stored answers that rest on sources which changed since.
#[utoipa::path(
    get, path = "/v1/recall", operation_id = "list_recalls", tag = "answers", params(RecallQuery),
    responses(
        (status = 200, description = "What changed, a thousand places at most", body = RecallListJson),
        (status = 400, description = "Unknown parameter", body = ErrorJson),
    )
)]
pub(super) async fn list(
    State(state): State<AppState>,
    ApiQuery(query): ApiQuery<RecallQuery>,
) -> Result<Json<RecallListJson>, AppError> {
    let recalls = state.service.recall(query.answer.as_deref()).await?;
    Ok(Json(RecallListJson { recalls: recalls.iter().map(RecallJson::from).collect() }))
}
