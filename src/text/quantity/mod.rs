//! Quantities: exact values with unit, bound, direction and displayed precision, read from Chinese, English and mixed
//! text and compared in normal form.
//!
//! What measures nothing (article numbers, identifiers, dates, list marks) is no quantity; see `mask`. A numeral that
//! cannot be held exactly is no quantity either.

mod compare;
mod cue;
mod mask;
mod normal;
mod numeral;
mod scan;
mod trend;
mod unit;

pub use compare::{BoundChange, Compared, Relation, difference, growth};
pub use mask::countless_words;
pub use numeral::{Form, Number};
pub use unit::{Counted, Currency, Kind, Unit};

use crate::domain::text::Span;

/// One quantity of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Number and unit, into the text that was parsed.
    pub span: Span,
    /// The bytes at `span`.
    pub surface: String,
    /// In base units of `unit.kind`, divisors not applied.
    pub value: Value,
    /// The number as displayed, scale and unit not applied: 3.5 in 3.5亿元. The lower one of a range.
    pub shown: Number,
    /// The displayed number with its scale: 350000000 in 3.5亿元.
    pub scaled: Number,
    /// One unit in the last displayed place, in base units.
    pub precision: Number,
    pub unit: Unit,
    /// Base units of the divisors (`/kg/d`, 每日) in one written divisor.
    pub per_factor: Number,
    /// The written unit is no power of ten away from the base unit: converting leaves odd decimals.
    pub converted: bool,
    pub bound: Bound,
    pub hedge: Option<Hedge>,
    pub trend: Option<Trend>,
    pub change: Option<Change>,
    /// How the number was written.
    pub form: Form,
    /// The currency sign or name was told (`$` and 元 leave it to the reader).
    pub currency_sure: bool,
    /// The words of the clause before it, which say what it measures; into the text that was parsed.
    pub role: Span,
    /// The words right after it in the clause.
    pub tail: Span,
}

/// A number, or both ends of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Exact(Number),
    Range { low: Number, high: Number },
}

impl Value {
    /// The value, or the lower end.
    pub const fn low(self) -> Number {
        match self {
            Self::Exact(value) => value,
            Self::Range { low, .. } => low,
        }
    }

    /// The value, or the upper end.
    pub const fn high(self) -> Number {
        match self {
            Self::Exact(value) => value,
            Self::Range { high, .. } => high,
        }
    }

    fn map(self, f: impl Fn(&Number) -> Option<Number>) -> Option<Self> {
        Some(match self {
            Self::Exact(value) => Self::Exact(f(&value)?),
            Self::Range { low, high } => Self::Range { low: f(&low)?, high: f(&high)? },
        })
    }
}

/// What the words around a number make of it. 以上, 以下, 以内, 届满 include the number, 不满, 超过, 以外 do not
/// (Civil Code of the PRC, art. 1259).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Bound {
    #[default]
    Exact,
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

impl Bound {
    /// What its negation says: not more than is at most.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Exact => Self::Exact,
            Self::AtLeast => Self::LessThan,
            Self::MoreThan => Self::AtMost,
            Self::AtMost => Self::MoreThan,
            Self::LessThan => Self::AtLeast,
        }
    }

    pub const fn is_lower(self) -> bool {
        matches!(self, Self::AtLeast | Self::MoreThan)
    }

    pub const fn is_upper(self) -> bool {
        matches!(self, Self::AtMost | Self::LessThan)
    }

    pub const fn sign(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::AtLeast => "≥ ",
            Self::MoreThan => "> ",
            Self::AtMost => "≤ ",
            Self::LessThan => "< ",
        }
    }
}

/// How a number is softened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hedge {
    /// 约, about.
    About,
    /// 近, nearly: a little less.
    Nearly,
    /// 多, 余: more than this, less than the next round number.
    Open,
}

/// The direction that the words beside a number give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    Up,
    Down,
    Profit,
    Loss,
    Inflow,
    Outflow,
}

impl Trend {
    /// Whether it counts below zero.
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::Down | Self::Loss | Self::Outflow)
    }

    /// Whether the two are the two sides of one coin.
    pub const fn opposes(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Up, Self::Down)
                | (Self::Down, Self::Up)
                | (Self::Profit, Self::Loss)
                | (Self::Loss, Self::Profit)
                | (Self::Inflow, Self::Outflow)
                | (Self::Outflow, Self::Inflow)
        )
    }
}

/// Whether a number is the change or the level reached: 增长20% against 增至20%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    By,
    To,
}

/// All quantities of `text`, in order, never overlapping.
pub fn parse(text: &str) -> Vec<Quantity> {
    let folded = super::fold::Folded::new(text);
    let dates = super::date::parse_folded(folded.text());
    scan::scan(folded.text(), &dates)
        .into_iter()
        .map(|mut quantity| {
            quantity.span = folded.to_source(quantity.span);
            quantity.role = folded.to_source(quantity.role);
            quantity.tail = folded.to_source(quantity.tail);
            quantity.span.of(text).unwrap_or_default().clone_into(&mut quantity.surface);
            quantity
        })
        .collect()
}

/// The number that `text` writes, where it writes nothing else: digits, Chinese characters or English words.
pub fn number(text: &str) -> Option<Number> {
    let folded = super::fold::Folded::new(text);
    let text = folded.text().trim();
    let read = numeral::read(text, 0)?;
    (read.end == text.len() && read.upper.is_none() && !read.open).then_some(read.value)
}

/// Whether `word` is a Latin unit or counted noun as a whole.
pub(super) fn is_unit_word(word: &str) -> bool {
    unit::atom(word, 0).is_some_and(|(_, end)| end == word.len())
}

/// Whether `text` starts with a unit.
pub(super) fn is_unit_at(text: &str) -> bool {
    unit::atom(text, 0).is_some()
}

#[cfg(test)]
mod tests;
