//! R29 and R30: doses and clinical polarity. A conflict here is of high severity: it may harm a patient.

mod polarity;

use self::polarity::polarity;
use super::{
    Rule,
    quantity::figure::{Match, reason},
    term,
};
use crate::{
    domain::{
        text::Message,
        verdict::{Comparison, Effect, Reason},
    },
    text::quantity::{Counted, Kind, Number, Quantity, Relation},
    verify::case::{Case, SourceSentence, Unit},
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

/// Indices of the senses of which a word stands in `text`.
fn senses(text: &str, of: &[Sense]) -> Vec<usize> {
    (0..of.len()).filter(|&i| of[i].words.iter().any(|w| term::find(text, w).is_some())).collect()
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
        found.extend(daily_or_single(case, quantity, &aligned));
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
        // A sentence may tell the first dose and the largest one: what stands before each decides.
        let before = |q: &Quantity, text: &str| q.role.of(text).unwrap_or_default().to_lowercase();
        let (mine, other) = (before(quantity, case.claim.text), before(theirs, sentence.unit.text));
        if found.is_empty() {
            found.extend(conflict(
                &mine,
                &other,
                DOSE_KINDS,
                ("剂量性质", "Kind of dose"),
                Effect::Flag,
                quantity,
                &place,
            ));
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

/// What an amount is taken for, told by the words beside it or by its divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Daily,
    AtOnce,
}

const DAILY: &[&str] = &["每日", "每天", "一日", "一天", "日剂量", "daily", "per day", "a day"];
const AT_ONCE: &[&str] =
    &["每次", "一次", "单次", "每剂", "单剂", "single", "per dose", "each dose", "each time", "at a time"];

impl Taken {
    fn of(quantity: &Quantity, text: &str) -> Option<Self> {
        const DAY: i128 = 86_400;
        if quantity.unit.per_explicit && quantity.unit.per.contains(&Kind::Clock) {
            return (quantity.unit.per == [Kind::Clock] && quantity.per_factor == Number::from_integer(DAY))
                .then_some(Self::Daily);
        }
        let behind = quantity.tail.of(text).unwrap_or_default().trim_start().to_lowercase();
        if AT_ONCE.iter().any(|words| behind.starts_with(words)) {
            return Some(Self::AtOnce);
        }
        let before = quantity.role.of(text).unwrap_or_default().to_lowercase();
        // "twice daily" says how often, not how much.
        let tells = |at: usize| {
            let word = before[..at].trim_end().rsplit(' ').next().unwrap_or_default();
            !["once", "twice", "thrice", "times"].contains(&word)
        };
        let last = |words: &[&str]| {
            words.iter().filter_map(|word| before.rfind(word).filter(|at| tells(*at)).map(|at| at + word.len())).max()
        };
        match (last(DAILY), last(AT_ONCE)) {
            (None, None) => None,
            (daily, once) if daily > once => Some(Self::Daily),
            _ => Some(Self::AtOnce),
        }
    }
}

/// 500 mg a day against 500 mg each time.
fn daily_or_single(case: &Case<'_>, quantity: &Quantity, aligned: &[&SourceSentence<'_>]) -> Option<Reason> {
    if !is_amount(quantity.unit.kind) {
        return None;
    }
    let mine = Taken::of(quantity, case.claim.text)?;
    // Once a day it is the same.
    let is_once = |unit: &Unit<'_>, amount: &Quantity| {
        let clause = |q: &Quantity| unit.logic.clauses.iter().find(|clause| clause.overlaps(q.span));
        // How often stands beside the amount or by itself; beside another amount it is of that one.
        let is_of = |rate: &Quantity| {
            let mut others = unit.quantities.iter().filter(|q| is_amount(q.unit.kind) && clause(q) == clause(rate));
            clause(rate) == clause(amount) || others.next().is_none()
        };
        unit.quantities.iter().any(|q| is_rate(q) && q.shown == Number::from_integer(1) && is_of(q))
    };
    if is_once(&case.claim, quantity) {
        return None;
    }
    let mut other = None;
    for sentence in aligned {
        for theirs in &sentence.unit.quantities {
            let relation = quantity.relation(theirs);
            if !(relation.is_grounded() || matches!(relation, Relation::PerMissing | Relation::Bound(_))) {
                continue;
            }
            match Taken::of(theirs, sentence.unit.text) {
                Some(taken) if taken != mine && !is_once(&sentence.unit, theirs) => {
                    other = other.or(Some((*sentence, theirs, relation)));
                }
                _ => return None,
            }
        }
    }
    let (sentence, theirs, relation) = other?;
    let place = Match { sentence, quantity: theirs, relation, role: None, unique: false };
    let (amount, label) = (quantity.surface.trim(), sentence.label);
    let ((zh, en), (their_zh, their_en)) = match mine {
        Taken::Daily => (("每日用量", "a day's amount"), ("每次用量", "a single one")),
        Taken::AtOnce => (("每次用量", "a single amount"), ("每日用量", "a day's")),
    };
    let mut found = reason(
        "R29",
        Effect::Contradict,
        quantity,
        Some(&place),
        Message::new(
            format!("剂量的计算基准不符（高风险）：“{amount}”在此处为{zh}，来源{label}为{their_zh}。"),
            format!("Basis of the dose (high severity): “{amount}” is {en} here, {their_en} in {label}."),
        ),
    );
    if let Some(comparison) = &mut found.comparison {
        "≠".clone_into(&mut comparison.relation);
    }
    Some(found)
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

#[cfg(test)]
mod tests {
    use crate::verify::rules::quantity::cases;

    #[test]
    fn fires_where_it_must_and_nowhere_else() {
        cases::run(&["R29", "R30"]);
    }
}
