//! The retriever: what it keeps in memory, and how a query runs.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{
    adapter::QueryAdapter,
    catalogue::{Admitted, Catalogue},
    copies, direct,
    expand::{self, Synonyms},
    filter::Filter,
    follow::Following,
    fuse::{Candidate, Fusion, Rankings, fuse},
    instruments::{RECENT_TEXTS, Register},
    lexical::{LexicalIndex, LexicalWeights},
    passage::passage,
    product::unit,
    recent::Recent,
    rerank,
    vector::{SEGMENT, Snapshots, VectorIndex},
};
use crate::{
    domain::{
        answer::ModelIdentity,
        document::{ChunkId, CollectionName, CollectionSettings, VersionId},
        evidence::{Evidence, EvidenceSet, Query, Searched, Switches},
        instrument::KnownVersion,
    },
    ports::{
        EmbedKind, Embedder, IndexStatus, ModelError, Priority, Reranker, RetrieveError, Retriever, Store, StoredChunk,
    },
};

/// Longest question, in bytes.
pub const LONGEST_QUERY: usize = 20_000;

/// Filters whose bitmaps are kept.
const RECENT_FILTERS: usize = 16;

/// Tables of synonyms that are kept.
const RECENT_TABLES: usize = 64;

/// Vectors are asked once one passage in so many has its own.
const LEAST_VECTORS: u64 = 2;

/// Copies of one passage that are looked at.
const MOST_COPIES: usize = 16;

/// Passages read beyond those wanted: near copies take places that others then fill.
const SPARE: usize = 8;

/// Most chunks that one query returns.
const MOST_RESULTS: usize = 1_000;

/// What a deployment may tune.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub lexical: LexicalWeights,
    pub fusion: Fusion,
    /// How many chunks each ranking contributes at least.
    pub candidates: usize,
    /// Vectors of a segment: what is scanned at most before a graph is made.
    pub segment: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { lexical: LexicalWeights::default(), fusion: Fusion::default(), candidates: 200, segment: SEGMENT }
    }
}

/// The retriever over a store. It answers from what it has indexed; [`Engine::follow`] takes in what is new.
pub struct Engine {
    pub(super) store: Arc<dyn Store>,
    pub(super) embedder: Option<Arc<dyn Embedder>>,
    pub(super) lexical: Arc<LexicalIndex>,
    pub(super) catalogue: RwLock<Arc<Catalogue>>,
    pub(super) vectors: Arc<RwLock<VectorIndex>>,
    pub(super) snapshots: Snapshots,
    /// A graph over the vectors is being built.
    pub(super) drawing: Arc<AtomicBool>,
    pub(super) following: tokio::sync::Mutex<Following>,
    /// Somebody knows that there is something to follow.
    pub(super) news: Notify,
    pub(super) options: Options,
    adapter: Option<QueryAdapter>,
    reranker: Option<Arc<dyn Reranker>>,
    /// By the generations of catalogue and vectors.
    filters: Mutex<Recent<(Filter, u64, u64), Arc<Admitted>>>,
    /// By what their owners wrote.
    synonyms: Mutex<Recent<String, Arc<Synonyms>>>,
    pub(super) register: tokio::sync::Mutex<Register>,
    pub(super) texts: Mutex<Recent<VersionId, Arc<KnownVersion>>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("index", &self.lexical.path())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the indexes in `directory`, which belongs to them alone, and loads what they hold. A missing, damaged or
    /// outdated index is made anew. Call [`Engine::follow`] or [`Engine::spawn_follower`] afterwards.
    pub async fn open(
        store: Arc<dyn Store>,
        embedder: Option<Arc<dyn Embedder>>,
        directory: &Path,
        options: Options,
    ) -> Result<Self, RetrieveError> {
        let path = directory.join("lexical");
        let lexical = blocking(move || LexicalIndex::open(&path)).await?;
        let dimensions = embedder.as_ref().map_or(0, |embedder| embedder.dimensions());
        let engine = Self {
            store,
            embedder,
            lexical: Arc::new(lexical),
            catalogue: RwLock::default(),
            vectors: Arc::new(RwLock::new(VectorIndex::new(dimensions, options.segment))),
            snapshots: Snapshots::new(directory.join("vectors")),
            drawing: Arc::default(),
            following: tokio::sync::Mutex::default(),
            news: Notify::new(),
            options,
            adapter: None,
            reranker: None,
            filters: Mutex::new(Recent::new(RECENT_FILTERS)),
            synonyms: Mutex::new(Recent::new(RECENT_TABLES)),
            register: tokio::sync::Mutex::default(),
            texts: Mutex::new(Recent::new(RECENT_TEXTS)),
        };
        engine.load().await?;
        Ok(engine)
    }

    /// Ranks passages by vectors of questions that `adapter` moves.
    #[must_use]
    pub fn with_query_adapter(mut self, adapter: Option<QueryAdapter>) -> Self {
        self.adapter = adapter;
        self
    }

    /// Lets `reranker` take a second look at the best passages.
    #[must_use]
    pub fn with_reranker(mut self, reranker: Option<Arc<dyn Reranker>>) -> Self {
        self.reranker = reranker;
        self
    }

    /// Whether graphs over vectors are being built; searches scan meanwhile.
    pub fn is_drawing(&self) -> bool {
        self.drawing.load(Ordering::Acquire)
    }

    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn read_vectors(&self) -> RwLockReadGuard<'_, VectorIndex> {
        self.vectors.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write_vectors(&self) -> RwLockWriteGuard<'_, VectorIndex> {
        self.vectors.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the filter admits in the present state of catalogue and vectors.
    fn admitted(&self, catalogue: &Catalogue, filter: &Filter) -> Arc<Admitted> {
        let vectors = self.read_vectors();
        let key = (filter.clone(), catalogue.generation, vectors.generation);
        let mut recent = self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(admitted) = recent.get(&key) {
            return admitted;
        }
        let admitted = Arc::new(catalogue.admitted(filter, |chunk| vectors.slot(chunk)));
        recent.put(key, Arc::clone(&admitted));
        admitted
    }

    /// The vector of a question; `None` where there is no embedder.
    async fn embed(&self, question: &str) -> Result<Option<Arc<Vec<f32>>>, RetrieveError> {
        let Some(embedder) = &self.embedder else { return Ok(None) };
        let texts = [question.to_owned()];
        let vectors = embedder.embed(EmbedKind::Query, &texts, Priority::Interactive).await?;
        let vector = vectors.into_iter().next().and_then(unit).ok_or_else(|| ModelError::Failed {
            model: embedder.identity().name.clone(),
            problem: "it gave the question no usable vector".to_owned(),
        })?;
        Ok(Some(Arc::new(vector)))
    }

    /// The nearest chunks, best first, and the question's vector; `None` where vectors are off or there are none.
    async fn near(
        &self,
        question: &str,
        switches: Switches,
        admitted: &Arc<Admitted>,
        depth: usize,
    ) -> Result<Option<Near>, RetrieveError> {
        // While only some passages have their vectors, nearness would favour those.
        if !switches.vector || admitted.slots.is_empty() || admitted.vectors * LEAST_VECTORS < admitted.chunks {
            return Ok(None);
        }
        let Some(question) = self.embed(question).await? else { return Ok(None) };
        let (vectors, admitted) = (Arc::clone(&self.vectors), Arc::clone(admitted));
        let adapter = self.adapter.as_ref().filter(|_| switches.adapt);
        let moved = adapter.and_then(|adapter| adapter.apply(&question)).map(Arc::new);
        let wanted = moved.unwrap_or_else(|| Arc::clone(&question));
        let ranking = blocking(move || {
            let vectors = vectors.read().unwrap_or_else(PoisonError::into_inner);
            Ok(vectors.search(&wanted, &admitted.slots, depth))
        });
        Ok(Some(Near { ranking: ranking.await?, question }))
    }

    /// The collections that the query searches; an unknown one is an error.
    async fn collections(&self, query: &Query) -> Result<Vec<CollectionName>, RetrieveError> {
        let known = self.store.collections().await?;
        if query.collections.is_empty() {
            return Ok(known.into_iter().map(|collection| collection.name).collect());
        }
        let unknown = query.collections.iter().find(|name| known.iter().all(|collection| collection.name != **name));
        match unknown {
            Some(name) => Err(RetrieveError::UnknownCollection(name.to_string())),
            None => Ok(query.collections.clone()),
        }
    }

    /// What the owners of the collections have written.
    async fn settings(&self, collections: &[CollectionName]) -> Result<Settings, RetrieveError> {
        let mut settings = Settings::default();
        let mut written: HashMap<CollectionName, CollectionSettings> =
            self.store.all_collection_settings().await?.into_iter().collect();
        for name in collections {
            let Some(CollectionSettings { synonyms, known_missing, .. }) = written.remove(name) else { continue };
            settings.synonyms.extend(self.synonyms_of(name, synonyms));
            if !known_missing.is_empty() {
                settings.known_missing.push((name.clone(), known_missing));
            }
        }
        Ok(settings)
    }

    fn synonyms_of(&self, name: &CollectionName, text: String) -> Option<Arc<Synonyms>> {
        if text.is_empty() {
            return None;
        }
        let mut recent = self.synonyms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent.get(&text) {
            return Some(known);
        }
        // They were checked when they were set.
        let table = Synonyms::parse(&text)
            .inspect_err(|problem| tracing::warn!(%problem, collection = %name, "synonyms are not used"))
            .unwrap_or_default();
        let table = Arc::new(table);
        recent.put(text, Arc::clone(&table));
        Some(table)
    }

    /// Reprints, grouped under the first of them: a boilerplate that stands in a thousand documents takes one place.
    fn grouped(catalogue: &Catalogue, candidates: Vec<Candidate>) -> Vec<Group> {
        let mut first: HashMap<ChunkId, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            // A version that the store took back is gone at once, even while the index still holds it.
            let row = catalogue.row(candidate.chunk).filter(|row| catalogue.known(row.version).is_some());
            let Some(row) = row else { continue };
            match first.get(&row.origin) {
                Some(&at) if groups[at].copies.len() < MOST_COPIES => groups[at].copies.push(candidate),
                Some(_) => {}
                None => {
                    first.insert(row.origin, groups.len());
                    groups.push(Group { candidate, copies: Vec::new() });
                }
            }
        }
        groups
    }

    async fn evidence(&self, catalogue: &Catalogue, candidates: &[Candidate]) -> Result<Vec<Evidence>, RetrieveError> {
        let ids: Vec<ChunkId> = candidates.iter().map(|candidate| candidate.chunk).collect();
        let mut stored: HashMap<ChunkId, StoredChunk> =
            self.store.chunks(&ids).await?.into_iter().map(|stored| (stored.chunk.id, stored)).collect();
        // A chunk that the store no longer has was deleted a moment ago: it is not evidence.
        let evidence = candidates.iter().filter_map(|candidate| {
            let StoredChunk { collection, meta, chunk } = stored.remove(&candidate.chunk)?;
            let Candidate { score, signals, .. } = *candidate;
            let origin = catalogue.row(candidate.chunk)?.origin;
            Some(Evidence { score, signals, origin, ..Evidence::of(collection, meta, chunk) })
        });
        Ok(evidence.collect())
    }
}

#[async_trait]
impl Retriever for Engine {
    async fn retrieve(&self, query: &Query) -> Result<EvidenceSet, RetrieveError> {
        let text = query.text.trim();
        if text.is_empty() {
            return Err(RetrieveError::EmptyQuery);
        }
        if text.len() > LONGEST_QUERY {
            return Err(RetrieveError::QueryTooLong { bytes: text.len(), limit: LONGEST_QUERY });
        }
        let collections = self.collections(query).await?;
        let settings = self.settings(&collections).await?;
        let filter = Filter::of(query);
        let catalogue = self.catalogue();
        let admitted = self.admitted(&catalogue, &filter);
        let limit = query.limit.min(MOST_RESULTS);
        let depth = self.options.candidates.max(2 * limit);

        // One after the other: the encoder's threads wait for each other, so that a millisecond of searching beside
        // them costs four.
        let concepts = if query.switches.expand { expand::concepts(text, &settings.synonyms) } else { Vec::new() };
        let (direct, lexical, concepts) = {
            let (index, weights) = (Arc::clone(&self.lexical), self.options.lexical);
            let (text, filter, catalogue) = (text.to_owned(), filter, Arc::clone(&catalogue));
            let switches = query.switches;
            blocking(move || {
                let direct =
                    if switches.direct { direct::look_up(&text, &filter, &catalogue, &index)? } else { Vec::new() };
                let search = || index.search(&text, &filter, &weights, &concepts, depth);
                let lexical = switches.lexical.then(search).transpose()?;
                Ok((direct, lexical, concepts))
            })
            .await?
        };
        let restated = expand::restated(text, &concepts);
        let near = self.near(&restated, query.switches, &admitted, depth).await?;

        let rankings = Rankings {
            direct: &direct,
            lexical: lexical.as_deref(),
            vector: near.as_ref().map(|near| near.ranking.as_slice()),
        };
        let mut groups = Self::grouped(&catalogue, fuse(rankings, self.options.fusion));
        let reranker = self.reranker.as_deref().filter(|_| query.switches.rerank);
        let wanted = if reranker.is_some() { limit.max(rerank::DEPTH) } else { limit };
        groups.truncate(wanted + SPARE);
        let mut candidates: Vec<Candidate> = Vec::with_capacity(groups.len());
        for Group { candidate, copies } in groups {
            let score = candidate.score;
            candidates.push(candidate);
            candidates.extend(copies.into_iter().map(|copy| Candidate { score, ..copy }));
        }
        if let Some(near) = &near {
            let vectors = self.read_vectors();
            for candidate in &mut candidates {
                candidate.signals.cosine = vectors.cosine(&near.question, candidate.chunk);
            }
        }
        let mut evidence = copies::fold(self.evidence(&catalogue, &candidates).await?, query.as_of);
        evidence.truncate(wanted);
        if let Some(reranker) = reranker {
            let passages: Vec<String> =
                evidence.iter().take(rerank::DEPTH).map(|e| passage(&e.meta, &e.chunk)).collect();
            let scores = reranker.scores(&restated, &passages, Priority::Interactive).await?;
            rerank::reorder(&mut evidence, &scores);
            evidence.truncate(limit);
        }
        let searched = Searched {
            collections,
            chunks: admitted.chunks,
            vectors_permille: permille(admitted.vectors, admitted.chunks),
            index_position: catalogue.mark.position,
            as_of: Some(query.as_of),
            newest: admitted.newest,
            known_missing: settings.known_missing,
            concepts,
        };
        Ok(EvidenceSet::number(evidence, searched))
    }

    async fn status(&self) -> Result<IndexStatus, RetrieveError> {
        let log_position = self.store.last_change().await?;
        let catalogue = self.catalogue();
        let lexical_position = catalogue.mark.position;
        let vectors = self.read_vectors();
        let vectors = catalogue.rows().iter().filter(|row| vectors.slot(row.chunk).is_some()).count() as u64;
        let chunks = catalogue.rows().len() as u64;
        Ok(IndexStatus { log_position, lexical_position, chunks, vectors })
    }

    fn query_adapter(&self) -> Option<&ModelIdentity> {
        self.adapter.as_ref().map(QueryAdapter::identity)
    }

    fn reranker(&self) -> Option<&ModelIdentity> {
        self.reranker.as_deref().map(Reranker::identity)
    }
}

/// A candidate and those that read the same to the letter.
struct Group {
    candidate: Candidate,
    copies: Vec<Candidate>,
}

/// What the owners of the searched collections have written.
#[derive(Default)]
struct Settings {
    synonyms: Vec<Arc<Synonyms>>,
    known_missing: Vec<(CollectionName, String)>,
}

/// A question in the vector space and what lies near it.
struct Near {
    ranking: Vec<(ChunkId, f32)>,
    question: Arc<Vec<f32>>,
}

/// A share in 1/1000, rounded down: 1000 only when nothing is missing.
fn permille(part: u64, whole: u64) -> u16 {
    u16::try_from((part.min(whole) * 1000).checked_div(whole).unwrap_or(0)).unwrap_or(1000)
}

/// Runs `work` where it may block. A panic in it becomes an error.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RetrieveError> + Send + 'static,
) -> Result<T, RetrieveError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(e) => Err(RetrieveError::Index { index: "search", problem: e.to_string() }),
    }
}
