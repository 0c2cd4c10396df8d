//! Where a table begins and ends that only gaps show: lines with several cells, and those between them that are parts of
//! cells, names or headings.

use super::{
    super::super::table::{self, Cell, Unit},
    Row, Run,
    cells::{columns, cut_at_wide_spaces, place},
    spaced::{has_data, is_bold, is_wide},
    wrapped::{PADDING, is_figure},
};

/// Lines of a table stand no further apart, in font sizes.
const MOST_PITCH: f32 = 2.5;
/// A heading over all columns stands over their middle, within this many font sizes.
const OFF: f32 = 2.0;
/// What stands alone under headings is narrower than this share of them.
const UNDER: f32 = 0.8;
/// Lines with a single cell that may follow each other in a table.
const MOST_LONE: usize = 2;
const MOST_LONE_NAMES: usize = 10;
/// Headings that stand alone over all columns at most, one over the other.
pub const MOST_ALONE: usize = 2;
/// Lines of headings at most.
const MOST_HEADINGS: usize = 4;

/// Where the table ends that begins with line `start`, by gaps alone; `None` where none begins.
pub fn table_from(rows: &[Row], start: usize) -> Option<usize> {
    if !is_wide(&rows[start]) || rows[start].joined().is_some_and(|line| table::is_caption(line.text.trim())) {
        return None;
    }
    let (mut at, mut end) = (start + 1, start + 1);
    let mut has_figures = has_data(&rows[start]);
    while at < rows.len() {
        let pitch = rows[at].top - rows[at - 1].bottom;
        let size = rows[at].runs.first().map_or(10.0, |run| run.size);
        if pitch > MOST_PITCH * size {
            break;
        }
        if is_wide(&rows[at]) {
            has_figures |= has_data(&rows[at]);
            end = at + 1;
        } else if at - end >= most_lone(&rows[at], &rows[start..end])
            || !(is_cell(&rows[at], &rows[start..end]) || !has_figures && is_under(&rows[at], &rows[start..end]))
            || announces(&rows[at..])
        {
            break;
        }
        at += 1;
    }
    // The last name may wrap.
    while rows.get(end).is_some_and(|row| is_rest_of_name(row, &rows[start..end])) {
        end += 1;
    }
    let rows = &rows[start..end];
    let wide: Vec<&Row> = rows.iter().filter(|row| is_wide(row)).collect();
    let figures = wide.iter().filter(|row| has_data(row)).count();
    let cells = wide.iter().map(|row| row.runs.len()).max().unwrap_or(0);
    // Two cells side by side may be a heading and its number: a table of two columns has figures or more rows.
    let enough = if cells >= 3 { wide.len() >= 2 } else { wide.len() >= 3 || (wide.len() >= 2 && figures >= 2) };
    // Words side by side may be a listing, whose first row heads nothing; bold type makes it a row of headings.
    let headed = is_bold(&rows[0]) && !rows[1..].iter().any(is_bold);
    // Headings hold no figures, and leave the names' column free.
    let left = rows.iter().filter_map(|row| row.runs.first()).map(|run| run.left + run.size).fold(f32::MAX, f32::min);
    let heads = wide.iter().take_while(|row| !has_data(row)).take(MOST_HEADINGS);
    let heads = heads.filter(|row| row.runs.first().is_some_and(|run| run.left > left)).count();
    (enough && (figures > 0 && figures * 2 >= wide.len() - heads || headed)).then_some(end)
}

/// Where the table ends whose first heading stands alone in line `start`, over all columns behind the first. At most `most`
/// lines of headings stand alone.
pub fn headed_table(lines: &[Row], start: usize, most: usize) -> Option<usize> {
    let [run] = lines[start].runs.as_slice() else { return None };
    let next = lines.get(start + 1)?;
    let text = run.text.trim();
    if next.top - lines[start].bottom > run.size || table::is_caption(text) || Unit::stated(text).is_some() {
        return None;
    }
    let end = table_from(lines, start + 1)
        .or_else(|| most.checked_sub(1).and_then(|most| headed_table(lines, start + 1, most)))?;
    let body = &lines[start + 1..end];
    let columns = columns(body);
    let [_, data @ ..] = columns.as_slice() else { return None };
    let (first, last) = (data.first()?, data.last()?);
    let off = f32::midpoint(first.0, last.1) - f32::midpoint(run.left, run.right);
    // Under it stand figures in all columns.
    let placed: Vec<Vec<Cell>> = body.iter().filter(|row| has_data(row)).map(|row| place(row, &columns)).collect();
    let filled = |at: usize| placed.iter().map(move |cells| &cells[at]).filter(|cell| !cell.text.is_empty());
    let figures = |at: usize| filled(at).filter(|cell| is_figure(cell)).count() * 2 > filled(at).count();
    (data.len() > 1 && off.abs() < OFF * run.size && (1..columns.len()).all(figures)).then_some(end)
}

/// Whether the first of these lines is a title beside the number of its page, apart from the rest.
pub fn is_running(lines: &[Row]) -> bool {
    let [line, next, ..] = lines else { return false };
    let [left, right] = line.runs.as_slice() else { return false };
    let is_number =
        |run: &Run| (1..=4).contains(&run.text.trim().len()) && run.text.trim().bytes().all(|b| b.is_ascii_digit());
    let apart = next.top - line.bottom > left.size;
    apart && is_number(left) != is_number(right)
}

/// Whether the first of these lines announces a table of its own: it ends with a colon, and what follows are no figures
/// under the headings above.
fn announces(lines: &[Row]) -> bool {
    let [line, next, ..] = lines else { return false };
    let colon = line.runs.last().is_some_and(|run| run.text.trim_end().ends_with([':', '：']));
    let outside = line.runs.first().zip(next.runs.first()).is_some_and(|(own, next)| own.left < next.left - own.size);
    colon && outside && is_wide(next) && !has_data(next)
}

/// Lines with the runs parted that a heading over several columns, or beside another, was taken for: little space parts it
/// from the next, but each part has cells of its own above or below.
pub fn parted(mut lines: Vec<Row>) -> Vec<Row> {
    for at in 0..lines.len() {
        let near = |other: usize| {
            let other = lines.get(other)?;
            let gap = (lines[at].top - other.bottom).max(other.top - lines[at].bottom);
            (is_wide(other) && gap < 2.0 * MOST_PITCH * lines[at].runs.first()?.size).then_some(other)
        };
        let [run] = lines[at].runs.as_slice() else { continue };
        let parts = cut_at_wide_spaces(run.clone());
        let over = |part: &Run, cell: &Run| part.left < cell.right && cell.left < part.right;
        let fits = |neighbour: &Row| {
            let cells = &neighbour.runs;
            parts.iter().all(|part| cells.iter().any(|cell| over(part, cell)))
                && cells.iter().all(|cell| parts.iter().filter(|part| over(part, cell)).count() <= 1)
        };
        let is_lone = lines.get(at + 1).is_some_and(|next| next.runs.len() == 1);
        let around = [Some(at + 1), is_lone.then_some(at + 2), at.checked_sub(1)];
        if parts.len() > 1 && around.into_iter().flatten().filter_map(near).any(fits) {
            lines[at].runs = parts;
        }
    }
    lines
}

/// How many lines without a second cell may follow each other: more of them where they keep to the first column, as names
/// do that wrap.
fn most_lone(row: &Row, above: &[Row]) -> usize {
    if row.runs.first().is_some_and(|run| is_name(run, above)) { MOST_LONE_NAMES } else { MOST_LONE }
}

/// Whether a run keeps to the first column.
fn is_name(run: &Run, above: &[Row]) -> bool {
    run.right < second_column(above)
}

/// Where the second column begins.
fn second_column(rows: &[Row]) -> f32 {
    rows.iter().filter_map(|row| row.runs.get(1)).map(|run| run.left).fold(f32::MAX, f32::min)
}

/// Whether a line stands in the middle under those above it, as a unit under headings does.
fn is_under(row: &Row, above: &[Row]) -> bool {
    let edge = |of: fn(&Row) -> Option<f32>, pick: fn(f32, f32) -> f32| above.iter().filter_map(of).reduce(pick);
    let left = edge(|row| row.runs.first().map(|run| run.left), f32::min);
    let right = edge(|row| row.runs.last().map(|run| run.right), f32::max);
    let (Some(left), Some(right), [run]) = (left, right, row.runs.as_slice()) else { return false };
    let off = f32::midpoint(left, right) - f32::midpoint(run.left, run.right);
    off.abs() < run.size && run.right - run.left < UNDER * (right - left)
}

/// Whether a line is the rest of the name that the last of these rows begins with: it keeps to the first column, and stands
/// closer under it than rows do under each other.
fn is_rest_of_name(row: &Row, above: &[Row]) -> bool {
    let base = |row: &Row| row.runs.first().map_or(row.bottom, |run| run.bottom);
    let pitch = |pair: &[Row]| base(&pair[1]) - base(&pair[0]);
    let [run] = row.runs.as_slice() else { return false };
    let Some(last) = above.last() else { return false };
    let second = second_column(above);
    let begins_row = |row: &Row| has_data(row) && row.runs[0].left < second;
    let rows = above.windows(2).filter(|pair| begins_row(&pair[1])).map(pitch).fold(f32::MAX, f32::min);
    let own = run.bottom - base(last);
    rows < f32::MAX && own + PADDING * run.size < rows && is_name(run, above)
}

/// Whether a lone run may be part of a cell of the rows above: it is no wider than the first of them.
fn is_cell(row: &Row, above: &[Row]) -> bool {
    let (Some(run), 1) = (row.runs.first(), row.runs.len()) else { return row.runs.len() > 1 };
    // Headings may leave the first column free.
    let before_all = above.iter().filter_map(|row| row.runs.first()).all(|first| run.right < first.left);
    if before_all || is_name(run, above) {
        return true;
    }
    let width =
        above.iter().filter_map(|row| Some(row.runs.last()?.right - row.runs.first()?.left)).fold(0.0, f32::max);
    run.right - run.left < 0.55 * width
}
