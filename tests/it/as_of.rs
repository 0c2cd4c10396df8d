//! Real versions of real law: on each day the text of that day is found, and a reference is answered for that day.

use std::{fs, path::Path, sync::Arc};

use attest::{
    domain::{
        document::{Collection, Domain},
        evidence::{Evidence, Query, Switches},
        instrument::ReferenceStatus,
    },
    draft::claims,
    ingest::{IngestOptions, Ingester},
    ports::{Instruments as _, Retriever, Store, Verifier as _},
    retrieve::{Engine, Options},
    store::SqliteStore,
    text::reference,
    verify::{Cascade, Thresholds, reference_check::check},
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

async fn knowledge_base(home: &Path) -> Engine {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.expect("opens"));
    let name = "law".parse().expect("a name");
    let collection = Collection { name, title: "law".to_owned(), domain: Domain::Legal };
    store.create_collection(&collection).await.expect("is new");
    let ingester = Ingester::new(Arc::clone(&store), IngestOptions::default());
    let path = data("documents.jsonl");
    let report = ingester.ingest_path(&collection.name, &path, &(), &CancellationToken::new()).await.expect("ends");
    assert_eq!(report.problems, []);
    let engine = Engine::open(store, None, home, Options::default()).await.expect("opens");
    engine.follow().await.expect("follows");
    engine
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

async fn look_up(engine: &Engine, case: &Case, day: Date) -> Option<String> {
    let reference = reference::parse(&case.reference).into_iter().next().expect("a reference");
    let instruments: Vec<_> = reference.instrument.iter().collect();
    let held = engine.held(&instruments).await.expect("it answers");
    let answered = check(&reference, case.said.as_deref(), day, &held);
    let said = format!("{} {}", answered.message.zh, answered.message.en);
    let successor = match &answered.status {
        ReferenceStatus::NoLongerInForce { successor: Some(successor), .. } => successor.locator.clone(),
        _ => None,
    };
    let told = case.message.iter().all(|part| said.contains(part));
    let right = answered.status.code() == case.answer && successor == case.successor && told;
    (!right).then(|| format!("{}: {} {successor:?}: {said}", case.reference, answered.status.code()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_of_the_day_is_found_and_answered_for() {
    let home = tempfile::tempdir().expect("a folder");
    let engine = knowledge_base(home.path()).await;
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
        let checked = look_up(&engine, &case, day).await;
        wrong.extend([by_question, by_name, checked].into_iter().flatten().map(|why| format!("{day} {why}")));
    }
    assert!(asked >= 20, "{asked} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is judged of a claim on a day: verdict, status of the law that it names, whether that is said in the reasons.
async fn judged(engine: &Arc<Engine>, claim: &str, day: Date) -> (&'static str, Option<&'static str>, bool) {
    let query = Query {
        text: claim.to_owned(),
        collections: Vec::new(),
        as_of: day,
        statuses: None,
        lang: None,
        limit: 8,
        switches: Switches::default(),
    };
    let evidence = engine.retrieve(&query).await.expect("it answers");
    let cascade = Cascade::new(None, Thresholds::default()).with_instruments(Arc::clone(engine) as _);
    let judgement = cascade.verify(&[claims::whole(claim)], &evidence).await.expect("it judges").remove(0);
    let status = judgement.references.first().map(|reference| reference.check.status.code());
    (judgement.verdict.code(), status, judgement.reasons.iter().any(|reason| reason.code == "K"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_law_that_a_claim_names_is_looked_up_when_it_is_judged() {
    let home = tempfile::tempdir().expect("a folder");
    let engine = Arc::new(knowledge_base(home.path()).await);
    let today = time::macros::date!(2026 - 11 - 25);
    for (claim, verdict, status) in [
        ("《民法典》第六百七十五条规定，借款人应当按照约定的期限返还借款。", "supported", Some("in_force")),
        ("《合同法》第二百零六条规定，借款人应当按照约定的期限返还借款。", "unsupported", Some("no_longer_in_force")),
        ("《民法典》第一千三百条规定，借款人应当按照约定的期限返还借款。", "unsupported", Some("no_such_article")),
        // That a law is told as former makes no article be there.
        ("《民法典》第一千三百条此前规定，借款人应当按照约定的期限返还借款。", "unsupported", Some("no_such_article")),
        ("借款人应当按照约定的期限返还借款。", "supported", None),
    ] {
        assert_eq!(judged(&engine, claim, today).await, (verdict, status, status.is_some()), "{claim}");
    }
    // The same words are right of the law that was in force then.
    let claim = "《合同法》第二百零六条规定，借款人应当按照约定的期限返还借款。";
    let then = judged(&engine, claim, time::macros::date!(2019 - 06 - 01)).await;
    assert_eq!(then, ("supported", Some("in_force"), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_without_laws_says_nothing_of_them() {
    let home = tempfile::tempdir().expect("a folder");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.expect("opens"));
    let engine = Arc::new(Engine::open(store, None, home.path(), Options::default()).await.expect("opens"));
    let claim = "《合同法》第二百零六条规定，借款人应当按照约定的期限返还借款。";
    let told = judged(&engine, claim, time::macros::date!(2026 - 11 - 25)).await;
    assert_eq!(told, ("unsupported", None, false));
}
