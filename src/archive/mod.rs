//! A collection as one file that another Attest reads back to the same document and chunk hashes.
//!
//! A ZIP with four entries: `manifest.json` names the others with their length and SHA-256; `collection.json` and
//! `synonyms.txt` are the settings; `documents.jsonl` has a line for each current document: metadata, text, sections,
//! chunks with the BLAKE3 of their text, and vectors under the model that made them. Earlier versions stay behind. The
//! same collection gives the same bytes.
//!
//! Both directions stream: one document is in memory at a time. An archive is read twice: whole, to check it, and only
//! then into the store, in one transaction.

mod format;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc;

use self::{format::Head, read::Archive, write::Writer};
use crate::{
    domain::document::{BadCollectionName, Collection, CollectionName, Domain, VersionId},
    ports::{PackedDocument, Store, StoreError},
    retrieve::Synonyms,
};

/// Documents that may wait between the store and the file.
const WAITING: usize = 4;

/// Current versions that are listed at once.
const PAGE: u64 = 1_000;

/// Why a collection could not be written to, or made from, an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("it is not an archive of a collection ({0}); 'attest collections export' writes such archives")]
    Foreign(String),
    #[error("it is of format {0}, which this version does not know: a newer Attest wrote it. Update Attest")]
    Newer(u32),
    #[error("the archive is damaged: {0}. Nothing was imported; get a fresh copy")]
    Damaged(String),
    #[error("the archive is not safe to read: {0}. Nothing was imported")]
    Unsafe(String),
    #[error("the collection changed while it was read ({0}); try again")]
    Changed(String),
    #[error(transparent)]
    Name(#[from] BadCollectionName),
    #[error("the archive cannot be {action}: {problem}")]
    File { action: &'static str, problem: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    pub name: CollectionName,
    pub documents: u64,
    pub chunks: u64,
    pub vectors: u64,
}

/// Writes the current documents of a collection, in the order of their keys, to `file`.
pub async fn export(store: &dyn Store, name: &CollectionName, file: File) -> Result<Contents, ArchiveError> {
    let collection = store.collection(name).await?.ok_or_else(|| StoreError::UnknownCollection(name.to_string()))?;
    let settings = store.collection_settings(name).await?;
    let versions = current(store, name).await?;
    let (sender, mut receiver) = mpsc::channel::<PackedDocument>(WAITING);
    let count = versions.len() as u64;
    let writer = tokio::task::spawn_blocking(move || {
        let mut writer = Writer::begin(file, &collection, &settings)?;
        while let Some(document) = receiver.blocking_recv() {
            writer.document(&document)?;
        }
        writer.finish(count)
    });
    for (version, key) in versions {
        let Some(document) = store.pack(version).await? else { return Err(ArchiveError::Changed(key)) };
        if sender.send(document).await.is_err() {
            break;
        }
    }
    drop(sender);
    joined(writer).await
}

async fn current(store: &dyn Store, name: &CollectionName) -> Result<Vec<(VersionId, String)>, ArchiveError> {
    let mut versions = Vec::new();
    loop {
        let page = store.documents(name, versions.len() as u64, PAGE).await?;
        let read = page.len() as u64;
        versions.extend(page.into_iter().map(|version| (version.id, version.meta.key.clone())));
        if read < PAGE {
            return Ok(versions);
        }
    }
}

/// Makes a collection from the archive at `path`, under its own name or another one. All of it or nothing.
pub async fn import(
    store: Arc<dyn Store>,
    path: &Path,
    name: Option<CollectionName>,
) -> Result<Contents, ArchiveError> {
    let checked = {
        let path = path.to_owned();
        joined(tokio::task::spawn_blocking(move || check(&path))).await?
    };
    let (head, mut contents) = checked;
    if let Some(name) = name {
        contents.name = name;
    }
    let domain = Domain::parse(&head.domain).ok_or_else(|| ArchiveError::Damaged(format!("domain {}", head.domain)))?;
    let collection = Collection { name: contents.name.clone(), title: head.title.clone(), domain };
    let settings = head.settings();
    Synonyms::parse(&settings.synonyms).map_err(|problem| ArchiveError::Damaged(problem.to_string()))?;
    let (sender, mut receiver) = mpsc::channel::<PackedDocument>(WAITING);
    let again: PathBuf = path.to_owned();
    let reader = tokio::task::spawn_blocking(move || {
        let mut archive = Archive::open(&again)?;
        archive.documents(&mut |document| sender.blocking_send(document).is_ok())
    });
    let unpacked = store.unpack(&collection, &settings, contents.documents, &mut receiver).await;
    drop(receiver);
    // What the reader has to say is the reason, where both failed.
    joined(reader).await?;
    unpacked?;
    Ok(contents)
}

/// Reads an archive from end to end.
fn check(path: &Path) -> Result<(Head, Contents), ArchiveError> {
    let mut archive = Archive::open(path)?;
    let head = archive.head()?;
    let (mut chunks, mut vectors) = (0, 0);
    let documents = archive.documents(&mut |document| {
        chunks += document.prepared.chunks.len() as u64;
        vectors += document.vectors.iter().map(|of| of.chunks.len() as u64).sum::<u64>();
        true
    })?;
    let name = head.name.parse()?;
    Ok((head, Contents { name, documents, chunks, vectors }))
}

async fn joined<T>(task: tokio::task::JoinHandle<Result<T, ArchiveError>>) -> Result<T, ArchiveError> {
    let ended = |problem: tokio::task::JoinError| ArchiveError::File {
        action: "read or written",
        problem: std::io::Error::other(problem.to_string()),
    };
    task.await.map_err(ended)?
}
