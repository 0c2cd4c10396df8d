//! A language model as judge, on the real starter models.

use attest::{
    domain::text::Lang,
    llama::{GeneratorOptions, LlamaGenerator, ModelOptions},
    ports::{Generator, Judge, ModelError, Priority},
};

use crate::support::starter_model;

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
    let wrong =
        attest::llama::LlamaJudge::open(GeneratorOptions::new(ModelOptions::new(embedder.identity(), &embedder.path)));
    assert!(matches!(wrong.err(), Some(ModelError::WrongJob { job: "judge", .. })));
}
