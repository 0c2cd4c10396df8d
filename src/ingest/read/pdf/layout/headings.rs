//! The headings of a table without ruled columns: how far down they reach, and which columns each heads.

use std::ops::Range;

use super::{
    super::{
        super::table::{self, Cell, Merged},
        letters,
    },
    Row, Run,
    cells::{Column, cut_at_wide_spaces, place},
    lattice::Stroke,
    spaced::is_bold,
    wrapped::{has_figures, has_values, is_named, joined},
};

/// A rule belongs to the text above it within this many font sizes.
const UNDER: f32 = 1.5;
/// Lines of one text stand no further apart, in font sizes.
const LEADING: f32 = 1.35;
/// Lines of headings beside it may stand between two lines of one, where they are set in the middle.
const MOST_APART: usize = 3;
/// Their edges or middles differ by no more, in font sizes.
const ALIGNED: f32 = 0.35;

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

/// Lines of headings, with a heading that wraps as one run: its next line stands under it as closely as lines of one text
/// do, and no other heading does.
pub fn stacked(lines: &[Row], columns: &[Column]) -> Vec<Row> {
    let over = |a: &Run, b: &Run| a.left < b.right && b.left < a.right;
    let mut stacked: Vec<Row> = Vec::new();
    for line in lines {
        let mut rest = Row { runs: Vec::new(), ..*line };
        let line: Vec<Run> = line.runs.iter().flat_map(|run| by_column(run, columns)).collect();
        for below in &line {
            let heading = stacked.iter_mut().rev().take(MOST_APART).find_map(|above| {
                let mut under = above.runs.iter_mut().filter(|run| over(run, below));
                let (run, more) = (under.next()?, under.next().is_some());
                let lone = line.iter().filter(|other| over(run, other)).count() == 1;
                (lone && !more && goes_on(run, below)).then_some(run)
            });
            match heading {
                Some(run) => {
                    letters::append(&mut run.text, below.text.trim());
                    run.cover(below.left, below.top, below.right, below.bottom);
                    run.spaces.clear();
                }
                None => rest.runs.push(below.clone()),
            }
        }
        if !rest.runs.is_empty() {
            stacked.push(rest);
        }
    }
    stacked
}

/// The headings of single columns that a run was taken for because little space parts them.
fn by_column(run: &Run, columns: &[Column]) -> Vec<Run> {
    let parts = cut_at_wide_spaces(run.clone());
    let off = |part: &Run, (left, right): &Column| (part.left + part.right - left - right).abs();
    let nearest = |part: &Run| {
        let order = |a: &&Column, b: &&Column| off(part, a).total_cmp(&off(part, b));
        columns.iter().min_by(order).map(|column| column.0)
    };
    let own: Vec<Option<f32>> = parts.iter().map(nearest).collect();
    if own.windows(2).all(|pair| pair[0] < pair[1]) { parts } else { vec![run.clone()] }
}

/// Whether a run is the next line of one that wraps.
fn goes_on(run: &Run, below: &Run) -> bool {
    let apart = |edge: fn(&Run) -> f32| (edge(run) - edge(below)).abs();
    let middle = |run: &Run| f32::midpoint(run.left, run.right);
    let aligned = apart(middle).min(apart(|run| run.left)).min(apart(|run| run.right)) < ALIGNED * run.size;
    aligned && below.bottom - run.bottom < LEADING * run.size
}

/// The lines above the body: one row, and one for each line that heads several columns.
pub fn headings(lines: &[Row], columns: &[Column], rules: &[Stroke]) -> Vec<(Vec<Cell>, Run)> {
    let placed: Vec<Vec<Cell>> = lines.iter().map(|line| place(line, columns)).collect();
    let mut headings = Vec::new();
    let mut from = 0;
    for (at, line) in lines.iter().enumerate().take(lines.len().saturating_sub(1)) {
        let mut cells = placed[at].clone();
        let mut spans = false;
        for run in &line.runs {
            let (headed, is_ruled) = headed(run, line, columns, rules);
            // The rule under a heading tells which columns it heads, though its words stand over single ones.
            let own = |at: usize| cells[at].text.is_empty() || cells[at].text == run.text.trim();
            let parted = || parts_below(&lines[at + 1..], &columns[headed.clone()]);
            if headed.len() < 2 || headed.len() == columns.len() || !(is_ruled || headed.clone().all(own) && parted()) {
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

/// Whether one of these lines heads at least two of the columns apart.
fn parts_below(lines: &[Row], columns: &[Column]) -> bool {
    let over = |run: &Run, (left, right): &Column| run.left < *right && *left < run.right;
    lines.iter().any(|line| {
        let parts = line.runs.iter().filter(|run| columns.iter().filter(|column| over(run, column)).count() == 1);
        parts.count() > 1
    })
}

/// The columns that a run of the headings heads: those over which the rule under it stands, or else those over whose
/// middle it does. Whether a rule tells.
fn headed(run: &Run, line: &Row, columns: &[Column], rules: &[Stroke]) -> (Range<usize>, bool) {
    let middle = f32::midpoint(run.left, run.right);
    let over = |rule: &Stroke, run: &Run| {
        rule.from < f32::midpoint(run.left, run.right) && f32::midpoint(run.left, run.right) < rule.to
    };
    let under = rules.iter().filter(|rule| {
        rule.at > run.middle()
            && rule.at < run.bottom + UNDER * run.size
            && line.runs.iter().filter(|other| over(rule, other)).count() == 1
            && over(rule, run)
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
    (0..placed.len()).find(|at| has_figures(&placed[*at]) && !table::are_labels(placed, *at))
}
