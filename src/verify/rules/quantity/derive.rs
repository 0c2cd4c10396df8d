//! Figures that follow from the figures of one sentence: sums, differences, ratios, growth.

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

use crate::{
    domain::text::Span,
    text::quantity::{Change, Counted, Kind, Number, Quantity, Trend, Value},
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

/// How a figure follows from others.
#[derive(Clone, Debug)]
pub struct Derived {
    pub formula: String,
    /// The place of the operands.
    pub span: Span,
    /// It is the same fact in other words, and no sum that may come out by chance.
    pub converted: bool,
}

impl Derived {
    fn computed((formula, span): (String, Span)) -> Self {
        Self { formula, span, converted: false }
    }

    fn converted(formula: String, span: Span) -> Self {
        Self { formula, span, converted: true }
    }
}

/// The sentence, and how the figure can be computed from it, where it speaks of the claim.
pub fn derived<'c>(case: &'c Case<'c>, quantity: &Quantity) -> Option<(&'c SourceSentence<'c>, Derived)> {
    let Value::Exact(target) = quantity.value else { return None };
    case.sources.iter().find_map(|sentence| {
        let given = &sentence.unit.quantities;
        let aligned = sentence.coverage >= ALIGNED;
        let computed = || {
            so_many_times(given, quantity, target)
                .or_else(|| formula(given, quantity, target).map(Derived::computed))
                .or_else(|| years_between(&case.claim, sentence, quantity, target).map(Derived::computed))
        };
        // The dose itself shows that the sentence speaks of the claim.
        let derived = as_often(&case.claim, given, quantity, target, aligned);
        derived.or_else(|| aligned.then(computed).flatten()).map(|derived| (sentence, derived))
    })
}

/// An hour and a day, in seconds: a dose that is repeated within a day is told by hours or by times a day.
const HOUR: i128 = 3_600;
const DAY: i128 = 86_400;

/// The stretch that a dose is repeated after, in seconds: 250 mg every 8 hours, 每12小时250mg.
fn repeated(dose: &Quantity) -> Option<Number> {
    let within = Number::from_integer(HOUR)..Number::from_integer(DAY);
    let is_dose = !matches!(dose.unit.kind, Kind::Count(Counted::Occasions) | Kind::Money(_) | Kind::Plain);
    (is_dose && dose.unit.per == [Kind::Clock] && within.contains(&dose.per_factor)).then_some(dose.per_factor)
}

/// Whether occasions per day and a stretch between doses are the same frequency.
fn is_same_frequency(occasions: &Quantity, stretch: Number) -> bool {
    occasions.unit.kind == Kind::Count(Counted::Occasions)
        && occasions.unit.per == [Kind::Clock]
        && exact(occasions).and_then(|times| times.checked_mul(&stretch)) == Some(occasions.per_factor)
}

/// "three times a day" where the source says "250 mg every 8 hours". A source that speaks of something else has to give
/// the claim's dose as well.
fn as_often(claim: &Unit<'_>, given: &[Quantity], wanted: &Quantity, target: Number, aligned: bool) -> Option<Derived> {
    let is_meant = |dose: &Quantity| aligned || claim.quantities.iter().any(|mine| mine.relation(dose).same_figure());
    let (dose, stretch) = given.iter().find_map(|dose| {
        let stretch = repeated(dose).filter(|stretch| is_same_frequency(wanted, *stretch))?;
        is_meant(dose).then_some((dose, stretch))
    })?;
    let hours = stretch.checked_div(&Number::from_integer(HOUR))?;
    Some(Derived::converted(format!("24 h ÷ {hours} h = {target}"), dose.span))
}

/// Whether the claim gives a dose without its stretch, and elsewhere how often: 250 mg three times a day for 250 mg every
/// 8 hours.
pub fn taken_as_often(case: &Case<'_>, quantity: &Quantity, theirs: &Quantity) -> bool {
    quantity.unit.per.is_empty()
        && repeated(theirs)
            .is_some_and(|stretch| case.claim.quantities.iter().any(|often| is_same_frequency(often, stretch)))
}

/// 增至3倍 where the source says 增长2倍, and the other way round. "Increased three times" is used for both in English.
fn so_many_times(given: &[Quantity], wanted: &Quantity, target: Number) -> Option<Derived> {
    let is_told = |q: &Quantity| {
        q.unit.kind == Kind::Multiple && q.trend == Some(Trend::Up) && q.change.is_some() && q.surface.contains('倍')
    };
    let one = Number::from_integer(1);
    given.iter().filter(|theirs| is_told(wanted) && is_told(theirs) && theirs.change != wanted.change).find_map(
        |theirs| {
            let (grown, sign) = match wanted.change? {
                Change::To => (exact(theirs)?.checked_add(&one)?, '+'),
                Change::By => (exact(theirs)?.checked_sub(&one)?, '−'),
            };
            (grown == target).then(|| Derived::converted(format!("{} {sign} 1", theirs.surface.trim()), theirs.span))
        },
    )
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
    let Some(difference) = computed.checked_sub(&target) else { return false };
    let zero = Number::from_integer(0);
    let difference = if difference < zero { zero - difference } else { difference };
    difference.checked_mul(&Number::from_integer(2)).is_some_and(|twice| twice <= precision)
}

fn formula(given: &[Quantity], wanted: &Quantity, target: Number) -> Option<(String, Span)> {
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
