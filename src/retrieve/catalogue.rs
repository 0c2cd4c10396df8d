//! Which chunks are searchable and which documents they stand in: the tables that filters and look-ups read.

use std::{collections::HashMap, sync::Arc};

use super::{
    filter::Filter,
    lexical::{Mark, Row},
};
use crate::{
    domain::document::{ChunkId, CollectionName, DocumentMeta, VersionId},
    text::words::normal_form,
};

/// A document whose current version is searchable.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
}

/// One state of the index. It is never changed, only replaced by the next one.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalogue {
    versions: Arc<HashMap<VersionId, Known>>,
    /// Ordered by chunk.
    rows: Arc<Vec<Row>>,
    /// How far the rows have followed the store.
    pub mark: Mark,
    /// Tells this state from every other.
    pub generation: u64,
}

impl Catalogue {
    /// The state after `self`.
    pub fn next(&self, versions: Arc<HashMap<VersionId, Known>>, rows: Arc<Vec<Row>>, mark: Mark) -> Self {
        Self { versions, rows, mark, generation: self.generation + 1 }
    }

    pub fn rows(&self) -> &Arc<Vec<Row>> {
        &self.rows
    }

    pub fn row(&self, chunk: ChunkId) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&chunk, |row| row.chunk).ok()?;
        Some(&self.rows[at])
    }

    pub fn known(&self, version: VersionId) -> Option<&Known> {
        self.versions.get(&version)
    }

    pub fn documents(&self) -> impl Iterator<Item = (VersionId, &Known)> {
        self.versions.iter().map(|(&version, known)| (version, known))
    }

    /// The rows that the filter admits, and the number of rows in the collections that it names.
    pub fn admitted(&self, filter: &Filter) -> (Vec<Row>, u64) {
        let verdicts: HashMap<VersionId, (bool, bool)> = self
            .versions
            .iter()
            .map(|(&version, known)| {
                let searched = filter.searches(&known.collection);
                (version, (searched, searched && filter.admits(&known.collection, &known.meta)))
            })
            .collect();
        let mut in_collections = 0;
        let mut admitted = Vec::new();
        for row in self.rows.iter() {
            let (searched, admits) = verdicts.get(&row.version).copied().unwrap_or_default();
            in_collections += u64::from(searched);
            if admits {
                admitted.push(*row);
            }
        }
        (admitted, in_collections)
    }
}

/// A title as people write it: without the country, brackets, blanks, and the year of a version in parentheses.
pub(super) fn title_key(title: &str) -> String {
    let form = normal_form(title);
    let mut key: String = form.chars().filter(|c| !c.is_whitespace() && !"《》〈〉“”\"'‘’".contains(*c)).collect();
    // （2020年修正）, (2018 revision): marks of a version, not of another instrument; （二） of an interpretation is one.
    while let Some(open) = key.rfind('(').filter(|_| key.ends_with(')')) {
        let inner = &key[open + 1..key.len() - 1];
        let is_version = inner.chars().filter(char::is_ascii_digit).count() >= 4
            || inner.ends_with('修')
            || inner.contains("修正")
            || inner.contains("修订");
        if open == 0 || !is_version {
            break;
        }
        key.truncate(open);
    }
    key.strip_prefix("中华人民共和国").map(str::to_owned).filter(|rest| !rest.is_empty()).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_meet_however_they_are_written() {
        for title in ["《中华人民共和国民法典》", "民法典", "中華人民共和國民法典", "民法典（2020年5月28日通过）"]
        {
            assert_eq!(title_key(title), "民法典", "{title}");
        }
        assert_ne!(
            title_key("关于适用《公司法》若干问题的规定（二）"),
            title_key("关于适用《公司法》若干问题的规定（三）")
        );
        assert_eq!(title_key("中华人民共和国"), "中华人民共和国");
    }
}
