//! Tables that lines across the page rule alone, above and below and under their headings.

use std::ops::Range;

use super::{
    super::super::table::{self, Cell, Merged},
    Row, Run, Sheet,
    cells::{Column, append, columns, place},
    headings::{first_data, headings, stacked},
    lattice::{SAME_ENDS, Stroke, Strokes},
    spaced::{BESIDE, covers, has_data, is_bold, is_wide},
    wrapped::{are_full, has_figures_once, has_values, is_named, joined, named_starts, row_starts, rows, wrap},
};

/// Rules that part a table from the next leave more than this between them, in points.
const MOST_EMPTY: f32 = 12.0;
/// A band of more lines than this holds several rows.
const MOST_WRAPPED: usize = 4;

/// The bands between rules of one length that make a table, from line `start` on, and the line after them. Rules above,
/// between and below the lines are at least three; above the first line stands the first.
pub fn bands_from(lines: &[Row], start: usize, strokes: &Strokes) -> Option<(Vec<Range<usize>>, usize)> {
    let first = &lines[start];
    let (left, right) = (first.runs.first()?.left, first.runs.last()?.right);
    let above = start.checked_sub(1).map_or(f32::MIN, |before| lines[before].middle());
    let below = lines.get(start + 1).map_or(f32::MAX, Row::middle);
    let rules = &strokes.across;
    let over = |rule: &&Stroke| rule.from <= left + SAME_ENDS && rule.to >= right - SAME_ENDS;
    let between = |from: f32, to: f32| rules.iter().filter(over).filter(move |rule| rule.at > from && rule.at < to);
    // Headings may stand over the first rule.
    let is_heading = || is_wide(first) && first.joined().is_some_and(|line| !table::is_caption(line.text.trim()));
    let headed = || between(first.middle(), below).min_by(|a, b| a.at.total_cmp(&b.at)).filter(|_| is_heading());
    let over_it = between(above, first.middle()).max_by(|a, b| a.at.total_cmp(&b.at));
    let top_rule = over_it.or_else(headed)?;
    let mut ends: Vec<f32> = rules
        .iter()
        .filter(|rule| rule.ends_like(top_rule))
        .map(|rule| rule.at)
        .filter(|at| *at > first.middle())
        .collect();
    ends.sort_by(f32::total_cmp);
    let mut bands: Vec<Range<usize>> = Vec::new();
    let (mut from, mut before) = (start, top_rule.at.min(first.top));
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
        if !is_band(&lines[from..to], top_rule, &lines[start..to]) || is_framed.is_some_and(|before| before != framed) {
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
    // Each line of headings may have a rule of its own, and the rows below none.
    let next = lines.get(end).filter(|next| next.top - before < MOST_EMPTY);
    if next.is_some_and(has_data) && !lines[start..end].iter().any(has_data) {
        return None;
    }
    let rows = lines[start..end].iter().filter(|line| is_wide(line)).count();
    // A running line with a rule under it heads the page, not a table.
    let least = if over_it.is_some() { 2 } else { 3 };
    let parted = bands.iter().filter(|band| wide(band)).count() >= least;
    (parted && rows >= 2 && columns(&lines[start..end]).len() >= 2).then_some((bands, end))
}

/// Whether the lines between two rules may be rows of a table: most have several cells, and the others are parts of
/// cells. A short line alone is a title or names the rows after it. `all` are those from the first rule on.
fn is_band(lines: &[Row], rule: &Stroke, all: &[Row]) -> bool {
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
    // Cells of one column may be longer than those of all others together.
    let keep_columns = || {
        let columns = columns(&all.iter().filter(|line| is_wide(line)).cloned().collect::<Vec<_>>());
        let starts = |left: f32| columns.iter().filter(|column| column.0 <= left + SAME_ENDS).count();
        let keeps = |run: &Run| columns.get(starts(run.left)).is_none_or(|next| run.right < next.0);
        columns.len() > 1 && lines.iter().filter(|line| line.runs.len() == 1).all(|line| keeps(&line.runs[0]))
    };
    let most = wide * 2 >= count || wide > 0 && (count <= MOST_WRAPPED || keep_columns()) || count == 1;
    lines.iter().all(fits) && most
}

/// The table of lines that rules part into bands.
pub fn banded(lines: &[Row], bands: &[Range<usize>], rules: &[Stroke]) -> Sheet {
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
    // Where rules part groups of rows, and not each from the next, one group may be short.
    let groups = bands.iter().skip(1).any(|band| is_group(&lines[band.clone()], &columns));
    // Each line of headings may have a rule of its own.
    let mut heading_bands = 0;
    let body = bands.first().zip(bands.last()).map_or(0..0, |(first, last)| first.start..last.end);
    let whole: Vec<Vec<Cell>> = lines[body].iter().map(|line| place(line, &columns)).collect();
    for (nth, band) in bands.into_iter().enumerate() {
        let lines = &lines[band];
        let placed: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, &columns)).collect();
        let labels = |at: usize| nth == 0 && table::are_labels(&whole, at);
        let words = || {
            let numbers = |at: usize| at > 0 && are_numbers(&placed[at]) || labels(at);
            first_data(&placed).is_none_or(|at| at + 1 == placed.len() && numbers(at))
        };
        let unnamed = || heading_bands == nth && nth + 1 < count && placed.iter().all(|cells| !is_named(cells));
        let heads = (nth == 0 || unnamed()) && lines.len() <= MOST_WRAPPED && words();
        if heads {
            heading_bands += 1;
            let headings = headings(&stacked(lines, &columns), &columns, rules);
            if count == heading_bands + 1 || headings.len() > 1 || lines.iter().all(is_bold) || nth > 0 {
                sheet.heading_rows = Some(sheet.rows.len() + headings.len());
            }
            sheet.rows.extend(headings);
        } else if let Some(parts) = parted(lines, &placed, &columns, rules) {
            sheet.rows.extend(parts);
        } else if are_rows(lines, &placed, &columns) {
            sheet.rows.extend(rows(lines, &placed, (0..lines.len()).collect()));
        } else if lines.len() > MOST_WRAPPED || count <= 2 || groups && named_starts(&placed).len() > 1 {
            sheet.rows.extend(rows(lines, &placed, row_starts(lines, &placed, &columns)));
        } else {
            sheet.rows.push(joined(lines, &placed));
        }
    }
    sheet
}

/// Whether lines are several rows for sure: they have a name and a figure in one column, which no cell that wraps has, or
/// they are many, most of them with a name and a value, and do not look as if they wrapped.
fn is_group(lines: &[Row], columns: &[Column]) -> bool {
    let named: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, columns)).filter(|cells| is_named(cells)).collect();
    let full = named.iter().filter(|cells| has_values(cells)).count();
    !has_figures_once(&named) || lines.len() > MOST_WRAPPED && full * 2 >= lines.len() && !wrap(lines, columns)
}

/// Whether each line has all cells; the first may stand alone and name the rows after it.
fn are_rows(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column]) -> bool {
    let lone = usize::from(placed.first().is_some_and(|cells| is_named(cells) && !has_values(cells)));
    placed.len() >= lone + 2 && are_full(&placed[lone..]) && !wrap(&lines[lone..], columns)
}

/// Whether the cells count 1, 2, 3: they number columns, and are no data.
fn are_numbers(cells: &[Cell]) -> bool {
    table::are_counted(cells.iter().map(|cell| cell.text.as_str()).filter(|text| !text.is_empty()))
}

/// The rows of a band that shorter rules part, which leave out what names them all; `None` where no such rules are.
fn parted(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column], rules: &[Stroke]) -> Option<Vec<(Vec<Cell>, Run)>> {
    let (first, last) = (lines.first()?, lines.last()?);
    let (left, right) = (columns.first()?.0, columns.last()?.1);
    let inside = |rule: &&Stroke| first.top < rule.at && rule.at < last.bottom;
    let short = |rule: &&Stroke| rule.from > left + SAME_ENDS && rule.to >= right - SAME_ENDS;
    let mut ends: Vec<Stroke> = rules.iter().filter(inside).filter(short).copied().collect();
    ends.sort_by(|a, b| a.at.total_cmp(&b.at));
    let named = columns
        .iter()
        .take_while(|(left, right)| f32::midpoint(*left, *right) < ends.first().map_or(0.0, |rule| rule.from))
        .count();
    // Rules over the last columns alone part headings.
    if named == 0 || named * 2 >= columns.len() {
        return None;
    }
    // What names the rows stands at the height of any of them.
    let mut names = vec![Cell::default(); named];
    for cells in placed {
        names.iter_mut().zip(cells).for_each(|(name, more)| append(name, more));
    }
    let mut rows: Vec<(Vec<Cell>, Run)> = Vec::new();
    let mut from = 0;
    for end in ends.iter().map(|rule| rule.at).chain([f32::MAX]) {
        let to = from + lines[from..].iter().take_while(|line| line.middle() < end).count();
        if to == from {
            continue;
        }
        let (mut cells, cover) = joined(&lines[from..to], &placed[from..to]);
        for (cell, name) in cells.iter_mut().zip(&names) {
            *cell = if rows.is_empty() { name.clone() } else { Cell::merged(&name.text, Merged::Above) };
        }
        rows.push((cells, cover));
        from = to;
    }
    (rows.len() > 1).then_some(rows)
}
