//! The lines of a table to its rows: names and cells that wrap are one.

use super::{
    super::super::table::{self, Cell},
    Row, Run,
    cells::{Column, append},
};

/// A line that goes on in the next fills this share of its cell.
const FULL: f32 = 0.7;
/// Fewer cells side by side may all wrap in the same way.
const LEAST_FULL: usize = 3;
/// Space between two rows is larger than that between two lines of one by this, in font sizes, where it tells them apart.
pub const PADDING: f32 = 0.2;
/// Between words, in font sizes.
const SPACE: f32 = 0.25;

/// The lines from each of `starts` to the next as rows.
pub fn rows(lines: &[Row], placed: &[Vec<Cell>], starts: Vec<usize>) -> Vec<(Vec<Cell>, Run)> {
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([lines.len()]).collect();
    starts.into_iter().zip(ends).map(|(from, to)| joined(&lines[from..to], &placed[from..to])).collect()
}
/// The lines that begin rows of a table's body, the first among them.
pub fn row_starts(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column]) -> Vec<usize> {
    if lines.is_empty() {
        return Vec::new();
    }
    if let Some(starts) = by_padding(lines, placed, columns) {
        return starts;
    }
    let mut starts = vec![0];
    for at in 1..lines.len() {
        let open = starts.last().copied().unwrap_or(0);
        if !goes_on(&lines[open..at], &placed[open..at], &lines[at], &placed[at], columns) {
            starts.push(at);
        }
    }
    starts
}

/// Whether a line is a row by itself: it has values, two of them or a name, and one of the cells above these had room for
/// more.
fn is_row(above: &Row, cells: &[Cell], columns: &[Column]) -> bool {
    let mut filled = columns.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty());
    let several = has_values(cells) && filled.clone().count() > 1;
    let named_data = is_named(cells) && has_figures(cells);
    several && (named_data || filled.any(|(column, _)| share(above, *column) < FULL))
}

/// The lines that begin rows between two rules, the first among them: lines of one row, unless most are rows.
pub fn unruled_starts(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column]) -> Vec<usize> {
    let rows = (1..lines.len()).filter(|at| is_row(&lines[at - 1], &placed[*at], columns)).count();
    if rows > 1 && rows * 3 >= (lines.len() - 1) * 2 { row_starts(lines, placed, columns) } else { vec![0] }
}

/// Whether each line has something in all of several columns: cells that wrap seldom do so alike.
pub fn are_full(placed: &[Vec<Cell>]) -> bool {
    placed.iter().all(|cells| cells.len() >= LEAST_FULL && cells.iter().all(|cell| !cell.text.is_empty()))
}

/// Whether lines in these columns are more likely parts of cells than rows of their own: in most columns the word that a
/// line begins with had no room on the line before.
pub fn wrap(lines: &[Row], columns: &[Column]) -> bool {
    let inside = |line: &Row, (left, right): Column| {
        line.runs.iter().filter(|run| (left..right).contains(&f32::midpoint(run.left, run.right))).cloned().reduce(
            |mut whole, run| {
                whole.join(&run);
                whole
            },
        )
    };
    let (mut room, mut none) = (0, 0);
    for pair in lines.windows(2) {
        for (at, column) in columns.iter().enumerate() {
            // As far as the next column where nothing rules them.
            let end = columns.get(at + 1).map_or(column.1, |next| column.1.max(next.0));
            let (Some(above), Some(below)) = (inside(&pair[0], *column), inside(&pair[1], *column)) else { continue };
            let word = below.words().next().map_or(0.0, |(_, left, right)| right - left);
            let has_room = above.right + word + SPACE * above.size <= end;
            let is_cut = above.text.trim_end().ends_with(['-', '\u{ad}', '‐', ',']);
            if has_room && !is_cut { room += 1 } else { none += 1 }
        }
    }
    room < none
}

/// The lines that name a row, the first among them.
pub fn named_starts(placed: &[Vec<Cell>]) -> Vec<usize> {
    (0..placed.len()).filter(|at| *at == 0 || is_named(&placed[*at])).collect()
}

/// Rows where more space parts them than their lines.
fn by_padding(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column]) -> Option<Vec<usize>> {
    let size = lines.iter().flat_map(|line| &line.runs).map(|run| run.size).fold(0.0, f32::max).max(1.0);
    // Of the names, where figures stand at another height.
    let base = |line: &Row| line.runs.first().map_or(line.bottom, |run| run.bottom);
    let pitches: Vec<f32> = lines.windows(2).map(|pair| base(&pair[1]) - base(&pair[0])).collect();
    let mut sorted = pitches.clone();
    sorted.sort_by(f32::total_cmp);
    let mut jumps: Vec<(f32, f32)> = sorted
        .windows(2)
        .map(|pair| (pair[1] - pair[0], f32::midpoint(pair[0], pair[1])))
        .filter(|(jump, _)| *jump >= PADDING * size)
        .collect();
    jumps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let is_row = |at: usize| is_row(&lines[at - 1], &placed[at], columns);
    // Where larger spaces part groups of rows, the lines in them are rows; the next jump may be that of the rows.
    jumps.into_iter().enumerate().find_map(|(nth, (_, least))| {
        let starts: Vec<usize> = (0..lines.len()).filter(|at| *at == 0 || pitches[at - 1] > least).collect();
        let more = || (1..lines.len()).filter(|at| !starts.contains(at));
        let opened = |at: usize| starts.iter().rev().find(|start| **start < at).map_or(0, |start| *start);
        let rows = more().filter(|at| is_row(*at) && placed[opened(*at)..*at].iter().any(|cells| has_values(cells)));
        let rows = rows.count();
        let ends = starts.iter().skip(1).copied().chain([lines.len()]);
        let mut groups = starts.iter().zip(ends).map(|(from, to)| &placed[*from..to]);
        // A smaller jump is trusted where nothing but names wraps.
        let holds = |group| if nth == 0 { has_figures_once(group) } else { wraps_names_alone(group) };
        (groups.all(holds) && rows * 2 < more().count()).then_some(starts)
    })
}

/// Whether no column holds figures on more than one of the lines of a row.
pub fn has_figures_once(placed: &[Vec<Cell>]) -> bool {
    let width = placed.iter().map(Vec::len).max().unwrap_or(0);
    (1..width).all(|at| placed.iter().filter_map(|cells| cells.get(at)).filter(|cell| is_figure(cell)).count() <= 1)
}

/// Whether of the lines of a row with figures all others hold nothing but its name.
fn wraps_names_alone(placed: &[Vec<Cell>]) -> bool {
    let figures = placed.iter().filter(|cells| has_figures(cells)).count();
    figures == 0 || figures == 1 && placed.iter().filter(|cells| has_values(cells)).count() == 1
}

/// Whether a line has figures behind its name.
pub fn has_figures(cells: &[Cell]) -> bool {
    cells.iter().skip(1).any(is_figure)
}

pub fn is_figure(cell: &Cell) -> bool {
    cell.merged.is_none() && table::is_data(&cell.text)
}

/// How much of a column's width a line fills.
fn share(line: &Row, (left, right): Column) -> f32 {
    let inside = line.runs.iter().map(|run| (run.right.min(right) - run.left.max(left)).max(0.0)).sum::<f32>();
    inside / (right - left).max(1.0)
}

/// Whether a line goes on with the row that `above` are the lines of.
fn goes_on(above: &[Row], cells_above: &[Vec<Cell>], line: &Row, cells: &[Cell], columns: &[Column]) -> bool {
    let (Some(last), Some(first)) = (above.last(), line.runs.first()) else { return false };
    if line.top - last.bottom > 0.8 * first.size {
        return false;
    }
    // Exponents and fractions stand on heights of their own.
    if line.runs.iter().all(|run| last.runs.first().is_some_and(|before| run.size < 0.8 * before.size)) {
        return true;
    }
    let data = has_figures(cells);
    let complete = cells_above.iter().any(|cells| has_values(cells));
    if !is_named(cells) {
        // A year or a number may end a text for which there was no more room.
        let ends_text = || {
            let above = cells_above.last().into_iter().flat_map(|above| above.iter().zip(cells));
            let is_text = |cell: &Cell| cell.text.contains(char::is_alphabetic) && !is_figure(cell);
            above.filter(|(_, cell)| !cell.text.is_empty()).all(|(above, _)| is_text(above))
                && wrap(&[last.clone(), line.clone()], columns)
        };
        return !complete || !data && !is_row(last, cells, columns) || ends_text();
    }
    // A name that fills its column is cut there, and goes on.
    let edge = columns.first().map_or(f32::MAX, |column| column.1);
    // Words that are set wide may be two runs.
    let names = last.runs.iter().take_while(|run| run.left < edge);
    let Some(name) = names.last().filter(|_| cells_above.last().is_some_and(|cells| is_named(cells))) else {
        return false;
    };
    let is_full = name.right > edge - 2.0 * name.size;
    let small = first.text.trim().starts_with(|c: char| c.is_lowercase() || c >= '\u{2e80}');
    let indented = first.left > above[0].runs.first().map_or(f32::MAX, |run| run.left) + 0.5 * first.size;
    // Where other cells have a next line too, they had no more room either.
    let all_wrap = || small && !data && wrap(&[last.clone(), line.clone()], columns);
    is_full && (small || indented) && (complete != has_values(cells) || all_wrap())
}

pub fn is_named(cells: &[Cell]) -> bool {
    cells.first().is_some_and(|cell| !cell.text.is_empty())
}

pub fn has_values(cells: &[Cell]) -> bool {
    cells.iter().skip(1).any(|cell| !cell.text.is_empty())
}

/// The cells of the lines of one row, and where they stand.
pub fn joined(lines: &[Row], placed: &[Vec<Cell>]) -> (Vec<Cell>, Run) {
    let mut cells: Vec<Cell> = Vec::new();
    let mut cover: Option<Run> = None;
    for (line, more) in lines.iter().zip(placed) {
        if cells.is_empty() {
            cells.clone_from(more);
        } else {
            for (cell, more) in cells.iter_mut().zip(more) {
                append(cell, more);
            }
        }
        let whole = whole(line);
        match &mut cover {
            Some(cover) => cover.cover(whole.left, whole.top, whole.right, whole.bottom),
            None => cover = Some(whole),
        }
    }
    (cells, cover.unwrap_or_default())
}

fn whole(row: &Row) -> Run {
    let mut whole = row.runs.first().cloned().unwrap_or_default();
    for run in row.runs.iter().skip(1) {
        whole.cover(run.left, run.top, run.right, run.bottom);
    }
    whole
}
