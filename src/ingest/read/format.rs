//! Which reader a file wants: by its name, and by its first bytes where these say otherwise.

use super::{ReadError, office::OLE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Plain,
    Markdown,
    Html,
    /// A ZIP package; what it holds is told by its parts, not by its name.
    Office,
    /// Fields parted by commas, tabs, semicolons or bars.
    Csv,
    Pdf,
    /// An OLE compound file, to be refused by what it holds.
    Ole,
    /// One document a line.
    JsonLines,
    JsonLinesGzip,
}

/// File types that are recognised to be refused by name. Magic numbers as registered in the `file` utility.
const REFUSED: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
];

/// Endings of files whose content must be what the ending says, with what it says.
const PROMISED: &[(&[&str], &str)] = &[
    (&[".docx", ".docm", ".dotx"], "a Word document"),
    (&[".xlsx", ".xlsm", ".xltx"], "an Excel workbook"),
    (&[".pdf"], "a PDF"),
];

/// How far into a file the mark of a PDF may stand.
const PDF_HEAD: usize = 1024;

impl Format {
    /// `head` is the beginning of the file, 16 bytes or more where there are as many.
    pub fn of(name: &str, head: &[u8]) -> Result<Self, ReadError> {
        let lower = name.to_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        if ends(&[".jsonl.gz", ".ndjson.gz"]) && head.starts_with(b"\x1f\x8b") {
            return Ok(Self::JsonLinesGzip);
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Ok(Self::Office);
        }
        // Some writers put a few bytes before the mark (ISO 32000-1, annex H.3.4.1).
        if head.windows(5).take(PDF_HEAD).any(|window| window == b"%PDF-") {
            return Ok(Self::Pdf);
        }
        if head.starts_with(OLE) {
            return Ok(Self::Ole);
        }
        if ends(&[".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"]) {
            return Ok(Self::JsonLines);
        }
        let text = ends(&[".txt", ".text"]) || !lower.rsplit(['/', '\\']).next().unwrap_or_default().contains('.');
        // Two letters are a program only where the name does not promise text.
        let known = REFUSED.iter().find(|(magic, _)| head.starts_with(magic) && !(text && *magic == b"MZ"));
        if let Some((_, what)) = known {
            return Err(ReadError::UnknownType(format!("it is {what}")));
        }
        if head.is_empty() {
            return Err(ReadError::Empty);
        }
        let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().to_ascii_lowercase();
        let page = start.starts_with(b"<!doctype h") || start.starts_with(b"<html");
        // Many systems export pages under the names of Office documents.
        if ends(&[".html", ".htm", ".xhtml"]) || (page && (text || ends(&[".doc", ".xls", ".docx", ".xlsx"]))) {
            return Ok(Self::Html);
        }
        if let Some((_, what)) = PROMISED.iter().find(|(endings, _)| ends(endings)) {
            return Err(ReadError::DamagedFile(format!("by its name it is {what}, but it does not begin like one")));
        }
        if ends(&[".md", ".markdown"]) {
            return Ok(Self::Markdown);
        }
        if ends(&[".csv", ".tsv"]) {
            return Ok(Self::Csv);
        }
        if text {
            return Ok(Self::Plain);
        }
        let ending = lower.rsplit('.').next().unwrap_or_default();
        Err(ReadError::UnknownType(format!("nothing here reads '.{ending}' files")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_first_bytes_decide() {
        for (name, head, format) in [
            ("a.txt", &b"words"[..], Format::Plain),
            ("dir.d/LICENSE", b"words", Format::Plain),
            ("A.TXT", b"  <!DOCTYPE html><p>", Format::Html),
            ("a.txt", b"MZ is how it begins", Format::Plain),
            ("a.HTM", b"x", Format::Html),
            ("a.md", b"# x", Format::Markdown),
            ("documents.jsonl", b"{", Format::JsonLines),
            ("documents.jsonl.gz", b"\x1f\x8b\x08", Format::JsonLinesGzip),
            ("documents.jsonl.gz", b"{}", Format::JsonLines),
            ("a.docx", b"PK\x03\x04..", Format::Office),
            ("a.txt", b"\n%PDF-1.7", Format::Pdf),
            ("renamed.txt", b"PK\x03\x04..", Format::Office),
            ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format::Ole),
            ("export.xls", b"\xef\xbb\xbf <html><table>", Format::Html),
            ("a.CSV", b"a,b", Format::Csv),
        ] {
            assert_eq!(Format::of(name, head), Ok(format), "{name}");
        }
        for (name, head, part) in [("a.xyz", &b"words"[..], "'.xyz'"), ("a.exe", b"MZ", "a program")] {
            let error = Format::of(name, head).expect_err(name).to_string();
            assert!(error.contains(part) && error.contains("convert"), "{error}");
        }
        assert!(matches!(Format::of("a.xlsx", b"words"), Err(ReadError::DamagedFile(_))));
        assert_eq!(Format::of("a.docx", b""), Err(ReadError::Empty));
    }
}
