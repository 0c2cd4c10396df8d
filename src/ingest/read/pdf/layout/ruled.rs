//! Tables whose cells are ruled: what stands in the cells of a grid.

use super::{
    super::{
        super::table::{self, Cell, Merged},
        letters,
    },
    Row, Run, Sheet,
    cells::Column,
    lattice::{Block, Grid},
    rows_of,
    wrapped::{are_full, joined, named_starts, unruled_starts, wrap},
};

/// A cell with more lines is a part of a page that is set in boxes.
const MOST_LINES: usize = 60;
/// At least this share of the cells of a table holds text; the lattice of a plot is empty.
const LEAST_FILLED: f32 = 0.2;

/// Lines and columns together from which on cells that are filled in each line are no wrapped ones.
const LEAST_FULL_LINES: usize = 6;
/// Cells with fewer lines say nothing about columns in them.
const LEAST_PARTED: usize = 3;
/// A lone row of cells with fewer of them, or with longer texts in characters, is no row of headings.
const LEAST_HEADINGS: usize = 3;
const LONGEST_HEADING: usize = 40;

/// A table with more rules than above and below these has one between any two rows.
const MOST_BANDS: usize = 4;
/// The share of a run that stands in its cell where it reaches over the border.
const LEAST_INSIDE: f32 = 0.25;

/// The tables that grids hold, and the other text, with a run in the place of each table.
pub fn sheets(grids: Vec<Grid>, runs: Vec<Run>) -> (Vec<Sheet>, Vec<Run>) {
    let grids = innermost(grids);
    let mut inside: Vec<Vec<Vec<Run>>> = grids.iter().map(|grid| vec![Vec::new(); grid.blocks.len()]).collect();
    let mut free = Vec::new();
    for run in runs {
        match grids.iter().enumerate().find_map(|(at, grid)| Some((at, block_of(grid, &run)?))) {
            Some((grid, block)) => inside[grid][block].push(run),
            None => free.push(run),
        }
    }
    let mut sheets = Vec::new();
    for (grid, blocks) in grids.iter().zip(inside) {
        if !is_table(grid, &blocks) {
            free.extend(blocks.into_iter().flatten());
            continue;
        }
        let mut stand_in = blocks.iter().flatten().next().cloned().unwrap_or_default();
        [stand_in.left, stand_in.top, stand_in.right, stand_in.bottom] = grid.edges();
        stand_in.sheet = Some(sheets.len());
        free.push(stand_in);
        sheets.push(sheet(grid, blocks));
    }
    (sheets, free)
}

/// The cell that a run stands in. One that is too wide for its cell begins in it, with a good part.
fn block_of(grid: &Grid, run: &Run) -> Option<usize> {
    let middle = grid.block_at(f32::midpoint(run.left, run.right), run.middle())?;
    let first = grid.block_at(run.left + 1.0, run.middle())?;
    let inside = grid.xs[grid.blocks[first].columns.end] - run.left;
    Some(if inside >= LEAST_INSIDE * (run.right - run.left) { first } else { middle })
}

/// Those that hold no other: a box around a table is a frame.
fn innermost(grids: Vec<Grid>) -> Vec<Grid> {
    let edges: Vec<[f32; 4]> = grids.iter().map(Grid::edges).collect();
    let holds = |a: [f32; 4], b: [f32; 4]| a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2] && a[3] >= b[3];
    let is_outer = |at: usize| (0..edges.len()).any(|other| other != at && holds(edges[at], edges[other]));
    grids.into_iter().enumerate().filter(|(at, _)| !is_outer(*at)).map(|(_, grid)| grid).collect()
}

fn is_table(grid: &Grid, blocks: &[Vec<Run>]) -> bool {
    let filled = blocks.iter().filter(|runs| !runs.is_empty()).count();
    let mut columns: Vec<usize> = Vec::new();
    let mut rows: Vec<usize> = Vec::new();
    for (block, _) in grid.blocks.iter().zip(blocks).filter(|(_, runs)| !runs.is_empty()) {
        columns.push(block.columns.start);
        rows.push(block.rows.start);
    }
    let several = |mut of: Vec<usize>| {
        of.sort_unstable();
        of.dedup();
        of.len() > 1
    };
    let heads = || grid.ys.len() == 2 && are_headings(grid, blocks);
    several(columns)
        && (several(rows) || heads() || grid.unruled)
        && filled as f32 >= LEAST_FILLED * blocks.len() as f32
        && !hides_columns(blocks)
        && (grid.unruled || blocks.iter().all(|runs| runs.len() <= MOST_LINES))
}

/// Whether the lines of all cells that have several are parted by gaps alike: only some of the columns are ruled.
fn hides_columns(blocks: &[Vec<Run>]) -> bool {
    let rows: Vec<Vec<Row>> = blocks.iter().map(|runs| rows_of(runs.clone())).collect();
    let long = || rows.iter().filter(|rows| rows.len() >= LEAST_PARTED);
    let parted = |rows: &Vec<Row>| {
        let count = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0);
        count > 1 && rows.iter().filter(|row| row.runs.len() == count).count() * 4 >= rows.len() * 3
    };
    long().count() > 1 && long().all(parted)
}

/// Whether one row of cells can be the headings of a table that the page cuts off below them.
fn are_headings(grid: &Grid, blocks: &[Vec<Run>]) -> bool {
    let is_word = |run: &Run| run.text.chars().count() <= LONGEST_HEADING && !table::is_data(run.text.trim());
    grid.blocks.len() >= LEAST_HEADINGS && blocks.iter().all(|runs| !runs.is_empty() && runs.iter().all(is_word))
}

fn sheet(grid: &Grid, blocks: Vec<Vec<Run>>) -> Sheet {
    let (columns, rows) = (grid.xs.len() - 1, grid.ys.len() - 1);
    let blocks: Vec<(&Block, Vec<Run>)> = grid
        .blocks
        .iter()
        .zip(blocks)
        .map(|(block, runs)| (block, rows_of(runs).iter().filter_map(Row::joined).collect()))
        .collect();
    let inner = has_inner_rows(grid, &blocks);
    let mut sheet = Sheet { edges: grid.xs.clone(), ..Sheet::default() };
    let mut begun = vec![false; blocks.len()];
    let mut bold = Vec::new();
    for row in 0..rows {
        let at: Vec<usize> = (0..blocks.len()).filter(|at| blocks[*at].0.rows.contains(&row)).collect();
        let own: Vec<&(&Block, Vec<Run>)> = at.iter().map(|at| &blocks[*at]).collect();
        // A name beside several rows stands on the height of one of them.
        let lines: Vec<&Run> = own
            .iter()
            .flat_map(|(_, lines)| lines)
            .filter(|line| grid.ys.partition_point(|edge| *edge <= line.middle()).clamp(1, rows) == row + 1)
            .collect();
        let Some(cover) = cover(&lines) else {
            // Between double lines stands nothing.
            continue;
        };
        let all_bold = lines.iter().all(|line| line.bold);
        let parts = if is_single(&own, row) { parts(&own, grid, inner && row > 0) } else { None };
        if let Some(parts) = parts {
            bold.extend(parts.iter().map(|_| all_bold));
            sheet.rows.extend(parts);
        } else {
            let mut cells = vec![Cell::default(); columns];
            for (at, (block, lines)) in at.into_iter().zip(own) {
                let text = written(lines);
                let again = std::mem::replace(&mut begun[at], true);
                cells[block.columns.clone()].fill(Cell::merged(&text, Merged::Left));
                cells[block.columns.start] = if again { Cell::merged(&text, Merged::Above) } else { Cell::new(&text) };
            }
            bold.push(all_bold);
            sheet.rows.push((cells, cover));
        }
    }
    if bold.first() == Some(&true) && bold.contains(&false) {
        sheet.heading_rows = bold_headings(&sheet.rows, &bold);
    }
    sheet
}

/// How many rows head the others in bold type: the first, and those that its cells reach over or into.
fn bold_headings(rows: &[(Vec<Cell>, Run)], bold: &[bool]) -> Option<usize> {
    let merged = |row: usize, from: Merged| rows[row].0.iter().any(|cell| cell.merged == Some(from));
    let several = rows[0].0.iter().filter(|cell| !cell.text.is_empty() && cell.merged.is_none()).count() > 1;
    let more =
        (1..rows.len()).take_while(|row| bold[*row] && (merged(row - 1, Merged::Left) || merged(*row, Merged::Above)));
    several.then(|| 1 + more.count())
}

/// What stands in a cell.
fn written(lines: &[Run]) -> String {
    let mut text = String::new();
    for line in lines {
        letters::append(&mut text, line.text.trim());
    }
    text
}

fn cover(lines: &[&Run]) -> Option<Run> {
    let (first, rest) = lines.split_first()?;
    let mut cover = (*first).clone();
    for line in rest {
        cover.cover(line.left, line.top, line.right, line.bottom);
    }
    Some(cover)
}

/// What stands between two rules, line by line.
struct Band {
    lines: Vec<Row>,
    placed: Vec<Vec<Cell>>,
    columns: Vec<Column>,
}

impl Band {
    fn of(own: &[&(&Block, Vec<Run>)], grid: &Grid) -> Self {
        let columns: Vec<Column> =
            own.iter().map(|(block, _)| (grid.xs[block.columns.start], grid.xs[block.columns.end])).collect();
        let mut heights: Vec<Run> = own.iter().flat_map(|(_, lines)| lines).cloned().collect();
        heights.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
        let mut lines: Vec<Row> = Vec::new();
        for run in heights {
            match lines.last_mut() {
                Some(line) if run.middle() < line.bottom => line.runs.push(run),
                _ => lines.push(Row { top: run.top, bottom: run.bottom, runs: vec![run] }),
            }
        }
        let at = |run: &Run| {
            columns.iter().position(|(left, right)| (*left..*right).contains(&f32::midpoint(run.left, run.right)))
        };
        let place = |line: &Row| {
            let mut cells = vec![Cell::default(); columns.len()];
            for run in &line.runs {
                if let Some(cell) = at(run).and_then(|at| cells.get_mut(at)) {
                    *cell = Cell::new(&run.text);
                }
            }
            cells
        };
        let placed = lines.iter().map(place).collect();
        Self { lines, placed, columns }
    }

    /// Rows that its lines are, however the table is ruled: how many columns name several of them, and where they begin.
    fn inner(&self) -> Option<(usize, Vec<usize>)> {
        let wraps = wrap(&self.lines, &self.columns);
        if self.lines.len() > 1 && are_full(&self.placed) && !wraps {
            return Some((0, (0..self.lines.len()).collect()));
        }
        inner_starts(&self.placed, wraps)
    }
}

/// Cells that stand between two rules of their own.
fn is_single(own: &[&(&Block, Vec<Run>)], row: usize) -> bool {
    own.iter().all(|(block, _)| block.rows == (row..row + 1))
}

/// The rows between two rules, where there are several. `inner` where lines between rules are rows all over the table.
fn parts(own: &[&(&Block, Vec<Run>)], grid: &Grid, inner: bool) -> Option<Vec<(Vec<Cell>, Run)>> {
    let band = Band::of(own, grid);
    let Band { lines, placed, columns } = &band;
    let (names, mut starts) = if grid.unruled {
        (0, named_starts(placed))
    } else if let Some(found) = band.inner().filter(|_| inner) {
        found
    } else if grid.ys.len() <= MOST_BANDS + 1 {
        (0, unruled_starts(lines, placed, columns))
    } else {
        return None;
    };
    if starts.len() < 2 {
        return None;
    }
    starts.push(lines.len());
    let wide = |narrow: Vec<Cell>| {
        let mut cells = vec![Cell::default(); grid.xs.len() - 1];
        for ((block, _), cell) in own.iter().zip(narrow) {
            for column in block.columns.clone().skip(1) {
                cells[column] = Cell::merged(&cell.text, Merged::Left);
            }
            cells[block.columns.start] = cell;
        }
        cells
    };
    let rows = starts.windows(2).map(|pair| joined(&lines[pair[0]..pair[1]], &placed[pair[0]..pair[1]]));
    let mut rows: Vec<(Vec<Cell>, Run)> = rows.collect();
    name_all(&mut rows, names);
    Some(rows.into_iter().map(|(cells, cover)| (wide(cells), cover)).collect())
}

/// Whether half of what stands between rules below the first band are several rows.
fn has_inner_rows(grid: &Grid, blocks: &[(&Block, Vec<Run>)]) -> bool {
    let rows = grid.ys.len() - 1;
    let several = (1..rows).filter(|row| {
        let own: Vec<&(&Block, Vec<Run>)> = blocks.iter().filter(|(block, _)| block.rows.contains(row)).collect();
        is_single(&own, *row) && Band::of(&own, grid).inner().is_some()
    });
    several.count() * 2 >= rows.saturating_sub(1).max(1)
}

/// Rows between two rules that a column behind the first begins, where the columns before it name several of them: how
/// many those are, and the lines that begin rows. A column shows its rows where text follows in it after a line that only
/// others fill, or where all lines fill all others and do not look as if they wrapped.
fn inner_starts(placed: &[Vec<Cell>], wraps: bool) -> Option<(usize, Vec<usize>)> {
    let columns = placed.first()?.len();
    let is_filled = |line: &Vec<Cell>, column: usize| line.get(column).is_some_and(|cell| !cell.text.is_empty());
    let last = columns.checked_sub(1)?;
    (1..last).rev().find_map(|column| {
        let filled: Vec<bool> = placed.iter().map(|line| is_filled(line, column)).collect();
        let starts: Vec<usize> = (0..placed.len()).filter(|at| filled[*at]).collect();
        let begins_again = filled.windows(2).any(|pair| !pair[0] && pair[1]);
        let all = placed.iter().all(|line| (1..columns).all(|at| is_filled(line, at)));
        let enough = placed.len() + columns >= LEAST_FULL_LINES;
        let complete = starts.iter().all(|at| is_filled(&placed[*at], last));
        let shows = begins_again || all && enough && !wraps;
        (shows && complete && starts.first() == Some(&0) && starts.len() > 1).then_some((column, starts))
    })
}

/// Gives the rows the names that stand beside the first of several of them.
fn name_all(rows: &mut [(Vec<Cell>, Run)], names: usize) {
    // A name may wrap beside rows that have none of their own.
    let begins = |row: &(Vec<Cell>, Run)| row.0.iter().take(names).any(|cell| !cell.text.is_empty());
    if names == 1 && rows.iter().skip(1).filter(|row| begins(row)).count() * 2 < rows.len() {
        let text = rows.iter().map(|row| row.0[0].text.as_str()).filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let name = text.join(" ");
        for (at, row) in rows.iter_mut().enumerate() {
            row.0[0] = if at == 0 { Cell::new(&name) } else { Cell::merged(&name, Merged::Above) };
        }
        return;
    }
    for column in 0..names {
        let mut above = String::new();
        for row in rows.iter_mut() {
            let cell = &mut row.0[column];
            if cell.text.is_empty() {
                *cell = Cell::merged(&above, Merged::Above);
            } else {
                above.clone_from(&cell.text);
            }
        }
    }
}
