//! Units of measurement in both languages, and the product of units that a quantity is measured in.

mod per;
mod table;

use std::fmt;

pub use per::divisor;
pub use table::atom;

use super::numeral::{Number, add, div, mul, sub};

/// ISO 4217 code of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(pub &'static str);

/// What kind of things a count counts, where its classifier or noun tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// 个, 项, a noun that tells nothing, or no noun at all.
    Things,
    Persons,
    Organisations,
    Shares,
    /// 次, times a day.
    Occasions,
    /// 片, 粒, 支, tablets, capsules.
    Doses,
    /// 例, cases.
    Cases,
    /// 周岁, years of age.
    YearsOfAge,
    /// Heart beats, breaths: 次/分.
    Households,
    Votes,
}

/// What is measured. Each kind has one base unit, in which values are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A bare number.
    Plain,
    /// A share; base 1, so 35 % is 0.35.
    Ratio,
    /// Percentage points; base one point, so 25 basis points are 0.25.
    Points,
    /// 倍, times, fold; base 1.
    Multiple,
    /// Base one unit of the currency.
    Money(Currency),
    /// Gram.
    Mass,
    /// Litre.
    Volume,
    /// Metre.
    Length,
    /// Square metre.
    Area,
    /// Mole.
    Substance,
    /// International unit.
    Activity,
    /// Milliequivalent.
    Equivalent,
    /// Joule.
    Energy,
    /// Watt.
    Power,
    /// Pascal.
    Pressure,
    /// Degree Celsius.
    Temperature,
    /// Second; minutes, hours, days and weeks convert.
    Clock,
    /// Month; quarters and years convert. Never converted to days.
    Month,
    /// Working day.
    WorkingDay,
    /// Byte.
    Data,
    /// Hertz.
    Frequency,
    /// Volt, ampere, gray and the like: compared only with itself.
    Other(&'static str),
    Count(Counted),
}

impl Kind {
    /// Whether it measures a stretch of time.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Clock | Self::Month | Self::WorkingDay)
    }

    /// Whether values in it are amounts that get rounded when they are told.
    pub const fn is_rounded_in_prose(self) -> bool {
        matches!(
            self,
            Self::Plain
                | Self::Ratio
                | Self::Points
                | Self::Multiple
                | Self::Money(_)
                | Self::Count(_)
                | Self::Length
                | Self::Area
                | Self::Energy
                | Self::Power
                | Self::Data
        )
    }
}

/// A unit as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Atom {
    pub kind: Kind,
    /// Base units in one of it.
    pub factor: Number,
    /// Added after scaling (degrees Fahrenheit).
    pub offset: (i128, i128),
    /// Not a power of ten away from the base: conversion leaves odd decimals.
    pub odd: bool,
}

/// What a quantity is measured in: a kind, divided by others (mg/kg/d).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub kind: Kind,
    /// Sorted.
    pub per: Vec<Kind>,
    /// The divisors stand after the number (`/kg`, `per day`), not before it (每日).
    pub per_explicit: bool,
}

impl Unit {
    pub const fn of(kind: Kind) -> Self {
        Self { kind, per: Vec::new(), per_explicit: false }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "",
            Self::Ratio => "%",
            Self::Points => "pp",
            Self::Multiple => "×",
            Self::Money(currency) => currency.0,
            Self::Mass => "g",
            Self::Volume => "L",
            Self::Length => "m",
            Self::Area => "m²",
            Self::Substance => "mol",
            Self::Activity => "IU",
            Self::Equivalent => "mEq",
            Self::Energy => "J",
            Self::Power => "W",
            Self::Pressure => "Pa",
            Self::Temperature => "°C",
            Self::Clock => "d",
            Self::Month => "month",
            Self::WorkingDay => "working day",
            Self::Data => "B",
            Self::Frequency => "Hz",
            Self::Other(name) => name,
            Self::Count(counted) => match counted {
                Counted::Things => "",
                Counted::Persons => "persons",
                Counted::Organisations => "organisations",
                Counted::Shares => "shares",
                Counted::Occasions => "times",
                Counted::Doses => "doses",
                Counted::Cases => "cases",
                Counted::YearsOfAge => "years of age",
                Counted::Households => "households",
                Counted::Votes => "votes",
            },
        })
    }
}

/// A unit that was read in a text.
#[derive(Clone, Debug)]
pub struct Reading {
    pub unit: Unit,
    /// Base units of the whole product in one written unit.
    pub factor: Number,
    /// Base units of the numerator alone.
    pub own: Number,
    pub offset: (i128, i128),
    pub odd: bool,
    /// Byte after it.
    pub end: usize,
}

/// The unit at `at`, past one space or hyphen, with its divisors.
pub fn read_unit(text: &str, at: usize) -> Option<Reading> {
    let rest = text.get(at..)?;
    let skipped = rest.len() - rest.trim_start_matches([' ', '-', '\u{2010}', '\u{2011}', '\n']).len();
    let from = if skipped <= 2 { at + skipped } else { return None };
    let (atom, mut end) = atom(text, from)?;
    // "5 -" and "m" far from its number: a hyphen joins only words (30-day), a space only what is no single capital.
    let mut unit = Unit::of(atom.kind);
    let mut factor = atom.factor;
    let mut odd = atom.odd;
    while let Some(divisor) = divisor(text, end) {
        for (kind, by) in &divisor.kinds {
            factor = div(&factor, by)?;
            unit.per.push(*kind);
        }
        odd |= divisor.odd;
        unit.per_explicit = true;
        end = divisor.end;
        if unit.per.len() > 3 {
            break;
        }
    }
    unit.per.sort_unstable();
    Some(Reading { unit, factor, own: atom.factor, offset: atom.offset, odd, end })
}

/// A value in the written unit as a value in base units.
pub fn normalise(value: &Number, reading: &Reading) -> Option<Number> {
    let scaled = mul(value, &reading.factor)?;
    let (numerator, denominator) = reading.offset;
    if numerator >= 0 {
        add(&scaled, &Number::new(numerator, denominator))
    } else {
        sub(&scaled, &Number::new(-numerator, denominator))
    }
}
