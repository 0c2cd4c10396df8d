//! A document as the store takes it: cut into chunks, and hashed.

use super::{
    chunk::{self, ChunkOptions},
    read::place::Place,
};
use crate::{
    domain::document::{Document, DocumentMeta},
    ports::PreparedDocument,
};

/// Cuts and hashes `document`. `places`, in order, tell where its lines stand on pages.
pub fn prepare(document: Document, places: &[Place], options: ChunkOptions) -> PreparedDocument {
    let chunks = chunk::chunks(&document, places, options);
    let content_hash = content_hash(&document);
    PreparedDocument { document, content_hash, chunks }
}

/// BLAKE3 over metadata, text and sections, hexadecimal.
///
/// Every field is preceded by its length (or a mark of absence), so that no two documents share an encoding.
pub fn content_hash(document: &Document) -> String {
    let Document { meta, text, sections } = document;
    let DocumentMeta {
        key,
        title,
        lang,
        domain,
        kind,
        authority,
        jurisdiction,
        issuer,
        valid_from,
        valid_to,
        status,
        superseded_by,
        source_url,
        licence,
        note,
    } = meta;
    let mut hasher = Fields(blake3::Hasher::new());
    for field in [key, title, lang.code(), domain.code(), kind, status.code()] {
        hasher.field(field);
    }
    hasher.number(usize::from(*authority));
    for field in [jurisdiction, issuer, superseded_by, source_url, licence, note] {
        hasher.optional(field.as_deref());
    }
    for date in [valid_from, valid_to] {
        hasher.optional(date.map(|date| date.to_string()).as_deref());
    }
    hasher.field(text);
    hasher.number(sections.len());
    for section in sections {
        hasher.field(&section.locator);
        hasher.number(section.path.len());
        for heading in &section.path {
            hasher.field(heading);
        }
        hasher.optional(section.page.map(|page| page.to_string()).as_deref());
        hasher.number(section.span.start());
        hasher.number(section.span.end());
    }
    hasher.0.finalize().to_hex().to_string()
}

struct Fields(blake3::Hasher);

impl Fields {
    fn number(&mut self, n: usize) {
        self.0.update(&(n as u64).to_le_bytes());
    }

    fn field(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.update(&[1]);
                self.field(text);
            }
            None => {
                self.0.update(&[0]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        document::{Domain, Section},
        text::{Lang, Span},
    };

    fn document() -> Document {
        Document {
            meta: DocumentMeta::plain("k", "t", Lang::Zh, Domain::Legal),
            text: "甲乙".to_owned(),
            sections: vec![Section {
                locator: "1".to_owned(),
                path: vec!["a".to_owned(), "b".to_owned()],
                page: None,
                span: Span::new(0, 6),
            }],
        }
    }

    #[test]
    fn every_part_has_a_say() {
        let first = content_hash(&document());
        assert_eq!(first, content_hash(&document()), "the same document, the same hash");
        let changes: [fn(&mut Document); 7] = [
            |d| d.text = "甲丙".to_owned(),
            |d| d.meta.note = Some(String::new()),
            |d| d.meta.licence = Some(String::new()),
            |d| d.meta.status = crate::domain::document::DocStatus::Repealed,
            |d| d.sections[0].path = vec!["ab".to_owned()],
            |d| d.sections[0].span = Span::new(0, 3),
            |d| d.sections[0].page = Some(1),
        ];
        let mut hashes: Vec<_> = changes
            .iter()
            .map(|change| {
                let mut document = document();
                change(&mut document);
                content_hash(&document)
            })
            .collect();
        hashes.push(first);
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), changes.len() + 1);
    }
}
