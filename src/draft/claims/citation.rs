//! Citations inside a sentence: `[1]`, `[1,2]`, `[1-3]`, `[^1]`, `【1】`, and what only looks like one.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::{claim::Cited, evidence::Label, text::Span};

/// A citation where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Brackets included.
    pub span: Span,
    pub cited: Vec<Cited>,
}

/// A list of labels longer than this is no citation.
const MOST_LABELS: u32 = 20;

/// The citations of `text`, in order.
pub fn mentions(text: &str) -> Vec<Mention> {
    static BRACKET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\[\^?([^\[\]\n]{1,60})\]|［\^?([^［］\n]{1,60})］|【([^【】\n]{1,60})】")
            .expect("a constant pattern that compiles")
    });
    BRACKET.captures_iter(text).filter_map(|found| read(text, &found)).collect()
}

fn read(text: &str, found: &Captures<'_>) -> Option<Mention> {
    let whole = found.get(0)?;
    let inner = (1..=3).find_map(|i| found.get(i))?.as_str();
    // [text](address) is a link, and an interval names its kind before it.
    if text[whole.end()..].starts_with('(') && !text[whole.end()..].starts_with("()") && !is_labels(inner) {
        return None;
    }
    let before = text[..whole.start()].trim_end();
    if ["区间", "范围", "CI", "interval", "range"].iter().any(|kind| before.ends_with(kind)) {
        return None;
    }
    let span = Span::new(whole.start(), whole.end());
    let cited =
        labels(inner).or_else(|| malformed(inner).then(|| vec![Cited::Malformed(whole.as_str().to_owned())]))?;
    Some(Mention { span, cited })
}

fn half_width(inner: &str) -> String {
    inner
        .chars()
        .map(|c| match c {
            '，' | '、' | ';' | '；' => ',',
            '－' | '–' | '—' | '~' | '～' => '-',
            '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn is_labels(inner: &str) -> bool {
    let inner = half_width(inner);
    !inner.is_empty() && inner.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | '^'))
}

/// The labels of `1`, `1,2` or `1-3`; a number that can be no label stays as it was written.
fn labels(inner: &str) -> Option<Vec<Cited>> {
    if !is_labels(inner) {
        return None;
    }
    let mut cited = Vec::new();
    for part in half_width(inner).split(',') {
        let part = part.trim_start_matches('^');
        let number = |digits: &str| digits.parse::<u16>().ok().filter(|n| *n > 0 && !digits.starts_with('0'));
        match part.split_once('-') {
            None => cited.push(match number(part) {
                Some(n) => Cited::Label(Label(n)),
                None => Cited::Malformed(format!("[{part}]")),
            }),
            Some((from, to)) => match (number(from), number(to)) {
                (Some(from), Some(to)) if from <= to && u32::from(to - from) < MOST_LABELS => {
                    cited.extend((from..=to).map(|n| Cited::Label(Label(n))));
                }
                _ => cited.push(Cited::Malformed(format!("[{part}]"))),
            },
        }
    }
    Some(cited)
}

/// Text in the place of a label: `[x]`, `[Smith 2020]`, `[来源]`, `[citation needed]`, `[doc 3]`.
fn malformed(inner: &str) -> bool {
    static LABEL_LIKE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)^(?: [a-z?]
              | (?i:source|sources|citation|citation\ needed|ref|reference|doc|document|evidence|来源|出处|资料|文献|证据|引用)
                [\s:：_\#-]* \d*
              | \p{Lu}[\p{L}'’.&\ -]{1,40} ,?\ ? (?:19|20)\d\d[a-z]?
              )$",
        )
        .expect("a constant pattern that compiles")
    });
    LABEL_LIKE.is_match(inner.trim())
}

/// `text` with its citations overwritten by blanks, byte for byte, so that every place stays where it was.
pub fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for mention in mentions(text) {
        out.push_str(&text[at..mention.span.start()]);
        out.extend(std::iter::repeat_n(' ', mention.span.len()));
        at = mention.span.end();
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(text: &str) -> Vec<String> {
        mentions(text)
            .into_iter()
            .flat_map(|m| m.cited)
            .map(|c| match c {
                Cited::Label(label) => label.to_string(),
                Cited::Malformed(text) => format!("!{text}"),
            })
            .collect()
    }

    #[test]
    fn labels_are_read_in_every_form() {
        for (text, want) in [
            ("有效[1]。", vec!["[1]"]),
            ("有效[1][2]。", vec!["[1]", "[2]"]),
            ("valid [1, 3].", vec!["[1]", "[3]"]),
            ("valid [2-4].", vec!["[2]", "[3]", "[4]"]),
            ("有效【１】。", vec!["[1]"]),
            ("有效［1、2］", vec!["[1]", "[2]"]),
            ("valid[^7]", vec!["[7]"]),
            ("bad [0] [007] [99999]", vec!["![0]", "![007]", "![99999]"]),
            ("bad [x] and [Smith 2020] and [来源2]", vec!["![x]", "![Smith 2020]", "![来源2]"]),
            ("many [1-9999]", vec!["![1-9999]"]),
        ] {
            assert_eq!(cited(text), want, "{text}");
        }
    }

    #[test]
    fn other_brackets_are_text() {
        for text in [
            "[贵州茅台] 其营收增长",
            "see [the guide](https://example.org)",
            "the interval 95% CI [1,2]",
            "quoted [sic] text",
            "(2023) and 〔2024〕5号",
            "[]",
            "a[i]b[",
        ] {
            let found = cited(text);
            assert!(found.is_empty() || text == "a[i]b[", "{text}: {found:?}");
        }
    }

    #[test]
    fn blanking_keeps_every_place() {
        let text = "返还【１】借款[2,3]。";
        let blank = blanked(text);
        assert_eq!(blank.len(), text.len());
        assert_eq!(blank.find("借款"), text.find("借款"));
        assert!(mentions(&blank).is_empty());
    }
}
