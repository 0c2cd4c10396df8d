//! Real documents into a real store.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use attest::{
    domain::{
        answer::ModelIdentity,
        document::{Collection, CollectionName, DocStatus, Domain},
    },
    ingest::{
        IngestError, IngestOptions, IngestProgress, IngestReport, Ingester,
        embed::{Backfill, BackfillProgress},
        read::WrittenMeta,
    },
    ports::{EmbedKind, Embedder, ModelError, Priority, Store, StoreError},
    store::SqliteStore,
};
use flate2::read::GzDecoder;
use time::macros::date;
use tokio_util::sync::CancellationToken;

pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name).join("documents.jsonl.gz")
}

pub fn named(name: &str) -> CollectionName {
    name.parse().expect("a valid name")
}

pub async fn with_collection(store: &SqliteStore, name: &str) {
    let collection = Collection { name: named(name), title: name.to_owned(), domain: Domain::Legal };
    match store.create_collection(&collection).await {
        Ok(()) | Err(StoreError::CollectionExists(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

async fn empty_store(collection: &str) -> Arc<SqliteStore> {
    let store = Arc::new(SqliteStore::open_in_memory().await.expect("opens"));
    with_collection(&store, collection).await;
    store
}

async fn ingest(store: &Arc<SqliteStore>, collection: &str, path: &Path) -> IngestReport {
    Ingester::new(Arc::clone(store) as Arc<dyn Store>, IngestOptions::default())
        .ingest_path(&named(collection), path, &(), &CancellationToken::new())
        .await
        .expect("the run ends")
}

/// Section texts as the file has them, by key and locator.
fn sections_of(path: &Path) -> BTreeMap<(String, String), String> {
    let lines = BufReader::new(GzDecoder::new(File::open(path).expect("opens"))).lines();
    let mut sections = BTreeMap::new();
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(&line.expect("reads")).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
        for section in value["sections"].as_array().expect("sections") {
            sections.insert((text(&value["key"]), text(&section["locator"])), text(&section["text"]));
        }
    }
    sections
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundled_corpus_is_stored_to_the_byte_and_again_is_a_no_op() {
    for name in ["legal-zh", "medical-en"] {
        let store = empty_store(name).await;
        let report = ingest(&store, name, &corpus(name)).await;
        assert_eq!(report.problems, []);
        let expected = sections_of(&corpus(name));
        let mut seen = 0;
        for version in store.documents(&named(name), 0, u64::MAX).await.expect("lists") {
            let (_, document) = store.version_text(version.id).await.expect("reads").expect("is there");
            let chunks = store.chunks_of(version.id).await.expect("reads");
            for section in &document.sections {
                let text = section.span.of(&document.text).expect("fits");
                let key = (version.meta.key.clone(), section.locator.clone());
                assert_eq!(expected.get(&key).map(String::as_str), Some(text), "{key:?}");
                seen += 1;
                let own: Vec<_> = chunks.iter().filter(|c| section.span.contains(c.chunk.span)).collect();
                assert!(own.iter().all(|c| c.chunk.locator == section.locator && c.chunk.path == section.path));
                let solid = |text: &str| text.split_whitespace().collect::<String>();
                let held: String = own.iter().map(|c| solid(&c.chunk.text)).collect();
                assert_eq!(held, solid(text), "the chunks hold the whole section, once");
            }
        }
        assert_eq!(seen, expected.len());
        assert_eq!(store.check().await.expect("checks"), Vec::<String>::new());

        let position = store.last_change().await.expect("reads");
        let again = ingest(&store, name, &corpus(name)).await;
        assert_eq!((again.unchanged, again.added, again.replaced, again.chunks), (report.added, 0, 0, 0));
        assert_eq!(store.last_change().await.expect("reads"), position, "nothing was written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_good_and_bad_files_takes_in_the_good_ones() {
    let statute = "示范法\n\n第一章　总则\n第一条　为了保护消费者的合法权益，制定本法。\n第二条　消费者为生活消费需要购买商品，其权益受本法保护。\n第三条　经营者应当诚信经营。\n";
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("makes");
        fs::write(path, bytes).expect("writes");
    };
    write("law/gb18030.txt", &encoding_rs::GB18030.encode(statute).0);
    write(
        "law/gb18030.txt.meta.toml",
        "title = \"示范法\"\nstatus = \"repealed\"\nvalid_to = 2020-12-31\nauthority = 1\n".as_bytes(),
    );
    write(
        "big5.txt",
        &encoding_rs::BIG5.encode("臺灣證券交易所股份有限公司營業細則所稱之有價證券，依證券交易法之規定。").0,
    );
    write("guide.md", "# Metformin\n\n## Dose\n\n500 mg twice daily.\n\n## Risk\n\nLactic acidosis.\n".as_bytes());
    write("page.html", "<title>Fees</title><h2>Late fee</h2><p>The fee is $8.</p><script>x()</script>".as_bytes());
    write("docs.jsonl", "{\"key\":\"a\",\"title\":\"A\",\"sections\":[{\"locator\":\"1\",\"text\":\"one\"}]}\n{oops\n{\"key\":\"a\",\"title\":\"B\",\"sections\":[{\"locator\":\"1\",\"text\":\"two\"}]}\n".as_bytes());
    write("empty.txt", b"");
    write("nul.txt", b"abc\0def\0\0\0\x01");
    write("fffd.txt", "合同\u{fffd}\u{fffd}约定".as_bytes());
    write("report.pdf", b"%PDF-1.7\n");
    write("wrong.txt", b"PK\x03\x04\x14\x00");
    write("meta.txt", "some words".as_bytes());
    write("meta.txt.meta.toml", b"valid_from = \"soon\"");
    write("cut.jsonl.gz", &fs::read(corpus("legal-en")).expect("reads")[..5000]);
    write(".hidden.txt", b"never");

    let store = empty_store("mixed").await;
    let report = ingest(&store, "mixed", folder.path()).await;
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let told = |start: &str, part: &str| {
        assert!(problems.iter().any(|p| p.starts_with(start) && p.contains(part)), "{start} … {part} in {problems:#?}");
    };
    told("docs.jsonl, line 2: ", "not JSON");
    told("docs.jsonl, line 3: ", "in docs.jsonl, line 1 already");
    told("empty.txt: ", "no text");
    told("nul.txt: ", "NUL");
    told("fffd.txt: ", "U+FFFD");
    told("report.pdf: ", "PDFs cannot be read");
    told("wrong.txt: ", "not a whole ZIP package");
    told("meta.txt: ", "'soon' is not a date");
    told("cut.jsonl.gz, line ", "");
    assert_eq!((problems.len(), report.files, report.added), (9, 12, 5), "{problems:#?}");

    let law = store.document(&named("mixed"), "law/gb18030.txt").await.expect("reads").expect("is there");
    assert_eq!((law.meta.status, law.meta.valid_to), (DocStatus::Repealed, Some(date!(2020 - 12 - 31))));
    let chunks = store.chunks_of(law.id).await.expect("reads");
    let second = chunks.iter().find(|c| c.chunk.locator == "第二条").expect("is there");
    assert_eq!(second.chunk.text, "第二条　消费者为生活消费需要购买商品，其权益受本法保护。");
    assert_eq!(second.chunk.path, ["第一章 总则"]);
    let guide = store.document(&named("mixed"), "guide.md").await.expect("reads").expect("is there");
    assert_eq!(guide.meta.title, "Metformin");
    assert_eq!(store.chunks_of(guide.id).await.expect("reads")[1].chunk.text, "Lactic acidosis.");
    assert_eq!(store.check().await.expect("checks"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_uploads_and_missing_things_are_told() {
    let store = empty_store("up").await;
    let options = IngestOptions { max_file_bytes: 100, ..IngestOptions::default() };
    let ingester = Ingester::new(Arc::clone(&store) as Arc<dyn Store>, options);
    let cancel = CancellationToken::new();
    let upload = async |name: &str, bytes: &[u8], written: WrittenMeta| {
        ingester.ingest_bytes(&named("up"), name, bytes.to_vec(), written, &(), &cancel).await.expect("the run ends")
    };
    let large = upload("a.txt", &[b'x'; 101], WrittenMeta::default()).await;
    assert!(large.problems[0].message.contains("101 bytes; at most 100"), "{:?}", large.problems);
    let written = WrittenMeta { key: Some("k".to_owned()), title: Some("T".to_owned()), ..WrittenMeta::default() };
    assert_eq!(upload("a.txt", b"Aspirin thins the blood.", written.clone()).await.added, 1);
    assert_eq!(
        upload("renamed.txt", b"Aspirin thins the blood.", written.clone()).await.unchanged,
        1,
        "the key decides"
    );
    assert_eq!(upload("a.txt", b"Aspirin does not.", written).await.replaced, 1);
    let found = store.document(&named("up"), "k").await.expect("reads").expect("is there");
    assert_eq!((found.meta.title.as_str(), found.number), ("T", 2));

    let missing = ingester.ingest_path(&named("up"), Path::new("/no/such/place"), &(), &cancel).await.expect("ends");
    assert!(missing.problems[0].to_string().starts_with("/no/such/place: it cannot be read"), "{:?}", missing.problems);
    let unknown = ingester.ingest_path(&named("none"), Path::new("/"), &(), &cancel).await;
    assert!(matches!(unknown, Err(IngestError::Store(StoreError::UnknownCollection(_)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_is_resumed_by_starting_it_again() {
    let store = empty_store("medical-en").await;
    let cancel = CancellationToken::new();
    let last = Mutex::new(IngestProgress::default());
    let stop = cancel.clone();
    let progress = |now: IngestProgress| {
        *last.lock().expect("not poisoned") = now;
        if now.bytes > now.bytes_total / 2 {
            stop.cancel();
        }
    };
    let ingester = Ingester::new(Arc::clone(&store) as Arc<dyn Store>, IngestOptions::default());
    let path = corpus("medical-en");
    let report = ingester.ingest_path(&named("medical-en"), &path, &progress, &cancel).await.expect("ends");
    assert!(report.cancelled && report.added > 0);
    let stored = store.documents(&named("medical-en"), 0, u64::MAX).await.expect("lists").len() as u64;
    assert_eq!((stored, last.lock().expect("not poisoned").documents), (report.added, report.added));

    let rest = ingest(&store, "medical-en", &path).await;
    assert!(!rest.cancelled && rest.added > 0);
    assert_eq!(rest.unchanged, report.added);
    let stored = store.documents(&named("medical-en"), 0, u64::MAX).await.expect("lists").len() as u64;
    assert_eq!(stored, report.added + rest.added);
}

/// Vectors that depend on the text alone; busy at first, as a loaded model may be.
struct HashEmbedder {
    identity: ModelIdentity,
    calls: AtomicUsize,
}

impl HashEmbedder {
    fn new() -> Self {
        let identity = ModelIdentity { name: "hash".to_owned(), sha256: String::new() };
        Self { identity, calls: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        8
    }

    fn max_tokens(&self) -> usize {
        512
    }

    async fn embed(&self, kind: EmbedKind, texts: &[String], priority: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        assert_eq!((kind, priority), (EmbedKind::Passage, Priority::Bulk));
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(ModelError::Busy { job: "embedder", waiting: 1, retry_after_s: 1 });
        }
        let vector =
            |text: &String| blake3::hash(text.as_bytes()).as_bytes()[..8].iter().map(|&b| f32::from(b)).collect();
        Ok(texts.iter().map(vector).collect())
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(text.chars().count())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_vectors_are_filled_in_and_a_stop_loses_nothing() {
    let store = empty_store("legal-en").await;
    ingest(&store, "legal-en", &corpus("legal-en")).await;
    let embedder = Arc::new(HashEmbedder::new());
    let backfill = Backfill::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&embedder) as Arc<dyn Embedder>);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let seen = Mutex::new(Vec::new());
    let progress = |now: BackfillProgress| {
        seen.lock().expect("not poisoned").push(now);
        if now.done > 0 {
            stop.cancel();
        }
    };
    assert!(!backfill.run(&progress, &cancel).await.expect("runs"), "cancelled");
    let (total, done) = store.vector_progress("hash").await.expect("reads");
    assert!(0 < done && done < total, "{done} of {total}");
    assert_eq!(seen.lock().expect("not poisoned").last(), Some(&BackfillProgress { done, total }));

    assert!(backfill.run(&(), &CancellationToken::new()).await.expect("runs"));
    assert_eq!(store.vector_progress("hash").await.expect("reads"), (total, total));
    let calls = embedder.calls.load(Ordering::Relaxed);
    assert!(backfill.run(&(), &CancellationToken::new()).await.expect("runs"), "nothing to do");
    assert_eq!(embedder.calls.load(Ordering::Relaxed), calls);
}
