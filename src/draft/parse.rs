//! What a generator wrote, back into sentences and the labels that each one cites.

use std::sync::LazyLock;

use regex::Regex;

use super::constrain::sentence::quotation_marks;
use crate::domain::{
    claim::{Cited, Draft, DraftSentence},
    evidence::Label,
    text::Lang,
};

static BRACKET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*\[([^\[\]\n]{0,60})\]").expect("a constant pattern"));
static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*\d{1,5}\s*$").expect("a constant pattern"));

/// One sentence for each line. What stands in brackets is a citation; one that is not a number is kept as malformed,
/// so that verification can name it, and is never silently dropped.
pub fn generated(text: &str) -> Draft {
    let sentences = text
        .lines()
        .filter_map(|line| {
            let cited = citations(line);
            let body = BRACKET.replace_all(line, "");
            let body = unquoted(body.trim()).to_owned();
            (!body.is_empty()).then_some(DraftSentence { text: body, cited, lead: String::new() })
        })
        .collect();
    Draft { sentences }
}

/// A line that is a quotation and nothing else says what the source says, in the source's words.
fn unquoted(line: &str) -> &str {
    [Lang::Zh, Lang::En]
        .into_iter()
        .find_map(|lang| {
            let (open, close) = quotation_marks(lang);
            let inside = line.strip_prefix(open)?.strip_suffix(close)?;
            (!inside.contains([open, close])).then(|| inside.trim())
        })
        .unwrap_or(line)
}

/// Every bracketed citation of `line`, in order; `[1, 2]` is two.
pub fn citations(line: &str) -> Vec<Cited> {
    BRACKET
        .captures_iter(line)
        .flat_map(|found| {
            let inside = found.get(1).map_or("", |m| m.as_str());
            inside.split([',', '，', '、', ';']).map(cited).collect::<Vec<_>>()
        })
        .collect()
}

fn cited(written: &str) -> Cited {
    let number = LABEL.is_match(written).then(|| written.trim().parse().ok()).flatten();
    match number {
        Some(n) => Cited::Label(Label(n)),
        None => Cited::Malformed(format!("[{}]", written.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_and_leave_the_text() {
        let draft = generated("借款人可以随时返还。[1][3]\nNotify within 72 hours. [2, 4]\n\n");
        assert_eq!(draft.sentences.len(), 2);
        assert_eq!(draft.sentences[0].text, "借款人可以随时返还。");
        assert_eq!(draft.sentences[0].cited, [Cited::Label(Label(1)), Cited::Label(Label(3))]);
        assert_eq!(draft.sentences[1].text, "Notify within 72 hours.");
        assert_eq!(draft.sentences[1].cited, [Cited::Label(Label(2)), Cited::Label(Label(4))]);
    }

    #[test]
    fn a_line_of_quotation_is_the_words_of_the_source() {
        let draft = generated("[2]「借期三十日」\n[1] \"It is so.\"\n依据[1]「借期三十日」，可以续借。\n");
        let texts: Vec<&str> = draft.sentences.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, ["借期三十日", "It is so.", "依据「借期三十日」，可以续借。"]);
        assert_eq!(draft.sentences[0].cited, [Cited::Label(Label(2))]);
    }

    #[test]
    fn what_is_no_label_is_kept_as_malformed() {
        let draft = generated("It is so. [Smith 2020][99999999][]");
        let malformed = |s: &str| Cited::Malformed(s.to_owned());
        assert_eq!(draft.sentences[0].cited, [malformed("[Smith 2020]"), malformed("[99999999]"), malformed("[]")]);
    }
}
