//! Which passages of the whole knowledge base are one text: each reprint carries the id of the first of them.
//!
//! A million passages cannot be compared with each other. Each is kept as a sketch (Broder, "On the resemblance and
//! containment of documents", 1997; one byte a minimum: Li and König, "b-Bit Minwise Hashing", 2010), and a new one is
//! compared with those alone that share a band of it. What a copy may not change, figures and negators, is part of every
//! band. A sketch estimates: passages that one result shows as one are compared letter by letter ([`super::copies`]).

use std::collections::HashMap;

use super::copies::Folded;
use crate::domain::document::{Chunk, ChunkId, VersionId};

/// Minima of a sketch.
const MINIMA: usize = 64;
/// Bands by which a sketch is looked up, and minima of each. Two passages alike in 0.85 of their shingles share one in
/// 98 of 100 cases, two alike in half of them in 41.
const BANDS: usize = 4;
const BAND: usize = 3;
/// Minima that two sketches of one text have in common. The share estimates the Jaccard similarity with a standard error
/// of 0.045 at 0.85.
const COMMON: usize = 52;
/// Texts of one band that are compared: forms that differ in a name must not make each other slow.
const MOST_COMPARED: usize = 64;

/// A passage in 72 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sketch {
    telling: u64,
    minima: [u8; MINIMA],
}

impl Sketch {
    pub const WORDS: usize = 1 + MINIMA / 8;

    pub fn of(text: &str) -> Self {
        let folded = Folded::of(text);
        let mut least = [u32::MAX; MINIMA];
        for shingle in folded.shingles() {
            let [low, high] =
                [shingle & u64::from(u32::MAX), shingle >> 32].map(|half| u32::try_from(half).unwrap_or(0));
            for (least, factor) in least.iter_mut().zip(FACTORS) {
                *least = (*least).min((low ^ factor).wrapping_mul(factor).wrapping_add(high).wrapping_mul(SPREAD));
            }
        }
        // A minimum is near 0: multiplied once more, its highest byte hangs on all of its bits.
        Self { telling: folded.telling(), minima: least.map(|least| least.wrapping_mul(SPREAD).to_be_bytes()[0]) }
    }

    /// As it is kept on disk.
    pub fn words(&self) -> [u64; Self::WORDS] {
        let mut words = [self.telling; Self::WORDS];
        for (word, minima) in words[1..].iter_mut().zip(self.minima.as_chunks().0) {
            *word = u64::from_le_bytes(*minima);
        }
        words
    }

    /// `None` where there are not as many words as a sketch has.
    pub fn from_words(words: impl Iterator<Item = u64>) -> Option<Self> {
        let words: Vec<u64> = words.collect();
        let (telling, rest) = words.split_first()?;
        let minima: Vec<u8> = rest.iter().flat_map(|word| word.to_le_bytes()).collect();
        Some(Self { telling: *telling, minima: minima.try_into().ok()? })
    }

    fn bands(&self) -> [u64; BANDS] {
        std::array::from_fn(|band| {
            let minima = self.minima[band * BAND..].iter().take(BAND);
            let key = minima.fold(band as u64, |key, &least| key << 8 | u64::from(least));
            self.telling ^ key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }

    fn common(&self, other: &Self) -> usize {
        if self.telling != other.telling {
            return 0;
        }
        self.minima.iter().zip(&other.minima).filter(|(a, b)| a == b).count()
    }
}

/// 2³² over the golden ratio, odd: products with it spread over all bits.
const SPREAD: u32 = 0x9E37_79B1;

/// Odd factors, one for each minimum: an xorshift of 32 bits (Marsaglia, "Xorshift RNGs", 2003).
const FACTORS: [u32; MINIMA] = {
    let mut factors = [0; MINIMA];
    let (mut at, mut x) = (0, SPREAD);
    while at < MINIMA {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        factors[at] = x | 1;
        at += 1;
    }
    factors
};

/// The first passage of each text, as the process that indexes knows them: about 200 bytes each.
#[derive(Debug, Default)]
pub(super) struct Origins {
    firsts: Vec<First>,
    /// The last of `firsts` with this band; the ones before it follow by [`First::before`].
    last: HashMap<u64, u32>,
}

#[derive(Debug)]
struct First {
    origin: ChunkId,
    version: VersionId,
    sketch: Sketch,
    /// For each band the one before in `firsts` that shares it.
    before: [Option<u32>; BANDS],
}

impl Origins {
    /// The origin of `chunk`, itself where its text is new, and its sketch.
    pub fn of(&mut self, chunk: &Chunk) -> (ChunkId, Sketch) {
        let sketch = Sketch::of(&chunk.text);
        let origin = self.known(&sketch, chunk.version).unwrap_or_else(|| {
            self.learn(chunk.id, chunk.version, sketch);
            chunk.id
        });
        (origin, sketch)
    }

    /// Takes in the first passage of a text.
    pub fn learn(&mut self, origin: ChunkId, version: VersionId, sketch: Sketch) {
        let Ok(at) = u32::try_from(self.firsts.len()) else { return };
        let before = sketch.bands().map(|band| self.last.insert(band, at));
        self.firsts.push(First { origin, version, sketch, before });
    }

    /// Passages of one document that are nearly alike are two provisions; only equal ones are one text.
    fn known(&self, sketch: &Sketch, version: VersionId) -> Option<ChunkId> {
        let least = |first: &First| if first.version == version { MINIMA } else { COMMON };
        let bands = sketch.bands();
        let sharing = (0..BANDS).flat_map(|band| {
            let last = self.last.get(&bands[band]).copied();
            std::iter::successors(last, move |&at| self.firsts[at as usize].before[band]).take(MOST_COMPARED)
        });
        let nearest = sharing
            .map(|at| &self.firsts[at as usize])
            .map(|first| (first.sketch.common(sketch), first))
            .filter(|(common, first)| *common >= least(first))
            .max_by_key(|(common, first)| (*common, std::cmp::Reverse(first.origin)))?;
        Some(nearest.1.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Span;

    fn chunk(id: i64, version: i64, text: &str) -> Chunk {
        Chunk {
            id: ChunkId(id),
            version: VersionId(version),
            ordinal: 0,
            locator: String::new(),
            path: Vec::new(),
            page: None,
            span: Span::new(0, text.len()),
            text: text.to_owned(),
        }
    }

    const RULE: &str = "承租人应当按照约定的方法使用租赁物。对租赁物的使用方法没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，应当根据租赁物的性质使用。承租人按照约定的方法或者根据租赁物的性质使用租赁物，致使租赁物受到损耗的，不承担赔偿责任。";

    #[test]
    fn a_reprint_carries_the_id_of_the_first() {
        let mut origins = Origins::default();
        let mut of = |id, version, text: &str| origins.of(&chunk(id, version, text)).0.0;
        assert_eq!(of(1, 1, RULE), 1);
        assert_eq!(of(2, 2, &RULE.replace('，', ",")), 1);
        assert_eq!(of(3, 3, &format!("（转载）{RULE}")), 1);
        // Another figure, another "not", another matter.
        assert_eq!(of(4, 4, &RULE.replace("五百一十", "五百一十一")), 4);
        assert_eq!(of(5, 5, &RULE.replace("不承担", "承担")), 5);
        assert_eq!(of(6, 6, "出租人应当履行租赁物的维修义务，但是当事人另有约定的除外。"), 6);
        // A reprint of what was new a moment ago.
        assert_eq!(of(7, 7, &RULE.replace("不承担", "承担")), 5);
        // Nearly alike in one document: two provisions. The same twice: one.
        assert_eq!(of(8, 1, &RULE.replace("赔偿责任", "违约责任")), 8);
        assert_eq!(of(9, 1, RULE), 1);
        // Each reprint of the two goes to the nearer one.
        assert_eq!(of(10, 9, &RULE.replace("赔偿责任", "违约责任")), 8);
        assert_eq!(of(11, 9, RULE), 1);
        assert_eq!((of(12, 10, ""), of(13, 11, "—")), (12, 12));
    }

    #[test]
    fn a_sketch_is_read_back() {
        let sketch = Sketch::of(RULE);
        assert_eq!(Sketch::from_words(sketch.words().into_iter()), Some(sketch));
        assert_eq!(Sketch::from_words([0; 8].into_iter()), None);
    }

    /// The estimate is near the true similarity for texts that differ by one letter in so many.
    #[test]
    fn a_sketch_estimates_the_similarity() {
        let letters: Vec<char> = "abcdefghijklmnopqrstuvwxyz".chars().collect();
        let text = |seed: usize| -> String { (0..2_000).map(|at| letters[(at * at * 31 + at * seed) % 23]).collect() };
        let one = text(7);
        for every in [400, 100, 40, 20] {
            let other: String =
                one.char_indices().map(|(at, c)| if at % every == every - 1 { 'z' } else { c }).collect();
            let (common, exact) =
                (Sketch::of(&one).common(&Sketch::of(&other)), Folded::of(&one).similarity(&Folded::of(&other)));
            let estimate = common as f64 / MINIMA as f64;
            assert!((estimate - exact).abs() < 0.2, "{every}: {estimate} for {exact}");
        }
    }
}
