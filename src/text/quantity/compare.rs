//! How a claim's quantity stands to a source's, in normal form.

use std::cmp::Ordering;

use super::{
    Bound, Hedge, Quantity, Trend, Value, normal,
    numeral::{Number, add, div, int, mul, sub, ten},
    unit::{Counted, Kind},
};

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Equal in normal form, bound and sign included.
    Same,
    /// The source, rounded to the digits that the claim displays, or within the claim's hedge.
    Rounded,
    /// The claim is a bound that the source's exact figure satisfies.
    Satisfied,
    /// The same figure, but one of the two has no unit to hold against the other's.
    Unitless,
    /// The same figure, one of them divided by something that the other leaves out (per share, per day).
    PerMissing,
    /// The same figure under another bound.
    Bound(BoundChange),
    /// The same magnitude with the opposite sign.
    Sign,
    /// The same digits, a power of ten apart.
    Scale(i32),
    /// Per cent against percentage points.
    Points,
    /// The same number of another unit (mg against mL, kg against lb, mg/kg against mg).
    Unit,
    /// The same number of another currency.
    Currency,
    /// The same stretch told in days, working days, months: these never convert.
    Period,
    /// The same kind of quantity, another value.
    Different,
    /// Nothing to hold against each other.
    Incomparable,
}

/// What became of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundChange {
    /// The source bounds the figure, the claim states it flatly.
    Dropped,
    /// The claim bounds a figure that the source states flatly.
    Added,
    /// "at least" against "more than": whether the figure itself is included.
    Inclusion,
    /// "at least" against "at most".
    Reversed,
}

/// A comparison with both sides in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub relation: Relation,
    /// `3.5亿元 = 350000000 CNY`
    pub claim: String,
    pub source: String,
}

impl Relation {
    /// Whether the source holds the claim's figure, however it is bounded or divided there.
    pub const fn same_figure(self) -> bool {
        self.nearness() >= 8
    }

    /// Whether the claim's figure stands in the source.
    pub const fn is_grounded(self) -> bool {
        matches!(self, Self::Same | Self::Rounded | Self::Satisfied)
    }

    /// How near the source's figure is to the claim's: the nearest of several candidates is the one to report.
    pub const fn nearness(self) -> u8 {
        match self {
            Self::Same => 13,
            Self::Rounded => 12,
            Self::Satisfied => 11,
            Self::Unitless => 10,
            Self::PerMissing => 9,
            Self::Bound(_) => 8,
            Self::Sign => 7,
            Self::Points => 6,
            Self::Currency | Self::Unit => 5,
            Self::Period => 4,
            Self::Scale(_) => 3,
            Self::Different => 2,
            Self::Incomparable => 0,
        }
    }

    /// The sign that stands between both sides.
    pub fn sign(self) -> String {
        match self {
            Self::Same => "=".to_owned(),
            Self::Rounded => "≈".to_owned(),
            Self::Satisfied => "∋".to_owned(),
            Self::Scale(power) => {
                let zeros = "0".repeat(power.unsigned_abs() as usize);
                if power > 0 { format!("×1{zeros}") } else { format!("÷1{zeros}") }
            }
            _ => "≠".to_owned(),
        }
    }
}

impl Quantity {
    /// Holds this quantity of a claim against one of a source.
    pub fn compare(&self, source: &Self) -> Compared {
        Compared { relation: self.relation(source), claim: self.normal_form(), source: source.normal_form() }
    }

    /// The relation alone.
    pub fn relation(&self, source: &Self) -> Relation {
        relation(self, source)
    }

    /// Whether `source` lies within what this bounded figure allows, however far.
    pub fn allows(&self, source: &Self) -> bool {
        self.bound != Bound::Exact
            && self.unit.kind == source.unit.kind
            && self.unit.per == source.unit.per
            && source.bound == Bound::Exact
            && within(self.bound, &self.value.low(), &source.value.low())
            && within(self.bound, &self.value.low(), &source.value.high())
    }

    /// Whether `exact`, in base units, rounded to the digits that this displays, is what it displays.
    pub fn displays(&self, exact: &Number) -> bool {
        rounds_to(exact, &self.value.low(), &self.precision)
    }

    /// `3.5亿元 = 350000000 CNY`: as written, and in base units.
    pub fn normal_form(&self) -> String {
        normal::form(self)
    }
}

/// By how much the first is larger, in base units; `None` where it cannot be held exactly.
pub fn difference(now: &Quantity, before: &Quantity) -> Option<Number> {
    sub(&now.value.low(), &before.value.low())
}

/// The difference as a share of what was before; `None` where that was nothing or less.
pub fn growth(now: &Quantity, before: &Quantity) -> Option<Number> {
    let base = before.value.low();
    if base <= int(0) { None } else { div(&difference(now, before)?, &base) }
}

fn relation(claim: &Quantity, source: &Quantity) -> Relation {
    let (a, b) = (claim.unit.kind, source.unit.kind);
    if a == b {
        return same_kind(claim, source);
    }
    let same_figure = equal(claim, source);
    match (a, b) {
        (Kind::Plain, Kind::Count(_)) | (Kind::Count(_), Kind::Plain) => same_kind(claim, source),
        // "132 million units" are no international units.
        (Kind::Activity, Kind::Count(_) | Kind::Plain) | (Kind::Count(_) | Kind::Plain, Kind::Activity) => {
            same_kind(claim, source)
        }
        (Kind::Count(x), Kind::Count(y)) => {
            if counted_alike(x, y) {
                same_kind(claim, source)
            } else if same_figure {
                Relation::Unit
            } else {
                Relation::Incomparable
            }
        }
        (Kind::Plain, _) | (_, Kind::Plain) => {
            if unitless(claim, source) {
                Relation::Unitless
            } else {
                Relation::Incomparable
            }
        }
        (Kind::Ratio, Kind::Points) | (Kind::Points, Kind::Ratio) => {
            let (x, y) = (percent(claim), percent(source));
            if x.is_some() && x == y { Relation::Points } else { Relation::Incomparable }
        }
        (Kind::Ratio, Kind::Multiple) | (Kind::Multiple, Kind::Ratio) => {
            if claim.value == source.value {
                bounded(claim, source)
            } else {
                Relation::Incomparable
            }
        }
        (Kind::Money(_), Kind::Money(_)) => {
            if claim.value == source.value {
                Relation::Currency
            } else {
                Relation::Incomparable
            }
        }
        (x, y) if x.is_time() && y.is_time() => {
            if claim.shown == source.shown || nearly_same_stretch(claim, source) {
                Relation::Period
            } else {
                Relation::Incomparable
            }
        }
        // Months and "years of age" are one in "18 years", "18周岁".
        (Kind::Month, Kind::Count(Counted::YearsOfAge)) | (Kind::Count(Counted::YearsOfAge), Kind::Month) => {
            if claim.shown == source.shown { bounded(claim, source) } else { Relation::Incomparable }
        }
        (x, y) if is_physical(x) && is_physical(y) && claim.shown == source.shown => Relation::Unit,
        _ => Relation::Incomparable,
    }
}

const fn is_physical(kind: Kind) -> bool {
    !matches!(kind, Kind::Plain | Kind::Ratio | Kind::Points | Kind::Multiple | Kind::Money(_) | Kind::Count(_))
        && !kind.is_time()
}

/// Classifiers that may count the same things.
fn counted_alike(a: Counted, b: Counted) -> bool {
    let loose = |c: Counted| matches!(c, Counted::Things);
    let heads = |c: Counted| matches!(c, Counted::Persons | Counted::Cases | Counted::Households);
    a == b || loose(a) || loose(b) || (heads(a) && heads(b))
}

/// The displayed figure in hundredths for shares, in points for points.
fn percent(q: &Quantity) -> Option<Number> {
    match (q.unit.kind, q.value) {
        (Kind::Ratio, Value::Exact(value)) => mul(&value, &int(100)),
        (Kind::Points, Value::Exact(value)) => Some(value),
        _ => None,
    }
}

/// One month is about 30 days, one year about 365: near enough to be the same stretch meant, never equal.
fn nearly_same_stretch(a: &Quantity, b: &Quantity) -> bool {
    let days = |q: &Quantity| match (q.unit.kind, q.value) {
        (Kind::Clock, Value::Exact(v)) => div(&v, &int(86_400)),
        (Kind::Month, Value::Exact(v)) => mul(&v, &Number::new(3_044, 100)),
        (Kind::WorkingDay, Value::Exact(v)) => mul(&v, &Number::new(14, 10)),
        _ => None,
    };
    match (days(a), days(b)) {
        (Some(x), Some(y)) if y > int(0) => {
            div(&x, &y).is_some_and(|r| r > Number::new(93, 100) && r < Number::new(107, 100))
        }
        _ => false,
    }
}

/// A figure without a unit equals the other's figure as displayed, or with a scale that a table's caption may state.
fn unitless(claim: &Quantity, source: &Quantity) -> bool {
    let (plain, other) = if claim.unit.kind == Kind::Plain { (claim, source) } else { (source, claim) };
    let figure = plain.scaled;
    if figure == other.shown || figure == other.scaled {
        return true;
    }
    // 0.35 against 35 %
    if other.unit.kind == Kind::Ratio && figure == other.value.low() {
        return true;
    }
    // 1,234,567 in thousands against $1.2 billion: only figures with enough digits say that much.
    if !matches!(other.unit.kind, Kind::Money(_) | Kind::Count(_)) || figure < int(100) {
        return false;
    }
    [3, 4, 6, 8].iter().any(|&power| {
        let Some(scaled) = ten(power).and_then(|f| mul(&figure, &f)) else { return false };
        let value = other.value.low();
        value == scaled || rounds_to(&scaled, &value, &other.precision)
    })
}

/// Whether `exact` rounds to `shown` at `precision`.
fn rounds_to(exact: &Number, shown: &Number, precision: &Number) -> bool {
    let Some(difference) = sub(exact, shown) else { return false };
    let difference = if difference < int(0) { int(0) - difference } else { difference };
    *shown != int(0) && mul(&difference, &int(2)).is_some_and(|twice| twice <= *precision)
}

fn equal(a: &Quantity, b: &Quantity) -> bool {
    a.value == b.value
}

fn same_kind(claim: &Quantity, source: &Quantity) -> Relation {
    let (claim_per, source_per) = (&claim.unit.per, &source.unit.per);
    if claim_per == source_per {
        if claim_per.is_empty() || claim.per_factor == source.per_factor {
            return values(claim, source, claim.value, source.value, claim.precision, source.precision);
        }
        let rate = |q: &Quantity| Some((q.value.map(|v| div(v, &q.per_factor))?, div(&q.precision, &q.per_factor)?));
        let (Some((a, a_precision)), Some((b, b_precision))) = (rate(claim), rate(source)) else {
            return Relation::Incomparable;
        };
        return values(claim, source, a, b, a_precision, b_precision);
    }
    let plainly = values(claim, source, claim.value, source.value, claim.precision, source.precision);
    let explicit = claim.unit.per_explicit || source.unit.per_explicit;
    if !explicit {
        // 每股收益1.2元 against 收益1.2元: the words before it are not the number's own.
        return plainly;
    }
    if !plainly.is_grounded() && !matches!(plainly, Relation::Bound(_)) {
        return Relation::Incomparable;
    }
    if claim_per.is_empty() || source_per.is_empty() {
        // "500 mg" of a source that says "500 mg daily" leaves something out; a money amount does so often enough.
        Relation::PerMissing
    } else {
        Relation::Unit
    }
}

fn values(
    claim: &Quantity,
    source: &Quantity,
    a: Value,
    b: Value,
    a_precision: Number,
    b_precision: Number,
) -> Relation {
    if let Some(sign) = signed(claim, source, a, b) {
        return sign;
    }
    let (a, b) = (magnitude(a), magnitude(b));
    match (a, b) {
        (Value::Exact(x), Value::Exact(y)) => exact(claim, source, x, y, a_precision, b_precision),
        (Value::Range { low, high }, Value::Range { low: other_low, high: other_high }) => {
            if (low, high) == (other_low, other_high) {
                return Relation::Same;
            }
            let (x, y) = (power_between(&low, &other_low), power_between(&high, &other_high));
            if x == y
                && let Some(power) = x
            {
                return Relation::Scale(power);
            }
            let close = |p: &Number, q: &Number| rounds_to(q, p, &a_precision);
            if (low == other_low || close(&low, &other_low)) && (high == other_high || close(&high, &other_high)) {
                return Relation::Rounded;
            }
            Relation::Different
        }
        (Value::Exact(x), Value::Range { low, high }) => {
            if low <= x && x <= high {
                Relation::Bound(BoundChange::Dropped)
            } else {
                Relation::Different
            }
        }
        (Value::Range { low, high }, Value::Exact(y)) => {
            if low <= y && y <= high {
                Relation::Bound(BoundChange::Added)
            } else {
                Relation::Different
            }
        }
    }
}

fn magnitude(value: Value) -> Value {
    let positive = |n: &Number| Some(if *n < int(0) { int(0) - *n } else { *n });
    value.map(positive).unwrap_or(value)
}

/// Some(true) below zero, Some(false) above, None where neither sign nor words tell.
fn sign_of(q: &Quantity, value: Value) -> Option<bool> {
    if value.low() < int(0) {
        return Some(true);
    }
    q.trend.map(Trend::is_negative)
}

/// The relation where the magnitudes agree and the signs do not.
fn signed(claim: &Quantity, source: &Quantity, a: Value, b: Value) -> Option<Relation> {
    let agree = match (magnitude(a), magnitude(b)) {
        (Value::Exact(x), Value::Exact(y)) => x == y || rounds_to(&y, &x, &claim.precision),
        (x, y) => x == y,
    };
    if !agree {
        return None;
    }
    // A level that was reached has no sign of its own: "rose to 5 %" and "fell to 5 %" differ in the verb, not here.
    let opposed = match (claim.trend, source.trend) {
        (Some(x), Some(y)) => x.opposes(y) && (a.low() < int(0)) == (b.low() < int(0)),
        _ => false,
    };
    let (mine, theirs) = (sign_of(claim, a), sign_of(source, b));
    let minus = (a.low() < int(0)) != (b.low() < int(0));
    let told = matches!((mine, theirs), (Some(x), Some(y)) if x != y);
    if opposed || (minus && (told || (mine.is_none() || theirs.is_none()))) {
        // "loss of 123" against "(123)": both below zero.
        if minus && mine == theirs {
            return None;
        }
        return Some(Relation::Sign);
    }
    None
}

fn exact(
    claim: &Quantity,
    source: &Quantity,
    x: Number,
    y: Number,
    x_precision: Number,
    y_precision: Number,
) -> Relation {
    if x == y {
        return bounded(claim, source);
    }
    let flat = source.bound == Bound::Exact;
    // More than 3 against 3.5: the claim holds, as long as it is not off by so much that it says nothing.
    if claim.bound != Bound::Exact && flat && within(claim.bound, &x, &y) && comparable_size(&x, &y) {
        return Relation::Satisfied;
    }
    if hedged(claim, &x, &y) {
        return Relation::Rounded;
    }
    // A little less than 3 is not 3.2, whatever rounds to 3.
    // Nor is 3.1 less than 3.
    let decided = matches!(claim.hedge, Some(Hedge::Nearly | Hedge::Open))
        || (claim.bound != Bound::Exact && flat && !within(claim.bound, &x, &y));
    if !decided && (claim.bound == source.bound || flat || claim.bound == Bound::Exact) {
        let finer = y_precision < x_precision && (!claim.unit.kind.is_time() || unit_size(claim) == unit_size(source));
        if finer && near(&x, &y) && rounds_to(&y, &x, &x_precision) {
            return if claim.bound == source.bound {
                Relation::Rounded
            } else {
                bounded_or(claim, source, Relation::Rounded)
            };
        }
        // A conversion between systems of units is as exact as the coarser side.
        if claim.converted != source.converted && (rounds_to(&y, &x, &x_precision) || rounds_to(&x, &y, &y_precision)) {
            return Relation::Rounded;
        }
    }
    match power_between(&x, &y) {
        Some(power) => Relation::Scale(power),
        // 三年 for 三个月, 68 lb for 68 kg
        None if claim.shown == source.shown && unit_size(claim) != unit_size(source) => {
            if claim.unit.kind.is_time() {
                Relation::Period
            } else {
                Relation::Unit
            }
        }
        None => Relation::Different,
    }
}

/// Base units in one written unit, where that can be told from the value.
fn unit_size(q: &Quantity) -> Option<Number> {
    div(&q.value.low(), &q.scaled)
}

/// Rounding to one digit may move a figure far; beyond 15 % it misleads.
fn near(x: &Number, y: &Number) -> bool {
    div(x, y).is_some_and(|r| r > Number::new(85, 100) && r < Number::new(115, 100))
}

fn within(bound: Bound, limit: &Number, value: &Number) -> bool {
    match bound {
        Bound::Exact => false,
        Bound::AtLeast => value >= limit,
        Bound::MoreThan => value > limit,
        Bound::AtMost => value <= limit,
        Bound::LessThan => value < limit,
    }
}

fn comparable_size(x: &Number, y: &Number) -> bool {
    div(x, y).is_some_and(|r| r > Number::new(1, 2) && r < int(2))
}

/// Whether a softened claim holds for `value`.
fn hedged(claim: &Quantity, shown: &Number, value: &Number) -> bool {
    let share = |n: i128| mul(shown, &Number::new(n, 100)).unwrap_or(*shown);
    match claim.hedge {
        Some(Hedge::About) => share(95) <= *value && *value <= share(105),
        Some(Hedge::Nearly) => share(90) <= *value && *value <= *shown,
        Some(Hedge::Open) => {
            let mut step = int(1);
            let ten = int(10);
            while mul(&step, &ten).is_some_and(|next| next <= *shown) {
                step = mul(&step, &ten).unwrap_or(step);
            }
            *shown < *value && add(shown, &step).is_some_and(|end| *value < end)
        }
        None => false,
    }
}

/// The power of ten by which `x` is larger than `y`, where nothing else differs.
fn power_between(x: &Number, y: &Number) -> Option<i32> {
    let ratio = div(x, y)?;
    for power in 1..=12 {
        let factor = ten(power)?;
        match ratio.cmp(&factor) {
            Ordering::Equal => return Some(power),
            Ordering::Less => break,
            Ordering::Greater => {}
        }
    }
    let inverse = div(y, x)?;
    (1..=12).find(|&power| ten(power).is_some_and(|factor| factor == inverse)).map(|power| -power)
}

/// Equal figures: what the bounds make of them.
fn bounded(claim: &Quantity, source: &Quantity) -> Relation {
    bounded_or(claim, source, Relation::Same)
}

fn bounded_or(claim: &Quantity, source: &Quantity, same: Relation) -> Relation {
    match (claim.bound, source.bound) {
        (a, b) if a == b => {
            if claim.hedge.is_none() && source.hedge.is_some() {
                Relation::Rounded
            } else {
                same
            }
        }
        (Bound::Exact, b) => {
            // 3亿多 is "more than 3亿" in other words.
            if claim.hedge == Some(Hedge::Open) && b.is_lower() {
                Relation::Rounded
            } else {
                Relation::Bound(BoundChange::Dropped)
            }
        }
        (a, Bound::Exact) => {
            if source.hedge == Some(Hedge::Open) && a == Bound::MoreThan {
                Relation::Rounded
            } else if matches!(a, Bound::MoreThan | Bound::LessThan) {
                Relation::Bound(BoundChange::Inclusion)
            } else {
                Relation::Bound(BoundChange::Added)
            }
        }
        (a, b) if a.is_lower() == b.is_lower() => Relation::Bound(BoundChange::Inclusion),
        _ => Relation::Bound(BoundChange::Reversed),
    }
}
