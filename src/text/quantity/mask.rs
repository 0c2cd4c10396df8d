//! What looks like a number but measures nothing: article and clause numbers, identifiers, dates, times of day, list
//! and citation marks, words that merely hold a numeral character (一般, 二甲双胍, COVID-19).

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use crate::text::date::DateMention;

/// Patterns over folded text; the whole match is masked, or its group `m` where there is one.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const HAN: &str = "一二三四五六七八九十百千零〇○两";
    [
        r"(?i)(?:https?://|www\.)\S+|\S+@\S+\.\w+|\b10\.\d{4,9}/\S+".to_owned(),
        // 第三条之一, 第1254条, 第三至五章, 第（二）项
        format!(
            r"第\s?[(]?[0-9{HAN}]+[)]?(?:\s?[-—–~至到、]\s?第?\s?[(]?[0-9{HAN}]+[)]?)?\s?(?:条|款|项|目|章|节|编|号|届|次|期|批|版|页|个|名|位|代|方|类|阶段|步|卷|册|集|轮|年|天|日|周|月|级|人)?(?:之[一二三四五六七八九十])?"
        ),
        // 12 CFR 1002.2, 17 U.S.C. § 105
        r"(?i)\b\d+\s?(?:C\.?F\.?R\.?|U\.?S\.?C\.?(?:A\.)?|Fed\. ?Reg\.|U\.S\.|F\.[23]d|S\. ?Ct\.|Stat\.)\s?(?:§+\s?|part\s)?\d[\d.]*(?:\([a-zA-Z0-9]+\))*".to_owned(),
        // Article 5(1)(a), Sections 3 to 5, § 1002.2, Table 3, type 2, phase 3, No. 12
        r"(?i)(?:\b(?:articles?|arts?\.|sections?|secs?\.|subsections?|clauses?|rules?|paragraphs?|paras?\.?|schedules?|chapters?|parts?|figures?|figs?\.|tables?|exhibits?|appendix|annex|annexes|items?|notes?|regulations?|amendments?|titles?|forms?|steps?|types?|phases?|stages?|grades?|class|levels?|tiers?|versions?|no\.|nos\.|number|pages?|pp?\.|volumes?|vols?\.|room|suite|box|model|chromosome|category|recitals?|directive|regulation \(EU\)|covid|day|week|group|arm|cohort|series)|§+|#)\s?\d+(?:[./-]\d+)*[A-Za-z]?(?:\([a-zA-Z0-9]{1,4}\))*(?:\s?(?:,|to|and|or|through|-|–)\s?\d+(?:\.\d+)*[A-Za-z]?(?:\([a-zA-Z0-9]{1,4}\))+)*(?:\s?(?:to|through|-|–)\s?\d+\b)?".to_owned(),
        // (2023)京01民终123号, 国发〔2020〕5号
        r"[〔\[(]\s?(?:19|20)\d{2}\s?[〕\])][^\s,。;、]{0,20}?\d+(?:-\d+)?\s?号".to_owned(),
        r"\d+\s?(?:号|型|代|版|线|楼|室|栋|单元)".to_owned(),
        format!(r"[{HAN}]+(?:型|号楼|号线|号文)"),
        // 600519.SH, 10-K, 401(k), 24/7, 18-character credit codes, CAS and telephone numbers
        r"\b\d{4,6}\.(?:SH|SZ|HK|BJ|SS|OF)\b|\b\d{1,2}-[A-Z]\b|\b401\(k\)|\b24/7\b|\b[0-9A-Z]{18}\b|\b\d{2,7}-\d{2}-\d\b|\b\d{3,4}-\d{7,8}\b|\b1[3-9]\d{9}\b|\b\d{3}-\d{3}-\d{4}\b|\b\d{13,}\b".to_owned(),
        // Times of day, ratios with a colon
        r"\b\d{1,4}:\d{1,4}(?::\d{2})?(?:\.\d+)?\b|\b\d{1,2}\s?(?:a\.?m\b|p\.?m\b|o['’]clock)|\d{1,2}[时點点]\d{0,2}分?".to_owned(),
        // Citation marks and numbers of a list
        r"\[\d+(?:\s?[,、\-–]\s?\d+)*\]".to_owned(),
        format!(r"(?:^|[\n。;:!?])\s*(?P<m>[(]?(?:\d{{1,3}}|[{HAN}]{{1,3}})(?:[)、]|[.](?:\s|[^\d\s])))"),
        // 21世纪, 九十年代
        format!(r"(?:\d{{1,2}}|[{HAN}]{{1,3}})世纪|(?:\d0|[{HAN}]十)年代"),
        // 30 BC, 公元前221年
        r"\b\d{1,4}\s?(?:BCE?|B\.C\.|CE|A\.D\.)|\b(?:AD|A\.D\.)\s?\d{1,4}|公元前?\s?\d{1,4}\s?年".to_owned(),
        // 1st, 2nd
        r"(?i)\b\d+(?:st|nd|rd|th)\b".to_owned(),
    ]
    .iter()
    .map(|pattern| Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is fixed and tested"))
    .collect()
});

/// (1), （一）: a number in brackets by itself, unless it repeats a number in words.
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)]").expect("the pattern is fixed and tested")
});

/// Identifiers that join letters and digits: COVID-19, IL-6, N95, GPT-4.
static IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z][A-Za-z]*[-–]?\d[\dA-Za-z]*(?:[-./]\d*[A-Za-z0-9]+)*")
        .expect("the pattern is fixed and tested")
});

/// 1,2-二氯乙烷, 25-hydroxyvitamin; but 30-day is a quantity.
static CHEMICAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u:\b)\d+(?:,\d+)*-(?P<word>[a-z]{4,}|[A-Z]{2,}|[\p{Han}]{1,2}(?:基|氯|氟|溴|羟|甲|乙|丙|酮|酸|醇|氨))",
    )
    .expect("the pattern is fixed and tested")
});

/// Digits with a capital glued on: 3D, 5G, 4S, 10K.
static DIGIT_LETTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)\d{1,4}(?:[DGSPNKEFXYZQRT]|[A-Z]{2,}\d+[A-Za-z0-9]*|[A-Z]\d+[A-Za-z0-9]*)(?-u:\b)")
        .expect("the pattern is fixed and tested")
});

/// Words that hold a numeral character and count nothing.
const COUNTLESS: &str = "一般 一定 一样 一些 一致 一切 一旦 一并 一律 一直 一起 一同 一方 一经 统一 唯一 任一 同一 单一 万一 一部分 \
    一部 十分 十足 百姓 千方百计 二甲双胍 二甲 三聚氰胺 四环素 十二指肠 二氧化 一氧化 三氧化 三唑 四川 五金 九江 三亚 三星 六安 \
    八一 三农 五保 三包 两岸 两会 两国 两面 两旁 两者 一审 二审 三审 三甲 二手 三方 两方 三角 三叉 四肢 五官 六味 七叶 八角 百合 \
    千里光 万古霉素 十八大 十九大 二十大 十四五 十三五 十二五 十五五 一带一路 三公 一卡通 一次性 半导体 半径 半球 半衰期 半决赛 \
    半成品 半透明 半数致死量 一体 一线 二线 三线 一级 二级 三级 四级 一类 二类 三类 万科 百度 万达 三七 五味子 一贯 一向 一度 \
    一时 一手 一身 一面 一来 一如 一概 一道 一边 一人公司 一把手 一揽子 一站式 二十四节气 三不五时 三峡 五粮液 四环 \
    三环 二环 六神 七匹狼 八宝 九寨 三一重工 十堰 百色 千岛 万象 万宁 亿利 兆易 二恶英 三维 二维 四维 一流 一举 一共 \
    一下 一生 一世 三次方 二甲苯 三甲苯 五氯 六氯 四氯化碳 三氯 二氯 四氢 三联 双氯 七氟 三氟 四氟 六氟 百令 百忧解 \
    百日咳 十全 千金 千禧 万能 万元户 五险 一金 三金 两高 一府 两院 两委 三权 三性 三级跳 三高 二元 一元论 多一 不一 万物 百货 \
    百科 千秋 百年 三思 一齐 一再 第一 第二 第三 非一 初一 高一 高二 高三 初二 初三 二胎 三胎 二孩 三孩 一国两制 两制 \
    万华 一汽 百联 千山 二连 三明 九龙 一心 八卦 七夕 五一 十一届 六一 一二审 十六进制 二进制 三文 四书 二代 一代 三代 \
    几十 几百 几千 几万 几亿 数十 数百 数千 数万 数亿 上百 上千 上万 成千 好几 十几万 若干 三番 两极 两栖 一氟 一硝 二硝 \
    百白破 十滴水 百济 千红 一成不变 一天天 一天到晚 一蹴而就 十全十美 千篇一律 万无一失 三令五申 五花八门 七上八下 四面八方 四通八达 \
    十之八九 一五一十 三三两两 半途而废 一年四季 百年大计 千变万化 千军万马 千家万户 三五成群 一日而 一心一意 一品红 万艾可 半枝莲 半夏 半乳糖 半胱 半月板 半脱位 过半 一半以上数 三七总皂苷 三尖瓣 二尖瓣 四联 五官科";

/// Words that hold a numeral character and count nothing: 一般, 统一, 二甲双胍.
pub fn countless_words() -> impl Iterator<Item = &'static str> {
    COUNTLESS.split_ascii_whitespace().filter(|w| !matches!(*w, "十几万" | "一半以上数" | "过半" | "十一届"))
}

static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(countless_words())
        .expect("a fixed list of short words builds")
});

const NUMBER_WORDS: [&str; 30] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
];

/// Codes that may stand right before digits and mean money.
const CURRENCY_CODES: [&str; 16] =
    ["RMB", "CNY", "USD", "HKD", "EUR", "GBP", "JPY", "NTD", "TWD", "AUD", "CAD", "SGD", "CHF", "KRW", "INR", "RUB"];

/// Byte ranges of folded text in which no quantity starts, sorted and merged. `dates` are masked too.
pub fn masked(text: &str, dates: &[DateMention]) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = dates.iter().map(|d| (d.span.start(), d.span.end())).collect();
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let han = text.contains(|c: char| super::super::lang::is_han(c));
    if digits || han {
        for pattern in PATTERNS.iter() {
            for captures in pattern.captures_iter(text) {
                if let Some(m) = captures.name("m").or_else(|| captures.get(0)) {
                    ranges.push((m.start(), m.end()));
                }
            }
        }
    }
    for found in BRACKETED.find_iter(text) {
        let before = text[..found.start()].trim_end();
        let in_words = before.ends_with(|c: char| "一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟".contains(c))
            || NUMBER_WORDS.iter().any(|w| ends_with_ignoring_case(before, w));
        if !in_words {
            ranges.push((found.start(), found.end()));
        }
    }
    if digits {
        for found in IDENTIFIER.find_iter(text) {
            let word = found.as_str();
            let letters: String = word.chars().take_while(char::is_ascii_alphabetic).collect();
            let before = text[..found.start()].chars().next_back();
            let is_money = CURRENCY_CODES.contains(&letters.to_ascii_uppercase().as_str());
            // "5mg/2ml": letters after a digit are a unit, not the start of an identifier; "x10" multiplies.
            let is_unit = before.is_some_and(|c| c.is_ascii_digit() || c == '%' || c == '.')
                || (before == Some('/') && word.contains(|c: char| c.is_ascii_digit()) && letters.len() <= 2);
            let is_interval = letters.eq_ignore_ascii_case("q") && word.ends_with(['h', 'H']);
            let is_times = letters.eq_ignore_ascii_case("x") && word.len() <= 5;
            if !is_money && !is_unit && !is_times && !is_interval {
                ranges.push((found.start(), found.end()));
            }
        }
        for captures in CHEMICAL.captures_iter(text) {
            let (whole, word) = (captures.get(0), captures.name("word"));
            if let (Some(whole), Some(word)) = (whole, word)
                && super::unit::atom(text, word.start()).is_none()
            {
                ranges.push((whole.start(), whole.end()));
            }
        }
        for found in DIGIT_LETTER.find_iter(text) {
            if !text[..found.start()].ends_with(['$', '€', '£', '¥', '.', ',']) {
                ranges.push((found.start(), found.end()));
            }
        }
    }
    if han {
        for found in WORDS.find_iter(text) {
            // 二十一般 is not a word of the list: a numeral before it takes its first character.
            let before = text[..found.start()].chars().next_back();
            let share = text[found.end()..].starts_with("之") && text[found.start()..found.end()].ends_with('分');
            if !share && !before.is_some_and(|c| "一二三四五六七八九十百千万亿零〇两0123456789点".contains(c))
            {
                ranges.push((found.start(), found.end()));
            }
        }
    }
    merge(ranges)
}

fn merge(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

fn ends_with_ignoring_case(text: &str, word: &str) -> bool {
    text.len() >= word.len()
        && text.is_char_boundary(text.len() - word.len())
        && text[text.len() - word.len()..].eq_ignore_ascii_case(word)
}
