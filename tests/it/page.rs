//! The page in a real browser: a question in the address is asked, and the answer stands there with its source.

use std::fmt::Write as _;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::program::{Server, corpora_home};

/// Debian's name first. The browser is part of what `scripts/setup.sh --test` installs.
fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = ["/usr/bin", "/usr/local/bin", "/snap/bin", "/opt/google/chrome"];
    let mut places = folders.iter().flat_map(|folder| names.iter().map(move |name| Path::new(folder).join(name)));
    places.find(|path| path.is_file()).expect("no Chromium: run scripts/setup.sh --test")
}

/// Runs the browser on an address until the page has come to rest, and gives what it printed.
fn browse(address: &str, what: &str) -> String {
    let profile = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(chromium())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--lang=zh-CN", "--window-size=1200,1000", "--virtual-time-budget=60000", "--timeout=60000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args([what, address])
        .output()
        .expect("Chromium starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let _ = write!(out, "%{byte:02X}");
    }
    out
}

/// The page of a stored answer. (A page that is being streamed does not hold virtual time up, so that what the browser
/// prints of it depends on the machine; the stream has tests of its own.)
fn page_of(server: &Server, question: &str, collection: &str) -> String {
    browse(&address_of(server, question, collection), "--dump-dom")
}

fn address_of(server: &Server, question: &str, collection: &str) -> String {
    let body = serde_json::json!({"question": question, "collections": [collection]});
    let (status, answer) = server.post("/v1/answers", &body).expect("the server answers");
    assert_eq!(status, 200, "{answer}");
    format!("{}/a/{}", server.base(), answer["id"].as_str().expect("an answer has an id"))
}

#[test]
fn the_page_shows_source_and_verdict_asks_and_abstains() {
    let server = Server::start(&corpora_home().expect("a home with the corpora")).expect("a server");

    let question = "签了一年的劳动合同，试用期最长能约定几个月？";
    let page = page_of(&server, question, "legal-zh");
    for wanted in ["试用期不得超过二个月", "第十九条", "verdict-supported"] {
        assert!(page.contains(wanted), "the page shows no {wanted}:\n{page}");
    }

    let page = page_of(&server, "今天上海天气怎么样？", "legal-zh");
    assert!(page.contains("card abstention"), "the page shows no abstention:\n{page}");
    assert!(!page.contains("verdict-supported"), "an abstention shows a sentence:\n{page}");

    let address = format!("{}/?q={}&collection=legal-zh", server.base(), encoded(question));
    let page = browse(&address, "--dump-dom");
    assert!(page.contains("class=\"asked\"") && page.contains(question), "the question is not asked:\n{page}");
}

#[test]
fn a_stored_answer_has_an_address_and_can_be_looked_at() {
    let server = Server::start(&corpora_home().expect("a home with the corpora")).expect("a server");
    let question = "Within how many days must a data breach be notified to the supervisory authority under the GDPR?";
    let address = address_of(&server, question, "legal-en");
    let page = browse(&address, "--dump-dom");
    assert!(page.contains("72 hours") && page.contains("verdict-supported"), "{page}");

    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answer.png");
    let _ = fs::remove_file(&picture);
    browse(&address, &format!("--screenshot={}", picture.display()));
    // A blank page of this size has about 5 kB.
    assert!(fs::metadata(&picture).is_ok_and(|file| file.len() > 20_000), "no picture at {}", picture.display());
}
