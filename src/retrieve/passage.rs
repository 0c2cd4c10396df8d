//! What is embedded for a chunk.

use crate::{
    domain::document::{Chunk, DocumentMeta},
    ports::StoredChunk,
    text::words::{WordKind, words},
};

/// Longest title and heading path, in characters: an encoder takes about 500 tokens, which are for the text.
const LONGEST_HEAD: usize = 120;

/// Prefix of nearly every Chinese statute: it says nothing, and would pull all of them together.
const COUNTRY: &str = "中华人民共和国";

/// The text that the embedder sees for a chunk: title and headings on one line, then the chunk's text.
///
/// A chunk of a statute seldom names its subject: 第一百五十条 of 公司法 says only "清算组". The locator is left out where
/// it is a mere number, since numbers are looked up, not compared by meaning.
pub fn passage_text(stored: &StoredChunk) -> String {
    passage(&stored.meta, &stored.chunk)
}

/// The same for a chunk and its document.
pub(super) fn passage(meta: &DocumentMeta, chunk: &Chunk) -> String {
    let title = meta.title.trim();
    let title = title.strip_prefix(COUNTRY).filter(|rest| !rest.is_empty()).unwrap_or(title);
    let mut head: Vec<&str> = vec![title];
    for heading in &chunk.path {
        let heading = heading.trim();
        if !heading.is_empty() && !head.contains(&heading) {
            head.push(heading);
        }
    }
    let locator = chunk.locator.trim();
    if is_heading(locator) && !head.contains(&locator) {
        head.push(locator);
    }
    let mut text: String = head.join(" ").chars().take(LONGEST_HEAD).collect();
    text.push('\n');
    text.push_str(chunk.text.trim());
    text
}

/// Whether a locator says more than a number: "Diagnosis of asthma" does, "第六百七十五条", "Art. 17" and "p. 12" do not.
fn is_heading(locator: &str) -> bool {
    let words = words(locator);
    let han = words.iter().any(|w| w.kind == WordKind::Han && w.text.chars().count() > 1);
    let latin = words.iter().filter(|w| w.kind == WordKind::Latin && w.text.chars().count() > 2).count();
    let numbered = words.iter().any(|w| matches!(w.kind, WordKind::Number | WordKind::Ordinal));
    han || latin > usize::from(numbered)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        document::{Chunk, ChunkId, DocumentMeta, Domain, VersionId},
        text::{Lang, Span},
    };

    fn stored(title: &str, path: &[&str], locator: &str, text: &str) -> StoredChunk {
        StoredChunk {
            collection: "test".parse().expect("a good name"),
            meta: Arc::new(DocumentMeta::plain("k", title, Lang::Zh, Domain::Legal)),
            chunk: Chunk {
                id: ChunkId(1),
                version: VersionId(1),
                ordinal: 0,
                locator: locator.to_owned(),
                path: path.iter().map(|&p| p.to_owned()).collect(),
                page: None,
                span: Span::new(0, text.len()),
                text: text.to_owned(),
            },
        }
    }

    #[test]
    fn an_article_is_embedded_with_its_law_and_chapter() {
        let chunk = stored("中华人民共和国民法典", &["第十二章 借款合同"], "第六百七十五条", "借款人应当返还借款。");
        assert_eq!(passage_text(&chunk), "民法典 第十二章 借款合同\n借款人应当返还借款。");
    }

    #[test]
    fn headings_are_kept_once_and_numbers_are_dropped() {
        let chunk = stored("Asthma", &["Asthma", "What causes asthma?"], "Q3", "Allergies.");
        assert_eq!(passage_text(&chunk), "Asthma What causes asthma?\nAllergies.");
        let chunk = stored("GDPR", &[], "Diagnosis and treatment", "x");
        assert!(passage_text(&chunk).starts_with("GDPR Diagnosis and treatment\n"));
        assert!(!is_heading("§ 1002.2(c)") && !is_heading("Art. 17") && !is_heading("p. 12") && !is_heading("para. 7"));
    }
}
