//! Tables of a page: cells with the columns and rows that they take.

use super::super::{
    prose::squeeze,
    table::{Cell, Merged, Table},
};

/// A cell takes no more columns or rows (HTML Living Standard, 4.9.11).
const MOST_COLUMNS: usize = 1000;
const MOST_ROWS: usize = 65_534;
/// A table holds no more copies of cells that reach over several places; what is beyond stands in its first place alone.
const MOST_COPIES: usize = 1 << 16;
/// Tables with longer cells, in characters, lay out the page.
const LONGEST_CELL: usize = 400;

/// How many columns and rows a cell takes.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub columns: usize,
    pub rows: usize,
}

impl Reach {
    /// From the attributes `colspan` and `rowspan`; what cannot be read is one.
    pub fn new(columns: Option<&str>, rows: Option<&str>) -> Self {
        let read = |value: Option<&str>, most: usize| {
            value.and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, most)
        };
        Self { columns: read(columns, MOST_COLUMNS), rows: read(rows, MOST_ROWS) }
    }
}

/// A table that is being read.
#[derive(Debug, Default)]
pub struct Grid {
    rows: Vec<Vec<Cell>>,
    /// The row that is open.
    open: Vec<Cell>,
    /// Whether all cells of the open row are headings.
    heads: bool,
    /// The first rows whose cells are all headings.
    headings: usize,
    /// Of each column, what reaches down into it and for how many rows more.
    above: Vec<(usize, String)>,
    copies: usize,
    pub caption: Option<String>,
}

/// What a table is.
#[derive(Debug)]
pub enum Kind {
    /// Figures and words in rows and columns.
    Data(Table),
    /// It lays out the page: the texts of its cells.
    Layout(Vec<String>),
}

impl Grid {
    pub fn begin_row(&mut self) {
        self.open.clear();
        self.heads = true;
    }

    pub fn cell(&mut self, text: &str, reach: Reach, heads: bool) {
        self.reach_down();
        self.heads &= heads;
        // Lines of a cell stay lines until it is known what the table is. Copies count in data alone.
        let text = text.trim();
        let copy = if is_short(text) { text } else { "" };
        for at in 0..reach.columns {
            if at > 0 && !self.may_copy() {
                return;
            }
            let column = self.open.len();
            if reach.rows > 1 {
                self.above.resize(self.above.len().max(column + 1), (0, String::new()));
                self.above[column] = (reach.rows - 1, copy.to_owned());
            }
            let (text, merged) = if at == 0 { (text, None) } else { (copy, Some(Merged::Left)) };
            self.open.push(Cell { text: text.to_owned(), merged });
        }
    }

    /// Takes what the cells of rows above leave in the next columns.
    fn reach_down(&mut self) {
        while self.above.get(self.open.len()).is_some_and(|(rows, _)| *rows > 0) && self.may_copy() {
            let (rows, text) = &mut self.above[self.open.len()];
            *rows -= 1;
            self.open.push(Cell { text: text.clone(), merged: Some(Merged::Above) });
        }
    }

    fn may_copy(&mut self) -> bool {
        self.copies += 1;
        self.copies <= MOST_COPIES
    }

    pub fn end_row(&mut self) {
        self.reach_down();
        let row = std::mem::take(&mut self.open);
        if row.iter().all(|cell| cell.text.is_empty()) {
            return;
        }
        if self.heads && self.headings == self.rows.len() {
            self.headings += 1;
        }
        self.rows.push(row);
    }

    pub fn finish(self) -> Kind {
        let own = |row: &[Cell]| row.iter().filter(|cell| cell.merged.is_none() && !cell.text.is_empty()).count();
        let several = self.rows.iter().filter(|row| own(row) > 1).count();
        if several < 2 || !self.rows.iter().flatten().all(|cell| is_short(&cell.text)) {
            let texts = self.rows.into_iter().flatten().filter(|cell| cell.merged.is_none()).map(|cell| cell.text);
            return Kind::Layout(texts.filter(|text| !text.is_empty()).collect());
        }
        let rows: Vec<Vec<Cell>> = self
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| Cell { text: squeeze(&cell.text), ..cell }).collect())
            .collect();
        // Headings that are the whole table head nothing.
        let headings = Some(self.headings).filter(|count| (1..rows.len()).contains(count));
        Kind::Data(Table { rows, heading_rows: headings, caption: self.caption, unit: None })
    }
}

/// Whether a cell may be one of data.
fn is_short(text: &str) -> bool {
    text.chars().nth(LONGEST_CELL).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_reach_over_columns_and_rows() {
        let mut rows = Grid::default();
        rows.begin_row();
        rows.cell("drug", Reach::new(None, Some("2")), true);
        rows.cell("dose", Reach::new(Some("2"), None), true);
        rows.end_row();
        rows.begin_row();
        rows.cell("adults", Reach::new(Some("x"), Some("0")), true);
        rows.cell("children", Reach::new(None, None), true);
        rows.end_row();
        rows.begin_row();
        rows.cell("A", Reach::new(None, None), false);
        rows.cell("5 mg", Reach::new(None, None), false);
        rows.cell("2 mg", Reach::new(None, None), false);
        rows.end_row();
        let Kind::Data(table) = rows.finish() else { panic!("it is a table") };
        assert_eq!(table.heading_rows, Some(2));
        let lines: Vec<String> = table.read().lines.into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["drug A: dose / adults 5 mg; dose / children 2 mg."]);
    }

    #[test]
    fn a_table_that_claims_to_be_huge_stays_small() {
        let mut rows = Grid::default();
        for _ in 0..2000 {
            rows.begin_row();
            rows.cell("x", Reach::new(Some("99999999999999999999"), Some("4000000")), false);
            rows.cell("y", Reach::new(Some("1000"), Some("65534")), false);
            rows.end_row();
        }
        let cells: usize = rows.rows.iter().map(Vec::len).sum();
        assert!(cells <= MOST_COPIES + 4000, "{cells}");
        assert!(rows.rows.iter().all(|row| row.iter().any(|cell| cell.text == "y")), "nothing is lost");
    }

    #[test]
    fn a_long_cell_is_not_copied() {
        let long = "word ".repeat(200_000);
        let mut rows = Grid::default();
        for at in 0..100 {
            rows.begin_row();
            rows.cell(if at == 0 { &long } else { "x" }, Reach::new(Some("1000"), Some("65534")), false);
            rows.end_row();
        }
        let bytes: usize = rows.rows.iter().flatten().map(|cell| cell.text.len()).sum();
        assert!(bytes < 2 * long.len(), "{bytes}");
        assert!(matches!(rows.finish(), Kind::Layout(texts) if texts[0].len() == long.trim().len()));
    }

    #[test]
    fn a_table_with_one_row_or_with_paragraphs_lays_out_the_page() {
        let mut rows = Grid::default();
        for _ in 0..3 {
            rows.begin_row();
            rows.cell("menu", Reach::new(None, None), false);
            rows.cell(&"words ".repeat(100), Reach::new(None, None), false);
            rows.end_row();
        }
        assert!(matches!(rows.finish(), Kind::Layout(texts) if texts.len() == 6));
    }
}
