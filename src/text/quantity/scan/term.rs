//! One number with its currency or unit.

use super::super::{
    Bound, cue,
    numeral::{self, Form, Number, Numeral, add, div, int, mul, read, ten},
    unit::{self, Currency, Kind, Unit, divisor, normalise, read_unit},
};

/// A number with its unit, before the words around it are read.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of one reading")]
pub(super) struct Term {
    pub start: usize,
    pub end: usize,
    pub value: Number,
    pub upper: Option<Number>,
    pub shown: Number,
    /// With scale, without unit.
    pub scaled: Number,
    pub precision: Number,
    /// Base units in one displayed unit times scale: what another number before it inherits.
    pub per_shown: Number,
    pub unit: Unit,
    pub per_factor: Number,
    pub has_unit: bool,
    pub form: Form,
    pub open: bool,
    pub odd: bool,
    pub currency_sure: bool,
    pub bound: Option<Bound>,
    /// `$(1,234)`: brackets of accounting.
    pub negative: bool,
}

/// Currency signs and codes before a number, longest first, and whether they name one currency surely.
pub(super) const PREFIXES: [(&str, &str, bool); 34] = [
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
pub(super) fn currency_before(text: &str, floor: usize, at: usize) -> Option<(Currency, bool, usize)> {
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

pub(super) fn term(text: &str, at: usize, floor: usize) -> Option<Term> {
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

pub(super) fn bare(at: usize, numeral: &Numeral) -> Option<Term> {
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
            if let Some((factor, used)) = numeral::word_scale(&text[term.end..]) {
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
            || unit::atom(text, denominator.end).is_some()
            || unit::atom(text, denominator.end + usize::from(after.starts_with(' ')))
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
            || unit::atom(text, denominator.end + 1).is_some_and(|(a, _)| a.kind.is_time())
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
        if let Some(d) = text[term.end..].chars().next().and_then(numeral::han_digit)
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
