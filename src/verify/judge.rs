//! From what was found to a verdict with its places and reasons.

use super::{
    align::Run,
    decide::{self, Decision, Ruling, Side, Signals, Thresholds},
    entail::{self, Features},
    explain,
    ground::Opinion,
    read::Source,
};
use crate::domain::{
    certificate::Group,
    claim::Claim,
    evidence::{Citation, Label},
    text::{NonEmpty, Span},
    verdict::{Effect, Judgement, Missing, Reason, Support, Verdict},
};

/// What one group of sources (one by itself, or all that are cited) shows before the encoder is asked.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// Sources of the group.
    pub members: Vec<usize>,
    pub verbatim: Option<(usize, Span)>,
    /// The row of a table, one of whose cells says the claim.
    pub tabled: Option<(usize, Span)>,
    pub reasons: Vec<Reason>,
    pub features: Features,
    /// Best run of sentences: source, run, coverage.
    pub best: Option<(usize, Run, f32)>,
    pub score: Option<f32>,
    /// Of the cross-encoder, where there is one.
    pub opinion: Option<Opinion>,
    /// The judge's probability that the claim is borne out, where it was asked.
    pub judged: Option<f32>,
    /// No source of the group is in the claim's language: words in common tell nothing.
    pub foreign: bool,
}

/// A claim that has been through labels, words and rules.
pub(super) struct Opened<'a> {
    pub text: &'a str,
    pub state: State,
}

pub(super) enum State {
    Skipped,
    /// It cites something that is not there.
    UnknownLabel(String),
    Read(Box<Read>),
}

pub(super) struct Read {
    /// The claim cites labels; otherwise every source counts as cited.
    pub cites: Vec<Label>,
    /// What it would be certified with.
    pub group: Group,
    /// Each source that has something to say, by itself.
    pub alone: Vec<Finding>,
    /// All cited sources as one text.
    pub together: Finding,
    /// Too long for the encoder.
    pub long: bool,
}

impl Finding {
    /// The same finding again, for a group of one.
    pub fn copied(&self) -> Self {
        Self {
            members: self.members.clone(),
            verbatim: self.verbatim,
            tabled: self.tabled,
            reasons: self.reasons.clone(),
            features: self.features,
            best: self.best,
            score: self.score,
            opinion: self.opinion.clone(),
            judged: self.judged,
            foreign: self.foreign,
        }
    }

    fn coverage(&self) -> f32 {
        self.best.map_or(0.0, |(_, _, coverage)| coverage)
    }

    fn has(&self, effect: Effect) -> bool {
        self.reasons.iter().any(|r| r.effect == effect)
    }

    pub fn decide(&self, long: bool, thresholds: &Thresholds) -> Decision {
        let signals = Signals {
            verbatim: self.verbatim.is_some(),
            tabled: self.tabled.is_some(),
            contradicted: self.has(Effect::Contradict),
            part_missing: self.has(Effect::Unsupport),
            flagged: self.has(Effect::Flag) || long,
            // Nothing to go by, unless a model has compared them.
            coverage: if self.foreign && self.score.is_none() { f32::NAN } else { self.coverage() },
            nearness: self.score.map(|_| self.features.cosine),
            score: self.score,
            against: self.opinion.as_ref().and_then(|o| Some(o.against.as_ref()?.p)),
            judged: self.judged,
        };
        decide::decide(&signals, thresholds)
    }

    /// The claim's own words, the sentence that the cross-encoder marks, or the run of sentences that holds most of
    /// the claim.
    fn cite_best(&self, sources: &[Source<'_>]) -> Option<Citation> {
        if let Some((at, span)) = self.verbatim.or(self.tabled) {
            return sources[at].evidence.cite(span);
        }
        if let Some((at, span)) = self.opinion.as_ref().and_then(|o| o.support) {
            return sources[at].evidence.cite(span);
        }
        let (at, run, _) = self.best?;
        sources[at].evidence.cite(sources[at].run_span(run.first, run.last)?)
    }

    /// Why a person must decide, and where that person looks first.
    fn unsettled(
        &self,
        decision: Decision,
        long: bool,
        sources: &[Source<'_>],
        thresholds: &Thresholds,
    ) -> (Option<Reason>, Option<Citation>) {
        match self.opinion.as_ref().and_then(|o| o.against.as_ref()) {
            Some(against) if decision == Decision::LikelyContradicted => (
                Some(explain::likely_contradicted(against, sources, thresholds)),
                sources[against.source].evidence.cite(against.span),
            ),
            _ => (explain::open(self, long, thresholds), self.cite_best(sources)),
        }
    }

    /// The sentences that rules say contradict the claim.
    fn cite_against(&self, sources: &[Source<'_>]) -> Vec<Citation> {
        let mut against: Vec<Citation> = Vec::new();
        for reason in self.reasons.iter().filter(|r| r.effect == Effect::Contradict) {
            let Some(place) = reason.evidence else { continue };
            let Some(source) = sources.iter().find(|s| s.evidence.label == place.label) else { continue };
            let citation = source.evidence.cite(source.whole_sentences(place.span));
            against.extend(citation.filter(|c| !against.contains(c)));
        }
        if against.is_empty() {
            against.extend(self.cite_best(sources));
        }
        against
    }
}

impl Read {
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.alone.iter().chain(std::iter::once(&self.together))
    }

    pub fn findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.alone.iter_mut().chain(std::iter::once(&mut self.together))
    }
}

impl Opened<'_> {
    pub fn judge(self, claim: &Claim, sources: &[Source<'_>], thresholds: &Thresholds) -> Judgement {
        let (verdict, p_supported, reasons) = match self.state {
            State::Skipped => match claim.skip {
                Some(why) => (Verdict::NotChecked(why), 0.0, Vec::new()),
                None => (Verdict::Unsupported(Missing::NoEvidence), 0.0, Vec::new()),
            },
            State::UnknownLabel(written) => {
                let reason = explain::unknown_label(&claim.text, &written);
                (Verdict::Unsupported(Missing::UnknownLabel(written)), 0.0, vec![reason])
            }
            State::Read(read) => read.judge(sources, thresholds),
        };
        Judgement { claim: claim.clone(), verdict, p_supported, reasons, references: Vec::new() }
    }
}

impl Read {
    fn judge(self, sources: &[Source<'_>], thresholds: &Thresholds) -> (Verdict, f32, Vec<Reason>) {
        let is_cited = |f: &Finding| {
            let Some(&at) = f.members.first() else { return false };
            self.cites.is_empty() || self.cites.contains(&sources[at].evidence.label)
        };
        let decisions: Vec<Decision> = self.alone.iter().map(|f| f.decide(self.long, thresholds)).collect();
        // Only published texts have neighbouring provisions; of anything else nothing is known.
        let version = |f: &Finding| {
            let evidence = sources[*f.members.first()?].evidence;
            (evidence.meta.kind != "other").then_some(evidence.chunk.version)
        };
        // A document whose own words the claim repeats is not against them in its next article: neighbouring
        // provisions share their words and differ in what they govern.
        let quoted: Vec<_> = self
            .alone
            .iter()
            .zip(&decisions)
            .filter(|&(f, &decision)| decision == Decision::Verbatim && is_cited(f))
            .filter_map(|(f, _)| version(f))
            .collect();
        let sides: Vec<Side> = self
            .alone
            .iter()
            .zip(&decisions)
            .map(|(f, &decision)| Side {
                cited: is_cited(f),
                decision,
                opposes: decision == Decision::Contradicted
                    && f.coverage() >= thresholds.conflict
                    && !version(f).is_some_and(|v| quoted.contains(&v)),
            })
            .collect();
        let together = self.together.decide(self.long, thresholds);
        let ruling = decide::combine(&sides, together);
        let p = self.p_supported(ruling, together);
        let pick = |cited: bool| {
            let mut backing: Vec<&Finding> = (self.alone.iter().zip(&sides))
                .filter(|(_, s)| s.cited == cited && s.decision.backs())
                .map(|(f, _)| f)
                .collect();
            // Verbatim before tables before model, then the better covered.
            let order = |f: &Finding| (f.verbatim.is_some(), f.tabled.is_some(), f.coverage());
            backing.sort_by(|a, b| order(b).partial_cmp(&order(a)).unwrap_or(std::cmp::Ordering::Equal));
            backing
        };
        let mut reasons = self.together.reasons.clone();
        let verdict = match ruling {
            Ruling::Supported => {
                let backing = pick(true);
                let how = support(&backing);
                // What is said of other sources does not matter to the reader of a supported claim.
                reasons = backing.first().map(|f| f.reasons.clone()).unwrap_or_default();
                reasons.retain(|r| r.effect == Effect::Ground);
                reasons.extend(backing.first().map(|f| explain::support(f, sources, thresholds)));
                cite_all(&backing, sources).map(|by| Verdict::Supported { by, how })
            }
            Ruling::SupportedJointly => {
                reasons.retain(|r| r.effect == Effect::Ground);
                reasons.push(explain::support(&self.together, sources, thresholds));
                self.cite_jointly(sources).map(|by| Verdict::Supported { by, how: Support::Model })
            }
            Ruling::Miscited => {
                let by = cite_all(&pick(false), sources);
                reasons.extend(by.as_ref().map(|by| explain::miscited(&self.cites, by.first().label)));
                by.map(|by| Verdict::Miscited { by, cited: self.cites.clone() })
            }
            Ruling::Conflict => {
                let backing = [pick(true), pick(false)].concat();
                let backing = cite_all(&backing, sources).or_else(|| self.cite_jointly(sources));
                let opposing = || self.alone.iter().zip(&decisions).filter(|(_, d)| **d == Decision::Contradicted);
                let against: Vec<Citation> = opposing().flat_map(|(f, _)| f.cite_against(sources)).collect();
                reasons = opposing().flat_map(|(f, _)| f.reasons.clone()).collect();
                match (backing, NonEmpty::from_vec(against)) {
                    (Some(backing), Some(against)) => {
                        reasons.push(explain::conflict(backing.first(), against.first()));
                        Some(Verdict::Conflict { backing, against })
                    }
                    _ => None,
                }
            }
            Ruling::Contradicted => {
                NonEmpty::from_vec(self.together.cite_against(sources)).map(|by| Verdict::Contradicted { by })
            }
            Ruling::PartMissing => Some(Verdict::Unsupported(Missing::Part)),
            Ruling::NoEvidence => {
                reasons.push(explain::no_evidence(self.together.coverage(), thresholds));
                Some(Verdict::Unsupported(Missing::NoEvidence))
            }
            Ruling::NeedsReview => {
                let (why, nearest) = self.together.unsettled(together, self.long, sources, thresholds);
                reasons.extend(why);
                Some(Verdict::NeedsReview { nearest })
            }
        };
        // A verdict whose place cannot be shown is not given.
        let verdict = verdict.unwrap_or(Verdict::NeedsReview { nearest: None });
        reasons.sort_by_key(|r| std::cmp::Reverse(r.effect));
        (verdict, p, reasons)
    }

    /// Places in several sources that hold the claim together: those that hold most of it.
    fn cite_jointly(&self, sources: &[Source<'_>]) -> Option<NonEmpty<Citation>> {
        let mut parts: Vec<&Finding> =
            self.alone.iter().filter(|f| f.members.iter().all(|m| self.together.members.contains(m))).collect();
        parts.sort_by(|a, b| b.coverage().total_cmp(&a.coverage()));
        parts.truncate(3);
        cite_all(&parts, sources)
    }

    /// A ranking score: the judge's, the encoder's or the coverage's, held down by what rules found.
    fn p_supported(&self, ruling: Ruling, together: Decision) -> f32 {
        let best = || {
            self.findings()
                .filter(|f| self.together.members.iter().any(|m| f.members.contains(m)))
                .map(|f| f.score.unwrap_or_else(|| entail::score(&f.features, false)))
                .fold(0.0, f32::max)
        };
        let raw = self.together.judged.unwrap_or_else(best);
        match (ruling, together) {
            (Ruling::Supported, _) if self.findings().any(|f| f.verbatim.is_some()) => raw.max(0.98),
            (Ruling::Supported, _) if self.findings().any(|f| f.tabled.is_some()) => raw.max(0.95),
            (Ruling::Conflict | Ruling::Miscited, _) => raw.min(0.5),
            (Ruling::Contradicted, _) => raw * 0.15,
            (Ruling::PartMissing, _) => raw * 0.3,
            (Ruling::NoEvidence, _) => raw * 0.5,
            (Ruling::NeedsReview, Decision::Flagged | Decision::LikelyContradicted) => raw * 0.7,
            (Ruling::Supported | Ruling::SupportedJointly | Ruling::NeedsReview, _) => raw,
        }
    }
}

fn support(backing: &[&Finding]) -> Support {
    match backing.first() {
        Some(first) if first.verbatim.is_some() => Support::Verbatim,
        Some(first) if first.tabled.is_some() => Support::Tabled,
        _ => Support::Model,
    }
}

fn cite_all(findings: &[&Finding], sources: &[Source<'_>]) -> Option<NonEmpty<Citation>> {
    NonEmpty::from_vec(findings.iter().filter_map(|f| f.cite_best(sources)).collect())
}
