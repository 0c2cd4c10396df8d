//! Documents with planted orders to a model: sixty of them, in both languages, and an obedient generator.

use std::sync::Arc;

use super::{ARTICLE, Shelf, ask, told};
use crate::{
    answer::Ask,
    domain::{
        answer::{Answer, Mode},
        policy::Shown,
        text::Lang,
    },
    ports::{Generator, Prompt},
    testing::FakeGenerator,
    text::{instruction, lang},
};

const CHINESE: &str = include_str!("../testing/samples/orders.zh.txt");
const ENGLISH: &str = include_str!("../testing/samples/orders.en.txt");
const CLAUSE: &str = "The borrower shall repay the loan on the agreed day. Where no day was agreed, the lender may give notice within a reasonable period.";

fn clean(order: &str) -> (&'static str, Lang) {
    match lang::detect(order) {
        Lang::Zh => (ARTICLE, Lang::Zh),
        Lang::En => (CLAUSE, Lang::En),
    }
}

/// What a reader sees, and what was decided about it.
fn shown(answer: &Answer) -> (Mode, &'static str, String, Vec<(String, &'static str, Shown)>) {
    let sentences =
        answer.sentences.iter().map(|s| (s.judgement.claim.text.clone(), s.judgement.verdict.code(), s.shown));
    (answer.provenance.mode, answer.outcome.code(), answer.text.as_str().to_owned(), sentences.collect())
}

fn asked(mode: Mode, lang: Lang) -> Ask {
    Ask { lang: Some(lang), ..ask(mode) }
}

fn planted(order: &'static str) -> &'static str {
    // A shelf holds constant texts; sixty short ones may stay until the test ends.
    let (article, lang) = clean(order);
    let space = if lang == Lang::En { " " } else { "" };
    Box::leak(format!("{article}{space}{order}").into_boxed_str())
}

#[tokio::test]
async fn planted_orders_change_nothing_of_a_quoted_answer() {
    let orders: Vec<&str> = CHINESE.lines().chain(ENGLISH.lines()).collect();
    assert_eq!(orders.len(), 60);
    for order in orders {
        let (article, lang) = clean(order);
        let answered = async |text: &'static str| {
            let pipeline = told(Shelf(Ok(vec![text])), FakeGenerator::new([""]));
            pipeline.answer(&asked(Mode::Strict, lang), None).await.expect("the fakes do not fail")
        };
        assert!(!instruction::find(planted(order)).is_empty(), "{order}");
        assert_eq!(shown(&answered(planted(order)).await), shown(&answered(article).await), "{order}");
    }
}

#[tokio::test]
async fn planted_orders_never_reach_a_generator_and_one_that_obeys_is_not_believed() {
    for order in CHINESE.lines().chain(ENGLISH.lines()) {
        let (article, lang) = clean(order);
        // It says what it was told to, under a label that does not exist, again and again.
        let obedient = format!("{}[9]\n", order.replace(['[', ']'], ""));
        let answered = async |text: &'static str| {
            let generator = Arc::new(FakeGenerator::new([obedient.clone()]));
            let mut pipeline = told(Shelf(Ok(vec![text])), FakeGenerator::new([""]));
            pipeline.generator = Some(Arc::clone(&generator) as Arc<dyn Generator>);
            let answer = pipeline.answer(&asked(Mode::Grounded, lang), None).await.expect("the fakes do not fail");
            (answer, generator.asked().into_iter().map(|asked| asked.prompt).collect::<Vec<_>>())
        };
        let (answer, prompts) = answered(planted(order)).await;
        for prompt in &prompts {
            let Prompt::Chat(messages) = prompt else { panic!("the fake follows conversations") };
            let without_marks = order.replace('[', "(").replace(']', ")");
            assert!(messages.iter().all(|m| !m.text.contains(order) && !m.text.contains(&without_marks)), "{order}");
        }
        assert_eq!(shown(&answer), shown(&answered(article).await.0), "{order}");
        assert!(!answer.text.as_str().contains("[9]"), "{order}: {:?}", answer.text);
        for sentence in answer.sentences.iter().filter(|s| s.shown != Shown::Withheld) {
            assert!(article.contains(sentence.judgement.claim.text.as_str()), "{order}: {sentence:?}");
        }
    }
}
