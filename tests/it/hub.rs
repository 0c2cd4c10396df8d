//! Downloads from a stand-in for the model hub, which misbehaves on request.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use attest::models::{
    Hub, Job, Models, ModelsError, Progress, Silent,
    gguf::{GgmlType, TensorData, Writer},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

/// A whole GGUF of a language model, a few hundred kilobytes long.
fn model_file() -> Vec<u8> {
    let mut writer = Writer::default();
    writer.text("general.architecture", "llama");
    writer.text("general.name", "stand-in");
    writer.u32("llama.context_length", 2048);
    let noise: Vec<u8> = (0_u32..100_000).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let dimensions = vec![100_000];
    writer.tensor(TensorData { name: "a".into(), dimensions, ty: GgmlType::F32, bytes: noise.into() });
    let mut out = Vec::new();
    writer.finish(&mut out).expect("memory takes it");
    out
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// What the hub does, and what was asked of it.
struct StandIn {
    bytes: Vec<u8>,
    announced: Mutex<String>,
    /// Bytes after which each connection is cut, in turn; then none is.
    cuts: Mutex<Vec<usize>>,
    ranges: Mutex<Vec<Option<usize>>>,
    ignores_ranges: AtomicBool,
    etag_is_no_hash: AtomicBool,
    unavailable: AtomicUsize,
    tokens_at_store: AtomicUsize,
}

impl StandIn {
    async fn start() -> (Arc<Self>, Hub) {
        let bytes = model_file();
        let hub = Arc::new(Self {
            announced: Mutex::new(sha256(&bytes)),
            bytes,
            cuts: Mutex::default(),
            ranges: Mutex::default(),
            ignores_ranges: AtomicBool::new(false),
            etag_is_no_hash: AtomicBool::new(false),
            unavailable: AtomicUsize::new(0),
            tokens_at_store: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        // The store has another origin than the hub, as the real one does.
        let store = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let store_address = format!("http://{}", store.local_addr().expect("it is bound"));
        let address = listener.local_addr().expect("it is bound");
        let at_hub = Router::new().fallback(answer).with_state((Arc::clone(&hub), store_address));
        let at_store = Router::new().fallback(send).with_state(Arc::clone(&hub));
        tokio::spawn(async move { axum::serve(listener, at_hub).await });
        tokio::spawn(async move { axum::serve(store, at_store).await });
        let mut address = Hub::at(format!("http://{address}/"));
        address.pause = Duration::from_millis(5);
        (hub, address)
    }

    fn cut_after(&self, bytes: &[usize]) {
        *self.cuts.lock().expect("no poison") = bytes.iter().rev().copied().collect();
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().expect("no poison").clone()
    }
}

async fn answer(State((hub, store)): State<(Arc<StandIn>, String)>, request: Request) -> Response {
    if hub.unavailable.load(Ordering::Relaxed) > 0 {
        hub.unavailable.fetch_sub(1, Ordering::Relaxed);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let announced = hub.announced.lock().expect("no poison").clone();
    let size = hub.bytes.len();
    match request.uri().path() {
        path if path.starts_with("/o/gated/") => {
            (StatusCode::FORBIDDEN, [("x-error-code", "GatedRepo")]).into_response()
        }
        path if path.starts_with("/o/private/") => {
            (StatusCode::UNAUTHORIZED, [("x-error-code", "RepoNotFound")]).into_response()
        }
        path if path.starts_with("/o/renamed/") => {
            let to = path.replace("/o/renamed/", "/o/r/");
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        path if path.starts_with("/o/r/resolve/") && path.ends_with("/sub/good.gguf") => {
            let etag = if hub.etag_is_no_hash.load(Ordering::Relaxed) { "abc".into() } else { announced };
            let headers = [
                ("x-linked-etag", format!("\"{etag}\"")),
                ("x-linked-size", size.to_string()),
                ("x-repo-commit", "c0ffee".into()),
                ("location", format!("{store}/blob?signature=x")),
            ];
            (StatusCode::FOUND, headers).into_response()
        }
        "/api/models/o/r/paths-info/c0ffee" => {
            axum::Json(serde_json::json!([{ "path": "sub/good.gguf", "lfs": { "oid": announced, "size": size } }]))
                .into_response()
        }
        "/" => "a hub".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn send(State(hub): State<Arc<StandIn>>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        hub.tokens_at_store.fetch_add(1, Ordering::Relaxed);
    }
    let range = headers
        .get(header::RANGE)
        .and_then(|r| r.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    hub.ranges.lock().expect("no poison").push(range);
    let ignores = hub.ignores_ranges.load(Ordering::Relaxed);
    let from = range.filter(|_| !ignores).unwrap_or(0);
    let status = if range.is_some() && !ignores { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let rest = Bytes::copy_from_slice(&hub.bytes[from..]);
    // The metadata request is not a download and is never cut.
    let cut = if range == Some(0) { None } else { hub.cuts.lock().expect("no poison").pop() };
    let body = match cut {
        Some(cut) => {
            let some = rest.slice(..cut.min(rest.len()));
            // What was sent must be on its way before the connection breaks.
            let cut = stream::once(async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err(std::io::Error::other("cut"))
            });
            Body::from_stream(stream::iter([Ok(some)]).chain(cut))
        }
        None => Body::from(rest.clone()),
    };
    Response::builder().status(status).header(header::CONTENT_LENGTH, rest.len()).body(body).expect("a response")
}

const GOOD: &str = "hf:o/r/sub/good.gguf";

fn parts(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("it is there").map(|f| f.expect("it reads").file_name());
    let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).filter(|n| n != ".lock").collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_arrives_is_recorded_and_is_not_fetched_twice() {
    let (stand_in, hub) = StandIn::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let models = Models::new(folder.path());
    let hub = hub.with_token(Some("secret".into()));
    let model = models.pull(GOOD, &hub, &Silent).await.expect("it arrives").remove(0);
    assert_eq!(fs::read(&model.path).expect("it reads"), stand_in.bytes);
    assert_eq!((model.name.as_str(), model.sha256.as_str()), ("good", sha256(&stand_in.bytes).as_str()));
    assert_eq!(models.assigned(Job::Generator).expect("it reads").as_ref(), Some(&model));
    assert_eq!(stand_in.tokens_at_store.load(Ordering::Relaxed), 0, "the token stays with the hub");
    let asked = stand_in.ranges().len();
    assert_eq!(models.pull(GOOD, &hub, &Silent).await.expect("it is here"), [model]);
    assert_eq!(stand_in.ranges().len(), asked, "nothing was asked again");
    assert_eq!(parts(folder.path()), ["good.gguf", "models.toml"]);
}

/// Keeps what it is told.
#[derive(Default)]
struct Told {
    notes: Mutex<Vec<String>>,
    bytes: AtomicUsize,
}

impl Progress for Told {
    fn started(&self, _: &str, total: Option<u64>) {
        assert!(total.is_some());
    }
    fn advanced(&self, bytes: u64) {
        self.bytes.store(usize::try_from(bytes).expect("small"), Ordering::Relaxed);
    }
    fn finished(&self) {}
    fn note(&self, message: &str) {
        self.notes.lock().expect("no poison").push(message.to_owned());
    }
}

#[tokio::test]
async fn cut_connections_are_resumed_where_they_stopped() {
    let (stand_in, hub) = StandIn::start().await;
    stand_in.cut_after(&[100_000, 0, 50_000, 1]);
    stand_in.unavailable.store(1, Ordering::Relaxed);
    let folder = tempfile::tempdir().expect("a folder");
    let told = Told::default();
    let pulled = Models::new(folder.path()).pull(GOOD, &hub, &told).await.expect("it arrives");
    assert_eq!(fs::read(&pulled[0].path).expect("it reads"), stand_in.bytes);
    let ranges = stand_in.ranges();
    assert_eq!(ranges[0], Some(0), "the metadata");
    assert!(ranges[2..].iter().all(|r| r.is_some_and(|r| r >= 1)), "{ranges:?}");
    assert!(ranges.is_sorted_by_key(|r| r.unwrap_or(0)), "never backwards: {ranges:?}");
    assert_eq!(told.bytes.load(Ordering::Relaxed), stand_in.bytes.len());
    assert_eq!(told.notes.lock().expect("no poison").len(), 5);
}

#[tokio::test]
async fn a_pull_that_gave_up_goes_on_next_time() {
    let (stand_in, mut hub) = StandIn::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let models = Models::new(folder.path());
    hub.attempts = 2;
    stand_in.cut_after(&[100_000, 0]);
    let error = models.pull(GOOD, &hub, &Silent).await.expect_err("it gives up");
    assert!(matches!(error, ModelsError::Connection { have, .. } if have > 0), "{error}");
    assert_eq!(parts(folder.path()).len(), 1, "the beginning is kept, nothing is in place");
    assert!(models.installed().expect("it reads").is_empty());
    models.pull(GOOD, &hub, &Silent).await.expect("it arrives");
    assert!(stand_in.ranges().last().is_some_and(|r| r.is_some_and(|from| from > 0)), "{:?}", stand_in.ranges());
    assert_eq!(parts(folder.path()), ["good.gguf", "models.toml"]);
}

#[tokio::test]
async fn a_server_without_ranges_starts_over() {
    let (stand_in, hub) = StandIn::start().await;
    stand_in.ignores_ranges.store(true, Ordering::Relaxed);
    stand_in.cut_after(&[100_000]);
    let folder = tempfile::tempdir().expect("a folder");
    let pulled = Models::new(folder.path()).pull(GOOD, &hub, &Silent).await.expect("it arrives");
    assert_eq!(fs::read(&pulled[0].path).expect("it reads"), stand_in.bytes);
}

#[tokio::test]
async fn a_wrong_hash_leaves_nothing_behind() {
    let (stand_in, hub) = StandIn::start().await;
    *stand_in.announced.lock().expect("no poison") = "ab".repeat(32);
    let folder = tempfile::tempdir().expect("a folder");
    let models = Models::new(folder.path());
    let error = models.pull(GOOD, &hub, &Silent).await.expect_err("it is wrong");
    assert!(matches!(&error, ModelsError::WrongHash { expected, .. } if *expected == "ab".repeat(32)), "{error}");
    assert!(parts(folder.path()).is_empty());
}

#[tokio::test]
async fn the_hash_comes_from_the_file_list_where_the_etag_has_none() {
    let (stand_in, hub) = StandIn::start().await;
    stand_in.etag_is_no_hash.store(true, Ordering::Relaxed);
    let folder = tempfile::tempdir().expect("a folder");
    let pulled = Models::new(folder.path()).pull(GOOD, &hub, &Silent).await.expect("it arrives");
    assert_eq!(pulled[0].sha256, sha256(&stand_in.bytes));
}

#[tokio::test]
async fn renamed_repositories_are_followed() {
    let (_stand_in, hub) = StandIn::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    Models::new(folder.path()).pull("hf:o/renamed/sub/good.gguf", &hub, &Silent).await.expect("it arrives");
}

#[tokio::test]
async fn what_cannot_be_had_is_said_clearly() {
    let (_stand_in, hub) = StandIn::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let models = Models::new(folder.path());
    let errors: HashMap<&str, &str> = HashMap::from([
        ("hf:o/r/missing.gguf", "has no o/r/missing.gguf"),
        ("hf:o/private/a.gguf", "has no o/private/a.gguf"),
        ("hf:o/gated/a.gguf", "is gated"),
        ("hf:o/r/a.bin", "is not an address"),
        ("no-such-model", "no model 'no-such-model' in the catalog"),
        ("hf:o/r/big-00001-of-00003.gguf", "one part of a split model"),
    ]);
    for (what, says) in errors {
        let error = models.pull(what, &hub, &Silent).await.expect_err("it cannot be had").to_string();
        assert!(error.contains(says), "{what}: {error}");
    }
    let mut nowhere = Hub::at("http://127.0.0.1:9");
    (nowhere.attempts, nowhere.pause) = (2, Duration::from_millis(1));
    let error = models.pull(GOOD, &nowhere, &Silent).await.expect_err("nobody is there");
    assert!(matches!(error, ModelsError::Connection { have: 0, .. }), "{error}");
}

#[tokio::test]
async fn check_finds_what_was_tampered_with_and_use_refuses_what_does_not_fit() {
    let (_stand_in, hub) = StandIn::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let models = Models::new(folder.path());
    let model = models.pull(GOOD, &hub, &Silent).await.expect("it arrives").remove(0);
    let checked = models.check().expect("it checks").remove(0);
    assert_eq!(checked.jobs, [Job::Generator]);
    assert_eq!(checked.header.expect("it is whole").name(), Some("stand-in"));

    let error = models.use_model(Job::Embedder, "good").expect_err("it writes");
    assert!(error.to_string().contains("not an embedding model"), "{error}");
    let judge = models.use_model(Job::Judge, &model.path.display().to_string()).expect("any language model can judge");
    assert_eq!(models.assigned(Job::Judge).expect("it reads").map(|m| m.name), Some(judge.name));
    let error = models.use_model(Job::Embedder, "/no/such/file").expect_err("it is not there");
    assert!(matches!(error, ModelsError::NoFile(_)), "{error}");
    let error = models.use_model(Job::Generator, "qwen3-30b-a3b-instruct-2507-q4").expect_err("it was not pulled");
    assert!(matches!(error, ModelsError::NotInstalled(_)), "{error}");

    let mut bytes = fs::read(&model.path).expect("it reads");
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    fs::write(&model.path, bytes).expect("it writes");
    let checked = models.check().expect("it checks").remove(0);
    assert!(matches!(checked.header, Err(ModelsError::WrongHash { .. })));
}
