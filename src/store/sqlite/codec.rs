//! Between the domain's types and what the columns hold.

use std::{io::Write, sync::Arc};

use flate2::{Compression, write::DeflateDecoder, write::DeflateEncoder};
use sqlx::FromRow;
use time::Date;

use crate::{
    domain::{
        document::{CollectionName, DocStatus, DocumentMeta, DocumentVersion, Domain, PageBox, VersionId},
        text::{Lang, Span},
    },
    ports::StoreError,
};

/// The columns of [`VersionRow`]; to be followed by a condition.
macro_rules! select_version {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, c.name AS collection, d.key, v.number, v.current, v.content_hash, v.title, v.lang, \
             v.domain, v.kind, v.authority, v.jurisdiction, v.issuer, v.valid_from, v.valid_to, v.status, \
             v.superseded_by, v.source_url, v.licence, v.note \
             FROM document_versions v JOIN documents d ON d.id = v.document_id \
             JOIN collections c ON c.id = d.collection_id ",
            $rest
        )
    };
}
pub(super) use select_version;

#[derive(FromRow)]
pub(super) struct VersionRow {
    pub id: i64,
    collection: String,
    key: String,
    number: u32,
    current: bool,
    content_hash: String,
    title: String,
    lang: String,
    domain: String,
    kind: String,
    authority: u8,
    jurisdiction: Option<String>,
    issuer: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    status: String,
    superseded_by: Option<String>,
    source_url: Option<String>,
    licence: Option<String>,
    note: Option<String>,
}

impl VersionRow {
    pub fn into_version(self) -> Result<DocumentVersion, StoreError> {
        let meta = DocumentMeta {
            lang: Lang::parse(&self.lang).ok_or_else(|| corrupt("language", &self.lang))?,
            domain: domain(&self.domain)?,
            status: status(&self.status)?,
            key: self.key,
            title: self.title,
            kind: self.kind,
            authority: self.authority,
            jurisdiction: self.jurisdiction,
            issuer: self.issuer,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            superseded_by: self.superseded_by,
            source_url: self.source_url,
            licence: self.licence,
            note: self.note,
        };
        Ok(DocumentVersion {
            id: VersionId(self.id),
            collection: collection_name(&self.collection)?,
            meta: Arc::new(meta),
            number: self.number,
            content_hash: self.content_hash,
            current: self.current,
        })
    }
}

pub(super) fn corrupt(what: &str, value: &str) -> StoreError {
    StoreError::Corrupt { what: format!("{what} '{value}'") }
}

pub(super) fn collection_name(name: &str) -> Result<CollectionName, StoreError> {
    name.parse().map_err(|_| corrupt("collection name", name))
}

pub(super) fn domain(code: &str) -> Result<Domain, StoreError> {
    Domain::parse(code).ok_or_else(|| corrupt("domain", code))
}

pub(super) fn status(code: &str) -> Result<DocStatus, StoreError> {
    DocStatus::parse(code).ok_or_else(|| corrupt("status", code))
}

/// Headings as a JSON array.
pub(super) fn path_json(path: &[String]) -> String {
    serde_json::Value::from(path).to_string()
}

pub(super) fn path(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|_| corrupt("heading path", json))
}

/// `[page, left, bottom, right, top]` for each line; `None` for none.
pub(super) fn boxes_json(boxes: &[PageBox]) -> Option<String> {
    let lines: Vec<(u32, i32, i32, i32, i32)> = boxes
        .iter()
        .map(|PageBox { page, edges: [left, bottom, right, top] }| (*page, *left, *bottom, *right, *top))
        .collect();
    if lines.is_empty() { None } else { serde_json::to_string(&lines).ok() }
}

pub(super) fn boxes(json: Option<&str>) -> Result<Vec<PageBox>, StoreError> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let lines: Vec<(u32, i32, i32, i32, i32)> =
        serde_json::from_str(json).map_err(|_| corrupt("boxes of a chunk", json))?;
    let boxed = |(page, left, bottom, right, top)| PageBox { page, edges: [left, bottom, right, top] };
    Ok(lines.into_iter().map(boxed).collect())
}

/// Offsets and counts as SQLite's integers. They are lengths of things in memory, so they always fit.
pub(super) fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn span(start: i64, end: i64) -> Result<Span, StoreError> {
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) if start <= end => Ok(Span::new(start, end)),
        _ => Err(corrupt("span", &format!("{start}..{end}"))),
    }
}

/// Raw deflate. Level 3 is within a few per cent of level 6 on statutes, at a third of the time.
pub(super) fn deflate(text: &str) -> Result<Vec<u8>, StoreError> {
    let fail = |error: std::io::Error| StoreError::Failed { action: "compress a document", problem: error.to_string() };
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(text.len() / 3), Compression::new(3));
    encoder.write_all(text.as_bytes()).map_err(fail)?;
    encoder.finish().map_err(fail)
}

pub(super) fn inflate(deflated: &[u8], byte_count: i64) -> Result<String, StoreError> {
    let bad = || StoreError::Corrupt { what: "a compressed text that does not inflate to what it was".to_owned() };
    let size = usize::try_from(byte_count).map_err(|_| bad())?;
    // A damaged length must not become an allocation: the decoder grows the buffer as needed beyond this.
    let mut decoder = DeflateDecoder::new(Vec::with_capacity(size.min(1 << 24)));
    decoder.write_all(deflated).map_err(|_| bad())?;
    let text = String::from_utf8(decoder.finish().map_err(|_| bad())?).map_err(|_| bad())?;
    if text.len() == size { Ok(text) } else { Err(bad()) }
}

pub(super) fn floats_to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(super) fn bytes_to_floats(bytes: &[u8]) -> Result<Vec<f32>, StoreError> {
    let (floats, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt { what: format!("a vector of {} bytes", bytes.len()) });
    }
    Ok(floats.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_and_damage_is_seen() {
        let text = "第六百七十五条　借款人应当按照约定的期限返还借款。\n".repeat(40);
        let deflated = deflate(&text).expect("memory suffices");
        assert!(deflated.len() * 4 < text.len());
        assert_eq!(inflate(&deflated, int(text.len())).expect("whole"), text);
        assert!(inflate(&deflated, int(text.len()) + 1).is_err(), "wrong length");
        assert!(inflate(&deflated[..deflated.len() / 2], int(text.len())).is_err(), "cut");
        assert!(inflate(b"not deflate at all", 5).is_err());
        assert!(inflate(&deflated, -1).is_err());
    }

    #[test]
    fn floats_are_exact() {
        let values = [0.0, -1.5, f32::MIN_POSITIVE, 0.1];
        assert_eq!(bytes_to_floats(&floats_to_bytes(&values)).expect("whole"), values);
        assert!(bytes_to_floats(&[0; 7]).is_err());
    }

    #[test]
    fn headings_survive_quotes_and_han() {
        let headings = vec!["第一编 “总则”".to_owned(), "a \"b\" \\ c".to_owned()];
        assert_eq!(path(&path_json(&headings)).expect("JSON"), headings);
    }
}
