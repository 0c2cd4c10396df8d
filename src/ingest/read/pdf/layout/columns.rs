//! Columns of text: a gutter that most lines keep free, and that only headings and wide tables cross.

use super::{Run, rows_of};

/// Fewer lines side by side are no columns.
const LEAST_LINES: usize = 6;
/// A gutter is at least this wide, in font sizes.
const LEAST_GUTTER: f32 = 0.8;
/// Lines of a column reach this share of its width; cells of a table seldom do.
const LEAST_FILL: f32 = 0.7;
/// Columns are parted into columns at most so many times.
const MOST_PARTINGS: usize = 3;

/// The regions of a page in reading order.
pub fn regions(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut found = Vec::new();
    part(runs, MOST_PARTINGS, &mut found);
    found
}

fn part(runs: Vec<Run>, partings: usize, found: &mut Vec<Vec<Run>>) {
    if runs.is_empty() {
        return;
    }
    let Some(gutter) = (if partings > 0 { gutter(&runs) } else { None }) else {
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
        part(left, partings - 1, found);
        part(right, partings - 1, found);
    }
    if !wide.is_empty() {
        found.push(wide);
    }
}

/// Where the gutter runs; `None` where there is one column.
fn gutter(runs: &[Run]) -> Option<f32> {
    let rows = rows_of(runs.to_vec());
    let left = runs.iter().map(|run| run.left).fold(f32::MAX, f32::min);
    let right = runs.iter().map(|run| run.right).fold(f32::MIN, f32::max);
    let width = right - left;
    let size = median(runs.iter().map(|run| run.size));
    if width < 20.0 * size {
        return None;
    }
    let mut best: Option<(usize, f32)> = None;
    let mut x = left + 0.25 * width;
    while x < right - 0.25 * width {
        let (mut both, mut across) = (0, 0);
        let (mut gap_left, mut gap_right) = (Vec::new(), Vec::new());
        let (mut fill_left, mut fill_right, mut pieces) = (Vec::new(), Vec::new(), 0);
        for row in &rows {
            if row.runs.iter().any(|run| run.left < x && run.right > x) {
                across += 1;
                continue;
            }
            let before: Vec<&Run> = row.runs.iter().filter(|run| run.right <= x).collect();
            let after: Vec<&Run> = row.runs.iter().filter(|run| run.left >= x).collect();
            if let (Some(first), Some(last), Some(next), Some(end)) =
                (before.first(), before.last(), after.first(), after.last())
            {
                both += 1;
                pieces += row.runs.len();
                gap_left.push(last.right);
                gap_right.push(next.left);
                fill_left.push(last.right - first.left);
                fill_right.push(end.right - next.left);
            }
        }
        if both >= LEAST_LINES && across * 2 < rows.len() && pieces <= both * 5 / 2 {
            let from = share(&mut gap_left, 0.9);
            let to = share(&mut gap_right, 0.1);
            let fill = median(fill_left.iter().copied()) / (from - left).max(1.0);
            let fill_right = median(fill_right.iter().copied()) / (right - to).max(1.0);
            let ok = to - from >= LEAST_GUTTER * size && fill >= LEAST_FILL && fill_right >= LEAST_FILL - 0.1;
            if ok && best.is_none_or(|(most, _)| both > most) {
                best = Some((both, f32::midpoint(from, to)));
            }
        }
        x += 3.0;
    }
    best.map(|(_, x)| x)
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
