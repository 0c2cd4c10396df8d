//! Texts read once for all rules: a claim, and every sentence of every source.

use std::collections::HashSet;

use super::{
    align::Profile,
    case::{SourceSentence, Unit},
    row::Row,
    verbatim::Sentence,
};
use crate::{
    domain::{
        evidence::Evidence,
        text::{Lang, Span},
    },
    text::{
        asked::content,
        date, lang, logic, quantity, reference,
        sentence::{is_row, sentences},
    },
};

/// Everything the deterministic layer reads in one sentence.
pub fn unit(text: &str, lang: Lang) -> Unit<'_> {
    Unit {
        text,
        lang,
        quantities: quantity::parse(text),
        dates: date::parse(text),
        references: reference::parse(text),
        logic: logic::read(text, lang),
    }
}

/// One sentence of a source, read.
#[derive(Clone, Debug)]
pub struct SourceUnit<'a> {
    pub unit: Unit<'a>,
    /// Into the chunk's text.
    pub span: Span,
    /// The row of a table, where it is one.
    pub row: Option<Row>,
}

/// One evidence, read.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    pub evidence: &'a Evidence,
    pub sentences: Vec<SourceUnit<'a>>,
    /// One for each sentence.
    pub profiles: Vec<Profile>,
    /// Title, path and locator: what every sentence of the chunk is read under.
    pub heading: Profile,
    /// What its title and headings name, in words that carry content: a claim may say it of any of its rows.
    pub named: HashSet<String>,
}

impl<'a> Source<'a> {
    pub fn of(evidence: &'a Evidence) -> Self {
        let text = evidence.chunk.text.as_str();
        let mut units = Vec::new();
        let mut profiles = Vec::new();
        for span in sentences(text) {
            // Spans come from this very text; one that did not slice it would hold nothing to compare.
            let Some(sentence) = span.of(text) else { continue };
            let unit = unit(sentence, lang::detect(sentence));
            let row = if is_row(text, span) { Row::of(&unit) } else { None };
            units.push(SourceUnit { unit, span, row });
            profiles.push(Profile::of(sentence));
        }
        let heading = [&evidence.meta.title, &evidence.chunk.locator]
            .into_iter()
            .chain(&evidence.chunk.path)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n");
        let title = std::iter::once(&evidence.meta.title).chain(&evidence.chunk.path);
        let named = title.flat_map(|text| content(text)).collect();
        Self { evidence, sentences: units, profiles, heading: Profile::of(&heading), named }
    }

    /// The sentences as rules see them, each with its coverage of the claim.
    pub fn for_rules(&self, coverage: &[f32]) -> Vec<SourceSentence<'a>> {
        self.sentences
            .iter()
            .zip(coverage)
            .map(|(sentence, coverage)| SourceSentence {
                label: self.evidence.label,
                meta: &self.evidence.meta,
                locator: &self.evidence.chunk.locator,
                path: &self.evidence.chunk.path,
                offset: sentence.span.start(),
                unit: sentence.unit.clone(),
                coverage: *coverage,
            })
            .collect()
    }

    /// The sentences as the verbatim check sees them.
    pub fn for_quotes(&self) -> Vec<Sentence<'_>> {
        self.sentences
            .iter()
            .zip(&self.profiles)
            .map(|(sentence, profile)| Sentence { text: sentence.unit.text, profile, offset: sentence.span.start() })
            .collect()
    }

    /// The text of the sentences `first` to `last`, as it stands in the chunk.
    pub fn run_span(&self, first: usize, last: usize) -> Option<Span> {
        Some(self.sentences.get(first)?.span.cover(self.sentences.get(last)?.span))
    }

    /// The smallest run of whole sentences that holds `span`.
    pub fn whole_sentences(&self, span: Span) -> Span {
        self.sentences.iter().map(|s| s.span).filter(|s| s.overlaps(span)).fold(span, Span::cover)
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use crate::domain::{
        document::{Chunk, ChunkId, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, Label},
        text::{Lang, Span},
    };

    /// A text as evidence 1, the whole of its document.
    pub fn plain_evidence(text: &str) -> Evidence {
        Evidence {
            label: Label(1),
            score: 1.0,
            ..Evidence::of(
                "test".parse().expect("a valid name"),
                Arc::new(DocumentMeta::plain("doc", "", Lang::Zh, Domain::General)),
                Chunk {
                    id: ChunkId(1),
                    version: VersionId(1),
                    ordinal: 0,
                    locator: String::new(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, text.len()),
                    text: text.to_owned(),
                },
            )
        }
    }
}
