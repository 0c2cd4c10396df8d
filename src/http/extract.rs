//! Taking requests apart, so that whatever is wrong with one becomes an error a person can act on.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header, request::Parts},
};
use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use time::{Date, macros::format_description};

use super::failure::{AppError, ErrorCode};
use crate::domain::document::CollectionName;

/// Largest JSON body, in bytes.
pub const JSON_LIMIT: usize = 1024 * 1024;

/// A JSON body: of the right type, within [`JSON_LIMIT`], in the shape of `T`.
pub(super) struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, _: &S) -> Result<Self, AppError> {
        if !is_json(request.headers()) {
            return Err(AppError::new(ErrorCode::UnsupportedMediaType, "the body must be JSON")
                .hint("send it with the header 'Content-Type: application/json'"));
        }
        let bytes = read(request.into_body(), JSON_LIMIT).await?;
        parse(&bytes).map(Self)
    }
}

/// The body, if it has at most `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Vec<u8>, AppError> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece =
            piece.map_err(|_| AppError::new(ErrorCode::InvalidJson, "the body ended before it was complete"))?;
        if bytes.len() + piece.len() > limit {
            drain(stream).await;
            return Err(AppError::new(ErrorCode::TooLarge, format!("the body is larger than {limit} bytes"))
                .hint("put long material into a collection as a file with POST /v1/documents, then ask about it"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Reads on for a moment and forgets what it reads: a client that is still sending would lose our answer otherwise.
pub(super) async fn drain<E>(mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let mut left: usize = 64 * 1024 * 1024;
    let patience = Duration::from_secs(5);
    while let Ok(Some(Ok(piece))) = tokio::time::timeout(patience, stream.next()).await {
        match left.checked_sub(piece.len()) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

/// JSON in the shape of `T`; the error names the line and column.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "the JSON does not have the shape this route takes",
            _ => "the body is not valid JSON",
        };
        AppError::new(ErrorCode::InvalidJson, format!("{what}: {error}")).hint("/docs shows the shape of every request")
    })
}

pub(super) fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let media = media_type(headers);
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

/// Query parameters.
pub(super) struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(AppError::new(ErrorCode::InvalidParameter, error.body_text())
                .hint("/docs shows the parameters of every route")),
        }
    }
}

/// Path parameters.
pub(super) struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(error) => Err(AppError::new(ErrorCode::InvalidParameter, error.body_text())),
        }
    }
}

/// A collection name as it was typed.
pub(super) fn collection_name(name: &str) -> Result<CollectionName, AppError> {
    name.parse().map_err(|error: crate::domain::document::BadCollectionName| {
        AppError::new(ErrorCode::BadCollectionName, error.to_string())
    })
}

pub(super) fn collection_names(names: &[String]) -> Result<Vec<CollectionName>, AppError> {
    let mut parsed = Vec::with_capacity(names.len());
    for name in names {
        let name = collection_name(name)?;
        if !parsed.contains(&name) {
            parsed.push(name);
        }
    }
    Ok(parsed)
}

/// A day as it was typed; blank is none.
pub(super) fn day(text: Option<&str>) -> Result<Option<Date>, AppError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    Date::parse(text, format_description!("[year]-[month]-[day]")).map(Some).map_err(|_| {
        AppError::new(ErrorCode::BadDate, format!("'{}' is not a date", shortened(text)))
            .hint("write it as YYYY-MM-DD, for example 2021-01-01")
    })
}

/// A code of a closed set as it was typed.
pub(super) fn code<T>(
    field: &str,
    text: Option<&str>,
    parse: fn(&str) -> Option<T>,
    known: &str,
) -> Result<Option<T>, AppError> {
    let Some(text) = text else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| {
        AppError::new(ErrorCode::InvalidParameter, format!("'{}' is not a {field}", shortened(text)))
            .hint(format!("use one of: {known}"))
    })
}

/// A question as it was typed, without the white space around it.
pub(super) fn question(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::new(ErrorCode::EmptyQuestion, "the question is empty").hint("write one question"));
    }
    Ok(text.to_owned())
}

/// What an error repeats of the input: enough to recognise it.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_day_is_a_real_day_or_an_error() {
        assert_eq!(day(Some("2021-01-01")).expect("a date"), Some(date!(2021 - 01 - 01)));
        assert_eq!(day(Some(" ")).expect("blank"), None);
        assert_eq!(day(None).expect("absent"), None);
        for bad in ["2021-02-29", "2021-1-1", "01/02/2021", "二〇二一年", "2021-01-01T00:00:00Z"] {
            assert_eq!(day(Some(bad)).expect_err(bad).code, ErrorCode::BadDate);
        }
    }

    #[test]
    fn names_are_taken_once_each() {
        let names = ["legal-zh", "legal-en", "legal-zh"].map(str::to_owned);
        assert_eq!(collection_names(&names).expect("names").len(), 2);
        assert_eq!(collection_name("../etc").expect_err("bad").code, ErrorCode::BadCollectionName);
    }

    #[test]
    fn bad_json_is_told_with_its_place() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its shape matters here")]
        struct Shape {
            a: u8,
        }
        for (text, part) in [
            ("{\"a\":", "line 1 column 5"),
            ("{\"a\":1,\n\"b\":2}", "line 2 column"),
            ("{\"a\":\"x\"}", "expected u8"),
            ("{}", "missing field `a`"),
        ] {
            let error = parse::<Shape>(text.as_bytes()).expect_err(text);
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
