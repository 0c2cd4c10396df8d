//! A whole application in memory, for tests of the doors: real texts, a search by shared words, scripted verdicts.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use time::{Date, macros::date};

use super::script;
use crate::{
    domain::{
        answer::{Answer, Mode, ModelIdentity, Revision},
        document::{
            Chunk, ChunkId, Collection, CollectionName, CollectionSettings, DocStatus, Document, DocumentMeta,
            DocumentVersion, Domain, Section, VersionId,
        },
        evidence::{Evidence, EvidenceSet, Searched, Signals},
        exploration::Exploration,
        instrument::CheckedReference,
        policy::Shown,
        recall::Recall,
        text::{Lang, Span},
    },
    http::{
        Against, AnswerEvent, AnswerStream, AppError, AskRequest, Claims, ErrorCode, ExploreRequest, Readiness,
        SearchRequest, Service, Upload, Verification, VerifyRequest,
    },
    ports::{CollectionStats, IndexStatus, PutOutcome, RetrieveError, StoreError},
    retrieve::{
        Synonyms,
        coverage::{Coverage, Survey},
    },
    wire::{AnswerJson, IngestFailureJson, IngestJson, to_json},
};

/// The day on which the fake lives.
pub const TODAY: Date = date!(2026 - 11 - 23);

/// Longest question, in bytes.
const QUESTION_LIMIT: usize = 8 * 1024;

/// Statutes of China (text without copyright, Copyright Law Art. 5), the GDPR (EU text, reuse under Decision
/// 2011/833/EU; `GDPRtEXT`, CC BY 4.0) and `MedQuAD` (CC BY 4.0): a few sections of each, one document a line.
const SAMPLES: &str = include_str!("samples/documents.jsonl");

type Shelf = Vec<(DocumentVersion, Document)>;

#[derive(Default)]
struct Inner {
    shelves: Mutex<BTreeMap<CollectionName, (Collection, Shelf)>>,
    settings: Mutex<BTreeMap<CollectionName, CollectionSettings>>,
    answers: Mutex<BTreeMap<String, String>>,
    recalls: Mutex<Vec<Recall>>,
    fault: Mutex<Option<AppError>>,
    running: AtomicUsize,
    last_id: AtomicI64,
}

/// The fake. Clones share everything.
#[derive(Clone, Default)]
pub struct FakeService {
    inner: Arc<Inner>,
    pace: Duration,
}

/// Counts a question as running for as long as it lives.
struct Running(Arc<Inner>);

impl Running {
    fn begin(inner: &Arc<Inner>) -> Self {
        inner.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(inner))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeService {
    /// What the recall list holds from now on.
    pub fn set_recalls(&self, recalls: Vec<Recall>) {
        *lock(&self.inner.recalls) = recalls;
    }

    /// Nothing in it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// With the collections legal-zh, legal-en and medical-en.
    ///
    /// # Panics
    ///
    /// When the samples that are part of the program are not what they were.
    pub fn with_samples() -> Self {
        let fake = Self::default();
        for line in SAMPLES.lines() {
            let record: serde_json::Value = serde_json::from_str(line).expect("the samples are JSON lines");
            let document = document_of(&record);
            let name: CollectionName = text(&record["collection"]).parse().expect("the samples name collections");
            let title = match name.as_str() {
                "legal-zh" => "中国法律",
                "legal-en" => "EU law",
                _ => "Patient information",
            };
            lock(&fake.inner.shelves).entry(name.clone()).or_insert_with(|| {
                let domain = document.meta.domain;
                (Collection { name: name.clone(), title: title.to_owned(), domain }, Vec::new())
            });
            fake.put(&name, document).expect("the collection was made above");
        }
        fake
    }

    /// Waits this long before each event of an answer.
    #[must_use]
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Every call fails like this from now on; `None` heals it.
    pub fn fail_with(&self, fault: Option<AppError>) {
        *lock(&self.inner.fault) = fault;
    }

    /// Questions that are being answered right now.
    pub fn running(&self) -> usize {
        self.inner.running.load(Ordering::SeqCst)
    }

    fn healthy(&self) -> Result<(), AppError> {
        lock(&self.inner.fault).clone().map_or(Ok(()), Err)
    }

    fn next_id(&self) -> i64 {
        self.inner.last_id.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn put(&self, collection: &CollectionName, document: Document) -> Result<PutOutcome, AppError> {
        let id = VersionId(self.next_id());
        let mut shelves = lock(&self.inner.shelves);
        let (_, books) =
            shelves.get_mut(collection).ok_or_else(|| StoreError::UnknownCollection(collection.to_string()))?;
        let content_hash = blake3_like(&document);
        let mut number = 1;
        let mut old = None;
        for (version, _) in books.iter_mut().filter(|(version, _)| version.meta.key == document.meta.key) {
            if version.current && version.content_hash == content_hash {
                return Ok(PutOutcome::Unchanged);
            }
            number = version.number + 1;
            old = Some(version.id).filter(|_| version.current).or(old);
            version.current = false;
        }
        let version = DocumentVersion {
            id,
            collection: collection.clone(),
            meta: Arc::new(document.meta.clone()),
            number,
            content_hash,
            current: true,
        };
        books.push((version, document));
        Ok(old.map_or(PutOutcome::Added(id), |old| PutOutcome::Replaced { old, new: id }))
    }

    fn find(&self, request: &SearchRequest) -> Result<EvidenceSet, AppError> {
        if request.text.len() > QUESTION_LIMIT {
            return Err(RetrieveError::QueryTooLong { bytes: request.text.len(), limit: QUESTION_LIMIT }.into());
        }
        let shelves = lock(&self.inner.shelves);
        let names: Vec<CollectionName> = if request.collections.is_empty() {
            shelves.keys().cloned().collect()
        } else {
            request.collections.clone()
        };
        let day = request.as_of.unwrap_or(TODAY);
        let mut found = Vec::new();
        let mut chunks = 0;
        for name in &names {
            let (_, books) = shelves.get(name).ok_or_else(|| RetrieveError::UnknownCollection(name.to_string()))?;
            for (version, document) in books.iter().filter(|(version, _)| version.current) {
                let wanted = match &request.statuses {
                    Some(statuses) => statuses.contains(&version.meta.status),
                    None => version.meta.governs_on(day),
                };
                if !wanted || request.lang.is_some_and(|lang| lang != version.meta.lang) {
                    continue;
                }
                for (ordinal, section) in (0..).zip(&document.sections) {
                    chunks += 1;
                    let text = section.span.of(&document.text).unwrap_or_default();
                    let score = script::overlap(&request.text, &format!("{} {text}", section.path.join(" ")));
                    if score > 0.0 {
                        found.push(evidence(version, section, text, ordinal, score));
                    }
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(request.limit);
        for (rank, evidence) in (1..).zip(&mut found) {
            evidence.signals =
                Signals { lexical_rank: Some(rank), bm25: Some(evidence.score * 20.0), ..Signals::default() };
        }
        let searched = Searched {
            collections: names,
            chunks,
            vectors_permille: 1000,
            index_position: chunks_position(chunks),
            ..Searched::default()
        };
        Ok(EvidenceSet::number(found, searched))
    }

    fn write(&self, request: &AskRequest) -> Result<Answer, AppError> {
        let found = self.find(&SearchRequest {
            text: script::read_as(request).unwrap_or_else(|| request.question.clone()),
            collections: request.collections.clone(),
            as_of: request.as_of,
            statuses: None,
            lang: request.lang,
            limit: 6,
        })?;
        let id = format!("01-fake-{}", self.next_id());
        let answer = script::answer(id, request, found);
        lock(&self.inner.answers).insert(answer.id.clone(), to_json(&AnswerJson::from(&answer), false));
        Ok(answer)
    }
}

fn chunks_position(chunks: u64) -> i64 {
    i64::try_from(chunks).unwrap_or(i64::MAX)
}

fn evidence(version: &DocumentVersion, section: &Section, text: &str, ordinal: u32, score: f32) -> Evidence {
    Evidence {
        score,
        ..Evidence::of(
            version.collection.clone(),
            Arc::clone(&version.meta),
            Chunk {
                id: ChunkId(version.id.0 * 1000 + i64::from(ordinal)),
                version: version.id,
                ordinal,
                locator: section.locator.clone(),
                path: section.path.clone(),
                page: section.page,
                span: section.span,
                text: text.to_owned(),
            },
        )
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A record of `documents.jsonl`, its sections joined by blank lines.
fn document_of(record: &serde_json::Value) -> Document {
    let optional = |field: &str| record[field].as_str().map(str::to_owned);
    let day = |field: &str| {
        let format = time::macros::format_description!("[year]-[month]-[day]");
        record[field].as_str().and_then(|day| Date::parse(day, format).ok())
    };
    let lang = Lang::parse(&text(&record["lang"])).unwrap_or(Lang::En);
    let domain = Domain::parse(&text(&record["domain"])).unwrap_or_default();
    let mut meta = DocumentMeta::plain(text(&record["key"]), text(&record["title"]), lang, domain);
    meta.kind = text(&record["kind"]);
    meta.authority = record["authority"].as_u64().and_then(|n| u8::try_from(n).ok()).unwrap_or(9);
    meta.jurisdiction = optional("jurisdiction");
    meta.issuer = optional("issuer");
    meta.valid_from = day("valid_from");
    meta.valid_to = day("valid_to");
    meta.status = DocStatus::parse(&text(&record["status"])).unwrap_or_default();
    meta.superseded_by = optional("superseded_by");
    meta.source_url = optional("source_url");
    meta.licence = optional("licence");
    meta.note = optional("note");
    let mut whole = String::new();
    let mut sections = Vec::new();
    for section in record["sections"].as_array().into_iter().flatten() {
        if !whole.is_empty() {
            whole.push_str("\n\n");
        }
        let start = whole.len();
        whole.push_str(section["text"].as_str().unwrap_or_default());
        sections.push(Section {
            locator: text(&section["locator"]),
            path: section["path"].as_array().into_iter().flatten().map(text).collect(),
            page: None,
            span: Span::new(start, whole.len()),
        });
    }
    Document { meta, text: whole, sections }
}

/// Stands in for the content hash: equal for equal documents, and that is all the fake needs.
fn blake3_like(document: &Document) -> String {
    blake3::hash(format!("{document:?}").as_bytes()).to_hex().to_string()
}

fn statistics(books: &Shelf) -> CollectionStats {
    let current: Vec<_> = books.iter().filter(|(version, _)| version.current).collect();
    let chunks = current.iter().map(|(_, document)| document.sections.len() as u64).sum();
    let by_status = DocStatus::ALL
        .into_iter()
        .map(|status| (status, current.iter().filter(|(version, _)| version.meta.status == status).count() as u64))
        .filter(|&(_, count)| count > 0)
        .collect();
    CollectionStats { documents: current.len() as u64, chunks, vectors: chunks, by_status }
}

#[async_trait]
impl Service for FakeService {
    async fn ask(&self, request: AskRequest) -> Result<Answer, AppError> {
        self.healthy()?;
        let _running = Running::begin(&self.inner);
        tokio::time::sleep(self.pace).await;
        self.write(&request)
    }

    async fn ask_stream(&self, request: AskRequest) -> Result<AnswerStream, AppError> {
        self.healthy()?;
        let running = Running::begin(&self.inner);
        let answer = self.write(&request)?;
        let mut events = vec![AnswerEvent::Searching, AnswerEvent::Evidence(answer.evidence.clone())];
        for (index, sentence) in answer.sentences.iter().enumerate() {
            let text = sentence.span.of(answer.text.as_str()).unwrap_or_default().to_owned();
            let sentence = Box::new(sentence.clone());
            // As the pipeline does where it gives a sentence up: told as withheld, then told to stay so.
            let dropped = answer.provenance.mode == Mode::Grounded && sentence.shown == Shown::Withheld;
            events.push(AnswerEvent::Sentence { index, text: text.clone(), sentence: sentence.clone() });
            if dropped {
                events.push(AnswerEvent::Revised { index, text, sentence, revision: Revision::Dropped });
            }
        }
        let broken = request.question.contains("BREAK");
        let last =
            if broken { Err(AppError::internal("/srv/secret broke")) } else { Ok(AnswerEvent::Done(Box::new(answer))) };
        let pace = self.pace;
        let told = stream::iter(events.into_iter().map(Ok).chain([last])).then(move |event| {
            // Held until the stream is dropped: what a client that left still costs can be counted.
            let _ = &running;
            async move {
                tokio::time::sleep(pace).await;
                event
            }
        });
        Ok(Box::pin(told))
    }

    async fn answer(&self, id: &str) -> Result<Option<String>, AppError> {
        self.healthy()?;
        Ok(lock(&self.inner.answers).get(id).cloned())
    }

    async fn recall(&self, answer: Option<&str>) -> Result<Vec<Recall>, AppError> {
        self.healthy()?;
        let recalls = lock(&self.inner.recalls);
        Ok(recalls.iter().filter(|recall| answer.is_none_or(|id| id == recall.answer)).cloned().collect())
    }

    async fn search(&self, request: SearchRequest) -> Result<EvidenceSet, AppError> {
        self.healthy()?;
        self.find(&request)
    }

    /// Allowed where collections are named; its one idea is the first sentence that is found.
    async fn explore(&self, request: ExploreRequest) -> Result<Exploration, AppError> {
        self.healthy()?;
        if request.collections.is_empty() {
            return Err(AppError::new(ErrorCode::NotAllowed, "a collection does not allow ideas beyond its texts"));
        }
        let evidence = self.find(&SearchRequest {
            text: request.question.clone(),
            collections: request.collections,
            as_of: request.as_of,
            statuses: None,
            lang: None,
            limit: 10,
        })?;
        let first = evidence.items().first().map(|item| item.chunk.text.clone()).unwrap_or_default();
        let idea = script::sentences(&first).first().map(|&(span, text)| script::judge(text, span, &evidence));
        Ok(Exploration {
            lang: request.lang.unwrap_or(Lang::Zh),
            as_of: request.as_of.unwrap_or(TODAY),
            question: request.question,
            ideas: idea.into_iter().collect(),
            evidence,
            generator: ModelIdentity { name: "fake".to_owned(), sha256: "0".repeat(64) },
        })
    }

    async fn references(&self, _: &str, _: Option<Date>) -> Result<Vec<CheckedReference>, AppError> {
        self.healthy()?;
        Ok(Vec::new())
    }

    async fn verify(&self, request: VerifyRequest) -> Result<Verification, AppError> {
        self.healthy()?;
        let claims = match &request.claims {
            Claims::Text(text) => script::sentences(text),
            Claims::List(list) => list.iter().map(|claim| (Span::new(0, claim.len()), claim.as_str())).collect(),
        };
        let evidence = match &request.against {
            Against::Sources(sources) => script::sources(sources),
            Against::Collections(collections) => self.find(&SearchRequest {
                text: claims.iter().map(|&(_, claim)| claim).collect::<Vec<_>>().join(" "),
                collections: collections.clone(),
                as_of: request.as_of,
                statuses: None,
                lang: None,
                limit: 10,
            })?,
        };
        let judgements = claims.into_iter().map(|(span, claim)| script::judge(claim, span, &evidence)).collect();
        Ok(Verification { judgements, evidence })
    }

    async fn collections(&self) -> Result<Vec<(Collection, CollectionStats)>, AppError> {
        self.healthy()?;
        Ok(lock(&self.inner.shelves).values().map(|(made, books)| (made.clone(), statistics(books))).collect())
    }

    async fn collection(&self, name: &CollectionName) -> Result<Option<(Collection, CollectionStats)>, AppError> {
        self.healthy()?;
        Ok(lock(&self.inner.shelves).get(name).map(|(made, books)| (made.clone(), statistics(books))))
    }

    async fn create_collection(&self, collection: Collection) -> Result<(), AppError> {
        self.healthy()?;
        let mut shelves = lock(&self.inner.shelves);
        if shelves.contains_key(&collection.name) {
            return Err(StoreError::CollectionExists(collection.name.to_string()).into());
        }
        shelves.insert(collection.name.clone(), (collection, Vec::new()));
        Ok(())
    }

    async fn settings(&self, name: &CollectionName) -> Result<CollectionSettings, AppError> {
        if !lock(&self.inner.shelves).contains_key(name) {
            return Err(AppError::unknown_collection(name.as_str()));
        }
        Ok(lock(&self.inner.settings).get(name).cloned().unwrap_or_default())
    }

    async fn put_settings(&self, name: &CollectionName, settings: &CollectionSettings) -> Result<(), AppError> {
        self.settings(name).await?;
        Synonyms::parse(&settings.synonyms)
            .map_err(|error| AppError::new(ErrorCode::InvalidParameter, error.to_string()))?;
        lock(&self.inner.settings).insert(name.clone(), settings.clone());
        Ok(())
    }

    async fn coverage(&self, name: &CollectionName) -> Result<Coverage, AppError> {
        let shelves = lock(&self.inner.shelves);
        let (_, books) = shelves.get(name).ok_or_else(|| AppError::unknown_collection(name.as_str()))?;
        let mut survey = Survey::default();
        books.iter().filter(|(version, _)| version.current).for_each(|(_, document)| survey.add(document));
        Ok(survey.finish())
    }

    async fn export(&self, name: &CollectionName, path: &Path) -> Result<(), AppError> {
        let known = lock(&self.inner.shelves).contains_key(name);
        if !known {
            return Err(AppError::unknown_collection(name.as_str()));
        }
        std::fs::write(path, format!("archive of {name}")).map_err(|error| AppError::internal(error.to_string()))
    }

    async fn import(&self, name: &CollectionName, path: &Path) -> Result<(), AppError> {
        let bytes = std::fs::read(path).map_err(|error| AppError::internal(error.to_string()))?;
        if !bytes.starts_with(b"archive of ") {
            return Err(AppError::new(ErrorCode::InvalidUpload, "it is not an archive of a collection"));
        }
        let made = Collection { name: name.clone(), title: name.to_string(), domain: Domain::default() };
        self.create_collection(made).await
    }

    async fn delete_collection(&self, name: &CollectionName) -> Result<(), AppError> {
        self.healthy()?;
        let gone = lock(&self.inner.shelves).remove(name);
        gone.map(|_| ()).ok_or_else(|| AppError::unknown_collection(name.as_str()))
    }

    async fn documents(
        &self,
        collection: &CollectionName,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<DocumentVersion>, AppError> {
        self.healthy()?;
        let shelves = lock(&self.inner.shelves);
        let (_, books) =
            shelves.get(collection).ok_or_else(|| StoreError::UnknownCollection(collection.to_string()))?;
        let mut versions: Vec<_> = books.iter().map(|(version, _)| version).filter(|version| version.current).collect();
        versions.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
        let page = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Ok(versions.into_iter().skip(page(offset)).take(page(limit)).cloned().collect())
    }

    async fn document(
        &self,
        collection: &CollectionName,
        key: &str,
        version: Option<VersionId>,
    ) -> Result<Option<(DocumentVersion, Document)>, AppError> {
        self.healthy()?;
        let shelves = lock(&self.inner.shelves);
        let (_, books) =
            shelves.get(collection).ok_or_else(|| StoreError::UnknownCollection(collection.to_string()))?;
        let wanted = |found: &DocumentVersion| version.map_or(found.current, |id| found.id == id);
        Ok(books.iter().find(|(found, _)| found.meta.key == key && wanted(found)).cloned())
    }

    async fn delete_document(&self, collection: &CollectionName, key: &str) -> Result<bool, AppError> {
        self.healthy()?;
        let mut shelves = lock(&self.inner.shelves);
        let (_, books) =
            shelves.get_mut(collection).ok_or_else(|| StoreError::UnknownCollection(collection.to_string()))?;
        let found = books.iter_mut().find(|(version, _)| version.current && version.meta.key == key);
        Ok(found.map(|(version, _)| version.current = false).is_some())
    }

    async fn ingest_upload(&self, upload: Upload) -> Result<IngestJson, AppError> {
        self.healthy()?;
        let bytes = tokio::fs::read(&upload.path).await.map_err(|error| AppError::internal(error.to_string()))?;
        let mut report = IngestJson::default();
        match String::from_utf8(bytes) {
            Ok(text) if !text.trim().is_empty() && !text.contains('\0') => {
                let stem = Path::new(&upload.file_name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let span = Span::new(0, text.len());
                let section = Section { locator: stem.clone(), path: Vec::new(), page: None, span };
                let lang = if text.is_ascii() { Lang::En } else { Lang::Zh };
                let meta = DocumentMeta::plain(upload.file_name.clone(), stem, lang, Domain::General);
                let outcome = self.put(&upload.collection, Document { meta, text, sections: vec![section] })?;
                match outcome {
                    PutOutcome::Unchanged => report.unchanged = 1,
                    PutOutcome::Added(_) => report.added = 1,
                    PutOutcome::Replaced { .. } => report.replaced = 1,
                }
                report.chunks = u64::from(outcome != PutOutcome::Unchanged);
            }
            _ => {
                let message = "this is not a text; Attest reads text, Markdown, HTML and documents.jsonl".to_owned();
                report.failures.push(IngestFailureJson { place: upload.file_name, message });
                report.failed = 1;
            }
        }
        Ok(report)
    }

    async fn status(&self) -> Result<Readiness, AppError> {
        if let Some(fault) = lock(&self.inner.fault).clone() {
            return match fault.code {
                ErrorCode::NotReady => Ok(Readiness { problems: vec![fault.message], ..Readiness::default() }),
                _ => Err(fault),
            };
        }
        let chunks = lock(&self.inner.shelves).values().map(|(_, books)| statistics(books).chunks).sum();
        Ok(Readiness {
            ready: true,
            problems: Vec::new(),
            modes: vec![Mode::Strict, Mode::Grounded],
            explore: false,
            models: vec![("embedder", ModelIdentity { name: "fake".to_owned(), sha256: "0".repeat(64) })],
            index: IndexStatus {
                log_position: chunks_position(chunks),
                lexical_position: chunks_position(chunks),
                chunks,
                vectors: chunks,
            },
        })
    }
}
