//! What surrounds every request: its id, its log line, its time limit, its security headers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::failure::{AppError, ErrorCode};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing from elsewhere, nothing inline: a document's text that slipped into the page as markup could still do nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

tokio::task_local! {
    static CURRENT_REQUEST_ID: String;
}

/// The id of the request that this task serves.
pub(super) fn current_request_id() -> Option<String> {
    CURRENT_REQUEST_ID.try_with(Clone::clone).ok()
}

/// Gives the request an id (the client's own where it is a plain token), a span and a log line.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_plain_token(id))
        .map_or_else(|| uuid::Uuid::now_v7().simple().to_string(), str::to_owned);
    // The path only: a query string may hold a question, and questions are confidential.
    let span = tracing::info_span!("http", method = %request.method(), path = %request.uri().path(), request_id = %id);
    let api = request.uri().path().starts_with("/v1/");
    let header_value = HeaderValue::from_str(&id).ok();
    let started = Instant::now();
    let mut response = CURRENT_REQUEST_ID
        .scope(
            id,
            async {
                let response = next.run(request).await;
                let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let status = response.status().as_u16();
                // The parts of the page and the questions of a supervisor would drown the rest.
                if api {
                    tracing::info!(status, milliseconds, "served");
                } else {
                    tracing::debug!(status, milliseconds, "served");
                }
                response
            }
            .instrument(span),
        )
        .await;
    if let Some(value) = header_value {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn is_plain_token(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Ends what takes longer than `limit`; its future is dropped, which cancels the work.
pub(super) async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            AppError::new(ErrorCode::Timeout, format!("this took longer than {} s and was stopped", limit.as_secs()))
                .hint("ask for less at once, or ask for the answer as an event stream, which has no such limit")
                .into_response()
        }
    }
}

/// Refuses requests to names that are not ours.
///
/// A page of another site can make its own name point to this machine (DNS rebinding); its requests are then of the
/// same origin for the browser, but they still carry that name.
pub(super) async fn known_host(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !hosts.know(named) {
        return AppError::new(ErrorCode::UnknownHost, "this server does not answer under the name it was called by")
            .hint("call it by the address it printed when it started, or allow the name in its configuration")
            .into_response();
    }
    next.run(request).await
}

/// Names, without ports, under which the server may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    Any,
    /// These, in any case, and the names of the machine's own loopback.
    Only(Vec<String>),
}

impl Hosts {
    /// Whether the value of a `Host` header names this server.
    fn know(&self, host: &str) -> bool {
        let Self::Only(names) = self else { return true };
        let name = match host.rsplit_once(':') {
            // The colons of `[::1]` are not those of a port.
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let ours = ["localhost", "127.0.0.1", "[::1]"];
        ours.into_iter().chain(names.iter().map(String::as_str)).any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Refuses writes that another site's page makes in the reader's browser.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && is_foreign(request.headers()) {
        return AppError::new(ErrorCode::CrossOrigin, "this request comes from a page of another site")
            .hint("call the API from a program, or from the page that Attest itself serves")
            .into_response();
    }
    next.run(request).await
}

/// A browser says where a request comes from; a program that says nothing is not a browser.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if site == Some("cross-site") {
        return true;
    }
    match text(header::ORIGIN) {
        None => false,
        // A proxy may change the host, but not what the browser itself vouches for.
        Some(_) if site == Some("same-origin") => false,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != text(header::HOST)
        }
    }
}

/// Sets the headers that keep a browser from doing more with a response than show it.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if api {
        // Answers may be confidential: no cache between here and the reader keeps them.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_pages_of_other_sites_are_foreign() {
        assert!(!is_foreign(&headers(&[])), "a program");
        assert!(!is_foreign(&headers(&[("origin", "http://127.0.0.1:8321"), ("host", "127.0.0.1:8321")])));
        assert!(!is_foreign(&headers(&[
            ("origin", "https://attest.example"),
            ("host", "inner:80"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(is_foreign(&headers(&[("origin", "http://evil.example"), ("host", "127.0.0.1:8321")])));
        assert!(is_foreign(&headers(&[("origin", "null"), ("host", "127.0.0.1:8321")])));
        assert!(is_foreign(&headers(&[("sec-fetch-site", "cross-site")])));
    }

    #[test]
    fn a_name_that_only_points_here_is_not_ours() {
        let hosts = Hosts::Only(vec!["attest.example".to_owned()]);
        for ours in ["localhost", "LOCALHOST:8321", "127.0.0.1:8321", "[::1]", "[::1]:8321", "Attest.Example:443"] {
            assert!(hosts.know(ours), "{ours}");
        }
        for foreign in ["", "evil.example", "evil.example:8321", "localhost.evil.example", "127.0.0.1.evil.example"] {
            assert!(!hosts.know(foreign), "{foreign}");
            assert!(Hosts::Any.know(foreign));
        }
    }

    #[test]
    fn a_request_id_is_taken_over_only_when_harmless() {
        assert!(is_plain_token("req-01_A"));
        for bad in ["", "a b", "x\ny", "法", &"a".repeat(65)] {
            assert!(!is_plain_token(bad), "{bad:?}");
        }
    }
}
