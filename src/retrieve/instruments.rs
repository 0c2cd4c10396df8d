//! Instruments by name: what the knowledge base holds of the laws that a text refers to, and what those laws say of each
//! other's end.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, PoisonError},
};

use async_trait::async_trait;

use super::{catalogue::Catalogue, engine::Engine, engine::blocking};
use crate::{
    domain::{
        document::{Document, DocumentMeta, Domain, VersionId},
        instrument::{Coverage, Holdings, KnownArticle, KnownVersion, Repeal},
        text::Lang,
    },
    ports::{Instruments, RetrieveError},
    text::{
        reference::{self, Instrument, InstrumentKind},
        words::simplified,
    },
};

/// Closing articles of a text in which it may repeal others.
const CLOSING: usize = 3;
/// Titles related by name that are told at most.
const MOST_RELATED: usize = 3;
/// Texts that are kept, read.
pub(super) const RECENT_TEXTS: usize = 32;

/// What all legal texts of the knowledge base say together, kept from one state of the catalogue to the next.
#[derive(Debug, Default)]
pub(super) struct Register {
    /// Of the catalogue that the rest was made from.
    generation: Option<u64>,
    /// Of every legal text: what it repeals by name.
    closings: HashMap<VersionId, Vec<(String, Repeal)>>,
    repeals: HashMap<String, Repeal>,
    /// Normalised name and title, the latest version's.
    titles: Vec<(String, String)>,
    coverage: Coverage,
}

#[async_trait]
impl Instruments for Engine {
    async fn held(&self, instruments: &[&Instrument]) -> Result<Holdings, RetrieveError> {
        let catalogue = self.catalogue();
        let mut register = self.register.lock().await;
        self.bring_up(&mut register, &catalogue).await?;
        let mut holdings = Holdings { coverage: register.coverage, ..Holdings::default() };
        let mut wanted: Vec<VersionId> = Vec::new();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for instrument in instruments {
            let versions = versions_named(&catalogue, &instrument.name);
            if versions.is_empty() {
                holdings.related.insert(instrument.name.clone(), register.related(instrument));
            }
            for (version, meta) in versions {
                wanted.push(version);
                keys.extend(meta.superseded_by.clone());
            }
            if let Some(repeal) = register.repeals.get(&instrument.name) {
                keys.insert(repeal.key.clone());
                holdings.repeals.insert(instrument.name.clone(), repeal.clone());
            }
        }
        drop(register);
        wanted.extend(catalogue.documents().filter(|(_, known)| keys.contains(&known.meta.key)).map(|(v, _)| v));
        wanted.sort_unstable();
        wanted.dedup();
        for version in wanted {
            holdings.versions.extend(self.text_of(version).await?);
        }
        Ok(holdings)
    }
}

impl Engine {
    /// Reads what is new in the catalogue, so that no question waits for it.
    pub(super) async fn register(&self) -> Result<(), RetrieveError> {
        let catalogue = self.catalogue();
        self.bring_up(&mut *self.register.lock().await, &catalogue).await
    }

    async fn bring_up(&self, register: &mut Register, catalogue: &Catalogue) -> Result<(), RetrieveError> {
        if register.generation == Some(catalogue.generation) {
            return Ok(());
        }
        let mut legal: Vec<_> = catalogue.documents().filter(|(_, known)| is_law(&known.meta)).collect();
        legal.sort_unstable_by_key(|(version, _)| *version);
        for &(version, known) in &legal {
            if register.closings.contains_key(&version) {
                continue;
            }
            // 《…》同时废止 is how Chinese law ends another; elsewhere the metadata has to say it.
            let closing = match known.meta.lang {
                Lang::Zh => match self.store.version_text(version).await? {
                    Some((_, document)) => blocking(move || Ok(repeals(&document))).await?,
                    None => Vec::new(),
                },
                Lang::En => Vec::new(),
            };
            register.closings.insert(version, closing);
        }
        let held: HashSet<VersionId> = legal.iter().map(|(version, _)| *version).collect();
        register.closings.retain(|version, _| held.contains(version));
        register.repeals = HashMap::new();
        let mut titles: HashMap<&str, &str> = HashMap::new();
        for (version, known) in &legal {
            for (name, repeal) in &register.closings[version] {
                register.repeals.entry(name.clone()).or_insert_with(|| repeal.clone());
            }
            titles.insert(&known.name, &known.meta.title);
        }
        register.titles = titles.into_iter().map(|(name, title)| (name.to_owned(), title.to_owned())).collect();
        register.coverage = Coverage {
            instruments: register.titles.len(),
            newest: legal.iter().filter_map(|(_, known)| known.meta.valid_from).max(),
        };
        register.generation = Some(catalogue.generation);
        Ok(())
    }

    async fn text_of(&self, version: VersionId) -> Result<Option<Arc<KnownVersion>>, RetrieveError> {
        let recent = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent().get(&version) {
            return Ok(Some(known));
        }
        let Some((_, document)) = self.store.version_text(version).await? else { return Ok(None) };
        let known = Arc::new(blocking(move || Ok(read(document))).await?);
        recent().put(version, Arc::clone(&known));
        Ok(Some(known))
    }
}

impl Register {
    fn related(&self, instrument: &Instrument) -> Vec<String> {
        if instrument.kind == InstrumentKind::Other || instrument.name.chars().count() < 3 {
            return Vec::new();
        }
        let near = |name: &str| {
            name.chars().count() >= 3 && (instrument.name.contains(name) || name.contains(&instrument.name))
        };
        let mut titles: Vec<&str> =
            self.titles.iter().filter(|(name, _)| near(name)).map(|(_, title)| title.as_str()).collect();
        titles.sort_by_key(|title| (title.chars().count(), *title));
        titles.into_iter().take(MOST_RELATED).map(str::to_owned).collect()
    }
}

/// A tax law may be filed under finance: it is law all the same.
fn is_law(meta: &DocumentMeta) -> bool {
    meta.domain == Domain::Legal || matches!(meta.kind.as_str(), "statute" | "regulation" | "judicial-interpretation")
}

fn versions_named<'c>(catalogue: &'c Catalogue, name: &str) -> Vec<(VersionId, &'c DocumentMeta)> {
    let same = catalogue.documents().filter(|(_, known)| !name.is_empty() && *known.name == *name);
    same.map(|(version, known)| (version, &*known.meta)).collect()
}

/// A document as its articles.
fn read(document: Document) -> KnownVersion {
    let articles = document.sections.iter().filter_map(|section| {
        Some(KnownArticle { locator: section.locator.clone(), text: section.span.of(&document.text)?.to_owned() })
    });
    let articles = articles.collect();
    let name = Instrument::named(&simplified(&document.meta.title)).name;
    KnownVersion { meta: document.meta, name, articles }
}

/// Instruments that a text repeals by name in its closing articles: 《…》同时废止.
fn repeals(document: &Document) -> Vec<(String, Repeal)> {
    let own = Instrument::named(&simplified(&document.meta.title));
    let mut found = Vec::new();
    for article in document.sections.iter().rev().take(CLOSING) {
        let Some(text) = article.span.of(&document.text) else { continue };
        for sentence in text.split(['。', '\n']) {
            let Some(end) = sentence.find("废止") else { continue };
            // "自本法施行之日起废止" names what is repealed before the word, never after it.
            for named in reference::parse(&sentence[..end]) {
                let Some(instrument) = named.instrument.filter(|_| named.article.is_none()) else { continue };
                // 《企业破产法（试行）》 was replaced by a law of the same name.
                if instrument.is_same(&own) {
                    continue;
                }
                let repeal = Repeal {
                    key: document.meta.key.clone(),
                    by: document.meta.title.clone(),
                    locator: article.locator.clone(),
                    from: document.meta.valid_from,
                };
                found.push((instrument.name, repeal));
            }
        }
    }
    found
}
