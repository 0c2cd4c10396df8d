//! Numerals as articles are numbered with: `六百七十五`, `一二五四`, `1254`, `１２５４`; and back again.

/// Reads the longest numeral at the start of `text`: its value and how many bytes it takes.
///
/// Chinese numerals may be positional (`一二五四`) or with units up to 万 (`一千二百五十四`); Arabic digits may be
/// full-width. `None` where no numeral starts, where it is malformed (`十百`), or where it is above 99,999.
pub fn leading(text: &str) -> Option<(u32, usize)> {
    let first = text.chars().next()?;
    if arabic(first).is_some() { leading_arabic(text) } else { leading_chinese(text) }
}

fn arabic(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        _ => None,
    }
}

fn leading_arabic(text: &str) -> Option<(u32, usize)> {
    let mut value = 0u32;
    let mut length = 0;
    for c in text.chars() {
        let Some(digit) = arabic(c) else { break };
        value = value * 10 + digit;
        length += c.len_utf8();
        if value > 99_999 {
            return None;
        }
    }
    Some((value, length))
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' | '○' | 'Ｏ' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '兩' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn unit(c: char) -> Option<u32> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        _ => return None,
    })
}

fn leading_chinese(text: &str) -> Option<(u32, usize)> {
    let run: Vec<char> = text.chars().take_while(|&c| digit(c).is_some() || unit(c).is_some()).take(12).collect();
    if run.is_empty() {
        return None;
    }
    let length = run.iter().map(|c| c.len_utf8()).sum();
    let value = if run.iter().any(|&c| unit(c).is_some()) { with_units(&run)? } else { positional(&run)? };
    Some((value, length))
}

fn positional(run: &[char]) -> Option<u32> {
    if run.len() > 5 {
        return None;
    }
    Some(run.iter().filter_map(|&c| digit(c)).fold(0, |value, digit| value * 10 + digit))
}

fn with_units(run: &[char]) -> Option<u32> {
    let mut total = 0;
    let mut pending: Option<u32> = None;
    let mut smallest = u32::MAX;
    for &c in run {
        if let Some(unit) = unit(c) {
            if unit >= smallest {
                return None;
            }
            // A bare 十 stands for ten only at the start or after 零: 一百一十, but 十二 and 一千零十五.
            let count = match pending.take() {
                Some(0) | None if unit == 10 => 1,
                Some(count) if count > 0 => count,
                _ => return None,
            };
            total += count * unit;
            smallest = unit;
        } else {
            let digit = digit(c)?;
            match pending {
                Some(0) | None => pending = Some(digit),
                Some(_) => return None,
            }
        }
    }
    Some(total + pending.unwrap_or(0))
}

/// The numeral as statutes print it: 10 → `十`, 110 → `一百一十`, 1005 → `一千零五`.
pub fn chinese(value: u32) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    const UNITS: [(u32, Option<char>); 5] =
        [(10_000, Some('万')), (1_000, Some('千')), (100, Some('百')), (10, Some('十')), (1, None)];
    if value == 0 || value >= 100_000 {
        return value.to_string();
    }
    let mut written = String::new();
    let mut rest = value;
    let mut gap = false;
    for (unit, name) in UNITS {
        let count = rest / unit;
        rest %= unit;
        if count == 0 {
            gap = !written.is_empty();
            continue;
        }
        if gap {
            written.push('零');
            gap = false;
        }
        if !(unit == 10 && count == 1 && written.is_empty()) {
            written.push(DIGITS[count as usize]);
        }
        written.extend(name);
    }
    written
}

/// `IV` → 4; `None` where the letters are no Roman numeral below 50.
pub fn roman(text: &str) -> Option<u32> {
    (1..50).find(|&value| to_roman(value) == text)
}

/// 4 → `IV`; meant for annexes, so only below 50.
pub fn to_roman(mut value: u32) -> String {
    const PARTS: [(u32, &str); 6] = [(40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")];
    let mut written = String::new();
    for (worth, letters) in PARTS {
        while value >= worth && written.len() < 16 {
            written.push_str(letters);
            value -= worth;
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_article_number_reads_back() {
        for value in 1..3_000 {
            let written = chinese(value);
            assert_eq!(leading(&written), Some((value, written.len())), "{written}");
        }
    }

    #[test]
    fn other_ways_to_write_them() {
        for (written, value) in [
            ("一二五四", 1254),
            ("１２５４", 1254),
            ("1254条", 1254),
            ("一千零十五", 1015),
            ("二〇", 20),
            ("百二十", 0),
        ] {
            assert_eq!(leading(written).map_or(0, |(value, _)| value), value, "{written}");
        }
        assert_eq!(leading("条"), None);
        assert_eq!(leading("十百"), None);
        assert_eq!(leading("9999999"), None);
    }

    #[test]
    fn roman_numerals_of_annexes() {
        assert_eq!(roman("XIV"), Some(14));
        assert_eq!(roman("IIX"), None);
        assert_eq!(to_roman(9), "IX");
    }
}
