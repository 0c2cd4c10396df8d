//! One claim after the other through labels, words, rules and encoder.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    align::{self, Profile, Rarity, Run},
    case::{ALIGNED, Case},
    decide::{self, Decision, Ruling, Side, Signals, Thresholds},
    entail::{self, Features, Vectors},
    explain,
    read::{self, Source},
    rules,
    verbatim::{self, Verbatim},
};
use crate::{
    domain::{
        claim::{Cited, Claim},
        evidence::{Citation, EvidenceSet, Label},
        text::{Lang, NonEmpty, Span},
        verdict::{Effect, Judgement, Missing, Reason, Support, Verdict},
    },
    draft::claims::citation,
    ports::{Embedder, Verifier, VerifyError},
};

/// Above this many characters the encoder sees only the beginning of a claim, so it has no say.
const LONGEST_FOR_MODEL: usize = 800;
/// Sentences of one source that the encoder compares with a claim.
const MOST_SENTENCES: usize = 6;
/// A source that is not cited is looked at when it covers this much of the claim.
const OTHERS_FROM: f32 = ALIGNED;

/// The verifier: rules first; the encoder, where there is one, may promote what rules left open.
pub struct Cascade {
    vectors: Option<Vectors>,
    thresholds: Thresholds,
}

impl Cascade {
    /// Without an embedder only the claim's very words support it.
    pub fn new(embedder: Option<Arc<dyn Embedder>>, thresholds: Thresholds) -> Self {
        Self { vectors: embedder.map(Vectors::new), thresholds }
    }
}

impl Cascade {
    /// What the score of each claim rests on, `None` where the encoder has no say: the material that weights are
    /// fitted on.
    pub async fn features(
        &self,
        claims: &[Claim],
        evidence: &EvidenceSet,
    ) -> Result<Vec<Option<Features>>, VerifyError> {
        let sources: Vec<Source<'_>> = evidence.items().iter().map(Source::of).collect();
        let rarity = Rarity::over(sources.iter().flat_map(|s| &s.profiles));
        let texts: Vec<String> = claims.iter().map(|claim| citation::blanked(&claim.text)).collect();
        let mut open: Vec<Opened<'_>> =
            claims.iter().zip(&texts).map(|(claim, text)| Opened::new(claim, text, &sources, &rarity)).collect();
        if let Some(vectors) = &self.vectors {
            ask_encoder(vectors, &mut open, &sources).await?;
        }
        Ok(open
            .iter()
            .map(|opened| match &opened.state {
                State::Read(read) if read.together.verbatim.is_none() => Some(read.together.features),
                _ => None,
            })
            .collect())
    }
}

#[async_trait]
impl Verifier for Cascade {
    async fn verify(&self, claims: &[Claim], evidence: &EvidenceSet) -> Result<Vec<Judgement>, VerifyError> {
        let sources: Vec<Source<'_>> = evidence.items().iter().map(Source::of).collect();
        let rarity = Rarity::over(sources.iter().flat_map(|s| &s.profiles));
        let texts: Vec<String> = claims.iter().map(|claim| citation::blanked(&claim.text)).collect();
        let mut open: Vec<Opened<'_>> = Vec::with_capacity(claims.len());
        for (claim, text) in claims.iter().zip(&texts) {
            open.push(Opened::new(claim, text, &sources, &rarity));
            // Rules are pure computation; other requests get their turn between two claims.
            tokio::task::yield_now().await;
        }
        if let Some(vectors) = &self.vectors {
            ask_encoder(vectors, &mut open, &sources).await?;
        }
        Ok(claims.iter().zip(open).map(|(claim, opened)| opened.judge(claim, &sources, &self.thresholds)).collect())
    }

    fn thresholds(&self) -> Vec<(&'static str, f32)> {
        let t = &self.thresholds;
        vec![("supported", t.supported), ("floor", t.floor), ("conflict", t.conflict), ("aligned", ALIGNED)]
    }
}

/// What one group of sources (one by itself, or all that are cited) shows before the encoder is asked.
#[derive(Debug, Default)]
struct Finding {
    /// Sources of the group.
    members: Vec<usize>,
    verbatim: Option<(usize, Span)>,
    reasons: Vec<Reason>,
    features: Features,
    /// Best run of sentences: source, run, coverage.
    best: Option<(usize, Run, f32)>,
    score: Option<f32>,
}

/// A claim that has been through labels, words and rules.
struct Opened<'a> {
    text: &'a str,
    state: State,
}

enum State {
    Skipped,
    /// It cites something that is not there.
    UnknownLabel(String),
    Read(Box<Read>),
}

struct Read {
    /// The claim cites labels; otherwise every source counts as cited.
    cites: Vec<Label>,
    /// Each source that has something to say, by itself.
    alone: Vec<Finding>,
    /// All cited sources as one text.
    together: Finding,
    /// Too long for the encoder.
    long: bool,
}

impl<'a> Opened<'a> {
    fn new(claim: &Claim, text: &'a str, sources: &[Source<'_>], rarity: &Rarity) -> Self {
        if claim.skip.is_some() {
            return Self { text, state: State::Skipped };
        }
        let mut cites = Vec::new();
        for written in &claim.cited {
            match written {
                Cited::Label(label) if sources.iter().any(|s| s.evidence.label == *label) => cites.push(*label),
                Cited::Label(label) => return Self { text, state: State::UnknownLabel(label.to_string()) },
                Cited::Malformed(other) => return Self { text, state: State::UnknownLabel(other.clone()) },
            }
        }
        cites.sort_unstable();
        cites.dedup();
        let reader = Reader { profile: Profile::of(text), text, lang: claim.lang, sources, rarity };
        let is_cited = |at: usize| cites.is_empty() || cites.contains(&sources[at].evidence.label);
        let group: Vec<usize> = (0..sources.len()).filter(|&at| is_cited(at)).collect();
        let alone: Vec<Finding> = (0..sources.len()).filter_map(|at| reader.finding(&[at], !is_cited(at))).collect();
        let together = match (group.as_slice(), alone.iter().find(|f| f.members == group)) {
            // One source alone is the whole group.
            ([_], Some(only)) => only.copied(),
            _ => reader.finding(&group, false).unwrap_or_default(),
        };
        let long = text.chars().count() > LONGEST_FOR_MODEL;
        Self { text, state: State::Read(Box::new(Read { cites, alone, together, long })) }
    }
}

/// A claim beside the sources, for one finding after the other.
struct Reader<'r, 's> {
    profile: Profile,
    text: &'r str,
    lang: Lang,
    sources: &'r [Source<'s>],
    rarity: &'r Rarity,
}

impl Reader<'_, '_> {
    /// What these sources show; `None` where `only_near` and they do not speak of the claim.
    fn finding(&self, members: &[usize], only_near: bool) -> Option<Finding> {
        let mut finding = Finding { members: members.to_vec(), ..Finding::default() };
        let mut cut = None;
        for &at in members {
            let source = &self.sources[at];
            if let Some((run, coverage)) = align::best_run(&self.profile, &source.profiles, self.rarity)
                && finding.best.is_none_or(|(_, _, held)| coverage > held)
            {
                finding.best = Some((at, run, coverage));
            }
        }
        let coverage = finding.best.map_or(0.0, |(_, _, coverage)| coverage);
        if only_near && coverage < OTHERS_FROM {
            return None;
        }
        for &at in members {
            let source = &self.sources[at];
            match verbatim::find(&self.profile, self.text, &source.for_quotes()) {
                Some(Verbatim::Whole(span)) => {
                    finding.verbatim = Some((at, span));
                    break;
                }
                Some(Verbatim::Cut { limit, .. }) => cut = cut.or(Some((at, limit))),
                None => {}
            }
        }
        finding.features = self.features(members, coverage);
        finding.reasons = self.check_rules(members);
        if let (Some((at, limit)), None) = (cut, finding.verbatim) {
            finding.reasons.push(explain::limit_dropped(&self.sources[at], limit));
        }
        Some(finding)
    }

    fn check_rules(&self, members: &[usize]) -> Vec<Reason> {
        let mut lines = Vec::new();
        for &at in members {
            let source = &self.sources[at];
            let coverage: Vec<f32> = source.profiles.iter().map(|p| self.profile.coverage(self.rarity, [p])).collect();
            lines.extend(source.for_rules(&coverage));
        }
        rules::check(&Case { claim: read::unit(self.text, self.lang), question: None, sources: lines })
    }

    fn features(&self, members: &[usize], run: f32) -> Features {
        let profiles: Vec<&Profile> = members.iter().flat_map(|&at| &self.sources[at].profiles).collect();
        let sentence = profiles.iter().map(|p| self.profile.coverage(self.rarity, [*p])).fold(0.0, f32::max);
        Features {
            run,
            all: self.profile.plain_coverage(profiles.iter().copied()),
            sentence,
            cosine: 0.0,
            order: self.profile.order(profiles.iter().copied()),
            chinese: if self.lang == Lang::Zh { 1.0 } else { 0.0 },
        }
    }
}

/// One call of the model for every claim and sentence that the rules left open.
async fn ask_encoder(vectors: &Vectors, open: &mut [Opened<'_>], sources: &[Source<'_>]) -> Result<(), VerifyError> {
    let mut texts: Vec<String> = Vec::new();
    // For each claim and finding: where its claim and its sentences stand in `texts`.
    let mut asked: Vec<(usize, Vec<(usize, usize)>)> = Vec::new();
    for opened in &*open {
        let State::Read(read) = &opened.state else { continue };
        if read.long || read.findings().all(|f| f.verbatim.is_some()) {
            continue;
        }
        let claim = texts.len();
        texts.push(opened.text.trim().to_owned());
        let profile = Profile::of(opened.text);
        for finding in read.findings() {
            let start = texts.len();
            for &at in &finding.members {
                texts.extend(sentences_to_compare(&profile, &sources[at]));
            }
            if let Some((at, run, _)) = finding.best
                && run.first < run.last
                && let Some(window) = sources[at].run_span(run.first, run.last)
            {
                texts.extend(window.of(&sources[at].evidence.chunk.text).map(str::to_owned));
            }
            asked.push((claim, vec![(start, texts.len())]));
        }
    }
    let vectors = vectors.of(&texts).await?;
    let mut asked = asked.into_iter();
    for opened in open {
        let State::Read(read) = &mut opened.state else { continue };
        if read.long || read.findings().all(|f| f.verbatim.is_some()) {
            continue;
        }
        for finding in read.findings_mut() {
            let Some((claim, ranges)) = asked.next() else { break };
            let best = ranges
                .into_iter()
                .flat_map(|(from, to)| from..to)
                .map(|at| entail::cosine(&vectors[claim], &vectors[at]))
                .fold(f32::NEG_INFINITY, f32::max);
            if best.is_finite() {
                finding.features.cosine = entail::stretch(best);
                finding.score = Some(entail::score(&finding.features, true));
            }
        }
    }
    Ok(())
}

/// The sentences of a source that hold most of the claim, best first.
fn sentences_to_compare(claim: &Profile, source: &Source<'_>) -> Vec<String> {
    let mut ranked: Vec<(f32, &str)> = source
        .profiles
        .iter()
        .zip(&source.sentences)
        .map(|(profile, sentence)| (claim.plain_coverage([profile]), sentence.unit.text))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(MOST_SENTENCES).map(|(_, text)| text.to_owned()).collect()
}

impl Finding {
    /// The same finding again, for a group of one.
    fn copied(&self) -> Self {
        Self {
            members: self.members.clone(),
            verbatim: self.verbatim,
            reasons: self.reasons.clone(),
            features: self.features,
            best: self.best,
            score: self.score,
        }
    }

    fn coverage(&self) -> f32 {
        self.best.map_or(0.0, |(_, _, coverage)| coverage)
    }

    fn has(&self, effect: Effect) -> bool {
        self.reasons.iter().any(|r| r.effect == effect)
    }

    fn decide(&self, long: bool, thresholds: &Thresholds) -> Decision {
        let signals = Signals {
            verbatim: self.verbatim.is_some(),
            contradicted: self.has(Effect::Contradict),
            part_missing: self.has(Effect::Unsupport),
            flagged: self.has(Effect::Flag) || long,
            coverage: self.coverage(),
            score: self.score,
        };
        decide::decide(&signals, thresholds)
    }

    /// The claim's own words, or the run of sentences that holds most of it.
    fn cite_best(&self, sources: &[Source<'_>]) -> Option<Citation> {
        if let Some((at, span)) = self.verbatim {
            return sources[at].evidence.cite(span);
        }
        let (at, run, _) = self.best?;
        sources[at].evidence.cite(sources[at].run_span(run.first, run.last)?)
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
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.alone.iter().chain(std::iter::once(&self.together))
    }

    fn findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.alone.iter_mut().chain(std::iter::once(&mut self.together))
    }
}

impl Opened<'_> {
    fn judge(self, claim: &Claim, sources: &[Source<'_>], thresholds: &Thresholds) -> Judgement {
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
        Judgement { claim: claim.clone(), verdict, p_supported, reasons }
    }
}

impl Read {
    fn judge(self, sources: &[Source<'_>], thresholds: &Thresholds) -> (Verdict, f32, Vec<Reason>) {
        let is_cited = |f: &Finding| {
            let Some(&at) = f.members.first() else { return false };
            self.cites.is_empty() || self.cites.contains(&sources[at].evidence.label)
        };
        let decisions: Vec<Decision> = self.alone.iter().map(|f| f.decide(self.long, thresholds)).collect();
        let sides: Vec<Side> = self
            .alone
            .iter()
            .zip(&decisions)
            .map(|(f, &decision)| Side {
                cited: is_cited(f),
                decision,
                opposes: decision == Decision::Contradicted && f.coverage() >= thresholds.conflict,
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
            // Verbatim before model, then the better covered.
            backing.sort_by(|a, b| {
                (b.verbatim.is_some(), b.coverage())
                    .partial_cmp(&(a.verbatim.is_some(), a.coverage()))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
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
                reasons.extend(backing.first().map(|f| explain::support(f.verbatim, f.score, sources, thresholds)));
                cite_all(&backing, sources).map(|by| Verdict::Supported { by, how })
            }
            Ruling::SupportedJointly => {
                reasons.retain(|r| r.effect == Effect::Ground);
                reasons.push(explain::support(self.together.verbatim, self.together.score, sources, thresholds));
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
                        reasons.push(explain::conflict(backing.first().label, against.first().label));
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
                reasons.extend(explain::open(self.together.score, self.long, thresholds));
                Some(Verdict::NeedsReview { nearest: self.together.cite_best(sources) })
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

    /// A ranking score: the encoder's (or the coverage's), held down by what rules found.
    fn p_supported(&self, ruling: Ruling, together: Decision) -> f32 {
        let raw = self
            .findings()
            .filter(|f| self.together.members.iter().any(|m| f.members.contains(m)))
            .map(|f| f.score.unwrap_or_else(|| entail::score(&f.features, false)))
            .fold(0.0, f32::max);
        match (ruling, together) {
            (Ruling::Supported, _) if self.findings().any(|f| f.verbatim.is_some()) => raw.max(0.98),
            (Ruling::Conflict | Ruling::Miscited, _) => raw.min(0.5),
            (Ruling::Contradicted, _) => raw * 0.15,
            (Ruling::PartMissing, _) => raw * 0.3,
            (Ruling::NoEvidence, _) => raw * 0.5,
            (Ruling::NeedsReview, Decision::Flagged) => raw * 0.7,
            (Ruling::Supported | Ruling::SupportedJointly | Ruling::NeedsReview, _) => raw,
        }
    }
}

fn support(backing: &[&Finding]) -> Support {
    if backing.first().is_some_and(|f| f.verbatim.is_some()) { Support::Verbatim } else { Support::Model }
}

fn cite_all(findings: &[&Finding], sources: &[Source<'_>]) -> Option<NonEmpty<Citation>> {
    NonEmpty::from_vec(findings.iter().filter_map(|f| f.cite_best(sources)).collect())
}

#[cfg(test)]
#[path = "cascade_tests.rs"]
mod tests;
