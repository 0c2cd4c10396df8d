//! The page and its parts, which live inside the binary: it works where there is no network.

use std::fmt::Write;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::failure::{AppError, ErrorCode};

#[derive(RustEmbed)]
#[folder = "web/"]
struct Assets;

/// The page: `/`, and `/a/{id}` for a stored answer.
pub(super) async fn index(headers: HeaderMap) -> Response {
    serve("index.html", &headers)
}

/// The reference of the API for people.
pub(super) async fn docs(headers: HeaderMap) -> Response {
    serve("docs.html", &headers)
}

/// Everything that is not a route of the API: a part of the page, or nothing.
pub(super) async fn asset(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("v1/") || Assets::get(path).is_none() {
        return AppError::new(ErrorCode::UnknownRoute, "there is nothing at this address")
            .hint("/docs shows every route")
            .into_response();
    }
    serve(path, request.headers())
}

fn serve(name: &str, request: &HeaderMap) -> Response {
    let Some(file) = Assets::get(name) else {
        return AppError::internal(format!("the page's part '{name}' is missing from the binary")).into_response();
    };
    let tag = format!("\"{}\"", hexadecimal(&file.metadata.sha256_hash()[..16]));
    let fresh = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response =
        if fresh { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let headers = response.headers_mut();
    if !fresh && let Ok(media) = HeaderValue::from_str(&with_charset(file.metadata.mimetype())) {
        headers.insert(header::CONTENT_TYPE, media);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // Asked for anew each time, sent anew only when it changed: an upgrade is seen at once.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn with_charset(media: &str) -> String {
    if media.starts_with("text/") { format!("{media}; charset=utf-8") } else { media.to_owned() }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
