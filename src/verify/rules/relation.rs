//! R34: the sides of a relation changed round. B takes precedence over A where the source says that A does so over B: the
//! words are the same, and so is their sum for a model that compares meanings by words.

use std::{cmp::Ordering, collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::Rule;
use crate::{
    domain::{
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::{lang::is_han, quantity::Quantity},
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

pub const RULES: &[Rule] = &[Rule { code: "R34", title: "the sides of a relation changed round", check: relations }];

/// How far sides overlap that are the same, and such as are not, 0 to 1.
const SAME_SIDE: f32 = 0.6;
const OTHER_SIDE: f32 = 0.34;

/// Which relation, and whether its sides are told in the usual order: 高于 and 低于 are one relation, told from either end.
type Kind = (&'static str, bool);

/// A relation between two things that a clause names.
#[derive(Clone, Debug)]
struct Related {
    kind: Kind,
    first: BTreeSet<String>,
    second: BTreeSet<String>,
    /// From the first side to the second.
    span: Span,
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

fn related(unit: &Unit<'_>) -> Vec<Related> {
    let mut found = Vec::new();
    for clause in &unit.logic.clauses {
        let Some(text) = clause.of(unit.text) else { continue };
        let lower = text.to_ascii_lowercase();
        let cut = match unit.lang {
            Lang::Zh => split_zh(&lower),
            Lang::En => split_en(&lower),
        };
        let Some((kind, first, second)) = cut else { continue };
        let at = |range: &std::ops::Range<usize>| Span::new(clause.start() + range.start, clause.start() + range.end);
        // "Higher than 5 %" compares with a figure: the rules on bounds read that.
        let starts_with_figure = unit.quantities.iter().any(|q| {
            let side = at(&second);
            side.overlaps(q.span)
                && unit.text[side.start()..q.span.start().max(side.start())].trim().chars().count() <= 2
        });
        let words = |range: &std::ops::Range<usize>| words(&lower[range.clone()], unit.lang);
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

type Cut = (Kind, std::ops::Range<usize>, std::ops::Range<usize>);

fn split_zh(text: &str) -> Option<Cut> {
    // 甲比乙高
    if let Some((at, compared)) = text.find('比').map(|at| (at, &text[at + '比'.len_utf8()..]))
        && !compared.starts_with(['例', '率', '重', '较', '值', '照', '如'])
        && !text[..at].ends_with(['不', '未', '同', '环', '相', '对', '占', '百', '分'])
        && let Some((word, name, usual, behind)) = COMPARED_ZH
            .iter()
            .filter_map(|(word, name, usual)| compared.find(word).map(|at| (*word, *name, *usual, at)))
            .min_by_key(|(.., at)| *at)
    {
        let second = at + '比'.len_utf8();
        return (behind > 0 && !word.is_empty()).then_some(((name, usual), 0..at, second..second + behind));
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
    if let Some(than) = super::term::find(text, "than") {
        let last = COMPARED_EN
            .iter()
            .filter_map(|(word, name, usual)| {
                super::term::places(&text[..than], word).last().map(|at| (at, *name, *usual))
            })
            .max_by_key(|(at, ..)| *at)?;
        return Some(((last.1, last.2), 0..than, than + "than".len()..text.len()));
    }
    let (at, word, name, usual) = WORDS_EN
        .iter()
        .filter_map(|(word, name, usual)| super::term::find(text, word).map(|at| (at, *word, *name, *usual)))
        .min_by_key(|(at, word, ..)| (*at, std::cmp::Reverse(word.len())))?;
    Some(((name, usual), 0..at, at + word.len()..text.len()))
}

/// What a side is compared by: words of content, or pairs of Chinese characters; a lone character as it is.
fn words(text: &str, lang: Lang) -> BTreeSet<String> {
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
                _ => letters
                    .windows(2)
                    .filter(|pair| pair.iter().any(|c| is_han(*c) || c.is_alphanumeric()))
                    .map(|pair| pair.iter().collect())
                    .collect(),
            }
        }
    }
}

/// How the claim's relation stands to one of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Same,
    Changed,
    Other,
}

fn told(ours: &Related, theirs: &Related) -> Told {
    if ours.kind.0 != theirs.kind.0 {
        return Told::Other;
    }
    // Of the shorter side: what is compared may be told on either (实验组死亡率高于对照组).
    let overlap = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.intersection(b).count() as f32 / a.len().min(b.len()).max(1) as f32
    };
    let as_told = overlap(&ours.first, &theirs.first).min(overlap(&ours.second, &theirs.second));
    let turned = overlap(&ours.first, &theirs.second).min(overlap(&ours.second, &theirs.first));
    let same_end = ours.kind.1 == theirs.kind.1;
    if as_told >= SAME_SIDE && turned <= OTHER_SIDE && same_end {
        Told::Same
    } else if turned >= SAME_SIDE && as_told <= OTHER_SIDE {
        if same_end { Told::Changed } else { Told::Same }
    } else {
        Told::Other
    }
}

/// Whether a stretch of the source tells a relation of the claim's clause from its other end: 甲高于乙, 乙低于甲.
pub(super) fn says_the_same(claim: &Unit<'_>, clause: Span, source: &Unit<'_>, stretch: Span) -> bool {
    let theirs = related(source);
    related(claim).iter().filter(|our| clause.contains(our.span)).any(|our| {
        theirs.iter().filter(|their| stretch.contains(their.span)).any(|their| told(our, their) == Told::Same)
    })
}

fn relations(case: &Case<'_>) -> Vec<Reason> {
    let ours = related(&case.claim);
    let mut reasons = Vec::new();
    for our in &ours {
        let denied = case.claim.logic.denials(our.span) % 2;
        let mut changed = None;
        for source in case.sources.iter().filter(|s| s.unit.lang == case.claim.lang && s.coverage >= ALIGNED) {
            for their in related(&source.unit) {
                let same_denial = source.unit.logic.denials(their.span) % 2 == denied;
                match told(our, &their) {
                    Told::Same if same_denial => return Vec::new(),
                    Told::Changed if same_denial => changed = changed.or(Some((source, their.span))),
                    _ => {}
                }
            }
        }
        let Some((source, span)) = changed else {
            // 无 in 无进展生存期 denies nothing; what denies a Chinese relation stands right before it.
            if denied == 0 || case.claim.lang == Lang::Zh {
                reasons.extend(case.sources.iter().find_map(|source| against_figures(case, our, source)));
            }
            continue;
        };
        let words = |span: Span, text: &str| span.of(text).unwrap_or_default().to_owned();
        let (claim, there) = (words(our.span, case.claim.text), words(span, source.unit.text));
        reasons.push(Reason {
            code: "R34",
            effect: Effect::Contradict,
            claim_span: Some(our.span),
            evidence: Some(source.at(span)),
            message: Message::new(
                format!("双方颠倒：断言写“{claim}”，来源{}写“{there}”。", source.label),
                format!("The sides are changed round: the claim says “{claim}”, {} says “{there}”.", source.label),
            ),
            comparison: Some(Comparison { claim, source: there, relation: "⇄".to_owned() }),
        });
    }
    reasons
}

/// Relations between amounts, of which figures tell the order.
const OF_AMOUNTS: [&str; 4] = ["height", "size", "number", "length"];

/// 对照组长于试验组, where the sentence gives 试验组 11.2个月 and 对照组 7.4个月.
fn against_figures(case: &Case<'_>, our: &Related, source: &SourceSentence<'_>) -> Option<Reason> {
    let unit = &source.unit;
    if !OF_AMOUNTS.contains(&our.kind.0) || unit.lang != case.claim.lang || source.coverage < ALIGNED {
        return None;
    }
    // Every two figures that follow each other, with the words that name what either is of.
    let pair = unit.quantities.windows(2).enumerate().find_map(|(at, pair)| {
        let [a, b] = pair else { return None };
        let start = if at == 0 { 0 } else { unit.quantities[at - 1].span.end() };
        let end = unit.quantities.get(at + 2).map_or(unit.text.len(), |next| next.span.start());
        let between = unit.text.get(a.span.end()..b.span.start())?;
        let is_behind =
            ["in ", "for ", "with ", "among ", "of ", "on "].iter().any(|word| between.trim_start().starts_with(word));
        let named = |text: &str| words(&text.to_lowercase(), unit.lang);
        let (of_a, of_b) = if is_behind {
            (named(between), named(unit.text.get(b.span.end()..end)?))
        } else {
            (named(unit.text.get(start..a.span.start())?), named(between))
        };
        let share =
            |side: &BTreeSet<String>, of: &BTreeSet<String>| side.intersection(of).count() as f32 / side.len() as f32;
        // What only one of the two is told of.
        let own =
            |of: &BTreeSet<String>, other: &BTreeSet<String>| of.difference(other).cloned().collect::<BTreeSet<_>>();
        let (first, second) = (own(&our.first, &our.second), own(&our.second, &our.first));
        let is_second = |of: &BTreeSet<String>| share(&second, of) >= SAME_SIDE;
        let names_first = |of: &BTreeSet<String>, other: &BTreeSet<String>| {
            first.iter().any(|word| of.contains(word) && !other.contains(word)) && share(&second, of) <= OTHER_SIDE
        };
        let order = if is_second(&of_b) && names_first(&of_a, &of_b) {
            (a, b)
        } else if is_second(&of_a) && names_first(&of_b, &of_a) {
            (b, a)
        } else {
            return None;
        };
        // By how much something changed is no level to compare: 发行1100亿元，比上年减少300亿元.
        let is_level =
            |q: &Quantity| !q.bound.is_lower() && !q.bound.is_upper() && q.change.is_none() && q.trend.is_none();
        (a.unit == b.unit && is_level(a) && is_level(b)).then_some(order)
    })?;
    let (first, second) = pair;
    let (one, other) = (first.value.low(), second.value.low());
    let holds = if our.kind.1 { one > other } else { one < other };
    if holds || unit.quantities.iter().filter(|q| q.unit == first.unit).count() != 2 {
        return None;
    }
    let told = |q: &Quantity| q.surface.trim().to_owned();
    let sign = match one.cmp(&other) {
        Ordering::Greater => ">",
        Ordering::Less => "<",
        Ordering::Equal => "=",
    };
    let claim = our.span.of(case.claim.text).unwrap_or_default().to_owned();
    let there = format!("{} {sign} {}", told(first), told(second));
    Some(Reason {
        code: "R34",
        effect: Effect::Contradict,
        claim_span: Some(our.span),
        evidence: Some(source.at(first.span.cover(second.span))),
        message: Message::new(
            format!("断言写“{claim}”，来源{}的数字是{there}。", source.label),
            format!("The claim says “{claim}”; the figures of {} are {there}.", source.label),
        ),
        comparison: Some(Comparison { claim, source: there, relation: "≠".to_owned() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::{
        comparison,
        support::{effect, table},
    };

    #[test]
    fn r34_in_chinese() {
        table(
            &RULES[0],
            &[
                ("法定继承优先于遗嘱继承。", "遗嘱继承优先于法定继承。"),
                ("对照组死亡率高于实验组。", "实验组死亡率高于对照组。"),
                ("乙公司收购甲公司全部股权。", "2023年，甲公司收购乙公司全部股权。"),
                ("对照组的死亡率比实验组高。", "实验组的死亡率比对照组高。"),
                ("中远集团向海通公司支付货款。", "海通公司向中远集团支付货款。"),
                ("海通公司被中远集团收购。", "海通公司收购中远集团。"),
                ("对照组的中位无进展生存期长于试验组。", "试验组中位无进展生存期为11.2个月，对照组为7.4个月。"),
                ("一般债权优先于担保物权。", "担保物权优先于一般债权。"),
            ],
            &[
                ("遗嘱继承优先于法定继承。", "遗嘱继承优先于法定继承。"),
                ("对照组死亡率低于实验组。", "实验组死亡率高于对照组。"),
                ("乙公司被甲公司收购。", "甲公司收购乙公司全部股权。"),
                ("年利率高于百分之五。", "年利率高于百分之五。"),
                ("今年拟发行的国债比上年少了。", "今年拟发行国债1100亿元，比上年减少300亿元。"),
                ("海通公司向中远集团支付货款。", "海通公司向中远集团支付货款。"),
                ("实验组的死亡率比对照组高。", "实验组死亡率高于对照组。"),
                ("试验组的中位无进展生存期长于对照组。", "试验组中位无进展生存期为11.2个月，对照组为7.4个月。"),
                ("对照组死亡率不高于实验组。", "实验组死亡率高于对照组。"),
            ],
        );
        assert_eq!(effect(&RULES[0], "法定继承优先于遗嘱继承。", "遗嘱继承优先于法定继承。"), Some(Effect::Contradict));
    }

    #[test]
    fn r34_in_english() {
        table(
            &RULES[0],
            &[
                (
                    "The Schedule prevails over this Agreement.",
                    "In case of conflict, this Agreement prevails over the Schedule.",
                ),
                (
                    "Mortality was higher in the placebo arm than in the treatment arm.",
                    "Mortality was higher in the treatment arm than in the placebo arm.",
                ),
                ("Northwind acquired Contoso in 2021.", "Contoso acquired Northwind in 2021."),
                (
                    "Mortality was lower in the placebo arm than in the treatment arm.",
                    "Mortality was 4.1% in the treatment arm and 6.3% in the placebo arm.",
                ),
                ("Contoso was acquired by Northwind.", "Contoso acquired Northwind in 2021."),
                ("Aspirin outperformed clopidogrel.", "Clopidogrel outperformed aspirin in this trial."),
                ("Revenue in Asia exceeded revenue in Europe.", "Revenue in Europe exceeded revenue in Asia."),
            ],
            &[
                (
                    "This Agreement prevails over the Schedule.",
                    "In case of conflict, this Agreement prevails over the Schedule.",
                ),
                (
                    "Mortality was lower in the placebo arm than in the treatment arm.",
                    "Mortality was higher in the treatment arm than in the placebo arm.",
                ),
                ("Northwind was acquired by Contoso.", "Contoso acquired Northwind in 2021."),
                ("Revenue was higher than 5 million.", "Revenue was higher than 5 million."),
                ("Aspirin was inferior to clopidogrel.", "Clopidogrel outperformed aspirin in this trial."),
                (
                    "Mortality was lower in the treatment arm than in the placebo arm.",
                    "Mortality was 4.1% in the treatment arm and 6.3% in the placebo arm.",
                ),
                ("Costs exceeded the budget.", "Revenue exceeded costs."),
            ],
        );
    }

    #[test]
    fn a_relation_told_from_its_other_end_is_no_other_direction() {
        for (claim, source) in [
            ("对照组死亡率低于实验组。", "实验组死亡率高于对照组。"),
            (
                "Mortality was lower in the placebo arm than in the treatment arm.",
                "Mortality was higher in the treatment arm than in the placebo arm.",
            ),
        ] {
            assert_eq!(effect(&comparison::RULES[0], claim, source), None, "{claim}");
        }
    }
}
