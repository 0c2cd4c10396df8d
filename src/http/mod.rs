//! The HTTP door: REST, server-sent events, the API's description, and the page.
//!
//! One file for each resource. Handlers take a request apart, call [`Service`] and put the result on the wire; they
//! decide nothing. `error.rs` is the one table from error codes to statuses.

mod answers;
mod collections;
mod documents;
mod error;
mod explore;
mod extract;
mod failure;
mod health;
mod layers;
mod metrics;
mod page;
mod recall;
mod references;
mod search;
mod service;
mod upload;
mod verify;

use std::{future::Future, io, path::PathBuf, sync::Arc, time::Duration};

use axum::{Json, Router, extract::DefaultBodyLimit, middleware, response::IntoResponse, routing::get};
use tokio::{net::TcpListener, sync::watch};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    error::status_of,
    extract::JSON_LIMIT,
    failure::{AppError, ErrorCode},
    layers::Hosts,
    service::{
        Against, AnswerEvent, AnswerStream, AskRequest, Claims, ExploreRequest, Readiness, SearchRequest, Service,
        Source, Upload, Verification, VerifyRequest,
    },
};

/// What the door itself needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where uploads lie while they are read.
    pub upload_folder: PathBuf,
    /// Largest upload, in bytes.
    pub upload_limit: u64,
    /// Longest time that an answer as plain JSON, or a verification, may take; event streams are not limited.
    pub answer_timeout: Duration,
    /// Longest time that an upload may take, reading included.
    pub upload_timeout: Duration,
    /// Longest time that anything else may take.
    pub timeout: Duration,
    /// Names under which the server may be called; `None`: only its own while it listens on loopback, else any.
    pub hosts: Option<Hosts>,
    /// How long running requests may go on after a shutdown was asked for.
    pub grace: Duration,
}

impl Options {
    /// The defaults: uploads of 512 MiB, five minutes for an answer.
    pub fn new(upload_folder: PathBuf) -> Self {
        Self {
            upload_folder,
            upload_limit: 512 * 1024 * 1024,
            answer_timeout: Duration::from_mins(5),
            upload_timeout: Duration::from_hours(1),
            timeout: Duration::from_mins(1),
            hosts: None,
            grace: Duration::from_secs(10),
        }
    }
}

#[derive(Clone)]
struct AppState {
    service: Arc<dyn Service>,
    options: Arc<Options>,
}

/// The head of the API's description.
#[derive(OpenApi)]
#[openapi(info(
    title = "Attest",
    description = "Attest answers questions from a knowledge base. Every sentence of an answer is cited and judged; \
        what the sources do not back is marked or withheld, and Attest abstains rather than invents.\n\n\
        Offsets are bytes of UTF-8, half open. Errors have the shape `{\"error\": {\"code\", \"message\", \"hint\"}}`."
))]
struct Api;

/// Everything that is served, ready to be put behind a socket.
pub fn router(service: Arc<dyn Service>, options: Options) -> Router {
    let hosts = Arc::new(options.hosts.clone().unwrap_or(Hosts::Any));
    let options = Arc::new(options);
    let limited = |limit: Duration| middleware::from_fn_with_state(limit, layers::time_limit);
    let slow = OpenApiRouter::new()
        .routes(routes!(answers::ask))
        .routes(routes!(explore::explore))
        .routes(routes!(verify::verify))
        .routes(routes!(references::look_up))
        .routes(routes!(collections::coverage))
        .layer(limited(options.answer_timeout));
    let uploads = OpenApiRouter::new()
        .routes(routes!(documents::upload))
        .routes(routes!(collections::export, collections::import))
        .layer(DefaultBodyLimit::disable())
        .layer(limited(options.upload_timeout));
    let quick = OpenApiRouter::new()
        .routes(routes!(answers::stored))
        .routes(routes!(recall::list))
        .routes(routes!(search::search))
        .routes(routes!(collections::list, collections::create))
        .routes(routes!(collections::one, collections::delete))
        .routes(routes!(collections::settings, collections::put_settings))
        .routes(routes!(documents::list))
        .routes(routes!(documents::one, documents::delete))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .layer(limited(options.timeout));
    let (routes, description) =
        OpenApiRouter::with_openapi(Api::openapi()).merge(slow).merge(quick).merge(uploads).split_for_parts();
    let description = Arc::new(for_readers(description));
    routes
        .route("/openapi.json", get(move || async move { Json(&*description).into_response() }))
        .route("/docs", get(page::docs))
        .route("/", get(page::index))
        .route("/a/{id}", get(page::index))
        .fallback(page::asset)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(layers::same_origin))
        .layer(middleware::from_fn_with_state(hosts, layers::known_host))
        .layer(middleware::from_fn(layers::security_headers))
        .layer(middleware::from_fn(layers::observe))
        .with_state(AppState { service, options })
}

/// The router's way to write "the rest of the path" is not that of `OpenAPI`.
fn for_readers(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let paths = std::mem::take(&mut description.paths.paths);
    description.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    description
}

async fn wrong_method() -> AppError {
    AppError::new(ErrorCode::MethodNotAllowed, "this address does not take this method")
        .hint("/docs shows the methods of every route")
}

/// Serves until `shutdown` completes, then lets running requests end, for [`Options::grace`] at most.
pub async fn serve(
    listener: TcpListener,
    service: Arc<dyn Service>,
    mut options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let grace = options.grace;
    if options.hosts.is_none() && listener.local_addr()?.ip().is_loopback() {
        options.hosts = Some(Hosts::Only(Vec::new()));
    }
    let (stop, mut stopped) = watch::channel(false);
    let server = axum::serve(listener, router(service, options)).with_graceful_shutdown(async move {
        shutdown.await;
        // The receiver lives as long as the server; without it nobody waits.
        let _ = stop.send(true);
    });
    let too_late = async {
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        ended = server => ended,
        () = too_late => {
            tracing::warn!("requests were still running and were cut off");
            Ok(())
        }
    }
}
