//! Documents: listing, reading, taking in, taking out.

use axum::{
    Json,
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    AppState,
    extract::{ApiPath, ApiQuery, JSON_LIMIT, collection_name, is_json, media_type, parse, read},
    failure::{AppError, ErrorCode},
    service::Upload,
    upload::{Received, checked_file_name, receive, too_large},
};
use crate::{
    domain::document::{CollectionName, VersionId},
    wire::{DocumentJson, DocumentListJson, DocumentTextJson, ErrorJson, IngestJson},
};

const PAGE_DEFAULT: u64 = 50;
const PAGE_MOST: u64 = 500;
/// An upload of a million small documents is not answered with a million lines.
const LISTED_MOST: usize = 100;

/// A page of a collection.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Name of the collection.
    pub collection: String,
    /// Documents to skip; none: 0.
    pub offset: Option<u64>,
    /// Documents on the page, from 1 to 500; none: 50.
    pub limit: Option<u64>,
}

/// List the documents of a collection.
#[utoipa::path(
    get, path = "/v1/documents", operation_id = "list_documents", tag = "documents", params(ListQuery),
    responses(
        (status = 200, description = "Current versions, in the order of their keys", body = DocumentListJson),
        (status = 400, description = "A parameter is missing or wrong", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
    )
)]
pub(super) async fn list(
    State(state): State<AppState>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<DocumentListJson>, AppError> {
    let collection = collection_name(&query.collection)?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MOST).contains(&limit) {
        let message = format!("the limit is {limit}; it must lie between 1 and {PAGE_MOST}");
        return Err(AppError::new(ErrorCode::InvalidParameter, message));
    }
    // The databases count in i64.
    let offset = query.offset.unwrap_or(0).min(i64::MAX as u64 - PAGE_MOST - 1);
    // One more than asked for tells whether there is a next page.
    let found = state.service.documents(&collection, offset, limit + 1).await?;
    let more = found.len() as u64 > limit;
    let documents = found.iter().zip(0..limit).map(|(version, _)| DocumentJson::from(version)).collect();
    Ok(Json(DocumentListJson { documents, offset, next_offset: more.then_some(offset + limit) }))
}

/// Which version of a document.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// The `version` of a citation; none: the current one.
    pub version: Option<i64>,
}

fn unknown_document(collection: &CollectionName) -> AppError {
    AppError::new(
        ErrorCode::UnknownDocument,
        format!("the collection '{collection}' holds no such document or version"),
    )
    .hint("GET /v1/documents?collection= lists what it holds")
}

/// Read a document.
///
/// Every offset of a citation slices this text, byte for byte, when its `version` is asked for.
#[utoipa::path(
    get, path = "/v1/documents/{collection}/{*key}", tag = "documents", operation_id = "read_document",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("key" = String, Path, description = "Key of the document; it may hold slashes"),
        VersionQuery,
    ),
    responses(
        (status = 200, description = "Text and sections", body = DocumentTextJson),
        (status = 404, description = "Unknown collection, document or version", body = ErrorJson),
    )
)]
pub(super) async fn one(
    State(state): State<AppState>,
    ApiPath((collection, key)): ApiPath<(String, String)>,
    ApiQuery(query): ApiQuery<VersionQuery>,
) -> Result<Json<DocumentTextJson>, AppError> {
    let collection = collection_name(&collection)?;
    let found = state.service.document(&collection, &key, query.version.map(VersionId)).await?;
    let (version, document) = found.ok_or_else(|| unknown_document(&collection))?;
    Ok(Json(DocumentTextJson::new(&version, &document)))
}

/// Take a document out of the search.
///
/// Answers that cite it still find its text by version.
#[utoipa::path(
    delete, path = "/v1/documents/{collection}/{*key}", tag = "documents", operation_id = "delete_document",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("key" = String, Path, description = "Key of the document; it may hold slashes"),
    ),
    responses(
        (status = 204, description = "No longer to be found"),
        (status = 404, description = "Unknown collection or document", body = ErrorJson),
    )
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ApiPath((collection, key)): ApiPath<(String, String)>,
) -> Result<StatusCode, AppError> {
    let collection = collection_name(&collection)?;
    if state.service.delete_document(&collection, &key).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown_document(&collection))
    }
}

/// A text to be taken in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    #[schema(example = "contracts")]
    pub collection: String,
    /// As of a file; its ending tells the format.
    #[schema(example = "lease.md")]
    pub name: String,
    pub text: String,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form to readers of the OpenAPI document")]
pub struct NewFile {
    /// May also be given as a query parameter.
    collection: String,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Name of the collection, for forms without a field of this name.
    pub collection: Option<String>,
}

/// Take documents in.
///
/// A form with one or more files, or JSON with one text. The same bytes twice change nothing; changed bytes are a new
/// version. What cannot be read is listed; when nothing could be read the status is 422.
#[utoipa::path(
    post, path = "/v1/documents", operation_id = "upload_documents", tag = "documents", params(UploadQuery),
    request_body(content((NewFile = "multipart/form-data"), (NewText = "application/json"))),
    responses(
        (status = 200, description = "What became of each document", body = IngestJson),
        (status = 400, description = "The form or the JSON is wrong", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
        (status = 413, description = "Too large", body = ErrorJson),
        (status = 415, description = "Neither a form nor JSON", body = ErrorJson),
        (status = 422, description = "Nothing in it could be read", body = ErrorJson),
    )
)]
pub(super) async fn upload(
    State(state): State<AppState>,
    ApiQuery(query): ApiQuery<UploadQuery>,
    request: Request,
) -> Result<Response, AppError> {
    let folder = &state.options.upload_folder;
    let (collection, files) = if is_json(request.headers()) {
        let body: NewText = parse(&read(request.into_body(), JSON_LIMIT).await?)?;
        if body.text.trim().is_empty() {
            return Err(AppError::new(ErrorCode::EmptyText, "the text is empty"));
        }
        let collection = existing(&state, &body.collection).await?;
        (collection, vec![Received::text(folder, checked_file_name(&body.name)?, &body.text).await?])
    } else {
        receive_form(&state, query, request).await?
    };
    let mut report = IngestJson::default();
    for file in files {
        let upload =
            Upload { collection: collection.clone(), file_name: file.name.clone(), path: file.path().to_owned() };
        let one = state.service.ingest_upload(upload).await?;
        report.added += one.added;
        report.replaced += one.replaced;
        report.unchanged += one.unchanged;
        report.chunks += one.chunks;
        report.failed += one.failed;
        report.failures.extend(one.failures);
    }
    if report.added + report.replaced + report.unchanged == 0
        && let Some(first) = report.failures.first()
    {
        return Err(AppError::new(ErrorCode::UnreadableDocument, format!("{}: {}", first.place, first.message)));
    }
    report.failures.truncate(LISTED_MOST);
    Ok(Json(report).into_response())
}

async fn receive_form(
    state: &AppState,
    query: UploadQuery,
    request: Request,
) -> Result<(CollectionName, Vec<Received>), AppError> {
    if media_type(request.headers()) != "multipart/form-data" {
        return Err(AppError::new(ErrorCode::UnsupportedMediaType, "a document comes as a form or as JSON")
            .hint("send multipart/form-data with the fields 'collection' and 'file', or JSON with 'collection', 'name' and 'text'"));
    }
    let limit = state.options.upload_limit;
    if announced(request.headers()).is_some_and(|length| length > limit.saturating_add(64 * 1024)) {
        super::extract::drain(request.into_body().into_data_stream()).await;
        return Err(too_large(limit));
    }
    // A collection that is known beforehand is checked before anything is received.
    let early = match &query.collection {
        Some(name) => Some(existing(state, name).await?),
        None => None,
    };
    let form = Multipart::from_request(request, state)
        .await
        .map_err(|error| AppError::new(ErrorCode::InvalidUpload, error.body_text()))?;
    let form = receive(form, &state.options.upload_folder, limit).await?;
    let collection = match (early, &form.collection) {
        (_, Some(name)) => existing(state, name).await?,
        (Some(collection), None) => collection,
        (None, None) => {
            return Err(AppError::new(ErrorCode::InvalidUpload, "the form does not say which collection")
                .hint("add the field 'collection', or the query parameter of this name"));
        }
    };
    if form.files.is_empty() {
        return Err(AppError::new(ErrorCode::InvalidUpload, "the form holds no file").hint("add the field 'file'"));
    }
    Ok((collection, form.files))
}

async fn existing(state: &AppState, name: &str) -> Result<CollectionName, AppError> {
    let collection = collection_name(name)?;
    match state.service.collection(&collection).await? {
        Some(_) => Ok(collection),
        None => Err(AppError::unknown_collection(name)),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
