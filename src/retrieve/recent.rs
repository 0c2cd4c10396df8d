//! A small cache of what was used last.

use std::{borrow::Borrow, collections::VecDeque};

/// Keeps the `capacity` entries used last. Look-up is linear: meant for a few hundred entries.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    capacity: usize,
    /// The one used last is in front.
    entries: VecDeque<(K, V)>,
}

impl<K: Eq, V: Clone> Recent<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new() }
    }

    pub fn get<Q: Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.entries.iter().position(|(known, _)| known.borrow() == key)?;
        let entry = self.entries.remove(at)?;
        let value = entry.1.clone();
        self.entries.push_front(entry);
        Some(value)
    }

    pub fn put(&mut self, key: K, value: V) {
        self.entries.retain(|(known, _)| *known != key);
        self.entries.truncate(self.capacity.saturating_sub(1));
        self.entries.push_front((key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut recent = Recent::new(2);
        recent.put("a".to_owned(), 1);
        recent.put("b".to_owned(), 2);
        assert_eq!(recent.get("a"), Some(1));
        recent.put("c".to_owned(), 3);
        assert_eq!((recent.get("a"), recent.get("b"), recent.get("c")), (Some(1), None, Some(3)));
        recent.put("c".to_owned(), 4);
        assert_eq!((recent.get("a"), recent.get("c")), (Some(1), Some(4)));
    }
}
