//! Articles that a question names: they are looked up, not searched for.

use super::{catalogue::Catalogue, filter::Filter, lexical::LexicalIndex};
use crate::{
    domain::document::{ChunkId, VersionId},
    ports::RetrieveError,
    text::{
        reference::{Article, LegalReference, Scheme, parse},
        words::simplified,
    },
};

/// Articles taken from one range: 第一百条至第一百二十条.
const LONGEST_RANGE: u32 = 20;

/// Chunks that the names in one question may bring up.
const MOST_CHUNKS: usize = 60;

/// The chunks of the articles that `question` names, among the documents that the filter admits, in the order of the
/// question: 《民法典》第六百七十五条, GDPR Art. 33, § 1002.5. A name without an article brings up nothing here.
pub(super) fn look_up(
    question: &str,
    filter: &Filter,
    catalogue: &Catalogue,
    index: &LexicalIndex,
) -> Result<Vec<ChunkId>, RetrieveError> {
    let mut found: Vec<ChunkId> = Vec::new();
    for reference in parse(&simplified(question)) {
        if reference.article.is_none() {
            continue;
        }
        let locators = locators(&reference);
        for version in versions(&reference, filter, catalogue) {
            // The narrowest provision that is stored under a name of its own.
            for names in &locators {
                for name in names {
                    let chunks = index.at(version, name)?;
                    let is_there = !chunks.is_empty();
                    for chunk in chunks {
                        if !found.contains(&chunk) {
                            found.push(chunk);
                        }
                    }
                    if is_there {
                        break;
                    }
                }
            }
            if found.len() >= MOST_CHUNKS {
                found.truncate(MOST_CHUNKS);
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// For each article of the reference, the locators to try in turn.
fn locators(reference: &LegalReference) -> Vec<Vec<String>> {
    let mut all = vec![reference.locators()];
    if let (Some(Article { number: first, sub: None, .. }), Some(end)) = (&reference.article, &reference.range_end) {
        let last = end.number.min(first.saturating_add(LONGEST_RANGE));
        for number in first.saturating_add(1)..=last {
            let article = Article { number, ..end.clone() };
            let one =
                LegalReference { article: Some(article), range_end: None, limbs: Vec::new(), ..reference.clone() };
            all.push(one.locators());
        }
    }
    all
}

/// Documents that the reference may mean, newest first.
fn versions(reference: &LegalReference, filter: &Filter, catalogue: &Catalogue) -> Vec<VersionId> {
    let part = match (&reference.instrument, &reference.article) {
        // § 1002.5 names its part of the Code of Federal Regulations by its own number.
        (None, Some(Article { scheme: Scheme::Section, part: Some(part), .. })) => format!(" CFR Part {part}"),
        _ => String::new(),
    };
    let is_meant = |name: &str| match &reference.instrument {
        Some(instrument) => !instrument.name.is_empty() && *instrument.name == *name,
        None => !part.is_empty() && name.ends_with(&part),
    };
    let mut versions: Vec<_> = catalogue
        .documents()
        .filter(|(_, known)| is_meant(&known.name) && filter.admits(&known.collection, &known.meta))
        .map(|(version, known)| (known.meta.valid_from, version))
        .collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|(_, version)| version).collect()
}
