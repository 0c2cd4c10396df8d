//! The plumbing of the pipeline, on fakes. What an answer is worth is shown on real models elsewhere.

#[path = "injection_tests.rs"]
mod injection;

use std::sync::Arc;

use async_trait::async_trait;
use time::{
    OffsetDateTime,
    macros::{date, datetime},
};
use tokio::sync::mpsc;

use super::{AnswerEvent, Ask, Pipeline, sufficiency::Gate};
use crate::{
    domain::{
        answer::{AbstentionReason, Answer, Mode, Outcome},
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Query, Searched, Signals},
        policy::Shown,
        text::{Lang, Span},
        verdict::{Missing, Verdict},
    },
    draft::quote::Limits,
    ports::{Clock, Generator, IndexStatus, Prompt, RetrieveError, Retriever, Sampling, Thinking},
    testing::FakeGenerator,
    verify::{Cascade, Thresholds},
};

const ARTICLE: &str = "借款人应当按照约定的期限返还借款。对借款期限没有约定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。";

struct Shelf(Result<Vec<&'static str>, ()>);

#[async_trait]
impl Retriever for Shelf {
    async fn retrieve(&self, _: &Query) -> Result<EvidenceSet, RetrieveError> {
        let Ok(texts) = &self.0 else {
            return Err(RetrieveError::Index { index: "lexical", problem: "gone".to_owned() });
        };
        let items = (0_u32..).zip(texts).map(|(at, text)| evidence(at, text)).collect();
        let collections = vec![CollectionName::constant("legal-zh")];
        Ok(EvidenceSet::number(
            items,
            Searched {
                known_missing: vec![(collections[0].clone(), "地方性法规。".to_owned())],
                collections,
                chunks: 4766,
                vectors_permille: 1000,
                index_position: 7,
                newest: Some(date!(2026 - 08 - 28)),
                ..Searched::default()
            },
        ))
    }

    async fn status(&self) -> Result<IndexStatus, RetrieveError> {
        Ok(IndexStatus::default())
    }
}

/// A chunk that starts at byte 100 of its document and is named by the question.
fn evidence(at: u32, text: &str) -> Evidence {
    Evidence {
        score: 1.0,
        signals: Signals { direct: true, ..Signals::default() },
        ..Evidence::of(
            CollectionName::constant("legal-zh"),
            Arc::new(DocumentMeta::plain("law-zh/x", "民法典", Lang::Zh, Domain::Legal)),
            Chunk {
                id: ChunkId(i64::from(at)),
                version: VersionId(1),
                ordinal: at,
                locator: "第六百七十五条".to_owned(),
                path: Vec::new(),
                page: None,
                span: Span::new(100, 100 + text.len()),
                text: text.to_owned(),
            },
        )
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-01-02 12:00 UTC)
    }

    fn new_id(&self) -> String {
        "id-1".to_owned()
    }
}

fn pipeline(shelf: Shelf, script: &str) -> Pipeline {
    told(shelf, FakeGenerator::new([script]))
}

fn told(shelf: Shelf, generator: FakeGenerator) -> Pipeline {
    Pipeline {
        retriever: Arc::new(shelf),
        embedder: None,
        generator: Some(Arc::new(generator)),
        verifier: Arc::new(Cascade::new(None, Thresholds::default())),
        clock: Arc::new(Noon),
        gate: Gate::default(),
        limits: Limits::default(),
        sampling: Sampling::default(),
        unguarded: false,
    }
}

fn ask(mode: Mode) -> Ask {
    let question = "《民法典》第六百七十五条怎么规定？".to_owned();
    Ask { question, earlier: Vec::new(), collections: Vec::new(), mode, as_of: None, domain: Domain::Legal, lang: None }
}

#[tokio::test]
async fn a_reasoning_model_thinks_once_and_nobody_hears_it() {
    let thought = "用户问期限；来源一说没有约定的随时返还。借款人应当支付九百元。";
    let generator = Arc::new(FakeGenerator::new([thought, WHOLE, ""]).thinking(20));
    let mut pipeline = told(Shelf(Ok(vec![ARTICLE])), FakeGenerator::new([""]));
    pipeline.generator = Some(Arc::clone(&generator) as Arc<dyn Generator>);
    let answer = pipeline.answer(&ask(Mode::Grounded), None).await.expect("it answers");
    let thought: String = thought.chars().take(20).collect();
    let asked: Vec<_> = generator.asked().into_iter().map(|asked| (asked.thinking, asked.opening.is_empty())).collect();
    let done = || Thinking::Done(thought.clone());
    assert_eq!(asked[..3], [(Thinking::Aloud, true), (done(), true), (done(), false)]);
    assert!(!answer.text.as_str().contains("用户问") && answer.sentences.len() == 1, "{:?}", answer.text);
    assert_eq!(answer.provenance.writing.map(|writing| (writing.thinking_tokens, writing.kept)), Some((20, 1)));
}

#[tokio::test]
async fn a_strict_answer_is_the_source_byte_for_byte() {
    let pipeline = pipeline(Shelf(Ok(vec![ARTICLE])), "");
    let answer = pipeline.answer(&ask(Mode::Strict), None).await.expect("the fakes do not fail");
    assert_eq!(answer.outcome, Outcome::Answered);
    assert!(answer.sentences.len() >= 2, "one for each sentence of the article");
    let document = format!("{}{ARTICLE}", " ".repeat(100));
    for sentence in &answer.sentences {
        let citation = sentence.judgement.verdict.citations()[0];
        assert_eq!(citation.span.of(&document), Some(citation.quote.as_str()));
        assert_eq!(sentence.span.of(answer.text.as_str()), Some(sentence.judgement.claim.text.as_str()));
    }
    assert_eq!((answer.provenance.index_position, answer.provenance.as_of), (7, time::macros::date!(2026 - 01 - 02)));
}

#[tokio::test]
async fn a_failure_of_the_search_is_an_error_and_nothing_found_an_abstention() {
    let failed = pipeline(Shelf(Err(())), "").answer(&ask(Mode::Strict), None).await;
    assert!(failed.is_err(), "a failure must never look like an empty knowledge base");
    let empty =
        pipeline(Shelf(Ok(vec![])), "").answer(&ask(Mode::Strict), None).await.expect("nothing found is no error");
    let Outcome::Abstained(abstention) = empty.outcome else { panic!("nothing can be answered from nothing") };
    assert_eq!(abstention.reason, AbstentionReason::NothingFound);
    let told =
        "Searched: legal-zh (4766 passages; newest text of 2026-08-28). Known to be missing from legal-zh: 地方性法规.";
    assert!(abstention.message.en.ends_with(told), "{}", abstention.message.en);
    let told = "已检索：legal-zh（4766 个片段，最新文本的日期为 2026-08-28）。已知 legal-zh 缺少：地方性法规。";
    assert!(abstention.message.zh.ends_with(told), "{}", abstention.message.zh);
}

const FIRST: &str = "借款人应当按照约定的期限返还借款。";
const WHOLE: &str = "借款人应当按照约定的期限返还借款。[1]\n";
const CLAUSE: &str = "对借款期限没有约定的，借款人可以随时返还。[1]\n";
const INVENTED: &str = "借款人应当支付百分之五的违约金。[1]\n";

/// Everything a listener was told, by name, index and what of it may be shown.
async fn events(pipeline: &Pipeline) -> (Answer, Vec<(&'static str, usize, String)>) {
    let (sender, mut receiver) = mpsc::channel(100);
    let answer = pipeline.answer(&ask(Mode::Grounded), Some(&sender)).await.expect("the fakes do not fail");
    drop(sender);
    let mut events = Vec::new();
    while let Some(event) = receiver.recv().await {
        match event {
            AnswerEvent::Sentence { index, text, .. } => events.push(("sentence", index, text)),
            AnswerEvent::Revised { index, text, revision, .. } => events.push((revision.code(), index, text)),
            _ => {}
        }
    }
    (answer, events)
}

fn counts(answer: &Answer) -> (usize, usize, usize, usize, usize) {
    let w = answer.provenance.writing.expect("a generator wrote");
    (w.kept, w.repaired, w.quoted, w.dropped, w.retries)
}

#[tokio::test]
async fn sentences_that_pass_are_told_one_by_one() {
    let pipeline = told(Shelf(Ok(vec![ARTICLE])), FakeGenerator::new([WHOLE, CLAUSE, ""]));
    let (answer, events) = events(&pipeline).await;
    assert_eq!(counts(&answer), (2, 0, 0, 0, 0));
    assert_eq!(events[0], ("sentence", 0, FIRST.to_owned()));
    assert_eq!((events.len(), events[1].0, events[1].1), (2, "sentence", 1));
    assert!(answer.text.as_str().starts_with("借款人应当按照约定的期限返还借款。[1]对借款期限"), "{:?}", answer.text);
}

#[tokio::test]
async fn a_sentence_that_fails_is_written_again_with_the_passage_at_the_cut() {
    let generator = Arc::new(FakeGenerator::new([WHOLE, INVENTED, CLAUSE, ""]));
    let mut pipeline = pipeline(Shelf(Ok(vec![ARTICLE])), "");
    pipeline.generator = Some(Arc::clone(&generator) as Arc<dyn Generator>);
    let (answer, events) = events(&pipeline).await;
    assert_eq!(counts(&answer), (1, 1, 0, 0, 1));
    let told: Vec<_> = events.iter().map(|(name, index, text)| (*name, *index, text.is_empty())).collect();
    assert_eq!(told, [("sentence", 0, false), ("sentence", 1, true), ("repaired", 1, false)]);
    assert_eq!(answer.sentences.len(), 2, "the failed one gave way");
    let openings: Vec<String> = generator.asked().into_iter().map(|asked| asked.opening).collect();
    assert_eq!(openings[1], WHOLE, "the turn so far");
    assert!(openings[2].starts_with(WHOLE) && openings[2].contains("来源[1]原文：对借款期限"), "{:?}", openings[2]);
    assert!(!openings[3].contains("来源[1]原文"), "the passage leaves the turn again: {:?}", openings[3]);
}

#[tokio::test]
async fn what_cannot_be_repaired_gives_way_to_the_words_of_the_source() {
    let pipeline = told(Shelf(Ok(vec![ARTICLE])), FakeGenerator::new([WHOLE, INVENTED]));
    let (answer, events) = events(&pipeline).await;
    let (kept, _, quoted, _, retries) = counts(&answer);
    assert_eq!((kept, quoted), (1, 1), "{events:?}");
    assert_eq!(answer.provenance.writing.map(|w| w.sources), Some(answer.evidence.len()), "all of them fit");
    assert!((3..=8).contains(&retries), "at most three for a sentence and eight in all: {retries}");
    assert!(!answer.text.as_str().contains("百分之五"));
    assert!(answer.text.as_str().contains("贷款人可以催告借款人在合理期限内返还"), "{:?}", answer.text);
    for sentence in answer.sentences.iter().filter(|s| s.shown != Shown::Withheld) {
        assert!(sentence.judgement.verdict.is_supported());
    }
}

#[tokio::test]
async fn labels_that_do_not_exist_never_reach_the_answer() {
    let pipeline = told(Shelf(Ok(vec![ARTICLE])), FakeGenerator::new(["贷款人可以起诉。[9]\n"]));
    let (answer, events) = events(&pipeline).await;
    assert_eq!(events[0], ("sentence", 0, String::new()), "judged, withheld, told without its text");
    assert!(!answer.text.as_str().contains("[9]") && !answer.text.as_str().contains("起诉"), "{:?}", answer.text);
}

#[tokio::test]
async fn without_repair_what_a_generator_invents_is_withheld_with_its_verdict() {
    let script =
        "对借款期限没有约定的，借款人可以随时返还。[1]\n借款人应当支付百分之五的违约金。[1]\n贷款人可以起诉。[9]\n";
    let mut pipeline = pipeline(Shelf(Ok(vec![ARTICLE])), script);
    pipeline.unguarded = true;
    let answer = pipeline.answer(&ask(Mode::Grounded), None).await.expect("the fakes do not fail");
    let verdicts: Vec<_> = answer.sentences.iter().map(|s| (s.judgement.verdict.code(), s.shown)).collect();
    assert_eq!(verdicts[0], ("supported", Shown::Plain), "{verdicts:?}");
    assert_eq!(verdicts[1].1, Shown::Withheld, "a figure that no source holds: {verdicts:?}");
    assert!(!answer.text.as_str().contains("百分之五"));
    let unknown = &answer.sentences[2].judgement.verdict;
    assert!(
        matches!(unknown, Verdict::Unsupported(Missing::UnknownLabel(label)) if label.contains('9')),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn an_answer_of_inventions_alone_is_an_abstention() {
    let mut pipeline = pipeline(Shelf(Ok(vec![ARTICLE])), "利率不得超过百分之三十六。[1]\n");
    pipeline.unguarded = true;
    let answer = pipeline.answer(&ask(Mode::Grounded), None).await.expect("the fakes do not fail");
    let Outcome::Abstained(abstention) = &answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!(abstention.reason, AbstentionReason::NothingVerified);
    assert_eq!(answer.text.as_str(), "");
    assert_eq!(answer.sentences.len(), 1, "the judgement stays on record");
}

#[tokio::test]
async fn the_language_that_is_asked_for_is_the_language_of_the_answer() {
    let generator = Arc::new(FakeGenerator::new([""]));
    let mut pipeline = pipeline(Shelf(Ok(vec![ARTICLE])), "");
    pipeline.generator = Some(Arc::clone(&generator) as Arc<dyn Generator>);
    let asked = Ask { lang: Some(Lang::En), ..ask(Mode::Grounded) };
    let answer = pipeline.answer(&asked, None).await.expect("the fakes do not fail");
    assert_eq!(answer.lang, Lang::En);
    let Prompt::Chat(messages) = &generator.asked()[0].prompt else { panic!("the fake follows conversations") };
    assert!(messages[0].text.starts_with("Answer the question"), "{}", messages[0].text);
}

#[tokio::test]
async fn a_question_that_leans_on_another_is_read_with_it() {
    let earlier = vec!["借钱没有约定还款时间怎么办？".to_owned()];
    let follow_up = |mode| Ask { question: "那贷款人呢？".to_owned(), earlier: earlier.clone(), ..ask(mode) };
    let joined = "借钱没有约定还款时间怎么办？那贷款人呢？";

    let strict = pipeline(Shelf(Ok(vec![ARTICLE])), "unused");
    let answer = strict.answer(&follow_up(Mode::Strict), None).await.expect("the fakes do not fail");
    assert_eq!((answer.question.as_str(), answer.read_as.as_deref()), ("那贷款人呢？", Some(joined)));
    let alone = strict.answer(&Ask { earlier: earlier.clone(), ..ask(Mode::Strict) }, None).await;
    assert_eq!(alone.expect("the fakes do not fail").read_as, None);

    // A generator may put it better, and may not add to it.
    for (written, read_as) in [
        ("借钱没有约定还款时间，贷款人怎么办？\n解释", "借钱没有约定还款时间，贷款人怎么办？"),
        ("借钱三年没有约定还款时间，贷款人怎么办？", joined),
    ] {
        let generator = Arc::new(FakeGenerator::new([written, ""]));
        let mut grounded = pipeline(Shelf(Ok(vec![ARTICLE])), "");
        grounded.generator = Some(Arc::clone(&generator) as Arc<dyn Generator>);
        let answer = grounded.answer(&follow_up(Mode::Grounded), None).await.expect("the fakes do not fail");
        assert_eq!(answer.read_as.as_deref(), Some(read_as), "{written}");
        let Prompt::Chat(messages) = &generator.asked()[1].prompt else { panic!("the fake follows conversations") };
        assert!(messages[1].text.ends_with(read_as), "{}", messages[1].text);
    }
}
