//! Numerals in Chinese characters, formal and Traditional ones included.

use super::{
    Form, MOST_DIGITS, Number, Numeral, add,
    digits::{NOT_SCALES, han_scale, tail},
    int, mul, ten,
};

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
pub(super) fn han(text: &str, at: usize) -> Option<Numeral> {
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
