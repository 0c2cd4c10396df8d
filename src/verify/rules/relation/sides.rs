//! Two things that a clause puts into a relation: which relation, and what stands on either side.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use regex::Regex;

use crate::{
    domain::text::{Lang, Span},
    verify::{case::Unit, rules::term},
};

/// Which relation, and whether its sides are told in the usual order: 高于 and 低于 are one relation, told from either end.
pub type Kind = (&'static str, bool);

/// A relation between two things that a clause names.
#[derive(Clone, Debug)]
pub struct Related {
    pub kind: Kind,
    pub first: BTreeSet<String>,
    pub second: BTreeSet<String>,
    /// From the first side to the second.
    pub span: Span,
}

/// The words of a relation, its name, and whether they tell it in the usual order.
const WORDS_ZH: &[(&str, &str, bool)] = &[
    ("优先于", "precedence", true),
    ("高于", "height", true),
    ("低于", "height", false),
    ("大于", "size", true),
    ("小于", "size", false),
    ("多于", "number", true),
    ("少于", "number", false),
    ("早于", "time", true),
    ("先于", "time", true),
    ("晚于", "time", false),
    ("迟于", "time", false),
    ("优于", "quality", true),
    ("好于", "quality", true),
    ("劣于", "quality", false),
    ("差于", "quality", false),
    ("强于", "strength", true),
    ("弱于", "strength", false),
    ("重于", "weight", true),
    ("轻于", "weight", false),
    ("长于", "length", true),
    ("短于", "length", false),
    ("快于", "speed", true),
    ("慢于", "speed", false),
    ("领先于", "lead", true),
    ("落后于", "lead", false),
    ("取代", "replacement", true),
    ("替代", "replacement", true),
    ("吸收合并", "merger", true),
    ("收购", "takeover", true),
    ("并购", "takeover", true),
    ("起诉", "suit", true),
    ("控股", "control", true),
    ("委托", "mandate", true),
    ("授权", "mandate", true),
];

/// What a comparison with 比 says of its first side: 甲比乙高.
const COMPARED_ZH: &[(&str, &str, bool)] = &[
    ("高", "height", true),
    ("低", "height", false),
    ("大", "size", true),
    ("小", "size", false),
    ("多", "number", true),
    ("少", "number", false),
    ("早", "time", true),
    ("晚", "time", false),
    ("好", "quality", true),
    ("差", "quality", false),
    ("强", "strength", true),
    ("弱", "strength", false),
    ("长", "length", true),
    ("短", "length", false),
    ("快", "speed", true),
    ("慢", "speed", false),
];

/// What makes a name of a verb before it.
const NAMES_A_THING: [char; 12] = ['价', '方', '款', '协', '要', '人', '条', '部', '书', '合', '的', '代'];

/// What one does towards another: 甲向乙支付.
const TOWARDS_ZH: &str =
    "支付 转让 出售 提供 借款 出借 捐赠 赠与 交付 返还 赔偿 采购 购买 租赁 出租 报告 通知 申请 提起诉讼 增资";

const WORDS_EN: &[(&str, &str, bool)] = &[
    ("prevails over", "precedence", true),
    ("prevail over", "precedence", true),
    ("takes precedence over", "precedence", true),
    ("take precedence over", "precedence", true),
    ("has priority over", "precedence", true),
    ("have priority over", "precedence", true),
    ("supersedes", "replacement", true),
    ("superseded", "replacement", true),
    ("replaces", "replacement", true),
    ("replaced", "replacement", true),
    ("acquires", "takeover", true),
    ("acquired", "takeover", true),
    ("sued", "suit", true),
    ("outperformed", "quality", true),
    ("outperforms", "quality", true),
    ("was superior to", "quality", true),
    ("is superior to", "quality", true),
    ("was inferior to", "quality", false),
    ("is inferior to", "quality", false),
    ("exceeds", "size", true),
    ("exceeded", "size", true),
    ("precedes", "time", true),
    ("preceded", "time", true),
    ("controls", "control", true),
    ("owns", "control", true),
    ("reports to", "report", true),
];

/// Comparatives before "than".
const COMPARED_EN: &[(&str, &str, bool)] = &[
    ("higher", "height", true),
    ("lower", "height", false),
    ("greater", "size", true),
    ("larger", "size", true),
    ("bigger", "size", true),
    ("smaller", "size", false),
    ("more", "number", true),
    ("fewer", "number", false),
    ("less", "number", false),
    ("earlier", "time", true),
    ("sooner", "time", true),
    ("later", "time", false),
    ("better", "quality", true),
    ("worse", "quality", false),
    ("stronger", "strength", true),
    ("weaker", "strength", false),
    ("longer", "length", true),
    ("shorter", "length", false),
    ("faster", "speed", true),
    ("slower", "speed", false),
    ("older", "age", true),
    ("younger", "age", false),
    ("safer", "safety", true),
    ("cheaper", "price", false),
];

static PASSIVE_EN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:is|was|are|were|been|be) (superseded|replaced|acquired|sued|outperformed|exceeded|preceded|controlled|owned) by")
        .expect("a constant pattern")
});

/// Words of English that say nothing of a side.
const EMPTY_EN: &str = "the a an of in to for by with and or as at on from that those these this its their his her is was are were \
    be been has have had than group groups";

/// The relations that the clauses of a sentence tell, at most one a clause.
pub fn related(unit: &Unit<'_>) -> Vec<Related> {
    let mut found = Vec::new();
    for clause in &unit.logic.clauses {
        let Some(text) = clause.of(unit.text) else { continue };
        let lower = text.to_ascii_lowercase();
        let cut = match unit.lang {
            Lang::Zh => split_zh(&lower),
            Lang::En => split_en(&lower),
        };
        let Some((kind, first, second)) = cut else { continue };
        let at = |range: &Range<usize>| Span::new(clause.start() + range.start, clause.start() + range.end);
        // "Higher than 5 %" compares with a figure: the rules on bounds read that.
        let starts_with_figure = unit.quantities.iter().any(|q| {
            let side = at(&second);
            side.overlaps(q.span)
                && unit.text[side.start()..q.span.start().max(side.start())].trim().chars().count() <= 2
        });
        let words = |range: &Range<usize>| words(&lower[range.clone()], unit.lang);
        let (one, other) = (words(&first), words(&second));
        // What both sides say is what is compared.
        let (one, other): (BTreeSet<_>, BTreeSet<_>) =
            (one.difference(&other).cloned().collect(), other.difference(&one).cloned().collect());
        if !starts_with_figure && !one.is_empty() && !other.is_empty() {
            let span = at(&first).cover(at(&second));
            found.push(Related { kind, first: one, second: other, span });
        }
    }
    found
}

type Cut = (Kind, Range<usize>, Range<usize>);

fn split_zh(text: &str) -> Option<Cut> {
    // 甲比乙高
    if let Some((at, compared)) = text.find('比').map(|at| (at, &text[at + '比'.len_utf8()..]))
        && !compared.starts_with(['例', '率', '重', '较', '值', '照', '如'])
        && !text[..at].ends_with(['不', '未', '同', '环', '相', '对', '占', '百', '分'])
        && let Some((name, usual, behind)) = COMPARED_ZH
            .iter()
            .filter_map(|(word, name, usual)| compared.find(word).map(|at| (*name, *usual, at)))
            .min_by_key(|(.., at)| *at)
    {
        let second = at + '比'.len_utf8();
        return (behind > 0).then_some(((name, usual), 0..at, second..second + behind));
    }
    // 甲向乙支付
    if let Some(at) = text.find('向') {
        let behind = at + '向'.len_utf8();
        let verb = TOWARDS_ZH.split(' ').filter_map(|verb| text[behind..].find(verb).map(|to| (to, verb))).min()?;
        return (verb.0 > 0).then_some(((verb.1, true), 0..at, behind..behind + verb.0));
    }
    let longest = |(at, word, ..): &(usize, &str, &'static str, bool)| (std::cmp::Reverse(*at), word.len());
    let (at, word, name, usual) = WORDS_ZH
        .iter()
        .filter_map(|(word, name, usual)| text.find(word).map(|at| (at, *word, *name, *usual)))
        .max_by_key(longest)?;
    let behind = at + word.len();
    // 不低于 and 不高于 bound; 收购价格 and 委托人 name things.
    if text[..at].ends_with('不') || text[behind..].starts_with(NAMES_A_THING) {
        return None;
    }
    // 乙被甲收购
    if let Some(by) = text[..at].rfind(['被', '由']) {
        let agent = by + '被'.len_utf8();
        return Some(((name, usual), agent..at, 0..by));
    }
    Some(((name, usual), 0..at, behind..text.len()))
}

fn split_en(text: &str) -> Option<Cut> {
    if let Some(found) = PASSIVE_EN.captures(text) {
        let (whole, verb) = (found.get(0)?, found.get(1)?.as_str());
        let name = match verb {
            "superseded" | "replaced" => "replacement",
            "acquired" => "takeover",
            "sued" => "suit",
            "outperformed" => "quality",
            "exceeded" => "size",
            "preceded" => "time",
            _ => "control",
        };
        return Some(((name, true), whole.end()..text.len(), 0..whole.start()));
    }
    if let Some(than) = term::find(text, "than") {
        let last = COMPARED_EN
            .iter()
            .filter_map(|(word, name, usual)| term::places(&text[..than], word).last().map(|at| (at, *name, *usual)))
            .max_by_key(|(at, ..)| *at)?;
        return Some(((last.1, last.2), 0..than, than + "than".len()..text.len()));
    }
    let (at, word, name, usual) = WORDS_EN
        .iter()
        .filter_map(|(word, name, usual)| term::find(text, word).map(|at| (at, *word, *name, *usual)))
        .min_by_key(|(at, word, ..)| (*at, std::cmp::Reverse(word.len())))?;
    Some(((name, usual), 0..at, at + word.len()..text.len()))
}

/// What a side is compared by: words of content, or pairs of Chinese characters; a lone character as it is.
pub fn words(text: &str, lang: Lang) -> BTreeSet<String> {
    match lang {
        Lang::En => text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !EMPTY_EN.split(' ').any(|empty| empty == *word))
            .filter(|word| !COMPARED_EN.iter().any(|(compared, ..)| compared == word))
            .map(|word| word.strip_suffix('s').filter(|root| root.len() > 3).unwrap_or(word).to_owned())
            .collect(),
        Lang::Zh => {
            let letters: Vec<char> =
                text.chars().filter(|c| c.is_alphanumeric() && !"的了之是为在将已应可".contains(*c)).collect();
            match letters.as_slice() {
                [one] => std::iter::once(one.to_string()).collect(),
                _ => letters.windows(2).map(|pair| pair.iter().collect()).collect(),
            }
        }
    }
}
