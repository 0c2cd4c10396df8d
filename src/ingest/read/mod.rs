//! Bytes of a file to documents.

mod csv;
mod damage;
mod encoding;
mod format;
mod html;
mod jsonl;
mod markdown;
mod meta;
mod office;
mod outline;
mod pdf;
pub mod place;
mod plain;
mod prose;
mod sheets;
mod statute;
mod table;

pub use format::Format;
pub use jsonl::{Line, lines};
pub use meta::WrittenMeta;
pub use pdf::{PdfOptions, WorkerArgs, run_worker};

use office::Office;
use outline::Mark;
use place::Place;

use crate::domain::{
    document::{Document, Domain, Section},
    text::Lang,
};

/// What holds for a document whose file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    pub domain: Domain,
    /// Detected from the text where absent.
    pub lang: Option<Lang>,
    pub kind: Option<String>,
    pub authority: Option<u8>,
    pub jurisdiction: Option<String>,
    pub licence: Option<String>,
}

/// Why a file, or a line of one, is not a document. To be shown behind the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it cannot be read: {0}")]
    Io(String),
    #[error("it holds no text")]
    Empty,
    #[error("it has {bytes} bytes; at most {limit} are taken. Cut it into parts, or raise the limit")]
    TooLarge { bytes: u64, limit: u64 },
    /// What the file is.
    #[error("{0}; convert it to DOCX, XLSX, CSV, HTML, Markdown, plain text or documents.jsonl")]
    UnknownType(String),
    #[error("it is protected by a password; save a copy without one")]
    Locked,
    /// What is broken, behind "it is damaged: ".
    #[error("it is damaged: {0}. Open it in its own program and save it anew")]
    DamagedFile(String),
    #[error(
        "it is a scan: its {pages} page(s) are pictures without text. Have a program recognise the text and save it, or name one with --ocr"
    )]
    Scanned { pages: usize },
    /// What is wrong with the library.
    #[error(
        "PDFs cannot be read on this machine: {0}. Run 'attest models pull pdfium', or install poppler (Debian: apt-get install poppler-utils poppler-data)"
    )]
    NoPdfReader(String),
    /// What is out of all proportion.
    #[error("{0}; it is not read any further")]
    Bomb(String),
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// What is wrong with it, in a whole sentence.
    #[error("{0}")]
    BadDocument(String),
    #[error("{0}")]
    DamagedText(String),
    #[error("its .meta.toml does not hold: {0}")]
    BadMeta(String),
}

/// What a message quotes of a file: it stays on its line, and short, whatever the file holds.
fn quoted(words: &dyn std::fmt::Display) -> String {
    const LONGEST: usize = 400;
    let words = words.to_string();
    let mut short: String = words.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if short.len() < words.len() && words.chars().count() > LONGEST {
        short.push('…');
    }
    short
}

/// The rows of a table in CSV (or with tabs, semicolons, bars), each with its line; white space in cells is squeezed.
pub fn csv_rows(text: &str) -> Result<Vec<(u32, Vec<String>)>, ReadError> {
    let rows = csv::read(text)?.rows.into_iter();
    Ok(rows.map(|row| (row.number, row.cells.into_iter().map(|cell| cell.text).collect())).collect())
}

/// The characters of a text file in any of the encodings that documents come in, with line feeds for line ends.
pub fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    text(bytes, None)
}

fn text(bytes: &[u8], declared: Option<&str>) -> Result<String, ReadError> {
    Ok(encoding::decode(bytes, declared)?.replace("\r\n", "\n").replace('\r', "\n"))
}

/// What a reader makes of a file, apart from its metadata.
struct Parsed {
    text: String,
    title: Option<String>,
    parts: Parts,
    /// Where its lines stand on pages.
    places: Vec<Place>,
    /// What a reader has to know about it.
    note: Option<String>,
}

impl Parsed {
    fn new(text: String, title: Option<String>, parts: Parts) -> Self {
        Self { text, title, parts, places: Vec::new(), note: None }
    }
}

enum Parts {
    /// Headings; articles of law are found beside them.
    Headings(Vec<Mark>),
    /// The reader has cut it already.
    Sections(Vec<Section>),
}

/// Reads a file that is one document.
///
/// `name` is its path as a person knows it; it is the key where `written` gives none.
pub fn document(
    format: Format,
    name: &str,
    bytes: &[u8],
    mut written: WrittenMeta,
    defaults: &Defaults,
    pdf: &PdfOptions,
) -> Result<(Document, Vec<Place>), ReadError> {
    let Parsed { text, title, parts, places, note } = parse(format, bytes, pdf)?;
    let mut sections = match parts {
        Parts::Headings(headings) => outline::sections(&text, headings, title.as_deref()),
        Parts::Sections(sections) => sections,
    };
    if sections.is_empty() {
        return Err(ReadError::Empty);
    }
    for section in &mut sections {
        section.page = place::within(&places, section.span).first().map(|place| place.page).or(section.page);
    }
    written.note = written.note.or(note);
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let title = title.unwrap_or_else(|| stem.to_owned());
    let meta = written.resolve(name, &title, &text, defaults).map_err(ReadError::BadMeta)?;
    Ok((Document { meta, text, sections }, places))
}

fn parse(format: Format, bytes: &[u8], pdf: &PdfOptions) -> Result<Parsed, ReadError> {
    match format {
        Format::Html => {
            let source = text(bytes, html::declared_encoding(bytes))?;
            let page = html::parse(&source).ok_or_else(|| {
                ReadError::DamagedText(format!("its elements nest deeper than {} levels", html::DEEPEST))
            })?;
            Ok(Parsed::new(page.text, page.title, Parts::Headings(page.headings)))
        }
        Format::Markdown => {
            let source = text(bytes, None)?;
            let parsed = markdown::parse(&source);
            Ok(Parsed::new(parsed.text.to_owned(), parsed.title, Parts::Headings(parsed.headings)))
        }
        Format::Office => match office::read(bytes)? {
            Office::Word(word) => {
                let Some(problem) = damage::of(&word.text) else {
                    return Ok(Parsed::new(word.text, word.title, Parts::Headings(word.headings)));
                };
                Err(ReadError::DamagedText(problem))
            }
            Office::Excel(workbook) => Ok(sheets(workbook.sheets)),
        },
        Format::Pdf => {
            let pdf::Paged { text, title, headings, places, without_text, .. } = pdf::read(bytes, pdf)?;
            if let Some(problem) = damage::of_extracted(&text) {
                return Err(ReadError::DamagedText(problem));
            }
            let parts = if outline::is_structured(&text, &headings) {
                Parts::Headings(headings)
            } else {
                Parts::Sections(outline::pages(&text, &places))
            };
            let pages: Vec<String> = without_text.iter().map(u32::to_string).collect();
            let note = (!pages.is_empty()).then(|| format!("Without text, and not read: page {}", pages.join(", ")));
            Ok(Parsed { text, title, parts, places, note })
        }
        Format::Csv => Ok(sheets(vec![csv::read(&text(bytes, None)?)?])),
        Format::Ole => Err(office::refuse_ole(bytes)),
        Format::Plain | Format::JsonLines | Format::JsonLinesGzip => {
            let text = text(bytes, None)?;
            let title = plain::title(&text).map(str::to_owned);
            let parts = Parts::Headings(plain::headings(&text));
            Ok(Parsed::new(text, title, parts))
        }
    }
}

fn sheets(sheets: Vec<sheets::Sheet>) -> Parsed {
    let (text, sections) = sheets::assemble(sheets);
    Parsed::new(text, None, Parts::Sections(sections))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, bytes: &[u8]) -> Result<Document, ReadError> {
        let (name, written) = ("dir/借款 合同.txt", WrittenMeta::default());
        document(format, name, bytes, written, &Defaults::default(), &PdfOptions::default())
            .map(|(document, _)| document)
    }

    #[test]
    fn a_gb18030_statute_becomes_articles() {
        let text = "中华人民共和国某法\r\n\r\n第一章　总则\r\n第一条　为了保护当事人的合法权益，制定本法。\r\n第二条　本法适用于借款合同。\r\n第三条　本法自公布之日起施行。\r\n";
        let (bytes, ..) = encoding_rs::GB18030.encode(text);
        let document = read(Format::Plain, &bytes).expect("reads");
        assert_eq!((document.meta.title.as_str(), document.meta.lang), ("中华人民共和国某法", Lang::Zh));
        assert_eq!(document.meta.key, "dir/借款 合同.txt");
        let second = &document.sections[1];
        assert_eq!((second.locator.as_str(), second.path.as_slice()), ("第二条", &["第一章 总则".to_owned()][..]));
        assert_eq!(second.span.of(&document.text), Some("第二条　本法适用于借款合同。"));
    }

    #[test]
    fn a_message_quotes_a_file_on_one_line() {
        assert_eq!(quoted(&"第一条 </row>"), "第一条 </row>");
        assert_eq!(quoted(&"</row\u{10}\n>"), "</row\u{fffd}\u{fffd}>");
        assert_eq!(quoted(&"字".repeat(9_000)).chars().count(), 401);
    }

    #[test]
    fn nothing_to_read_is_an_error() {
        for bytes in [&b""[..], b" \n\r\n\t", b"\xef\xbb\xbf"] {
            assert_eq!(read(Format::Plain, bytes), Err(ReadError::Empty));
            assert_eq!(read(Format::Markdown, bytes), Err(ReadError::Empty));
        }
        assert_eq!(read(Format::Html, b"<script>only()</script>"), Err(ReadError::Empty));
        let long = read(Format::Plain, "一个没有换行也没有标点的很长的句子".repeat(20).as_bytes()).expect("reads");
        assert_eq!(long.meta.title, "借款 合同", "the file's name where the text has no title");
    }
}
