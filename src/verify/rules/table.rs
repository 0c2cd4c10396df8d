//! R32: a figure out of a table stands in the row and the column that the claim names.
//!
//! Tables reach the rules as lines with bars between the cells, as Markdown and the reader of filings write them. A cell
//! is known by its path: the name of its row and the headings above it. A claim that holds the figure of one path
//! and the words of another is flagged; which of the two it meant, a person sees at once.

use super::Rule;
use crate::{
    domain::{
        evidence::Label,
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    verify::{
        case::{Case, SourceSentence},
        tokens::{TokenKind, is_function_word, stem, tokens},
    },
};

pub const RULES: &[Rule] = &[Rule { code: "R32", title: "row and column of a table", check }];

/// A cell, and where it stands in its line.
#[derive(Clone, Debug)]
struct Cell<'t> {
    text: &'t str,
    span: Span,
}

/// Lines of one table, without the rule under its heading.
struct Grid<'c> {
    lines: Vec<(&'c SourceSentence<'c>, Vec<Cell<'c>>)>,
    /// Lines at the top that hold no figures in their cells, only headings (or years).
    heading: usize,
}

/// Content of a text: stems of words, numbers, Chinese characters.
fn words(text: &str) -> Vec<String> {
    tokens(text)
        .into_iter()
        .filter_map(|token| match token.kind {
            TokenKind::Word if !is_function_word(&token.text) => Some(stem(&token.text)),
            TokenKind::Number | TokenKind::Han => Some(token.text),
            TokenKind::Word | TokenKind::Sign => None,
        })
        .collect()
}

/// Whether the claim speaks of a heading: it holds all its words; Chinese ones have to stand together.
fn names(claim: &str, claim_words: &[String], heading: &str) -> bool {
    let heading = heading.trim().trim_end_matches([':', '：']);
    let own = words(heading);
    if own.is_empty() {
        return false;
    }
    if heading.chars().any(crate::text::lang::is_han) {
        return heading.chars().count() >= 2 && claim.contains(heading);
    }
    own.iter().all(|word| claim_words.contains(word))
}

/// The figure in a cell, without currency, separators and brackets; nothing for a year or a word.
fn figure(cell: &str) -> Option<String> {
    let digits: String = cell.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let only = cell.chars().all(|c| {
        c.is_ascii_digit()
            || c.is_whitespace()
            || matches!(c, '.' | ',' | '，' | '(' | ')' | '$' | '€' | '£' | '¥' | '%' | '-' | '−' | '+')
    });
    let value = digits.trim_matches('.');
    (only && !value.is_empty() && !is_year(cell)).then(|| value.trim_end_matches(".0").to_owned())
}

fn is_year(cell: &str) -> bool {
    let cell = cell.trim().trim_end_matches('年');
    cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20")) && cell.bytes().all(|b| b.is_ascii_digit())
}

fn cells(text: &str) -> Option<Vec<Cell<'_>>> {
    let line = text.trim();
    if line.matches('|').count() < 2 {
        return None;
    }
    let mut found = Vec::new();
    let mut at = 0;
    for part in text.split('|') {
        let lead = part.len() - part.trim_start().len();
        let cell = part.trim();
        found.push(Cell { text: cell, span: Span::new(at + lead, at + lead + cell.len()) });
        at += part.len() + 1;
    }
    // What stands before the first and behind the last bar is no cell.
    if found.first().is_some_and(|c| c.text.is_empty()) {
        found.remove(0);
    }
    if found.last().is_some_and(|c| c.text.is_empty()) {
        found.pop();
    }
    Some(found)
}

fn grids<'c>(case: &'c Case<'c>) -> Vec<Grid<'c>> {
    let mut grids: Vec<Grid<'_>> = Vec::new();
    let mut last: Option<(Label, usize)> = None;
    for (nth, sentence) in case.sources.iter().enumerate() {
        let Some(cells) = cells(sentence.unit.text) else { continue };
        let follows = last.is_some_and(|(label, before)| label == sentence.label && before + 1 == nth);
        last = Some((sentence.label, nth));
        if cells.iter().all(|c| c.text.chars().all(|c| matches!(c, '-' | ':' | ' '))) {
            continue;
        }
        match grids.last_mut() {
            Some(grid) if follows => grid.lines.push((sentence, cells)),
            _ => grids.push(Grid { lines: vec![(sentence, cells)], heading: 0 }),
        }
    }
    for grid in &mut grids {
        grid.heading = grid
            .lines
            .iter()
            .take_while(|(_, cells)| cells.iter().skip(1).all(|cell| figure(cell.text).is_none()))
            .count();
    }
    grids.retain(|grid| grid.heading > 0 && grid.lines.len() > grid.heading);
    grids
}

impl Grid<'_> {
    /// Headings above a column; a heading that spans several stands in the first of them.
    fn above(&self, column: usize) -> Vec<&str> {
        let upper = self.lines[..self.heading].iter().enumerate();
        upper
            .filter_map(|(nth, (_, cells))| {
                // The lowest line of headings has one for each column.
                let own = cells.get(column).map(|c| c.text).filter(|text| !text.is_empty());
                if nth + 1 == self.heading {
                    return own;
                }
                own.or_else(|| cells.get(1..=column)?.iter().rev().map(|c| c.text).find(|text| !text.is_empty()))
            })
            .collect()
    }
}

fn check(case: &Case<'_>) -> Vec<Reason> {
    if case.claim.quantities.is_empty() || !case.sources.iter().any(|s| s.unit.text.contains('|')) {
        return Vec::new();
    }
    let claim = case.claim.text;
    let claim_words = words(claim);
    let grids = grids(case);
    let mut reasons = Vec::new();
    for quantity in &case.claim.quantities {
        let Some(wanted) = claimed_figure(&quantity.surface) else { continue };
        let mut astray = None;
        let mut right = false;
        for grid in &grids {
            for (line, cells) in &grid.lines[grid.heading..] {
                for (column, cell) in cells.iter().enumerate().skip(1) {
                    if figure(cell.text).as_deref() != Some(wanted.as_str()) {
                        continue;
                    }
                    match other_path(grid, claim, &claim_words, cells, column) {
                        None => right = true,
                        Some(other) => {
                            astray = astray.or(Some((*line, cell.clone(), path(grid, cells, column), other)));
                        }
                    }
                }
            }
        }
        if let (false, Some((line, cell, path, other))) = (right, astray) {
            reasons.push(reason(quantity.span, line, cell.span, &quantity.surface, &path, &other));
        }
    }
    reasons
}

/// The digits of a figure as the claim writes it, for comparison with a cell; short ones stand everywhere.
fn claimed_figure(surface: &str) -> Option<String> {
    let number: String = surface.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let number = number.trim_matches('.').trim_end_matches(".0").to_owned();
    (number.chars().filter(char::is_ascii_digit).count() >= 2 && !is_year(surface.trim())).then_some(number)
}

fn path(grid: &Grid<'_>, cells: &[Cell<'_>], column: usize) -> String {
    let row = cells.first().map_or("", |c| c.text);
    std::iter::once(row).chain(grid.above(column)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" › ")
}

/// What the claim names instead of this cell's row or column, where it names another and not this one.
fn other_path(
    grid: &Grid<'_>,
    claim: &str,
    claim_words: &[String],
    cells: &[Cell<'_>],
    column: usize,
) -> Option<String> {
    let says = |heading: &str| names(claim, claim_words, heading);
    let row = cells.first().map_or("", |c| c.text);
    if !row.is_empty() && !says(row) {
        let own = words(row);
        let other = grid.lines[grid.heading..].iter().filter_map(|(_, cells)| cells.first()).find(|other| {
            // "Total sales" is not another row for a claim about sales, and a part of this name is no other name.
            other.text != row && says(other.text) && !words(other.text).iter().all(|word| own.contains(word))
        });
        if let Some(other) = other {
            return Some(other.text.to_owned());
        }
    }
    let above = grid.above(column);
    if above.iter().any(|heading| says(heading)) || above.is_empty() {
        return None;
    }
    let columns = grid.lines[..grid.heading].iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    (1..columns)
        .filter(|other| *other != column)
        .flat_map(|other| grid.above(other))
        .find(|heading| !above.contains(heading) && says(heading))
        .map(str::to_owned)
}

fn reason(claim: Span, line: &SourceSentence<'_>, cell: Span, figure: &str, path: &str, other: &str) -> Reason {
    let (figure, label) = (figure.trim(), line.label);
    Reason {
        code: "R32",
        effect: Effect::Flag,
        claim_span: Some(claim),
        evidence: Some(line.at(cell)),
        comparison: Some(Comparison { claim: other.to_owned(), source: path.to_owned(), relation: "≠".to_owned() }),
        message: Message::new(
            format!("表格位置不符：{label}中“{figure}”属于“{path}”，断言说的是“{other}”。"),
            format!("Place in the table: in {label} “{figure}” stands under “{path}”; the claim names “{other}”."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            document::{DocumentMeta, Domain},
            text::Lang,
        },
        text::{lang, sentence},
        verify::read,
    };

    const SALES: &str = "|  |  | Years Ended September 30, |  |\n| --- | --- | --- | --- |\n|  | 2019 | 2018 | 2017 |\n\
                         | Fixed Price | $  1,452.4 | $  1,146.2 | $  1,036.9 |\n| Other | 44.1 | 56.7 | 70.8 |\n\
                         | Total sales | $1,496.5 | $1,202.9 | $1,107.7 |";
    const INCOME: &str = "| 项目 | 2023年 | 2022年 |\n|---|---|---|\n| 营业收入 | 1,503.2 | 1,275.5 |\n\
                          | 净利润 | 747.3 | 627.2 |\n| 研发费用 | 21.6 | 18.4 |";

    fn effect(claim: &str, source: &str) -> Option<Effect> {
        let meta = DocumentMeta::plain("table", "", Lang::Zh, Domain::Finance);
        let sources = sentence::sentences(source)
            .into_iter()
            .filter_map(|span| {
                let text = span.of(source)?;
                Some(SourceSentence {
                    label: Label(1),
                    meta: &meta,
                    locator: "",
                    path: &[],
                    offset: span.start(),
                    unit: read::unit(text, lang::detect(text)),
                    coverage: 0.5,
                })
            })
            .collect();
        let case = Case { claim: read::unit(claim, lang::detect(claim)), question: None, as_of: None, sources };
        let reasons = check(&case);
        for reason in &reasons {
            let at = reason.evidence.expect("it shows the cell");
            assert!(at.span.of(source).is_some_and(|cell| figure(cell).is_some()), "{reason:?}");
        }
        reasons.iter().map(|r| r.effect).max()
    }

    #[test]
    fn a_figure_of_another_row_or_column_is_flagged() {
        for (claim, source) in [
            ("Fixed Price sales in 2018 were $1,452.4 million.", SALES),
            ("In 2017 total sales were $1,202.9 million.", SALES),
            ("Total sales were $1,452.4 million.", SALES),
            ("Total sales in 2019 were $1,452.4 million.", SALES),
            ("Fixed Price contracts brought $1,496.5 million in 2019.", SALES),
            ("Fixed Price sales of 2017 came to 1,146.2.", SALES),
            ("公司2022年营业收入为1,503.2亿元。", INCOME),
            ("公司净利润为1,503.2亿元。", INCOME),
            ("2023年净利润为627.2亿元。", INCOME),
            ("2023年研发费用为747.3亿元。", INCOME),
            ("2022年研发费用21.6亿元。", INCOME),
            ("营业收入由上年的1,275.5亿元增长，净利润达1,503.2亿元，2022年。", INCOME),
        ] {
            assert_eq!(effect(claim, source), Some(Effect::Flag), "{claim}");
        }
    }

    #[test]
    fn a_figure_in_its_place_is_left_alone() {
        for (claim, source) in [
            ("Fixed Price sales in 2019 were $1,452.4 million.", SALES),
            ("In 2018 total sales were $1,202.9 million.", SALES),
            ("Total sales were $1,496.5 million.", SALES),
            ("Sales of $1,146.2 million were reported.", SALES),
            ("Other contracts brought 56.7 in 2018.", SALES),
            ("The company employs 4,500 people.", SALES),
            ("公司2023年营业收入为1,503.2亿元。", INCOME),
            ("净利润为747.3亿元。", INCOME),
            ("2022年净利润为627.2亿元。", INCOME),
            ("研发费用为18.4亿元。", INCOME),
            ("公司2023年实现收入1,503.2亿元。", INCOME),
            ("2022年营业收入1,275.5亿元。", "公司2022年营业收入为1,275.5亿元。"),
        ] {
            assert_eq!(effect(claim, source), None, "{claim}");
        }
    }
}
