//! Ruled lines of a page, from the paths that draw them: strokes along the page's edges, bars, and the edges of boxes.

/// A straight line along the page's edges: left, bottom, right, top in points of 1/72 inch, y upwards. It has no width.
pub type Rule = [f32; 4];

/// Where a drawing's own coordinates lie on the page (ISO 32000-1, 8.3.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placing {
    /// What one step to the right and one step up are on the page.
    pub right: [f32; 2],
    pub up: [f32; 2],
    pub origin: [f32; 2],
}

impl Placing {
    pub const PAGE: Self = Self { right: [1.0, 0.0], up: [0.0, 1.0], origin: [0.0, 0.0] };

    /// The placing of something placed by `self` inside something that is placed by `outer`.
    pub fn within(self, outer: Self) -> Self {
        Self { right: outer.step(self.right), up: outer.step(self.up), origin: outer.point(self.origin) }
    }

    pub fn point(self, point: [f32; 2]) -> [f32; 2] {
        let [x, y] = self.step(point);
        [x + self.origin[0], y + self.origin[1]]
    }

    fn step(self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x * self.right[0] + y * self.up[0], x * self.right[1] + y * self.up[1]]
    }
}

/// A filled box of at most this height or width, in points, is drawn for a line.
const THICKEST: f32 = 3.0;
/// A line that leaves its height by more, in points, is slanted.
const SLANT: f32 = 0.5;

/// The box that a path fills and does not draw round.
pub fn filled(points: &[[f32; 2]], stroked: bool) -> Option<Rule> {
    let [left, bottom, right, top] = bounds(points)?;
    let at_edge = |value: f32, a: f32, b: f32| (value - a).abs() <= SLANT || (value - b).abs() <= SLANT;
    let corners = points.iter().all(|[x, y]| at_edge(*x, left, right) && at_edge(*y, bottom, top));
    let is_box = points.len() >= 4 && corners && bar(points).is_none();
    (!stroked && is_box && [left, bottom, right, top].iter().all(|edge| edge.is_finite()))
        .then_some([left, bottom, right, top])
}

/// The lines of a path, as points joined by straight lines. A `stroked` path shows each of these, another one what it
/// encloses. `None` where a line is slanted: the path is a drawing.
pub fn of_path(points: &[[f32; 2]], stroked: bool) -> Option<Vec<Rule>> {
    if !stroked && let Some(rule) = bar(points) {
        return Some(vec![rule]);
    }
    let mut rules: Vec<Rule> = points.windows(2).map(|pair| line(pair[0], pair[1])).collect::<Option<_>>()?;
    if let (false, Some(first), Some(last)) = (stroked, points.first(), points.last()) {
        // What is filled is closed, whether the file says so or not.
        rules.push(line(*last, *first)?);
    }
    rules.retain(|[left, bottom, right, top]| right > left || top > bottom);
    Some(rules)
}

fn line([x, y]: [f32; 2], [u, v]: [f32; 2]) -> Option<Rule> {
    let finite = x.is_finite() && y.is_finite() && u.is_finite() && v.is_finite();
    let rule = if (x - u).abs() <= SLANT {
        let middle = f32::midpoint(x, u);
        [middle, y.min(v), middle, y.max(v)]
    } else if (y - v).abs() <= SLANT {
        let middle = f32::midpoint(y, v);
        [x.min(u), middle, x.max(u), middle]
    } else {
        return None;
    };
    finite.then_some(rule)
}

/// The line that a thin filled shape stands for. Its ends may be mitred.
fn bar(points: &[[f32; 2]]) -> Option<Rule> {
    let [left, bottom, right, top] = bounds(points)?;
    let (width, height) = (right - left, top - bottom);
    let (x, y) = (f32::midpoint(left, right), f32::midpoint(bottom, top));
    if height <= THICKEST && width >= height && width.is_finite() {
        Some([left, y, right, y])
    } else if width <= THICKEST && height.is_finite() {
        Some([x, bottom, x, top])
    } else {
        None
    }
}

fn bounds(points: &[[f32; 2]]) -> Option<Rule> {
    let edge = |at: usize, pick: fn(f32, f32) -> f32| points.iter().map(|point| point[at]).reduce(pick);
    Some([edge(0, f32::min)?, edge(1, f32::min)?, edge(0, f32::max)?, edge(1, f32::max)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_boxes_become_lines_and_drawings_do_not() {
        let bar = [[10.0, 20.0], [110.0, 20.0], [110.0, 20.5], [10.0, 20.5]];
        assert_eq!(of_path(&bar, false), Some(vec![[10.0, 20.25, 110.0, 20.25]]));
        let post = [[10.0, 20.0], [10.0, 90.0], [11.0, 90.0], [11.0, 20.0], [10.0, 20.0]];
        assert_eq!(of_path(&post, false), Some(vec![[10.5, 20.0, 10.5, 90.0]]));
        let cell = [[10.0, 20.0], [60.0, 20.0], [60.0, 50.0], [10.0, 50.0]];
        let mitred = [[10.0, 20.0], [110.0, 20.0], [109.0, 21.0], [11.0, 21.0]];
        assert_eq!(of_path(&mitred, false), Some(vec![[10.0, 20.5, 110.0, 20.5]]));
        let edges = vec![
            [10.0, 20.0, 60.0, 20.0],
            [60.0, 20.0, 60.0, 50.0],
            [10.0, 50.0, 60.0, 50.0],
            [10.0, 20.0, 10.0, 50.0],
        ];
        assert_eq!((filled(&cell, false), filled(&cell, true)), (Some([10.0, 20.0, 60.0, 50.0]), None));
        assert_eq!(
            (filled(&bar, false), filled(&[[0.0, 0.0], [50.0, 9.0], [0.0, 40.0], [0.0, 9.0]], false)),
            (None, None)
        );
        assert_eq!(of_path(&cell, false), Some(edges.clone()));
        assert_eq!(of_path(&cell, true), Some(edges[..3].to_vec()), "a stroke that is not closed");
        assert_eq!(of_path(&[[0.0, 0.0], [50.0, 9.0]], true), None);
        assert_eq!(of_path(&[[0.0, 0.0], [f32::NAN, 0.0]], true), None);
        assert_eq!(of_path(&[], false), Some(Vec::new()));
    }

    #[test]
    fn a_drawing_inside_a_drawing_is_placed_by_both() {
        let inner = Placing { right: [2.0, 0.0], up: [0.0, 2.0], origin: [10.0, 0.0] };
        let quarter_turn = Placing { right: [0.0, 1.0], up: [-1.0, 0.0], origin: [100.0, 0.0] };
        let [x, y] = inner.within(quarter_turn).point([1.0, 3.0]);
        assert!((x - 94.0).abs() < 1e-4 && (y - 12.0).abs() < 1e-4, "{x} {y}");
        assert_eq!(inner.within(Placing::PAGE), inner);
    }
}
