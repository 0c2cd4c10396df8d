//! What every route refuses alike.

use attest::{
    http::{AppError, ErrorCode, Hosts, status_of},
    testing::FakeService,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Server, json, refused};

#[tokio::test]
async fn bad_questions_are_refused() {
    let server = Server::start().await;
    let long = "为".repeat(70_000);
    for (body, status, code) in [
        (json!({"question": ""}), StatusCode::BAD_REQUEST, "empty_question"),
        (json!({"question": " \n\u{3000}"}), StatusCode::BAD_REQUEST, "empty_question"),
        (json!({"question": "x", "as_of": "2021-02-29"}), StatusCode::BAD_REQUEST, "bad_date"),
        (json!({"question": "x", "mode": "explore"}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"question": "x", "lang": "de"}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"question": "x", "collections": ["A B"]}), StatusCode::BAD_REQUEST, "bad_collection_name"),
        (json!({"question": "x", "collections": ["nope"]}), StatusCode::NOT_FOUND, "unknown_collection"),
        (json!({"question": "x", "temperature": 1}), StatusCode::BAD_REQUEST, "invalid_json"),
        (json!({"question": 5}), StatusCode::BAD_REQUEST, "invalid_json"),
        (json!({}), StatusCode::BAD_REQUEST, "invalid_json"),
        (json!([]), StatusCode::BAD_REQUEST, "invalid_json"),
        (json!({"question": long}), StatusCode::PAYLOAD_TOO_LARGE, "question_too_long"),
        (json!({"question": "x".repeat(1_200_000)}), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ] {
        refused(server.post("/v1/answers", &body).await, status, code).await;
    }
}

#[tokio::test]
async fn what_is_not_json_is_refused_with_its_place() {
    let server = Server::start().await;
    let send = async |media: Option<&str>, body: &[u8]| {
        let request = server.request(Method::POST, "/v1/answers").body(body.to_vec());
        let request = match media {
            Some(media) => request.header("content-type", media),
            None => request,
        };
        request.send().await.expect("a response")
    };
    for media in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/xml")] {
        let response = send(media, b"{\"question\":\"x\"}").await;
        refused(response, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").await;
    }
    let json_media = Some("application/json; charset=utf-8");
    let message = refused(send(json_media, b"{\n\"question\": }").await, StatusCode::BAD_REQUEST, "invalid_json").await;
    assert!(message.contains("line 2 column 13"), "{message}");
    let message =
        refused(send(json_media, b"{\"qestion\":\"x\"}").await, StatusCode::BAD_REQUEST, "invalid_json").await;
    assert!(message.contains("unknown field `qestion`"), "{message}");
    for body in [&b""[..], b"\xff\xfe", b"{\"question\":\"\xc4\xe3\"}", &b"[".repeat(100_000)] {
        refused(send(json_media, body).await, StatusCode::BAD_REQUEST, "invalid_json").await;
    }
}

#[tokio::test]
async fn wrong_addresses_and_methods_are_refused_in_the_same_shape() {
    let server = Server::start().await;
    for path in ["/v1", "/v1/nope", "/nope", "/../Cargo.toml", "/v1/answers/a/b", "/a"] {
        refused(server.get(path).await, StatusCode::NOT_FOUND, "unknown_route").await;
    }
    for (method, path) in [
        (Method::GET, "/v1/answers"),
        (Method::PUT, "/v1/collections"),
        (Method::DELETE, "/v1/answers/x"),
        (Method::POST, "/healthz"),
        (Method::POST, "/"),
    ] {
        let response = server.request(method, path).send().await.expect("a response");
        assert!(response.headers().contains_key("allow"), "{path} says what it takes");
        refused(response, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    }
}

#[tokio::test]
async fn every_failure_of_the_application_has_its_status() {
    let server = Server::start().await;
    let body = json!({"question": "x"});
    for code in ErrorCode::ALL {
        server.fake.fail_with(Some(AppError::new(code, "open /srv/secret/attest.db").hint("h").retry_after(3)));
        let response = server.post("/v1/answers", &body).await;
        let expected = status_of(code);
        assert_eq!(response.status().as_u16(), expected.as_u16());
        assert_eq!(response.headers()["retry-after"], "3");
        let told = json(response).await;
        assert_eq!(told["error"]["code"], code.as_str());
        assert_eq!(told.to_string().contains("secret"), code != ErrorCode::Internal, "{told}");
    }
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let server = Server::start().await;
    server.fake.fail_with(Some(AppError::new(ErrorCode::Busy, "16 requests are waiting")));
    let response = server.post("/v1/search", &json!({"query": "x"})).await;
    assert_eq!(response.headers()["retry-after"], "5");
    refused(response, StatusCode::TOO_MANY_REQUESTS, "busy").await;
}

#[tokio::test]
async fn writes_by_pages_of_other_sites_are_refused() {
    let server = Server::start().await;
    let write = |origin: &'static str| {
        let request = server.request(Method::POST, "/v1/documents?collection=legal-en");
        let request = request.header("content-type", "multipart/form-data; boundary=XX");
        request.header("origin", origin).body(form_of_one()).send()
    };
    let foreign = write("http://evil.example").await.expect("a response");
    refused(foreign, StatusCode::FORBIDDEN, "cross_origin").await;
    let base: &'static str = Box::leak(server.base.clone().into_boxed_str());
    assert_eq!(write(base).await.expect("a response").status(), StatusCode::OK);
}

#[tokio::test]
async fn a_loopback_server_does_not_answer_to_foreign_names() {
    let server = Server::start().await;
    let call = async |host: &'static str| {
        server.request(Method::GET, "/v1/collections").header("host", host).send().await.expect("a response")
    };
    refused(call("rebound.example:8321").await, StatusCode::MISDIRECTED_REQUEST, "unknown_host").await;
    assert_eq!(call("localhost:8321").await.status(), StatusCode::OK);

    let named = Server::with(FakeService::with_samples(), |options| {
        options.hosts = Some(Hosts::Only(vec!["attest.example".to_owned()]));
    });
    let named = named.await;
    let called = named.request(Method::GET, "/healthz").header("host", "attest.example").send().await;
    assert_eq!(called.expect("a response").status(), StatusCode::OK);
}

fn form_of_one() -> Vec<u8> {
    super::form(None, &[("a.txt", b"x")])
}

#[tokio::test]
async fn readiness_follows_the_application() {
    let server = Server::start().await;
    assert_eq!(json(server.get("/healthz").await).await["status"], "ok");
    let ready = server.get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::OK);
    assert_eq!(json(ready).await["modes"], json!(["strict", "grounded"]));
    server.fake.fail_with(Some(AppError::new(ErrorCode::NotReady, "no model is configured for embedding")));
    let waiting = server.get("/readyz").await;
    assert_eq!(waiting.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(waiting).await["problems"], json!(["no model is configured for embedding"]));
    assert_eq!(server.get("/healthz").await.status(), StatusCode::OK, "it lives all the same");
}

#[tokio::test]
async fn request_ids_are_given_or_taken_over() {
    let server = Server::start().await;
    let given = server.get("/healthz").await.headers()["x-request-id"].to_str().expect("text").to_owned();
    assert_eq!(given.len(), 32);
    let taken = server.request(Method::GET, "/nope").header("x-request-id", "case-7").send().await.expect("a response");
    assert_eq!(taken.headers()["x-request-id"], "case-7");
    assert_eq!(json(taken).await["error"]["request_id"], "case-7");
}
