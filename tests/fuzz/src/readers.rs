//! What must hold of whatever a reader makes of any bytes.

use std::collections::HashSet;

use crate::{
    domain::{document::Document, text::Span},
    ingest::{
        chunk::{ChunkOptions, chunks, estimate_tokens},
        read::{Defaults, Format, PdfOptions, ReadError, WrittenMeta, csv_rows, decode, document, lines, place::Place},
    },
};

/// Bytes that a text may have for each byte of its file, where nothing is inflated: UTF-8 takes three for two of GB18030
/// or one of a single-byte encoding; a cell of a table repeats the headings of its row and column.
const GROWTH: usize = 4;

/// A message is read by a person.
const LONGEST_ERROR: usize = 2_000;

/// Reads `bytes` as one document and checks it.
pub fn read(format: Format, bytes: &[u8]) {
    let _ = checked(format, bytes);
}

fn checked(format: Format, bytes: &[u8]) -> Option<Document> {
    let pdf = PdfOptions::default();
    match document(format, "dir/some file.x", bytes, WrittenMeta::default(), &Defaults::default(), &pdf) {
        Ok((document, places)) => {
            if !matches!(format, Format::Office | Format::Csv) {
                let most = GROWTH * bytes.len() + 1024;
                assert!(document.text.len() <= most, "{} bytes from {}", document.text.len(), bytes.len());
            }
            check(&document, &places);
            Some(document)
        }
        Err(error) => {
            check_error(&error);
            None
        }
    }
}

/// Text stays as it is when it is read once more.
pub fn plain(bytes: &[u8]) {
    if let Ok(text) = decode(bytes) {
        assert!(!text.contains('\r'));
        let again = decode(text.as_bytes()).expect("UTF-8 is an encoding that is read");
        assert_eq!(again, text.strip_prefix('\u{feff}').unwrap_or(&text));
    }
    if let Some(first) = checked(Format::Plain, bytes)
        && let Some(second) = checked(Format::Plain, first.text.as_bytes())
        && !first.text.starts_with('\u{feff}')
    {
        assert_eq!((&first.text, &first.sections), (&second.text, &second.sections));
    }
}

/// Parts of a package, each with what it is to its main part.
struct Part {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

const WORD: &[Part] = &[
    Part { name: "word/document.xml", kind: "officeDocument", content: "wordprocessingml.document.main" },
    Part { name: "word/styles.xml", kind: "styles", content: "wordprocessingml.styles" },
    Part { name: "word/numbering.xml", kind: "numbering", content: "wordprocessingml.numbering" },
    Part { name: "word/footnotes.xml", kind: "footnotes", content: "wordprocessingml.footnotes" },
];

const EXCEL: &[Part] = &[
    Part { name: "xl/workbook.xml", kind: "officeDocument", content: "spreadsheetml.sheet.main" },
    Part { name: "xl/worksheets/sheet1.xml", kind: "worksheet", content: "spreadsheetml.worksheet" },
    Part { name: "xl/styles.xml", kind: "styles", content: "spreadsheetml.styles" },
    Part { name: "xl/sharedStrings.xml", kind: "sharedStrings", content: "spreadsheetml.sharedStrings" },
];

/// The parts of a Word document, parted by NUL.
pub fn docx(bytes: &[u8]) {
    read(Format::Office, &package(WORD, bytes));
}

/// The parts of an Excel workbook, parted by NUL.
pub fn xlsx(bytes: &[u8]) {
    read(Format::Office, &package(EXCEL, bytes));
}

/// Mutations reach the XML: no check sum and no compression lies between.
fn package(parts: &[Part], bytes: &[u8]) -> Vec<u8> {
    const KINDS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut types, mut own, mut main) = (String::new(), String::new(), String::new());
    for (at, Part { name, kind, content }) in parts.iter().enumerate() {
        let content = format!("application/vnd.openxmlformats-officedocument.{content}+xml");
        types.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{content}\"/>"));
        let folder = parts[0].name.split_once('/').map_or("", |(folder, _)| folder);
        let target = if at == 0 { name } else { name.trim_start_matches(folder).trim_start_matches('/') };
        let relation = format!("<Relationship Id=\"rId{at}\" Type=\"{KINDS}/{kind}\" Target=\"{target}\"/>");
        if at == 0 { &mut main } else { &mut own }.push_str(&relation);
    }
    let first = parts[0].name;
    let (folder, file) = first.split_once('/').unwrap_or(("", first));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut put = |name: &str, body: &[u8]| {
        zip.start_file(name, stored).expect("a name");
        std::io::Write::write_all(&mut zip, body).expect("memory");
    };
    put("[Content_Types].xml", format!("<Types>{types}</Types>").as_bytes());
    put("_rels/.rels", format!("<Relationships>{main}</Relationships>").as_bytes());
    put(&format!("{folder}/_rels/{file}.rels"), format!("<Relationships>{own}</Relationships>").as_bytes());
    for (part, body) in parts.iter().zip(bytes.split(|b| *b == 0)) {
        put(part.name, body);
    }
    zip.finish().expect("memory").into_inner()
}

pub fn csv(bytes: &[u8]) {
    if let Ok(text) = decode(bytes)
        && let Ok(rows) = csv_rows(&text)
    {
        assert!(rows.is_sorted_by(|a, b| a.0 <= b.0), "rows come in the order of the file");
        let cells: usize = rows.iter().flat_map(|(_, cells)| cells).map(String::len).sum();
        assert!(cells <= text.len(), "cells hold what the file holds");
    }
    read(Format::Csv, bytes);
}

pub fn json_lines(bytes: &[u8]) {
    let mut last = (0, 0);
    for line in lines(bytes, Defaults::default(), 1 << 16) {
        assert!((line.number, line.bytes_read) > last, "lines are counted");
        last = (line.number, line.bytes_read);
        match line.document {
            Ok(document) => check(&document, &[]),
            Err(error) => check_error(&error),
        }
    }
    assert!(last.1 <= bytes.len() as u64);
}

/// The first byte says what the file's name is.
pub fn format(bytes: &[u8]) {
    const NAMES: &[&str] = &["a.txt", "b", "c.docx", "d.xlsx", "e.pdf", "f.html", "g.md", "h.csv", "i.jsonl", "j.zzz"];
    let Some((first, rest)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    match Format::of(name, rest) {
        Ok(Format::JsonLines) => json_lines(rest),
        Ok(Format::JsonLinesGzip) => {}
        Ok(format) => read(format, rest),
        Err(error) => check_error(&error),
    }
}

fn check_error(error: &ReadError) {
    let said = error.to_string();
    assert!(said.chars().count() >= 8, "{said:?} says nothing");
    assert!(said.len() <= LONGEST_ERROR, "{} bytes of error", said.len());
    assert!(!said.chars().any(|c| c.is_control()), "{said:?} breaks the line of its file");
}

fn check(document: &Document, places: &[Place]) {
    let text = &document.text;
    assert!(!document.sections.is_empty());
    assert!(!document.meta.key.is_empty() && !document.meta.title.trim().is_empty());
    let mut locators = HashSet::new();
    let mut end = 0;
    for section in &document.sections {
        let body = section.span.of(text).expect("a section slices the text");
        assert!(!body.trim().is_empty(), "a section says something");
        assert!(section.span.start() >= end, "sections come in order and do not overlap");
        end = section.span.end();
        assert!(locators.insert(&section.locator), "two sections are called {:?}", section.locator);
    }
    let mut end = 0;
    for place in places {
        assert!(place.span.of(text).is_some(), "a place slices the text");
        assert!(place.span.start() >= end, "places come in order");
        end = place.span.end();
        if let Some([left, bottom, right, top]) = place.rect {
            assert!(left <= right && bottom <= top, "a box has its corners in order: {:?}", place.rect);
        }
    }
    let options = ChunkOptions::default();
    let cut = chunks(document, places, options);
    let mut at = 0;
    let mut kept = 0;
    for chunk in &cut {
        let body = chunk.span.of(text).expect("a chunk slices the text");
        assert!(estimate_tokens(body) <= options.max_tokens, "a chunk of {} bytes", body.len());
        assert!(chunk.span.start() >= at, "chunks come in order and do not overlap");
        at = chunk.span.end();
        kept += visible(body);
        let holds = |section: &Span| section.contains(chunk.span);
        assert!(document.sections.iter().any(|s| holds(&s.span)), "a chunk lies in one section");
    }
    let whole: usize = document.sections.iter().filter_map(|s| s.span.of(text)).map(visible).sum();
    assert_eq!(kept, whole, "chunks hold all that the sections hold");
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}
