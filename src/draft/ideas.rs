//! From what a generator wrote to separate ideas.

use std::sync::LazyLock;

use regex::Regex;

use super::{claims::citation, prompt};
use crate::text::{
    overlap::{Idf, coverage, feature_set, features},
    reference,
};

/// Ideas of one exploration.
pub const MOST: usize = 6;
/// An idea has at least so many letters, and is cut off after so many.
const SHORTEST: usize = 6;
const LONGEST: usize = 400;
/// An idea that stands in the instructions to this share repeats them.
const ECHO: f32 = 0.6;

/// The ideas in a text, each a line without its bullet, number and labels. What repeats another or the instructions, asks,
/// only names a law, or is too short to be a statement is left out.
pub fn split(text: &str) -> Vec<String> {
    let mut ideas: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = citation::blanked(line);
        let idea: String =
            BULLET.replace(&line, "").split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
        let letters = idea.chars().filter(|c| c.is_alphanumeric()).count();
        let is_statement = letters >= SHORTEST && !idea.ends_with(['?', '？', ':', '：']);
        if is_statement && !ideas.contains(&idea) && !is_echo(&idea) && !only_names_law(&idea) {
            ideas.push(idea);
        }
        if ideas.len() == MOST {
            break;
        }
    }
    ideas
}

fn is_echo(idea: &str) -> bool {
    let wanted = features(idea);
    prompt::EXPLORING.iter().any(|rules| coverage(&wanted, &feature_set(rules), &Idf::default()) >= ECHO)
}

fn only_names_law(idea: &str) -> bool {
    let named: usize = reference::parse(idea).iter().map(|reference| reference.span.len()).sum();
    named > 0 && idea.len() - named < 8
}

/// "1. ", "（二）", "三、", "- ", "•"; never the figure that a statement begins with.
static BULLET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[-–—*•·]\s*|[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,2})(?:[、．)）]|\.(?:\s|$))\s*)")
        .expect("a constant pattern that compiles")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_ideas() {
        let text = "以下是想法：\n1. 逾期利息可能按市场利率计算。[1]\n- 出借人可以要求提前还款\n\n- 出借人可以要求提前还款\n是否可以起诉？\n好\n2) Interest may run from the day of the claim [2].";
        assert_eq!(
            split(text),
            ["逾期利息可能按市场利率计算。", "出借人可以要求提前还款", "Interest may run from the day of the claim ."]
        );
        assert_eq!(
            split("《中华人民共和国民法典》 第六百七十五条\n每行写一个完整的陈述句，最多六行，不写编号、不写标题。"),
            Vec::<String>::new()
        );
        let many: Vec<String> = (0..20).map(|n| format!("借款合同的第{n}个可能的安排。")).collect();
        assert_eq!(split(&many.join("\n")).len(), MOST);
        assert_eq!(split(" \n\n"), Vec::<String>::new());
        for kept in [
            "三年内没有主张的权利可能消灭。",
            "12 months may pass before a claim is time-barred.",
            "3.5 % may be owed as interest.",
        ] {
            assert_eq!(split(kept), [kept]);
            assert_eq!(split(&format!("（二）{kept}")), [kept]);
        }
        assert!(split(&"长".repeat(5_000))[0].chars().count() <= LONGEST);
    }
}
