//! The columns that lines of a table stand in, and the cells of each line.

use super::{
    super::{
        super::table::{Cell, Merged},
        letters,
    },
    Row, Run,
    spaced::has_data,
};

/// Left and right edge, in points.
pub type Column = (f32, f32);

/// A space of a run between two columns is as wide as this, in font sizes, or ends where the right one begins.
const CELL_SPACE: f32 = 0.6;
/// The latter within this, in font sizes.
const ALIGNED: f32 = 0.12;

/// Appends what a cell says on its next line.
pub fn append(cell: &mut Cell, more: &Cell) {
    if more.text.is_empty() || more.merged.is_some() && cell.text.ends_with(&more.text) {
        return;
    }
    let mut joined = std::mem::take(&mut cell.text);
    letters::append(&mut joined, &more.text);
    *cell = Cell::new(&joined);
}

/// The columns' left and right edges: cells that overlap are one column, and so are headings and the figures at their side.
pub fn columns(rows: &[Row]) -> Vec<Column> {
    let mut columns = by_overlap(rows);
    let filled = |row: &Row, (left, right): Column| row.runs.iter().any(|run| run.left < right && left < run.right);
    let is_heading = |at: usize, columns: &[Column]| {
        let mut own = rows.iter().filter(|row| filled(row, columns[at])).peekable();
        own.peek().is_some() && own.all(|row| !has_data(row))
    };
    let mut at = 1;
    while at + 1 < columns.len() {
        let headings = [is_heading(at, &columns), is_heading(at + 1, &columns)];
        let lone = rows.iter().filter(|row| !has_data(row)).all(|row| {
            let over = |run: &&Run| run.left < columns[at + 1].1 && columns[at].0 < run.right;
            row.runs.iter().filter(over).count() <= 1
        });
        if headings[0] != headings[1] && lone {
            columns[at].1 = columns[at + 1].1;
            columns.remove(at + 1);
        } else {
            at += 1;
        }
    }
    columns
}

/// Cells that overlap as one column, counted on the rows with the most cells.
fn by_overlap(rows: &[Row]) -> Vec<Column> {
    let most = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0);
    let wide = || rows.iter().filter(|row| row.runs.len() >= 2);
    let whole = || rows.iter().filter(|row| row.runs.len() == most);
    if whole().count() * 3 >= wide().count() {
        let columns = overlapping(whole());
        let fits = |row: &&Row| {
            let cells = row.runs.iter().flat_map(|run| cut(run.clone(), &columns));
            cells.into_iter().all(|cell| under(&cell, &columns).len() <= 1)
        };
        let fitting = wide().filter(fits).count();
        if columns.len() == most && (fitting * 5 >= wide().count() * 4 || whole().count() * 2 >= wide().count()) {
            return columns;
        }
    }
    let columns = overlapping(rows.iter().filter(|row| row.runs.len() * 5 >= most * 3));
    if columns.len() < most { one_by_one(rows, most).unwrap_or(columns) } else { columns }
}

fn overlapping<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Column> {
    let mut cells: Vec<Column> = rows.flat_map(|row| &row.runs).map(|run| (run.left, run.right)).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<Column> = Vec::new();
    for (left, right) in cells {
        match columns.last_mut() {
            Some((_, end)) if left < *end - 0.5 => *end = end.max(right),
            _ => columns.push((left, right)),
        }
    }
    columns
}

/// Columns by number instead of by place, where most rows have a cell in each: a wide heading reaches over the figures
/// beside its own.
fn one_by_one(rows: &[Row], most: usize) -> Option<Vec<Column>> {
    let full: Vec<&Row> = rows.iter().filter(|row| row.runs.len() == most).collect();
    if full.len() < 2 || full.len() * 3 < rows.len() * 2 {
        return None;
    }
    let mut columns: Vec<Column> = (0..most)
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
pub fn place(row: &Row, columns: &[Column]) -> Vec<Cell> {
    let runs: Vec<Run> = row.runs.iter().flat_map(|run| cut(run.clone(), columns)).collect();
    if runs.len() == columns.len() {
        return runs.iter().map(|run| Cell::new(&run.text)).collect();
    }
    let mut cells = vec![Cell::default(); columns.len()];
    for run in &runs {
        let mut under = under(run, columns);
        if under.is_empty() {
            let middle = f32::midpoint(run.left, run.right);
            let distance = |(left, right): &Column| (f32::midpoint(*left, *right) - middle).abs();
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

/// The columns that a run stands over.
fn under(run: &Run, columns: &[Column]) -> Vec<usize> {
    let overlap = |(left, right): &Column| run.right.min(*right) - run.left.max(*left);
    columns.iter().enumerate().filter(|(_, column)| overlap(column) > 0.5).map(|(at, _)| at).collect()
}

/// The run, cut where its words stand as far apart as cells do.
pub fn cut_at_wide_spaces(run: Run) -> Vec<Run> {
    cut_where(run, &|_, _| true)
}

/// Takes out the dots that lead from a name to its figures, however they are cut into words.
pub fn drop_leaders(lines: &mut [Row]) {
    for line in lines.iter_mut().filter(|line| line.runs.len() > 1) {
        for run in &mut line.runs {
            let name = run.text.trim_end_matches(['.', '…', '·', ' ']);
            // One may end an abbreviation.
            if !name.is_empty() && run.text[name.len()..].chars().filter(|c| *c != ' ').count() > LEAST_DOTS {
                let keep = name.len();
                if let Some(space) = run.spaces.iter().position(|(at, ..)| *at >= keep) {
                    *run = run.clone().cut(space).0;
                }
                run.text.truncate(keep);
            }
        }
        let figures = line.runs.last().is_some_and(|run| !is_leader(&run.text));
        line.runs.retain(|run| !(figures && is_leader(&run.text)));
    }
}

/// Whether a run is dots and nothing else.
fn is_leader(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '.' | '…' | '·' | ' '))
}

/// More dots than these lead somewhere.
const LEAST_DOTS: usize = 2;

/// A space that parts columns has its edge in common with so many lines, or with all of them.
const LEAST_ALIGNED: usize = 3;
/// Edges in common differ by less, in points.
const SAME_EDGE: f32 = 0.5;

/// Cuts the runs of a table at the spaces that part columns all the way down: no word of another line stands in them, and
/// words of several lines begin or end at their edges. The columns of printed tables may be no further apart than words
/// that are set wide.
pub fn cut_at_common_spaces(lines: &mut [Row]) {
    let words: Vec<Vec<(f32, f32)>> = lines
        .iter()
        .map(|line| line.runs.iter().flat_map(Run::words).map(|(_, left, right)| (left, right)).collect())
        .collect();
    let parts = |from: f32, to: f32| {
        let middle = f32::midpoint(from, to);
        let crossed = words.iter().flatten().any(|(left, right)| *left < middle && middle < *right);
        let sides: Vec<(f32, f32)> = words
            .iter()
            .filter_map(|line| {
                let before = line.iter().map(|word| word.1).filter(|right| *right < middle).reduce(f32::max)?;
                let after = line.iter().map(|word| word.0).filter(|left| *left > middle).reduce(f32::min)?;
                Some((before, after))
            })
            .collect();
        let enough = LEAST_ALIGNED.min(sides.len()).max(2);
        let begin = sides.iter().filter(|(_, after)| (after - to).abs() < SAME_EDGE).count();
        let end = sides.iter().filter(|(before, _)| (before - from).abs() < SAME_EDGE).count();
        !crossed && (begin >= enough || end >= enough)
    };
    for line in lines.iter_mut() {
        let runs = std::mem::take(&mut line.runs).into_iter().enumerate();
        let cells = runs.flat_map(|(nth, run)| {
            // The number of a name is no cell of its own.
            let numbered = run.spaces.first().filter(|(at, ..)| nth == 0 && is_number(run.text[..*at].trim())).copied();
            cut_where(run, &|from, to| numbered.is_none_or(|(_, start, _)| from > start) && parts(from, to))
        });
        line.runs = cells.collect();
    }
}

/// "2.4", "(a)", "C."
fn is_number(text: &str) -> bool {
    let inner = text.trim_matches(['(', ')', '（', '）', '.', '、']);
    let letter = inner.chars().count() == 1 && inner.len() < text.len();
    letter || inner.starts_with(|c: char| c.is_ascii_digit()) && inner.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The run, cut at the wide spaces of which `parts` says that they part columns.
fn cut_where(run: Run, parts: &impl Fn(f32, f32) -> bool) -> Vec<Run> {
    let mut cells = Vec::new();
    let mut rest = Some(run);
    while let Some(run) = rest.take() {
        let space = run.spaces.iter().position(|(_, from, to)| to - from > CELL_SPACE * run.size && parts(*from, *to));
        let (cell, more) = match space {
            Some(space) => run.cut(space),
            None => (run, None),
        };
        cells.push(cell);
        rest = more;
    }
    cells
}

/// The cells of a run that stands over several columns because little space parts its cells.
fn cut(run: Run, columns: &[Column]) -> Vec<Run> {
    let mut cells = Vec::new();
    let mut rest = run;
    for pair in under(&rest, columns).windows(2) {
        let ((left, _), (next, _)) = (columns[pair[0]], columns[pair[1]]);
        let size = rest.size;
        let space = rest.spaces.iter().position(|(_, from, to)| {
            let aligned = (to - next).abs() < ALIGNED * size;
            *from > left && (aligned || to - from > CELL_SPACE * size && *from < next && *to > next - size)
        });
        let Some(space) = space else { continue };
        let (cell, more) = rest.cut(space);
        cells.push(cell);
        let Some(more) = more else { return cells };
        rest = more;
    }
    cells.push(rest);
    cells
}
