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

#[test]
#[ignore = "the browser sometimes gives up before a loaded machine has answered; run it with -- --ignored"]
fn the_page_answers_with_source_and_verdict_and_abstains() {
    let server = Server::start(&corpora_home().expect("a home with the corpora")).expect("a server");

    let address = format!("{}/?q={}&collection=legal-zh", server.base(), encoded("借钱没有约定还款时间怎么办？"));
    let page = browse(&address, "--dump-dom");
    for wanted in ["可以随时返还", "第六百七十五条", "verdict-supported"] {
        assert!(page.contains(wanted), "the page shows no {wanted}:\n{page}");
    }

    let address = format!("{}/?q={}&collection=legal-zh", server.base(), encoded("今天上海天气怎么样？"));
    let page = browse(&address, "--dump-dom");
    assert!(page.contains("card abstention"), "the page shows no abstention:\n{page}");
    assert!(!page.contains("verdict-supported"), "an abstention shows a sentence:\n{page}");
}

#[test]
fn a_stored_answer_has_an_address_and_can_be_looked_at() {
    let server = Server::start(&corpora_home().expect("a home with the corpora")).expect("a server");
    let question = "Within how many days must a data breach be notified to the supervisory authority under the GDPR?";
    let body = serde_json::json!({"question": question, "collections": ["legal-en"]});
    let (status, answer) = server.post("/v1/answers", &body).expect("the server answers");
    assert_eq!(status, 200, "{answer}");
    let address = format!("{}/a/{}", server.base(), answer["id"].as_str().expect("an answer has an id"));
    let page = browse(&address, "--dump-dom");
    assert!(page.contains("72 hours") && page.contains("verdict-supported"), "{page}");

    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answer.png");
    let _ = fs::remove_file(&picture);
    browse(&address, &format!("--screenshot={}", picture.display()));
    // A blank page of this size has about 5 kB.
    assert!(fs::metadata(&picture).is_ok_and(|file| file.len() > 20_000), "no picture at {}", picture.display());
}
