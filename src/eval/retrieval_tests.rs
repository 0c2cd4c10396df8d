use std::{fs, sync::Arc};

use tempfile::TempDir;
use time::macros::date;

use super::*;
use crate::{
    domain::{
        document::{Collection, DocStatus, Document, DocumentMeta, Domain, Section},
        text::{Lang, Span},
    },
    ports::{NewChunk, PreparedDocument, Store},
    retrieve::{Engine, Options},
    store::SqliteStore,
};

fn gold(places: &[(&str, &str, u32)]) -> Vec<Gold> {
    places
        .iter()
        .map(|&(key, locator, grade)| Gold { key: key.to_owned(), locator: locator.to_owned(), grade })
        .collect()
}

fn ranking(places: &[(&str, &str)]) -> Vec<Place> {
    places
        .iter()
        .map(|&(key, locator)| Place { key: key.to_owned(), locator: locator.to_owned(), score: 1.0 })
        .collect()
}

#[test]
fn figures_are_those_of_the_definitions() {
    // Two of three gold passages, at ranks 2 and 3; one has grade 2.
    let figures = score(
        &gold(&[("a", "1", 1), ("a", "2", 2), ("b", "1", 1)]),
        &ranking(&[("x", "1"), ("a", "2"), ("a", "1"), ("x", "2")]),
    )
    .expect("there is something to find");
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(figures.recall_5, 2.0 / 3.0) && close(figures.recall_100, 2.0 / 3.0));
    assert!(close(figures.mrr_10, 0.5));
    let found = 3.0 / 3_f64.log2() + 1.0 / 4_f64.log2();
    let ideal = 3.0 / 2_f64.log2() + 1.0 / 3_f64.log2() + 1.0 / 4_f64.log2();
    assert!(close(figures.ndcg_10, found / ideal));
    assert_eq!(score(&gold(&[("a", "1", 0)]), &ranking(&[("a", "1")])), None, "nothing of grade 1 to find");
    let late: Vec<(String, String)> = (0..10).map(|n| ("x".to_owned(), n.to_string())).collect();
    let mut late: Vec<(&str, &str)> = late.iter().map(|(k, l)| (k.as_str(), l.as_str())).collect();
    late.push(("a", "1"));
    let figures = score(&gold(&[("a", "1", 1)]), &ranking(&late)).expect("there is something to find");
    assert!(close(figures.recall_10, 0.0) && close(figures.recall_20, 1.0) && close(figures.mrr_10, 0.0));
}

/// Two articles, the first in two chunks.
async fn retriever(home: &TempDir) -> Engine {
    let store = Arc::new(SqliteStore::open_in_memory().await.expect("it opens"));
    let name: CollectionName = "legal-zh".parse().expect("a good name");
    let collection = Collection { name: name.clone(), title: "law".to_owned(), domain: Domain::Legal };
    store.create_collection(&collection).await.expect("it is new");
    let mut meta = DocumentMeta::plain("law", "民法典", Lang::Zh, Domain::Legal);
    (meta.status, meta.valid_from) = (DocStatus::InForce, Some(date!(2021 - 01 - 01)));
    let parts = ["借款人可以随时返还借款。", "贷款人可以催告借款人在合理期限内返还借款。", "出租人应当交付租赁物。"];
    let text = parts.concat();
    let (mut at, mut chunks) = (0, Vec::new());
    for (part, locator) in parts.iter().zip(["第一条", "第一条", "第二条"]) {
        let span = Span::new(at, at + part.len());
        at = span.end();
        chunks.push(NewChunk { locator: locator.to_owned(), path: Vec::new(), page: None, span, boxes: Vec::new() });
    }
    let section = |locator: &str, from: usize, to: usize| Section {
        locator: locator.to_owned(),
        path: Vec::new(),
        page: None,
        span: Span::new(from, to),
    };
    let cut = parts[0].len() + parts[1].len();
    let sections = vec![section("第一条", 0, cut), section("第二条", cut, text.len())];
    let document = Document { meta, text, sections };
    store
        .put_document(&name, &PreparedDocument { document, content_hash: "h".to_owned(), chunks })
        .await
        .expect("it is good");
    let engine = Engine::open(store, None, home.path(), Options::default()).await.expect("it opens");
    engine.follow().await.expect("it follows");
    engine
}

fn settings(out: Option<PathBuf>, all: bool) -> Settings {
    Settings { collections: Vec::new(), switches: Switches::default(), all, today: date!(2026 - 11 - 23), out }
}

#[tokio::test]
async fn rankings_hold_each_section_once_and_days_count() {
    let home = tempfile::tempdir().expect("a folder");
    let engine = retriever(&home).await;
    let (file, out) = (home.path().join("cases.jsonl"), home.path().join("out.jsonl"));
    fs::write(
        &file,
        r#"{"id":"1","lang":"zh","slice":"current","query":"借款人返还借款","relevant":[{"key":"law","locator":"第一条","grade":1}],"as_of":null}
{"id":"2","lang":"zh","slice":"past","query":"租赁物","relevant":[{"key":"law","locator":"第二条"}],"as_of":"2020-01-01"}
"#,
    )
    .expect("it is written");
    let rows = run(&file, &settings(None, true), &engine).await.expect("it runs");
    assert_eq!(
        rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["lexical, plain", "lexical", "vector", "fused"]
    );
    let lexical = &rows[0];
    assert_eq!(lexical.predictions[0].results.len(), 1, "two chunks of one section are one result");
    assert!((lexical.groups["slice=current"].recall_5 - 1.0).abs() < 1e-9);
    assert!(lexical.groups["slice=past"].recall_100.abs() < 1e-9, "not yet in force on that day");
    assert!((lexical.groups["all"].recall_5 - 0.5).abs() < 1e-9 && lexical.groups["all"].n == 2);
    assert!(!lexical.groups.contains_key("lang=zh"), "all cases are of one language");
    assert!(rows[2].groups["all"].recall_100.abs() < 1e-9, "there are no vectors");
    let shown = table(&rows);
    assert!(shown.contains("slice=current") && shown.contains("not final"), "{shown}");

    command(&file, &settings(Some(out.clone()), false), &engine, true).await.expect("it runs");
    let written: Vec<serde_json::Value> = rows::read(&out).expect("it was written");
    assert_eq!(written[0]["results"][0]["key"], "law");
    assert_eq!(written[1], serde_json::json!({"id": "2", "results": []}));
}

#[tokio::test]
async fn a_bad_day_or_an_unknown_collection_ends_the_run() {
    let home = tempfile::tempdir().expect("a folder");
    let engine = retriever(&home).await;
    let file = home.path().join("cases.jsonl");
    fs::write(&file, r#"{"id":"1","query":"借款","relevant":[],"as_of":"yesterday"}"#).expect("it is written");
    let failed = run(&file, &settings(None, false), &engine).await.expect_err("no date");
    assert!(failed.to_string().contains("yesterday"), "{failed}");
    fs::write(&file, r#"{"id":"1","query":"借款","relevant":[],"as_of":null}"#).expect("it is written");
    let mut elsewhere = settings(None, false);
    elsewhere.collections = vec!["nowhere".parse().expect("a good name")];
    let failed = run(&file, &elsewhere, &engine).await.expect_err("no such collection");
    assert!(matches!(failed, EvalError::Retrieve { problem: RetrieveError::UnknownCollection(_), .. }));
}
