//! Downloads that can be cut at any moment: bytes gather in a `.part` beside the place, the hash is taken on the way,
//! and only a whole, checked file is renamed into its place.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use futures::StreamExt;
use reqwest::StatusCode;
use sha2::{Digest, Sha256};

use super::{
    ModelsError,
    files::{self, Progress},
    gguf,
    hub::{HubClient, HubFile, Metadata, Trouble},
};

/// Fetches a file of the hub into the folder. Returns its place and SHA-256.
pub(super) async fn fetch(
    root: &Path,
    client: &HubClient,
    file: &HubFile,
    progress: &dyn Progress,
) -> Result<(PathBuf, String), ModelsError> {
    if file.name().contains("-of-0") {
        return Err(ModelsError::Split(file.to_string()));
    }
    let metadata = patiently(client, progress, || client.metadata(file)).await?;
    let place = root.join(file.name());
    // The hash in the name: a file that changed on the hub never continues an old beginning.
    let part = root.join(format!("{}.{}.part", file.name(), &metadata.sha256[..16]));
    progress.started(file.name(), Some(metadata.bytes));
    let mut download = Download::resume(&part, &metadata)?;
    let mut failures = 0;
    while download.have < metadata.bytes {
        let before = download.have;
        match download.go_on(client, file, &metadata, progress).await {
            Ok(()) => {}
            Err(Trouble::Final(e)) => return Err(e),
            Err(Trouble::Passing(problem)) => {
                failures = if download.have > before { 1 } else { failures + 1 };
                if failures >= client.hub().attempts {
                    return Err(ModelsError::Connection { problem, have: download.have });
                }
                progress.note(&format!("{problem}; going on from byte {}", download.have));
                tokio::time::sleep(backoff(client.hub().pause, failures)).await;
            }
        }
    }
    let found = download.finish()?;
    if found != metadata.sha256 {
        let _ = fs::remove_file(&part);
        files::expect_hash(&file.to_string(), &metadata.sha256, &found)?;
    }
    if let Err(problem) = gguf::read_header(&part) {
        let _ = fs::remove_file(&part);
        return Err(ModelsError::BadGguf { path: file.to_string(), problem });
    }
    fs::rename(&part, &place).map_err(|e| ModelsError::io("place", &place, &e))?;
    progress.finished();
    Ok((place, found))
}

fn backoff(pause: Duration, failures: u32) -> Duration {
    pause.saturating_mul(1 << failures.saturating_sub(1).min(5))
}

/// Repeats what may work next time.
async fn patiently<T, F: Future<Output = Result<T, Trouble>>>(
    client: &HubClient,
    progress: &dyn Progress,
    mut ask: impl FnMut() -> F,
) -> Result<T, ModelsError> {
    let mut failures = 0;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(Trouble::Final(e)) => return Err(e),
            Err(Trouble::Passing(problem)) => {
                failures += 1;
                if failures >= client.hub().attempts {
                    return Err(ModelsError::Connection { problem, have: 0 });
                }
                progress.note(&format!("{problem}; trying again"));
                tokio::time::sleep(backoff(client.hub().pause, failures)).await;
            }
        }
    }
}

struct Download<'a> {
    path: &'a Path,
    file: File,
    hasher: Sha256,
    have: u64,
    bytes: u64,
}

impl<'a> Download<'a> {
    /// Opens the part and takes the hash of what it holds.
    fn resume(path: &'a Path, metadata: &Metadata) -> Result<Self, ModelsError> {
        let error = |e: &io::Error| ModelsError::io("open", path, e);
        let options = File::options().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = options.map_err(|e| error(&e))?;
        if file.metadata().map_err(|e| error(&e))?.len() > metadata.bytes {
            file.set_len(0).map_err(|e| error(&e))?;
        }
        let mut hasher = Sha256::new();
        let mut have = 0;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(|e| error(&e))?;
            if read == 0 {
                return Ok(Self { path, file, hasher, have, bytes: metadata.bytes });
            }
            hasher.update(&buffer[..read]);
            have += read as u64;
        }
    }

    /// One connection, for as long as it holds.
    async fn go_on(
        &mut self,
        client: &HubClient,
        file: &HubFile,
        metadata: &Metadata,
        progress: &dyn Progress,
    ) -> Result<(), Trouble> {
        progress.advanced(self.have);
        let response = client.read(file, &metadata.commit, self.have).await?;
        if self.have > 0 && response.status() == StatusCode::OK {
            // The server does not do ranges; what is here comes again.
            self.restart().map_err(Trouble::Final)?;
        }
        let mut body = response.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes?;
            if self.have + bytes.len() as u64 > self.bytes {
                return Err(Trouble::Final(ModelsError::WrongSize { what: file.to_string(), expected: self.bytes }));
            }
            self.file.write_all(&bytes).map_err(|e| Trouble::Final(self.write_error(&e)))?;
            self.hasher.update(&bytes);
            self.have += bytes.len() as u64;
            progress.advanced(self.have);
        }
        if self.have < self.bytes {
            return Err(Trouble::Passing("the connection was cut".into()));
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<(), ModelsError> {
        use io::Seek;
        let rewound = self.file.set_len(0).and_then(|()| self.file.rewind());
        rewound.map_err(|e| ModelsError::io("write", self.path, &e))?;
        self.hasher = Sha256::new();
        self.have = 0;
        Ok(())
    }

    fn write_error(&self, e: &io::Error) -> ModelsError {
        if e.kind() == io::ErrorKind::StorageFull {
            let path = self.path.display().to_string();
            return ModelsError::DiskFull { path, needed: self.bytes - self.have };
        }
        ModelsError::io("write", self.path, e)
    }

    /// Makes it durable; returns its SHA-256.
    fn finish(self) -> Result<String, ModelsError> {
        self.file.sync_all().map_err(|e| self.write_error(&e))?;
        Ok(files::hex(&self.hasher.finalize()))
    }
}
