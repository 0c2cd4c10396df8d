//! Real versions of real law: on each day the text of that day is found, and a reference is answered for that day.

use std::{fs, path::Path, sync::Arc};

use attest::{
    domain::{
        document::{Collection, Domain},
        evidence::{Evidence, Query, Switches},
    },
    ingest::{IngestOptions, Ingester},
    ports::{Retriever, Store},
    retrieve::{Engine, Options},
    store::SqliteStore,
    text::reference,
    verify::reference_check::{Answer, KnownArticle, KnownVersion, Registry, check},
};
use serde::Deserialize;
use time::{Date, macros::format_description};
use tokio_util::sync::CancellationToken;

/// A line of `cases.jsonl`, which its README explains.
#[derive(Debug, Deserialize)]
struct Case {
    day: String,
    question: String,
    finds: Option<Found>,
    #[serde(default)]
    never: Vec<String>,
    reference: String,
    said: Option<String>,
    answer: String,
    #[serde(default)]
    successor: Option<String>,
    #[serde(default)]
    message: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Found {
    key: String,
    locator: String,
    text: String,
}

/// Passages among which the right one must be, when a question names no article.
const FIRST: usize = 3;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/as_of").join(name)
}

async fn knowledge_base(home: &Path) -> (Engine, Registry) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.expect("opens"));
    let name = "law".parse().expect("a name");
    let collection = Collection { name, title: "law".to_owned(), domain: Domain::Legal };
    store.create_collection(&collection).await.expect("is new");
    let ingester = Ingester::new(Arc::clone(&store), IngestOptions::default());
    let path = data("documents.jsonl");
    let report = ingester.ingest_path(&collection.name, &path, &(), &CancellationToken::new()).await.expect("ends");
    assert_eq!(report.problems, []);
    let mut held = Vec::new();
    for version in store.documents(&collection.name, 0, u64::MAX).await.expect("lists") {
        let (_, document) = store.version_text(version.id).await.expect("reads").expect("is there");
        let articles = document.sections.iter().map(|section| KnownArticle {
            locator: section.locator.clone(),
            text: section.span.of(&document.text).expect("slices").to_owned(),
        });
        held.push(KnownVersion { articles: articles.collect(), meta: (*version.meta).clone() });
    }
    let engine = Engine::open(store, None, home, Options::default()).await.expect("opens");
    engine.follow().await.expect("follows");
    (engine, Registry::new(held))
}

/// What is wrong with the passages of the day for this question.
async fn search(
    engine: &Engine,
    never: &[String],
    day: Date,
    text: &str,
    wanted: Option<(&Found, usize)>,
) -> Option<String> {
    let query = Query {
        text: text.to_owned(),
        collections: Vec::new(),
        as_of: day,
        statuses: None,
        lang: None,
        limit: 20,
        switches: Switches::default(),
    };
    let set = engine.retrieve(&query).await.expect("it answers");
    let dead = set.items().iter().find(|e| !e.meta.governs_on(day) || never.contains(&e.meta.key));
    if let Some(dead) = dead {
        return Some(format!("'{text}' brings up {} {}", dead.meta.key, dead.chunk.locator));
    }
    let (wanted, among) = wanted?;
    let is_it = |e: &Evidence| {
        e.meta.key == wanted.key && e.chunk.locator == wanted.locator && e.chunk.text.contains(&wanted.text)
    };
    if set.items().iter().take(among).any(is_it) {
        return None;
    }
    let found: Vec<String> =
        set.items().iter().take(5).map(|e| format!("{} {}", e.meta.key, e.chunk.locator)).collect();
    Some(format!("'{text}' brings up {found:?}"))
}

fn look_up(registry: &Registry, case: &Case, day: Date) -> Option<String> {
    let reference = reference::parse(&case.reference).into_iter().next().expect("a reference");
    let answered = check(&reference, case.said.as_deref(), day, registry);
    let said = format!("{} {}", answered.message.zh, answered.message.en);
    let successor = match &answered.answer {
        Answer::NoLongerInForce { successor: Some(successor), .. } => successor.locator.clone(),
        _ => None,
    };
    let told = case.message.iter().all(|part| said.contains(part));
    let right = answered.answer.code() == case.answer && successor == case.successor && told;
    (!right).then(|| format!("{}: {} {successor:?}: {said}", case.reference, answered.answer.code()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_of_the_day_is_found_and_answered_for() {
    let home = tempfile::tempdir().expect("a folder");
    let (engine, registry) = knowledge_base(home.path()).await;
    let cases = fs::read_to_string(data("cases.jsonl")).expect("reads");
    let mut wrong = Vec::new();
    let mut asked = 0;
    for line in cases.lines() {
        let case: Case = serde_json::from_str(line).expect("a case");
        let day = Date::parse(&case.day, format_description!("[year]-[month]-[day]")).expect("a day");
        asked += 1;
        let wanted = case.finds.as_ref();
        let by_question = search(&engine, &case.never, day, &case.question, wanted.map(|found| (found, FIRST))).await;
        // A name that governs on the day leads straight to its article; one that does not brings up nothing dead.
        let named = wanted.filter(|_| case.answer == "in_force").map(|found| (found, 1));
        let by_name = search(&engine, &case.never, day, &case.reference, named).await;
        let checked = look_up(&registry, &case, day);
        wrong.extend([by_question, by_name, checked].into_iter().flatten().map(|why| format!("{day} {why}")));
    }
    assert!(asked >= 20, "{asked} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
