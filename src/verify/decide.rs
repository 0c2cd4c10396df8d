//! The decision table: signals in, one decision out. Pure, so that every row of it is a test.
//!
//! Rules come first and can only lower what a model says; a model can only promote what the rules left open. The very
//! words of a source and the cells of its tables need no model.

use crate::ports::EncoderThresholds;

/// Numbers that decide. Tuned on development data; see the weights in `entail` for where they come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// τ: from this score on, what the rules left open is supported.
    pub supported: f32,
    /// Below this coverage, and below `near`, no sentence speaks of the claim at all. Development data: 18 % of such
    /// claims are labelled supported, 1.4 % of the supported ones fall there.
    pub floor: f32,
    /// From this nearness on (a cosine, stretched) a sentence speaks of the claim in other words.
    pub near: f32,
    /// A source contradicts what another one backs only from this coverage on: below it, it speaks of something else.
    pub conflict: f32,
    /// From this probability on a contradiction by the cross-encoder is worth a person's look. Above 1: it has no say.
    pub likely: f32,
    /// From this probability on the judge's yes supports what was left open. A certificate sets it, or a judge that was
    /// trained and measured for this: the "yes" of any other language model is not calibrated.
    pub judged: f32,
}

/// Above every probability: the model may rank, and decides nothing.
pub const NEVER: f32 = EncoderThresholds::NEVER;

impl Default for Thresholds {
    fn default() -> Self {
        Self { supported: 0.75, floor: 0.15, near: 0.4, conflict: 0.7, likely: NEVER, judged: NEVER }
    }
}

/// Everything that is known about a claim against one group of sources.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a decision table")]
pub struct Signals {
    /// Its very words stand there.
    pub verbatim: bool,
    /// One cell of a table says no more and no less.
    pub tabled: bool,
    /// A rule found that an aligned sentence says otherwise.
    pub contradicted: bool,
    /// A rule found a part that no source holds.
    pub part_missing: bool,
    /// A rule asks for a second opinion.
    pub flagged: bool,
    /// Best share of the claim's content in one run of sentences, 0 to 1.
    pub coverage: f32,
    /// Nearness of the nearest sentence by the model; nothing where no model was asked.
    pub nearness: Option<f32>,
    /// The model's score for support, 0 to 1; nothing where no model was asked.
    pub score: Option<f32>,
    /// The cross-encoder's probability that an aligned window says otherwise, where it named the words.
    pub against: Option<f32>,
    /// The judge's probability that the claim is borne out; nothing where it was not asked.
    pub judged: Option<f32>,
}

/// What one group of sources says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Step 1.
    Verbatim,
    /// Step 2.
    Contradicted,
    /// Step 3.
    PartMissing,
    /// Step 4.
    NoEvidence,
    /// Step 5.
    LikelyContradicted,
    /// Step 6.
    Flagged,
    /// Step 7.
    Tabled,
    /// Step 8.
    Model,
    /// Step 9.
    Judged,
    /// Step 10.
    Open,
}

impl Decision {
    pub const fn backs(self) -> bool {
        matches!(self, Self::Verbatim | Self::Tabled | Self::Model | Self::Judged)
    }
}

/// The table of one group, first match wins.
pub fn decide(signals: &Signals, thresholds: &Thresholds) -> Decision {
    // A score that is not a number is no score. Where a judge was asked, its word stands in the score's place.
    let promoted = signals.judged.is_none() && signals.score.is_some_and(|score| score >= thresholds.supported);
    let judged = signals.judged.is_some_and(|p| p >= thresholds.judged);
    let likely = signals.against.is_some_and(|p| p >= thresholds.likely);
    let far = signals.nearness.is_none_or(|nearness| nearness < thresholds.near);
    if signals.verbatim {
        Decision::Verbatim
    } else if signals.contradicted {
        Decision::Contradicted
    } else if signals.part_missing {
        Decision::PartMissing
    } else if signals.coverage < thresholds.floor && far && !promoted && !signals.tabled {
        Decision::NoEvidence
    } else if likely {
        Decision::LikelyContradicted
    } else if signals.flagged {
        Decision::Flagged
    } else if signals.tabled {
        Decision::Tabled
    } else if promoted {
        Decision::Model
    } else if judged {
        Decision::Judged
    } else {
        Decision::Open
    }
}

/// One source by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Whether the claim cites it; every source counts as cited when the claim cites none.
    pub cited: bool,
    pub decision: Decision,
    /// It contradicts the claim and speaks of the very same thing (coverage at [`Thresholds::conflict`] or more).
    pub opposes: bool,
}

/// The verdict, before places are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// One of the cited sources backs it by itself.
    Supported,
    /// Several cited sources back it together, none alone.
    SupportedJointly,
    Contradicted,
    /// Backed, but not by what it cites.
    Miscited,
    /// One source backs it, another contradicts it.
    Conflict,
    PartMissing,
    NoEvidence,
    NeedsReview,
}

/// Sources side by side. `together` is the decision on all cited sources as one text.
pub fn combine(sides: &[Side], together: Decision) -> Ruling {
    let backed = |cited: bool| sides.iter().any(|s| s.cited == cited && s.decision.backs());
    let opposed = sides.iter().any(|s| s.opposes && !s.decision.backs());
    // Of a cited source, any contradiction counts: the writer says that it speaks of the claim.
    let cited_opposes = sides.iter().any(|s| s.cited && s.decision == Decision::Contradicted);
    let verbatim = sides.iter().any(|s| s.cited && s.decision == Decision::Verbatim);
    // Two windows, two opinions of one model: a person decides.
    if together == Decision::LikelyContradicted && !verbatim && backed(true) {
        return Ruling::NeedsReview;
    }
    if backed(true) {
        return if opposed { Ruling::Conflict } else { Ruling::Supported };
    }
    if together.backs() {
        return if opposed { Ruling::Conflict } else { Ruling::SupportedJointly };
    }
    if backed(false) {
        return if cited_opposes { Ruling::Conflict } else { Ruling::Miscited };
    }
    match together {
        Decision::Contradicted => Ruling::Contradicted,
        Decision::PartMissing => Ruling::PartMissing,
        Decision::NoEvidence => Ruling::NoEvidence,
        Decision::LikelyContradicted
        | Decision::Flagged
        | Decision::Open
        | Decision::Verbatim
        | Decision::Tabled
        | Decision::Model
        | Decision::Judged => Ruling::NeedsReview,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Thresholds = Thresholds { supported: 0.7, floor: 0.2, near: 0.4, conflict: 0.7, likely: 0.8, judged: 0.9 };

    fn signals(flags: &str, coverage: f32, score: Option<f32>) -> Signals {
        Signals {
            verbatim: flags.contains('V'),
            tabled: flags.contains('T'),
            contradicted: flags.contains('C'),
            part_missing: flags.contains('U'),
            flagged: flags.contains('F'),
            coverage,
            nearness: flags.contains('n').then_some(0.4),
            score,
            against: flags.contains('c').then_some(0.8),
            judged: if flags.contains('j') { Some(0.9) } else { flags.contains('d').then_some(0.89) },
        }
    }

    #[test]
    fn every_row_of_the_table() {
        use Decision::{
            Contradicted, Flagged, Judged, LikelyContradicted, Model, NoEvidence, Open, PartMissing, Tabled, Verbatim,
        };
        let rows = [
            ("V", 1.0, None, Verbatim),
            ("VC", 1.0, Some(0.0), Verbatim),
            ("VT", 1.0, Some(0.0), Verbatim),
            ("T", 0.1, None, Tabled),
            ("Tn", 0.9, Some(0.9), Tabled),
            ("TF", 0.9, Some(0.9), Flagged),
            ("TC", 0.9, Some(0.9), Contradicted),
            ("TU", 0.9, Some(0.9), PartMissing),
            ("Tc", 0.9, Some(0.9), LikelyContradicted),
            ("C", 0.9, Some(1.0), Contradicted),
            ("CU", 0.9, Some(1.0), Contradicted),
            ("CUF", 0.0, None, Contradicted),
            ("U", 0.9, Some(1.0), PartMissing),
            ("UF", 0.1, Some(0.1), PartMissing),
            ("", 0.19, None, NoEvidence),
            ("", 0.19, Some(0.69), NoEvidence),
            ("F", 0.1, Some(0.2), NoEvidence),
            ("F", 0.1, Some(0.9), Flagged),
            ("F", 0.9, Some(1.0), Flagged),
            ("", 0.1, Some(0.7), Model),
            ("", 0.9, Some(0.7), Model),
            ("", 0.9, Some(0.69), Open),
            ("", 0.9, None, Open),
            ("n", 0.1, Some(0.1), Open),
            ("nF", 0.1, Some(0.1), Flagged),
            ("nC", 0.1, Some(0.1), Contradicted),
            ("c", 0.9, Some(0.1), LikelyContradicted),
            ("c", 0.9, Some(0.9), LikelyContradicted),
            ("cF", 0.9, Some(0.1), LikelyContradicted),
            ("cV", 1.0, Some(0.1), Verbatim),
            ("cC", 0.9, Some(0.1), Contradicted),
            ("cU", 0.9, Some(0.1), PartMissing),
            ("j", 0.9, Some(0.1), Judged),
            ("d", 0.9, Some(0.1), Open),
            ("d", 0.9, Some(0.9), Open),
            ("j", 0.1, None, NoEvidence),
            ("", 0.9, Some(f32::NAN), Open),
            ("", f32::NAN, None, Open),
        ];
        for (flags, coverage, score, want) in rows {
            assert_eq!(decide(&signals(flags, coverage, score), &T), want, "{flags} {coverage} {score:?}");
        }
    }

    #[test]
    fn no_score_overrides_a_rule() {
        for flags in ["C", "U", "F", "CU", "CF", "UF", "CUF", "c", "cF", "jC", "jU", "jF", "jc"] {
            for step in 0u8..=10 {
                let score = Some(f32::from(step) / 10.0);
                assert!(!decide(&signals(flags, 1.0, score), &T).backs(), "{flags} {score:?}");
            }
        }
    }

    #[test]
    fn sources_side_by_side() {
        use Decision::{Contradicted, LikelyContradicted, Model, NoEvidence, Open, PartMissing, Verbatim};
        let side = |cited, decision, opposes| Side { cited, decision, opposes };
        let rows = [
            (vec![side(true, Verbatim, false)], Verbatim, Ruling::Supported),
            (vec![side(true, Model, false), side(false, Open, false)], Model, Ruling::Supported),
            (vec![side(true, Verbatim, false), side(false, Contradicted, true)], Verbatim, Ruling::Conflict),
            (vec![side(true, Verbatim, false), side(false, Contradicted, false)], Verbatim, Ruling::Supported),
            (vec![side(true, Open, false), side(true, PartMissing, false)], Model, Ruling::SupportedJointly),
            (vec![side(true, Open, false), side(true, Contradicted, true)], Model, Ruling::Conflict),
            (vec![side(true, NoEvidence, false), side(false, Verbatim, false)], NoEvidence, Ruling::Miscited),
            (vec![side(true, Open, false), side(false, Model, false)], Open, Ruling::Miscited),
            (vec![side(true, Contradicted, true), side(false, Model, false)], Contradicted, Ruling::Conflict),
            (vec![side(true, Contradicted, true)], Contradicted, Ruling::Contradicted),
            (vec![side(true, Open, false), side(false, Contradicted, true)], Open, Ruling::NeedsReview),
            (vec![side(true, PartMissing, false)], PartMissing, Ruling::PartMissing),
            (vec![], NoEvidence, Ruling::NoEvidence),
            (vec![side(true, LikelyContradicted, false)], LikelyContradicted, Ruling::NeedsReview),
            (
                vec![side(true, Model, false), side(true, LikelyContradicted, false)],
                LikelyContradicted,
                Ruling::NeedsReview,
            ),
            (
                vec![side(true, Verbatim, false), side(true, LikelyContradicted, false)],
                LikelyContradicted,
                Ruling::Supported,
            ),
        ];
        for (sides, together, want) in rows {
            assert_eq!(combine(&sides, together), want, "{sides:?} {together:?}");
        }
    }
}
