//! What every store promises, as one suite that any implementation can be put through.

use std::path::Path;

use attest::{
    domain::{
        document::{
            ChunkId, Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentMeta, Domain,
            Section, VersionId,
        },
        recall::SourceChange,
        text::{Lang, Span},
    },
    ports::{
        ChangeKind, NewChunk, PackedDocument, PackedVectors, PreparedDocument, PutOutcome, Store, StoreError,
        StoredAnswer,
    },
    store::SqliteStore,
};
use time::macros::{date, datetime};

const EMBEDDER: &str = "e5@abc";

fn name(name: &str) -> CollectionName {
    name.parse().expect("a valid name")
}

fn collection(of: &str) -> Collection {
    Collection { name: name(of), title: format!("集合 {of}"), domain: Domain::Legal }
}

/// A document with one section and one chunk for each article.
fn document(key: &str, articles: &[(&str, &str)]) -> PreparedDocument {
    let mut text = String::new();
    let mut sections = Vec::new();
    let mut chunks = Vec::new();
    for (locator, words) in articles {
        let start = text.len();
        text.push_str(words);
        let span = Span::new(start, text.len());
        text.push_str("\n\n");
        let path = vec!["第一编 总则".to_owned(), "“引号” \"quotes\"".to_owned()];
        sections.push(Section { locator: (*locator).to_owned(), path: path.clone(), page: None, span });
        chunks.push(NewChunk { locator: (*locator).to_owned(), path, page: Some(3), span, boxes: Vec::new() });
    }
    let mut meta = DocumentMeta::plain(key, "中华人民共和国民法典", Lang::Zh, Domain::Legal);
    meta.status = DocStatus::InForce;
    meta.valid_from = Some(date!(2021 - 01 - 01));
    meta.superseded_by = Some("later".to_owned());
    meta.note = Some(String::new());
    let content_hash = format!("hash of {text}");
    PreparedDocument { document: Document { meta, text, sections }, content_hash, chunks }
}

fn version_of(outcome: PutOutcome) -> VersionId {
    match outcome {
        PutOutcome::Added(version) | PutOutcome::Replaced { new: version, .. } => version,
        PutOutcome::Unchanged => panic!("nothing was written"),
    }
}

async fn missing(store: &dyn Store) -> Vec<ChunkId> {
    let chunks = store.chunks_without_vector(EMBEDDER, 1000).await.expect("reads");
    chunks.into_iter().map(|chunk| chunk.chunk.id).collect()
}

/// Puts an empty store through everything that the port promises.
pub async fn contract(store: &dyn Store) {
    collections_exist_once(store).await;
    documents_come_back_whole(store).await;
    versions_replace_each_other(store).await;
    batches_are_all_or_nothing(store).await;
    vectors_follow_the_chunks(store).await;
    a_collection_is_unpacked_whole_or_not_at_all(store).await;
    deletion_leaves_the_log(store).await;
    answers_are_records(store).await;
    a_changed_source_recalls_its_answers(store).await;
}

async fn a_collection_is_unpacked_whole_or_not_at_all(store: &dyn Store) {
    let settings =
        CollectionSettings {
            synonyms: "房东 = 出租人".to_owned(), known_missing: "附件".to_owned(), explore: true
        };
    let packed = |key: &str, vectors: Vec<(u32, Vec<f32>)>| PackedDocument {
        prepared: document(key, &[("第一条", "甲。"), ("第二条", "乙。")]),
        vectors: vec![PackedVectors { embedder: EMBEDDER.to_owned(), chunks: vectors }],
    };
    let unpack = async |count: u64, documents: Vec<PackedDocument>| {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(8);
        for document in documents {
            sender.send(document).await.expect("room");
        }
        drop(sender);
        store.unpack(&collection("packed"), &settings, count, &mut receiver).await
    };
    let before = store.last_change().await.expect("reads");
    let good = packed("k", vec![(1, vec![0.5, -0.5, 0.25])]);
    for (count, documents) in [
        (2, vec![good.clone()]),
        (2, vec![good.clone(), good.clone()]),
        (1, vec![packed("k", vec![(2, vec![0.5, -0.5, 0.25])])]),
        (1, vec![packed("k", vec![(0, vec![0.5])])]),
    ] {
        unpack(count, documents).await.expect_err("refused");
        assert_eq!(store.collection(&name("packed")).await.expect("reads"), None);
        assert_eq!(store.last_change().await.expect("reads"), before);
    }
    unpack(1, vec![good.clone()]).await.expect("whole");
    assert_eq!(store.collection_settings(&name("packed")).await.expect("reads"), settings);
    let version = store.document(&name("packed"), "k").await.expect("reads").expect("there").id;
    let again = store.pack(version).await.expect("reads").expect("there");
    assert_eq!(again.prepared.document, good.prepared.document);
    assert_eq!(again.prepared.chunks, good.prepared.chunks);
    assert_eq!(again.vectors, good.vectors);
    assert!(matches!(unpack(1, vec![good]).await, Err(StoreError::CollectionExists(_))));
    let fewer = CollectionSettings { synonyms: String::new(), ..settings };
    store.put_collection_settings(&name("packed"), &fewer).await.expect("set");
    assert_eq!(store.collection_settings(&name("packed")).await.expect("reads"), fewer);
    let written = store.all_collection_settings().await.expect("reads");
    assert_eq!(written, [(name("packed"), fewer.clone())], "those that nothing was written of are left out");
    let unknown = store.put_collection_settings(&name("nowhere"), &fewer).await;
    assert!(matches!(unknown, Err(StoreError::UnknownCollection(_))));
    store.delete_collection(&name("packed")).await.expect("gone");
    assert_eq!(store.pack(version).await.expect("reads").map(|_| ()), None);
}

async fn collections_exist_once(store: &dyn Store) {
    assert!(store.collections().await.expect("reads").is_empty());
    assert_eq!(store.collection(&name("a")).await.expect("reads"), None);
    assert!(matches!(store.documents(&name("a"), 0, 1).await, Err(StoreError::UnknownCollection(n)) if n == "a"));
    assert!(matches!(store.delete_collection(&name("a")).await, Err(StoreError::UnknownCollection(_))));
    let put = store.put_document(&name("a"), &document("k", &[("1", "x")])).await;
    assert!(matches!(put, Err(StoreError::UnknownCollection(_))));

    for of in ["b", "a"] {
        store.create_collection(&collection(of)).await.expect("creates");
    }
    assert!(matches!(store.create_collection(&collection("a")).await, Err(StoreError::CollectionExists(_))));
    assert_eq!(store.collections().await.expect("reads"), [collection("a"), collection("b")]);
    assert_eq!(store.collection(&name("b")).await.expect("reads"), Some(collection("b")));
    assert_eq!(store.last_change().await.expect("reads"), 0, "a collection is no change to the index");
}

async fn documents_come_back_whole(store: &dyn Store) {
    let prepared = document("civil", &[("第一条", "为了保护民事主体的合法权益。"), ("第二条", "民法调整平等主体。")]);
    let version = version_of(store.put_document(&name("a"), &prepared).await.expect("stores"));

    let (found, text) = store.version_text(version).await.expect("reads").expect("is there");
    assert_eq!(text, prepared.document);
    assert_eq!((found.id, found.number, found.current), (version, 1, true));
    assert_eq!(found.collection, name("a"));
    assert_eq!(found.content_hash, prepared.content_hash);
    assert_eq!(*found.meta, prepared.document.meta);
    assert_eq!(store.document(&name("a"), "civil").await.expect("reads"), Some(found.clone()));
    assert_eq!(store.document(&name("b"), "civil").await.expect("reads"), None, "keys are per collection");
    assert_eq!(store.version_text(VersionId(9_999_999)).await.expect("reads"), None);

    let chunks = store.chunks_of(version).await.expect("reads");
    assert_eq!(chunks.len(), 2);
    for (ordinal, (stored, new)) in (0_u32..).zip(chunks.iter().zip(&prepared.chunks)) {
        let chunk = &stored.chunk;
        assert_eq!((chunk.version, chunk.ordinal), (version, ordinal));
        assert_eq!((&chunk.locator, &chunk.path, chunk.page), (&new.locator, &new.path, new.page));
        assert_eq!(chunk.span.of(&text.text), Some(chunk.text.as_str()), "the span cuts the stored text");
        assert_eq!((&stored.collection, &stored.meta), (&name("a"), &found.meta));
    }
    // By id: in the order asked for, those that do not exist left out.
    let ids = [chunks[1].chunk.id, ChunkId(9_999_999), chunks[0].chunk.id];
    let by_id = store.chunks(&ids).await.expect("reads");
    assert_eq!(by_id, [chunks[1].clone(), chunks[0].clone()]);
    assert!(store.chunks(&[]).await.expect("reads").is_empty());

    let changes = store.changes_after(0, 10).await.expect("reads");
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].kind, changes[0].version, &changes[0].collection), (ChangeKind::Added, version, &name("a")));
    assert_eq!(store.last_change().await.expect("reads"), changes[0].position);
}

async fn versions_replace_each_other(store: &dyn Store) {
    let before = store.last_change().await.expect("reads");
    let first = store.document(&name("a"), "civil").await.expect("reads").expect("is there");
    let same = document("civil", &[("第一条", "为了保护民事主体的合法权益。"), ("第二条", "民法调整平等主体。")]);
    assert_eq!(store.put_document(&name("a"), &same).await.expect("stores"), PutOutcome::Unchanged);
    assert_eq!(store.last_change().await.expect("reads"), before, "nothing happened");

    let changed = document("civil", &[("第一条", "为了保护民事主体的合法权益，制定本法。")]);
    let PutOutcome::Replaced { old, new } = store.put_document(&name("a"), &changed).await.expect("stores") else {
        panic!("the bytes changed")
    };
    assert_eq!(old, first.id);
    let kinds: Vec<_> =
        store.changes_after(before, 10).await.expect("reads").iter().map(|c| (c.kind, c.version)).collect();
    assert_eq!(kinds, [(ChangeKind::Removed, old), (ChangeKind::Added, new)]);
    assert_eq!(store.changes_after(before, 1).await.expect("reads").len(), 1, "the limit holds");

    let versions = store.versions(&name("a"), "civil").await.expect("reads");
    let seen: Vec<_> = versions.iter().map(|v| (v.id, v.number, v.current)).collect();
    assert_eq!(seen, [(new, 2, true), (old, 1, false)]);
    let (_, old_text) = store.version_text(old).await.expect("reads").expect("old versions stay readable");
    assert_eq!(old_text, same.document);
    assert_eq!(store.chunks_of(old).await.expect("reads").len(), 2);
    let listed = store.documents(&name("a"), 0, 10).await.expect("reads");
    assert_eq!(listed.iter().map(|v| v.id).collect::<Vec<_>>(), [new], "only what is current is listed");

    // Back to the first bytes: a third version, not a resurrection.
    let PutOutcome::Replaced { new: third, .. } = store.put_document(&name("a"), &same).await.expect("stores") else {
        panic!("the bytes changed")
    };
    assert!(third != old && third != new);

    assert!(store.delete_document(&name("a"), "civil").await.expect("deletes"));
    assert!(!store.delete_document(&name("a"), "civil").await.expect("deletes"), "there is none left");
    assert!(!store.delete_document(&name("a"), "never").await.expect("deletes"));
    assert_eq!(store.document(&name("a"), "civil").await.expect("reads"), None);
    let last = store.changes_after(before, 100).await.expect("reads").pop().expect("a deletion is a change");
    assert_eq!((last.kind, last.version), (ChangeKind::Removed, third));
    let back = store.put_document(&name("a"), &same).await.expect("stores");
    assert!(
        matches!(back, PutOutcome::Added(version) if version != third),
        "the same bytes come back after a deletion"
    );
}

async fn batches_are_all_or_nothing(store: &dyn Store) {
    let batch: Vec<_> = ["x", "y", "z"].map(|key| document(key, &[("1", key)])).into();
    let outcomes = store.put_documents(&name("b"), &batch).await.expect("stores");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, PutOutcome::Added(_))));
    let mut again = batch.clone();
    again[1] = document("y", &[("1", "changed")]);
    let outcomes = store.put_documents(&name("b"), &again).await.expect("stores");
    assert!(matches!(outcomes[..], [PutOutcome::Unchanged, PutOutcome::Replaced { .. }, PutOutcome::Unchanged]));

    let position = store.last_change().await.expect("reads");
    let mut broken = document("w", &[("1", "合同")]);
    broken.chunks[0].span = Span::new(0, 1);
    let put = store.put_documents(&name("b"), &[document("v", &[("1", "v")]), broken]).await;
    assert!(matches!(put, Err(StoreError::Failed { .. })), "a span inside a character");
    assert_eq!(store.document(&name("b"), "v").await.expect("reads"), None, "its neighbour is not stored either");
    assert_eq!(store.last_change().await.expect("reads"), position);

    let page = store.documents(&name("b"), 1, 1).await.expect("reads");
    assert_eq!(page.iter().map(|v| v.meta.key.as_str()).collect::<Vec<_>>(), ["y"], "by key, paged");
}

async fn vectors_follow_the_chunks(store: &dyn Store) {
    let articles = [("第一条", "一"), ("第二条", "二"), ("第三条", "三")];
    let version = version_of(store.put_document(&name("a"), &document("vec", &articles)).await.expect("stores"));
    let all = missing(store).await;
    assert_eq!(store.vector_progress(EMBEDDER).await.expect("reads"), (all.len() as u64, 0));
    assert_eq!(store.chunks_without_vector(EMBEDDER, 2).await.expect("reads").len(), 2);
    assert!(store.vectors_after(EMBEDDER, 0, 10).await.expect("reads").is_empty());

    let vectors: Vec<_> = all.iter().map(|&id| (id, vec![id.0 as f32, -0.5, f32::MIN_POSITIVE])).collect();
    store.put_vectors(EMBEDDER, &vectors[1..]).await.expect("stores");
    assert_eq!(missing(store).await, all[..1], "the first is still missing, though later ones are there");
    store.put_vectors(EMBEDDER, &vectors[..1]).await.expect("stores");
    assert!(missing(store).await.is_empty());
    assert_eq!(store.vector_progress(EMBEDDER).await.expect("reads"), (all.len() as u64, all.len() as u64));
    assert_eq!(missing_for(store, "other").await, all.len(), "models do not share vectors");

    let read = store.vectors_after(EMBEDDER, 0, 1000).await.expect("reads");
    assert!(read.is_sorted_by(|a, b| a.sequence < b.sequence));
    for (chunk, values) in &vectors {
        let found = read.iter().find(|stored| stored.chunk == *chunk).expect("is there");
        assert_eq!(&found.values, values, "floats come back to the bit");
    }
    let last = read.last().expect("not empty").sequence;
    assert!(store.vectors_after(EMBEDDER, last, 10).await.expect("reads").is_empty());

    // Written again: a new sequence, so that a follower sees it; still one vector for the chunk.
    store.put_vectors(EMBEDDER, &[(all[0], vec![9.0, 9.0, 9.0])]).await.expect("stores");
    let again = store.vectors_after(EMBEDDER, last, 10).await.expect("reads");
    assert_eq!(again.iter().map(|v| (v.chunk, v.values[0])).collect::<Vec<_>>(), [(all[0], 9.0)]);
    assert_eq!(store.vector_progress(EMBEDDER).await.expect("reads").1, all.len() as u64);

    for bad in [vec![1.0, 2.0], vec![], vec![f32::NAN, 0.0, 0.0]] {
        assert!(matches!(store.put_vectors(EMBEDDER, &[(all[0], bad)]).await, Err(StoreError::Failed { .. })));
    }

    // One article changes: the others keep their vectors, under new chunks; the old version has none.
    let changed = [("第一条", "一"), ("第二条", "二改"), ("第三条", "三")];
    let old_chunks: Vec<_> = store.chunks_of(version).await.expect("reads").iter().map(|c| c.chunk.id).collect();
    let new = version_of(store.put_document(&name("a"), &document("vec", &changed)).await.expect("stores"));
    let new_chunks: Vec<_> = store.chunks_of(new).await.expect("reads").iter().map(|c| c.chunk.id).collect();
    assert_eq!(missing(store).await, [new_chunks[1]]);
    let total = all.len() as u64;
    assert_eq!(store.vector_progress(EMBEDDER).await.expect("reads"), (total, total - 1));
    let carried = store.vectors_after(EMBEDDER, again[0].sequence, 10).await.expect("reads");
    assert_eq!(carried.iter().map(|v| v.chunk).collect::<Vec<_>>(), [new_chunks[0], new_chunks[2]]);
    assert_eq!(carried[0].values, vectors.iter().find(|v| v.0 == old_chunks[0]).expect("was stored").1);

    // A vector that was made for a chunk which left the search meanwhile is passed over.
    store.put_vectors(EMBEDDER, &[(old_chunks[1], vec![1.0; 3])]).await.expect("no error");
    assert_eq!(store.vector_progress(EMBEDDER).await.expect("reads"), (total, total - 1));

    let stats = store.collection_stats(&name("a"), Some(EMBEDDER)).await.expect("reads");
    assert_eq!((stats.documents, stats.chunks, stats.vectors), (2, 5, 4));
    assert_eq!(stats.by_status, [(DocStatus::InForce, 2)]);
    assert_eq!(store.collection_stats(&name("a"), None).await.expect("reads").vectors, 0);
    store.put_vectors(EMBEDDER, &[]).await.expect("nothing to do");
}

async fn missing_for(store: &dyn Store, embedder: &str) -> usize {
    store.chunks_without_vector(embedder, 1000).await.expect("reads").len()
}

async fn deletion_leaves_the_log(store: &dyn Store) {
    let before = store.last_change().await.expect("reads");
    let current: Vec<_> = store.documents(&name("b"), 0, 100).await.expect("reads").iter().map(|v| v.id).collect();
    let chunk = store.chunks_of(current[0]).await.expect("reads")[0].chunk.id;
    store.delete_collection(&name("b")).await.expect("deletes");

    let mut removed: Vec<_> = store
        .changes_after(before, 100)
        .await
        .expect("reads")
        .into_iter()
        .map(|change| {
            assert_eq!((change.kind, change.collection), (ChangeKind::Removed, name("b")));
            change.version
        })
        .collect();
    removed.sort();
    let mut expected = current.clone();
    expected.sort();
    assert_eq!(removed, expected, "the log names what is gone");
    assert!(store.chunks(&[chunk]).await.expect("reads").is_empty());
    assert!(store.chunks_of(current[0]).await.expect("reads").is_empty());
    assert_eq!(store.version_text(current[0]).await.expect("reads"), None);

    // A collection of the same name starts empty, and nothing of the old one is used again.
    store.create_collection(&collection("b")).await.expect("creates");
    assert!(store.documents(&name("b"), 0, 10).await.expect("reads").is_empty());
    let fresh = version_of(store.put_document(&name("b"), &document("x", &[("1", "x")])).await.expect("stores"));
    assert!(expected.iter().all(|old| *old < fresh), "ids are never used twice");
}

async fn a_changed_source_recalls_its_answers(store: &dyn Store) {
    const TODAY: time::Date = date!(2026 - 11 - 25);
    let shelf = name("recall");
    store.create_collection(&collection("recall")).await.expect("made");
    let first = document("k", &[("第一条", "甲应当还款。乙不应当。"), ("第二条", "丙。")]);
    let version = version_of(store.put_document(&shelf, &first).await.expect("put"));
    let words = "甲应当还款。";
    let answer = StoredAnswer {
        id: "0191-recall".to_owned(),
        created_at: datetime!(2026-11-23 14:00:00 UTC),
        question: "甲应当还款吗？".to_owned(),
        outcome: "answered".to_owned(),
        json: "{}".to_owned(),
        citations: vec![(version, Span::new(0, words.len()))],
    };
    store.put_answer(&answer).await.expect("stores");
    let recalls = async || store.recalls(Some("0191-recall"), TODAY, 10).await.expect("reads");
    assert_eq!(recalls().await, []);

    let mut next = document("k", &[("第一条", "甲应当还款。乙也应当。"), ("第二条", "丁。")]);
    store.put_document(&shelf, &next).await.expect("put");
    assert_eq!(recalls().await, [], "the words that were cited still stand");

    next.document.meta.status = DocStatus::Repealed;
    next.document.meta.valid_to = Some(date!(2026 - 11 - 24));
    "repealed".clone_into(&mut next.content_hash);
    store.put_document(&shelf, &next).await.expect("put");
    let found = recalls().await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].change, found[0].old_text.as_str()), (SourceChange::Validity, words));
    assert_eq!(found[0].old.status, DocStatus::InForce);
    assert_eq!(found[0].new.as_ref().map(|new| new.status), Some(DocStatus::Repealed));
    assert_eq!((found[0].key.as_str(), found[0].locator.as_str()), ("k", "第一条"));
    assert!(found[0].since.is_some());

    let other = document("k", &[("第一条", "甲不必还款。"), ("第二条", "丁。")]);
    store.put_document(&shelf, &other).await.expect("put");
    let found = recalls().await;
    assert_eq!((found[0].change, found[0].new_text.as_deref()), (SourceChange::Text, Some("甲不必还款。")));

    store.delete_document(&shelf, "k").await.expect("gone");
    assert_eq!(recalls().await[0].change, SourceChange::Removed);
    store.put_document(&shelf, &first).await.expect("put");
    assert_eq!(recalls().await, [], "the source is back as it was");
    store.delete_collection(&shelf).await.expect("gone");
    let found = recalls().await;
    assert_eq!((found[0].change, found[0].old_text.as_str()), (SourceChange::Removed, words));
    assert!(found[0].since.is_some() && found[0].new.is_none());
    assert_eq!(store.recalls(None, TODAY, 10).await.expect("reads"), found);
    assert_eq!(store.recalls(None, TODAY, 0).await.expect("reads"), []);
}

async fn answers_are_records(store: &dyn Store) {
    let answer = StoredAnswer {
        id: "0190-answer".to_owned(),
        created_at: datetime!(2026-11-23 14:01:02.123456 UTC),
        question: "借钱没有约定还款时间怎么办？".to_owned(),
        outcome: "answered".to_owned(),
        json: "{\"id\":\"0190-answer\"}".to_owned(),
        citations: vec![(VersionId(1), Span::new(3, 9)), (VersionId(77), Span::new(0, 1))],
    };
    store.put_answer(&answer).await.expect("stores");
    let found = store.answer("0190-answer").await.expect("reads").expect("is there");
    assert_eq!((found.created_at, &found.json, &found.citations), (answer.created_at, &answer.json, &answer.citations));
    assert_eq!((&found.question, &found.outcome), (&answer.question, &answer.outcome));
    assert!(store.answer("none").await.expect("reads").is_none());
    let changed = StoredAnswer { json: "{}".to_owned(), ..answer };
    assert!(store.put_answer(&changed).await.is_err(), "a record is not overwritten");
    assert_eq!(store.answer("0190-answer").await.expect("reads").expect("is there").json, found.json);
}

#[tokio::test]
async fn sqlite_in_memory_keeps_the_contract() {
    contract(&SqliteStore::open_in_memory().await.expect("opens")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/er/attest.db");
    let store = SqliteStore::open(&path).await.expect("opens");
    contract(&store).await;
    let position = store.last_change().await.expect("reads");
    store.close().await;

    let again = SqliteStore::open(&path).await.expect("opens a second time");
    assert_eq!(again.last_change().await.expect("reads"), position, "what was written is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_see_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("attest.db");
    let (one, two) = (SqliteStore::open(&path).await.expect("opens"), SqliteStore::open(&path).await.expect("opens"));
    one.create_collection(&collection("a")).await.expect("creates");
    let write = async |store: &SqliteStore, prefix: &str| {
        for n in 0..40 {
            let key = format!("{prefix}{n}");
            store
                .put_document(&name("a"), &document(&key, &[("1", "text")]))
                .await
                .expect("no writer loses to another");
        }
    };
    tokio::join!(write(&one, "x"), write(&two, "y"));
    assert_eq!(one.documents(&name("a"), 0, 1000).await.expect("reads").len(), 80);
    assert_eq!(two.last_change().await.expect("reads"), 80);
}

async fn open_error(path: &Path) -> String {
    match SqliteStore::open(path).await {
        Ok(_) => panic!("{} opens", path.display()),
        Err(error @ StoreError::Open { .. }) => error.to_string(),
        Err(other) => panic!("another kind of error: {other}"),
    }
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("attest.db");

    std::fs::write(&path, "这不是数据库。".repeat(400)).expect("writes");
    let message = open_error(&path).await;
    assert!(message.contains("damaged or is no Attest database") && message.contains("attest.db"), "{message}");

    let message = open_error(&path.join("under-a-file.db")).await;
    assert!(message.contains("the folder"), "{message}");
    let message = open_error(folder.path()).await;
    assert!(message.contains("cannot be opened"), "{message}");
}

#[tokio::test]
async fn a_database_of_a_newer_attest_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("attest.db");
    SqliteStore::open(&path).await.expect("opens").close().await;
    {
        // What a later version would have recorded.
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opens");
        sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'later', 1, x'00', 0)")
            .execute(&pool).await.expect("inserts");
        pool.close().await;
    }
    let message = open_error(&path).await;
    assert!(message.contains("a newer Attest wrote it"), "{message}");
}
