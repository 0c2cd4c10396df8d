//! Figures that follow from the figures of one sentence: sums, differences, ratios, growth.

use crate::{
    domain::text::Span,
    text::quantity::{Change, Kind, Number, Quantity, Value},
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

/// The sentence, the formula in words, and the place of the operands, where the figure can be computed from one
/// sentence that speaks of the claim.
pub fn derived<'c>(case: &'c Case<'c>, quantity: &Quantity) -> Option<(&'c SourceSentence<'c>, String, Span)> {
    let Value::Exact(target) = quantity.value else { return None };
    case.sources.iter().filter(|s| s.coverage >= ALIGNED).find_map(|sentence| {
        formula(&sentence.unit.quantities, quantity, target)
            .or_else(|| years_between(&case.claim, sentence, quantity, target))
            .map(|(text, span)| (sentence, text, span))
    })
}

/// "five years" where the source says "from 1992 to 1997", or where it says 1956 and the claim itself 1961.
fn years_between(
    claim: &Unit<'_>,
    sentence: &SourceSentence<'_>,
    wanted: &Quantity,
    target: Number,
) -> Option<(String, Span)> {
    const MONTHS: i128 = 12;
    if wanted.unit.kind != Kind::Month || !wanted.unit.per.is_empty() {
        return None;
    }
    let theirs: Vec<(i32, Span)> = sentence.unit.dates.iter().filter_map(|d| Some((d.when.year()?, d.span))).collect();
    let mine = claim.dates.iter().filter_map(|d| d.when.year());
    let apart = |a: i32, b: i32| Number::from_integer(i128::from(a.abs_diff(b)) * MONTHS) == target && a != b;
    for (at, (year, span)) in theirs.iter().enumerate() {
        if let Some((other, to)) = theirs[at + 1..].iter().find(|(other, _)| apart(*year, *other)) {
            return Some((format!("|{other} − {year}|"), span.cover(*to)));
        }
        if let Some(other) = mine.clone().find(|other| apart(*year, *other)) {
            return Some((format!("|{other} − {year}|"), *span));
        }
    }
    None
}

fn exact(q: &Quantity) -> Option<Number> {
    match q.value {
        Value::Exact(value) => Some(value),
        Value::Range { .. } => None,
    }
}

/// Whether `computed` shows as `target` at the displayed precision. Half a unit of the last place is allowed.
pub fn shows_as(computed: Number, target: Number, precision: Number) -> bool {
    use num_traits::{CheckedMul, CheckedSub};
    let Some(difference) = computed.checked_sub(&target) else { return false };
    let zero = Number::from_integer(0);
    let difference = if difference < zero { zero - difference } else { difference };
    difference.checked_mul(&Number::from_integer(2)).is_some_and(|twice| twice <= precision)
}

fn formula(given: &[Quantity], wanted: &Quantity, target: Number) -> Option<(String, Span)> {
    use num_traits::{CheckedAdd, CheckedDiv, CheckedSub};
    let amounts: Vec<&Quantity> =
        given.iter().filter(|q| q.unit.kind == wanted.unit.kind && q.unit.per == wanted.unit.per).collect();
    let whole = |parts: &[&Quantity]| parts.iter().map(|q| q.span).reduce(Span::cover).unwrap_or_default();
    if !matches!(wanted.unit.kind, Kind::Ratio | Kind::Multiple | Kind::Points) || wanted.unit.kind == Kind::Ratio {
        // All of them, then each pair.
        if amounts.len() >= 2 && amounts.len() <= 12 {
            let sum = amounts.iter().try_fold(Number::from_integer(0), |sum, q| sum.checked_add(&exact(q)?));
            if let Some(sum) = sum
                && shows_as(sum, target, wanted.precision)
            {
                let text = amounts.iter().map(|q| q.surface.trim()).collect::<Vec<_>>().join(" + ");
                return Some((text, whole(&amounts)));
            }
        }
        for (i, a) in amounts.iter().enumerate() {
            for b in &amounts[i + 1..] {
                let (Some(x), Some(y)) = (exact(a), exact(b)) else { continue };
                if x.checked_add(&y).is_some_and(|sum| shows_as(sum, target, wanted.precision)) {
                    return Some((format!("{} + {}", a.surface.trim(), b.surface.trim()), whole(&[a, b])));
                }
                let difference = if x > y { x.checked_sub(&y) } else { y.checked_sub(&x) };
                if difference.is_some_and(|d| d > Number::from_integer(0) && shows_as(d, target, wanted.precision)) {
                    return Some((format!("|{} − {}|", a.surface.trim(), b.surface.trim()), whole(&[a, b])));
                }
            }
        }
    }
    if wanted.unit.kind == Kind::Points {
        // A difference of shares, in points.
        let shares: Vec<&Quantity> = given.iter().filter(|q| q.unit.kind == Kind::Ratio).collect();
        for (i, a) in shares.iter().enumerate() {
            for b in &shares[i + 1..] {
                let (Some(x), Some(y)) = (exact(a), exact(b)) else { continue };
                let difference = if x > y { x - y } else { y - x };
                let points = difference * Number::from_integer(100);
                if points > Number::from_integer(0) && shows_as(points, target, wanted.precision) {
                    return Some((format!("|{} − {}|", a.surface.trim(), b.surface.trim()), whole(&[a, b])));
                }
            }
        }
    }
    if matches!(wanted.unit.kind, Kind::Ratio | Kind::Multiple) {
        for a in given {
            for b in given {
                if a.span == b.span
                    || a.unit.kind != b.unit.kind
                    || matches!(a.unit.kind, Kind::Ratio | Kind::Points | Kind::Plain)
                {
                    continue;
                }
                let (Some(x), Some(y)) = (exact(a), exact(b)) else { continue };
                let Some(ratio) = x.checked_div(&y).filter(|_| y > Number::from_integer(0)) else { continue };
                let one = Number::from_integer(1);
                let growth = if ratio > one { ratio - one } else { one - ratio };
                let (name, value) = match wanted.change {
                    Some(Change::By) => ("Δ/", growth),
                    _ => ("/", ratio),
                };
                if value > Number::from_integer(0) && shows_as(value, target, wanted.precision) {
                    let text = if name == "/" {
                        format!("{} ÷ {}", a.surface.trim(), b.surface.trim())
                    } else {
                        format!("|{} − {}| ÷ {}", a.surface.trim(), b.surface.trim(), b.surface.trim())
                    };
                    return Some((text, whole(&[a, b])));
                }
            }
        }
    }
    None
}
