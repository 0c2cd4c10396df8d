//! Numerals: Arabic digits, Chinese characters, English words, and the scale words that follow them.
//!
//! Everything is exact. A numeral that does not fit is no numeral: never a panic, never a wrong value.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

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

// --------------------------------------------------------------------------------------------------- Arabic digits

/// Digits at `at` with thousands separators, a decimal part, a vulgar fraction or a power of ten.
fn digits(text: &str, at: usize) -> Option<Numeral> {
    let bytes = text.as_bytes();
    let mut end = at;
    let mut shown = String::new();
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        shown.push(char::from(bytes[end]));
        end += 1;
    }
    // Thousands: groups of exactly three after one to three digits. Spaces count only from two groups on.
    if (1..=3).contains(&shown.len()) {
        let commas = groups(bytes, end, b',');
        let taken = if commas > 0 {
            commas
        } else {
            let spaces = groups(bytes, end, b' ');
            if spaces >= 2 { spaces } else { 0 }
        };
        for _ in 0..taken {
            shown.extend(bytes[end + 1..end + 4].iter().map(|&b| char::from(b)));
            end += 4;
        }
    }
    let mut decimals = 0_usize;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1;
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            shown.push(char::from(bytes[end]));
            decimals += 1;
            end += 1;
        }
        // "1.2.3" is a version or a section, not a number.
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
    }
    if shown.len() > MOST_DIGITS {
        return None;
    }
    let unit = ten(-i32::try_from(decimals).ok()?)?;
    let mut value = if shown.is_empty() { int(0) } else { mul(&int(shown.parse().ok()?), &unit)? };
    let had_digits = !shown.is_empty();
    let mut precision = unit;
    if decimals == 0
        && let Some(fraction) = text[end..].chars().next().and_then(vulgar)
    {
        value = add(&value, &fraction)?;
        precision = Number::new(1, 1000);
        end += text[end..].chars().next().map_or(0, char::len_utf8);
    } else if !had_digits {
        return None;
    }
    let (factor, after) = power_of_ten(text, end, &value).unwrap_or((int(1), end));
    let value = if value == int(10) && after > end && !is_times(text, end) { factor } else { mul(&value, &factor)? };
    precision = mul(&precision, &factor)?;
    Some(Numeral {
        value,
        shown: value,
        precision,
        upper: None,
        form: Form::Digits,
        end: after,
        scaled: after > end,
        open: false,
    })
}

fn groups(bytes: &[u8], mut at: usize, separator: u8) -> usize {
    let mut count = 0;
    while bytes.get(at) == Some(&separator)
        && bytes.get(at + 1..at + 4).is_some_and(|g| g.iter().all(u8::is_ascii_digit))
        && !bytes.get(at + 4).is_some_and(u8::is_ascii_digit)
    {
        count += 1;
        at += 4;
    }
    count
}

/// ½ and its kin.
pub fn vulgar(c: char) -> Option<Number> {
    let (numerator, denominator) = match c {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    };
    Some(Number::new(numerator, denominator))
}

fn is_times(text: &str, at: usize) -> bool {
    text[at..].trim_start().starts_with(['×', 'x', 'X', '*', '✕'])
}

/// `×10⁹`, `x 10^9`, or superscripts right after a 10.
fn power_of_ten(text: &str, at: usize, value: &Number) -> Option<(Number, usize)> {
    let rest = &text[at..];
    let from = if is_times(text, at) {
        let after_sign = rest.trim_start();
        let sign = after_sign.chars().next()?.len_utf8();
        let tail = after_sign[sign..].trim_start();
        if !tail.starts_with("10") {
            return None;
        }
        text.len() - tail.len() + 2
    } else if *value == int(10) {
        at
    } else {
        return None;
    };
    let tail = &text[from..];
    let (exponent, used) = if let Some(caret) = tail.strip_prefix('^') {
        let (negative, digits_at) =
            if caret.starts_with(['-', '−']) { (true, caret.chars().next()?.len_utf8()) } else { (false, 0) };
        let run: String = caret[digits_at..].chars().take_while(char::is_ascii_digit).take(3).collect();
        let magnitude: i32 = run.parse().ok()?;
        (if negative { -magnitude } else { magnitude }, 1 + digits_at + run.len())
    } else {
        let mut negative = false;
        let mut magnitude = 0_i32;
        let mut used = 0;
        let mut any = false;
        for c in tail.chars() {
            match c {
                '⁻' if !any => negative = true,
                _ => match superscript(c) {
                    Some(d) if magnitude < 100 => {
                        magnitude = magnitude * 10 + d;
                        any = true;
                    }
                    _ => break,
                },
            }
            used += c.len_utf8();
        }
        if !any {
            return None;
        }
        (if negative { -magnitude } else { magnitude }, used)
    };
    Some((ten(exponent)?, from + used))
}

/// The value of a superscript digit.
pub const fn superscript(c: char) -> Option<i32> {
    Some(match c {
        '⁰' => 0,
        '¹' => 1,
        '²' => 2,
        '³' => 3,
        '⁴' => 4,
        '⁵' => 5,
        '⁶' => 6,
        '⁷' => 7,
        '⁸' => 8,
        '⁹' => 9,
        _ => return None,
    })
}

// ----------------------------------------------------------------------------------------------------------- scale

/// Units that start with a character which is otherwise a scale word.
const NOT_SCALES: [&str; 22] = [
    "千克",
    "千米",
    "千瓦",
    "千卡",
    "千帕",
    "千伏",
    "千焦",
    "千赫",
    "千兆",
    "千升",
    "千字",
    "千分",
    "百分",
    "百帕",
    "万分",
    "兆帕",
    "兆瓦",
    "兆赫",
    "兆字",
    "兆欧",
    "百万分",
    "千斤顶",
];

/// Chinese scale words after digits: 万亿, 百万, 亿 …
fn han_scale(rest: &str) -> Option<(Number, usize)> {
    if NOT_SCALES.iter().any(|unit| rest.starts_with(unit)) {
        return None;
    }
    let mut factor = int(1);
    let mut used = 0;
    for c in rest.chars() {
        let Some(m) = han_multiplier(c) else { break };
        if used > 0 && NOT_SCALES.iter().any(|unit| rest[used..].starts_with(unit)) {
            break;
        }
        factor = mul(&factor, &int(m))?;
        used += c.len_utf8();
        if used > 9 {
            return None;
        }
    }
    (used > 0).then_some((factor, used))
}

/// English scale words after digits, past one space or hyphen.
pub fn word_scale(rest: &str) -> Option<(Number, usize)> {
    let skipped = rest.len() - rest.trim_start_matches([' ', '-', '\u{2010}', '\u{2011}', '\n']).len();
    if skipped > 2 {
        return None;
    }
    let tail = &rest[skipped..];
    let word: String = tail.chars().take_while(char::is_ascii_alphabetic).take(12).collect();
    let power = match word.to_ascii_lowercase().as_str() {
        "hundred" => 2,
        "thousand" | "thousands" => 3,
        "million" | "millions" | "mn" | "mln" | "mio" => 6,
        "billion" | "billions" | "bn" | "bln" => 9,
        "trillion" | "trillions" | "tn" | "trn" => 12,
        _ => return None,
    };
    Some((ten(power)?, skipped + word.len()))
}

/// `132m units`, `4bn people`: a letter is a scale only before something counted.
fn letter_scale(rest: &str) -> Option<(Number, usize)> {
    let (letters, power) = [("bn", 9), ("m", 6), ("k", 3)].into_iter().find(|(l, _)| rest.starts_with(l))?;
    let noun = rest[letters.len()..].strip_prefix(' ')?;
    let (atom, _) = super::unit::atom(noun, 0)?;
    let counted = matches!(atom.kind, super::unit::Kind::Count(_) | super::unit::Kind::Activity);
    (counted && noun.starts_with(|c: char| c.is_ascii_lowercase())).then_some((ten(power)?, letters.len()))
}

/// Applies the scale words after a run of digits: 3.5亿, 1万2千, 1.2 billion.
fn scaled(text: &str, mut numeral: Numeral) -> Option<Numeral> {
    let mut smallest: Option<Number> = None;
    let mut total = int(0);
    let mut part = numeral.value;
    let mut precision = numeral.precision;
    let mut end = numeral.end;
    loop {
        // 6300多万, 3千余亿: the open mark may stand before the scale.
        let open = ['多', '余', '几']
            .iter()
            .find_map(|c| text[end..].strip_prefix(*c))
            .filter(|tail| smallest.is_none() && han_scale(tail).is_some());
        if let Some(tail) = open {
            numeral.open = true;
            end = text.len() - tail.len();
        }
        let rest = &text[end..];
        let spaced = rest.strip_prefix(' ').map_or(0, |tail| usize::from(han_scale(tail).is_some()));
        let Some((factor, used)) = han_scale(&rest[spaced..])
            .map(|(f, used)| (f, used + spaced))
            .or_else(|| if smallest.is_none() { word_scale(rest).or_else(|| letter_scale(rest)) } else { None })
        else {
            break;
        };
        // 3亿5千万: the next part must be smaller than the last scale.
        if smallest.is_some_and(|s| factor >= s) {
            break;
        }
        total = add(&total, &mul(&part, &factor)?)?;
        precision = mul(&precision, &factor)?;
        smallest = Some(factor);
        end += used;
        // Another run of digits goes on only with a scale of its own.
        if text.as_bytes().get(end).is_some_and(u8::is_ascii_digit) {
            let next = digits(text, end)?;
            if han_scale(&text[next.end..]).is_some_and(|(f, _)| f < factor) {
                part = next.value;
                precision = next.precision;
                end = next.end;
                continue;
            }
        }
        break;
    }
    if smallest.is_some() {
        if numeral.shown.is_integer() && precision > int(0) {
            numeral.scaled = true;
        }
        numeral.value = total;
        numeral.precision = precision;
        numeral.end = end;
        numeral.scaled = true;
    }
    Some(tail(text, numeral))
}

/// 多, 余 after the numeral: 3亿多元, 100余人.
fn tail(text: &str, mut numeral: Numeral) -> Numeral {
    if text[numeral.end..].starts_with(['多', '余', '餘'])
        && !text[numeral.end..].starts_with("余额")
        && !text[numeral.end..].starts_with("多数")
        && !text[numeral.end..].starts_with("多少")
    {
        numeral.end += '多'.len_utf8();
        numeral.open = true;
    }
    numeral
}

// ------------------------------------------------------------------------------------------------------- Chinese

/// The value of a Chinese digit character, formal (大写) and Traditional ones included.
pub const fn han_digit(c: char) -> Option<i128> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' | '貳' | '兩' => 2,
        '三' | '叁' | '參' | '叄' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// The value of a Chinese multiplier character.
pub const fn han_multiplier(c: char) -> Option<i128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        '兆' => 1_000_000_000_000,
        _ => return None,
    })
}

/// A Chinese numeral at `at`: 一百二十三, 二〇二四, 三点五, 廿五, 三四 (a range), 半.
fn han(text: &str, at: usize) -> Option<Numeral> {
    let rest = &text[at..];
    if rest.starts_with('半') {
        return Some(plain_han(Number::new(1, 2), Number::new(1, 2), at + '半'.len_utf8()));
    }
    let run: Vec<char> = rest
        .chars()
        .take_while(|&c| han_digit(c).is_some() || han_multiplier(c).is_some() || matches!(c, '廿' | '卅'))
        .take(MOST_DIGITS)
        .collect();
    // A run that is cut by a unit such as 千克 or 百分点 ends before it.
    let mut length = run.len();
    let mut offset = 0;
    for (i, c) in run.iter().enumerate() {
        if i > 0 && NOT_SCALES.iter().any(|unit| rest[offset..].starts_with(unit)) {
            length = i;
            break;
        }
        offset += c.len_utf8();
    }
    let run = &run[..length];
    let bytes: usize = run.iter().map(|c| c.len_utf8()).sum();
    let end = at + bytes;
    if run.is_empty() {
        return None;
    }
    // Digits only: a position-by-position numeral, or two neighbours that mean "three or four".
    if run.len() >= 2 && run.iter().all(|&c| han_digit(c).is_some()) {
        let values: Vec<i128> = run.iter().filter_map(|&c| han_digit(c)).collect();
        // 七五折 is 75 %.
        if run.len() == 2 && text[end..].starts_with('折') {
            return Some(plain_han(int(values[0] * 10 + values[1]), int(1), end));
        }
        if run.len() == 2 && values[0] > 0 && (values[1] == values[0] + 1 || (values[0], values[1]) == (3, 5)) {
            let mut numeral = plain_han(int(values[0]), int(1), end);
            numeral.upper = Some(int(values[1]));
            return Some(tail(text, numeral));
        }
        if run.len() < 4 && !run.iter().any(|c| matches!(c, '〇' | '零' | '○')) {
            return None;
        }
        let value = values.iter().try_fold(0_i128, |n, d| n.checked_mul(10)?.checked_add(*d))?;
        return Some(plain_han(int(value), int(1), end));
    }
    let (value, upper) = han_value(run)?;
    let mut numeral = plain_han(int(value), int(1), end);
    numeral.upper = upper.map(int);
    numeral.precision = int(han_precision(run));
    numeral.scaled = run.iter().any(|&c| han_multiplier(c).is_some_and(|m| m >= 10_000));
    // 三点五
    let after = &text[end..];
    if let Some(decimals) = after.strip_prefix('点').or_else(|| after.strip_prefix('點')) {
        let fraction: Vec<i128> = decimals.chars().map_while(han_digit).take(12).collect();
        if !fraction.is_empty() {
            let shown: usize = decimals.chars().take(fraction.len()).map(char::len_utf8).sum();
            let numerator = fraction.iter().try_fold(0_i128, |n, d| n.checked_mul(10)?.checked_add(*d))?;
            let unit = ten(-i32::try_from(fraction.len()).ok()?)?;
            numeral.value = add(&numeral.value, &mul(&int(numerator), &unit)?)?;
            numeral.shown = numeral.value;
            numeral.precision = unit;
            numeral.end = end + '点'.len_utf8() + shown;
            if let Some((factor, used)) = han_scale(&text[numeral.end..]) {
                numeral.value = mul(&numeral.value, &factor)?;
                numeral.precision = mul(&unit, &factor)?;
                numeral.end += used;
                numeral.scaled = true;
            }
        }
    }
    // 十几, 二十几: more than this.
    if text[numeral.end..].starts_with('几') && run.last().is_some_and(|&c| c == '十') {
        numeral.end += '几'.len_utf8();
        numeral.open = true;
        return Some(numeral);
    }
    Some(tail(text, numeral))
}

fn plain_han(value: Number, precision: Number, end: usize) -> Numeral {
    Numeral { value, shown: value, precision, upper: None, form: Form::Han, end, scaled: false, open: false }
}

/// One unit in the last place that was written: 三亿五千万 is exact to 千万.
fn han_precision(run: &[char]) -> i128 {
    let mut precision = 1_i128;
    for &c in run.iter().rev() {
        match han_multiplier(c) {
            Some(m) => precision = precision.saturating_mul(m),
            None => break,
        }
    }
    precision
}

/// The value of a run with multipliers, and its upper end where it is a range such as 二三十 (20 to 30).
fn han_value(run: &[char]) -> Option<(i128, Option<i128>)> {
    if run.len() >= 3 {
        // 二三十, 七八百: two neighbouring digits before one multiplier.
        let (a, b) = (han_digit(run[0]), han_digit(run[1]));
        if let (Some(a), Some(b)) = (a, b)
            && a > 0
            && b == a + 1
            && run[2..].iter().all(|&c| han_multiplier(c).is_some())
        {
            let factor = run[2..].iter().try_fold(1_i128, |f, &c| f.checked_mul(han_multiplier(c)?))?;
            return Some((a.checked_mul(factor)?, Some(b.checked_mul(factor)?)));
        }
    }
    let (mut total, mut section, mut number) = (0_i128, 0_i128, None::<i128>);
    let mut last = 1_i128;
    let mut zero = false;
    for (i, &c) in run.iter().enumerate() {
        if let Some(d) = han_digit(c) {
            if d == 0 {
                zero = true;
                if i == 0 && run.len() > 1 {
                    return None;
                }
                continue;
            }
            if number.is_some() {
                return None;
            }
            number = Some(d);
        } else if c == '廿' || c == '卅' {
            section = section.checked_add(if c == '廿' { 20 } else { 30 })?;
            last = 10;
            zero = false;
        } else {
            let m = han_multiplier(c)?;
            if m < 10_000 {
                let n = match number.take() {
                    Some(n) => n,
                    // 十五 and 一百十五 leave the one out; 百 and 千 never do.
                    None if m == 10 => 1,
                    None => return None,
                };
                section = section.checked_add(n.checked_mul(m)?)?;
            } else {
                let below = section.checked_add(number.take().unwrap_or(0))?;
                let below = if m >= 100_000_000 { below.checked_add(std::mem::take(&mut total))? } else { below };
                if below == 0 {
                    return None;
                }
                total = total.checked_add(below.checked_mul(m)?)?;
                section = 0;
            }
            last = m;
            zero = false;
        }
    }
    if let Some(n) = number {
        // 三百五 is 350, 一百零五 is 105.
        let place = if zero || last <= 10 { 1 } else { last / 10 };
        section = section.checked_add(n.checked_mul(place)?)?;
    }
    let value = total.checked_add(section)?;
    Some((value, None))
}

// ------------------------------------------------------------------------------------------------------- English

fn small_word(word: &str) -> Option<i128> {
    Some(match word {
        "zero" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        _ => return None,
    })
}

fn tens_word(word: &str) -> Option<i128> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

fn large_word(word: &str) -> Option<i128> {
    Some(match word {
        "hundred" => 100,
        "thousand" => 1000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}

/// The lower-case word at `at` and the byte after it.
fn word_at(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text.get(at..)?;
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    (length > 0 && length <= 14).then(|| (rest[..length].to_ascii_lowercase(), at + length))
}

/// Past one space, line break or hyphen.
fn past_joint(text: &str, at: usize) -> Option<usize> {
    let c = text.get(at..)?.chars().next()?;
    matches!(c, ' ' | '-' | '\u{2010}' | '\u{2011}' | '\n').then(|| at + c.len_utf8())
}

/// English number words at `at`: twenty-one, two hundred and five, a dozen, half, one-third, two and a half.
fn words(text: &str, at: usize) -> Option<Numeral> {
    let (first, first_end) = word_at(text, at)?;
    let found = |value: Number, precision: Number, end: usize| {
        Some(Numeral {
            value,
            shown: value,
            precision,
            upper: None,
            form: Form::Words,
            end,
            scaled: false,
            open: false,
        })
    };
    let mut at = at;
    if matches!(first.as_str(), "a" | "an") {
        // "a dozen", "a hundred", "a third of", "a half": the article is one.
        let next = past_joint(text, first_end)?;
        let (word, end) = word_at(text, next)?;
        if text[next..].starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        return match word.as_str() {
            "dozen" => found(int(12), int(1), end),
            "half" => found(Number::new(1, 2), Number::new(1, 2), end),
            "third" if followed_by_of(text, end) => found(Number::new(1, 3), Number::new(1, 3), end),
            "quarter" if followed_by_of(text, end) => found(Number::new(1, 4), Number::new(1, 4), end),
            _ if large_word(&word).is_some() => {
                let (value, end, _) = cardinal(text, next, Some(1))?;
                found(int(value), int(large_word(&word)?), end)
            }
            _ => None,
        };
    }
    if first == "half" {
        let mut end = first_end;
        if text[at..].starts_with('H')
            && text[end..].strip_prefix(' ').is_some_and(|t| t.starts_with(|c: char| c.is_ascii_uppercase()))
        {
            return None;
        }
        if let Some(next) = past_joint(text, end)
            && let Some((word, after)) = word_at(text, next)
        {
            // "half a million", "half an hour"
            if word == "a" || word == "an" {
                end = after;
                if let Some((large, large_end)) = past_joint(text, after).and_then(|n| word_at(text, n))
                    && let Some(m) = large_word(&large)
                {
                    return found(Number::new(m, 2), Number::new(m, 2), large_end);
                }
            }
        }
        return found(Number::new(1, 2), Number::new(1, 2), end);
    }
    if first == "dozen" {
        return found(int(12), int(1), first_end);
    }
    let (value, mut end, precision) = cardinal(text, at, None)?;
    if is_ordinal_or_name(text, at, end, value) {
        return None;
    }
    at = end;
    // one-third, two thirds, three-quarters
    if let Some((word, after)) = past_joint(text, at).and_then(|n| word_at(text, n)) {
        let denominator = match word.as_str() {
            "half" | "halves" => Some(2),
            "third" | "thirds" => Some(3),
            "quarters" | "fourth" | "fourths" => Some(4),
            "quarter" if value == 1 => Some(4),
            "fifth" | "fifths" => Some(5),
            "sixth" | "sixths" => Some(6),
            "eighth" | "eighths" => Some(8),
            "tenth" | "tenths" => Some(10),
            "dozen" => {
                return found(int(value.checked_mul(12)?), int(12), after);
            }
            _ => None,
        };
        if let Some(denominator) = denominator
            && value < denominator
        {
            let share = Number::new(value, denominator);
            return found(share, Number::new(1, denominator), after);
        }
    }
    let mut number = int(value);
    let mut precision = int(precision);
    let and_a_half = text[at..].strip_prefix(" and a half").or_else(|| text[at..].strip_prefix("-and-a-half"));
    if let Some(tail) = and_a_half {
        number = add(&number, &Number::new(1, 2))?;
        precision = Number::new(1, 2);
        end = text.len() - tail.len();
    }
    found(number, precision, end)
}

/// "twenty-first" is an ordinal; "Eight Men Out" and "Two and a Half Men" are names.
fn is_ordinal_or_name(text: &str, start: usize, end: usize, value: i128) -> bool {
    const ORDINALS: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    let Some(next) = past_joint(text, end) else { return false };
    let Some((word, _)) = word_at(text, next) else { return false };
    let capital = |at: usize| text[at..].starts_with(|c: char| c.is_ascii_uppercase());
    (value >= 20 && value % 10 == 0 && ORDINALS.contains(&word.as_str()))
        || (capital(start) && (capital(next) || text[next..].starts_with("and a Half")))
}

fn followed_by_of(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start();
    rest.is_empty()
        || rest.starts_with([',', '.', ';', ')'])
        || word_at(rest, 0).is_some_and(|(word, _)| {
            ["of", "the", "will", "are", "were", "is", "was", "have", "had", "said", "more", "less", "who", "do"]
                .contains(&word.as_str())
        })
}

/// A cardinal in words, the byte after it, and its last place. `lead` stands in for an article before it.
fn cardinal(text: &str, at: usize, lead: Option<i128>) -> Option<(i128, usize, i128)> {
    let mut total = 0_i128;
    let mut group = lead;
    let mut last_small = false;
    let mut precision = 1_i128;
    let mut end = at;
    let mut next = at;
    let mut taken = 0;
    while let Some((word, after)) = word_at(text, next) {
        if let Some(n) = small_word(&word) {
            // "twenty one" goes on, "two three" does not.
            let room =
                group.is_none_or(|g| !last_small && ((g % 100 == 0) || (g % 10 == 0 && n < 10 && g % 100 >= 20)));
            if !room {
                break;
            }
            group = Some(group.unwrap_or(0).checked_add(n)?);
            last_small = true;
            precision = 1;
        } else if let Some(n) = tens_word(&word) {
            if group.is_some_and(|g| g % 100 != 0) {
                break;
            }
            group = Some(group.unwrap_or(0).checked_add(n)?);
            last_small = false;
            precision = 1;
        } else if let Some(m) = large_word(&word) {
            let Some(g) = group else { break };
            if m == 100 {
                group = Some(g.checked_mul(100)?);
            } else {
                total = total.checked_add(g.checked_mul(m)?)?;
                group = None;
            }
            last_small = false;
            precision = m;
        } else if word == "and" && taken > 0 && precision >= 100 {
            // "two hundred and five"
            let follows = past_joint(text, after).and_then(|n| word_at(text, n));
            if !follows.is_some_and(|(w, _)| small_word(&w).is_some() || tens_word(&w).is_some()) {
                break;
            }
            next = past_joint(text, after)?;
            continue;
        } else {
            break;
        }
        taken += 1;
        end = after;
        match past_joint(text, after) {
            Some(n) => next = n,
            None => break,
        }
    }
    (taken > 0).then_some((total.checked_add(group.unwrap_or(0))?, end, precision))
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
