//! R27: a security's code and the name beside it, as the sources pair them.
//!
//! There is no list of all securities in the program, and a list would age. What the sources say is harvested:
//! "贵州茅台（600519.SH）", "Pfizer Inc. (NYSE: PFE)"; a claim that pairs one of these codes with another name, or one of
//! these names with another code, contradicts them.

use std::sync::LazyLock;

use regex::Regex;

use super::Rule;
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::identifier::{self, IdentifierKind},
    verify::case::{Case, SourceSentence},
};

pub const RULES: &[Rule] = &[Rule { code: "R27", title: "security code and company", check }];

/// A name with its code, as one text writes them side by side.
struct Listing {
    name: String,
    /// Lower case, without legal form.
    core: String,
    code: String,
    /// Name and code.
    span: Span,
}

/// The exchange of a code, and the code itself.
fn split(code: &str) -> (&str, &str) {
    if let Some((number, exchange)) = code.split_once('.') {
        (
            if matches!(exchange, "SH" | "XSHG") {
                "SH"
            } else if matches!(exchange, "SZ" | "XSHE") {
                "SZ"
            } else {
                exchange
            },
            number,
        )
    } else if let Some((exchange, symbol)) = code.split_once([':', '：']) {
        (exchange, symbol)
    } else {
        code.split_at_checked(2).unwrap_or(("", code))
    }
}

/// Two codes for one listing: `SH600519` and `600519.SH`.
fn is_same_code(a: &str, b: &str) -> bool {
    let ((place_a, a), (place_b, b)) = (split(a), split(b));
    place_a.eq_ignore_ascii_case(place_b) && a.trim_start_matches('0') == b.trim_start_matches('0')
}

/// The name right before a code or its bracket.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)(?: (?P<zh>[\p{Han}A-Z*]{2,20}) | (?P<en>(?:[A-Z][\w&.'’-]*)(?:\s(?:&|of|and|the)?\s?[A-Z][\w&.'’-]*){0,5}) )
          (?:\s|[,，])*[(（\[【]?(?:\s*(?:股票代码|证券代码|代码|A股|H股|股票简称|Ticker|Stock\ Code|Symbol)\s*[:：]?\s*)?$",
    )
    .expect("a constant pattern")
});

/// What goes before a name in a sentence and is no part of it.
const LEAD: &[&str] = &[
    "其中", "包括", "以及", "例如", "关于", "来自", "公司", "同为", "即", "和", "与", "及", "由", "对", "向", "是",
    "为", "在", "的",
];

/// Legal forms and the like, which one text writes and the other does not.
const FORMS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "集团",
    "股份",
    "控股",
    "inc",
    "corp",
    "corporation",
    "company",
    "co",
    "ltd",
    "limited",
    "plc",
    "group",
    "holdings",
    "the",
    "ag",
    "sa",
    "nv",
];

fn core(name: &str) -> String {
    let lower = name.to_lowercase();
    if name.is_ascii() {
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !FORMS.contains(word))
            .collect();
        return words.join(" ");
    }
    let mut core = lower;
    for form in FORMS.iter().filter(|f| !f.is_ascii()) {
        core = core.replace(form, "");
    }
    core
}

fn listings(text: &str) -> Vec<Listing> {
    let mut found = Vec::new();
    for id in identifier::parse(text).into_iter().filter(|id| id.kind == IdentifierKind::Ticker) {
        let Some(captures) = text.get(..id.span.start()).and_then(|before| NAME.captures(before)) else { continue };
        let Some(name) = captures.name("zh").or_else(|| captures.name("en")) else { continue };
        let mut written = name.as_str();
        while let Some(rest) = LEAD.iter().find_map(|lead| written.strip_prefix(lead))
            && rest.chars().count() >= 2
        {
            written = rest;
        }
        let core = core(written);
        if core.chars().count() < 2 {
            continue;
        }
        let start = name.end() - written.len();
        found.push(Listing { name: written.to_owned(), core, code: id.normal, span: Span::new(start, id.span.end()) });
    }
    found
}

/// One name is short for the other, or they share what is not legal form: 贵州茅台 and 贵州茅台酒.
fn is_same_name(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
        return a.first() == b.first() || a.iter().all(|w| b.contains(w)) || b.iter().all(|w| a.contains(w));
    }
    // Different scripts cannot be held against each other.
    if a.is_ascii() != b.is_ascii() {
        return true;
    }
    let in_order = |short: &str, long: &str| {
        let mut rest = long.chars();
        short.chars().all(|c| rest.any(|d| d == c))
    };
    in_order(a, b) || in_order(b, a)
}

fn check(case: &Case<'_>) -> Vec<Reason> {
    let mine = listings(case.claim.text);
    if mine.is_empty() {
        return Vec::new();
    }
    let known: Vec<(&SourceSentence<'_>, Listing)> =
        case.sources.iter().flat_map(|s| listings(s.unit.text).into_iter().map(move |l| (s, l))).collect();
    let mut reasons = Vec::new();
    for listing in mine {
        let agrees =
            |other: &Listing| is_same_code(&listing.code, &other.code) && is_same_name(&listing.core, &other.core);
        if known.iter().any(|(_, other)| agrees(other)) {
            continue;
        }
        let by_code = known.iter().find(|(_, other)| is_same_code(&listing.code, &other.code));
        let by_name = known.iter().find(|(_, other)| {
            is_same_name(&listing.core, &other.core) && listing.core.is_ascii() == other.core.is_ascii()
        });
        if let Some((sentence, other)) = by_code {
            reasons.push(reason(&listing, sentence, other, Effect::Contradict));
        } else if let Some((sentence, other)) = by_name {
            // The same company may be listed twice; another code on the same exchange is wrong.
            let same_place = split(&listing.code).0.eq_ignore_ascii_case(split(&other.code).0);
            let effect = if same_place { Effect::Contradict } else { Effect::Flag };
            reasons.push(reason(&listing, sentence, other, effect));
        }
    }
    reasons
}

fn reason(mine: &Listing, sentence: &SourceSentence<'_>, other: &Listing, effect: Effect) -> Reason {
    let label = sentence.label;
    let (claim, source) = (format!("{} {}", mine.name, mine.code), format!("{} {}", other.name, other.code));
    Reason {
        code: "R27",
        effect,
        claim_span: Some(mine.span),
        evidence: Some(sentence.at(other.span)),
        message: Message::new(
            format!("证券代码与公司不符：此处“{claim}”，来源{label}为“{source}”。"),
            format!("Code and company: “{claim}” here, “{source}” in {label}."),
        ),
        comparison: Some(Comparison { claim, source, relation: "≠".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::support::table;

    const MAOTAI: &str = "贵州茅台酒股份有限公司（600519.SH）披露了年度报告。";
    const PINGAN: &str = "中国平安（601318.SH，02318.HK）的营业收入增长。";
    const PFIZER: &str = "Pfizer Inc. (NYSE: PFE) reported revenue of $58 billion.";
    const APPLE: &str = "Apple Inc. (NASDAQ: AAPL) designs smartphones.";

    #[test]
    fn r27_in_chinese() {
        table(
            &RULES[0],
            &[
                ("五粮液（600519.SH）披露了年度报告", MAOTAI),
                ("贵州茅台（600518.SH）披露了年度报告", MAOTAI),
                ("贵州茅台（000858.SZ）披露了年度报告", MAOTAI),
                ("中国人寿（601318.SH）的营业收入增长", PINGAN),
                ("中国平安（601628.SH）的营业收入增长", PINGAN),
                ("泸州老窖（SH600519）营业收入增长", MAOTAI),
            ],
            &[
                ("贵州茅台（600519.SH）披露了年度报告", MAOTAI),
                ("茅台（SH600519）披露了年度报告", MAOTAI),
                ("中国平安（601318.SH）的营业收入增长", PINGAN),
                ("五粮液（000858.SZ）的营业收入增长", MAOTAI),
                ("贵州茅台披露了年度报告", MAOTAI),
                ("其中贵州茅台（600519.SH）披露了年度报告", MAOTAI),
            ],
        );
    }

    #[test]
    fn r27_in_english() {
        table(
            &RULES[0],
            &[
                ("Merck (NYSE: PFE) reported revenue.", PFIZER),
                ("Pfizer (NYSE: MRK) reported revenue.", PFIZER),
                ("Pfizer Inc. (NASDAQ: PFE) reported revenue.", PFIZER),
                ("Microsoft Corporation (NASDAQ: AAPL) designs smartphones.", APPLE),
                ("Apple Inc. (NASDAQ: APL) designs smartphones.", APPLE),
                ("Alphabet (NASDAQ: AAPL) designs smartphones.", APPLE),
            ],
            &[
                ("Pfizer (NYSE: PFE) reported revenue.", PFIZER),
                ("Pfizer, Inc. (NYSE: PFE) reported revenue.", PFIZER),
                ("Apple (NASDAQ: AAPL) designs smartphones.", APPLE),
                ("Microsoft (NASDAQ: MSFT) designs software.", APPLE),
                ("Pfizer reported revenue.", PFIZER),
                ("Revenue of NYSE: PFE rose.", PFIZER),
            ],
        );
    }
}
