//! What a difference between two sentences that are nearly the same means.

use std::sync::LazyLock;

use crate::{
    domain::{
        evidence::Label,
        text::{Message, Span},
    },
    text::{
        lang::is_han,
        logic::{Cue, DeonticClass, QuantifierClass, Strength},
        quantity::{self, Relation},
    },
    verify::{case::Unit, rules::entity},
};

/// What was put in another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Negation,
    Modality,
    Figure,
    /// A word for its opposite, or a party for its counterpart.
    Opposite,
    /// Drug B for drug A, 乙公司 for 甲公司.
    Name,
    Quantifier,
    /// Of a day, an article or a list: it may be what the sentence is about, and not what it says.
    Place,
    /// Another word of content, which may mean the same.
    Word,
    /// "And" for "or".
    Connective,
    /// Words that the source does not have.
    Addition,
    /// A condition or an exception of the source is left out.
    Condition,
}

impl Change {
    /// Alone in a sentence it turns it into another one.
    pub const fn is_decisive(self) -> bool {
        matches!(self, Self::Negation | Self::Modality | Self::Figure | Self::Opposite | Self::Name)
    }

    /// What is told of it: the claim says `mine` where this sentence of `label` says `other`.
    pub fn message(self, label: Label, mine: &str, other: &str) -> Message {
        let (zh, en) = match self {
            Self::Addition => (format!("“{mine}”是来源没有的"), format!("which does not have “{mine}”")),
            Self::Condition => (format!("省略了“{other}”"), format!("but leaves out “{other}”")),
            Self::Negation => told("否定", "negation", mine, other),
            Self::Modality => told("义务、许可或禁止", "obligation, permission or prohibition", mine, other),
            Self::Figure => told("数值", "figure", mine, other),
            Self::Opposite => told("反义或相对方", "opposite or counterpart", mine, other),
            Self::Name => told("名称", "name", mine, other),
            Self::Quantifier => told("范围", "scope", mine, other),
            Self::Place => told("日期、条文或序号", "date, article or number in a list", mine, other),
            Self::Word => told("用词", "wording", mine, other),
            Self::Connective => told("并列或选择", "and, or", mine, other),
        };
        Message::new(format!("此句几乎就是 {label} 的原文，但{zh}。"), format!("Nearly a sentence of {label}, {en}."))
    }
}

/// What differs, and how either side puts it; in Chinese and in English.
fn told(zh: &str, en: &str, mine: &str, other: &str) -> (String, String) {
    (
        format!("{zh}不同：断言写“{mine}”，来源写“{other}”"),
        format!("but for {en}: the claim says “{mine}”, the source “{other}”"),
    )
}

/// One side of a difference.
#[derive(Clone, Copy)]
pub struct Side<'u, 'a> {
    pub unit: &'u Unit<'a>,
    /// The words that differ; empty where this side has none.
    pub span: Span,
    /// The same with what they are part of: as far as one word on either side.
    pub around: Span,
    /// As far as the longest name on either side.
    pub near: Span,
}

impl<'u, 'a> Side<'u, 'a> {
    const fn place(&self) -> entity::Place<'u, 'a> {
        (self.unit, self.span, self.near)
    }

    fn words(&self) -> String {
        plain(self.span.of(self.unit.text).unwrap_or_default())
    }

    /// What tells one of several things of a kind from the others: A, 乙.
    fn label(&self) -> Option<char> {
        let mut letters = self.span.of(self.unit.text)?.chars().filter(|c| c.is_alphanumeric());
        let only = letters.next().filter(|_| letters.next().is_none());
        only.filter(|c| c.is_ascii_uppercase() || "甲乙丙丁戊己庚辛".contains(*c))
    }

    /// The words that are not modal.
    fn rest(&self) -> String {
        let cues = self.unit.logic.deontics.iter().map(|cue| cue.span);
        let is_modal = |at: usize| cues.clone().any(|cue| cue.start() <= at && at < cue.end());
        let words = self.span.of(self.unit.text).unwrap_or_default().char_indices();
        plain(&words.map(|(at, c)| if is_modal(self.span.start() + at) { ' ' } else { c }).collect::<String>())
    }

    fn touching<'c, T>(&self, cues: &'c [Cue<T>]) -> impl Iterator<Item = &'c Cue<T>> {
        let span = self.span;
        cues.iter().filter(move |cue| cue.span.overlaps(span))
    }
}

/// Lower case, without white space, punctuation and particles.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace() || "%‰-".contains(*c));
    let kept: String = kept.filter(|c| !"的了之而地得所于在为".contains(*c)).flat_map(char::to_lowercase).collect();
    kept.split_whitespace()
        .filter(|word| !EMPTY_EN.split(' ').any(|empty| empty == *word))
        .map(singular)
        .collect::<Vec<_>>()
        .join(" ")
}

/// An English word without the ending of its plural.
fn singular(word: &str) -> &str {
    let plural = word.len() > 3 && word.is_ascii() && word.ends_with('s') && !word.ends_with("ss");
    if plural { &word[..word.len() - 1] } else { word }
}

/// English words that change with the wording.
const EMPTY_EN: &str = "a an the of that which this these those to is are be been being was were also it its such as \
    in on at by for with from during having has have had";

/// Words that stand for each other in law and in papers, a group a line.
const ALIKE: &str = "和 与 及 以及 并 跟
应当 应 必须 须 应该 需 需要
可以 可 能够 能
不得 禁止 不可 不准 不能
根据 依据 依照 按照 依 按
或者 或
其他 其它 别的
规定 要求
给予 予以 予
进行 开展 实施
作出 做出
包括 包含 含 含有
括 含
导致 引起 造成
显著 明显
由于 因为 因
因此 所以 故 因而
有关 相关
比 较
下降 降低 减少 下滑
上升 升高 提高 增加 增长 上涨
如果 若 如
但是 但
仅 只
具有 有
任何 所有 一切 全部
处以 处
单位 组织
机关 部门 机构
期限 时限
情形 情况 状况
取得 获得
每 各
二 两
患者 病人
治疗 医治
向 对
自 从 由
未 没有 没 未曾
本 该
及时 尽快
低于 少于
高于 多于
组成 构成
增加 增多
减少 减低
获取 取得
each every
people persons individuals
can|is able to|are able to
used employed utilised utilized
treatment therapy
treatments therapies
cancer malignancy
many numerous
usually normally generally typically
often frequently
common frequent
while whereas
about around approximately
physician doctor
physicians doctors
occur happen
occurs happens
occurred happened
called named
medicines drugs medications
because of|due to|owing to
before|prior to
at least|no fewer than|no less than|not less than
provide give
provides gives
include comprise
includes comprises
require need
requires needs
associated with|related to|linked to
reduce lower decrease
reduces lowers decreases
reduced lowered decreased
part portion
parts portions
must shall
keep retain maintain
can may
use used using
show shows showed
disease disorder illness sickness
patients subjects
data information
began started
large big";

/// What `ours` says in the place of `theirs`; `None` where it is the same in other words, or only leaves something out.
pub fn of(ours: Side<'_, '_>, theirs: Side<'_, '_>) -> Option<Change> {
    if let Some((mine, other)) = ours.label().zip(theirs.label())
        && mine != other
    {
        return Some(Change::Name);
    }
    let (a, b) = (ours.words(), theirs.words());
    if a == b {
        return None;
    }
    if is_negated(&a, &b) || is_negated(&b, &a) {
        return Some(Change::Negation);
    }
    if is_conflicting(ours, theirs) {
        return Some(Change::Modality);
    }
    // Modal words that agree are not what differs.
    let (a, b) = if modal(ours).zip(modal(theirs)).is_some() { (ours.rest(), theirs.rest()) } else { (a, b) };
    if a == b {
        return None;
    }
    let joins = |words: &str| words.split(' ').any(|word| matches!(word, "and" | "并且" | "并" | "且" | "以及"));
    let parts = |words: &str| words.split(' ').any(|word| matches!(word, "or" | "或" | "或者"));
    if joins(&a) && parts(&b) || parts(&a) && joins(&b) {
        return Some(Change::Connective);
    }
    if is_possible(ours, &a) && is_possible(theirs, &b) {
        return None;
    }
    if is_alike(&a, &b) {
        return None;
    }
    match figures(ours, theirs, &a, &b) {
        Figures::None => {}
        Figures::Alike => return None,
        Figures::Differ(change) => return Some(change),
    }
    let opposite = ours.unit.logic.directions.iter().filter(|d| d.span.overlaps(ours.span)).any(|our| {
        let other = |their: &&crate::text::logic::Direction| their.axis == our.axis && their.pole != our.pole;
        theirs.unit.logic.directions.iter().filter(|d| d.span.overlaps(theirs.span)).any(|their| other(&their))
    });
    if opposite || entity::are_counterparts(ours.place(), theirs.place()) {
        return Some(Change::Opposite);
    }
    let quantifier = |side: Side<'_, '_>| -> Option<QuantifierClass> {
        side.touching(&side.unit.logic.quantifiers).map(|cue| cue.class).next()
    };
    match (quantifier(ours), quantifier(theirs)) {
        (our, their) if our == their => {}
        // What all do is said of each as well.
        (None, Some(QuantifierClass::All)) if a.is_empty() => return None,
        _ => return Some(Change::Quantifier),
    }
    match (a.is_empty(), b.is_empty()) {
        (true, _) => leaves_out_a_condition(theirs).then_some(Change::Condition),
        (false, true) => Some(Change::Addition),
        (false, false) => Some(Change::Word),
    }
}

/// Whether these words of the source say when, or with which exception, the rest holds. What is conceded takes nothing
/// away from it.
pub fn leaves_out_a_condition(theirs: Side<'_, '_>) -> bool {
    const CONCEDED: [&str; 5] = ["although", "though", "even though", "however", "然而"];
    theirs.touching(&theirs.unit.logic.conditions).any(|cue| {
        let word = cue.span.of(theirs.unit.text).unwrap_or_default().to_lowercase();
        // "But" alone adds no condition: what follows it does, and that is there.
        !CONCEDED.contains(&word.as_str()) && theirs.words() != plain(&word)
    })
}

/// Whether `a` is `b` with one "not".
fn is_negated(a: &str, b: &str) -> bool {
    const ZH: [&str; 8] = ["不", "未", "没有", "没", "非", "无", "不予", "并未"];
    const EN: [&str; 5] = ["not", "no", "never", "without", "cannot"];
    const PAIRS: [(&str, &str); 8] = [
        ("无", "有"),
        ("没有", "有"),
        ("未", "已"),
        ("未", "经"),
        ("不能", "能够"),
        ("不能", "能"),
        ("cannot", "can"),
        ("without", "with"),
    ];
    if PAIRS.contains(&(a, b)) {
        return true;
    }
    ZH.iter().any(|not| a.strip_prefix(not) == Some(b))
        || EN.iter().any(|not| {
            let rest = a.strip_prefix(not).or_else(|| a.strip_suffix(not)).map(str::trim);
            // "does not" for nothing: the verb that carries it says nothing by itself.
            rest == Some(b) || b.is_empty() && rest.is_some_and(|rest| matches!(rest, "do" | "does" | "did"))
        })
}

/// "May" and "might" of what may come about: a permission is another thing.
fn is_possible(side: Side<'_, '_>, words: &str) -> bool {
    matches!(words, "may" | "might" | "could")
        && (words != "may" || side.touching(&side.unit.logic.epistemics).any(|cue| cue.class == Strength::Possible))
}

/// [`ALIKE`] as [`plain`] leaves it.
static GROUPS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    // A line with phrases of several words has bars between them.
    let words = |line: &str| line.split(if line.contains('|') { '|' } else { ' ' }).map(plain).collect();
    ALIKE.lines().map(words).collect()
});

/// Whether both are words of one group, or differ in such words and begin and end with the same Chinese characters: 比年初
/// and 较年初.
fn is_alike(a: &str, b: &str) -> bool {
    let in_one_group = |a: &str, b: &str| {
        GROUPS.iter().any(|group| group.iter().any(|word| word == a) && group.iter().any(|word| word == b))
    };
    let ends = |from_behind: bool, most: usize| -> Vec<usize> {
        let same = |(x, y): &(char, char)| x == y && is_han(*x);
        let common: Vec<usize> = if from_behind {
            a.chars().rev().zip(b.chars().rev()).take(most).take_while(same).map(|(c, _)| c.len_utf8()).collect()
        } else {
            a.chars().zip(b.chars()).take(most).take_while(same).map(|(c, _)| c.len_utf8()).collect()
        };
        let lengths = common.iter().scan(0, |sum, len| {
            *sum += len;
            Some(*sum)
        });
        std::iter::once(0).chain(lengths).collect()
    };
    let shorter = a.chars().count().min(b.chars().count());
    ends(false, shorter).into_iter().any(|start| {
        ends(true, shorter).into_iter().any(|end| {
            let (Some(a), Some(b)) =
                (a.get(start..a.len().saturating_sub(end)), b.get(start..b.len().saturating_sub(end)))
            else {
                return false;
            };
            in_one_group(a, b)
        })
    })
}

fn modal<'u>(side: Side<'u, '_>) -> Option<&'u Cue<DeonticClass>> {
    side.touching(&side.unit.logic.deontics).next()
}

fn is_conflicting(ours: Side<'_, '_>, theirs: Side<'_, '_>) -> bool {
    modal(ours).zip(modal(theirs)).is_some_and(|(our, their)| our.class.conflicts(their.class))
}

enum Figures {
    /// Not on both sides.
    None,
    /// One figure, whatever its writing.
    Alike,
    Differ(Change),
}

fn figures(ours: Side<'_, '_>, theirs: Side<'_, '_>, a: &str, b: &str) -> Figures {
    let in_place = |side: Side<'_, '_>| {
        let unit = side.unit;
        unit.dates.iter().any(|date| date.span.overlaps(side.around))
            || unit.references.iter().any(|reference| reference.span.overlaps(side.around))
            || side.around.of(unit.text).is_some_and(|text| text.contains('第'))
    };
    let is_numeral =
        |words: &str| words.chars().all(|c| c.is_ascii_digit() || ".%‰".contains(c) || NUMERALS.contains(c));
    let written = quantity::number(a).zip(quantity::number(b));
    let differs = if let Some((our, their)) = written {
        our != their
    } else {
        // What a numeral is part of decides: 十 is not 二十.
        let place = |side: Side<'_, '_>| if is_numeral(a) && is_numeral(b) { side.around } else { side.span };
        let whole = |side: Side<'_, '_>| side.unit.quantities.iter().find(|q| q.span.overlaps(place(side))).cloned();
        let Some((our, their)) = whole(ours).zip(whole(theirs)) else { return Figures::None };
        match our.relation(&their) {
            Relation::Same | Relation::Rounded | Relation::Satisfied | Relation::Unitless => false,
            Relation::Incomparable => return Figures::None,
            _ => true,
        }
    };
    if !differs {
        return Figures::Alike;
    }
    Figures::Differ(if in_place(ours) || in_place(theirs) { Change::Place } else { Change::Figure })
}

const NUMERALS: &str = "〇零一二三四五六七八九十百千万亿两";
