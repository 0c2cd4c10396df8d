//! R29 and R30: doses and clinical polarity. A conflict here is of high severity: it may harm a patient.

use super::{
    Rule,
    quantity::figure::{Match, reason},
};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::{Counted, Kind, Number, Quantity, Relation, Value},
    verify::case::{Case, SourceSentence},
};

pub const RULES: &[Rule] = &[
    Rule { code: "R29", title: "dose: frequency, divisor, route, population, maximum or starting dose", check: dose },
    Rule {
        code: "R30",
        title: "clinical polarity: contraindicated, positive, sensitivity, risk ratios",
        check: polarity,
    },
];

/// From this coverage on a sentence is about the same drug or finding.
const SAME_SUBJECT: f32 = 0.5;

/// Words of one meaning, and the name of that meaning in both languages.
struct Sense {
    zh: &'static str,
    en: &'static str,
    words: &'static [&'static str],
}

const fn sense(zh: &'static str, en: &'static str, words: &'static [&'static str]) -> Sense {
    Sense { zh, en, words }
}

const ROUTES: &[Sense] = &[
    sense("口服", "oral", &["口服", "oral", "orally", "by mouth", "p.o.", "po"]),
    sense("静脉", "intravenous", &["静脉", "静滴", "静注", "intravenous", "intravenously", "iv", "i.v."]),
    sense("肌内", "intramuscular", &["肌注", "肌肉注射", "肌内注射", "intramuscular", "intramuscularly", "i.m."]),
    sense("皮下", "subcutaneous", &["皮下", "subcutaneous", "subcutaneously", "s.c."]),
    sense("外用", "topical", &["外用", "涂抹", "涂于患处", "topical", "topically"]),
    sense("吸入", "inhaled", &["吸入", "inhaled", "inhalation"]),
    sense("直肠", "rectal", &["直肠给药", "塞肛", "rectal", "rectally"]),
    sense("舌下", "sublingual", &["舌下", "sublingual", "sublingually"]),
    sense("滴眼", "ophthalmic", &["滴眼", "ophthalmic"]),
    sense("鼻腔", "nasal", &["鼻喷", "滴鼻", "intranasal", "intranasally"]),
];

const POPULATIONS: &[Sense] = &[
    sense("成人", "adults", &["成人", "成年人", "adult", "adults"]),
    sense(
        "儿童",
        "children",
        &["儿童", "小儿", "婴幼儿", "患儿", "child", "children", "pediatric", "paediatric", "infants"],
    ),
    sense("孕妇", "pregnant women", &["孕妇", "妊娠", "pregnant", "pregnancy"]),
    sense("老年人", "the elderly", &["老年", "elderly", "older adults"]),
    sense(
        "肾功能不全者",
        "renal impairment",
        &["肾功能不全", "肾功能损害", "肾损害", "renal impairment", "renal insufficiency"],
    ),
    sense("肝功能不全者", "hepatic impairment", &["肝功能不全", "肝功能损害", "hepatic impairment"]),
];

const DOSE_KINDS: &[Sense] = &[
    sense("最大剂量", "maximum dose", &["最大", "最高", "极量", "maximum", "not exceed", "不超过", "不得超过"]),
    sense("起始剂量", "starting dose", &["起始", "初始", "首剂", "starting", "initial", "loading"]),
    sense("维持剂量", "maintenance dose", &["维持", "maintenance"]),
];

/// Whether a word stands in lower-case text: Latin words as a whole, Chinese ones anywhere.
fn stands(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .find(|(at, found)| {
            !word.is_ascii()
                || (!text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric())
                    && !text[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
        .map(|(at, _)| at)
}

/// Indices of the senses of which a word stands in `text`.
fn senses(text: &str, of: &[Sense]) -> Vec<usize> {
    (0..of.len()).filter(|&i| of[i].words.iter().any(|w| stands(text, w).is_some())).collect()
}

const fn is_amount(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Mass | Kind::Activity | Kind::Volume | Kind::Substance | Kind::Equivalent | Kind::Count(Counted::Doses)
    )
}

fn is_rate(q: &Quantity) -> bool {
    q.unit.kind == Kind::Count(Counted::Occasions) && q.unit.per.iter().any(|k| k.is_time())
}

// ------------------------------------------------------------------------------------------------------------- R29

fn dose(case: &Case<'_>) -> Vec<Reason> {
    let figures: Vec<&Quantity> =
        case.claim.quantities.iter().filter(|q| is_amount(q.unit.kind) || is_rate(q)).collect();
    if figures.is_empty() {
        return Vec::new();
    }
    let aligned: Vec<&SourceSentence<'_>> = case.aligned().into_iter().filter(|s| s.coverage >= SAME_SUBJECT).collect();
    let mut found = Vec::new();
    for quantity in &figures {
        found.extend(frequency(quantity, &aligned));
        found.extend(divisor(quantity, &aligned));
    }
    // What is said of the dose, where the dose itself stands in the sentence.
    let claim = case.claim.text.to_lowercase();
    if let Some((quantity, sentence, theirs)) = same_dose(&figures, &aligned) {
        let source = sentence.unit.text.to_lowercase();
        let place = Match { sentence, quantity: theirs, relation: Relation::Same, role: None, unique: false };
        for (senses, zh, en, effect) in [
            (ROUTES, "给药途径", "Route", Effect::Contradict),
            (POPULATIONS, "适用人群", "Population", Effect::Contradict),
            (DOSE_KINDS, "剂量性质", "Kind of dose", Effect::Flag),
        ] {
            found.extend(conflict(&claim, &source, senses, (zh, en), effect, quantity, &place));
        }
    } else if let (Some(quantity), Some(sentence)) = (figures.first(), aligned.first())
        && let Some(theirs) = sentence.unit.quantities.iter().find(|q| is_amount(q.unit.kind) || is_rate(q))
    {
        let source = sentence.unit.text.to_lowercase();
        let place = Match { sentence, quantity: theirs, relation: Relation::Different, role: None, unique: false };
        found.extend(conflict(&claim, &source, ROUTES, ("给药途径", "Route"), Effect::Contradict, quantity, &place));
    }
    found
}

/// The first dose of the claim that stands in a sentence that speaks of it.
fn same_dose<'c>(
    figures: &[&'c Quantity],
    aligned: &[&'c SourceSentence<'c>],
) -> Option<(&'c Quantity, &'c SourceSentence<'c>, &'c Quantity)> {
    aligned.iter().find_map(|sentence| {
        figures.iter().find_map(|quantity| {
            let same = |s: &&Quantity| {
                let relation = quantity.relation(s);
                relation.is_grounded() || matches!(relation, Relation::PerMissing | Relation::Bound(_))
            };
            sentence.unit.quantities.iter().find(same).map(|theirs| (*quantity, *sentence, theirs))
        })
    })
}

/// Every day against every week, twice against three times.
fn frequency(quantity: &Quantity, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    if !is_rate(quantity) {
        return None;
    }
    let mut other = None;
    for sentence in aligned {
        for theirs in sentence.unit.quantities.iter().filter(|q| is_rate(q)) {
            let relation = quantity.relation(theirs);
            if relation.is_grounded() || matches!(relation, Relation::Bound(_)) {
                return None;
            }
            other = other.or(Some((*sentence, theirs)));
        }
    }
    let (sentence, theirs) = other?;
    let place = Match { sentence, quantity: theirs, relation: Relation::Different, role: None, unique: false };
    let (claim, source) = (quantity.surface.trim(), theirs.surface.trim());
    Some(reason(
        "R29",
        Effect::Contradict,
        quantity,
        Some(&place),
        Message::new(
            format!("给药频次不符（高风险）：此处“{claim}”，来源{}为“{source}”。", sentence.label),
            format!("Frequency (high severity): “{claim}” here, “{source}” in {}.", sentence.label),
        ),
    ))
}

/// mg/kg against mg, per day against per dose: the same number, another dose.
fn divisor(quantity: &Quantity, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    if !is_amount(quantity.unit.kind) {
        return None;
    }
    let mut other = None;
    for sentence in aligned {
        for theirs in &sentence.unit.quantities {
            let relation = quantity.relation(theirs);
            if relation.is_grounded() {
                return None;
            }
            let by_weight = quantity.unit.per.contains(&Kind::Mass) != theirs.unit.per.contains(&Kind::Mass);
            let by_other =
                !quantity.unit.per.is_empty() && !theirs.unit.per.is_empty() && quantity.unit.per != theirs.unit.per;
            if matches!(relation, Relation::PerMissing | Relation::Unit)
                && theirs.unit.kind == quantity.unit.kind
                && (by_weight || by_other)
            {
                other = other.or(Some((*sentence, theirs, relation)));
            }
        }
    }
    let (sentence, theirs, relation) = other?;
    let place = Match { sentence, quantity: theirs, relation, role: None, unique: false };
    let (claim, source) = (quantity.surface.trim(), theirs.surface.trim());
    Some(reason(
        "R29",
        Effect::Contradict,
        quantity,
        Some(&place),
        Message::new(
            format!("剂量的计算基准不符（高风险）：此处“{claim}”，来源{}为“{source}”。", sentence.label),
            format!("Basis of the dose (high severity): “{claim}” here, “{source}” in {}.", sentence.label),
        ),
    ))
}

/// Claim and sentence each tell one sense, and not the same.
fn conflict(
    claim: &str,
    source: &str,
    of: &[Sense],
    name: (&str, &str),
    effect: Effect,
    quantity: &Quantity,
    place: &Match<'_>,
) -> Option<Reason> {
    let (mine, theirs) = (senses(claim, of), senses(source, of));
    let (&a, &b) = (mine.first()?, theirs.first()?);
    if mine.iter().any(|m| theirs.contains(m)) {
        return None;
    }
    let (a, b) = (&of[a], &of[b]);
    let mut found = reason(
        "R29",
        effect,
        quantity,
        Some(place),
        Message::new(
            format!("{}不符（高风险）：此处为{}，来源{}为{}。", name.0, a.zh, place.sentence.label, b.zh),
            format!("{} (high severity): {} here, {} in {}.", name.1, a.en, b.en, place.sentence.label),
        ),
    );
    found.comparison = Some(Comparison { claim: a.en.to_owned(), source: b.en.to_owned(), relation: "≠".to_owned() });
    Some(found)
}

// ------------------------------------------------------------------------------------------------------------- R30

/// Two sides of a coin; a negated word counts for the other side.
const SIDES: &[(&[&str], &[&str])] = &[
    (
        &["禁忌", "禁用", "禁止使用", "contraindicated", "contraindication"],
        &["适应证", "适应症", "适用于", "可用于", "推荐用于", "首选用于", "indicated", "indication", "recommended for"],
    ),
    (&["阳性", "positive", "seropositive"], &["阴性", "negative", "seronegative"]),
    (&["良性", "benign"], &["恶性", "malignant"]),
    (&["急性", "acute"], &["慢性", "chronic"]),
];

const NEGATIONS: &[&str] =
    &["不", "非", "无", "不是", "并非", "未见", "没有", "not", "no", "not a", "never", "isn't", "non"];

fn polarity(case: &Case<'_>) -> Vec<Reason> {
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
            let Some(at) = stands(text, word) else { continue };
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
    let raises = RAISES.iter().find_map(|w| stands(claim, w).map(|at| (at, *w)));
    let lowers = LOWERS.iter().find_map(|w| stands(claim, w).map(|at| (at, *w)));
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
            .find_map(|w| stands(claim, w).map(|at| (at, *w)))?;
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

#[cfg(test)]
mod tests {
    use crate::verify::rules::quantity::cases;

    #[test]
    fn fires_where_it_must_and_nowhere_else() {
        cases::run(&["R29", "R30"]);
    }
}
