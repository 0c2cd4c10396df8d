//! From the words people use to the words sources use.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::text::words::simplified;

/// See the head of the file for its form.
const TABLE: &str = include_str!("synonyms.txt");

/// The alternatives of one concept that a question touches.
pub(super) type Concept = &'static [&'static str];

struct Table {
    finder: Option<AhoCorasick>,
    /// For each everyday word its right side.
    concepts: Vec<Concept>,
    words: Vec<&'static str>,
}

static SYNONYMS: LazyLock<Table> = LazyLock::new(|| Table::read(TABLE));

impl Table {
    fn read(text: &'static str) -> Self {
        let (mut words, mut concepts) = (Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((everyday, source)) = line.split_once(" = ") else { continue };
            // English phrases hold blanks, so an English line has one phrase on the left and words on the right.
            let left: Vec<&str> =
                if everyday.is_ascii() { vec![everyday.trim()] } else { everyday.split_whitespace().collect() };
            let right: Vec<&'static str> =
                if source.is_ascii() { vec![source.trim()] } else { source.split_whitespace().collect() };
            let right: Concept = right.leak();
            for word in left {
                words.push(word);
                concepts.push(right);
            }
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words).ok();
        Self { finder, concepts, words }
    }
}

/// The concepts that `question` names in everyday words, each once.
pub(super) fn concepts(question: &str) -> Vec<Concept> {
    let table = &*SYNONYMS;
    let Some(finder) = &table.finder else { return Vec::new() };
    let text = simplified(question).to_lowercase();
    let mut found: Vec<Concept> = Vec::new();
    for hit in finder.find_iter(&text) {
        let at = hit.pattern().as_usize();
        let (word, concept) = (table.words[at], table.concepts[at]);
        if word.is_ascii() && !is_whole(&text, hit.start(), hit.end()) {
            continue;
        }
        if !found.contains(&concept) {
            found.push(concept);
        }
    }
    found
}

/// English words end where letters end; a plural still counts.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let after = text[end..].strip_prefix('s').unwrap_or(&text[end..]);
    !text[..start].ends_with(is_letter) && !after.starts_with(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(question: &str, word: &str) -> bool {
        concepts(question).iter().any(|concept| concept.contains(&word))
    }

    #[test]
    fn everyday_words_bring_the_words_of_the_sources() {
        assert!(has("房东不退押金怎么办", "出租人"));
        assert!(has("房東不退押金怎麼辦", "出租人"), "Traditional characters");
        assert!(has("What should I do after a heart attack?", "myocardial infarction"));
        assert!(has("Heart attacks", "myocardial infarction"));
        assert!(!has("They refined the finer points", "administrative fine penalty"), "inside another word");
        assert!(concepts("借款人").is_empty());
    }

    #[test]
    fn the_table_is_in_order() {
        let table = Table::read(TABLE);
        assert!(table.finder.is_some() && table.words.len() > 250, "{} words", table.words.len());
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        for line in lines {
            assert!(line.split(" = ").count() == 2, "{line}");
            assert_eq!(simplified(line), line, "Simplified characters only");
        }
    }
}
