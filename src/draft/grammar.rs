//! The grammar that a generator writes under, in GBNF: labels that do not exist cannot be written.

use std::fmt::Write as _;

use crate::domain::{evidence::Label, text::Lang};

/// One sentence a line, each ended by one to three labels out of `labels`; at most `max_sentences` lines.
///
/// Returns `None` when there is nothing to cite: then nothing may be written.
pub fn cited_sentences(labels: &[Label], lang: Lang, max_sentences: usize) -> Option<String> {
    if labels.is_empty() || max_sentences == 0 {
        return None;
    }
    let optional = " (line".repeat(max_sentences - 1) + &")?".repeat(max_sentences - 1);
    // Brackets belong to labels alone and a line break ends a sentence, so that a draft can be read back exactly.
    let (body, end) = match lang {
        Lang::Zh => ("[^\\[\\]\\n\\r。！？<>]+", "[。！]"),
        Lang::En => ("[^\\[\\]\\n\\r<>]+", "[.!]"),
    };
    let space = match lang {
        Lang::Zh => "",
        Lang::En => " \" \"?",
    };
    let mut grammar = String::new();
    let _ = writeln!(grammar, "root ::= line{optional}");
    let _ = writeln!(grammar, "line ::= {body} {end}{space} label label? label? \"\\n\"");
    let alternatives: Vec<String> = labels.iter().map(|label| format!("\"{label}\"")).collect();
    let _ = writeln!(grammar, "label ::= {}", alternatives.join(" | "));
    Some(grammar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_existing_labels_are_in_the_grammar() {
        let grammar = cited_sentences(&[Label(1), Label(3)], Lang::Zh, 3).expect("two labels");
        assert!(grammar.contains("label ::= \"[1]\" | \"[3]\""), "{grammar}");
        assert!(!grammar.contains("[2]"), "{grammar}");
        assert!(grammar.starts_with("root ::= line (line (line)?)?\n"), "{grammar}");
    }

    #[test]
    fn nothing_to_cite_is_nothing_to_write() {
        assert_eq!(cited_sentences(&[], Lang::En, 3), None);
    }
}
