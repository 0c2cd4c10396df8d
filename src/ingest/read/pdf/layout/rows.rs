//! The lines of one region, with its tables as sentences.

use super::{
    super::{
        super::table::{self, Cell, Merged, Table, Unit},
        glyph::Frame,
    },
    Line, Row, Run, rows_of,
};

/// Lines above a table that may name it or its unit.
const LINES_ABOVE: usize = 3;

/// The table that was read last, which may go on at the top of the next page without its headings.
#[derive(Clone, Debug, Default)]
pub struct Open {
    headings: Vec<Vec<Cell>>,
    columns: usize,
    caption: Option<String>,
    unit: Option<Unit>,
    /// Lines since, running ones included.
    since: usize,
}

/// A page number and a running header or two may stand between the parts of a table.
const LINES_BETWEEN: usize = 4;

/// Writes the lines of a region, in order.
pub fn write(runs: Vec<Run>, frame: Frame, open: &mut Open, block: &mut u32, lines: &mut Vec<Line>) {
    let rows = rows_of(runs);
    let left = rows.iter().flat_map(|row| &row.runs).map(|run| run.left).fold(f32::MAX, f32::min);
    let right = rows.iter().flat_map(|row| &row.runs).map(|run| run.right).fold(f32::MIN, f32::max);
    let mut at = 0;
    while at < rows.len() {
        if let Some(end) = table_from(&rows, at) {
            *block += 1;
            write_table(&rows[at..end], frame, *block, open, lines);
            *block += 1;
            at = end;
            continue;
        }
        let mut line = Run::default();
        for (n, run) in rows[at].runs.iter().enumerate() {
            if n == 0 {
                line = run.clone();
            } else {
                line.join(run);
            }
        }
        lines.push(finished(&line, frame, *block, [left, right], false));
        open.since += 1;
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

/// Several cells side by side, that are no list item or dotted line.
fn is_wide(row: &Row) -> bool {
    let first = row.runs.first().map_or("", |run| run.text.trim());
    let marker = row.runs.len() == 2
        && first.chars().count() <= 4
        && (first.ends_with(['.', '、', ')', '）', '•', '·', '-', '●', '■', '○', '§'])
            || first.chars().count() == 1 && !first.chars().all(char::is_alphanumeric));
    row.runs.len() >= 2 && !marker && !row.runs.iter().any(|run| super::is_dotted(&run.text))
}

/// Where the table ends that begins with row `start`; `None` where none begins.
fn table_from(rows: &[Row], start: usize) -> Option<usize> {
    if !is_wide(&rows[start]) {
        return None;
    }
    let (mut end, mut wide, mut figures) = (start + 1, 1, 0);
    let mut at = start + 1;
    let counts = |row: &Row| row.runs.iter().skip(1).any(|run| table::is_data(run.text.trim()));
    figures += usize::from(counts(&rows[start]));
    let mut cells = rows[start].runs.len();
    while at < rows.len() {
        let pitch = rows[at].top - rows[at - 1].bottom;
        let size = rows[at].runs.first().map_or(10.0, |run| run.size);
        if pitch > 2.5 * size {
            break;
        }
        if is_wide(&rows[at]) {
            wide += 1;
            figures += usize::from(counts(&rows[at]));
            cells = cells.max(rows[at].runs.len());
            end = at + 1;
        } else if at - end >= 2 || !is_cell(&rows[at], &rows[start..end]) {
            break;
        }
        at += 1;
    }
    // Two cells side by side may be a heading and its number: a table of two columns has figures or more rows.
    let enough = if cells >= 3 { wide >= 2 } else { wide >= 3 || (wide >= 2 && figures >= 2) };
    // Words side by side may be a listing, whose first row heads nothing; bold type makes it a row of headings.
    let bold = |row: &Row| row.runs.iter().all(|run| run.bold);
    let headed = bold(&rows[start]) && !rows[start + 1..end].iter().any(bold);
    (enough && (figures * 2 >= wide || headed)).then_some(end)
}

/// Whether a lone run may be part of a cell of the rows above: it is no wider than the first of them.
fn is_cell(row: &Row, above: &[Row]) -> bool {
    let (Some(run), 1) = (row.runs.first(), row.runs.len()) else { return row.runs.len() > 1 };
    let width =
        above.iter().filter_map(|row| Some(row.runs.last()?.right - row.runs.first()?.left)).fold(0.0, f32::max);
    run.right - run.left < 0.55 * width
}

fn write_table(rows: &[Row], frame: Frame, block: u32, open: &mut Open, lines: &mut Vec<Line>) {
    let columns = columns(rows);
    // Lines that wrap inside a cell are one row.
    let mut cells: Vec<(Vec<Cell>, Run)> = Vec::new();
    // A table without figures has one row of headings.
    let any_data = rows.iter().any(|row| row.runs.iter().skip(1).any(|run| table::is_data(run.text.trim())));
    let mut body = false;
    for row in rows {
        let placed = place(row, &columns);
        let whole = whole(row);
        let data = placed.iter().skip(1).any(|cell| cell.merged.is_none() && table::is_data(&cell.text));
        let first_empty = placed.first().is_none_or(|cell| cell.text.is_empty());
        let close = cells.last().is_some_and(|(_, last)| whole.top - last.bottom < 0.8 * whole.size);
        let heading_goes_on = !body && !data && !cells.is_empty() && first_empty;
        let cell_goes_on = body && first_empty && !data && close;
        if let Some((above, run)) = cells.last_mut().filter(|_| heading_goes_on || cell_goes_on) {
            let lone = placed.iter().filter(|cell| !cell.text.is_empty()).count() <= 1 && !first_empty;
            if !lone || cell_goes_on {
                for (cell, more) in above.iter_mut().zip(&placed) {
                    append(cell, more);
                }
                run.cover(whole.left, whole.top, whole.right, whole.bottom);
                continue;
            }
        }
        body |= data || !any_data;
        cells.push((placed, whole));
    }
    let above = &lines[lines.len().saturating_sub(LINES_ABOVE)..];
    let short = || above.iter().rev().filter(|line| !line.row && line.text.chars().count() <= 60);
    let unit = short().find_map(|line| Unit::stated(&line.text));
    let caption = short().find(|line| table::is_caption(&line.text)).map(|line| line.text.clone());
    let mut table =
        Table { rows: cells.iter().map(|(cells, _)| cells.clone()).collect(), heading_rows: None, caption, unit };
    // Data under nothing at the top of a page: the rest of the table on the page before.
    let headless = table.rows.first().is_some_and(|row| row.iter().skip(1).any(|cell| table::is_data(&cell.text)));
    let mut before = 0;
    if headless
        && open.columns == columns.len()
        && open.since <= LINES_BETWEEN
        && !lines.iter().any(|line| line.row)
        && !open.headings.is_empty()
    {
        before = open.headings.len();
        table.rows.splice(0..0, open.headings.iter().cloned());
        table.heading_rows = Some(before);
        table.caption = table.caption.or_else(|| open.caption.clone());
        table.unit = table.unit.or_else(|| open.unit.clone());
    }
    let read = table.read();
    *open = Open { headings: read.headings, columns: columns.len(), caption: read.caption, unit: read.unit, since: 0 };
    for line in read.lines {
        if let Some((_, run)) = line.row.checked_sub(before).and_then(|row| cells.get(row)) {
            let mut run = run.clone();
            run.text = line.text;
            lines.push(finished(&run, frame, block, [run.left, run.right], true));
        }
    }
}

fn append(cell: &mut Cell, more: &Cell) {
    if more.text.is_empty() || more.merged.is_some() && cell.text.ends_with(&more.text) {
        return;
    }
    let joined = if cell.text.is_empty() { more.text.clone() } else { format!("{}\n{}", cell.text, more.text) };
    *cell = Cell::new(&joined);
}

fn whole(row: &Row) -> Run {
    let mut whole = row.runs.first().cloned().unwrap_or_default();
    for run in row.runs.iter().skip(1) {
        whole.cover(run.left, run.top, run.right, run.bottom);
    }
    whole
}

/// The columns' left and right edges: cells that overlap are one column, counted on the rows with the most cells.
fn columns(rows: &[Row]) -> Vec<(f32, f32)> {
    let most = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0);
    let full = rows.iter().filter(|row| row.runs.len() * 5 >= most * 3);
    let mut cells: Vec<(f32, f32)> = full.flat_map(|row| &row.runs).map(|run| (run.left, run.right)).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (left, right) in cells {
        match columns.last_mut() {
            Some((_, end)) if left < *end - 0.5 => *end = end.max(right),
            _ => columns.push((left, right)),
        }
    }
    if columns.len() < most { one_by_one(rows, most).unwrap_or(columns) } else { columns }
}

/// Columns by number instead of by place, where most rows have a cell in each: a wide heading reaches over the figures
/// beside its own.
fn one_by_one(rows: &[Row], most: usize) -> Option<Vec<(f32, f32)>> {
    let full: Vec<&Row> = rows.iter().filter(|row| row.runs.len() == most).collect();
    if full.len() < 2 || full.len() * 3 < rows.len() * 2 {
        return None;
    }
    let mut columns: Vec<(f32, f32)> = (0..most)
        .map(|at| {
            let runs = || full.iter().map(|row| &row.runs[at]);
            (runs().map(|run| run.left).fold(f32::MAX, f32::min), runs().map(|run| run.right).fold(f32::MIN, f32::max))
        })
        .collect();
    for at in 1..most {
        let (end, start) = (columns[at - 1].1, columns[at].0);
        if start < end {
            let border = f32::midpoint(start, end);
            (columns[at - 1].1, columns[at].0) = (border, border);
        }
    }
    columns.iter().all(|(left, right)| left < right).then_some(columns)
}

/// The row's texts in their columns; one that spans several is repeated.
fn place(row: &Row, columns: &[(f32, f32)]) -> Vec<Cell> {
    if row.runs.len() == columns.len() {
        return row.runs.iter().map(|run| Cell::new(&run.text)).collect();
    }
    let mut cells = vec![Cell::default(); columns.len()];
    for run in &row.runs {
        let overlaps = |(left, right): &(f32, f32)| run.right.min(*right) - run.left.max(*left);
        let mut under: Vec<usize> =
            columns.iter().enumerate().filter(|(_, column)| overlaps(column) > 0.5).map(|(at, _)| at).collect();
        if under.is_empty() {
            let middle = f32::midpoint(run.left, run.right);
            let distance = |(left, right): &(f32, f32)| (f32::midpoint(*left, *right) - middle).abs();
            let nearest = columns.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
            under.extend(nearest.map(|(at, _)| at));
        }
        for (n, at) in under.iter().enumerate() {
            let more = if n == 0 { Cell::new(&run.text) } else { Cell::merged(&run.text, Merged::Left) };
            if cells[*at].text.is_empty() {
                cells[*at] = more;
            } else if n == 0 {
                append(&mut cells[*at], &more);
            }
        }
    }
    cells
}
