//! Arabic digits, fractions and powers of ten, and the scale words after them.

use super::{super::unit, Form, MOST_DIGITS, Number, Numeral, add, han::han_multiplier, int, mul, ten};

/// Digits at `at` with thousands separators, a decimal part, a vulgar fraction or a power of ten.
pub(super) fn digits(text: &str, at: usize) -> Option<Numeral> {
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

/// Units that start with a character which is otherwise a scale word.
pub(super) const NOT_SCALES: [&str; 22] = [
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
pub(super) fn han_scale(rest: &str) -> Option<(Number, usize)> {
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
    let (atom, _) = unit::atom(noun, 0)?;
    let counted = matches!(atom.kind, unit::Kind::Count(_) | unit::Kind::Activity);
    (counted && noun.starts_with(|c: char| c.is_ascii_lowercase())).then_some((ten(power)?, letters.len()))
}

/// Applies the scale words after a run of digits: 3.5亿, 1万2千, 1.2 billion.
pub(super) fn scaled(text: &str, mut numeral: Numeral) -> Option<Numeral> {
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
pub(super) fn tail(text: &str, mut numeral: Numeral) -> Numeral {
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
