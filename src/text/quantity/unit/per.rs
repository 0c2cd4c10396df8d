//! What a unit is divided by: `/kg`, `·kg⁻¹`, ` per day`.

use super::{Kind, atom};
use crate::text::quantity::numeral::{Number, int, mul, read};

/// What a unit is divided by.
pub struct Divisor {
    pub kinds: Vec<(Kind, Number)>,
    pub odd: bool,
    pub end: usize,
}

/// `/kg`, `/(kg·d)`, `/100 mL`, `·kg⁻¹`, ` per day`, ` a day`, ` daily` at byte `at`.
pub fn divisor(text: &str, at: usize) -> Option<Divisor> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start_matches(' ');
    let lead = rest.len() - trimmed.len();
    if lead > 1 {
        return None;
    }
    let start = at + lead;
    if let Some(tail) = trimmed.strip_prefix('/').or_else(|| trimmed.strip_prefix('∕')) {
        let from = text.len() - tail.len() + (tail.len() - tail.trim_start_matches(' ').len());
        if text[from..].starts_with('(') {
            return grouped(text, from + 1);
        }
        return scaled_atom(text, from);
    }
    if trimmed.starts_with(['·', '⋅', '•', '∙']) {
        let from = start + trimmed.chars().next().map_or(0, char::len_utf8);
        return inverse(text, from);
    }
    if lead == 1 && trimmed.starts_with(|c: char| c.is_ascii_alphabetic()) {
        for word in ["per ", "each ", "every ", "a ", "an "] {
            if let Some(head) = trimmed.get(..word.len())
                && head.eq_ignore_ascii_case(word)
            {
                let divisor = scaled_atom(text, start + word.len())?;
                // "5 mg a day" divides, "5 mg a tablet" too, "2 years a month" does not occur; "a" needs time or count.
                let fits = word.len() > 3
                    || word == "per "
                    || divisor.kinds.iter().all(|(k, _)| k.is_time() || matches!(k, Kind::Count(_)));
                return fits.then_some(divisor);
            }
        }
    }
    let adverb = |word: &str| {
        trimmed.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !trimmed[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    for (word, kind, seconds) in [
        ("daily", Kind::Clock, 86_400),
        ("weekly", Kind::Clock, 604_800),
        ("hourly", Kind::Clock, 3600),
        ("monthly", Kind::Month, 1),
        ("annually", Kind::Month, 12),
        ("yearly", Kind::Month, 12),
    ] {
        if adverb(word) {
            return Some(Divisor { kinds: vec![(kind, int(seconds))], odd: false, end: start + word.len() });
        }
    }
    None
}

/// A unit, with a number before it (`100 mL`, `1.73 m²`).
fn scaled_atom(text: &str, at: usize) -> Option<Divisor> {
    let (by, from) = match read(text, at) {
        Some(numeral) if text.as_bytes().get(at).is_some_and(u8::is_ascii_digit) => {
            let skip = text[numeral.end..].len() - text[numeral.end..].trim_start_matches(' ').len();
            (numeral.value, numeral.end + skip)
        }
        _ => (int(1), at),
    };
    // In a divisor 分 is a minute and 时 an hour.
    let (kind, factor, odd, end) = match atom(text, from) {
        Some((a, end)) => (a.kind, a.factor, a.odd, end),
        None if text[from..].starts_with('分') => (Kind::Clock, int(60), false, from + '分'.len_utf8()),
        None => return None,
    };
    Some(Divisor { kinds: vec![(kind, mul(&by, &factor)?)], odd, end })
}

/// `kg·d)` after an opening bracket.
fn grouped(text: &str, mut at: usize) -> Option<Divisor> {
    let mut kinds = Vec::new();
    let mut odd = false;
    loop {
        let one = scaled_atom(text, at)?;
        kinds.extend(one.kinds);
        odd |= one.odd;
        let rest = &text[one.end..];
        let mut chars = rest.chars();
        match chars.next()? {
            ')' => return Some(Divisor { kinds, odd, end: one.end + 1 }),
            c @ ('·' | '⋅' | '•' | '*' | '.' | '×' | '∙') => at = one.end + c.len_utf8(),
            _ => return None,
        }
    }
}

/// `kg⁻¹` or `kg-1` after a dot.
fn inverse(text: &str, at: usize) -> Option<Divisor> {
    let (a, end) = atom(text, at)?;
    let rest = &text[end..];
    let used = if rest.starts_with("⁻¹") {
        "⁻¹".len()
    } else if rest.starts_with("-1") || rest.starts_with("^-1") {
        rest.find('1')? + 1
    } else {
        return None;
    };
    Some(Divisor { kinds: vec![(a.kind, a.factor)], odd: a.odd, end: end + used })
}
