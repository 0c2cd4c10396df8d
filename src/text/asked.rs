//! What a question asks for: which kind of figure answers it ("how long", "罚款多少", "at what age"), and what its words
//! name.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::{
    date,
    line_item::named_alike,
    overlap::{self, Equivalents},
    quantity::{self, Counted, Kind},
    sentence::split_row,
};

/// What a figure measures that answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A period or a time limit.
    Time,
    /// A calendar date.
    Date,
    Age,
    Money,
    /// A percentage, a rate, a fraction.
    Share,
    /// So many times as much.
    Multiple,
    /// Things or people counted.
    Count,
    /// The question does not tell which.
    Any,
}

/// Tried in this order: "多少年" is a time though "多少" asks for any figure.
static KINDS: LazyLock<[(Wanted, Regex); 8]> = LazyLock::new(|| {
    let compiled = |pattern: &str| Regex::new(pattern).expect("a constant pattern that compiles");
    [
        (
            Wanted::Age,
            compiled(r"(?i)多大(?:年龄|年纪|岁数|的人|才|可以|能)|(?:几|多少)周?岁|\b(?:what|which) age\b|\bhow old\b"),
        ),
        (
            Wanted::Date,
            compiled(
                r"(?i)(?:哪一?[年天日]|何时|什么时候|什么时间)(?:开始|起)?(?:施行|实施|生效|起?适用|成立|废止)|(?:施行|实施|生效)(?:日期|时间)|\b(?:what|which) (?:date|day)\b",
            ),
        ),
        (Wanted::Multiple, compiled(r"(?i)(?:几|多少)倍|\bhow many times (?:as|more|higher|larger)\b")),
        (
            Wanted::Time,
            compiled(
                r"(?i)多久|多长|(?:几|多少)个?(?:工作日|小时|分钟|星期|礼拜|年|月|天|日|周)|期限|[效护任验证刑]期|时效|最[迟晚]|\bhow (?:long|soon|quickly|fast|late)\b|\b(?:how many|what number of) (?:\w+ )?(?:minutes|hours|days|weeks|months|years)\b|\b(?:time limit|deadline|how much (?:time|notice))\b|\bby when\b",
            ),
        ),
        (
            Wanted::Share,
            compiled(
                r"(?i)[税利费收]率[^。？?]{0,6}(?:多少|最[高低])|(?:百分之|百分比|占比?|比例[^。？?]{0,6})(?:多少|几)|多少比例|\b(?:what|which) (?:\w+ )?(?:percentage|percent|share|rate|proportion|fraction)\b",
            ),
        ),
        (
            Wanted::Money,
            compiled(
                r"(?i)多少(?:钱|元|万|块)|几(?:万|千|百)?(?:元|块(?:钱|\b))|(?:罚款?|罚金|赔付?|赔偿|补偿|补助|缴纳?|交|费用|资本|金额|限额)[^。？?]{0,6}多少|多少(?:罚款|罚金|赔偿|补偿)|\bhow much\b.{0,50}\b(?:pay|owe|cost|lose|charge|charged|fine|fined|fee|money|cash|damages|liable|liability|compensation|revenue|income|loss|profit|debt)|\b(?:maximum|highest|largest|biggest|minimum|most)\b.{0,30}\b(?:fine|fines|penalty|penalties|fee|damages|liability|lose|pay|compensation)\b|\bhow (?:high|large|big)\b.{0,30}\b(?:fine|fines|penalty|penalties|fee|fees|damages|loss)\b|\bwhat\b.{0,20}\b(?:fine|penalty|fee|price|cost|revenue|net (?:income|loss))\b",
            ),
        ),
        (Wanted::Count, compiled(r"(?i)(?:几|多少)(?:人|个|名|位|次|项|种|家|票)|\bhow (?:many|often)\b")),
        (
            Wanted::Any,
            compiled(
                r"(?i)多少|最[高低长短多少大小]|\bhow (?:much|high|low|large|big|far|heavy)\b|\bwhat (?:is|are|was|were) the (?:maximum|minimum|highest|lowest|limit|amount|number|threshold|level)\b|\bwhat\b.{0,25}\b(?:amount|number|level|limit)\b",
            ),
        ),
    ]
});

/// What a figure must measure to answer the question; `None` where no figure is asked for.
pub fn figure(question: &str) -> Option<Wanted> {
    KINDS.iter().find(|(_, pattern)| pattern.is_match(question)).map(|(wanted, _)| *wanted)
}

/// Stems of words that ask for a figure or say whose and of which period it is: rows and headings go without them.
const FRAME_EN: &[&str] =
    &["amount", "compani", "end", "figur", "fiscal", "group", "number", "record", "report", "respect", "valu", "year"];

/// Their like in Chinese, and what stands behind the figures of a date.
static FRAME_ZH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?P<figure>[0-9])(?:年度|年末|年底|年|月份|月|日|号)|金额|数额|数值|分别|本?公司|本?集团")
        .expect("a constant pattern that compiles")
});

/// What a question names, for a search in one sentence or row: its content without the words that only ask.
#[derive(Clone, Debug)]
pub struct Subject {
    names: HashSet<String>,
    /// Years, and whatever else has a digit.
    figures: HashSet<String>,
}

/// What a sentence says of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// All that is named, and a figure besides.
    Told,
    /// The same of other years than those that are asked for.
    OtherYears,
    /// Less.
    Little,
}

/// The content features of a text without the words that only ask for a figure or say whose it is; lines of financial
/// statements under the one name that they have here.
pub fn content(text: &str) -> impl Iterator<Item = String> {
    let says_nothing = |word: &String| word == "s" || FRAME_EN.contains(&word.as_str());
    let features = overlap::features(&FRAME_ZH.replace_all(&named_alike(text), "$figure "));
    features.into_iter().filter(move |word| !says_nothing(word))
}

/// The features of a sentence or its headings, in which a [`Subject`] is looked for.
pub fn words(text: &str, equivalents: &Equivalents) -> HashSet<String> {
    equivalents.feature_set(&named_alike(text))
}

impl Subject {
    pub fn of(question: &str) -> Self {
        let named = content(question).map(|word| fiscal_year(&word).unwrap_or(word));
        let (figures, names) = named.partition(|word| is_figure(word));
        Self { names, figures }
    }

    /// What a sentence says; `context` are the [`words`] of its title and headings. Those may hold some of the names
    /// (the company's), and the year where the sentence tells none, but not what a row would be told by: either half of
    /// the names stand in the sentence, or all that stands before its colon is named. A question that names but one
    /// thing, or nothing but figures, is told by no sentence alone.
    pub fn said_in(&self, sentence: &str, context: &HashSet<String>, equivalents: &Equivalents) -> Said {
        if self.names.is_empty() || self.names.len() + self.figures.len() < 2 {
            return Said::Little;
        }
        let own = words(sentence, equivalents);
        let in_own = self.names.iter().filter(|name| own.contains(*name)).count();
        let named = self.names.iter().all(|name| own.contains(name) || context.contains(name));
        let is_named = |(name, _): (&str, &str)| overlap::feature_set(&named_alike(name)).is_subset(&self.names);
        let by_itself = || 2 * in_own >= self.names.len() || split_row(sentence).is_some_and(is_named);
        if in_own == 0 || !named || !by_itself() {
            return Said::Little;
        }
        let has_years = own.iter().any(|word| is_year(word));
        let dated = |figure: &String| own.contains(figure) || !has_years && context.contains(figure);
        let mut years = self.figures.iter().filter(|figure| is_year(figure)).peekable();
        if self.figures.iter().all(dated) {
            let more = own.iter().any(|word| is_figure(word) && !self.figures.contains(word));
            if more { Said::Told } else { Said::Little }
        } else if has_years && years.peek().is_some() && !years.any(|year| own.contains(year)) {
            Said::OtherYears
        } else {
            Said::Little
        }
    }
}

fn is_figure(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit())
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|b| b.is_ascii_digit())
}

/// "fy2019", "fy19": the year.
fn fiscal_year(word: &str) -> Option<String> {
    let year = word.strip_prefix("fy").filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?;
    match year.len() {
        4 => Some(year.to_owned()),
        2 => Some(format!("20{year}")),
        _ => None,
    }
}

impl Wanted {
    /// Whether the text holds a figure that measures what is wanted.
    pub fn is_in(self, text: &str) -> bool {
        match self {
            Self::Date => !date::parse(text).is_empty(),
            _ => quantity::parse(text).iter().any(|figure| self.is(figure.unit.kind)),
        }
    }

    const fn is(self, kind: Kind) -> bool {
        match self {
            Self::Any => true,
            // Years of age are told as years ("at least 16 years old") and as a count of their own (十六周岁).
            Self::Age => matches!(kind, Kind::Count(Counted::YearsOfAge) | Kind::Month),
            Self::Time => kind.is_time(),
            // A fine may be told as a multiple or a share of something.
            Self::Money => matches!(kind, Kind::Money(_) | Kind::Multiple),
            Self::Share => matches!(kind, Kind::Ratio | Kind::Points),
            Self::Multiple => matches!(kind, Kind::Multiple),
            Self::Count => matches!(kind, Kind::Count(_) | Kind::Plain),
            Self::Date => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_what_a_question_names() {
        let en = "Underlying EBITDA: 30 June 2019 $'000 85,123; 30 June 2018 $'000 62,575.";
        let zh = "营业收入：2023年 1,234.5 万元；2022年 1,100 万元。";
        let undated = "营业收入：本期 1,234.5 万元；上期 1,100 万元。";
        let goodwill = "Goodwill is tested each year: see the policy of 2019.";
        for (question, sentence, said) in [
            ("What was the underlying EBITDA in FY2019?", en, Said::Told),
            ("What was the amount of the Company's underlying EBITDA for fiscal year 2018?", en, Said::Told),
            ("What was the underlying EBITDA in FY19?", en, Said::Told),
            ("What was the underlying EBITDA of Mill Street Holdings in 2019?", en, Said::Little),
            ("What was the underlying EBITDA in 2017?", en, Said::OtherYears),
            ("What was the underlying EBITDA as of 30 June 2017?", en, Said::OtherYears),
            ("What was the adjusted underlying EBITDA in 2019?", en, Said::Little),
            ("What was the EBITDA?", en, Said::Little),
            ("What happened in 2019 and 2018?", "Year ended: 2019; 2018.", Said::Little),
            ("What was the goodwill in 2019?", goodwill, Said::Little),
            ("2023年营业收入是多少？", zh, Said::Told),
            ("公司2022年度的营业收入金额有多少？", zh, Said::Told),
            ("2023年星辰科技的营业收入是多少？", zh, Said::Told),
            ("星辰科技2023年年度报告里营业收入有多少？", "营业成本：2023年 800 万元。", Said::Little),
            ("2023年归母净利润是多少？", "归属于母公司股东的净利润：2023年 45.6 万元；2022年 40 万元。", Said::Told),
            ("What was EPS in 2019?", "Earnings per share: 2019 $1.20; 2018 $1.10.", Said::Told),
            ("2021年营业收入是多少？", zh, Said::OtherYears),
            ("2023年营业外收入是多少？", zh, Said::Little),
            ("2023年营业收入是多少？", undated, Said::Told),
            ("2021年营业收入是多少？", undated, Said::Little),
            ("2021年至2023年营业收入是多少？", zh, Said::Little),
            ("研发人员有多少人？", "公司2023年研发人员数量为1,024人。", Said::Told),
        ] {
            let context = words("星辰科技股份有限公司2023年年度报告", &Equivalents::default());
            let found = Subject::of(question).said_in(sentence, &context, &Equivalents::default());
            assert_eq!(found, said, "{question}");
        }
        let context = words("总资产", &Equivalents::default());
        let found =
            Subject::of("2023年年末的总资产？").said_in("年末：2023年 5 万元。", &context, &Equivalents::default());
        assert_eq!(found, Said::Told, "headings name lines of statements, too");
    }

    #[test]
    fn a_question_tells_which_kind_of_figure_it_wants() {
        for (question, wanted) in [
            ("试用期最长多久？", Wanted::Time),
            ("入户盗窃会被判多少年？", Wanted::Time),
            ("支票要在出票日起几天内提示付款？", Wanted::Time),
            ("内幕交易会被罚多少钱？", Wanted::Money),
            ("设立第三方支付机构，注册资本最低要多少？", Wanted::Money),
            ("停车一小时要几块？", Wanted::Money),
            ("企业所得税的税率是多少？", Wanted::Share),
            ("定金最多可以约定合同金额的百分之多少？", Wanted::Share),
            ("商家欺诈消费者，可以要求几倍赔偿？", Wanted::Multiple),
            ("多大年龄才能结婚？", Wanted::Age),
            ("几岁开始要负刑事责任？", Wanted::Age),
            ("这部法律什么时候施行？", Wanted::Date),
            ("董事会至少要几个人？", Wanted::Count),
            ("心率最高是多少？", Wanted::Any),
            ("How quickly must a company answer?", Wanted::Time),
            ("After how many years is a booster due?", Wanted::Time),
            ("How much notice must a bank give?", Wanted::Time),
            ("What is the maximum fine under GDPR?", Wanted::Money),
            ("How much can I lose if I report a stolen card late?", Wanted::Money),
            ("What percentage of patients recovered?", Wanted::Share),
            ("At what age can a child consent?", Wanted::Age),
            ("From which date does the GDPR apply?", Wanted::Date),
            ("How many cases are reported each year?", Wanted::Count),
            ("What is a normal A1C level?", Wanted::Any),
        ] {
            assert_eq!(figure(question), Some(wanted), "{question}");
        }
        for question in [
            "房东不退押金怎么办？",
            "一共产生了几块金牌？",
            "借了多年没还，可以撤销合同吗？",
            "多次盗窃、多人参与怎么处理？",
            "What is profiling?",
            "Who has to appoint a representative?",
        ] {
            assert_eq!(figure(question), None, "{question}");
        }
    }

    #[test]
    fn only_a_figure_of_that_kind_answers() {
        let text = "至少十六周岁的人应当在三十日内缴纳五万元，税率为百分之三；自2020年1月1日起施行。";
        for wanted in [Wanted::Time, Wanted::Date, Wanted::Age, Wanted::Money, Wanted::Share, Wanted::Any] {
            assert!(wanted.is_in(text), "{wanted:?}");
        }
        assert!(!Wanted::Multiple.is_in(text));
        assert!(!Wanted::Money.is_in("应当在三十日内提出。") && Wanted::Money.is_in("fines up to 20 000 000 EUR"));
        // A fine may be told as a multiple of what was gained.
        assert!(Wanted::Money.is_in("并处违法所得一倍以上十倍以下的罚款"));
    }
}
