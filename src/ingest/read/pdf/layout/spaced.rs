//! Tables whose columns are not ruled: cells stand over each other, with gaps between them. Lines across the page may
//! part their rows, or their headings from their rows.

use super::{
    super::super::table::{self, Cell},
    Row, Run, Sheet,
    bands::{banded, bands_from},
    cells::{columns, cut_at_common_spaces, drop_leaders, place},
    extent::{MOST_ALONE, headed_table, is_running, table_from},
    headings::{body_start, headings, stacked},
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
        let mut lines = lines[..end].to_vec();
        drop_leaders(&mut lines[start..]);
        cut_at_common_spaces(&mut lines[start..]);
        return (!drawn).then(|| (banded(&lines, &bands, &strokes.across), end));
    }
    let end = table_from(lines, start).or_else(|| headed_table(lines, start, MOST_ALONE))?;
    let mut lines = lines[start..end].to_vec();
    if is_drawn(&lines, &strokes.down) {
        return None;
    }
    drop_leaders(&mut lines);
    let lines = lines.as_slice();
    let columns = columns(lines);
    let placed: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, &columns)).collect();
    if is_monospaced(lines) && hides_columns(&placed) {
        return None;
    }
    let body = body_start(lines, &placed);
    let rows_of_headings = headings(&stacked(&lines[..body], &columns), &columns, &strokes.across);
    let mut sheet = Sheet { rows: rows_of_headings, ..Sheet::default() };
    sheet.heading_rows = (body > 0).then_some(sheet.rows.len());
    sheet.rows.extend(rows(&lines[body..], &placed[body..], row_starts(&lines[body..], &placed[body..], &columns)));
    Some((sheet, end))
}

/// Several cells side by side, that are no list item or dotted line.
pub fn is_wide(row: &Row) -> bool {
    let first = row.runs.first().map_or("", |run| run.text.trim());
    let marker = row.runs.len() == 2
        && row.runs[1].text.trim() != first
        && first.chars().count() <= 4
        && (first.ends_with(['.', '、', ')', '）', '•', '·', '-', '●', '■', '○', '§'])
            || first.chars().count() == 1 && !first.chars().all(char::is_alphanumeric));
    // Dots lead from a heading to its page in a table of contents, and from a name to its figures in others.
    let leads = || row.runs.iter().any(|run| super::is_dotted(&run.text));
    let figures = || row.runs.iter().skip(1).filter(|run| table::is_data(run.text.trim())).count();
    row.runs.len() >= 2 && !marker && (!leads() || figures() > 1)
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

/// Whether cells hold several figures: what a machine printed with one space between its columns, which only the width of
/// its letters parts.
fn hides_columns(placed: &[Vec<Cell>]) -> bool {
    let is_number =
        |word: &&str| word.bytes().all(|b| b.is_ascii_digit() || b"+-.,%".contains(&b)) && table::is_data(word);
    let several = |cell: &Cell| cell.text.split(' ').filter(is_number).count() > 1;
    placed.iter().flatten().any(several)
}

/// Whether a row has data behind its first cell.
pub fn has_data(row: &Row) -> bool {
    row.runs.iter().skip(1).any(|run| table::is_data(run.text.trim()))
}

pub fn is_bold(row: &Row) -> bool {
    row.runs.iter().all(|run| run.bold)
}
