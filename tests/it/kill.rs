//! `kill -9` at any moment of an ingest loses nothing and needs no repair.
//!
//! The parent starts this test binary again as a child that runs the real ingest and the real backfill on a database
//! file, and kills it ten times at random moments. What is there after the last restart must be what an undisturbed run
//! leaves.

use std::{
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use attest::{
    ingest::{IngestOptions, Ingester, embed::Backfill},
    ports::{Embedder, Store},
    store::SqliteStore,
};
use tokio_util::sync::CancellationToken;

use super::ingest::{HashEmbedder, corpus, named, with_collection};

const COLLECTIONS: [&str; 6] = ["legal-zh", "legal-en", "medical-zh", "medical-en", "finance-zh", "finance-en"];
const DATABASE: &str = "ATTEST_TEST_DATABASE";

/// The child's work: every bundled corpus, then vectors.
async fn ingest_everything(database: &Path) {
    let store = Arc::new(SqliteStore::open(database).await.expect("opens, whatever happened before"));
    let port = Arc::clone(&store) as Arc<dyn Store>;
    let ingester = Ingester::new(Arc::clone(&port), IngestOptions::default());
    let go_on = CancellationToken::new();
    for name in COLLECTIONS {
        with_collection(&store, name).await;
        let report = ingester.ingest_path(&named(name), &corpus(name), &(), &go_on).await.expect("ingests");
        assert_eq!(report.problems, []);
    }
    let embedder = Arc::new(HashEmbedder::new(Duration::from_millis(3))) as Arc<dyn Embedder>;
    assert!(Backfill::new(port, embedder).run(&(), &go_on).await.expect("embeds"));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is the process that the test below starts and kills"]
#[expect(clippy::disallowed_methods, reason = "the parent has no other way to name the database")]
async fn the_child_that_is_killed() {
    let database = std::env::var_os(DATABASE).expect("the parent names the database");
    ingest_everything(Path::new(&database)).await;
}

fn child(database: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "kill::the_child_that_is_killed", "--ignored"])
        .env(DATABASE, database)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

/// Everything that a reader can see, without the ids that an interrupted run may assign differently.
async fn state(database: &Path) -> Vec<String> {
    let store = SqliteStore::open(database).await.expect("opens");
    assert_eq!(store.check().await.expect("checks"), Vec::<String>::new());
    let vectors = store.vectors_after("hash", 0, u32::MAX).await.expect("reads");
    let vectors: std::collections::HashMap<_, _> = vectors.into_iter().map(|v| (v.chunk, v.values)).collect();
    let mut lines = Vec::new();
    for name in COLLECTIONS {
        for version in store.documents(&named(name), 0, u64::MAX).await.expect("lists") {
            let head = format!("{name} {} {} {}", version.meta.key, version.number, version.content_hash);
            for stored in store.chunks_of(version.id).await.expect("reads") {
                let chunk = &stored.chunk;
                let vector = vectors.get(&chunk.id);
                lines.push(format!(
                    "{head} {} {} {:?} {} {vector:?}",
                    chunk.ordinal, chunk.locator, chunk.span, chunk.text
                ));
            }
        }
        let stats = store.collection_stats(&named(name), Some("hash")).await.expect("counts");
        lines.push(format!("{name} {stats:?}"));
    }
    lines.push(format!("{} changes", store.last_change().await.expect("reads")));
    store.close().await;
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_end_in_the_state_of_an_undisturbed_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole: PathBuf = folder.path().join("whole.db");
    let started = Instant::now();
    assert!(child(&whole).wait().expect("runs").success());
    let takes = started.elapsed();
    let expected = state(&whole).await;
    assert!(expected.len() > 1000, "the corpora are there");

    let broken = folder.path().join("broken.db");
    let random = RandomState::new();
    let mut killed = 0;
    for round in 0..10_u32 {
        // Early and late moments alike: each round gets a little further than it would take to do it all in ten.
        let moment = takes.mul_f64((random.hash_one(round) % 1000) as f64 / 1000.0 * 0.4);
        let mut child = child(&broken);
        thread::sleep(moment);
        let running = child.try_wait().expect("asks").is_none();
        child.kill().expect("SIGKILL");
        child.wait().expect("ends");
        killed += u32::from(running);
        if broken.exists() {
            let store = SqliteStore::open(&broken).await.expect("opens without repair");
            assert_eq!(store.check().await.expect("checks"), Vec::<String>::new(), "killed after {moment:?}");
            store.close().await;
        }
    }
    assert!(killed >= 5, "the child must have been at work when it was killed: {killed} of 10");
    assert!(child(&broken).wait().expect("runs").success());
    assert!(state(&broken).await == expected, "an interrupted ingest differs from an undisturbed one");
}
