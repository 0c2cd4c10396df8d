//! The application as the HTTP door sees it.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use futures::StreamExt;
use time::Date;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::{
    answer::{AnswerError, Ask},
    archive::ArchiveError,
    domain::{
        answer::{Answer, Mode},
        claim::Claim,
        document::{
            Chunk, ChunkId, Collection, CollectionName, CollectionSettings, Document, DocumentMeta, DocumentVersion,
            Domain, VersionId,
        },
        evidence::{Evidence, EvidenceSet, Label, Query, Searched, Switches},
        exploration::Exploration,
        instrument::CheckedReference,
        recall::Recall,
        text::Span,
    },
    draft::claims,
    http::{
        Against, AnswerStream, AppError, AskRequest, Claims, ErrorCode, ExploreRequest, Readiness, SearchRequest,
        Service, Upload, Verification, VerifyRequest,
    },
    ingest::{
        IngestError, IngestOptions,
        read::{Defaults, WrittenMeta},
    },
    ports::{CollectionStats, GeneratorLoad, Retriever},
    retrieve::coverage::Coverage,
    text::lang,
    verify,
    wire::{IngestFailureJson, IngestJson},
};

/// Events that may wait for a slow client before the pipeline waits for it.
const EVENTS: usize = 64;

impl From<super::AppError> for AppError {
    fn from(error: super::AppError) -> Self {
        match error {
            super::AppError::Store(error) | super::AppError::Archive(ArchiveError::Store(error)) => error.into(),
            super::AppError::Retrieve(error) | super::AppError::Answer(AnswerError::Retrieve(error)) => error.into(),
            super::AppError::Model(error) | super::AppError::Answer(AnswerError::Model(error)) => error.into(),
            super::AppError::Answer(AnswerError::Verify(error)) => error.into(),
            super::AppError::UnknownCollection(name) => Self::unknown_collection(&name),
            super::AppError::Models(error) => Self::internal(error.to_string()),
            super::AppError::Archive(error @ ArchiveError::File { .. }) => Self::internal(error.to_string()),
            super::AppError::Synonyms(_) | super::AppError::NoteTooLong(_) => {
                Self::new(ErrorCode::InvalidParameter, error.to_string())
            }
            super::AppError::NotAllowed(_) => Self::new(ErrorCode::NotAllowed, error.to_string()),
            super::AppError::Archive(error) => Self::new(ErrorCode::InvalidUpload, error.to_string()),
            error @ (super::AppError::Certificate { .. } | super::AppError::FileExists(_)) => {
                Self::internal(error.to_string())
            }
        }
    }
}

impl App {
    async fn to_ask(&self, request: AskRequest) -> Result<Ask, super::AppError> {
        Ok(Ask {
            domain: self.domain_of(&request.collections).await?,
            question: request.question,
            earlier: request.earlier,
            collections: request.collections,
            mode: request.mode.unwrap_or(self.default_mode()),
            as_of: request.as_of,
            lang: request.lang,
        })
    }

    async fn known(&self, name: &CollectionName) -> Result<Collection, AppError> {
        let found = self.store().collection(name).await?;
        found.ok_or_else(|| AppError::unknown_collection(name.as_str()))
    }

    /// Each claim against what the collections hold on it; a passage found for several claims has one label.
    pub(super) async fn judge_against(
        &self,
        claims: Vec<Claim>,
        collections: &[CollectionName],
        as_of: Option<time::Date>,
    ) -> Result<Verification, AppError> {
        let engine = self.engine(true).await?;
        let mut items: Vec<Evidence> = Vec::new();
        let mut searched = Searched::default();
        let mut found: Vec<Vec<Label>> = Vec::with_capacity(claims.len());
        for claim in &claims {
            let query = Query {
                text: claim.text.clone(),
                collections: collections.to_vec(),
                as_of: as_of.unwrap_or_else(|| self.clock().today()),
                statuses: None,
                lang: None,
                limit: 8,
                switches: Switches::default(),
            };
            let evidence = engine.retrieve(&query).await?;
            searched = evidence.searched.clone();
            let mut labels = Vec::new();
            for evidence in evidence.items() {
                let same = |known: &Evidence| {
                    (known.chunk.id, known.chunk.version) == (evidence.chunk.id, evidence.chunk.version)
                };
                let at = items.iter().position(same).unwrap_or_else(|| {
                    items.push(evidence.clone());
                    items.len() - 1
                });
                labels.extend(u16::try_from(at + 1).ok().map(Label));
            }
            found.push(labels);
        }
        let evidence = EvidenceSet::number(items, searched);
        let verifier = self.verifier().await?;
        let mut judgements = Vec::with_capacity(claims.len());
        for (claim, labels) in claims.into_iter().zip(found) {
            // Labels in the text point into its own sources, not into ours.
            let claim = Claim { cited: Vec::new(), ..claim };
            judgements.extend(verifier.verify(&[claim], &evidence.only(&labels)).await?);
        }
        Ok(Verification { judgements, evidence })
    }
}

/// Texts that came with a request, as evidence labelled in their order.
fn given(sources: &[crate::http::Source], as_of: Date) -> EvidenceSet {
    let collection = CollectionName::constant("request");
    let items = (1_i64..)
        .zip(sources)
        .map(|(number, source)| {
            let key = format!("source-{number}");
            let meta = DocumentMeta::plain(key, source.title.clone(), lang::detect(&source.text), Domain::General);
            Evidence::of(
                collection.clone(),
                Arc::new(meta),
                Chunk {
                    id: ChunkId(number),
                    version: VersionId(number),
                    ordinal: 0,
                    locator: String::new(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, source.text.len()),
                    text: source.text.clone(),
                },
            )
        })
        .collect::<Vec<_>>();
    let chunks = items.len() as u64;
    EvidenceSet::number(
        items,
        Searched {
            collections: vec![collection],
            chunks,
            vectors_permille: 1000,
            as_of: Some(as_of),
            ..Searched::default()
        },
    )
}

#[async_trait]
impl Service for App {
    async fn ask(&self, request: AskRequest) -> Result<Answer, AppError> {
        let ask = self.to_ask(request).await?;
        Ok(Self::ask(self, &ask, None).await?)
    }

    async fn ask_stream(&self, request: AskRequest) -> Result<AnswerStream, AppError> {
        let ask = self.to_ask(request).await?;
        // Loaded now, so that a missing model is an error and not the first event.
        self.pipeline(ask.mode).await?;
        let (sender, receiver) = mpsc::channel(EVENTS);
        let (failure, failed) = tokio::sync::oneshot::channel();
        let app = self.clone();
        let cancel = CancellationToken::new();
        let guard = cancel.clone().drop_guard();
        tokio::spawn(async move {
            tokio::select! {
                outcome = Self::ask(&app, &ask, Some(&sender)) => {
                    if let Err(error) = outcome {
                        let _ = failure.send(AppError::from(error));
                    }
                }
                () = cancel.cancelled() => {}
            }
        });
        let events = ReceiverStream::new(receiver).map(Ok);
        let end = futures::stream::once(failed).filter_map(|failed| async move { failed.ok().map(Err) });
        // The guard lives in the stream: a client that leaves drops it, and the work stops.
        let stream = events.chain(end);
        Ok(Box::pin(stream.map(move |event| {
            let _ = &guard;
            event
        })))
    }

    async fn answer(&self, id: &str) -> Result<Option<String>, AppError> {
        Ok(self.store().answer(id).await?.map(|stored| stored.json))
    }

    async fn recall(&self, answer: Option<&str>) -> Result<Vec<Recall>, AppError> {
        Ok(Self::recall(self, answer).await?)
    }

    async fn search(&self, request: SearchRequest) -> Result<EvidenceSet, AppError> {
        let query = Query {
            text: request.text,
            collections: request.collections,
            as_of: request.as_of.unwrap_or_else(|| self.clock().today()),
            statuses: request.statuses,
            lang: request.lang,
            limit: request.limit,
            switches: Switches::default(),
        };
        Ok(self.engine(true).await?.retrieve(&query).await?)
    }

    async fn verify(&self, request: VerifyRequest) -> Result<Verification, AppError> {
        let claims = match &request.claims {
            Claims::Text(text) => claims::from_text(text),
            Claims::List(list) => list.iter().map(|text| claims::whole(text)).collect(),
        };
        match &request.against {
            Against::Sources(sources) => {
                let evidence = given(sources, request.as_of.unwrap_or_else(|| self.clock().today()));
                let judgements = self.verifier().await?.verify(&claims, &evidence).await?;
                Ok(Verification { judgements, evidence })
            }
            Against::Collections(collections) => self.judge_against(claims, collections, request.as_of).await,
        }
    }

    async fn explore(&self, request: ExploreRequest) -> Result<Exploration, AppError> {
        Self::explore(self, request).await
    }

    async fn references(&self, text: &str, as_of: Option<Date>) -> Result<Vec<CheckedReference>, AppError> {
        let day = as_of.unwrap_or_else(|| self.clock().today());
        Ok(verify::in_text(&*self.engine(true).await?, text, day).await?)
    }

    async fn collections(&self) -> Result<Vec<(Collection, CollectionStats)>, AppError> {
        let embedder = self.embedder_name();
        let mut rows = Vec::new();
        for collection in self.store().collections().await? {
            let stats = self.store().collection_stats(&collection.name, embedder.as_deref()).await?;
            rows.push((collection, stats));
        }
        Ok(rows)
    }

    async fn collection(&self, name: &CollectionName) -> Result<Option<(Collection, CollectionStats)>, AppError> {
        let Some(collection) = self.store().collection(name).await? else { return Ok(None) };
        let stats = self.store().collection_stats(name, self.embedder_name().as_deref()).await?;
        Ok(Some((collection, stats)))
    }

    async fn create_collection(&self, collection: Collection) -> Result<(), AppError> {
        Ok(self.store().create_collection(&collection).await?)
    }

    async fn delete_collection(&self, name: &CollectionName) -> Result<(), AppError> {
        Ok(Self::delete_collection(self, name).await?)
    }

    async fn settings(&self, name: &CollectionName) -> Result<CollectionSettings, AppError> {
        Ok(self.store().collection_settings(name).await?)
    }

    async fn put_settings(&self, name: &CollectionName, settings: &CollectionSettings) -> Result<(), AppError> {
        Ok(Self::put_settings(self, name, settings).await?)
    }

    async fn coverage(&self, name: &CollectionName) -> Result<Coverage, AppError> {
        Ok(Self::coverage(self, name).await?)
    }

    async fn export(&self, name: &CollectionName, path: &Path) -> Result<(), AppError> {
        Self::export(self, name, path).await?;
        Ok(())
    }

    async fn import(&self, name: &CollectionName, path: &Path) -> Result<(), AppError> {
        Self::import(self, path, Some(name.clone())).await?;
        Ok(())
    }

    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, AppError> {
        self.known(collection).await?;
        Ok(self.store().documents(collection, offset, limit).await?)
    }

    async fn document(
        &self,
        collection: &CollectionName,
        key: &str,
        version: Option<VersionId>,
    ) -> Result<Option<(DocumentVersion, Document)>, AppError> {
        self.known(collection).await?;
        let id = match version {
            Some(id) => id,
            None => match self.store().document(collection, key).await? {
                Some(current) => current.id,
                None => return Ok(None),
            },
        };
        let found = self.store().version_text(id).await?;
        // A version id of another document must not open it under this name.
        Ok(found.filter(|(version, _)| version.collection == *collection && version.meta.key == key))
    }

    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, AppError> {
        self.known(collection).await?;
        let gone = self.store().delete_document(collection, key).await?;
        self.engine(true).await?.wake();
        Ok(gone)
    }

    async fn ingest_upload(&self, upload: Upload) -> Result<IngestJson, AppError> {
        let collection = self.known(&upload.collection).await?;
        let bytes = tokio::fs::read(&upload.path).await.map_err(|problem| AppError::internal(problem.to_string()))?;
        let options = IngestOptions {
            defaults: Defaults { domain: collection.domain, ..Defaults::default() },
            ..IngestOptions::default()
        };
        let report = self
            .ingester(options)
            .ingest_bytes(
                &collection.name,
                &upload.file_name,
                bytes,
                WrittenMeta::default(),
                &(),
                &CancellationToken::new(),
            )
            .await
            .map_err(|error| match error {
                IngestError::Store(error) => error.into(),
                IngestError::Reader(problem) => AppError::internal(problem),
            })?;
        self.engine(true).await?.wake();
        let failures = report
            .problems
            .iter()
            .map(|p| IngestFailureJson {
                place: p.line.map_or_else(|| p.path.clone(), |line| format!("{}, line {line}", p.path)),
                message: p.message.clone(),
            })
            .collect();
        Ok(IngestJson {
            added: report.added,
            replaced: report.replaced,
            unchanged: report.unchanged,
            chunks: report.chunks,
            failed: report.problem_count,
            failures,
        })
    }

    async fn status(&self) -> Result<Readiness, AppError> {
        let mut problems = Vec::new();
        let mut models = Vec::new();
        match self.embedder().await {
            Ok(Some(embedder)) => models.push(("embedder", embedder.identity().clone())),
            Ok(None) => problems.push("no embedder: search is by words only; run 'attest models pull auto'".to_owned()),
            Err(problem) => {
                tracing::error!(%problem, "the embedder cannot be loaded");
                problems.push("the embedder cannot be loaded; run 'attest models check'".to_owned());
            }
        }
        match self.encoder().await {
            Ok(Some(encoder)) => models.push(("verifier", encoder.identity().clone())),
            Ok(None) => {}
            Err(problem) => {
                tracing::error!(%problem, "the verifier cannot be loaded");
                problems.push("the verifier cannot be loaded; run 'attest doctor'".to_owned());
            }
        }
        let mut offered = vec![self.default_mode()];
        let generator = match self.config().generator {
            // The model's name comes with the first answer; asking for it here would wait for a server that is down.
            Some(_) => self.generator().await?.map(|generator| generator.identity().clone()),
            None => self.assigned(crate::models::Job::Generator)?.map(|generator| generator.identity()),
        };
        if let Some(generator) = generator {
            models.push(("generator", generator));
            offered.extend([Mode::Strict, Mode::Grounded].into_iter().filter(|mode| *mode != self.default_mode()));
        }
        let index = self.engine(true).await?.status().await?;
        let allowed = self.store().all_collection_settings().await?.iter().any(|(_, settings)| settings.explore);
        let explore = allowed && offered.contains(&Mode::Grounded);
        Ok(Readiness { ready: true, problems, modes: offered, explore, models, index })
    }

    fn generator_load(&self) -> Option<GeneratorLoad> {
        self.loaded_generator()?.load()
    }
}
