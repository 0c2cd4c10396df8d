//! The one table from error codes to HTTP statuses, and what an error looks like on the wire.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    failure::{AppError, ErrorCode},
    layers,
};
use crate::wire::{ErrorBody, ErrorJson};

/// The status of an error.
pub const fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::UnknownCollection
        | ErrorCode::UnknownDocument
        | ErrorCode::UnknownAnswer
        | ErrorCode::UnknownRoute => StatusCode::NOT_FOUND,
        ErrorCode::InvalidJson
        | ErrorCode::InvalidParameter
        | ErrorCode::InvalidUpload
        | ErrorCode::BadCollectionName
        | ErrorCode::BadDate
        | ErrorCode::EmptyQuestion
        | ErrorCode::EmptyText => StatusCode::BAD_REQUEST,
        ErrorCode::CrossOrigin | ErrorCode::NotAllowed => StatusCode::FORBIDDEN,
        ErrorCode::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::CollectionExists => StatusCode::CONFLICT,
        ErrorCode::TooLarge | ErrorCode::QuestionTooLong => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::UnreadableDocument => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::Busy => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::NotReady | ErrorCode::GeneratorDown | ErrorCode::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a client reads of an error. The words of an internal one stay in the log: they may name files and queries.
pub(super) fn body_of(error: &AppError) -> ErrorJson {
    let request_id = layers::current_request_id();
    let (message, hint) = if error.code == ErrorCode::Internal {
        tracing::error!(problem = %error.message, "request failed");
        (
            "Attest failed; the request was not carried out".to_owned(),
            Some("try again; if it stays, look for the request id in the server's log".to_owned()),
        )
    } else {
        tracing::debug!(code = error.code.as_str(), problem = %error.message, "request refused");
        (error.message.clone(), error.hint.clone())
    };
    ErrorJson { error: ErrorBody { code: error.code.as_str().to_owned(), message, hint, request_id } }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = (status_of(self.code), Json(body_of(&self))).into_response();
        let retry = match self.code {
            // Whoever is told to come back is told when.
            ErrorCode::Busy | ErrorCode::NotReady | ErrorCode::GeneratorDown => {
                Some(self.retry_after_s.unwrap_or(5).max(1))
            }
            _ => self.retry_after_s,
        };
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{ModelError, RetrieveError, StoreError};

    #[test]
    fn every_code_has_its_own_name_and_an_error_status() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            let status = status_of(code);
            assert!(status.is_client_error() || status.is_server_error(), "{code:?} is {status}");
        }
    }

    #[test]
    fn the_words_of_an_internal_error_stay_inside() {
        let error =
            AppError::from(StoreError::Open { path: "/srv/secret/attest.db".to_owned(), problem: "x".to_owned() });
        let body = body_of(&error);
        assert_eq!(body.error.code, "internal");
        assert!(!crate::wire::to_json(&body, false).contains("secret"));
    }

    #[test]
    fn a_full_queue_says_when_to_come_back() {
        let busy = ModelError::Busy { job: "generator", waiting: 16, retry_after_s: 7 };
        let response = AppError::from(RetrieveError::Model(busy)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    }
}
