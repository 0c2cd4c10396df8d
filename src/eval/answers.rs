//! `attest eval answers`: questions with and without an answer, through the whole pipeline.

mod figures;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Instant,
};

use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use time::Date;

use self::figures::{Counts, Tally};
pub use self::figures::{Figures, Sentences};
use super::{
    EvalError,
    contexts::{self, Passage},
    rows::{self, Journal},
};
use crate::{
    answer::{AnswerError, Ask, EVIDENCE, Pipeline, sufficiency::Features},
    domain::{
        answer::{Answer, Mode},
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Prediction {
    id: String,
    outcome: String,
    text: String,
    citations: Vec<CitationOut>,
    claims: Vec<ClaimOut>,
    /// What the gate saw and said, for fitting it on development data.
    gate: GateOut,
    counts: Counts,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct GateOut {
    lang: String,
    score: f32,
    cosine: f32,
    margin: f32,
    best_coverage: f32,
    union_coverage: f32,
    bm25: f32,
    agreement: f32,
    direct: f32,
    #[serde(default)]
    told: f32,
    #[serde(default)]
    other_years: f32,
}

impl GateOut {
    fn read(pipeline: &Pipeline, question: &str, answer: &Answer) -> Self {
        let f = Features::read(question, &answer.evidence);
        Self {
            lang: answer.lang.code().to_owned(),
            score: pipeline.gate.score(answer.lang, &f),
            cosine: f.cosine,
            margin: f.margin,
            best_coverage: f.best_coverage,
            union_coverage: f.union_coverage,
            bm25: f.bm25,
            agreement: f.agreement,
            direct: f.direct,
            told: f.told,
            other_years: f.other_years,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct CitationOut {
    label: u16,
    key: String,
    locator: String,
    quote: String,
    start: usize,
    end: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ClaimOut {
    text: String,
    verdict: String,
    shown: String,
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

/// Runs `file` through the pipeline, writes predictions to `out` as they come, and returns the figures. A run that was
/// interrupted is taken up where it stopped. `stored` gives the stored text of a document, to check quotes against.
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
    let mut tally = Tally::default();
    let total = rows.len();
    let journal = out.map(|out| Journal::open::<Prediction>(out, &run_name(file, options, pipeline)?)).transpose()?;
    let (mut journal, written) = journal.map_or_else(|| (None, Vec::new()), |(j, written)| (Some(j), written));
    // Rows are answered in order, so what was written is the beginning.
    let taken_up = written.iter().zip(&rows).take_while(|(prediction, row)| prediction.id == row.id).count();
    for (row, prediction) in rows.iter().zip(&written).take(taken_up) {
        tally.add(row, prediction);
    }
    progress(taken_up, total);
    let (shelf, stored) = (&shelf, &stored);
    let mut answers = stream::iter(rows.iter().enumerate().skip(taken_up))
        .map(|(at, row)| async move { (row, one(file, at, row, options, pipeline, shelf, stored).await) })
        .buffered(options.at_once.max(1));
    let mut done = taken_up;
    while let Some((row, answered)) = answers.next().await {
        let (answer, sources) = answered?;
        let prediction = prediction(row, &answer, &sources, GateOut::read(pipeline, &row.question, &answer));
        tally.add(row, &prediction);
        if let Some(journal) = &mut journal {
            journal.add(&prediction)?;
        }
        done += 1;
        progress(done, total);
    }
    match (journal, out) {
        // An earlier run went further than this one: its rows stay where it can go on.
        (Some(_), Some(out)) if written.len() > total => rows::write(out, &written[..total])?,
        (Some(journal), _) => journal.finish()?,
        (None, _) => {}
    }
    Ok(tally.figures(taken_up, started.elapsed().as_secs_f64()))
}

/// Tells runs apart whose answers differ: by questions, options and models. The limit is not among them: a longer run goes
/// on from a shorter one.
fn run_name(file: &Path, options: &Options, pipeline: &Pipeline) -> Result<String, EvalError> {
    let questions = std::fs::read(file).map_err(|e| EvalError::read(file, &e))?;
    let Options { source, mode, as_of, limit: _, seed, at_once: _ } = options;
    let what = format!(
        "{source:?} {mode:?} {as_of:?} {seed} {:?} {} {:?} {:?} {:?} {:?}",
        pipeline.sampling,
        pipeline.unguarded,
        pipeline.gate,
        pipeline.generator.as_ref().map(|generator| generator.identity()),
        pipeline.verifier.model(),
        pipeline.verifier.judge()
    );
    let mut hash = blake3::Hasher::new();
    hash.update(&questions).update(what.as_bytes());
    Ok(hash.finalize().to_hex()[..8].to_owned())
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

fn prediction(row: &Row, answer: &Answer, sources: &[Option<String>], gate: GateOut) -> Prediction {
    let shown = answer.sentences.iter().filter(|s| s.shown != Shown::Withheld);
    Prediction {
        id: row.id.clone(),
        outcome: answer.outcome.code().to_owned(),
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
                verdict: s.judgement.verdict.code().to_owned(),
                shown: s.shown.code().to_owned(),
            })
            .collect(),
        gate,
        counts: Counts::of(row, answer, sources),
    }
}
