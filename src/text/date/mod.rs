//! Dates and reporting periods, with the granularity at which they are told.
//!
//! Absolute ones come out as calendar years, halves, quarters, months and days; relative ones (去年, last year) stay
//! relative, because only the date of the document could resolve them.

mod build;
mod read;

use std::fmt;

use crate::domain::text::Span;

/// A date or a period in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateMention {
    /// Into the text that was parsed.
    pub span: Span,
    pub when: When,
    /// Told as a fiscal period (FY2023, fiscal 2023): need not be the calendar's.
    pub fiscal: bool,
}

/// The period that a mention names; missing parts were not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    Year(i32),
    /// 1 or 2.
    Half {
        year: Option<i32>,
        half: u8,
    },
    /// 1 to 4.
    Quarter {
        year: Option<i32>,
        quarter: u8,
    },
    /// From January to the end of this month: 前三季度 is 9.
    YearToDate {
        year: Option<i32>,
        months: u8,
    },
    Month {
        year: Option<i32>,
        month: u8,
    },
    Day {
        year: Option<i32>,
        month: Option<u8>,
        day: u8,
    },
    /// First year of the decade.
    Decade(i32),
    /// The last twelve months (TTM, LTM).
    Trailing,
    /// 去年, last year, 上年同期: told by a word only.
    Relative(Relative),
}

/// Words that place a period relative to the text's own date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relative {
    ThisYear,
    LastYear,
    NextYear,
    ThisQuarter,
    LastQuarter,
    ThisMonth,
    LastMonth,
    Today,
    Yesterday,
    Tomorrow,
    /// 上年同期, the same period of last year.
    SamePeriodLastYear,
}

/// How two mentions stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateRelation {
    Same,
    /// The source is finer and falls within: 2024-03-05 grounds "2024".
    Within,
    /// The source is coarser: "2024" does not ground "March 2024".
    Coarser,
    /// The same sort of period, another one.
    Different,
    /// Not comparable: a part that both would need was not told, or one is relative.
    Unclear,
}

/// All dates and periods of `text`, in order, never overlapping. Impossible dates (30 February) are none.
pub fn parse(text: &str) -> Vec<DateMention> {
    let folded = super::fold::Folded::new(text);
    read::dates(folded.text())
        .into_iter()
        .map(|mention| DateMention { span: folded.to_source(mention.span), ..mention })
        .collect()
}

/// The same over text that is folded already.
pub(super) fn parse_folded(text: &str) -> Vec<DateMention> {
    read::dates(text)
}

impl When {
    /// The same period so many years later; `None` where no year is told.
    #[must_use]
    pub fn years_later(self, years: i32) -> Option<Self> {
        let year = Some(self.year()?.checked_add(years)?);
        Some(match self {
            Self::Year(_) => Self::Year(year?),
            Self::Half { half, .. } => Self::Half { year, half },
            Self::Quarter { quarter, .. } => Self::Quarter { year, quarter },
            Self::YearToDate { months, .. } => Self::YearToDate { year, months },
            Self::Month { month, .. } => Self::Month { year, month },
            Self::Day { month, day, .. } => Self::Day { year, month, day },
            Self::Decade(_) | Self::Trailing | Self::Relative(_) => return None,
        })
    }

    pub const fn year(self) -> Option<i32> {
        match self {
            Self::Year(year) => Some(year),
            Self::Half { year, .. }
            | Self::Quarter { year, .. }
            | Self::YearToDate { year, .. }
            | Self::Month { year, .. }
            | Self::Day { year, .. } => year,
            Self::Decade(_) | Self::Trailing | Self::Relative(_) => None,
        }
    }

    /// First and last day as month × 100 + day, where the months are known.
    const fn within_year(self) -> Option<(u16, u16)> {
        match self {
            Self::Year(_) => Some((101, 1231)),
            Self::Half { half, .. } => Some(if half == 1 { (101, 631) } else { (701, 1231) }),
            Self::Quarter { quarter, .. } => {
                let first = (quarter as u16 - 1) * 3 + 1;
                Some((first * 100 + 1, (first + 2) * 100 + 31))
            }
            Self::YearToDate { months, .. } => Some((101, months as u16 * 100 + 31)),
            Self::Month { month, .. } => Some((month as u16 * 100 + 1, month as u16 * 100 + 31)),
            Self::Day { month: Some(month), day, .. } => {
                let at = month as u16 * 100 + day as u16;
                Some((at, at))
            }
            Self::Day { month: None, .. } | Self::Decade(_) | Self::Trailing | Self::Relative(_) => None,
        }
    }

    /// Seen from a claim: how a source's period stands to this one.
    pub fn against(self, source: Self) -> DateRelation {
        if self == source {
            return DateRelation::Same;
        }
        match (self, source) {
            (Self::Relative(_) | Self::Trailing, _) | (_, Self::Relative(_) | Self::Trailing) => {
                return DateRelation::Unclear;
            }
            (Self::Decade(decade), other) | (other, Self::Decade(decade)) => {
                return match other.year() {
                    // "the 1700s" may be the decade or the century.
                    Some(year)
                        if year - year.rem_euclid(10) == decade
                            || (decade % 100 == 0 && year - year.rem_euclid(100) == decade) =>
                    {
                        if matches!(self, Self::Decade(_)) { DateRelation::Within } else { DateRelation::Coarser }
                    }
                    Some(_) => DateRelation::Different,
                    None => DateRelation::Unclear,
                };
            }
            (Self::Day { month: None, day: a, .. }, Self::Day { day: b, .. }) if a != b => {
                return DateRelation::Different;
            }
            (Self::Day { month: None, .. }, Self::Day { .. }) => return DateRelation::Within,
            _ => {}
        }
        let years = match (self.year(), source.year()) {
            (Some(a), Some(b)) if a != b => return DateRelation::Different,
            (Some(_), Some(_)) | (None, None) => DateRelation::Same,
            (None, Some(_)) => DateRelation::Within,
            (Some(_), None) => DateRelation::Coarser,
        };
        let (Some(mine), Some(theirs)) = (self.within_year(), source.within_year()) else {
            return DateRelation::Unclear;
        };
        if mine == theirs {
            return years;
        }
        if mine.0 <= theirs.0 && theirs.1 <= mine.1 {
            // A cumulative period is a sum, not a place in time: Q3 is not 前三季度.
            let cumulative = |w: Self| matches!(w, Self::YearToDate { .. } | Self::Half { .. } | Self::Quarter { .. });
            if cumulative(self) && cumulative(source) {
                return DateRelation::Different;
            }
            return if years == DateRelation::Coarser { DateRelation::Coarser } else { DateRelation::Within };
        }
        if theirs.0 <= mine.0 && mine.1 <= theirs.1 {
            let cumulative = |w: Self| matches!(w, Self::YearToDate { .. } | Self::Half { .. } | Self::Quarter { .. });
            if cumulative(self) && cumulative(source) {
                return DateRelation::Different;
            }
            return DateRelation::Coarser;
        }
        DateRelation::Different
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = |y: Option<i32>| y.map_or_else(|| "????".to_owned(), |y| y.to_string());
        match *self {
            Self::Year(y) => write!(f, "{y}"),
            Self::Half { year: y, half } => write!(f, "{}-H{half}", year(y)),
            Self::Quarter { year: y, quarter } => write!(f, "{}-Q{quarter}", year(y)),
            Self::YearToDate { year: y, months } => write!(f, "{}-01..{months:02}", year(y)),
            Self::Month { year: y, month } => write!(f, "{}-{month:02}", year(y)),
            Self::Day { year: y, month, day } => {
                write!(f, "{}-{}-{day:02}", year(y), month.map_or_else(|| "??".to_owned(), |m| format!("{m:02}")))
            }
            Self::Decade(y) => write!(f, "{y}s"),
            Self::Trailing => f.write_str("TTM"),
            Self::Relative(r) => f.write_str(match r {
                Relative::ThisYear => "this year",
                Relative::LastYear => "last year",
                Relative::NextYear => "next year",
                Relative::ThisQuarter => "this quarter",
                Relative::LastQuarter => "last quarter",
                Relative::ThisMonth => "this month",
                Relative::LastMonth => "last month",
                Relative::Today => "today",
                Relative::Yesterday => "yesterday",
                Relative::Tomorrow => "tomorrow",
                Relative::SamePeriodLastYear => "same period of last year",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        parse(text).iter().map(|m| m.when.to_string()).collect()
    }

    #[test]
    fn formats_of_both_languages() {
        for (text, expected) in [
            ("二〇二一年一月一日起施行", vec!["2021-01-01"]),
            ("自2021年1月1日起", vec!["2021-01-01"]),
            ("January 1, 2021", vec!["2021-01-01"]),
            ("on 1 Jan 2021.", vec!["2021-01-01"]),
            ("the 1st of January 2021", vec!["2021-01-01"]),
            ("2021-01-01", vec!["2021-01-01"]),
            ("2021/1/1", vec!["2021-01-01"]),
            ("2021.01.01", vec!["2021-01-01"]),
            ("２０２１年１月１日", vec!["2021-01-01"]),
            ("2024年3月", vec!["2024-03"]),
            ("2024年度营业收入", vec!["2024"]),
            ("March 2024", vec!["2024-03"]),
            ("2023年第三季度", vec!["2023-Q3"]),
            ("2023年前三季度", vec!["2023-01..09"]),
            ("Q3 2023", vec!["2023-Q3"]),
            ("third quarter of 2023", vec!["2023-Q3"]),
            ("3Q23", vec!["2023-Q3"]),
            ("2023年上半年", vec!["2023-H1"]),
            ("H1 2023", vec!["2023-H1"]),
            ("first half of 2023", vec!["2023-H1"]),
            ("the nine months ended September 30, 2023", vec!["2023-01..09"]),
            ("FY2023", vec!["2023"]),
            ("fiscal year 2023", vec!["2023"]),
            ("in 2008 and 2012", vec!["2008", "2012"]),
            ("from 2019 to 2021", vec!["2019", "2021"]),
            ("2019-2021年", vec!["2019", "2021"]),
            ("the 1990s", vec!["1990s"]),
            ("2000 patients", vec![]),
            ("a total of 2,000", vec![]),
            ("12月31日", vec!["????-12-31"]),
            ("2023年12月31日止", vec!["2023-12-31"]),
            ("2023年半年报", vec!["2023-H1"]),
            ("去年同期", vec!["same period of last year"]),
            ("TTM revenue", vec!["TTM"]),
            ("you may 5 times", vec![]),
            ("2021年2月30日", vec!["2021"]),
            ("一九四九年十月一日", vec!["1949-10-01"]),
            ("二○二四年", vec!["2024"]),
            ("2024年12月至2025年3月", vec!["2024-12", "2025-03"]),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_no_dates() {
        for text in
            ["三年", "30日内", "十五个工作日", "3个月", "72 hours", "三十日以内", "5 years", "2型糖尿病", "20日以上"]
        {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn granularity() {
        let one = |text: &str| parse(text).first().map(|m| m.when).expect("a date");
        for (claim, source, relation) in [
            ("2024年", "2024年3月5日", DateRelation::Within),
            ("2024年3月", "2024年", DateRelation::Coarser),
            ("2024年3月", "March 2024", DateRelation::Same),
            ("2024年3月", "2024年4月", DateRelation::Different),
            ("2023年", "2024年", DateRelation::Different),
            ("2023年第三季度", "2023年前三季度", DateRelation::Different),
            ("Q3 2023", "2023-08-01", DateRelation::Within),
            ("2023年", "2023年第三季度", DateRelation::Within),
            ("12月31日", "2023年12月31日", DateRelation::Within),
            ("去年", "2023年", DateRelation::Unclear),
        ] {
            assert_eq!(one(claim).against(one(source)), relation, "{claim} / {source}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_slice(text in "[\\PC0-9年月日QFY/.\\-]{0,60}") {
            let mut at = 0;
            for mention in parse(&text) {
                prop_assert!(mention.span.of(&text).is_some());
                prop_assert!(mention.span.start() >= at);
                at = mention.span.end();
            }
        }
    }
}
