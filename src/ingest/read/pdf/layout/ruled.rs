//! Tables whose cells are ruled: what stands in the cells of a grid.

use super::{
    super::{
        super::table::{self, Cell, Merged},
        letters,
    },
    Row, Run, Sheet,
    lattice::{Block, Grid},
    rows_of,
    wrapped::{joined, named_starts, unruled_starts},
};

/// A cell with more lines is a part of a page that is set in boxes.
const MOST_LINES: usize = 60;
/// At least this share of the cells of a table holds text; the lattice of a plot is empty.
const LEAST_FILLED: f32 = 0.2;

/// A lone row of cells with fewer of them, or with longer texts in characters, is no row of headings.
const LEAST_HEADINGS: usize = 3;
const LONGEST_HEADING: usize = 40;

/// Fewer cells side by side may all wrap in the same way.
const LEAST_FULL: usize = 3;
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
        && (grid.unruled || blocks.iter().all(|runs| runs.len() <= MOST_LINES))
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
        if let Some(parts) = parts(&own, row, grid) {
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

/// The rows between two rules, where there are several.
fn parts(own: &[&(&Block, Vec<Run>)], row: usize, grid: &Grid) -> Option<Vec<(Vec<Cell>, Run)>> {
    if own.iter().any(|(block, _)| block.rows != (row..row + 1)) {
        return None;
    }
    let columns: Vec<(f32, f32)> =
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
    let placed: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let mut cells = vec![Cell::default(); columns.len()];
            for run in &line.runs {
                if let Some(cell) = at(run).and_then(|at| cells.get_mut(at)) {
                    *cell = Cell::new(&run.text);
                }
            }
            cells
        })
        .collect();
    let mut starts = if grid.unruled {
        named_starts(&placed)
    } else if row > 0 && are_full(&placed) {
        (0..lines.len()).collect()
    } else if grid.ys.len() <= MOST_BANDS + 1 {
        unruled_starts(&lines, &placed, &columns)
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
    Some(rows.map(|(cells, cover)| (wide(cells), cover)).collect())
}

/// Whether each line has something in all of several columns: cells that wrap seldom do so alike.
fn are_full(placed: &[Vec<Cell>]) -> bool {
    placed.iter().all(|cells| cells.len() >= LEAST_FULL && cells.iter().all(|cell| !cell.text.is_empty()))
}
