//! Does the right passage come up? Questions with their gold passages in, rankings and figures out.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};
use time::{Date, format_description::well_known::Iso8601};

use super::{EvalError, rows};
use crate::{
    domain::{
        document::CollectionName,
        evidence::{EvidenceSet, Query, Switches},
    },
    ports::{RetrieveError, Retriever},
};

/// Ranks at which recall is taken.
const CUTS: [usize; 4] = [5, 10, 20, 100];

/// Chunks fetched for a ranking of 100 sections: a section may be several chunks.
const FETCHED: usize = 200;

/// Results of the search whose time is taken: what an answer asks for.
const TIMED: usize = 20;

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    /// Parts of retrieval that are on.
    pub switches: Switches,
    /// The parts of retrieval alone and together, side by side, instead of `switches` alone.
    pub all: bool,
    /// The day for questions that name none.
    pub today: Date,
    /// Where rankings are written; with `all`, those of the last row.
    pub out: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
struct Case {
    id: String,
    query: String,
    relevant: Vec<Gold>,
    as_of: Option<String>,
    lang: Option<String>,
    domain: Option<String>,
    slice: Option<String>,
    part: Option<String>,
}

impl Case {
    fn group(&self, field: &str) -> Option<&str> {
        match field {
            "lang" => self.lang.as_deref(),
            "domain" => self.domain.as_deref(),
            "slice" => self.slice.as_deref(),
            _ => self.part.as_deref(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Gold {
    key: String,
    locator: String,
    #[serde(default = "one")]
    grade: u32,
}

const fn one() -> u32 {
    1
}

/// A case's ranking, as it is written to the file of predictions.
#[derive(Clone, Debug, Serialize)]
pub struct Prediction {
    pub id: String,
    pub results: Vec<Place>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Place {
    pub key: String,
    pub locator: String,
    pub score: f32,
}

/// Means over a group of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Cases with something to find.
    pub n: usize,
    #[serde(rename = "recall@5")]
    pub recall_5: f64,
    #[serde(rename = "recall@10")]
    pub recall_10: f64,
    #[serde(rename = "recall@20")]
    pub recall_20: f64,
    #[serde(rename = "recall@100")]
    pub recall_100: f64,
    #[serde(rename = "mrr@10")]
    pub mrr_10: f64,
    #[serde(rename = "ndcg@10")]
    pub ndcg_10: f64,
}

/// One configuration over all cases.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// "lexical", "vector", "fused" …
    pub name: String,
    /// "all", then each value of each field that the cases differ in, as "slice=current".
    pub groups: BTreeMap<String, Figures>,
    /// Milliseconds of one search for 20 results, the question's embedding included.
    pub p50_ms: f64,
    pub p95_ms: f64,
    /// Share of the searched chunks that have a vector, in 1/1000.
    pub vectors_permille: u16,
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Runs the evaluation, writes predictions where asked to, and prints the figures.
pub async fn command(file: &Path, settings: &Settings, retriever: &dyn Retriever, json: bool) -> Result<(), EvalError> {
    let rows = run(file, settings, retriever).await?;
    if let (Some(out), Some(last)) = (&settings.out, rows.last()) {
        rows::write(out, &last.predictions)?;
    }
    if json {
        println!("{}", serde_json::json!({ "rows": rows }));
    } else {
        print!("{}", table(&rows));
    }
    Ok(())
}

/// One row for each configuration.
pub async fn run(file: &Path, settings: &Settings, retriever: &dyn Retriever) -> Result<Vec<Row>, EvalError> {
    let cases: Vec<Case> = rows::read(file)?;
    rows::check_unique(file, cases.iter().map(|case| case.id.as_str()))?;
    let configurations = if settings.all {
        side_by_side(settings.switches, retriever)
    } else {
        vec![(name_of(settings.switches), settings.switches)]
    };
    let mut rows = Vec::with_capacity(configurations.len());
    for (name, switches) in configurations {
        rows.push(row(name, &cases, switches, settings, file, retriever).await?);
    }
    Ok(rows)
}

/// Each part alone, then what it gains from the next.
fn side_by_side(base: Switches, retriever: &dyn Retriever) -> Vec<(&'static str, Switches)> {
    let plain = Switches { expand: false, adapt: false, rerank: false, ..base };
    let expanded = Switches { expand: true, ..plain };
    let tuned = Switches { adapt: true, ..expanded };
    let (has_adapter, has_reranker) = (retriever.query_adapter().is_some(), retriever.reranker().is_some());
    let rows = [
        ("lexical, plain", true, Switches { vector: false, ..plain }),
        ("lexical", true, Switches { vector: false, ..expanded }),
        ("vector, untuned", has_adapter, Switches { lexical: false, ..plain }),
        ("vector", true, Switches { lexical: false, ..tuned }),
        ("fused", true, tuned),
        ("reranked", has_reranker, Switches { rerank: true, ..tuned }),
    ];
    rows.into_iter().filter(|(_, there, _)| *there).map(|(name, _, switches)| (name, switches)).collect()
}

const fn name_of(switches: Switches) -> &'static str {
    match (switches.lexical, switches.vector) {
        (true, true) => "fused",
        (true, false) => "lexical",
        (false, true) => "vector",
        (false, false) => "direct",
    }
}

async fn row(
    name: &str,
    cases: &[Case],
    switches: Switches,
    settings: &Settings,
    file: &Path,
    retriever: &dyn Retriever,
) -> Result<Row, EvalError> {
    let mut predictions = Vec::with_capacity(cases.len());
    let mut scores = Vec::with_capacity(cases.len());
    let mut times = Vec::with_capacity(cases.len());
    let mut vectors_permille = 1000;
    for case in cases {
        let as_of = match case.as_of.as_deref() {
            None => settings.today,
            Some(text) => Date::parse(text, &Iso8601::DATE).map_err(|_| EvalError::Case {
                id: case.id.clone(),
                problem: format!("as_of '{text}' in {} is no date; write it as 2026-01-31", file.display()),
            })?,
        };
        let query = |limit| Query {
            text: case.query.clone(),
            collections: settings.collections.clone(),
            as_of,
            statuses: None,
            lang: None,
            limit,
            switches,
        };
        let failed = |problem: RetrieveError| EvalError::Retrieve { id: case.id.clone(), problem };
        let started = Instant::now();
        let answer = retriever.retrieve(&query(TIMED)).await.map_err(failed)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        vectors_permille = vectors_permille.min(answer.searched.vectors_permille);
        let results = places(&retriever.retrieve(&query(FETCHED)).await.map_err(failed)?);
        scores.push(score(&case.relevant, &results));
        predictions.push(Prediction { id: case.id.clone(), results });
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    let (p50_ms, p95_ms) = (at(50).unwrap_or(0.0), at(95).unwrap_or(0.0));
    let groups = group(cases, &scores);
    Ok(Row { name: name.to_owned(), groups, p50_ms, p95_ms, vectors_permille, predictions })
}

/// Gold is given by section: the best chunk of each stands for it.
fn places(set: &EvidenceSet) -> Vec<Place> {
    let mut seen = HashSet::new();
    set.items()
        .iter()
        .filter(|evidence| seen.insert((evidence.meta.key.as_str(), evidence.chunk.locator.as_str())))
        .take(100)
        .map(|evidence| Place {
            key: evidence.meta.key.clone(),
            locator: evidence.chunk.locator.clone(),
            score: evidence.score,
        })
        .collect()
}

/// Figures of one case; `None` where there is nothing to find.
fn score(relevant: &[Gold], results: &[Place]) -> Option<Figures> {
    let mut grades: HashMap<(&str, &str), u32> = HashMap::new();
    for gold in relevant {
        let grade = grades.entry((&gold.key, &gold.locator)).or_default();
        *grade = gold.grade.max(*grade);
    }
    let hits: HashSet<(&str, &str)> =
        grades.iter().filter(|(_, grade)| **grade >= 1).map(|(place, _)| *place).collect();
    if hits.is_empty() {
        return None;
    }
    let ranked: Vec<(&str, &str)> = results.iter().map(|place| (place.key.as_str(), place.locator.as_str())).collect();
    let recall = CUTS
        .map(|cut| ranked.iter().take(cut).filter(|place| hits.contains(*place)).count() as f64 / hits.len() as f64);
    let first = ranked.iter().take(10).position(|place| hits.contains(place));
    let gain = |(n, grade): (usize, u32)| (2_f64.powf(f64::from(grade)) - 1.0) / (n as f64 + 2.0).log2();
    let found: f64 =
        ranked.iter().take(10).map(|place| grades.get(place).copied().unwrap_or(0)).enumerate().map(gain).sum();
    let mut best: Vec<u32> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal: f64 = best.into_iter().take(10).enumerate().map(gain).sum();
    Some(Figures {
        n: 1,
        recall_5: recall[0],
        recall_10: recall[1],
        recall_20: recall[2],
        recall_100: recall[3],
        mrr_10: first.map_or(0.0, |at| 1.0 / (at + 1) as f64),
        ndcg_10: if ideal > 0.0 { found / ideal } else { 0.0 },
    })
}

fn group(cases: &[Case], scores: &[Option<Figures>]) -> BTreeMap<String, Figures> {
    let mut members: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
    members.insert("all".to_owned(), scores.iter().flatten().copied().collect());
    for field in ["lang", "domain", "slice", "part"] {
        let mut values: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
        for (case, score) in cases.iter().zip(scores) {
            if let Some(value) = case.group(field) {
                values.entry(format!("{field}={value}")).or_default().extend(score);
            }
        }
        if values.len() > 1 {
            members.extend(values);
        }
    }
    members.into_iter().map(|(name, scores)| (name, mean(&scores))).collect()
}

fn mean(scores: &[Figures]) -> Figures {
    let mean = |value: fn(&Figures) -> f64| {
        if scores.is_empty() { 0.0 } else { scores.iter().map(value).sum::<f64>() / scores.len() as f64 }
    };
    Figures {
        n: scores.len(),
        recall_5: mean(|f| f.recall_5),
        recall_10: mean(|f| f.recall_10),
        recall_20: mean(|f| f.recall_20),
        recall_100: mean(|f| f.recall_100),
        mrr_10: mean(|f| f.mrr_10),
        ndcg_10: mean(|f| f.ndcg_10),
    }
}

/// The figures as a person reads them: configurations side by side, group by group.
fn table(rows: &[Row]) -> String {
    let mut out = format!(
        "{:<24} {:<9} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        "group", "search", "n", "rec@5", "rec@10", "rec@20", "rec@100", "mrr@10", "ndcg@10"
    );
    let groups: Vec<&String> = rows.first().map(|row| row.groups.keys().collect()).unwrap_or_default();
    for group in groups {
        for row in rows {
            let f = row.groups.get(group).copied().unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "{group:<24} {:<9} {:>6} {:>8.3} {:>8.3} {:>8.3} {:>8.3} {:>8.3} {:>8.3}",
                row.name, f.n, f.recall_5, f.recall_10, f.recall_20, f.recall_100, f.mrr_10, f.ndcg_10
            );
        }
    }
    for row in rows {
        let _ = writeln!(out, "{:<9} p50 {:.1} ms, p95 {:.1} ms", row.name, row.p50_ms, row.p95_ms);
        if row.name != "lexical" && row.vectors_permille < 1000 {
            let _ = writeln!(
                out,
                "          only {:.1} % of the chunks have a vector yet: this row is not final",
                f64::from(row.vectors_permille) / 10.0
            );
        }
    }
    out
}

#[cfg(test)]
#[path = "retrieval_tests.rs"]
mod tests;
