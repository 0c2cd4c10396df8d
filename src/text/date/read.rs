//! The written forms of dates, one pattern each, over folded text.
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{
    DateMention, Relative, When,
    build::{
        bare_day, bare_half, bare_month, bare_month_en, bare_year, decade_zh, half, lunar, months_ended,
        ordinal_quarter, quarter, rel, season, year, year_of, year_zh, ym, ymd, ytd_months, ytd_quarters,
    },
};
use crate::domain::text::Span;

type Build = fn(&Captures<'_>, &str) -> Option<When>;

struct Form {
    pattern: Regex,
    fiscal: bool,
    build: Build,
}

const MONTH: &str = "(?i:jan(?:uary|\\.)?|feb(?:ruary|\\.)?|mar(?:ch|\\.)?|apr(?:il|\\.)?|may|june?|july?|aug(?:ust|\\.)?|sep(?:tember|t\\.?|\\.)?|oct(?:ober|\\.)?|nov(?:ember|\\.)?|dec(?:ember|\\.)?)";

const YEAR: &str = "(?:1[0-9]{3}|20[0-9]{2})";

const HAN_YEAR: &str = "[一二][一二三四五六七八九〇零○]{3}";

const HAN: &str = "[一二三四五六七八九十]{1,3}";

/// Longest and surest first: a later form never takes what an earlier one took.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    // Word bounds are those of ASCII: a year right after a Chinese character starts there, and matching stays fast.
    let form = |pattern: String, fiscal: bool, build: Build| Form {
        pattern: Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is fixed and tested"),
        fiscal,
        build,
    };
    let y = format!("(?P<y>{YEAR}|{HAN_YEAR})");
    let m = format!("(?P<m>1[0-2]|0?[1-9]|{HAN})");
    let d = format!("(?P<d>3[01]|[12][0-9]|0?[1-9]|{HAN})");
    let month = format!("(?P<mon>{MONTH})");
    let day = "(?P<d>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?";
    vec![
        // Chinese, with a year
        form(format!(r"{y}\s?年\s?{m}\s?月\s?{d}\s?[日号號]"), false, ymd),
        form(format!(r"{y}\s?年?\s?(?:1\s?[-—–~至到]\s?|前)(?P<m>1[0-2]|[2-9])\s?个?月(?:份)?"), false, ytd_months),
        form(format!(r"{y}\s?年\s?{m}\s?月(?:份|末|底|初)?"), false, ym),
        form(format!(r"{y}\s?年?(?:度)?\s?前(?P<q>[一二三1-3])个?季度"), false, ytd_quarters),
        form(format!(r"{y}\s?年?(?:度)?\s?第?\s?(?P<q>[一二三四1-4])\s?(?:季度|季报|季)"), false, quarter),
        form(format!(r"{y}\s?年?(?:度)?\s?[Qq](?P<q>[1-4])"), false, quarter),
        form(format!(r"{y}\s?年?(?:度)?\s?(?:上半年|半年度|半年报|中期|[Hh]1)"), false, |c, _| half(c, 1)),
        form(format!(r"{y}\s?年?(?:度)?\s?(?:下半年|[Hh]2)"), false, |c, _| half(c, 2)),
        form(format!(r"{y}\s?年(?:财年|财政年度|会计年度)"), true, year),
        form(format!(r"(?P<y>{YEAR})\s?(?:财年|财政年度|会计年度)"), true, year),
        // English, with a year
        form(format!(r"(?i)(?P<n>three|six|nine|twelve|3|6|9|12)[ -]months?(?: period)? (?:ended|ending|to) {month} {day},? (?P<y>{YEAR})"), false, months_ended),
        form(format!(r"\b{month}\s{day}\s?,?\s(?P<y>{YEAR})\b"), false, ymd),
        form(format!(r"\b{day}\s(?:of\s)?{month}\s?,?\s(?P<y>{YEAR})\b"), false, ymd),
        form(format!(r"\b(?P<d>3[01]|[12][0-9]|0?[1-9])-{month}-(?P<y>{YEAR})\b"), false, ymd),
        form(format!(r"\b{month}\s?,?\s(?:of\s)?(?P<y>{YEAR})\b"), false, ym),
        form(r"\b(?P<y>(?:19|20)[0-9]{2})(?:[-/.])(?P<m>1[0-2]|0?[1-9])(?:[-/.])(?P<d>3[01]|[12][0-9]|0?[1-9])\b".into(), false, ymd),
        form(r"\b(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12][0-9]|0?[1-9])/(?P<y>(?:19|20)[0-9]{2})\b".into(), false, ymd),
        form(r"\b(?P<d>3[01]|[12][0-9]|0?[1-9])[/.](?P<m>1[0-2]|0?[1-9])[/.](?P<y>(?:19|20)[0-9]{2})\b".into(), false, ymd),
        form(format!(r"(?i)\b(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter(?: of| in|,)?(?: the)?(?P<fy> fiscal(?: year)?| FY)?(?: year)? ?(?P<y>{YEAR})\b"), false, ordinal_quarter),
        form(format!(r"(?i)\b(?:first|1st) half(?: of| in|,)?(?: fiscal)?(?: year)? (?P<y>{YEAR})\b"), false, |c, _| half(c, 1)),
        form(format!(r"(?i)\b(?:second|2nd) half(?: of| in|,)?(?: fiscal)?(?: year)? (?P<y>{YEAR})\b"), false, |c, _| half(c, 2)),
        form(format!(r"(?i)\b(?:first )?(?:nine|9) months (?:of|in) (?P<y>{YEAR})\b"), false, |c, _| Some(When::YearToDate { year: year_of(c)?, months: 9 })),
        form(format!(r"\bQ(?P<q>[1-4])[ -]?(?:of )?(?:FY ?|CY ?)?['’]?(?P<y>{YEAR}|[0-9]{{2}})\b"), false, quarter),
        form(format!(r"\b(?P<q>[1-4])Q ?(?:FY ?)?['’]?(?P<y>{YEAR}|[0-9]{{2}})\b"), false, quarter),
        form(format!(r"\b(?P<y>{YEAR})[ -]?Q(?P<q>[1-4])\b"), false, quarter),
        form(format!(r"\bH(?P<h>[12])[ -]?(?:FY ?)?['’]?(?P<y>{YEAR}|[0-9]{{2}})\b"), false, |c, _| half(c, if &c["h"] == "1" { 1 } else { 2 })),
        form(format!(r"\b(?P<h>[12])H ?['’]?(?P<y>{YEAR}|[0-9]{{2}})\b"), false, |c, _| half(c, if &c["h"] == "1" { 1 } else { 2 })),
        form(format!(r"\b9M ?['’]?(?P<y>{YEAR}|[0-9]{{2}})\b"), false, |c, _| Some(When::YearToDate { year: year_of(c)?, months: 9 })),
        form(format!(r"(?i)\b(?:fiscal(?: years?)?|financial years?|FY)\s?['’]?(?P<y>{YEAR})\b"), true, year),
        form(r"\bFY\s?['’]?(?P<y>[0-9]{2})\b".into(), true, year),
        // Years
        form(r"\b(?P<y>(?:19|20)[0-9]{2})[-–—/](?P<z>[0-9]{2})\b".into(), false, season),
        form(r"\b(?P<y>(?:1[5-9]|20)[0-9]0)(?:'|’)?s\b".into(), false, |c, _| Some(When::Decade(c["y"].parse().ok()?))),
        form(r"(?P<y>[5-9]0|[五六七八九]十)年代".into(), false, decade_zh),
        form(r"\b(?P<y>(?:19|20)[0-9]{2})-(?P<m>1[0-2]|0[1-9])\b".into(), false, ym),
        form(format!(r"(?P<y>{YEAR}|{HAN_YEAR})\s?年(?:度|末|底|初|年度|年末|年底|年初)?"), false, year_zh),
        // Chinese, without a year
        form(format!(r"(?:^|[^0-9一二三四五六七八九十个])(?P<keep>{m}\s?月\s?{d}\s?[日号號])"), false, ymd),
        form(format!(r"(?P<m>{HAN})月(?P<d>[一二三]?十[一二三四五六七八九]?)(?:[^0-9一二三四五六七八九十个月年日天号]|$)"), false, lunar),
        form(r"前(?P<q>[一二三1-3])个?季度".into(), false, ytd_quarters),
        form(r"第?(?P<q>[一二三四1-4])(?:季度|季报)".into(), false, quarter),
        form(r"上半年|半年报|半年度".into(), false, |_, _| Some(When::Half { year: None, half: 1 })),
        form(r"下半年".into(), false, |_, _| Some(When::Half { year: None, half: 2 })),
        form(format!(r"(?:^|[^0-9一二三四五六七八九十个第])(?P<keep>{m}\s?月(?:份|初|末|底)?)"), false, bare_month),
        form(r"(?:^|[^0-9一二三四五六七八九十.,月])(?P<keep>(?P<d>3[01]|[12][0-9]|[1-9])[日号號])".into(), false, bare_day),
        form(r"(?:^|[^0-9一二三四五六七八九十百千零.,月第])(?P<keep>(?P<d>[一二]?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九])[号號])".into(), false, bare_day),
        // English, without a year
        form(format!(r"\b{month}\s{day}\b"), false, ymd),
        form(format!(r"\b{day}\s(?:of\s)?{month}\b"), false, ymd),
        form(format!(r"(?i)\b(?:in|since|by|until|till|of|last|next|early|late|mid|from|to|through|before|after|during|this)[ -](?P<keep>{month})\b"), false, bare_month_en),
        form(r"(?i)\b(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter\b".into(), false, ordinal_quarter),
        form(r"\bQ(?P<q>[1-4])\b".into(), false, quarter),
        form(r"\bH(?P<h>[12])\b".into(), false, bare_half),
        // Relative
        form(r"(?:上年|去年|上一年|前一年)(?:同期|同季)".into(), false, |_, _| rel(Relative::SamePeriodLastYear)),
        form(r"(?i)\b(?:same|corresponding|comparable|prior[- ]year) (?:period|quarter)(?: (?:of|in|a|last|the|prior|previous|year|earlier|ago)){0,4}\b".into(), false, |_, _| rel(Relative::SamePeriodLastYear)),
        form(r"去年|上年度?|上一年度?".into(), false, |_, _| rel(Relative::LastYear)),
        form(r"今年|本年度|当年度?".into(), false, |_, _| rel(Relative::ThisYear)),
        form(r"明年|下一?年度".into(), false, |_, _| rel(Relative::NextYear)),
        form(r"本季度".into(), false, |_, _| rel(Relative::ThisQuarter)),
        form(r"上一?季度|上季".into(), false, |_, _| rel(Relative::LastQuarter)),
        form(r"本月|当月".into(), false, |_, _| rel(Relative::ThisMonth)),
        form(r"上个?月".into(), false, |_, _| rel(Relative::LastMonth)),
        form(r"今[日天]|即日".into(), false, |_, _| rel(Relative::Today)),
        form(r"昨[日天]".into(), false, |_, _| rel(Relative::Yesterday)),
        form(r"明[日天]|次日".into(), false, |_, _| rel(Relative::Tomorrow)),
        form(r"(?i)\b(?:last|previous|prior) (?:fiscal )?year\b".into(), false, |_, _| rel(Relative::LastYear)),
        form(r"(?i)\b(?:this|current) (?:fiscal )?year\b".into(), false, |_, _| rel(Relative::ThisYear)),
        form(r"(?i)\bnext (?:fiscal )?year\b".into(), false, |_, _| rel(Relative::NextYear)),
        form(r"(?i)\b(?:last|previous|prior) quarter\b".into(), false, |_, _| rel(Relative::LastQuarter)),
        form(r"(?i)\b(?:this|current) quarter\b".into(), false, |_, _| rel(Relative::ThisQuarter)),
        form(r"(?i)\b(?:last|previous|prior) month\b".into(), false, |_, _| rel(Relative::LastMonth)),
        form(r"(?i)\byesterday\b".into(), false, |_, _| rel(Relative::Yesterday)),
        form(r"(?i)\b(?:TTM|LTM|trailing twelve months|last twelve months)\b|近十二个月|过去十二个月".into(), false, |_, _| Some(When::Trailing)),
        // A bare year, last: whatever is left of four digits that reads as one.
        form(r"(?:^|[^0-9A-Za-z.,$£€¥/\-–—第])(?P<keep>(?P<y>(?:1[5-9]|20)[0-9]{2}))(?:[^0-9A-Za-z%‰.,]|[.,](?:[^0-9]|$)|$)".into(), false, bare_year),
        form(r"(?:[0-9]{4}|年)\s?[-–—/至到]\s?(?P<keep>(?P<y>(?:1[5-9]|20)[0-9]{2}))(?:[^0-9A-Za-z%‰.,]|[.,](?:[^0-9]|$)|$)".into(), false, |c, _| Some(When::Year(c["y"].parse().ok()?))),
    ]
});

/// All dates of folded text, in order, without overlaps.
pub(super) fn dates(text: &str) -> Vec<DateMention> {
    let mut found: Vec<DateMention> = Vec::new();
    // Every form needs a digit, a Chinese numeral or one of the relative words; most sentences have none.
    if text.is_empty() {
        return found;
    }
    let mut taken = vec![false; text.len()];
    for form in FORMS.iter() {
        let mut at = 0;
        while let Some(captures) = form.pattern.captures_at(text, at) {
            let whole = captures.get(0).expect("group 0 always takes part");
            let kept = captures.name("keep").unwrap_or(whole);
            let span = Span::new(kept.start(), kept.end());
            // Forms with context around them may share it with their neighbour: go on right after the kept part.
            at = kept.end().max(at + 1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
            if at > text.len() {
                break;
            }
            if !span.is_empty()
                && !taken[span.start()..span.end()].contains(&true)
                && !starts_inside_number(text, span)
                && let Some(when) = (form.build)(&captures, text)
            {
                taken[span.start()..span.end()].fill(true);
                found.push(DateMention { span, when, fiscal: form.fiscal });
            }
        }
    }
    found.sort_by_key(|m| m.span);
    found
}

/// `12023年` and `3.2023年` do not hold a year, `三千二百年` no 二百年.
fn starts_inside_number(text: &str, span: Span) -> bool {
    let before = text[..span.start()].chars().next_back();
    let first = text[span.start()..].chars().next();
    match (before, first) {
        (Some(b), Some(f)) if f.is_ascii_digit() => b.is_ascii_digit(),
        (Some(b), Some(f)) if "一二三四五六七八九十".contains(f) => {
            "一二三四五六七八九十百千万〇零".contains(b)
        }
        _ => false,
    }
}
