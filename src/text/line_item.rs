//! The lines of financial statements under one name each: what analysts write for short, and what the statements
//! themselves write, which differs from one set of rules to the next.
//!
//! Chinese names are those of the rules for annual reports (公开发行证券的公司信息披露内容与格式准则第2号), English ones those
//! of US-GAAP filings. Only names that mean the same figure of the same statement are here: 净利润 is not
//! 归属于上市公司股东的净利润, 营业总收入 is not 营业收入, and "profit" is left alone.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use regex::{Captures, Regex};

/// A name, and others for the same line. A name that stands for itself keeps a shorter one from being found in it.
const LINES: [(&str, &[&str]); 22] = [
    (
        "归属于上市公司股东的扣除非经常性损益的净利润",
        &[
            "归属于上市公司股东的扣除非经常性损益后的净利润",
            "归属于上市公司股东的扣非净利润",
            "归属于母公司股东的扣除非经常性损益的净利润",
            "归属于母公司所有者的扣除非经常性损益的净利润",
            "扣除非经常性损益后归属于母公司股东的净利润",
            "扣除非经常性损益后归属于上市公司股东的净利润",
            "扣非后归母净利润",
            "扣非归母净利润",
            "归母扣非净利润",
            "扣非净利润",
        ],
    ),
    (
        "归属于上市公司股东的净利润",
        &[
            "归属于母公司股东的净利润",
            "归属于母公司所有者的净利润",
            "归属于本公司股东的净利润",
            "归属于公司股东的净利润",
            "归属母公司股东的净利润",
            "归母净利润",
            "归母净利",
        ],
    ),
    (
        "归属于上市公司股东的净资产",
        &[
            "归属于上市公司股东的所有者权益",
            "归属于母公司所有者权益合计",
            "归属于母公司股东的净资产",
            "归属于母公司所有者的净资产",
            "归母净资产",
        ],
    ),
    (
        "经营活动产生的现金流量净额",
        &["经营活动现金流量净额", "经营活动现金流净额", "经营性现金流净额", "经营性净现金流", "经营现金流净额"],
    ),
    ("投资活动产生的现金流量净额", &["投资活动现金流量净额", "投资活动现金流净额"]),
    ("筹资活动产生的现金流量净额", &["筹资活动现金流量净额", "筹资活动现金流净额"]),
    ("营收入", &[]),
    ("营业收入", &["营收"]),
    ("资产总计", &["资产总额", "总资产"]),
    ("负债合计", &["负债总额", "总负债"]),
    ("所有者权益合计", &["股东权益合计", "所有者权益（或股东权益）合计"]),
    ("earnings per share", &["EPS"]),
    ("net income", &["net earnings"]),
    ("research and development", &["R&D"]),
    ("selling, general and administrative", &["SG&A"]),
    ("general and administrative", &["G&A"]),
    ("cost of goods sold", &["COGS"]),
    ("depreciation and amortization", &["D&A", "depreciation and amortisation"]),
    ("capital expenditures", &["capex", "capital expenditure"]),
    ("operating expenses", &["opex"]),
    ("property, plant and equipment", &["PP&E", "property, plant & equipment"]),
    ("free cash flow", &["FCF"]),
];

/// Every name in lower case, with the one to write for it.
static NAMES: LazyLock<(Regex, HashMap<String, &'static str>)> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for (name, others) in LINES {
        names.insert(name.to_owned(), name);
        names.extend(others.iter().map(|other| (other.to_lowercase(), name)));
    }
    let mut alternatives: Vec<String> = names
        .keys()
        .map(|name| {
            let literal = regex::escape(name);
            if name.is_ascii() { format!(r"\b{literal}\b") } else { literal }
        })
        .collect();
    // The first alternative that fits is taken, so the longer ones come first.
    alternatives.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let pattern = Regex::new(&format!("(?i){}", alternatives.join("|"))).expect("escaped names compile");
    (pattern, names)
});

/// The text with every line under its one name.
pub fn named_alike(text: &str) -> Cow<'_, str> {
    let (pattern, names) = &*NAMES;
    pattern.replace_all(text, |found: &Captures<'_>| {
        names.get(&found[0].to_lowercase()).map_or_else(|| found[0].to_owned(), |name| (*name).to_owned())
    })
}

/// Whether the text calls a line by a name that another line has, too: 营收 may be 营业总收入. Then a figure of the one line
/// that is not the claimed one contradicts nothing.
pub fn is_vague(text: &str) -> bool {
    text.match_indices("营收").any(|(at, found)| !text[at + found.len()..].starts_with('入'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_written_out() {
        for (text, alike) in [
            ("2023年归母净利润为4.56亿元", "2023年归属于上市公司股东的净利润为4.56亿元"),
            ("归属于母公司所有者的净利润", "归属于上市公司股东的净利润"),
            ("扣非净利润下降", "归属于上市公司股东的扣除非经常性损益的净利润下降"),
            ("营收增长", "营业收入增长"),
            ("Diluted EPS was $1.20", "Diluted earnings per share was $1.20"),
            ("SG&A expenses; R&D", "selling, general and administrative expenses; research and development"),
            ("Net earnings rose", "net income rose"),
        ] {
            assert_eq!(named_alike(text), alike);
        }
    }

    #[test]
    fn a_name_of_two_lines_is_vague() {
        assert!(is_vague("2023年营收为5亿元") && !is_vague("运营收入为5亿元") && !is_vague("营业收入"));
    }

    #[test]
    fn other_lines_keep_their_names() {
        for text in [
            "运营收入为5元",
            "经营收入为5元",
            "营业总收入、营业收入与净利润",
            "营业外收入",
            "归属于少数股东的净利润",
            "归属于上市公司股东的扣除非经常性损益的净利润",
            "steps and FCFF",
            "gross profit, net profit, comprehensive income",
        ] {
            assert_eq!(named_alike(text), text);
        }
    }

    #[test]
    fn a_name_leads_to_one_line() {
        let all: Vec<String> = LINES
            .iter()
            .flat_map(|(name, others)| std::iter::once(name).chain(others.iter()))
            .map(|name| name.to_lowercase())
            .collect();
        let distinct: std::collections::HashSet<&String> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
        for (name, _) in LINES {
            assert_eq!(named_alike(name), name, "what is written out stays as it is");
        }
    }
}
