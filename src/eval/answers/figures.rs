//! What is counted over answers.

use serde::{Deserialize, Serialize};

use super::{Prediction, Row, citations};
use crate::{
    domain::{answer::Answer, evidence::Citation, policy::Shown},
    eval::integrity::Integrity,
};

/// What became of the sentences of one answer, or of all in a run.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Sentences {
    #[serde(rename = "sentences_shown")]
    pub shown: usize,
    #[serde(rename = "sentences_shown_supported")]
    pub shown_supported: usize,
    #[serde(rename = "sentences_withheld")]
    pub withheld: usize,
    /// All that were written and judged, shown or not, and those of them that a source backs.
    #[serde(rename = "sentences_written")]
    pub written: usize,
    #[serde(rename = "sentences_written_supported")]
    pub written_supported: usize,
    /// What became of a generator's sentences.
    pub kept: usize,
    pub repaired: usize,
    pub quoted: usize,
    pub dropped: usize,
    pub retries: usize,
    pub integrity: Integrity,
}

impl Sentences {
    /// `sources`: the stored text behind each citation.
    fn of(answer: &Answer, sources: &[Option<String>]) -> Self {
        let mut counts = Self::default();
        for sentence in &answer.sentences {
            let supported = usize::from(sentence.judgement.verdict.is_supported());
            counts.written += 1;
            counts.written_supported += supported;
            if sentence.shown == Shown::Withheld {
                counts.withheld += 1;
            } else {
                counts.shown += 1;
                counts.shown_supported += supported;
            }
        }
        if let Some(writing) = &answer.provenance.writing {
            counts.kept = writing.kept;
            counts.repaired = writing.repaired;
            counts.quoted = writing.quoted;
            counts.dropped = writing.dropped;
            counts.retries = writing.retries;
        }
        for (citation, text) in citations(answer).zip(sources) {
            counts.integrity.citation(citation, text.as_deref(), answer);
        }
        counts.integrity.answer(answer);
        counts
    }

    fn merge(&mut self, other: &Self) {
        self.shown += other.shown;
        self.shown_supported += other.shown_supported;
        self.withheld += other.withheld;
        self.written += other.written;
        self.written_supported += other.written_supported;
        self.kept += other.kept;
        self.repaired += other.repaired;
        self.quoted += other.quoted;
        self.dropped += other.dropped;
        self.retries += other.retries;
        self.integrity.merge(&other.integrity);
    }
}

/// What one answer adds to the figures.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    #[serde(flatten)]
    sentences: Sentences,
    /// Whether the text holds a reference answer.
    contains: bool,
    /// Whether a gold source is cited, and whether it is the one that is cited first.
    cites: bool,
    #[serde(default)]
    cites_first: bool,
}

impl Counts {
    /// `sources`: the stored text behind each citation.
    pub(super) fn of(row: &Row, answer: &Answer, sources: &[Option<String>]) -> Self {
        let is_gold = |c: &Citation| {
            row.relevant.iter().any(|g| g.key == c.meta.key && g.locator.as_ref().is_none_or(|l| *l == c.locator))
        };
        Self {
            sentences: Sentences::of(answer, sources),
            contains: contains(answer.text.as_str(), row),
            cites: citations(answer).any(is_gold),
            cites_first: citations(answer).next().is_some_and(is_gold),
        }
    }
}

/// Counts over a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    pub questions: usize,
    pub answerable: usize,
    pub answered: usize,
    pub flagged: usize,
    pub abstained: usize,
    /// Of the abstentions, the share on questions without an answer; the baseline is the share of such questions.
    pub abstain_precision: Option<f64>,
    pub abstain_recall: Option<f64>,
    pub baseline_unanswerable_share: f64,
    /// Of the answered ones among the answerable, the share that contains a reference answer.
    pub contains_reference: Option<f64>,
    /// Of the answers to questions with gold sources, the share that cites one of them, and that cites one first.
    pub cites_gold: Option<f64>,
    pub cites_gold_first: Option<f64>,
    #[serde(flatten)]
    pub sentences: Sentences,
    /// Questions that an interrupted run had answered.
    pub taken_up: usize,
    /// Of this run.
    pub seconds: f64,
}

#[derive(Default)]
pub(super) struct Tally {
    figures: Figures,
    abstained_right: usize,
    unanswerable: usize,
    gave: usize,
    contains: usize,
    with_gold: usize,
    cites: usize,
    cites_first: usize,
}

impl Tally {
    pub(super) fn add(&mut self, row: &Row, prediction: &Prediction) {
        let (figures, counts) = (&mut self.figures, &prediction.counts);
        figures.questions += 1;
        figures.answerable += usize::from(row.answerable);
        self.unanswerable += usize::from(!row.answerable);
        let gave = match prediction.outcome.as_str() {
            "answered" => &mut figures.answered,
            "flagged" => &mut figures.flagged,
            _ => {
                self.abstained_right += usize::from(!row.answerable);
                &mut figures.abstained
            }
        };
        *gave += 1;
        figures.sentences.merge(&counts.sentences);
        if row.answerable && prediction.outcome != "abstained" {
            self.gave += 1;
            self.contains += usize::from(counts.contains);
            if !row.relevant.is_empty() {
                self.with_gold += 1;
                self.cites += usize::from(counts.cites);
                self.cites_first += usize::from(counts.cites_first);
            }
        }
    }

    pub(super) fn figures(mut self, taken_up: usize, seconds: f64) -> Figures {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        self.figures.abstain_precision = share(self.abstained_right, self.figures.abstained);
        self.figures.abstain_recall = share(self.abstained_right, self.unanswerable);
        self.figures.baseline_unanswerable_share = share(self.unanswerable, self.figures.questions).unwrap_or(0.0);
        self.figures.contains_reference = share(self.contains, self.gave);
        self.figures.cites_gold = share(self.cites, self.with_gold);
        self.figures.cites_gold_first = share(self.cites_first, self.with_gold);
        (self.figures.taken_up, self.figures.seconds) = (taken_up, seconds);
        self.figures
    }
}

/// Whether the text contains a reference answer (all of them where the row says so), white space, case and
/// punctuation aside.
fn contains(text: &str, row: &Row) -> bool {
    let text = squeeze(text);
    let mut hits = row.answers.iter().map(|answer| {
        let answer = squeeze(answer);
        !answer.is_empty() && text.contains(&answer)
    });
    if row.matching.as_deref() == Some("all") {
        !row.answers.is_empty() && hits.all(|hit| hit)
    } else {
        hits.any(|hit| hit)
    }
}

fn squeeze(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '.' || *c == '%').collect()
}
