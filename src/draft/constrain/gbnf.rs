//! The rules of a sentence as a grammar, for generators that cannot be held to them token by token.
//!
//! It allows more than [`Rules`](super::sentence::Rules) do: any words may stand in a quotation, and figures in Chinese
//! numerals are free. So what is written under it is still read by the rules afterwards.

use std::{fmt::Write as _, sync::LazyLock};

use super::{
    figures::is_figure,
    sentence::{is_plain, quotation_marks},
};
use crate::{domain::text::Lang, text::overlap::is_han};

/// Beyond this many figures a grammar costs a server more than it saves: then every figure may be written.
const MOST_FIGURES: usize = 160;

/// GBNF with a rule `root` for one line. `labels` are those that exist, `figures` those that may be written.
pub fn grammar<'a>(
    lang: Lang,
    labels: impl Iterator<Item = &'a str>,
    figures: impl Iterator<Item = &'a str>,
    optional: bool,
) -> String {
    let (open, close) = quotation_marks(lang);
    let labels = alternatives(labels);
    let figures: Vec<&str> = figures.filter(|f| f.starts_with(|c: char| c.is_ascii_digit())).collect();
    let figures = if figures.len() > MOST_FIGURES { "[0-9]".to_owned() } else { alternatives(figures.into_iter()) };
    let mut text = format!("root ::= line{}\n", if optional { "?" } else { "" });
    let (stop, gap) = match lang {
        Lang::Zh => ("[。！]", ""),
        Lang::En => ("[.!]", "\" \"? "),
    };
    let _ = writeln!(text, "line ::= (prose {stop} {gap}label label? label? | quote {stop}?) \"\\n\"");
    let _ = writeln!(text, "prose ::= plain (plain | quote | figure)*");
    let _ = writeln!(
        text,
        "quote ::= label {gap}{} [^\\[\\]\\n{}{}]+ {}",
        literal(&open.to_string()),
        escaped(open),
        escaped(close),
        literal(&close.to_string())
    );
    let _ = writeln!(text, "label ::= {labels}");
    let _ = writeln!(text, "figure ::= {}", if figures.is_empty() { "plain" } else { &figures });
    let _ = writeln!(text, "plain ::= {}", plain(lang));
    text
}

fn alternatives<'a>(strings: impl Iterator<Item = &'a str>) -> String {
    strings.map(literal).collect::<Vec<_>>().join(" | ")
}

fn literal(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// Within a class of characters.
fn escaped(c: char) -> String {
    format!("\\u{:04X}", u32::from(c))
}

/// The class of characters that prose is made of, ASCII digits aside.
fn plain(lang: Lang) -> &'static str {
    static CLASSES: LazyLock<[String; 2]> = LazyLock::new(|| [class(Lang::Zh), class(Lang::En)]);
    match lang {
        Lang::Zh => &CLASSES[0],
        Lang::En => &CLASSES[1],
    }
}

fn class(lang: Lang) -> String {
    let belongs = |c: char| (is_plain(c, lang) && !is_figure(c)) || (lang == Lang::Zh && is_figure(c) && is_han(c));
    let mut ranges: Vec<(char, char)> = Vec::new();
    for c in ('\u{20}'..='\u{ffff}').filter(|c| belongs(*c)) {
        match ranges.last_mut() {
            Some((_, last)) if u32::from(*last) + 1 == u32::from(c) => *last = c,
            _ => ranges.push((c, c)),
        }
    }
    let mut text = String::from("[");
    for (from, to) in ranges {
        text.push_str(&escaped(from));
        if from != to {
            text.push('-');
            text.push_str(&escaped(to));
        }
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_names_the_labels_and_figures_that_exist() {
        let text = grammar(Lang::En, ["[1]", "[2]"].into_iter(), ["72 hours", "第五条", "5%"].into_iter(), false);
        assert!(text.contains("label ::= \"[1]\" | \"[2]\"\n"), "{text}");
        assert!(text.contains("figure ::= \"72 hours\" | \"5%\"\n"), "{text}");
        assert!(text.starts_with("root ::= line\n"));
        assert!(grammar(Lang::Zh, ["[1]"].into_iter(), [].into_iter(), true).starts_with("root ::= line?\n"));
    }

    /// Whether a class that is written in escapes holds `c`.
    fn within(class: &str, c: char) -> bool {
        let code = |text: &str| u32::from_str_radix(text, 16).expect("four digits");
        let mut rest = class;
        while let Some(at) = rest.find("\\u") {
            let from = code(&rest[at + 2..at + 6]);
            rest = &rest[at + 6..];
            let to = if rest.starts_with('-') { code(&rest[3..7]) } else { from };
            rest = rest.strip_prefix('-').map_or(rest, |rest| &rest[6..]);
            if (from..=to).contains(&u32::from(c)) {
                return true;
            }
        }
        false
    }

    #[test]
    fn digits_and_brackets_are_no_plain_characters() {
        for lang in [Lang::Zh, Lang::En] {
            let class = class(lang);
            for c in ['0', '9', '[', ']', '"', '#', '*'] {
                assert!(!within(&class, c), "{c} in {class}");
            }
            assert!(within(&class, 'a') && within(&class, ' ') && within(&class, '法') == (lang == Lang::Zh));
        }
    }

    #[test]
    fn too_many_figures_are_all_figures() {
        let many: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        let text = grammar(Lang::En, ["[1]"].into_iter(), many.iter().map(String::as_str), false);
        assert!(text.contains("figure ::= [0-9]\n"));
    }
}
