//! Quantities in normal form, for a reader.

use super::{
    Quantity, Value,
    numeral::{Number, div, int},
    unit::Kind,
};

/// A quantity as written, and in base units.
pub(super) fn form(q: &Quantity) -> String {
    let (factor, unit) = display_unit(q);
    // Divisors are shown per litre, kilogram and day.
    let mut over = if q.unit.per_explicit { q.per_factor } else { int(1) };
    let mut per = String::new();
    for kind in &q.unit.per {
        let (name, size) = match kind {
            Kind::Clock => ("d".to_owned(), 86_400),
            Kind::Mass => ("kg".to_owned(), 1000),
            other => (other.to_string(), 1),
        };
        if q.unit.per_explicit {
            over = div(&over, &int(size)).unwrap_or(over);
        }
        if !name.is_empty() {
            per.push('/');
            per.push_str(&name);
        }
    }
    let show = |n: Number| {
        let scaled = div(&n, &factor).and_then(|n| div(&n, &over)).unwrap_or(n);
        decimal(&scaled)
    };
    let number = match q.value {
        Value::Exact(value) => show(value),
        Value::Range { low, high } => format!("{}–{}", show(low), show(high)),
    };
    let hedge = if q.hedge.is_some() { "≈ " } else { "" };
    let gap = if unit.is_empty() || unit == "%" { "" } else { " " };
    format!("{} = {}{}{}{}{}{}", q.surface.trim(), q.bound.sign(), hedge, number, gap, unit, per)
}

/// The unit in which a normal form is shown, and its size in base units.
fn display_unit(q: &Quantity) -> (Number, String) {
    let one = int(1);
    let magnitude = if q.value.low() < int(0) { int(0) - q.value.low() } else { q.value.low() };
    match q.unit.kind {
        Kind::Ratio => (Number::new(1, 100), "%".to_owned()),
        Kind::Mass if magnitude < one && magnitude > int(0) => {
            if magnitude >= Number::new(1, 1000) {
                (Number::new(1, 1000), "mg".to_owned())
            } else {
                (Number::new(1, 1_000_000), "μg".to_owned())
            }
        }
        Kind::Volume if magnitude < one && magnitude > int(0) => (Number::new(1, 1000), "mL".to_owned()),
        Kind::Substance if magnitude < one && magnitude > int(0) => (Number::new(1, 1000), "mmol".to_owned()),
        Kind::Clock => {
            let whole = |n: i128| (magnitude / int(n)).is_integer();
            if whole(86_400) {
                (int(86_400), "d".to_owned())
            } else if whole(3600) {
                (int(3600), "h".to_owned())
            } else if whole(60) {
                (int(60), "min".to_owned())
            } else {
                (one, "s".to_owned())
            }
        }
        kind => (one, kind.to_string()),
    }
}

/// A number in plain decimals; a fraction that never ends stays a fraction.
fn decimal(n: &Number) -> String {
    if n.is_integer() {
        return n.to_integer().to_string();
    }
    let mut denominator = *n.denom();
    for prime in [2, 5] {
        while denominator % prime == 0 {
            denominator /= prime;
        }
    }
    if denominator != 1 {
        return format!("{}/{}", n.numer(), n.denom());
    }
    let negative = *n.numer() < 0;
    let mut rest = n.numer().unsigned_abs() % n.denom().unsigned_abs();
    let whole = n.numer().unsigned_abs() / n.denom().unsigned_abs();
    let mut decimals = String::new();
    while rest != 0 && decimals.len() < 18 {
        let Some(next) = rest.checked_mul(10) else { break };
        decimals.push_str(&(next / n.denom().unsigned_abs()).to_string());
        rest = next % n.denom().unsigned_abs();
    }
    format!("{}{whole}.{decimals}", if negative { "-" } else { "" })
}
