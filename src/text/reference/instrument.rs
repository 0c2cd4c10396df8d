//! Names of laws: what kind they are, and when two names mean the same one.
//!
//! Names are compared after dropping what does not tell laws apart (中华人民共和国, 《》, version years), and never
//! by a common part: a law, its implementing regulation, an interpretation of it and a local measure under it are
//! four instruments.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;

use super::numeral;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstrumentKind {
    Constitution,
    Statute,
    /// 刑法修正案（十一）, 宪法修正案（2018年）: an instrument of its own.
    Amendment,
    /// Made to implement a statute: 实施条例, 实施细则, 实施办法.
    Implementing,
    /// 条例 and other regulations of the State Council.
    Regulation,
    /// 规定, 办法, 细则, 规则 of ministries.
    Rule,
    /// Of a province, city or district.
    Local,
    /// Of the Supreme People's Court or Procuratorate.
    JudicialInterpretation,
    /// Of the Standing Committee of the National People's Congress.
    Decision,
    /// Regulations and directives of the European Union.
    European,
    /// The Code of Federal Regulations.
    UsRegulation,
    /// The United States Code.
    UsCode,
    /// An act, code, treaty or constitution in English.
    Act,
    /// A contract, articles of association, or a title whose kind cannot be told.
    Other,
}

/// A law as a text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// As written, without 《》.
    pub written: String,
    /// Normalised: equal for two names of one instrument.
    pub name: String,
    pub kind: InstrumentKind,
}

impl Instrument {
    pub fn named(written: &str) -> Self {
        let written = written.trim();
        let name = normalise(written);
        let kind = kind_of(&name, written);
        Self { written: written.to_owned(), name, kind }
    }

    pub fn is_same(&self, other: &Self) -> bool {
        !self.name.is_empty() && self.name == other.name
    }
}

/// Whether two names mean the same instrument.
pub fn same_instrument(a: &str, b: &str) -> bool {
    Instrument::named(a).is_same(&Instrument::named(b))
}

/// Short names in use, each with the name it stands for.
const ALIASES: &[(&str, &str)] = &[
    ("民诉法", "民事诉讼法"),
    ("刑诉法", "刑事诉讼法"),
    ("行诉法", "行政诉讼法"),
    ("消法", "消费者权益保护法"),
    ("消保法", "消费者权益保护法"),
    ("个保法", "个人信息保护法"),
    ("数安法", "数据安全法"),
    ("网安法", "网络安全法"),
    ("道交法", "道路交通安全法"),
    ("道交条例", "道路交通安全法实施条例"),
    ("未保法", "未成年人保护法"),
    ("环保法", "环境保护法"),
    ("基金法", "证券投资基金法"),
    ("商行法", "商业银行法"),
    ("税收征管法", "税收征收管理法"),
    ("征管法", "税收征收管理法"),
    ("治安处罚法", "治安管理处罚法"),
    ("治安法", "治安管理处罚法"),
    ("破产法", "企业破产法"),
    ("食安法", "食品安全法"),
    ("药管法", "药品管理法"),
    ("银监法", "银行业监督管理法"),
    ("反恐法", "反恐怖主义法"),
    ("电诈法", "反电信网络诈骗法"),
    ("反诈法", "反电信网络诈骗法"),
    ("反家暴法", "反家庭暴力法"),
    ("妇保法", "妇女权益保障法"),
    ("老保法", "老年人权益保障法"),
    ("香港基本法", "香港特别行政区基本法"),
    ("澳门基本法", "澳门特别行政区基本法"),
    ("执业医师法", "执业医师法"),
];

/// English names and Chinese names of foreign instruments, lower case, without "the".
const FOREIGN: &[(&str, &str)] = &[
    ("gdpr", "Regulation (EU) 2016/679"),
    ("eu gdpr", "Regulation (EU) 2016/679"),
    ("general data protection regulation", "Regulation (EU) 2016/679"),
    ("通用数据保护条例", "Regulation (EU) 2016/679"),
    ("欧盟通用数据保护条例", "Regulation (EU) 2016/679"),
    ("一般数据保护条例", "Regulation (EU) 2016/679"),
    ("ai act", "Regulation (EU) 2024/1689"),
    ("eu ai act", "Regulation (EU) 2024/1689"),
    ("artificial intelligence act", "Regulation (EU) 2024/1689"),
    ("欧盟人工智能法", "Regulation (EU) 2024/1689"),
    ("欧盟人工智能法案", "Regulation (EU) 2024/1689"),
    ("dsa", "Regulation (EU) 2022/2065"),
    ("digital services act", "Regulation (EU) 2022/2065"),
    ("dma", "Regulation (EU) 2022/1925"),
    ("digital markets act", "Regulation (EU) 2022/1925"),
    ("mica", "Regulation (EU) 2023/1114"),
    ("dora", "Regulation (EU) 2022/2554"),
    ("data protection directive", "Directive 95/46"),
    ("eprivacy directive", "Directive 2002/58"),
    ("law enforcement directive", "Directive (EU) 2016/680"),
    ("regulation b", "12 CFR Part 1002"),
    ("regulation c", "12 CFR Part 1003"),
    ("regulation e", "12 CFR Part 1005"),
    ("regulation m", "12 CFR Part 1013"),
    ("regulation p", "12 CFR Part 1016"),
    ("regulation v", "12 CFR Part 1022"),
    ("regulation x", "12 CFR Part 1024"),
    ("regulation z", "12 CFR Part 1026"),
    ("regulation dd", "12 CFR Part 1030"),
    ("exchange act", "securities exchange act"),
    ("ecoa", "equal credit opportunity act"),
    ("fcra", "fair credit reporting act"),
    ("tila", "truth in lending act"),
    ("efta", "electronic fund transfer act"),
    ("hipaa", "health insurance portability and accountability act"),
    ("sox", "sarbanes-oxley act"),
    ("sarbanes-oxley", "sarbanes-oxley act"),
    ("ccpa", "california consumer privacy act"),
    ("fdca", "federal food, drug, and cosmetic act"),
    ("food, drug, and cosmetic act", "federal food, drug, and cosmetic act"),
    ("ucc", "uniform commercial code"),
];

static FOREIGN_NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| FOREIGN.iter().copied().collect());
static ALIAS_NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| ALIASES.iter().copied().collect());

static EU_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(Regulation|Directive|Decision)\s*(\((?:EU|EC|EEC|EU, Euratom)\)\s*)?(?:No\.?\s*)?(\d{1,4}/\d{1,4})")
        .expect("a constant pattern")
});
static CFR_PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(\d{1,2})\s*C\.?\s?F\.?\s?R\.?\s*(?:Part|Pt\.?|§+)?\s*(\d{1,4})")
        .expect("a constant pattern")
});
static USC_TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(?-u:\b)(\d{1,2})\s*U\.?\s?S\.?\s?C\.?(?-u:\b|$)").expect("a constant pattern"));
static TRAILING_YEAR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i),?\s+(?:of\s+)?(?:1[6-9]|20)\d\d$").expect("a constant pattern"));

/// `《中华人民共和国公司法（2023年修订）》` → `公司法`; `GDPR` → `Regulation (EU) 2016/679`;
/// `最高人民法院关于适用〈中华人民共和国公司法〉若干问题的规定（三）` → `公司法司法解释（三）`.
fn normalise(written: &str) -> String {
    if is_chinese(written) { normalise_chinese(written) } else { normalise_english(written) }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn normalise_english(written: &str) -> String {
    if let Some(found) = EU_NUMBER.captures(written) {
        let act = capitalised(&found[1]);
        let union = found.get(2).map_or("", |m| m.as_str().trim());
        // Directives before 2015 carry no "(EU)" of their own: 95/46/EC.
        let union = if union.is_empty() { String::new() } else { format!("{} ", union.to_uppercase()) };
        return format!("{act} {union}{}", &found[3]);
    }
    if let Some(found) = CFR_PART.captures(written) {
        return format!("{} CFR Part {}", &found[1], &found[2]);
    }
    if let Some(found) = USC_TITLE.captures(written) {
        return format!("{} U.S.C.", &found[1]);
    }
    let mut name = written.to_lowercase();
    name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = name.trim_start_matches("the ").trim_matches(|c: char| ".,;:'’\"".contains(c));
    let without_year = TRAILING_YEAR.replace(trimmed, "");
    match FOREIGN_NAMES.get(without_year.as_ref()) {
        Some(name) => (*name).to_owned(),
        None => without_year.into_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
}

fn normalise_chinese(written: &str) -> String {
    let mut name: String = written
        .chars()
        .filter(|c| !c.is_whitespace() && !"《》〈〉<>＜＞「」『』“”\"".contains(*c))
        .map(|c| match c {
            '(' | '〔' | '[' => '（',
            ')' | '〕' | ']' => '）',
            '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect();
    name = name.replace("中华人民共和国", "");
    for prefix in ["我国", "现行", "新修订的", "修订后的", "修正后的", "新"] {
        // 新 stands before the law's own name (新公司法), not in it (新能源…法).
        if let Some(rest) = name.strip_prefix(prefix)
            && (prefix != "新" || is_known(rest))
        {
            name = rest.to_owned();
        }
    }
    if let Some(alias) = FOREIGN_NAMES.get(name.as_str()) {
        return (*alias).to_owned();
    }
    name = drop_version(&name);
    if let Some(interpretation) = interpretation(&name) {
        return interpretation;
    }
    alias(&name).to_owned()
}

fn alias(name: &str) -> &str {
    ALIAS_NAMES.get(name).copied().unwrap_or(name)
}

/// Drops parentheses that give a version (`（2023年修订）`, `（试行）`) and keeps those that tell instruments apart
/// (`（三）`, the year of a constitutional amendment). Arabic numbers in those become Chinese: `（3）` → `（三）`.
fn drop_version(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(open) = rest.find('（') {
        let Some(close) = rest[open..].find('）').map(|at| open + at) else { break };
        kept.push_str(&rest[..open]);
        let inner = &rest[open + '（'.len_utf8()..close];
        let number = numeral::leading(inner).filter(|&(_, length)| length == inner.len());
        if let Some((number, _)) = number.filter(|&(number, _)| number < 100) {
            kept.extend(["（", &numeral::chinese(number), "）"]);
        } else if kept.ends_with("宪法修正案") {
            kept.extend(["（", inner.trim_end_matches('年'), "年）"]);
        } else if !is_version(inner) {
            kept.push('（');
            kept.push_str(inner);
            kept.push('）');
        }
        rest = &rest[close + '）'.len_utf8()..];
    }
    kept.push_str(rest);
    kept
}

fn is_version(inner: &str) -> bool {
    ["修正", "修订", "修改", "试行", "暂行", "以下", "简称", "公布", "施行", "失效", "废止", "已", "旧", "新", "草案"]
        .iter()
        .any(|word| inner.contains(word))
        || inner.trim_end_matches('年').bytes().all(|b| b.is_ascii_digit())
        || inner.ends_with("版")
}

static INTERPRETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:最高人民法院|最高人民检察院|最高法院?|最高检|两高|公安部|司法部|、|和|及)*",
        r"(?:关于)?(?:执行|贯彻执行|贯彻|适用|审理|办理|正确适用|人民法院审理|处理)*",
        r"(?P<about>.+?)",
        r"(?:(?:具体)?(?:适用|应用)(?:法律)?(?:的)?)?(?:若干)?(?:具体)?(?:问题)?(?:的)?(?:若干)?(?:司法)?(?:解释|规定)(?:（(?P<a>[一二三四五六七八九十]{1,3})）|(?P<b>[一二三四五六七八九十]{1,3}|\d{1,2}))?$",
    ))
    .expect("a constant pattern")
});

/// One name for an interpretation however it is written: `{what it interprets}司法解释（N）`.
fn interpretation(name: &str) -> Option<String> {
    let official = name.contains("最高人民") || name.contains("最高法") || name.starts_with("两高");
    let of_courts = official && (name.contains("解释") || name.contains("规定"));
    // Titles are quoted without their issuer too: 《关于审理…案件适用法律若干问题的规定》.
    let of_courts = of_courts
        || (["关于审理", "关于办理", "关于适用"].iter().any(|start| name.starts_with(start))
            && ["解释", "规定"].iter().any(|end| name.contains(end)));
    let spoken = name.contains("司法解释");
    // 民法典婚姻家庭编的解释（一）, 公司法解释三: an interpretation that does not say whose.
    let of_a_law = name.find("解释").is_some_and(|at| {
        let law = name[..at].trim_end_matches('的');
        is_known(law) || law.ends_with('编') || law.starts_with("民法典")
    });
    if !(of_courts || spoken || of_a_law)
        || name.contains("全国人民代表大会")
        || name.contains("修改")
        || name.contains("废止")
        || name.contains("补充规定")
    {
        return None;
    }
    let found = INTERPRETS.captures(name)?;
    let number = found.name("a").or_else(|| found.name("b")).and_then(|m| numeral::leading(m.as_str()));
    // 公司法解释 is 公司法 + 解释, not 公 + 司法解释.
    let law = name.find("解释").map(|at| name[..at].trim_end_matches('的')).filter(|law| is_known(law));
    let about = law.unwrap_or(&found["about"]).trim_end_matches('的').trim_end_matches("案件").trim_end_matches("纠纷");
    let about = about.replace("中华人民共和国", "").replace("有关", "");
    // 婚姻家庭编解释（一） is short for that of the Civil Code.
    let about = match about.strip_suffix('编') {
        Some(_) if !about.contains("民法典") => format!("民法典{about}"),
        _ => alias(&about).to_owned(),
    };
    let number = number.map_or_else(String::new, |(n, _)| format!("（{}）", numeral::chinese(n)));
    Some(format!("{about}司法解释{number}"))
}

/// Names of Chinese laws and administrative regulations, shortest first, without 中华人民共和国.
static KNOWN: LazyLock<std::collections::HashSet<&str>> =
    LazyLock::new(|| known_names().chain(ALIASES.iter().map(|(short, _)| *short)).collect());

/// The titles of the laws and administrative regulations of China that a bare name is recognised by.
pub(super) fn known_names() -> impl Iterator<Item = &'static str> {
    include_str!("names.txt").lines().filter(|line| !line.is_empty())
}

pub(super) fn aliases() -> impl Iterator<Item = &'static str> {
    ALIASES.iter().map(|(short, _)| *short)
}

pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(name)
}

const PLACES: &str = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 \
    广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 深圳 广州 杭州 南京 \
    武汉 成都 厦门 珠海 苏州 青岛";

/// Bytes of a place's name at the start of `name`: 上海市, 广西壮族自治区, 深圳经济特区, 浙江省.
pub(super) fn leading_place(name: &str) -> Option<usize> {
    let place = PLACES.split(' ').find(|place| name.starts_with(place))?;
    let after = &name[place.len()..];
    let mut longest = place.len();
    for suffix in ["省", "市", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "经济特区"]
    {
        if after.starts_with(suffix) {
            longest = longest.max(place.len() + suffix.len());
        }
    }
    Some(longest)
}

/// Words that end in 法 and are no laws.
const NOT_LAWS: &str = "方法 算法 书法 语法 疗法 看法 做法 说法 手法 用法 技法 想法 兵法 魔法 佛法 司法 执法 守法 \
    合法 非法 违法 依法 分类法 教学法 加法 减法 乘法 除法 章法";

fn kind_of(name: &str, written: &str) -> InstrumentKind {
    use InstrumentKind as Kind;
    if !is_chinese(name) {
        return if EU_NUMBER.is_match(name) {
            Kind::European
        } else if name.contains(" CFR ") {
            Kind::UsRegulation
        } else if name.ends_with("U.S.C.") {
            Kind::UsCode
        } else if ["act", "code", "regulation", "directive", "convention", "treaty", "constitution", "rules", "law"]
            .iter()
            .any(|word| name.split(' ').any(|w| w == *word))
        {
            Kind::Act
        } else {
            Kind::Other
        };
    }
    if name.contains("司法解释") || written.starts_with("最高人民") {
        return Kind::JudicialInterpretation;
    }
    if name.starts_with("全国人民代表大会") || name.starts_with("全国人大") {
        return Kind::Decision;
    }
    // 香港特别行政区基本法 is a statute of the nation.
    if leading_place(name).is_some() && !name.ends_with("基本法") {
        return Kind::Local;
    }
    let bare = name.split('（').next().unwrap_or(name);
    if bare.ends_with("修正案") {
        Kind::Amendment
    } else if bare.ends_with("宪法") {
        Kind::Constitution
    } else if ["实施条例", "实施细则", "实施办法", "实施规定"].iter().any(|end| bare.ends_with(end)) {
        Kind::Implementing
    } else if !bare.ends_with("公司法") && NOT_LAWS.split(' ').any(|word| bare.ends_with(word)) {
        Kind::Other
    } else if bare.ends_with('法') && !bare.ends_with("办法")
        || bare.ends_with("法典")
        || bare.ends_with("民法通则")
        || bare.ends_with("民法总则")
    {
        Kind::Statute
    } else if bare.ends_with("条例") {
        Kind::Regulation
    } else if ["规定", "办法", "细则", "规则", "通知", "意见", "批复", "准则", "指引", "规范"]
        .iter()
        .any(|e| bare.ends_with(e))
    {
        Kind::Rule
    } else if ["决定", "决议", "解释"].iter().any(|end| bare.ends_with(end)) {
        Kind::Decision
    } else {
        Kind::Other
    }
}
