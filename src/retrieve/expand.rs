//! From the words people use to the words sources use.

use std::{
    cmp::Reverse,
    sync::{Arc, LazyLock},
};

use aho_corasick::{AhoCorasick, Match};

use crate::{
    domain::{evidence::Concept, text::Lang},
    text::{lang, words::simplified},
};

/// See the head of the file for its form.
const TABLE: &str = include_str!("synonyms.txt");

/// Words of the sources that are put behind a question for each concept, at most.
const RESTATED: usize = 3;

/// Largest table of a collection, in bytes.
const LARGEST_TABLE: usize = 256 << 10;

/// Why a table of synonyms was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSynonyms {
    #[error(
        "line {line} of the synonyms, '{text}', is not a concept: write everyday words, ' = ', and the words of the sources, such as 房东 = 出租人"
    )]
    Line { line: usize, text: String },
    #[error("the synonyms have {bytes} bytes; at most {LARGEST_TABLE} are taken")]
    TooLarge { bytes: usize },
}

/// A table of everyday words and the words of sources, one concept a line: `房东 = 出租人`. A line in Chinese may have
/// several words on either side, parted by blanks; a side in English is one phrase. `#` starts a comment.
#[derive(Debug, Default)]
pub struct Synonyms {
    finder: Option<AhoCorasick>,
    /// For each everyday word its right side.
    meant: Vec<Arc<[String]>>,
    words: Vec<String>,
}

static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::parse(TABLE).unwrap_or_default());

impl Synonyms {
    pub fn parse(text: &str) -> Result<Self, BadSynonyms> {
        if text.len() > LARGEST_TABLE {
            return Err(BadSynonyms::TooLarge { bytes: text.len() });
        }
        let (mut words, mut meant) = (Vec::new(), Vec::new());
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let bad = || BadSynonyms::Line { line, text: text.chars().take(60).collect() };
            let (everyday, source) = text.split_once('=').ok_or_else(bad)?;
            let (left, right) = (side(everyday), side(source));
            if left.is_empty() || right.is_empty() || source.contains('=') {
                return Err(bad());
            }
            let right: Arc<[String]> = right.into();
            for word in left {
                words.push(simplified(&word).to_lowercase());
                meant.push(Arc::clone(&right));
            }
        }
        let finder = AhoCorasick::new(&words).ok();
        Ok(Self { finder: finder.filter(|_| !words.is_empty()), meant, words })
    }

    /// Adds to `found` what `question` names in everyday words, each concept once.
    fn find(&self, question: &str, found: &mut Vec<Concept>) {
        let Some(finder) = &self.finder else { return };
        let text = simplified(question).to_lowercase();
        let is_word =
            |hit: &Match| !self.words[hit.pattern().as_usize()].is_ascii() || is_whole(&text, hit.start(), hit.end());
        let mut hits: Vec<Match> = finder.find_overlapping_iter(&text).filter(is_word).collect();
        hits.sort_by_key(|hit| (hit.start(), Reverse(hit.end())));
        let mut reached = 0;
        for hit in hits {
            // 公司违法 and 违法辞退 are both named in 公司违法辞退; 辞退 is only a part.
            if hit.end() <= reached {
                continue;
            }
            reached = hit.end();
            let at = hit.pattern().as_usize();
            let (word, meant) = (&self.words[at], &self.meant[at]);
            match found.iter_mut().find(|concept| concept.meant == *meant) {
                Some(known) if known.said.contains(word) => {}
                Some(known) => known.said.push(word.clone()),
                None => found.push(Concept { said: vec![word.clone()], meant: Arc::clone(meant) }),
            }
        }
    }
}

/// The alternatives on one side. English phrases hold blanks, so an English side is one phrase.
fn side(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_ascii() {
        return [text].into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect();
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The concepts that `question` names by the built-in table, and by those of the collections that are searched.
pub(super) fn concepts(question: &str, own: &[Arc<Synonyms>]) -> Vec<Concept> {
    let mut found = Vec::new();
    SYNONYMS.find(question, &mut found);
    for table in own {
        table.find(question, &mut found);
    }
    found
}

/// The question with the words of the sources behind its own, in brackets: what an encoder is asked, because it puts
/// "捡到钱不还" and "拾得遗失物" too far apart to see that one answers the other.
pub fn restated(question: &str, concepts: &[Concept]) -> String {
    let mut added: Vec<&str> = Vec::new();
    for word in concepts.iter().flat_map(|concept| concept.meant.iter().take(RESTATED)) {
        if !question.contains(word.as_str()) && !added.contains(&word.as_str()) {
            added.push(word);
        }
    }
    match (added.as_slice(), lang::detect(question)) {
        ([], _) => question.to_owned(),
        (words, Lang::Zh) => format!("{question}（{}）", words.join("，")),
        (words, Lang::En) => format!("{question} ({})", words.join("; ")),
    }
}

/// English words end where letters end; a plural still counts.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let after = text[end..].strip_prefix('s').unwrap_or(&text[end..]);
    !text[..start].ends_with(is_letter) && !after.starts_with(is_letter)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn has(question: &str, word: &str) -> bool {
        concepts(question, &[]).iter().any(|concept| concept.meant.iter().any(|known| known == word))
    }

    #[test]
    fn everyday_words_bring_the_words_of_the_sources() {
        assert!(has("房东不退押金怎么办", "出租人"));
        assert!(has("房東不退押金怎麼辦", "出租人"), "Traditional characters");
        assert!(has("What should I do after a heart attack?", "myocardial infarction"));
        assert!(has("Heart attacks", "myocardial infarction"));
        assert!(!has("They refined the finer points", "administrative fine penalty"), "inside another word");
        assert!(concepts("借款人", &[]).is_empty());
        let named = "公司违法辞退，能拿多少赔偿？";
        assert!(has(named, "用人单位") && has(named, "违反本法规定解除"), "one reaches into the other");
        assert!(!has(named, "裁减人员"), "辞退 is part of 违法辞退");
    }

    #[test]
    fn a_question_is_restated_in_the_words_of_the_sources() {
        let concept = |said: &str, meant: &[&str]| Concept {
            said: vec![said.to_owned()],
            meant: meant.iter().map(|word| (*word).to_owned()).collect(),
        };
        let found = concept("捡到", &["拾得遗失物", "违法"]);
        assert_eq!(restated("捡到钱不还违法吗", &[found]), "捡到钱不还违法吗（拾得遗失物）", "违法 stands there");
        let card = [concept("atm card", &["access device"]), concept("bank card", &["access device"])];
        assert_eq!(restated("I lost my ATM card", &card), "I lost my ATM card (access device)", "each once");
        assert_eq!(restated("What’s my ATM card’s limit?", &card), "What’s my ATM card’s limit? (access device)");
        assert_eq!(restated("What is profiling?", &[]), "What is profiling?");
        let many = concept("钱", &["甲", "乙", "丙", "丁"]);
        assert_eq!(restated("钱", &[many]), "钱（甲，乙，丙）");
    }

    #[test]
    fn the_table_is_in_order() {
        let table = Synonyms::parse(TABLE).expect("a table");
        assert!(table.finder.is_some() && table.words.len() > 250, "{} words", table.words.len());
        let each: HashSet<&String> = table.words.iter().collect();
        assert_eq!(each.len(), table.words.len(), "an everyday word stands for one concept");
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        for line in lines {
            assert!(line.split(" = ").count() == 2, "{line}");
            assert_eq!(simplified(line), line, "Simplified characters only");
        }
    }

    #[test]
    fn a_collection_adds_concepts_of_its_own() {
        let own = Synonyms::parse("# ours\n\n飛單 走單=转移佣金\nwidget = regulated device\n").expect("a table");
        let own = [Arc::new(own)];
        let found = concepts("房东飞单怎么办", &own);
        assert!(found.iter().any(|concept| concept.meant[..] == ["转移佣金".to_owned()]), "{found:?}");
        assert!(found.iter().any(|concept| concept.meant.contains(&"出租人".to_owned())), "the built-in table stays");
        assert_eq!(concepts("Two Widgets", &own).len(), 1);
        assert!(concepts("nothing of it", &[Arc::default()]).is_empty());
    }

    #[test]
    fn a_bad_table_is_refused_with_its_line() {
        for bad in ["a = b\nno concept", "a = b\n = x", "a = b\nx = ", "a = b\nx = y = z"] {
            let error = Synonyms::parse(bad).expect_err(bad);
            assert!(error.to_string().starts_with("line 2"), "{error}");
        }
        let large = "甲 = 乙\n".repeat(40_000);
        assert!(matches!(Synonyms::parse(&large), Err(BadSynonyms::TooLarge { .. })));
    }
}
