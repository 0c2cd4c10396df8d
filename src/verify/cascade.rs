//! One claim after the other through labels, words, rules and encoder.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;

use super::{
    align::{self, Profile, Rarity},
    case::{ALIGNED, Case, Unit},
    certify,
    decide::{NEVER, Thresholds},
    entail::{self, Features, Vectors},
    escalate, explain, ground,
    judge::{Finding, Opened, Read, State},
    lead,
    moved::Moved,
    read::{self, Source},
    references, rules,
    tabled::{self, Stated, Tabled},
    verbatim::{self, Verbatim},
};
use crate::{
    domain::{
        answer::ModelIdentity,
        certificate::{Certificate, Group},
        claim::{Cited, Claim},
        document::Domain,
        evidence::EvidenceSet,
        text::Lang,
        verdict::{Effect, Judgement, Reason},
    },
    draft::claims::citation,
    ports::{Embedder, Encoder, Instruments, Judge, Verifier, VerifyError},
    retrieve::dot,
};

/// Above this many characters the encoder sees only the beginning of a claim, so it has no say.
const LONGEST_FOR_MODEL: usize = 800;
/// Sentences of one source that the encoder compares with a claim.
const MOST_SENTENCES: usize = 6;
/// Rules that say of a figure that it is not found, or found otherwise.
const FIGURES: [&str; 2] = ["R1", "R6"];
/// A source that is not cited is looked at when it covers this much of the claim.
const OTHERS_FROM: f32 = ALIGNED;

/// The verifier: rules first; the encoder, where there is one, may promote what rules left open.
pub struct Cascade {
    second: SecondOpinion,
    thresholds: Thresholds,
    /// Who is asked about what is open after that.
    judge: Option<Arc<dyn Judge>>,
    check: fn(&Case<'_>) -> Vec<Reason>,
    certificate: Option<Certificate>,
    instruments: Option<Arc<dyn Instruments>>,
}

/// Who is asked about what the rules left open.
enum SecondOpinion {
    /// Nobody: only the claim's very words or a cell of a table support it.
    None,
    /// An encoder of single texts, and words in common.
    Vectors(Vectors),
    /// An encoder of pairs, trained to judge them.
    Encoder(Arc<dyn Encoder>),
}

impl Cascade {
    /// Without an embedder only the claim's very words or a cell of a table support it.
    pub fn new(embedder: Option<Arc<dyn Embedder>>, thresholds: Thresholds) -> Self {
        let second = embedder.map_or(SecondOpinion::None, |embedder| SecondOpinion::Vectors(Vectors::new(embedder)));
        Self::over(second, thresholds)
    }

    /// With a cross-encoder, which brings the thresholds that were measured for it.
    pub fn with_encoder(encoder: Arc<dyn Encoder>, thresholds: Thresholds) -> Self {
        Self::over(SecondOpinion::Encoder(encoder), thresholds)
    }

    fn over(second: SecondOpinion, thresholds: Thresholds) -> Self {
        Self { second, thresholds, judge: None, check: rules::check, certificate: None, instruments: None }
    }

    /// What is open after rules and encoder is put to this judge. Unless it brings a threshold that was measured for it,
    /// it decides nothing until a certificate says from which score on it may.
    #[must_use]
    pub fn with_judge(self, judge: Arc<dyn Judge>) -> Self {
        Self { judge: Some(judge), ..self }
    }

    /// Looks up the laws that claims name.
    #[must_use]
    pub fn with_instruments(self, instruments: Arc<dyn Instruments>) -> Self {
        Self { instruments: Some(instruments), ..self }
    }

    /// With every rule as it is made, whatever the ledger says of it: for measuring the ledger.
    #[must_use]
    pub fn uncapped(self) -> Self {
        Self { check: rules::check_uncapped, ..self }
    }

    /// Support is accepted from the thresholds on that this certificate proves, in the groups that it proves.
    ///
    /// # Errors
    /// A certificate of other rules or another model; it says nothing about these.
    pub fn accept(&mut self, certificate: Certificate) -> Result<(), String> {
        certificate.holds_for(&rules::ledger::version(), self.model(), Verifier::judge(self))?;
        self.certificate = Some(certificate);
        Ok(())
    }

    /// What was measured for claims in this language.
    fn measured(&self, lang: Lang) -> Thresholds {
        let judged = self.judge.as_ref().and_then(|judge| judge.threshold(lang)).unwrap_or(NEVER);
        let thresholds = Thresholds { judged, ..self.thresholds };
        match &self.second {
            SecondOpinion::None | SecondOpinion::Vectors(_) => thresholds,
            SecondOpinion::Encoder(encoder) => {
                let taus = encoder.thresholds(lang);
                Thresholds {
                    supported: taus.map_or(NEVER, |t| t.supported),
                    likely: taus.map_or(NEVER, |t| t.contradicted),
                    ..thresholds
                }
            }
        }
    }

    /// What decides about a claim: what was certified for its group, or else what was measured.
    fn thresholds_for(&self, opened: &Opened<'_>, lang: Lang) -> Thresholds {
        let measured = self.measured(lang);
        let State::Read(read) = &opened.state else { return measured };
        let group = read.group;
        match self.certificate.as_ref().and_then(|c| c.of(group)) {
            Some(certified) => Thresholds { supported: certified.tau, judged: certified.tau, ..measured },
            None => measured,
        }
    }

    async fn ask(&self, open: &mut [Opened<'_>], table: &Table<'_>) -> Result<(), VerifyError> {
        match &self.second {
            SecondOpinion::None => Ok(()),
            SecondOpinion::Vectors(vectors) => ask_vectors(vectors, open, &table.sources).await,
            SecondOpinion::Encoder(encoder) => Ok(ground::ask(encoder, open, &table.sources, &table.rarity).await?),
        }
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
        let table = self.table(evidence);
        let texts: Vec<String> = claims.iter().map(|claim| citation::blanked(&claim.text)).collect();
        let mut open: Vec<Opened<'_>> =
            claims.iter().zip(&texts).map(|(claim, text)| table.open(claim, text)).collect();
        self.ask(&mut open, &table).await?;
        Ok(open
            .iter()
            .map(|opened| match &opened.state {
                State::Read(read) if read.together.verbatim.is_none() => Some(read.together.features),
                _ => None,
            })
            .collect())
    }

    fn table<'e>(&self, evidence: &'e EvidenceSet) -> Table<'e> {
        let sources: Vec<Source<'_>> = evidence.items().iter().map(Source::of).collect();
        let rarity = Rarity::over(sources.iter().flat_map(|s| &s.profiles));
        Table { sources, rarity, as_of: evidence.searched.as_of, check: self.check }
    }
}

#[async_trait]
impl Verifier for Cascade {
    async fn verify(&self, claims: &[Claim], evidence: &EvidenceSet) -> Result<Vec<Judgement>, VerifyError> {
        let table = self.table(evidence);
        let texts: Vec<String> = claims.iter().map(|claim| citation::blanked(&claim.text)).collect();
        let mut open: Vec<Opened<'_>> = Vec::with_capacity(claims.len());
        for (claim, text) in claims.iter().zip(&texts) {
            open.push(table.open(claim, text));
            // Rules are pure computation; other requests get their turn between two claims.
            tokio::task::yield_now().await;
        }
        self.ask(&mut open, &table).await?;
        if let Some(judge) = &self.judge {
            let langs: Vec<Lang> = claims.iter().map(|claim| claim.lang).collect();
            let measured = |lang| self.measured(lang);
            escalate::ask(judge, &mut open, &langs, &table.sources, &table.rarity, measured).await?;
        }
        let judge = |(claim, opened): (&Claim, Opened<'_>)| {
            let thresholds = self.thresholds_for(&opened, claim.lang);
            opened.judge(claim, &table.sources, &thresholds)
        };
        let mut judgements: Vec<Judgement> = claims.iter().zip(open).map(judge).collect();
        if let (Some(instruments), Some(day)) = (&self.instruments, table.as_of) {
            // What is not checked names nothing that is.
            let named = claims.iter().zip(&texts).map(|(c, text)| if c.skip.is_some() { "" } else { text.as_str() });
            let checked = references::look_up(&**instruments, named, day).await?;
            for (judgement, checked) in judgements.iter_mut().zip(checked) {
                references::apply(judgement, checked);
            }
        }
        Ok(judgements)
    }

    fn model(&self) -> Option<&ModelIdentity> {
        match &self.second {
            SecondOpinion::None => None,
            SecondOpinion::Vectors(vectors) => Some(vectors.identity()),
            SecondOpinion::Encoder(encoder) => Some(encoder.identity()),
        }
    }

    fn judge(&self) -> Option<&ModelIdentity> {
        self.judge.as_ref().map(|judge| judge.identity())
    }

    fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    fn thresholds(&self) -> Vec<(&'static str, f32)> {
        let t = &self.thresholds;
        let mut all = match &self.second {
            SecondOpinion::None | SecondOpinion::Vectors(_) => vec![("supported", t.supported)],
            SecondOpinion::Encoder(_) => {
                let (zh, en) = (self.measured(Lang::Zh), self.measured(Lang::En));
                vec![
                    ("supported_zh", zh.supported),
                    ("supported_en", en.supported),
                    ("likely_zh", zh.likely),
                    ("likely_en", en.likely),
                ]
            }
        };
        all.extend([("floor", t.floor), ("near", t.near), ("conflict", t.conflict), ("aligned", ALIGNED)]);
        all
    }
}

/// Everything that the claims of one call are held against.
struct Table<'e> {
    sources: Vec<Source<'e>>,
    rarity: Rarity,
    as_of: Option<time::Date>,
    check: fn(&Case<'_>) -> Vec<Reason>,
}

impl Table<'_> {
    /// Takes a claim through labels, words and rules.
    fn open<'a>(&self, claim: &Claim, text: &'a str) -> Opened<'a> {
        if claim.skip.is_some() {
            return Opened { text, state: State::Skipped };
        }
        let sources = &self.sources;
        let mut cites = Vec::new();
        for written in &claim.cited {
            match written {
                Cited::Label(label) if sources.iter().any(|s| s.evidence.label == *label) => cites.push(*label),
                Cited::Label(label) => return Opened { text, state: State::UnknownLabel(label.to_string()) },
                Cited::Malformed(other) => return Opened { text, state: State::UnknownLabel(other.clone()) },
            }
        }
        cites.sort_unstable();
        cites.dedup();
        let unit = read::unit(text, claim.lang);
        let reader = Reader { profile: Profile::of(text), text, unit, table: self };
        let is_cited = |at: usize| cites.is_empty() || cites.contains(&sources[at].evidence.label);
        let members: Vec<usize> = (0..sources.len()).filter(|&at| is_cited(at)).collect();
        let alone: Vec<Finding> = (0..sources.len()).filter_map(|at| reader.finding(&[at], !is_cited(at))).collect();
        let together = match (members.as_slice(), alone.iter().find(|f| f.members == members)) {
            // One source alone is the whole group.
            ([_], Some(only)) => only.copied(),
            _ => reader.finding(&members, false).unwrap_or_default(),
        };
        let group = Group {
            domain: members.first().map_or(Domain::General, |&at| sources[at].evidence.meta.domain),
            lang: claim.lang,
            kind: certify::kind(&reader.unit),
        };
        let long = text.chars().count() > LONGEST_FOR_MODEL;
        Opened { text, state: State::Read(Box::new(Read { cites, group, alone, together, long })) }
    }
}

/// A claim beside the sources, for one finding after the other.
struct Reader<'r, 't> {
    profile: Profile,
    text: &'r str,
    unit: Unit<'r>,
    table: &'t Table<'t>,
}

impl Reader<'_, '_> {
    /// What these sources show; `None` where `only_near` and they do not speak of the claim.
    fn finding(&self, members: &[usize], only_near: bool) -> Option<Finding> {
        let mut finding = Finding { members: members.to_vec(), ..Finding::default() };
        let mut cut = None;
        for &at in members {
            let source = &self.table.sources[at];
            if let Some((run, coverage)) =
                align::best_run(&self.profile, &source.profiles, &source.heading, &self.table.rarity)
                && finding.best.is_none_or(|(_, _, held)| coverage > held)
            {
                finding.best = Some((at, run, coverage));
            }
        }
        finding.foreign = !members.is_empty() && members.iter().all(|&at| self.is_foreign(&self.table.sources[at]));
        let coverage = finding.best.map_or(0.0, |(_, _, coverage)| coverage);
        if only_near && coverage < OTHERS_FROM {
            return None;
        }
        finding.features = self.features(members, coverage);
        finding.reasons = self.check_rules(members);
        // "根据《…法》第N条，…": once the reference is found to be right, the rest may be the source's own words.
        let opening = if lead::is_grounded_reference(&finding.reasons) { lead::lead(&self.unit) } else { 0 };
        let (words, profile) = match self.text.get(opening..).filter(|_| opening > 0) {
            Some(rest) => (rest, Cow::Owned(Profile::of(rest))),
            None => (self.text, Cow::Borrowed(&self.profile)),
        };
        // The very words of a text that does not govern are not what holds.
        let told = finding.reasons.iter().any(|r| r.code == "R12");
        let stale =
            |at: usize| told && !rules::version::governs(&self.table.sources[at].evidence.meta, self.table.as_of);
        for &at in members.iter().filter(|at| !stale(**at)) {
            match verbatim::find(&profile, words, &self.table.sources[at].for_quotes()) {
                Some(Verbatim::Whole(span)) => {
                    finding.verbatim = Some((at, span));
                    break;
                }
                Some(Verbatim::Cut { limit, .. }) => cut = cut.or(Some((at, limit))),
                None => {}
            }
        }
        if finding.verbatim.is_none() {
            let governing: Vec<usize> = members.iter().copied().filter(|&at| !stale(at)).collect();
            self.read_tables(&governing, &mut finding);
        }
        let told = finding.reasons.iter().any(|r| r.code == "R14");
        if let (Some((at, limit)), None, false) = (cut, finding.verbatim, told) {
            finding.reasons.push(explain::limit_dropped(&self.table.sources[at], limit));
        }
        Some(finding)
    }

    /// Rows of tables are read cell by cell; where none says the claim, its figures are not taken for found.
    fn read_tables(&self, members: &[usize], finding: &mut Finding) {
        let (stated, moved) = (Stated::of(&self.unit), Moved::of(&self.unit));
        for &at in members {
            let source = &self.table.sources[at];
            let told = stated.as_ref().and_then(|stated| stated.find(source));
            match told.or_else(|| moved.as_ref()?.find(source)) {
                Some(Tabled::Says(row)) => {
                    finding.tabled = Some((at, row));
                    // Whose figure it is, the cell tells better than words in common do; what was worked out from two
                    // cells need not be written anywhere.
                    let of_figures =
                        |r: &Reason| r.code == "R2" || r.effect != Effect::Ground && FIGURES.contains(&r.code);
                    finding.reasons.retain(|r| !of_figures(r));
                    return;
                }
                Some(Tabled::Other { claimed, figure, comparison }) => {
                    finding.reasons.push(explain::other_cell(source, self.text, claimed, figure, comparison));
                }
                None => {}
            }
        }
        let sources: Vec<&Source<'_>> = members.iter().map(|&at| &self.table.sources[at]).collect();
        let told = finding.reasons.iter().any(|r| r.effect == Effect::Contradict);
        if let (false, Some(figure)) = (told, tabled::only_in_rows(&self.unit, &sources)) {
            finding.reasons.push(explain::only_in_a_table(self.text, figure));
        }
    }

    fn check_rules(&self, members: &[usize]) -> Vec<Reason> {
        let mut lines = Vec::new();
        for &at in members {
            let source = &self.table.sources[at];
            let own = source.profiles.iter().map(|p| self.profile.coverage(&self.table.rarity, [p]));
            let shared = source.sentences.iter().map(|sentence| self.unit.shared_figures(&sentence.unit));
            let coverage: Vec<f32> = own.zip(shared).map(|(words, figures)| words.max(figures)).collect();
            lines.extend(source.for_rules(&coverage));
        }
        (self.table.check)(&Case { claim: self.unit.clone(), question: None, as_of: self.table.as_of, sources: lines })
    }

    fn is_foreign(&self, source: &Source<'_>) -> bool {
        !source.sentences.is_empty() && source.sentences.iter().all(|sentence| sentence.unit.lang != self.unit.lang)
    }

    fn features(&self, members: &[usize], run: f32) -> Features {
        let profiles: Vec<&Profile> = members.iter().flat_map(|&at| &self.table.sources[at].profiles).collect();
        let headings = members.iter().map(|&at| &self.table.sources[at].heading);
        let sentence = profiles.iter().map(|p| self.profile.coverage(&self.table.rarity, [*p])).fold(0.0, f32::max);
        Features {
            run,
            all: self.profile.plain_coverage(profiles.iter().copied().chain(headings)),
            sentence,
            cosine: 0.0,
        }
    }
}

/// One call of the model for every claim and sentence that the rules left open.
async fn ask_vectors(vectors: &Vectors, open: &mut [Opened<'_>], sources: &[Source<'_>]) -> Result<(), VerifyError> {
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
                .map(|at| dot(&vectors[claim], &vectors[at]))
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

#[cfg(test)]
#[path = "cascade_tests.rs"]
mod tests;
