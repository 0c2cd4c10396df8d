//! The lines of one region, with its tables as sentences.

use super::{
    super::{
        super::table::{self, Cell, Table, Unit},
        glyph::Frame,
    },
    Line, Row, Run, Sheet, extent,
    lattice::Strokes,
    rows_of, spaced,
};

/// Lines above a table that may name it or its unit.
const LINES_ABOVE: usize = 3;

/// The table that was read last, which may go on at the top of the next page without its headings.
#[derive(Clone, Debug, Default)]
pub struct Open {
    headings: Vec<Vec<Cell>>,
    /// Its last row, which the page may have cut.
    last: Vec<Cell>,
    columns: usize,
    /// Of its columns, where they are ruled.
    edges: Vec<f32>,
    caption: Option<String>,
    unit: Option<Unit>,
    /// Lines since, running ones included.
    since: usize,
}

/// Columns of one table stand at the same place on two pages, within so many points.
const SAME_EDGE: f32 = 2.0;
/// A page number and a running header or two may stand between the parts of a table.
const LINES_BETWEEN: usize = 4;

/// What is ruled on a page.
pub struct Ruled {
    /// Tables whose cells are ruled.
    pub sheets: Vec<Sheet>,
    /// All lines, those of these tables among them.
    pub strokes: Strokes,
}

/// Writes the lines of a region, in order.
pub fn write(region: Vec<Run>, ruled: &Ruled, frame: Frame, open: &mut Open, block: &mut u32, lines: &mut Vec<Line>) {
    let (mut tables, texts): (Vec<Run>, Vec<Run>) = region.into_iter().partition(|run| run.sheet.is_some());
    tables.sort_by(|a, b| a.top.total_cmp(&b.top));
    let left = texts.iter().map(|run| run.left).fold(f32::MAX, f32::min);
    let right = texts.iter().map(|run| run.right).fold(f32::MIN, f32::max);
    // What stands beside a table is read before it on its left, after it on its right.
    let precedes =
        |table: &Run, text: &Run| text.middle() > table.bottom || text.middle() > table.top && text.left > table.left;
    let mut parts: Vec<Vec<Run>> = vec![Vec::new(); tables.len() + 1];
    for text in texts {
        let at = tables.iter().filter(|table| precedes(table, &text)).count();
        parts[at].push(text);
    }
    let mut tables = tables.into_iter();
    for texts in parts {
        write_text(&extent::parted(rows_of(texts)), &ruled.strokes, frame, [left, right], open, block, lines);
        if let Some(sheet) = tables.next().and_then(|table| ruled.sheets.get(table.sheet?)) {
            *block += 1;
            write_table(sheet.clone(), frame, *block, open, lines);
            *block += 1;
        }
    }
}

fn write_text(
    rows: &[Row],
    strokes: &Strokes,
    frame: Frame,
    edges: [f32; 2],
    open: &mut Open,
    block: &mut u32,
    lines: &mut Vec<Line>,
) {
    let mut at = 0;
    while at < rows.len() {
        if let Some((sheet, end)) = spaced::table_at(rows, at, strokes) {
            *block += 1;
            write_table(sheet, frame, *block, open, lines);
            *block += 1;
            at = end;
            continue;
        }
        if let Some(line) = rows[at].joined() {
            if table::is_caption(line.text.trim()) {
                // The table has ended, or another begins.
                *open = Open::default();
            }
            lines.push(finished(&line, frame, *block, edges, false));
            open.since += 1;
        }
        at += 1;
    }
}

fn finished(run: &Run, frame: Frame, block: u32, edges: [f32; 2], row: bool) -> Line {
    let seen = [run.left, run.top, run.right, run.bottom];
    Line {
        text: run.text.trim().to_owned(),
        rect: frame.back(seen),
        size: run.size,
        bold: run.bold,
        row,
        block,
        seen,
        edges,
    }
}

fn write_table(sheet: Sheet, frame: Frame, block: u32, open: &mut Open, lines: &mut Vec<Line>) {
    let above = &lines[lines.len().saturating_sub(LINES_ABOVE)..];
    let short = || above.iter().rev().filter(|line| !line.row && line.text.chars().count() <= 60);
    let unit = short().find_map(|line| Unit::stated(&line.text));
    let title = sheet.caption.as_ref().map(|title| title.text.trim().to_owned());
    let caption = title.or_else(|| short().find(|line| table::is_caption(&line.text)).map(|line| line.text.clone()));
    let columns = sheet.rows.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
    let (rows, covers): (Vec<_>, Vec<_>) = sheet.rows.into_iter().unzip();
    let mut table = Table { rows, heading_rows: sheet.heading_rows, caption, unit };
    // Data under nothing at the top of a page, or rows in the same columns: the rest of the table on the page before.
    let top = table.rows.first();
    let headless = top.is_some_and(|row| row.iter().skip(1).any(|cell| table::is_data(&cell.text)));
    let repeats = top == open.headings.first();
    let same = sheet.edges.len() == open.edges.len()
        && sheet.edges.iter().zip(&open.edges).all(|(a, b)| (a - b).abs() < SAME_EDGE);
    let ruled = !sheet.edges.is_empty() && same && !repeats && sheet.heading_rows.is_none();
    let mut before = 0;
    if (headless || ruled)
        && open.columns == columns
        && open.since <= LINES_BETWEEN
        && !lines.iter().any(|line| line.row)
        && !open.headings.is_empty()
    {
        if let Some(row) = table.rows.first_mut() {
            name_rest(row, &open.last);
        }
        before = open.headings.len();
        table.rows.splice(0..0, open.headings.iter().cloned());
        table.heading_rows = Some(before);
        table.caption = table.caption.or_else(|| open.caption.clone());
        table.unit = table.unit.or_else(|| open.unit.clone());
    }
    lines.extend(sheet.caption.map(|title| finished(&title, frame, block, [title.left, title.right], false)));
    let last = table.rows.last().cloned().unwrap_or_default();
    let read = table.read();
    *open = Open {
        headings: read.headings,
        last,
        columns,
        edges: sheet.edges,
        caption: read.caption,
        unit: read.unit,
        since: 0,
    };
    for line in read.lines {
        if let Some(run) = line.row.checked_sub(before).and_then(|row| covers.get(row)) {
            let mut run = run.clone();
            run.text = line.text;
            lines.push(finished(&run, frame, block, [run.left, run.right], true));
        }
    }
}

/// A row without a name at the top of a page is the rest of the row that the page before ends with: it gets its name.
fn name_rest(row: &mut [Cell], last: &[Cell]) {
    if row.iter().all(|cell| cell.text.is_empty()) {
        return;
    }
    for (cell, above) in row.iter_mut().zip(last).take_while(|(cell, _)| cell.text.is_empty()) {
        *cell = Cell::new(&above.text);
    }
}
