//! Two numbers that make one range, and parts that make one duration.

use super::{
    super::{
        cue,
        numeral::{add, div, int, mul},
        unit::Kind,
    },
    term::{PREFIXES, Term, currency_before, term},
};

/// Between the ends of a range.
fn connector(text: &str, at: usize, before: &str) -> Option<usize> {
    let rest = &text[at..];
    let trimmed = rest.trim_start_matches(' ');
    let lead = rest.len() - trimmed.len();
    for word in ["--", "-", "–", "—", "——", "~", "～", "至", "到", "−", "‐", "‑"] {
        if let Some(tail) = trimmed.strip_prefix(word)
            && lead <= 1
        {
            let space = tail.len() - tail.trim_start_matches(' ').len();
            // "5 -10" is not a range, "5 - 10" is.
            if space > 1 || (lead == 1 && space == 0 && word != "至" && word != "到") {
                return None;
            }
            return Some(text.len() - tail.len() + space);
        }
    }
    for word in [" to ", " through "] {
        if let Some(tail) = rest.strip_prefix(word) {
            return Some(text.len() - tail.len());
        }
    }
    if before.trim_end().to_ascii_lowercase().ends_with("between")
        && let Some(tail) = rest.strip_prefix(" and ")
    {
        return Some(text.len() - tail.len());
    }
    if before.ends_with(['于', '在']) || rest.starts_with(['与', '和']) {
        for word in ["与", "和"] {
            if let Some(tail) = rest.strip_prefix(word)
                && tail.chars().take(14).collect::<String>().contains("之间")
            {
                return Some(text.len() - tail.len());
            }
        }
    }
    None
}

/// Words that make "from X to Y" a change, not a range.
fn is_change(before: &str) -> bool {
    let lower = before.to_ascii_lowercase();
    let starts = ["from", "由", "从", "自"].iter().any(|w| lower.trim_end().ends_with(w));
    starts
        && !lower.contains("rang")
        && !lower.contains("范围")
        && !lower.contains("vari")
        && [
            "rose", "ris", "increas", "fell", "fall", "decreas", "declin", "grew", "grow", "drop", "improv", "cut",
            "rais", "reduc", "went", "up", "down", "chang", "expand", "narrow", "升", "降", "增", "减", "提高", "下调",
            "上调", "扩大", "缩", "调整", "变",
        ]
        .iter()
        .any(|w| lower.contains(w))
}

pub(super) fn range(text: &str, floor: usize, first: &Term) -> Option<(Term, Term)> {
    let before = cue::clause_before(text, floor, first.start);
    let next = connector(text, first.end, before)?;
    // The verb may stand before an earlier figure: rose 12% from 50 to 60.
    if is_change(cue::clause_before(text, 0, first.start)) {
        return None;
    }
    let number_at = {
        let rest = &text[next..];
        let sign = PREFIXES.iter().find(|(sign, ..)| rest.starts_with(sign)).map_or(0, |(sign, ..)| sign.len());
        next + sign + (rest[sign..].len() - rest[sign..].trim_start_matches(' ').len())
    };
    let mut second = term(text, number_at, next)?;
    let mut first = first.clone();
    if !first.has_unit && second.has_unit {
        // 3至5亿元, 5-10 mg: the first takes the unit, and the scale where it has none of its own.
        let own_scale = first.scaled != first.shown;
        let from_shown =
            if own_scale { div(&second.per_shown, &div(&second.scaled, &second.shown)?)? } else { second.per_shown };
        let base = if own_scale { first.scaled } else { first.shown };
        first.value = mul(&base, &from_shown)?;
        first.precision = mul(&first.precision, &from_shown)?;
        first.scaled = if own_scale { first.scaled } else { mul(&first.shown, &div(&second.scaled, &second.shown)?)? };
        if !own_scale && first.value > second.value && first.scaled != first.shown {
            // 300至1亿: the first was not meant in 亿.
            return None;
        }
        first.unit = second.unit.clone();
        first.per_factor = second.per_factor;
        first.has_unit = true;
        first.odd = second.odd;
        first.currency_sure = second.currency_sure;
    } else if first.has_unit && !second.has_unit {
        // 百分之五至十, $5 to 10 million: the second takes the unit.
        let han_share = text[first.start..].starts_with(['百', '千', '万']) && first.unit.kind == Kind::Ratio;
        let is_money = matches!(first.unit.kind, Kind::Money(_))
            && first.end == text[..first.end].len()
            && currency_before(text, floor, first_number(text, &first)).is_some();
        if !(han_share || is_money) {
            return None;
        }
        let factor = if han_share { first.per_shown } else { int(1) };
        second.value = mul(&second.value, &factor)?;
        second.precision = mul(&second.precision, &factor)?;
        if is_money && second.scaled != second.shown && first.scaled == first.shown {
            let scale = div(&second.scaled, &second.shown)?;
            first.value = mul(&first.value, &scale)?;
            first.scaled = mul(&first.scaled, &scale)?;
            first.precision = mul(&first.precision, &scale)?;
        }
        second.unit = first.unit.clone();
        second.has_unit = true;
    } else if is_money_pair(&first, &second)
        && second.scaled != second.shown
        && first.scaled == first.shown
        && first.shown <= second.shown
    {
        // $5 to $10 million
        let scale = div(&second.scaled, &second.shown)?;
        let scaled = mul(&first.value, &scale)?;
        if scaled <= second.value && first.value < int(1000) {
            first.value = scaled;
            first.scaled = mul(&first.scaled, &scale)?;
            first.precision = mul(&first.precision, &scale)?;
        }
    }
    if first.unit.kind != second.unit.kind || first.value > second.value {
        return None;
    }
    Some((first, second))
}

fn is_money_pair(a: &Term, b: &Term) -> bool {
    matches!((a.unit.kind, b.unit.kind), (Kind::Money(x), Kind::Money(y)) if x == y)
}

/// Where the digits of a term start, past its currency sign.
fn first_number(text: &str, term: &Term) -> usize {
    term.start + text[term.start..term.end].find(|c: char| c.is_ascii_digit()).unwrap_or(0)
}

/// 一年零六个月, 2 hours and 30 minutes: parts of one duration.
pub(super) fn extended(text: &str, mut whole: Term) -> Term {
    while whole.unit.kind.is_time() && whole.unit.per.is_empty() {
        let rest = &text[whole.end..];
        let joint = ["零", "又", " and ", " "].iter().find(|j| rest.starts_with(**j)).map_or(0, |j| j.len());
        let Some(part) = term(text, whole.end + joint, whole.end) else { break };
        if !part.has_unit || part.unit != whole.unit || part.upper.is_some() || part.per_shown >= whole.per_shown {
            break;
        }
        let Some(sum) = add(&whole.value, &part.value) else { break };
        whole.value = sum;
        whole.precision = part.precision;
        whole.per_shown = part.per_shown;
        whole.end = part.end;
    }
    whole
}
