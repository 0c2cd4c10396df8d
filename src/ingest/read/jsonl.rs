//! `documents.jsonl`: one document a line, with its sections. Read line by line, so that a large file is never in
//! memory as a whole.

use std::io::{BufRead, Read};

use serde::Deserialize;

use super::{Defaults, ReadError, damage, meta::WrittenMeta, quoted};
use crate::{domain::document::Document, ingest::assemble::Assembly};

/// A line that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Bytes read from the (decompressed) file so far, this line included.
    pub bytes_read: u64,
    pub document: Result<Document, ReadError>,
}

/// The documents of `reader`, one a line. A line that is none is given as an error; the rest goes on. An error of the
/// reader itself is the last item.
pub fn lines(reader: impl BufRead, defaults: Defaults, max_line_bytes: u64) -> impl Iterator<Item = Line> {
    Lines { reader, defaults, max_line_bytes, number: 0, bytes_read: 0, ended: false }
}

struct Lines<R> {
    reader: R,
    defaults: Defaults,
    max_line_bytes: u64,
    number: u64,
    bytes_read: u64,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// The next line, or `None` at the end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let mut bytes = Vec::new();
        let mut read = |reader: &mut R, bytes: &mut Vec<u8>| {
            let taken = reader.by_ref().take(self.max_line_bytes + 1).read_until(b'\n', bytes);
            let taken = taken.map_err(|error| ReadError::Io(error.to_string()))?;
            self.bytes_read += taken as u64;
            Ok(taken)
        };
        let taken = read(&mut self.reader, &mut bytes)?;
        if taken == 0 {
            return Ok(None);
        }
        self.number += 1;
        if taken as u64 <= self.max_line_bytes || bytes.ends_with(b"\n") {
            return Ok(Some(bytes));
        }
        // Past the end of the line, so that the next one is read as a line.
        let mut length = taken as u64;
        while !bytes.ends_with(b"\n") {
            bytes.clear();
            match read(&mut self.reader, &mut bytes)? {
                0 => break,
                taken => length += taken as u64,
            }
        }
        Err(ReadError::TooLarge { bytes: length, limit: self.max_line_bytes })
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while !self.ended {
            let document = match self.next_line() {
                Ok(None) => return None,
                Ok(Some(bytes)) if bytes.trim_ascii().is_empty() => continue,
                Ok(Some(bytes)) => document(&bytes, &self.defaults),
                Err(error) => {
                    self.ended = matches!(error, ReadError::Io(_));
                    Err(error)
                }
            };
            return Some(Line { number: self.number.max(1), bytes_read: self.bytes_read, document });
        }
        None
    }
}

#[derive(Deserialize)]
struct Record {
    #[serde(flatten)]
    meta: WrittenMeta,
    sections: Vec<RecordSection>,
}

#[derive(Deserialize)]
struct RecordSection {
    locator: String,
    #[serde(default)]
    path: Vec<String>,
    page: Option<u32>,
    text: String,
}

fn document(line: &[u8], defaults: &Defaults) -> Result<Document, ReadError> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let record: Record = serde_json::from_slice(line).map_err(|error| {
        // The line's number is told outside; serde_json counts lines within this one.
        let problem = quoted(&error).replace(" at line 1 column ", " at column ");
        if error.is_data() {
            ReadError::BadDocument(format!("it is JSON but no document: {problem}"))
        } else {
            ReadError::NotJson(problem)
        }
    })?;
    let Some(key) = record.meta.key.clone() else {
        return Err(ReadError::BadDocument("it is JSON but no document: it has no key".to_owned()));
    };
    let bad = |problem: String| ReadError::BadDocument(format!("'{}': {}", quoted(&key), quoted(&problem)));
    if record.sections.is_empty() {
        return Err(bad("it has no sections".to_owned()));
    }
    let mut assembly = Assembly::default();
    for (n, RecordSection { locator, path, page, text }) in record.sections.into_iter().enumerate() {
        let n = n + 1;
        if text.trim().is_empty() {
            return Err(bad(format!("section {n} ('{locator}') has no text")));
        }
        if let Some(problem) = damage::of_section(&text) {
            return Err(bad(format!("section {n} ('{locator}') is damaged: {problem}")));
        }
        // Nameless parts exist in scanned papers; a place of their own is all that a citation needs.
        let locator = if locator.trim().is_empty() { format!("part {n}") } else { locator };
        if !assembly.push(&locator, path, page, &text) {
            return Err(bad(format!("two sections have the locator '{locator}'; locators are unique in a document")));
        }
    }
    let (text, sections) = assembly.finish();
    if let Some(problem) = damage::of(&text) {
        return Err(bad(format!("it is damaged: {problem}")));
    }
    let meta = record.meta.resolve(&key, "", &text, defaults).map_err(bad)?;
    Ok(Document { meta, text, sections })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::{document::Domain, text::Lang};

    fn read(file: &str) -> Vec<Line> {
        lines(Cursor::new(file.as_bytes().to_vec()), Defaults::default(), 400).collect()
    }

    #[test]
    fn a_document_keeps_its_sections_to_the_byte() {
        let file = r#"{"key":"law/1","title":"民法典","lang":"zh","domain":"legal","valid_from":"2021-01-01","valid_to":null,"status":"in_force","authority":1,"kind":"statute","sections":[{"locator":"第一条","path":["第一编"],"text":" 甲。\n乙。"},{"locator":"第二条","path":["第一编"],"text":"丙。"}]}"#;
        let lines = read(&format!("\u{feff}{file}\n\n"));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].bytes_read, file.len() as u64 + 4);
        let document = lines[0].document.clone().expect("a document");
        assert_eq!(document.text, "第一编\n\n第一条\n\n 甲。\n乙。\n\n第二条\n\n丙。");
        assert_eq!(document.sections[0].span.of(&document.text), Some(" 甲。\n乙。"));
        assert_eq!(document.sections[1].span.of(&document.text), Some("丙。"));
        assert_eq!((document.meta.lang, document.meta.domain, document.meta.authority), (Lang::Zh, Domain::Legal, 1));
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let good = r#"{"key":"k","title":"t","sections":[{"locator":"1","text":"words here"}]}"#;
        let long = format!(r#"{{"key":"{}"}}"#, "x".repeat(1000));
        let two = r#"{"key":"k","title":"t","sections":[{"locator":"1","text":"a"},{"locator":"1","text":"b"}]}"#;
        let file = [
            good,
            "{\"key\":",
            "[1,2]",
            r#"{"title":"t","sections":[]}"#,
            r#"{"key":"k","sections":[]}"#,
            r#"{"key":"k","sections":[{"locator":"1","text":"  "}]}"#,
            r#"{"key":"k","valid_from":"yesterday","sections":[{"locator":"1","text":"a"}]}"#,
            two,
            &long,
            r#"{"key":"k","sections":[{"locator":"1","text":"a\u0000b"}]}"#,
            good,
        ]
        .join("\n");
        let expected = [
            "",
            "not JSON",
            "no document",
            "no key",
            "no sections",
            "no text",
            "not a date",
            "two sections",
            "at most 400",
            "NUL",
            "",
        ];
        let lines = read(&file);
        assert_eq!(lines.len(), expected.len());
        for ((line, part), number) in lines.iter().zip(expected).zip(1..) {
            assert_eq!(line.number, number);
            match &line.document {
                Ok(document) => assert!(part.is_empty() && document.meta.lang == Lang::En, "line {number}"),
                Err(error) => assert!(!part.is_empty() && error.to_string().contains(part), "line {number}: {error}"),
            }
        }
    }

    #[test]
    fn a_reader_that_breaks_off_is_the_last_item() {
        struct Broken;
        impl std::io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("cable pulled"))
            }
        }
        let lines: Vec<_> = lines(std::io::BufReader::new(Broken), Defaults::default(), 10).collect();
        assert_eq!(lines.len(), 1);
        assert!(matches!(&lines[0].document, Err(ReadError::Io(problem)) if problem == "cable pulled"));
    }
}
