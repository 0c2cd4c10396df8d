//! The subject of `attest bench --grow-to N`: a knowledge base made of the passages at hand, mixed and changed, with
//! vectors that lie as theirs do.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    App,
    bench::{BenchError, Scratch},
};
use crate::{
    domain::{
        answer::ModelIdentity,
        document::{ChunkId, Collection, CollectionName, Domain},
        evidence::{Query, Switches},
    },
    eval::growth::{Filtered, Spread, Stage},
    ingest::{IngestOptions, Ingester, read::WrittenMeta},
    ports::{EmbedKind, Embedder, ModelError, Priority, Retriever, Store, StoredChunk},
    retrieve::{self, Engine, dot},
    store::SqliteStore,
};

/// Passages that everything is made of, and the least of them that make sense.
const BASE: usize = 20_000;
const LEAST: usize = 500;

/// Passages of a document, and documents read at once.
const SECTIONS: u64 = 50;
const DOCUMENTS: u64 = 100;

/// Searches of each kind at each size, and those whose exact neighbours are looked up.
const SEARCHES: usize = 100;
const COMPARED: usize = 50;
const RESULTS: usize = 20;

/// One document in so many, of which the number leaves this remainder, lies in the collection of this name; in the last
/// one, what is left.
const SHARES: [(&str, u64, u64); 4] =
    [("tenth-percent", 1_000, 500), ("one-percent", 100, 50), ("ten-percent", 10, 4), ("half", 2, 1)];
const REST: &str = "rest";

impl App {
    /// Grows a knowledge base to `most` passages in steps of about three times and measures each size.
    ///
    /// # Errors
    /// [`BenchError::NothingToMeasure`] where fewer than 500 passages with vectors are at hand.
    pub async fn growth(&self, most: u64, told: &(dyn Fn(String) + Sync)) -> Result<Vec<Stage>, BenchError> {
        let base = self.passages_with_vectors().await?;
        if base.len() < LEAST {
            return Err(BenchError::NothingToMeasure { passages: base.len(), wanted: LEAST });
        }
        let scratch = Scratch::new(self)?;
        let mut growing = Growing::open(Synthetic { base }, &scratch.0).await?;
        let mut stages = Vec::new();
        for size in sizes(most) {
            told(format!("{size} passages"));
            stages.push(growing.grow_to(size).await?);
        }
        Ok(stages)
    }

    async fn passages_with_vectors(&self) -> Result<Vec<(String, Vec<f32>)>, BenchError> {
        let Some(embedder) = self.embedder_name() else { return Ok(Vec::new()) };
        let (mut vectors, mut after) = (HashMap::new(), 0);
        while vectors.len() < BASE {
            let page = self.store().vectors_after(&embedder, after, 4_096).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            vectors.extend(page.into_iter().map(|stored| (stored.chunk, stored.values)));
        }
        let mut ids: Vec<ChunkId> = vectors.keys().copied().collect();
        ids.sort_unstable();
        let mut base = Vec::with_capacity(ids.len());
        for page in ids.chunks(500) {
            let chunks = self.store().chunks(page).await?;
            base.extend(chunks.into_iter().filter_map(|s| Some((s.chunk.text, vectors.remove(&s.chunk.id)?))));
        }
        Ok(base)
    }
}

/// 10,000 and on in steps of about three times, up to `most`.
fn sizes(most: u64) -> Vec<u64> {
    let steps = (4_u32..).flat_map(|power| [10_u64.pow(power), 3 * 10_u64.pow(power)]);
    let mut sizes: Vec<u64> = steps.take_while(|size| *size < most).collect();
    sizes.push(most);
    sizes
}

/// Made-up passages and their vectors, the same every time.
struct Synthetic {
    base: Vec<(String, Vec<f32>)>,
}

impl Synthetic {
    /// Three of the base, and a number of its own.
    fn drawn(&self, of: u64) -> ([usize; 3], u64) {
        let hash = blake3::hash(&of.to_le_bytes());
        let numbers: Vec<u64> = hash
            .as_bytes()
            .chunks_exact(8)
            .map(|bytes| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
            .collect();
        let n = self.base.len() as u64;
        let one = |at: usize| usize::try_from(numbers[at] % n).unwrap_or(0);
        ([one(0), one(1), one(2)], numbers[3])
    }

    /// The beginning of one passage, the end of another, and other digits.
    fn text(&self, of: u64) -> String {
        let ([first, second, _], mut number) = self.drawn(of);
        let (first, second) = (&self.base[first].0, &self.base[second].0);
        let half = |text: &str| text.chars().count() / 2;
        let mut digit = || {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from_digit(u32::try_from(number >> 33).unwrap_or(0) % 10, 10).unwrap_or('0')
        };
        let mixed = first.chars().take(half(first)).chain(second.chars().skip(half(second)));
        mixed.map(|c| if c.is_ascii_digit() { digit() } else { c }).collect()
    }

    /// A vector of the base moved by some of what sets two others apart.
    fn vector(&self, of: u64) -> Vec<f32> {
        let ([a, b, c], _) = self.drawn(of);
        let (a, b, c) = (&self.base[a].1, &self.base[b].1, &self.base[c].1);
        unit(a.iter().zip(b).zip(c).map(|((a, b), c)| a + 0.4 * (b - c)).collect())
    }

    /// Questions as long as people ask them, near passages but none of them.
    fn question(&self, n: usize) -> (String, Vec<f32>) {
        let ([a, b, c], _) = self.drawn(u64::MAX - n as u64);
        let (text, values) = &self.base[a];
        let words = text.chars().filter(|c| !c.is_control()).take(if text.is_ascii() { 60 } else { 24 });
        let (b, c) = (&self.base[b].1, &self.base[c].1);
        let vector = unit(values.iter().zip(b).zip(c).map(|((a, b), c)| a + 0.25 * (b - c)).collect());
        (format!("{} {n}", words.collect::<String>()), vector)
    }
}

/// Embedders give unit vectors; what has no direction stays as it is and is refused later.
fn unit(values: Vec<f32>) -> Vec<f32> {
    retrieve::unit(values).unwrap_or_default()
}

/// Knows the vectors of the questions beforehand: embedding is not what is measured.
struct Prepared {
    identity: ModelIdentity,
    dimensions: usize,
    known: HashMap<String, Vec<f32>>,
}

#[async_trait]
impl Embedder for Prepared {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn max_tokens(&self) -> usize {
        usize::MAX
    }

    async fn embed(&self, _: EmbedKind, texts: &[String], _: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        let vector = |text: &String| {
            self.known.get(text).cloned().ok_or_else(|| ModelError::Failed {
                model: self.identity.name.clone(),
                problem: "the text was not prepared".to_owned(),
            })
        };
        texts.iter().map(vector).collect()
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(text.len())
    }
}

struct Growing {
    synthetic: Synthetic,
    questions: Vec<(String, Vec<f32>)>,
    store: Arc<dyn Store>,
    embedder: Arc<dyn Embedder>,
    home: PathBuf,
    engine: Arc<Engine>,
    size: u64,
}

async fn open(store: &Arc<dyn Store>, embedder: &Arc<dyn Embedder>, home: &Path) -> Result<Arc<Engine>, BenchError> {
    let (store, embedder) = (Arc::clone(store), Arc::clone(embedder));
    let options = retrieve::Options::default();
    Ok(Arc::new(Engine::open(store, Some(embedder), &home.join("index"), options).await?))
}

impl Growing {
    async fn open(synthetic: Synthetic, home: &Path) -> Result<Self, BenchError> {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&home.join("attest.db")).await?);
        for name in SHARES.map(|(name, ..)| name).into_iter().chain([REST]) {
            let name = CollectionName::constant(name);
            let collection = Collection { title: name.to_string(), name, domain: Domain::General };
            store.create_collection(&collection).await?;
        }
        let questions: Vec<(String, Vec<f32>)> = (0..2 * SEARCHES).map(|n| synthetic.question(n)).collect();
        let embedder: Arc<dyn Embedder> = Arc::new(Prepared {
            identity: ModelIdentity { name: "prepared".to_owned(), sha256: String::new() },
            dimensions: synthetic.base[0].1.len(),
            known: questions.iter().cloned().collect(),
        });
        let engine = open(&store, &embedder, home).await?;
        Ok(Self { synthetic, questions, store, embedder, home: home.to_owned(), engine, size: 0 })
    }

    /// Waits until every full segment has its graph.
    async fn drawn(&self) {
        while self.engine.is_drawing() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn grow_to(&mut self, size: u64) -> Result<Stage, BenchError> {
        let added = (size - self.size) as f64;
        let start = Instant::now();
        self.ingest(size).await?;
        let ingested = start.elapsed();
        let start = Instant::now();
        self.give_vectors().await?;
        self.engine.follow().await?;
        let given = start.elapsed();
        let start = Instant::now();
        self.drawn().await;
        let graphs = start.elapsed();
        let start = Instant::now();
        self.engine = open(&self.store, &self.embedder, &self.home).await?;
        self.engine.follow().await?;
        self.drawn().await;
        let reopened = start.elapsed();
        self.size = size;

        let both = Switches::default();
        let admitted = self.admitted(&[]).await?;
        let mut filters = Vec::new();
        let search = self.searches(&[], both).await?;
        for (name, ..) in SHARES.into_iter().rev() {
            let names = [CollectionName::constant(name)];
            let share = self.admitted(&names).await? as f64 / admitted.max(1) as f64;
            filters.push(Filtered { share, search: self.searches(&names, both).await? });
        }
        Ok(Stage {
            passages: admitted,
            ingested_per_second: added / ingested.as_secs_f64(),
            vectors_per_second: added / given.as_secs_f64(),
            graphs_s: graphs.as_secs_f64(),
            reopened_s: reopened.as_secs_f64(),
            memory_mb: resident_mb(),
            search,
            words: self.searches(&[], Switches { vector: false, ..both }).await?,
            meaning: self.searches(&[], Switches { lexical: false, ..both }).await?,
            recall_at_10: self.recall().await?,
            filters,
        })
    }

    /// Reads the passages up to `size`.
    async fn ingest(&self, size: u64) -> Result<(), BenchError> {
        let ingester = Ingester::new(Arc::clone(&self.store), IngestOptions::default());
        let documents: Vec<u64> = (self.size / SECTIONS..size / SECTIONS).collect();
        for batch in documents.chunks(usize::try_from(DOCUMENTS).unwrap_or(usize::MAX)) {
            let mut lines: HashMap<&str, String> = HashMap::new();
            for document in batch {
                let sections: Vec<_> = (document * SECTIONS..(document + 1) * SECTIONS)
                    .map(|n| json!({"locator": n.to_string(), "path": [], "text": self.synthetic.text(n)}))
                    .collect();
                let share = SHARES.iter().find(|(_, one_in, left)| document % one_in == *left);
                let name = share.map_or(REST, |(name, ..)| name);
                let line = json!({"key": format!("d{document}"), "title": format!("Document {document}"), "sections": sections});
                let lines = lines.entry(name).or_default();
                lines.push_str(&line.to_string());
                lines.push('\n');
            }
            for (name, lines) in lines {
                let (name, cancel) = (CollectionName::constant(name), CancellationToken::new());
                let meta = WrittenMeta::default();
                ingester.ingest_bytes(&name, "grown.jsonl", lines.into_bytes(), meta, &(), &cancel).await?;
            }
        }
        self.engine.follow().await?;
        Ok(())
    }

    async fn give_vectors(&self) -> Result<(), BenchError> {
        loop {
            let missing = self.store.chunks_without_vector("prepared", 10_000).await?;
            if missing.is_empty() {
                return Ok(());
            }
            let vectors: Vec<(ChunkId, Vec<f32>)> =
                missing.iter().map(|stored| (stored.chunk.id, self.synthetic.vector(number(stored)))).collect();
            self.store.put_vectors("prepared", &vectors).await?;
        }
    }

    fn query(question: &str, collections: &[CollectionName], switches: Switches, limit: usize) -> Query {
        Query {
            text: question.to_owned(),
            collections: collections.to_vec(),
            // Nothing that was made up has a date.
            as_of: time::macros::date!(2026 - 01 - 01),
            statuses: None,
            lang: None,
            limit,
            switches,
        }
    }

    async fn admitted(&self, collections: &[CollectionName]) -> Result<u64, BenchError> {
        let query = Self::query(&self.questions[0].0, collections, Switches::default(), 1);
        Ok(self.engine.retrieve(&query).await?.searched.chunks)
    }

    /// The first half of the questions warms up, the second counts.
    async fn searches(&self, collections: &[CollectionName], switches: Switches) -> Result<Spread, BenchError> {
        let mut times = Vec::with_capacity(SEARCHES);
        for (n, (question, _)) in self.questions.iter().enumerate() {
            let query = Self::query(question, collections, switches, RESULTS);
            let start = Instant::now();
            self.engine.retrieve(&query).await?;
            if n >= SEARCHES {
                times.push(start.elapsed());
            }
        }
        Ok(Spread::of(times))
    }

    async fn recall(&self) -> Result<f64, BenchError> {
        let asked = &self.questions[..COMPARED];
        let mut exact: Vec<Vec<(f32, u64)>> = vec![Vec::new(); asked.len()];
        for n in 0..self.size / SECTIONS * SECTIONS {
            let vector = self.synthetic.vector(n);
            for (best, (_, question)) in exact.iter_mut().zip(asked) {
                let near = dot(question, &vector);
                if best.len() < 10 || best[9].0 < near {
                    let at = best.partition_point(|other| other.0 >= near);
                    best.insert(at, (near, n));
                    best.truncate(10);
                }
            }
        }
        let only = Switches { lexical: false, direct: false, vector: true, ..Switches::default() };
        let (mut found, mut wanted) = (0, 0);
        for (best, (question, _)) in exact.iter().zip(asked) {
            let set = self.engine.retrieve(&Self::query(question, &[], only, 10)).await?;
            let numbers: Vec<String> = set.items().iter().map(|item| item.chunk.locator.clone()).collect();
            found += best.iter().filter(|(_, n)| numbers.contains(&n.to_string())).count();
            wanted += best.len();
        }
        Ok(found as f64 / wanted.max(1) as f64)
    }
}

fn number(stored: &StoredChunk) -> u64 {
    stored.chunk.locator.parse().unwrap_or(0)
}

/// Resident memory of this process in MB, where /proc tells.
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kb| kb / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_grow_to_the_last() {
        assert_eq!(sizes(1_000_000), [10_000, 30_000, 100_000, 300_000, 1_000_000]);
        assert_eq!(sizes(20_000), [10_000, 20_000]);
        assert_eq!(sizes(500), [500]);
    }

    #[tokio::test]
    async fn a_grown_base_finds_what_it_was_given() {
        let vector = |n: u16| unit((0..32_u16).map(|i| (f32::from(n * 31 + i) * 0.7).sin()).collect());
        let base = (0..600_u16).map(|n| (format!("Passage {n} about subject {}.", n % 37), vector(n))).collect();
        let home = tempfile::tempdir().expect("a folder");
        let mut growing = Growing::open(Synthetic { base }, home.path()).await.expect("it opens");
        let first = growing.grow_to(500).await.expect("it grows");
        let second = growing.grow_to(2_000).await.expect("it grows");
        assert_eq!((first.passages, second.passages), (500, 2_000));
        assert!(second.recall_at_10 > 0.99, "a scan is exact: {}", second.recall_at_10);
        assert!((second.filters[0].share - 0.5).abs() < 0.05, "{:?}", second.filters);
    }
}
