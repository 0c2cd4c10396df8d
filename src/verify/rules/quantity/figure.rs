//! Each figure of a claim, held against every figure of the sources: what is the nearest, and what does it say?
//!
//! The rules on figures all ask this one question and report the answers that are theirs.

use std::collections::BTreeSet;

use super::{
    derive::{self, Derived},
    role,
};
use crate::{
    domain::{
        text::{Message, Span},
        verdict::{Comparison, Effect, Reason},
    },
    text::{
        date::{DateMention, DateRelation},
        quantity::{Form, Kind, Number, Quantity, Relation, Value},
    },
    verify::case::{ALIGNED, Case, SourceSentence, Unit},
};

/// A figure of a source beside the claim's.
#[derive(Clone, Debug)]
pub struct Match<'c> {
    pub sentence: &'c SourceSentence<'c>,
    pub quantity: &'c Quantity,
    pub relation: Relation,
    /// How far both measure the same thing, 0 to 1; `None` where their clauses do not tell.
    pub role: Option<f32>,
    /// The only figure of its kind in its sentence, as the claim's is in the claim.
    pub unique: bool,
}

/// What is known of one figure of the claim.
#[derive(Clone, Debug)]
pub enum Finding<'c> {
    /// It stands in a source.
    Grounded(Match<'c>),
    /// It follows from figures of one sentence.
    Derived { sentence: &'c SourceSentence<'c>, derived: Derived },
    /// A sentence that speaks of the claim has the same figure, altered.
    Altered(Match<'c>),
    /// A sentence that speaks of the claim has another value for the same thing.
    Other(Match<'c>),
    /// It stands in no source.
    Absent { nearest: Option<Match<'c>>, sure: bool },
    /// Nothing is to be said: countable by eye, taken from the question, or not comparable.
    Nothing,
}

/// A figure of the claim with its finding.
#[derive(Clone, Debug)]
pub struct Figure<'c> {
    pub quantity: &'c Quantity,
    pub finding: Finding<'c>,
}

/// Every figure of the claim.
pub fn figures<'c>(case: &'c Case<'c>) -> Vec<Figure<'c>> {
    let roles: Roles = case
        .sources
        .iter()
        .map(|sentence| {
            // What a figure measures matters only where the sentence speaks of the claim.
            let aligned = sentence.coverage >= ALIGNED && !case.claim.quantities.is_empty();
            let figures = if aligned { sentence.unit.quantities.as_slice() } else { &[] };
            figures.iter().map(|figure| role::of(figure, sentence.unit.text)).collect()
        })
        .collect();
    case.claim.quantities.iter().map(|quantity| Figure { quantity, finding: finding(case, &roles, quantity) }).collect()
}

/// The terms of every figure of every aligned sentence, read once.
type Roles = Vec<Vec<BTreeSet<String>>>;

fn finding<'c>(case: &'c Case<'c>, roles: &Roles, quantity: &'c Quantity) -> Finding<'c> {
    let matches = matches(case, roles, quantity);
    let aligned = |m: &&Match<'_>| m.sentence.coverage >= ALIGNED;
    let best = |found: Vec<&Match<'c>>| found.into_iter().max_by(|a, b| rank(a).total_cmp(&rank(b))).cloned();

    let grounded_aligned = best(matches.iter().filter(aligned).filter(|m| m.relation.is_grounded()).collect());
    if let Some(found) = grounded_aligned {
        return Finding::Grounded(found);
    }
    let altered = best(matches.iter().filter(aligned).filter(|m| is_alteration(quantity, m)).collect());
    let grounded = best(matches.iter().filter(|m| m.relation.is_grounded()).collect());
    let other = best(matches.iter().filter(aligned).filter(|m| is_other_value(case, quantity, m)).collect());
    if let Some(found) = grounded {
        // The figure stands elsewhere. What speaks of the claim outweighs it only when it clearly has its own figure.
        let sure =
            |m: &Match<'_>| m.role.is_some_and(|r| r >= 0.6) && m.sentence.coverage > found.sentence.coverage + 0.2;
        if let Some(found) = altered.filter(|m| sure(m)) {
            return Finding::Altered(found);
        }
        if let Some(found) = other.filter(|m| sure(m) && m.unique) {
            return Finding::Other(found);
        }
        return Finding::Grounded(found);
    }
    if let Some(found) = altered {
        return Finding::Altered(found);
    }
    if let Some((sentence, derived)) = derive::derived(case, quantity) {
        return Finding::Derived { sentence, derived };
    }
    if let Some(found) = other {
        return Finding::Other(found);
    }
    if is_countable(quantity) || is_in_question(case, quantity) {
        return Finding::Nothing;
    }
    let nearest = best(matches.iter().filter(|m| m.relation != Relation::Incomparable).collect());
    if let Some(found) = nearest.as_ref().filter(|m| matches!(m.relation, Relation::Unitless | Relation::PerMissing)) {
        return Finding::Altered(found.clone());
    }
    // Under another bound, or as a bound that a source's figure satisfies, it is there in a way.
    let in_a_way = matches
        .iter()
        .any(|m| m.relation.same_figure() || quantity.allows(m.quantity) || implied(quantity, m.quantity));
    Finding::Absent { nearest, sure: !in_a_way && is_surely_absent(case, quantity) }
}

fn rank(found: &Match<'_>) -> f32 {
    f32::from(found.relation.nearness()) + found.role.unwrap_or(0.2) * 2.0 + found.sentence.coverage
}

fn matches<'c>(case: &'c Case<'c>, roles: &Roles, quantity: &'c Quantity) -> Vec<Match<'c>> {
    let own_role = role::of(quantity, case.claim.text);
    let alone = is_alone(quantity, &case.claim);
    // "EPS of $1.20" says per share without a divisor after the number.
    let lower = case.claim.text.to_lowercase();
    let per_share = matches!(quantity.unit.kind, Kind::Money(_))
        && ["每股", "eps", "per share", "per-share"].iter().any(|w| lower.contains(w));
    let mut found = Vec::new();
    for (sentence, roles) in case.sources.iter().zip(roles) {
        for (at, candidate) in sentence.unit.quantities.iter().enumerate() {
            let mut relation = quantity.relation(candidate);
            if relation == Relation::PerMissing && (per_share || derive::taken_as_often(case, quantity, candidate)) {
                relation = Relation::Same;
            }
            if relation == Relation::Incomparable {
                continue;
            }
            let role = roles.get(at).and_then(|terms| role::overlap(&own_role, terms));
            let unique = alone && is_alone(candidate, &sentence.unit);
            found.push(Match { sentence, quantity: candidate, relation, role, unique });
        }
    }
    found
}

/// Whether no other figure of the text is of the same kind.
fn is_alone(quantity: &Quantity, unit: &Unit<'_>) -> bool {
    unit.quantities.iter().filter(|other| same_sort(quantity.unit.kind, other.unit.kind)).count() == 1
}

fn same_sort(a: Kind, b: Kind) -> bool {
    match (a, b) {
        (Kind::Money(_), Kind::Money(_)) | (Kind::Count(_), Kind::Count(_)) => true,
        (x, y) => x == y || (x.is_time() && y.is_time()),
    }
}

/// The same figure in a sentence that speaks of the claim, with something changed about it.
fn is_alteration(quantity: &Quantity, found: &Match<'_>) -> bool {
    let linked = found.unique || found.role.is_some_and(|r| r >= 0.3);
    match found.relation {
        Relation::Bound(_) | Relation::PerMissing | Relation::Unitless => true,
        Relation::Sign | Relation::Points | Relation::Currency => linked || is_telling(quantity),
        Relation::Unit | Relation::Period => linked || (is_telling(quantity) && found.sentence.coverage >= 0.6),
        Relation::Scale(_) => linked && !is_countable(quantity),
        _ => false,
    }
}

/// A number with so many digits that meeting it twice is no accident.
fn is_telling(quantity: &Quantity) -> bool {
    let digits = |n: i128| {
        let text = n.unsigned_abs().to_string();
        text.trim_end_matches('0').len()
    };
    digits(*quantity.shown.numer()) >= 2
}

/// Another value for the same thing.
fn is_other_value(case: &Case<'_>, quantity: &Quantity, found: &Match<'_>) -> bool {
    if !matches!(found.relation, Relation::Different | Relation::Scale(_)) {
        return false;
    }
    let kind = quantity.unit.kind;
    if kind == Kind::Plain || found.quantity.unit.kind != kind || quantity.hedge.is_some() {
        return false;
    }
    if other_time(&case.claim, &found.sentence.unit) || quantity.allows(found.quantity) {
        return false;
    }
    let role = found.role.unwrap_or(0.0);
    let coverage = found.sentence.coverage;
    if is_countable(quantity) && !(role >= 0.6 && found.unique && coverage >= 0.7) {
        return false;
    }
    let strong = role >= 0.6 && coverage >= 0.5 && !has_rival(case, quantity, found);
    (found.unique && coverage >= 0.5 && (role >= 0.34 || (found.role.is_none() && coverage >= 0.75))) || strong
}

/// Words that bind the members of two lists to each other by their places.
pub const RESPECTIVELY: [&str; 3] = ["respectively", "分别", "依次"];

/// Which date each figure of a kind belongs to, where the two take turns (A in 2023 versus B in 2022; 2023年为A，2022年为B)
/// or are told to belong together in their order (2022年和2023年分别为A和B), or stand in clauses of their own.
pub fn by_turns<'u>(unit: &'u Unit<'_>, kind: Kind) -> Vec<(&'u Quantity, &'u DateMention)> {
    let figures: Vec<&Quantity> = unit.quantities.iter().filter(|q| q.unit.kind == kind).collect();
    let dates: Vec<&DateMention> = unit.dates.iter().collect();
    let take_turns = |first: &[Span], second: &[Span]| {
        let follows = |(a, b): (&Span, &Span)| a.end() <= b.start();
        first.iter().zip(second).all(follows) && second.iter().zip(first.iter().skip(1)).all(follows)
    };
    let spans = |of: &[&Quantity]| of.iter().map(|q| q.span).collect::<Vec<_>>();
    let (a, b) = (spans(&figures), dates.iter().map(|d| d.span).collect::<Vec<_>>());
    let apart =
        |first: &[Span], second: &[Span]| first.last().zip(second.first()).is_some_and(|(x, y)| x.end() <= y.start());
    let in_order = RESPECTIVELY.iter().any(|word| unit.text.contains(word)) && (apart(&a, &b) || apart(&b, &a));
    if a.len() >= 2 && a.len() == b.len() && (in_order || take_turns(&a, &b) || take_turns(&b, &a)) {
        return figures.into_iter().zip(dates).collect();
    }
    // "$4.5 billion in 2023, up 8 % from $4.2 billion in 2022": each clause has one of either.
    let in_clause = |clause: &Span| {
        let mut of_kind = figures.iter().filter(|q| clause.contains(q.span));
        let mut told = dates.iter().filter(|d| clause.contains(d.span));
        let pair = of_kind.next().zip(told.next())?;
        (of_kind.next().is_none() && told.next().is_none()).then_some((*pair.0, *pair.1))
    };
    let pairs: Vec<_> = unit.logic.clauses.iter().filter_map(in_clause).collect();
    if pairs.len() >= 2 && pairs.len() == figures.len() { pairs } else { Vec::new() }
}

/// Another figure of the same sentence fits the claim's role as well.
fn has_rival(case: &Case<'_>, quantity: &Quantity, found: &Match<'_>) -> bool {
    let own = role::of(quantity, case.claim.text);
    let role = found.role.unwrap_or(0.0);
    found
        .sentence
        .unit
        .quantities
        .iter()
        .filter(|other| other.span != found.quantity.span && same_sort(other.unit.kind, quantity.unit.kind))
        .any(|other| {
            let overlap = role::overlap(&own, &role::of(other, found.sentence.unit.text));
            overlap.is_none_or(|r| r >= role - 0.15)
        })
}

/// The claim tells a time and the sentence only other times: its figures are of another period.
pub fn other_time(claim: &Unit<'_>, source: &Unit<'_>) -> bool {
    if claim.dates.is_empty() || source.dates.is_empty() {
        return false;
    }
    claim
        .dates
        .iter()
        .all(|mine| source.dates.iter().all(|theirs| matches!(mine.when.against(theirs.when), DateRelation::Different)))
}

/// Small whole numbers that a writer counts in a list.
pub fn is_countable(quantity: &Quantity) -> bool {
    let twelve = Number::from_integer(12);
    matches!(quantity.unit.kind, Kind::Plain | Kind::Count(_))
        && quantity.unit.per.is_empty()
        && matches!(quantity.value, Value::Exact(value) if value.is_integer() && value <= twelve && value >= Number::from_integer(0))
}

fn is_in_question(case: &Case<'_>, quantity: &Quantity) -> bool {
    case.question.as_ref().is_some_and(|question| {
        question.quantities.iter().any(|asked| {
            let relation = quantity.relation(asked);
            relation.is_grounded() || matches!(relation, Relation::Bound(_))
        })
    })
}

/// No source holds the figure in any unit, nor its digits in a place that could not be read as a quantity.
fn is_surely_absent(case: &Case<'_>, quantity: &Quantity) -> bool {
    let hundred_percent = quantity.unit.kind == Kind::Ratio && quantity.value == Value::Exact(Number::from_integer(1));
    let by_verb = quantity.unit.kind == Kind::Multiple;
    let half = quantity.unit.kind == Kind::Ratio && quantity.value == Value::Exact(Number::new(1, 2));
    // "since at least 1979" reads as a bare number; "one year" as often as not is an article.
    let year_like = quantity.unit.kind == Kind::Plain
        && quantity.shown.is_integer()
        && (Number::from_integer(1500)..Number::from_integer(2100)).contains(&quantity.shown);
    let article = quantity.form == Form::Words && quantity.shown == Number::from_integer(1);
    if year_like || article {
        return false;
    }
    if quantity.hedge.is_some() || hundred_percent || by_verb || half || follows_name(case.claim.text, quantity) {
        return false;
    }
    let digits = leading_digits(&quantity.surface);
    !case.sources.iter().any(|sentence| {
        let read: Vec<Span> = sentence.unit.quantities.iter().map(|q| q.span).collect();
        let same_number =
            sentence.unit.quantities.iter().any(|q| {
                q.shown == quantity.shown && (q.unit.kind == Kind::Plain || quantity.unit.kind == Kind::Plain)
            });
        same_number || digits.as_ref().is_some_and(|d| stands_unread(sentence.unit.text, d, &read))
    })
}

/// Boeing 767, The 100: a bare number after a capital is part of a name.
fn follows_name(text: &str, quantity: &Quantity) -> bool {
    let before = text[..quantity.span.start()].trim_end();
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    quantity.unit.kind == Kind::Plain
        && before.len() < quantity.span.start()
        && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// More than 70 follows from more than 80: not told, but not invented either.
fn implied(quantity: &Quantity, source: &Quantity) -> bool {
    let (mine, theirs) = (quantity.value.low(), source.value.low());
    quantity.unit == source.unit
        && ((quantity.bound.is_lower() && source.bound.is_lower() && mine < theirs)
            || (quantity.bound.is_upper() && source.bound.is_upper() && mine > theirs))
}

/// The digits with which a figure is written, where it is written in digits.
fn leading_digits(surface: &str) -> Option<String> {
    let start = surface.find(|c: char| c.is_ascii_digit())?;
    let run: String = surface[start..].chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let run = run.trim_end_matches(['.', ',']);
    (!run.is_empty()).then(|| run.to_owned())
}

fn stands_unread(text: &str, digits: &str, read: &[Span]) -> bool {
    text.match_indices(digits).any(|(at, found)| {
        let span = Span::new(at, at + found.len());
        // 34/1000 is read as a share, and says 34 of 1,000.
        if text[..at].ends_with('/') || text[span.end()..].starts_with('/') {
            return true;
        }
        let bounded = !text[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.')
            && !text[span.end()..].starts_with(|c: char| c.is_ascii_digit());
        bounded && !read.iter().any(|r| r.overlaps(span))
    })
}

/// The distinct terms of the claim's figure: what a message may name as its subject.
pub fn subject(case: &Case<'_>, quantity: &Quantity) -> BTreeSet<String> {
    role::of(quantity, case.claim.text)
}

/// A finding about `quantity`, with the source's figure beside it.
pub fn reason(
    code: &'static str,
    effect: Effect,
    quantity: &Quantity,
    found: Option<&Match<'_>>,
    message: Message,
) -> Reason {
    let comparison = match found {
        Some(found) => {
            let compared = quantity.compare(found.quantity);
            Comparison { claim: compared.claim, source: compared.source, relation: found.relation.sign() }
        }
        None => Comparison { claim: quantity.normal_form(), source: String::new(), relation: "absent".to_owned() },
    };
    Reason {
        code,
        effect,
        claim_span: Some(quantity.span),
        evidence: found.map(|found| found.sentence.at(found.quantity.span)),
        comparison: Some(comparison),
        message,
    }
}
