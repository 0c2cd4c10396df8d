//! The HTTP door over a real socket, in front of an application in memory.

mod answers;
mod collections;
mod description;
mod documents;
mod explore;
mod page;
mod refusals;
mod search;
mod verify;

use std::{path::PathBuf, sync::Arc, time::Duration};

use attest::{
    http::{Options, serve},
    testing::FakeService,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A server of its own for each test.
struct Server {
    pub fake: FakeService,
    pub uploads: PathBuf,
    base: String,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        Self::with(FakeService::with_samples(), |_| ()).await
    }

    async fn with(fake: FakeService, change: impl FnOnce(&mut Options)) -> Self {
        // Another test of this binary may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let uploads = folder.path().join("uploads");
        let mut options = Options::new(uploads.clone());
        change(&mut options);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let service = Arc::new(fake.clone());
        let task = tokio::spawn(serve(listener, service, options, async {
            // An error means that the server value is gone, which is a wish to stop as well.
            let _ = stopped.await;
        }));
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { fake, uploads, base, client, stop: Some(stop), task, _folder: folder }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("a response")
    }

    async fn delete(&self, path: &str) -> Response {
        self.request(Method::DELETE, path).send().await.expect("a response")
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.expect("a response")
    }

    /// A form with one file, sent as one body.
    async fn upload(&self, path: &str, collection: Option<&str>, name: &str, bytes: &[u8]) -> Response {
        self.request(Method::POST, path)
            .header("content-type", "multipart/form-data; boundary=XX")
            .body(form(collection, &[(name, bytes)]))
            .send()
            .await
            .expect("a response")
    }

    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).expect("the server listens");
        }
    }
}

fn form(collection: Option<&str>, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(collection) = collection {
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"collection\"\r\n\r\n{collection}\r\n").bytes(),
        );
    }
    for (name, bytes) in files {
        let disposition = format!("form-data; name=\"file\"; filename=\"{name}\"");
        body.extend(format!("--XX\r\nContent-Disposition: {disposition}\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    body
}

async fn json(response: Response) -> Value {
    response.json().await.expect("JSON")
}

/// Asserts an error of this status and code, and that it is in the one shape of errors; gives its message.
async fn refused(response: Response, status: StatusCode, code: &str) -> String {
    assert_eq!(response.status(), status);
    let body = json(response).await;
    let error = &body["error"];
    assert_eq!(error["code"], code, "{body}");
    assert!(error["request_id"].is_string(), "{body}");
    error["message"].as_str().filter(|message| !message.is_empty()).expect("a message").to_owned()
}

/// Waits until something is true, for two seconds at most.
async fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not so within two seconds: {what}");
}
