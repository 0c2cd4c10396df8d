//! Ideas beyond the sources.

use reqwest::StatusCode;
use serde_json::json;

use super::{Server, json, refused};

#[tokio::test]
async fn ideas_are_no_answer_and_are_not_kept() {
    let server = Server::start().await;
    let asked = server.post("/v1/explore", &json!({"question": "借款期限没有约定", "collections": ["legal-zh"]})).await;
    assert_eq!(asked.headers()["cache-control"], "no-store");
    let found = json(asked).await;
    assert!(found["notice"]["zh"].as_str().is_some_and(|notice| notice.contains("不来自知识库")));
    assert!(found.get("sentences").is_none() && found.get("id").is_none(), "nothing of an answer");
    let ideas = found["ideas"].as_array().expect("a list");
    assert_eq!(ideas.len(), 1);
    assert_eq!((ideas[0]["standing"].as_str(), ideas[0]["verdict"].as_str()), (Some("supported"), Some("supported")));
    assert!(!ideas[0]["citations"].as_array().expect("a list").is_empty());
}

#[tokio::test]
async fn what_is_not_allowed_or_not_asked_is_refused() {
    let server = Server::start().await;
    let body = json!({"question": "借款期限没有约定"});
    refused(server.post("/v1/explore", &body).await, StatusCode::FORBIDDEN, "not_allowed").await;
    for (body, code) in [
        (json!({"question": " "}), "empty_question"),
        (json!({"question": "x", "lang": "fr"}), "invalid_parameter"),
        (json!({"question": "x", "mode": "strict"}), "invalid_json"),
    ] {
        refused(server.post("/v1/explore", &body).await, StatusCode::BAD_REQUEST, code).await;
    }
}
