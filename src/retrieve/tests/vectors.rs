//! The engine with an embedder: one that puts texts with the same characters near each other.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;

use super::*;
use crate::{
    domain::{answer::ModelIdentity, document::ChunkId},
    ports::{EmbedKind, Embedder, ModelError, Priority, Reranker, StoredChunk},
    text::words::bigrams,
};

const DIMENSIONS: usize = 64;

struct Characters {
    identity: ModelIdentity,
    calls: AtomicUsize,
    broken: bool,
}

impl Characters {
    fn new(broken: bool) -> Arc<Self> {
        let identity = ModelIdentity { name: "characters".to_owned(), sha256: String::new() };
        Arc::new(Self { identity, calls: AtomicUsize::new(0), broken })
    }

    fn vector(text: &str) -> Vec<f32> {
        let mut vector = vec![0.01; DIMENSIONS];
        for pair in bigrams(text) {
            let hash = blake3::hash(pair.text.as_bytes());
            vector[usize::from(hash.as_bytes()[0]) % DIMENSIONS] += 1.0;
        }
        vector
    }
}

#[async_trait]
impl Embedder for Characters {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        512
    }

    async fn embed(&self, _: EmbedKind, texts: &[String], _: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.broken {
            return Err(ModelError::Busy { job: "embedder", waiting: 9, retry_after_s: 2 });
        }
        Ok(texts.iter().map(|text| Self::vector(text)).collect())
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(text.chars().count())
    }
}

async fn fill(bench: &Bench, limit: u32) {
    let missing: Vec<StoredChunk> = bench.store.chunks_without_vector("characters", limit).await.expect("it reads");
    let vectors: Vec<(ChunkId, Vec<f32>)> =
        missing.iter().map(|stored| (stored.chunk.id, Characters::vector(&passage_text(stored)))).collect();
    bench.store.put_vectors("characters", &vectors).await.expect("it writes");
}

async fn open(bench: &Bench, embedder: &Arc<Characters>, options: Options) -> Engine {
    let (store, embedder): (Arc<dyn Store>, Arc<dyn Embedder>) = (bench.store.clone(), embedder.clone());
    let engine = Engine::open(store, Some(embedder), bench.home.path(), options).await.expect("it opens");
    engine.follow().await.expect("it follows");
    engine
}

#[tokio::test]
async fn meaning_finds_what_words_do_not_and_fusion_holds_both() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let engine = open(&bench, &Characters::new(false), Options::default()).await;
    let mut question = query("抚养费由谁负担");
    question.switches.lexical = false;
    let set = engine.retrieve(&question).await.expect("it answers");
    assert_eq!(places(&set)[0], "民法典 第一千零八十五条");
    assert_eq!((set.searched.vectors_permille, set.searched.chunks), (1000, 10));
    let signals = set.items()[0].signals;
    assert_eq!((signals.vector_rank, signals.lexical_rank), (Some(1), None));
    assert!(signals.cosine.is_some_and(|cosine| cosine > 0.2 && cosine <= 1.0));
    assert!(set.items().iter().all(|e| e.meta.key != "合同法"), "filters hold for vectors too");
    question.switches.lexical = true;
    let fused = engine.retrieve(&question).await.expect("it answers");
    let signals = fused.items()[0].signals;
    assert_eq!((signals.vector_rank, signals.lexical_rank), (Some(1), Some(1)));
    assert!((fused.items()[0].score - 1.0).abs() < 1e-5);
    assert!(fused.items().iter().all(|e| e.signals.cosine.is_some()));
}

#[tokio::test]
async fn it_answers_before_every_vector_is_there_and_says_so() {
    let bench = Bench::new().await;
    let embedder = Characters::new(false);
    let engine = open(&bench, &embedder, Options::default()).await;
    let set = engine.retrieve(&query("借款期限")).await.expect("it answers");
    assert_eq!((set.searched.vectors_permille, places(&set)[0].as_str()), (0, "民法典 第六百七十五条"));
    assert_eq!(embedder.calls.load(Ordering::Relaxed), 0, "nothing to compare with");
    // Ranked by nearness, the few that have vectors would come first, whatever they say.
    fill(&bench, 4).await;
    engine.follow().await.expect("it follows");
    let set = engine.retrieve(&query("借款期限")).await.expect("it answers");
    assert_eq!((set.searched.vectors_permille, places(&set)[0].as_str()), (400, "民法典 第六百七十五条"));
    assert!(set.items().iter().all(|e| e.signals.vector_rank.is_none()));
    assert_eq!(embedder.calls.load(Ordering::Relaxed), 0, "less than half is not asked");
    fill(&bench, 1).await;
    engine.follow().await.expect("it follows");
    let set = engine.retrieve(&query("借款期限")).await.expect("it answers");
    assert_eq!(set.searched.vectors_permille, 500);
    assert_eq!(places(&set)[0], "民法典 第六百七十五条");
    fill(&bench, 100).await;
    engine.follow().await.expect("it follows");
    let status = engine.status().await.expect("it is fine");
    assert_eq!((status.chunks, status.vectors), (10, 10));
}

#[tokio::test]
async fn an_adapter_moves_the_ranking_and_leaves_the_cosine() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let plain = open(&bench, &Characters::new(false), Options::default()).await;
    let mut question = query("抚养费由谁负担");
    question.switches.lexical = false;
    let before = plain.retrieve(&question).await.expect("it answers");
    let (first, last) = (&before.items()[0], &before.items()[before.len() - 1]);
    drop(plain);
    // Whatever is asked, it looks for the passage that came last.
    let zero = vec![vec![0.0; DIMENSIONS]; DIMENSIONS];
    let wanted = bench.store.chunks(&[last.chunk.id]).await.expect("it reads").remove(0);
    let adapter = QueryAdapter::of(zero, Characters::vector(&passage_text(&wanted)));
    let engine = open(&bench, &Characters::new(false), Options::default()).await.with_query_adapter(Some(adapter));
    let after = engine.retrieve(&question).await.expect("it answers");
    assert_eq!(after.items()[0].chunk.id, last.chunk.id);
    for (of, name) in [(first, "first"), (last, "last")] {
        let same = after.items().iter().find(|e| e.chunk.id == of.chunk.id).expect("all are found");
        assert_eq!(same.signals.cosine, of.signals.cosine, "{name}");
    }
}

#[tokio::test]
async fn a_failing_embedder_is_an_error_unless_vectors_are_off() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let engine = open(&bench, &Characters::new(true), Options::default()).await;
    let mut question = query("借款期限");
    let failed = engine.retrieve(&question).await;
    assert!(matches!(failed, Err(RetrieveError::Model(ModelError::Busy { .. }))));
    question.switches.vector = false;
    assert_eq!(ask(&engine, &question).await[0], "民法典 第六百七十五条");
}

#[tokio::test]
async fn vectors_of_deleted_documents_are_gone_and_a_restart_finds_the_rest() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let embedder = Characters::new(false);
    let engine = open(&bench, &embedder, Options::default()).await;
    bench.store.delete_document(&name("legal-zh"), "民法典").await.expect("it is there");
    engine.follow().await.expect("it follows");
    let mut question = query("抚养费由谁负担");
    question.switches.lexical = false;
    let before = ask(&engine, &question).await;
    assert!(before.iter().all(|place| !place.starts_with("民法典")) && !before.is_empty());
    drop(engine);
    let engine = open(&bench, &embedder, Options::default()).await;
    assert_eq!(ask(&engine, &question).await, before);
    assert_eq!(engine.status().await.expect("it is fine").vectors, 6);
}

#[tokio::test]
async fn graphs_take_over_in_the_background() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let engine = open(&bench, &Characters::new(false), Options { segment: 5, ..Options::default() }).await;
    for _ in 0..200 {
        if !engine.drawing.load(Ordering::Acquire) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(engine.read_vectors().blueprint().is_none(), "the graphs are there");
    let mut question = query("抚养费由谁负担");
    question.switches.lexical = false;
    assert_eq!(ask(&engine, &question).await[0], "民法典 第一千零八十五条");
}

/// Likes passages that hold a word.
struct Likes(ModelIdentity, &'static str);

#[async_trait]
impl Reranker for Likes {
    fn identity(&self) -> &ModelIdentity {
        &self.0
    }

    async fn scores(&self, _: &str, passages: &[String], _: Priority) -> Result<Vec<f32>, ModelError> {
        Ok(passages.iter().map(|passage| if passage.contains(self.1) { 0.9 } else { 0.1 }).collect())
    }
}

#[tokio::test]
async fn a_reranker_takes_a_second_look_unless_it_is_off() {
    let bench = Bench::new().await;
    fill(&bench, 100).await;
    let identity = ModelIdentity { name: "likes".to_owned(), sha256: String::new() };
    let likes: Arc<dyn Reranker> = Arc::new(Likes(identity, "逾期利息"));
    let engine = open(&bench, &Characters::new(false), Options::default()).await.with_reranker(Some(likes));
    assert_eq!(engine.reranker().map(|model| model.name.as_str()), Some("likes"));
    let mut question = query("借款期限没有约定");
    question.switches.rerank = false;
    let before = engine.retrieve(&question).await.expect("it answers");
    assert_eq!(places(&before)[0], "民法典 第六百七十五条");
    assert!(before.items().iter().all(|item| item.signals.relevance.is_none()));
    question.switches.rerank = true;
    question.limit = 1;
    let after = engine.retrieve(&question).await.expect("it answers");
    assert_eq!((places(&after)[0].as_str(), after.len()), ("民法典 第六百七十六条", 1), "it was beyond the limit");
    assert_eq!(after.items()[0].signals.relevance, Some(0.9));
    // What the question names stays in front, whatever the second look says.
    question.text = "民法典第七百零三条 借款期限".to_owned();
    assert_eq!(ask(&engine, &question).await[0], "民法典 第七百零三条");
}
