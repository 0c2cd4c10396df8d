//! Whether the process lives, and whether it can answer.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AppState, failure::AppError, service::Readiness};
use crate::wire::ErrorJson;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// Version of Attest.
    pub version: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It does", body = Health)))]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Whether questions can be answered, and by what.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    #[expect(clippy::struct_field_names, reason = "the name on the wire")]
    pub ready: bool,
    /// What stands in the way, or is degraded.
    pub problems: Vec<String>,
    /// Modes that can be asked for here, the default one first.
    pub modes: Vec<&'static str>,
    /// Whether `/v1/explore` can be asked of some collection.
    pub explore: bool,
    pub models: Vec<ReadyModel>,
    pub index: ReadyIndex,
    /// Version of Attest.
    pub version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyModel {
    pub job: &'static str,
    pub name: String,
    pub sha256: String,
}

/// How far the indexes have followed the store.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyIndex {
    pub log_position: i64,
    pub lexical_position: i64,
    pub chunks: u64,
    pub vectors: u64,
}

impl From<&Readiness> for Ready {
    fn from(readiness: &Readiness) -> Self {
        let index = &readiness.index;
        Self {
            ready: readiness.ready,
            problems: readiness.problems.clone(),
            modes: readiness.modes.iter().map(|mode| mode.code()).collect(),
            explore: readiness.explore,
            models: readiness
                .models
                .iter()
                .map(|(job, model)| ReadyModel { job, name: model.name.clone(), sha256: model.sha256.clone() })
                .collect(),
            index: ReadyIndex {
                log_position: index.log_position,
                lexical_position: index.lexical_position,
                chunks: index.chunks,
                vectors: index.vectors,
            },
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Whether questions can be answered.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "They can", body = Ready),
        (status = 503, description = "They cannot; `problems` says why", body = Ready),
        (status = 500, description = "Attest cannot tell", body = ErrorJson),
    )
)]
pub(super) async fn ready(State(state): State<AppState>) -> Result<Response, AppError> {
    let readiness = state.service.status().await?;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(Ready::from(&readiness))).into_response())
}
