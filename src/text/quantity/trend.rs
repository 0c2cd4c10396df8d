//! The words around a number that tell its direction.

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

/// The direction that the nearest word before (or, in English, right after) a number gives it, and whether the number
/// is the change or the level reached.
pub fn trend(before: &str, after: &str) -> (Option<Trend>, Option<Change>) {
    let lower = before.to_ascii_lowercase();
    let last = TRENDS
        .iter()
        .filter_map(|&(word, trend)| find_word(&lower, word).map(|at| (at, word, trend)))
        .max_by_key(|&(at, word, _)| (at + word.len(), word.len()));
    if let Some((at, word, trend)) = last {
        let between = lower[at + word.len()..].trim();
        let change = match trend {
            Trend::Up | Trend::Down => Some(
                if word.ends_with('至')
                    || between.starts_with(['至', '到'])
                    || between.starts_with("了至")
                    || between == "to"
                    || (between.ends_with(" to") && !between.ends_with("up to"))
                    || between.starts_with("to ")
                {
                    Change::To
                } else {
                    Change::By
                },
            ),
            _ => None,
        };
        return (Some(trend), change);
    }
    let lower: String = after.chars().take(24).collect::<String>().to_ascii_lowercase();
    let first = TRENDS
        .iter()
        .filter(|(word, _)| !matches!(*word, "up" | "down"))
        .filter_map(|&(word, trend)| {
            let at = find_word(&lower, word)?;
            (lower[..at].trim_matches([' ', '的', '-']).is_empty()).then_some((at, trend))
        })
        .min_by_key(|&(at, _)| at);
    match first {
        Some((_, trend)) => (Some(trend), matches!(trend, Trend::Up | Trend::Down).then_some(Change::By)),
        None => (None, None),
    }
}

/// The last place of a word; Latin words only as whole words.
fn find_word(text: &str, word: &str) -> Option<usize> {
    if !word.is_ascii() {
        return text.rfind(word);
    }
    text.rmatch_indices(word)
        .find(|(at, _)| {
            !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric())
                && !text[at + word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        })
        .map(|(at, _)| at)
}
