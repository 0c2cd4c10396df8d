//! Opposites: axes with two poles, read from the word lists beside this file.

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::{Pole, longest, whole_word};
use crate::{
    domain::text::{Lang, Span},
    text::lang,
};

/// One word of one pole of one axis.
struct Entry {
    axis: u16,
    pole: Pole,
}

struct Axes {
    words: AhoCorasick,
    /// By pattern. A word may stand on several axes.
    entries: Vec<Vec<Entry>>,
}

/// A word that has an opposite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction {
    pub span: Span,
    /// Number of the axis in the list of its language.
    pub axis: u16,
    pub pole: Pole,
}

static ZH: LazyLock<Axes> = LazyLock::new(|| Axes::read(include_str!("axes_zh.txt"), Lang::Zh));
/// The axis of what is before and what is after.
static ORDER_ZH: LazyLock<Option<u16>> = LazyLock::new(|| ZH.axis("之前"));
static EN: LazyLock<Axes> = LazyLock::new(|| Axes::read(include_str!("axes_en.txt"), Lang::En));

impl Axes {
    fn read(list: &str, lang: Lang) -> Self {
        let mut by_word: HashMap<String, Vec<Entry>> = HashMap::new();
        let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (axis, line) in (0u16..).zip(lines) {
            for (pole, words) in [Pole::First, Pole::Second].into_iter().zip(line.split('\t')) {
                for word in words.split(' ').filter(|word| !word.is_empty()) {
                    for form in forms(word, lang) {
                        by_word.entry(form).or_default().push(Entry { axis, pole });
                    }
                }
            }
        }
        let mut sorted: Vec<(String, Vec<Entry>)> = by_word.into_iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(sorted.iter().map(|(word, _)| word))
            .expect("constant patterns");
        Self { words, entries: sorted.into_iter().map(|(_, entries)| entries).collect() }
    }

    /// The first axis that `word` stands on.
    fn axis(&self, word: &str) -> Option<u16> {
        let hit = self.words.find_overlapping_iter(word).find(|hit| hit.len() == word.len())?;
        self.entries[hit.pattern().as_usize()].first().map(|entry| entry.axis)
    }
}

/// The inflected forms of a word in the list: `rise|rose` as given, `increase` also with -s, -d, -ing, -ly.
fn forms(word: &str, lang: Lang) -> Vec<String> {
    if lang == Lang::Zh {
        return vec![word.to_owned()];
    }
    let mut forms: Vec<String> = Vec::new();
    for form in word.split('|') {
        forms.push(form.to_owned());
        forms.push(format!("{form}s"));
    }
    let stem = forms[0].clone();
    if let Some(root) = stem.strip_suffix('e') {
        forms.extend([format!("{stem}d"), format!("{root}ing")]);
    } else if let Some(root) = stem.strip_suffix('y').filter(|root| !root.ends_with(['a', 'e', 'o'])) {
        forms.extend([format!("{root}ies"), format!("{root}ied"), format!("{stem}ing")]);
    } else {
        forms.extend([format!("{stem}ed"), format!("{stem}es"), format!("{stem}ing")]);
    }
    forms.extend([format!("{stem}ly"), format!("{stem}d")]);
    forms.dedup();
    forms
}

pub(super) fn read(text: &str, lang: Lang, masked: &[Span]) -> Vec<Direction> {
    let axes = match lang {
        Lang::Zh => &*ZH,
        Lang::En => &*EN,
    };
    let mut found = Vec::new();
    for (span, pattern) in longest(&axes.words, text, |span| lang == Lang::Zh || whole_word(text, span)) {
        // 不低于 is one word for the reader of bounds; 低于 in it is not a direction of its own.
        if masked.iter().any(|m| m.overlaps(span) && !span.contains(*m)) {
            continue;
        }
        for entry in &axes.entries[pattern] {
            found.push(Direction { span, axis: entry.axis, pole: entry.pole });
        }
    }
    if lang == Lang::Zh {
        before_and_after(text, &mut found);
        found.sort_by_key(|d| d.span);
    }
    found
}

/// 前 and 后 behind what they place in time (处理前, 届满后), which in other company are parts of words (前款, 目前, 最后).
fn before_and_after(text: &str, found: &mut Vec<Direction>) {
    const BEGINS: &str = "款者述提面期列三两四五六续果来备置世辈台勤往缀景言身沿任前后半年天次";
    const ENDS: &str = "目此事然最今随空提面午跟眼先从史之以前后背幕台身个";
    let Some(axis) = *ORDER_ZH else { return };
    let mut previous: Option<char> = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|&(_, c)| c);
        let span = Span::new(at, at + c.len_utf8());
        let pole = match c {
            '前' => Some(Pole::First),
            '后' => Some(Pole::Second),
            _ => None,
        };
        let stands = previous.is_some_and(|c| lang::is_han(c) && !ENDS.contains(c))
            && !next.is_some_and(|c| BEGINS.contains(c))
            && !found.iter().any(|d| d.span.overlaps(span));
        if let Some(pole) = pole.filter(|_| stands) {
            found.push(Direction { span, axis, pole });
        }
        previous = Some(c);
    }
}

/// How many word pairs of a language are told apart.
#[cfg(test)]
pub(super) fn pairs(lang: Lang) -> usize {
    let list = match lang {
        Lang::Zh => include_str!("axes_zh.txt"),
        Lang::En => include_str!("axes_en.txt"),
    };
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(|pole| pole.split(' ').count()).product::<usize>()).sum()
}
