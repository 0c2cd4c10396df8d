//! The unit that a table states once for all its figures, and what a figure is.

use std::sync::LazyLock;

use regex::Regex;

/// "单位：万元", "金额单位：人民币千元"; not "编制单位：某公司" or "用人单位：", which name a body.
static ZH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[^制报送管用人责任设工属位计理]|计量)单\s*位\s*[:：]\s*(?:人民币)?\s*([^\s\d，。；;、,()（）:：]{1,8})",
    )
    .expect("a constant pattern")
});

/// "(in thousands, except per share data)", "US$ in millions", "Unit: mg".
static EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:in|[$€£])\s+(thousand|million|billion)s?\b|\bin\s+0{3}s\b|\bunits?\s*:\s*([a-z%/]{1,12})\b")
        .expect("a constant pattern")
});

/// A unit in brackets at the end of a heading: "营业收入（万元）", "Share (%)".
static BRACKETED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[(（]\s*([^()（）\d]{1,12}?)\s*[)）]\s*$").expect("a constant pattern"));

/// Chinese units as tables write them.
static ZH_UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:人民币|单位[:：])?((?:[十百千万亿]{0,2}(?:元|美元|港元|欧元|日元|股|份|人|户|吨|千克|公斤|克|件|套|台|辆|只|平方米|亩|公顷|千瓦时|度)(?:/[\p{Han}a-zA-Z]{1,4})?)|%|％|‰|个百分点|倍)$",
    )
    .expect("a constant pattern")
});

/// Units of English tables and of measurement.
static EN_UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(%|‰|[kmcμun]?(?:g|m|L|l|mol|Pa|W|J|Hz|V|A|Gy|Sv)(?:/(?:[kdmcμu]?[a-zA-Z]{1,3}))?|mmHg|kWh|IU(?:/[a-zA-Z]{1,2})?|°C|℃|days?|hours?|years?|months?|weeks?)$")
        .expect("a constant pattern")
});

/// What the figures of some rows and columns count instead of money: ratios, numbers of things, years, codes.
static OTHER_KIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)率|比例|占比|比重|同比|环比|增减|增长|幅度|[%％‰]|每股|每10股|数量|户数|人数|家数|股数|序号|编号|代码|附注|年份|年限|日期|次数|天数|期限|\bper\s+(?:\w+\s+){0,2}(?:share|ads|unit)\b|\beps\b|\bpercent|\bratio\b|\brates?\b|\bnumber of\b|\bshares\b|\bno\.|\bdates?\b|\byears?\s+ended\b.*\bno|\bnotes?\b|\bexpir|\bmaturity\b|到期|^(?:(?:total|average|full[- ]time)\s+)*(?:employees|headcount|staff|stores|restaurants|branches|subscribers)(?:\s*\(\w+\))?$|^(?:在职)?(?:员工|职工)(?:总?数)?$|^门店(?:总?数)?$",
    )
    .expect("a constant pattern")
});

/// A currency with its scale at the end of a heading: "£m", "2019 RMB’000", "$ million", "(US$ in thousands)".
static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[\s(（])((?:us|hk|nt|[acrs])?[$€£¥￥]|rmb|cny|usd|eur|gbp|hkd)\s?['’‘]?(?:in\s+)?(?:(000s?|k|thousands?)|(mm?n?|millions?)|(bn|billions?))\s*[)）]?$",
    )
    .expect("a constant pattern")
});

/// Written behind each figure of a table that states it, and a currency before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    currency: String,
    name: String,
}

impl Unit {
    fn called(name: &str) -> Self {
        Self { currency: String::new(), name: name.to_owned() }
    }

    pub fn is_ratio(&self) -> bool {
        matches!(self.name.as_str(), "%" | "％" | "‰" | "倍" | "个百分点")
    }

    /// The unit that a line above a table, or a cell in its first rows, states for the whole table.
    pub fn stated(text: &str) -> Option<Self> {
        if let Some(found) = ZH.captures(text) {
            return Some(Self::called(&found[1]));
        }
        let found = EN.captures(text)?;
        let word = match (found.get(1), found.get(2)) {
            (Some(scale), _) => scale.as_str().to_lowercase(),
            (None, Some(unit)) => unit.as_str().to_owned(),
            _ => "thousand".to_owned(),
        };
        Some(Self::called(&word))
    }

    /// The unit that a heading of a row or column gives in brackets.
    pub fn bracketed(heading: &str) -> Option<Self> {
        let inside = BRACKETED.captures(heading)?.get(1)?.as_str();
        Self::named(inside)
    }

    /// `text` as a unit, where it is nothing else.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(found) = ZH_UNIT.captures(text) {
            return Some(Self::called(&found[1]));
        }
        EN_UNIT.is_match(text).then(|| Self::called(text))
    }

    /// A currency and its scale at the end of a heading, and the rest of it.
    pub fn money(heading: &str) -> Option<(Self, &str)> {
        let found = MONEY.captures(heading)?;
        let name = match (found.get(2), found.get(3)) {
            (Some(_), _) => "thousand",
            (None, Some(_)) => "million",
            (None, None) => "billion",
        };
        let rest = heading[..found.get(0)?.start()].trim_end();
        Some((Self { currency: found[1].to_uppercase(), name: name.to_owned() }, rest))
    }

    /// A scale with the currency that the figures of the table's first row bear, and as it was where it is no scale or has
    /// a currency, where that row bears none, and where any figure, of that row or the `rest`, bears another. Statements
    /// write the sign in their first row and in totals, and mean it for the rows between.
    #[must_use]
    pub fn in_currency_of<'a>(self, first: &[&'a str], rest: impl Iterator<Item = &'a str>) -> Self {
        let is_scale = matches!(self.name.as_str(), "thousand" | "million" | "billion");
        let mut signs = first.iter().copied().filter_map(sign_of);
        let Some(sign) = signs.next().filter(|_| is_scale && !self.is_money()) else { return self };
        let is_only = signs.chain(rest.filter_map(sign_of)).all(|other| other == sign);
        if is_only { Self { currency: sign.to_owned(), ..self } } else { self }
    }

    /// As it stands behind figures that count things beside others that are money.
    #[must_use]
    pub fn without_currency(&self) -> Self {
        Self::called(&self.name)
    }

    pub fn is_money(&self) -> bool {
        !self.currency.is_empty()
    }

    /// `figure` with the unit behind it, unless it has one or is none.
    pub fn behind(&self, figure: &str) -> String {
        if !is_figure(figure) {
            return figure.to_owned();
        }
        let mut number = signed(figure);
        if self.is_money() && !number.contains(['$', '€', '£', '¥', '￥']) {
            let sign = usize::from(number.starts_with(['-', '−']));
            let at = number.char_indices().nth(sign).map_or(0, |(at, _)| at);
            let room = if self.currency.ends_with(char::is_alphabetic) { " " } else { "" };
            number.insert_str(at, &format!("{}{room}", self.currency));
        }
        let room = if self.name.starts_with(|c: char| c.is_ascii_alphabetic()) { " " } else { "" };
        format!("{number}{room}{}", self.name)
    }
}

/// The sign of the currency that a figure bears.
fn sign_of(figure: &str) -> Option<&str> {
    static SIGN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[(（]?\s*[-−]?\s*((?:US|HK)?[$€£])\s*[-−]?\d").expect("a constant pattern"));
    Some(SIGN.captures(figure.trim())?.get(1)?.as_str())
}

/// Whether the figures beside this name count people or things, which bear no currency although the rows around them do.
pub fn counts_things(label: &str) -> bool {
    static THINGS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:subscri(?:bers|ptions)|users|customers|members|patients|passengers|visitors|vehicles|units|transactions|orders|deliveries|shipments|barrels|boe|tons|tonnes|ounces|pounds|gallons|miles|hours|acres|square (?:feet|meters|metres)|[kmg]wh|volumes?|households|homes|rooms|policies|contracts)\b",
        )
        .expect("a constant pattern")
    });
    static MONEY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)revenue|sales|income|earning|profit|loss|gain|cost|expense|receivable|payable|deposit|\bdue\b|loan|debt|cash|asset|liabilit|equity|tax|fee|margin|paid|payment|proceed|interest|charge|value|amount|backlog|claim|benefit|provision|reserve|bad\b|price|spend|invest|dividend|distribution|purchase|obligation|\bnet\b",
        )
        .expect("a constant pattern")
    });
    THINGS.is_match(label) && !MONEY.is_match(label)
}

/// Whether the unit of the table holds for figures under, or beside, this heading.
pub fn counts_what_the_table_counts(heading: &str) -> bool {
    // "增减额" and "变动金额" are money again.
    !OTHER_KIND.is_match(heading) || heading.contains('额')
}

/// A number and nothing else: digits with separators, a sign or accounting brackets, a currency before it.
pub fn is_figure(text: &str) -> bool {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[(（]?\s*[-+−–]?\s*(?:US|HK|RMB|CN)?[$¥￥€£]?\s*[-−]?\d[\d,，]*(?:\.\d+)?\s*[)）]?$")
            .expect("a constant pattern")
    });
    FIGURE.is_match(text.trim())
}

/// A figure, or one with a unit behind it: it begins with a digit, and is short or mostly digits.
///
/// "95% CI" heads intervals.
pub fn is_numeric(text: &str) -> bool {
    static INTERVAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\d{2}(?:\.\d)?\s?[%％]\s?(?:C\.?I\b|CrI\b|confidence|credible|置信|可信)")
            .expect("a constant pattern")
    });
    const AROUND: &[char] = &['(', '（', '-', '−', '+', '±', '<', '>', '≤', '≥', '$', '¥', '￥', '€', '£', ' '];
    let text = text.trim();
    // An interval: "[0.73, 0.85]". "[1]" is a note.
    let interval =
        text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|rest| rest.contains([',', ';', '–']));
    let text = interval.unwrap_or(text).trim_start_matches(AROUND);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let all = text.chars().filter(|c| !c.is_whitespace()).count();
    text.starts_with(|c: char| c.is_ascii_digit()) && (all <= 10 || digits * 2 > all) && !INTERVAL.is_match(text)
}

/// A year, a day or a span of time, which heads columns although it is written in digits.
pub fn is_date(text: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^(?:
                (?:19|20)\d\d (?: \s*年.{0,8} | [a-z]? | [-/.]\d{1,2}(?:[-/.]\d{1,2})? | \s*[qh][1-4] )
                    (?: \s*\(\d{1,2}\) )?
                | (?:19|20)\d\d \s* (?:[a-z]{1,3})?[$€£¥]? ['’]?(?:000|m|mn|bn|million|thousand|billion)?
                | (?:19|20)\d\d \s* [-–—]
                | \d{1,2}, (?:\s*(?:19|20)\d\d)? (?: \s*\(\d{1,2}\) )?
                | [qh][1-4] \s* (?:19|20)\d\d | fy \s* \d{2,4}
                | \d{1,2} \s* 月 (?:\s*\d{1,2}\s*日)?
                | (?:19|20)\d\d \s* (?:[-/–]|and|to|vs\.?|versus|over|from) \s* (?:19|20)\d\d
                | \d+ (?:\s*(?:[-~～至到—–]|to)\s*\d+)? \s* (?:年|个月|月|天|日|岁|周|years?|quarters?|months?|weeks?|days?) (?:以内|以上|以下|末|初)?
                | (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \s+ \d{1,2},? (?:\s+\d{4})?
                | \d{1,2} \s+ (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (?:\s+\d{4})?
            )$",
        )
        .expect("a constant pattern")
    });
    DATE.is_match(text.trim())
}

/// The number of a page before the first, as tables of contents have it. "x" and "v" mean other things too.
pub fn is_page(text: &str) -> bool {
    static PAGE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^x{0,3}(?:ix|iv|v?i{0,3})$").expect("a constant pattern"));
    !matches!(text, "" | "x" | "v") && PAGE.is_match(text)
}

/// The sign or code of a currency, and nothing else.
pub fn is_currency(text: &str) -> bool {
    const SIGNS: &[&str] = &["$", "US$", "HK$", "NT$", "S$", "C$", "A$", "R$", "€", "£", "¥", "￥", "RMB"];
    SIGNS.contains(&text)
}

/// A mark that says that there is nothing.
pub fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.chars().all(|c| matches!(c, '-' | '–' | '—' | '－' | '/' | '─'))
}

/// Accounting brackets are a minus, and a currency stands close.
fn signed(figure: &str) -> String {
    let text = figure.trim();
    let inner = text
        .strip_prefix(['(', '（'])
        .and_then(|text| text.strip_suffix([')', '）']))
        .map(|inner| format!("-{}", inner.trim()));
    inner.as_deref().unwrap_or(text).chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_units_are_read_and_bodies_are_not() {
        for (text, unit) in [
            ("单位：万元", Some("万元")),
            ("单位：元 币种：人民币", Some("元")),
            ("（金额单位：人民币千元）", Some("千元")),
            ("2023年度 单位:亿元", Some("亿元")),
            ("编制单位：某某股份有限公司", None),
            ("用人单位：甲公司", None),
            ("建设单位：乙公司", None),
            ("合并资产负债表单位：万元", Some("万元")),
            ("(in thousands, except per share data)", Some("thousand")),
            ("Amounts in US$ millions", Some("million")),
            ("(US$ in millions)", Some("million")),
            ("Balance sheets", None),
        ] {
            assert_eq!(Unit::stated(text), unit.map(Unit::called), "{text}");
        }
        for (heading, unit) in [
            ("基本每股收益（元/股）", "元/股"),
            ("占比(%)", "%"),
            ("剂量 (mg/kg)", "mg/kg"),
            ("收入（人民币万元）", "万元"),
        ] {
            assert_eq!(Unit::bracketed(heading), Some(Unit::called(unit)), "{heading}");
        }
        assert_eq!(Unit::bracketed("其他（注）"), None);
    }

    #[test]
    fn a_currency_with_its_scale_heads_columns() {
        for (heading, figure, rest, written) in [
            ("£m", "(42.7)", "", "-£42.7 million"),
            ("2019 RMB’000", "5,200", "2019", "RMB 5,200 thousand"),
            ("30 June 2019 $'000", "$ 1", "30 June 2019", "$1 thousand"),
            ("2019 RMB’Million", "123,093", "2019", "RMB 123,093 million"),
            ("€ million", "713", "", "€713 million"),
            ("$ MILLION", "12.5%", "", "12.5%"),
            ("2019 (US$ in thousands)", "7", "2019", "US$7 thousand"),
            ("Fees HK$bn", "7", "Fees", "HK$7 billion"),
        ] {
            let (unit, left) = Unit::money(heading).expect(heading);
            assert_eq!((left, unit.behind(figure).as_str()), (rest, written), "{heading}");
        }
        for heading in ["2019", "in £", "Term $m and more", "from", "$000-50 fee", "item", "Program"] {
            assert_eq!(Unit::money(heading), None, "{heading}");
        }
        for written in [
            "RMB 5,200 thousand",
            "-£42.7 million",
            "US$7 thousand",
            "HK$7 billion",
            "-USD 8.7 million",
            "-S$2,329 million",
        ] {
            let read = crate::text::quantity::parse(written);
            let surfaces: Vec<&str> = read.iter().map(|quantity| quantity.surface.as_str()).collect();
            assert_eq!(surfaces, [written], "as the verifier reads it");
        }
    }

    #[test]
    fn units_go_behind_figures_only() {
        let unit = Unit::called("万元");
        for (cell, written) in [
            ("1,234.50", "1,234.50万元"),
            ("(1,234.5)", "-1,234.5万元"),
            ("-3", "-3万元"),
            ("12.3%", "12.3%"),
            ("3亿元", "3亿元"),
            ("不适用", "不适用"),
            ("2023-12-31", "2023-12-31"),
        ] {
            assert_eq!(unit.behind(cell), written);
        }
        assert_eq!(Unit::called("thousand").behind("$ 6,214"), "$6,214 thousand");
        assert!(counts_what_the_table_counts("营业收入") && counts_what_the_table_counts("同比增减额"));
        assert!(!counts_what_the_table_counts("毛利率") && !counts_what_the_table_counts("Earnings per share"));
        assert!(!counts_what_the_table_counts("Per Common Share Data / Book Value"));
        assert!(is_date("2023年12月31日") && is_date("2023") && !is_date("2,023") && !is_date("1234"));
        assert!(is_date("2019 (1)") && is_date("26, 2019") && is_date("2018 €m") && is_date("2018 $’000"));
        assert!(!is_date("2019 (17)%") && !is_date("26, 201"));
        assert!(is_date("June 30, 2023") && is_date("1年以内") && is_date("1-2年"));
        assert!(is_numeric("12.5%") && is_numeric("3.5亿") && !is_numeric("A1") && !is_numeric("第3项内容"));
        assert!(is_numeric("5 mg") && is_numeric("(0.02)") && !is_numeric("2 mg twice daily with food"));
    }
}
