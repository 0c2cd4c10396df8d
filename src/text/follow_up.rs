//! Questions that lean on the ones before them: "那利息呢？", "What about minors?".

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::{
    lang::is_han,
    overlap::{self, feature_set, features},
};

/// Questions before this one that are taken along at most.
const REACH: usize = 3;
/// A Chinese question of fewer characters names no subject of its own.
const SHORTEST_ZH: usize = 6;
/// The same in English, in words that carry content.
const SHORTEST_EN: usize = 2;

/// Openings that go on from something, and words for what was named before.
static LEANS_ZH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        "^(?:那|还有|另外|以及|并且|但是?|可是|不过|所以|如果是|要是|换成)|[它他她]们?|其(?:中|他|它)|这|那[个种些样条款项部]|\
         该|上述|前述|前者|后者|同样|呢[？?]?$",
    )
    .expect("a constant pattern that compiles")
});

static LEANS_EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:and|but|so|then|or|also|what about|how about|what if|in that case|why(?: not)?\s*\?|how so)\b|\b(?:it|its|they|them|their|theirs|this|that|these|those|he|she|him|her|his|hers|such|the (?:same|former|latter|above|other))\b",
    )
    .expect("a constant pattern that compiles")
});

/// "That" and "this" that point to nothing before: "the fact that", "this Act".
static OWN_EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bthis (?:act|article|chapter|code|law|part|regulation|section|year|month)\b|\w+ (?:that|which) (?:is|are|was|were|has|have|can|may|must|do|does)\b",
    )
    .expect("a constant pattern that compiles")
});

/// Whether the question is understood only after another one. A question that names its own subject is not, however
/// it begins.
pub fn leans(question: &str) -> bool {
    let question = question.trim();
    let han = question.chars().filter(|c| is_han(*c)).count();
    if han > 0 {
        return han < SHORTEST_ZH || LEANS_ZH.is_match(question);
    }
    let own = OWN_EN.replace_all(question, " ");
    feature_set(question).len() < SHORTEST_EN || LEANS_EN.is_match(&own)
}

/// The questions that `question` must be read with: from the last one that stands alone, oldest first. Empty where it
/// stands alone itself.
pub fn leant_on<'a>(question: &str, earlier: &'a [String]) -> &'a [String] {
    if !leans(question) {
        return &[];
    }
    let from = earlier.iter().rposition(|asked| !leans(asked)).unwrap_or(0).max(earlier.len().saturating_sub(REACH));
    &earlier[from..]
}

/// Both in one text, as a person would put it who may not leave out what was said before. Guesses nothing.
pub fn joined(leant_on: &[String], question: &str) -> String {
    let is_zh = question.chars().any(is_han);
    leant_on.iter().map(|asked| asked.trim()).chain([question.trim()]).collect::<Vec<_>>().join(if is_zh {
        ""
    } else {
        " "
    })
}

/// What somebody else made of a question and those before it, if it may stand for them: one question that holds the
/// words of `question`, something of what it leans on, and nothing else. Whoever adds a figure, a name or a subject
/// answers another question than was asked.
pub fn taken(written: &str, leant_on: &[String], question: &str) -> Option<String> {
    let line = written.trim().lines().next()?.trim().trim_matches(['"', '“', '”', '「', '」']).trim();
    let had: HashSet<String> = leant_on.iter().map(String::as_str).chain([question]).flat_map(features).collect();
    let now = features(line);
    let idf = overlap::Idf::default();
    let now_set: HashSet<String> = now.iter().cloned().collect();
    let keeps = overlap::coverage(&features(question), &now_set, &idf) >= KEEPS;
    // Where two Chinese words come to stand side by side a pair is formed that stood nowhere.
    let is_known = |feature: &String| had.contains(feature) || is_seam(feature, &had) || is_inflected(feature, &had);
    let foreign = now.iter().filter(|feature| !is_known(feature)).count();
    let was_asked: HashSet<String> = features(question).into_iter().collect();
    let completes = now_set.iter().any(|feature| !was_asked.contains(feature) && had.contains(feature));
    (line.ends_with(['?', '？']) && keeps && foreign == 0 && completes).then(|| line.to_owned())
}

/// Share of the question's own words that must be left.
const KEEPS: f32 = 0.99;

/// A pair of Chinese characters that both stood in what was asked.
fn is_seam(feature: &str, had: &HashSet<String>) -> bool {
    feature.chars().count() == 2 && feature.chars().all(|c| is_han(c) && had.iter().any(|known| known.contains(c)))
}

/// Another form of an English word that stood in what was asked: "notify" for "notified".
fn is_inflected(feature: &str, had: &HashSet<String>) -> bool {
    let is_word = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase());
    is_word(feature)
        && had.iter().filter(|known| is_word(known)).any(|known| {
            let shared = known.bytes().zip(feature.bytes()).take_while(|(a, b)| a == b).count();
            shared >= STEM && known.len().max(feature.len()) - shared <= ENDING
        })
}

/// Forms of one word share so many letters at least, and differ in so many at their end at most.
const STEM: usize = 4;
const ENDING: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leans_is_told_from_what_stands_alone() {
        for question in [
            "那利息呢？",
            "那如果超过五年呢？",
            "它的期限是多久？",
            "该条的例外有哪些？",
            "为什么？",
            "期限多长？",
            "What about minors?",
            "And for tenants?",
            "How long does it take?",
            "Why?",
            "What is the penalty for that?",
            "Are they liable?",
        ] {
            assert!(leans(question), "{question}");
        }
        for question in [
            "借钱没有约定还款时间怎么办？",
            "民间借贷的利率上限是多少？",
            "合同无效的情形有哪些？",
            "《民法典》第六百七十五条规定了什么？",
            "What is the penalty for late payment?",
            "Does the rule that is set out in Art. 33 GDPR apply to processors?",
            "What does this Act say about minors?",
            "When must a personal data breach be notified?",
        ] {
            assert!(!leans(question), "{question}");
        }
    }

    fn owned(questions: &[&str]) -> Vec<String> {
        questions.iter().map(|q| (*q).to_owned()).collect()
    }

    #[test]
    fn a_question_goes_back_to_the_last_that_stands_alone() {
        let earlier = owned(&["民间借贷的利率上限是多少？", "借钱没有约定还款时间怎么办？", "那利息呢？"]);
        assert_eq!(leant_on("超过五年呢？", &earlier), &earlier[1..]);
        assert_eq!(leant_on("合同无效的情形有哪些？", &earlier), &[] as &[String]);
        assert_eq!(leant_on("那利息呢？", &[]), &[] as &[String]);
        let all_lean = owned(&["那利息呢？"; 9]);
        assert_eq!(leant_on("为什么？", &all_lean).len(), REACH);
        assert_eq!(joined(&earlier[1..], " 超过五年呢？"), "借钱没有约定还款时间怎么办？那利息呢？超过五年呢？");
        let english = owned(&["When must a breach be notified?"]);
        assert_eq!(
            joined(&english, "What about processors?"),
            "When must a breach be notified? What about processors?"
        );
    }

    #[test]
    fn a_rewriting_that_adds_or_loses_something_is_not_taken() {
        let english = owned(&["When must a personal data breach be notified?"]);
        let asked = "What about processors?";
        for (written, is_taken) in [
            ("When must processors notify a personal data breach?", true),
            ("\"When must a breach be notified by processors?\"\nBecause", true),
            ("When must a controller notify a personal data breach by processors?", false),
            ("When must a breach be notified within 72 hours by processors?", false),
            ("When must a personal data breach be notified?", false),
            ("What about processors?", false),
            ("Processors must notify a personal data breach.", false),
            ("", false),
        ] {
            assert_eq!(taken(written, &english, asked).is_some(), is_taken, "{written}");
        }
        let chinese = owned(&["借钱没有约定还款时间怎么办？"]);
        assert_eq!(
            taken("借钱没有约定还款时间，利息怎么办？", &chinese, "那利息呢？").as_deref(),
            Some("借钱没有约定还款时间，利息怎么办？")
        );
        assert_eq!(taken("民间借贷的利息上限是多少？", &chinese, "那利息呢？"), None);
        assert_eq!(taken("借钱超过三年没有还，利息怎么办？", &chinese, "那利息呢？"), None);
    }
}
