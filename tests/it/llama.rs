//! Inference on the real starter models.

use std::fs;

use attest::{
    llama::{EmbedderOptions, LlamaEmbedder, ModelOptions, bare_embedding},
    models::Installed,
    ports::{EmbedKind, Embedder, ModelError, Priority},
};

use crate::support::starter_model;

fn e5() -> &'static Installed {
    starter_model("multilingual-e5-small-q4")
}

fn embedder() -> LlamaEmbedder {
    let model = e5();
    let options = EmbedderOptions::new(ModelOptions::new(model.identity(), &model.path));
    LlamaEmbedder::open(options.with_prefixes(&model.query_prefix, &model.passage_prefix)).expect("it opens")
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

const PASSAGES: [&str; 4] = [
    "第六百七十五条　借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。",
    "外观设计专利权的期限为十五年，均自申请日起计算。",
    "In the case of a personal data breach, the controller shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, notify the personal data breach to the supervisory authority.",
    "Metformin is contraindicated in patients with severe renal impairment.",
];

#[tokio::test]
async fn questions_find_their_passages_in_both_languages() {
    let embedder = embedder();
    assert_eq!(embedder.dimensions(), 384);
    let passages = embedder.embed(EmbedKind::Passage, &texts(&PASSAGES), Priority::Bulk).await.expect("it embeds");
    for (question, right) in [
        ("借钱没有约定还款时间怎么办？", 0),
        ("外观设计专利的保护期是多少年？", 1),
        ("Within how many days must a data breach be notified?", 2),
        ("Who must not take metformin?", 3),
    ] {
        let query = embedder.embed(EmbedKind::Query, &texts(&[question]), Priority::Interactive).await;
        let query = query.expect("it embeds").remove(0);
        assert!((cosine(&query, &query) - 1.0).abs() < 1e-5, "the vector has length 1");
        let best = (0..4).max_by(|a, b| cosine(&query, &passages[*a]).total_cmp(&cosine(&query, &passages[*b])));
        assert_eq!(best, Some(right), "{question}");
    }
}

#[tokio::test]
async fn a_vector_does_not_depend_on_its_neighbours() {
    let embedder = embedder();
    let mut all = texts(&PASSAGES);
    all.extend(texts(&["", "法", "a"]));
    all.push("很长的文本，".repeat(2_000));
    let together = embedder.embed(EmbedKind::Passage, &all, Priority::Bulk).await.expect("it embeds");
    for (text, vector) in all.iter().zip(&together) {
        let alone = embedder.embed(EmbedKind::Passage, std::slice::from_ref(text), Priority::Interactive).await;
        let alone = alone.expect("it embeds").remove(0);
        assert!(cosine(&alone, vector) > 0.999, "{:.20}…", text);
    }
    assert!(embedder.embed(EmbedKind::Query, &[], Priority::Bulk).await.expect("nothing is fine").is_empty());
}

#[tokio::test]
async fn full_width_and_half_width_are_the_same_to_it() {
    let pairs = texts(&["ＧＤＰＲ（７２小时），是吗？", "GDPR(72小时),是吗?"]);
    let vectors = embedder().embed(EmbedKind::Query, &pairs, Priority::Interactive).await.expect("it embeds");
    assert!(cosine(&vectors[0], &vectors[1]) > 0.9999);
}

#[tokio::test]
async fn a_full_queue_is_an_error_that_says_when_to_come_back() {
    let model = e5();
    let mut options = ModelOptions::new(model.identity(), &model.path);
    options.queue = 1;
    let embedder = LlamaEmbedder::open(EmbedderOptions::new(options)).expect("it opens");
    let long = vec!["长文本。".repeat(300); 8];
    let asks = (0..6).map(|_| embedder.embed(EmbedKind::Passage, &long, Priority::Bulk));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().any(Result::is_ok));
    let refused = answers.into_iter().filter_map(Result::err).next().expect("one too many");
    assert!(matches!(refused, ModelError::Busy { job: "embedder", retry_after_s: 1.., .. }), "{refused}");
}

#[test]
fn missing_and_truncated_files_are_clear_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = e5();
    let open = |path: &std::path::Path| {
        let options = EmbedderOptions::new(ModelOptions::new(model.identity(), path));
        LlamaEmbedder::open(options).err().expect("it does not open")
    };
    let error = open(&folder.path().join("nothing.gguf"));
    assert!(matches!(&error, ModelError::BadFile { problem, .. } if problem.contains("No such file")), "{error}");
    let whole = fs::read(&model.path).expect("it reads");
    let cut = folder.path().join("cut.gguf");
    for len in [0, 3, 1_000, whole.len() / 2, whole.len() - 4_000] {
        fs::write(&cut, &whole[..len]).expect("it writes");
        let error = open(&cut);
        assert!(matches!(error, ModelError::BadFile { .. }), "{len}: {error}");
    }
    let error = open(&starter_model("smollm2-135m-instruct-q4").path);
    assert!(matches!(&error, ModelError::WrongJob { job: "embedder", .. }), "{error}");
}

/// Figures for a person; `attest bench` prints the same ratio.
#[tokio::test]
#[ignore = "measures speed: run it alone, with --nocapture"]
async fn speed_against_a_bare_loop() {
    let model = e5();
    let passages: Vec<String> = (0..24).map(|i| format!("{i} {}", PASSAGES[i % 4].repeat(1 + i % 3))).collect();
    let embedder = embedder();
    let tokens: usize = passages.iter().map(|p| embedder.count_tokens(p).expect("it counts") + 4).sum();
    for _ in 0..3 {
        let bare = bare_embedding(&ModelOptions::new(model.identity(), &model.path), &passages).expect("it runs");
        let start = std::time::Instant::now();
        embedder.embed(EmbedKind::Passage, &passages, Priority::Bulk).await.expect("it embeds");
        let ours = tokens as f64 / start.elapsed().as_secs_f64();
        println!("bare {:.0} tokens/s, here {ours:.0} tokens/s", bare.tokens_per_second());
    }
    let query = texts(&["借钱没有约定还款时间怎么办？对方一直不还可以起诉吗？"]);
    println!("query of {} tokens", embedder.count_tokens(&query[0]).expect("it counts") + 5);
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = std::time::Instant::now();
        embedder.embed(EmbedKind::Query, &query, Priority::Interactive).await.expect("it embeds");
        times.push(start.elapsed());
    }
    times.sort();
    println!("query latency p50 {:?}, p95 {:?}", times[100], times[190]);
}
