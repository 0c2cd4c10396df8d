//! R33: a sentence of the source, but for a few words. Where a claim repeats a sentence almost word for word, what it
//! changes is what a person must look at; and where the one thing changed is a negation, a modal word, a figure or a word
//! for its opposite, it says something else.

mod change;
mod diff;

use std::ops::Range;

use change::{Change, Side};
use diff::{Alignment, Hunk};

use super::Rule;
use crate::{
    domain::{
        text::Span,
        verdict::{Comparison, Effect, Reason},
    },
    verify::{
        case::{Case, SourceSentence, Unit},
        lead,
        tokens::{Token, TokenKind, tokens},
    },
};

pub const RULES: &[Rule] =
    &[Rule { code: CODE, title: "a sentence of the source, but for a few words", check: variance }];

const CODE: &str = "R33";

/// Tokens of a claim: a shorter one is like many sentences.
const LEAST: usize = 6;
/// Share of the claim's tokens that are the sentence's, in order.
const NEAR: f32 = 0.72;
/// The same for a contradiction.
const VERY_NEAR: f32 = 0.8;
/// More differences than this are another sentence.
const MOST_CHANGES: usize = 3;
/// Tokens of one difference.
const LONGEST: usize = 8;
/// Tokens on either side that a name may reach over: 出租人 and 承租人 differ in one character.
const NAME: usize = 4;
/// Sentences that are compared word by word, the best covered first.
const MOST_SENTENCES: usize = 6;
/// From this coverage on a sentence is compared.
const COVERED: f32 = 0.5;

/// A sentence that the claim nearly repeats.
struct Near<'c, 'a> {
    source: &'c SourceSentence<'a>,
    theirs: Vec<Token>,
    /// Share of the claim's tokens.
    same: f32,
    changes: Vec<(Hunk, Change)>,
}

fn variance(case: &Case<'_>) -> Vec<Reason> {
    let ours = tokens(case.claim.text);
    // What only says where the rest stands is no part of it.
    let opening = lead::lead(&case.claim);
    let ours: Vec<Token> = ours.into_iter().filter(|token| token.span.start() >= opening).collect();
    if ours.len() < LEAST {
        return Vec::new();
    }
    let mut best: Option<Near<'_, '_>> = None;
    let aligned = case.aligned();
    let candidates = aligned.iter().filter(|s| s.coverage >= COVERED && s.unit.lang == case.claim.lang);
    for source in candidates.take(MOST_SENTENCES) {
        let Some(near) = near(&case.claim, &ours, source) else { continue };
        // It stands there after all.
        if near.changes.is_empty() {
            return Vec::new();
        }
        let closer =
            |other: &Near<'_, '_>| (near.changes.len(), 1.0 - near.same) < (other.changes.len(), 1.0 - other.same);
        if best.as_ref().is_none_or(closer) {
            best = Some(near);
        }
    }
    best.map_or_else(Vec::new, |near| near.reasons(&case.claim, &ours))
}

fn near<'c, 'a>(claim: &Unit<'_>, ours: &[Token], source: &'c SourceSentence<'a>) -> Option<Near<'c, 'a>> {
    let theirs = tokens(source.unit.text);
    let (tokens_of_claim, tokens_of_source) = (ours, theirs.as_slice());
    let Alignment { ours: reach, theirs: there, same, mut hunks } = diff::align(ours, &theirs)?;
    let same = same as f32 / ours.len() as f32;
    if same < NEAR {
        return None;
    }
    // What the alignment leaves out at either end stands for what the sentence begins or ends with, or was added.
    let ends = [(0..reach.start, 0..there.start), (reach.end..ours.len(), there.end..theirs.len())];
    let begins_a_clause = |at: usize| {
        theirs.get(at).is_some_and(|t| source.unit.logic.clauses.iter().any(|c| c.start() == t.span.start()))
    };
    for (ours, theirs) in ends.into_iter().filter(|(ours, _)| !ours.is_empty()) {
        let both = ours.len().abs_diff(theirs.len()) <= 1;
        let is_first = ours.start == 0;
        let theirs = if both {
            theirs
        } else if is_first && begins_a_clause(there.start) {
            // What a sentence opens with is what its later clauses are about: 公司应当……，并于三十日内公告.
            if opens_with(tokens_of_source, &tokens_of_claim[ours.clone()]) {
                continue;
            }
            0..0
        } else if is_first && ours.len() <= NAME && there.start > ours.len() {
            there.start - ours.len()..there.start
        } else {
            0..0
        };
        hunks.push(Hunk { ours, theirs });
    }
    let mut changes = Vec::new();
    if claim.logic.conditions.is_empty() {
        // What the sentence goes on with where the claim ends, or says before the claim begins.
        let beside = [(0, 0..there.start), (ours.len(), there.end..theirs.len())];
        let told = |at: usize, beside: &Range<usize>| {
            hunks.iter().any(|hunk| hunk.theirs == *beside || hunk.ours.contains(&at))
        };
        changes.extend(
            beside
                .into_iter()
                .filter(|(at, beside)| !beside.is_empty() && !told(*at, beside))
                .filter(|(_, beside)| change::leaves_out_a_condition(side(&source.unit, &theirs, beside)))
                .map(|(at, theirs)| (Hunk { ours: at..at, theirs }, Change::Condition)),
        );
    }
    for hunk in hunks {
        let (our, their) = (side(claim, ours, &hunk.ours), side(&source.unit, &theirs, &hunk.theirs));
        let Some(change) = change::of(our, their) else { continue };
        if hunk.ours.len() > LONGEST {
            return None;
        }
        changes.push((hunk, change));
    }
    (changes.len() <= MOST_CHANGES).then_some(Near { source, theirs, same, changes })
}

/// Whether a sentence begins with these tokens.
fn opens_with(sentence: &[Token], words: &[Token]) -> bool {
    sentence.len() > words.len() && words.iter().zip(sentence).all(|(word, token)| word.text == token.text)
}

fn side<'u, 'a>(unit: &'u Unit<'a>, tokens: &[Token], range: &Range<usize>) -> Side<'u, 'a> {
    let cover = |range: Range<usize>| {
        let first = tokens.get(range.start).map_or(unit.text.len(), |token| token.span.start());
        let last = if range.is_empty() { first } else { tokens[range.end - 1].span.end() };
        Span::new(first, last.max(first))
    };
    let within = |reach: usize| range.start.saturating_sub(reach)..(range.end + reach).min(tokens.len());
    Side { unit, span: cover(range.clone()), around: cover(within(1)), near: cover(within(NAME)) }
}

impl Near<'_, '_> {
    fn reasons(self, claim: &Unit<'_>, ours: &[Token]) -> Vec<Reason> {
        // Another word beside it may make it a sentence about something else.
        let decisive = self.same >= VERY_NEAR && matches!(self.changes.as_slice(), [(_, only)] if only.is_decisive());
        self.changes
            .iter()
            .map(|(hunk, change)| {
                let (our, their) =
                    (shown(claim.text, ours, &hunk.ours), shown(self.source.unit.text, &self.theirs, &hunk.theirs));
                let words = |span: Span, text: &str| span.of(text).unwrap_or_default().to_owned();
                let (mine, other) = (words(our, claim.text), words(their, self.source.unit.text));
                let message = change.message(self.source.label, &mine, &other);
                Reason {
                    code: CODE,
                    effect: if decisive { Effect::Contradict } else { Effect::Flag },
                    claim_span: Some(our),
                    evidence: Some(self.source.at(their)),
                    // What is missing on one side is held against nothing.
                    comparison: (!matches!(change, Change::Addition | Change::Condition)).then(|| Comparison {
                        claim: mine,
                        source: other,
                        relation: "≠".to_owned(),
                    }),
                    message,
                }
            })
            .collect()
    }
}

/// What is shown of a difference: a lone Chinese character, or nothing, with the word behind it.
fn shown(text: &str, tokens: &[Token], range: &Range<usize>) -> Span {
    let is_short = range.len() < 2;
    let han = |at: usize| tokens.get(at).is_some_and(|token| token.kind == TokenKind::Han);
    let more = match (is_short, han(range.end)) {
        (true, true) => 2,
        (true, false) if range.is_empty() => 1,
        _ => 0,
    };
    let until = (range.end + more).min(tokens.len());
    let start = if range.start < until { range.start } else { until.saturating_sub(1) };
    match (tokens.get(start), tokens.get(until.saturating_sub(1))) {
        (Some(first), Some(last)) if until > start => Span::new(first.span.start(), last.span.end()),
        _ => Span::new(text.len(), text.len()),
    }
}

/// Leaves out what another rule says of the same words at least as strongly.
pub fn without_echoes(reasons: &mut Vec<Reason>) {
    let told: Vec<(Effect, Span)> = reasons
        .iter()
        .filter(|r| r.code != CODE && r.effect >= Effect::Flag)
        .filter_map(|r| Some((r.effect, r.claim_span?)))
        .collect();
    reasons.retain(|r| {
        let echo =
            |(effect, span): &(Effect, Span)| *effect >= r.effect && r.claim_span.is_some_and(|s| s.overlaps(*span));
        r.code != CODE || !told.iter().any(echo)
    });
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
