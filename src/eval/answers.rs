//! `attest eval answers`: questions with and without an answer, through the whole pipeline.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Instant,
};

use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use time::Date;

use super::{
    EvalError,
    contexts::{self, Passage},
    integrity::Integrity,
    rows,
};
use crate::{
    answer::{AnswerError, Ask, EVIDENCE, Pipeline, sufficiency::Features},
    domain::{
        answer::{Answer, Mode, Outcome},
        document::{CollectionName, Domain},
        evidence::Citation,
        policy::Shown,
    },
};

/// One question of a QA file; see the formats of the evaluation data.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub id: String,
    pub question: String,
    #[serde(default)]
    pub domain: Option<String>,
    pub answerable: bool,
    #[serde(default)]
    pub answers: Vec<String>,
    #[serde(default)]
    pub contexts: Vec<String>,
    #[serde(default)]
    pub context_keys: Vec<String>,
    #[serde(default)]
    pub relevant: Vec<Gold>,
    #[serde(default, rename = "match")]
    pub matching: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Gold {
    pub key: String,
    #[serde(default)]
    pub locator: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Prediction {
    id: String,
    outcome: &'static str,
    text: String,
    citations: Vec<CitationOut>,
    claims: Vec<ClaimOut>,
    /// What the gate saw and said, for fitting it on development data.
    gate: GateOut,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct GateOut {
    lang: &'static str,
    score: f32,
    cosine: f32,
    margin: f32,
    best_coverage: f32,
    union_coverage: f32,
    bm25: f32,
    agreement: f32,
    direct: f32,
}

impl GateOut {
    fn read(pipeline: &Pipeline, question: &str, answer: &Answer) -> Self {
        let f = Features::read(question, &answer.evidence);
        Self {
            lang: answer.lang.code(),
            score: pipeline.gate.score(answer.lang, &f),
            cosine: f.cosine,
            margin: f.margin,
            best_coverage: f.best_coverage,
            union_coverage: f.union_coverage,
            bm25: f.bm25,
            agreement: f.agreement,
            direct: f.direct,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct CitationOut {
    label: u16,
    key: String,
    locator: String,
    quote: String,
    start: usize,
    end: usize,
}

#[derive(Clone, Debug, Serialize)]
struct ClaimOut {
    text: String,
    verdict: &'static str,
    shown: &'static str,
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
    /// Of the answers to questions with gold sources, the share that cites one of them.
    pub cites_gold: Option<f64>,
    pub sentences_shown: usize,
    pub sentences_shown_supported: usize,
    pub sentences_withheld: usize,
    /// All that were written and judged, shown or not, and those of them that a source backs.
    pub sentences_written: usize,
    pub sentences_written_supported: usize,
    /// What became of a generator's sentences.
    pub kept: usize,
    pub repaired: usize,
    pub quoted: usize,
    pub dropped: usize,
    pub retries: usize,
    pub integrity: Integrity,
    pub seconds: f64,
}

/// Where the evidence comes from.
#[derive(Clone, Debug)]
pub enum Source {
    Collections(Vec<CollectionName>),
    /// The passages given with each question.
    Contexts,
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    pub source: Source,
    pub mode: Mode,
    pub as_of: Option<Date>,
    /// Only the first so many questions.
    pub limit: Option<usize>,
    /// Of the sampler.
    pub seed: u32,
    /// Questions answered at the same time, as the clients of a server would ask them.
    pub at_once: usize,
}

/// Runs `file` through the pipeline, writes predictions to `out`, and returns the figures. `stored` gives the stored
/// text of a document, to check quotes against.
pub async fn run<F>(
    file: &Path,
    out: Option<&Path>,
    options: &Options,
    pipeline: &Pipeline,
    stored: F,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Figures, EvalError>
where
    F: AsyncFn(&CollectionName, &str) -> Option<String>,
{
    let started = Instant::now();
    let mut rows: Vec<Row> = rows::read(file)?;
    rows::check_unique(file, rows.iter().map(|row| row.id.as_str()))?;
    if let Some(limit) = options.limit {
        rows.truncate(limit);
    }
    let shelf = shelf(file)?;
    let mut predictions = Vec::new();
    let mut tally = Tally::default();
    let total = rows.len();
    let (shelf, stored) = (&shelf, &stored);
    let mut answers = stream::iter(rows.iter().enumerate())
        .map(|(at, row)| async move { (row, one(file, at, row, options, pipeline, shelf, stored).await) })
        .buffered(options.at_once.max(1));
    let mut done = 0;
    while let Some((row, answered)) = answers.next().await {
        let (answer, sources) = answered?;
        for (citation, text) in citations(&answer).zip(&sources) {
            tally.figures.integrity.citation(citation, text.as_deref(), &answer);
        }
        tally.add(row, &answer);
        if out.is_some() {
            predictions.push(prediction(row, &answer, GateOut::read(pipeline, &row.question, &answer)));
        }
        done += 1;
        progress(done, total);
    }
    if let Some(path) = out {
        rows::write(path, &predictions)?;
    }
    Ok(tally.figures(started.elapsed().as_secs_f64()))
}

/// The answer to the row at `at`, and the stored text behind each of its citations.
async fn one<F>(
    file: &Path,
    at: usize,
    row: &Row,
    options: &Options,
    pipeline: &Pipeline,
    shelf: &HashMap<String, String>,
    stored: &F,
) -> Result<(Answer, Vec<Option<String>>), EvalError>
where
    F: AsyncFn(&CollectionName, &str) -> Option<String>,
{
    let collections = match &options.source {
        Source::Collections(names) => names.clone(),
        Source::Contexts => Vec::new(),
    };
    let ask = Ask {
        question: row.question.clone(),
        earlier: Vec::new(),
        read_as: None,
        collections,
        mode: options.mode,
        as_of: options.as_of,
        domain: row.domain.as_deref().and_then(Domain::parse).unwrap_or_default(),
        lang: None,
    };
    // Each question draws with a seed of its own, the same one in every run.
    let mut pipeline = pipeline.clone();
    pipeline.sampling.seed = options.seed.wrapping_add(u32::try_from(at).unwrap_or(0).wrapping_mul(1000));
    let failed = |problem: AnswerError| EvalError::Case { id: row.id.clone(), problem: problem.to_string() };
    let mut sources = Vec::new();
    let answer = match &options.source {
        Source::Collections(_) => {
            let answer = pipeline.answer(&ask, None).await.map_err(failed)?;
            for citation in citations(&answer) {
                sources.push(stored(&citation.collection, &citation.meta.key).await);
            }
            answer
        }
        Source::Contexts => {
            let passages = passages(file, row, shelf)?;
            let evidence =
                contexts::evidence(&row.question, &passages, ask.domain, pipeline.embedder.as_deref(), EVIDENCE)
                    .await?;
            let answer = pipeline.answer_from(&ask, evidence, None).await.map_err(failed)?;
            sources.extend(citations(&answer).map(|citation| {
                let passage = passages.iter().find(|p| p.key == citation.meta.key && p.locator == citation.locator);
                passage.map(|p| p.text.clone())
            }));
            answer
        }
    };
    Ok((answer, sources))
}

fn citations(answer: &Answer) -> impl Iterator<Item = &Citation> {
    answer.sentences.iter().flat_map(|sentence| sentence.judgement.verdict.citations())
}

/// Passages that several questions share: `<name>.contexts.jsonl` beside `<name>.jsonl`.
fn shelf(file: &Path) -> Result<HashMap<String, String>, EvalError> {
    #[derive(Deserialize)]
    struct Shared {
        key: String,
        text: String,
    }
    let beside = beside(file);
    if !beside.exists() {
        return Ok(HashMap::new());
    }
    Ok(rows::read::<Shared>(&beside)?.into_iter().map(|shared| (shared.key, shared.text)).collect())
}

fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    file.with_file_name(format!("{stem}.contexts.jsonl"))
}

fn passages(file: &Path, row: &Row, shelf: &HashMap<String, String>) -> Result<Vec<Passage>, EvalError> {
    let own = row
        .contexts
        .iter()
        .enumerate()
        .map(|(n, text)| Ok(Passage { key: "context".to_owned(), locator: n.to_string(), text: text.clone() }));
    let shared = row.context_keys.iter().map(|key| {
        let text = shelf.get(key).ok_or_else(|| EvalError::Case {
            id: row.id.clone(),
            problem: format!("the passage '{key}' is not in {}", beside(file).display()),
        })?;
        Ok(Passage { key: key.clone(), locator: String::new(), text: text.clone() })
    });
    own.chain(shared).collect()
}

fn prediction(row: &Row, answer: &Answer, gate: GateOut) -> Prediction {
    let shown = answer.sentences.iter().filter(|s| s.shown != Shown::Withheld);
    Prediction {
        id: row.id.clone(),
        outcome: answer.outcome.code(),
        text: answer.text.as_str().to_owned(),
        citations: shown
            .flat_map(|s| s.judgement.verdict.citations())
            .map(|c| CitationOut {
                label: c.label.0,
                key: c.meta.key.clone(),
                locator: c.locator.clone(),
                quote: c.quote.clone(),
                start: c.span.start(),
                end: c.span.end(),
            })
            .collect(),
        claims: answer
            .sentences
            .iter()
            .map(|s| ClaimOut {
                text: s.judgement.claim.text.clone(),
                verdict: s.judgement.verdict.code(),
                shown: s.shown.code(),
            })
            .collect(),
        gate,
    }
}

#[derive(Default)]
struct Tally {
    figures: Figures,
    abstained_right: usize,
    unanswerable: usize,
    gave: usize,
    contains: usize,
    with_gold: usize,
    cites: usize,
}

impl Tally {
    fn add(&mut self, row: &Row, answer: &Answer) {
        let figures = &mut self.figures;
        figures.questions += 1;
        figures.answerable += usize::from(row.answerable);
        self.unanswerable += usize::from(!row.answerable);
        match answer.outcome {
            Outcome::Answered => figures.answered += 1,
            Outcome::Flagged => figures.flagged += 1,
            Outcome::Abstained(_) => {
                figures.abstained += 1;
                self.abstained_right += usize::from(!row.answerable);
            }
        }
        for sentence in &answer.sentences {
            let supported = usize::from(sentence.judgement.verdict.is_supported());
            figures.sentences_written += 1;
            figures.sentences_written_supported += supported;
            if sentence.shown == Shown::Withheld {
                figures.sentences_withheld += 1;
            } else {
                figures.sentences_shown += 1;
                figures.sentences_shown_supported += supported;
            }
        }
        if let Some(writing) = &answer.provenance.writing {
            figures.kept += writing.kept;
            figures.repaired += writing.repaired;
            figures.quoted += writing.quoted;
            figures.dropped += writing.dropped;
            figures.retries += writing.retries;
        }
        figures.integrity.answer(answer);
        if row.answerable && !matches!(answer.outcome, Outcome::Abstained(_)) {
            self.gave += 1;
            self.contains += usize::from(contains(answer.text.as_str(), row));
            if !row.relevant.is_empty() {
                self.with_gold += 1;
                let hit = answer.sentences.iter().flat_map(|s| s.judgement.verdict.citations()).any(|c| {
                    row.relevant
                        .iter()
                        .any(|g| g.key == c.meta.key && g.locator.as_ref().is_none_or(|l| *l == c.locator))
                });
                self.cites += usize::from(hit);
            }
        }
    }

    fn figures(mut self, seconds: f64) -> Figures {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        self.figures.abstain_precision = share(self.abstained_right, self.figures.abstained);
        self.figures.abstain_recall = share(self.abstained_right, self.unanswerable);
        self.figures.baseline_unanswerable_share = share(self.unanswerable, self.figures.questions).unwrap_or(0.0);
        self.figures.contains_reference = share(self.contains, self.gave);
        self.figures.cites_gold = share(self.cites, self.with_gold);
        self.figures.seconds = seconds;
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
