//! How the indexes follow the store.
//!
//! The store's change log is the order of everything. The lexical index says in each commit how far it has followed, so
//! a process that dies at any moment leaves nothing to repair. One process writes to the index; any other reads along.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio::{sync::MutexGuard, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    catalogue::Known,
    engine::{Engine, blocking},
    lexical::{Mark, Writing},
};
use crate::{
    domain::document::VersionId,
    ports::{Change, ChangeKind, RetrieveError, StoredChunk},
};

/// Changes read from the store at once.
const LOG_PAGE: u32 = 64;

/// Documents read from the store at once when the engine starts.
const DOCUMENT_PAGE: u64 = 1_000;

/// Vectors read from the store at once.
const VECTOR_PAGE: u32 = 4_096;

/// Chunks after which a long catch-up is committed, so that searches see it grow.
const COMMIT_CHUNKS: usize = 8_000;

/// How often the follower looks for changes that another process made.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Pause after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How far this engine has followed, and the tables it has built so far.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// Log position up to which `versions` is true.
    seen: i64,
    versions: Arc<HashMap<VersionId, Known>>,
    /// Last vector that was taken in.
    vector_sequence: i64,
    /// The generations of catalogue and vectors that were last compared with each other.
    swept: (u64, u64),
    /// Whether `versions` or the index holds something that searches do not see yet.
    unpublished: bool,
}

impl Engine {
    /// Reads what the indexes hold already: no text, no log.
    pub(super) async fn load(&self) -> Result<(), RetrieveError> {
        let mut following = self.following.lock().await;
        // The position first: what changes while the documents are read is met again in the log, and does no harm.
        following.seen = self.store.last_change().await?;
        let mut versions = HashMap::new();
        for collection in self.store.collections().await? {
            let mut offset = 0;
            loop {
                let page = self.store.documents(&collection.name, offset, DOCUMENT_PAGE).await?;
                let read = page.len() as u64;
                versions.extend(page.into_iter().map(|v| (v.id, Known::new(v.collection, v.meta))));
                offset += read;
                if read < DOCUMENT_PAGE {
                    break;
                }
            }
        }
        following.versions = Arc::new(versions);
        following.unpublished = true;
        self.publish(&mut following).await?;
        self.follow_vectors(&mut following).await
    }

    /// Takes in everything that the store holds at this moment.
    ///
    /// # Errors
    /// Where the store or the index fails; what was committed before stays, and the next call goes on from there.
    pub async fn follow(&self) -> Result<(), RetrieveError> {
        let mut following = self.following.lock().await;
        self.follow_log(&mut following).await?;
        self.publish(&mut following).await?;
        self.follow_vectors(&mut following).await
    }

    /// Drops the derived indexes and makes them anew from the store.
    pub async fn rebuild(&self) -> Result<(), RetrieveError> {
        {
            let mut following = self.following.lock().await;
            let index = Arc::clone(&self.lexical);
            let written = blocking(move || {
                let Some(mut writing) = index.write()? else { return Ok(false) };
                writing.clear()?;
                writing.finish().map(|()| true)
            });
            if !written.await? {
                return Err(RetrieveError::Index {
                    index: "lexical",
                    problem: "another process is writing to it; stop that process first".to_owned(),
                });
            }
            following.unpublished = true;
        }
        self.follow().await
    }

    /// Follows in the background until `cancel`: at once after [`Engine::wake`], and twice a second otherwise, since
    /// another process may write to the store too.
    pub fn spawn_follower(self: &Arc<Self>, cancel: CancellationToken) -> JoinHandle<()> {
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let followed = match engine.follow().await {
                    Ok(()) => engine.register().await,
                    Err(error) => Err(error),
                };
                let pause = match followed {
                    Ok(()) => LOOK_EVERY,
                    Err(error) => {
                        tracing::warn!(%error, "the indexes could not follow the store; trying again");
                        RETRY_AFTER
                    }
                };
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = engine.news.notified() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        })
    }

    /// Says that the store has something new.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    /// Whether the change that the index stopped at is the one that the store has at that position.
    async fn is_of_this_store(&self, mark: Mark) -> Result<bool, RetrieveError> {
        if mark.position == 0 {
            return Ok(true);
        }
        let there = self.store.changes_after(mark.position - 1, 1).await?;
        Ok(there.first().is_some_and(|change| change.position == mark.position && change.version.0 == mark.version))
    }

    async fn follow_log(&self, following: &mut MutexGuard<'_, Following>) -> Result<(), RetrieveError> {
        let mut mark = self.lexical.mark()?;
        let mut is_ours = self.is_of_this_store(mark).await?;
        let last = self.store.last_change().await?;
        if is_ours && last <= mark.position && last <= following.seen {
            return Ok(());
        }
        let index = Arc::clone(&self.lexical);
        let mut writing = blocking(move || index.write()).await?;
        if let Some(open) = &mut writing {
            // Another process may have committed before the lock was ours.
            mark = self.lexical.mark()?;
            is_ours = self.is_of_this_store(mark).await?;
            if !is_ours {
                tracing::info!(position = mark.position, "the lexical index belongs to another store; making it anew");
                open.clear()?;
                mark = Mark::default();
                following.unpublished = true;
            }
        }
        let (mut pending, mut pending_chunks) = (false, 0);
        let mut position = if writing.is_some() { mark.position.min(following.seen) } else { following.seen };
        loop {
            let changes = self.store.changes_after(position, LOG_PAGE).await?;
            let Some(last) = changes.last() else { break };
            position = last.position;
            let steps = self.read_steps(changes).await?;
            for step in &steps {
                if step.change.position > following.seen {
                    following.take_in(step);
                }
            }
            let (size, from) = (steps.iter().map(|step| step.chunks.len()).sum::<usize>(), mark);
            let Some(open) = writing.take() else { continue };
            let (open, reached) = blocking(move || open.apply(&steps, from)).await?;
            writing = Some(open);
            mark = reached;
            pending = true;
            pending_chunks += size;
            if pending_chunks >= COMMIT_CHUNKS {
                (pending, pending_chunks) = (false, 0);
                writing = commit(writing, mark).await?;
                self.publish(following).await?;
            }
        }
        if pending {
            writing = commit(writing, mark).await?;
        }
        if let Some(open) = writing {
            blocking(move || open.finish()).await?;
        }
        Ok(())
    }

    async fn follow_vectors(&self, following: &mut MutexGuard<'_, Following>) -> Result<(), RetrieveError> {
        let Some(embedder) = &self.embedder else { return Ok(()) };
        let name = embedder.identity().name.clone();
        loop {
            let page = self.store.vectors_after(&name, following.vector_sequence, VECTOR_PAGE).await?;
            let Some(last) = page.last() else { break };
            following.vector_sequence = last.sequence;
            let refused = self.write_vectors().extend(page);
            if refused > 0 {
                tracing::warn!(refused, embedder = %name, "vectors were refused: wrong length, or no direction");
            }
        }
        let catalogue = self.catalogue();
        // Vectors may arrive before their chunks are indexed; only what the index has passed can be told to be gone.
        let state = (catalogue.generation, self.read_vectors().generation);
        if catalogue.mark.position >= following.seen && following.swept != state {
            let mut vectors = self.write_vectors();
            vectors.retain(|chunk| catalogue.row(chunk).is_some_and(|row| catalogue.known(row.version).is_some()));
            following.swept = (catalogue.generation, vectors.generation);
        }
        self.draw_graphs();
        Ok(())
    }

    /// Loads or builds the graphs of full segments in the background; searches scan them meanwhile.
    fn draw_graphs(&self) {
        if self.drawing.load(Ordering::Acquire) {
            return;
        }
        let Some(mut blueprint) = self.read_vectors().blueprint() else { return };
        self.drawing.store(true, Ordering::Release);
        let (vectors, drawing, snapshots) =
            (Arc::clone(&self.vectors), Arc::clone(&self.drawing), self.snapshots.clone());
        tokio::task::spawn_blocking(move || {
            loop {
                let graph = snapshots.load(&blueprint).unwrap_or_else(|| {
                    let graph = blueprint.build();
                    snapshots.keep(&graph);
                    graph
                });
                let mut vectors = vectors.write().unwrap_or_else(PoisonError::into_inner);
                vectors.adopt(graph);
                let Some(next) = vectors.blueprint() else {
                    snapshots.retain(&vectors.digests());
                    break;
                };
                blueprint = next;
            }
            drawing.store(false, Ordering::Release);
        });
    }

    async fn read_steps(&self, changes: Vec<Change>) -> Result<Vec<Step>, RetrieveError> {
        let mut steps = Vec::with_capacity(changes.len());
        for change in changes {
            let chunks = match change.kind {
                ChangeKind::Added => self.store.chunks_of(change.version).await?,
                ChangeKind::Removed => Vec::new(),
            };
            steps.push(Step { change, chunks });
        }
        Ok(steps)
    }

    /// Lets searches see what was committed, by this process or by another one.
    async fn publish(&self, following: &mut MutexGuard<'_, Following>) -> Result<(), RetrieveError> {
        let index = Arc::clone(&self.lexical);
        let shown = self.catalogue();
        let unpublished = following.unpublished;
        let earlier = Arc::clone(&shown);
        let fresh = blocking(move || {
            let mark = index.mark()?;
            if !unpublished && mark == earlier.mark {
                return Ok(None);
            }
            index.reload()?;
            Ok(Some((mark, Arc::new(index.rows()?))))
        });
        if let Some((mark, rows)) = fresh.await? {
            let next = shown.next(Arc::clone(&following.versions), rows, mark);
            *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
            following.unpublished = false;
        }
        Ok(())
    }
}

/// One change with what it brings.
pub(super) struct Step {
    pub change: Change,
    pub chunks: Vec<StoredChunk>,
}

impl Following {
    fn take_in(&mut self, step: &Step) {
        let version = step.change.version;
        match (step.change.kind, step.chunks.first()) {
            (ChangeKind::Added, Some(first)) => {
                let known = Known::new(first.collection.clone(), Arc::clone(&first.meta));
                Arc::make_mut(&mut self.versions).insert(version, known);
            }
            (ChangeKind::Added, None) => {}
            (ChangeKind::Removed, _) => {
                Arc::make_mut(&mut self.versions).remove(&version);
            }
        }
        self.seen = step.change.position;
        self.unpublished = true;
    }
}

impl Writing {
    /// Indexes the steps after `from`; returns how far it has come.
    fn apply(mut self, steps: &[Step], from: Mark) -> Result<(Self, Mark), RetrieveError> {
        let mut mark = from;
        for Step { change, chunks } in steps.iter().filter(|step| step.change.position > from.position) {
            match change.kind {
                ChangeKind::Added => {
                    for chunk in chunks {
                        self.add(chunk)?;
                    }
                }
                ChangeKind::Removed => self.remove(change.version),
            }
            mark = Mark { position: change.position, version: change.version.0 };
        }
        Ok((self, mark))
    }
}

async fn commit(writing: Option<Writing>, mark: Mark) -> Result<Option<Writing>, RetrieveError> {
    let Some(mut open) = writing else { return Ok(None) };
    blocking(move || {
        open.commit(mark)?;
        Ok(Some(open))
    })
    .await
}
