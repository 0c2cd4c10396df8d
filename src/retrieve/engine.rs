//! The retriever: what it keeps in memory, and how a query runs.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use tokio::sync::{Mutex, Notify};

use super::{
    catalogue::Catalogue,
    filter::Filter,
    follow::Following,
    fuse::{Candidate, Fusion, Rankings, fuse},
    lexical::{LexicalIndex, LexicalWeights},
};
use crate::{
    domain::{
        document::{ChunkId, CollectionName},
        evidence::{Evidence, EvidenceSet, Label, Query, Searched},
    },
    ports::{Embedder, IndexStatus, RetrieveError, Retriever, Store, StoredChunk},
};

/// Longest question, in bytes.
pub const LONGEST_QUERY: usize = 20_000;

/// Most chunks that one query returns.
const MOST_RESULTS: usize = 1_000;

/// What a deployment may tune.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub lexical: LexicalWeights,
    pub fusion: Fusion,
    /// How many chunks each ranking contributes at least.
    pub candidates: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { lexical: LexicalWeights::default(), fusion: Fusion::default(), candidates: 200 }
    }
}

/// The retriever over a store. It answers from what it has indexed; [`Engine::follow`] takes in what is new.
pub struct Engine {
    pub(super) store: Arc<dyn Store>,
    pub(super) embedder: Option<Arc<dyn Embedder>>,
    pub(super) lexical: Arc<LexicalIndex>,
    pub(super) catalogue: RwLock<Arc<Catalogue>>,
    pub(super) following: Mutex<Following>,
    /// Somebody knows that there is something to follow.
    pub(super) news: Notify,
    options: Options,
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
        let engine = Self {
            store,
            embedder,
            lexical: Arc::new(lexical),
            catalogue: RwLock::default(),
            following: Mutex::default(),
            news: Notify::new(),
            options,
        };
        engine.load().await?;
        Ok(engine)
    }

    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
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

    /// Texts that occur more than once (reprints, two editions) appear once: in the source of highest authority.
    fn without_copies(catalogue: &Catalogue, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let authority = |chunk: ChunkId| {
            let known = catalogue.row(chunk).and_then(|row| catalogue.known(row.version));
            known.map_or(u8::MAX, |known| known.meta.authority)
        };
        let mut first: HashMap<u64, usize> = HashMap::new();
        let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            // A version that the store took back is gone at once, even while the index still holds it.
            let row = catalogue.row(candidate.chunk).filter(|row| catalogue.known(row.version).is_some());
            let Some(row) = row else { continue };
            let Some(&at) = first.get(&row.text_hash) else {
                first.insert(row.text_hash, kept.len());
                kept.push(candidate);
                continue;
            };
            let shown = &mut kept[at];
            if !shown.signals.direct && authority(candidate.chunk) < authority(shown.chunk) {
                let score = shown.score;
                *shown = Candidate { score, ..candidate };
            }
        }
        kept
    }

    async fn evidence(&self, candidates: &[Candidate]) -> Result<Vec<Evidence>, RetrieveError> {
        let ids: Vec<ChunkId> = candidates.iter().map(|candidate| candidate.chunk).collect();
        let mut stored: HashMap<ChunkId, StoredChunk> =
            self.store.chunks(&ids).await?.into_iter().map(|stored| (stored.chunk.id, stored)).collect();
        // A chunk that the store no longer has was deleted a moment ago: it is not evidence.
        let evidence = candidates.iter().filter_map(|candidate| {
            let StoredChunk { collection, meta, chunk } = stored.remove(&candidate.chunk)?;
            let (score, signals) = (candidate.score, candidate.signals);
            Some(Evidence { label: Label(0), collection, meta, chunk, score, signals })
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
        let filter = Filter::of(query);
        let catalogue = self.catalogue();
        let limit = query.limit.min(MOST_RESULTS);
        let depth = self.options.candidates.max(2 * limit);

        let lexical = {
            let (index, weights, filter, text) =
                (Arc::clone(&self.lexical), self.options.lexical, filter.clone(), text.to_owned());
            let wanted = query.switches.lexical;
            async move {
                if !wanted {
                    return Ok(None);
                }
                blocking(move || index.search(&text, &filter, &weights, depth)).await.map(Some)
            }
        };
        let lexical = lexical.await?;

        let rankings = Rankings { direct: &[], lexical: lexical.as_deref(), vector: None };
        let mut candidates = Self::without_copies(&catalogue, fuse(rankings, self.options.fusion));
        candidates.truncate(limit);
        let evidence = self.evidence(&candidates).await?;
        let (_, chunks) = catalogue.admitted(&filter);
        let index_position = catalogue.mark.position;
        let searched = Searched { collections, chunks, vectors_permille: 0, index_position };
        Ok(EvidenceSet::number(evidence, searched))
    }

    async fn status(&self) -> Result<IndexStatus, RetrieveError> {
        let log_position = self.store.last_change().await?;
        let catalogue = self.catalogue();
        let lexical_position = catalogue.mark.position;
        let chunks = catalogue.rows().len() as u64;
        Ok(IndexStatus { log_position, lexical_position, chunks, vectors: 0 })
    }
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
