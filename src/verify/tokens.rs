//! Texts cut into the smallest pieces that two texts are compared by, each with its place in the source.

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
pub(super) fn is_particle(c: &str) -> bool {
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
pub(super) fn is_function_word(word: &str) -> bool {
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
pub(super) fn stem(word: &str) -> String {
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
}
