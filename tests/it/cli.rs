//! The command line as a person meets it: what bad input says, what it leaves behind, and that a second run does
//! nothing twice.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{attest, root, run},
    support::starter_model,
};

fn home() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Standard error of a command that must fail, with its exit status.
fn refused(home: &Path, args: &[&str]) -> (i32, String) {
    let output = attest(home).args(args).output().expect("the binary starts");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{args:?} was accepted: {}", String::from_utf8_lossy(&output.stdout));
    assert!(!err.contains("panicked"), "{args:?} panicked: {err}");
    assert!(!err.trim().is_empty(), "{args:?} failed without a word");
    (output.status.code().expect("it ended by itself"), err)
}

fn accepted(home: &Path, args: &[&str]) -> String {
    run(attest(home).args(args)).unwrap_or_else(|problem| panic!("{problem}"))
}

fn json(home: &Path, args: &[&str]) -> Value {
    let out = accepted(home, args);
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?} did not print JSON: {e}\n{out}"))
}

fn ingest(home: &Path, path: &Path) -> String {
    accepted(home, &["ingest", "--collection", "docs", "--domain", "legal", &path.to_string_lossy()])
}

fn documents(home: &Path, collection: &str) -> u64 {
    let listed = json(home, &["collections", "--json"]);
    let rows = listed["collections"].as_array().expect("a list of collections");
    let row =
        rows.iter().find(|c| c["name"] == collection).unwrap_or_else(|| panic!("{collection} is not in {listed}"));
    row["documents"].as_u64().expect("a count")
}

/// Places of search results, best first, without vectors.
fn found(home: &Path, query: &str) -> Vec<Value> {
    let found = json(home, &["search", "--lexical", "--json", "--collection", "docs", query]);
    let list = found.get("results").or_else(|| found.get("evidence")).and_then(Value::as_array);
    list.unwrap_or_else(|| panic!("no list of results in {found}")).clone()
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let home = home();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = attest(home.path()).args(["models", "list"]).stdout(writer).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(141), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn wrong_usage_is_status_2() {
    let home = home();
    for args in
        [&["frobnicate"][..], &["ask"], &["ask", "--mode", "poetic", "x"], &["ask", "--as-of", "yesterday", "x"]]
    {
        assert_eq!(refused(home.path(), args).0, 2, "{args:?}");
    }
    let (_, err) = refused(home.path(), &["search", "--collection", "../etc", "x"]);
    assert!(err.contains("../etc"), "{err}");
}

#[test]
fn an_unknown_collection_is_named() {
    let home = home();
    let (status, err) = refused(home.path(), &["search", "--lexical", "--collection", "nowhere", "anything"]);
    assert_eq!(status, 1);
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn an_empty_question_and_one_of_200_kb_are_refused() {
    let home = home();
    for blank in ["", "  \n　"] {
        let (status, err) = refused(home.path(), &["search", "--lexical", blank]);
        assert_eq!(status, 1, "{err}");
        assert!(err.contains("empty"), "{err}");
    }
    // One argument of a command line may have 128 KiB; longer ones come through the REST API.
    let long = "民法典".repeat(13_000);
    let (status, err) = refused(home.path(), &["search", "--lexical", &long]);
    assert_eq!(status, 1, "{err}");
    assert!(err.len() < 2_000, "the message repeats the question");
}

#[test]
fn a_gb18030_document_is_stored_as_text() {
    let home = home();
    let (bytes, _, _) = encoding_rs::GB18030.encode(
        "住房租赁管理办法\n\n第一条　为了规范住房租赁活动，保护当事人合法权益，制定本办法。\n\n\
         第二条　租赁押金不得超过一个月租金，租赁期满后三日内返还。\n\n\
         第三条　本办法自公布之日起施行。\n",
    );
    let path = home.path().join("办法.txt");
    fs::write(&path, bytes).expect("the file is written");
    ingest(home.path(), &path);
    let first = &found(home.path(), "租赁押金返还")[0];
    assert_eq!(first["locator"], "第二条", "{first}");
    assert!(first["text"].as_str().is_some_and(|t| t.contains("三日内返还")), "{first}");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let home = home();
    let folder = home.path().join("in");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("good.md"), "# Leave\n\nEmployees have 25 days of annual leave.\n").expect("a file");
    fs::write(folder.join("empty.txt"), "").expect("a file");
    fs::write(folder.join("noise.txt"), [0_u8, 159, 146, 150, 0, 1, 2, 3]).expect("a file");
    fs::write(folder.join("broken.jsonl"), "{\"key\": \"a\"\n").expect("a file");
    let output = attest(home.path()).args(["ingest", "--collection", "docs"]).arg(&folder).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for name in ["empty.txt", "noise.txt", "broken.jsonl"] {
        assert!(said.contains(name), "{name} is not named:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(documents(home.path(), "docs"), 1, "{said}");
    assert!(!found(home.path(), "annual leave").is_empty());

    let (status, err) = refused(home.path(), &["ingest", "--collection", "docs", "/no/such/file.txt"]);
    assert_eq!(status, 1);
    assert!(err.contains("/no/such/file.txt"), "{err}");
}

#[test]
fn the_same_bytes_again_change_nothing_and_others_make_a_version() {
    let home = home();
    let path = home.path().join("rules.md");
    fs::write(&path, "# Rules\n\nThe deposit is two months' rent.\n").expect("a file");
    ingest(home.path(), &path);
    let before = found(home.path(), "deposit");
    ingest(home.path(), &path);
    assert_eq!(before[0]["version"], found(home.path(), "deposit")[0]["version"]);

    fs::write(&path, "# Rules\n\nThe deposit is one month's rent.\n").expect("a file");
    ingest(home.path(), &path);
    let after = found(home.path(), "deposit");
    assert_eq!(documents(home.path(), "docs"), 1);
    assert_eq!(after.len(), 1, "the old version is still found: {after:?}");
    assert!(after[0]["text"].as_str().is_some_and(|t| t.contains("one month")), "{after:?}");
}

#[test]
fn nothing_taken_in_leaves_no_collection() {
    let home = home();
    let path = home.path().join("broken.pdf");
    fs::write(&path, "%PDF-1.7\nno pages").expect("a file");
    let path = path.to_string_lossy().into_owned();
    let (_, err) = refused(home.path(), &["ingest", "--collection", "docs", &path]);
    assert!(err.contains("broken.pdf") && err.contains("'docs' was not made"), "{err}");
    let (_, err) = refused(home.path(), &["ingest", "--collection", "docs", &path, "/no/such/file.md"]);
    assert!(err.contains("/no/such/file.md does not exist"), "{err}");
    assert_eq!(json(home.path(), &["collections", "--json"])["collections"], Value::Array(Vec::new()));
    // A collection that was there stays, whatever came of the file.
    let good = home.path().join("rules.md");
    fs::write(&good, "# Rules\n\nThe deposit is one month's rent.\n").expect("a file");
    ingest(home.path(), &good);
    refused(home.path(), &["ingest", "--collection", "docs", &path]);
    assert_eq!(documents(home.path(), "docs"), 1);
}

#[test]
fn the_bundled_corpora_are_ingested_once() {
    let home = home();
    let corpora = root().join("corpora");
    let args = ["ingest", "--corpora", &corpora.to_string_lossy()];
    accepted(home.path(), &args);
    let counts: Vec<u64> = ["legal-zh", "legal-en", "medical-zh", "medical-en", "finance-zh", "finance-en"]
        .iter()
        .map(|name| documents(home.path(), name))
        .collect();
    for (name, count) in
        ["legal-zh", "legal-en", "medical-zh", "medical-en", "finance-zh", "finance-en"].iter().zip(&counts)
    {
        let manifest = fs::read_to_string(corpora.join(name).join("manifest.toml")).expect("a manifest");
        assert!(manifest.contains(&format!("\ndocuments = {count}\n")), "{name}: {count}");
    }
    // They bring synonyms along, which do not overwrite what an owner has written.
    let has_synonyms = |count: usize| {
        accepted(home.path(), &["collections", "show", "legal-en"]).contains(&format!(" {count} of its own"))
    };
    let bundled = fs::read_to_string(corpora.join("legal-en/synonyms.txt")).expect("synonyms");
    assert!(has_synonyms(bundled.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count()));
    let own = home.path().join("own.txt");
    fs::write(&own, "widget = regulated device").expect("it is written");
    accepted(home.path(), &["collections", "set", "legal-en", "--synonyms", &own.to_string_lossy()]);
    let started = std::time::Instant::now();
    accepted(home.path(), &args);
    assert!(has_synonyms(1));
    assert!(started.elapsed().as_secs() < 10, "the second time took {:?}", started.elapsed());

    // A text that was not yet or no longer in force on a day is not law on that day.
    let on = |day: &str| {
        let found = json(
            home.path(),
            &[
                "search",
                "--lexical",
                "--json",
                "--collection",
                "legal-zh",
                "--as-of",
                day,
                "申请撤销仲裁裁决 应当自收到裁决书之日起",
            ],
        );
        found.to_string()
    };
    assert!(on("2025-06-01").contains("六个月内提出") && !on("2025-06-01").contains("三个月内提出"));
    assert!(on("2026-11-01").contains("三个月内提出") && !on("2026-11-01").contains("六个月内提出"));
}

/// The years of a table are what its figures are told apart by: a question for another year gets none of them.
#[test]
fn a_figure_is_told_by_its_row_and_never_by_that_of_another_year() {
    let home = home();
    let file = home.path().join("星辰科技2023年年度报告.csv");
    let rows = [
        "项目,2023年,2022年",
        "营业收入,512300.12,480100.00",
        "营业成本,301000.50,290000.00",
        "净利润,45600.30,50200.00",
    ];
    fs::write(&file, rows.join("\n")).expect("the home takes it");
    ingest(home.path(), &file);
    let ask =
        |question: &str| json(home.path(), &["ask", "--json", "--mode", "strict", "--collection", "docs", question]);
    for question in ["2022年净利润是多少？", "星辰科技2023年的净利润有多少？"] {
        let answer = ask(question);
        assert_eq!(answer["outcome"], "answered", "{answer}");
        let sentences = answer["sentences"].as_array().expect("sentences");
        let quoted: Vec<&str> = sentences.iter().filter_map(|s| s["text"].as_str()).collect();
        assert_eq!(quoted, ["净利润：2023年 45600.30；2022年 50200.00。"], "{question}");
    }
    let answer = ask("2019年净利润是多少？");
    assert_eq!(answer["outcome"], "abstained", "{answer}");
    assert_eq!(answer["abstention"]["reason"], "other_years", "{answer}");
    assert_eq!(answer["text"], "");
}

#[test]
fn models_that_are_missing_cut_or_meant_for_another_job_are_refused() {
    let home = home();
    let own = home.path().join("models");
    let with_own = |args: &[&str]| {
        let output = attest(home.path()).env("ATTEST_MODELS", &own).args(args).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{said}");
        (output.status.success(), said)
    };
    let (ok, said) = with_own(&["models", "use", "embedder", "/no/such.gguf"]);
    assert!(!ok && said.contains("there is no file /no/such.gguf"), "{said}");

    let whole = fs::read(&starter_model("multilingual-e5-small-q4").path).expect("the starter embedder is there");
    let cut = home.path().join("cut.gguf");
    fs::write(&cut, &whole[..whole.len() / 3]).expect("a file");
    let (ok, said) = with_own(&["models", "use", "embedder", &cut.to_string_lossy()]);
    assert!(!ok && said.matches("it is truncated").count() == 1, "a truncated model was accepted: {said}");

    let (ok, said) =
        with_own(&["models", "use", "embedder", &starter_model("smollm2-135m-instruct-q4").path.to_string_lossy()]);
    assert!(!ok && said.contains("embed"), "a generator was accepted as embedder: {said}");
}

#[test]
fn ideas_are_off_until_the_owner_of_a_collection_allows_them() {
    let home = home();
    let file = home.path().join("rule.md");
    fs::write(&file, "# Rule\n\nThe borrower returns the loan within thirty days.\n").expect("writes");
    ingest(home.path(), &file);
    let asked = ["explore", "How may a lender protect itself?", "--collection", "docs"];
    let (status, err) = refused(home.path(), &asked);
    assert!(status == 1 && err.contains("--explore true"), "{err}");
    accepted(home.path(), &["collections", "set", "docs", "--explore", "true"]);
    // The scripted generator has one idea.
    let output = attest(home.path()).args(["--model", "fake"]).args(asked).arg("--json").output().expect("starts");
    let found: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(found["ideas"][0]["claim"], "No source was read.");
    assert_eq!(found["ideas"][0]["standing"], "unknown");
    assert!(found["notice"]["en"].as_str().is_some_and(|notice| notice.contains("not an answer")));
    accepted(home.path(), &["collections", "set", "docs", "--explore", "false"]);
    assert_eq!(refused(home.path(), &asked).0, 1);
}
