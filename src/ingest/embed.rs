//! Vectors for the chunks that have none, in the background.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::report::Progress;
use crate::{
    ports::{EmbedKind, Embedder, ModelError, Priority, Store, StoreError},
    retrieve::passage_text,
};

#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("'{model}' gave {vectors} vectors for {texts} texts; it cannot be used to embed")]
    Miscounted { model: String, texts: usize, vectors: usize },
}

/// How far the vectors have got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackfillProgress {
    /// Searchable chunks that have a vector.
    pub done: u64,
    /// Searchable chunks.
    pub total: u64,
}

/// Gives every searchable chunk its vector.
///
/// It asks the store what is missing, so that it goes on where it stopped, whatever stopped it.
#[derive(Clone)]
pub struct Backfill {
    store: Arc<dyn Store>,
    embedder: Arc<dyn Embedder>,
    /// Under which the vectors are stored.
    name: String,
}

/// Chunks asked for at once: finding them costs a query each time.
const ASKED: u32 = 512;

/// Texts embedded and stored at once: what a kill throws away, a few seconds' work.
const BATCH: usize = 64;

/// Between two looks for new chunks, and after a failure.
const IDLE: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(30);

impl Backfill {
    /// Vectors are stored under the name of the embedder's model.
    pub fn new(store: Arc<dyn Store>, embedder: Arc<dyn Embedder>) -> Self {
        let name = embedder.identity().name.clone();
        Self { store, embedder, name }
    }

    /// Runs until no vector is missing, or `cancel`; `true` when it was not cancelled.
    ///
    /// # Errors
    /// Where the store or the model fails; a busy model is waited for.
    pub async fn run(
        &self,
        progress: &dyn Progress<BackfillProgress>,
        cancel: &CancellationToken,
    ) -> Result<bool, BackfillError> {
        let (mut total, mut done) = self.store.vector_progress(&self.name).await?;
        progress.update(BackfillProgress { done, total });
        loop {
            let missing = self.store.chunks_without_vector(&self.name, ASKED).await?;
            if missing.is_empty() {
                return Ok(true);
            }
            for batch in missing.chunks(BATCH) {
                let texts: Vec<String> = batch.iter().map(passage_text).collect();
                let vectors = tokio::select! {
                    // Asked first: a model that answers at once must not outrun the request to stop.
                    biased;
                    () = cancel.cancelled() => return Ok(false),
                    vectors = self.embed(&texts) => vectors?,
                };
                if vectors.len() != texts.len() {
                    let model = self.embedder.identity().name.clone();
                    return Err(BackfillError::Miscounted { model, texts: texts.len(), vectors: vectors.len() });
                }
                let named: Vec<_> = batch.iter().map(|stored| stored.chunk.id).zip(vectors).collect();
                self.store.put_vectors(&self.name, &named).await?;
                done += named.len() as u64;
                total = total.max(done);
                progress.update(BackfillProgress { done, total });
            }
            // Documents may have come and gone meanwhile.
            (total, done) = self.store.vector_progress(&self.name).await?;
            progress.update(BackfillProgress { done, total });
        }
    }

    /// Runs for as long as the process: whatever is ingested gets its vectors. Failures are logged and tried again.
    pub async fn follow(&self, progress: &dyn Progress<BackfillProgress>, cancel: &CancellationToken) {
        let mut seen = None;
        while !cancel.is_cancelled() {
            let pause = match self.follow_once(&mut seen, progress, cancel).await {
                Ok(()) => IDLE,
                Err(error) => {
                    seen = None;
                    tracing::warn!(%error, "vectors could not be made; trying again in {} s", AFTER_FAILURE.as_secs());
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks at the log first, which costs nothing, and for missing vectors only where it has grown.
    async fn follow_once(
        &self,
        seen: &mut Option<i64>,
        progress: &dyn Progress<BackfillProgress>,
        cancel: &CancellationToken,
    ) -> Result<(), BackfillError> {
        let position = self.store.last_change().await?;
        if *seen != Some(position) && self.run(progress, cancel).await? {
            *seen = Some(position);
        }
        Ok(())
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        loop {
            match self.embedder.embed(EmbedKind::Passage, texts, Priority::Bulk).await {
                Err(ModelError::Busy { retry_after_s, .. }) => {
                    tokio::time::sleep(Duration::from_secs(u64::from(retry_after_s.clamp(1, 60)))).await;
                }
                other => return other,
            }
        }
    }
}
