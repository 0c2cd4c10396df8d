//! Tables whose columns are not ruled: cells stand over each other, with gaps between them. Lines across the page may
//! part their rows, or their headings from their rows.

use std::ops::Range;

use super::{
    super::super::table::{self, Cell, Merged},
    Row, Run, Sheet,
    lattice::{Stroke, Strokes},
};

/// A rule belongs to the text above it within this many font sizes.
const UNDER: f32 = 1.5;
/// Ends of rules of one table differ by no more, in points.
const SAME_ENDS: f32 = 2.5;
/// Posts of a frame stand so far from the ends of its rules, or inside its text, at most, in points.
const BESIDE: f32 = 4.0;
/// Rules that part a table from the next leave more than this between them, in points.
const MOST_EMPTY: f32 = 12.0;
/// A band of more lines than this holds several rows.
const MOST_WRAPPED: usize = 4;
/// A line that goes on in the next fills this share of its cell.
const FULL: f32 = 0.7;
/// Space between two rows is larger than that between two lines of one by this, in font sizes, where it tells them apart.
const PADDING: f32 = 0.2;

/// The table that begins with line `start`, and the line after it.
pub fn table_at(lines: &[Row], start: usize, strokes: &Strokes) -> Option<(Sheet, usize)> {
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

/// The first line after the headings: they end where data begins, or bold type. A name alone above data heads rows.
fn body_start(lines: &[Row], placed: &[Vec<Cell>]) -> usize {
    let Some(mut body) = first_data(placed) else {
        return lines.iter().take_while(|line| is_bold(line)).count().min(lines.len() - 1);
    };
    while body > 1 && is_named(&placed[body - 1]) && !has_values(&placed[body - 1]) {
        body -= 1;
    }
    body
}

/// The lines from each of `starts` to the next as rows.
fn rows(lines: &[Row], placed: &[Vec<Cell>], starts: Vec<usize>) -> Vec<(Vec<Cell>, Run)> {
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([lines.len()]).collect();
    starts.into_iter().zip(ends).map(|(from, to)| joined(&lines[from..to], &placed[from..to])).collect()
}

/// Several cells side by side, that are no list item or dotted line.
fn is_wide(row: &Row) -> bool {
    let first = row.runs.first().map_or("", |run| run.text.trim());
    let marker = row.runs.len() == 2
        && first.chars().count() <= 4
        && (first.ends_with(['.', '、', ')', '）', '•', '·', '-', '●', '■', '○', '§'])
            || first.chars().count() == 1 && !first.chars().all(char::is_alphanumeric));
    row.runs.len() >= 2 && !marker && !row.runs.iter().any(|run| super::is_dotted(&run.text))
}

/// Where the table ends that begins with line `start`, by gaps alone; `None` where none begins.
fn table_from(rows: &[Row], start: usize) -> Option<usize> {
    if !is_wide(&rows[start]) {
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
        } else if at - end >= 2 || !is_cell(&rows[at], &rows[start..end]) {
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
fn covers(post: &Stroke, top: f32, bottom: f32) -> bool {
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

fn is_bold(row: &Row) -> bool {
    row.runs.iter().all(|run| run.bold)
}

/// Whether a lone run may be part of a cell of the rows above: it is no wider than the first of them.
fn is_cell(row: &Row, above: &[Row]) -> bool {
    let (Some(run), 1) = (row.runs.first(), row.runs.len()) else { return row.runs.len() > 1 };
    let width =
        above.iter().filter_map(|row| Some(row.runs.last()?.right - row.runs.first()?.left)).fold(0.0, f32::max);
    run.right - run.left < 0.55 * width
}

/// The bands between rules of one length that make a table, from line `start` on, and the line after them. Rules above,
/// between and below the lines are at least three; above the first line stands the first.
fn bands_from(lines: &[Row], start: usize, strokes: &Strokes) -> Option<(Vec<Range<usize>>, usize)> {
    let first = &lines[start];
    let (left, right) = (first.runs.first()?.left, first.runs.last()?.right);
    let above = start.checked_sub(1).map_or(f32::MIN, |before| lines[before].middle());
    let rules = &strokes.across;
    let top_rule = rules
        .iter()
        .filter(|rule| rule.at > above && rule.at < first.middle())
        .filter(|rule| rule.from <= left + SAME_ENDS && rule.to >= right - SAME_ENDS)
        .max_by(|a, b| a.at.total_cmp(&b.at))?;
    let mut ends: Vec<f32> = rules
        .iter()
        .filter(|rule| (rule.from - top_rule.from).abs() <= SAME_ENDS && (rule.to - top_rule.to).abs() <= SAME_ENDS)
        .map(|rule| rule.at)
        .filter(|at| *at > first.middle())
        .collect();
    ends.sort_by(f32::total_cmp);
    let mut bands: Vec<Range<usize>> = Vec::new();
    let (mut from, mut before) = (start, top_rule.at);
    // Whether posts stand at both ends; `None` where they stand beside a part.
    let framed = |top: f32, bottom: f32| {
        let near = |at: f32| strokes.down.iter().filter(move |post| (post.at - at).abs() <= BESIDE);
        let sides = [top_rule.from, top_rule.to];
        if sides.iter().all(|at| near(*at).any(|post| covers(post, top, bottom))) {
            return Some(true);
        }
        let meets = |post: &Stroke| post.to.min(bottom) - post.from.max(top) > 2.0;
        (!sides.iter().any(|at| near(*at).any(meets))).then_some(false)
    };
    let mut is_framed = None;
    for end in ends {
        let to = from + lines[from..].iter().take_while(|line| line.middle() < end).count();
        let above = std::mem::replace(&mut before, end);
        if to == from {
            // Between double lines stands nothing, between two tables neither.
            if end - above > MOST_EMPTY {
                break;
            }
            continue;
        }
        // Text between two boxes is in neither.
        let Some(framed) = framed(above, end) else { break };
        if !is_band(&lines[from..to], top_rule) || is_framed.is_some_and(|before| before != framed) {
            break;
        }
        is_framed = Some(framed);
        bands.push(from..to);
        from = to;
    }
    let wide = |band: &Range<usize>| lines[band.clone()].iter().any(is_wide);
    while bands.last().is_some_and(|band| !wide(band)) {
        bands.pop();
    }
    let end = bands.last()?.end;
    let rows = lines[start..end].iter().filter(|line| is_wide(line)).count();
    let parted = bands.iter().filter(|band| wide(band)).count() >= 2;
    (parted && rows >= 2 && columns(&lines[start..end]).len() >= 2).then_some((bands, end))
}

/// Whether the lines between two rules may be rows of a table: most have several cells, and the others are parts of
/// cells. A short line alone is a title or names the rows after it.
fn is_band(lines: &[Row], rule: &Stroke) -> bool {
    let width = rule.to - rule.from;
    let fits = |line: &Row| {
        let lone = line.runs.len() == 1;
        line.runs.iter().all(|run| {
            run.left >= rule.from - SAME_ENDS
                && run.right <= rule.to + SAME_ENDS
                && (!lone || run.right - run.left < 0.8 * width)
        })
    };
    let size = lines.iter().filter_map(|line| line.runs.first()).map(|run| run.size).fold(0.0, f32::max);
    // Exponents and the like stand on heights of their own.
    let full = || lines.iter().filter(|line| line.runs.iter().any(|run| run.size > 0.8 * size));
    let (count, wide) = (full().count(), full().filter(|line| is_wide(line)).count());
    lines.iter().all(fits) && (wide * 2 >= count || wide > 0 && count <= MOST_WRAPPED || count == 1)
}

/// The table of lines that rules part into bands.
fn banded(lines: &[Row], bands: &[Range<usize>], rules: &[Stroke]) -> Sheet {
    let all = match (bands.first(), bands.last()) {
        (Some(first), Some(last)) => &lines[first.start..last.end],
        _ => &[],
    };
    let columns = columns(all);
    let mut sheet = Sheet::default();
    let mut bands = bands.to_vec();
    // A title stands alone in the first band.
    if let Some(first) = bands.first().cloned()
        && let [line] = &lines[first]
        && line.runs.len() == 1
        && bands.len() > 2
    {
        sheet.caption = line.joined();
        bands.remove(0);
    }
    let count = bands.len();
    for (nth, band) in bands.into_iter().enumerate() {
        let lines = &lines[band];
        let placed: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, &columns)).collect();
        let heads = nth == 0 && first_data(&placed).is_none() && lines.len() <= MOST_WRAPPED;
        if heads {
            let headings = headings(lines, &placed, &columns, rules);
            if count == 2 || headings.len() > 1 || lines.iter().all(is_bold) {
                sheet.heading_rows = Some(headings.len());
            }
            sheet.rows.extend(headings);
        } else if lines.len() > MOST_WRAPPED || count <= 2 {
            sheet.rows.extend(self::rows(lines, &placed, row_starts(lines, &placed, &columns)));
        } else {
            sheet.rows.push(joined(lines, &placed));
        }
    }
    sheet
}

/// The lines above the body: one row, and one for each line that heads several columns.
fn headings(lines: &[Row], placed: &[Vec<Cell>], columns: &[(f32, f32)], rules: &[Stroke]) -> Vec<(Vec<Cell>, Run)> {
    let mut headings = Vec::new();
    let mut from = 0;
    for (at, line) in lines.iter().enumerate().take(lines.len().saturating_sub(1)) {
        let mut cells = placed[at].clone();
        let mut spans = false;
        for run in &line.runs {
            let headed = headed(run, line, columns, rules);
            let own = |at: usize| cells[at].text.is_empty() || cells[at].text == run.text.trim();
            if headed.len() < 2 || headed.len() == columns.len() || !headed.clone().all(own) {
                continue;
            }
            spans = true;
            for at in headed.clone() {
                cells[at] =
                    if at == headed.start { Cell::new(&run.text) } else { Cell::merged(&run.text, Merged::Left) };
            }
        }
        if spans {
            headings.extend((from < at).then(|| joined(&lines[from..at], &placed[from..at])));
            headings.push((cells, joined(&lines[at..=at], &placed[at..=at]).1));
            from = at + 1;
        }
    }
    headings.extend((from < lines.len()).then(|| joined(&lines[from..], &placed[from..])));
    headings
}

/// The columns that a run of the headings heads: those over which the rule under it stands, or else those over whose
/// middle it does.
fn headed(run: &Run, line: &Row, columns: &[(f32, f32)], rules: &[Stroke]) -> Range<usize> {
    let middle = f32::midpoint(run.left, run.right);
    let under = rules.iter().filter(|rule| {
        rule.at > run.middle() && rule.at < run.bottom + UNDER * run.size && rule.from < middle && middle < rule.to
    });
    let within = |from: f32, to: f32| {
        let inside =
            |(left, right): &(f32, f32)| from < f32::midpoint(*left, *right) && f32::midpoint(*left, *right) < to;
        let first = columns.iter().position(inside).unwrap_or(0);
        first..columns.iter().rposition(inside).map_or(first, |last| last + 1)
    };
    if let Some(rule) = under.min_by(|a, b| a.at.total_cmp(&b.at)) {
        return within(rule.from, rule.to);
    }
    // As far as the texts beside it leave room on both sides.
    let before = line.runs.iter().map(|other| other.right).filter(|right| *right < middle).fold(f32::MIN, f32::max);
    let after = line.runs.iter().map(|other| other.left).filter(|left| *left > middle).fold(f32::MAX, f32::min);
    let room = |first: usize, last: usize| columns[first].0 >= before && columns[last].1 <= after;
    let off = |first: usize, last: usize| (f32::midpoint(columns[first].0, columns[last].1) - middle).abs();
    let mut best = 0..0;
    let mut least = f32::MAX;
    for first in 0..columns.len() {
        for last in first..columns.len() {
            let width = columns[last].1 - columns[first].0;
            if room(first, last)
                && columns[first].0 < middle
                && middle < columns[last].1
                && off(first, last) < 0.1 * width
                && off(first, last) + 0.5 < least
            {
                (best, least) = (first..last + 1, off(first, last));
            }
        }
    }
    best
}

/// The first line with data beside its name.
fn first_data(placed: &[Vec<Cell>]) -> Option<usize> {
    let data = |cells: &Vec<Cell>| cells.iter().skip(1).any(|cell| cell.merged.is_none() && table::is_data(&cell.text));
    placed.iter().position(data)
}

/// The lines that begin rows of a table's body, the first among them.
fn row_starts(lines: &[Row], placed: &[Vec<Cell>], columns: &[(f32, f32)]) -> Vec<usize> {
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

/// Whether a line is a row by itself: it has a name and values, and the cells above these had room for more.
fn is_row(above: &Row, cells: &[Cell], columns: &[(f32, f32)]) -> bool {
    let data = |cell: &Cell| cell.merged.is_none() && table::is_data(&cell.text);
    let had_room = || {
        let filled = columns.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty());
        filled.map(|(column, _)| column).any(|column| share(above, column) < FULL)
    };
    is_named(cells) && has_values(cells) && (cells.iter().skip(1).any(data) || had_room())
}

/// The lines that begin rows between two rules, the first among them: lines of one row, unless most are rows.
pub fn unruled_starts(lines: &[Row], placed: &[Vec<Cell>], columns: &[(f32, f32)]) -> Vec<usize> {
    let rows = (1..lines.len()).filter(|at| is_row(&lines[at - 1], &placed[*at], columns)).count();
    if rows > 1 && rows * 3 >= (lines.len() - 1) * 2 { row_starts(lines, placed, columns) } else { vec![0] }
}

/// Rows where more space parts them than their lines.
fn by_padding(lines: &[Row], placed: &[Vec<Cell>], columns: &[(f32, f32)]) -> Option<Vec<usize>> {
    let size = lines.iter().flat_map(|line| &line.runs).map(|run| run.size).fold(0.0, f32::max).max(1.0);
    let pitches: Vec<f32> = lines.windows(2).map(|pair| pair[1].bottom - pair[0].bottom).collect();
    let mut sorted = pitches.clone();
    sorted.sort_by(f32::total_cmp);
    let (at, jump) =
        (1..sorted.len()).map(|at| (at, sorted[at] - sorted[at - 1])).max_by(|a, b| a.1.total_cmp(&b.1))?;
    if jump < PADDING * size {
        return None;
    }
    let least = f32::midpoint(sorted[at - 1], sorted[at]);
    let starts: Vec<usize> = (0..lines.len()).filter(|at| *at == 0 || pitches[at - 1] > least).collect();
    // Where larger spaces part groups of rows, the lines in them are rows.
    let is_row = |at: usize| is_row(&lines[at - 1], &placed[at], columns);
    let more = || (1..lines.len()).filter(|at| !starts.contains(at));
    let rows = more().filter(|at| is_row(*at)).count();
    (rows * 2 < more().count()).then_some(starts)
}

/// How much of a column's width a line fills.
fn share(line: &Row, (left, right): &(f32, f32)) -> f32 {
    let inside = line.runs.iter().map(|run| (run.right.min(*right) - run.left.max(*left)).max(0.0)).sum::<f32>();
    inside / (right - left).max(1.0)
}

/// Whether a line goes on with the row that `above` are the lines of.
fn goes_on(above: &[Row], cells_above: &[Vec<Cell>], line: &Row, cells: &[Cell], columns: &[(f32, f32)]) -> bool {
    let (Some(last), Some(first)) = (above.last(), line.runs.first()) else { return false };
    if line.top - last.bottom > 0.8 * first.size {
        return false;
    }
    // Exponents and fractions stand on heights of their own.
    if line.runs.iter().all(|run| last.runs.first().is_some_and(|before| run.size < 0.8 * before.size)) {
        return true;
    }
    let data = cells.iter().skip(1).any(|cell| cell.merged.is_none() && table::is_data(&cell.text));
    let complete = cells_above.iter().any(|cells| has_values(cells));
    if !is_named(cells) {
        return !data || !complete;
    }
    // A name that fills its column is cut there, and goes on.
    let Some(name) = last.runs.first().filter(|_| cells_above.last().is_some_and(|cells| is_named(cells))) else {
        return false;
    };
    let edge = columns.first().map_or(f32::MAX, |column| column.1);
    let is_full = name.right > edge - 2.0 * name.size;
    let small = first.text.trim().starts_with(|c: char| c.is_lowercase() || c >= '\u{2e80}');
    let indented = first.left > above[0].runs.first().map_or(f32::MAX, |run| run.left) + 0.5 * first.size;
    is_full && (small || indented) && (complete != has_values(cells))
}

fn is_named(cells: &[Cell]) -> bool {
    cells.first().is_some_and(|cell| !cell.text.is_empty())
}

fn has_values(cells: &[Cell]) -> bool {
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

fn append(cell: &mut Cell, more: &Cell) {
    if more.text.is_empty() || more.merged.is_some() && cell.text.ends_with(&more.text) {
        return;
    }
    let joined = if cell.text.is_empty() { more.text.clone() } else { format!("{}\n{}", cell.text, more.text) };
    *cell = Cell::new(&joined);
}

fn whole(row: &Row) -> Run {
    let mut whole = row.runs.first().cloned().unwrap_or_default();
    for run in row.runs.iter().skip(1) {
        whole.cover(run.left, run.top, run.right, run.bottom);
    }
    whole
}

/// The columns' left and right edges: cells that overlap are one column, counted on the rows with the most cells.
fn columns(rows: &[Row]) -> Vec<(f32, f32)> {
    let most = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0);
    let wide = rows.iter().filter(|row| row.runs.len() >= 2).count();
    let whole = || rows.iter().filter(|row| row.runs.len() == most);
    if whole().count() * 2 >= wide {
        let columns = overlapping(whole());
        if columns.len() == most {
            return columns;
        }
    }
    let columns = overlapping(rows.iter().filter(|row| row.runs.len() * 5 >= most * 3));
    if columns.len() < most { one_by_one(rows, most).unwrap_or(columns) } else { columns }
}

fn overlapping<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(f32, f32)> {
    let mut cells: Vec<(f32, f32)> = rows.flat_map(|row| &row.runs).map(|run| (run.left, run.right)).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f32, f32)> = Vec::new();
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
fn one_by_one(rows: &[Row], most: usize) -> Option<Vec<(f32, f32)>> {
    let full: Vec<&Row> = rows.iter().filter(|row| row.runs.len() == most).collect();
    if full.len() < 2 || full.len() * 3 < rows.len() * 2 {
        return None;
    }
    let mut columns: Vec<(f32, f32)> = (0..most)
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
fn place(row: &Row, columns: &[(f32, f32)]) -> Vec<Cell> {
    let runs: Vec<Run> = row.runs.iter().flat_map(|run| cut(run.clone(), columns)).collect();
    if runs.len() == columns.len() {
        return runs.iter().map(|run| Cell::new(&run.text)).collect();
    }
    let mut cells = vec![Cell::default(); columns.len()];
    for run in &runs {
        let mut under = under(run, columns);
        if under.is_empty() {
            let middle = f32::midpoint(run.left, run.right);
            let distance = |(left, right): &(f32, f32)| (f32::midpoint(*left, *right) - middle).abs();
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
fn under(run: &Run, columns: &[(f32, f32)]) -> Vec<usize> {
    let overlap = |(left, right): &(f32, f32)| run.right.min(*right) - run.left.max(*left);
    columns.iter().enumerate().filter(|(_, column)| overlap(column) > 0.5).map(|(at, _)| at).collect()
}

/// A space of a run between two columns is as wide as this, in font sizes, or ends where the right one begins.
const CELL_SPACE: f32 = 0.6;
/// The latter within this, in font sizes.
const ALIGNED: f32 = 0.12;

/// The cells of a run that stands over several columns because little space parts its cells.
fn cut(run: Run, columns: &[(f32, f32)]) -> Vec<Run> {
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
