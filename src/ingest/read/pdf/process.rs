//! Starts the worker, feeds it, listens, and ends it when it takes too long.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Once,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::{Message, PageLines, PdfOptions, ReadError};

/// Processor seconds that a whole file may take.
const MOST_SECONDS: u64 = 3600;
/// A longer message is none of ours.
const LONGEST_MESSAGE: u64 = 64 << 20;

/// All pages of the file.
pub fn pages(bytes: &[u8], options: &PdfOptions) -> Result<Vec<PageLines>, ReadError> {
    let Some(program) = &options.program else {
        return Err(ReadError::NoPdfReader("there is no program to read them in a process of their own".to_owned()));
    };
    if !options.library.is_file() {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            tracing::warn!(
                "PDFs are read by poppler, which tells nothing of drawn lines: tables in boxes may come out as text. \
                 `attest models pull pdfium` fetches the better reader"
            );
        });
    }
    let mut child = Ended(start(program, options)?);
    let (Some(mut input), Some(output)) = (child.0.stdin.take(), child.0.stdout.take()) else {
        return Err(ReadError::Io("the process that reads PDFs has no pipes".to_owned()));
    };
    let (messages, inbox) = mpsc::sync_channel::<Message>(4);
    thread::scope(|scope| {
        // The worker may end before it has read everything; what it says then tells why.
        scope.spawn(move || drop(input.write_all(bytes)));
        scope.spawn(move || {
            let mut lines = BufReader::new(output);
            loop {
                let mut line = Vec::new();
                let read = std::io::Read::take(&mut lines, LONGEST_MESSAGE).read_until(b'\n', &mut line);
                let message = read.ok().filter(|size| *size > 0).and_then(|_| serde_json::from_slice(&line).ok());
                let Some(message) = message else { break };
                if messages.send(message).is_err() {
                    break;
                }
            }
        });
        let collected = collect(&inbox, options);
        drop(inbox);
        // Unblocks both threads.
        child.end();
        collected
    })
}

fn collect(inbox: &mpsc::Receiver<Message>, options: &PdfOptions) -> Result<Vec<PageLines>, ReadError> {
    let mut pages: Vec<PageLines> = Vec::new();
    loop {
        match inbox.recv_timeout(Duration::from_secs(options.page_seconds)) {
            Ok(Message::Page(page)) => pages.push(page),
            Ok(Message::Done) => return Ok(pages),
            Ok(Message::Trouble(trouble)) => return Err(trouble.into_error()),
            Err(RecvTimeoutError::Timeout) => {
                return Err(ReadError::Bomb(format!(
                    "its page {} takes longer than {} seconds",
                    pages.len() + 1,
                    options.page_seconds
                )));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(ReadError::DamagedFile(format!(
                    "reading its page {} brought the reader down, or took more than {} MB of memory",
                    pages.len() + 1,
                    options.memory >> 20
                )));
            }
        }
    }
}

fn start(program: &Path, options: &PdfOptions) -> Result<Child, ReadError> {
    Command::new(program)
        .arg("read-pdf")
        .arg("--library")
        .arg(&options.library)
        .args(["--memory", &options.memory.to_string(), "--seconds", &MOST_SECONDS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| ReadError::Io(format!("the process that reads PDFs does not start ({error})")))
}

/// A process that does not outlive this value.
struct Ended(Child);

impl Ended {
    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.end();
    }
}
