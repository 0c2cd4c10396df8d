//! The engine over a store in memory, with passages of real statutes and patient information.

mod direct;
mod vectors;

use std::{fs, sync::Arc};

use tempfile::TempDir;
use time::{Date, macros::date};

use super::*;
use crate::{
    domain::{
        document::{
            Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentMeta, Domain, Section,
        },
        evidence::{EvidenceSet, Query, Switches},
        text::{Lang, Span},
    },
    ports::{NewChunk, PreparedDocument, RetrieveError, Retriever, Store},
    store::SqliteStore,
};

pub(super) fn name(name: &str) -> CollectionName {
    name.parse().expect("a good name")
}

pub(super) fn prepared(meta: DocumentMeta, sections: &[(&str, &str)]) -> PreparedDocument {
    let (mut text, mut parts, mut chunks) = (String::new(), Vec::new(), Vec::new());
    for (locator, body) in sections {
        let start = text.len();
        text.push_str(body);
        let span = Span::new(start, text.len());
        text.push('\n');
        let (locator, path) = ((*locator).to_owned(), Vec::new());
        chunks.push(NewChunk { locator: locator.clone(), path: path.clone(), page: None, span, boxes: Vec::new() });
        parts.push(Section { locator, path, page: None, span });
    }
    let content_hash = blake3::hash(format!("{meta:?}{text}").as_bytes()).to_string();
    PreparedDocument { document: Document { meta, text, sections: parts }, content_hash, chunks }
}

pub(super) fn meta(key: &str, title: &str, status: DocStatus, from: Option<Date>, to: Option<Date>) -> DocumentMeta {
    let lang = if title.is_ascii() { Lang::En } else { Lang::Zh };
    let mut meta = DocumentMeta::plain(key, title, lang, Domain::Legal);
    (meta.status, meta.valid_from, meta.valid_to, meta.authority) = (status, from, to, 1);
    meta
}

pub(super) fn civil_code() -> PreparedDocument {
    prepared(
        meta("民法典", "中华人民共和国民法典", DocStatus::InForce, Some(date!(2021 - 01 - 01)), None),
        &[
            (
                "第六百七十五条",
                "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。",
            ),
            ("第六百七十六条", "借款人未按照约定的期限返还借款的，应当按照约定或者国家有关规定支付逾期利息。"),
            ("第七百零三条", "租赁合同是出租人将租赁物交付承租人使用、收益，承租人支付租金的合同。"),
            ("第一千零八十五条", "离婚后，子女由一方直接抚养的，另一方应当负担部分或者全部抚养费。"),
        ],
    )
}

fn contract_law() -> PreparedDocument {
    prepared(
        meta(
            "合同法",
            "中华人民共和国合同法",
            DocStatus::Repealed,
            Some(date!(1999 - 10 - 01)),
            Some(date!(2020 - 12 - 31)),
        ),
        &[
            (
                "第二百零六条",
                "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依照本法第六十一条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。",
            ),
            ("第二百一十二条", "租赁合同是出租人将租赁物交付承租人使用、收益，承租人支付租金的合同。"),
        ],
    )
}

fn drugs() -> PreparedDocument {
    let mut meta = DocumentMeta::plain("metformin", "二甲双胍说明书", Lang::Zh, Domain::Medical);
    meta.authority = 6;
    prepared(
        meta,
        &[
            ("用法用量", "二甲双胍的起始剂量为每次0.5g，每日2次。空腹血糖高于7.8mmol/L时可增加剂量。"),
            ("禁忌", "严重肾功能不全（eGFR低于30mL/min）的患者禁用盐酸二甲双胍。"),
        ],
    )
}

fn gdpr() -> PreparedDocument {
    prepared(
        meta(
            "gdpr",
            "General Data Protection Regulation (EU) 2016/679",
            DocStatus::InForce,
            Some(date!(2018 - 05 - 25)),
            None,
        ),
        &[
            (
                "Art. 33",
                "In the case of a personal data breach, the controller shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, notify the personal data breach to the supervisory authority.",
            ),
            (
                "Art. 17",
                "The data subject shall have the right to obtain from the controller the erasure of personal data concerning him or her without undue delay.",
            ),
        ],
    )
}

pub(super) struct Bench {
    pub store: Arc<SqliteStore>,
    pub home: TempDir,
}

impl Bench {
    pub async fn new() -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().await.expect("it opens"));
        for (collection, domain, documents) in [
            ("legal-zh", Domain::Legal, vec![civil_code(), contract_law()]),
            ("legal-en", Domain::Legal, vec![gdpr()]),
            ("medical-zh", Domain::Medical, vec![drugs()]),
        ] {
            let new = Collection { name: name(collection), title: collection.to_owned(), domain };
            store.create_collection(&new).await.expect("it is new");
            for document in documents {
                store.put_document(&new.name, &document).await.expect("it is good");
            }
        }
        Self { store, home: tempfile::tempdir().expect("a folder") }
    }

    pub async fn open(&self) -> Engine {
        let store: Arc<dyn Store> = self.store.clone();
        Engine::open(store, None, self.home.path(), Options::default()).await.expect("it opens")
    }

    pub async fn followed(&self) -> Engine {
        let engine = self.open().await;
        engine.follow().await.expect("it follows");
        engine
    }
}

pub(super) fn query(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        collections: Vec::new(),
        as_of: date!(2026 - 11 - 23),
        statuses: None,
        lang: None,
        limit: 10,
        switches: Switches::default(),
    }
}

pub(super) fn places(set: &EvidenceSet) -> Vec<String> {
    set.items().iter().map(|e| format!("{} {}", e.meta.key, e.chunk.locator)).collect()
}

pub(super) async fn ask(engine: &Engine, query: &Query) -> Vec<String> {
    places(&engine.retrieve(query).await.expect("it answers"))
}

#[tokio::test]
async fn a_lay_question_finds_its_article() {
    let engine = Bench::new().await.followed().await;
    let set = engine.retrieve(&query("借钱没有约定还款时间怎么办？借款期限没有约定")).await.expect("it answers");
    let first = &set.items()[0];
    assert_eq!((first.meta.key.as_str(), first.chunk.locator.as_str()), ("民法典", "第六百七十五条"));
    assert_eq!(first.signals.lexical_rank, Some(1));
    assert!(first.signals.bm25.is_some_and(|score| score > 0.0));
    assert_eq!(first.label.0, 1);
    assert_eq!((set.searched.chunks, set.searched.collections.len()), (10, 3));
    assert_eq!(set.searched.index_position, 4);
}

#[tokio::test]
async fn what_the_owner_of_a_collection_wrote_is_used_and_told() {
    let bench = Bench::new().await;
    let engine = bench.followed().await;
    let mut question = query("飞单怎么办");
    question.collections = vec![name("legal-zh")];
    assert!(ask(&engine, &question).await.is_empty());
    let settings = CollectionSettings {
        synonyms: "飞单 = 逾期利息\n".to_owned(),
        known_missing: "2026 年 9 月以后的修改".to_owned(),
        explore: false,
    };
    bench.store.put_collection_settings(&name("legal-zh"), &settings).await.expect("set");
    let set = engine.retrieve(&question).await.expect("it answers");
    assert_eq!(places(&set), ["民法典 第六百七十六条"], "at once, without a new index");
    assert_eq!(set.searched.newest, Some(date!(2021 - 01 - 01)));
    assert_eq!(set.searched.known_missing, [(name("legal-zh"), settings.known_missing)]);
    question.collections = vec![name("medical-zh")];
    let set = engine.retrieve(&question).await.expect("it answers");
    assert!(set.is_empty(), "another collection has its own words");
    assert_eq!((set.searched.newest, set.searched.known_missing.len()), (None, 0));
    question.collections = vec![name("legal-zh")];
    question.as_of = date!(2020 - 01 - 01);
    let set = engine.retrieve(&question).await.expect("it answers");
    assert_eq!(set.searched.newest, Some(date!(1999 - 10 - 01)), "the newest of what governed then");
}

#[tokio::test]
async fn traditional_questions_find_simplified_text() {
    let engine = Bench::new().await.followed().await;
    assert_eq!(ask(&engine, &query("離婚後子女撫養費由誰負擔？")).await[0], "民法典 第一千零八十五条");
}

#[tokio::test]
async fn drug_names_and_decimals_are_found_whole() {
    let engine = Bench::new().await.followed().await;
    assert_eq!(ask(&engine, &query("二甲双胍")).await, ["metformin 禁忌", "metformin 用法用量"]);
    assert_eq!(ask(&engine, &query("７.８mmol/L")).await, ["metformin 用法用量"]);
    assert!(ask(&engine, &query("8mmol")).await.is_empty(), "a piece of a number is no word");
}

#[tokio::test]
async fn english_inflection_does_not_matter() {
    let engine = Bench::new().await.followed().await;
    assert_eq!(ask(&engine, &query("Who must be notified of breaches?")).await[0], "gdpr Art. 33");
}

#[tokio::test]
async fn repealed_text_is_used_only_for_its_time_or_when_asked_for() {
    let engine = Bench::new().await.followed().await;
    let mut question = query("租赁合同");
    assert_eq!(ask(&engine, &question).await, ["民法典 第七百零三条"]);
    question.as_of = date!(2020 - 12 - 31);
    assert_eq!(ask(&engine, &question).await[0], "合同法 第二百一十二条");
    question.as_of = date!(1999 - 09 - 30);
    assert!(ask(&engine, &question).await.is_empty());
    question.statuses = Some(vec![DocStatus::Repealed]);
    assert_eq!(ask(&engine, &question).await[0], "合同法 第二百一十二条", "asked for by name, whatever the day");
}

#[tokio::test]
async fn equal_texts_appear_once() {
    let engine = Bench::new().await.followed().await;
    let mut question = query("租赁合同是出租人将租赁物交付承租人");
    question.statuses = Some(DocStatus::ALL.to_vec());
    let found = ask(&engine, &question).await;
    assert_eq!(
        found.iter().filter(|place| place.contains("第七百零三条") || place.contains("第二百一十二条")).count(),
        1
    );
}

#[tokio::test]
async fn collections_and_language_are_filters() {
    let engine = Bench::new().await.followed().await;
    let mut question = query("借款 personal data");
    question.lang = Some(Lang::En);
    assert!(ask(&engine, &question).await.iter().all(|place| place.starts_with("gdpr")));
    question.lang = None;
    question.collections = vec![name("medical-zh")];
    assert!(ask(&engine, &question).await.is_empty());
    question.collections = vec![name("legal-zh"), name("legal-en")];
    let found = ask(&engine, &question).await;
    assert!(found.iter().any(|p| p.starts_with("gdpr")) && found.iter().any(|p| p.starts_with("民法典")));
    question.collections = vec![name("nowhere")];
    assert!(matches!(engine.retrieve(&question).await, Err(RetrieveError::UnknownCollection(n)) if n == "nowhere"));
}

#[tokio::test]
async fn bad_questions_are_errors_and_strange_ones_are_not() {
    let engine = Bench::new().await.followed().await;
    assert!(matches!(engine.retrieve(&query(" \n　")).await, Err(RetrieveError::EmptyQuery)));
    let long = "法".repeat(LONGEST_QUERY);
    assert!(matches!(engine.retrieve(&query(&long)).await, Err(RetrieveError::QueryTooLong { .. })));
    for strange in ["?", "《》", "第条", "\u{0}\u{fffd}", "的", "🙂", "AND OR NOT \" ( *", &"借款 ".repeat(2_000)]
    {
        engine.retrieve(&query(strange)).await.expect("nothing found is an empty set");
    }
    let mut none = query("借款");
    none.limit = 0;
    assert!(engine.retrieve(&none).await.expect("it answers").is_empty());
}

#[tokio::test]
async fn deleted_and_replaced_documents_leave_the_search() {
    let bench = Bench::new().await;
    let engine = bench.followed().await;
    assert!(bench.store.delete_document(&name("legal-en"), "gdpr").await.expect("it is there"));
    let mut changed = civil_code();
    changed.document.meta.note = Some("a new state".to_owned());
    changed.content_hash.push('x');
    bench.store.put_document(&name("legal-zh"), &changed).await.expect("it is good");
    engine.follow().await.expect("it follows");
    assert!(ask(&engine, &query("personal data breach")).await.is_empty());
    let set = engine.retrieve(&query("借款")).await.expect("it answers");
    let versions: Vec<i64> = set.items().iter().map(|e| e.chunk.version.0).collect();
    assert_eq!(versions, [5, 5], "only the new version");
    bench.store.delete_collection(&name("legal-zh")).await.expect("it is there");
    engine.follow().await.expect("it follows");
    assert!(ask(&engine, &query("借款")).await.is_empty());
    let status = engine.status().await.expect("it is fine");
    assert_eq!((status.chunks, status.lexical_position), (2, status.log_position));
}

/// Everything that a question brings up, with scores.
async fn state(engine: &Engine) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for text in ["借款 返还", "租赁合同", "personal data", "二甲双胍 肾功能"] {
        let set = engine.retrieve(&query(text)).await.expect("it answers");
        all.extend(set.items().iter().map(|e| (e.chunk.text.clone(), format!("{:.4}", e.score))));
    }
    all
}

#[tokio::test]
async fn a_process_that_died_goes_on_where_the_last_commit_was() {
    let bench = Bench::new().await;
    let undisturbed = {
        let other = tempfile::tempdir().expect("a folder");
        let engine = Engine::open(bench.store.clone(), None, other.path(), Options::default()).await.expect("it opens");
        engine.follow().await.expect("it follows");
        state(&engine).await
    };
    {
        // Half of the log is written but never committed, as after a kill.
        let index = lexical::LexicalIndex::open(&bench.home.path().join("lexical")).expect("it opens");
        let mut writing = index.write().expect("it works").expect("nobody else writes");
        for change in bench.store.changes_after(0, 2).await.expect("they are there") {
            for chunk in bench.store.chunks_of(change.version).await.expect("they are there") {
                writing.add(&chunk).expect("it is taken");
            }
        }
    }
    let engine = bench.followed().await;
    assert_eq!(state(&engine).await, undisturbed);
    drop(engine);
    // Killed between two commits: the second start indexes only what is missing.
    bench.store.put_document(&name("legal-en"), &prepared(
        meta("ccpa", "California Consumer Privacy Act", DocStatus::InForce, None, None),
        &[("§ 1798.105", "A consumer shall have the right to request that a business delete any personal information about the consumer.")],
    )).await.expect("it is good");
    let engine = bench.followed().await;
    assert_eq!(ask(&engine, &query("consumer delete personal information")).await[0], "ccpa § 1798.105");
    let status = engine.status().await.expect("it is fine");
    assert_eq!((status.chunks, status.lexical_position), (11, 5));
}

#[tokio::test]
async fn a_damaged_missing_or_foreign_index_is_made_anew() {
    let bench = Bench::new().await;
    let whole = state(&bench.followed().await).await;
    let path = bench.home.path().join("lexical");
    let files = || fs::read_dir(&path).expect("it is there").flatten().map(|entry| entry.path());
    // A cut file.
    let largest = files().max_by_key(|file| fs::metadata(file).map_or(0, |m| m.len())).expect("there are files");
    let bytes = fs::read(&largest).expect("it reads");
    fs::write(&largest, &bytes[..bytes.len() / 2]).expect("it is cut");
    assert_eq!(state(&bench.followed().await).await, whole);
    // A flipped byte.
    let largest = files().filter(|f| f.extension().is_some_and(|e| e == "term")).max().expect("there are terms");
    let mut bytes = fs::read(&largest).expect("it reads");
    bytes[3] ^= 0xff;
    fs::write(&largest, bytes).expect("it is written");
    assert_eq!(state(&bench.followed().await).await, whole);
    // No meta.json, rubbish in it, no folder.
    fs::remove_file(path.join("meta.json")).expect("it was there");
    assert_eq!(state(&bench.followed().await).await, whole);
    fs::write(path.join("meta.json"), "{").expect("it is written");
    assert_eq!(state(&bench.followed().await).await, whole);
    fs::remove_dir_all(&path).expect("it was there");
    assert_eq!(state(&bench.followed().await).await, whole);
    // Another store under the same index.
    let store = Arc::new(SqliteStore::open_in_memory().await.expect("it opens"));
    let collection = Collection { name: name("other"), title: "Other".to_owned(), domain: Domain::General };
    store.create_collection(&collection).await.expect("it is new");
    store.put_document(&collection.name, &gdpr()).await.expect("it is good");
    let engine = Engine::open(store, None, bench.home.path(), Options::default()).await.expect("it opens");
    engine.follow().await.expect("it follows");
    assert!(ask(&engine, &query("借款")).await.is_empty());
    assert_eq!(ask(&engine, &query("erasure")).await, ["gdpr Art. 17"]);
}

#[tokio::test]
async fn rebuilding_changes_nothing() {
    let bench = Bench::new().await;
    let engine = bench.followed().await;
    let before = state(&engine).await;
    assert!(before.len() > 5);
    engine.rebuild().await.expect("it rebuilds");
    assert_eq!(state(&engine).await, before);
}

#[tokio::test]
async fn a_second_process_reads_along() {
    let bench = Bench::new().await;
    let writer = bench.followed().await;
    let reader = bench.open().await;
    let index = lexical::LexicalIndex::open(&bench.home.path().join("lexical")).expect("it opens");
    let held = index.write().expect("it works").expect("nobody else writes");
    assert!(bench.store.delete_document(&name("legal-en"), "gdpr").await.expect("it is there"));
    reader.follow().await.expect("it follows as far as it can");
    assert!(
        ask(&reader, &query("personal data")).await.is_empty(),
        "what was deleted is gone even before the index follows"
    );
    drop(held);
    writer.follow().await.expect("it follows");
    reader.follow().await.expect("it follows");
    let status = reader.status().await.expect("it is fine");
    assert_eq!((status.chunks, status.lexical_position), (8, 5));
}

#[tokio::test]
async fn everyday_words_reach_the_words_of_the_statute() {
    let engine = Bench::new().await.followed().await;
    assert_eq!(ask(&engine, &query("房东")).await[0], "民法典 第七百零三条");
    assert_eq!(ask(&engine, &query("What happens after a data leak?")).await[0], "gdpr Art. 33");
}

#[tokio::test]
async fn the_real_store_gives_what_the_one_in_memory_gives() {
    let bench = Bench::new().await;
    let expected = state(&bench.followed().await).await;
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("attest.db");
    {
        let store = Arc::new(SqliteStore::open(&file).await.expect("it opens"));
        for collection in bench.store.collections().await.expect("they are there") {
            store.create_collection(&collection).await.expect("it is new");
        }
        store.put_documents(&name("legal-zh"), &[civil_code(), contract_law()]).await.expect("they are good");
        let engine = Engine::open(store.clone(), None, home.path(), Options::default()).await.expect("it opens");
        engine.follow().await.expect("it follows");
        store.put_documents(&name("legal-en"), &[gdpr()]).await.expect("it is good");
        // The rest is for the next start.
        store.put_documents(&name("medical-zh"), &[drugs()]).await.expect("it is good");
    }
    let store = Arc::new(SqliteStore::open(&file).await.expect("it opens"));
    let engine = Engine::open(store.clone(), None, home.path(), Options::default()).await.expect("it opens");
    engine.follow().await.expect("it follows");
    assert_eq!(state(&engine).await, expected);
    store.delete_collection(&name("legal-zh")).await.expect("it is there");
    engine.follow().await.expect("it follows");
    assert!(ask(&engine, &query("借款")).await.is_empty());
    drop(engine);
    let engine = Engine::open(store, None, home.path(), Options::default()).await.expect("it opens");
    engine.follow().await.expect("it follows");
    let status = engine.status().await.expect("it is fine");
    assert_eq!((status.chunks, status.lexical_position), (4, status.log_position));
}

#[tokio::test]
async fn reprints_are_one_origin_and_what_says_otherwise_is_none() {
    let bench = Bench::new().await;
    let rule = "承租人应当在租赁期限届满后十五日内将租赁物返还出租人，并结清租金。";
    for (key, authority, text) in [
        ("网站转载", 9, rule.to_owned()),
        ("公报", 2, format!("{rule}（完）")),
        ("汇编", 5, rule.replace('，', ",")),
        ("误印", 9, rule.replace("十五", "三十")),
    ] {
        let mut meta = meta(key, key, DocStatus::InForce, None, None);
        meta.authority = authority;
        bench.store.put_document(&name("legal-zh"), &prepared(meta, &[("一", &text)])).await.expect("it is good");
    }
    let engine = bench.followed().await;
    let set = engine.retrieve(&query("租赁期限届满后租赁物何时返还出租人并结清租金")).await.expect("it answers");
    let (reprinted, other) = (&set.items()[0], &set.items()[1]);
    assert_eq!((reprinted.meta.key.as_str(), other.meta.key.as_str()), ("公报", "误印"));
    let mut copies: Vec<&str> = reprinted.copies.iter().map(|copy| copy.key.as_str()).collect();
    copies.sort_unstable();
    assert_eq!((copies, other.copies.len()), (vec!["汇编", "网站转载"], 0));
    assert_ne!(reprinted.origin, other.origin);
    // One more after a start, in an index that was written by another process: it has the origin of the first.
    let origin = reprinted.origin;
    drop(engine);
    let last = meta("剪报", "剪报", DocStatus::InForce, None, None);
    bench
        .store
        .put_document(&name("legal-zh"), &prepared(last, &[("一", &format!("{rule}（转载）"))]))
        .await
        .expect("good");
    let engine = bench.followed().await;
    let mut alone = query("租赁期限届满后租赁物何时返还出租人并结清租金");
    alone.limit = 1;
    let set = engine.retrieve(&alone).await.expect("it answers");
    let found = &set.items()[0];
    assert_eq!((found.origin, found.copies.len()), (origin, 3));
}
