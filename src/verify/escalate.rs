//! The judge's opinion: what rules and encoder left open is put to a language model, with the evidence in front so that
//! all claims about one text share its reading.

use std::sync::Arc;

use futures::future::try_join_all;

use super::{
    align::Rarity,
    decide::{Decision, Thresholds},
    judge::{Opened, Read, State},
    read::Source,
    windows,
};
use crate::{
    domain::text::Lang,
    ports::{Judge, ModelError, Priority},
};

/// Tokens of evidence at most: a judge reads slowly, and what decides stands in the best covered windows.
const MOST_EVIDENCE: usize = 1_200;
/// Tokens of the longest claim that is put to it.
const LONGEST_CLAIM: usize = 256;

/// Claims about one text, in one language.
struct Brief {
    evidence: String,
    lang: Lang,
    claims: Vec<String>,
    /// Into the opened claims.
    places: Vec<usize>,
}

/// Asks about every claim that is open under `measured`, the thresholds of its language: not those of a certificate,
/// which was made by asking about the same ones.
pub(super) async fn ask(
    judge: &Arc<dyn Judge>,
    open: &mut [Opened<'_>],
    langs: &[Lang],
    sources: &[Source<'_>],
    rarity: &Rarity,
    measured: impl Fn(Lang) -> Thresholds,
) -> Result<(), ModelError> {
    let mut briefs: Vec<Brief> = Vec::new();
    for (at, (opened, lang)) in open.iter().zip(langs).enumerate() {
        let State::Read(read) = &opened.state else { continue };
        let claim = opened.text.trim();
        // A trained judge has only read claims in the language of their evidence.
        let unread = read.together.foreign && judge.threshold(*lang).is_some();
        if read.long
            || unread
            || read.together.decide(false, &measured(*lang)) != Decision::Open
            || judge.count_tokens(claim) > LONGEST_CLAIM
        {
            continue;
        }
        let room = judge.room(claim).min(MOST_EVIDENCE);
        let Some(evidence) = read.evidence(&**judge, claim, room, sources, rarity) else { continue };
        match briefs.iter_mut().find(|brief| brief.lang == *lang && brief.evidence == evidence) {
            Some(brief) => {
                brief.claims.push(claim.to_owned());
                brief.places.push(at);
            }
            None => briefs.push(Brief { evidence, lang: *lang, claims: vec![claim.to_owned()], places: vec![at] }),
        }
    }
    let asked =
        briefs.iter().map(|brief| judge.judge(&brief.evidence, brief.lang, &brief.claims, Priority::Interactive));
    for (brief, opinions) in briefs.iter().zip(try_join_all(asked).await?) {
        for (&at, p) in brief.places.iter().zip(opinions) {
            let State::Read(read) = &mut open[at].state else { continue };
            let members = read.together.members.clone();
            for finding in read.findings_mut().filter(|finding| finding.members == members) {
                finding.judged = Some(p);
            }
        }
    }
    Ok(())
}

impl Read {
    /// The cited sources as one text: whole where they fit into `room` tokens, else their windows that hold most of the
    /// claim, in the order of the sources. `None` where there is nothing to read.
    fn evidence(
        &self,
        judge: &dyn Judge,
        claim: &str,
        room: usize,
        sources: &[Source<'_>],
        rarity: &Rarity,
    ) -> Option<String> {
        let text = |at: usize| sources[at].evidence.chunk.text.as_str();
        let members = &self.together.members;
        let whole: Vec<&str> = members.iter().map(|at| text(*at)).collect();
        if whole.iter().map(|text| judge.count_tokens(text)).sum::<usize>() <= room {
            return (!whole.is_empty()).then(|| whole.join("\n"));
        }
        let count = |part: &str| judge.count_tokens(part);
        let mut windows = windows::choose(claim, members, sources, rarity, room.min(MOST_EVIDENCE / 4), &count);
        let mut left = room;
        windows.retain(|window| {
            let tokens = window.span.of(text(window.source)).map_or(usize::MAX, |part| judge.count_tokens(part));
            let fits = tokens <= left;
            left -= if fits { tokens } else { 0 };
            fits
        });
        windows.sort_by_key(|window| (window.source, window.span.start()));
        let parts: Vec<&str> = windows.iter().filter_map(|window| window.span.of(text(window.source))).collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}
