//! Cutting a sentence into clauses that can stand alone, only where that is safe.
//!
//! One claim for each sentence is the default: atomic splitting gains little and loses conditions. So a cut is made at
//! semicolons and at a few conjunctions that join two whole statements, never inside brackets, quotes, an enumeration
//! with a lead, a condition, an exception or a comparison.

use std::sync::LazyLock;

use regex::Regex;

use crate::{domain::text::Span, text::lang::is_han};

/// Clauses shorter than this (a Chinese character counts one, an English word two) stay with their neighbour.
const SHORTEST: usize = 8;

/// The clauses of a sentence, trimmed, in order; the whole sentence where no cut is safe.
pub fn clauses(sentence: &str) -> Vec<Span> {
    let whole = vec![Span::new(0, sentence.len())];
    if framed(sentence) {
        return whole;
    }
    let mut cuts = borders(sentence);
    cuts.push((sentence.len(), sentence.len()));
    let mut clauses = Vec::new();
    let mut start = 0;
    for (end, next) in cuts {
        let Some(clause) = sentence.get(start..end) else { return whole };
        if size(clause) < SHORTEST {
            return whole; // "甲；乙；丙": a list, not statements.
        }
        let lead = clause.len() - clause.trim_start().len();
        clauses.push(Span::new(start + lead, start + lead + clause.trim().len()));
        start = next;
    }
    clauses
}

/// Something holds the parts together: a condition, an exception, a lead with a colon, a comparison.
fn framed(sentence: &str) -> bool {
    static FRAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)[:：]|如果|若|假如|倘|只要|只有|除|但|之一|下列|以下|分别|一是|其一|第一[，,]|无论|不论|因为|由于|虽然|尽管|即使|相比|不如
              |\b(?:if|unless|except|provided|when|whenever|because|since|although|though|even|than|between|either|neither|both
              |respectively|following|subject\ to|where|until|whether|so\ that)\b",
        )
        .expect("a constant pattern that compiles")
    });
    FRAME.is_match(sentence)
}

/// Where clauses end and the next ones start, outside brackets and quotes.
fn borders(sentence: &str) -> Vec<(usize, usize)> {
    static JOINT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)
            (?P<semicolon>[;；])
            |(?P<zh>[，,])(?:同时|此外|并且|另外)[，,]?
            |(?P<en>,)\ (?:and|but|while|whereas)\ (?:(?:the|a|an|this|these|those|it|he|she|they|we|its|their|his|her)\ |\p{Lu})",
        )
        .expect("a constant pattern that compiles")
    });
    let mut borders = Vec::new();
    for found in JOINT.captures_iter(sentence) {
        let Some(whole) = found.get(0) else { continue };
        let end = whole.start();
        if depth(&sentence[..end]) != 0 {
            continue;
        }
        if let Some(mark) = found.name("semicolon").or_else(|| found.name("zh")) {
            borders.push((end, mark.end()));
        } else if let Some(mark) = found.name("en")
            && has_finite_verb(&sentence[borders.last().map_or(0, |b: &(usize, usize)| b.1)..end])
            && has_finite_verb(&sentence[mark.end()..])
        {
            borders.push((end, mark.end()));
        }
    }
    borders
}

/// How many brackets and quotes stand open at the end of `text`.
fn depth(text: &str) -> i32 {
    let mut depth = 0;
    let mut straight = false;
    for c in text.chars() {
        match c {
            '(' | '（' | '[' | '【' | '《' | '“' | '「' | '『' | '〔' => depth += 1,
            ')' | '）' | ']' | '】' | '》' | '”' | '」' | '』' | '〕' => depth = (depth - 1).max(0),
            '"' => straight = !straight,
            _ => {}
        }
    }
    depth + i32::from(straight)
}

/// A verb that surely makes a statement; a clause without one is left where it is.
fn has_finite_verb(clause: &str) -> bool {
    static VERB: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:is|are|was|were|has|have|had|will|would|shall|should|may|might|must|can|could|does|do|did|cannot)\b")
            .expect("a constant pattern that compiles")
    });
    VERB.is_match(clause)
}

fn size(clause: &str) -> usize {
    let han = clause.chars().filter(|c| is_han(*c)).count();
    let words = clause.split_whitespace().filter(|w| w.chars().any(|c| c.is_ascii_alphabetic())).count();
    han + 2 * words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sentence: &str) -> Vec<&str> {
        clauses(sentence).into_iter().map(|s| s.of(sentence).expect("clauses slice")).collect()
    }

    #[test]
    fn statements_side_by_side_are_cut() {
        assert_eq!(
            parts("营业收入为三亿五千万元；净利润同比下降百分之五。"),
            ["营业收入为三亿五千万元", "净利润同比下降百分之五。"]
        );
        assert_eq!(
            parts("公司实现营业收入三亿元，同时净利润增长两成。"),
            ["公司实现营业收入三亿元", "同时净利润增长两成。"]
        );
        assert_eq!(
            parts("The fee is 5 dollars a month; the notice period is 30 days."),
            ["The fee is 5 dollars a month", "the notice period is 30 days."]
        );
        assert_eq!(
            parts("The tenant must pay the rent, but the landlord must repair the roof."),
            ["The tenant must pay the rent", "but the landlord must repair the roof."]
        );
    }

    #[test]
    fn what_belongs_together_stays_whole() {
        for sentence in [
            "如果承租人未支付租金，出租人可以催告；逾期不支付的，出租人可以解除合同。",
            "出租人可以解除合同；但是，法律另有规定的除外。",
            "有下列情形之一的，合同无效：（一）违反法律规定；（二）违背公序良俗。",
            "症状包括发热；咳嗽；乏力。",
            "他说“合同已经依法解除；租金不再支付给出租人”。",
            "If the tenant does not pay, the landlord may end the lease; the deposit is then kept.",
            "Patients were given aspirin, and the usual care.",
            "Revenue is higher than it was; the margin is lower than it was.",
            "Side effects include nausea, vomiting, and a rash.",
            "",
        ] {
            assert_eq!(parts(sentence), [sentence], "{sentence}");
        }
    }
}
