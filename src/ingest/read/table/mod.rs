//! Tables to sentences: each row says by itself what it says in the table, with the headings above it, the caption and
//! the unit, so that it can be found, quoted and checked without the rest.

mod labels;
mod sentences;
mod unit;

use std::{ops::Range, sync::LazyLock};

pub use labels::{are_counted, are_labels};
use regex::Regex;
use sentences::{Column, Writer};
pub use unit::{Unit, is_currency, is_nothing, is_numeric};
use unit::{counts_what_the_table_counts, is_date, is_figure, is_page};

use super::prose::squeeze;
use crate::text::lang;

/// Whose text a merged cell repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Of the cell on its left.
    Left,
    /// Of the cell above.
    Above,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub merged: Option<Merged>,
}

impl Cell {
    pub fn new(text: &str) -> Self {
        Self { text: squeeze(text), merged: None }
    }

    pub fn merged(text: &str, from: Merged) -> Self {
        Self { text: squeeze(text), merged: Some(from) }
    }
}

/// A table as its source holds it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub rows: Vec<Vec<Cell>>,
    /// How many rows the source marks as headings, where it marks any.
    pub heading_rows: Option<usize>,
    /// What stands above the table, and the unit stated there.
    pub caption: Option<String>,
    pub unit: Option<Unit>,
}

/// A line of the text that a table becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The row that it comes from, from 0.
    pub row: usize,
    pub text: String,
}

/// A table that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Above the table or in its first rows.
    pub caption: Option<String>,
    pub unit: Option<Unit>,
    /// The rows that head its columns.
    pub headings: Vec<Vec<Cell>>,
    pub lines: Vec<Line>,
}

/// More rows of headings than this are data.
const MOST_HEADING_ROWS: usize = 4;
/// Fewer codes say nothing about what stands above them.
const LEAST_CODES: usize = 6;
/// A heading that its last word shows to be one is no longer, in characters.
const LONGEST_ENDING: usize = 6;
/// A caption that is longer, in characters, is not repeated in every row.
const LONGEST_CAPTION: usize = 60;

impl Table {
    /// Reads the table. No text of it is lost: what is no row, heading or caption becomes a line of its own.
    pub fn read(mut self) -> Reading {
        for row in &mut self.rows {
            join_currency(row);
        }
        let width = self.rows.iter().map(|row| used(row)).max().unwrap_or(0);
        let all: String = self.rows.iter().take(50).flatten().map(|cell| cell.text.as_str()).collect();
        let lang = lang::detect(&all);
        if width <= 1 {
            let lone = |(row, cells): (usize, &Vec<Cell>)| {
                let text = &cells.first()?.text;
                (!text.is_empty()).then(|| Line { row, text: text.clone() })
            };
            let lines = self.rows.iter().enumerate().filter_map(lone).collect();
            return Reading { caption: self.caption, lines, ..Reading::default() };
        }
        let first = if self.heading_rows.is_some() { 0 } else { self.leading_rows() };
        let headings = self.heading_rows.unwrap_or_else(|| self.count_heading_rows(first));
        let body = (first + headings).min(self.rows.len());
        self.unit = self.unit_of_headings(first..body).or_else(|| self.unit.take());
        if let Some(unit) = self.unit.take() {
            let mut rows = self.rows[body..].iter().map(|row| figures_of(row)).filter(|figures| !figures.is_empty());
            let (top, rest) = (rows.next().unwrap_or_default(), rows.flatten());
            self.unit = Some(unit.in_currency_of(&top, rest));
        }
        let columns = self.columns(width, first..body);
        let figures = self.figure_columns(width, body);
        let labels = self.label_columns(body, width);
        let mut writer = Writer {
            caption: self.caption.as_deref().map(tidy_caption).filter(|c| !c.is_empty()),
            unit: self.unit.as_ref(),
            columns,
            labels,
            lang,
            group: None,
            lines: Vec::new(),
        };
        for (row, cells) in self.rows.iter().enumerate().take(first) {
            // A caption that is too long is not repeated.
            let text = join(cells.iter().filter(|cell| cell.merged != Some(Merged::Left)), " ");
            let short = Some(tidy_caption(&text)).filter(|short| !short.is_empty());
            let is_told = writer.caption.as_ref().zip(short).is_some_and(|(caption, short)| caption.contains(&short));
            if !is_told && own(cells).any(|text| Unit::stated(text).is_none()) {
                writer.remark(row, &text);
            }
        }
        if body == self.rows.len() {
            // Headings without rows.
            for (row, cells) in self.rows.iter().enumerate().skip(first) {
                writer.remark(row, &join(cells.iter().filter(|c| c.merged.is_none()), " "));
            }
        }
        let corner = self.rows.get(body.saturating_sub(1)).filter(|_| body > first).and_then(|row| row.first());
        let (mut row, mut heads) = (body, first..body);
        while let Some(cells) = self.rows.get(row) {
            let again = self.rows[row..].iter().take_while(|cells| heads_again(cells, corner, &figures)).count();
            if again > 0 && row + again < self.rows.len() {
                writer.close_group();
                // Right under other headings they are the rest of these.
                heads = if heads.end == row { heads.start..row + again } else { row..row + again };
                writer.columns = self.columns(width, heads.clone());
                row += again;
            } else {
                writer.row(row, cells);
                row += 1;
            }
        }
        writer.close_group();
        let lines = writer.lines;
        let headings = self.rows.drain(..body).skip(first).collect();
        let caption = self.caption.as_deref().map(tidy_caption);
        Reading { caption, unit: self.unit, headings, lines }
    }

    /// Takes caption and unit from the rows above the headings; returns how many there are.
    fn leading_rows(&mut self) -> usize {
        let mut at = 0;
        while at + 1 < self.rows.len() {
            let cells: Vec<&str> = own(&self.rows[at]).collect();
            let stated = cells.iter().find_map(|text| Unit::stated(text));
            let lone = cells.len() <= 1;
            // The unit at the corner of headings states it for all.
            if !lone && cells.first().is_some_and(|text| Unit::stated(text).is_some()) {
                self.unit = stated.or_else(|| self.unit.take());
                break;
            }
            if !lone && (stated.is_none() || cells.iter().any(|text| is_figure(text) && !is_date(text))) {
                break;
            }
            let words: Vec<&str> = cells.into_iter().filter(|text| Unit::stated(text).is_none()).collect();
            if !words.is_empty() {
                let more = words.join(" ");
                self.caption = Some(match self.caption.take() {
                    Some(caption) if caption.contains(&more) => caption,
                    Some(caption) => format!("{caption} {more}"),
                    None => more,
                });
            }
            self.unit = stated.or_else(|| self.unit.take());
            at += 1;
        }
        at
    }

    /// Rows of headings, from row `first` on: those joined to the first by merged cells, and a row of units.
    fn count_heading_rows(&self, first: usize) -> usize {
        let Some(top) = self.rows.get(first) else { return 0 };
        let figures = |row: &[Cell]| row.iter().skip(1).any(|cell| is_data(&cell.text));
        if figures(top) && !are_labels(&self.rows, first) || (self.is_pairs(first) && !is_generic(top)) {
            return 0;
        }
        let mut count = 1;
        while count < MOST_HEADING_ROWS
            && let (Some(last), Some(next)) = (self.rows.get(first + count - 1), self.rows.get(first + count))
        {
            let spans = last.iter().any(|cell| cell.merged == Some(Merged::Left));
            let hangs = next.iter().any(|cell| cell.merged == Some(Merged::Above));
            let mut texts = own(next).peekable();
            let is_unit = |text: &str| Unit::named(text).is_some() || Unit::stated(text).is_some() || is_money(text);
            let units = texts.peek().is_some() && texts.all(is_unit);
            let unnamed = |row: &[Cell]| row.first().is_some_and(|cell| cell.text.is_empty());
            let over_figures = || self.rows[first + count + 1..].iter().any(|row| figures(row));
            let wraps = unnamed(last) && unnamed(next) && own(next).count() > 1 && over_figures();
            if figures(next) || !(units || wraps || (spans && own(next).count() > 1) || (hangs && spans)) {
                break;
            }
            count += 1;
        }
        count
    }

    /// Names and values side by side, without headings: two columns, and the second is no column of figures.
    fn is_pairs(&self, first: usize) -> bool {
        let rest = || self.rows.iter().skip(first + 1);
        let figures = rest().filter(|row| row.get(1).is_some_and(|cell| is_data(&cell.text))).count();
        let narrow = self.rows.iter().skip(first).all(|row| used(row) <= 2);
        narrow && figures * 2 < rest().count() && !(0..2).any(|at| self.has_heading_of_its_own(first, at))
    }

    /// Whether a column of codes or commands stands under a Chinese heading.
    fn has_heading_of_its_own(&self, first: usize, at: usize) -> bool {
        let text = |row: usize| self.rows[row].get(at).map_or("", |cell| cell.text.as_str());
        let wide = |text: &str| text.starts_with(|c: char| c.is_alphabetic() && c >= '\u{2e80}');
        let codes = (first + 1..self.rows.len()).map(text).filter(|text| !text.is_empty());
        wide(text(first)) && codes.clone().count() >= LEAST_CODES && !codes.into_iter().any(wide)
    }

    /// The columns under these rows of headings.
    fn columns(&self, width: usize, headings: Range<usize>) -> Vec<Column> {
        (0..width).map(|at| self.column(at, headings.clone())).collect()
    }

    /// The unit that these rows of headings state for all columns: over the names of the rows, or alone.
    fn unit_of_headings(&self, headings: Range<usize>) -> Option<Unit> {
        let rows = || self.rows[headings.clone()].iter().rev();
        let over_names = rows().find_map(|row| Unit::money(&row.first()?.text));
        over_names.map(|(unit, _)| unit).or_else(|| rows().find_map(|row| Unit::stated(own(row).next()?)))
    }

    /// Which columns hold figures in most of the rows from `body` on that have anything there.
    fn figure_columns(&self, width: usize, body: usize) -> Vec<bool> {
        let filled = |at: usize| {
            self.rows[body..].iter().filter_map(move |row| row.get(at)).filter(|cell| !is_nothing(&cell.text))
        };
        let data = |at: usize| filled(at).filter(|cell| is_data(&cell.text)).count();
        (0..width).map(|at| data(at) > 0 && data(at) * 2 >= filled(at).count()).collect()
    }

    fn column(&self, at: usize, headings: Range<usize>) -> Column {
        let (mut path, mut money): (Vec<&str>, Option<Unit>) = (Vec::new(), None);
        for row in &self.rows[headings] {
            let text = row.get(at).map_or("", |cell| cell.text.as_str());
            let (unit, text) = Unit::money(text).map_or((None, text), |(unit, rest)| (Some(unit), rest));
            money = unit.or(money);
            let text = without_stated_unit(text);
            if !text.is_empty() && path.last() != Some(&text) {
                path.push(text);
            }
        }
        let named = path.iter().rev().find_map(|text| Unit::named(text).or_else(|| Unit::bracketed(text)));
        let unit = money.or(named);
        path.retain(|text| Unit::named(text).is_none());
        // The innermost heading says what is counted.
        let counts = path.last().is_none_or(|name| counts_what_the_table_counts(name));
        Column { counts, name: path.join(" / "), unit }
    }

    /// How many columns name the row: the first, and those after a number or a merged name.
    fn label_columns(&self, body: usize, width: usize) -> usize {
        let names_more = |at: usize| {
            let merged =
                self.rows[body..].iter().any(|row| row.get(at).is_some_and(|c| c.merged == Some(Merged::Above)));
            let serial = self.rows[body..].iter().filter_map(|row| row.get(at)).filter(|c| !c.text.is_empty());
            let serial = serial.clone().count() > 0
                && serial.clone().all(|c| c.text.len() <= 4 && c.text.chars().all(|c| c.is_ascii_digit() || c == '.'));
            merged || serial
        };
        let mut labels = 1;
        while labels + 1 < width && names_more(labels - 1) {
            labels += 1;
        }
        labels
    }
}

fn figures_of(row: &[Cell]) -> Vec<&str> {
    row.iter().map(|cell| cell.text.as_str()).filter(|text| is_figure(text)).collect()
}

/// A heading without "(in thousands)" and the like at its end, and without "单位：万元": they stand behind the figures.
fn without_stated_unit(heading: &str) -> &str {
    let text = heading.trim_end();
    let start = text.trim_start_matches(['(', '（']);
    if ["单位", "金额单位"].iter().any(|word| start.starts_with(word)) && Unit::stated(text).is_some() {
        return "";
    }
    let inside = text.strip_suffix([')', '）']).and_then(|text| text.rfind(['(', '（']));
    let states = |at: &usize| text[*at..].to_lowercase().starts_with("(in ") && Unit::stated(&text[*at..]).is_some();
    inside.filter(states).map_or(heading, |at| text[..at].trim_end())
}

/// Whether a row among the others heads those below it anew: several words over columns of figures, beside nothing or beside
/// what stands in the `corner` of the headings.
fn heads_again(row: &[Cell], corner: Option<&Cell>, figures: &[bool]) -> bool {
    let Some((name, cells)) = row.split_first() else { return false };
    let words = cells
        .iter()
        .zip(figures.iter().skip(1))
        .filter(|(cell, _)| cell.merged != Some(Merged::Left) && !is_nothing(&cell.text));
    let beside = name.text.is_empty() || corner.is_some_and(|corner| corner.text == name.text);
    beside && words.clone().count() > 1 && words.clone().all(|(cell, figures)| *figures && !is_data(&cell.text))
}

/// Headings of first columns that add nothing to what stands under them.
const GENERIC: &[&str] = &["", "项目", "科目", "指标", "名称", "内容", "item", "items", "name", "description"];

fn adds_nothing(heading: &str) -> bool {
    GENERIC.iter().any(|generic| heading.eq_ignore_ascii_case(generic))
}

/// Headings that a table of names and values has where it has any.
fn is_generic(row: &[Cell]) -> bool {
    const HEADINGS: &[&str] = &[
        "序号",
        "金额",
        "数值",
        "数量",
        "说明",
        "备注",
        "定义",
        "释义",
        "标准",
        "要求",
        "Value",
        "Amount",
        "Meaning",
        "Definition",
        "Term",
        "Parameter",
        "Field",
        "Key",
    ];
    const ENDINGS: &[&str] = &["名称", "功能", "含义", "说明", "用途", "作用", "描述", "类型", "备注", "定义"];
    let heads = |text: &str| {
        let short = text.chars().count() <= LONGEST_ENDING;
        adds_nothing(text) || HEADINGS.contains(&text) || short && ENDINGS.iter().any(|end| text.ends_with(end))
    };
    own(row).any(|text| !text.is_empty() && heads(text))
}

/// Whether a cell holds data: a figure that is no year or day, which would head a column, or the number of a page.
pub fn is_data(text: &str) -> bool {
    is_numeric(text) && !is_date(text) && !is_money(text) || is_page(text)
}

/// "£m" and "$000", which head columns although they may be digits.
fn is_money(text: &str) -> bool {
    Unit::money(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Whether a line above a table names it, by the way it begins.
pub fn is_caption(line: &str) -> bool {
    static CAPTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:续?表|附表|附录|Table|TABLE|Exhibit|Schedule)\s*[\d一二三四五六七八九十A-Z][^。]*$")
            .expect("a constant pattern")
    });
    CAPTION.is_match(line)
}

/// Texts of cells that are not copies of the cell on their left.
fn own(row: &[Cell]) -> impl Iterator<Item = &str> {
    row.iter()
        .filter(|cell| cell.merged != Some(Merged::Left) && !is_nothing(&cell.text))
        .map(|cell| cell.text.as_str())
}

fn join<'a>(cells: impl Iterator<Item = &'a Cell>, by: &str) -> String {
    cells.map(|cell| cell.text.as_str()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(by)
}

/// Columns up to the last that holds anything.
fn used(row: &[Cell]) -> usize {
    row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1)
}

/// Filings set "$" and ")" or "%" in cells of their own.
fn join_currency(row: &mut [Cell]) {
    for at in 1..row.len() {
        let (before, rest) = row.split_at_mut(at);
        let (Some(before), Some(cell)) = (before.last_mut(), rest.first_mut()) else { continue };
        if is_currency(&before.text) && is_figure(&cell.text) {
            cell.text.insert_str(0, &before.text);
            before.text.clear();
        } else if matches!(cell.text.as_str(), ")" | "%" | "%)") && before.text.ends_with(|c: char| c.is_ascii_digit())
        {
            before.text.push_str(&cell.text);
            cell.text.clear();
        }
    }
}

/// Without the unit, which stands behind the figures, and short enough to be repeated.
fn tidy_caption(caption: &str) -> String {
    let caption = squeeze(caption);
    let words: Vec<&str> =
        caption.split(' ').filter(|word| !(Unit::stated(word).is_some() || word.starts_with("币种"))).collect();
    let caption = words.join(" ");
    let caption = caption.trim_matches(['：', ':', '。', '.', ' ', '，', ',']);
    if caption.chars().count() > LONGEST_CAPTION { String::new() } else { caption.to_owned() }
}

#[cfg(test)]
mod tests;
