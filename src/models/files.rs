//! Files that are whole or not there at all, and what a person sees meanwhile.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{ModelsError, record::nanoseconds};

/// Told how a pull comes along. Called from the pulling task; must not block for long.
pub trait Progress: Send + Sync {
    /// Something begins; `total` in bytes where it is known.
    fn started(&self, what: &str, total: Option<u64>);

    /// Bytes done of what was started last, those of earlier attempts included.
    fn advanced(&self, bytes: u64);

    fn finished(&self);

    /// Something a person should know: a retry, a fallback.
    fn note(&self, message: &str);
}

/// For callers with nobody watching.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _what: &str, _total: Option<u64>) {}
    fn advanced(&self, _bytes: u64) {}
    fn finished(&self) {}
    fn note(&self, message: &str) {
        tracing::info!("{message}");
    }
}

/// Size, and time of last change in nanoseconds.
pub(super) fn stamp(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.len(), nanoseconds(metadata.modified()?)))
}

/// Holds the folder against other processes that pull into it.
pub(super) async fn lock(root: &Path) -> Result<File, ModelsError> {
    let path = root.join(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| ModelsError::io("open", &path, &e))?;
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    waiting.await.map_err(io::Error::other).and_then(|locked| locked).map_err(|e| ModelsError::io("lock", &path, &e))
}

/// Writes beside the place, makes it durable, then renames.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ModelsError> {
    let beside = path.with_extension("new");
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| ModelsError::io("write", path, &e))
}

/// Bytes in hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(64), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// SHA-256 of bytes in memory, hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of what `source` holds from here on, hexadecimal.
pub(super) fn sha256(mut source: impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// Passes bytes on and takes their SHA-256 on the way.
pub(super) struct Hashing<W> {
    inner: W,
    hasher: Sha256,
}

impl<W: Write> Hashing<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    pub fn finish(self) -> (W, String) {
        (self.inner, hex(&self.hasher.finalize()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Fails unless the hashes agree.
pub(super) fn expect_hash(what: &str, expected: &str, found: &str) -> Result<(), ModelsError> {
    if expected.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(ModelsError::WrongHash { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        // FIPS 180-4, the example for "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&b"abc"[..]).expect("memory reads"), abc);
        let mut hashing = Hashing::new(Vec::new());
        hashing.write_all(b"abc").expect("memory takes it");
        assert_eq!(hashing.finish(), (b"abc".to_vec(), abc.to_owned()));
        assert!(expect_hash("x", abc, &abc.to_uppercase()).is_ok());
        assert!(expect_hash("x", abc, "00").is_err());
    }
}
