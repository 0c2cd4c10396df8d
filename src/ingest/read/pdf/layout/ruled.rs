//! Tables whose cells are ruled: what stands in the cells of a grid.

use super::{
    super::{
        super::table::{Cell, Merged},
        letters,
    },
    Run, Sheet,
    lattice::Grid,
    rows_of,
};

/// A cell with more lines is a part of a page that is set in boxes.
const MOST_LINES: usize = 60;
/// At least this share of the cells of a table holds text; the lattice of a plot is empty.
const LEAST_FILLED: f32 = 0.2;

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
    let holds = |a: &[f32; 4], b: &[f32; 4]| a != b && a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2] && a[3] >= b[3];
    grids
        .into_iter()
        .zip(&edges)
        .filter(|(_, outer)| !edges.iter().any(|inner| holds(outer, inner)))
        .map(|(grid, _)| grid)
        .collect()
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
    several(columns)
        && several(rows)
        && filled as f32 >= LEAST_FILLED * blocks.len() as f32
        && blocks.iter().all(|runs| runs.len() <= MOST_LINES)
}

fn sheet(grid: &Grid, blocks: Vec<Vec<Run>>) -> Sheet {
    let (columns, rows) = (grid.xs.len() - 1, grid.ys.len() - 1);
    let mut sheet = Sheet { rows: vec![(vec![Cell::default(); columns], Run::default()); rows], ..Sheet::default() };
    for (block, runs) in grid.blocks.iter().zip(blocks) {
        let mut text = String::new();
        for line in rows_of(runs).iter().filter_map(super::Row::joined) {
            letters::append(&mut text, line.text.trim());
            // A name beside several rows stands on the height of one of them.
            let row = grid.ys.partition_point(|edge| *edge <= line.middle()).clamp(1, rows) - 1;
            let cover = &mut sheet.rows[row].1;
            if cover.count == 0 {
                *cover = line;
            } else {
                cover.cover(line.left, line.top, line.right, line.bottom);
            }
        }
        for row in block.rows.clone() {
            for column in block.columns.clone() {
                sheet.rows[row].0[column] = if column > block.columns.start {
                    Cell::merged(&text, Merged::Left)
                } else if row > block.rows.start {
                    Cell::merged(&text, Merged::Above)
                } else {
                    Cell::new(&text)
                };
            }
        }
    }
    // Between double lines stands nothing.
    sheet.rows.retain(|(_, cover)| cover.count > 0);
    sheet
}
