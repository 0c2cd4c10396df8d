//! The words around a number that bound or hedge it.

use super::{Bound, Hedge};

/// Where a clause ends: cues are not searched beyond it.
fn is_clause_end(c: char) -> bool {
    matches!(c, ',' | '。' | ';' | '!' | '?' | '\n' | '(' | ')' | '、' | '|' | '\t')
}

/// The part of the clause before `at`, down to `floor` (the end of the previous quantity).
pub fn clause_before(text: &str, floor: usize, at: usize) -> &str {
    let window = &text[floor.min(at)..at];
    let start = window
        .char_indices()
        .rev()
        .take(60)
        .find(|&(i, c)| is_clause_end(c) || (c == '.' && window[i + 1..].starts_with(' ')))
        .map_or_else(|| window.char_indices().rev().take(60).last().map_or(0, |(i, _)| i), |(i, c)| i + c.len_utf8());
    &window[start..]
}

/// The part of the clause after `at`, 40 characters at most.
pub fn clause_after(text: &str, at: usize) -> &str {
    let window = &text[at..];
    let end = window
        .char_indices()
        .take(40)
        .find(|&(i, c)| is_clause_end(c) || (c == '.' && (i + 1 == window.len() || window[i + 1..].starts_with(' '))))
        .map_or_else(|| window.char_indices().nth(40).map_or(window.len(), |(i, _)| i), |(i, _)| i);
    &window[..end]
}

/// A comparison that can be negated: its phrase and what it means.
const COMPARISONS_ZH: &[(&str, Bound)] = &[
    ("超过", Bound::MoreThan),
    ("超出", Bound::MoreThan),
    ("高于", Bound::MoreThan),
    ("大于", Bound::MoreThan),
    ("多于", Bound::MoreThan),
    ("长于", Bound::MoreThan),
    ("逾", Bound::MoreThan),
    ("超", Bound::MoreThan),
    ("低于", Bound::LessThan),
    ("少于", Bound::LessThan),
    ("小于", Bound::LessThan),
    ("短于", Bound::LessThan),
    ("早于", Bound::LessThan),
    ("晚于", Bound::MoreThan),
];

const NEGATIONS_ZH: &[&str] = &[
    "不",
    "不得",
    "不能",
    "不应",
    "不可",
    "不会",
    "不宜",
    "未",
    "没有",
    "并未",
    "从未",
    "均未",
    "均不",
    "不应当",
    "不应该",
    "勿",
];

const FIXED_ZH: &[(&str, Bound)] = &[
    ("大于等于", Bound::AtLeast),
    ("大于或等于", Bound::AtLeast),
    ("小于等于", Bound::AtMost),
    ("小于或等于", Bound::AtMost),
    ("等于或超过", Bound::AtLeast),
    ("达到或超过", Bound::AtLeast),
    ("不足", Bound::LessThan),
    ("不满", Bound::LessThan),
    ("未满", Bound::LessThan),
    ("不到", Bound::LessThan),
    ("未达到", Bound::LessThan),
    ("未达", Bound::LessThan),
    ("不及", Bound::LessThan),
    ("至少", Bound::AtLeast),
    ("最少", Bound::AtLeast),
    ("最低", Bound::AtLeast),
    ("最短", Bound::AtLeast),
    ("起码", Bound::AtLeast),
    ("下限为", Bound::AtLeast),
    ("满", Bound::AtLeast),
    ("突破", Bound::MoreThan),
    ("至多", Bound::AtMost),
    ("最多", Bound::AtMost),
    ("最高", Bound::AtMost),
    ("最长", Bound::AtMost),
    ("最大", Bound::AtMost),
    ("最迟", Bound::AtMost),
    ("最高可达", Bound::AtMost),
    ("上限为", Bound::AtMost),
    ("≥", Bound::AtLeast),
    (">=", Bound::AtLeast),
    ("⩾", Bound::AtLeast),
    ("≧", Bound::AtLeast),
    ("≤", Bound::AtMost),
    ("<=", Bound::AtMost),
    ("⩽", Bound::AtMost),
    ("≦", Bound::AtMost),
    (">", Bound::MoreThan),
    ("<", Bound::LessThan),
];

/// Words that may stand between a comparison and its number.
const FILLERS_ZH: &[&str] =
    &["为", "是", "达", "到", "人民币", "合计", "共", "总计", "累计", "共计", "的", "约", "其", "在", "将", "了", "于"];

const COMPARISONS_EN: &[(&str, Bound)] = &[
    ("more than", Bound::MoreThan),
    ("greater than", Bound::MoreThan),
    ("higher than", Bound::MoreThan),
    ("larger than", Bound::MoreThan),
    ("longer than", Bound::MoreThan),
    ("later than", Bound::MoreThan),
    ("older than", Bound::MoreThan),
    ("in excess of", Bound::MoreThan),
    ("exceed", Bound::MoreThan),
    ("exceeds", Bound::MoreThan),
    ("exceeded", Bound::MoreThan),
    ("exceeding", Bound::MoreThan),
    ("above", Bound::MoreThan),
    ("over", Bound::MoreThan),
    ("less than", Bound::LessThan),
    ("fewer than", Bound::LessThan),
    ("lower than", Bound::LessThan),
    ("smaller than", Bound::LessThan),
    ("shorter than", Bound::LessThan),
    ("earlier than", Bound::LessThan),
    ("sooner than", Bound::LessThan),
    ("younger than", Bound::LessThan),
    ("below", Bound::LessThan),
    ("under", Bound::LessThan),
];

const NEGATIONS_EN: &[&str] = &[
    "not",
    "no",
    "never",
    "cannot",
    "not be",
    "not to",
    "nor",
    "without",
    "not be made",
    "not have",
    "n't",
    "n't be",
    "not otherwise",
];

const FIXED_EN: &[(&str, Bound)] = &[
    ("at least", Bound::AtLeast),
    ("a minimum of", Bound::AtLeast),
    ("minimum of", Bound::AtLeast),
    ("minimum", Bound::AtLeast),
    ("upwards of", Bound::MoreThan),
    ("upward of", Bound::MoreThan),
    ("at most", Bound::AtMost),
    ("up to", Bound::AtMost),
    ("a maximum of", Bound::AtMost),
    ("maximum of", Bound::AtMost),
    ("limited to", Bound::AtMost),
    ("capped at", Bound::AtMost),
    ("within", Bound::AtMost),
    ("as many as", Bound::AtMost),
    ("as much as", Bound::AtMost),
    ("equal to or greater than", Bound::AtLeast),
    ("greater than or equal to", Bound::AtLeast),
    ("equal to or less than", Bound::AtMost),
    ("less than or equal to", Bound::AtMost),
];

const FILLERS_EN: &[&str] = &[
    "a total of",
    "an aggregate of",
    "the greater of",
    "the lesser of",
    "a period of",
    "the sum of",
    "an amount of",
    "of",
    "the",
    "a",
    "approximately",
    "about",
    "aggregate",
    "the aggregate",
    "be",
    "is",
    "was",
    "an",
];

/// The bound that the words right before a number give it, and how many bytes before it they start.
pub fn bound_before(before: &str) -> Option<(Bound, usize)> {
    bound_before_zh(before).or_else(|| bound_before_en(before))
}

fn bound_before_zh(before: &str) -> Option<(Bound, usize)> {
    let mut rest = before.trim_end_matches([' ', ':', '"', '“']);
    for _ in 0..3 {
        if let Some(found) = bound_at_end_zh(rest) {
            return Some((found.0, before.len() - found.1));
        }
        let shorter = FILLERS_ZH.iter().find_map(|f| rest.strip_suffix(f))?;
        // 不得超过基金资产净值的20%: a noun phrase with 的 may stand between.
        if rest.ends_with('的') {
            return distant_zh(shorter).map(|(bound, at)| (bound, before.len() - at));
        }
        rest = shorter.trim_end();
    }
    None
}

/// The bound whose words end `text`, and the byte at which they start.
fn bound_at_end_zh(text: &str) -> Option<(Bound, usize)> {
    let fixed = FIXED_ZH.iter().filter(|(phrase, _)| text.ends_with(phrase)).max_by_key(|(phrase, _)| phrase.len());
    let compared = COMPARISONS_ZH.iter().filter(|(phrase, _)| text.ends_with(phrase)).max_by_key(|(p, _)| p.len());
    match (fixed, compared) {
        (Some((phrase, bound)), c) if c.is_none_or(|(other, _)| phrase.len() >= other.len()) => {
            let start = text.len() - phrase.len();
            // 不满, 未满 are in the list; 圆满, 期满, 届满 + number read like 满.
            (!(*phrase == "满" && text[..start].ends_with(['圆', '充', '美']))).then_some((*bound, start))
        }
        (_, Some((phrase, bound))) => {
            let start = text.len() - phrase.len();
            Some(negate_zh(&text[..start], *bound, start))
        }
        _ => None,
    }
}

fn negate_zh(head: &str, bound: Bound, start: usize) -> (Bound, usize) {
    match NEGATIONS_ZH.iter().filter(|n| head.ends_with(*n)).max_by_key(|n| n.len()) {
        Some(negation) => (bound.negated(), start - negation.len()),
        None => (bound, start),
    }
}

/// 单笔不得超过基金资产净值的……: the comparison stands before a short noun phrase.
fn distant_zh(text: &str) -> Option<(Bound, usize)> {
    let window_start = text.char_indices().rev().take(24).last().map_or(0, |(i, _)| i);
    let window = &text[window_start..];
    let (at, bound) = COMPARISONS_ZH
        .iter()
        .filter(|(phrase, _)| phrase.chars().count() == 2)
        .filter_map(|(phrase, bound)| window.rfind(phrase).map(|at| (at, *bound)))
        .max_by_key(|(at, _)| *at)?;
    Some(negate_zh(&text[..window_start + at], bound, window_start + at))
}

fn ends_with_words(text: &str, words: &str) -> bool {
    text.len() >= words.len()
        && text.is_char_boundary(text.len() - words.len())
        && text[text.len() - words.len()..].eq_ignore_ascii_case(words)
        && (words.starts_with("n't") || !text[..text.len() - words.len()].ends_with(|c: char| c.is_alphanumeric()))
}

fn bound_before_en(before: &str) -> Option<(Bound, usize)> {
    let mut rest = before.trim_end();
    for _ in 0..3 {
        let fixed = FIXED_EN.iter().filter(|(p, _)| ends_with_words(rest, p)).max_by_key(|(p, _)| p.len());
        let compared = COMPARISONS_EN.iter().filter(|(p, _)| ends_with_words(rest, p)).max_by_key(|(p, _)| p.len());
        if let Some((phrase, bound)) = fixed
            && compared.is_none_or(|(other, _)| phrase.len() > other.len())
        {
            return Some((*bound, before.len() - (rest.len() - phrase.len())));
        }
        if let Some((phrase, bound)) = compared {
            let start = rest.len() - phrase.len();
            let head = rest[..start].trim_end();
            return Some(match NEGATIONS_EN.iter().filter(|n| ends_with_words(head, n)).max_by_key(|n| n.len()) {
                Some(negation) => (bound.negated(), before.len() - (head.len() - negation.len())),
                None => (*bound, before.len() - start),
            });
        }
        let filler = FILLERS_EN.iter().filter(|f| ends_with_words(rest, f)).max_by_key(|f| f.len())?;
        rest = rest[..rest.len() - filler.len()].trim_end();
    }
    None
}

const SUFFIXES_ZH: &[(&str, Bound)] = &[
    ("及以上", Bound::AtLeast),
    ("或以上", Bound::AtLeast),
    ("(含)以上", Bound::AtLeast),
    ("以上", Bound::AtLeast),
    ("及以下", Bound::AtMost),
    ("或以下", Bound::AtMost),
    ("(含)以下", Bound::AtMost),
    ("以下", Bound::AtMost),
    ("以内", Bound::AtMost),
    ("之内", Bound::AtMost),
    ("以外", Bound::MoreThan),
    ("内", Bound::AtMost),
];

const SUFFIXES_EN: &[(&str, Bound)] = &[
    (" or more", Bound::AtLeast),
    (" or greater", Bound::AtLeast),
    (" or above", Bound::AtLeast),
    (" or higher", Bound::AtLeast),
    (" or longer", Bound::AtLeast),
    (" or over", Bound::AtLeast),
    (" or older", Bound::AtLeast),
    (" and older", Bound::AtLeast),
    (" and above", Bound::AtLeast),
    (" and over", Bound::AtLeast),
    (" or less", Bound::AtMost),
    (" or fewer", Bound::AtMost),
    (" or below", Bound::AtMost),
    (" or lower", Bound::AtMost),
    (" or under", Bound::AtMost),
    (" or younger", Bound::AtMost),
    (" or shorter", Bound::AtMost),
    (" and under", Bound::AtMost),
    (" and below", Bound::AtMost),
    (" and younger", Bound::AtMost),
    (" at most", Bound::AtMost),
    (" at least", Bound::AtLeast),
];

/// The bound that the words right after a number give it, and their length.
pub fn bound_after(after: &str) -> Option<(Bound, usize)> {
    for (phrase, bound) in SUFFIXES_ZH {
        if let Some(tail) = after.strip_prefix(phrase) {
            if *phrase == "内" && tail.starts_with(['地', '部', '容', '科', '外', '蒙', '控', '资', '存', '镜', '径'])
            {
                return None;
            }
            return Some((*bound, phrase.len()));
        }
    }
    if after.starts_with('+')
        && !after[1..].trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '/' | '-'))
    {
        return Some((Bound::AtLeast, 1));
    }
    let lower: String = after.chars().take(14).collect::<String>().to_ascii_lowercase();
    SUFFIXES_EN
        .iter()
        .find(|(phrase, _)| {
            lower.starts_with(phrase)
                && !lower[phrase.len()..].starts_with(|c: char| c.is_ascii_alphabetic())
                && !lower[phrase.len()..].starts_with(" than")
        })
        .map(|(phrase, bound)| (*bound, phrase.len()))
}

const HEDGES_BEFORE: &[(&str, Hedge)] = &[
    ("大约", Hedge::About),
    ("约为", Hedge::About),
    ("约", Hedge::About),
    ("大概", Hedge::About),
    ("估计", Hedge::About),
    ("≈", Hedge::About),
    ("~", Hedge::About),
    ("将近", Hedge::Nearly),
    ("接近", Hedge::Nearly),
    ("近", Hedge::Nearly),
];

const HEDGES_BEFORE_EN: &[(&str, Hedge)] = &[
    ("about", Hedge::About),
    ("approximately", Hedge::About),
    ("approx.", Hedge::About),
    ("approx", Hedge::About),
    ("around", Hedge::About),
    ("roughly", Hedge::About),
    ("circa", Hedge::About),
    ("ca.", Hedge::About),
    ("some", Hedge::About),
    ("an estimated", Hedge::About),
    ("estimated", Hedge::About),
    ("nearly", Hedge::Nearly),
    ("almost", Hedge::Nearly),
    ("close to", Hedge::Nearly),
];

/// Whether the words around a number make it approximate.
pub fn hedge(before: &str, after: &str) -> Option<Hedge> {
    if ["左右", "上下", "前后", "许"].iter().any(|w| after.starts_with(w)) && !after.starts_with("许可") {
        return Some(Hedge::About);
    }
    let before = before.trim_end();
    // 最近3年, 附近, 邻近 are not "nearly".
    if before.ends_with("近") && before.ends_with(['附', '最']) {
        return None;
    }
    if ["最近", "附近", "邻近", "合约", "节约", "条约", "契约", "履约", "违约", "公约"]
        .iter()
        .any(|w| before.ends_with(w))
    {
        return None;
    }
    HEDGES_BEFORE
        .iter()
        .find(|(w, _)| before.ends_with(w))
        .or_else(|| HEDGES_BEFORE_EN.iter().find(|(w, _)| ends_with_words(before, w)))
        .map(|&(_, hedge)| hedge)
}
