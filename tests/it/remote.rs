//! A generator behind a server: a stand-in that misbehaves on request, and what the answer makes of it.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use attest::{
    answer::{Ask, Pipeline, sufficiency::Gate},
    config::Secret,
    domain::{
        answer::{Answer, Mode, Outcome},
        document::{Chunk, ChunkId, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Query, Searched, Signals},
        policy::Shown,
        text::{Lang, Span},
        verdict::{Missing, Verdict},
    },
    draft::quote::Limits,
    ports::{
        Clock, GenerateRequest, GenerationEvent, Generator, IndexStatus, ModelError, Prompt, RetrieveError, Retriever,
        Sampling, StopReason,
    },
    remote::{Options, RemoteGenerator},
    verify::{Cascade, Thresholds},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::datetime};

use crate::program::{attest, root};

const ARTICLE: &str = "借款人应当按照约定的期限返还借款。对借款期限没有约定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。";

/// What the server does with one request.
#[derive(Clone)]
enum Turn {
    Say(&'static str),
    /// Its thoughts first, in a field of their own.
    Think(&'static str, &'static str),
    Status(u16, Option<u32>),
    /// Says the beginning and nothing more.
    Stall(&'static str),
    /// Says the beginning and breaks off in the middle of an event.
    Half(&'static str),
}

struct StandIn {
    turns: Mutex<VecDeque<Turn>>,
    asked: Mutex<Vec<(Value, Option<String>)>>,
    owner: &'static str,
    /// Refuses requests with a grammar.
    no_grammar: bool,
}

impl StandIn {
    async fn start(owner: &'static str, turns: impl IntoIterator<Item = Turn>) -> (Arc<Self>, Options) {
        Self::run(Self {
            turns: Mutex::new(turns.into_iter().collect()),
            asked: Mutex::default(),
            owner,
            no_grammar: false,
        })
        .await
    }

    async fn run(server: Self) -> (Arc<Self>, Options) {
        let server = Arc::new(server);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let app = Router::new()
            .route("/v1/models", get(list))
            .route("/v1/chat/completions", post(complete))
            .with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, app).await });
        (server, quick(&format!("http://{address}/v1")))
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().expect("no poison").iter().map(|(body, _)| body.clone()).collect()
    }
}

/// Patience for tests.
fn quick(address: &str) -> Options {
    let mut options = Options::at(address).expect("an address");
    options.pause = Duration::from_millis(5);
    options.longest_pause = Duration::from_secs(2);
    options.first = Duration::from_secs(20);
    options.stall = Duration::from_millis(300);
    options
}

async fn list(State(server): State<Arc<StandIn>>) -> Json<Value> {
    Json(json!({ "data": [{ "id": "writer", "owned_by": server.owner, "max_model_len": 8192 }] }))
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": delta, "finish_reason": finish }] }))
}

async fn complete(State(server): State<Arc<StandIn>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let key = headers.get("authorization").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let constrained = body.get("grammar").is_some() || body.get("structured_outputs").is_some();
    server.asked.lock().expect("no poison").push((body, key));
    if server.no_grammar && constrained {
        return (StatusCode::BAD_REQUEST, "{\"error\":{\"message\":\"unknown field\"}}").into_response();
    }
    let turn = server.turns.lock().expect("no poison").pop_front();
    let text = |text: &str| {
        // Cut between characters, as servers do.
        let pieces: Vec<char> = text.chars().collect();
        pieces.chunks(3).map(|c| event(&json!({ "content": c.iter().collect::<String>() }), None)).collect::<String>()
    };
    let end = || format!("{}data: [DONE]\n\n", event(&json!({}), Some("stop")));
    let (body, hangs) = match turn.unwrap_or(Turn::Say("")) {
        Turn::Say(said) => (text(said) + &end(), false),
        Turn::Think(thought, said) => {
            (event(&json!({ "reasoning_content": thought }), None) + &text(said) + &end(), false)
        }
        Turn::Status(status, after) => {
            let mut response = StatusCode::from_u16(status).expect("a status").into_response();
            if let Some(after) = after {
                response.headers_mut().insert("retry-after", after.into());
            }
            return response;
        }
        Turn::Stall(said) => (text(said), true),
        Turn::Half(said) => (text(said) + "data: {\"choices\":[{\"del", false),
    };
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    let body = if hangs { Body::from_stream(first.chain(stream::pending())) } else { Body::from_stream(first) };
    ([("content-type", "text/event-stream")], body).into_response()
}

struct Shelf;

#[async_trait]
impl Retriever for Shelf {
    async fn retrieve(&self, _: &Query) -> Result<EvidenceSet, RetrieveError> {
        let evidence = Evidence {
            score: 1.0,
            signals: Signals { direct: true, ..Signals::default() },
            ..Evidence::of(
                "legal-zh".parse().expect("a valid name"),
                Arc::new(DocumentMeta::plain("law-zh/x", "民法典", Lang::Zh, Domain::Legal)),
                Chunk {
                    id: ChunkId(1),
                    version: VersionId(1),
                    ordinal: 0,
                    locator: "第六百七十五条".to_owned(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, ARTICLE.len()),
                    text: ARTICLE.to_owned(),
                },
            )
        };
        let collections = vec!["legal-zh".parse().expect("a valid name")];
        let searched = Searched { collections, chunks: 1, index_position: 1, ..Searched::default() };
        Ok(EvidenceSet::number(vec![evidence], searched))
    }

    async fn status(&self) -> Result<IndexStatus, RetrieveError> {
        Ok(IndexStatus::default())
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

async fn answer(options: Options, mode: Mode) -> Result<Answer, String> {
    let generator = RemoteGenerator::open(options).expect("it opens");
    let pipeline = Pipeline {
        retriever: Arc::new(Shelf),
        embedder: None,
        generator: Some(Arc::new(generator)),
        verifier: Arc::new(Cascade::new(None, Thresholds::default())),
        clock: Arc::new(Noon),
        gate: Gate::default(),
        limits: Limits::default(),
        sampling: Sampling::default(),
        unguarded: false,
    };
    let ask = Ask {
        question: "《民法典》第六百七十五条怎么规定？".to_owned(),
        earlier: Vec::new(),
        collections: Vec::new(),
        mode,
        as_of: None,
        domain: Domain::Legal,
        lang: None,
    };
    pipeline.answer(&ask, None).await.map_err(|e| e.to_string())
}

fn request(stop: &[&str]) -> GenerateRequest {
    let stop = stop.iter().map(|s| (*s).to_owned()).collect();
    GenerateRequest { stop, ..GenerateRequest::free(Prompt::Raw("go".to_owned()), 50) }
}

/// Text and reason, of a chat that says "go".
async fn written(generator: &RemoteGenerator, stop: &[&str]) -> Result<(String, StopReason), ModelError> {
    let message = attest::ports::ChatMessage { role: attest::ports::Role::User, text: "go".to_owned() };
    let mut stream =
        generator.generate(GenerateRequest { prompt: Prompt::Chat(vec![message]), ..request(stop) }).await?;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event? {
            GenerationEvent::Text(piece) => text.push_str(&piece),
            GenerationEvent::Done { stop, .. } => return Ok((text, stop)),
        }
    }
    panic!("the stream ended without a word")
}

const GOOD: &str = "借款人应当按照约定的期限返还借款。[1]\n";

#[tokio::test]
async fn a_good_stream_is_an_answer_and_the_key_goes_to_the_server_alone() {
    let (server, mut options) = StandIn::start("vllm", [Turn::Think("第十条？", GOOD)]).await;
    options.key = Some(Secret::from("sk-hush".to_owned()));
    let answer = answer(options, Mode::Grounded).await.expect("it answers");
    assert_eq!(answer.outcome, Outcome::Answered);
    assert_eq!(answer.text.as_str(), "借款人应当按照约定的期限返还借款。[1]");
    assert_eq!(answer.provenance.writing.map(|w| (w.kept, w.retries)), Some((1, 0)));
    let generator = answer.provenance.generator.expect("one wrote");
    assert!(generator.name.starts_with("writer at http://127.0.0.1:"), "{}", generator.name);
    let asked = server.asked.lock().expect("no poison");
    assert_eq!(asked[0].1.as_deref(), Some("Bearer sk-hush"));
    let grammar = asked[0].0["structured_outputs"]["grammar"].as_str().expect("a grammar is sent");
    assert!(grammar.contains("label ::= \"[1]\"\n"), "{grammar}");
    assert_eq!(asked[1].0["continue_final_message"], true, "the next sentence goes on behind the first");
}

/// A server that does not know its model's marks sends thoughts as text, with or without the mark that opens them.
#[tokio::test]
async fn thoughts_in_the_text_are_no_answer() {
    for said in [
        "<think>第九百条规定96小时？ [7]</think>借款人应当按照约定的期限返还借款。[1]\n",
        "第九百条规定96小时？ [7]</think>借款人应当按照约定的期限返还借款。[1]\n",
    ] {
        let (_server, options) = StandIn::start("vllm", [Turn::Say(said)]).await;
        let answer = answer(options, Mode::Grounded).await.expect("it answers");
        assert_eq!(answer.text.as_str(), "借款人应当按照约定的期限返还借款。[1]", "{said}");
        assert_eq!(answer.provenance.writing.map(|w| (w.kept, w.retries)), Some((1, 0)), "{said}");
    }
}

#[tokio::test]
async fn an_invented_label_is_caught_and_the_source_takes_its_place() {
    let invented = "借款人应当按照约定的期限返还借款。[7]\n";
    let (server, options) = StandIn::start("vllm", vec![Turn::Say(invented); 4]).await;
    let answer = answer(options, Mode::Grounded).await.expect("it answers");
    assert!(!answer.text.as_str().contains("[7]"), "{}", answer.text.as_str());
    assert!(server.asked().len() >= 4, "it was asked again");
    for sentence in answer.sentences.iter().filter(|s| s.shown != Shown::Withheld) {
        let words = sentence.judgement.claim.text.trim();
        assert!(ARTICLE.contains(words), "{words}");
        assert!(sentence.judgement.verdict.is_supported());
    }
    assert!(answer.provenance.writing.is_some_and(|w| w.kept == 0 && w.quoted == 1), "{:?}", answer.provenance.writing);
}

#[tokio::test]
async fn a_figure_of_its_own_is_never_shown() {
    // Every word but the figure stands in the source, and the label exists.
    let (_, options) = StandIn::start("openai", vec![Turn::Say("借款人应当在30日内返还借款。[1]\n"); 4]).await;
    let answer = answer(options, Mode::Grounded).await.expect("it answers");
    assert!(!answer.text.as_str().contains("30"), "{}", answer.text.as_str());
}

#[tokio::test]
async fn what_is_withheld_says_which_label_was_invented() {
    let (_, options) = StandIn::start("vllm", vec![Turn::Say("房屋应当登记。[9]\n"); 8]).await;
    let answer = answer(options, Mode::Grounded).await.expect("it abstains");
    let withheld = answer.sentences.iter().find(|s| s.shown == Shown::Withheld);
    if let Some(sentence) = withheld {
        let Verdict::Unsupported(Missing::UnknownLabel(label)) = &sentence.judgement.verdict else {
            panic!("{:?}", sentence.judgement.verdict)
        };
        assert_eq!(label, "[9]");
    }
    assert!(!answer.text.as_str().contains("房屋"), "{}", answer.text.as_str());
}

#[tokio::test]
async fn a_busy_server_is_waited_for_as_long_as_it_asks() {
    let (server, options) = StandIn::start("vllm", [Turn::Status(429, Some(1)), Turn::Say("yes")]).await;
    let generator = RemoteGenerator::open(options.clone()).expect("it opens");
    let since = tokio::time::Instant::now();
    assert_eq!(written(&generator, &[]).await.expect("it writes"), ("yes".to_owned(), StopReason::EndOfText));
    assert!(since.elapsed() >= Duration::from_secs(1), "it came back too soon");
    assert_eq!(server.asked().len(), 2);
    let (server, options) = StandIn::start("vllm", [Turn::Status(429, Some(60))]).await;
    let generator = RemoteGenerator::open(options).expect("it opens");
    let error = written(&generator, &[]).await.expect_err("nobody waits a minute");
    assert!(matches!(error, ModelError::Overloaded { retry_after_s: 60, .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_again() {
    let stalls = [Turn::Status(500, None), Turn::Status(502, None), Turn::Say("one\ntwo")];
    let (server, options) = StandIn::start("vllm", stalls).await;
    let generator = RemoteGenerator::open(options).expect("it opens");
    assert_eq!(written(&generator, &["\n"]).await.expect("it writes"), ("one".to_owned(), StopReason::StopString));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn half_an_answer_is_none() {
    // Under the mask of an answer nothing of a broken try is left.
    for broken in [Turn::Stall("借款人"), Turn::Half("借款人应当")] {
        let (_, options) = StandIn::start("vllm", [broken.clone(), Turn::Say(GOOD)]).await;
        let answer = answer(options, Mode::Grounded).await.expect("it answers");
        assert_eq!(answer.text.as_str(), "借款人应当按照约定的期限返还借款。[1]");
        // A server that never gets further is an error, not a short answer.
        let (_, options) = StandIn::start("vllm", vec![broken; 4]).await;
        let generator = RemoteGenerator::open(options).expect("it opens");
        let error = written(&generator, &[]).await.expect_err("nothing was whole");
        assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_grammars_is_asked_without() {
    let turns = Mutex::new([Turn::Say(GOOD)].into_iter().collect());
    let server = StandIn { turns, asked: Mutex::default(), owner: "llamacpp", no_grammar: true };
    let (server, options) = StandIn::run(server).await;
    let answer = answer(options, Mode::Grounded).await.expect("it answers");
    assert_eq!(answer.outcome, Outcome::Answered);
    let asked = server.asked();
    assert!(asked[0].get("grammar").is_some() && asked[1..].iter().all(|body| body.get("grammar").is_none()));
}

#[tokio::test]
async fn a_server_that_is_down_is_left_alone_and_strict_answers_go_on() {
    // A port that nobody listens on.
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        format!("http://{}/v1", listener.local_addr().expect("it is bound"))
    };
    let mut options = quick(&address);
    options.rest = Duration::from_mins(10);
    let generator = RemoteGenerator::open(options.clone()).expect("it opens without the server");
    let first = written(&generator, &[]).await.expect_err("it is down");
    assert!(matches!(&first, ModelError::Unreachable { .. }), "{first}");
    let second = written(&generator, &[]).await.expect_err("it is left alone").to_string();
    assert!(second.contains("left alone") && second.contains("strict mode"), "{second}");
    let strict = answer(options, Mode::Strict).await.expect("no generator is needed");
    assert_eq!(strict.outcome, Outcome::Answered);
}

#[test]
fn the_program_says_what_to_do_when_the_server_is_down() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let law = root().join("src/testing/samples/documents.jsonl");
    let run = |args: &[&str]| {
        let mut command = attest(home.path());
        command.env("ATTEST_GENERATOR_URL", "http://127.0.0.1:9/v1").env("ATTEST_GENERATOR_KEY", "sk-hush");
        command.env("ATTEST_LOG", "trace");
        let output = command.args(args).output().expect("the binary starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!out.contains("sk-hush") && !err.contains("sk-hush"), "the key is printed: {err}");
        (output.status.success(), out.into_owned(), err.into_owned())
    };
    let ingested = run(&["ingest", "--collection", "docs", "--domain", "legal", &law.to_string_lossy()]);
    assert!(ingested.0, "{}", ingested.2);
    let question = "《民法典》第六百七十五条怎么规定？";
    let (ok, _, err) = run(&["ask", "--mode", "grounded", question]);
    assert!(!ok && err.contains("ATTEST_GENERATOR_URL") && err.contains("strict mode"), "{err}");
    let (ok, out, err) = run(&["ask", question]);
    assert!(ok && out.contains("可以随时返还"), "{out}{err}");
    let (ok, out, _) = run(&["doctor"]);
    assert!(ok && out.contains("! generator: the generator at http://127.0.0.1:9/v1 does not answer"), "{out}");
}
