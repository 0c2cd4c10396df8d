//! Which reader a file wants: by its name, and by its first bytes where these say otherwise.

use super::ReadError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Plain,
    Markdown,
    Html,
    /// One document a line.
    JsonLines,
    JsonLinesGzip,
}

/// File types that are recognised to be refused by name. Magic numbers as registered in the `file` utility.
const REFUSED: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document (DOCX, XLSX)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (DOC, XLS)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
];

impl Format {
    /// `head` is the beginning of the file, 16 bytes or more where there are as many.
    pub fn of(name: &str, head: &[u8]) -> Result<Self, ReadError> {
        let lower = name.to_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        if ends(&[".jsonl.gz", ".ndjson.gz"]) && head.starts_with(b"\x1f\x8b") {
            return Ok(Self::JsonLinesGzip);
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
        let start = head.trim_ascii_start().to_ascii_lowercase();
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
        if ends(&[".html", ".htm", ".xhtml"])
            || (text && (start.starts_with(b"<!doctype h") || start.starts_with(b"<html")))
        {
            return Ok(Self::Html);
        }
        if ends(&[".md", ".markdown"]) {
            return Ok(Self::Markdown);
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
        ] {
            assert_eq!(Format::of(name, head), Ok(format), "{name}");
        }
        for (name, head, part) in [
            ("a.txt", &b"%PDF-1.7"[..], "a PDF"),
            ("a.docx", b"PK\x03\x04..", "Office"),
            ("a.xyz", b"words", "'.xyz'"),
            ("a.exe", b"MZ", "a program"),
        ] {
            let error = Format::of(name, head).expect_err(name).to_string();
            assert!(error.contains(part) && error.contains("convert"), "{error}");
        }
    }
}
