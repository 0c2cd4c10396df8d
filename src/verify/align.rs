//! How much of a claim stands in a source sentence, and the smallest run of sentences that holds it.
//!
//! Content is counted in English words, lower-cased and lightly stemmed, and in pairs of neighbouring Chinese
//! characters; each weighs more the fewer of the sentences at hand hold it. Numbers are content like any other: that
//! they agree in value is for the rules to say.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::tokens::{Token, TokenKind, is_function_word, is_particle, stem, tokens};

/// A text as alignment sees it.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub tokens: Vec<Token>,
    /// Distinct content terms, hashed, with their own weight before rarity counts.
    terms: Vec<(u64, f32)>,
    lookup: HashSet<u64>,
}

/// How rare each term is among the sentences at hand.
#[derive(Clone, Debug, Default)]
pub struct Rarity {
    sentences: usize,
    frequency: HashMap<u64, usize>,
}

impl Profile {
    pub fn of(text: &str) -> Self {
        let tokens = tokens(text);
        let mut terms = Vec::new();
        let mut lookup = HashSet::new();
        let mut add = |text: &str, weight: f32| {
            let term = hashed(&text);
            if lookup.insert(term) {
                terms.push((term, weight));
            }
        };
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Sign => {}
                TokenKind::Number => add(&token.text, 1.0),
                TokenKind::Word => {
                    if !is_function_word(&token.text) {
                        add(&stem(&token.text), 1.0);
                    }
                }
                TokenKind::Han => {
                    let after = tokens.get(at + 1).filter(|next| next.kind == TokenKind::Han);
                    let before = at.checked_sub(1).and_then(|b| tokens.get(b)).filter(|t| t.kind == TokenKind::Han);
                    if let Some(next) = after {
                        let particle = is_particle(&token.text) || is_particle(&next.text);
                        add(&format!("{}{}", token.text, next.text), if particle { 0.4 } else { 1.0 });
                    } else if before.is_none() {
                        add(&token.text, 1.0);
                    }
                }
            }
        }
        Self { tokens, terms, lookup }
    }

    /// No content at all: white space, punctuation, function words only.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Number of distinct content terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Share of this text's content that stands in the others taken together, 0 to 1; 0 for a text without content.
    pub fn coverage<'a>(&self, rarity: &Rarity, others: impl IntoIterator<Item = &'a Self>) -> f32 {
        let others: Vec<&Self> = others.into_iter().collect();
        let (mut found, mut whole) = (0.0, 0.0);
        for (term, own) in &self.terms {
            let weight = own * rarity.weight(*term);
            whole += weight;
            if others.iter().any(|other| other.lookup.contains(term)) {
                found += weight;
            }
        }
        if whole > 0.0 { found / whole } else { 0.0 }
    }

    /// The share of terms found, each counting alike.
    pub fn plain_coverage<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> f32 {
        self.coverage(&Rarity::default(), others)
    }
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Rarity {
    pub fn over<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> Self {
        let mut rarity = Self::default();
        for profile in profiles {
            rarity.sentences += 1;
            for (term, _) in &profile.terms {
                *rarity.frequency.entry(*term).or_default() += 1;
            }
        }
        rarity
    }

    /// ln(1 + (N + 1) / (df + 1)): the smoothed inverse document frequency, mild because N is small here.
    fn weight(&self, term: u64) -> f32 {
        if self.sentences == 0 {
            return 1.0;
        }
        let frequency = self.frequency.get(&term).copied().unwrap_or(0);
        (1.0 + (self.sentences as f32 + 1.0) / (frequency as f32 + 1.0)).ln()
    }
}

/// A run of neighbouring sentences, first and last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: usize,
    pub last: usize,
}

/// Sentences of one chunk and the coverage of the shortest run that holds nearly as much of the claim as any run of
/// up to three; `None` when no sentence holds any of it. What stands in the chunk's `heading` (title, path, locator)
/// counts as said in every sentence.
pub fn best_run(claim: &Profile, sentences: &[Profile], heading: &Profile, rarity: &Rarity) -> Option<(Run, f32)> {
    /// Another sentence has to bring this much of the claim to be worth reading.
    const WORTH: f32 = 0.08;
    let mut best: Option<(Run, f32)> = None;
    for length in 1..=3 {
        for (first, window) in sentences.windows(length).enumerate() {
            if claim.coverage(rarity, window) <= 0.0 {
                continue;
            }
            let coverage = claim.coverage(rarity, window.iter().chain([heading]));
            let better = match best {
                None => true,
                Some((run, held)) => {
                    let longer = (run.last - run.first + 1) < length;
                    coverage > held + if longer { WORTH } else { 0.0 }
                }
            };
            if better {
                best = Some((Run { first, last: first + length - 1 }, coverage));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_meets_inflected_words_and_ignores_function_words() {
        let claim = Profile::of("The controller notifies the authority of breaches.");
        let source = Profile::of("controllers shall notify an authority about a breach");
        assert!(claim.plain_coverage([&source]) > 0.7, "{}", claim.plain_coverage([&source]));
        assert!(claim.plain_coverage([&Profile::of("The cat is on the mat.")]).abs() < 1e-6);
        assert!(Profile::of("of the").coverage(&Rarity::default(), [&source]).abs() < 1e-6, "no content, no coverage");
    }

    #[test]
    fn a_rare_term_weighs_more() {
        let sentences = [
            Profile::of("the company sold boats"),
            Profile::of("the company sold cars"),
            Profile::of("the company sold bikes"),
        ];
        let rarity = Rarity::over(&sentences);
        let claim = Profile::of("company boats");
        assert!(claim.coverage(&rarity, [&sentences[1]]) < 0.5);
        assert!(claim.coverage(&rarity, [&sentences[0]]) > 0.99);
    }

    #[test]
    fn the_shortest_run_that_covers_the_claim_is_chosen() {
        let sentences: Vec<Profile> =
            ["甲公司成立于二〇一〇年。", "其总部位于杭州。", "员工共有三百人。"].map(Profile::of).into();
        let rarity = Rarity::over(&sentences);
        let none = Profile::default();
        let (run, _) = best_run(&Profile::of("总部位于杭州"), &sentences, &none, &rarity).expect("it stands there");
        assert_eq!(run, Run { first: 1, last: 1 });
        let (run, _) = best_run(&Profile::of("总部位于杭州，员工共有三百人"), &sentences, &none, &rarity)
            .expect("it stands there");
        assert_eq!(run, Run { first: 1, last: 2 });
        assert!(best_run(&Profile::of("zebra"), &sentences, &none, &rarity).is_none());
    }
}
