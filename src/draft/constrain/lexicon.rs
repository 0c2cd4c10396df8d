//! Strings that a text may follow byte by byte.
//!
//! One structure for labels, figures and quotations: strings in the order of their bytes, and the run of them that
//! begins as the text has gone so far. For a quotation the strings are the endings of a source from each place where
//! a quotation may begin, which makes it a suffix array (Manber and Myers, 1993) of those places alone. It does the work
//! of a suffix automaton at two binary searches a byte, and knows, as an automaton does not, which occurrence it is in.

/// Strings in order.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    text: Vec<u8>,
    /// Start and end of each string in `text`.
    entries: Vec<(u32, u32)>,
}

/// How far a text has gone along some of the strings: those from `low` to `high` begin with its `depth` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    low: u32,
    high: u32,
    depth: u32,
}

impl Lexicon {
    /// These strings; empty ones are left out.
    pub fn of<S: AsRef<str>>(strings: impl IntoIterator<Item = S>) -> Self {
        let mut lexicon = Self::default();
        for string in strings {
            let start = lexicon.text.len();
            lexicon.text.extend(string.as_ref().as_bytes());
            lexicon.enter(start, lexicon.text.len());
        }
        lexicon.sort();
        lexicon
    }

    /// The strings at these places of `text`.
    pub fn within(text: &str, places: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut lexicon = Self { text: text.as_bytes().to_vec(), entries: Vec::new() };
        for (start, end) in places {
            lexicon.enter(start, end.min(text.len()));
        }
        lexicon.sort();
        lexicon
    }

    fn enter(&mut self, start: usize, end: usize) {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            && start < end
        {
            self.entries.push((start, end));
        }
    }

    fn sort(&mut self) {
        let text = &self.text;
        self.entries.sort_by(|a, b| slice(text, *a).cmp(slice(text, *b)).then(a.cmp(b)));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// At the beginning of all of them.
    pub fn start(&self) -> Place {
        Place { low: 0, high: u32::try_from(self.entries.len()).unwrap_or(u32::MAX), depth: 0 }
    }

    /// One byte further; `None` where no string goes on with it.
    pub fn step(&self, place: Place, byte: u8) -> Option<Place> {
        let run = &self.entries[place.low as usize..place.high as usize];
        // A string that ends here comes before those that go on.
        let next = |entry: &(u32, u32)| {
            let at = entry.0 + place.depth;
            (at < entry.1).then(|| self.text[at as usize])
        };
        let from = run.partition_point(|entry| next(entry) < Some(byte));
        let count = run[from..].partition_point(|entry| next(entry) == Some(byte));
        let low = place.low + u32::try_from(from).ok()?;
        let high = low + u32::try_from(count).ok()?;
        (count > 0).then_some(Place { low, high, depth: place.depth + 1 })
    }

    /// All of these bytes further.
    pub fn follow(&self, place: Place, bytes: &[u8]) -> Option<Place> {
        bytes.iter().try_fold(place, |place, byte| self.step(place, *byte))
    }

    /// Which string ends exactly here, by its rank in the order of bytes.
    pub fn whole(&self, place: Place) -> Option<usize> {
        let (start, end) = *self.entries.get(place.low as usize)?;
        (place.depth > 0 && place.low < place.high && end - start == place.depth).then_some(place.low as usize)
    }

    /// All of them, in the order of bytes.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter_map(|(start, end)| std::str::from_utf8(&self.text[*start as usize..*end as usize]).ok())
    }

    /// The bytes gone so far.
    pub fn path(&self, place: Place) -> &[u8] {
        self.entries
            .get(place.low as usize)
            .map_or(&[], |(start, _)| &self.text[*start as usize..(*start + place.depth) as usize])
    }

    /// Where in the text each of the strings has got to.
    pub fn positions(&self, place: Place) -> impl Iterator<Item = usize> + '_ {
        self.entries[place.low as usize..place.high as usize]
            .iter()
            .map(move |(start, _)| (*start + place.depth) as usize)
    }
}

impl Place {
    /// Bytes gone so far.
    pub const fn depth(self) -> usize {
        self.depth as usize
    }
}

fn slice(text: &[u8], (start, end): (u32, u32)) -> &[u8] {
    &text[start as usize..end as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_string_can_end_where_another_goes_on() {
        let lexicon = Lexicon::of(["三十日", "三", "五", "三十"]);
        let place = lexicon.follow(lexicon.start(), "三十".as_bytes()).expect("two begin so");
        assert!(lexicon.whole(place).is_some());
        assert_eq!(lexicon.path(place), "三十".as_bytes());
        let end = lexicon.follow(place, "日".as_bytes()).expect("one goes on");
        assert!(lexicon.whole(end).is_some());
        assert_eq!(lexicon.step(end, b'x'), None);
        assert_eq!(lexicon.follow(lexicon.start(), "四".as_bytes()), None);
        assert_eq!(Lexicon::default().step(Lexicon::default().start(), b'a'), None);
    }

    proptest! {
        #[test]
        fn endings_hold_every_piece_of_a_text_and_nothing_else(text in "[ab法]{0,12}", piece in "[ab法]{1,4}") {
            let starts = text.char_indices().map(|(at, _)| (at, text.len()));
            let lexicon = Lexicon::within(&text, starts);
            let found = lexicon.follow(lexicon.start(), piece.as_bytes());
            prop_assert_eq!(found.is_some(), text.contains(&piece));
            if let Some(place) = found {
                for end in lexicon.positions(place) {
                    prop_assert!(text[..end].ends_with(&piece));
                }
            }
        }
    }
}
