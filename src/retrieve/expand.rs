//! From the words people use to the words sources use.

use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::{domain::evidence::Concept, text::words::simplified};

/// See the head of the file for its form.
const TABLE: &str = include_str!("synonyms.txt");

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
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words).ok();
        Ok(Self { finder: finder.filter(|_| !words.is_empty()), meant, words })
    }

    /// Adds to `found` what `question` names in everyday words, each concept once.
    fn find(&self, question: &str, found: &mut Vec<Concept>) {
        let Some(finder) = &self.finder else { return };
        let text = simplified(question).to_lowercase();
        for hit in finder.find_iter(&text) {
            let at = hit.pattern().as_usize();
            let (word, meant) = (&self.words[at], &self.meant[at]);
            if word.is_ascii() && !is_whole(&text, hit.start(), hit.end()) {
                continue;
            }
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
    }

    #[test]
    fn the_table_is_in_order() {
        let table = Synonyms::parse(TABLE).expect("a table");
        assert!(table.finder.is_some() && table.words.len() > 250, "{} words", table.words.len());
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
