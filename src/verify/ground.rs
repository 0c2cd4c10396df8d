//! The cross-encoder's opinion: which windows of the sources it reads beside a claim, and what follows from it.
//!
//! Support is the best of all windows; a contradiction counts only in windows that speak of the claim, because an
//! unrelated text "contradicts" anything. Where it says no, it has to name the words: without them there is nothing
//! that a person could check.

use std::sync::Arc;

use super::{
    align::Rarity,
    case::ALIGNED,
    judge::{Finding, Opened, State},
    read::Source,
    windows::{self, Window},
};
use crate::{
    domain::text::Span,
    ports::{Encoder, ModelError, Pair, Priority, Reading},
};

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
        let mut chosen = Vec::new();
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
                chosen = windows::choose(&claim, &members, sources, rarity, room, &|part| encoder.count_tokens(part));
            }
        }
        pairs.extend(chosen.iter().filter_map(|window| {
            let evidence = window.span.of(&sources[window.source].evidence.chunk.text)?.to_owned();
            Some(Pair { evidence, claim: claim.clone() })
        }));
        asked.push(chosen);
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
