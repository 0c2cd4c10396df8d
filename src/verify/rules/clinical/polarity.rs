//! R30: contraindicated for indicated, positive for negative, a risk turned around.

use super::SAME_SUBJECT;
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::{Kind, Number, Quantity, Relation, Value},
    verify::{
        case::{Case, SourceSentence},
        rules::{
            quantity::figure::{Match, reason},
            term,
        },
    },
};

/// Two sides of a coin; a negated word counts for the other side.
const SIDES: &[(&[&str], &[&str])] = &[
    (
        &["禁忌", "禁用", "禁止使用", "contraindicated", "contraindication"],
        &["适应证", "适应症", "适用于", "可用于", "推荐用于", "首选用于", "indicated", "indication", "recommended for"],
    ),
    (&["阳性", "positive", "seropositive"], &["阴性", "negative", "seronegative"]),
    (&["良性", "benign"], &["恶性", "malignant"]),
    (&["急性", "acute"], &["慢性", "chronic"]),
    (
        &[
            "有统计学意义",
            "有统计学差异",
            "有显著差异",
            "有显著性差异",
            "显著",
            "statistically significant",
            "significantly",
        ],
        &[
            "无统计学意义",
            "无统计学差异",
            "无显著差异",
            "无显著性差异",
            "no significant",
            "nonsignificant",
            "non-significant",
        ],
    ),
];

const NEGATIONS: &[&str] =
    &["不", "非", "无", "未", "不是", "并非", "未见", "没有", "not", "no", "not a", "never", "isn't", "non"];

pub(super) fn polarity(case: &Case<'_>) -> Vec<Reason> {
    let claim = case.claim.text.to_lowercase();
    let aligned: Vec<&SourceSentence<'_>> = case.aligned().into_iter().filter(|s| s.coverage >= SAME_SUBJECT).collect();
    let mut found = Vec::new();
    if let Some(best) = aligned.first() {
        let source = best.unit.text.to_lowercase();
        for sides in SIDES {
            found.extend(opposite(&claim, &source, *sides, best));
        }
    }
    for quantity in &case.claim.quantities {
        found.extend(accuracy(case, quantity, &aligned));
    }
    found.extend(risk(&claim, &aligned));
    found.extend(significance(&claim, &aligned));
    found
}

/// The side that a text takes, where it takes only one: true for the first.
fn side(text: &str, (first, second): (&[&str], &[&str])) -> Option<(bool, usize, usize)> {
    let mut taken: Option<(bool, usize, usize)> = None;
    for (is_first, words) in [(true, first), (false, second)] {
        for word in words {
            let Some(at) = term::find(text, word) else { continue };
            let before = text[..at].trim_end();
            let negated = NEGATIONS.iter().any(|n| {
                before.ends_with(n)
                    && (!n.is_ascii()
                        || !before[..before.len() - n.len()].ends_with(|c: char| c.is_ascii_alphanumeric()))
            });
            let told = is_first != negated;
            match taken {
                Some((other, ..)) if other != told => return None,
                None => taken = Some((told, at, word.len())),
                _ => {}
            }
        }
    }
    taken
}

fn opposite(claim: &str, source: &str, sides: (&[&str], &[&str]), best: &SourceSentence<'_>) -> Option<Reason> {
    let (mine, at, length) = side(claim, sides)?;
    let (theirs, other_at, other_length) = side(source, sides)?;
    if mine == theirs {
        return None;
    }
    let (word, other) = (claim.get(at..at + length)?, source.get(other_at..other_at + other_length)?);
    Some(Reason {
        code: "R30",
        effect: Effect::Contradict,
        claim_span: Some(Span::new(at, at + length)),
        evidence: Some(best.at(Span::new(other_at, other_at + other_length)))
            .filter(|_| source.len() == best.unit.text.len()),
        comparison: Some(Comparison { claim: word.to_owned(), source: other.to_owned(), relation: "≠".to_owned() }),
        message: Message::new(
            format!("临床结论相反（高风险）：此处“{word}”，来源{}为“{other}”。", best.label),
            format!("Opposite clinical statement (high severity): “{word}” here, “{other}” in {}.", best.label),
        ),
    })
}

const SENSITIVITY: &[&str] = &["敏感性", "敏感度", "灵敏度", "sensitivity"];

const SPECIFICITY: &[&str] = &["特异性", "特异度", "specificity"];

/// Sensitivity told as specificity: the figure stands in the sentence under the other name.
fn accuracy(case: &Case<'_>, quantity: &Quantity, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    let names = |q: &Quantity, text: &str| {
        let before = q.role.of(text).unwrap_or_default().to_lowercase();
        let after = q.tail.of(text).unwrap_or_default().to_lowercase();
        let last = |words: &[&str]| words.iter().filter_map(|w| before.rfind(w)).max();
        let near = |words: &[&str]| words.iter().any(|w| after.trim_start().starts_with(w));
        match (last(SENSITIVITY), last(SPECIFICITY)) {
            (Some(a), Some(b)) => Some(a > b),
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) if near(SENSITIVITY) => Some(true),
            (None, None) if near(SPECIFICITY) => Some(false),
            _ => None,
        }
    };
    let mine = names(quantity, case.claim.text)?;
    let mut other = None;
    for sentence in aligned {
        for theirs in &sentence.unit.quantities {
            if !quantity.relation(theirs).is_grounded() {
                continue;
            }
            match names(theirs, sentence.unit.text) {
                Some(told) if told != mine => other = other.or(Some((*sentence, theirs))),
                _ => return None,
            }
        }
    }
    let (sentence, theirs) = other?;
    let place = Match { sentence, quantity: theirs, relation: Relation::Different, role: None, unique: false };
    let claim = quantity.surface.trim();
    Some(reason(
        "R30",
        Effect::Contradict,
        quantity,
        Some(&place),
        Message::new(
            format!("敏感性与特异性混淆：“{claim}”在来源{}属于另一项。", sentence.label),
            format!("Sensitivity and specificity are mixed up: in {} “{claim}” belongs to the other.", sentence.label),
        ),
    ))
}

const RAISES: &[&str] = &[
    "增加风险",
    "风险增加",
    "风险升高",
    "增加了风险",
    "风险更高",
    "危险因素",
    "increased risk",
    "increases the risk",
    "increase the risk",
    "higher risk",
    "increased the risk",
    "raises the risk",
];

const LOWERS: &[&str] = &[
    "降低风险",
    "风险降低",
    "风险下降",
    "降低了风险",
    "减少风险",
    "风险更低",
    "保护因素",
    "reduced risk",
    "reduces the risk",
    "reduce the risk",
    "lower risk",
    "reduced the risk",
    "lowers the risk",
    "decreased risk",
    "decreases the risk",
    "protective",
];

const RATIOS: &[&str] =
    &["hr", "rr", "or", "hazard ratio", "risk ratio", "odds ratio", "relative risk", "风险比", "比值比", "相对危险度"];

/// The risk ratios of a sentence: plain numbers whose name stands right before them.
fn ratios(sentence: &SourceSentence<'_>) -> Vec<(Number, Quantity)> {
    let upper = sentence.unit.text;
    sentence
        .unit
        .quantities
        .iter()
        .filter(|q| q.unit.kind == Kind::Plain)
        .filter_map(|q| {
            let Value::Exact(value) = q.value else { return None };
            let before = upper.get(..q.span.start())?;
            let name = before.trim_end_matches([' ', '=', ':', '：', ',', '，', '为', '(', '（', '[']);
            let name = name.strip_suffix(" of").or_else(|| name.strip_suffix(" was")).unwrap_or(name);
            let is_ratio = RATIOS.iter().any(|r| {
                let short = r.len() == 2;
                let cut = name.len().checked_sub(r.len()).filter(|&c| name.is_char_boundary(c));
                cut.is_some_and(|c| {
                    let word = &name[c..];
                    // HR, RR and OR are written in capitals; "or" is a word.
                    (if short { word == r.to_ascii_uppercase() } else { word.eq_ignore_ascii_case(r) })
                        && !name[..c].ends_with(|p: char| p.is_ascii_alphabetic() && p != 'a')
                })
            });
            is_ratio.then(|| (value, q.clone()))
        })
        .collect()
}

fn risk(claim: &str, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    let raises = RAISES.iter().find_map(|w| term::find(claim, w).map(|at| (at, *w)));
    let lowers = LOWERS.iter().find_map(|w| term::find(claim, w).map(|at| (at, *w)));
    let (up, at, word) = match (raises, lowers) {
        (Some((at, w)), None) => (true, at, w),
        (None, Some((at, w))) => (false, at, w),
        _ => return None,
    };
    if NEGATIONS.iter().chain(&["does not", "did not", "未"]).any(|n| {
        let before = claim[..at].trim_end();
        before.ends_with(n)
    }) {
        return None;
    }
    let one = Number::from_integer(1);
    aligned.iter().find_map(|sentence| {
        let told = ratios(sentence);
        if told.is_empty() || !told.iter().all(|(value, _)| if up { *value < one } else { *value > one }) {
            return None;
        }
        let (_, quantity) = told.first()?;
        Some(Reason {
            code: "R30",
            effect: Effect::Contradict,
            claim_span: Some(Span::new(at, at + word.len())),
            evidence: Some(sentence.at(quantity.span)),
            comparison: Some(Comparison {
                claim: word.to_owned(),
                source: quantity.surface.clone(),
                relation: if up { "< 1" } else { "> 1" }.to_owned(),
            }),
            message: Message::new(
                format!("风险方向相反（高风险）：来源{}的比值为{}。", sentence.label, quantity.surface),
                format!(
                    "Opposite direction of risk (high severity): the ratio in {} is {}.",
                    sentence.label, quantity.surface
                ),
            ),
        })
    })
}

/// "Significant", where the only interval of the sentence holds one.
fn significance(claim: &str, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    let (at, word) =
        ["显著", "有统计学意义", "有统计学差异", "statistically significant", "significantly", "significant"]
            .iter()
            .find_map(|w| term::find(claim, w).map(|at| (at, *w)))?;
    let before = claim[..at].trim_end();
    if ["不", "无", "未", "没有", "not", "no", "non", "non-", "无统计学", "并不"].iter().any(|n| before.ends_with(n))
    {
        return None;
    }
    let one = Number::from_integer(1);
    aligned.iter().find_map(|sentence| {
        if ratios(sentence).is_empty() {
            return None;
        }
        let intervals: Vec<&Quantity> = sentence
            .unit
            .quantities
            .iter()
            .filter(|q| q.unit.kind == Kind::Plain && matches!(q.value, Value::Range { .. }))
            .collect();
        let [interval] = intervals[..] else { return None };
        (interval.value.low() < one && one < interval.value.high()).then(|| Reason {
            code: "R30",
            effect: Effect::Contradict,
            claim_span: Some(Span::new(at, at + word.len())),
            evidence: Some(sentence.at(interval.span)),
            comparison: Some(Comparison {
                claim: word.to_owned(),
                source: interval.surface.clone(),
                relation: "∋ 1".to_owned(),
            }),
            message: Message::new(
                format!("并不显著：来源{}的置信区间{}包含1。", sentence.label, interval.surface),
                format!("Not significant: the interval {} in {} holds 1.", interval.surface, sentence.label),
            ),
        })
    })
}
