//! The composition root: the only place that names implementations. Models and indexes are opened when first needed.

mod bench;
mod collections;
mod explore;
mod growth;
mod opened;
mod service;

pub use bench::Subject;

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::{OnceCell, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{AnswerError, AnswerEvent, Ask, Pipeline, sufficiency::Gate},
    archive::ArchiveError,
    audit::Auditor,
    config::Config,
    domain::{
        answer::{Answer, Mode},
        certificate::Certificate,
        document::{CollectionName, Domain},
        recall::Recall,
        text::Span,
    },
    draft::quote,
    ingest::{IngestOptions, Ingester, embed::Backfill},
    llama::LlamaGenerator,
    models::{Installed, Job, Models, ModelsError, tools},
    ports::{
        Clock, EmbedKind, Embedder, Encoder, Generator, Judge, ModelError, Priority, RetrieveError, Retriever,
        Sampling, Store, StoreError, StoredAnswer, Verifier,
    },
    retrieve::{self, BadSynonyms, Engine},
    store::SqliteStore,
    testing,
    verify::{Cascade, Thresholds},
    wire,
};

/// Most places that one recall list names.
const MOST_RECALLS: u32 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("the certificate {path} cannot be used: {problem}; run 'attest certify' again, or remove the file")]
    Certificate { path: String, problem: String },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Synonyms(#[from] BadSynonyms),
    #[error(
        "what is known to be missing has {0} bytes; at most {limit} are taken: name what matters most",
        limit = collections::LONGEST_NOTE
    )]
    NoteTooLong(usize),
    #[error("the file {0} is there already; give another name, or remove it first")]
    FileExists(String),
    #[error("there is no collection '{0}'; 'attest collections list' shows those that exist")]
    UnknownCollection(String),
    #[error(
        "the collection '{0}' does not allow ideas beyond its texts; its owner turns them on with 'attest collections set {0} --explore true', or name collections that allow them"
    )]
    NotAllowed(CollectionName),
}

/// The real clock.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn new_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }
}

/// One running Attest. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    store: Arc<dyn Store>,
    models: Models,
    clock: Arc<dyn Clock>,
    embedder: OnceCell<Option<Arc<dyn Embedder>>>,
    generator: OnceCell<Option<Arc<dyn Generator>>>,
    local_generator: OnceCell<Option<Arc<LlamaGenerator>>>,
    judge: OnceCell<Option<Arc<dyn Judge>>>,
    encoder: OnceCell<Option<Arc<dyn Encoder>>>,
    engine: OnceCell<Arc<Engine>>,
}

impl App {
    /// Opens the store; everything else waits until it is needed.
    pub async fn open(config: Config) -> Result<Self, AppError> {
        let store = SqliteStore::open(&config.database()).await?;
        let models = Models::new(&config.models_dir);
        Ok(Self(Arc::new(Inner {
            config,
            store: Arc::new(store),
            models,
            clock: Arc::new(SystemClock),
            embedder: OnceCell::new(),
            generator: OnceCell::new(),
            local_generator: OnceCell::new(),
            judge: OnceCell::new(),
            encoder: OnceCell::new(),
            engine: OnceCell::new(),
        })))
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0.store)
    }

    pub fn models(&self) -> &Models {
        &self.0.models
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// The model that does a job, unless none was chosen.
    pub fn assigned(&self, job: Job) -> Result<Option<Installed>, AppError> {
        Ok(self.0.models.assigned(job)?)
    }

    /// The name under which vectors are kept, without loading the model.
    pub fn embedder_name(&self) -> Option<String> {
        if self.0.config.fake_models {
            return Some(testing::FakeEmbedder::default().identity().name.clone());
        }
        self.0.models.assigned(Job::Embedder).ok().flatten().map(|m| m.name)
    }

    /// The retriever; with `vectors` off it works without an embedder.
    pub async fn engine(&self, vectors: bool) -> Result<Arc<Engine>, AppError> {
        let opened = self.0.engine.get_or_try_init(|| async {
            let embedder = if vectors { self.embedder().await? } else { None };
            let adapter = embedder.as_deref().map(|embedder| self.query_adapter(embedder)).transpose()?.flatten();
            let engine =
                Engine::open(self.shared_store(), embedder, &self.0.config.index_dir(), retrieve::Options::default())
                    .await?
                    .with_query_adapter(adapter)
                    .with_reranker(if vectors { self.reranker().await? } else { None });
            engine.follow().await?;
            Ok::<_, AppError>(Arc::new(engine))
        });
        opened.await.cloned()
    }

    pub async fn verifier(&self) -> Result<Arc<dyn Verifier>, AppError> {
        let mut cascade = self.cascade().await?.with_instruments(self.engine(true).await?);
        if let Some(certificate) = self.certificate()?
            && let Err(problem) = cascade.accept(certificate)
        {
            tracing::warn!(%problem, "the certificate is void; run 'attest certify' on a fresh sample");
        }
        Ok(Arc::new(cascade))
    }

    /// The cascade as it is measured and certified: with the models at hand, without a certificate.
    pub async fn cascade(&self) -> Result<Cascade, AppError> {
        let cascade = match self.encoder().await? {
            Some(encoder) => Cascade::with_encoder(encoder, Thresholds::default()),
            None => Cascade::new(self.embedder().await?, Thresholds::default()),
        };
        Ok(match self.judge().await? {
            Some(judge) => cascade.with_judge(judge),
            None => cascade,
        })
    }

    /// What 'attest certify' wrote last, whether or not it still holds.
    pub fn certificate(&self) -> Result<Option<Certificate>, AppError> {
        let path = self.config().certificate();
        let bad = |problem: String| AppError::Certificate { path: path.display().to_string(), problem };
        match std::fs::read_to_string(&path) {
            Ok(text) => wire::CertificateJson::parse(&text).map(Some).map_err(bad),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(bad(e.to_string())),
        }
    }

    /// Puts a certificate in force, in the place of the one before.
    pub fn put_certificate(&self, certificate: &Certificate) -> Result<(), AppError> {
        let path = self.config().certificate();
        let part = path.with_extension("json.part");
        let text = wire::to_json(&wire::CertificateJson::from(certificate), true);
        std::fs::write(&part, text)
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(|e| AppError::Certificate { path: path.display().to_string(), problem: e.to_string() })
    }

    /// Rules and word overlap alone.
    pub fn verifier_without_model(&self) -> Arc<dyn Verifier> {
        Arc::new(Cascade::new(None, Thresholds::default()))
    }

    /// Quoting is always possible; writing only with a generator that was chosen for it.
    pub const fn default_mode(&self) -> Mode {
        Mode::Strict
    }

    /// The stages for answers in `mode`.
    pub async fn pipeline(&self, mode: Mode) -> Result<Pipeline, AppError> {
        let generator = match mode {
            Mode::Strict => None,
            Mode::Grounded => Some(self.generator().await?.ok_or(ModelError::NotConfigured { job: "generator" })?),
        };
        Ok(Pipeline {
            retriever: self.engine(true).await? as Arc<dyn Retriever>,
            embedder: self.embedder().await?,
            generator,
            verifier: self.verifier().await?,
            clock: Arc::clone(&self.0.clock),
            gate: Gate::default(),
            limits: quote::Limits::default(),
            sampling: Sampling { repeat_penalty: 1.05, ..Sampling::default() },
            unguarded: false,
        })
    }

    pub async fn auditor(&self) -> Result<Auditor, AppError> {
        Ok(Auditor {
            retriever: self.engine(true).await?,
            verifier: self.verifier().await?,
            clock: Arc::clone(&self.0.clock),
        })
    }

    /// Answers, and stores the answer unless that is turned off.
    pub async fn ask(&self, ask: &Ask, listener: Option<&mpsc::Sender<AnswerEvent>>) -> Result<Answer, AppError> {
        let answer = self.pipeline(ask.mode).await?.answer(ask, listener).await?;
        if !self.0.config.keep_answers {
            return Ok(answer);
        }
        let citations = answer
            .sentences
            .iter()
            .flat_map(|s| s.judgement.verdict.citations())
            .map(|c| (c.version, c.span))
            .collect::<Vec<(_, Span)>>();
        self.store()
            .put_answer(&StoredAnswer {
                id: answer.id.clone(),
                created_at: answer.created_at,
                question: answer.question.clone(),
                outcome: answer.outcome.code().to_owned(),
                json: wire::to_json(&wire::AnswerJson::from(&answer), false),
                citations,
            })
            .await?;
        Ok(answer)
    }

    /// Stored answers, or the one with this id, that rest on sources which changed since.
    pub async fn recall(&self, answer: Option<&str>) -> Result<Vec<Recall>, AppError> {
        Ok(self.store().recalls(answer, self.clock().today(), MOST_RECALLS).await?)
    }

    /// The domain whose policy applies: that of the collections where they agree, the strictest (medical) where they
    /// do not.
    pub async fn domain_of(&self, collections: &[CollectionName]) -> Result<Domain, AppError> {
        let known = self.store().collections().await?;
        for name in collections {
            if !known.iter().any(|c| c.name == *name) {
                return Err(AppError::UnknownCollection(name.to_string()));
            }
        }
        let mut domains: Vec<Domain> = known
            .iter()
            .filter(|c| collections.is_empty() || collections.contains(&c.name))
            .map(|c| c.domain)
            .collect();
        domains.sort_unstable();
        domains.dedup();
        Ok(match domains.as_slice() {
            [one] => *one,
            several if several.contains(&Domain::Medical) => Domain::Medical,
            _ => Domain::General,
        })
    }

    /// Reads files into this store.
    pub fn ingester(&self, mut options: IngestOptions) -> Ingester {
        options.pdf.program = std::env::current_exe().ok();
        options.pdf.library = tools::pdfium(&self.config().models_dir);
        options.pdf.ocr.clone_from(&self.config().ocr);
        Ingester::new(self.shared_store(), options)
    }

    /// Fills in missing vectors; `None` without an embedder.
    pub async fn backfill(&self) -> Result<Option<Backfill>, AppError> {
        Ok(self.embedder().await?.map(|embedder| Backfill::new(self.shared_store(), embedder)))
    }

    /// Loads what a server needs before the first question, and touches the encoder once, so that the first question
    /// is not the slow one.
    pub async fn warm_up(&self) -> Result<(), AppError> {
        if let Some(embedder) = self.embedder().await? {
            embedder.embed(EmbedKind::Query, &["warm".to_owned()], Priority::Interactive).await?;
        }
        self.encoder().await?;
        self.engine(true).await?;
        Ok(())
    }

    /// Follows the store and fills vectors until `cancel`.
    pub async fn spawn_background(&self, cancel: &CancellationToken) -> Result<(), AppError> {
        self.engine(true).await?.spawn_follower(cancel.clone());
        if let Some(backfill) = self.backfill().await? {
            let cancel = cancel.clone();
            tokio::spawn(async move { backfill.follow(&(), &cancel).await });
        }
        Ok(())
    }
}
