//! Questions and answers.

use std::convert::Infallible;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AppState,
    error::body_of,
    extract::{ApiJson, ApiPath, code, collection_names, day, question},
    failure::{AppError, ErrorCode},
    layers,
    service::{AnswerEvent, AskRequest},
};
use crate::{
    domain::{answer::Mode, text::Lang},
    wire::{AnswerJson, ErrorJson, EvidenceJson, ReasonJson, SearchedJson, SentenceJson, to_json},
};

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    #[schema(example = "借钱没有约定还款时间怎么办？")]
    pub question: String,
    /// Questions of the same conversation before this one, oldest first, at most 16: a question such as "那利息呢？" or
    /// "What about minors?" is read with them.
    #[serde(default)]
    pub earlier: Vec<String>,
    /// Names of collections; none: all of them.
    #[serde(default)]
    #[schema(example = json!(["legal-zh"]))]
    pub collections: Vec<String>,
    /// `strict` (verbatim spans of the sources) or `grounded` (a model writes, under constraint).
    pub mode: Option<String>,
    /// Only texts that govern on this day, `YYYY-MM-DD`; none: today.
    pub as_of: Option<String>,
    /// `zh` or `en`; none: the language of the question.
    pub lang: Option<String>,
}

/// Questions of a conversation that are taken.
const EARLIER: usize = 16;

fn earlier(asked: &[String]) -> Result<Vec<String>, AppError> {
    if asked.len() > EARLIER {
        return Err(AppError::new(
            ErrorCode::InvalidParameter,
            format!("'earlier' holds {} questions; at most {EARLIER} are taken", asked.len()),
        )
        .hint("send the last ones"));
    }
    asked.iter().map(|asked| question(asked)).collect()
}

impl Ask {
    fn checked(self) -> Result<AskRequest, AppError> {
        Ok(AskRequest {
            question: question(&self.question)?,
            earlier: earlier(&self.earlier)?,
            collections: collection_names(&self.collections)?,
            mode: code("mode", self.mode.as_deref(), Mode::parse, "strict, grounded")?,
            as_of: day(self.as_of.as_deref())?,
            lang: code("language", self.lang.as_deref(), Lang::parse, "zh, en")?,
        })
    }
}

/// Data of the event `evidence`.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceEvent {
    pub searched: SearchedJson,
    pub evidence: Vec<EvidenceJson>,
}

/// Data of the event `sentence`; its `text` is empty where the sentence was withheld.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentenceEvent {
    /// Position in the answer's `sentences`.
    pub index: usize,
    #[serde(flatten)]
    pub sentence: SentenceJson,
}

/// Data of the event `revised`: the sentence at `index`, which came as withheld, is this one now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisedEvent {
    /// Position in the answer's `sentences`.
    pub index: usize,
    /// `repaired` (written again), `quoted` (replaced by the words of the source) or `dropped` (stays withheld).
    pub revision: &'static str,
    #[serde(flatten)]
    pub sentence: SentenceJson,
}

/// Data of the event `verdict`, which follows the `sentence` or `revised` with the same index.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictEvent {
    pub index: usize,
    pub verdict: &'static str,
    pub detail: Option<&'static str>,
    pub shown: &'static str,
    pub confidence: f64,
    pub reasons: Vec<ReasonJson>,
}

/// Ask a question.
///
/// With `Accept: text/event-stream` the answer is told as it is made, by the events `searching`, `evidence`, then
/// `sentence` and `verdict` in pairs, then `done` with the whole answer, or `error`. No sentence is sent before it is
/// judged. One that does not pass comes as withheld; what is made of it follows as `revised` with a `verdict` of its
/// own. Closing the connection stops the work.
#[utoipa::path(
    post, path = "/v1/answers", tag = "answers", request_body = Ask,
    responses(
        (status = 200, description = "The judged answer, or an abstention", content(
            (AnswerJson = "application/json"), (SentenceEvent = "text/event-stream"))),
        (status = 400, description = "Empty question, bad date, bad JSON", body = ErrorJson),
        (status = 404, description = "Unknown collection", body = ErrorJson),
        (status = 413, description = "Question or body too long", body = ErrorJson),
        (status = 415, description = "Not JSON", body = ErrorJson),
        (status = 429, description = "All models are busy; see Retry-After", body = ErrorJson),
        (status = 503, description = "No model is configured, or the work was stopped", body = ErrorJson),
        (status = 504, description = "Took too long", body = ErrorJson),
    )
)]
pub(super) async fn ask(
    State(state): State<AppState>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Ask>,
) -> Result<Response, AppError> {
    let request = body.checked()?;
    if !wants_events(&headers) {
        let answer = state.service.ask(request).await?;
        return Ok(Json(AnswerJson::from(&answer)).into_response());
    }
    let told = state.service.ask_stream(request).await?;
    // The task-local request id does not reach the body, which is polled after this handler returned.
    let request_id = layers::current_request_id();
    let span = tracing::info_span!("answer", request_id = request_id.as_deref().unwrap_or_default());
    let events = told
        .flat_map(move |event| {
            let events = match event {
                Ok(event) => events_of(&event),
                Err(error) => {
                    let mut body = body_of(&error);
                    body.error.request_id.clone_from(&request_id);
                    vec![named("error", &body)]
                }
            };
            stream::iter(events)
        })
        .map(Ok::<_, Infallible>);
    let events = InSpan { events: Box::pin(events), span };
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // Reverse proxies that buffer would turn the stream into one late lump.
    response.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    Ok(response)
}

/// Polls a stream inside its own span, so that its log lines can be told apart.
struct InSpan<S> {
    events: S,
    span: tracing::Span,
}

impl<S: Stream + Unpin> Stream for InSpan<S> {
    type Item = S::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        let this = &mut *self;
        let _entered = this.span.enter();
        this.events.poll_next_unpin(context)
    }
}

fn events_of(event: &AnswerEvent) -> Vec<Event> {
    match event {
        AnswerEvent::Searching => vec![named("searching", &serde_json::json!({}))],
        AnswerEvent::Evidence(found) => vec![named(
            "evidence",
            &EvidenceEvent {
                searched: SearchedJson::from(&found.searched),
                evidence: found.items().iter().map(EvidenceJson::from).collect(),
            },
        )],
        AnswerEvent::Sentence { index, text, sentence } => {
            let (index, sentence) = (*index, SentenceJson::with_text(sentence, text));
            let verdict = verdict_of(index, &sentence);
            vec![named("sentence", &SentenceEvent { index, sentence }), verdict]
        }
        AnswerEvent::Revised { index, text, sentence, revision } => {
            let (index, sentence) = (*index, SentenceJson::with_text(sentence, text));
            let verdict = verdict_of(index, &sentence);
            vec![named("revised", &RevisedEvent { index, revision: revision.code(), sentence }), verdict]
        }
        AnswerEvent::Done(answer) => vec![named("done", &AnswerJson::from(&**answer))],
    }
}

fn verdict_of(index: usize, sentence: &SentenceJson) -> Event {
    named(
        "verdict",
        &VerdictEvent {
            index,
            verdict: sentence.verdict,
            detail: sentence.detail,
            shown: sentence.shown,
            confidence: sentence.confidence,
            reasons: sentence.reasons.clone(),
        },
    )
}

fn named(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).data(to_json(data, false))
}

/// Whether the client asks for events by name; `*/*` means JSON.
fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.split(';').next())
        .any(|media| media.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Read a stored answer.
///
/// Byte for byte as it was sent.
#[utoipa::path(
    get, path = "/v1/answers/{id}", operation_id = "read_answer", tag = "answers", params(("id" = String, Path, description = "Id of the answer")),
    responses(
        (status = 200, description = "The answer", body = AnswerJson),
        (status = 404, description = "Unknown answer", body = ErrorJson),
    )
)]
pub(super) async fn stored(State(state): State<AppState>, ApiPath(id): ApiPath<String>) -> Result<Response, AppError> {
    match state.service.answer(&id).await? {
        Some(json) => Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response()),
        None => Err(AppError::new(ErrorCode::UnknownAnswer, "there is no answer with this id")
            .hint("ids are those of the field 'id' of an answer")),
    }
}
