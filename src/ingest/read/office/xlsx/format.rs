//! Numbers as a workbook shows them (ECMA-376 part 1, 18.8.30 and 18.8.31): decimals, thousands, percent, currency,
//! dates. Colours and conditions are passed over; fractions are shown as decimal numbers.

use std::{collections::HashMap, fmt::Write as _};

use time::{Date, Duration, Month, PrimitiveDateTime, Time};

use super::super::xml::{Ns, Xml};
use crate::ingest::read::ReadError;

/// The format of each cell style.
#[derive(Debug, Default)]
pub struct Formats {
    codes: HashMap<u32, String>,
    styles: Vec<u32>,
    since_1904: bool,
}

impl Formats {
    pub fn new(since_1904: bool) -> Self {
        Self { since_1904, ..Self::default() }
    }

    pub fn read(xml: &mut Xml<'_>, since_1904: bool) -> Result<Self, ReadError> {
        let mut formats = Self::new(since_1904);
        while let Some(element) = xml.child(0)? {
            if element.is(Ns::Sheet, "numFmt")
                && let (Some(id), Some(code)) = (element.attr("numFmtId"), element.attr("formatCode"))
                && let Ok(id) = id.parse()
            {
                formats.codes.insert(id, code.to_owned());
            } else if element.is(Ns::Sheet, "cellXfs") {
                let depth = xml.depth();
                while let Some(style) = xml.child(depth)? {
                    if style.name == "xf" {
                        formats.styles.push(style.attr("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0));
                    }
                }
            } else if matches!(element.name.as_str(), "dxfs" | "cellStyleXfs") {
                xml.skip()?;
            }
        }
        Ok(formats)
    }

    /// `number` as a cell of this style shows it.
    pub fn shown(&self, number: f64, style: usize) -> String {
        let id = self.styles.get(style).copied().unwrap_or(0);
        let code = self.codes.get(&id).map_or_else(|| builtin(id), String::as_str);
        show(number, code, self.since_1904)
    }
}

/// Formats that workbooks name by number only; those of dates are the ones of Chinese Excel where they differ.
fn builtin(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 | 37 | 38 | 41 | 42 => "#,##0;-#,##0",
        7 | 8 | 39 | 40 | 43 | 44 => "#,##0.00;-#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 | 48 => "0.00E+00",
        14..=17 | 30 | 50 | 57 => "yyyy-mm-dd",
        18..=21 | 32..=35 | 45 => "hh:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        27 | 36 | 52 => "yyyy\"年\"m\"月\"",
        28 | 29 | 31 | 51 | 53 | 54 | 58 => "yyyy\"年\"m\"月\"d\"日\"",
        46 | 47 => "[h]:mm:ss",
        _ => "General",
    }
}

fn show(number: f64, code: &str, since_1904: bool) -> String {
    let sections = sections(code);
    let first = sections.first().map_or("", String::as_str);
    if let Some(date) = DateFormat::of(first) {
        return date.show(number, since_1904).unwrap_or_else(|| general(number));
    }
    let negative = number < 0.0;
    let section = match sections.len() {
        0 | 1 => first,
        2 => &sections[usize::from(negative)],
        _ if number == 0.0 => &sections[2],
        _ => &sections[usize::from(negative)],
    };
    // A section of its own writes the sign itself.
    let value = if negative && sections.len() > 1 { -number } else { number };
    Picture::of(section).map_or_else(|| general(value), |picture| picture.show(value))
}

/// The parts between semicolons that are not quoted, without colours and conditions.
fn sections(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut quoted, mut escaped, mut bracket) = (false, false, false);
    for c in code.chars() {
        let split = c == ';' && !quoted && !escaped && !bracket;
        if split {
            sections.push(String::new());
        } else if let Some(section) = sections.last_mut() {
            section.push(c);
        }
        bracket = !quoted && !escaped && (c == '[' || (bracket && c != ']'));
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped && !quoted;
    }
    sections
}

/// What a character of a format is.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// Of the format's own language.
    Code(char),
    /// `[h]`, `[mm]`.
    Elapsed(char),
}

fn tokens(section: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = section.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => tokens.extend(chars.by_ref().take_while(|c| *c != '"').map(Token::Literal)),
            '\\' => tokens.extend(chars.next().map(Token::Literal)),
            // Room as wide as the next character, or filled with it.
            '_' | '*' => drop(chars.next()),
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if let Some(currency) = inside.strip_prefix('$') {
                    let symbol = currency.split('-').next().unwrap_or_default();
                    tokens.extend(symbol.chars().map(Token::Literal));
                } else if matches!(inside.to_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    tokens.extend(inside.to_lowercase().chars().next().map(Token::Elapsed));
                }
            }
            c => tokens.push(Token::Code(c)),
        }
    }
    tokens
}

/// How a number is written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Picture {
    before: String,
    after: String,
    least_digits: usize,
    decimals: usize,
    /// Of the decimals, how many are always written.
    least_decimals: usize,
    thousands: bool,
    /// Powers of ten that the value is multiplied by.
    scale: i32,
    scientific: bool,
    /// No digits: the text alone.
    bare: bool,
}

impl Picture {
    /// `None` where numbers are shown as they are.
    fn of(section: &str) -> Option<Self> {
        let lower = section.to_lowercase();
        if lower.contains("general") || lower.contains("g/通用格式") || lower.trim() == "@" || section.is_empty() {
            return None;
        }
        let tokens = tokens(section);
        let mut picture = Self::default();
        let (mut digits, mut point, mut commas) = (false, false, 0);
        for token in &tokens {
            match token {
                Token::Code(c @ ('0' | '#' | '?')) if !picture.scientific => {
                    // A comma between digits groups; one behind them divides by a thousand.
                    picture.thousands |= commas > 0;
                    commas = 0;
                    digits = true;
                    if point {
                        picture.decimals += 1;
                        picture.least_decimals = if *c == '0' { picture.decimals } else { picture.least_decimals };
                    } else if *c == '0' {
                        picture.least_digits += 1;
                    }
                }
                Token::Code('0' | '#' | '?') => {}
                Token::Code('.') if digits || !point => point = true,
                Token::Code(',') if digits => commas += 1,
                Token::Code('E' | 'e') if digits => picture.scientific = true,
                Token::Code('+' | '-') if picture.scientific => {}
                // Fractions are shown as decimal numbers.
                Token::Code('/') if digits => return None,
                Token::Literal(c) | Token::Code(c) => {
                    if *c == '%' && matches!(token, Token::Code(_)) {
                        picture.scale += 2;
                    }
                    if digits { &mut picture.after } else { &mut picture.before }.push(*c);
                }
                Token::Elapsed(_) => return None,
            }
        }
        picture.scale -= 3 * commas;
        picture.bare = !digits;
        Some(picture)
    }

    fn show(&self, value: f64) -> String {
        let literal = |text: &str| text.trim().to_owned();
        if self.bare {
            return literal(&format!("{}{}", self.before, self.after));
        }
        let (sign, value) = if value < 0.0 { ("-", -value) } else { ("", value) };
        let scaled = value * 10_f64.powi(self.scale);
        if self.scientific {
            return format!("{sign}{}", general(scaled));
        }
        let digits = rounded(scaled, self.decimals);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits.as_str(), ""));
        let mut decimals = decimals.to_owned();
        while decimals.len() > self.least_decimals && decimals.ends_with('0') {
            decimals.pop();
        }
        let mut whole =
            if whole == "0" && self.least_digits == 0 && !decimals.is_empty() { "" } else { whole }.to_owned();
        while whole.len() < self.least_digits {
            whole.insert(0, '0');
        }
        if self.thousands {
            whole = grouped(&whole);
        }
        let point = if decimals.is_empty() { "" } else { "." };
        let zero = whole.chars().chain(decimals.chars()).all(|c| matches!(c, '0' | ','));
        let sign = if zero { "" } else { sign };
        format!("{}{sign}{whole}{point}{decimals}{}", self.before.trim_start(), self.after.trim_end())
    }
}

fn grouped(digits: &str) -> String {
    let mut written = String::with_capacity(digits.len() * 4 / 3);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(c);
    }
    written
}

/// At most 15 significant digits, as Excel keeps, so that 0.1 + 0.2 is 0.3.
fn general(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let exact: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{exact}")
}

/// A positive value with so many decimals, rounded half up in decimal digits, as Excel does.
fn rounded(value: f64, decimals: usize) -> String {
    let decimals = decimals.min(30);
    let text = general(value);
    let (whole, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let mut digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(decimals)).collect();
    if fraction.as_bytes().get(decimals).is_some_and(|next| *next >= b'5') {
        let mut at = digits.len();
        loop {
            if at == 0 {
                digits.insert(0, b'1');
                break;
            }
            at -= 1;
            if digits[at] == b'9' {
                digits[at] = b'0';
            } else {
                digits[at] += 1;
                break;
            }
        }
    }
    let point = digits.len() - decimals;
    let written = String::from_utf8(digits).unwrap_or_default();
    if decimals == 0 { written } else { format!("{}.{}", &written[..point], &written[point..]) }
}

/// Which parts of a moment a format shows.
#[expect(clippy::struct_excessive_bools, reason = "each part is shown or not")]
#[derive(Debug, Default, PartialEq, Eq)]
struct DateFormat {
    year: bool,
    month: bool,
    day: bool,
    hour: bool,
    second: bool,
    /// Written with 年, 月, 日.
    han: bool,
    elapsed: Option<char>,
}

impl DateFormat {
    fn of(section: &str) -> Option<Self> {
        let tokens = tokens(section);
        let mut format = Self::default();
        let lower = section.to_lowercase();
        if lower.contains("general") || lower.contains("通用") {
            return None;
        }
        let mut minutes = false;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Code('y' | 'Y' | 'e') => format.year = true,
                Token::Code('d' | 'D') => format.day = true,
                Token::Code('h' | 'H') => format.hour = true,
                Token::Code('s' | 'S') => format.second = true,
                Token::Code('m' | 'M') => {
                    // Minutes follow hours or stand before seconds.
                    let code = |token: &Token| match token {
                        Token::Code(c) if c.is_ascii_alphabetic() => Some(c.to_ascii_lowercase()),
                        Token::Elapsed(c) => Some(*c),
                        _ => None,
                    };
                    let other = |c: &char| *c != 'm';
                    let before = tokens[..at].iter().rev().filter_map(code).find(other);
                    let after = tokens[at..].iter().filter_map(code).find(other);
                    if before == Some('h') || after == Some('s') { minutes = true } else { format.month = true }
                }
                Token::Elapsed(c) => format.elapsed = Some(*c),
                Token::Literal('年' | '月' | '日') | Token::Code('年' | '月' | '日') => format.han = true,
                Token::Code('0' | '#' | '?') if !format.second => return None,
                _ => {}
            }
        }
        format.hour |= minutes && format.elapsed.is_none();
        let any = format.year || format.month || format.day || format.hour || format.second || format.elapsed.is_some();
        any.then_some(format)
    }

    /// A serial day as ISO 8601 writes it, or in Chinese. `None` where it is out of the calendar.
    fn show(&self, serial: f64, since_1904: bool) -> Option<String> {
        // Excel's calendar ends with the year 9999.
        if !(0.0..2_958_466.0).contains(&serial) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 2,958,466 days")]
        let seconds = (serial * 86_400.0).round() as i64;
        if let Some(unit) = self.elapsed {
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            return Some(match unit {
                'h' => format!("{hours}:{minutes:02}:{rest:02}"),
                'm' => format!("{}:{rest:02}", seconds / 60),
                _ => seconds.to_string(),
            });
        }
        let first = match since_1904 {
            true => Date::from_calendar_date(1904, Month::January, 1).ok()?,
            // Excel believes that 1900 was a leap year: days before March 1900 count one more.
            false if serial < 60.0 => Date::from_calendar_date(1899, Month::December, 31).ok()?,
            false => Date::from_calendar_date(1899, Month::December, 30).ok()?,
        };
        let moment = PrimitiveDateTime::new(first, Time::MIDNIGHT).checked_add(Duration::seconds(seconds))?;
        let (year, month, day) = (moment.year(), u8::from(moment.month()), moment.day());
        let date = self.year || self.month || self.day;
        let mut written = match (self.han, self.day, self.month) {
            _ if !date => String::new(),
            (true, true, _) => format!("{year}年{month}月{day}日"),
            (true, false, true) => format!("{year}年{month}月"),
            (true, false, false) => format!("{year}年"),
            (false, true, _) => format!("{year}-{month:02}-{day:02}"),
            (false, false, true) => format!("{year}-{month:02}"),
            (false, false, false) => year.to_string(),
        };
        if self.hour || self.second {
            if date {
                written.push(' ');
            }
            let (hour, minute, second) = moment.as_hms();
            let _ = write!(written, "{hour:02}:{minute:02}");
            if self.second {
                let _ = write!(written, ":{second:02}");
            }
        }
        Some(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_the_workbook_shows_them() {
        for (number, code, shown) in [
            (1_234_567.891, "General", "1234567.891"),
            (0.1 + 0.2, "General", "0.3"),
            (1e21, "General", "1000000000000000000000"),
            (1_234_567.891, "#,##0.00", "1,234,567.89"),
            (1.005, "0.00", "1.01"),
            (9.995, "0.00", "10.00"),
            (0.1234, "0.0%", "12.3%"),
            (0.5, "0%", "50%"),
            (-1234.5, "#,##0.00_);(#,##0.00)", "(1,234.50)"),
            (-1234.5, "#,##0", "-1,235"),
            (0.0, "#,##0;-#,##0;\"-\"", "-"),
            (-0.001, "0.00", "0.00"),
            (12.5, "\"￥\"#,##0.00", "￥12.50"),
            (12.5, "[$$-409]#,##0.0", "$12.5"),
            (-3.0, "[Red]0;[Blue]-0", "-3"),
            (12_345_678.0, "#,##0.0,,\" 百万\"", "12.3 百万"),
            (12_345.0, "0.00,\"千\"", "12.35千"),
            (0.5, "#.##", ".5"),
            (3.0, "0.##", "3"),
            (7.0, "000", "007"),
            (0.75, "# ?/?", "0.75"),
            (5.0, "0\"人\"", "5人"),
            (5.0, "@", "5"),
        ] {
            assert_eq!(show(number, code, false), shown, "{number} {code}");
        }
    }

    #[test]
    fn dates_are_dates() {
        for (serial, code, shown) in [
            (45291.0, "yyyy-mm-dd", "2023-12-31"),
            (45291.0, "m/d/yy", "2023-12-31"),
            (45291.0, "yyyy\"年\"m\"月\"d\"日\";@", "2023年12月31日"),
            (45291.0, "[$-804]yyyy\"年\"m\"月\";@", "2023年12月"),
            (45291.0, "mmm-yy", "2023-12"),
            (45291.75, "yyyy/m/d h:mm", "2023-12-31 18:00"),
            (0.5, "h:mm:ss", "12:00:00"),
            (1.5, "[h]:mm", "36:00:00"),
            (1.0, "yyyy-mm-dd", "1900-01-01"),
            (61.0, "yyyy-mm-dd", "1900-03-01"),
            (-1.0, "yyyy-mm-dd", "-1"),
        ] {
            assert_eq!(show(serial, code, false), shown, "{serial} {code}");
        }
        assert_eq!(show(0.0, "yyyy-mm-dd", true), "1904-01-01");
        assert_eq!(show(1e300, "yyyy-mm-dd", false).len(), 301, "as a number");
    }
}
