//! The subjects of `attest bench`: each piece of work done by Attest and by the libraries alone, in turn.

mod writing;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;

use super::{App, AppError};
use crate::{
    domain::{
        document::{Collection, CollectionName, Domain},
        evidence::{Evidence, EvidenceSet, Query, Searched, Switches},
    },
    draft::claims,
    eval::bench::{Row, Series},
    ingest::{IngestError, IngestOptions, Ingester, read::WrittenMeta},
    llama,
    models::Job,
    ports::{EmbedKind, ModelError, Priority, RetrieveError, Retriever, Store, StoreError, StoredChunk, VerifyError},
    retrieve::{self, BareSearch, Engine},
    store::SqliteStore,
    text::sentence,
};

/// Passages taken for one round of each comparison.
const TEXTS: usize = 64;
const QUESTIONS: usize = 40;
const CLAIMS: usize = 6;
const WINDOWS: usize = 3;
const INGESTED: usize = 2_000;
const RESULTS: usize = 20;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Embedding,
    Search,
    Verification,
    Writing,
    Ingest,
}

impl Subject {
    pub const NAMES: [&str; 5] = ["embedding", "search", "verification", "writing", "ingest"];
    const ALL: [Self; 5] = [Self::Embedding, Self::Search, Self::Verification, Self::Writing, Self::Ingest];

    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().zip(Self::ALL).find(|(own, _)| **own == name).map(|(_, subject)| subject)
    }

    const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Why a measurement stopped.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(
        "there are {passages} passages, and measuring takes at least {wanted}; read some documents first ('attest ingest')"
    )]
    NothingToMeasure { passages: usize, wanted: usize },
    #[error("{path} cannot be made: {problem}; make room or give another place with --home")]
    Scratch { path: String, problem: std::io::Error },
}

impl App {
    /// Measures `rounds` rounds of everything, or of `only` one subject, for which there are models, over what the store
    /// holds. `server` is the address of a server of llama.cpp that writing is measured against as well.
    ///
    /// # Errors
    /// [`BenchError::NothingToMeasure`] where the store holds fewer passages than a round needs.
    pub async fn bench(
        &self,
        rounds: usize,
        only: Option<Subject>,
        server: Option<&str>,
        told: &(dyn Fn(&'static str) + Sync),
    ) -> Result<Vec<Row>, BenchError> {
        let pool = self.sample((TEXTS + QUESTIONS) * rounds + INGESTED).await?;
        if pool.len() < TEXTS + QUESTIONS {
            return Err(BenchError::NothingToMeasure { passages: pool.len(), wanted: TEXTS + QUESTIONS });
        }
        let bench = Bench { app: self, pool };
        let mut rows = Vec::new();
        for subject in Subject::ALL.into_iter().filter(|subject| only.is_none_or(|only| only == *subject)) {
            told(subject.name());
            match subject {
                Subject::Embedding => rows.push(bench.embedding(rounds).await?),
                Subject::Search => rows.extend(bench.search(rounds).await?.map(Some)),
                Subject::Verification => rows.extend(bench.verification(rounds).await?.map(Some)),
                Subject::Writing => rows.extend(bench.writing(rounds, server).await?.into_iter().map(Some)),
                Subject::Ingest => rows.push(Some(bench.ingest(rounds).await?)),
            }
        }
        Ok(rows.into_iter().flatten().filter(|series| !series.is_empty()).map(|series| series.row()).collect())
    }

    /// Up to `wanted` passages from all collections, drawn evenly.
    async fn sample(&self, wanted: usize) -> Result<Vec<StoredChunk>, BenchError> {
        let store = self.store();
        let mut all = Vec::new();
        for collection in store.collections().await? {
            let mut offset = 0;
            loop {
                let documents = store.documents(&collection.name, offset, 200).await?;
                if documents.is_empty() {
                    break;
                }
                offset += documents.len() as u64;
                for document in documents {
                    all.extend(store.chunks_of(document.id).await?);
                }
            }
        }
        let step = (all.len() / wanted.max(1)).max(1);
        // Strided, so that neighbouring passages of a sample come from different documents.
        Ok((0..step.min(all.len()))
            .flat_map(|from| all.iter().skip(from).step_by(step).cloned())
            .take(wanted)
            .collect())
    }
}

struct Bench<'a> {
    app: &'a App,
    pool: Vec<StoredChunk>,
}

impl Bench<'_> {
    /// `count` passages of round `round`; other rounds get others as far as there are any.
    fn texts(&self, round: usize, count: usize) -> impl Iterator<Item = &StoredChunk> {
        self.pool.iter().cycle().skip(round * count % self.pool.len()).take(count.min(self.pool.len()))
    }

    async fn embedding(&self, rounds: usize) -> Result<Option<Series>, BenchError> {
        let (Some(embedder), Some(model)) = (self.app.embedder().await?, self.app.assigned(Job::Embedder)?) else {
            return Ok(None);
        };
        let options = self.app.model_options(&model);
        let mut series = Series::new("embedding", "passages", "llama.cpp, one text a call");
        for round in 0..rounds {
            let texts: Vec<String> = self.texts(round, TEXTS).map(|stored| stored.chunk.text.clone()).collect();
            let prefixed: Vec<String> = texts.iter().map(|text| format!("{}{text}", model.passage_prefix)).collect();
            let (mut ours, mut bare) = (Duration::ZERO, Duration::ZERO);
            for ours_now in turns(round) {
                if ours_now {
                    let start = Instant::now();
                    embedder.embed(EmbedKind::Passage, &texts, Priority::Bulk).await?;
                    ours = start.elapsed();
                } else {
                    bare = block_in_place(|| llama::bare_embedding(&options, &prefixed))?.elapsed;
                }
            }
            series.add(texts.len(), ours, Some(bare));
        }
        Ok(Some(series))
    }

    /// By words alone against plain BM25; by words and meaning against plain BM25 and the embedding of the question.
    async fn search(&self, rounds: usize) -> Result<[Series; 2], BenchError> {
        let engine = self.app.engine(true).await?;
        let bare = BareSearch::open(&self.app.config().index_dir())?;
        let model = self.app.assigned(Job::Embedder)?;
        let mut words = Series::new("search, words", "searches", "tantivy, one field");
        let mut fused = Series::new("search, fused", "searches", "tantivy and llama.cpp");
        for round in 0..rounds {
            let questions: Vec<String> =
                self.texts(round, QUESTIONS).map(|stored| question_from(&stored.chunk.text)).collect();
            let lexical = Switches { vector: false, ..Switches::default() };
            let (mut by_words, mut by_both, mut plain, mut vectors) =
                (Duration::ZERO, Duration::ZERO, Duration::ZERO, None);
            for ours_now in turns(round) {
                if ours_now {
                    by_words = self.searches(&engine, &questions, lexical).await?;
                    by_both = self.searches(&engine, &questions, Switches::default()).await?;
                } else {
                    for question in &questions {
                        plain += bare.search(question, RESULTS)?.1;
                    }
                    if let Some(model) = &model {
                        let options = self.app.model_options(model);
                        let asked: Vec<String> =
                            questions.iter().map(|question| format!("{}{question}", model.query_prefix)).collect();
                        vectors = Some(block_in_place(|| llama::bare_embedding(&options, &asked))?.elapsed);
                    }
                }
            }
            words.add(questions.len(), by_words, Some(plain));
            if let Some(vectors) = vectors {
                fused.add(questions.len(), by_both, Some(plain + vectors));
            }
        }
        Ok([words, fused])
    }

    async fn searches(
        &self,
        engine: &Engine,
        questions: &[String],
        switches: Switches,
    ) -> Result<Duration, BenchError> {
        let start = Instant::now();
        for question in questions {
            let query = Query {
                text: question.clone(),
                collections: Vec::new(),
                as_of: self.app.clock().today(),
                statuses: None,
                lang: None,
                limit: RESULTS,
                switches,
            };
            engine.retrieve(&query).await?;
        }
        Ok(start.elapsed())
    }

    /// Rules alone, and the whole cascade against embedding every sentence that takes part.
    async fn verification(&self, rounds: usize) -> Result<[Series; 2], BenchError> {
        let mut rules = Series::new("rules", "claims", "");
        let mut cascade = Series::new("verification", "claims", "llama.cpp, every sentence embedded");
        let model = self.app.assigned(Job::Embedder)?;
        let (alone, whole) = (self.app.verifier_without_model(), self.app.verifier().await?);
        for round in 0..rounds {
            let stored: Vec<&StoredChunk> = self.texts(round, WINDOWS).collect();
            let evidence = evidence(&stored);
            let sentences: Vec<&str> = stored.iter().flat_map(|stored| sentences(&stored.chunk.text)).collect();
            let written: Vec<String> = sentences.iter().cycle().take(CLAIMS).map(|text| turned_round(text)).collect();
            let claims: Vec<_> = written.iter().map(|text| claims::whole(text)).collect();
            if claims.is_empty() {
                continue;
            }
            let start = Instant::now();
            alone.verify(&claims, &evidence).await?;
            rules.add(claims.len(), start.elapsed(), None);
            let Some(model) = &model else { continue };
            let options = self.app.model_options(model);
            let all: Vec<String> = sentences.iter().map(|text| (*text).to_owned()).chain(written.clone()).collect();
            let (mut ours, mut bare) = (Duration::ZERO, Duration::ZERO);
            for ours_now in turns(round) {
                if ours_now {
                    let start = Instant::now();
                    whole.verify(&claims, &evidence).await?;
                    ours = start.elapsed();
                } else {
                    bare = block_in_place(|| llama::bare_embedding(&options, &all))?.elapsed;
                }
            }
            cascade.add(claims.len(), ours, Some(bare));
        }
        Ok([rules, cascade])
    }

    /// Documents to searchable words: read, cut, hashed, stored with a change log, indexed; against indexing alone.
    async fn ingest(&self, rounds: usize) -> Result<Series, BenchError> {
        let mut series = Series::new("ingest", "passages", "tantivy, one field");
        let taken: Vec<&StoredChunk> = self.pool.iter().take(INGESTED).collect();
        let lines = taken.iter().enumerate().fold(String::new(), |mut lines, (at, stored)| {
            let sections = [json!({"locator": "1", "path": stored.chunk.path, "text": stored.chunk.text})];
            lines.push_str(&json!({"key": format!("k{at}"), "title": "t", "sections": sections}).to_string());
            lines.push('\n');
            lines
        });
        let texts: Vec<String> = taken.iter().map(|stored| stored.chunk.text.clone()).collect();
        for round in 0..rounds {
            let (mut ours, mut bare) = (Duration::ZERO, Duration::ZERO);
            for ours_now in turns(round) {
                let scratch = Scratch::new(self.app)?;
                if ours_now {
                    ours = ingested(&scratch, lines.clone().into_bytes()).await?;
                } else {
                    bare = block_in_place(|| retrieve::bare_index(&scratch.0, &texts))?;
                }
            }
            series.add(texts.len(), ours, Some(bare));
        }
        Ok(series)
    }
}

async fn ingested(scratch: &Scratch, lines: Vec<u8>) -> Result<Duration, BenchError> {
    let start = Instant::now();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&scratch.0.join("attest.db")).await?);
    let name = CollectionName::constant("bench");
    let collection = Collection { name: name.clone(), title: "bench".to_owned(), domain: Domain::General };
    store.create_collection(&collection).await?;
    let ingester = Ingester::new(Arc::clone(&store), IngestOptions::default());
    ingester.ingest_bytes(&name, "bench.jsonl", lines, WrittenMeta::default(), &(), &CancellationToken::new()).await?;
    let engine = Engine::open(store, None, &scratch.0.join("index"), retrieve::Options::default()).await?;
    engine.follow().await?;
    Ok(start.elapsed())
}

/// A folder under the home directory that goes when its owner does.
pub(super) struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(app: &App) -> Result<Self, BenchError> {
        let path = app.config().home.join(format!("bench-{}", app.clock().new_id()));
        std::fs::create_dir_all(&path)
            .map_err(|problem| BenchError::Scratch { path: path.display().to_string(), problem })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Who goes first alternates, so that neither side always meets warm caches.
const fn turns(round: usize) -> [bool; 2] {
    if round.is_multiple_of(2) { [true, false] } else { [false, true] }
}

/// The first words of a passage, as long as a question is.
fn question_from(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(if text.is_ascii() { 60 } else { 24 }).collect()
}

fn sentences(text: &str) -> Vec<&str> {
    sentence::sentences(text).into_iter().filter_map(|span| span.of(text)).collect()
}

/// Says the same in another order: the verbatim path does not take it.
fn turned_round(text: &str) -> String {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (first, second) = text.split_at(middle);
    format!("{}, {}", second.trim(), first.trim())
}

fn evidence(stored: &[&StoredChunk]) -> EvidenceSet {
    let items = stored.iter().map(|stored| Evidence {
        score: 1.0,
        ..Evidence::of(stored.collection.clone(), Arc::clone(&stored.meta), stored.chunk.clone())
    });
    EvidenceSet::number(items.collect(), Searched::default())
}
