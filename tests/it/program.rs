//! What the tests of the whole program share: its binary, the models it needs, and a home that holds the bundled
//! corpora. Nothing here looks inside; the tests see what a person at the command line or a client sees.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, Mutex, OnceLock, mpsc},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::runtime::Runtime;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "the place of the caches is the test runner's to say")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Outside the clone, so that models and vectors are made once for all clones.
pub fn cache() -> PathBuf {
    let base = variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .expect("HOME or XDG_CACHE_HOME names a folder for caches");
    base.join("attest")
}

/// Where models are kept: `ATTEST_MODELS`, or a folder in the cache.
pub fn models() -> PathBuf {
    variable("ATTEST_MODELS").unwrap_or_else(|| cache().join("models"))
}

/// The binary under test, with its home and the shared models.
pub fn attest(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
    command.env("ATTEST_MODELS", models()).arg("--home").arg(home).stdin(Stdio::null());
    command
}

/// Runs to the end; what it wrote to both streams where it failed.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(out)
    } else {
        let err = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?} ended with {}\n{out}\n{err}", output.status))
    }
}

/// Hash over the bytes of everything that decides what chunks and vectors come out of the bundled corpora.
fn corpora_key() -> String {
    let mut files = Vec::new();
    for place in ["corpora", "migrations", "src/ingest", "src/retrieve/passage.rs", "src/models/catalog.toml"] {
        collect(&root().join(place), &mut files);
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    // Cases and prose beside the documents change nothing that is stored.
    for file in files.iter().filter(|f| f.extension().is_none_or(|e| e != "md") && !f.ends_with("cases.jsonl")) {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(&fs::read(file).expect("a file that was just listed is read"));
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    if place.is_file() {
        files.push(place.to_owned());
    } else if let Ok(entries) = fs::read_dir(place) {
        for entry in entries.flatten() {
            collect(&entry.path(), files);
        }
    }
}

/// A home with the bundled corpora, all vectors made. Kept in the cache: making the vectors takes minutes.
///
/// A lock holds other test runs off while it is being filled; an interrupted run goes on where it was.
pub fn corpora_home() -> Result<PathBuf, String> {
    static HOME: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    HOME.get_or_init(|| {
        let homes = cache().join("test-homes");
        let home = homes.join(corpora_key());
        fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
        let lock = fs::File::create(homes.join("lock")).map_err(|e| e.to_string())?;
        lock.lock().map_err(|e| e.to_string())?;
        // Indexes are derived and cheap; this build's own are wanted, not those of an older one.
        let _ = fs::remove_dir_all(home.join("index"));
        run(attest(&home).args(["models", "pull", "auto"]))?;
        run(attest(&home).args(["ingest", "--wait-vectors", "--corpora"]).arg(root().join("corpora")))?;
        drop_old_homes(&homes, &home);
        Ok(home)
    })
    .clone()
}

/// Homes of other corpora or older chunkers, except the newest two, are only in the way.
fn drop_old_homes(homes: &Path, keep: &Path) {
    let Ok(entries) = fs::read_dir(homes) else { return };
    let mut others: Vec<_> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|path| path.is_dir() && path != keep)
        .map(|path| (fs::metadata(&path).and_then(|m| m.modified()).ok(), path))
        .collect();
    others.sort();
    for (_, path) in others.iter().rev().skip(2) {
        let _ = fs::remove_dir_all(path);
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("the test runner can start threads"));

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    // Building a client asks for a TLS provider, even where only plain HTTP on the loopback is spoken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Ends what hangs; how long an answer takes on a busy machine is no matter of these tests.
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(15)).build().expect("a plain client is built")
});

/// `attest serve` on a free port; it ends with the test run.
pub struct Server {
    child: Mutex<Child>,
    base: String,
}

impl Server {
    pub fn start(home: &Path) -> Result<Self, String> {
        let mut child = attest(home)
            .args(["serve", "--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let out = child.stdout.take().expect("the pipe that was asked for");
        let (address, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(out);
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
                if let Some(at) = line.find("http://127.0.0.1:") {
                    let rest = &line[at..];
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    let _ = address.send(rest[..end].trim_end_matches('/').to_owned());
                    break;
                }
                line.clear();
            }
            // The pipe stays open and is drained, or the server would end on a broken one.
            let _ = lines.read_to_end(&mut Vec::new());
        });
        let base = told.recv_timeout(Duration::from_mins(2)).map_err(|_| {
            let _ = child.kill();
            "attest serve printed no address within 120 s".to_owned()
        })?;
        let server = Self { child: Mutex::new(child), base };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(2) {
            if self.get("/readyz").is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err("attest serve was not ready within 120 s".to_owned())
    }

    /// Scheme, address and port.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn get(&self, path: &str) -> Result<(u16, Value), String> {
        RUNTIME.block_on(answer(CLIENT.get(format!("{}{path}", self.base))))
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), String> {
        RUNTIME.block_on(answer(CLIENT.post(format!("{}{path}", self.base)).json(body)))
    }

    pub fn stop(&self) {
        let mut child = self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Value), String> {
    let response = request.send().await.map_err(|e| format!("{e:?}"))?;
    let status = response.status().as_u16();
    let text = response.text().await.map_err(|e| e.to_string())?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
