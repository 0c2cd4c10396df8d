//! How much of a claim stands in a source sentence, and the smallest run of sentences that holds it.
//!
//! Content is counted in English words, lower-cased and lightly stemmed, and in pairs of neighbouring Chinese
//! characters; each weighs more the fewer of the sentences at hand hold it. Numbers are content like any other: that
//! they agree in value is for the rules to say.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{domain::text::Span, text::lang::is_han};

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// One Chinese character.
    Han,
    /// A run of letters.
    Word,
    /// Digits with their separators, and the brackets that make a negative in accounts.
    Number,
    /// A sign that changes a value: `%`, `<`, `$`, `/`, a minus.
    Sign,
}

/// The smallest thing that two texts are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Half-width, lower case; numbers without thousands separators.
    pub text: String,
    pub kind: TokenKind,
    /// Into the text that was read.
    pub span: Span,
    /// Written with a capital inside a sentence, as names are.
    pub capital: bool,
}

/// A text as alignment sees it.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub tokens: Vec<Token>,
    /// Distinct content terms, hashed, with their own weight before rarity counts.
    terms: Vec<(u64, f32)>,
    lookup: HashSet<u64>,
    /// Hashes of neighbouring tokens, in pairs.
    pairs: HashSet<u64>,
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
        let content: Vec<String> = tokens
            .iter()
            .filter(|t| t.kind != TokenKind::Word || !is_function_word(&t.text))
            .map(|t| if t.kind == TokenKind::Word { stem(&t.text) } else { t.text.clone() })
            .collect();
        let pairs = content.windows(2).map(|pair| hashed(&pair)).collect();
        Self { tokens, terms, lookup, pairs }
    }

    /// Share of this text's neighbouring tokens that are neighbours in one of the others, function words aside; 0 for a
    /// text of one token.
    pub fn order<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> f32 {
        let others: Vec<&Self> = others.into_iter().collect();
        let held = |pair: &&u64| others.iter().any(|other| other.pairs.contains(*pair));
        if self.pairs.is_empty() {
            0.0
        } else {
            self.pairs.iter().filter(held).count() as f32 / self.pairs.len() as f32
        }
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
/// up to three; `None` when no sentence holds any of it.
pub fn best_run(claim: &Profile, sentences: &[Profile], rarity: &Rarity) -> Option<(Run, f32)> {
    /// Another sentence has to bring this much of the claim to be worth reading.
    const WORTH: f32 = 0.08;
    let mut best: Option<(Run, f32)> = None;
    for length in 1..=3 {
        for (first, window) in sentences.windows(length).enumerate() {
            let coverage = claim.coverage(rarity, window);
            if coverage <= 0.0 {
                continue;
            }
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

// --------------------------------------------------------------------------------------------------------- tokens

/// Cuts a text into Chinese characters, words, numbers and the signs that change values. Invisible characters and
/// punctuation vanish.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<(usize, char, char)> = {
        // Simplified and half-width; one character for each of the source, or the map to the source would break.
        let normal: Vec<char> = crate::text::words::normal_form(text).chars().collect();
        let source: Vec<(usize, char)> = text.char_indices().collect();
        if normal.len() == source.len() {
            source.into_iter().zip(normal).map(|((at, raw), c)| (at, raw, c)).collect()
        } else {
            source.into_iter().map(|(at, raw)| (at, raw, raw.to_lowercase().next().unwrap_or(raw))).collect()
        }
    };
    let end_of = |i: usize| chars.get(i).map_or(text.len(), |c| c.0);
    let mut out: Vec<Token> = Vec::new();
    let mut fresh = true; // at the start of a sentence, where a capital means nothing
    let mut i = 0;
    while i < chars.len() {
        let (at, raw, c) = chars[i];
        if is_invisible(c) {
            i += 1;
        } else if is_han(c) {
            out.push(Token {
                text: c.to_string(),
                kind: TokenKind::Han,
                span: Span::new(at, end_of(i + 1)),
                capital: false,
            });
            fresh = false;
            i += 1;
        } else if c.is_ascii_digit() {
            i = number(&chars, i, text.len(), &mut out);
            fresh = false;
        } else if c.is_alphanumeric() {
            let start = i;
            let mut word = String::new();
            while i < chars.len() {
                let c = chars[i].2;
                let joins = c.is_alphabetic() && !is_han(c);
                let apostrophe = matches!(c, '\'' | '’') && chars.get(i + 1).is_some_and(|n| n.2.is_alphabetic());
                if joins {
                    word.push(c);
                } else if !(apostrophe || is_invisible(c)) {
                    break;
                } else if apostrophe {
                    word.push('\'');
                }
                i += 1;
            }
            if i == start {
                // A digit of another script that folding left alone: a word by itself.
                word.push(c);
                i += 1;
            }
            out.push(Token {
                text: word,
                kind: TokenKind::Word,
                span: Span::new(at, end_of(i)),
                capital: raw.is_uppercase() && !fresh,
            });
            fresh = false;
        } else {
            if is_sign(&chars, i) {
                let span = Span::new(at, end_of(i + 1));
                out.push(Token { text: c.to_string(), kind: TokenKind::Sign, span, capital: false });
            }
            fresh = matches!(c, '.' | '!' | '?' | ':' | ';' | '。' | '！' | '？' | '：' | '；' | '\n')
                || (fresh && !c.is_alphanumeric());
            i += 1;
        }
    }
    out
}

/// Reads a number that starts at `i`; gives the index behind it.
fn number(chars: &[(usize, char, char)], i: usize, len: usize, out: &mut Vec<Token>) -> usize {
    let digit = |j: usize| chars.get(j).is_some_and(|c| c.2.is_ascii_digit());
    let mut j = i;
    let mut text = String::new();
    while let Some((_, _, c)) = chars.get(j) {
        if c.is_ascii_digit() {
            text.push(*c);
        } else if *c == '.' && digit(j + 1) {
            text.push('.');
        } else if *c == ',' && (1..=3).all(|k| digit(j + k)) && !digit(j + 4) {
            // A thousands separator: dropped.
        } else if !is_invisible(*c) {
            break;
        }
        j += 1;
    }
    let at = |k: usize| chars.get(k).map_or(len, |c| c.0);
    let opened = i > 0 && matches!(chars[i - 1].2, '(' | '（');
    let closed = chars.get(j).is_some_and(|c| matches!(c.2, ')' | '）'));
    let (mut start, mut end) = (at(i), at(j));
    if opened && closed {
        text = format!("({text})");
        (start, end) = (at(i - 1), at(j + 1));
    }
    out.push(Token { text, kind: TokenKind::Number, span: Span::new(start, end), capital: false });
    j
}

fn is_sign(chars: &[(usize, char, char)], i: usize) -> bool {
    match chars[i].2 {
        '%' | '‰' | '℃' | '℉' | '°' | '$' | '¥' | '€' | '£' | '<' | '>' | '≤' | '≥' | '≠' | '=' | '±' | '×' | '/'
        | '~' | '～' => true,
        '-' | '−' | '－' | '–' => {
            let number_after = chars.get(i + 1).is_some_and(|c| c.2.is_ascii_digit());
            let word_before = i > 0 && chars[i - 1].2.is_alphabetic() && !is_han(chars[i - 1].2);
            number_after && !word_before
        }
        _ => false,
    }
}

/// Characters that a reader does not see: zero-width ones, joiners, direction marks, soft hyphens, byte-order marks.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}')
}

/// Chinese characters that mostly bind others together.
fn is_particle(c: &str) -> bool {
    matches!(
        c,
        "的" | "了"
            | "是"
            | "在"
            | "和"
            | "与"
            | "及"
            | "或"
            | "等"
            | "之"
            | "其"
            | "于"
            | "为"
            | "以"
            | "而"
            | "也"
            | "并"
            | "则"
            | "由"
            | "对"
            | "将"
            | "被"
            | "把"
            | "所"
            | "这"
            | "那"
            | "该"
    )
}

/// English words without content of their own. Negators, modals and quantifiers are not among them.
fn is_function_word(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "the"
            | "and"
            | "or"
            | "of"
            | "to"
            | "in"
            | "on"
            | "at"
            | "by"
            | "for"
            | "with"
            | "from"
            | "as"
            | "is"
            | "are"
            | "was"
            | "were"
            | "be"
            | "been"
            | "being"
            | "am"
            | "do"
            | "does"
            | "did"
            | "has"
            | "have"
            | "had"
            | "having"
            | "it"
            | "its"
            | "this"
            | "that"
            | "these"
            | "those"
            | "there"
            | "here"
            | "which"
            | "who"
            | "whom"
            | "whose"
            | "such"
            | "than"
            | "then"
            | "so"
            | "also"
            | "into"
            | "their"
            | "they"
            | "them"
            | "his"
            | "her"
            | "he"
            | "she"
            | "him"
            | "we"
            | "our"
            | "us"
            | "you"
            | "your"
            | "i"
            | "my"
            | "me"
            | "when"
            | "where"
            | "while"
            | "s"
            | "t"
    )
}

/// A light stem: enough that "notified", "notifies" and "notify" meet, never a dictionary form.
fn stem(word: &str) -> String {
    let base = word.strip_suffix("'s").unwrap_or(word);
    if !base.is_ascii() || base.len() < 4 {
        return base.to_owned();
    }
    let mut stem =
        if let Some(s) = base.strip_suffix("ies").or_else(|| base.strip_suffix("ied")).filter(|s| s.len() >= 2) {
            format!("{s}y")
        } else if let Some(s) = base.strip_suffix("ing").or_else(|| base.strip_suffix("ed")).filter(|s| s.len() >= 3) {
            s.to_owned()
        } else if base.ends_with("ss") || base.ends_with("us") || base.ends_with("is") {
            base.to_owned()
        } else if let Some(s) = base.strip_suffix('s') {
            s.to_owned()
        } else {
            base.to_owned()
        };
    let bytes = stem.as_bytes();
    let doubled =
        bytes.len() > 4 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && !stem.ends_with(['l', 's', 'z']);
    if doubled || (stem.len() > 4 && stem.ends_with('e')) {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn tokens_keep_what_changes_a_value_and_drop_what_nobody_sees() {
        assert_eq!(texts("增长 5.2%，约1,200元"), ["增", "长", "5.2", "%", "约", "1200", "元"]);
        assert_eq!(texts("５０ｍｇ/kg"), ["50", "mg", "/", "kg"]);
        assert_eq!(texts("re\u{200b}verse COVID-19, fell -3"), ["reverse", "covid", "19", "fell", "-", "3"]);
        assert_eq!(texts("net loss (123) and item (a)"), ["net", "loss", "(123)", "and", "item", "a"]);
        assert_eq!(texts("1,2,3"), ["1", "2", "3"], "a list is not a number");
    }

    #[test]
    fn token_spans_slice_the_source() {
        for text in ["《民法典》第６７５條：借款人應當返還。", "Section 10(b) — €1,200.50", "a\u{301}b İstanbul ٣"]
        {
            for token in tokens(text) {
                assert!(token.span.of(text).is_some_and(|s| !s.is_empty()), "{token:?} in {text}");
            }
        }
    }

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
        let (run, _) = best_run(&Profile::of("总部位于杭州"), &sentences, &rarity).expect("it stands there");
        assert_eq!(run, Run { first: 1, last: 1 });
        let (run, _) =
            best_run(&Profile::of("总部位于杭州，员工共有三百人"), &sentences, &rarity).expect("it stands there");
        assert_eq!(run, Run { first: 1, last: 2 });
        assert!(best_run(&Profile::of("zebra"), &sentences, &rarity).is_none());
    }
}
