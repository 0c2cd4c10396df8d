//! Ruled lines to the grids of cells that they draw. Geometry alone; what stands in the cells is not its matter.

use std::ops::Range;

/// Lines at most so far apart, in points, are one: a double line, the borders of two cells.
const NEAR: f32 = 2.5;
/// Gaps of dotted lines, and between the borders of two cells.
const GAP: f32 = 3.5;
/// A line that misses another by no more meets it.
const REACH: f32 = 3.0;
/// Boxes of one row that are looked through for the one beside another.
const MOST_BESIDE: usize = 64;
/// Shorter lines are marks of a plot, or ornament.
const SHORTEST: f32 = 6.0;
/// More pairs of lines are no tables, and would take long.
const MOST_PAIRS: usize = 1 << 20;
/// A page holds no more cells that could be read.
const MOST_CELLS: usize = 1 << 16;
/// A border holds for a cell whose edge it covers to this share.
const COVER: f32 = 0.6;
/// Fewer lines side by side without others are no table.
const LEAST_POSTS: usize = 3;
/// The cells of a table fill its box to this share; boxes that arrows join do not.
const FILL: f32 = 0.75;
/// Ends of rules of one table differ by no more, in points.
pub const SAME_ENDS: f32 = 2.5;

/// A line across or down the page, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its height, or its distance from the left.
    pub at: f32,
    pub from: f32,
    pub to: f32,
}

impl Stroke {
    fn length(self) -> f32 {
        self.to - self.from
    }

    /// Whether both begin and end at the same places.
    pub fn ends_like(self, other: &Self) -> bool {
        (self.from - other.from).abs() <= SAME_ENDS && (self.to - other.to).abs() <= SAME_ENDS
    }

    /// Whether it passes `at` on its own way, or nearly.
    fn reaches(self, at: f32) -> bool {
        self.from - REACH <= at && at <= self.to + REACH
    }
}

/// The lines of a page: of each, pieces that continue each other are one.
#[derive(Clone, Debug, Default)]
pub struct Strokes {
    pub across: Vec<Stroke>,
    pub down: Vec<Stroke>,
}

impl Strokes {
    /// From boxes without width or height: left, top, right, bottom, y downwards.
    pub fn new(rules: impl Iterator<Item = [f32; 4]>) -> Self {
        let (mut across, mut down) = (Vec::new(), Vec::new());
        for [left, top, right, bottom] in rules {
            if right - left >= bottom - top {
                across.push(Stroke { at: top, from: left, to: right });
            } else {
                down.push(Stroke { at: left, from: top, to: bottom });
            }
        }
        Self { across: merged(across), down: merged(down) }
    }
}

/// The lines around boxes: left, top, right, bottom.
pub fn around(boxes: &[[f32; 4]]) -> impl Iterator<Item = [f32; 4]> {
    boxes.iter().flat_map(|[left, top, right, bottom]| {
        [
            [*left, *top, *right, *top],
            [*left, *bottom, *right, *bottom],
            [*left, *top, *left, *bottom],
            [*right, *top, *right, *bottom],
        ]
    })
}

/// Boxes of one height that touch each other as one.
pub fn side_by_side(mut boxes: Vec<[f32; 4]>) -> Vec<[f32; 4]> {
    boxes.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
    let mut whole: Vec<[f32; 4]> = Vec::new();
    for [left, top, right, bottom] in boxes {
        let beside = |other: &&mut [f32; 4]| {
            (other[1] - top).abs() <= NEAR
                && (other[3] - bottom).abs() <= NEAR
                && left <= other[2] + GAP
                && other[0] <= right + GAP
        };
        match whole.iter_mut().rev().take(MOST_BESIDE).find(beside) {
            Some(other) => *other = [other[0].min(left), other[1], other[2].max(right), other[3].max(bottom)],
            None => whole.push([left, top, right, bottom]),
        }
    }
    whole
}

fn merged(mut strokes: Vec<Stroke>) -> Vec<Stroke> {
    strokes.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut merged: Vec<Stroke> = Vec::new();
    let mut start = 0;
    while start < strokes.len() {
        let first = strokes[start].at;
        let end = start + strokes[start..].partition_point(|stroke| stroke.at <= first + NEAR);
        let same = &mut strokes[start..end];
        let at = f32::midpoint(first, same.last().map_or(first, |last| last.at));
        same.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut open: Option<Stroke> = None;
        for stroke in same {
            match &mut open {
                Some(open) if stroke.from <= open.to + GAP => open.to = open.to.max(stroke.to),
                _ => merged.extend(open.replace(Stroke { at, ..*stroke })),
            }
        }
        merged.extend(open);
        start = end;
    }
    merged.retain(|stroke| stroke.length() >= SHORTEST);
    merged
}

/// A cell as it is drawn, by the columns and rows that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub columns: Range<usize>,
    pub rows: Range<usize>,
}

/// A table's lines.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Edges of the columns from left to right, in points; one more than there are columns.
    pub xs: Vec<f32>,
    /// Edges of the rows from top to bottom.
    pub ys: Vec<f32>,
    /// The cells, by row and column. They do not overlap, and may leave corners of the box free.
    pub blocks: Vec<Block>,
    /// Drawn by lines down the page alone: its rows are not ruled, and all is one.
    pub unruled: bool,
    /// Which of the blocks takes a place, row by row.
    owners: Vec<Option<usize>>,
}

impl Grid {
    /// Left, top, right, bottom.
    pub fn edges(&self) -> [f32; 4] {
        let ends = |edges: &[f32]| (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0));
        let ((left, right), (top, bottom)) = (ends(&self.xs), ends(&self.ys));
        [left, top, right, bottom]
    }

    /// The cell that holds this point.
    pub fn block_at(&self, x: f32, y: f32) -> Option<usize> {
        let column = self.xs.partition_point(|edge| *edge <= x).checked_sub(1)?;
        let row = self.ys.partition_point(|edge| *edge <= y).checked_sub(1)?;
        let columns = self.xs.len() - 1;
        if column < columns { self.owners.get(row * columns + column).copied().flatten() } else { None }
    }

    /// The left borders of its cells.
    fn walls(&self) -> impl Iterator<Item = Stroke> {
        self.blocks.iter().map(|block| Stroke {
            at: self.xs[block.columns.start],
            from: self.ys[block.rows.start],
            to: self.ys[block.rows.end],
        })
    }
}

/// The left borders of the cells of all grids, from left to right.
pub fn walls(grids: &[Grid]) -> Vec<Stroke> {
    merged(grids.iter().flat_map(Grid::walls).collect())
}

/// The grids that lines draw where they meet: at least two columns, closed all round. A side that only lines end at counts as closed, for tables are often open at the sides and where the page breaks.
pub fn grids(strokes: &Strokes) -> Vec<Grid> {
    let Strokes { across, down } = strokes;
    if across.len().saturating_mul(down.len()) > MOST_PAIRS {
        return Vec::new();
    }
    // Which lines hang together: each names the group of the first line that it was found to meet.
    let mut group: Vec<usize> = (0..across.len() + down.len()).collect();
    for (i, line) in across.iter().enumerate() {
        for (j, post) in down.iter().enumerate() {
            if line.reaches(post.at) && post.reaches(line.at) {
                let (a, b) = (root(&mut group, i), root(&mut group, across.len() + j));
                group[a.max(b)] = a.min(b);
            }
        }
    }
    let mut parts: Vec<(Vec<Stroke>, Vec<Stroke>)> = vec![(Vec::new(), Vec::new()); group.len()];
    for (i, line) in across.iter().enumerate() {
        parts[root(&mut group, i)].0.push(*line);
    }
    for (j, post) in down.iter().enumerate() {
        parts[root(&mut group, across.len() + j)].1.push(*post);
    }
    let mut grids: Vec<Grid> = parts.iter().flat_map(|(across, down)| apart(across, down)).collect();
    let lone = parts.iter().filter(|(across, down)| across.is_empty() && down.len() == 1).map(|(_, down)| down[0]);
    grids.extend(posted(lone.collect()));
    grids
}

/// Grids of lines down the page that begin and end at one height and meet no others: tables without lines between their
/// rows, whose top and bottom may stand on other pages.
fn posted(mut posts: Vec<Stroke>) -> Vec<Grid> {
    posts.sort_by(|a, b| a.from.total_cmp(&b.from).then(a.to.total_cmp(&b.to)).then(a.at.total_cmp(&b.at)));
    let same = |a: &Stroke, b: &Stroke| (a.from - b.from).abs() <= REACH && (a.to - b.to).abs() <= REACH;
    let groups = posts.chunk_by(same).filter(|group| group.len() >= LEAST_POSTS);
    groups
        .filter_map(|group| {
            let edge = |pick: fn(f32, f32) -> f32| group.iter().map(|post| post.at).reduce(pick);
            let (from, to) = (edge(f32::min)?, edge(f32::max)?);
            let closing = [group[0].from, group[0].to].map(|at| Stroke { at, from, to });
            let (grid, _) = grid(&closing, group)?;
            Some(Grid { unruled: true, ..grid })
        })
        .collect()
}

/// The grids that these lines draw. A rule that runs under several tables side by side makes them no table: where no cell
/// stands in a column, they are cut apart.
fn apart(across: &[Stroke], down: &[Stroke]) -> Vec<Grid> {
    let Some((grid, filled)) = grid(across, down) else { return Vec::new() };
    let columns = grid.xs.len() - 1;
    let taken = |column: usize| grid.blocks.iter().any(|block| block.columns.contains(&column));
    if (0..columns).all(taken) {
        let [left, top, right, bottom] = grid.edges();
        let is_whole = filled >= FILL * (right - left) * (bottom - top) && grid.blocks.len() > 2;
        return if is_whole { vec![grid] } else { Vec::new() };
    }
    let mut grids = Vec::new();
    let mut column = 0;
    while column < columns {
        let count = (column..columns).take_while(|at| taken(*at)).count();
        if count > 0 {
            let (from, to) = (grid.xs[column] - REACH, grid.xs[column + count] + REACH);
            let clip = |line: &Stroke| Stroke { from: line.from.max(from), to: line.to.min(to), ..*line };
            let across: Vec<Stroke> = across.iter().map(clip).filter(|line| line.length() >= SHORTEST).collect();
            let down: Vec<Stroke> = down.iter().filter(|post| from <= post.at && post.at <= to).copied().collect();
            grids.extend(apart(&across, &down));
        }
        column += count + 1;
    }
    grids
}

fn root(group: &mut [usize], mut at: usize) -> usize {
    while group[at] != at {
        group[at] = group[group[at]];
        at = group[at];
    }
    at
}

/// The cells that these lines draw, and how much room they take, in square points.
fn grid(across: &[Stroke], down: &[Stroke]) -> Option<(Grid, f32)> {
    let (xs, left_open, right_open) = edges(down, across);
    let (ys, top_open, bottom_open) = edges(across, down);
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    if columns < 2 || rows < 1 || columns.saturating_mul(rows) > MOST_CELLS {
        return None;
    }
    let mut walls = borders(down, &xs, &ys);
    let mut floors = borders(across, &ys, &xs);
    let open = |borders: &mut Vec<Vec<bool>>, first: bool, last: bool| {
        if let (true, Some(edge)) = (first, borders.first_mut()) {
            edge.fill(true);
        }
        if let (true, Some(edge)) = (last, borders.last_mut()) {
            edge.fill(true);
        }
    };
    open(&mut walls, left_open, right_open);
    open(&mut floors, top_open, bottom_open);
    let mut blocks = Vec::new();
    let mut taken = vec![vec![false; columns]; rows];
    let mut owners = vec![None; columns * rows];
    let mut filled = 0.0;
    for row in 0..rows {
        for column in 0..columns {
            if taken[row][column] {
                continue;
            }
            let mut right = column + 1;
            while right < columns && !taken[row][right] && !walls[right][row] {
                right += 1;
            }
            let mut bottom = row + 1;
            while bottom < rows
                && !(column..right).any(|at| floors[bottom][at] || taken[bottom][at])
                && !(column + 1..right).any(|at| walls[at][bottom])
            {
                bottom += 1;
            }
            for line in &mut taken[row..bottom] {
                line[column..right].fill(true);
            }
            let closed = (column..right).all(|at| floors[row][at] && floors[bottom][at])
                && (row..bottom).all(|at| walls[column][at] && walls[right][at]);
            if closed {
                for line in row..bottom {
                    owners[line * columns + column..line * columns + right].fill(Some(blocks.len()));
                }
                filled += (xs[right] - xs[column]) * (ys[bottom] - ys[row]);
                blocks.push(Block { columns: column..right, rows: row..bottom });
            }
        }
    }
    Some((Grid { xs, ys, blocks, unruled: false, owners }, filled))
}

/// Where `lines` stand, in order, and where the `others`, which meet them, end beyond the first and the last of these;
/// whether there are such ends.
fn edges(lines: &[Stroke], others: &[Stroke]) -> (Vec<f32>, bool, bool) {
    let mut edges: Vec<f32> = Vec::new();
    let mut sorted: Vec<f32> = lines.iter().map(|line| line.at).collect();
    sorted.sort_by(f32::total_cmp);
    for at in sorted {
        if edges.last().is_none_or(|last| at > last + REACH) {
            edges.push(at);
        }
    }
    let (Some(first), Some(last)) = (edges.first().copied(), edges.last().copied()) else {
        return (edges, false, false);
    };
    // Single lines may stick out; two that end together draw a side.
    let side = |ends: &mut dyn Iterator<Item = f32>| {
        let ends: Vec<f32> = ends.collect();
        let mut sorted = ends.clone();
        sorted.sort_by(f32::total_cmp);
        sorted.into_iter().find(|end| {
            let same = ends.iter().filter(|at| (**at - end).abs() <= REACH).count();
            same >= 2 || same == ends.len()
        })
    };
    let from = side(&mut others.iter().map(|other| other.from)).filter(|from| *from < first - SHORTEST);
    let to = side(&mut others.iter().map(|other| -other.to)).map(|to| -to).filter(|to| *to > last + SHORTEST);
    edges.splice(0..0, from);
    edges.extend(to);
    (edges, from.is_some(), to.is_some())
}

/// For each of the `edges`, which of the steps along it the lines there cover.
fn borders(lines: &[Stroke], edges: &[f32], steps: &[f32]) -> Vec<Vec<bool>> {
    let mut borders = vec![vec![false; steps.len().saturating_sub(1)]; edges.len()];
    for line in lines {
        let Some((border, edge)) = borders.iter_mut().zip(edges).rev().find(|(_, edge)| **edge <= line.at + 0.01)
        else {
            continue;
        };
        if line.at > edge + REACH + 0.01 {
            continue;
        }
        for (step, covered) in steps.windows(2).zip(border) {
            let shared = line.to.min(step[1]) - line.from.max(step[0]);
            *covered |= shared >= COVER * (step[1] - step[0]);
        }
    }
    borders
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lines across at `ys` and down at `xs`, as wide and as high as these.
    fn ruled(xs: &[f32], ys: &[f32]) -> Vec<[f32; 4]> {
        let (left, right) = (xs[0], xs[xs.len() - 1]);
        let (top, bottom) = (ys[0], ys[ys.len() - 1]);
        let across = ys.iter().map(|y| [left, *y, right, *y]);
        across.chain(xs.iter().map(|x| [*x, top, *x, bottom])).collect()
    }

    fn read(rules: &[[f32; 4]]) -> Vec<Grid> {
        grids(&Strokes::new(rules.iter().copied()))
    }

    fn blocks(grid: &Grid) -> Vec<(Range<usize>, Range<usize>)> {
        grid.blocks.iter().map(|block| (block.columns.clone(), block.rows.clone())).collect()
    }

    #[test]
    fn lines_draw_cells() {
        let grids = read(&ruled(&[50.0, 150.0, 250.0], &[100.0, 120.0, 140.0]));
        assert_eq!(grids.len(), 1);
        assert_eq!(blocks(&grids[0]), [(0..1, 0..1), (1..2, 0..1), (0..1, 1..2), (1..2, 1..2)]);
        assert_eq!(grids[0].block_at(60.0, 125.0), Some(2));
        assert_eq!(grids[0].block_at(60.0, 145.0), None);
    }

    #[test]
    fn borders_of_single_cells_make_the_same_grid() {
        let mut rules = Vec::new();
        for (left, top) in [(50.0, 100.0), (150.8, 100.0), (50.0, 120.8), (150.8, 120.8)] {
            rules.extend(ruled(&[left, left + 100.0], &[top, top + 20.0]));
        }
        let grids = read(&rules);
        assert_eq!(grids.len(), 1);
        assert_eq!(blocks(&grids[0]).len(), 4);
    }

    #[test]
    fn missing_borders_merge_cells() {
        let mut rules = ruled(&[50.0, 350.0], &[100.0, 120.0, 160.0]);
        // The first heading takes two rows, the second two columns.
        rules.extend([[150.0, 100.0, 150.0, 160.0], [250.0, 120.0, 250.0, 160.0], [150.0, 140.0, 350.0, 140.0]]);
        rules.remove(1);
        rules.push([150.0, 120.0, 350.0, 120.0]);
        let grids = read(&rules);
        assert_eq!(
            blocks(&grids[0]),
            [(0..1, 0..3), (1..3, 0..1), (1..2, 1..2), (2..3, 1..2), (1..2, 2..3), (2..3, 2..3)]
        );
    }

    #[test]
    fn open_sides_are_closed_by_the_ends_of_lines() {
        let rules = [
            [50.0, 100.0, 350.0, 100.0],
            [50.0, 120.0, 350.0, 120.0],
            [50.0, 140.0, 350.0, 140.0],
            [150.0, 100.0, 150.0, 140.0],
        ];
        let grids = read(&rules);
        assert_eq!(grids[0].xs, [50.0, 150.0, 350.0]);
        assert_eq!(grids[0].blocks.len(), 4);
    }

    #[test]
    fn posts_of_one_height_make_columns() {
        let posts = |xs: &[f32]| xs.iter().map(|x| [*x, 100.0, *x, 400.0]).collect::<Vec<_>>();
        let grids = read(&posts(&[50.0, 200.0, 240.0, 400.0]));
        assert_eq!((grids.len(), grids[0].unruled, grids[0].blocks.len()), (1, true, 3));
        assert!(read(&posts(&[50.0, 400.0])).is_empty());
        let mut ragged = posts(&[50.0, 200.0]);
        ragged.push([400.0, 180.0, 400.0, 400.0]);
        assert!(read(&ragged).is_empty());
    }

    #[test]
    fn frames_underlines_and_joined_boxes_are_no_grids() {
        let frame = ruled(&[50.0, 350.0], &[100.0, 500.0]);
        assert!(read(&frame).is_empty());
        assert!(read(&ruled(&[50.0, 350.0], &[100.0, 120.0, 140.0])).is_empty(), "one column");
        assert!(read(&[[50.0, 100.0, 90.0, 100.0], [50.0, 120.0, 90.0, 120.0]]).is_empty());
        let mut boxes = ruled(&[50.0, 100.0], &[100.0, 120.0]);
        boxes.extend(ruled(&[200.0, 250.0], &[160.0, 180.0]));
        boxes.extend([[75.0, 120.0, 75.0, 170.0], [75.0, 170.0, 200.0, 170.0]]);
        assert!(read(&boxes).is_empty());
        let plot: Vec<[f32; 4]> = (0..3000_u16)
            .map(|n| 10.0 * f32::from(n))
            .flat_map(|at| [[0.0, at, 9e4, at], [at, 0.0, at, 9e4]])
            .collect();
        assert!(read(&plot).is_empty());
    }

    proptest! {
        #[test]
        fn cells_lie_in_their_grid_and_apart(rules in prop::collection::vec((0..40_u8, 0..40_u8, 0..40_u8, any::<bool>()), 0..60)) {
            let rules: Vec<[f32; 4]> = rules.into_iter().map(|(at, from, to, across)| {
                let [at, from, to] = [at, from.min(to), from.max(to)].map(|n| 7.0 * f32::from(n));
                if across { [from, at, to, at] } else { [at, from, at, to] }
            }).collect();
            for grid in read(&rules) {
                prop_assert!(grid.xs.is_sorted() && grid.ys.is_sorted());
                let mut taken = std::collections::HashSet::new();
                for block in &grid.blocks {
                    prop_assert!(block.columns.end < grid.xs.len() && block.rows.end < grid.ys.len());
                    for row in block.rows.clone() {
                        prop_assert!(block.columns.clone().all(|column| taken.insert((row, column))));
                    }
                }
            }
        }
    }
}
