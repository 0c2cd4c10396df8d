//! Nearest vectors: all of them in one array, and a graph over them once they are many.
//!
//! The store keeps the vectors; this is what it takes to search them. Removal is a matter of the bitmap of admitted
//! slots that every search brings along.

use std::{collections::HashMap, sync::Arc};

use hnsw_rs::prelude::{Distance, Hnsw};
use roaring::RoaringBitmap;

use super::{
    coarse::{Code, Codes, RESCORED},
    product::{dot, unit},
};
use crate::{domain::document::ChunkId, ports::StoredVector};

/// Vectors from which on a graph is built. Below it, scanning all of them is as fast, and as good as exact.
pub(super) const GRAPH_FROM: usize = 40_000;

/// Share of the graph's vectors that a filter must admit; a graph that mostly meets what is filtered out is slower than
/// a scan of what is left.
const GRAPH_SHARE: f64 = 0.3;

/// Neighbours of a vector in the graph, and how many are looked at while it is built and searched.
const NEIGHBOURS: usize = 24;
const BUILD_WIDTH: usize = 200;
const SEARCH_WIDTH: usize = 256;
const LAYERS: usize = 16;

/// 1 - cosine of unit vectors. Rounding may put a cosine above 1, which a distance must not show.
#[derive(Clone, Copy, Debug, Default)]
struct Cosine;

impl Distance<f32> for Cosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

/// The vectors of one embedder. A slot is a place in the array; a chunk that was embedded again has a new slot, and its
/// old one is dead.
#[derive(Default)]
pub(super) struct VectorIndex {
    dimensions: usize,
    values: Vec<f32>,
    codes: Codes,
    chunks: Vec<ChunkId>,
    slots: HashMap<ChunkId, u32>,
    graph: Option<Arc<Graph>>,
    /// Counts changes.
    pub generation: u64,
    /// Counts the times that slots were moved.
    layout: u64,
}

/// A graph over the slots before `covered`.
pub(super) struct Graph {
    nodes: Hnsw<'static, f32, Cosine>,
    covered: u32,
    /// Slots whose vector equals that of an earlier slot, by that slot: many equal nodes would cut the graph apart.
    twins: HashMap<u32, Vec<u32>>,
    layout: u64,
}

/// The vectors that a graph is to be built over.
pub(super) struct Blueprint {
    dimensions: usize,
    values: Vec<f32>,
    slots: Vec<u32>,
    covered: u32,
    layout: u64,
}

impl VectorIndex {
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    /// Chunks that have a vector.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn slot(&self, chunk: ChunkId) -> Option<u32> {
        self.slots.get(&chunk).copied()
    }

    /// Takes in vectors; returns how many were refused, because of their dimensions or because they have no direction.
    pub fn extend(&mut self, vectors: Vec<StoredVector>) -> usize {
        let mut refused = 0;
        self.values.reserve(vectors.len() * self.dimensions);
        for StoredVector { chunk, values, .. } in vectors {
            let slot = u32::try_from(self.chunks.len());
            let (Ok(slot), true) = (slot, values.len() == self.dimensions) else {
                refused += 1;
                continue;
            };
            let Some(values) = unit(values) else {
                refused += 1;
                continue;
            };
            self.codes.push(&values);
            self.values.extend_from_slice(&values);
            self.chunks.push(chunk);
            self.slots.insert(chunk, slot);
        }
        self.generation += 1;
        refused
    }

    /// Forgets the vectors of all other chunks, once they are more than a fifth.
    pub fn retain(&mut self, keep: impl Fn(ChunkId) -> bool) {
        let live: Vec<u32> = (0..)
            .zip(&self.chunks)
            .filter(|&(slot, &chunk)| self.slot(chunk) == Some(slot) && keep(chunk))
            .map(|(slot, _)| slot)
            .collect();
        if live.len() + self.chunks.len() / 5 >= self.chunks.len() {
            return;
        }
        let mut compact =
            Self { generation: self.generation + 1, layout: self.layout + 1, ..Self::new(self.dimensions) };
        compact.values.reserve_exact(live.len() * self.dimensions);
        for (to, from) in (0..).zip(live) {
            let chunk = self.chunks[from as usize];
            compact.codes.push(self.values_of(from));
            compact.values.extend_from_slice(self.values_of(from));
            compact.chunks.push(chunk);
            compact.slots.insert(chunk, to);
        }
        *self = compact;
    }

    fn values_of(&self, slot: u32) -> &[f32] {
        let from = slot as usize * self.dimensions;
        &self.values[from..from + self.dimensions]
    }

    /// Cosine of the question and the chunk's vector.
    pub fn cosine(&self, question: &[f32], chunk: ChunkId) -> Option<f32> {
        let slot = self.slot(chunk)?;
        (question.len() == self.dimensions).then(|| dot(question, self.values_of(slot)))
    }

    /// The nearest of the admitted vectors, nearest first, with their cosines. `question` has length 1.
    pub fn search(&self, question: &[f32], admitted: &RoaringBitmap, limit: usize) -> Vec<(ChunkId, f32)> {
        if limit == 0 || question.len() != self.dimensions {
            return Vec::new();
        }
        let score = |slot: u32| (dot(question, self.values_of(slot)), slot);
        let nearest = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let best_of = |mut all: Vec<(f32, u32)>, limit: usize| {
            if all.len() > limit {
                all.select_nth_unstable_by(limit - 1, nearest);
                all.truncate(limit);
            }
            all
        };
        let mut found: Vec<(f32, u32)> = match self.graph.as_deref() {
            Some(graph)
                if admitted.range_cardinality(..graph.covered) as f64 >= GRAPH_SHARE * f64::from(graph.covered) =>
            {
                let near = graph.search(question, admitted, limit);
                near.into_iter().chain(admitted.range(graph.covered..)).map(score).collect()
            }
            _ => {
                let code = Code::of(question);
                let coarse = admitted.iter().map(|slot| (self.codes.near(&code, slot), slot)).collect();
                let worth_a_look = best_of(coarse, limit.saturating_mul(RESCORED));
                worth_a_look.into_iter().map(|(_, slot)| score(slot)).collect()
            }
        };
        found = best_of(found, limit);
        found.sort_unstable_by(nearest);
        found.into_iter().map(|(cosine, slot)| (self.chunks[slot as usize], cosine)).collect()
    }

    /// What to build a graph over, when there are enough vectors that the present graph does not hold.
    pub fn blueprint(&self, from: usize) -> Option<Blueprint> {
        let covered = self.graph.as_ref().map_or(0, |graph| graph.covered as usize);
        if self.len() < from || self.chunks.len() < covered + covered / 4 + 1 {
            return None;
        }
        let slots: Vec<u32> = (0..)
            .zip(&self.chunks)
            .filter(|&(slot, &chunk)| self.slot(chunk) == Some(slot))
            .map(|(slot, _)| slot)
            .collect();
        let covered = u32::try_from(self.chunks.len()).ok()?;
        let values = slots.iter().flat_map(|&slot| self.values_of(slot)).copied().collect();
        Some(Blueprint { dimensions: self.dimensions, values, slots, covered, layout: self.layout })
    }

    /// Uses a graph from now on, unless slots were moved since its blueprint was drawn.
    pub fn adopt(&mut self, graph: Graph) {
        if graph.layout == self.layout {
            self.graph = Some(Arc::new(graph));
        }
    }
}

impl Blueprint {
    /// Builds the graph: seconds for 100,000 vectors. Insertion is in order and levels are drawn from a fixed seed, so
    /// that the same vectors give the same graph.
    pub fn build(self) -> Graph {
        let nodes = Hnsw::new(NEIGHBOURS, self.slots.len(), LAYERS, BUILD_WIDTH, Cosine);
        let mut first: HashMap<blake3::Hash, u32> = HashMap::with_capacity(self.slots.len());
        let mut twins: HashMap<u32, Vec<u32>> = HashMap::new();
        for (&slot, values) in self.slots.iter().zip(self.values.chunks_exact(self.dimensions.max(1))) {
            let mut hasher = blake3::Hasher::new();
            for value in values {
                hasher.update(&value.to_le_bytes());
            }
            let hash = hasher.finalize();
            if let Some(&twin) = first.get(&hash) {
                twins.entry(twin).or_default().push(slot);
            } else {
                first.insert(hash, slot);
                nodes.insert((values, slot as usize));
            }
        }
        Graph { nodes, covered: self.covered, twins, layout: self.layout }
    }
}

impl Graph {
    fn search(&self, question: &[f32], admitted: &RoaringBitmap, limit: usize) -> Vec<u32> {
        let twins = |slot: u32| self.twins.get(&slot).map(Vec::as_slice).unwrap_or_default();
        let admits = |id: &usize| {
            u32::try_from(*id)
                .is_ok_and(|slot| admitted.contains(slot) || twins(slot).iter().any(|&twin| admitted.contains(twin)))
        };
        let width = SEARCH_WIDTH.max(limit + limit / 2);
        let near = self.nodes.search_filter(question, limit, width, Some(&admits));
        near.into_iter()
            .filter_map(|neighbour| u32::try_from(neighbour.d_id).ok())
            .flat_map(|slot| std::iter::once(slot).chain(twins(slot).iter().copied()))
            .filter(|&slot| admitted.contains(slot))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points around centres, as texts lie: not uniform.
    fn points(n: usize, dimensions: usize) -> Vec<Vec<f32>> {
        let mut state = 7_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 16_777_216.0 - 0.5
        };
        let centres: Vec<Vec<f32>> = (0..20).map(|_| (0..dimensions).map(|_| random()).collect()).collect();
        (0..n).map(|i| centres[i % 20].iter().map(|c| c + 0.6 * random()).collect()).collect()
    }

    fn stored(points: &[Vec<f32>]) -> Vec<StoredVector> {
        (1..).zip(points).map(|(n, p)| StoredVector { sequence: n, chunk: ChunkId(n), values: p.clone() }).collect()
    }

    fn index(points: &[Vec<f32>]) -> VectorIndex {
        let mut index = VectorIndex::new(points[0].len());
        assert_eq!(index.extend(stored(points)), 0);
        index
    }

    fn all(index: &VectorIndex) -> RoaringBitmap {
        index.slots.values().copied().collect()
    }

    fn recall(exact: &[(ChunkId, f32)], found: &[(ChunkId, f32)]) -> f64 {
        exact.iter().filter(|e| found.iter().any(|f| f.0 == e.0)).count() as f64 / exact.len() as f64
    }

    #[test]
    fn what_has_no_direction_or_another_length_is_refused() {
        let mut index = VectorIndex::new(3);
        let vector = |n, values: &[f32]| StoredVector { sequence: n, chunk: ChunkId(n), values: values.to_vec() };
        let refused = index.extend(vec![
            vector(1, &[f32::NAN, 0.0, 1.0]),
            vector(2, &[0.0, 0.0, 0.0]),
            vector(3, &[1.0, 0.0]),
            vector(4, &[3.0, 0.0, 4.0]),
            vector(5, &[f32::INFINITY, 0.0, 0.0]),
        ]);
        assert_eq!((refused, index.len()), (4, 1));
        let found = index.search(&[0.0, 0.0, 1.0], &all(&index), 10);
        assert_eq!(found[0].0, ChunkId(4));
        assert!((found[0].1 - 0.8).abs() < 1e-6);
        assert!(index.search(&[1.0, 0.0], &all(&index), 10).is_empty(), "a question of another embedder");
    }

    #[test]
    fn a_chunk_that_was_embedded_again_is_found_by_its_new_vector_only() {
        let mut index = index(&[vec![1.0, 0.0], vec![0.0, 1.0]]);
        index.extend(vec![StoredVector { sequence: 3, chunk: ChunkId(1), values: vec![-1.0, 0.0] }]);
        let found = index.search(&[1.0, 0.0], &all(&index), 10);
        assert_eq!(found.iter().map(|f| f.0.0).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(index.cosine(&[1.0, 0.0], ChunkId(1)), Some(-1.0));
    }

    #[test]
    fn dead_slots_are_dropped_and_the_rest_keeps_its_vectors() {
        let points = points(100, 24);
        let mut index = index(&points);
        index.retain(|chunk| chunk.0 % 2 == 0);
        assert_eq!((index.len(), index.chunks.len()), (50, 50));
        let question = unit(points[41].clone()).expect("it has a direction");
        let found = index.search(&question, &all(&index), 1);
        assert_eq!(found[0].0, ChunkId(42));
        index.retain(|chunk| chunk.0 != 42);
        assert_eq!(index.len(), 50, "a few dead ones are not worth the move");
    }

    #[test]
    fn the_graph_finds_what_the_scan_finds_filtered_or_not() {
        let mut points = points(3_000, 32);
        // Copies, and the assertion that stock distances fail: equal unit vectors.
        let copy = points[0].clone();
        points[2_000..2_300].fill(copy);
        let mut index = index(&points);
        let everything = all(&index);
        let half: RoaringBitmap = everything.iter().filter(|slot| slot % 2 == 0).collect();
        let few: RoaringBitmap = everything.iter().filter(|slot| slot % 100 == 0).collect();
        let questions: Vec<Vec<f32>> = points.iter().skip(5).step_by(97).filter_map(|p| unit(p.clone())).collect();
        let exact: Vec<Vec<_>> = questions
            .iter()
            .flat_map(|q| [&everything, &half, &few].map(|admitted| index.search(q, admitted, 10)))
            .collect();
        let graph = index.blueprint(1_000).expect("there are enough").build();
        index.adopt(graph);
        assert!(index.blueprint(1_000).is_none(), "nothing new");
        let mut total = 0.0;
        for (n, question) in questions.iter().enumerate() {
            for (m, admitted) in [&everything, &half, &few].into_iter().enumerate() {
                let found = index.search(question, admitted, 10);
                assert!(found.windows(2).all(|pair| pair[0].1 >= pair[1].1));
                assert!(found.iter().all(|f| index.slot(f.0).is_some_and(|slot| admitted.contains(slot))));
                total += recall(&exact[3 * n + m], &found);
            }
        }
        let mean = total / (3 * questions.len()) as f64;
        assert!(mean > 0.97, "recall of the graph is {mean}");
        // New vectors are found before the next graph.
        index.extend(vec![StoredVector { sequence: 9_999, chunk: ChunkId(9_999), values: questions[3].clone() }]);
        assert!(index.search(&questions[3], &all(&index), 2).iter().any(|f| f.0 == ChunkId(9_999)));
    }
}
