//! From folded text to quantities: find a numeral, its unit, its range, and the words around it.

use super::{
    Bound, Hedge, Quantity, Value, cue,
    mask::masked,
    numeral::{Form, Number, Numeral, add, div, int, mul, read, ten},
    unit::{Counted, Currency, Kind, Unit, divisor, normalise, read_unit},
};
use crate::{
    domain::text::Span,
    text::{date::DateMention, lang::is_han},
};

/// A number with its unit, before the words around it are read.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of one reading")]
struct Term {
    start: usize,
    end: usize,
    value: Number,
    upper: Option<Number>,
    shown: Number,
    /// With scale, without unit.
    scaled: Number,
    precision: Number,
    /// Base units in one displayed unit times scale: what another number before it inherits.
    per_shown: Number,
    unit: Unit,
    per_factor: Number,
    has_unit: bool,
    form: Form,
    open: bool,
    odd: bool,
    currency_sure: bool,
    bound: Option<Bound>,
    /// `$(1,234)`: brackets of accounting.
    negative: bool,
}

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
            || super::numeral::vulgar(c).is_some()
            || super::numeral::han_digit(c).is_some()
            || super::numeral::han_multiplier(c).is_some()
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
            _ => at = skip(text, at, c),
        }
    }
    found
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

// -------------------------------------------------------------------------------------------------------- one term

/// Currency signs and codes before a number, longest first, and whether they name one currency surely.
const PREFIXES: [(&str, &str, bool); 34] = [
    ("U.S.$", "USD", true),
    ("美元", "USD", true),
    ("人民币", "CNY", true),
    ("港币", "HKD", true),
    ("港元", "HKD", true),
    ("欧元", "EUR", true),
    ("英镑", "GBP", true),
    ("日元", "JPY", true),
    ("US$", "USD", true),
    ("HK$", "HKD", true),
    ("NT$", "TWD", true),
    ("AU$", "AUD", true),
    ("CA$", "CAD", true),
    ("A$", "AUD", true),
    ("C$", "CAD", true),
    ("S$", "SGD", true),
    ("RMB¥", "CNY", true),
    ("RMB", "CNY", true),
    ("CNY", "CNY", true),
    ("USD", "USD", true),
    ("HKD", "HKD", true),
    ("EUR", "EUR", true),
    ("GBP", "GBP", true),
    ("JPY", "JPY", true),
    ("TWD", "TWD", true),
    ("AUD", "AUD", true),
    ("CAD", "CAD", true),
    ("SGD", "SGD", true),
    ("CHF", "CHF", true),
    ("$", "USD", false),
    ("¥", "CNY", false),
    ("€", "EUR", true),
    ("£", "GBP", true),
    ("₩", "KRW", true),
];

/// The currency written before byte `at`, and where it starts.
fn currency_before(text: &str, floor: usize, at: usize) -> Option<(Currency, bool, usize)> {
    let before = text[floor.min(at)..at].trim_end_matches([' ', ':']);
    // $(1,234)
    let before = before.strip_suffix('(').filter(|b| b.trim_end().ends_with(['$', '¥', '€', '£'])).unwrap_or(before);
    let before = before.trim_end();
    let end = floor.min(at) + before.len();
    if at - end > 3 {
        return None;
    }
    PREFIXES.iter().find(|(sign, ..)| before.ends_with(sign)).and_then(|&(sign, code, sure)| {
        let start = end - sign.len();
        let glued = sign.starts_with(|c: char| c.is_ascii_alphabetic())
            && text[..start].ends_with(|c: char| c.is_ascii_alphabetic());
        (!glued).then_some((Currency(code), sure, start))
    })
}

/// 百分之, 千分之, 万分之: the share and the byte after the words.
fn per_hundred(text: &str, at: usize) -> Option<(Number, usize)> {
    [("百分之", 2), ("千分之", 3), ("万分之", 4), ("十万分之", 5), ("百万分之", 6)]
        .iter()
        .find(|(words, _)| text[at..].starts_with(words))
        .and_then(|&(words, power)| Some((ten(-power)?, at + words.len())))
}

fn term(text: &str, at: usize, floor: usize) -> Option<Term> {
    if let Some((share, after)) = per_hundred(text, at) {
        let after = after + (text[after..].len() - text[after..].trim_start_matches(' ').len());
        let numeral = if text[after..].starts_with('百') {
            Numeral {
                value: int(100),
                shown: int(100),
                precision: int(1),
                upper: None,
                form: Form::Han,
                end: after + '百'.len_utf8(),
                scaled: false,
                open: false,
            }
        } else {
            read(text, after)?
        };
        let mut term = bare(at, &numeral)?;
        term.value = mul(&term.value, &share)?;
        term.upper = match term.upper {
            Some(upper) => Some(mul(&upper, &share)?),
            None => None,
        };
        term.precision = mul(&term.precision, &share)?;
        term.per_shown = share;
        term.unit = Unit::of(Kind::Ratio);
        term.has_unit = true;
        return Some(term);
    }
    let numeral = read(text, at)?;
    if let Some(term) = fraction(text, at, &numeral) {
        return Some(term);
    }
    if let Some(term) = discount(text, at, &numeral) {
        return Some(term);
    }
    let mut term = bare(at, &numeral)?;
    term.end = past_repetition(text, &term);
    // "5 or more persons", "65+ years"
    if let Some((bound, used)) = cue::bound_after(&text[term.end..])
        && matches!(text[term.end..].chars().next(), Some(' ' | '+'))
    {
        term.bound = Some(bound);
        term.end += used;
    }
    if let Some((currency, sure, start)) = currency_before(text, floor, at) {
        money(text, &mut term, currency, sure)?;
        term.start = start;
        return Some(term);
    }
    // 3年半, 两个半月
    let half_before = text[term.end..].starts_with("个半");
    let unit_at = if half_before { term.end + "个半".len() } else { term.end };
    if half_before {
        term.value = add(&term.value, &Number::new(1, 2))?;
        term.shown = add(&term.shown, &Number::new(1, 2))?;
        term.precision = Number::new(1, 2);
    }
    let Some(reading) = read_unit(text, unit_at) else {
        return (!half_before).then_some(term);
    };
    let words = text[unit_at..reading.end].trim_start_matches([' ', '-', '\n']);
    if words.is_empty() {
        return Some(term);
    }
    // "5 - m": a hyphen joins a number only to a word (30-day), and a lone capital letter after a space is a name.
    if text[unit_at..].starts_with('-') && words.chars().count() < 2 {
        return Some(term);
    }
    let spaced = text[unit_at..].starts_with(' ');
    if spaced && words.len() == 1 && words.starts_with(['J', 'W', 'V', 's', 'd', 'x']) {
        return Some(term);
    }
    // A line end joins only words of English prose.
    if text[unit_at..].starts_with('\n') && !words.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Some(term);
    }
    term.value = normalise(&term.value, &reading)?;
    term.upper = match term.upper {
        Some(upper) => Some(normalise(&upper, &reading)?),
        None => None,
    };
    let undivided = reading.own;
    term.precision = mul(&term.precision, &undivided)?;
    term.per_factor = div(&undivided, &reading.factor)?;
    // The value is kept without its divisors, so that "mg/d" can be held against "mg".
    term.value = mul(&term.value, &term.per_factor)?;
    term.upper = match term.upper {
        Some(upper) => Some(mul(&upper, &term.per_factor)?),
        None => None,
    };
    term.per_shown = mul(&term.per_shown, &undivided)?;
    term.unit = reading.unit;
    term.has_unit = true;
    term.odd = reading.odd;
    term.end = reading.end;
    if matches!(term.unit.kind, Kind::Money(_)) {
        after_money(text, &mut term)?;
    }
    if term.unit.kind.is_time() && text[term.end..].starts_with('半') && !text[term.end..].starts_with("半年") {
        let extra = mul(&undivided, &Number::new(1, 2))?;
        term.value = add(&term.value, &extra)?;
        term.precision = extra;
        term.end += '半'.len_utf8();
    }
    Some(term)
}

fn bare(at: usize, numeral: &Numeral) -> Option<Term> {
    let per_shown = if numeral.shown == int(0) { int(1) } else { div(&numeral.value, &numeral.shown)? };
    Some(Term {
        start: at,
        end: numeral.end,
        value: numeral.value,
        upper: numeral.upper,
        shown: numeral.shown,
        scaled: numeral.value,
        precision: numeral.precision,
        per_shown,
        unit: Unit::of(Kind::Plain),
        per_factor: int(1),
        has_unit: false,
        form: numeral.form,
        open: numeral.open,
        odd: false,
        currency_sure: false,
        bound: None,
        negative: false,
    })
}

/// Past brackets that repeat the number: twenty-five (25) days, 三十（30）日.
fn past_repetition(text: &str, term: &Term) -> usize {
    let rest = &text[term.end..];
    let inside = rest.strip_prefix(' ').unwrap_or(rest);
    let Some(inside) = inside.strip_prefix('(') else { return term.end };
    let from = text.len() - inside.len();
    match read(text, from) {
        Some(again) if again.value == term.scaled && text[again.end..].starts_with(')') && term.form != again.form => {
            again.end + 1
        }
        _ => term.end,
    }
}

/// `$3.5m`, `$10k`, `US$1.2 billion per share`.
fn money(text: &str, term: &mut Term, currency: Currency, sure: bool) -> Option<()> {
    if text[..term.start].ends_with('(') && text[term.end..].starts_with(')') && term.upper.is_none() {
        let sign = text[..term.start - 1].trim_end();
        if sign.ends_with(['$', '¥', '€', '£']) {
            term.negative = true;
            term.end += 1;
            if let Some((factor, used)) = super::numeral::word_scale(&text[term.end..]) {
                term.value = mul(&term.value, &factor)?;
                term.scaled = mul(&term.scaled, &factor)?;
                term.precision = mul(&term.precision, &factor)?;
                term.per_shown = mul(&term.per_shown, &factor)?;
                term.end += used;
            }
        }
    }
    let rest = &text[term.end..];
    let tail = rest.strip_prefix(' ').unwrap_or(rest);
    let letters: String = tail.chars().take_while(char::is_ascii_alphabetic).take(4).collect();
    let power = match letters.as_str() {
        "k" | "K" => 3,
        "m" | "M" | "mm" | "MM" | "mn" => 6,
        "b" | "B" | "bn" | "Bn" | "BN" => 9,
        "t" | "T" | "tn" => 12,
        _ => 0,
    };
    if power > 0 {
        let factor = ten(power)?;
        term.value = mul(&term.value, &factor)?;
        term.scaled = mul(&term.scaled, &factor)?;
        term.precision = mul(&term.precision, &factor)?;
        term.per_shown = mul(&term.per_shown, &factor)?;
        term.end += rest.len() - tail.len() + letters.len();
    }
    term.unit = Unit::of(Kind::Money(currency));
    term.has_unit = true;
    term.currency_sure = sure;
    // 人民币3.5亿元, $5 dollars: the name after it repeats the sign before it.
    if let Some(reading) = read_unit(text, term.end)
        && matches!(reading.unit.kind, Kind::Money(_))
        && reading.unit.per.is_empty()
        && !text[term.end..].starts_with(" 1")
    {
        let cents = reading.own != int(1);
        if !cents {
            term.end = reading.end;
            after_money(text, term)?;
        }
    }
    while let Some(divisor) = divisor(text, term.end) {
        for (kind, by) in &divisor.kinds {
            term.unit.per.push(*kind);
            term.per_factor = mul(&term.per_factor, by)?;
        }
        term.unit.per_explicit = true;
        term.end = divisor.end;
        if term.unit.per.len() > 2 {
            break;
        }
    }
    term.unit.per.sort_unstable();
    Some(())
}

/// What follows 元: 人民币, 整, 角 and 分.
fn after_money(text: &str, term: &mut Term) -> Option<()> {
    if text[term.end..].starts_with("人民币") {
        term.end += "人民币".len();
        term.currency_sure = true;
    }
    for (words, share) in [('角', Number::new(1, 10)), ('分', Number::new(1, 100))] {
        let from = term.end + if text[term.end..].starts_with('零') { '零'.len_utf8() } else { 0 };
        if let Some(numeral) = read(text, from)
            && text[numeral.end..].starts_with(words)
            && numeral.value < int(10)
            && !text[numeral.end..].starts_with("分之")
        {
            term.value = add(&term.value, &mul(&numeral.value, &share)?)?;
            term.precision = share;
            term.end = numeral.end + words.len_utf8();
        }
    }
    if text[term.end..].starts_with(['整', '正']) && !text[term.end..].starts_with("整体") {
        term.end += '整'.len_utf8();
    }
    if text[term.end..].starts_with("(大写") {
        return Some(());
    }
    if let Kind::Money(currency) = term.unit.kind {
        term.currency_sure |= currency.0 != "CNY" && currency.0 != "USD";
        term.currency_sure |= text[term.start..term.end].contains(['美', '民'])
            || text[term.start..term.end].to_ascii_lowercase().contains("yuan")
            || text[term.start..term.end].contains("RMB");
    }
    Some(())
}

/// 三分之二, 2/3, one in five.
fn fraction(text: &str, at: usize, numeral: &Numeral) -> Option<Term> {
    let rest = &text[numeral.end..];
    let share_in_words = numeral.form == Form::Words && numeral.value < int(1) && numeral.value > int(0);
    if !share_in_words && (!numeral.value.is_integer() || numeral.scaled) {
        return None;
    }
    let (share, end, form) = if let Some(tail) = rest.strip_prefix("分之") {
        let numerator = read(text, text.len() - tail.len())?;
        (div(&numerator.value, &numeral.value)?, numerator.end, Form::Han)
    } else if let Some(tail) = rest.strip_prefix('/')
        && numeral.form == Form::Digits
        && tail.starts_with(|c: char| c.is_ascii_digit())
    {
        let denominator = read(text, text.len() - tail.len())?;
        let after = &text[denominator.end..];
        // 5/1/2020 is a date that was not read, 120/80 a blood pressure, 5/100 mL a divisor.
        if !denominator.value.is_integer()
            || denominator.value <= numeral.value
            || after.starts_with('/')
            || denominator.value > int(1000)
            || super::unit::atom(text, denominator.end).is_some()
            || super::unit::atom(text, denominator.end + usize::from(after.starts_with(' ')))
                .is_some_and(|(a, _)| a.kind == Kind::Pressure)
        {
            return None;
        }
        (div(&numeral.value, &denominator.value)?, denominator.end, Form::Digits)
    } else if let Some(tail) = rest.strip_prefix(" in ").or_else(|| rest.strip_prefix(" out of ")) {
        let from = text.len() - tail.len();
        let from = from + if tail.starts_with("every ") { "every ".len() } else { 0 };
        let denominator = read(text, from)?;
        if denominator.value <= numeral.value || !denominator.value.is_integer() || numeral.value < int(1)
            || super::unit::atom(text, denominator.end + 1).is_some_and(|(a, _)| a.kind.is_time())
            || (numeral.form == Form::Digits && numeral.value > int(10))
            // "5 in 2020" has no share in it.
            || (int(1500) <= denominator.value && denominator.value <= int(2100))
        {
            return None;
        }
        (div(&numeral.value, &denominator.value)?, denominator.end, numeral.form)
    } else if share_in_words && read_unit(text, numeral.end).is_none() {
        // one-third of, half of
        (numeral.value, numeral.end, Form::Words)
    } else {
        return None;
    };
    let mut term = bare(at, numeral)?;
    term.value = share;
    term.upper = None;
    term.shown = share;
    term.scaled = share;
    // A fraction is told for a share near it: a third for 33 %. Finer than two hundredths it says nothing.
    term.precision = Number::new(1, 50);
    term.per_shown = int(1);
    term.unit = Unit::of(Kind::Ratio);
    term.has_unit = true;
    term.form = form;
    term.end = end;
    Some(term)
}

/// 三成, 七五折, 一半.
fn discount(text: &str, at: usize, numeral: &Numeral) -> Option<Term> {
    let rest = &text[numeral.end..];
    let mut term = bare(at, numeral)?;
    let tenth = Number::new(1, 10);
    let refused = |tails: &str| rest.chars().nth(1).is_some_and(|c| tails.contains(c));
    if rest.starts_with('成') && numeral.value <= int(10) && !refused("为员立功本果年都就品交份人长分型套熟语")
    {
        term.value = mul(&numeral.value, &tenth)?;
        term.upper = match numeral.upper {
            Some(upper) => Some(mul(&upper, &tenth)?),
            None => None,
        };
        term.precision = Number::new(1, 20);
        term.end += '成'.len_utf8();
        // 三成五
        if let Some(d) = text[term.end..].chars().next().and_then(super::numeral::han_digit)
            && d > 0
        {
            term.value = add(&term.value, &Number::new(d, 100))?;
            term.precision = Number::new(1, 100);
            term.end += '五'.len_utf8();
        } else if text[term.end..].starts_with('半') {
            term.value = add(&term.value, &Number::new(5, 100))?;
            term.precision = Number::new(1, 100);
            term.end += '半'.len_utf8();
        } else if text[term.end..].starts_with(['多', '余']) {
            term.open = true;
            term.end += '多'.len_utf8();
        }
    } else if rest.starts_with('折') && !refused("合价旧算抵叠中断") && numeral.value < int(100) {
        // 八折 is 80 %, 七五折 and 75折 are 75 %.
        let share = if numeral.value < int(10) { tenth } else { Number::new(1, 100) };
        term.value = mul(&numeral.value, &share)?;
        term.precision = Number::new(1, 100);
        term.end += '折'.len_utf8();
    } else if text[at..].starts_with("一半") && !text[at..].starts_with("一半导") {
        term.value = Number::new(1, 2);
        term.precision = Number::new(1, 50);
        term.end = at + "一半".len();
    } else if text[at..].starts_with("半数") {
        term.value = Number::new(1, 2);
        term.precision = Number::new(1, 50);
        term.end = at + "半数".len();
    } else {
        return None;
    }
    term.shown = term.value;
    term.scaled = term.value;
    term.per_shown = int(1);
    term.unit = Unit::of(Kind::Ratio);
    term.has_unit = true;
    Some(term)
}

// ------------------------------------------------------------------------------------------------- ranges and sums

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

fn range(text: &str, floor: usize, first: &Term) -> Option<(Term, Term)> {
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
fn extended(text: &str, mut whole: Term) -> Term {
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

// ------------------------------------------------------------------------------------------------------- the whole

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
    let single_han = term.form == Form::Han && surface.chars().filter(|&c| is_han(c)).count() == 1;
    match term.form {
        Form::Han if !term.has_unit => {
            // 十五 alone is a number, 三 alone is not; nor is a numeral glued to a word before it.
            if single_han || surface == "半" || after.starts_with("分") {
                return false;
            }
            let digits_only = surface.chars().all(|c| super::numeral::han_digit(c).is_some());
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

/// The time that 每日, 一天 or 日 right before a count of occasions divides it by.
fn frequency_before(text: &str, floor: usize, at: usize) -> Option<(Kind, Number)> {
    let before = text[floor.min(at)..at]
        .trim_end_matches([' ', '服', '用', '口', '给', '药', '注', '射', '各', '皮', '下', '静', '脉', '滴', '共']);
    let day = int(86_400);
    [
        ("每日", Kind::Clock, day),
        ("每天", Kind::Clock, day),
        ("一日", Kind::Clock, day),
        ("一天", Kind::Clock, day),
        ("1日", Kind::Clock, day),
        ("1天", Kind::Clock, day),
        ("隔日", Kind::Clock, int(2 * 86_400)),
        ("每晚", Kind::Clock, day),
        ("日", Kind::Clock, day),
        ("每周", Kind::Clock, int(604_800)),
        ("一周", Kind::Clock, int(604_800)),
        ("每星期", Kind::Clock, int(604_800)),
        ("每小时", Kind::Clock, int(3600)),
        ("每分钟", Kind::Clock, int(60)),
        ("每月", Kind::Month, int(1)),
        ("每个月", Kind::Month, int(1)),
        ("每季度", Kind::Month, int(3)),
        ("每年", Kind::Month, int(12)),
        ("一年", Kind::Month, int(12)),
    ]
    .into_iter()
    .find(|(words, ..)| before.ends_with(words))
    .map(|(_, kind, factor)| (kind, factor))
}

/// What 每股, 每人 or 每公斤 earlier in the clause divides a number by.
fn per_before(text: &str, floor: usize, at: usize) -> Option<(Kind, Number)> {
    let clause = cue::clause_before(text, floor, at);
    let tail = &clause[clause.rfind('每')? + '每'.len_utf8()..];
    if tail.chars().count() > 12 {
        return None;
    }
    let tail = tail.strip_prefix('一').unwrap_or(tail);
    let (count, from) = match read(tail, 0) {
        Some(numeral) => (numeral.value, numeral.end),
        None => (int(1), 0),
    };
    let (atom, _) = super::unit::atom(tail, from)?;
    Some((atom.kind, mul(&count, &atom.factor)?))
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
    let (trend, change) = cue::trend(before, after);
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
    let role_start = start - before.len();
    before = before.trim_start();
    let role_start = role_start + (cue::clause_before(text, floor, start).len() - before.len());
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
        role: Span::new(role_start, start),
        tail: Span::new(end, end + after.len()),
    })
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

// ------------------------------------------------------------------------------------------------ rates and doubling

/// 每8小时一次, every 8 hours, q8h: occasions per stretch of time.
fn rate(text: &str, at: usize, floor: usize) -> Option<(Vec<Quantity>, usize)> {
    let rest = &text[at..];
    let number_at = if let Some(tail) = rest.strip_prefix("每隔").or_else(|| rest.strip_prefix("每")) {
        text.len() - tail.len()
    } else if rest.get(..6).is_some_and(|w| w.eq_ignore_ascii_case("every ")) {
        at + 6
    } else if let Some(tail) =
        rest.strip_prefix("隔日一次").or_else(|| rest.strip_prefix("隔日1次")).or_else(|| rest.strip_prefix("隔天一次"))
    {
        return occasions(text, at, text.len() - tail.len(), floor, int(1), Kind::Clock, int(2 * 86_400));
    } else if rest.starts_with('q') || rest.starts_with('Q') {
        // q8h, q12h
        let hours: String = rest[1..].chars().take_while(char::is_ascii_digit).take(3).collect();
        let after = at + 1 + hours.len();
        if hours.is_empty()
            || !text[after..].starts_with(['h', 'H'])
            || text[after + 1..].starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            return None;
        }
        let seconds = mul(&int(hours.parse().ok()?), &int(3600))?;
        return occasions(text, at, after + 1, floor, int(1), Kind::Clock, seconds);
    } else {
        return None;
    };
    let period = term(text, number_at, number_at)?;
    if !period.has_unit || !period.unit.kind.is_time() || !period.unit.per.is_empty() || period.upper.is_some() {
        return None;
    }
    let mut end = period.end;
    let mut count = int(1);
    if let Some(times) = read(text, end)
        && text[times.end..].starts_with('次')
    {
        count = times.value;
        end = times.end + '次'.len_utf8();
    } else if text[end..].starts_with(|c: char| c.is_ascii_digit())
        || text[end..].chars().next().is_some_and(|c| super::numeral::han_digit(c).is_some())
    {
        // 每10股派2元, 每8小时500mg: what follows is divided, the stretch itself is no quantity.
        return None;
    }
    occasions(text, at, end, floor, count, period.unit.kind, period.value)
}

fn occasions(
    text: &str,
    start: usize,
    end: usize,
    floor: usize,
    count: Number,
    per: Kind,
    factor: Number,
) -> Option<(Vec<Quantity>, usize)> {
    let term = Term {
        start,
        end,
        value: count,
        upper: None,
        shown: count,
        scaled: count,
        precision: int(1),
        per_shown: int(1),
        unit: Unit { kind: Kind::Count(Counted::Occasions), per: vec![per], per_explicit: true },
        per_factor: factor,
        has_unit: true,
        form: Form::Digits,
        open: false,
        odd: false,
        currency_sure: false,
        bound: None,
        negative: false,
    };
    Some((vec![finish(text, floor, &term, Some(Bound::Exact))?], end))
}

/// once, twice, bid, tid, qid, qd after a dose or before a stretch of time.
fn frequency_code(text: &str, at: usize, found: &[Quantity]) -> Option<(Vec<Quantity>, usize)> {
    let rest = &text[at..];
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let word: String = rest.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '.').take(8).collect();
    let word = word.trim_end_matches('.');
    let plain = word.to_ascii_lowercase().replace('.', "");
    let floor = found.last().map_or(0, |q| q.span.end());
    let count = match plain.as_str() {
        "once" => 1,
        "twice" => 2,
        "thrice" => 3,
        _ => 0,
    };
    if count > 0 {
        let every = text[at + word.len()..].strip_prefix(" every ").map(|tail| text.len() - tail.len());
        if let Some(from) = every {
            let (factor, kind, end) = if text[from..].starts_with("other day") {
                (int(2 * 86_400), Kind::Clock, from + "other day".len())
            } else {
                let period = term(text, from, from).filter(|p| p.has_unit && p.unit.kind.is_time());
                if let Some(p) = period {
                    (p.value, p.unit.kind, p.end)
                } else {
                    let (atom, end) = super::unit::atom(text, from)?;
                    (atom.factor, atom.kind, end)
                }
            };
            return kind.is_time().then(|| occasions(text, at, end, floor, int(count), kind, factor))?;
        }
        let divisor = divisor(text, at + word.len())?;
        let &(kind, factor) = divisor.kinds.first()?;
        return kind.is_time().then(|| occasions(text, at, divisor.end, floor, int(count), kind, factor))?;
    }
    let per_day = match plain.as_str() {
        "qd" => 1,
        "bid" => 2,
        "tid" => 3,
        "qid" => 4,
        _ => return None,
    };
    // "the bid was": the codes count only right after a dose.
    let dose = found.last().filter(|q| at >= q.span.end() && at - q.span.end() <= 24)?;
    matches!(dose.unit.kind, Kind::Mass | Kind::Volume | Kind::Activity | Kind::Count(Counted::Doses) | Kind::Substance)
        .then(|| occasions(text, at, at + word.len(), floor, int(per_day), Kind::Clock, int(86_400)))?
}

/// 翻一番, doubled: a multiple told by a verb.
fn doubling(text: &str, at: usize, floor: usize) -> Option<(Vec<Quantity>, usize)> {
    let rest = &text[at..];
    let (factor, used) = if rest.starts_with('翻') {
        let tail = rest.strip_prefix("翻了").or_else(|| rest.strip_prefix('翻'))?;
        let from = text.len() - tail.len();
        if tail.starts_with('番') {
            (int(2), from + '番'.len_utf8() - at)
        } else {
            let numeral = read(text, from)?;
            if !text[numeral.end..].starts_with('番') || numeral.value > int(6) || !numeral.value.is_integer() {
                return None;
            }
            let exponent = u32::try_from(numeral.value.to_integer()).ok()?;
            (int(2_i128.pow(exponent)), numeral.end + '番'.len_utf8() - at)
        }
    } else {
        let word: String = rest.chars().take_while(char::is_ascii_alphabetic).take(12).collect();
        let factor = match word.to_ascii_lowercase().as_str() {
            "doubled" | "doubling" => int(2),
            "tripled" | "trebled" | "tripling" => int(3),
            "quadrupled" => int(4),
            "halved" | "halving" => Number::new(1, 2),
            _ => return None,
        };
        (factor, word.len())
    };
    let mut term = bare(
        at,
        &Numeral {
            value: factor,
            shown: factor,
            precision: int(1),
            upper: None,
            form: Form::Words,
            end: at + used,
            scaled: false,
            open: false,
        },
    )?;
    term.unit = Unit::of(Kind::Multiple);
    term.has_unit = true;
    let quantity = finish(text, floor, &term, None)?;
    Some((vec![quantity], at + used))
}
