//! The row of a table, read cell by cell.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::case::Unit;
use crate::{
    domain::text::Span,
    text::{
        asked::content,
        date::{DateMention, DateRelation, When},
        quantity::Quantity,
        sentence::{BETWEEN_CELLS, split_row},
    },
};

/// `name: heading figure; heading figure.`
#[derive(Clone, Debug)]
pub struct Row {
    /// What names it, in words that carry content.
    name: HashSet<String>,
    /// What it is called where its figure is positive, and where it is negative, if its name tells: "Net income (loss)",
    /// 净利润（净亏损以“－”号填列）.
    by_sign: Option<[HashSet<String>; 2]>,
    /// It names a loss, and the sign of its figures is a matter of taste.
    is_loss: bool,
    cells: Vec<Cell>,
}

/// The words by which a claim names a row.
#[derive(Clone, Copy, Debug)]
pub struct Name<'r> {
    pub words: &'r HashSet<String>,
    /// They tell the sign of the figure, so that only its size counts: a loss of 5 is -5 of the net income.
    pub tells_sign: bool,
}

#[derive(Clone, Debug)]
pub struct Cell {
    /// The heading's words, without its dates.
    pub heading: HashSet<String>,
    /// The one date with a year in its heading.
    date: Option<When>,
    /// Which figure of the row's sentence it is.
    figure: usize,
}

impl Row {
    /// Reads a sentence of this form (`sentence::is_row`).
    pub fn of(row: &Unit<'_>) -> Option<Self> {
        let (name, cells) = split_row(row.text)?;
        let name = tidy(name);
        let by_sign = by_sign(&name).map(|both| both.map(|name| content(&name).collect()));
        // "Net loss (income)" tells by the sign which of the two it is.
        let is_loss = LOSS.is_match(&name) && !name.contains(['(', '（']);
        let name = content(&name).collect();
        let mut at = row.text.len() - cells.len();
        let mut read = Vec::new();
        for part in cells.split_inclusive(BETWEEN_CELLS) {
            let own = Span::new(at, at + part.len());
            at = own.end();
            read.extend(Cell::of(row, own));
        }
        Some(Self { name, by_sign, is_loss, cells: read })
    }

    /// By what these words name the row, of a figure that is `negative` or not: all of its name, or what it is called with
    /// such a figure. `None` where they do not.
    pub fn named_by(&self, named: &HashSet<String>, negative: bool) -> Option<Name<'_>> {
        let is_named = |words: &&HashSet<String>| !words.is_empty() && words.is_subset(named);
        let whole = Some(&self.name).filter(is_named).map(|words| Name { words, tells_sign: self.is_loss });
        whole.or_else(|| {
            let words = Some(&self.by_sign.as_ref()?[usize::from(negative)]).filter(is_named)?;
            Some(Name { words, tells_sign: negative })
        })
    }

    /// The one cell of this date. What its headings tell besides ("six months", "restated") must be named.
    pub fn cell(&self, date: &DateMention, named: &HashSet<String>) -> Option<&Cell> {
        let of_date = |cell: &&Cell| cell.date.is_some_and(|own| is_period(date.when, own));
        let mut cells = self.cells.iter().filter(of_date);
        let (cell, more) = (cells.next()?, cells.next());
        (more.is_none() && cell.heading.is_subset(named)).then_some(cell)
    }

    /// The one cell with the headings of this, so many years later.
    pub fn years_from(&self, cell: &Cell, years: i32) -> Option<&Cell> {
        let wanted = cell.date?.years_later(years)?;
        let mut cells = self.cells.iter().filter(|other| other.date == Some(wanted) && other.heading == cell.heading);
        cells.next().filter(|_| cells.next().is_none())
    }

    /// Its later and its earlier cell, where it has two dated ones a year apart, of the same headings.
    pub fn only_two(&self) -> Option<(&Cell, &Cell)> {
        let dated: Vec<&Cell> = self.cells.iter().filter(|cell| cell.date.is_some()).collect();
        let [one, other] = dated.as_slice() else { return None };
        let follows = |now: &Cell, before: &Cell| {
            now.heading == before.heading && before.date.and_then(|date| date.years_later(1)) == now.date
        };
        match (follows(one, other), follows(other, one)) {
            (true, _) => Some((one, other)),
            (_, true) => Some((other, one)),
            _ => None,
        }
    }
}

impl Cell {
    /// The cell at `own`: its last figure, and before it what heads it.
    fn of(row: &Unit<'_>, own: Span) -> Option<Self> {
        let mut dates: Vec<&DateMention> = row.dates.iter().filter(|date| own.contains(date.span)).collect();
        let is_figure = |q: &Quantity| own.contains(q.span) && !dates.iter().any(|date| date.span.overlaps(q.span));
        let figure = row.quantities.iter().rposition(is_figure)?;
        let mut heading = String::new();
        let mut from = own.start();
        for date in &dates {
            heading.push_str(row.text.get(from..date.span.start()).unwrap_or_default());
            heading.push(' ');
            from = date.span.end();
        }
        heading.push_str(row.text.get(from..row.quantities[figure].span.start()).unwrap_or_default());
        let heading = content(&heading).collect();
        // "Year ended December 31," over "2019": the year is what tells the columns apart.
        dates.retain(|date| date.when.year().is_some());
        let date = if let [date] = dates.as_slice() { Some(date.when) } else { None };
        Some(Self { heading, date, figure })
    }

    /// Its figure, of the row that it was read from.
    pub fn figure<'r>(&self, row: &'r Unit<'_>) -> &'r Quantity {
        &row.quantities[self.figure]
    }
}

static LOSS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:(?:total|net|operating|gross) )*loss(?:es)?\b|亏损$").expect("a constant pattern")
});

/// A name without the statement that it stands in, where that is one of the whole company, and without its place there:
/// "合并利润表，", "四、", "（一）", "1.", "其中：". The statement of the parent alone, of a segment or of a quarter is part of it.
fn tidy(name: &str) -> String {
    static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^(?:(?:合并)?(?:利润表|资产负债表|现金流量表|综合收益表|主要会计数据(?:和财务指标)?|主要财务(?:数据|指标))，
            |(?:(?:condensed|consolidated|selected|summary)\s)*(?:statements?\sof\s(?:operations|income|earnings|cash\sflows?)
            |balance\ssheets?|income\sstatements?|financial\s(?:data|highlights)),\s)",
        )
        .expect("a constant pattern")
    });
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(^|/ |，)\s*(?:\d{1,2}\.\s?(\p{Han})|(?:(?:[一二三四五六七八九十]{1,3}、|[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]|\d{1,2}[．、])\s?)?(?:(?:其中|加|减)[:：])?)",
        )
        .expect("a constant pattern")
    });
    PLACE.replace_all(&STATEMENT.replace(name, ""), "$1$2").into_owned()
}

/// What the row is called with a positive figure and with a negative one. English statements put the other name behind the
/// word that it stands for; Chinese ones say which name the minus has (企业会计准则第30号——财务报表列报, 应用指南).
fn by_sign(name: &str) -> Option<[String; 2]> {
    static EN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(.*?)\b(provided by|\w+) \((loss(?:es)?|deficit|expenses?|benefit|used (?:in|for)|decrease|outflow)\)(.*)$",
        )
        .expect("a constant pattern")
    });
    static ZH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(.*?)(净?(?:利润|收益|利得)(?:总额)?)[（(](净?(?:亏损|损失)(?:总额)?)以[^（）()]{1,6}号填列[）)](.*)$",
        )
        .expect("a constant pattern")
    });
    let found = EN.captures(name).or_else(|| ZH.captures(name))?;
    Some([2, 3].map(|own| format!("{}{}{}", &found[1], &found[own], &found[4])))
}

/// Whether a column of this date has the figures of the period that is claimed: the same one; its closing day, where a year
/// is claimed; the year, where its last day is. Of a quarter, the year says nothing.
fn is_period(claimed: When, column: When) -> bool {
    let last_day = |when: When| matches!(when, When::Day { month: Some(12), day: 31, .. });
    match claimed.against(column) {
        DateRelation::Same => true,
        DateRelation::Within => matches!((claimed, column), (When::Year(_), When::Day { .. })),
        DateRelation::Coarser => last_day(claimed) && matches!(column, When::Year(_)),
        DateRelation::Different | DateRelation::Unclear => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_statement_is_no_name() {
        for (name, tidied) in [
            ("合并利润表，1.归属于母公司股东的净利润", "归属于母公司股东的净利润"),
            ("减：营业成本", "营业成本"),
            ("（一）持续经营净利润", "持续经营净利润"),
            ("母公司利润表，四、净利润", "母公司利润表，净利润"),
            ("Consolidated Balance Sheets, Inventories", "Inventories"),
            ("5.25% senior notes", "5.25% senior notes"),
            ("十年期国债", "十年期国债"),
        ] {
            assert_eq!(tidy(name), tidied);
        }
    }
}
