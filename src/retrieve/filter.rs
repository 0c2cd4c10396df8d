//! Which documents a query may use.

use std::cmp::Ordering;

use time::Date;

use crate::domain::{
    document::{CollectionName, DocStatus, DocumentMeta},
    evidence::Query,
    text::Lang,
};

/// The conditions of a query, in a form that can be compared and kept as a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Filter {
    /// Sorted, without repeats; empty: every collection.
    pub collections: Vec<CollectionName>,
    pub lang: Option<Lang>,
    pub when: When,
}

/// Statuses asked for by name replace the day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum When {
    GovernsOn(Date),
    Statuses(Vec<DocStatus>),
}

impl Filter {
    pub fn of(query: &Query) -> Self {
        let mut collections = query.collections.clone();
        collections.sort();
        collections.dedup();
        let when = match &query.statuses {
            Some(statuses) => {
                let mut statuses = statuses.clone();
                statuses.sort();
                statuses.dedup();
                When::Statuses(statuses)
            }
            None => When::GovernsOn(query.as_of),
        };
        Self { collections, lang: query.lang, when }
    }

    /// Whether the query may use documents of this collection at all.
    pub fn searches(&self, collection: &CollectionName) -> bool {
        self.collections.is_empty() || self.collections.binary_search(collection).is_ok()
    }

    pub fn admits(&self, collection: &CollectionName, meta: &DocumentMeta) -> bool {
        self.searches(collection)
            && self.lang.is_none_or(|lang| meta.lang == lang)
            && match &self.when {
                When::GovernsOn(day) => meta.governs_on(*day),
                When::Statuses(statuses) => statuses.contains(&meta.status),
            }
    }
}

/// First and last day on which a document governs, as Julian days: `first <= day && day <= last` is exactly
/// [`DocumentMeta::governs_on`], so that an index can filter by two numbers. A document that governs on no day has
/// `first > last`.
pub(super) fn governing_days(meta: &DocumentMeta) -> (i64, i64) {
    let from = meta.valid_from.map(julian);
    let to = meta.valid_to.map(julian);
    let governs_when_dated = match meta.status {
        DocStatus::InForce | DocStatus::Unknown => true,
        DocStatus::Repealed | DocStatus::Historical | DocStatus::Amended => to.is_some(),
        DocStatus::NotYetInForce => from.is_some(),
    };
    let days = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    match days.0.cmp(&days.1) {
        Ordering::Greater => (i64::MAX, i64::MIN),
        _ if !governs_when_dated => (i64::MAX, i64::MIN),
        _ => days,
    }
}

pub(super) fn julian(day: Date) -> i64 {
    i64::from(day.to_julian_day())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::domain::document::Domain;

    #[test]
    fn two_numbers_say_what_the_rule_says() {
        let days = [date!(1990 - 01 - 01), date!(2000 - 06 - 15), date!(2020 - 12 - 31), date!(2026 - 11 - 23)];
        let bounds = [None, Some(days[1]), Some(days[2])];
        let mut governed = 0;
        for status in DocStatus::ALL {
            for from in bounds {
                for to in bounds {
                    let mut meta = DocumentMeta::plain("k", "t", Lang::Zh, Domain::Legal);
                    (meta.status, meta.valid_from, meta.valid_to) = (status, from, to);
                    let (first, last) = governing_days(&meta);
                    for day in days {
                        let by_numbers = first <= julian(day) && julian(day) <= last;
                        assert_eq!(by_numbers, meta.governs_on(day), "{status:?} {from:?} {to:?} {day}");
                        governed += usize::from(by_numbers);
                    }
                }
            }
        }
        assert!(governed > 50, "the cases reach both answers");
    }
}
