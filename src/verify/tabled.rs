//! Whether a claim says no more than one cell of a table: the name of its row, the year of its column, its figure. Like
//! the very words of a source, this is support that needs no model, whose cosine is low for rows of figures.
//!
//! It holds only where both sides name the same: every word of the row's name stands in the claim, and every word of the
//! claim in the row's name, in the headings of the cell or of the document, but for those that only join ("was", 为). Any
//! other word, a direction, a hedge, a negation, leaves the claim to the rest of the cascade.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::{
    case::Unit,
    read::{Source, SourceUnit},
};
use crate::{
    domain::{text::Span, verdict::Comparison},
    text::{
        asked::content,
        date::DateMention,
        line_item::is_vague,
        quantity::{Bound, Quantity, Relation, Trend, Value},
    },
};

/// Words without content for a search that say something here: a source that tells "was" does not bear out "may be".
static QUALIFIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:about|any|by|can|could|from|if|into|may|must|shall|should|some|such|than|under|will|within|would)\b|或|被|就|都|也|而|几|不|未|非|没",
    )
    .expect("a constant pattern that compiles")
});

/// What joins a name to its figure.
static JOINS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:为|是|达到?|录得|有)\s*$|实现了?").expect("a constant pattern that compiles"));

/// What the tables of a source say of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tabled {
    /// This row, as a place in the chunk, has a cell that says the claim.
    Says(Span),
    /// The cell of the same row and period has another figure.
    Other {
        /// Into the claim.
        claimed: Span,
        /// Into the chunk.
        figure: Span,
        comparison: Comparison,
    },
}

/// A claim about one cell, read once for all sources.
pub struct Stated<'a> {
    claim: &'a Unit<'a>,
    figure: &'a Quantity,
    date: &'a DateMention,
    /// What it names besides its figure and its date.
    named: HashSet<String>,
    /// The same with the unit: "10,250 employees" names the row by it.
    with_unit: HashSet<String>,
}

impl<'a> Stated<'a> {
    /// `None` where the claim is none of this form.
    pub fn of(claim: &'a Unit<'a>) -> Option<Self> {
        let [date] = claim.dates.as_slice() else { return None };
        let figures: Vec<&Quantity> = claim.quantities.iter().filter(|q| !q.span.overlaps(date.span)).collect();
        let [figure] = figures.as_slice() else { return None };
        if !is_flat(figure) || claim.references.iter().any(|r| !r.span.is_empty()) {
            return None;
        }
        let named = named(claim.text, figure.span, date.span);
        let with_unit = named.iter().cloned().chain(content(&figure.surface)).collect();
        Some(Self { claim, figure, date, named, with_unit })
    }

    /// What the cell says that the claim names. Where two rows of one name disagree about it, nothing.
    pub fn find(&self, source: &Source<'_>) -> Option<Tabled> {
        let (mut says, mut other) = (None, None);
        for row in &source.sentences {
            let Some(read) = &row.row else { continue };
            let Some(cell) = read.cell(self.date, &self.named) else { continue };
            let theirs = cell.figure(&row.unit);
            let Some(name) = read.named_by(&self.with_unit, theirs.value.low() < 0.into()) else { continue };
            let known =
                |word: &String| [name.words, &cell.heading, &source.named].iter().any(|words| words.contains(word));
            if !self.named.iter().all(known) || qualifies(self.claim.text, row.unit.text) {
                continue;
            }
            let (ours, cells) = if name.tells_sign {
                (size(self.figure)?, size(theirs)?)
            } else {
                (self.figure.clone(), theirs.clone())
            };
            let relation = relation(&ours, &cells, row.unit.text);
            match relation {
                _ if is_loss(&ours) != is_loss(&cells) || !is_flat(&cells) => return None,
                Relation::Same | Relation::Rounded => says = says.or(Some(row.span)),
                Relation::Different => {
                    let compared = self.figure.compare(theirs);
                    other = other.or(Some(Tabled::Other {
                        claimed: self.figure.span,
                        figure: theirs.span.shifted(row.span.start()),
                        comparison: Comparison {
                            claim: compared.claim,
                            source: compared.source,
                            relation: relation.sign(),
                        },
                    }));
                }
                _ => return None,
            }
        }
        match (says, other) {
            (Some(row), None) => Some(Tabled::Says(row)),
            (None, other) => other.filter(|_| !is_vague(self.claim.text)),
            (Some(_), Some(_)) => None,
        }
    }
}

/// Neither rounded by a word nor a bound nor a movement.
fn is_flat(quantity: &Quantity) -> bool {
    let moves = quantity.change.is_some() || matches!(quantity.trend, Some(Trend::Up | Trend::Down));
    quantity.bound == Bound::Exact && quantity.hedge.is_none() && !moves
}

/// How a figure of a claim stands to that of a cell. What the row's name says of a share need not be told with the figure
/// again.
pub fn relation(figure: &Quantity, cell: &Quantity, row: &str) -> Relation {
    static PER_SHARE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)每股|\bper\s+(?:\w+\s+)?share").expect("a constant pattern that compiles"));
    let of_what = |q: &Quantity| {
        let mut plain = q.clone();
        plain.unit.per.clear();
        plain.unit.per_explicit = false;
        plain
    };
    if figure.unit.per.is_empty() != cell.unit.per.is_empty() && PER_SHARE.is_match(row) {
        of_what(figure).relation(&of_what(cell))
    } else {
        figure.relation(cell)
    }
}

/// A figure of the claim that stands in rows of tables alone, as a place in the claim. Only the row and the column tell
/// whether it is the figure that is claimed; words in common and vectors do not.
pub fn only_in_rows(claim: &Unit<'_>, sources: &[&Source<'_>]) -> Option<Span> {
    let stands = |figure: &Quantity, sentence: &SourceUnit<'_>| {
        sentence.unit.quantities.iter().any(|theirs| figure.relation(theirs).is_grounded())
    };
    let only = |figure: &&Quantity| {
        let mut any = false;
        for source in sources {
            for sentence in source.sentences.iter().filter(|sentence| stands(figure, sentence)) {
                if sentence.row.is_none() {
                    return false;
                }
                any = true;
            }
        }
        any
    };
    let figures = claim.quantities.iter().filter(|q| !claim.dates.iter().any(|d| d.span.overlaps(q.span)));
    figures.filter(only).map(|figure| figure.span).next()
}

/// A figure without its sign, whose name tells that it is a loss. `None` for a claim of a range, which has no size.
fn size(figure: &Quantity) -> Option<Quantity> {
    let Value::Exact(value) = figure.value else { return None };
    let size = if value < 0.into() { -value } else { value };
    let trend = figure.trend.filter(|trend| *trend != Trend::Loss);
    Some(Quantity { value: Value::Exact(size), trend, ..figure.clone() })
}

/// A loss of 5 is a profit of -5, and neither is told by the other's row.
fn is_loss(quantity: &Quantity) -> (bool, bool) {
    (quantity.trend == Some(Trend::Loss), quantity.value.low() < 0.into())
}

/// What a claim names besides its figure and its date.
fn named(claim: &str, figure: Span, date: Span) -> HashSet<String> {
    let mut rest = String::new();
    let mut at = 0;
    for gap in [figure.min(date), figure.max(date)] {
        rest.push_str(&JOINS.replace_all(claim.get(at..gap.start()).unwrap_or_default(), " "));
        rest.push(' ');
        at = gap.end();
    }
    rest.push_str(&JOINS.replace_all(claim.get(at..).unwrap_or_default(), " "));
    content(&rest).collect()
}

/// Whether the claim holds a word that qualifies what it says and that the row does not hold.
fn qualifies(claim: &str, row: &str) -> bool {
    let row = row.to_lowercase();
    QUALIFIES.find_iter(claim).any(|word| !row.contains(&word.as_str().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::lang,
        verify::read::{self, tests::plain_evidence},
    };

    const ZH: &str = "营业收入：2023年 512,300.12万元；2022年 480,100.00万元；本年比上年增减 6.71%。\n归属于上市公司股东的净利润：2023年 45,600.30万元；2022年 -50,200.00万元。\n基本每股收益（元/股）：2023年 1.23元/股；2022年 1.35元/股。\n研发费用：2023年 23,456.00；2022年 20,000.00。";
    const EN: &str = "Net sales: Year ended December 31, / 2019 $4,512.3 million; Year ended December 31, / 2018 $4,101.0 million.\nCost of sales: Year ended December 31, / 2019 $3,001.2 million; Year ended December 31, / 2018 $2,870.4 million.\nNet cash flow: Year ended December 31, / 2019 $(12.4) million; Year ended December 31, / 2018 $201.3 million.\nGoodwill: Preliminary 2019 $4 million; Revised 2019 $5 million.\nCanada / Fees: 2019 $7 million; 2018 $6 million.\nInterest: 2019 $1 million; 2018 $2 million.\nInterest: 2019 $3 million; 2018 $2 million.\nGross margin: 2019 41.3%; 2018 40.0%.";

    const STAFF: &str = "Employees: 2019 10,250; 2018 9,900.";
    const STAFF_ZH: &str = "研发人员数量（人）：2023年 1,024人；2022年 980人。";
    const CSV: &str = "合并利润表，一、营业总收入：2023年度 512,300.12万元；2022年度 480,100.00万元。\n合并利润表，其中：营业收入：2023年度 510,000.12万元；2022年度 478,000.00万元。\n合并利润表，减：营业成本：2023年度 300,000.00万元；2022年度 290,000.00万元。\n合并利润表，五、净利润（净亏损以“－”号填列）：2023年度 -6,100.50万元；2022年度 45,000.00万元。\n合并利润表，1.归属于母公司股东的净利润：2023年度 -5,900.10万元；2022年度 44,100.00万元。";
    const PARENT: &str = "母公司利润表，其中：营业收入：2023年度 510,000.12万元；2022年度 478,000.00万元。\n母公司利润表，五、净利润：2023年度 500万元；2022年度 45,000.00万元。";

    /// The title of a statement and the place in it name no row; whose statement it is does.
    #[test]
    fn a_row_of_a_statement_is_named_without_it() {
        let rows = [
            ("2023年营业总收入为51.23亿元。", "合并利润表，一、营业总收入"),
            ("2023年营收为51亿元。", "合并利润表，其中：营业收入"),
            ("2023年营业成本为30亿元。", "合并利润表，减：营业成本"),
            ("2022年净利润为4.5亿元。", "合并利润表，五、净利润"),
            ("2023年净亏损6,100.50万元。", "合并利润表，五、净利润"),
            ("2022年归母净利润为4.41亿元。", "合并利润表，1.归属于母公司"),
            ("2023年归母净利润为-5,900.10万元。", "合并利润表，1.归属于母公司"),
        ];
        all_are_said(&rows.map(|(claim, row)| (claim, CSV, row)));
        assert_eq!(told("2023年营收为51.23亿元。", CSV), None, "营收 may be either line");
        for claim in ["2023年营业收入为51亿元。", "2023年净利润为600万元。"] {
            assert_eq!(told(claim, PARENT), None, "{claim}");
        }
    }

    const SIGNED: &str = "Net income (loss): 2019 -$12.4 million; 2018 $201.3 million.\nNet cash provided by (used in) operating activities: 2019 $(7.5) million; 2018 $9.1 million.";
    const LOSS: &str = "Net loss: 2019 $(3.0) thousand; 2018 $4.0 thousand.";
    const SIGNED_ZH: &str = "四、净利润（净亏损以“－”号填列）：2023年 -1,200万元；2022年 3,000万元。\n其中：利息费用：2023年 120万元；2022年 90万元。\n三、营业利润（亏损以“－”号填列）：2023年 -900万元；2022年 2,500万元。";

    /// Statements name a row by both signs of its figure.
    #[test]
    fn a_row_is_named_by_the_sign_of_its_figure() {
        all_are_said(&[
            ("Net loss was $12.4 million in 2019.", SIGNED, "Net income (loss)"),
            ("The company reported a net loss of $12.4 million in 2019.", SIGNED, "Net income (loss)"),
            ("Net income was $201.3 million in 2018.", SIGNED, "Net income (loss)"),
            ("Net cash used in operating activities was $7.5 million in 2019.", SIGNED, "Net cash"),
            ("Net cash provided by operating activities was $9.1 million in 2018.", SIGNED, "Net cash"),
            ("Net loss was $3.0 thousand in 2019.", LOSS, "Net loss"),
            ("Net loss was $4.0 thousand in 2018.", LOSS, "Net loss"),
            ("2022年净利润为3,000万元。", SIGNED_ZH, "四、净利润"),
            ("2023年净亏损为1,200万元。", SIGNED_ZH, "四、净利润"),
            ("2023年利息费用为120万元。", SIGNED_ZH, "其中"),
            ("2022年营业利润为2,500万元。", SIGNED_ZH, "三、营业利润"),
        ]);
        none_is_said(&[
            ("Net income was $12.4 million in 2019.", SIGNED),
            ("Net loss was $201.3 million in 2018.", SIGNED),
            ("Net cash provided by operating activities was $7.5 million in 2019.", SIGNED),
            ("Net loss was $3.0 thousand in 2018.", LOSS),
            ("Net loss (income) was $5 million in 2019.", "Net loss (income): 2019 $(5) million; 2018 $4 million."),
            ("2023年净利润为1,200万元。", SIGNED_ZH),
            ("2022年净亏损为3,000万元。", SIGNED_ZH),
            ("2023年营业利润为900万元。", SIGNED_ZH),
        ]);
    }

    fn finds(claim: &str, text: &str) -> Option<String> {
        match told(claim, text)? {
            Tabled::Says(row) => Some(row.of(text)?.to_owned()),
            Tabled::Other { .. } => None,
        }
    }

    fn told(claim: &str, text: &str) -> Option<Tabled> {
        let (evidence, unit) = (plain_evidence(text), read::unit(claim, lang::detect(claim)));
        Stated::of(&unit)?.find(&Source::of(&evidence))
    }

    /// Claims, texts, and how the row begins that says the claim.
    fn all_are_said(cases: &[(&str, &str, &str)]) {
        for (claim, text, row) in cases {
            let found = finds(claim, text);
            assert!(found.as_ref().is_some_and(|found| found.starts_with(row)), "{claim}: {found:?}");
        }
    }

    fn none_is_said(cases: &[(&str, &str)]) {
        for (claim, text) in cases {
            assert_eq!(finds(claim, text), None, "{claim}");
        }
    }

    #[test]
    fn the_cell_of_that_row_and_year_has_another_figure() {
        for (claim, text, figure) in [
            ("2023年营业收入为480,100.00万元。", ZH, "512,300.12万元"),
            ("2022年基本每股收益是1.23元/股。", ZH, "1.35元/股"),
            ("2023年归母净利润为48,600万元。", ZH, "45,600.30万元"),
            ("Net sales were $3,001.2 million in 2019.", EN, "$4,512.3 million"),
            ("Gross margin was 40.0% in 2019.", EN, "41.3%"),
        ] {
            let found = told(claim, text);
            let Some(Tabled::Other { figure: place, .. }) = &found else { panic!("{claim}: {found:?}") };
            assert_eq!(place.of(text), Some(figure), "{claim}");
        }
        for (claim, text) in [
            // Which Interest, which 2019, which sales: unknown.
            ("Interest was $4 million in 2019.", EN),
            ("Goodwill was $6 million in 2019.", EN),
            ("Sales were $4 million in 2019.", EN),
            ("2023年研发费用为100万元。", ZH),
        ] {
            let found = told(claim, text);
            assert!(!matches!(found, Some(Tabled::Says(_))), "{claim}: {found:?}");
        }
        let unit = read::unit("Sales were $4,512.3 million.", lang::detect("Sales"));
        let (table, prose) = (plain_evidence(EN), plain_evidence("We sold for $4,512.3 million."));
        let (table, prose) = (Source::of(&table), Source::of(&prose));
        assert_eq!(only_in_rows(&unit, &[&table]), Some(Span::new(11, 27)));
        assert_eq!(only_in_rows(&unit, &[&table, &prose]), None);
        assert_eq!(only_in_rows(&unit, &[&prose]), None);
    }

    #[test]
    fn one_cell_says_it() {
        all_are_said(&[
            ("2023年营业收入为512,300.12万元。", ZH, "营业收入"),
            ("公司2022年实现营业收入48.01亿元。", ZH, "营业收入"),
            ("2023年归属于上市公司股东的净利润为4.56亿元。", ZH, "归属于"),
            ("公司2023年实现归母净利润4.56亿元。", ZH, "归属于"),
            ("2023年营收为51.23亿元。", ZH, "营业收入"),
            ("2022年基本每股收益是1.35元/股。", ZH, "基本每股收益"),
            ("2022年基本每股收益是1.35元。", ZH, "基本每股收益"),
            ("Net sales were $4,512.3 million in 2019.", EN, "Net sales"),
            ("In 2018, the company reported net sales of $4.1 billion.", EN, "Net sales"),
            ("Cost of sales was $3,001.2 million for the year ended December 31, 2019.", EN, "Cost of sales"),
            ("The gross margin in 2019 was 41.3%.", EN, "Gross margin"),
            ("Fees in Canada were $7 million in 2019.", EN, "Canada / Fees"),
            ("Interest was $2 million in 2018.", EN, "Interest"),
            ("The company had 10,250 employees in 2019.", STAFF, "Employees"),
            ("2023年公司研发人员数量为1,024人。", STAFF_ZH, "研发人员数量"),
        ]);
    }

    #[test]
    fn more_or_less_than_one_cell_does_not() {
        none_is_said(&[
            // Another year, another figure, another unit, another sign.
            ("2023年营业收入为480,100.00万元。", ZH),
            ("2021年营业收入为480,100.00万元。", ZH),
            ("2023年营业收入为512,300.12元。", ZH),
            ("2023年研发费用为23,456.00万元。", ZH),
            ("2022年归属于上市公司股东的净利润为50,200万元。", ZH),
            ("Net cash flow was $12.4 million in 2019.", EN),
            ("Net sales were 4,512.3 million euros in 2019.", EN),
            // Another name, or more or less of it.
            ("2023年营业外收入为512,300.12万元。", ZH),
            ("2023年净利润为45,600.30万元。", ZH),
            ("2023年扣非净利润为45,600.30万元。", ZH),
            ("2023年营业总收入为512,300.12万元。", ZH),
            ("2023年星辰科技营业收入为512,300.12万元。", ZH),
            ("The company had 10,250 employees in 2018.", STAFF),
            ("The company had 10,250 stores in 2019.", STAFF),
            ("2023年公司人员数量为1,024人。", STAFF_ZH),
            ("Sales were $4,512.3 million in 2019.", EN),
            ("Adjusted net sales were $4,512.3 million in 2019.", EN),
            ("Fees were $7 million in 2019.", EN),
            ("Net sales in Europe were $4,512.3 million in 2019.", EN),
            // Another statement.
            ("2023年营业收入不是512,300.12万元。", ZH),
            ("2023年营业收入约为512,300.12万元。", ZH),
            ("2023年营业收入超过512,300.12万元。", ZH),
            ("2023年营业收入预计为512,300.12万元。", ZH),
            ("2023年营业收入增长512,300.12万元。", ZH),
            ("2023年营业收入或为512,300.12万元。", ZH),
            ("Net sales may be $4,512.3 million in 2019.", EN),
            ("Net sales were not $4,512.3 million in 2019.", EN),
            ("Net sales rose to $4,512.3 million in 2019.", EN),
            ("Net sales were at least $4,512.3 million in 2019.", EN),
            ("Net sales rose by $4,512.3 million in 2019.", EN),
            // Two figures, two dates, none.
            ("Net sales were $4,512.3 million in 2019 and $4,101.0 million in 2018.", EN),
            ("Net sales were $4,512.3 million.", EN),
            // Headings that tell more than dates; two rows of one name.
            ("Goodwill was $5 million in 2019.", EN),
            ("Interest was $1 million in 2019.", EN),
            // A part of the year.
            (
                "Sales were $4 million in 2019.",
                "Sales: Six months ended June 30, / 2019 $4 million; Six months ended June 30, / 2018 $3 million.",
            ),
            ("2023年营业收入为400万元。", "营业收入：2023年1-6月 400万元；2022年1-6月 300万元。"),
            ("2023年营业收入为400万元。", "营业收入：2023年第一季度 400万元；2022年第一季度 300万元。"),
            // No row.
            ("Net sales were $4 million in 2019.", "Net sales were $4 million in 2019."),
        ]);
    }

    proptest::proptest! {
        #[test]
        fn any_row_does_no_harm(claim in "\\PC{0,80}", row in "[a-z年月0-9：:;；.,$%() /]{0,120}") {
            let text = format!("{row}\n{claim}");
            if let Some(found) = finds(&claim, &text) {
                proptest::prop_assert!(text.contains(&found));
            }
        }
    }
}
