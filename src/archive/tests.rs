use std::{io::Write, sync::Arc};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{
    domain::{
        document::{CollectionSettings, Document, DocumentMeta, PageBox, Section},
        text::{Lang, Span},
    },
    ingest::prepare,
    ports::{NewChunk, PreparedDocument},
    store::SqliteStore,
};

fn named(name: &str) -> CollectionName {
    name.parse().expect("a name")
}

fn document(key: &str, text: &str) -> PreparedDocument {
    let span = Span::new(0, text.len());
    let path = vec!["第一章".to_owned()];
    let section = Section { locator: "第一条".to_owned(), path: path.clone(), page: Some(2), span };
    let mut meta = DocumentMeta::plain(key, "民法典", Lang::Zh, Domain::Legal);
    meta.valid_from = Some(time::macros::date!(2021 - 01 - 01));
    let document = Document { meta, text: text.to_owned(), sections: vec![section] };
    let boxes = vec![PageBox { page: 2, edges: [1, 2, 3, -4] }];
    let chunks = vec![NewChunk { locator: "第一条".to_owned(), path, page: Some(2), span, boxes }];
    PreparedDocument { content_hash: prepare::content_hash(&document), document, chunks }
}

/// A store with a collection of two documents, one of them with a vector.
async fn filled() -> Arc<SqliteStore> {
    let store = SqliteStore::open_in_memory().await.expect("a store");
    let name = named("laws");
    let collection = Collection { name: name.clone(), title: "法律".to_owned(), domain: Domain::Legal };
    store.create_collection(&collection).await.expect("made");
    let settings = CollectionSettings {
        synonyms: "房东 = 出租人\n".to_owned(),
        known_missing: "2024 年以后的修改".to_owned(),
        explore: true,
    };
    store.put_collection_settings(&name, &settings).await.expect("set");
    for (key, text) in [("b", "借款人应当按照约定返还借款。"), ("a", "出租人应当交付租赁物。")]
    {
        store.put_document(&name, &document(key, text)).await.expect("put");
    }
    let chunk = store.chunks_without_vector("e5@abc", 1).await.expect("reads")[0].chunk.id;
    store.put_vectors("e5@abc", &[(chunk, vec![0.1, -0.25, f32::MIN_POSITIVE])]).await.expect("put");
    Arc::new(store)
}

async fn exported(store: &SqliteStore, path: &Path) -> Contents {
    export(store, &named("laws"), File::create(path).expect("a file")).await.expect("written")
}

#[tokio::test]
async fn an_archive_comes_back_to_the_same_hashes_and_the_same_bytes() {
    let (store, folder) = (filled().await, tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("laws.zip");
    let contents = exported(&store, &path).await;
    assert_eq!((contents.documents, contents.chunks, contents.vectors), (2, 2, 1));

    let other: Arc<SqliteStore> = Arc::new(SqliteStore::open_in_memory().await.expect("a store"));
    let imported = import(other.clone(), &path, None).await.expect("imported");
    assert_eq!(imported, contents);
    let name = named("laws");
    assert_eq!(
        other.collection_settings(&name).await.expect("reads"),
        store.collection_settings(&name).await.expect("reads")
    );
    for key in ["a", "b"] {
        let of = async |store: &SqliteStore| {
            let version = store.document(&name, key).await.expect("reads").expect("there");
            (version.content_hash, store.pack(version.id).await.expect("reads").expect("there"))
        };
        let ((hash, ours), (same, theirs)) = (of(&store).await, of(&other).await);
        assert_eq!(hash, same);
        assert_eq!(ours.prepared.document, theirs.prepared.document);
        assert_eq!(ours.prepared.chunks, theirs.prepared.chunks);
        assert_eq!(ours.vectors, theirs.vectors);
    }
    assert_eq!(other.check().await.expect("reads"), Vec::<String>::new());

    let again = folder.path().join("again.zip");
    exported(&other, &again).await;
    assert!(std::fs::read(&path).expect("there") == std::fs::read(&again).expect("there"), "not the same bytes");

    let taken = import(other.clone(), &path, None).await.expect_err("there already");
    assert!(matches!(taken, ArchiveError::Store(StoreError::CollectionExists(_))), "{taken}");
    import(other.clone(), &path, Some(named("copy"))).await.expect("under another name");
    assert_eq!(other.collections().await.expect("reads").len(), 2);
}

/// Writes a ZIP with these entries.
fn zip_of(path: &Path, entries: &[(String, Vec<u8>)]) {
    let mut zip = ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in entries {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished");
}

fn entries(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(File::open(path).expect("there")).expect("a ZIP");
    (0..zip.len())
        .map(|at| {
            let mut entry = zip.by_index(at).expect("an entry");
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).expect("reads");
            (entry.name().expect("UTF-8").into_owned(), bytes)
        })
        .collect()
}

#[tokio::test]
async fn damaged_foreign_and_unsafe_archives_import_nothing() {
    let (store, folder) = (filled().await, tempfile::tempdir().expect("a folder"));
    let good = folder.path().join("laws.zip");
    exported(&store, &good).await;
    let whole = std::fs::read(&good).expect("there");
    let parts = entries(&good);
    let bad = folder.path().join("bad.zip");
    let other: Arc<SqliteStore> = Arc::new(SqliteStore::open_in_memory().await.expect("a store"));
    let refused = async |expected: &str, what: &str| {
        let error = import(other.clone(), &bad, None).await.expect_err(what).to_string();
        assert!(error.contains(expected), "{what}: {error}");
        assert!(other.collections().await.expect("reads").is_empty(), "{what}");
        assert_eq!(other.last_change().await.expect("reads"), 0, "{what}");
    };
    let change = |name: &str, from: &str, to: &str| {
        let changed = parts.iter().map(|(part, bytes)| {
            let text = String::from_utf8(bytes.clone()).expect("UTF-8");
            (part.clone(), if part == name { text.replace(from, to).into_bytes() } else { bytes.clone() })
        });
        let changed: Vec<_> = changed.collect();
        assert_ne!(changed, parts, "{from} occurs in {name}");
        zip_of(&bad, &changed);
    };

    for length in [0, 10, whole.len() / 2, whole.len() - 30] {
        std::fs::write(&bad, &whole[..length]).expect("written");
        refused("", &format!("cut to {length} bytes")).await;
    }
    let mut flipped = whole.clone();
    let at = flipped.len() / 3;
    flipped[at] ^= 0x40;
    std::fs::write(&bad, &flipped).expect("written");
    refused("damaged", "a flipped bit").await;

    std::fs::write(&bad, "not a ZIP at all").expect("written");
    refused("not an archive of a collection", "text").await;
    zip_of(&bad, &[("word/document.xml".to_owned(), b"<w/>".to_vec())]);
    refused("not an archive of a collection", "an Office file").await;
    change("manifest.json", "\"format\":1", "\"format\":2");
    refused("newer Attest", "format 2").await;
    change("documents.jsonl", "返还借款", "归还借款");
    refused("hash", "a changed text").await;
    change("collection.json", "法律", "法规");
    refused("hash", "a changed title").await;
    change("synonyms.txt", "出租人", "承租人");
    refused("hash", "changed synonyms").await;
    let mut more = parts.clone();
    more.push(("../../etc/cron.d/x".to_owned(), b"x".to_vec()));
    zip_of(&bad, &more);
    refused("not safe", "an entry outside").await;
    zip_of(&bad, &parts[..parts.len() - 2]);
    refused("not an archive", "no manifest").await;
    let fewer: Vec<_> = parts.iter().filter(|(name, _)| name != "documents.jsonl").cloned().collect();
    zip_of(&bad, &fewer);
    refused("manifest", "no documents").await;
    let bomb: Vec<_> = parts
        .iter()
        .map(|(name, bytes)| match name.as_str() {
            "synonyms.txt" => (name.clone(), vec![b'x'; 8 << 20]),
            _ => (name.clone(), bytes.clone()),
        })
        .collect();
    zip_of(&bad, &bomb);
    refused("not safe", "a bomb").await;
}
