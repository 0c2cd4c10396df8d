//! From which score on a claim should be shown, reviewed by an expert, or withheld, if each has its price.
//!
//! Expected cost of a claim with score s that is wrong with probability p(s): shown, p · `wrong_shown`; withheld,
//! (1 − p) · `right_withheld`; reviewed, `review` (an expert is taken to be right). Elkan, The foundations of
//! cost-sensitive learning, IJCAI 2001, with review as a third action (Chow's reject option, 1970). p is taken from a
//! labelled sample. Pure.

use super::{binomial, certify::Labelled};

/// Thresholds lie this far apart, as those of a certificate do.
const STEPS: u16 = 100;
/// Chance that the draw of a sample misleads.
const DELTA: f64 = 0.05;
/// Parts of the sample that each are planned for by the others.
const FOLDS: usize = 5;

/// In one currency, whichever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of a wrong claim that is shown as supported.
    pub wrong_shown: f64,
    /// Of a right one that is withheld.
    pub right_withheld: f64,
    /// Of the review of one claim.
    pub review: f64,
}

impl Costs {
    /// The rate of wrong ones below which a claim is better shown than withheld or reviewed.
    pub fn break_even(&self) -> f64 {
        let over_withholding = self.right_withheld / (self.wrong_shown + self.right_withheld);
        over_withholding.min(self.review / self.wrong_shown)
    }

    /// Claims without a wrong one among them that tell a lower rate than [`Self::break_even`] from a higher one.
    pub fn needed(&self) -> u64 {
        binomial::needed(0, self.break_even().clamp(1e-6, 0.999), DELTA)
    }
}

/// From `show` on a claim is shown, from `review` on it is reviewed, below it is withheld. A claim that a rule objects
/// to stands below every score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub show: f32,
    pub review: f32,
}

impl Cut {
    pub const SHOW_ALL: Self = Self { show: f32::NEG_INFINITY, review: f32::NEG_INFINITY };
    pub const WITHHOLD_ALL: Self = Self { show: f32::INFINITY, review: f32::INFINITY };
    pub const REVIEW_ALL: Self = Self { show: f32::INFINITY, review: f32::NEG_INFINITY };
}

/// What a cut makes of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub shown: u64,
    pub wrong_shown: u64,
    pub reviewed: u64,
    pub withheld: u64,
    pub right_withheld: u64,
}

impl Load {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Labelled>, cut: Cut) -> Self {
        let mut load = Self::default();
        for row in rows {
            let score = row.score.unwrap_or(f32::NEG_INFINITY);
            if score >= cut.show {
                load.shown += 1;
                load.wrong_shown += u64::from(!row.supported);
            } else if score >= cut.review {
                load.reviewed += 1;
            } else {
                load.withheld += 1;
                load.right_withheld += u64::from(row.supported);
            }
        }
        load
    }

    pub fn cost(&self, costs: &Costs) -> f64 {
        self.wrong_shown as f64 * costs.wrong_shown
            + self.right_withheld as f64 * costs.right_withheld
            + self.reviewed as f64 * costs.review
    }
}

/// One point of the curve: the least that showing from here on costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub cut: Cut,
    pub load: Load,
    pub cost: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub rows: u64,
    pub best: Point,
    /// What the same way of planning costs on claims that it was not planned on.
    pub fresh_cost: f64,
    /// By falling threshold.
    pub curve: Vec<Point>,
}

/// The sample cannot tell what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sample has {have} claims; at these costs at least {needed} are needed to tell whether a claim is better shown, so \
     label {} more",
    needed - have
)]
pub struct TooFew {
    pub have: u64,
    pub needed: u64,
}

/// The cut of least cost. Of equal ones the strictest is taken.
///
/// # Errors
/// [`TooFew`]
pub fn plan(rows: &[Labelled], costs: &Costs) -> Result<Plan, TooFew> {
    let (have, needed) = (rows.len() as u64, costs.needed());
    if have < needed {
        return Err(TooFew { have, needed });
    }
    let all: Vec<&Labelled> = rows.iter().collect();
    let curve = curve(&all, costs);
    let best = cheapest(&curve);
    let mut fresh_cost = 0.0;
    for fold in 0..FOLDS {
        let (held, rest): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| at % FOLDS == fold);
        let rest: Vec<&Labelled> = rest.into_iter().map(|(_, row)| *row).collect();
        let chosen = cheapest(&self::curve(&rest, costs)).cut;
        fresh_cost += Load::of(held.into_iter().map(|(_, row)| *row), chosen).cost(costs);
    }
    Ok(Plan { rows: have, best, fresh_cost, curve })
}

fn cheapest(curve: &[Point]) -> Point {
    // The first of equal ones, and the curve begins with the strictest.
    let least = curve.iter().copied().reduce(|best, point| if point.cost < best.cost - 1e-9 { point } else { best });
    least.unwrap_or(Point { cut: Cut::WITHHOLD_ALL, load: Load::default(), cost: 0.0 })
}

/// For each threshold of showing, the threshold of review that costs least.
fn curve(rows: &[&Labelled], costs: &Costs) -> Vec<Point> {
    let thresholds: Vec<f32> = std::iter::once(f32::INFINITY)
        .chain((0..=STEPS).rev().map(|step| f32::from(step) / f32::from(STEPS)))
        .chain([f32::NEG_INFINITY])
        .collect();
    let at = |show: f32| {
        let points = thresholds.iter().filter(|review| **review <= show).map(|review| {
            let cut = Cut { show, review: *review };
            let load = Load::of(rows.iter().copied(), cut);
            Point { cut, load, cost: load.cost(costs) }
        });
        cheapest(&points.collect::<Vec<_>>())
    };
    thresholds.iter().map(|show| at(*show)).collect()
}

/// The curve as a table.
pub fn csv(plan: &Plan) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("show_from,review_from,shown,wrong_shown,reviewed,withheld,right_withheld,cost\n");
    for point in &plan.curve {
        let (cut, load) = (point.cut, point.load);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{:.2}",
            name(cut.show),
            name(cut.review),
            load.shown,
            load.wrong_shown,
            load.reviewed,
            load.withheld,
            load.right_withheld,
            point.cost
        );
    }
    text
}

/// A threshold as it is written: `never`, `always`, or the score.
pub fn name(threshold: f32) -> String {
    if threshold == f32::INFINITY {
        "never".to_owned()
    } else if threshold == f32::NEG_INFINITY {
        "always".to_owned()
    } else {
        format!("{threshold:.2}")
    }
}

/// The curve as a drawing: cost for a hundred claims over the threshold of showing, with the costs of showing and of
/// withholding everything.
pub fn svg(plan: &Plan, baselines: &[(&str, f64)]) -> String {
    use std::fmt::Write as _;
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 320.0;
    const LEFT: f64 = 72.0;
    const TOP: f64 = 24.0;
    let per_hundred = |cost: f64| cost * 100.0 / plan.rows.max(1) as f64;
    let points: Vec<&Point> = plan.curve.iter().filter(|p| p.cut.show.is_finite()).collect();
    let most = points.iter().map(|p| p.cost).chain(baselines.iter().map(|(_, cost)| *cost)).fold(1e-9, f64::max);
    let x = |threshold: f32| LEFT + f64::from(threshold) * (WIDTH - LEFT - 120.0);
    let y = |cost: f64| TOP + (1.0 - cost / most) * (HEIGHT - TOP - 48.0);
    let (right, bottom) = (x(1.0), y(0.0));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let _ = writeln!(
        text,
        "<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#555\"/>\n<text x=\"{LEFT}\" y=\"14\">cost per \
         100 claims</text>\n<text x=\"{right}\" y=\"{}\" text-anchor=\"end\">shown from this score on</text>",
        bottom + 34.0
    );
    for tick in [0.0_f32, 0.25, 0.5, 0.75, 1.0] {
        let _ = writeln!(text, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>", x(tick), bottom + 16.0);
    }
    for share in [0.0, 0.5, 1.0] {
        let (at, cost) = (y(most * share), per_hundred(most * share));
        let _ = writeln!(text, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{cost:.1}</text>", LEFT - 6.0, at + 4.0);
    }
    for (label, cost) in baselines {
        let at = y(*cost);
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {at}H{right}\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>\n<text x=\"{}\" y=\"{}\">{label}</text>",
            right + 6.0,
            at + 4.0
        );
    }
    let line: Vec<String> = points.iter().map(|p| format!("{:.1},{:.1}", x(p.cut.show), y(p.cost))).collect();
    let _ =
        writeln!(text, "<polyline points=\"{}\" fill=\"none\" stroke=\"#0b5fa5\" stroke-width=\"2\"/>", line.join(" "));
    if plan.best.cut.show.is_finite() {
        let (at, cost) = (x(plan.best.cut.show), y(plan.best.cost));
        let _ = writeln!(text, "<circle cx=\"{at:.1}\" cy=\"{cost:.1}\" r=\"4\" fill=\"#0b5fa5\"/>");
    }
    text.push_str("</svg>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        certificate::{ClaimKind, Group},
        document::Domain,
        text::Lang,
    };

    fn rows(list: &[(usize, Option<f32>, bool)]) -> Vec<Labelled> {
        let group = Group { domain: Domain::Legal, lang: Lang::Zh, kind: ClaimKind::Prose };
        list.iter()
            .flat_map(|(count, score, supported)| {
                std::iter::repeat_n(Labelled { group, score: *score, supported: *supported }, *count)
            })
            .collect()
    }

    const COSTS: Costs = Costs { wrong_shown: 100.0, right_withheld: 10.0, review: 4.0 };

    /// 200 safe claims, 100 doubtful (a fifth wrong), 100 bad (nine in ten wrong), 20 that a rule objects to.
    fn sample() -> Vec<Labelled> {
        rows(&[
            (199, Some(0.95), true),
            (1, Some(0.95), false),
            (80, Some(0.7), true),
            (20, Some(0.7), false),
            (10, Some(0.3), true),
            (90, Some(0.3), false),
            (20, None, false),
        ])
    }

    #[test]
    fn the_safe_are_shown_the_doubtful_reviewed_the_bad_withheld() {
        let plan = plan(&sample(), &COSTS).expect("420 are enough");
        let cut = plan.best.cut;
        assert!(cut.show > 0.7 && cut.show <= 0.95 && cut.review > 0.3 && cut.review <= 0.7, "{cut:?}");
        let want = Load { shown: 200, wrong_shown: 1, reviewed: 100, withheld: 120, right_withheld: 10 };
        assert_eq!(plan.best.load, want);
        assert!((plan.best.cost - (100.0 + 100.0 + 400.0)).abs() < 1e-9, "{}", plan.best.cost);
        for baseline in [Cut::SHOW_ALL, Cut::WITHHOLD_ALL, Cut::REVIEW_ALL] {
            assert!(Load::of(&sample(), baseline).cost(&COSTS) > plan.best.cost, "{baseline:?}");
        }
    }

    #[test]
    fn dear_reviews_are_not_planned_and_cheap_ones_are() {
        let sample = sample();
        let dear = plan(&sample, &Costs { review: 1000.0, ..COSTS }).expect("they are enough");
        assert_eq!(dear.best.load.reviewed, 0);
        // At a tenth of what withholding costs, one wrong among two hundred is not worth its risk.
        let free = plan(&rows(&[(3000, Some(0.9), true), (300, Some(0.9), false)]), &Costs { review: 0.1, ..COSTS });
        assert_eq!(free.expect("they are enough").best.load.shown, 0);
    }

    #[test]
    fn too_small_a_sample_is_refused_with_the_number_needed() {
        // Reviewing costs 4 of the 100 that a wrong one costs.
        assert!((COSTS.break_even() - 0.04).abs() < 1e-12);
        let refused = plan(&rows(&[(50, Some(0.9), true)]), &COSTS);
        let TooFew { have, needed } = refused.expect_err("50 are too few");
        assert_eq!((have, needed), (50, COSTS.needed()));
        assert!(0.96_f64.powi(i32::try_from(needed).expect("small")) <= DELTA);
        assert!(0.96_f64.powi(i32::try_from(needed).expect("small") - 1) > DELTA);
        assert!(plan(&rows(&[(usize::try_from(needed).expect("small"), Some(0.9), true)]), &COSTS).is_ok());
    }

    #[test]
    fn the_curve_is_written_and_drawn() {
        let plan = plan(&sample(), &COSTS).expect("they are enough");
        let table = csv(&plan);
        assert_eq!(table.lines().count(), plan.curve.len() + 1);
        assert!(table.lines().nth(1).is_some_and(|first| first.starts_with("never,")));
        assert!(table.lines().last().is_some_and(|last| last.starts_with("always,always,420,131,0,0,0,13100.00")));
        let drawing = svg(&plan, &[("show all", 13100.0)]);
        assert!(drawing.starts_with("<svg ") && drawing.contains("show all") && drawing.contains("<circle"));
        assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
    }
}
