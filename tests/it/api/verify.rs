//! Verifying a text that somebody else wrote.

use reqwest::StatusCode;
use serde_json::json;

use super::{Server, json, refused};

#[tokio::test]
async fn claims_are_judged_against_the_sources_of_the_request() {
    let server = Server::start().await;
    let body = json!({
        "text": "The lease runs for 24 months. The deposit is returned within 30 days after the lease ends.",
        "sources": [{"title": "Lease", "text": "The lease runs for 24 months.\nThe deposit is returned within 14 days after the lease ends."}],
    });
    insta::assert_json_snapshot!("verified", json(server.post("/v1/verify", &body).await).await);
}

#[tokio::test]
async fn claims_are_judged_against_collections() {
    let server = Server::start().await;
    let body = json!({
        "claims": ["借款人可以随时返还", "出借人可以没收借款人的房屋"],
        "collections": ["legal-zh"],
    });
    let judged = json(server.post("/v1/verify", &body).await).await;
    let verdicts: Vec<_> =
        judged["judgements"].as_array().expect("a list").iter().map(|j| j["verdict"].clone()).collect();
    assert_eq!(verdicts, ["supported", "unsupported"]);
}

#[tokio::test]
async fn half_a_request_is_refused() {
    let server = Server::start().await;
    let source = json!([{"text": "x"}]);
    for (body, code) in [
        (json!({"text": "x"}), "invalid_parameter"),
        (json!({"sources": source}), "invalid_parameter"),
        (json!({"text": "x", "claims": ["x"], "sources": source}), "invalid_parameter"),
        (json!({"text": "x", "sources": source, "collections": []}), "invalid_parameter"),
        (json!({"text": " ", "sources": source}), "empty_text"),
        (json!({"claims": [], "sources": source}), "empty_text"),
        (json!({"claims": ["x", " "], "sources": source}), "empty_text"),
        (json!({"text": "x", "sources": []}), "empty_text"),
        (json!({"text": "x", "sources": [{"text": ""}]}), "empty_text"),
        (json!({"claims": vec!["x"; 201], "sources": source}), "invalid_parameter"),
        (json!({"text": "x", "sources": [{"text": "x", "author": "y"}]}), "invalid_json"),
    ] {
        refused(server.post("/v1/verify", &body).await, StatusCode::BAD_REQUEST, code).await;
    }
    let body = json!({"text": "x", "collections": ["nope"]});
    refused(server.post("/v1/verify", &body).await, StatusCode::NOT_FOUND, "unknown_collection").await;
}

#[tokio::test]
async fn references_want_a_text_and_a_day() {
    let server = Server::start().await;
    for (body, code) in [
        (json!({"text": " "}), "empty_text"),
        (json!({"text": "《合同法》第五十二条", "as_of": "2019-13-01"}), "bad_date"),
        (json!({"words": "x"}), "invalid_json"),
    ] {
        refused(server.post("/v1/references", &body).await, StatusCode::BAD_REQUEST, code).await;
    }
    let found = json(server.post("/v1/references", &json!({"text": "No law is named."})).await).await;
    assert_eq!(found, json!({"references": []}));
}
