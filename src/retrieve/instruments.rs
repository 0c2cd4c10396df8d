//! Instruments by name, and what they say of each other's end.

use std::collections::HashMap;

use super::{Coverage, KnownInstruments, KnownVersion, Repeal};
use crate::text::reference::{self, Instrument, InstrumentKind};

/// Versions held in memory, indexed by the normalised name of their instrument.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    versions: Vec<KnownVersion>,
    by_name: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, usize>,
    /// By the name of the repealed instrument.
    repeals: HashMap<String, Repeal>,
}

impl Registry {
    pub fn new(versions: Vec<KnownVersion>) -> Self {
        let mut registry = Self::default();
        for version in versions {
            registry.add(version);
        }
        registry
    }

    fn add(&mut self, version: KnownVersion) {
        let at = self.versions.len();
        let instrument = Instrument::named(&version.meta.title);
        for (name, repeal) in repeals(&version, &instrument) {
            self.repeals.entry(name).or_insert(repeal);
        }
        self.by_name.entry(instrument.name).or_default().push(at);
        self.by_key.insert(version.meta.key.clone(), at);
        self.versions.push(version);
    }
}

/// Instruments that a text repeals by name in its closing articles: 《…》同时废止.
fn repeals(version: &KnownVersion, own: &Instrument) -> Vec<(String, Repeal)> {
    let mut found = Vec::new();
    for article in version.articles.iter().rev().take(3) {
        for sentence in article.text.split(['。', '\n']) {
            let Some(end) = sentence.find("废止") else { continue };
            // "自本法施行之日起废止" names what is repealed before the word, never after it.
            for named in reference::parse(&sentence[..end]) {
                let Some(instrument) = named.instrument.filter(|_| named.article.is_none()) else { continue };
                // 《企业破产法（试行）》 was replaced by a law of the same name.
                if instrument.is_same(own) {
                    continue;
                }
                let repeal = Repeal {
                    key: version.meta.key.clone(),
                    by: version.meta.title.clone(),
                    locator: article.locator.clone(),
                    from: version.meta.valid_from,
                };
                found.push((instrument.name, repeal));
            }
        }
    }
    found
}

impl KnownInstruments for Registry {
    fn versions(&self, instrument: &Instrument) -> Vec<&KnownVersion> {
        self.by_name
            .get(&instrument.name)
            .map(|places| places.iter().filter_map(|&at| self.versions.get(at)).collect())
            .unwrap_or_default()
    }

    fn by_key(&self, key: &str) -> Option<&KnownVersion> {
        self.versions.get(*self.by_key.get(key)?)
    }

    fn repeal(&self, instrument: &Instrument) -> Option<&Repeal> {
        self.repeals.get(&instrument.name)
    }

    fn related(&self, instrument: &Instrument) -> Vec<&str> {
        if instrument.kind == InstrumentKind::Other || instrument.name.chars().count() < 3 {
            return Vec::new();
        }
        let mut titles: Vec<&str> = self
            .by_name
            .iter()
            .filter(|(name, _)| name.chars().count() >= 3)
            .filter(|(name, _)| instrument.name.contains(name.as_str()) || name.contains(&instrument.name))
            .filter_map(|(_, places)| self.versions.get(*places.first()?))
            .map(|version| version.meta.title.as_str())
            .collect();
        titles.sort_by_key(|title| (title.chars().count(), *title));
        titles.truncate(3);
        titles
    }

    fn coverage(&self) -> Coverage {
        let newest = self.versions.iter().filter_map(|version| version.meta.valid_from).max();
        Coverage { instruments: self.by_name.len(), newest }
    }
}
