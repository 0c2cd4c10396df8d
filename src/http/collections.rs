//! Collections.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    AppState,
    extract::{ApiJson, ApiPath, code, collection_name},
    failure::AppError,
};
use crate::{
    domain::document::{Collection, Domain},
    ports::CollectionStats,
    wire::{CollectionJson, CollectionListJson, ErrorJson},
};

/// A collection to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCollection {
    /// 1 to 64 lower-case letters, digits, `-` or `_`, starting with a letter or digit.
    #[schema(example = "contracts")]
    pub name: String,
    /// What people read; none: the name.
    pub title: Option<String>,
    /// `legal`, `medical`, `finance` or `general`; it selects what happens to a sentence that is not supported.
    pub domain: Option<String>,
}

/// List the collections.
#[utoipa::path(
    get, path = "/v1/collections", operation_id = "list_collections", tag = "collections",
    responses((status = 200, description = "All collections", body = CollectionListJson))
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<CollectionListJson>, AppError> {
    let collections = state.service.collections().await?;
    Ok(Json(CollectionListJson {
        collections: collections.iter().map(|(collection, stats)| CollectionJson::new(collection, stats)).collect(),
    }))
}

/// Make a collection.
#[utoipa::path(
    post, path = "/v1/collections", operation_id = "create_collection", tag = "collections", request_body = NewCollection,
    responses(
        (status = 201, description = "Made; Location names it", body = CollectionJson),
        (status = 400, description = "Not a collection name, unknown domain, bad JSON", body = ErrorJson),
        (status = 409, description = "There is one with this name", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
    )
)]
pub(super) async fn create(
    State(state): State<AppState>,
    ApiJson(body): ApiJson<NewCollection>,
) -> Result<Response, AppError> {
    let name = collection_name(&body.name)?;
    let domain = code("domain", body.domain.as_deref(), Domain::parse, "legal, medical, finance, general")?;
    let title = body.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let collection =
        Collection { title: title.unwrap_or_else(|| name.to_string()), domain: domain.unwrap_or_default(), name };
    state.service.create_collection(collection.clone()).await?;
    let location = format!("/v1/collections/{}", collection.name);
    let made = CollectionJson::new(&collection, &CollectionStats::default());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)).into_response())
}

/// Read one collection.
#[utoipa::path(
    get, path = "/v1/collections/{name}", operation_id = "read_collection", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")),
    responses(
        (status = 200, description = "The collection", body = CollectionJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn one(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<CollectionJson>, AppError> {
    let found = state.service.collection(&collection_name(&name)?).await?;
    let (collection, counts) = found.ok_or_else(|| AppError::unknown_collection(&name))?;
    Ok(Json(CollectionJson::new(&collection, &counts)))
}

/// Delete a collection with everything in it.
///
/// Stored answers stay readable.
#[utoipa::path(
    delete, path = "/v1/collections/{name}", operation_id = "delete_collection", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
) -> Result<StatusCode, AppError> {
    state.service.delete_collection(&collection_name(&name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
