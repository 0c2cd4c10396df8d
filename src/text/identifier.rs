//! Identifiers: strings that name one thing exactly and are wrong when a single character is.
//!
//! Case and document numbers, DOI, PMID, trial numbers, CAS numbers, SEC accession numbers, ISIN, tickers with their
//! exchange, and the Chinese unified social credit code. Where the scheme defines a check digit it is checked.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// （2023）京01民终123号
    CaseNumber,
    /// 国发〔2020〕5号
    DocumentNumber,
    Doi,
    Pmid,
    /// NCT01234567
    TrialNumber,
    /// CAS 657-24-9
    Cas,
    /// 0001193125-24-012345
    SecAccession,
    Isin,
    /// 600519.SH, NYSE: PFE
    Ticker,
    /// 统一社会信用代码
    CreditCode,
    /// 国药准字H20023370
    DrugApproval,
}

impl IdentifierKind {
    pub const fn zh(self) -> &'static str {
        match self {
            Self::CaseNumber => "案号",
            Self::DocumentNumber => "文号",
            Self::Doi => "DOI",
            Self::Pmid => "PMID",
            Self::TrialNumber => "临床试验注册号",
            Self::Cas => "CAS 号",
            Self::SecAccession => "SEC 文件号",
            Self::Isin => "ISIN",
            Self::Ticker => "证券代码",
            Self::CreditCode => "统一社会信用代码",
            Self::DrugApproval => "药品批准文号",
        }
    }

    pub const fn en(self) -> &'static str {
        match self {
            Self::CaseNumber => "case number",
            Self::DocumentNumber => "document number",
            Self::Doi => "DOI",
            Self::Pmid => "PMID",
            Self::TrialNumber => "trial number",
            Self::Cas => "CAS number",
            Self::SecAccession => "SEC accession number",
            Self::Isin => "ISIN",
            Self::Ticker => "ticker",
            Self::CreditCode => "unified social credit code",
            Self::DrugApproval => "drug approval number",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    pub kind: IdentifierKind,
    pub span: Span,
    /// Half-width, upper case, without white space, brackets unified: compare this.
    pub normal: String,
    /// Whether the check digit fits; `None` where the scheme has none.
    pub check: Option<bool>,
}

/// Patterns in the order in which they claim a place, the most specific first.
static PATTERNS: LazyLock<Vec<(IdentifierKind, Regex)>> = LazyLock::new(|| {
    use IdentifierKind as Kind;
    [
        (Kind::CaseNumber, r"[（(〔\[]\s*(?:19|20)\d{2}\s*[）)〕\]]\s*[\p{Han}]{0,4}\d{0,4}[\p{Han}]{1,6}(?:初|终|再|申|监|执|破|抗|辖|特|更|复|恢|异|保|他|调|撤|提)[\p{Han}]{0,3}\s*第?\s*\d{1,6}\s*号(?:之[一二三四五六七八九十])?"),
        (Kind::DocumentNumber, r"[\p{Han}]{1,12}(?:公告|令|发|函|办|字|规|文|通)?\s*[〔\[（(]\s*(?:19|20)\d{2}\s*[〕\]）)]\s*第?\s*\d{1,5}\s*号"),
        (Kind::Doi, r#"(?i)(?-u:\b)10\.\d{4,9}/[^\s"<>，。；、）)\]]+"#),
        (Kind::Pmid, r"(?i)(?-u:\b)PMID\s*[:：]?\s*(\d{5,9})(?-u:\b)"),
        (Kind::TrialNumber, r"(?i)(?-u:\b)(?:NCT\s?\d{8}|ChiCTR[-A-Z]*\d{8,10}|ISRCTN\s?\d{8}|EudraCT\s?\d{4}-\d{6}-\d{2})(?-u:\b)"),
        (Kind::SecAccession, r"(?-u:\b)\d{10}-\d{2}-\d{6}(?-u:\b)"),
        (Kind::Cas, r"(?i)CAS(?:\s*(?:号|RN|No\.?|Registry Number|登记号))?\s*[:：#]?\s*(\d{2,7}-\d{2}-\d)(?-u:\b)"),
        (Kind::DrugApproval, r"国药准字\s?[HZSBTFJ]\s?[A-Z]?\d{8}"),
        (Kind::CreditCode, r"(?-u:\b)[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?-u:\b)"),
        (Kind::Isin, r"(?-u:\b)(?:US|CN|HK|GB|DE|FR|JP|CA|AU|CH|NL|IE|KY|SG|LU|SE|IT|ES|BM|VG)[0-9A-Z]{9}\d(?-u:\b)"),
        (Kind::Ticker, r"(?-u:\b)(?:\d{6}\.(?:SH|SZ|BJ|XSHG|XSHE|OF)|\d{4,5}\.HK|(?:SH|SZ)\d{6}|(?:NYSE|NASDAQ|Nasdaq|AMEX|HKEX|LSE|OTCQB)\s?[:：]\s?[A-Z0-9.]{1,6})(?-u:\b)"),
    ]
    .into_iter()
    .map(|(kind, pattern)| (kind, Regex::new(pattern).expect("a constant pattern")))
    .collect()
});

/// Every identifier in `text`, in order, without overlap.
pub fn parse(text: &str) -> Vec<Identifier> {
    let mut found: Vec<Identifier> = Vec::new();
    for (kind, pattern) in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let span = Span::new(whole.start(), whole.end());
            if found.iter().any(|other| other.span.overlaps(span)) {
                continue;
            }
            let core = captures.get(1).unwrap_or(whole).as_str();
            let core = if *kind == IdentifierKind::Doi { core.trim_end_matches(['.', ',', ';', ':']) } else { core };
            let normal = normal_form(core);
            let check = check(*kind, &normal);
            // Eighteen such characters are a credit code only if the check digit says so or somebody calls it one.
            if *kind == IdentifierKind::CreditCode && check == Some(false) && !text.contains("信用代码") {
                continue;
            }
            if *kind == IdentifierKind::Isin && check == Some(false) && !text.contains("ISIN") {
                continue;
            }
            let end = if *kind == IdentifierKind::Doi { span.start() + core.len() } else { span.end() };
            found.push(Identifier { kind: *kind, span: Span::new(span.start(), end), normal, check });
        }
    }
    found.sort_by_key(|identifier| identifier.span);
    found
}

/// Half-width, upper case, no white space, one kind of bracket: how identifiers are compared.
pub fn normal_form(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !('\u{200b}'..='\u{200f}').contains(c) && *c != '\u{feff}')
        .map(|c| match c {
            '（' | '〔' | '[' | '【' | '［' => '(',
            '）' | '〕' | ']' | '】' | '］' => ')',
            '：' => ':',
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .flat_map(char::to_uppercase)
        .collect()
}

fn check(kind: IdentifierKind, normal: &str) -> Option<bool> {
    match kind {
        IdentifierKind::CreditCode => Some(credit_code_fits(normal)),
        IdentifierKind::Isin => Some(isin_fits(normal)),
        IdentifierKind::Cas => Some(cas_fits(normal)),
        _ => None,
    }
}

/// GB 32100-2015: weights 3^i mod 31 over the first 17 characters of its own alphabet.
fn credit_code_fits(code: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<usize>> = code.chars().map(|c| ALPHABET.find(c)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// ISO 6166: letters become two digits, then the Luhn sum.
fn isin_fits(code: &str) -> bool {
    let digits: Vec<u32> = code
        .chars()
        .filter_map(|c| c.to_digit(36))
        .flat_map(|value| if value >= 10 { vec![value / 10, value % 10] } else { vec![value] })
        .collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    sum.is_multiple_of(10)
}

/// The last digit is the sum of the others, each times its place counted from the right, modulo 10.
fn cas_fits(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    let Some((last, others)) = digits.split_last() else { return false };
    let sum: u32 = others.iter().rev().zip(1..).map(|(digit, place)| digit * place).sum();
    sum % 10 == *last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_every_kind_are_found() {
        use IdentifierKind as Kind;
        for (text, kind, normal) in [
            ("（2023）京01民终123号民事判决", Kind::CaseNumber, "(2023)京01民终123号"),
            ("案号(2021)最高法民申5678号", Kind::CaseNumber, "(2021)最高法民申5678号"),
            ("国发〔2020〕5号", Kind::DocumentNumber, "国发(2020)5号"),
            ("证监会公告〔2024〕5号", Kind::DocumentNumber, "证监会公告(2024)5号"),
            ("doi:10.1056/NEJMoa2034577.", Kind::Doi, "10.1056/NEJMOA2034577"),
            ("PMID: 33301246", Kind::Pmid, "33301246"),
            ("trial NCT04368728 began", Kind::TrialNumber, "NCT04368728"),
            ("ChiCTR2000029308", Kind::TrialNumber, "CHICTR2000029308"),
            ("metformin, CAS 657-24-9", Kind::Cas, "657-24-9"),
            ("accession 0001193125-24-012345", Kind::SecAccession, "0001193125-24-012345"),
            ("贵州茅台（600519.SH）", Kind::Ticker, "600519.SH"),
            ("Pfizer (NYSE: PFE)", Kind::Ticker, "NYSE:PFE"),
            ("ISIN US0378331005", Kind::Isin, "US0378331005"),
            ("统一社会信用代码91440300708461136T", Kind::CreditCode, "91440300708461136T"),
            ("国药准字H20023370", Kind::DrugApproval, "国药准字H20023370"),
        ] {
            let found = parse(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].kind, found[0].normal.as_str()), (kind, normal), "{text}");
        }
    }

    #[test]
    fn check_digits_are_checked() {
        let check = |text: &str| parse(text).first().and_then(|i| i.check);
        assert_eq!(check("ISIN US0378331005"), Some(true));
        assert_eq!(check("ISIN US0378331006"), Some(false));
        assert_eq!(check("统一社会信用代码91440300708461136T"), Some(true));
        assert_eq!(check("统一社会信用代码91440300708461137T"), Some(false));
        assert_eq!(check("CAS 7732-18-5"), Some(true));
        assert_eq!(check("CAS 7732-18-6"), Some(false));
    }

    #[test]
    fn what_is_no_identifier_is_left_alone() {
        for text in
            ["COVID-19 在 2020 年", "第12号公告", "（2023年修订）", "10.5/12 个月", "电话 010-12345678", "p = 0.05", ""]
        {
            assert_eq!(parse(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,120}") {
            for identifier in parse(&text) {
                proptest::prop_assert!(identifier.span.of(&text).is_some());
            }
        }
    }
}
