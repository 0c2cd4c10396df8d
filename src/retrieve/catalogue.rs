//! Which chunks are searchable and which documents they stand in: the tables that filters and look-ups read.

use std::{collections::HashMap, sync::Arc};

use super::{
    filter::Filter,
    lexical::{Mark, Row},
};
use roaring::RoaringBitmap;
use time::Date;

use crate::{
    domain::document::{ChunkId, CollectionName, DocumentMeta, VersionId},
    text::{reference::Instrument, words::simplified},
};

/// A document whose current version is searchable.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    /// Its title in the form in which references to it are compared.
    pub name: Arc<str>,
}

impl Known {
    pub fn new(collection: CollectionName, meta: Arc<DocumentMeta>) -> Self {
        let name = Instrument::named(&simplified(&meta.title)).name.into();
        Self { collection, meta, name }
    }
}

/// What a filter lets through.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    /// Slots of the vector index.
    pub slots: RoaringBitmap,
    /// Searchable chunks of the collections that are searched, and those of them that have a vector.
    pub chunks: u64,
    pub vectors: u64,
    /// The latest first day of validity among the documents that it lets through.
    pub newest: Option<Date>,
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

    /// Goes through all rows; `slot` gives a chunk's place in the vector index.
    pub fn admitted(&self, filter: &Filter, slot: impl Fn(ChunkId) -> Option<u32>) -> Admitted {
        let verdicts: HashMap<VersionId, bool> = self
            .versions
            .iter()
            .filter(|(_, known)| filter.searches(&known.collection))
            .map(|(&version, known)| (version, filter.admits(&known.collection, &known.meta)))
            .collect();
        let days = self.versions.iter().filter(|(version, _)| verdicts.get(version) == Some(&true));
        let newest = days.filter_map(|(_, known)| known.meta.valid_from).max();
        let mut admitted = Admitted { newest, ..Admitted::default() };
        for row in self.rows.iter() {
            let Some(&admits) = verdicts.get(&row.version) else { continue };
            admitted.chunks += 1;
            let Some(slot) = slot(row.chunk) else { continue };
            admitted.vectors += 1;
            if admits {
                admitted.slots.insert(slot);
            }
        }
        admitted
    }
}
