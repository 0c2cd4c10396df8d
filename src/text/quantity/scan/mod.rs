//! From folded text to quantities: find a numeral, its unit, its range, and the words around it.

mod range;
mod rate;
mod term;

use range::{extended, range};
use rate::{divided_by, doubling, frequency_before, frequency_code, per_before, rate};
use term::{Term, term};

use super::{
    Bound, Change, Hedge, Quantity, Value, cue,
    mask::masked,
    numeral::{self, Form, int, mul},
    trend,
    unit::{Counted, Kind},
};
use crate::{
    domain::text::Span,
    text::{date::DateMention, lang::is_han},
};

pub(super) fn scan(text: &str, dates: &[DateMention]) -> Vec<Quantity> {
    let masks = masked(text, dates);
    let mut next_mask = 0;
    let mut found: Vec<Quantity> = Vec::new();
    let mut floor = 0;
    let mut at = 0;
    while at < text.len() {
        while masks.get(next_mask).is_some_and(|m| m.1 <= at) {
            next_mask += 1;
        }
        if let Some(&(start, end)) = masks.get(next_mask)
            && start <= at
        {
            at = end;
            continue;
        }
        let limit = masks.get(next_mask).map_or(text.len(), |m| m.0);
        let Some(c) = text[at..].chars().next() else { break };
        let starts = c.is_ascii_digit()
            || numeral::vulgar(c).is_some()
            || numeral::han_digit(c).is_some()
            || numeral::han_multiplier(c).is_some()
            || matches!(c, '半' | '廿' | '卅' | '每' | '翻' | '对' | '隔')
            || (c == '.' && text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit))
            || (c.is_ascii_alphabetic() && !text[..at].ends_with(|p: char| p.is_ascii_alphanumeric()));
        if !starts {
            at += c.len_utf8();
            continue;
        }
        let read =
            rate(text, at, floor).or_else(|| frequency_code(text, at, &found)).or_else(|| quantity(text, at, floor));
        match read {
            Some((quantities, end)) if end > at && end <= limit.max(at) => {
                found.extend(quantities);
                floor = end;
                at = end;
            }
            _ => at = divided_by(text, at).unwrap_or_else(|| skip(text, at, c)),
        }
    }
    reached(text, &mut found);
    found
}

/// "rose by 150 basis points to 35%": the verb of the first figure tells what the second one is.
fn reached(text: &str, found: &mut [Quantity]) {
    for at in 1..found.len() {
        let (before, rest) = found.split_at_mut(at);
        let (Some(by), Some(to)) = (before.last(), rest.first_mut()) else { continue };
        let between = text.get(by.span.end()..to.span.start()).unwrap_or_default();
        let between = between.trim_matches([' ', ',', '，']);
        let reaches = ["to", "to a", "to reach", "reaching", "至", "到", "达", "达到", "至人民币", "达人民币"];
        if to.trend.is_none() && by.change == Some(Change::By) && reaches.contains(&between) {
            (to.trend, to.change) = (by.trend, Some(Change::To));
        }
    }
}

/// Past what cannot start a quantity: a whole run of digits or letters, else one character.
fn skip(text: &str, at: usize, c: char) -> usize {
    let run = |f: fn(&u8) -> bool| at + text.as_bytes()[at..].iter().take_while(|b| f(b)).count();
    let end = if c.is_ascii_digit() {
        run(|b| b.is_ascii_digit() || *b == b'.' || *b == b',')
    } else if c.is_ascii_alphabetic() {
        run(u8::is_ascii_alphabetic)
    } else {
        at + c.len_utf8()
    };
    end.max(at + c.len_utf8())
}

fn quantity(text: &str, at: usize, floor: usize) -> Option<(Vec<Quantity>, usize)> {
    if let Some(found) = doubling(text, at, floor) {
        return Some(found);
    }
    let mut first = term(text, at, floor)?;
    // 120/80 mmHg: two values with one unit.
    if !first.has_unit
        && first.form == Form::Digits
        && let Some(tail) = text[first.end..].strip_prefix('/')
        && tail.starts_with(|c: char| c.is_ascii_digit())
        && let Some(second) = term(text, text.len() - tail.len(), first.end)
        && second.unit.kind == Kind::Pressure
    {
        first.value = mul(&first.value, &second.per_shown)?;
        first.precision = mul(&first.precision, &second.per_shown)?;
        first.unit = second.unit.clone();
        first.has_unit = true;
        first.odd = true;
        let (a, b) = (finish(text, floor, &first, None)?, finish(text, first.end, &second, None)?);
        return Some((vec![a, b], second.end));
    }
    first = extended(text, first);
    let (mut value_end, mut upper) = (first.end, first.upper);
    let mut used = first.clone();
    if first.upper.is_none()
        && let Some((low, high)) = range(text, floor, &first)
    {
        value_end = high.end;
        upper = Some(high.value);
        used = low;
        used.end = value_end;
        used.precision = used.precision.min(high.precision);
        used.open |= high.open;
        used.unit = high.unit;
        used.per_factor = high.per_factor;
    }
    used.upper = upper;
    if !accept(text, &used, floor) {
        return None;
    }
    let quantity = finish(text, floor, &used, None)?;
    let mut all = vec![quantity];
    // 5.0 ± 0.3 g: the spread is a quantity of its own with the same unit.
    if let Some(tail) =
        text[value_end..].trim_start().strip_prefix('±').or_else(|| text[value_end..].trim_start().strip_prefix("+/-"))
    {
        let from = text.len() - tail.trim_start().len();
        if let Some(spread) = term(text, from, value_end) {
            if !used.has_unit && spread.has_unit && all[0].unit.kind == Kind::Plain {
                let mut with_unit = used.clone();
                with_unit.value = mul(&used.value, &spread.per_shown)?;
                with_unit.precision = mul(&used.precision, &spread.per_shown)?;
                with_unit.unit = spread.unit.clone();
                with_unit.per_factor = spread.per_factor;
                with_unit.has_unit = true;
                all = vec![finish(text, floor, &with_unit, None)?];
            }
            value_end = spread.end;
            all.push(finish(text, spread.start, &spread, None)?);
        }
    }
    let end = all.last().map_or(value_end, |q| q.span.end().max(value_end));
    Some((all, end))
}

/// Whether a number counts something, or is a stray numeral character, a pronoun or a name.
fn accept(text: &str, term: &Term, floor: usize) -> bool {
    let surface = &text[term.start..term.end];
    let after = &text[term.end..];
    // 一日2次: what the count is divided by.
    if term.unit.kind.is_time()
        && term.shown == int(1)
        && numeral::read(after, 0).is_some_and(|times| after[times.end..].starts_with('次'))
    {
        return false;
    }
    let single_han = term.form == Form::Han && surface.chars().filter(|&c| is_han(c)).count() == 1;
    match term.form {
        Form::Han if !term.has_unit => {
            // 十五 alone is a number, 三 alone is not; nor is a numeral glued to a word before it.
            if single_han || surface == "半" || after.starts_with("分") {
                return false;
            }
            let digits_only = surface.chars().all(|c| numeral::han_digit(c).is_some());
            !(digits_only && term.upper.is_some())
        }
        Form::Han
            if surface.starts_with('一')
                && matches!(term.unit.kind, Kind::Count(_))
                && term.upper.is_none()
                && term.value == int(1) =>
        {
            // 一个, 一名 are articles, except 一次 as a frequency.
            term.unit.kind == Kind::Count(Counted::Occasions) && frequency_before(text, floor, term.start).is_some()
        }
        Form::Han if surface.starts_with("半") && matches!(term.unit.kind, Kind::Count(c) if c != Counted::Doses) => {
            false
        }
        Form::Words => {
            let before = text[..term.start].trim_end().to_ascii_lowercase();
            if term.value == int(1) && (!term.has_unit || matches!(term.unit.kind, Kind::Count(_) | Kind::Multiple)) {
                return false;
            }
            if surface.to_ascii_lowercase().ends_with("half") && term.unit.kind == Kind::Ratio {
                let lower = after.to_ascii_lowercase();
                return !before.ends_with("first")
                    && !before.ends_with("second")
                    && !before.ends_with("other")
                    && !before.ends_with("latter")
                    && (lower.starts_with(" of")
                        || lower.starts_with(" the ")
                        || lower.starts_with('.')
                        || lower.is_empty()
                        || before.ends_with("by")
                        || before.ends_with("than"));
            }
            // "the one", "no one": a pronoun; "one of the" too.
            !(before.ends_with(" no") && term.value == int(1))
        }
        _ => true,
    }
}

fn finish(text: &str, floor: usize, term: &Term, forced: Option<Bound>) -> Option<Quantity> {
    let end = term.end;
    let mut start = term.start;
    let mut value = term.value;
    let before = cue::clause_before(text, floor, start);
    // A minus sign, or accounting brackets around the number.
    let mut negative = false;
    let sign_before = before.trim_end_matches(' ');
    if let Some(c) = sign_before.chars().next_back()
        && matches!(c, '-' | '−' | '－')
    {
        let head = &sign_before[..sign_before.len() - c.len_utf8()];
        let joins = head.ends_with(|p: char| p.is_ascii_alphanumeric() || matches!(p, '%' | ')' | '年' | '月' | '日'));
        if !joins && sign_before.len() == before.len() {
            negative = true;
            start -= c.len_utf8();
        }
    } else if term.negative || is_accounting_negative(text, start, end, term) {
        negative = true;
    }
    if negative {
        value = mul(&value, &int(-1))?;
    }
    let mut before = cue::clause_before(text, floor, start);
    let after = cue::clause_after(text, end);
    let (mut bound, mut lead) = (forced.or(term.bound).unwrap_or_default(), 0);
    if let Some((found, used)) = cue::bound_before(before) {
        let over_time =
            term.unit.kind.is_time() && before[before.len() - used..].to_ascii_lowercase().starts_with("over");
        if !over_time {
            bound = found;
            lead = used;
        }
    }
    if let Some((found, _)) = cue::bound_after(after)
        && bound == Bound::Exact
        && (term.unit.kind.is_time() || !after.starts_with('内'))
    {
        bound = found;
    }
    let head = &before[..before.len() - lead];
    let hedge = if term.open { Some(Hedge::Open) } else { cue::hedge(before, after).or_else(|| cue::hedge(head, "")) };
    let (trend, change) = trend::trend(before, after);
    let mut unit = term.unit.clone();
    let mut per_factor = term.per_factor;
    // Multiples of time are occasions: three times a day.
    if unit.kind == Kind::Multiple && unit.per.iter().any(|k| k.is_time()) {
        unit.kind = Kind::Count(Counted::Occasions);
    }
    if unit.per.is_empty() {
        if unit.kind == Kind::Count(Counted::Occasions)
            && let Some((kind, factor)) =
                frequency_before(text, floor.min(start), start).or_else(|| frequency_before(text, 0, start))
        {
            unit.per.push(kind);
            unit.per_explicit = true;
            per_factor = factor;
        } else if let Some((kind, factor)) = per_before(text, floor, start)
            && kind != unit.kind
        {
            unit.per.push(kind);
            per_factor = factor;
        }
    }
    before = before.trim_start();
    let (mut role, mut tail) = (Span::new(start - before.len(), start), Span::new(end, end + after.len()));
    // 45 of 300 patients (15%) in the group: the share is of what stands around its brackets.
    if unit.kind == Kind::Ratio
        && let Some((open, close)) = brackets(text, start, end)
    {
        let before = cue::clause_before(text, floor.min(open), open).trim_start();
        role = Span::new(open - before.len(), open);
        tail = Span::new(close, close + cue::clause_after(text, close).len());
    }
    Some(Quantity {
        span: Span::new(start, end),
        surface: String::new(),
        value: match term.upper {
            Some(upper) if upper > value => Value::Range { low: value, high: upper },
            _ => Value::Exact(value),
        },
        shown: term.shown,
        scaled: term.scaled,
        precision: term.precision,
        unit,
        per_factor,
        converted: term.odd,
        bound,
        hedge,
        trend,
        change,
        form: term.form,
        currency_sure: term.currency_sure,
        role,
        tail,
    })
}

/// Where the brackets around a number begin and end, if nothing else stands in them.
fn brackets(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let open = text[..start].strip_suffix('(')?.len();
    text[end..].starts_with(')').then_some((open, end + 1))
}

/// `| (1,234) |`, `亏损(1,234)`: brackets mean a loss in the columns of a table and after a word that says so; elsewhere
/// they repeat a figure.
fn is_accounting_negative(text: &str, start: usize, end: usize, term: &Term) -> bool {
    if term.has_unit || term.upper.is_some() || !text[end..].starts_with(')') {
        return false;
    }
    let Some(head) = text[..start].strip_suffix('(') else { return false };
    let surface = &text[start..end];
    if !surface.contains([',', '.']) && surface.len() < 3 {
        return false;
    }
    let trimmed = head.trim_end_matches(' ');
    trimmed.is_empty()
        || trimmed.ends_with(['|', '\t', '\n', ')'])
        || (trimmed.len() < head.len() && trimmed.ends_with(|c: char| c.is_ascii_digit()))
        || ["亏损", "损失", "减少", "流出", "支出", "loss", "losses"].iter().any(|w| trimmed.ends_with(w))
}
