//! Rows between two rules of a grid, which part groups of rows and not each from the next.

use super::{
    super::super::table::{Cell, Merged},
    Row, Run,
    cells::Column,
    lattice::{Block, Grid},
    wrapped::{are_full, has_figures_once, is_named, joined, named_starts, unruled_starts, wrap},
};

/// Lines and columns together from which on cells that are filled in each line are no wrapped ones.
const LEAST_FULL_LINES: usize = 6;
/// A table with more rules than above and below these has one between any two rows.
const MOST_BANDS: usize = 4;

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
        if self.placed.iter().skip(1).any(|cells| in_brackets(cells)) {
            return None;
        }
        if self.placed.iter().all(|cells| is_named(cells)) && !has_figures_once(&self.placed) {
            return Some((0, (0..self.lines.len()).collect()));
        }
        let wraps = wrap(&self.lines, &self.columns);
        if self.lines.len() > 1 && are_full(&self.placed) && !wraps {
            return Some((0, (0..self.lines.len()).collect()));
        }
        inner_starts(&self.placed, wraps)
    }
}

/// Whether a line says in brackets what the line above says, in another unit or as a share. A loss in brackets has no unit.
fn in_brackets(cells: &[Cell]) -> bool {
    let mut filled = cells.iter().filter(|cell| !cell.text.is_empty());
    let told = |cell: &Cell| cell.text.contains(|c: char| c.is_alphabetic() || matches!(c, '%' | '％'));
    filled.all(|cell| cell.text.starts_with(['(', '（'])) && cells.iter().skip(1).any(told)
}

/// Cells that stand between two rules of their own.
pub fn is_single(own: &[&(&Block, Vec<Run>)], row: usize) -> bool {
    own.iter().all(|(block, _)| block.rows == (row..row + 1))
}

/// The rows between two rules, where there are several. `inner` where lines between rules are rows all over the table.
pub fn parts(own: &[&(&Block, Vec<Run>)], grid: &Grid, inner: bool) -> Option<Vec<(Vec<Cell>, Run)>> {
    let few = grid.ys.len() <= MOST_BANDS + 1;
    if !(grid.unruled || inner || few) {
        return None;
    }
    let band = Band::of(own, grid);
    let Band { lines, placed, columns } = &band;
    let (names, mut starts) = if grid.unruled {
        (0, named_starts(placed))
    } else if let Some(found) = inner.then(|| band.inner()).flatten() {
        found
    } else if few {
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
pub fn has_inner_rows(grid: &Grid, blocks: &[(&Block, Vec<Run>)]) -> bool {
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
