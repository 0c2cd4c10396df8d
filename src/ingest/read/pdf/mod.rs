//! PDF: pages are read in a process of their own, which a broken or hostile file may take down without harm, and come
//! back as lines in reading order; here they become one text.

mod assemble;
mod glyph;
mod layout;
mod letters;
mod ocr;
mod pdfium;
mod poppler;
mod process;
mod rule;
mod worker;

use std::path::PathBuf;

pub use assemble::Paged;
use glyph::Glyph;
use rule::Rule;
use serde::{Deserialize, Serialize};
pub use worker::{WorkerArgs, run as run_worker};

use super::ReadError;

/// How PDFs are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdfOptions {
    /// The program whose hidden command reads pages: this one. `None` where it is not known.
    pub program: Option<PathBuf>,
    /// The pdfium library; where there is none, poppler's `pdftotext` is used if it is installed.
    pub library: PathBuf,
    /// Main memory that the worker may use, in bytes.
    pub memory: u64,
    /// Seconds that a page may take.
    pub page_seconds: u64,
    /// A command that recognises the text of scans: it gets the file on standard input and writes the text on standard
    /// output, with a form feed after each page.
    pub ocr: Option<String>,
}

impl Default for PdfOptions {
    fn default() -> Self {
        Self {
            program: None,
            library: PathBuf::new(),
            // pdfium takes some 200 MB for the largest files that were tried; maps of its code count as well.
            memory: 2 << 30,
            page_seconds: 60,
            ocr: None,
        }
    }
}

/// Reads a PDF.
pub fn read(bytes: &[u8], options: &PdfOptions) -> Result<Paged, ReadError> {
    // The fuzz target writes boxes as poppler tells them: they reach the layout without a process or a library.
    let pages = if cfg!(fuzzing) { worker::told(bytes)? } else { process::pages(bytes, options)? };
    let paged = assemble::assemble(pages);
    if !paged.text.trim().is_empty() {
        return Ok(paged);
    }
    match &options.ocr {
        Some(command) => ocr::recognise(command, bytes, options),
        None if paged.pictures > 0 => Err(ReadError::Scanned { pages: paged.pictures }),
        None => Err(ReadError::Empty),
    }
}

/// A page with its characters.
struct Page {
    /// From 1.
    number: u32,
    glyphs: Vec<Glyph>,
    /// In no order.
    rules: Vec<Rule>,
    /// Boxes that are filled, as shades behind rows and cells are: left, bottom, right, top.
    fills: Vec<Rule>,
    /// Nothing but pictures.
    pictures: bool,
}

/// A page with its lines, as the worker sends it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct PageLines {
    number: u32,
    lines: Vec<layout::Line>,
    pictures: bool,
}

/// What the worker says, one JSON value a line.
#[derive(Debug, Serialize, Deserialize)]
enum Message {
    Page(PageLines),
    Trouble(Trouble),
    /// All pages were sent.
    Done,
}

/// Why the worker cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Trouble {
    Locked,
    Damaged(String),
    /// Neither pdfium nor poppler is there; what is wrong with pdfium.
    NoReader(String),
}

impl Trouble {
    fn into_error(self) -> ReadError {
        match self {
            Self::Locked => ReadError::Locked,
            Self::Damaged(problem) => ReadError::DamagedFile(problem),
            Self::NoReader(problem) => ReadError::NoPdfReader(problem),
        }
    }
}
