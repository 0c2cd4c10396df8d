//! A file to a collection. Nothing of an archive is believed: names, lengths, hashes and spans are checked, and nothing
//! is ever written to the file system.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zip::{ZipArchive, result::ZipError};

use super::{
    ArchiveError,
    format::{DOCUMENTS, Entry, FORMAT, HEAD, Head, KIND, Line, MANIFEST, Manifest, SYNONYMS},
};
use crate::{models::hex, ports::PackedDocument};

/// Largest document with its vectors, as JSON, in bytes.
pub(super) const LONGEST_LINE: usize = 256 << 20;
/// Largest entry apart from the documents, in bytes.
const SMALL: u64 = 4 << 20;
/// An entry may hold this many times its compressed size: statutes with vectors reach some 4.
const MOST_RATIO: u64 = 200;

pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    manifest: Manifest,
}

fn damaged(problem: &ZipError) -> ArchiveError {
    ArchiveError::Damaged(problem.to_string())
}

fn unreadable(problem: io::Error) -> ArchiveError {
    match problem.kind() {
        // This is how a wrong checksum and a broken deflate stream are told.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            ArchiveError::Damaged(problem.to_string())
        }
        _ => ArchiveError::File { action: "read", problem },
    }
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(|problem| ArchiveError::File { action: "read", problem })?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|e| match e {
            ZipError::Io(problem) => unreadable(problem),
            other => ArchiveError::Foreign(format!("it is not a whole ZIP file: {other}")),
        })?;
        let mut archive = Self { zip, manifest: Manifest::new() };
        let names = archive.zip.file_names().map(|name| name.map(std::borrow::Cow::into_owned));
        let mut names = names.collect::<Result<Vec<String>, _>>().map_err(|e| damaged(&e))?;
        names.sort_unstable();
        if !names.iter().any(|name| name == MANIFEST) {
            return Err(ArchiveError::Foreign(format!("it has no {MANIFEST}")));
        }
        let manifest = archive.small(MANIFEST)?;
        archive.manifest = read_manifest(&manifest)?;
        let mut promised: Vec<&str> = archive.manifest.entries.iter().map(|entry| entry.name.as_str()).collect();
        promised.push(MANIFEST);
        promised.sort_unstable();
        if promised != [HEAD, DOCUMENTS, MANIFEST, SYNONYMS] {
            return Err(ArchiveError::Damaged(format!("its manifest names other entries: {promised:?}")));
        }
        if names != promised {
            return Err(ArchiveError::Unsafe(format!("it holds entries that its manifest does not name: {names:?}")));
        }
        Ok(archive)
    }

    pub fn head(&mut self) -> Result<Head, ArchiveError> {
        let bytes = self.small(HEAD)?;
        self.verify(HEAD, &bytes)?;
        let mut head: Head = parse(HEAD, &bytes)?;
        let bytes = self.small(SYNONYMS)?;
        self.verify(SYNONYMS, &bytes)?;
        head.synonyms =
            String::from_utf8(bytes).map_err(|_| ArchiveError::Damaged(format!("{SYNONYMS} is not UTF-8")))?;
        Ok(head)
    }

    /// Hands the documents over, in order, until `take` returns `false`; tells how many there were. The last one is
    /// held back until the whole entry has the hash that the manifest names, so that a taker never has all of a
    /// damaged archive.
    pub fn documents(&mut self, take: &mut dyn FnMut(PackedDocument) -> bool) -> Result<u64, ArchiveError> {
        let (expected_bytes, expected_hash) = {
            let entry = self.entry(DOCUMENTS)?;
            (entry.bytes, entry.sha256.clone())
        };
        let promised = (self.manifest.documents, self.manifest.chunks);
        let entry = self.zip.by_name(DOCUMENTS).map_err(|e| damaged(&e))?;
        check_size(DOCUMENTS, expected_bytes, entry.size(), entry.compressed_size())?;
        let mut source = BufReader::with_capacity(1 << 16, Hashing { inner: entry, hasher: Sha256::new() });
        let mut keys = HashSet::new();
        let mut held: Option<PackedDocument> = None;
        let (mut bytes, mut chunks) = (0, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limit = LONGEST_LINE as u64 + 1;
            source.by_ref().take(limit).read_until(b'\n', &mut line).map_err(unreadable)?;
            if line.len() as u64 >= limit {
                return Err(ArchiveError::Unsafe(format!("a document has more than {LONGEST_LINE} bytes")));
            }
            if line.is_empty() {
                break;
            }
            bytes += line.len() as u64;
            let document = parse::<Line>(DOCUMENTS, &line)?.into_packed()?;
            chunks += document.prepared.chunks.len() as u64;
            let key = &document.prepared.document.meta.key;
            if !keys.insert(blake3::hash(key.as_bytes())) {
                return Err(ArchiveError::Damaged(format!("the document '{key}' stands in it twice")));
            }
            if let Some(ready) = held.replace(document)
                && !take(ready)
            {
                return Ok(keys.len() as u64);
            }
        }
        let found = hex(&source.into_inner().hasher.finalize());
        if bytes != expected_bytes || found != expected_hash {
            return Err(ArchiveError::Damaged(format!("{DOCUMENTS} does not have the hash that its manifest names")));
        }
        if (keys.len() as u64, chunks) != promised {
            return Err(ArchiveError::Damaged("its manifest counts other documents than it holds".to_owned()));
        }
        if let Some(last) = held {
            take(last);
        }
        Ok(keys.len() as u64)
    }

    fn entry(&self, name: &str) -> Result<&Entry, ArchiveError> {
        let found = self.manifest.entries.iter().find(|entry| entry.name == name);
        found.ok_or_else(|| ArchiveError::Damaged(format!("{name} is missing")))
    }

    /// The bytes of an entry that has to be small.
    fn small(&mut self, name: &str) -> Result<Vec<u8>, ArchiveError> {
        let entry = self.zip.by_name(name).map_err(|e| damaged(&e))?;
        let mut bytes = Vec::new();
        entry.take(SMALL + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > SMALL {
            return Err(ArchiveError::Unsafe(format!("{name} is larger than {SMALL} bytes")));
        }
        Ok(bytes)
    }

    fn verify(&self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let entry = self.entry(name)?;
        if entry.bytes == bytes.len() as u64 && entry.sha256 == hex(&Sha256::digest(bytes)) {
            return Ok(());
        }
        Err(ArchiveError::Damaged(format!("{name} does not have the hash that its manifest names")))
    }
}

fn read_manifest(bytes: &[u8]) -> Result<Manifest, ArchiveError> {
    // The format first: a newer manifest may have fields that this version does not know.
    let foreign = || ArchiveError::Foreign(format!("its {MANIFEST} is something else"));
    let any: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| foreign())?;
    if any["kind"] != KIND {
        return Err(foreign());
    }
    match any["format"].as_u64().and_then(|format| u32::try_from(format).ok()) {
        Some(FORMAT) => parse(MANIFEST, bytes),
        Some(newer) if newer > FORMAT => Err(ArchiveError::Newer(newer)),
        _ => Err(foreign()),
    }
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ArchiveError> {
    serde_json::from_slice(bytes).map_err(|e| ArchiveError::Damaged(format!("{name}: {e}")))
}

fn check_size(name: &str, promised: u64, size: u64, compressed: u64) -> Result<(), ArchiveError> {
    if size != promised {
        return Err(ArchiveError::Damaged(format!("{name} has {size} bytes, and its manifest promises {promised}")));
    }
    if size > SMALL && size / MOST_RATIO > compressed {
        return Err(ArchiveError::Unsafe(format!("{name} inflates {compressed} bytes to {size}")));
    }
    Ok(())
}

struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
