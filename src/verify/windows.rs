//! Windows: stretches of whole sentences of a source that a model reads beside a claim.

use super::{
    align::{Profile, Rarity},
    read::Source,
};
use crate::{domain::text::Span, text::lang};

/// Windows of one source that are read beside a claim.
const MOST_OF_SOURCE: usize = 3;
/// Windows in all that are read beside a claim, the best covered ones.
const MOST_WINDOWS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub source: usize,
    /// Into the text of its chunk.
    pub span: Span,
    /// Share of the claim's content that stands in it.
    pub coverage: f32,
}

/// The windows of these sources worth reading beside a claim, each of at most `room` tokens, best covered first.
pub fn choose(
    claim: &str,
    members: &[usize],
    sources: &[Source<'_>],
    rarity: &Rarity,
    room: usize,
    count: &dyn Fn(&str) -> usize,
) -> Vec<Window> {
    let profile = Profile::of(claim);
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let mut chosen = Vec::new();
    for source in members {
        let text = sources[source].evidence.chunk.text.as_str();
        let mut windows: Vec<Window> = spans(&sources[source], room, count)
            .into_iter()
            .filter_map(|span| {
                let words = Profile::of(span.of(text)?);
                let coverage = profile.coverage(rarity, [&words, &sources[source].heading]);
                Some(Window { source, span, coverage })
            })
            .collect();
        windows.sort_by(|a, b| b.coverage.total_cmp(&a.coverage));
        chosen.extend(windows.into_iter().take(MOST_OF_SOURCE));
    }
    chosen.sort_by(|a, b| b.coverage.total_cmp(&a.coverage));
    chosen.truncate(MOST_WINDOWS);
    chosen
}

/// Stretches of neighbouring sentences that fit `room`, each opened by the last sentence of the one before; the whole
/// text where that fits.
fn spans(source: &Source<'_>, room: usize, count: &dyn Fn(&str) -> usize) -> Vec<Span> {
    let text = source.evidence.chunk.text.as_str();
    let mut parts: Vec<(Span, usize)> = Vec::new();
    for sentence in &source.sentences {
        cut_long(text, sentence.span, room, count, &mut parts);
    }
    let mut spans: Vec<Span> = Vec::new();
    let mut first = 0;
    while first < parts.len() {
        let mut last = first;
        let mut tokens = parts[first].1;
        while let Some((_, more)) = parts.get(last + 1)
            && tokens + more <= room
        {
            tokens += more;
            last += 1;
        }
        spans.push(parts[first].0.cover(parts[last].0));
        if last + 1 == parts.len() {
            break;
        }
        // The last sentence opens the next stretch, unless nothing new would then fit.
        let overlap = last > first && parts[last].1 + parts[last + 1].1 <= room;
        first = if overlap { last } else { last + 1 };
    }
    spans
}

/// A sentence as parts that fit `room`, cut at the clause mark nearest its middle, or at its middle.
fn cut_long(text: &str, span: Span, room: usize, count: &dyn Fn(&str) -> usize, out: &mut Vec<(Span, usize)>) {
    let Some(part) = span.of(text) else { return };
    let tokens = count(part);
    if tokens <= room || part.chars().count() < 2 {
        out.push((span, tokens));
        return;
    }
    let middle = part.len() / 2;
    let ends = |clause: bool| {
        part.char_indices()
            .filter(move |(_, c)| {
                if clause {
                    matches!(c, '；' | ';' | '，' | ',' | '：' | ':')
                } else {
                    c.is_whitespace() || lang::is_han(*c)
                }
            })
            .map(|(at, c)| at + c.len_utf8())
            .filter(|at| *at < part.len())
            .min_by_key(|at| at.abs_diff(middle))
    };
    // A mark far off the middle would leave one part as long as the whole.
    let near = |at: &usize| (part.len() / 8..part.len() - part.len() / 8).contains(at);
    let at = ends(true).filter(near).or_else(|| ends(false).filter(near)).unwrap_or_else(|| {
        let at = part.floor_char_boundary(middle);
        if at == 0 { part.chars().next().map_or(part.len(), char::len_utf8) } else { at }
    });
    let at = span.start() + at;
    cut_long(text, Span::new(span.start(), at), room, count, out);
    cut_long(text, Span::new(at, span.end()), room, count, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::verify::read::tests::plain_evidence;

    fn cut(text: &str, room: usize) -> Vec<&str> {
        let evidence = plain_evidence(text);
        let source = Source::of(&evidence);
        spans(&source, room, &|part| part.chars().count()).iter().filter_map(|s| s.of(text)).collect()
    }

    #[test]
    fn windows_hold_whole_sentences_and_overlap_by_one() {
        let text = "甲公司成立了。总部在杭州。员工三百人。";
        assert_eq!(cut(text, 100), [text]);
        assert_eq!(cut(text, 13), ["甲公司成立了。总部在杭州。", "总部在杭州。员工三百人。"]);
        assert_eq!(cut(text, 8), ["甲公司成立了。", "总部在杭州。", "员工三百人。"]);
        assert_eq!(cut("", 8), Vec::<&str>::new());
    }

    #[test]
    fn a_long_sentence_is_cut_between_clauses() {
        assert_eq!(cut("借款人应当返还借款，并且支付利息。", 10), ["借款人应当返还借款，", "并且支付利息。"]);
        assert_eq!(cut("abcdefghij", 4), ["ab", "cde", "fg", "hij"]);
    }

    proptest! {
        #[test]
        fn windows_fit_and_leave_nothing_out(text in "[a-e甲乙。，. ]{0,80}", room in 1_usize..30) {
            let evidence = plain_evidence(&text);
            let source = Source::of(&evidence);
            let windows = spans(&source, room, &|part| part.chars().count());
            for window in &windows {
                let part = window.of(&text).expect("windows lie on characters");
                // White space between sentences belongs to neither.
                prop_assert!(part.trim().chars().filter(|c| !c.is_whitespace()).count() <= room.max(1), "{part:?}");
            }
            for sentence in &source.sentences {
                let whole = (sentence.span.start()..sentence.span.end())
                    .all(|at| windows.iter().any(|w| w.start() <= at && at < w.end()));
                prop_assert!(whole, "{:?} in {windows:?}", sentence.span);
            }
        }
    }
}
