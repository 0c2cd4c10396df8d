//! A generator on another machine: any server with the OpenAI protocol, such as `vLLM`, SGLang or llama-server.
//!
//! Nobody can hold such a server to a rule token by token. It is given the nearest grammar where it takes one, and
//! whatever it writes is read by the request's own mask as it comes: text that the mask forbids ends as
//! [`StopReason::Forbidden`], and counts for nothing.

mod breaker;
mod dialect;
mod reply;

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER, redirect};
use tokio::{
    sync::{OnceCell, mpsc},
    time::{Instant, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;

pub use self::dialect::Dialect;
use self::{breaker::Breaker, dialect::Listed, reply::Reply};
use crate::{
    config::Secret,
    domain::answer::ModelIdentity,
    ports::{GenerateRequest, GenerationEvent, GenerationStream, Generator, ModelError},
    text::overlap::is_han,
};

/// Context that is counted on before the server has said how much it has.
const CONTEXT: usize = 4096;
/// Bytes of a server's message that are repeated.
const LONGEST_MESSAGE: usize = 300;
/// Bytes of a list of models that are read.
const LONGEST_LIST: usize = 4 << 20;

/// What is wrong with how a server is named.
#[derive(Debug, thiserror::Error)]
pub enum BadOptions {
    #[error("'{0}' is not the address of a generator; write ATTEST_GENERATOR_URL as in http://127.0.0.1:8000/v1")]
    Address(String),
    #[error(
        "'{0}' is no way to give a grammar; ATTEST_GENERATOR_DIALECT is one of llama-server, vllm, vllm-guided, sglang, none"
    )]
    Dialect(String),
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Up to and with `/v1`.
    address: Url,
    /// The first one that the server lists, if not named.
    pub model: Option<String>,
    pub key: Option<Secret>,
    /// Told by what the server lists, if not named.
    pub dialect: Option<Dialect>,
    /// Tries of one request.
    pub attempts: u32,
    /// Pause after the first failure; it doubles each time, and up to as much again is added by chance.
    pub pause: Duration,
    /// A server that asks for more patience than this is told of at once.
    pub longest_pause: Duration,
    /// Until the server begins to answer; it may have to read a long prompt first.
    pub first: Duration,
    /// Between two pieces of an answer.
    pub stall: Duration,
    /// Failures in a row after which the server is left alone for `rest`.
    pub failures: u32,
    pub rest: Duration,
}

impl Options {
    /// # Errors
    /// An address that is none.
    pub fn at(address: &str) -> Result<Self, BadOptions> {
        let bad = || BadOptions::Address(address.to_owned());
        // A path that does not end in a slash would lose its last part.
        let url = Url::parse(&format!("{}/", address.trim().trim_end_matches('/'))).map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() {
            return Err(bad());
        }
        Ok(Self {
            address: url,
            model: None,
            key: None,
            dialect: None,
            attempts: 4,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            first: Duration::from_mins(2),
            stall: Duration::from_secs(30),
            failures: 4,
            rest: Duration::from_secs(30),
        })
    }

    /// The address as it may be shown: without what may be a password.
    pub fn shown(&self) -> String {
        let mut url = self.address.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.as_str().trim_end_matches('/').to_owned()
    }
}

/// What the server said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub identity: ModelIdentity,
    pub dialect: Dialect,
    pub context_tokens: usize,
    model: String,
}

/// A model behind a server.
#[derive(Clone)]
pub struct RemoteGenerator {
    inner: Arc<Inner>,
    /// Its name as long as the server has not told it.
    named: ModelIdentity,
}

struct Inner {
    client: Client,
    options: Options,
    shown: String,
    breaker: Breaker,
    about: OnceCell<About>,
    /// The server refused a grammar once.
    takes_no_grammar: AtomicBool,
}

/// Why a try gave nothing.
enum Trouble {
    Final(ModelError),
    /// The server is there and has too much to do.
    Busy(Option<Duration>),
    Passing(String),
    /// It does not take this grammar.
    Grammar,
}

impl RemoteGenerator {
    /// Does not reach for the server yet: one that is down is no reason not to start.
    ///
    /// # Errors
    /// [`ModelError::Refused`] where no connection can be made at all, as without a TLS provider.
    pub fn open(options: Options) -> Result<Self, ModelError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let shown = options.shown();
        let client = Client::builder()
            .user_agent(concat!("attest/", env!("CARGO_PKG_VERSION")))
            // A key goes to this server and nowhere else.
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| ModelError::Refused { address: shown.clone(), problem: e.to_string() })?;
        let breaker = Breaker::new(options.failures, options.rest);
        let named = identity(options.model.as_deref().unwrap_or("a model"), &shown);
        let inner =
            Inner { client, options, shown, breaker, about: OnceCell::new(), takes_no_grammar: AtomicBool::new(false) };
        Ok(Self { inner: Arc::new(inner), named })
    }

    /// Asks the server what it is, once.
    ///
    /// # Errors
    /// [`ModelError::Unreachable`] or [`ModelError::Refused`].
    pub async fn about(&self) -> Result<&About, ModelError> {
        self.inner.about().await.map_err(|trouble| self.inner.give_up(trouble))
    }
}

/// Nobody can say what file it is.
fn identity(model: &str, address: &str) -> ModelIdentity {
    ModelIdentity { name: format!("{model} at {address}"), sha256: String::new() }
}

#[async_trait]
impl Generator for RemoteGenerator {
    fn identity(&self) -> &ModelIdentity {
        self.inner.about.get().map_or(&self.named, |about| &about.identity)
    }

    fn context_tokens(&self) -> usize {
        self.inner.about.get().map_or(CONTEXT, |about| about.context_tokens)
    }

    fn is_chat(&self) -> bool {
        true
    }

    /// Guessed, and rather too many: a Chinese character is one token, three bytes of anything else are one.
    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        let (han, other) = text
            .chars()
            .fold((0, 0), |(han, other), c| if is_han(c) { (han + 1, other) } else { (han, other + c.len_utf8()) });
        Ok(han + other.div_ceil(3))
    }

    /// Under a mask the text comes when it is whole and read; without one it comes as it is written.
    async fn generate(&self, mut request: GenerateRequest) -> Result<GenerationStream, ModelError> {
        let (events, received) = mpsc::channel(64);
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            tokio::select! {
                // The connection is dropped with the work, and the server stops.
                () = events.closed() => {}
                outcome = inner.write(&mut request, &events) => {
                    let _ = events.send(outcome).await;
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(received)))
    }
}

type Sender = mpsc::Sender<Result<GenerationEvent, ModelError>>;

impl Inner {
    /// Writes, as often as it takes; `Done` at the end.
    async fn write(&self, request: &mut GenerateRequest, events: &Sender) -> Result<GenerationEvent, ModelError> {
        let mut failures = 0;
        loop {
            let trouble = match self.attempt(request, events).await {
                Ok(done) => return Ok(done),
                Err(trouble) => trouble,
            };
            let pause = match &trouble {
                Trouble::Final(_) => return Err(self.give_up(trouble)),
                Trouble::Grammar => {
                    tracing::warn!(
                        server = self.shown,
                        "the generator takes no grammar; its text is checked all the same"
                    );
                    self.takes_no_grammar.store(true, Ordering::Relaxed);
                    continue;
                }
                Trouble::Busy(Some(wanted)) if *wanted > self.options.longest_pause => {
                    return Err(self.give_up(trouble));
                }
                Trouble::Busy(Some(wanted)) => *wanted,
                Trouble::Busy(None) | Trouble::Passing(_) => self.pause(failures),
            };
            failures += 1;
            if failures >= self.options.attempts {
                return Err(self.give_up(trouble));
            }
            sleep(pause).await;
        }
    }

    /// With chance in it, so that those who failed together do not come back together.
    fn pause(&self, failures: u32) -> Duration {
        let base = self.options.pause.saturating_mul(2_u32.saturating_pow(failures));
        let chance = RandomState::new().hash_one(failures) >> 40;
        let extra = base.mul_f64(chance as f64 / f64::from(1_u32 << 24));
        (base + extra).min(self.options.longest_pause)
    }

    fn give_up(&self, trouble: Trouble) -> ModelError {
        let address = self.shown.clone();
        let seconds = |pause: Duration| u32::try_from(pause.as_secs()).unwrap_or(u32::MAX).max(1);
        match trouble {
            Trouble::Final(error) => error,
            Trouble::Busy(wanted) => ModelError::Overloaded { address, retry_after_s: wanted.map_or(5, seconds) },
            Trouble::Passing(problem) => {
                let retry_after_s = seconds(self.breaker.admit_in(Instant::now()));
                ModelError::Unreachable { address, problem, retry_after_s }
            }
            Trouble::Grammar => ModelError::Refused { address, problem: "it does not take the grammar".to_owned() },
        }
    }

    /// One request, counted by the breaker.
    async fn attempt(&self, request: &mut GenerateRequest, events: &Sender) -> Result<GenerationEvent, Trouble> {
        self.breaker.admit(Instant::now()).map_err(|wait| {
            let retry_after_s = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
            let problem = "it failed several times in a row and is left alone for a while".to_owned();
            Trouble::Final(ModelError::Unreachable { address: self.shown.clone(), problem, retry_after_s })
        })?;
        let outcome = self.once(request, events).await;
        match &outcome {
            Err(Trouble::Passing(problem)) => {
                tracing::warn!(server = self.shown, %problem, "the generator failed");
                self.breaker.failed(Instant::now());
            }
            // Whoever refuses is there.
            Ok(_) | Err(_) => self.breaker.succeeded(),
        }
        outcome
    }

    async fn once(&self, request: &mut GenerateRequest, events: &Sender) -> Result<GenerationEvent, Trouble> {
        let about = self.about().await?;
        let with_grammar = !self.takes_no_grammar.load(Ordering::Relaxed);
        let (path, body, constrained) = about.dialect.request(&about.model, request, with_grammar);
        let sent = self.signed(self.client.post(self.join(path)?)).json(&body).send();
        let response = timeout(self.options.first, sent)
            .await
            .map_err(|_| Trouble::Passing(format!("no answer within {} s", self.options.first.as_secs())))?
            .map_err(|e| Trouble::Passing(cause(e)))?;
        let mut response = match response.status() {
            StatusCode::OK => response,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if constrained => return Err(Trouble::Grammar),
            _ => return Err(self.refusal(response).await),
        };
        let mut reply = Reply::new(request);
        // A server that begins with its thoughts may take as long for the first word as for the prompt.
        let mut patience = self.options.first;
        loop {
            let chunk = timeout(patience, response.chunk())
                .await
                .map_err(|_| Trouble::Passing(format!("nothing came for {} s", patience.as_secs())))?
                .map_err(|e| Trouble::Passing(cause(e)))?;
            let Some(chunk) = chunk else {
                return Err(Trouble::Passing("the answer broke off".to_owned()));
            };
            patience = self.options.stall;
            let ended = reply.read(&chunk).map_err(|problem| Trouble::Passing(self.redacted(&problem)))?;
            if let Some(text) = reply.take() {
                let _ = events.send(Ok(GenerationEvent::Text(text))).await;
            }
            if ended {
                break;
            }
        }
        let (rest, done) = reply.finish(request);
        if !rest.is_empty() {
            let _ = events.send(Ok(GenerationEvent::Text(rest))).await;
        }
        Ok(done)
    }

    async fn about(&self) -> Result<&About, Trouble> {
        let asked = self.about.get_or_try_init(|| async {
            let listed = match self.get("models").await {
                Ok(list) => {
                    dialect::choose(&list, self.options.model.as_deref()).map_err(|problem| self.refused(problem))?
                }
                // Not every server lists its models; one that is named may be there all the same.
                Err(Trouble::Final(error)) => match &self.options.model {
                    Some(model) => Listed { model: model.clone(), dialect: Dialect::Plain, context: None },
                    None => return Err(Trouble::Final(error)),
                },
                Err(trouble) => return Err(trouble),
            };
            Ok(About {
                identity: identity(&listed.model, &self.shown),
                dialect: self.options.dialect.unwrap_or(listed.dialect),
                context_tokens: listed.context.unwrap_or(CONTEXT),
                model: listed.model,
            })
        });
        asked.await
    }

    async fn get(&self, path: &str) -> Result<String, Trouble> {
        let request = self.signed(self.client.get(self.join(path)?)).timeout(Duration::from_secs(15));
        let mut response = request.send().await.map_err(|e| Trouble::Passing(cause(e)))?;
        if response.status() != StatusCode::OK {
            return Err(self.refusal(response).await);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| Trouble::Passing(cause(e)))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LONGEST_LIST {
                return Err(self.refused("its list of models has no end".to_owned()));
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn join(&self, path: &str) -> Result<Url, Trouble> {
        self.options.address.join(path).map_err(|e| self.refused(e.to_string()))
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.options.key {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        }
    }

    fn refused(&self, problem: String) -> Trouble {
        Trouble::Final(ModelError::Refused { address: self.shown.clone(), problem })
    }

    /// What a status other than 200 means.
    async fn refusal(&self, mut response: Response) -> Trouble {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
        let after = after.map(Duration::from_secs);
        match status {
            StatusCode::TOO_MANY_REQUESTS => return Trouble::Busy(after),
            StatusCode::SERVICE_UNAVAILABLE if after.is_some() => return Trouble::Busy(after),
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                return Trouble::Passing(format!("it answered {status}"));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return self
                    .refused(format!("it answered {status}; ATTEST_GENERATOR_KEY must hold a key that it takes"));
            }
            _ => {}
        }
        let said = timeout(Duration::from_secs(5), response.chunk()).await.ok().and_then(Result::ok).flatten();
        let said = String::from_utf8_lossy(&said.unwrap_or_default()).into_owned();
        let said: String = self.redacted(&said).chars().take(LONGEST_MESSAGE).collect();
        self.refused(format!("it answered {status}: {}", said.trim()))
    }

    /// Some servers repeat the key that they were given.
    fn redacted(&self, text: &str) -> String {
        match &self.options.key {
            Some(key) => text.replace(key.reveal(), "…"),
            None => text.to_owned(),
        }
    }
}

/// The innermost cause says most; an address may carry a password.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_key_nor_a_password_is_printed() {
        let mut options = Options::at("http://me:hush@127.0.0.1:9/v1").expect("an address");
        options.key = Some(Secret::from("sk-hush".to_owned()));
        assert_eq!(options.shown(), "http://127.0.0.1:9/v1");
        assert!(!format!("{:?}", options.key).contains("hush"));
    }

    #[test]
    fn an_address_is_http_with_a_host() {
        for bad in ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "http://host/v1?key=1"] {
            assert!(Options::at(bad).is_err(), "{bad}");
        }
        assert_eq!(Options::at(" https://host/v1/ ").expect("an address").shown(), "https://host/v1");
    }

    #[test]
    fn tokens_are_rather_overestimated() {
        let remote = RemoteGenerator::open(Options::at("http://host/v1").expect("an address")).expect("it opens");
        assert_eq!(remote.count_tokens("法律").expect("a guess"), 2);
        assert_eq!(remote.count_tokens("seven b").expect("a guess"), 3);
    }
}
