//! How much of one text stands in another, in words that carry content.
//!
//! Features are stems of English words, numbers, and pairs of neighbouring Chinese characters.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

pub use super::lang::is_han;
use super::words::stemmer;

static STEMMER: LazyLock<frostem::Stemmer> = LazyLock::new(stemmer);

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
    "达到多少",
    "有多少",
    "为多少",
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

/// English words by their stem (Snowball), as in the index: two forms of one word meet.
fn stem(word: &str) -> String {
    if word.bytes().all(|b| b.is_ascii_alphabetic()) { STEMMER.stem(word).into_owned() } else { word.to_owned() }
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

/// Words that stand for others: a text that holds one of the second kind counts as holding those of the first.
#[derive(Clone, Debug, Default)]
pub struct Equivalents {
    /// Features of the words, and of each of those that stand for them.
    known: Vec<(Vec<String>, Vec<Vec<String>>)>,
}

impl Equivalents {
    /// `words`: what is said, and what may stand for it.
    pub fn of<'a>(words: impl IntoIterator<Item = (&'a [String], &'a [String])>) -> Self {
        let known = words.into_iter().map(|(said, meant)| {
            let said = said.iter().flat_map(|word| features(word)).collect();
            (said, meant.iter().map(|word| features(word)).filter(|features| !features.is_empty()).collect())
        });
        Self { known: known.collect() }
    }

    /// The features of `text` as a set, with those of the words that others in it stand for.
    pub fn feature_set(&self, text: &str) -> HashSet<String> {
        let own = feature_set(text);
        let meant = |(_, meant): &&(Vec<String>, Vec<Vec<String>>)| {
            meant.iter().any(|word| word.iter().all(|feature| own.contains(feature)))
        };
        let said: Vec<String> = self.known.iter().filter(meant).flat_map(|(said, _)| said.iter().cloned()).collect();
        own.into_iter().chain(said).collect()
    }
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
        assert_eq!(features("Revenue rose 1,234.5 (3.5%)."), ["revenu", "rose", "1234.5", "3.5%"]);
    }

    #[test]
    fn words_stand_for_those_that_people_say() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (said, meant) = (words(&["房东"]), words(&["出租人", "药"]));
        let (english, source) = (words(&["heart attack"]), words(&["myocardial infarction"]));
        let equivalents = Equivalents::of([(&said[..], &meant[..]), (&english[..], &source[..])]);
        assert!(equivalents.feature_set("出租人应当交付租赁物").contains("房东"));
        assert!(!equivalents.feature_set("承租人应当支付租金").contains("房东"));
        let acute = equivalents.feature_set("Acute myocardial infarctions");
        assert!(acute.contains("heart") && acute.contains("attack") && acute.contains("acut"));
        assert!(!equivalents.feature_set("Cerebral infarction").contains("heart"), "all its words are needed");
        assert_eq!(Equivalents::default().feature_set("出租人"), feature_set("出租人"));
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
