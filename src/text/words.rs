//! Words for search and comparison, in Chinese and English, with the places that they stand at.
//!
//! A general segmenter cuts `7.8mmol/L` into `7 . 8mmol / L`, and knows neither Traditional characters nor drug names.
//! So the characters are simplified first, then our own scanner carves out runs of Latin letters, numbers with their
//! units, and article numbers, and only Chinese running text goes to the segmenter (without its guess for unknown words,
//! which invents some), with a dictionary of terms from law, medicine and finance.

mod simplify;
mod stop;

use std::sync::LazyLock;

use jieba_rs::Jieba;

use self::simplify::{is_han, simplify};
pub use self::stop::is_stop_word;
use crate::domain::text::Span;

/// Terms of the trades, one or more a line; `#` starts a comment.
const TERMS: &str = include_str!("words/terms.txt");

/// Longer runs of letters and digits are no words; they are cut here, in characters.
const LONGEST_WORD: usize = 64;

static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for term in TERMS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace) {
        jieba.add_word(term, None, None);
    }
    jieba
});

pub(super) fn stemmer() -> frostem::Stemmer {
    frostem::Stemmer::new(frostem::Algorithm::English)
}

/// What a word is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordKind {
    /// Chinese characters.
    Han,
    /// Letters, perhaps with digits: `hypertens`, `covid-19`.
    Latin,
    /// Starts with a digit: `7.8mmol/l`, `3.45亿`, `2021-01-01`.
    Number,
    /// The number of an article, paragraph or chapter: `第675条` for 第六百七十五条.
    Ordinal,
}

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Simplified, half-width, lower case; English words are stemmed (Snowball), thousands separators dropped.
    pub text: String,
    /// Into the text that was given.
    pub span: Span,
    /// Counts words from 0; a part has the position of its word.
    pub position: u32,
    pub kind: WordKind,
    /// A dictionary word or component inside a longer word: only [`search_words`] gives these.
    pub part: bool,
}

/// The words of `text`, in order, none overlapping.
pub fn words(text: &str) -> Vec<Word> {
    Scanner::new(text, false).run()
}

/// The words of `text` and, after each, the shorter words inside it: 抚养费 in 子女抚养费, `covid` and `19` in `COVID-19`.
pub fn search_words(text: &str) -> Vec<Word> {
    Scanner::new(text, true).run()
}

/// Overlapping pairs of neighbouring Chinese characters, simplified: the net under words that were cut unluckily.
/// A character without a Chinese neighbour stands alone.
pub fn bigrams(text: &str) -> Vec<Word> {
    let scanner = Scanner::new(text, false);
    let chars = &scanner.chars;
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !is_han(chars[at]) {
            at += 1;
            continue;
        }
        let end = scanner.run_end(at, is_han);
        let last = if end - at == 1 { at + 1 } else { end - 1 };
        for first in at..last {
            let until = (first + 2).min(end);
            let position = u32::try_from(out.len()).unwrap_or(u32::MAX);
            out.push(scanner.word(first, until, scanner.slice(first, until), position, WordKind::Han, false));
        }
        at = end;
    }
    out
}

/// Simplified, half-width, lower case, one character for each of the source's: the form in which texts are compared.
pub fn normal_form(text: &str) -> String {
    Scanner::new(text, false).chars.into_iter().collect()
}

/// The text in Simplified characters, one for each of its own.
pub fn simplified(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    simplify(&mut chars);
    chars.into_iter().collect()
}

struct Scanner {
    /// Folded to half-width, lower case, simplified; one for each character of the source.
    chars: Vec<char>,
    /// Byte where each character starts in the source, and the length of the source at the end.
    bytes: Vec<usize>,
    parts: bool,
    stemmer: frostem::Stemmer,
    out: Vec<Word>,
    position: u32,
}

impl Scanner {
    fn new(text: &str, parts: bool) -> Self {
        let mut chars = Vec::with_capacity(text.len() / 2);
        let mut bytes = Vec::with_capacity(text.len() / 2 + 1);
        for (at, c) in text.char_indices() {
            chars.push(fold(c));
            bytes.push(at);
        }
        bytes.push(text.len());
        simplify(&mut chars);
        Self { chars, bytes, parts, stemmer: stemmer(), out: Vec::new(), position: 0 }
    }

    fn run(mut self) -> Vec<Word> {
        let mut at = 0;
        while at < self.chars.len() {
            let c = self.chars[at];
            at = if is_han(c) {
                let end = self.run_end(at, is_han);
                self.han(at, end)
            } else if c.is_alphanumeric() {
                let end = self.compound_end(at);
                self.compound(at, end);
                end
            } else {
                at + 1
            };
        }
        self.out
    }

    fn run_end(&self, from: usize, belongs: impl Fn(char) -> bool) -> usize {
        self.chars[from..].iter().position(|&c| !belongs(c)).map_or(self.chars.len(), |n| from + n)
    }

    fn slice(&self, from: usize, to: usize) -> String {
        self.chars[from..to].iter().collect()
    }

    fn word(&self, from: usize, to: usize, text: String, position: u32, kind: WordKind, part: bool) -> Word {
        Word { text, span: Span::new(self.bytes[from], self.bytes[to]), position, kind, part }
    }

    /// Adds a word of its own, at the next position.
    fn push(&mut self, from: usize, to: usize, text: String, kind: WordKind) {
        let word = self.word(from, to, text, self.position, kind, false);
        self.out.push(word);
        self.position += 1;
    }

    /// Adds a part of the word added last.
    fn push_part(&mut self, from: usize, to: usize, text: String, kind: WordKind) {
        let word = self.word(from, to, text, self.position.saturating_sub(1), kind, true);
        self.out.push(word);
    }

    // ---------------------------------------------------------------------------------------------------- Chinese

    /// Returns where it stopped: `第12条` reaches past the Chinese run that it starts in.
    fn han(&mut self, from: usize, to: usize) -> usize {
        let mut at = from;
        let mut plain = from;
        while at < to {
            if let Some((end, text)) = ordinal(&self.chars, at) {
                self.segment(plain, at);
                self.push(at, end, text, WordKind::Ordinal);
                at = end;
                plain = end;
            } else {
                at += 1;
            }
        }
        self.segment(plain, to);
        at
    }

    fn segment(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let text = self.slice(from, to);
        let mut at = from;
        for token in JIEBA.cut(&text, false) {
            let end = at + token.word.chars().count();
            self.push(at, end, token.word.to_owned(), WordKind::Han);
            if self.parts && end - at > 2 {
                self.inner_words(at, end);
            }
            at = end;
        }
    }

    /// Dictionary words of 2 to 4 characters inside a longer one.
    fn inner_words(&mut self, from: usize, to: usize) {
        for first in from..to {
            for length in 2..=4 {
                let end = first + length;
                if end > to || (first, end) == (from, to) {
                    break;
                }
                let inner = self.slice(first, end);
                if JIEBA.has_word(&inner) {
                    self.push_part(first, end, inner, WordKind::Han);
                }
            }
        }
    }

    // ------------------------------------------------------------------------------------------ letters and digits

    /// Where the run of letters and digits that starts at `from` ends, connectors and unit signs included.
    fn compound_end(&self, from: usize) -> usize {
        let chars = &self.chars;
        let is_part = |c: char| c.is_alphanumeric() && !is_han(c);
        let mut at = from;
        while at < chars.len() {
            let c = chars[at];
            if is_part(c) {
                at += 1;
                continue;
            }
            let before = chars[at - 1];
            let after = chars.get(at + 1).copied().unwrap_or(' ');
            let joins = match c {
                '.' | '-' | '/' | '_' | '·' | '\'' | '^' => is_part(before) && is_part(after),
                ',' => before.is_ascii_digit() && self.is_thousands(at),
                '%' | '‰' | '°' | '℃' | '℉' => before.is_ascii_digit(),
                _ => false,
            };
            if !joins {
                break;
            }
            at += 1;
        }
        if chars[at - 1].is_ascii_digit() { self.magnitude_end(at) } else { at }
    }

    /// Exactly three digits follow the comma at `comma`.
    fn is_thousands(&self, comma: usize) -> bool {
        let digits = self.chars[comma + 1..].iter().take(4).take_while(|c| c.is_ascii_digit()).count();
        digits == 3
    }

    /// `3.45亿`, `12万`, `2千万`: the magnitude belongs to the number, but 千 of 千克 does not.
    fn magnitude_end(&self, from: usize) -> usize {
        let end = self.run_end(from, |c| matches!(c, '十' | '百' | '千' | '万' | '亿'));
        let next = self.chars.get(end).copied().unwrap_or(' ');
        let is_unit =
            end > from && matches!(self.chars[end - 1], '千' | '百') && "克米瓦卡帕赫伏升焦字分".contains(next);
        if is_unit { end - 1 } else { end }
    }

    fn compound(&mut self, from: usize, to: usize) {
        let kind = if self.chars[from].is_ascii_digit() { WordKind::Number } else { WordKind::Latin };
        let mut chars: Vec<char> = self.chars[from..to].to_vec();
        if kind == WordKind::Number {
            chars.retain(|&c| c != ',');
        } else if let [.., '\'', 's'] = chars[..] {
            chars.truncate(chars.len() - 2);
        }
        let long = chars.len() > LONGEST_WORD;
        chars.truncate(LONGEST_WORD);
        let text = self.stem(&chars.iter().collect::<String>());
        self.push(from, to, text, kind);
        if self.parts && !long {
            self.compound_parts(from, to);
        }
    }

    fn compound_parts(&mut self, from: usize, to: usize) {
        let whole_at = self.out.len() - 1;
        let mut start = from;
        for at in from..=to {
            let ends = at == to || self.is_joint(start, at);
            if !ends {
                continue;
            }
            let skip = usize::from(at < to && !self.chars[at].is_alphanumeric());
            let is_whole = (start, at) == (from, to);
            let numeric = self.chars.get(start).is_some_and(char::is_ascii_digit);
            if !is_whole && (at - start > 1 || (numeric && at > start)) {
                let kind = if numeric { WordKind::Number } else { WordKind::Latin };
                let text = self.stem(&self.slice(start, at).replace(',', ""));
                if self.out[whole_at].text != text {
                    self.push_part(start, at, text, kind);
                }
            }
            start = at + skip;
        }
    }

    /// Whether a part that began at `start` ends before `at`.
    fn is_joint(&self, start: usize, at: usize) -> bool {
        if at <= start {
            return false;
        }
        let (before, c) = (self.chars[at - 1], self.chars[at]);
        let after = self.chars.get(at + 1).copied().unwrap_or(' ');
        match c {
            // A decimal point.
            '.' => !(before.is_ascii_digit() && after.is_ascii_digit()),
            // A slash inside a unit: mg/kg, mmol/l.
            '/' => before.is_ascii_digit() && after.is_ascii_digit(),
            '-' | '_' | '·' | '^' => true,
            // A unit or magnitude after its number, when the number began the part.
            _ => {
                let number = self.chars[start].is_ascii_digit();
                number && before.is_ascii_digit() && !c.is_ascii_digit() && c != ','
            }
        }
    }

    fn stem(&self, word: &str) -> String {
        let is_word = word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase());
        if is_word { self.stemmer.stem(word).into_owned() } else { word.to_owned() }
    }
}

/// Half-width and lower case, one character for one.
fn fold(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '’' | '‘' => '\'',
        '‐' | '‑' => '-',
        'μ' => 'µ',
        _ => c,
    };
    let mut lower = half.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => half,
    }
}

/// 第六百七十五条, 第12款, 第三章: the end of the ordinal that starts at `at`, and its normal form with Arabic digits.
fn ordinal(chars: &[char], at: usize) -> Option<(usize, String)> {
    if chars[at] != '第' {
        return None;
    }
    let digits = chars[at + 1..].iter().take(12).take_while(|&&c| numeral_digit(c).is_some()).count();
    let end = at + 1 + digits;
    let unit = *chars.get(end)?;
    if digits == 0 || !matches!(unit, '条' | '款' | '项' | '章' | '节' | '编' | '目') {
        return None;
    }
    let number = numeral(&chars[at + 1..end])?;
    let mut text = format!("第{number}{unit}");
    let mut end = end + 1;
    // 第一百三十三条之一: an article put in later.
    if unit == '条' && chars.get(end) == Some(&'之') {
        let digits = chars[end + 1..].iter().take(4).take_while(|&&c| numeral_digit(c).is_some()).count();
        if let Some(inserted) = numeral(&chars[end + 1..end + 1 + digits]) {
            text = format!("{text}之{inserted}");
            end += 1 + digits;
        }
    }
    Some((end, text))
}

/// Value of a digit or of a multiplier (10 and up).
const fn numeral_digit(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => c as u32 - '0' as u32,
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    })
}

/// Value of 六百七十五, 一二三 or 675; `None` for nothing and for what does not fit.
fn numeral(chars: &[char]) -> Option<u32> {
    if chars.is_empty() {
        return None;
    }
    let values: Vec<u32> = chars.iter().map(|&c| numeral_digit(c)).collect::<Option<_>>()?;
    if values.iter().all(|&v| v < 10) {
        return values.iter().try_fold(0u32, |n, &v| n.checked_mul(10)?.checked_add(v));
    }
    let (mut total, mut digit) = (0u32, None);
    for &value in &values {
        if value < 10 {
            digit = Some(value);
        } else {
            // 十五 is 15: a multiplier without a digit counts once.
            let times = digit.take().filter(|&d| d > 0).unwrap_or(1);
            total = total.checked_add(times.checked_mul(value)?)?;
        }
    }
    total.checked_add(digit.unwrap_or(0))
}

#[cfg(test)]
#[path = "words/tests.rs"]
mod tests;
