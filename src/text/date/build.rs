//! From a match of a written form to the period that it names, or to nothing.

use regex::Captures;

use super::{Relative, When};
use crate::text::{lang::is_han, quantity};

#[expect(clippy::unnecessary_wraps, reason = "a builder may fail")]
pub(super) fn rel(relative: Relative) -> Option<When> {
    Some(When::Relative(relative))
}

/// A number in digits or simple Chinese (一 to 三十一, or position by position).
fn number(text: &str) -> Option<i32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let digit = |c: char| {
        "〇一二三四五六七八九".chars().position(|d| d == c).or(if matches!(c, '零' | '○') { Some(0) } else { None })
    };
    if text.contains('十') {
        let (tens, ones) = text.split_once('十')?;
        let tens = if tens.is_empty() { 1 } else { digit(single(tens)?)? };
        let ones = if ones.is_empty() { 0 } else { digit(single(ones)?)? };
        return i32::try_from(tens * 10 + ones).ok();
    }
    text.chars().try_fold(0_i32, |n, c| n.checked_mul(10)?.checked_add(i32::try_from(digit(c)?).ok()?))
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[expect(clippy::option_option, reason = "outer: malformed; inner: the form tells no year")]
pub(super) fn year_of(c: &Captures<'_>) -> Option<Option<i32>> {
    let Some(text) = c.name("y") else { return Some(None) };
    let year = number(text.as_str())?;
    // Two digits: '23 is 2023.
    Some(Some(if year < 100 { 2000 + year } else { year }))
}

fn small(c: &Captures<'_>, name: &str) -> Option<u8> {
    u8::try_from(number(c.name(name)?.as_str())?).ok()
}

fn month_of(c: &Captures<'_>) -> Option<u8> {
    let month = match c.name("mon") {
        Some(word) => {
            let key: String = word.as_str().chars().take(3).collect::<String>().to_ascii_lowercase();
            let at = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
                .iter()
                .position(|m| *m == key)?;
            u8::try_from(at + 1).ok()?
        }
        None => small(c, "m")?,
    };
    (1..=12).contains(&month).then_some(month)
}

pub(super) fn ymd(c: &Captures<'_>, _: &str) -> Option<When> {
    // "May 5" is a date, "may 5" the verb.
    if c.name("mon").is_some_and(|m| m.as_str() == "may") {
        return None;
    }
    let (year, month, day) = (year_of(c)?, month_of(c)?, small(c, "d")?);
    // A leap year stands in where no year is told.
    time::Date::from_calendar_date(year.unwrap_or(2024), time::Month::try_from(month).ok()?, day).ok()?;
    Some(When::Day { year, month: Some(month), day })
}

/// 八月十六: a day of the lunar calendar, or a day whose 日 was left out.
pub(super) fn lunar(c: &Captures<'_>, _: &str) -> Option<When> {
    Some(When::Day { year: None, month: Some(month_of(c)?), day: small(c, "d")? })
}

pub(super) fn ym(c: &Captures<'_>, text: &str) -> Option<When> {
    if c.name("mon").is_some_and(|m| m.as_str() == "may") {
        return None;
    }
    // An impossible day must not leave its month behind: 2021年2月30日.
    let end = c.get(0)?.end();
    let rest = &text[end..];
    if rest.trim_start().starts_with(|d: char| d.is_ascii_digit()) && rest.chars().take(5).any(|d| d == '日') {
        return None;
    }
    Some(When::Month { year: year_of(c)?, month: month_of(c)? })
}

pub(super) fn ytd_months(c: &Captures<'_>, _: &str) -> Option<When> {
    Some(When::YearToDate { year: year_of(c)?, months: small(c, "m")? })
}

pub(super) fn ytd_quarters(c: &Captures<'_>, _: &str) -> Option<When> {
    let quarters = small(c, "q")?;
    Some(When::YearToDate { year: year_of(c)?, months: quarters * 3 })
}

pub(super) fn months_ended(c: &Captures<'_>, _: &str) -> Option<When> {
    let months: u8 = match c["n"].to_ascii_lowercase().as_str() {
        "three" | "3" => 3,
        "six" | "6" => 6,
        "nine" | "9" => 9,
        _ => 12,
    };
    let (year, month) = (year_of(c)?, month_of(c)?);
    Some(match (months, month) {
        (3, _) if month % 3 == 0 => When::Quarter { year, quarter: month / 3 },
        (6, 12) => When::Half { year, half: 2 },
        (12, 12) => When::Year(year?),
        (n, m) if n == m => When::YearToDate { year, months },
        // A period of a fiscal year that is not the calendar's: only its end is sure.
        _ => When::Month { year, month },
    })
}

pub(super) fn quarter(c: &Captures<'_>, _: &str) -> Option<When> {
    Some(When::Quarter { year: year_of(c)?, quarter: small(c, "q")? })
}

pub(super) fn ordinal_quarter(c: &Captures<'_>, _: &str) -> Option<When> {
    let quarter = match c["ord"].to_ascii_lowercase().as_str() {
        "first" | "1st" => 1,
        "second" | "2nd" => 2,
        "third" | "3rd" => 3,
        _ => 4,
    };
    Some(When::Quarter { year: year_of(c)?, quarter })
}

pub(super) fn half(c: &Captures<'_>, half: u8) -> Option<When> {
    Some(When::Half { year: year_of(c)?, half })
}

/// H1 and H2 are periods only beside words of a report; H1N1 and H2 receptors are not.
pub(super) fn bare_half(c: &Captures<'_>, text: &str) -> Option<When> {
    let whole = c.get(0)?;
    let after = text[whole.end()..].trim_start().to_ascii_lowercase();
    let report = ["revenue", "sales", "results", "profit", "earnings", "营", "净", "业绩", "收入"];
    report
        .iter()
        .any(|w| after.starts_with(w))
        .then(|| When::Half { year: None, half: if &c["h"] == "1" { 1 } else { 2 } })
}

pub(super) fn year(c: &Captures<'_>, _: &str) -> Option<When> {
    Some(When::Year(year_of(c)??))
}

/// 2023年 is a year; 二百三十年 and 1200年历史 may be a stretch of time.
pub(super) fn year_zh(c: &Captures<'_>, text: &str) -> Option<When> {
    let after = &text[c.get(0)?.end()..];
    if ["历史", "以上", "以下", "以内", "之久", "时间", "的历史"].iter().any(|w| after.starts_with(w)) {
        return None;
    }
    let year = year_of(c)??;
    (1000..2200).contains(&year).then_some(When::Year(year))
}

/// 2018–19: one year of school or sport, told by its first calendar year.
pub(super) fn season(c: &Captures<'_>, _: &str) -> Option<When> {
    let first: i32 = c["y"].parse().ok()?;
    let second: i32 = c["z"].parse().ok()?;
    ((first + 1) % 100 == second).then_some(When::Year(first))
}

pub(super) fn decade_zh(c: &Captures<'_>, text: &str) -> Option<When> {
    // Only 20世纪 is meant when nothing else is told, and only when it is told do we know.
    let before = &text[..c.get(0)?.start()];
    let century = if before.ends_with("20世纪") || before.ends_with("二十世纪") || before.ends_with("上世纪") {
        1900
    } else if before.ends_with("19世纪") || before.ends_with("十九世纪") {
        1800
    } else {
        return None;
    };
    Some(When::Decade(century + number(&c["y"])?))
}

/// What makes "3月" or "15日" a stretch of time.
fn is_duration(before: &str, after: &str) -> bool {
    const AFTER: [&str; 19] = [
        "内",
        "以内",
        "之内",
        "以上",
        "以下",
        "以外",
        "后",
        "之后",
        "以后",
        "前",
        "之前",
        "以前",
        "期满",
        "届满",
        "为限",
        "的期限",
        "期限",
        "左右",
        "的",
    ];
    const BEFORE: [&str; 26] = [
        "满",
        "超过",
        "不少于",
        "至少",
        "提前",
        "届",
        "最长",
        "最多",
        "不超过",
        "不得超过",
        "不满",
        "之日起",
        "连续",
        "累计",
        "持续",
        "期限为",
        "延长",
        "每",
        "少于",
        "期为",
        "疗程",
        "间隔",
        "共",
        "为期",
        "不足",
        "逾期",
    ];
    AFTER.iter().any(|w| after.starts_with(w)) || BEFORE.iter().any(|w| before.ends_with(w))
}

pub(super) fn bare_month(c: &Captures<'_>, text: &str) -> Option<When> {
    let kept = c.name("keep")?;
    let after = &text[kept.end()..];
    // 3月内 is a stretch; 3月前 and 3月的 are a month.
    let stretch = ["内", "以内", "之内", "以上", "以下", "期满", "届满", "龄"].iter().any(|w| after.starts_with(w));
    let month = month_of(c)?;
    // An impossible day must not leave its month behind: 2月30日.
    let rest = after.trim_start();
    if rest.starts_with(|d: char| d.is_ascii_digit()) && rest.chars().take(4).any(|d| d == '日') {
        return None;
    }
    (!stretch).then_some(When::Month { year: None, month })
}

/// What makes "5号" a name.
const NAMED: &str = "楼文线院店馆仓机船令井桥染公地房室门车厂矿码人物球字柱档病床窗台站口令案卷册件批段标坑选种型弹";

pub(super) fn bare_day(c: &Captures<'_>, text: &str) -> Option<When> {
    let kept = c.name("keep")?;
    let (before, after) = (&text[..kept.start()], &text[kept.end()..]);
    // 5号楼, 2号文 and 3号染色体 are names.
    if kept.as_str().ends_with(['号', '號']) && after.starts_with(|c: char| NAMED.contains(c)) {
        return None;
    }
    // A table cell that holds nothing else tells a stretch of time.
    if before.trim().is_empty() && after.trim().is_empty() {
        return None;
    }
    if kept.as_str().ends_with('日') && (is_duration(before, after) || before.ends_with(['至', '到', '-', '~', '—']))
    {
        return None;
    }
    Some(When::Day { year: None, month: None, day: small(c, "d")? })
}

pub(super) fn bare_month_en(c: &Captures<'_>, _: &str) -> Option<When> {
    let word = c.name("mon")?.as_str();
    // "may", "mar", "march" in lower case are other words.
    if !word.starts_with(|first: char| first.is_ascii_uppercase()) {
        return None;
    }
    Some(When::Month { year: None, month: month_of(c)? })
}

/// Four digits without a word that says "year": a year unless something countable or a unit follows.
pub(super) fn bare_year(c: &Captures<'_>, text: &str) -> Option<When> {
    let kept = c.name("keep")?;
    let (before, after) = (&text[..kept.start()], &text[kept.end()..]);
    let year: i32 = c["y"].parse().ok()?;
    let quantity_before = [
        "total of ",
        "about ",
        "approximately ",
        "over ",
        "than ",
        "least ",
        "nearly ",
        "almost ",
        "around ",
        "n = ",
        "n=",
        "roughly ",
        "RMB ",
        "USD ",
        "US$ ",
        "约",
        "超过",
        "达",
        "共",
        "近",
        "逾",
        "每",
        "人民币",
        "至少",
        "不少于",
        "= ",
        "=",
        "No. ",
        "no. ",
        "article ",
        "Article ",
        "section ",
        "Section ",
        "page ",
        "p. ",
        "number ",
        "up to ",
        "some ",
        "under ",
        "and ",
    ];
    let lower = before.trim_start();
    if quantity_before.iter().any(|w| {
        *w != "and " && *w != "about " && *w != "around " && *w != "under " && *w != "over " && lower.ends_with(w)
    }) {
        return None;
    }
    // Blade Runner 2049, Flight 1549: a number after a name is part of it.
    let name: String = before.trim_end().chars().rev().take_while(char::is_ascii_alphabetic).collect();
    let is_name = before.ends_with(' ')
        && name.chars().next_back().is_some_and(|c| c.is_ascii_uppercase())
        && name.len() > 2
        && !before.trim_end().ends_with(|c: char| !c.is_ascii_alphabetic());
    let leads: [&str; 22] = [
        "In", "Since", "By", "From", "During", "Until", "After", "Before", "Of", "The", "Spring", "Summer", "Autumn",
        "Fall", "Winter", "Year", "Early", "Late", "For", "Between", "And", "Through",
    ];
    let lead: String = name.chars().rev().collect();
    if is_name && !leads.contains(&lead.as_str()) {
        return None;
    }
    if year > 2040 {
        return None;
    }
    let next = after.trim_start();
    let word: String = next.chars().take_while(char::is_ascii_alphabetic).collect();
    if !word.is_empty() && quantity::is_unit_word(&word) {
        return None;
    }
    if after.starts_with(' ')
        && word.len() > 3
        && word.ends_with('s')
        && word.chars().all(|c| c.is_ascii_lowercase())
        && !YEAR_WORDS.contains(&word.as_str())
    {
        return None;
    }
    // A Chinese classifier or unit right after it: 2000元, 2000名.
    if next.starts_with(is_han) && quantity::is_unit_at(next) && !next.starts_with('年') {
        return None;
    }
    Some(When::Year(year))
}

/// Lower-case words in -s that follow a year.
const YEAR_WORDS: [&str; 15] = [
    "versus",
    "was",
    "has",
    "is",
    "does",
    "its",
    "this",
    "games",
    "olympics",
    "elections",
    "awards",
    "playoffs",
    "finals",
    "as",
    "series",
];
