//! The cells of one sheet.

use std::collections::{BTreeSet, HashMap};

use super::{
    super::xml::{Element, Ns, Xml},
    format::Formats,
    rich_text,
};
use crate::ingest::read::{
    ReadError,
    sheets::Row,
    table::{Cell, Merged},
};

/// What cells refer to.
pub struct Values<'a> {
    pub strings: &'a [String],
    pub formats: &'a Formats,
    /// Cells that may still be read.
    pub cells_left: usize,
}

/// Rows and columns from 0, both ends included.
struct Area {
    rows: (u32, u32),
    columns: (u32, u32),
}

#[derive(Default)]
struct Raw {
    rows: Vec<(u32, Vec<(u32, String)>)>,
    hidden_columns: Vec<(u32, u32)>,
    hidden_rows: BTreeSet<u32>,
    filtered: bool,
    merged: Vec<Area>,
}

impl Values<'_> {
    /// The rows that hold anything, with merged areas filled in. Hidden columns are left out, and hidden rows unless
    /// a filter hides them for the moment.
    pub fn sheet(&mut self, xml: &mut Xml<'_>) -> Result<Vec<Row>, ReadError> {
        let mut raw = Raw::default();
        while let Some(element) = xml.child(0)? {
            if element.ns != Ns::Sheet {
                continue;
            }
            match element.name.as_str() {
                "col" if is_hidden(&element) => {
                    let bound = |name: &str| element.attr(name).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
                    raw.hidden_columns.push((bound("min").saturating_sub(1), bound("max").saturating_sub(1)));
                }
                "row" => self.row(xml, &element, &mut raw)?,
                "mergeCell" => raw.merged.extend(element.attr("ref").and_then(area)),
                "autoFilter" => raw.filtered = true,
                _ => {}
            }
        }
        Ok(raw.finish())
    }

    fn row(&mut self, xml: &mut Xml<'_>, row: &Element, raw: &mut Raw) -> Result<(), ReadError> {
        let depth = xml.depth();
        let after = raw.rows.last().map_or(0, |(number, _)| number + 1);
        let number = row.attr("r").and_then(|r| r.parse::<u32>().ok()).map_or(after, |r| r.saturating_sub(1));
        if is_hidden(row) {
            raw.hidden_rows.insert(number);
        }
        let mut cells: Vec<(u32, String)> = Vec::new();
        while let Some(element) = xml.child(depth)? {
            if !element.is(Ns::Sheet, "c") {
                continue;
            }
            let after = cells.last().map_or(0, |(column, _)| column + 1);
            let column = element.attr("r").and_then(reference).map_or(after, |(column, _)| column);
            let text = self.cell(xml, &element)?;
            if !text.is_empty() {
                self.cells_left = self.cells_left.checked_sub(1).ok_or_else(|| {
                    ReadError::Bomb(format!("it has more than {} cells; export it in parts", super::MOST_CELLS))
                })?;
                cells.push((column, text));
            }
        }
        if !cells.is_empty() {
            raw.rows.push((number, cells));
        }
        Ok(())
    }

    /// What a cell shows. A formula shows the value that was kept when the workbook was saved.
    fn cell(&self, xml: &mut Xml<'_>, cell: &Element) -> Result<String, ReadError> {
        let depth = xml.depth();
        let (mut value, mut inline) = (String::new(), None);
        while let Some(element) = xml.child(depth)? {
            match element.name.as_str() {
                "v" => value = xml.text()?,
                "is" => inline = Some(rich_text(xml)?),
                _ => {}
            }
        }
        let style = cell.attr("s").and_then(|s| s.parse().ok()).unwrap_or(0);
        Ok(match cell.attr("t").unwrap_or("n") {
            "s" => {
                let at: Option<usize> = value.trim().parse().ok();
                match at.and_then(|at| self.strings.get(at)) {
                    Some(text) => text.clone(),
                    None if value.is_empty() => String::new(),
                    None => {
                        return Err(ReadError::DamagedFile("a cell refers to a text that is not there".to_owned()));
                    }
                }
            }
            "inlineStr" => inline.unwrap_or_default(),
            "b" => match value.trim() {
                "1" => "TRUE".to_owned(),
                "0" => "FALSE".to_owned(),
                other => other.to_owned(),
            },
            "str" | "e" => value,
            "d" => value.trim().trim_end_matches("T00:00:00").replace('T', " "),
            _ => match value.trim().parse::<f64>() {
                Ok(number) => self.formats.shown(number, style),
                Err(_) => value,
            },
        })
    }
}

impl Raw {
    fn finish(self) -> Vec<Row> {
        let Self { rows, hidden_columns, hidden_rows, filtered, merged } = self;
        let shown = |column: u32| !hidden_columns.iter().any(|(min, max)| (*min..=*max).contains(&column));
        // Columns that hold nothing anywhere take no place, so that a stray cell far out costs nothing.
        let used: BTreeSet<u32> =
            rows.iter().flat_map(|(_, cells)| cells.iter().map(|(column, _)| *column)).filter(|c| shown(*c)).collect();
        let place: HashMap<u32, usize> = used.iter().enumerate().map(|(at, column)| (*column, at)).collect();
        let mut finished: Vec<Row> = rows
            .into_iter()
            .filter(|(number, _)| filtered || !hidden_rows.contains(number))
            .map(|(number, texts)| {
                let last = texts.iter().filter_map(|(column, _)| place.get(column)).max().map_or(0, |at| at + 1);
                let mut cells = vec![Cell::default(); last];
                for (column, text) in texts {
                    if let Some(cell) = place.get(&column).and_then(|at| cells.get_mut(*at)) {
                        *cell = Cell::new(&text);
                    }
                }
                Row { number: number + 1, cells }
            })
            .filter(|row| row.cells.iter().any(|cell| !cell.text.is_empty()))
            .collect();
        for area in merged {
            fill(&mut finished, &area, &used);
        }
        finished
    }
}

/// Repeats the text of a merged area's first cell over the area.
fn fill(rows: &mut [Row], area: &Area, used: &BTreeSet<u32>) {
    let (first, last) = (area.rows.0 + 1, area.rows.1 + 1);
    let columns: Vec<usize> = used
        .iter()
        .enumerate()
        .filter(|(_, column)| (area.columns.0..=area.columns.1).contains(column))
        .map(|(at, _)| at)
        .collect();
    let start = rows.partition_point(|row| row.number < first);
    let (Some(&left), Some(top)) = (columns.first(), rows.get(start)) else { return };
    if top.number != first || !used.contains(&area.columns.0) {
        return;
    }
    let Some(text) = top.cells.get(left).map(|cell| cell.text.clone()).filter(|text| !text.is_empty()) else { return };
    for row in rows[start..].iter_mut().take_while(|row| row.number <= last) {
        let width = columns.last().map_or(0, |at| at + 1).max(row.cells.len());
        row.cells.resize(width, Cell::default());
        for &at in &columns {
            if row.number == first && at == left {
                continue;
            }
            let from = if at > left { Merged::Left } else { Merged::Above };
            row.cells[at] = Cell { text: text.clone(), merged: Some(from) };
        }
    }
}

fn is_hidden(element: &Element) -> bool {
    matches!(element.attr("hidden"), Some("1" | "true"))
}

/// "BC12" as column and row from 0.
fn reference(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let mut column = 0_u32;
    for c in letters.chars().filter(|c| *c != '$') {
        let letter = u32::from(c.to_ascii_uppercase()).checked_sub(64).filter(|n| (1..=26).contains(n))?;
        column = column.checked_mul(26)?.checked_add(letter)?;
    }
    Some((column.checked_sub(1)?, row.trim_start_matches('$').parse::<u32>().ok()?.checked_sub(1)?))
}

fn area(text: &str) -> Option<Area> {
    let (from, to) = text.split_once(':')?;
    let (from, to) = (reference(from)?, reference(to)?);
    Some(Area { rows: (from.1, to.1), columns: (from.0, to.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        assert_eq!(reference("A1"), Some((0, 0)));
        assert_eq!(reference("$BC$12"), Some((54, 11)));
        assert_eq!(reference("XFD1048576"), Some((16_383, 1_048_575)));
        for bad in ["", "A", "1", "A0", "AAAAAAAAAAAA1", "Ä1"] {
            assert_eq!(reference(bad), None, "{bad}");
        }
    }
}
