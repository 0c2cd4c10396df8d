//! The rows of a table as sentences.

use super::{
    Cell, Line, Merged, adds_nothing, is_data, own,
    unit::{Unit, counts_things, counts_what_the_table_counts, is_nothing},
};
use crate::domain::text::Lang;

/// A lone cell that is longer, in characters, is a remark and heads no rows.
const LONGEST_GROUP: usize = 40;
/// A cell over several columns that is longer, in characters, is written once.
const LONGEST_REPEATED: usize = 40;

/// A column, as its headings tell.
pub struct Column {
    /// The headings above it, outermost first.
    pub name: String,
    pub unit: Option<Unit>,
    /// Its figures count what the table counts.
    pub counts: bool,
}

/// Writes the rows in order.
pub struct Writer<'a> {
    pub caption: Option<String>,
    pub unit: Option<&'a Unit>,
    pub columns: Vec<Column>,
    pub labels: usize,
    pub lang: Lang,
    /// A row that names those after it, its row number, and whether any row used it.
    pub group: Option<(String, usize, bool)>,
    pub lines: Vec<Line>,
}

impl Writer<'_> {
    pub fn row(&mut self, row: usize, cells: &[Cell]) {
        let mut texts = own(cells);
        let (first, more) = (texts.next(), texts.next().is_some());
        let Some(first) = first else { return };
        let filled = cells.iter().enumerate().filter(|(_, cell)| !is_nothing(&cell.text)).map(|(at, _)| at);
        let over_all = cells.len() > 2 && cells[2..].iter().all(|cell| cell.merged == Some(Merged::Left));
        if !more && (filled.clone().next() == Some(0) || over_all && !is_data(first)) {
            let note = first.starts_with(['注', '*', '※']) || first.to_lowercase().starts_with("note");
            let name = first.trim_end_matches(['：', ':']);
            if note || name.is_empty() || first.chars().count() > LONGEST_GROUP {
                self.remark(row, first);
            } else {
                self.close_group();
                self.group = Some((name.to_owned(), row, false));
            }
            return;
        }
        let text = self.sentence(cells);
        self.lines.push(Line { row, text });
    }

    pub fn remark(&mut self, row: usize, text: &str) {
        self.lines.push(Line { row, text: text.to_owned() });
    }

    /// A group without rows was a remark.
    pub fn close_group(&mut self) {
        if let Some((text, row, false)) = self.group.take() {
            self.remark(row, &text);
        }
    }

    fn sentence(&mut self, cells: &[Cell]) -> String {
        let (comma, colon, semicolon, stop) = match self.lang {
            Lang::Zh => ("，", "：", "；", "。"),
            Lang::En => (", ", ": ", "; ", "."),
        };
        let label = self.label(cells);
        let own_unit = Unit::bracketed(&label);
        let counts = counts_what_the_table_counts(&label);
        let bare = self.unit.filter(|_| counts_things(&label)).map(Unit::without_currency);
        let of_table = bare.as_ref().or(self.unit).filter(|_| counts);
        let values: Vec<String> = (self.labels..cells.len())
            .filter(|at| cells[*at].merged != Some(Merged::Left) && !is_nothing(&cells[*at].text))
            .flat_map(|at| {
                let value = value(&cells[at].text, self.columns.get(at), own_unit.as_ref(), of_table, counts);
                // A cell over several columns holds for each of them.
                let over = cells[at + 1..].iter().take_while(|cell| cell.merged == Some(Merged::Left)).count();
                let mut names: Vec<&str> = self.columns[at.min(self.columns.len())..]
                    .iter()
                    .take(over + 1)
                    .map(|column| column.name.as_str())
                    .filter(|name| !adds_nothing(name))
                    .collect();
                names.dedup();
                let joined = names.join(if self.lang == Lang::Zh { "、" } else { ", " });
                if names.is_empty() || value.chars().count() > LONGEST_REPEATED {
                    names = vec![&joined];
                }
                let with = |name: &str| if name.is_empty() { value.clone() } else { format!("{name} {value}") };
                names.into_iter().map(with).collect::<Vec<_>>()
            })
            .collect();
        let mut sentence = String::new();
        if let Some(caption) = &self.caption
            && !label.contains(caption.as_str())
        {
            sentence.push_str(caption);
            sentence.push_str(comma);
        }
        sentence.push_str(&label);
        if !values.is_empty() {
            sentence.push_str(if label.is_empty() { "" } else { colon });
            sentence.push_str(&values.join(semicolon));
        }
        if !sentence.ends_with(['。', '.', '！', '？', '!', '?', '；', ';']) {
            sentence.push_str(stop);
        }
        sentence
    }

    /// What names the row: the group above it and its first cells, each with its heading where that says something.
    fn label(&mut self, cells: &[Cell]) -> String {
        let mut parts: Vec<String> = Vec::new();
        let first = cells.first().map_or("", |cell| cell.text.as_str());
        if sums_up(first) {
            self.close_group();
        } else if let Some((group, _, is_used)) = &mut self.group {
            *is_used = true;
            parts.push(group.clone());
        }
        for (at, cell) in cells.iter().enumerate().take(self.labels) {
            // Even "-" names a row, as a key or an option does.
            if cell.text.is_empty() || at > 0 && is_nothing(&cell.text) || cell.merged == Some(Merged::Left) {
                continue;
            }
            let name = self.columns.get(at).map_or("", |column| column.name.as_str());
            parts.push(if adds_nothing(name) { cell.text.clone() } else { format!("{name} {}", cell.text) });
        }
        parts.join(" / ")
    }
}

/// A cell with the unit of its row, its column or the table.
fn value(
    text: &str,
    column: Option<&Column>,
    own_unit: Option<&Unit>,
    of_table: Option<&Unit>,
    counts: bool,
) -> String {
    let unit = match (own_unit, column.and_then(|column| column.unit.as_ref())) {
        // The growth of an amount is a ratio.
        (Some(_), Some(column)) if column.is_ratio() => Some(column),
        (None, Some(unit)) if unit.is_money() => Some(unit).filter(|_| counts),
        (Some(unit), _) | (None, Some(unit)) => Some(unit),
        (None, None) => of_table.filter(|_| column.is_none_or(|column| column.counts)),
    };
    unit.map_or_else(|| text.to_owned(), |unit| unit.behind(text))
}

/// A total over several groups belongs to none of them.
fn sums_up(label: &str) -> bool {
    label.contains("总计") || label.starts_with("合计") || label.to_lowercase().starts_with("total ")
}
