//! Numbers as lists print them (ECMA-376 part 1, 17.18.59 `ST_NumberFormat`).

/// `n` in the named format; `None` for formats without a number: bullets and "none".
pub fn format(n: u32, format: &str) -> Option<String> {
    Some(match format {
        "bullet" | "none" => return None,
        "decimalZero" => format!("{n:02}"),
        "upperRoman" => roman(n),
        "lowerRoman" => roman(n).to_lowercase(),
        "upperLetter" => letters(n),
        "lowerLetter" => letters(n).to_lowercase(),
        "ordinal" => ordinal(n),
        "decimalFullWidth" | "decimalFullWidth2" => {
            n.to_string().chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect()
        }
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => enclosed(n, 20, 0x2460),
        "decimalEnclosedParen" => enclosed(n, 20, 0x2474),
        "decimalEnclosedFullstop" => enclosed(n, 20, 0x2488),
        "ideographEnclosedCircle" => enclosed(n, 10, 0x3280),
        "chineseCounting" | "taiwaneseCounting" => han(n, &SIMPLE, '〇'),
        "chineseCountingThousand" | "taiwaneseCountingThousand" | "japaneseCounting" => han(n, &SIMPLE, '零'),
        "ideographDigital" | "taiwaneseDigital" | "japaneseDigitalTen" => {
            n.to_string().chars().filter_map(|c| "〇一二三四五六七八九".chars().nth(c.to_digit(10)? as usize)).collect()
        }
        "chineseLegalSimplified" => han(n, &LEGAL, '零'),
        "ideographLegalTraditional" | "japaneseLegal" => han(n, &LEGAL_TRADITIONAL, '零'),
        "ideographTraditional" => cycle(n, "甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac" => cycle(n, "子丑寅卯辰巳午未申酉戌亥"),
        _ => n.to_string(),
    })
}

/// Digits from one, then ten, hundred, thousand.
type Han = ([char; 9], [char; 3]);
const SIMPLE: Han = (['一', '二', '三', '四', '五', '六', '七', '八', '九'], ['十', '百', '千']);
const LEGAL: Han = (['壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'], ['拾', '佰', '仟']);
const LEGAL_TRADITIONAL: Han = (['壹', '貳', '參', '肆', '伍', '陸', '柒', '捌', '玖'], ['拾', '佰', '仟']);

fn han(n: u32, (digits, units): &Han, zero: char) -> String {
    if n == 0 {
        return zero.to_string();
    }
    if n > 9999 {
        return n.to_string();
    }
    let mut written = String::new();
    let mut gap = false;
    for (at, power) in [1000, 100, 10, 1].into_iter().enumerate() {
        let digit = (n / power % 10) as usize;
        if digit == 0 {
            gap = !written.is_empty();
            continue;
        }
        if gap {
            written.push(zero);
            gap = false;
        }
        // 十五, not 一十五; the legal numerals write it out.
        if !(digit == 1 && power == 10 && written.is_empty() && units[0] == '十') {
            written.push(digits[digit - 1]);
        }
        if at < 3 {
            written.push(units[2 - at]);
        }
    }
    written
}

fn roman(n: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if n == 0 || n > 3999 {
        return n.to_string();
    }
    let mut rest = n;
    let mut written = String::new();
    for (value, letters) in PARTS {
        while rest >= value {
            written.push_str(letters);
            rest -= value;
        }
    }
    written
}

/// A to Z, then AA, BB … as Word counts.
fn letters(n: u32) -> String {
    if n == 0 || n > 780 {
        return n.to_string();
    }
    let letter = char::from_u32('A' as u32 + (n - 1) % 26).unwrap_or('A');
    (0..=(n - 1) / 26).map(|_| letter).collect()
}

fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

fn enclosed(n: u32, most: u32, first: u32) -> String {
    match char::from_u32(first + n.wrapping_sub(1)) {
        Some(c) if (1..=most).contains(&n) => c.to_string(),
        _ => n.to_string(),
    }
}

fn cycle(n: u32, names: &str) -> String {
    let count = names.chars().count();
    let at = (n as usize).saturating_sub(1) % count;
    names.chars().nth(at).map_or_else(|| n.to_string(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_lists_print_them() {
        for (n, name, written) in [
            (1, "chineseCountingThousand", "一"),
            (10, "chineseCountingThousand", "十"),
            (15, "chineseCounting", "十五"),
            (20, "chineseCounting", "二十"),
            (101, "chineseCounting", "一百〇一"),
            (110, "chineseCountingThousand", "一百一十"),
            (675, "chineseCountingThousand", "六百七十五"),
            (1005, "chineseCountingThousand", "一千零五"),
            (12, "chineseLegalSimplified", "壹拾贰"),
            (10, "ideographDigital", "一〇"),
            (2, "ideographTraditional", "乙"),
            (3, "decimalEnclosedCircleChinese", "③"),
            (21, "decimalEnclosedCircle", "21"),
            (4, "lowerRoman", "iv"),
            (28, "upperLetter", "BB"),
            (12, "ordinal", "12th"),
            (7, "decimalZero", "07"),
            (12, "decimalFullWidth", "１２"),
            (12, "hebrew1", "12"),
        ] {
            assert_eq!(format(n, name).as_deref(), Some(written), "{n} {name}");
        }
        assert_eq!(format(1, "bullet"), None);
    }
}
