//! What a collection covers: what is in it, how new it is, and which texts it speaks of without holding them. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use time::Date;

use crate::{
    domain::{
        document::{Document, DocumentMeta},
        text::Lang,
    },
    text::{
        reference::{self, Instrument, InstrumentKind, Naming},
        words::simplified,
    },
};

/// Texts named and not held that are told at most, those named most often first.
const MOST_ABSENT: usize = 50;

/// Kinds of law that a collection may be expected to hold when it cites them.
const LAWS: [InstrumentKind; 8] = [
    InstrumentKind::Constitution,
    InstrumentKind::Statute,
    InstrumentKind::Amendment,
    InstrumentKind::Implementing,
    InstrumentKind::Regulation,
    InstrumentKind::JudicialInterpretation,
    InstrumentKind::Decision,
    InstrumentKind::European,
];

/// What is in a collection, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Documents by kind, status, jurisdiction (empty: not known) and language.
    pub kinds: BTreeMap<String, u64>,
    pub statuses: BTreeMap<&'static str, u64>,
    pub jurisdictions: BTreeMap<String, u64>,
    pub languages: BTreeMap<&'static str, u64>,
    /// First days of validity, the earliest and the latest.
    pub oldest: Option<Date>,
    pub newest: Option<Date>,
    /// Keys that documents name as their successor and that are not there.
    pub successors: Vec<String>,
    /// Laws that the texts name and that are not there, with the number of documents that name them.
    pub absent: Vec<(String, u64)>,
}

/// Collects a coverage, one document after the other.
#[derive(Debug, Default)]
pub struct Survey {
    coverage: Coverage,
    keys: BTreeSet<String>,
    titles: BTreeSet<String>,
    successors: BTreeSet<String>,
    /// By normalised name: as written first, and how many documents name it.
    named: BTreeMap<String, (String, u64)>,
    /// Normalised name of what was read before; `None` for what is no law.
    read: HashMap<String, Option<String>>,
}

impl Survey {
    pub fn add(&mut self, document: &Document) {
        let DocumentMeta { key, title, lang, kind, status, jurisdiction, valid_from, superseded_by, .. } =
            &document.meta;
        let coverage = &mut self.coverage;
        *coverage.kinds.entry(kind.clone()).or_default() += 1;
        *coverage.statuses.entry(status.code()).or_default() += 1;
        *coverage.jurisdictions.entry(jurisdiction.clone().unwrap_or_default()).or_default() += 1;
        *coverage.languages.entry(lang.code()).or_default() += 1;
        if let Some(day) = *valid_from {
            coverage.oldest = Some(coverage.oldest.map_or(day, |oldest| oldest.min(day)));
            coverage.newest = Some(coverage.newest.map_or(day, |newest| newest.max(day)));
        }
        self.keys.insert(key.clone());
        self.titles.insert(Instrument::named(&simplified(title)).name);
        self.successors.extend(superseded_by.clone());
        let written = match lang {
            Lang::Zh => bracketed(&document.text),
            Lang::En => named_in_english(&document.text),
        };
        for written in written {
            let name = self.read.entry(written.clone()).or_insert_with(|| {
                let instrument = Instrument::named(&simplified(&written));
                LAWS.contains(&instrument.kind).then_some(instrument.name)
            });
            if let Some(name) = name {
                self.named.entry(name.clone()).or_insert((written, 0)).1 += 1;
            }
        }
    }

    pub fn finish(self) -> Coverage {
        let Self { mut coverage, keys, titles, successors, named, .. } = self;
        coverage.successors = successors.difference(&keys).cloned().collect();
        let absent = named.into_iter().filter(|(name, _)| !titles.contains(name)).map(|(_, found)| found);
        coverage.absent = absent.collect();
        coverage.absent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        coverage.absent.truncate(MOST_ABSENT);
        coverage
    }
}

/// What stands in 《》, each once.
fn bracketed(text: &str) -> BTreeSet<String> {
    let parts = text.split('《').skip(1).filter_map(|rest| rest.split_once('》'));
    parts.map(|(title, _)| title.trim()).filter(|title| !title.is_empty()).map(str::to_owned).collect()
}

/// Instruments that an English text names, each once.
fn named_in_english(text: &str) -> BTreeSet<String> {
    let references = reference::parse(text).into_iter();
    let named = references.filter(|found| found.naming == Naming::Title).filter_map(|found| found.instrument);
    named.map(|instrument| instrument.written).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::domain::document::{DocStatus, Domain};

    fn document(key: &str, title: &str, text: &str) -> Document {
        let mut meta = DocumentMeta::plain(key, title, Lang::Zh, Domain::Legal);
        meta.kind = "statute".to_owned();
        meta.status = DocStatus::InForce;
        Document { meta, text: text.to_owned(), sections: Vec::new() }
    }

    #[test]
    fn what_is_named_and_not_there_is_told() {
        let mut code = document(
            "code",
            "中华人民共和国民法典",
            "依照《中华人民共和国公司法》和《公司法》的规定。依照《民法典》的规定。参见《红楼梦》。",
        );
        code.meta.valid_from = Some(date!(2021 - 01 - 01));
        code.meta.jurisdiction = Some("CN".to_owned());
        let mut old = document("old", "中华人民共和国合同法", "适用《中华人民共和国公司法》。");
        old.meta.valid_from = Some(date!(1999 - 10 - 01));
        old.meta.superseded_by = Some("code".to_owned());
        let mut older = document("older", "中华人民共和国经济合同法", "");
        older.meta.superseded_by = Some("elsewhere".to_owned());
        let mut survey = Survey::default();
        for document in [&code, &old, &older] {
            survey.add(document);
        }
        let coverage = survey.finish();
        assert_eq!(coverage.kinds["statute"], 3);
        assert_eq!(coverage.statuses["in_force"], 3);
        assert_eq!((coverage.jurisdictions["CN"], coverage.jurisdictions[""]), (1, 2));
        assert_eq!((coverage.oldest, coverage.newest), (Some(date!(1999 - 10 - 01)), Some(date!(2021 - 01 - 01))));
        assert_eq!(coverage.successors, ["elsewhere"]);
        assert_eq!(coverage.absent.len(), 1, "{:?}", coverage.absent);
        assert!(coverage.absent[0].0.contains("公司法"), "{:?}", coverage.absent);
    }

    #[test]
    fn an_empty_collection_covers_nothing() {
        assert_eq!(Survey::default().finish(), Coverage::default());
    }
}
