//! Whether a claim says no more than two cells of one row: a figure of this period and of the one before, which way it
//! went, by how much. What is not written in the row is worked out from it, exactly: growth is the difference over the
//! earlier figure, rounded as the claim is.
//!
//! As for a single cell ([`super::tabled`]), any word that neither the row, its headings nor the document has leaves the
//! claim to the rest of the cascade.

use std::{cmp::Ordering, collections::HashSet, sync::LazyLock};

use num_traits::{CheckedAdd as _, CheckedMul as _, CheckedSub as _};
use regex::Regex;

use super::{
    case::Unit,
    read::Source,
    row::{Cell, Row},
    tabled::{self, Tabled},
};
use crate::{
    domain::{text::Span, verdict::Comparison},
    text::{
        asked::content,
        date::{DateMention, Relative, When},
        line_item::is_vague,
        quantity::{Bound, Change, Kind, Number, Quantity, Relation, Trend, Value, difference, growth},
    },
};

const UP: &str = r"\b(?:rose|risen|rises?|rising|increas(?:e[sd]?|ing)|grew|grown|grows?|growing|growth|climbed|jumped|gained
    |up|higher)\b|增长|增加|增至|上升|升至|升到|提高|提升|上涨|涨至";
const DOWN: &str = r"\b(?:fell|fallen|falls?|falling|decreas(?:e[sd]?|ing)|declin(?:e[sd]?|ing)|dropped|drops?|lower|down
    |reduced)\b|下降|降至|降到|减少|减至|降低|下滑|下跌|回落";
/// Words of comparison, and those that join a name to its figures.
const JOINS: &str = r"\b(?:from|to|by|versus|vs|compared|against|year[-\ ]over[-\ ]year|year[-\ ]on[-\ ]year|yoy|over|prior
    |previous|last|preceding|year|earlier|percentage|points?|reaching|reached)\b
    |同比|较?(?:上年|去年|上一年度?|前一年度?)(?:同期|末)?|比|较|相比|有所|由|从|自|至|到|了|的|达到?|为|是|实现了?|录得";

static MOVES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [UP, DOWN].map(|words| Regex::new(&format!("(?ix){words}")).expect("a constant pattern that compiles"))
});
/// What the claim says with these is read from its quantities and its direction.
static READ: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?ix){UP}|{DOWN}|{JOINS}")).expect("a constant pattern that compiles"));

/// What stands before the figure of the earlier period.
static FROM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:from|versus|vs\.?|than|with|against)|由|从|自|较|比|(?:上年|去年)(?:同期|末)?的?)\s*$")
        .expect("a constant pattern that compiles")
});

/// Words that qualify what is said; those of movement are read here.
static QUALIFIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:about|any|can|could|if|may|might|must|no|not|shall|should|some|such|will|within|would|almost|nearly|approximately|roughly)\b|或|被|就|都|也|而|几|不|未|非|没|约|近|预计|将|环比",
    )
    .expect("a constant pattern that compiles")
});

/// The year before, where the claim speaks of none by name.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)同比|上年|去年|上一年|前一年|year[- ]o(?:ver|n)[- ]year|\byoy\b|\b(?:prior|previous|last|preceding) year\b|\byear earlier\b")
        .expect("a constant pattern that compiles")
});

/// What a figure of the claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// The figure of the period that is claimed.
    Level,
    /// That of the period before.
    Base,
    /// By how much the one differs from the other.
    Difference,
}

/// A claim about two cells of one row, read once for all sources.
pub struct Moved<'a> {
    claim: &'a Unit<'a>,
    figures: Vec<(&'a Quantity, Says)>,
    /// Those with a year, two at most.
    dates: Vec<&'a DateMention>,
    way: Way,
    /// What it names besides figures, dates and movement.
    named: HashSet<String>,
    /// Another line has the name, too.
    is_vague: bool,
}

impl<'a> Moved<'a> {
    /// `None` where the claim is none of this form.
    pub fn of(claim: &'a Unit<'a>) -> Option<Self> {
        let figures: Vec<&Quantity> =
            claim.quantities.iter().filter(|q| !claim.dates.iter().any(|d| d.span.overlaps(q.span))).collect();
        let exact = |q: &&Quantity| {
            q.bound == Bound::Exact
                && q.hedge.is_none()
                && matches!(q.value, Value::Exact(_))
                && q.trend != Some(Trend::Loss)
        };
        // "上年同期" only says what is compared.
        let (dates, words): (Vec<&DateMention>, Vec<&DateMention>) =
            claim.dates.iter().partition(|date| date.when.year().is_some());
        let before = |date: &&DateMention| {
            matches!(date.when, When::Relative(Relative::LastYear | Relative::SamePeriodLastYear))
        };
        let few = (1..=3).contains(&figures.len()) && dates.len() <= 2;
        if !few || !figures.iter().all(exact) || !words.iter().all(before) {
            return None;
        }
        if claim.references.iter().any(|r| !r.span.is_empty()) || QUALIFIES.is_match(claim.text) {
            return None;
        }
        let mut says: Vec<Says> = figures.iter().map(|figure| says(claim, figure)).collect();
        // "A in 2019 and B in 2018": each figure has a date of its own.
        if let ([Says::Level, Says::Level], [one, other]) = (says.as_slice(), dates.as_slice()) {
            says[usize::from(one.when.year() > other.when.year())] = Says::Base;
        }
        let once = |kind: Says| says.iter().filter(|own| **own == kind).count() <= 1;
        let way = direction(claim, &figures)?;
        let alone = says == [Says::Level] && matches!(way, Way::Untold) || says == [Says::Base];
        if alone || !once(Says::Level) || !once(Says::Base) || !once(Says::Difference) {
            return None;
        }
        let (named, is_vague) = (named(claim, &figures), is_vague(claim.text));
        Some(Self { claim, figures: figures.into_iter().zip(says).collect(), dates, way, named, is_vague })
    }

    /// What the row of a source says that the claim names.
    pub fn find(&self, source: &Source<'_>) -> Option<Tabled> {
        let mut found: Option<Tabled> = None;
        for sentence in &source.sentences {
            let Some(row) = &sentence.row else { continue };
            let Some(name) = row.named_by(&self.named, false) else { continue };
            let Some((now, before)) = self.periods(row) else { continue };
            let known = |word: &String| {
                [name.words, &now.heading, &before.heading, &source.named].into_iter().any(|words| words.contains(word))
            };
            if !self.named.iter().all(known) {
                continue;
            }
            let cells = Cells { now: now.figure(&sentence.unit), before: before.figure(&sentence.unit) };
            let said = match cells.hold(sentence.unit.text, self)? {
                Held::Up => Tabled::Says(sentence.span),
                Held::Against(..) if self.is_vague => continue,
                Held::Against(claimed, figure, comparison) => {
                    Tabled::Other { claimed, figure: figure.shifted(sentence.span.start()), comparison }
                }
            };
            // Two rows of one name that say different things tell nothing.
            if found.as_ref().is_some_and(|found| matches!(found, Tabled::Says(_)) != matches!(said, Tabled::Says(_))) {
                return None;
            }
            found = found.or(Some(said));
        }
        found
    }

    fn of_kind(&self, kind: Says) -> Option<&'a Quantity> {
        self.figures.iter().find(|(_, says)| *says == kind).map(|(figure, _)| *figure)
    }

    /// The cells of the later and of the earlier period: those that the claim dates, the one and that of the year before,
    /// or the only two.
    fn periods<'r>(&self, row: &'r Row) -> Option<(&'r Cell, &'r Cell)> {
        match self.dates.as_slice() {
            [one, other] => {
                let (one_cell, other_cell) = (row.cell(one, &self.named)?, row.cell(other, &self.named)?);
                match one.when.year()?.cmp(&other.when.year()?) {
                    Ordering::Greater => self.dates_each(one, other).then_some((one_cell, other_cell)),
                    Ordering::Less => self.dates_each(other, one).then_some((other_cell, one_cell)),
                    Ordering::Equal => None,
                }
            }
            [date] => {
                let dated = row.cell(date, &self.named)?;
                if self.dates_base(date)? {
                    Some((row.years_from(dated, 1)?, dated))
                } else {
                    Some((dated, row.years_from(dated, -1)?))
                }
            }
            [] => {
                let compares = self.of_kind(Says::Base).is_some() && self.figures.len() > 1;
                row.only_two().filter(|_| compares || BEFORE.is_match(self.claim.text))
            }
            _ => None,
        }
    }

    /// Whether each figure stands with its own date, the level with the later one: "A in 2019 from B in 2018", "2019 … A,
    /// 2018 … B".
    fn dates_each(&self, later: &DateMention, earlier: &DateMention) -> bool {
        let (Some(level), Some(base)) = (self.of_kind(Says::Level), self.of_kind(Says::Base)) else {
            // Without two levels the dates only say which years are compared.
            return true;
        };
        let is_base_first = base.span < level.span;
        let (first, second) = if is_base_first { (base, level) } else { (level, base) };
        let (own, other) = if is_base_first { (earlier, later) } else { (later, earlier) };
        let precedes = |a: Span, b: Span| a.start() < b.start();
        let (own, other) = (own.span, other.span);
        let after = precedes(first.span, own) && precedes(own, second.span) && precedes(second.span, other);
        let before = precedes(own, first.span) && precedes(first.span, other) && precedes(other, second.span);
        after || before
    }

    /// Whether the only date is that of the earlier figure, "from A in 2018 to B"; `None` for "to B from A in 2018", which
    /// may date either.
    fn dates_base(&self, date: &DateMention) -> Option<bool> {
        let Some(base) = self.of_kind(Says::Base) else { return Some(false) };
        let level = self.of_kind(Says::Level);
        let beside = |from: Span, to: Span| {
            let between = |level: &Quantity| from.end() <= level.span.start() && level.span.end() <= to.start();
            to.start().saturating_sub(from.end()) <= CLOSE && !level.is_some_and(between)
        };
        let after = base.span.end() <= date.span.start() && beside(base.span, date.span);
        let gap = self.claim.text.get(date.span.end()..base.span.start().max(date.span.end()))?;
        let before = date.span.end() <= base.span.start() && gap.trim().is_empty();
        if after && level.is_some_and(|level| level.span.end() <= base.span.start()) {
            return None;
        }
        Some(after || before)
    }
}

/// The figures of two periods.
struct Cells<'a> {
    now: &'a Quantity,
    before: &'a Quantity,
}

/// What two cells make of a claim.
enum Held {
    Up,
    /// Where the claim is wrong, what in the row shows it, and both sides.
    Against(Span, Span, Comparison),
}

impl Cells<'_> {
    /// `None` where the cells cannot be held against the claim.
    fn hold(&self, row: &str, moved: &Moved<'_>) -> Option<Held> {
        let Self { now, before } = self;
        let flat = |q: &Quantity| q.bound == Bound::Exact && q.trend != Some(Trend::Loss) && q.value.low() >= 0.into();
        if now.unit.kind != before.unit.kind || !flat(now) || !flat(before) {
            return None;
        }
        let (high, low) = (now.value.low(), before.value.low());
        let mut wrong: Option<Held> = None;
        for (figure, says) in &moved.figures {
            if *says == Says::Difference {
                let exact = absolute(worked_out(figure, now, before)?);
                if !figure.displays(&exact) {
                    // The cells are rounded themselves.
                    let (least, most) = (self.worked_out(figure, false)?, self.worked_out(figure, true)?);
                    let half = figure.precision.checked_mul(&Number::new(1, 2))?;
                    let (from, to) = if least >= 0.into() { (least, most) } else { (-most, -least) };
                    let told = figure.value.low();
                    if from < 0.into() || to >= told.checked_sub(&half)? && from <= told.checked_add(&half)? {
                        return None;
                    }
                    let source = format!("{} → {}: {}", before.surface, now.surface, shown(&exact, figure.unit.kind));
                    let comparison = Comparison { claim: figure.normal_form(), source, relation: "≠".to_owned() };
                    wrong = wrong.or(Some(Held::Against(figure.span, now.span, comparison)));
                }
                continue;
            }
            let cell = if *says == Says::Base { before } else { now };
            // The direction is held against both cells below.
            let plain = Quantity { trend: None, change: None, ..(*figure).clone() };
            let relation = tabled::relation(&plain, cell, row);
            match relation {
                Relation::Same | Relation::Rounded => {}
                Relation::Different => {
                    let compared = plain.compare(cell);
                    let comparison =
                        Comparison { claim: compared.claim, source: compared.source, relation: relation.sign() };
                    wrong = wrong.or(Some(Held::Against(figure.span, cell.span, comparison)));
                }
                _ => return None,
            }
        }
        if let Way::Told(way, word) = moved.way {
            let really = high.cmp(&low);
            if really == Ordering::Equal {
                return None;
            }
            if really != way {
                let sign = |order: Ordering| if order == Ordering::Greater { "↑" } else { "↓" };
                let comparison = Comparison {
                    claim: sign(way).to_owned(),
                    source: format!("{} → {} {}", before.surface, now.surface, sign(really)),
                    relation: "≠".to_owned(),
                };
                wrong = Some(Held::Against(word, now.span, comparison));
            }
        }
        Some(wrong.unwrap_or(Held::Up))
    }
}

impl Cells<'_> {
    /// The largest or the smallest difference of figures that are displayed as these two.
    fn worked_out(&self, claimed: &Quantity, largest: bool) -> Option<Number> {
        let nudged = |q: &Quantity, up: bool| {
            let half = q.precision.checked_mul(&Number::new(if up { 1 } else { -1 }, 2))?;
            Some(Quantity { value: Value::Exact(q.value.low().checked_add(&half)?), ..q.clone() })
        };
        worked_out(claimed, &nudged(self.now, largest)?, &nudged(self.before, !largest)?)
    }
}

fn absolute(value: Number) -> Number {
    if value < 0.into() { -value } else { value }
}

/// The difference of two figures, in the form in which the claim tells it: a share of the earlier one, points, an amount.
fn worked_out(claimed: &Quantity, now: &Quantity, before: &Quantity) -> Option<Number> {
    match (claimed.unit.kind, now.unit.kind) {
        (Kind::Points, Kind::Ratio) => difference(now, before)?.checked_mul(&100.into()),
        (Kind::Ratio, Kind::Ratio) => None,
        (Kind::Ratio, _) => growth(now, before),
        (own, theirs) if own == theirs => difference(now, before),
        _ => None,
    }
}

/// To two decimals: a share in per cent, points, an amount in base units.
fn shown(exact: &Number, kind: Kind) -> String {
    let (factor, sign) = match kind {
        Kind::Ratio => (100, "%"),
        Kind::Points => (1, "%"),
        _ => (1, ""),
    };
    let Some(hundredths) = exact.checked_mul(&Number::from(factor * 100)) else { return exact.to_string() };
    let hundredths = hundredths.round().to_integer();
    format!("{}.{:02}{sign}", hundredths / 100, hundredths % 100)
}

fn says(claim: &Unit<'_>, figure: &Quantity) -> Says {
    let before = claim.text.get(..figure.span.start()).unwrap_or_default();
    // "from 2018's $4.1 million", 较上年的4.1亿元: a date may stand between.
    let date = claim.dates.iter().find(|date| {
        claim
            .text
            .get(date.span.end()..figure.span.start())
            .is_some_and(|gap| gap.trim().is_empty() || gap.trim() == "的")
    });
    let before = date.map_or(before, |date| claim.text.get(..date.span.start()).unwrap_or_default());
    if figure.unit.kind == Kind::Points {
        Says::Difference
    } else if FROM.is_match(before) {
        Says::Base
    } else if figure.change == Some(Change::By) {
        Says::Difference
    } else {
        Says::Level
    }
}

/// Which way the claim says that it went, and the word that says so.
#[derive(Clone, Copy)]
enum Way {
    Told(Ordering, Span),
    Untold,
}

/// `None` where the claim says both.
fn direction(claim: &Unit<'_>, figures: &[&Quantity]) -> Option<Way> {
    let [up, down] = &*MOVES;
    let span = |word: regex::Match<'_>| Span::new(word.start(), word.end());
    let told = match (up.find(claim.text), down.find(claim.text)) {
        (Some(_), Some(_)) => return None,
        (Some(word), None) => Way::Told(Ordering::Greater, span(word)),
        (None, Some(word)) => Way::Told(Ordering::Less, span(word)),
        (None, None) => Way::Untold,
    };
    let agrees = |q: &&Quantity| match q.trend {
        Some(Trend::Up) => matches!(told, Way::Told(Ordering::Greater, _)),
        Some(Trend::Down) => matches!(told, Way::Told(Ordering::Less, _)),
        _ => true,
    };
    // A word that belongs to none of the figures says something else.
    let moves = |q: &&Quantity| matches!(q.trend, Some(Trend::Up | Trend::Down));
    let belongs = matches!(told, Way::Untold) || figures.iter().any(moves);
    (belongs && figures.iter().all(agrees)).then_some(told)
}

/// What the claim names besides figures, dates and movement.
fn named(claim: &Unit<'_>, figures: &[&Quantity]) -> HashSet<String> {
    let mut gaps: Vec<Span> = figures.iter().map(|q| q.span).chain(claim.dates.iter().map(|date| date.span)).collect();
    gaps.sort_unstable();
    let (mut rest, mut at) = (String::new(), 0);
    for gap in gaps {
        rest.push_str(claim.text.get(at..gap.start()).unwrap_or_default());
        rest.push(' ');
        at = at.max(gap.end());
    }
    rest.push_str(claim.text.get(at..).unwrap_or_default());
    content(&READ.replace_all(&rest, " ")).collect()
}

/// Bytes between a figure and the date that it is given.
const CLOSE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::lang,
        verify::read::{self, tests::plain_evidence},
    };

    const ZH: &str = "营业收入：2023年 512,300.12万元；2022年 480,100.00万元；本年比上年增减 6.71%。\n归属于上市公司股东的净利润：2023年 45,600.30万元；2022年 -50,200.00万元。\n基本每股收益（元/股）：2023年 1.23元/股；2022年 1.35元/股。\n毛利率：2023年 32.5%；2022年 34.6%。";
    const EN: &str = "Net sales: Year ended December 31, / 2019 $4,512.3 million; Year ended December 31, / 2018 $4,101.0 million.\nOperating income: 2019 $412.5 million; 2018 $389.9 million.\nNet cash flow: 2019 $(12.4) million; 2018 $201.3 million.\nGross margin: 2019 41.3%; 2018 40.0%.\nEmployees: 2019 10,250; 2017 9,800.\nOrders: 2019 $4.5 billion; 2018 $4.1 billion.";

    fn verdict(claim: &str, text: &str) -> &'static str {
        let evidence = plain_evidence(text);
        let unit = read::unit(claim, lang::detect(claim));
        match Moved::of(&unit).and_then(|moved| moved.find(&Source::of(&evidence))) {
            Some(Tabled::Says(_)) => "says",
            Some(Tabled::Other { claimed, figure, .. }) => {
                assert!(claimed.of(claim).is_some() && figure.of(text).is_some(), "{claim}");
                "other"
            }
            None => "none",
        }
    }

    #[test]
    fn two_cells_say_it() {
        for (claim, text) in [
            ("Net sales rose to $4,512.3 million in 2019 from $4,101.0 million in 2018.", EN),
            ("Net sales were $4,512.3 million in 2019, compared with $4,101.0 million in 2018.", EN),
            ("Net sales rose to $4.51 billion in 2019 from $4.10 billion.", EN),
            ("Net sales rose from $4,101.0 million in 2018 to $4,512.3 million.", EN),
            ("Net sales were $4,512.3 million in 2019 and $4,101.0 million in 2018.", EN),
            ("Operating income increased by 5.8% in 2019.", EN),
            ("Operating income increased 5.8% to $412.5 million in 2019.", EN),
            ("Operating income increased by $22.6 million in 2019.", EN),
            ("Orders increased by 9.8% in 2019.", EN),
            ("Gross margin rose by 1.3 percentage points in 2019.", EN),
            ("2023年营收同比增长6.71%。", ZH),
            ("2023年营收由48.01亿元增至51.23亿元。", ZH),
            ("2023年营业收入为512,300.12万元，同比增长6.71%。", ZH),
            ("2023年营业收入同比增长6.7%。", ZH),
            ("2023年营业收入由上年的48.01亿元增至51.23亿元。", ZH),
            ("基本每股收益由1.35元/股降至1.23元/股。", ZH),
            ("基本每股收益由1.35元降至1.23元。", ZH),
            ("2023年毛利率较上年下降2.1个百分点。", ZH),
            ("2023年毛利率为32.5%，较上年下降2.1个百分点。", ZH),
        ] {
            assert_eq!(verdict(claim, text), "says", "{claim}");
        }
    }

    #[test]
    fn two_cells_say_otherwise() {
        for (claim, text) in [
            ("Net sales fell to $4,512.3 million in 2019 from $4,101.0 million in 2018.", EN),
            ("Net sales rose to $4,512.3 million in 2019 from $4,001.0 million in 2018.", EN),
            ("Net sales rose to $4,612.3 million in 2019 from $4,101.0 million in 2018.", EN),
            ("Net sales were $4,101.0 million in 2019 and $4,512.3 million in 2018.", EN),
            ("Operating income increased by 8.5% in 2019.", EN),
            ("Operating income decreased by 5.8% in 2019.", EN),
            ("Operating income increased by $32.6 million in 2019.", EN),
            ("Orders increased by 13% in 2019.", EN),
            ("Gross margin rose by 2.3 percentage points in 2019.", EN),
            ("2023年营业收入为512,300.12万元，同比增长7.61%。", ZH),
            ("2023年营业收入为512,300.12万元，同比下降6.71%。", ZH),
            ("2023年营业收入为521,300.12万元，同比增长6.71%。", ZH),
            ("基本每股收益由1.23元/股升至1.35元/股。", ZH),
            ("基本每股收益由1.23元升至1.35元。", ZH),
            ("2023年毛利率较上年上升2.1个百分点。", ZH),
        ] {
            assert_eq!(verdict(claim, text), "other", "{claim}");
        }
    }

    #[test]
    fn what_two_cells_do_not_tell_is_left_open() {
        for (claim, text) in [
            // One cell, another name, another year, no year before.
            ("Net sales were $4,512.3 million in 2019.", EN),
            ("Sales rose to $4,512.3 million in 2019 from $4,101.0 million in 2018.", EN),
            ("Adjusted operating income increased by 5.8% in 2019.", EN),
            ("Operating income increased by 5.8% in 2020.", EN),
            ("Employees increased by 4.6% in 2019.", EN),
            // Both ways.
            ("Net sales rose to $4,512.3 million in 2019, down from $4,101.0 million in 2018.", EN),
            ("Net sales, which had fallen, were $4,512.3 million in 2019 compared with $4,101.0 million in 2018.", EN),
            // Which year?
            ("Net sales rose to $4,512.3 million from $4,101.0 million in 2018.", EN),
            ("2023年营业收入环比增长6.71%。", ZH),
            // More than the cells say.
            ("Operating income increased by about 5.8% in 2019.", EN),
            ("Operating income may increase by 5.8% in 2019.", EN),
            ("Operating income increased by 5.8% in 2019 because of lower costs.", EN),
            ("Operating income increased by 5.8% in Europe in 2019.", EN),
            ("2023年营业收入预计同比增长6.71%。", ZH),
            ("2023年营业收入同比增长约6.71%。", ZH),
            // What is rounded in the table may have grown by more or less.
            ("Orders increased by 10.3% in 2019.", EN),
            // A share of a share, a loss.
            ("Gross margin rose by 3.3% in 2019.", EN),
            ("Net cash flow fell by $213.7 million in 2019.", EN),
            ("2023年归属于上市公司股东的净利润同比增长190.84%。", ZH),
            ("2023年净利润同比增长6.71%。", ZH),
        ] {
            assert_eq!(verdict(claim, text), "none", "{claim}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_row_does_no_harm(claim in "\\PC{0,80}", row in "[a-z年月0-9：:;；.,$%() /]{0,120}") {
            let _ = verdict(&claim, &format!("{row}\n{claim}"));
        }
    }
}
