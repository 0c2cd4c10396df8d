//! What a figure is a figure of, as a bag of terms: the words of its clause, without numbers and bounds.

use std::collections::BTreeSet;

use crate::{
    domain::text::Span,
    text::{lang::is_han, quantity::Quantity},
};

/// Words that stand beside figures of every kind and tell nothing of what is measured.
const STOP: &[&str] = &[
    "the",
    "a",
    "an",
    "of",
    "to",
    "in",
    "for",
    "and",
    "or",
    "is",
    "was",
    "were",
    "are",
    "be",
    "been",
    "by",
    "at",
    "on",
    "with",
    "from",
    "that",
    "this",
    "it",
    "its",
    "as",
    "than",
    "more",
    "less",
    "least",
    "most",
    "not",
    "no",
    "up",
    "about",
    "approximately",
    "over",
    "under",
    "within",
    "has",
    "had",
    "have",
    "which",
    "their",
    "his",
    "her",
    "must",
    "shall",
    "may",
    "will",
    "would",
    "should",
    "can",
    "also",
    "total",
    "only",
    "any",
    "each",
    "per",
    "there",
    "versus",
    "vs",
    "compared",
    "against",
];

/// Chinese words of the same sort; they are cut out before the rest is read in pairs of characters.
const STOP_ZH: &[&str] = &[
    "不得超过",
    "不超过",
    "不少于",
    "不低于",
    "不高于",
    "超过",
    "至少",
    "以上",
    "以下",
    "以内",
    "左右",
    "大约",
    "约为",
    "达到",
    "分别为",
    "应当",
    "可以",
    "必须",
    "其中",
    "以及",
    "并处",
    "或者",
    "人民币",
    "全年",
    "合计",
    "共计",
    "的",
    "为",
    "是",
    "在",
    "了",
    "和",
    "与",
    "及",
    "或",
    "由",
    "约",
    "近",
    "达",
    "共",
    "自",
    "起",
    "处",
    "并",
    "其",
    "该",
    "本",
    "于",
    "至",
    "到",
    "有",
    "将",
    "每",
];

/// The terms of a stretch of text: pairs of Chinese characters and Latin words, lower case, plural cut off.
pub fn terms(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut latin = String::new();
    let mut han = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphabetic() || (c == '-' && !latin.is_empty()) {
            latin.push(c.to_ascii_lowercase());
        } else if !latin.is_empty() {
            let word = std::mem::take(&mut latin);
            let word = word.trim_end_matches('-');
            if word.len() > 1 && !STOP.contains(&word) {
                out.insert(stem(word).to_owned());
            }
        }
        if is_han(c) {
            han.push(c);
        } else if !han.is_empty() {
            pairs(&std::mem::take(&mut han), &mut out);
        }
    }
    out
}

fn stem(word: &str) -> &str {
    for ending in ["ing", "ies", "ed", "es", "s"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() >= 3
        {
            return stem;
        }
    }
    word
}

fn pairs(han: &str, out: &mut BTreeSet<String>) {
    let mut rest = vec![han.to_owned()];
    for stop in STOP_ZH {
        rest = rest.iter().flat_map(|part| part.split(stop).map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    for part in rest {
        let chars: Vec<char> = part.chars().filter(|c| !"一二三四五六七八九十百千万亿零〇两".contains(*c)).collect();
        if let [only] = chars[..] {
            out.insert(only.to_string());
        }
        for pair in chars.windows(2) {
            out.insert(pair.iter().collect());
        }
    }
}

/// Characters behind a figure that may say what it is a figure of.
const MOST_BEHIND: usize = 32;

/// The terms of a figure: its clause before it, and what follows it.
pub fn of(quantity: &Quantity, text: &str) -> BTreeSet<String> {
    let before = after_the_last(quantity.role.of(text).unwrap_or_default());
    let tail = quantity.tail.of(text).unwrap_or_default();
    let tail_end = tail.char_indices().nth(MOST_BEHIND).map_or(tail.len(), |(at, _)| at);
    // A word is not cut.
    let tail_end = tail_end + tail[tail_end..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(0);
    // A tail that runs into the next figure belongs to that one.
    let tail = &tail[..tail[..tail_end].find(|c: char| c.is_ascii_digit()).unwrap_or(tail_end)];
    // So does what follows a conjunction.
    let end = [" and ", " while ", " but ", " whereas ", " compared ", " versus ", " than ", "而", "但", "和"]
        .iter()
        .filter_map(|joint| tail.find(joint))
        .min()
        .unwrap_or(tail.len());
    let tail = &tail[..end];
    let mut terms = terms(before);
    terms.extend(self::terms(tail));
    terms
}

/// "20 % of patients in the treatment group and 15 %": what goes on from the figure before ends with the conjunction.
fn after_the_last(before: &str) -> &str {
    const GOES_ON: [&str; 8] = ["of", "in", "for", "to", "with", "among", "at", "from"];
    let first = before.split_whitespace().next().unwrap_or_default();
    match before.rfind(" and ") {
        Some(at) if GOES_ON.contains(&first) => &before[at + " and ".len()..],
        _ => before,
    }
}

/// Share of the smaller bag that stands in the other; `None` where one is empty and nothing can be told.
pub fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> Option<f32> {
    let smaller = a.len().min(b.len());
    if smaller == 0 {
        return None;
    }
    Some(a.intersection(b).count() as f32 / smaller as f32)
}

/// The words of a whole span as terms; used where a rule compares more than one figure's clause.
pub fn of_span(text: &str, span: Span) -> BTreeSet<String> {
    terms(span.of(text).unwrap_or_default())
}
