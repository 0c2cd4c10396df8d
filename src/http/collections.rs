//! Collections.

use axum::{
    Json,
    body::Body,
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
    upload::Received,
};
use crate::{
    domain::document::{Collection, Domain},
    ports::CollectionStats,
    wire::{CollectionJson, CollectionListJson, CollectionSettingsJson, CoverageJson, ErrorJson},
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

/// Read what a collection covers.
///
/// Counted over the current documents, and read out of their texts.
#[utoipa::path(
    get, path = "/v1/collections/{name}/coverage", operation_id = "read_coverage", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")),
    responses(
        (status = 200, description = "What is in it, and what is not", body = CoverageJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn coverage(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<CoverageJson>, AppError> {
    let name = collection_name(&name)?;
    let known_missing = state.service.settings(&name).await?.known_missing;
    Ok(Json(CoverageJson::new(state.service.coverage(&name).await?, known_missing)))
}

/// Read what the owner of a collection wrote about it.
#[utoipa::path(
    get, path = "/v1/collections/{name}/settings", operation_id = "read_collection_settings", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")),
    responses(
        (status = 200, description = "Its synonyms, and what is known to be missing", body = CollectionSettingsJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn settings(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<CollectionSettingsJson>, AppError> {
    Ok(Json(state.service.settings(&collection_name(&name)?).await?.into()))
}

/// Replace what the owner of a collection wrote about it.
#[utoipa::path(
    put, path = "/v1/collections/{name}/settings", operation_id = "write_collection_settings", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")), request_body = CollectionSettingsJson,
    responses(
        (status = 204, description = "Set; the next search uses it"),
        (status = 400, description = "A line of the synonyms is no concept, too long, bad JSON", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn put_settings(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
    ApiJson(body): ApiJson<CollectionSettingsJson>,
) -> Result<StatusCode, AppError> {
    state.service.put_settings(&collection_name(&name)?, &body.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read a collection as one archive.
///
/// A ZIP that `PUT /v1/collections/{name}/archive`, here or on another Attest, reads back to the same document and chunk
/// hashes. It holds the current documents with their chunks and vectors, and the settings; its manifest has the SHA-256
/// of every entry.
#[utoipa::path(
    get, path = "/v1/collections/{name}/archive", operation_id = "export_collection", tag = "collections",
    params(("name" = String, Path, description = "Name of the collection")),
    responses(
        (status = 200, description = "The archive", content_type = "application/zip"),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn export(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, AppError> {
    let name = collection_name(&name)?;
    let file = Received::none_yet(&state.options.upload_folder).await?;
    state.service.export(&name, file.path()).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.zip\"")),
    ];
    Ok((headers, file.into_body().await?).into_response())
}

/// Make a collection from an archive.
///
/// The body is the archive itself. It is checked from end to end first: of a damaged or foreign archive nothing is kept.
#[utoipa::path(
    put, path = "/v1/collections/{name}/archive", operation_id = "import_collection", tag = "collections",
    params(("name" = String, Path, description = "Name under which it is made")),
    request_body(content_type = "application/zip", description = "An archive of a collection"),
    responses(
        (status = 201, description = "Made; Location names it", body = CollectionJson),
        (status = 400, description = "Not a collection name, not an archive, damaged", body = ErrorJson),
        (status = 409, description = "There is one with this name", body = ErrorJson),
        (status = 413, description = "Larger than uploads may be", body = ErrorJson),
    )
)]
pub(super) async fn import(
    State(state): State<AppState>,
    ApiPath(name): ApiPath<String>,
    body: Body,
) -> Result<Response, AppError> {
    let name = collection_name(&name)?;
    let file = Received::body(body, &state.options.upload_folder, state.options.upload_limit).await?;
    state.service.import(&name, file.path()).await?;
    let found = state.service.collection(&name).await?;
    let (collection, counts) = found.ok_or_else(|| AppError::unknown_collection(name.as_str()))?;
    let location = format!("/v1/collections/{name}");
    let made = CollectionJson::new(&collection, &counts);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)).into_response())
}
