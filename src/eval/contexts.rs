//! Evidence from passages that come with a question, instead of from a collection.

use std::{cmp::Reverse, sync::Arc};

use crate::{
    domain::{
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Searched},
        text::{Lang, Span},
    },
    ports::{EmbedKind, Embedder, ModelError, Priority},
    retrieve::dot,
    text::{lang, overlap, sentence},
};

/// A window of a passage holds about this many characters (Chinese counts double).
const WINDOW: usize = 900;

/// A passage with the key and locator that predictions cite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub key: String,
    pub locator: String,
    pub text: String,
}

/// Cuts the passages into windows on sentence borders and ranks them by cosine and word coverage, best first, at most
/// `limit`. Spans are into the passage's text.
pub async fn evidence(
    question: &str,
    passages: &[Passage],
    domain: Domain,
    embedder: Option<&dyn Embedder>,
    limit: usize,
) -> Result<EvidenceSet, ModelError> {
    let collection = CollectionName::constant("contexts");
    let mut items: Vec<Evidence> = Vec::new();
    for (number, passage) in (0_i64..).zip(passages) {
        let lang: Lang = lang::detect(&passage.text);
        let meta = Arc::new(DocumentMeta::plain(passage.key.clone(), String::new(), lang, domain));
        for (ordinal, span) in (0_u32..).zip(windows(&passage.text)) {
            let Some(text) = span.of(&passage.text) else { continue };
            items.push(Evidence::of(
                collection.clone(),
                Arc::clone(&meta),
                Chunk {
                    id: ChunkId(number * 10_000 + i64::from(ordinal)),
                    version: VersionId(number),
                    ordinal,
                    locator: passage.locator.clone(),
                    path: Vec::new(),
                    page: None,
                    span,
                    text: text.to_owned(),
                },
            ));
        }
    }
    rank(question, &mut items, embedder).await?;
    let chunks = u64::try_from(items.len()).unwrap_or(u64::MAX);
    items.truncate(limit);
    let searched = Searched { collections: vec![collection], chunks, vectors_permille: 1000, ..Searched::default() };
    Ok(EvidenceSet::number(items, searched))
}

async fn rank(question: &str, items: &mut [Evidence], embedder: Option<&dyn Embedder>) -> Result<(), ModelError> {
    let wanted = overlap::features(question);
    let present: Vec<_> = items.iter().map(|i| overlap::feature_set(&i.chunk.text)).collect();
    let idf = overlap::Idf::over(&present);
    let cosines = match embedder {
        None => vec![None; items.len()],
        Some(embedder) => {
            let asked = embedder.embed(EmbedKind::Query, &[question.to_owned()], Priority::Bulk).await?;
            let texts: Vec<String> = items.iter().map(|i| i.chunk.text.clone()).collect();
            let vectors = embedder.embed(EmbedKind::Passage, &texts, Priority::Bulk).await?;
            let asked = asked.into_iter().next().unwrap_or_default();
            vectors.iter().map(|v| Some(dot(&asked, v))).collect()
        }
    };
    for ((item, words), cosine) in items.iter_mut().zip(&present).zip(cosines) {
        let coverage = overlap::coverage(&wanted, words, &idf);
        item.signals.cosine = cosine;
        item.signals.bm25 = Some(coverage);
        item.score = 0.3 * coverage + cosine.map_or(0.0, |c| (c - 0.75) / 0.2);
    }
    let order = |signal: fn(&Evidence) -> f32, items: &[Evidence]| {
        let mut by: Vec<usize> = (0..items.len()).collect();
        by.sort_by(|a, b| signal(&items[*b]).total_cmp(&signal(&items[*a])));
        by
    };
    for (rank, at) in (1_u32..).zip(order(|i| i.signals.bm25.unwrap_or(0.0), items)) {
        items[at].signals.lexical_rank = Some(rank);
    }
    for (rank, at) in (1_u32..).zip(order(|i| i.signals.cosine.unwrap_or(0.0), items)) {
        items[at].signals.vector_rank = items[at].signals.cosine.map(|_| rank);
    }
    items.sort_by_key(|item| Reverse(ordered(item.score)));
    Ok(())
}

/// A float that sorts.
fn ordered(value: f32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "scores lie between -10 and 10")]
    let scaled = (f64::from(value) * 1e9) as i64;
    scaled
}

fn windows(text: &str) -> Vec<Span> {
    let mut windows: Vec<Span> = Vec::new();
    let mut current: Option<(Span, usize)> = None;
    for span in sentence::sentences(text) {
        let width = span.of(text).map_or(0, |s| s.chars().map(|c| if overlap::is_han(c) { 2 } else { 1 }).sum());
        current = Some(match current {
            Some((open, size)) if size + width <= WINDOW => (open.cover(span), size + width),
            Some((open, _)) => {
                windows.push(open);
                (span, width)
            }
            None => (span, width),
        });
    }
    windows.extend(current.map(|(span, _)| span));
    windows
}
