//! The blocking half of a run: files are found, read, cut and hashed here, one document after the other.

use std::{
    collections::HashMap,
    fmt,
    fs::{self, File},
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    IngestOptions,
    prepare::prepare,
    read::{self, Format, ReadError, WrittenMeta, place::Place},
    report::IngestProblem,
    walk::{self, Found, SIDECAR},
};
use crate::{domain::document::Document, ports::PreparedDocument};

/// What the blocking half tells the other.
pub(super) enum Event {
    /// How much there is to do.
    Found {
        files: u64,
        bytes: u64,
    },
    Document(Box<PreparedDocument>),
    Problem(IngestProblem),
    /// Bytes read of all files so far.
    Read {
        bytes: u64,
    },
    FileDone,
}

/// Nobody listens any more, or the run was cancelled: stop.
pub(super) struct Stop;

/// Where documents come from.
pub(super) enum Origin {
    Path(PathBuf),
    Bytes { name: String, bytes: Vec<u8>, written: Box<WrittenMeta> },
}

pub(super) struct Source {
    pub options: IngestOptions,
    pub events: mpsc::Sender<Event>,
    pub cancel: CancellationToken,
    /// Key to the place where it was first seen in this run.
    pub keys: HashMap<String, String>,
    /// Bytes of finished files.
    pub bytes: u64,
}

/// A gzip archive may hold this many times its own size; text seldom compresses beyond ten times.
const GZIP_RATIO: u64 = 100;

impl Source {
    pub fn run(mut self, origin: Origin) -> Result<(), Stop> {
        match origin {
            Origin::Path(path) => self.path(&path),
            Origin::Bytes { name, bytes, written } => {
                let size = bytes.len() as u64;
                self.send(Event::Found { files: 1, bytes: size })?;
                self.bytes(&name, &bytes, *written)?;
                self.file_done(size)
            }
        }
    }

    fn send(&self, event: Event) -> Result<(), Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop);
        }
        self.events.blocking_send(event).map_err(|_| Stop)
    }

    fn problem(&self, path: &str, line: Option<u64>, message: &dyn fmt::Display) -> Result<(), Stop> {
        let message = message.to_string();
        self.send(Event::Problem(IngestProblem { path: path.to_owned(), line, message }))
    }

    fn file_done(&mut self, bytes: u64) -> Result<(), Stop> {
        self.bytes += bytes;
        self.send(Event::Read { bytes: self.bytes })?;
        self.send(Event::FileDone)
    }

    fn path(&mut self, root: &Path) -> Result<(), Stop> {
        let (files, failed) = match walk::files(root) {
            Ok(found) => found,
            Err(error) => return self.problem(&root.display().to_string(), None, &ReadError::Io(error.to_string())),
        };
        self.send(Event::Found { files: files.len() as u64, bytes: files.iter().map(|file| file.bytes).sum() })?;
        for (path, error) in failed {
            self.problem(&path.display().to_string(), None, &ReadError::Io(error.to_string()))?;
        }
        for file in files {
            self.file(&file)?;
            self.file_done(file.bytes)?;
        }
        Ok(())
    }

    fn file(&mut self, file: &Found) -> Result<(), Stop> {
        let limit = self.options.max_file_bytes;
        if file.bytes > limit {
            return self.problem(&file.name, None, &ReadError::TooLarge { bytes: file.bytes, limit });
        }
        let opened = File::open(&file.path).and_then(|mut opened| {
            let mut head = Vec::new();
            opened.by_ref().take(512).read_to_end(&mut head)?;
            Ok((opened, head))
        });
        let (rest, head) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.problem(&file.name, None, &ReadError::Io(error.to_string())),
        };
        let format = match Format::of(&file.name, &head) {
            Ok(format) => format,
            Err(error) => return self.problem(&file.name, None, &error),
        };
        let read = Arc::new(AtomicU64::new(0));
        let mut bytes = Counted { inner: Cursor::new(head).chain(rest), read: Arc::clone(&read) };
        if matches!(format, Format::JsonLines | Format::JsonLinesGzip) {
            return self.lines(&file.name, format, file.bytes, BufReader::with_capacity(1 << 16, bytes), &read);
        }
        // The file may have grown since it was listed.
        let mut content = Vec::new();
        match bytes.by_ref().take(limit + 1).read_to_end(&mut content) {
            Ok(size) if size as u64 > limit => {
                return self.problem(&file.name, None, &ReadError::TooLarge { bytes: size as u64, limit });
            }
            Ok(_) => {}
            Err(error) => return self.problem(&file.name, None, &ReadError::Io(error.to_string())),
        }
        let written = match sidecar(&file.path) {
            Ok(written) => written,
            Err(error) => return self.problem(&file.name, None, &error),
        };
        self.whole(format, &file.name, &content, written)
    }

    fn bytes(&mut self, name: &str, bytes: &[u8], written: WrittenMeta) -> Result<(), Stop> {
        let (size, limit) = (bytes.len() as u64, self.options.max_file_bytes);
        if size > limit {
            return self.problem(name, None, &ReadError::TooLarge { bytes: size, limit });
        }
        match Format::of(name, &bytes[..bytes.len().min(512)]) {
            Ok(format @ (Format::JsonLines | Format::JsonLinesGzip)) => {
                let read = Arc::new(AtomicU64::new(0));
                let counted = Counted { inner: bytes, read: Arc::clone(&read) };
                self.lines(name, format, size, BufReader::new(counted), &read)
            }
            Ok(format) => self.whole(format, name, bytes, written),
            Err(error) => self.problem(name, None, &error),
        }
    }

    /// A file that is one document.
    fn whole(&mut self, format: Format, name: &str, bytes: &[u8], written: WrittenMeta) -> Result<(), Stop> {
        match read::document(format, name, bytes, written, &self.options.defaults, &self.options.pdf) {
            Ok((document, places)) => self.document(name, None, document, &places),
            Err(error) => self.problem(name, None, &error),
        }
    }

    /// A file with one document a line.
    fn lines(
        &mut self,
        name: &str,
        format: Format,
        size: u64,
        bytes: impl BufRead,
        read: &AtomicU64,
    ) -> Result<(), Stop> {
        if size == 0 {
            return self.problem(name, None, &ReadError::Empty);
        }
        if format == Format::JsonLines {
            return self.each_line(name, bytes, read).map(drop);
        }
        let limit = size.saturating_mul(GZIP_RATIO);
        let inflated = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(bytes).take(limit));
        if self.each_line(name, inflated, read)? >= limit {
            let problem = format!("it inflates to more than {GZIP_RATIO} times its size; what lies beyond is not read");
            return self.problem(name, None, &problem);
        }
        Ok(())
    }

    /// Returns the number of bytes that the lines have.
    fn each_line(&mut self, name: &str, bytes: impl BufRead, read: &AtomicU64) -> Result<u64, Stop> {
        let mut bytes_read = 0;
        let mut any = false;
        for line in read::lines(bytes, self.options.defaults.clone(), self.options.max_line_bytes) {
            any = true;
            bytes_read = line.bytes_read;
            match line.document {
                Ok(document) => self.document(name, Some(line.number), document, &[])?,
                Err(error) => self.problem(name, Some(line.number), &error)?,
            }
            self.send(Event::Read { bytes: self.bytes + read.load(Ordering::Relaxed) })?;
        }
        if !any {
            self.problem(name, None, &ReadError::Empty)?;
        }
        Ok(bytes_read)
    }

    fn document(&mut self, name: &str, line: Option<u64>, document: Document, places: &[Place]) -> Result<(), Stop> {
        let key = &document.meta.key;
        if let Some(first) = self.keys.get(key) {
            let message = format!("the key '{key}' is in {first} already; each document needs its own");
            return self.problem(name, line, &message);
        }
        let place = line.map_or_else(|| name.to_owned(), |line| format!("{name}, line {line}"));
        self.keys.insert(key.clone(), place);
        self.send(Event::Document(Box::new(prepare(document, places, self.options.chunk))))
    }
}

/// The metadata beside a file; the default where there is none.
fn sidecar(path: &Path) -> Result<WrittenMeta, ReadError> {
    let mut name = path.as_os_str().to_owned();
    name.push(SIDECAR);
    match fs::read_to_string(Path::new(&name)) {
        Ok(text) => WrittenMeta::from_toml(&text).map_err(ReadError::BadMeta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(WrittenMeta::default()),
        Err(error) => Err(ReadError::BadMeta(error.to_string())),
    }
}

/// Counts what is read, for progress over compressed files.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.read(buffer)?;
        self.read.fetch_add(taken as u64, Ordering::Relaxed);
        Ok(taken)
    }
}
