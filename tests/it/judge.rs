//! A language model as judge, on the real starter models.

use attest::{
    domain::text::Lang,
    llama::{GeneratorOptions, LlamaGenerator, LlamaJudge, ModelOptions, Trained},
    ports::{Generator, Judge, ModelError, Priority},
};

use crate::{program::root, support::starter_model};

const ARTICLE: &str = "第六百七十五条　借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。";

fn generator(name: &str) -> LlamaGenerator {
    let model = starter_model(name);
    let mut options = GeneratorOptions::new(ModelOptions::new(model.identity(), &model.path));
    options.context = 1024;
    LlamaGenerator::open(options).expect("it opens")
}

fn claims() -> Vec<String> {
    [
        "借款人应当按照约定的期限返还借款。",
        "借款期限没有约定的，借款人可以随时返还。",
        "The lender may ask the borrower to repay within a reasonable period.",
        "外观设计专利权的期限为二十年。",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn many_claims_share_the_reading_of_their_evidence() {
    for name in ["smollm2-135m-instruct-q4", "gemma-3-270m-q4"] {
        let generator = generator(name);
        let judge = generator.judge().expect("it has words for yes and no");
        assert_eq!(judge.identity(), generator.identity(), "one model for both");
        let together = judge.judge(ARTICLE, Lang::Zh, &claims(), Priority::Interactive).await.expect("it judges");
        assert!(together.iter().all(|p| (0.0..=1.0).contains(p)), "{together:?}");
        let load = generator.load().expect("it counts");
        let evidence = judge.count_tokens(ARTICLE) as u64;
        assert!(load.reused_tokens >= 3 * evidence, "the evidence has {evidence} tokens: {load:?}");
        assert_eq!((load.finished, load.new_tokens), (4, 0), "weighing writes nothing: {load:?}");
        // One by one they are what they were together, but for rounding.
        for (claim, p) in claims().into_iter().zip(together) {
            let alone = judge
                .judge(ARTICLE, Lang::Zh, std::slice::from_ref(&claim), Priority::Interactive)
                .await
                .expect("it judges");
            assert!((alone[0] - p).abs() < 0.1, "{name}: {claim} {p} {alone:?}");
        }
    }
}

#[tokio::test]
async fn a_judge_says_what_it_cannot_read() {
    let judge = generator("smollm2-135m-instruct-q4").judge().expect("it has words for yes and no");
    assert!(judge.judge(ARTICLE, Lang::Zh, &[], Priority::Interactive).await.expect("nothing is asked").is_empty());
    let long = ARTICLE.repeat(30);
    let refused = judge.judge(&long, Lang::Zh, &claims(), Priority::Interactive).await;
    assert!(matches!(refused, Err(ModelError::TooLong { limit: 1024, .. })), "{refused:?}");
    assert_eq!(judge.room(&long), 0);
    assert!(judge.room("借款人应当返还借款。") > 700);
    let embedder = starter_model("multilingual-e5-small-q4");
    let wrong = LlamaJudge::open(GeneratorOptions::new(ModelOptions::new(embedder.identity(), &embedder.path)));
    assert!(matches!(wrong.err(), Some(ModelError::WrongJob { job: "judge", .. })));
}

/// Evidence, claim, language, and how likely the trained judge finds it borne out, as `training/judge_golden.py` computes
/// it without llama.cpp.
const HEARD: &str = include_str!("../data/judge.jsonl");

const JUDGE: &str = "attest-judge-270m";

/// llama.cpp rounds what goes into a matrix of the 4-bit base to 8 bits.
const ROUNDING: f32 = 0.15;

#[tokio::test]
async fn the_trained_judge_says_what_it_says_in_training() {
    let trained = Trained::read(&root().join("models/judge")).expect("it is whole").expect("it ships");
    let base = starter_model("gemma-3-270m-q4");
    assert_eq!(trained.base.sha256, base.sha256, "the adapter belongs to the packaged model");
    let open = || {
        let mut options = GeneratorOptions::new(ModelOptions::new(base.identity(), &base.path));
        options.context = 512;
        LlamaJudge::trained(trained.clone(), options).expect("it opens")
    };
    let judge = open();
    assert_eq!((judge.identity(), judge.identity().name.as_str()), (&trained.identity(), JUDGE));
    assert_eq!(judge.threshold(Lang::Zh), None, "only a certificate lets it decide");
    let mut sides = [0; 2];
    for line in HEARD.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        let text = |key: &str| row[key].as_str().expect("a text").to_owned();
        let lang = if text("lang") == "zh" { Lang::Zh } else { Lang::En };
        let p =
            judge.judge(&text("evidence"), lang, &[text("claim")], Priority::Interactive).await.expect("it judges")[0];
        let heard: f32 = serde_json::from_value(row["p"].clone()).expect("a number");
        assert!((p - heard).abs() <= ROUNDING, "{line}: {p}");
        sides[usize::from(heard > 0.5)] += 1;
    }
    assert!(sides.iter().all(|n| *n >= 4), "both verdicts are among them: {sides:?}");
    assert_eq!(judge.room(&"word ".repeat(200)), 0, "longer claims were not in its training");
    assert!(judge.room("借款人应当返还借款。") <= 256);
}

#[tokio::test]
async fn an_adapter_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapter = format!("{JUDGE}.gguf");
    for file in ["judge.json", "prompt.txt", &adapter] {
        std::fs::copy(root().join("models/judge").join(file), folder.path().join(file)).expect("it is copied");
    }
    let trained = Trained::read(folder.path()).expect("it is whole").expect("it is there");
    let other = starter_model("smollm2-135m-instruct-q4");
    let refused = LlamaJudge::trained(trained, GeneratorOptions::new(ModelOptions::new(other.identity(), &other.path)));
    let Some(ModelError::BadFile { path, problem }) = refused.err() else { panic!("it was laid over another model") };
    assert!(path.ends_with(&adapter) && problem.contains("does not lay it over"), "{path}: {problem}");
    std::fs::write(folder.path().join(&adapter), b"cut").expect("it is written");
    let refused = Trained::read(folder.path()).expect_err("its hash is another");
    assert!(refused.to_string().contains("another adapter"), "{refused}");
}
