//! The headings of a table without ruled columns: how far down they reach, and which columns each heads.

use std::ops::Range;

use super::{
    super::super::table::{self, Cell, Merged},
    Row, Run,
    cells::Column,
    lattice::Stroke,
    spaced::is_bold,
    wrapped::{has_values, is_named, joined},
};

/// A rule belongs to the text above it within this many font sizes.
const UNDER: f32 = 1.5;

/// The first line after the headings: they end where data begins, or bold type. A name alone above data heads rows.
pub fn body_start(lines: &[Row], placed: &[Vec<Cell>]) -> usize {
    let Some(mut body) = first_data(placed) else {
        return lines.iter().take_while(|line| is_bold(line)).count().min(lines.len() - 1);
    };
    while body > 1 && is_named(&placed[body - 1]) && !has_values(&placed[body - 1]) {
        body -= 1;
    }
    body
}
/// The lines above the body: one row, and one for each line that heads several columns.
pub fn headings(lines: &[Row], placed: &[Vec<Cell>], columns: &[Column], rules: &[Stroke]) -> Vec<(Vec<Cell>, Run)> {
    let mut headings = Vec::new();
    let mut from = 0;
    for (at, line) in lines.iter().enumerate().take(lines.len().saturating_sub(1)) {
        let mut cells = placed[at].clone();
        let mut spans = false;
        for run in &line.runs {
            let (headed, is_ruled) = headed(run, line, columns, rules);
            // The rule under a heading tells which columns it heads, though its words stand over single ones.
            let own = |at: usize| cells[at].text.is_empty() || cells[at].text == run.text.trim();
            if headed.len() < 2 || headed.len() == columns.len() || !is_ruled && !headed.clone().all(own) {
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
/// middle it does. Whether a rule tells.
fn headed(run: &Run, line: &Row, columns: &[Column], rules: &[Stroke]) -> (Range<usize>, bool) {
    let middle = f32::midpoint(run.left, run.right);
    let under = rules.iter().filter(|rule| {
        rule.at > run.middle() && rule.at < run.bottom + UNDER * run.size && rule.from < middle && middle < rule.to
    });
    let within = |from: f32, to: f32| {
        let inside = |(left, right): &Column| from < f32::midpoint(*left, *right) && f32::midpoint(*left, *right) < to;
        let first = columns.iter().position(inside).unwrap_or(0);
        first..columns.iter().rposition(inside).map_or(first, |last| last + 1)
    };
    if let Some(rule) = under.min_by(|a, b| a.at.total_cmp(&b.at)) {
        let holds = rule.from <= run.left + 1.0 && run.right <= rule.to + 1.0;
        return (within(rule.from, rule.to), holds);
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
    (best, false)
}

/// The first line with data beside its name.
pub fn first_data(placed: &[Vec<Cell>]) -> Option<usize> {
    let data = |cells: &Vec<Cell>| cells.iter().skip(1).any(|cell| cell.merged.is_none() && table::is_data(&cell.text));
    placed.iter().position(data)
}
