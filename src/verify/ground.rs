//! The cross-encoder's opinion: which windows of the sources it reads beside a claim, and what follows from it.
//!
//! Support is the best of all windows; a contradiction counts only in windows that speak of the claim, because an
//! unrelated text "contradicts" anything. Where it says no, it has to name the words: without them there is nothing
//! that a person could check.

use std::sync::Arc;

use super::{
    align::{Profile, Rarity},
    case::ALIGNED,
    judge::{Finding, Opened, State},
    read::Source,
};
use crate::{
    domain::text::Span,
    ports::{Encoder, ModelError, Pair, Priority, Reading},
    text::lang,
};

/// Windows of one source that are read beside a claim.
const MOST_OF_SOURCE: usize = 3;
/// Windows in all that are read beside a claim, the best covered ones.
const MOST_WINDOWS: usize = 8;
/// The mean strength from which on a sentence counts as marked.
const MARKED: f32 = 0.5;

/// What the encoder says of a claim against one group of sources.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Best over the windows.
    pub supported: f32,
    /// Source and place of the sentence that speaks for it; into the chunk's text.
    pub support: Option<(usize, Span)>,
    /// The strongest contradiction in a window that speaks of the claim.
    pub against: Option<Against>,
    /// Best over the windows.
    pub relevance: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    pub p: f32,
    pub source: usize,
    /// Sentence that speaks against it; into the chunk's text.
    pub span: Span,
    /// Words of the claim; into the claim's text.
    pub guilty: Span,
}

/// A stretch of whole sentences of one source.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    source: usize,
    span: Span,
    /// Share of the claim's content that stands in it.
    coverage: f32,
}

/// Asks the encoder about every claim and window that the rules left open, in one go.
pub async fn ask(
    encoder: &Arc<dyn Encoder>,
    open: &mut [Opened<'_>],
    sources: &[Source<'_>],
    rarity: &Rarity,
) -> Result<(), ModelError> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut asked: Vec<Vec<Window>> = Vec::with_capacity(open.len());
    for opened in &mut *open {
        let mut windows = Vec::new();
        let claim = opened.text.trim().to_owned();
        if let State::Read(read) = &mut opened.state
            && !read.findings().all(|f| f.verbatim.is_some())
            && !claim.is_empty()
        {
            let room = encoder.room(&claim);
            if room == 0 {
                read.long = true;
            } else {
                let members: Vec<usize> = read.findings().flat_map(|f| f.members.iter().copied()).collect();
                windows = choose(&**encoder, &claim, room, &members, sources, rarity);
            }
        }
        pairs.extend(windows.iter().filter_map(|window| {
            let evidence = window.span.of(&sources[window.source].evidence.chunk.text)?.to_owned();
            Some(Pair { evidence, claim: claim.clone() })
        }));
        asked.push(windows);
    }
    let mut readings = encoder.read(&pairs, Priority::Interactive).await?.into_iter();
    for (opened, windows) in open.iter_mut().zip(asked) {
        let read_windows: Vec<(Window, Reading)> = windows.into_iter().zip(readings.by_ref()).collect();
        let shift = opened.text.len() - opened.text.trim_start().len();
        let State::Read(read) = &mut opened.state else { continue };
        for finding in read.findings_mut() {
            finding.hear(&read_windows, sources, shift);
        }
    }
    Ok(())
}

impl Finding {
    /// Takes in what was read in the windows of its members.
    fn hear(&mut self, windows: &[(Window, Reading)], sources: &[Source<'_>], shift: usize) {
        let mine = || windows.iter().filter(|(window, _)| self.members.contains(&window.source));
        let Some((window, best)) = mine().max_by(|a, b| a.1.supported.total_cmp(&b.1.supported)) else { return };
        let against = mine()
            .filter(|(window, _)| window.coverage >= ALIGNED)
            .filter_map(|(window, reading)| {
                let first = *reading.guilty.first()?;
                Some(Against {
                    p: reading.contradicted,
                    source: window.source,
                    span: marked(&sources[window.source], *window, reading).unwrap_or(window.span),
                    guilty: reading.guilty.iter().fold(first, |all, span| all.cover(*span)).shifted(shift),
                })
            })
            .max_by(|a, b| a.p.total_cmp(&b.p));
        let opinion = Opinion {
            supported: best.supported,
            support: marked(&sources[window.source], *window, best).map(|span| (window.source, span)),
            against,
            relevance: mine().map(|(_, r)| r.relevance).fold(0.0, f32::max),
        };
        self.features.cosine = opinion.relevance.max(opinion.supported);
        self.score = Some(opinion.supported);
        self.opinion = Some(opinion);
    }
}

/// The sentence of the window whose tokens are marked most strongly on average; none where no sentence is.
fn marked(source: &Source<'_>, window: Window, reading: &Reading) -> Option<Span> {
    let strength = |sentence: Span| {
        let (mut sum, mut count) = (0.0, 0.0);
        for mark in &reading.support {
            if !mark.span.is_empty() && sentence.contains(mark.span.shifted(window.span.start())) {
                sum += mark.strength;
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    };
    let (best, sentence) = source
        .sentences
        .iter()
        .map(|sentence| sentence.span)
        .filter(|span| span.overlaps(window.span))
        .map(|span| (strength(span), span))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best >= MARKED).then_some(sentence)
}

/// The windows worth reading, best covered first.
fn choose(
    encoder: &dyn Encoder,
    claim: &str,
    room: usize,
    members: &[usize],
    sources: &[Source<'_>],
    rarity: &Rarity,
) -> Vec<Window> {
    let profile = Profile::of(claim);
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let mut chosen = Vec::new();
    for source in members {
        let text = sources[source].evidence.chunk.text.as_str();
        let mut windows: Vec<Window> = spans(&sources[source], room, &|part| encoder.count_tokens(part))
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
