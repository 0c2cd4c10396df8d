//! Collections.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Server, json, refused};

#[tokio::test]
async fn a_collection_lives_from_post_to_delete() {
    let server = Server::start().await;
    let made = server.post("/v1/collections", &json!({"name": "contracts", "domain": "legal"})).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()["location"], "/v1/collections/contracts");
    let made = json(made).await;
    assert_eq!(made["title"], "contracts");
    assert_eq!(json(server.get("/v1/collections/contracts").await).await, made);

    let again = server.post("/v1/collections", &json!({"name": "contracts"})).await;
    refused(again, StatusCode::CONFLICT, "collection_exists").await;

    assert_eq!(server.delete("/v1/collections/contracts").await.status(), StatusCode::NO_CONTENT);
    refused(server.get("/v1/collections/contracts").await, StatusCode::NOT_FOUND, "unknown_collection").await;
    refused(server.delete("/v1/collections/contracts").await, StatusCode::NOT_FOUND, "unknown_collection").await;
}

#[tokio::test]
async fn the_list_counts_documents_by_status() {
    let server = Server::start().await;
    insta::assert_json_snapshot!("collections", json(server.get("/v1/collections").await).await);
}

#[tokio::test]
async fn bad_collections_are_refused() {
    let server = Server::start().await;
    for (body, code) in [
        (json!({"name": "Légal"}), "bad_collection_name"),
        (json!({"name": "../etc"}), "bad_collection_name"),
        (json!({"name": ""}), "bad_collection_name"),
        (json!({"name": "x", "domain": "sports"}), "invalid_parameter"),
        (json!({}), "invalid_json"),
    ] {
        refused(server.post("/v1/collections", &body).await, StatusCode::BAD_REQUEST, code).await;
    }
    refused(server.get("/v1/collections/%FF").await, StatusCode::BAD_REQUEST, "invalid_parameter").await;
}

#[tokio::test]
async fn a_collection_travels_as_an_archive() {
    let server = Server::start().await;
    let archive = server.get("/v1/collections/legal-zh/archive").await;
    assert_eq!(archive.headers()["content-type"], "application/zip");
    assert_eq!(archive.headers()["content-disposition"], "attachment; filename=\"legal-zh.zip\"");
    let archive = archive.bytes().await.expect("a body");
    let put = async |path: &str, body: Vec<u8>| {
        server.request(Method::PUT, path).body(body).send().await.expect("a response")
    };
    let made = put("/v1/collections/copy/archive", archive.to_vec()).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()["location"], "/v1/collections/copy");
    let again = put("/v1/collections/copy/archive", archive.to_vec()).await;
    refused(again, StatusCode::CONFLICT, "collection_exists").await;
    let foreign = put("/v1/collections/other/archive", b"PK nothing".to_vec()).await;
    refused(foreign, StatusCode::BAD_REQUEST, "invalid_upload").await;
    refused(server.get("/v1/collections/nowhere/archive").await, StatusCode::NOT_FOUND, "unknown_collection").await;
    let left = std::fs::read_dir(&server.uploads).expect("a folder").count();
    assert_eq!(left, 0, "files that came or went are gone");
}

#[tokio::test]
async fn a_collection_tells_what_it_covers_and_what_its_owner_wrote() {
    let server = Server::start().await;
    let put = async |body: &serde_json::Value| {
        let path = "/v1/collections/legal-zh/settings";
        server.request(Method::PUT, path).json(body).send().await.expect("a response")
    };
    let settings = json!({"synonyms": "房东 = 出租人\n", "known_missing": "地方性法规", "explore": true});
    assert_eq!(put(&settings).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(json(server.get("/v1/collections/legal-zh/settings").await).await, settings);
    let bad = put(&json!({"synonyms": "房东 出租人", "known_missing": ""})).await;
    assert!(refused(bad, StatusCode::BAD_REQUEST, "invalid_parameter").await.contains("line 1"));
    assert_eq!(json(server.get("/v1/collections/legal-zh/settings").await).await, settings);

    let coverage = json(server.get("/v1/collections/legal-zh/coverage").await).await;
    assert_eq!(coverage["known_missing"], "地方性法规");
    assert!(coverage["languages"]["zh"].as_u64().is_some_and(|n| n > 0), "{coverage}");
    assert!(coverage["newest"].is_string(), "{coverage}");
    for path in ["settings", "coverage"] {
        let unknown = server.get(&format!("/v1/collections/nowhere/{path}")).await;
        refused(unknown, StatusCode::NOT_FOUND, "unknown_collection").await;
    }
}
