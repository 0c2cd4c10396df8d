//! Columns of text: a gutter that most lines keep free, and that only headings and wide tables cross.

use super::{super::super::table, Run, lattice::Stroke};

/// Fewer lines side by side are no columns.
const LEAST_LINES: usize = 6;
/// A gutter is at least this wide, in font sizes.
const LEAST_GUTTER: f32 = 0.8;
/// Lines of a column reach this share of its width; cells of a table seldom do.
const LEAST_FILL: f32 = 0.7;
/// So many steps over its width look for a gutter at most; a page of paper takes some 200.
const MOST_STEPS: f32 = 1000.0;
/// Columns are parted into columns at most so many times.
const MOST_PARTINGS: usize = 3;

/// The columns of a table between rules are seldom as wide as each other; those of a page are within this share.
const SAME_WIDTH: f32 = 0.7;
/// Lines of headings at most, between the first two rules of a table.
const MOST_HEADINGS: usize = 4;

/// The regions of a page in reading order. `rules` are the lines across it.
pub fn regions(runs: Vec<Run>, rules: &[Stroke]) -> Vec<Vec<Run>> {
    let mut found = Vec::new();
    part(runs, rules, MOST_PARTINGS, &mut found);
    found
}

fn part(runs: Vec<Run>, rules: &[Stroke], partings: usize, found: &mut Vec<Vec<Run>>) {
    if runs.is_empty() {
        return;
    }
    let Some(gutter) = (if partings > 0 { gutter(&runs, rules) } else { None }) else {
        found.push(runs);
        return;
    };
    let crosses = |run: &Run| run.left < gutter && run.right > gutter;
    // Lines across the gutter part the page into bands, each read column by column.
    let mut across: Vec<&Run> = runs.iter().filter(|run| crosses(run)).collect();
    across.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut borders: Vec<(f32, f32)> = Vec::new();
    for run in across {
        match borders.last_mut() {
            Some((_, bottom)) if run.top < *bottom => *bottom = bottom.max(run.bottom),
            _ => borders.push((run.top, run.bottom)),
        }
    }
    let band = |run: &Run| {
        let middle = run.middle();
        let before = borders.iter().filter(|(top, _)| *top < middle).count();
        // 2n is between borders, 2n + 1 on border n.
        if before > 0 && borders.get(before - 1).is_some_and(|(_, bottom)| middle < *bottom) {
            2 * before - 1
        } else {
            2 * before
        }
    };
    let mut bands: Vec<Vec<Run>> = vec![Vec::new(); 2 * borders.len() + 1];
    for run in runs {
        let at = band(&run).min(2 * borders.len());
        bands[at].push(run);
    }
    let mut wide: Vec<Run> = Vec::new();
    for (at, band) in bands.into_iter().enumerate() {
        if at % 2 == 1 {
            wide.extend(band);
            continue;
        }
        if band.is_empty() {
            continue;
        }
        if !wide.is_empty() {
            found.push(std::mem::take(&mut wide));
        }
        let (left, right): (Vec<Run>, Vec<Run>) =
            band.into_iter().partition(|run| f32::midpoint(run.left, run.right) < gutter);
        part(left, rules, partings - 1, found);
        part(right, rules, partings - 1, found);
    }
    if !wide.is_empty() {
        found.push(wide);
    }
}

/// Where the gutter runs; `None` where there is one column. Lines of two columns need not stand at one height.
fn gutter(runs: &[Run], rules: &[Stroke]) -> Option<f32> {
    let left = runs.iter().map(|run| run.left).fold(f32::MAX, f32::min);
    let right = runs.iter().map(|run| run.right).fold(f32::MIN, f32::max);
    let width = right - left;
    let size = median(runs.iter().map(|run| run.size));
    if width < 20.0 * size {
        return None;
    }
    let mut sorted: Vec<&Run> = runs.iter().collect();
    sorted.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut best: Option<(usize, f32)> = None;
    // A page may claim any width.
    let step = (width / MOST_STEPS).max(3.0);
    let mut x = left + 0.25 * width;
    while x < right - 0.25 * width {
        let before = strips(sorted.iter().filter(|run| run.right <= x));
        let after = strips(sorted.iter().filter(|run| run.left >= x));
        let across = strips(sorted.iter().filter(|run| run.left < x && run.right > x));
        let before_beside = beside(&before, &after);
        let after_beside = beside(&after, &before);
        let both = before_beside.len().min(after_beside.len());
        let pieces: usize = before_beside.iter().chain(&after_beside).map(|strip| strip.pieces).sum();
        let sides = before_beside.len() + after_beside.len();
        // Names and figures side by side are a table.
        let behind = || sorted.iter().filter(|run| run.left >= x);
        let figures = behind().filter(|run| table::is_data(run.text.trim())).count();
        if figures * 2 < behind().count()
            && both >= LEAST_LINES
            && across.len() < before.len().max(after.len())
            && pieces <= sides * 5 / 4
        {
            let from = share(&mut before_beside.iter().map(|strip| strip.right).collect::<Vec<_>>(), 0.9);
            let to = share(&mut after_beside.iter().map(|strip| strip.left).collect::<Vec<_>>(), 0.1);
            let fill = median(before_beside.iter().map(|strip| strip.right - strip.left)) / (from - left).max(1.0);
            let fill_after = median(after_beside.iter().map(|strip| strip.right - strip.left)) / (right - to).max(1.0);
            let (narrow, wide) = ((from - left).min(right - to), (from - left).max(right - to));
            let ok = to - from >= LEAST_GUTTER * size
                && fill >= LEAST_FILL
                && fill_after >= LEAST_FILL - 0.1
                && (narrow >= SAME_WIDTH * wide || !is_ruled([from, to], &before_beside, rules));
            if ok && best.is_none_or(|(most, _)| both > most) {
                best = Some((both, f32::midpoint(from, to)));
            }
        }
        x += step;
    }
    best.map(|(_, x)| x)
}

/// Whether most of these lines on the left of a gap, which have others at their side, stand in a table whose rules cross
/// it: above, below and under its headings.
fn is_ruled([left, right]: [f32; 2], lines: &[Strip], rules: &[Stroke]) -> bool {
    let crossing: Vec<&Stroke> = rules.iter().filter(|rule| rule.from < left && right < rule.to).collect();
    let between =
        |from: f32, to: f32| lines.iter().filter(move |line| from <= line.top + 1.0 && line.bottom - 1.0 <= to);
    let inside = crossing.iter().map(|first| {
        let below = crossing.iter().filter(|rule| rule.at > first.at && rule.ends_like(first)).map(|rule| rule.at);
        let mut below: Vec<f32> = below.collect();
        below.sort_by(f32::total_cmp);
        let headed = below.iter().find(|at| between(first.at, **at).count() > 0);
        let last = below.last().zip(headed).filter(|(last, second)| *last > *second);
        let heads = |second: f32| between(first.at, second).count() <= MOST_HEADINGS;
        last.filter(|(_, second)| heads(**second)).map_or(0, |(last, _)| between(first.at, *last).count())
    });
    inside.max().unwrap_or(0) * 2 > lines.len()
}

/// The box of one line, and of how many runs it is made.
#[derive(Clone, Copy)]
struct Strip {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    pieces: usize,
}

/// Lines of runs that come from top to bottom.
fn strips<'a>(runs: impl Iterator<Item = &'a &'a Run>) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for run in runs {
        match strips.last_mut() {
            Some(last) if last.bottom.min(run.bottom) - last.top.max(run.top) > 0.5 * run.height() => {
                last.left = last.left.min(run.left);
                last.right = last.right.max(run.right);
                last.pieces += 1;
            }
            _ => strips.push(Strip { left: run.left, top: run.top, right: run.right, bottom: run.bottom, pieces: 1 }),
        }
    }
    strips
}

/// Those of `lines` that have one of `others` at their side.
fn beside(lines: &[Strip], others: &[Strip]) -> Vec<Strip> {
    let has = |line: &&Strip| others.iter().any(|other| other.top < line.bottom && line.top < other.bottom);
    lines.iter().filter(has).copied().collect()
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    share(&mut values.collect::<Vec<_>>(), 0.5)
}

/// The value that this share of the values does not exceed.
fn share(values: &mut [f32], share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let at = ((values.len() as f32 - 1.0).max(0.0) * share).round() as usize;
    values.get(at).copied().unwrap_or_default()
}
