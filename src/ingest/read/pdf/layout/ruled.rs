//! Tables whose cells are ruled: what stands in the cells of a grid.

use super::{
    super::{
        super::table::{self, Cell, Merged},
        letters,
    },
    Row, Run, Sheet,
    inner::{has_inner_rows, is_single, parts},
    lattice::{Block, Grid},
    rows_of,
};

/// A cell with more lines is a part of a page that is set in boxes.
const MOST_LINES: usize = 60;
/// At least this share of the cells of a table holds text; the lattice of a plot is empty.
const LEAST_FILLED: f32 = 0.2;

/// Cells with fewer lines say nothing about columns in them.
const LEAST_PARTED: usize = 3;
/// A lone row of cells with fewer of them, or with longer texts in characters, is no row of headings.
const LEAST_HEADINGS: usize = 3;
const LONGEST_HEADING: usize = 40;

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
