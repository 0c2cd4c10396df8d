//! Occasions per stretch of time, what a figure is divided by, and multiples told by a verb.

use super::{
    super::{
        Bound, Quantity, cue,
        numeral::{self, Form, Number, Numeral, int, mul, read},
        unit::{self, Counted, Kind, Unit, divisor},
    },
    finish,
    term::{Term, bare, term},
};

/// 每8小时一次, every 8 hours, q8h: occasions per stretch of time.
pub(super) fn rate(text: &str, at: usize, floor: usize) -> Option<(Vec<Quantity>, usize)> {
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
        || text[end..].chars().next().is_some_and(|c| numeral::han_digit(c).is_some())
    {
        // 每8小时500mg: see `divided_by`.
        return None;
    }
    occasions(text, at, end, floor, count, period.unit.kind, period.value)
}

/// Characters between what divides a figure and the figure.
const BEFORE_DIVIDED: usize = 8;

/// The end of 每8小时 in 每8小时500mg, of 每10股 in 每10股派发现金红利3.50元: it divides what follows, and is no quantity itself.
pub(super) fn divided_by(text: &str, at: usize) -> Option<usize> {
    let number_at = at + text[at..].strip_prefix('每').map(|_| '每'.len_utf8())?;
    let stretch = term(text, number_at, number_at)?;
    if !stretch.has_unit || !stretch.unit.per.is_empty() || stretch.upper.is_some() {
        return None;
    }
    let behind = cue::clause_after(text, stretch.end);
    let next = behind.char_indices().find(|(_, c)| c.is_ascii_digit() || numeral::han_digit(*c).is_some());
    let next = next.filter(|(at, _)| behind[..*at].chars().count() <= BEFORE_DIVIDED)?;
    // 每8小时一次 is a frequency.
    let times = read(text, stretch.end + next.0).is_some_and(|numeral| text[numeral.end..].starts_with('次'));
    (!times).then_some(stretch.end)
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
pub(super) fn frequency_code(text: &str, at: usize, found: &[Quantity]) -> Option<(Vec<Quantity>, usize)> {
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
                    let (atom, end) = unit::atom(text, from)?;
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
pub(super) fn doubling(text: &str, at: usize, floor: usize) -> Option<(Vec<Quantity>, usize)> {
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

/// The time that 每日, 一天 or 日 right before a count of occasions divides it by.
pub(super) fn frequency_before(text: &str, floor: usize, at: usize) -> Option<(Kind, Number)> {
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
pub(super) fn per_before(text: &str, floor: usize, at: usize) -> Option<(Kind, Number)> {
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
    let (atom, _) = unit::atom(tail, from)?;
    Some((atom.kind, mul(&count, &atom.factor)?))
}
