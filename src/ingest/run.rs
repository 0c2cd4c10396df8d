//! A run: files on one side, the store on the other.

use std::{collections::HashMap, path::Path, sync::Arc};

use tokio::{sync::mpsc, task};
use tokio_util::sync::CancellationToken;

use super::{
    chunk::ChunkOptions,
    read::{Defaults, PdfOptions, WrittenMeta},
    report::{IngestProgress, IngestReport, Progress},
    source::{Event, Origin, Source},
};
use crate::{
    domain::document::CollectionName,
    ports::{PreparedDocument, PutOutcome, Store, StoreError},
};

/// How a run reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestOptions {
    /// What holds for documents that do not say.
    pub defaults: Defaults,
    pub chunk: ChunkOptions,
    /// Larger files are refused before they are read.
    pub max_file_bytes: u64,
    /// How PDFs are read.
    pub pdf: PdfOptions,
    /// Larger lines of `documents.jsonl` are refused; the file itself is streamed.
    pub max_line_bytes: u64,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            defaults: Defaults::default(),
            chunk: ChunkOptions::default(),
            max_file_bytes: 512 << 20,
            pdf: PdfOptions::default(),
            max_line_bytes: 64 << 20,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading stopped unexpectedly ({0}); start it again, what is stored stays stored")]
    Reader(String),
}

/// Takes files into a store.
///
/// Resumable by construction: documents that are there with the same bytes are passed over, and a document is stored
/// whole or not at all. Reading, cutting and hashing run beside the writing.
#[derive(Clone)]
pub struct Ingester {
    store: Arc<dyn Store>,
    options: IngestOptions,
}

/// Documents that wait for the writer; each may be as long as a law.
const WAITING: usize = 16;

/// One transaction takes about this much text, or this many documents: large enough that syncing to disk does not
/// count, small enough that a run that is killed repeats little.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_DOCUMENTS: usize = 256;

impl Ingester {
    pub fn new(store: Arc<dyn Store>, options: IngestOptions) -> Self {
        Self { store, options }
    }

    /// Takes in a file, or everything below a folder. Problems of single files are in the report; the rest goes on.
    ///
    /// # Errors
    /// Where the collection is unknown or the store fails.
    pub async fn ingest_path(
        &self,
        collection: &CollectionName,
        path: &Path,
        progress: &dyn Progress<IngestProgress>,
        cancel: &CancellationToken,
    ) -> Result<IngestReport, IngestError> {
        self.run(collection, Origin::Path(path.to_owned()), progress, cancel).await
    }

    /// Takes in one file that was uploaded. `name` selects the reader by its ending and is the key where neither the
    /// file nor `written` gives one.
    ///
    /// # Errors
    /// Where the collection is unknown or the store fails.
    pub async fn ingest_bytes(
        &self,
        collection: &CollectionName,
        name: &str,
        bytes: Vec<u8>,
        written: WrittenMeta,
        progress: &dyn Progress<IngestProgress>,
        cancel: &CancellationToken,
    ) -> Result<IngestReport, IngestError> {
        let origin = Origin::Bytes { name: name.to_owned(), bytes, written: Box::new(written) };
        self.run(collection, origin, progress, cancel).await
    }

    async fn run(
        &self,
        collection: &CollectionName,
        origin: Origin,
        progress: &dyn Progress<IngestProgress>,
        cancel: &CancellationToken,
    ) -> Result<IngestReport, IngestError> {
        if self.store.collection(collection).await?.is_none() {
            return Err(StoreError::UnknownCollection(collection.to_string()).into());
        }
        let (events, mut inbox) = mpsc::channel(WAITING);
        let source =
            Source { options: self.options.clone(), events, cancel: cancel.clone(), keys: HashMap::new(), bytes: 0 };
        let reader = task::spawn_blocking(move || source.run(origin));
        let mut run = Run {
            store: &*self.store,
            collection,
            batch: Vec::new(),
            batch_bytes: 0,
            report: IngestReport::default(),
            now: IngestProgress::default(),
        };
        while let Some(event) = inbox.recv().await {
            run.take(event).await?;
            progress.update(run.now);
        }
        run.flush().await?;
        let stopped = reader.await.map_err(|error| IngestError::Reader(error.to_string()))?.is_err();
        run.report.cancelled = stopped && cancel.is_cancelled();
        progress.update(run.now);
        Ok(run.report)
    }
}

struct Run<'a> {
    store: &'a dyn Store,
    collection: &'a CollectionName,
    batch: Vec<PreparedDocument>,
    batch_bytes: usize,
    report: IngestReport,
    now: IngestProgress,
}

impl Run<'_> {
    async fn take(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Found { files, bytes } => (self.now.files_total, self.now.bytes_total) = (files, bytes),
            Event::Read { bytes } => self.now.bytes = bytes,
            Event::FileDone => {
                self.now.files += 1;
                self.report.files += 1;
            }
            Event::Problem(problem) => {
                self.now.problems += 1;
                self.report.problem(problem);
            }
            Event::Document(document) => {
                self.batch_bytes += document.document.text.len();
                self.batch.push(*document);
                if self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_DOCUMENTS {
                    self.flush().await?;
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let outcomes = self.store.put_documents(self.collection, &self.batch).await?;
        for (document, outcome) in self.batch.drain(..).zip(outcomes) {
            self.now.documents += 1;
            let chunks = document.chunks.len() as u64;
            match outcome {
                PutOutcome::Unchanged => self.report.unchanged += 1,
                PutOutcome::Added(_) => {
                    self.report.added += 1;
                    self.report.chunks += chunks;
                }
                PutOutcome::Replaced { .. } => {
                    self.report.replaced += 1;
                    self.report.chunks += chunks;
                }
            }
        }
        self.now.chunks = self.report.chunks;
        self.batch_bytes = 0;
        Ok(())
    }
}
