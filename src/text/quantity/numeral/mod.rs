//! Numerals: Arabic digits, Chinese characters, English words, and the scale words that follow them.
//!
//! Everything is exact. A numeral that does not fit is no numeral: never a panic, never a wrong value.

mod digits;
mod han;
mod words;

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

pub use digits::{vulgar, word_scale};
pub use han::{han_digit, han_multiplier};

use digits::{digits, scaled};
use han::han;
use words::words;

/// An exact number.
pub type Number = Ratio<i128>;

/// Digits of one numeral at most, so that values times a unit's factor still fit.
const MOST_DIGITS: usize = 24;

/// How a numeral was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Digits,
    Han,
    Words,
}

/// A numeral that was read at some place of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Numeral {
    /// With the scale applied: 3.5亿 is 350000000.
    pub value: Number,
    /// As displayed, before the scale: 3.5.
    pub shown: Number,
    /// One unit in the last displayed place, with the scale applied: 0.1亿.
    pub precision: Number,
    /// A second end, where the numeral itself is a range: 三四 (3 to 4).
    pub upper: Option<Number>,
    pub form: Form,
    /// Byte after its last character.
    pub end: usize,
    /// A scale word (亿, million) was part of it.
    pub scaled: bool,
    /// 多, 余 or 几 after it: more than this, less than the next round number.
    pub open: bool,
}

pub fn int(n: i128) -> Number {
    Number::from_integer(n)
}

pub fn mul(a: &Number, b: &Number) -> Option<Number> {
    a.checked_mul(b)
}

pub fn add(a: &Number, b: &Number) -> Option<Number> {
    a.checked_add(b)
}

pub fn sub(a: &Number, b: &Number) -> Option<Number> {
    a.checked_sub(b)
}

pub fn div(a: &Number, b: &Number) -> Option<Number> {
    if *b == int(0) { None } else { a.checked_div(b) }
}

/// Ten to the power `n`, where that fits.
pub fn ten(n: i32) -> Option<Number> {
    let power = 10_i128.checked_pow(n.unsigned_abs())?;
    Some(if n >= 0 { int(power) } else { Number::new_raw(1, power) })
}

/// The numeral that starts at byte `at` of the folded text, scale included.
pub fn read(text: &str, at: usize) -> Option<Numeral> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    let numeral = if first.is_ascii_digit() || first == '.' {
        let numeral = digits(text, at)?;
        scaled(text, numeral)?
    } else if vulgar(first).is_some() {
        digits(text, at)?
    } else if han_digit(first).is_some() || han_multiplier(first).is_some() || matches!(first, '半' | '廿' | '卅') {
        han(text, at)?
    } else if first.is_ascii_alphabetic() {
        words(text, at)?
    } else {
        return None;
    };
    Some(numeral)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(Number, &str)> {
        read(text, 0).map(|n| (n.value, &text[n.end..]))
    }

    #[test]
    fn arabic() {
        for (text, numerator, denominator, rest) in [
            ("3.5亿元", 350_000_000, 1, "元"),
            ("1,234,567.89", 123_456_789, 100, ""),
            ("1万2千元", 12_000, 1, "元"),
            ("3亿5千万", 350_000_000, 1, ""),
            ("1.2万亿", 1_200_000_000_000, 1, ""),
            ("3千克", 3, 1, "千克"),
            ("5千元", 5_000, 1, "元"),
            ("2百分点", 2, 1, "百分点"),
            ("1.2 billion", 1_200_000_000, 1, ""),
            ("4.0×10⁹/L", 4_000_000_000, 1, "/L"),
            ("10^9/L", 1_000_000_000, 1, "/L"),
            ("2½ 片", 5, 2, " 片"),
            ("½片", 1, 2, "片"),
            ("100余人", 100, 1, "人"),
            ("5万", 50_000, 1, ""),
            ("1 234 567", 1_234_567, 1, ""),
            ("3.2e", 16, 5, "e"),
        ] {
            assert_eq!(value(text), Some((Number::new(numerator, denominator), rest)), "{text}");
        }
        assert_eq!(read("123456789012345678901234567890", 0), None, "too long is no number");
        assert_eq!(read("1.2.3", 0), None);
    }

    #[test]
    fn chinese() {
        for (text, numerator, denominator, rest) in [
            ("一百二十三", 123, 1, ""),
            ("壹佰贰拾叁万元整", 1_230_000, 1, "元整"),
            ("二〇二四", 2024, 1, ""),
            ("三百五", 350, 1, ""),
            ("一百零五", 105, 1, ""),
            ("两万五", 25_000, 1, ""),
            ("十五日", 15, 1, "日"),
            ("廿五", 25, 1, ""),
            ("三点五", 7, 2, ""),
            ("三点五亿", 350_000_000, 1, ""),
            ("一亿二千万元", 120_000_000, 1, "元"),
            ("一万亿", 1_000_000_000_000, 1, ""),
            ("三千克", 3, 1, "千克"),
            ("半年", 1, 2, "年"),
            ("二十余家", 20, 1, "家"),
        ] {
            assert_eq!(value(text), Some((Number::new(numerator, denominator), rest)), "{text}");
        }
        let range = read("三四天", 0).expect("a range");
        assert_eq!((range.value, range.upper), (int(3), Some(int(4))));
        let range = read("二三十人", 0).expect("a range");
        assert_eq!((range.value, range.upper), (int(20), Some(int(30))));
        assert_eq!(read("百姓", 0), None);
        assert_eq!(read("万一", 0), None);
    }

    #[test]
    fn english() {
        for (text, numerator, denominator, rest) in [
            ("three years", 3, 1, " years"),
            ("twenty-one days", 21, 1, " days"),
            ("two hundred and five men", 205, 1, " men"),
            ("a dozen eggs", 12, 1, " eggs"),
            ("half a million", 500_000, 1, ""),
            ("one-third of", 1, 3, " of"),
            ("two and a half years", 5, 2, " years"),
            ("one hundred twenty million dollars", 120_000_000, 1, " dollars"),
            ("five thousand", 5_000, 1, ""),
            ("three-quarters", 3, 4, ""),
        ] {
            assert_eq!(value(text), Some((Number::new(numerator, denominator), rest)), "{text}");
        }
        assert_eq!(read("a man", 0), None);
        assert_eq!(read("million", 0), None);
    }
}
