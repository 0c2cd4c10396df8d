//! Searching.

use reqwest::StatusCode;
use serde_json::json;

use super::{Server, json, refused};

#[tokio::test]
async fn results_carry_places_and_signals() {
    let server = Server::start().await;
    let found = server.post("/v1/search", &json!({"query": "逾期利息", "collections": ["legal-zh"], "limit": 2})).await;
    insta::assert_json_snapshot!("search", json(found).await);
}

#[tokio::test]
async fn the_day_and_the_status_decide_which_law_is_found() {
    let server = Server::start().await;
    let keys = async |body| {
        let found = json(server.post("/v1/search", &body).await).await;
        let results = found["results"].as_array().expect("a list").clone();
        results.iter().map(|result| result["status"].as_str().expect("a status").to_owned()).collect::<Vec<_>>()
    };
    let query = "按照约定的期限返还借款";
    assert!(keys(json!({"query": query})).await.iter().all(|status| status == "in_force"));
    assert!(keys(json!({"query": query, "as_of": "2010-05-01"})).await.iter().all(|status| status == "repealed"));
    let named = keys(json!({"query": query, "statuses": ["repealed"]})).await;
    assert_eq!(named, ["repealed"]);
}

#[tokio::test]
async fn nothing_found_is_an_empty_list() {
    let server = Server::start().await;
    let found = json(server.post("/v1/search", &json!({"query": "zzzz", "collections": ["legal-en"]})).await).await;
    assert_eq!(found["results"], json!([]));
    assert_eq!(found["searched"]["collections"], json!(["legal-en"]));
}

#[tokio::test]
async fn bad_searches_are_refused() {
    let server = Server::start().await;
    for (body, status, code) in [
        (json!({"query": "  "}), StatusCode::BAD_REQUEST, "empty_question"),
        (json!({"query": "x", "limit": 0}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"query": "x", "limit": 101}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"query": "x", "limit": -1}), StatusCode::BAD_REQUEST, "invalid_json"),
        (json!({"query": "x", "statuses": ["valid"]}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"query": "x", "lang": "fr"}), StatusCode::BAD_REQUEST, "invalid_parameter"),
        (json!({"query": "x", "collections": ["nope"]}), StatusCode::NOT_FOUND, "unknown_collection"),
    ] {
        refused(server.post("/v1/search", &body).await, status, code).await;
    }
}
