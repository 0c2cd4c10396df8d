//! The words around a number that tell its direction.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Change, Trend};

const TRENDS: &[(&str, Trend)] = &[
    ("增长", Trend::Up),
    ("增加", Trend::Up),
    ("上升", Trend::Up),
    ("上涨", Trend::Up),
    ("提高", Trend::Up),
    ("提升", Trend::Up),
    ("升高", Trend::Up),
    ("增幅", Trend::Up),
    ("涨幅", Trend::Up),
    ("上调", Trend::Up),
    ("增至", Trend::Up),
    ("升至", Trend::Up),
    ("增值", Trend::Up),
    ("上浮", Trend::Up),
    ("下降", Trend::Down),
    ("减少", Trend::Down),
    ("下滑", Trend::Down),
    ("下跌", Trend::Down),
    ("降低", Trend::Down),
    ("降幅", Trend::Down),
    ("跌幅", Trend::Down),
    ("下调", Trend::Down),
    ("回落", Trend::Down),
    ("降至", Trend::Down),
    ("减至", Trend::Down),
    ("缩减", Trend::Down),
    ("下浮", Trend::Down),
    ("萎缩", Trend::Down),
    ("净亏损", Trend::Loss),
    ("亏损", Trend::Loss),
    ("净利润", Trend::Profit),
    ("盈利", Trend::Profit),
    ("净流入", Trend::Inflow),
    ("净流出", Trend::Outflow),
    ("顺差", Trend::Inflow),
    ("逆差", Trend::Outflow),
    ("净买入", Trend::Inflow),
    ("净卖出", Trend::Outflow),
    ("increase", Trend::Up),
    ("increased", Trend::Up),
    ("increases", Trend::Up),
    ("increasing", Trend::Up),
    ("rose", Trend::Up),
    ("risen", Trend::Up),
    ("grew", Trend::Up),
    ("grown", Trend::Up),
    ("growth", Trend::Up),
    ("gained", Trend::Up),
    ("climbed", Trend::Up),
    ("jumped", Trend::Up),
    ("surged", Trend::Up),
    ("higher", Trend::Up),
    ("up", Trend::Up),
    ("decrease", Trend::Down),
    ("decreased", Trend::Down),
    ("decreases", Trend::Down),
    ("decreasing", Trend::Down),
    ("fell", Trend::Down),
    ("fallen", Trend::Down),
    ("declined", Trend::Down),
    ("decline", Trend::Down),
    ("dropped", Trend::Down),
    ("drop", Trend::Down),
    ("reduced", Trend::Down),
    ("reduction", Trend::Down),
    ("lower", Trend::Down),
    ("down", Trend::Down),
    ("net loss", Trend::Loss),
    ("loss", Trend::Loss),
    ("losses", Trend::Loss),
    ("deficit", Trend::Loss),
    ("net income", Trend::Profit),
    ("net profit", Trend::Profit),
    ("profit", Trend::Profit),
    ("surplus", Trend::Profit),
    ("net inflow", Trend::Inflow),
    ("inflow", Trend::Inflow),
    ("net outflow", Trend::Outflow),
    ("outflow", Trend::Outflow),
];

/// Finds every word of the list in one pass.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .build(TRENDS.iter().map(|(word, _)| word))
        .expect("a fixed list of short words builds")
});

/// The words of the list in `text`, with the place where each starts; Latin ones only as whole words.
fn found(text: &str) -> impl Iterator<Item = (usize, &'static str, Trend)> {
    WORDS.find_overlapping_iter(text).filter_map(move |m| {
        let (word, trend) = TRENDS[m.pattern().as_usize()];
        let after = &text[m.end()..];
        let whole = !word.is_ascii()
            || (!text[..m.start()].ends_with(|c: char| c.is_ascii_alphanumeric())
                && !after.starts_with(|c: char| c.is_ascii_alphanumeric()));
        // "up to" bounds, it does not rise.
        (whole && !(word == "up" && after.starts_with(" to"))).then_some((m.start(), word, trend))
    })
}

/// The direction that the nearest word before (or, in English, right after) a number gives it, and whether the number
/// is the change or the level reached.
pub fn trend(before: &str, after: &str) -> (Option<Trend>, Option<Change>) {
    let last = found(before).max_by_key(|&(at, word, _)| (at + word.len(), word.len()));
    if let Some((at, word, trend)) = last {
        let between = before[at + word.len()..].trim();
        let change = match trend {
            Trend::Up | Trend::Down => Some(if reaches(word, between) { Change::To } else { Change::By }),
            _ => None,
        };
        return (Some(trend), change);
    }
    let end = after.char_indices().nth(24).map_or(after.len(), |(at, _)| at);
    let after = &after[..end];
    let first = found(after)
        .filter(|(_, word, _)| !matches!(*word, "up" | "down"))
        .filter(|&(at, ..)| after[..at].trim_matches([' ', '的', '-']).is_empty())
        .min_by_key(|&(at, ..)| at);
    match first {
        Some((_, _, trend)) => (Some(trend), matches!(trend, Trend::Up | Trend::Down).then_some(Change::By)),
        None => (None, None),
    }
}

/// Whether the words between a verb and its number say that the number is the level reached.
fn reaches(verb: &str, between: &str) -> bool {
    verb.ends_with('至')
        || between.starts_with(['至', '到'])
        || between.starts_with("了至")
        || between == "to"
        || (between.ends_with(" to") && !between.ends_with("up to"))
        || between.starts_with("to ")
}
