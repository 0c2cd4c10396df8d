//! A collection to a file.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use serde::Serialize;
use sha2::{Digest, Sha256};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    ArchiveError, Contents,
    format::{DOCUMENTS, Entry, HEAD, Head, Line, MANIFEST, Manifest, SYNONYMS},
    read::LONGEST_LINE,
};
use crate::{
    domain::document::{Collection, CollectionName, CollectionSettings},
    models::hex,
    ports::PackedDocument,
};

pub(super) struct Writer {
    zip: ZipWriter<BufWriter<File>>,
    name: CollectionName,
    /// Of the entry that is open.
    bytes: u64,
    hasher: Sha256,
    manifest: Manifest,
}

fn failed(problem: impl Into<io::Error>) -> ArchiveError {
    ArchiveError::File { action: "written", problem: problem.into() }
}

impl Writer {
    pub fn begin(file: File, collection: &Collection, settings: &CollectionSettings) -> Result<Self, ArchiveError> {
        let zip = ZipWriter::new(BufWriter::new(file));
        let mut writer =
            Self { zip, name: collection.name.clone(), bytes: 0, hasher: Sha256::new(), manifest: Manifest::new() };
        let head = Head {
            name: collection.name.to_string(),
            title: collection.title.clone(),
            domain: collection.domain.code().to_owned(),
            known_missing: settings.known_missing.clone(),
            explore: settings.explore,
            synonyms: String::new(),
        };
        writer.open(HEAD)?;
        writer.put(&json(&head)?)?;
        writer.close(HEAD);
        writer.open(SYNONYMS)?;
        writer.put(settings.synonyms.as_bytes())?;
        writer.close(SYNONYMS);
        writer.open(DOCUMENTS)?;
        Ok(writer)
    }

    pub fn document(&mut self, document: &PackedDocument) -> Result<(), ArchiveError> {
        let mut line = json(&Line::of(document))?;
        if line.len() > LONGEST_LINE {
            let key = &document.prepared.document.meta.key;
            return Err(failed(io::Error::other(format!("'{key}' is larger than an archive can hold"))));
        }
        line.push(b'\n');
        self.put(&line)?;
        self.manifest.documents += 1;
        self.manifest.chunks += document.prepared.chunks.len() as u64;
        for of in &document.vectors {
            *self.manifest.vectors.entry(of.embedder.clone()).or_default() += of.chunks.len() as u64;
        }
        Ok(())
    }

    /// `count` documents were to come; what is short of it is not an archive.
    pub fn finish(mut self, count: u64) -> Result<Contents, ArchiveError> {
        if self.manifest.documents != count {
            return Err(ArchiveError::Changed(format!("{} of {count} documents", self.manifest.documents)));
        }
        self.close(DOCUMENTS);
        let manifest = json(&self.manifest)?;
        self.open(MANIFEST)?;
        self.put(&manifest)?;
        let file = self.zip.finish().map_err(failed)?.into_inner().map_err(|e| failed(e.into_error()))?;
        file.sync_all().map_err(failed)?;
        let Manifest { documents, chunks, vectors, .. } = self.manifest;
        Ok(Contents { name: self.name, documents, chunks, vectors: vectors.values().sum() })
    }

    fn open(&mut self, name: &str) -> Result<(), ArchiveError> {
        // No times: the same collection gives the same bytes.
        let options = SimpleFileOptions::default().large_file(true);
        self.zip.start_file(name, options).map_err(failed)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.zip.write_all(bytes).map_err(failed)
    }

    fn close(&mut self, name: &str) {
        let sha256 = hex(&std::mem::take(&mut self.hasher).finalize());
        self.manifest.entries.push(Entry { name: name.to_owned(), bytes: std::mem::take(&mut self.bytes), sha256 });
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec(value).map_err(|e| failed(io::Error::from(e)))
}
