//! Tables whose columns are not ruled: cells stand over each other, with gaps between them. Lines across the page may
//! part their rows, or their headings from their rows.

use super::{
    super::super::table::{self, Cell},
    Row, Run, Sheet,
    bands::{banded, bands_from},
    cells::{columns, place},
    headings::{body_start, headings},
    lattice::{Stroke, Strokes},
    wrapped::{row_starts, rows},
};

/// Posts of a frame stand so far from the ends of its rules, or inside its text, at most, in points.
pub const BESIDE: f32 = 4.0;

/// The table that begins with line `start`, and the line after it.
pub fn table_at(lines: &[Row], start: usize, strokes: &Strokes) -> Option<(Sheet, usize)> {
    if lines.is_empty() || start == 0 && is_running(lines) {
        return None;
    }
    if let Some((bands, end)) = bands_from(lines, start, strokes) {
        let drawn = is_drawn(&lines[start..end], &strokes.down);
        return (!drawn).then(|| (banded(lines, &bands, &strokes.across), end));
    }
    let end = table_from(lines, start)?;
    let lines = &lines[start..end];
    if is_drawn(lines, &strokes.down) {
        return None;
    }
    let columns = columns(lines);
    let placed: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, &columns)).collect();
    let body = body_start(lines, &placed);
    let mut sheet =
        Sheet { rows: headings(&lines[..body], &placed[..body], &columns, &strokes.across), ..Sheet::default() };
    sheet.heading_rows = (body > 0).then_some(sheet.rows.len());
    sheet.rows.extend(rows(&lines[body..], &placed[body..], row_starts(&lines[body..], &placed[body..], &columns)));
    Some((sheet, end))
}

/// Several cells side by side, that are no list item or dotted line.
pub fn is_wide(row: &Row) -> bool {
    let first = row.runs.first().map_or("", |run| run.text.trim());
    let marker = row.runs.len() == 2
        && first.chars().count() <= 4
        && (first.ends_with(['.', '、', ')', '）', '•', '·', '-', '●', '■', '○', '§'])
            || first.chars().count() == 1 && !first.chars().all(char::is_alphanumeric));
    row.runs.len() >= 2 && !marker && !row.runs.iter().any(|run| super::is_dotted(&run.text))
}

/// Where the table ends that begins with line `start`, by gaps alone; `None` where none begins.
fn table_from(rows: &[Row], start: usize) -> Option<usize> {
    if !is_wide(&rows[start]) || rows[start].joined().is_some_and(|line| table::is_caption(line.text.trim())) {
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
        } else if at - end >= 2 || !is_cell(&rows[at], &rows[start..end]) || announces(&rows[at..]) {
            break;
        }
        at += 1;
    }
    // Two cells side by side may be a heading and its number: a table of two columns has figures or more rows.
    let enough = if cells >= 3 { wide >= 2 } else { wide >= 3 || (wide >= 2 && figures >= 2) };
    // Words side by side may be a listing, whose first row heads nothing; bold type makes it a row of headings.
    let headed = is_bold(&rows[start]) && !rows[start + 1..end].iter().any(is_bold);
    (enough && (figures * 2 >= wide || headed)).then_some(end)
}

/// Whether the first of these lines is a title beside the number of its page, apart from the rest.
fn is_running(lines: &[Row]) -> bool {
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
    let figures = next.runs.iter().skip(1).any(|run| table::is_data(run.text.trim()));
    colon && outside && is_wide(next) && !figures
}

/// Whether posts beside or between the lines tell that they are no table: those of boxes in a drawing pass some of the
/// lines, those of a frame around a listing stand on both sides of letters of one width.
fn is_drawn(lines: &[Row], posts: &[Stroke]) -> bool {
    let edge =
        |pick: fn(f32, f32) -> f32, of: fn(&Run) -> f32| lines.iter().flat_map(|line| &line.runs).map(of).reduce(pick);
    let (Some(left), Some(top), Some(right), Some(bottom)) = (
        edge(f32::min, |run| run.left),
        edge(f32::min, |run| run.top),
        edge(f32::max, |run| run.right),
        edge(f32::max, |run| run.bottom),
    ) else {
        return false;
    };
    let beside = |post: &&Stroke| covers(post, top, bottom);
    let framed = posts.iter().filter(beside).any(|post| post.at <= left + BESIDE)
        && posts.iter().filter(beside).any(|post| post.at >= right - BESIDE);
    let crossed = posts.iter().any(|post| {
        left < post.at && post.at < right && post.to.min(bottom) - post.from.max(top) > 2.0 && !beside(&post)
    });
    crossed || framed && is_monospaced(lines)
}

/// Whether a post stands beside nearly all of what lies between two heights.
pub fn covers(post: &Stroke, top: f32, bottom: f32) -> bool {
    post.to.min(bottom) - post.from.max(top) >= 0.9 * (bottom - top)
}

/// Whether all letters are of one width.
fn is_monospaced(lines: &[Row]) -> bool {
    let pitches: Vec<f32> = lines
        .iter()
        .flat_map(|line| &line.runs)
        .flat_map(Run::words)
        .map(|(word, left, right)| (word.trim().chars().count() as f32, right - left))
        .filter(|(count, _)| *count >= 4.0)
        .map(|(count, width)| width / count)
        .collect();
    let (least, most) = (pitches.iter().copied().fold(f32::MAX, f32::min), pitches.iter().copied().fold(0.0, f32::max));
    most > 0.0 && most - least < 0.04 * most
}

pub fn is_bold(row: &Row) -> bool {
    row.runs.iter().all(|run| run.bold)
}

/// Whether a lone run may be part of a cell of the rows above: it is no wider than the first of them.
fn is_cell(row: &Row, above: &[Row]) -> bool {
    let (Some(run), 1) = (row.runs.first(), row.runs.len()) else { return row.runs.len() > 1 };
    let width =
        above.iter().filter_map(|row| Some(row.runs.last()?.right - row.runs.first()?.left)).fold(0.0, f32::max);
    run.right - run.left < 0.55 * width
}
