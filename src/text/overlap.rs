//! How much of one text stands in another, in words that carry content.
//!
//! Features are lower-cased English words without their endings, numbers, and pairs of neighbouring Chinese
//! characters: the unit of the lexical baseline that every verdict is measured against.

use std::collections::{HashMap, HashSet};

pub use super::lang::is_han;

/// Words that say nothing about the subject. Negations are not among them.
const STOP_EN: &[&str] = &[
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does",
    "for", "from", "get", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "many", "may", "me",
    "much", "must", "my", "of", "on", "or", "our", "shall", "should", "so", "some", "such", "tell", "than", "that",
    "the", "their", "them", "there", "these", "they", "this", "those", "to", "under", "was", "we", "were", "what",
    "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "within", "would", "you", "your",
];

/// Chinese characters that only join or ask.
const STOP_ZH: &[char] = &[
    '的', '了', '吗', '呢', '吧', '啊', '么', '是', '在', '和', '与', '及', '或', '被', '把', '就', '都', '也', '而',
    '我', '你', '您', '他', '她', '它', '们', '这', '那', '哪', '谁', '什', '怎', '几', '请', '问',
];

/// Phrases that make a Chinese sentence a question; taken out before pairs are formed.
const ASK_ZH: &[&str] = &[
    "怎么办",
    "怎么",
    "怎样",
    "如何",
    "为什么",
    "为何",
    "什么",
    "哪些",
    "哪个",
    "哪里",
    "多少",
    "多久",
    "多长时间",
    "几年",
    "几天",
    "是否",
    "能否",
    "可否",
    "能不能",
    "可不可以",
    "可以吗",
    "是不是",
    "有没有",
    "请问",
    "吗",
    "呢",
];

/// The content features of `text`, in order, repeated as often as they occur.
pub fn features(text: &str) -> Vec<String> {
    let mut text = text.to_lowercase();
    for phrase in ASK_ZH {
        if text.contains(phrase) {
            text = text.replace(phrase, " ");
        }
    }
    let mut found = Vec::new();
    let mut word = String::new();
    let mut previous: Option<char> = None;
    for c in text.chars().chain(std::iter::once(' ')) {
        if is_han(c) {
            end_word(&mut word, &mut found);
            if STOP_ZH.contains(&c) {
                previous = None;
                continue;
            }
            if let Some(before) = previous {
                found.push([before, c].iter().collect());
            }
            previous = Some(c);
            continue;
        }
        previous = None;
        let joins = c.is_alphanumeric() || (matches!(c, '.' | ',' | '-' | '%') && !word.is_empty());
        if joins { word.push(c) } else { end_word(&mut word, &mut found) }
    }
    found
}

fn end_word(word: &mut String, found: &mut Vec<String>) {
    let trimmed = word.trim_end_matches(['.', ',', '-']);
    if !trimmed.is_empty() && !STOP_EN.contains(&trimmed) {
        found.push(stem(&trimmed.replace(',', "")));
    }
    word.clear();
}

/// Takes common English endings off; two forms of one word should meet, more is not wanted.
fn stem(word: &str) -> String {
    if word.len() < 5 || !word.is_ascii() || word.bytes().any(|b| b.is_ascii_digit()) {
        return word.trim_end_matches('s').to_owned();
    }
    for (ending, instead) in [("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", "")]
    {
        if let Some(root) = word.strip_suffix(ending)
            && root.len() >= 3
            && !(ending == "s" && root.ends_with('s'))
        {
            return format!("{root}{instead}");
        }
    }
    word.to_owned()
}

/// Inverse document frequencies over the passages at hand.
#[derive(Clone, Debug, Default)]
pub struct Idf {
    documents: f32,
    counts: HashMap<String, f32>,
}

impl Idf {
    pub fn over<'a>(passages: impl IntoIterator<Item = &'a HashSet<String>>) -> Self {
        let mut idf = Self::default();
        for passage in passages {
            idf.documents += 1.0;
            for feature in passage {
                *idf.counts.entry(feature.clone()).or_default() += 1.0;
            }
        }
        idf
    }

    /// ln(1 + (N - n + 0.5) / (n + 0.5)), as in BM25 (Robertson and Zaragoza 2009); 1 where no passages are known.
    pub fn weight(&self, feature: &str) -> f32 {
        if self.documents == 0.0 {
            return 1.0;
        }
        let n = self.counts.get(feature).copied().unwrap_or(0.0);
        (1.0 + (self.documents - n + 0.5) / (n + 0.5)).ln()
    }
}

/// The weighted share of `wanted` that occurs in `present`, 0 to 1; 0 where nothing is wanted.
pub fn coverage(wanted: &[String], present: &HashSet<String>, idf: &Idf) -> f32 {
    let mut seen = HashSet::new();
    let (mut total, mut found) = (0.0, 0.0);
    for feature in wanted {
        if seen.insert(feature) {
            let weight = idf.weight(feature);
            total += weight;
            if present.contains(feature) {
                found += weight;
            }
        }
    }
    if total > 0.0 { found / total } else { 0.0 }
}

/// The features of `text` as a set.
pub fn feature_set(text: &str) -> HashSet<String> {
    features(text).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_lose_what_makes_them_questions() {
        assert_eq!(
            features("借钱没有约定还款时间怎么办？"),
            ["借钱", "钱没", "没有", "有约", "约定", "定还", "还款", "款时", "时间"]
        );
        assert_eq!(features("What are the symptoms of COVID-19?"), ["symptom", "covid-19"]);
        assert_eq!(features("Revenue rose 1,234.5 (3.5%)."), ["revenue", "rose", "1234.5", "3.5%"]);
    }

    #[test]
    fn coverage_weighs_rare_words_more() {
        let a = feature_set("the lender may demand repayment");
        let b = feature_set("the lender may sue");
        let idf = Idf::over([&a, &b]);
        let wanted = features("lender repayment");
        let share = coverage(&wanted, &b, &idf);
        assert!(share > 0.0 && share < 0.5, "{share}");
        assert!((coverage(&wanted, &a, &idf) - 1.0).abs() < 1e-6);
        assert!(coverage(&[], &a, &idf).abs() < 1e-6);
    }
}
