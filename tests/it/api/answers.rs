//! Asking.

use std::time::Duration;

use attest::{
    domain::{
        document::DocStatus,
        recall::{Recall, SourceChange, Standing},
    },
    testing::FakeService,
};
use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::macros::datetime;

use super::{Server, json, refused, soon};

const LOAN: &str = "对借款期限没有约定怎么办？";

#[tokio::test]
async fn an_answer_has_the_shape_that_is_promised() {
    let server = Server::start().await;
    let response = server.post("/v1/answers", &json!({"question": LOAN, "collections": ["legal-zh"]})).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    insta::assert_json_snapshot!("answered", json(response).await);
}

#[tokio::test]
async fn a_question_is_read_with_those_before_it() {
    let server = Server::start().await;
    let body = json!({"question": "那利息呢？", "earlier": [LOAN], "collections": ["legal-zh"]});
    let answer = json(server.post("/v1/answers", &body).await).await;
    assert_eq!(answer["question"], "那利息呢？");
    assert_eq!(answer["read_as"], format!("{LOAN}那利息呢？"));
    assert_eq!(answer["outcome"], "answered", "{answer}");
    let alone =
        json(server.post("/v1/answers", &json!({"question": LOAN, "earlier": ["合同无效的情形有哪些？"]})).await).await;
    assert_eq!(alone["read_as"], Value::Null);
    let too_many = json!({"question": LOAN, "earlier": vec!["q"; 17]});
    refused(server.post("/v1/answers", &too_many).await, StatusCode::BAD_REQUEST, "invalid_parameter").await;
    let blank = json!({"question": LOAN, "earlier": [" "]});
    refused(server.post("/v1/answers", &blank).await, StatusCode::BAD_REQUEST, "empty_question").await;
}

#[tokio::test]
async fn every_verdict_has_its_shape() {
    let server = Server::start().await;
    let body = json!({"question": LOAN, "collections": ["legal-zh"], "mode": "grounded"});
    let mut answer = json(server.post("/v1/answers", &body).await).await;
    answer["evidence"] = "as in the other snapshot".into();
    insta::assert_json_snapshot!("flagged", answer);
}

#[tokio::test]
async fn an_abstention_says_what_was_searched_and_what_came_nearest() {
    let server = Server::start().await;
    let body = json!({"question": "Which notification deadlines apply to wine growers in Bordeaux under maritime insurance?",
        "collections": ["legal-en"]});
    let mut answer = json(server.post("/v1/answers", &body).await).await;
    assert_eq!(answer["outcome"], "abstained");
    assert_eq!(answer["text"], "");
    answer["evidence"] = "as in the other snapshot".into();
    for nearest in answer["abstention"]["nearest"].as_array_mut().expect("a list") {
        nearest["quote"] = "cut short".into();
    }
    insta::assert_json_snapshot!("abstained", answer);
}

#[tokio::test]
async fn offsets_slice_the_stored_text_and_the_answer() {
    let server = Server::start().await;
    let question = "Within how many hours must a personal data breach be notified to the supervisory authority?";
    for (question, mode) in [(LOAN, "strict"), (LOAN, "grounded"), (question, "strict"), (question, "grounded")] {
        let answer = json(server.post("/v1/answers", &json!({"question": question, "mode": mode})).await).await;
        let text = answer["text"].as_str().expect("text");
        let sentences = answer["sentences"].as_array().expect("sentences");
        assert!(sentences.len() > 1, "{answer}");
        for sentence in sentences {
            assert_eq!(slice(text, sentence), sentence["text"].as_str().expect("text"));
            assert_eq!(sentence["shown"] == "withheld", sentence["text"] == "", "a withheld sentence has no text");
            for citation in sentence["citations"].as_array().expect("citations") {
                let key = citation["key"].as_str().expect("a key");
                let path =
                    format!("/v1/documents/{}/{key}?version={}", text_of(&citation["collection"]), citation["version"]);
                let document = json(server.get(&path).await).await;
                assert_eq!(slice(text_of(&document["text"]), citation), text_of(&citation["quote"]));
            }
        }
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn slice<'a>(text: &'a str, place: &Value) -> &'a str {
    let at = |field: &str| usize::try_from(place[field].as_u64().expect("an offset")).expect("fits");
    text.get(at("start")..at("end")).expect("a slice on character boundaries")
}

#[tokio::test]
async fn a_stored_answer_is_what_was_sent() {
    let server = Server::start().await;
    let sent = server.post("/v1/answers", &json!({"question": LOAN})).await.text().await.expect("a body");
    let id = serde_json::from_str::<Value>(&sent).expect("JSON")["id"].as_str().expect("an id").to_owned();
    let stored = server.get(&format!("/v1/answers/{id}")).await;
    assert_eq!(stored.headers()["content-type"], "application/json");
    assert_eq!(stored.text().await.expect("a body"), sent);
    refused(server.get("/v1/answers/nope").await, StatusCode::NOT_FOUND, "unknown_answer").await;
}

/// Names and data of all events of a stream.
async fn events(server: &Server, question: &Value) -> Vec<(String, Value)> {
    let response = server
        .request(Method::POST, "/v1/answers")
        .header("accept", "text/event-stream")
        .json(question)
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().expect("text").starts_with("text/event-stream"));
    let body = response.text().await.expect("a body");
    let field = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    body.split("\n\n")
        .filter(|event| event.contains("event:"))
        .map(|event| (field(event, "event:"), serde_json::from_str(&field(event, "data:")).expect("JSON")))
        .collect()
}

#[tokio::test]
async fn events_come_in_the_order_that_is_promised() {
    let server = Server::start().await;
    let told = events(&server, &json!({"question": LOAN, "mode": "grounded"})).await;
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    let answer = &told.last().expect("events").1;
    let sentences = answer["sentences"].as_array().expect("a list");
    let mut expected = vec!["searching", "evidence"];
    for sentence in sentences {
        expected.extend(["sentence", "verdict"]);
        if sentence["shown"] == "withheld" {
            expected.extend(["revised", "verdict"]);
        }
    }
    expected.push("done");
    assert_eq!(names, expected);
    assert!(sentences.len() >= 6 && names.contains(&"revised"), "{names:?}");
    assert_eq!(told[1].1["evidence"], answer["evidence"]);
    let (revised, told): (Vec<_>, Vec<_>) = told[2..names.len() - 1].chunks(2).partition(|pair| pair[0].0 == "revised");
    for pair in revised {
        assert_eq!(pair[0].1["revision"], "dropped");
        assert_eq!(pair[0].1["text"], "", "what is withheld is told without its text");
        assert_eq!(pair[0].1["index"], pair[1].1["index"]);
    }
    for (index, pair) in told.into_iter().enumerate() {
        let mut sentence = pair[0].1.clone();
        assert_eq!(sentence["index"], index);
        assert_eq!(pair[1].1["index"], index);
        assert_eq!(pair[1].1["verdict"], answer["sentences"][index]["verdict"]);
        sentence.as_object_mut().expect("an object").remove("index");
        assert_eq!(sentence, answer["sentences"][index], "what was told is what stands in the answer");
    }
    let id = answer["id"].as_str().expect("an id");
    assert_eq!(&json(server.get(&format!("/v1/answers/{id}")).await).await, answer);
}

#[tokio::test]
async fn a_failure_on_the_way_is_an_event_without_secrets() {
    let server = Server::start().await;
    let told = events(&server, &json!({"question": format!("{LOAN} BREAK")})).await;
    let (name, error) = told.last().expect("events");
    assert_eq!(name, "error");
    assert_eq!(error["error"]["code"], "internal");
    assert!(error["error"]["request_id"].is_string());
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn errors_known_beforehand_are_no_stream() {
    let server = Server::start().await;
    let response = server
        .request(Method::POST, "/v1/answers")
        .header("accept", "text/event-stream")
        .json(&json!({"question": LOAN, "collections": ["nope"]}))
        .send()
        .await
        .expect("a response");
    refused(response, StatusCode::NOT_FOUND, "unknown_collection").await;
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_work() {
    let server = Server::with(FakeService::with_samples().paced(Duration::from_millis(200)), |_| ()).await;
    let ask = |accept: &'static str| {
        server.request(Method::POST, "/v1/answers").header("accept", accept).json(&json!({"question": LOAN})).send()
    };
    let mut told = ask("text/event-stream").await.expect("a response").bytes_stream();
    assert!(told.next().await.expect("an event").is_ok());
    assert_eq!(server.fake.running(), 1);
    drop(told);
    soon("the stream's work stopped", || server.fake.running() == 0).await;

    let plain = tokio::time::timeout(Duration::from_millis(50), ask("application/json")).await;
    assert!(plain.is_err(), "the answer takes longer");
    soon("the plain answer's work stopped", || server.fake.running() == 0).await;
}

#[tokio::test]
async fn what_takes_too_long_is_stopped() {
    let fake = FakeService::with_samples().paced(Duration::from_secs(30));
    let server = Server::with(fake, |options| options.answer_timeout = Duration::from_millis(50)).await;
    let response = server.post("/v1/answers", &json!({"question": LOAN})).await;
    refused(response, StatusCode::GATEWAY_TIMEOUT, "timeout").await;
    assert_eq!(server.fake.running(), 0);
}

#[tokio::test]
async fn a_shutdown_lets_running_answers_end() {
    let mut server = Server::with(FakeService::with_samples().paced(Duration::from_millis(100)), |_| ()).await;
    let asked = server.request(Method::POST, "/v1/answers").json(&json!({"question": LOAN})).send();
    let asked = tokio::spawn(asked);
    let fake = server.fake.clone();
    soon("the question runs", || fake.running() == 1).await;
    server.stop();
    let response = asked.await.expect("no panic").expect("a response");
    assert_eq!(json(response).await["outcome"], "answered");
    server.task.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let fake = FakeService::with_samples().paced(Duration::from_mins(1));
    let mut server = Server::with(fake, |options| options.grace = Duration::from_millis(100)).await;
    let asked = tokio::spawn(server.request(Method::POST, "/v1/answers").json(&json!({"question": LOAN})).send());
    let fake = server.fake.clone();
    soon("the question runs", || fake.running() == 1).await;
    server.stop();
    let ended = tokio::time::timeout(Duration::from_secs(5), server.task).await;
    ended.expect("within five seconds").expect("no panic").expect("a clean end");
    asked.abort();
}

#[tokio::test]
async fn answers_whose_sources_changed_are_listed() {
    let server = Server::start().await;
    let old = Standing { status: DocStatus::InForce, valid_to: None, superseded_by: None };
    let recall = Recall {
        answer: "a1".to_owned(),
        answered_at: datetime!(2026-11-23 14:00:00 UTC),
        question: "甲应当还款吗？".to_owned(),
        collection: "legal-zh".parse().expect("a name"),
        key: "k".to_owned(),
        title: "民法典".to_owned(),
        locator: "第一条".to_owned(),
        change: SourceChange::Text,
        old_text: "甲应当还款。".to_owned(),
        new_text: Some("甲不必还款。".to_owned()),
        new: Some(old.clone()),
        old,
        since: Some(datetime!(2026-11-24 08:00:00 UTC)),
    };
    server.fake.set_recalls(vec![recall]);
    let list = json(server.get("/v1/recall").await).await;
    let found = &list["recalls"][0];
    assert_eq!((&found["change"], &found["new_text"]), (&json!("text"), &json!("甲不必还款。")));
    assert_eq!((&found["since"], &found["old"]["status"]), (&json!("2026-11-24T08:00:00Z"), &json!("in_force")));
    assert_eq!(json(server.get("/v1/recall?answer=a1").await).await, list);
    assert_eq!(json(server.get("/v1/recall?answer=a2").await).await, json!({"recalls": []}));
    let bad = server.get("/v1/recall?since=1").await;
    refused(bad, StatusCode::BAD_REQUEST, "invalid_parameter").await;
}
