//! Tables side by side, each between rules of its own: what stands between those is read apart from what stands beside it.

use super::{
    super::super::table,
    Run, Sheet, extent,
    lattice::{SAME_ENDS, Stroke, Strokes},
    rows_of, spaced,
};

/// Rules at one height differ by no more, in points.
const SAME_HEIGHT: f32 = 2.0;
/// Tables side by side have at least this between them, in points.
const LEAST_APART: f32 = 6.0;
/// A shorter rule is no table's, in points.
const SHORTEST: f32 = 40.0;
/// A title stands so far above its table at most, in font sizes.
const ABOVE: f32 = 2.5;

/// Takes the runs of such tables out of `runs`; a run in the place of each stands for it.
pub fn take(runs: Vec<Run>, strokes: &Strokes, sheets: &mut Vec<Sheet>) -> Vec<Run> {
    let mut rest = runs;
    for (rule, bottom) in zones(&strokes.across) {
        let within = |run: &Run| {
            run.sheet.is_none()
                && run.left >= rule.from - SAME_ENDS
                && run.right <= rule.to + SAME_ENDS
                && rule.at < run.middle()
                && run.middle() < bottom
        };
        let (own, others): (Vec<Run>, Vec<Run>) = rest.into_iter().partition(within);
        let rows = extent::parted(rows_of(own.clone()));
        let found = spaced::table_at(&rows, 0, strokes).filter(|(_, end)| *end == rows.len());
        let (Some((mut sheet, _)), Some(first)) = (found, own.first()) else {
            rest = others;
            rest.extend(own);
            continue;
        };
        let mut place = first.clone();
        [place.left, place.top, place.right, place.bottom] = [rule.from, rule.at, rule.to, bottom];
        let above = |run: &Run| {
            let near = run.bottom <= rule.at + 1.0 && rule.at - run.bottom < ABOVE * run.size;
            run.sheet.is_none() && near && run.left >= rule.from - SAME_ENDS && run.right <= rule.to + SAME_ENDS
        };
        let (titles, others): (Vec<Run>, Vec<Run>) = others.into_iter().partition(above);
        let title = rows_of(titles.clone()).last().and_then(super::Row::joined);
        rest = others;
        match title.filter(|title| table::is_caption(title.text.trim())) {
            Some(title) => sheet.caption = Some(title),
            None => rest.extend(titles),
        }
        place.sheet = Some(sheets.len());
        sheets.push(sheet);
        rest.push(place);
    }
    rest
}

/// The highest rule and the height of the lowest of each set of rules that end alike, where another set begins beside it at
/// the same height.
fn zones(across: &[Stroke]) -> Vec<(Stroke, f32)> {
    let long: Vec<&Stroke> = across.iter().filter(|rule| rule.to - rule.from >= SHORTEST).collect();
    let beside = |a: &Stroke, b: &Stroke| {
        (a.at - b.at).abs() <= SAME_HEIGHT && (a.to + LEAST_APART <= b.from || b.to + LEAST_APART <= a.from)
    };
    let tops = long.iter().filter(|rule| {
        let has_neighbour = long.iter().any(|other| {
            beside(rule, other)
                && long.iter().filter(|below| other.ends_like(below) && below.at > other.at).count() >= 2
        });
        let is_top =
            !long.iter().any(|above| rule.ends_like(above) && above.at < rule.at && rule.at - above.at < 400.0);
        has_neighbour && is_top
    });
    tops.filter_map(|top| {
        let below = long.iter().filter(|rule| top.ends_like(rule) && rule.at > top.at);
        (below.clone().count() >= 2).then(|| (**top, below.map(|rule| rule.at).fold(top.at, f32::max)))
    })
    .collect()
}
