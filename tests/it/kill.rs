//! `kill -9` at any moment of an ingest loses nothing and needs no repair.
//!
//! The program itself reads the bundled corpora, follows them into its index and makes vectors (with the fake embedder:
//! what is shown here is plumbing), and is killed ten times at random moments. What is there after the last restart must
//! be what an undisturbed run leaves, in the database and in what a search finds.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Instant,
};

use attest::{ports::Store, store::SqliteStore};

use super::{
    ingest::named,
    program::{attest, root, run},
};

const COLLECTIONS: [&str; 6] = ["legal-zh", "legal-en", "medical-zh", "medical-en", "finance-zh", "finance-en"];
const EMBEDDER: &str = "fake-embedder";
const SEARCHES: [&str; 3] = ["借款期限没有约定", "personal data breach", "symptoms of diabetes"];

fn ingest(home: &Path) -> Child {
    let mut command = attest(home);
    command.args(["--model", "fake", "ingest", "--wait-vectors", "--corpora"]).arg(root().join("corpora"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
}

/// Everything that a reader can see, without the ids that an interrupted run may assign differently.
async fn state(home: &Path) -> Vec<String> {
    let store = SqliteStore::open(&home.join("attest.db")).await.expect("opens");
    assert_eq!(store.check().await.expect("checks"), Vec::<String>::new());
    let vectors = store.vectors_after(EMBEDDER, 0, u32::MAX).await.expect("reads");
    let vectors: HashMap<_, _> = vectors.into_iter().map(|v| (v.chunk, v.values)).collect();
    assert!(vectors.len() > 1000, "vectors are there");
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
        let stats = store.collection_stats(&named(name), Some(EMBEDDER)).await.expect("counts");
        lines.push(format!("{name} {stats:?}"));
    }
    lines.push(format!("{} changes", store.last_change().await.expect("reads")));
    store.close().await;
    for query in SEARCHES {
        let mut search = attest(home);
        search.args(["--model", "fake", "search", "--json", "--lexical", query]);
        let found: serde_json::Value =
            serde_json::from_str(&run(&mut search).expect("searches")).expect("the search prints JSON");
        let places: Vec<_> = found["results"]
            .as_array()
            .expect("there are results")
            .iter()
            .map(|hit| format!("{} {}", hit["key"], hit["locator"]))
            .collect();
        assert!(!places.is_empty(), "{query} finds something");
        lines.push(format!("{query}: {places:?}"));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_end_in_the_state_of_an_undisturbed_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = folder.path().join("whole");
    let started = Instant::now();
    assert!(ingest(&whole).wait().expect("runs").success());
    let takes = started.elapsed();
    let expected = state(&whole).await;
    assert!(expected.len() > 1000, "the corpora are there");

    let broken = folder.path().join("broken");
    let random = RandomState::new();
    let (mut killed, mut round) = (0, 0_u32);
    while killed < 10 {
        round += 1;
        assert!(round <= 60, "the program must be at work when it is killed: {killed} of {round}");
        // Early and late moments alike: each round gets a little further than it would take to do it all in ten.
        let moment = takes.mul_f64((random.hash_one(round) % 1000) as f64 / 1000.0 * 0.4);
        let mut child = ingest(&broken);
        thread::sleep(moment);
        let running = child.try_wait().expect("asks").is_none();
        child.kill().expect("SIGKILL");
        child.wait().expect("ends");
        if broken.join("attest.db").exists() {
            let store = SqliteStore::open(&broken.join("attest.db")).await.expect("opens without repair");
            assert_eq!(store.check().await.expect("checks"), Vec::<String>::new(), "killed after {moment:?}");
            store.close().await;
        }
        if running {
            killed += 1;
        } else {
            // It was done before its moment came: there is nothing left to interrupt.
            std::fs::remove_dir_all(&broken).expect("the folder goes");
        }
    }
    assert!(ingest(&broken).wait().expect("runs").success());
    assert!(state(&broken).await == expected, "an interrupted ingest differs from an undisturbed one");
}
