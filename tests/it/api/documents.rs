//! Documents.

use attest::testing::FakeService;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Server, form, json, refused};

#[tokio::test]
async fn a_document_is_read_by_its_key_slashes_and_all() {
    let server = Server::start().await;
    let plain = json(server.get("/v1/documents/legal-zh/law-zh/7772c5d4af34").await).await;
    let escaped = json(server.get("/v1/documents/legal-zh/law-zh%2F7772c5d4af34").await).await;
    assert_eq!(plain, escaped);
    assert_eq!(plain["title"], "中华人民共和国民法典");
    assert_eq!(plain["valid_from"], "2021-01-01");
    let text = plain["text"].as_str().expect("a text");
    for section in plain["sections"].as_array().expect("sections") {
        let at = |field: &str| usize::try_from(section[field].as_u64().expect("an offset")).expect("fits");
        assert!(!text.get(at("start")..at("end")).expect("on character boundaries").is_empty());
    }
}

#[tokio::test]
async fn a_changed_file_is_a_new_version_and_the_old_one_stays_readable() {
    let server = Server::start().await;
    let put = async |text: &str| {
        let body = json!({"collection": "legal-en", "name": "lease.md", "text": text});
        json(server.post("/v1/documents", &body).await).await
    };
    assert_eq!(put("The lease runs for 24 months.").await["added"], 1);
    let first = json(server.get("/v1/documents/legal-en/lease.md").await).await;
    assert_eq!(put("The lease runs for 24 months.").await["unchanged"], 1);
    assert_eq!(put("The lease runs for 36 months.").await["replaced"], 1);
    let now = json(server.get("/v1/documents/legal-en/lease.md").await).await;
    assert_eq!((&now["version_number"], &now["current"]), (&json!(2), &json!(true)));
    let old = format!("/v1/documents/legal-en/lease.md?version={}", first["version"]);
    let old = json(server.get(&old).await).await;
    assert_eq!((&old["text"], &old["current"]), (&json!("The lease runs for 24 months."), &json!(false)));

    assert_eq!(server.delete("/v1/documents/legal-en/lease.md").await.status(), StatusCode::NO_CONTENT);
    refused(server.delete("/v1/documents/legal-en/lease.md").await, StatusCode::NOT_FOUND, "unknown_document").await;
    refused(server.get("/v1/documents/legal-en/lease.md").await, StatusCode::NOT_FOUND, "unknown_document").await;
}

#[tokio::test]
async fn a_list_has_pages() {
    let server = Server::start().await;
    let first = json(server.get("/v1/documents?collection=legal-zh&limit=1").await).await;
    assert_eq!((first["documents"].as_array().map(Vec::len), &first["next_offset"]), (Some(1), &json!(1)));
    let second = json(server.get("/v1/documents?collection=legal-zh&limit=1&offset=1").await).await;
    assert_eq!((second["documents"].as_array().map(Vec::len), &second["next_offset"]), (Some(1), &json!(null)));
    assert_ne!(first["documents"], second["documents"]);
    let beyond = server.get("/v1/documents?collection=legal-zh&offset=18446744073709551615").await;
    assert_eq!(json(beyond).await["documents"], json!([]));
}

#[tokio::test]
async fn a_form_brings_files_in_and_leaves_nothing_behind() {
    let server = Server::start().await;
    let files: [(&str, &[u8]); 3] =
        [("a.txt", b"First text."), ("../../b.txt", "第二份文件。".as_bytes()), ("c.bin", b"\x00\xff\x00")];
    let response = server
        .request(Method::POST, "/v1/documents?collection=medical-en")
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(form(None, &files))
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    let report = json(response).await;
    assert_eq!(report["added"], 2);
    assert_eq!(server.get("/v1/documents/medical-en/b.txt").await.status(), StatusCode::OK, "without its folders");
    assert_eq!((&report["failed"], &report["failures"][0]["place"]), (&json!(1), &json!("c.bin")));
    assert_eq!(std::fs::read_dir(&server.uploads).expect("the folder").count(), 0, "uploads are removed");
}

#[tokio::test]
async fn uploads_beyond_the_limit_are_refused_and_removed() {
    let server = Server::with(FakeService::with_samples(), |options| options.upload_limit = 100_000).await;
    let fits = server.upload("/v1/documents", Some("legal-en"), "fits.txt", &vec![b'a'; 100_000]).await;
    assert_eq!(fits.status(), StatusCode::OK);
    // Just beyond: the length of the body gives nothing away, the file itself is counted.
    let beyond = server.upload("/v1/documents", Some("legal-en"), "big.txt", &vec![b'a'; 100_001]).await;
    refused(beyond, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    // Far beyond: refused by its announced length.
    let far = server.upload("/v1/documents", Some("legal-en"), "huge.txt", &vec![b'a'; 3_000_000]).await;
    refused(far, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    // A stream announces nothing.
    let pieces = form(Some("legal-en"), &[("stream.txt", &vec![b'a'; 3_000_000])]);
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = pieces.chunks(50_000).map(|piece| Ok(piece.to_vec())).collect();
    let streamed = server
        .request(Method::POST, "/v1/documents")
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(pieces)))
        .send()
        .await
        .expect("a response");
    refused(streamed, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    assert_eq!(std::fs::read_dir(&server.uploads).expect("the folder").count(), 0, "uploads are removed");
}

#[tokio::test]
async fn bad_uploads_are_refused() {
    let server = Server::start().await;
    let bad = StatusCode::BAD_REQUEST;
    let unreadable = server.upload("/v1/documents", Some("legal-en"), "x.bin", b"\x00\x01").await;
    let message = refused(unreadable, StatusCode::UNPROCESSABLE_ENTITY, "unreadable_document").await;
    assert!(message.contains("x.bin"), "{message}");
    let nowhere = server.upload("/v1/documents", None, "x.txt", b"x").await;
    refused(nowhere, bad, "invalid_upload").await;
    let unknown = server.upload("/v1/documents?collection=nope", None, "x.txt", b"x").await;
    refused(unknown, StatusCode::NOT_FOUND, "unknown_collection").await;
    let unnamed = server.upload("/v1/documents", Some("legal-en"), "..", b"x").await;
    refused(unnamed, bad, "invalid_upload").await;
    for (media, body, status, code) in [
        ("multipart/form-data; boundary=XX", "--XX--\r\n", bad, "invalid_upload"),
        ("multipart/form-data; boundary=XX", "--XX\r\nContent-Disposition: form-da", bad, "invalid_upload"),
        ("multipart/form-data", "x", bad, "invalid_upload"),
        ("text/plain", "x", StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
        ("application/json", "{\"collection\":\"legal-en\",\"name\":\"a.md\",\"text\":\" \"}", bad, "empty_text"),
        ("application/json", "{\"collection\":\"legal-en\",\"name\":\"/\",\"text\":\"x\"}", bad, "invalid_upload"),
    ] {
        let response = server.request(Method::POST, "/v1/documents?collection=legal-en").header("content-type", media);
        refused(response.body(body).send().await.expect("a response"), status, code).await;
    }
}

#[tokio::test]
async fn bad_addresses_are_refused() {
    let server = Server::start().await;
    for (path, status, code) in [
        ("/v1/documents", StatusCode::BAD_REQUEST, "invalid_parameter"),
        ("/v1/documents?collection=nope", StatusCode::NOT_FOUND, "unknown_collection"),
        ("/v1/documents?collection=legal-zh&limit=0", StatusCode::BAD_REQUEST, "invalid_parameter"),
        ("/v1/documents?collection=legal-zh&page=2", StatusCode::BAD_REQUEST, "invalid_parameter"),
        ("/v1/documents/legal-zh/nope", StatusCode::NOT_FOUND, "unknown_document"),
        ("/v1/documents/nope/nope", StatusCode::NOT_FOUND, "unknown_collection"),
        ("/v1/documents/legal-zh/law-zh/7772c5d4af34?version=999", StatusCode::NOT_FOUND, "unknown_document"),
        ("/v1/documents/legal-zh/law-zh/7772c5d4af34?version=x", StatusCode::BAD_REQUEST, "invalid_parameter"),
    ] {
        refused(server.get(path).await, status, code).await;
    }
}
