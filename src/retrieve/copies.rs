//! Reprints: passages that say the same in nearly the same words are one origin, shown once.
//!
//! Texts are compared by their shingles, exactly: the few dozen passages of one result need no sketch, as the whole
//! knowledge base does ([`super::origin`]). A passage that differs in a figure or in a "not" is no copy, however near it
//! is: it may be the one that is right.

use std::collections::BTreeMap;

use time::Date;

use crate::domain::evidence::{Evidence, Reprint};

/// Letters of a shingle: five characters of Chinese, about a word and a half of English.
const SHINGLE: usize = 5;
/// From this Jaccard similarity on two passages are one text (Broder, "On the resemblance and containment of
/// documents", 1997, asks for near 1).
const SAME: f64 = 0.85;
/// Copies that are told of one passage.
const MOST: usize = 8;

/// A passage folded for comparison.
pub(super) struct Folded {
    /// Hashes of its shingles, in order, each once.
    shingles: Vec<u64>,
    /// Hash of what a copy may not change, figures and negators, with how often each stands in it.
    telling: u64,
}

/// Characters that turn a sentence round or carry its figure.
const TELLING: &str = "零〇一二三四五六七八九十百千万亿两半不未无非否禁勿免";
const TELLING_WORDS: [&str; 6] = ["not", "no", "never", "without", "except", "unless"];

impl Folded {
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let letters: Vec<char> = lower.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut telling: BTreeMap<&str, u32> = BTreeMap::new();
        for (at, c) in lower.char_indices().filter(|(_, c)| TELLING.contains(*c)) {
            *telling.entry(&lower[at..at + c.len_utf8()]).or_default() += 1;
        }
        for word in lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')) {
            let word = word.trim_matches('.');
            if TELLING_WORDS.contains(&word) || word.contains(|c: char| c.is_ascii_digit()) {
                *telling.entry(word).or_default() += 1;
            }
        }
        let mut shingles: Vec<u64> = letters
            .windows(SHINGLE)
            .map(|shingle| hashed(shingle.iter().flat_map(|c| u32::from(*c).to_le_bytes())))
            .collect();
        shingles.sort_unstable();
        shingles.dedup();
        let telling = telling.iter().flat_map(|(word, times)| word.bytes().chain([0]).chain(times.to_le_bytes()));
        Self { telling: hashed(telling), shingles }
    }

    pub fn shingles(&self) -> impl Iterator<Item = u64> {
        self.shingles.iter().copied()
    }

    pub const fn telling(&self) -> u64 {
        self.telling
    }

    /// Jaccard similarity of the shingles, 0 to 1.
    pub fn similarity(&self, other: &Self) -> f64 {
        let common = self.shingles.iter().filter(|shingle| other.shingles.binary_search(shingle).is_ok()).count();
        let all = self.shingles.len() + other.shingles.len() - common;
        common as f64 / all.max(1) as f64
    }

    fn is_copy_of(&self, other: &Self) -> bool {
        self.telling == other.telling && self.similarity(other) >= SAME
    }
}

/// FNV-1a, 64 bits. Sketches made of these hashes are kept on disk, so it may not change with the compiler.
fn hashed(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Each text once, best first, as it stands in the source to be followed: one that governs on the day, then the one of
/// highest authority. What the query names stays what it is.
pub(super) fn fold(evidence: Vec<Evidence>, day: Date) -> Vec<Evidence> {
    let mut kept: Vec<(Folded, Evidence)> = Vec::with_capacity(evidence.len());
    for found in evidence {
        let folded = Folded::of(&found.chunk.text);
        // Passages of one document that are nearly alike are two provisions.
        let same = |(known, shown): &(Folded, Evidence)| {
            shown.chunk.text == found.chunk.text
                || (shown.chunk.version != found.chunk.version && known.is_copy_of(&folded))
        };
        let Some(at) = kept.iter().position(same) else {
            kept.push((folded, found));
            continue;
        };
        let (known, shown) = &mut kept[at];
        let standing = |e: &Evidence| (e.signals.direct, e.meta.governs_on(day), u8::MAX - e.meta.authority);
        let mut copy = found;
        if standing(&copy) > standing(shown) {
            std::mem::swap(shown, &mut copy);
            (*known, shown.score, shown.copies) = (folded, copy.score, std::mem::take(&mut copy.copies));
        }
        if shown.copies.len() < MOST {
            shown.copies.push(reprint(copy));
        }
    }
    kept.into_iter().map(|(_, evidence)| evidence).collect()
}

fn reprint(copy: Evidence) -> Reprint {
    Reprint {
        collection: copy.collection,
        key: copy.meta.key.clone(),
        title: copy.meta.title.clone(),
        locator: copy.chunk.locator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "出卖人应当按照约定的时间交付标的物。约定交付期限的，出卖人可以在该交付期限内的任何时间交付。";

    #[test]
    fn a_reprint_is_told_from_a_text_that_says_otherwise() {
        let is_copy = |a: &str, b: &str| Folded::of(a).is_copy_of(&Folded::of(b));
        assert!(is_copy(RULE, RULE));
        assert!(is_copy(RULE, &RULE.replace('，', ",")));
        assert!(is_copy(&format!("{RULE}{RULE}以上为转载。"), &format!("{RULE}{RULE}")));
        let english =
            "The controller shall notify the supervisory authority of the breach within 72 hours of becoming aware.";
        assert!(is_copy(english, &english.to_uppercase()));
        for (one, other) in [
            (RULE, RULE.replace("应当", "不应当")),
            (RULE, RULE.replace("约定交付期限", "约定三日交付期限")),
            (english, english.replace("72", "96")),
            (english, english.replace("shall notify", "shall not notify")),
            (RULE, "买受人应当按照约定的数额和支付方式支付价款。".to_owned()),
            ("", String::new()),
        ] {
            assert!(!is_copy(one, &other), "{one} {other}");
        }
    }
}
