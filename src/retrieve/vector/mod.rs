//! Nearest vectors: segments of a fixed size that are sealed when they are full, each then with a graph, and one that
//! still grows.
//!
//! The store keeps the vectors; this is what it takes to search them. What has no graph is scanned by its coarse bytes.
//! Removal is a matter of the bitmap of admitted slots that every search brings along; a segment of which much is dead is
//! taken apart, and what lives in it goes to the growing one.

mod codes;
mod graph;
mod snapshot;

use std::{collections::HashMap, ops::Range, sync::Arc};

use rayon::prelude::*;
use roaring::RoaringBitmap;

use self::codes::{Coarse, Codes};
pub(super) use self::{
    graph::{Blueprint, Graph},
    snapshot::Snapshots,
};
use super::product::unit;
use crate::{domain::document::ChunkId, ports::StoredVector};

/// Vectors of a segment. Up to here, scanning all of them takes a few milliseconds and is exact.
pub(super) const SEGMENT: u32 = 1 << 18;

/// Share of a segment that a filter must admit for its graph to be asked: what the filter keeps out is met on the way.
const GRAPH_SHARE: f64 = 0.3;

/// A segment of which a larger share is dead is taken apart.
const MOST_DEAD: f64 = 0.2;

/// For each place wanted, how many are looked at exactly.
const RESCORED: usize = 4;

/// Vectors that one thread scans in a row.
const STRIPE: u32 = 1 << 15;

/// The vectors of one embedder. A slot is a place in a segment; a chunk that was embedded again has a new slot, and its
/// old one is dead.
pub(super) struct VectorIndex {
    dimensions: usize,
    /// Vectors of a segment.
    capacity: u32,
    segments: Vec<Segment>,
    /// The segment that grows.
    growing: usize,
    slots: HashMap<ChunkId, u32>,
    /// Counts changes.
    pub generation: u64,
    /// Counts segments, emptied ones too.
    made: u64,
}

struct Segment {
    /// Unlike its place, never used again.
    id: u64,
    codes: Arc<Codes>,
    chunks: Vec<ChunkId>,
    graph: Option<Arc<Graph>>,
}

/// A slot with how near it is.
type Near = (f32, u32);

impl VectorIndex {
    pub fn new(dimensions: usize, capacity: u32) -> Self {
        let mut index = Self {
            dimensions,
            capacity: capacity.max(1),
            segments: Vec::new(),
            growing: 0,
            slots: HashMap::new(),
            generation: 0,
            made: 0,
        };
        let first = index.empty();
        index.segments.push(first);
        index
    }

    fn empty(&mut self) -> Segment {
        self.made += 1;
        Segment { id: self.made, codes: Arc::new(Codes::new(self.dimensions)), chunks: Vec::new(), graph: None }
    }

    pub fn slot(&self, chunk: ChunkId) -> Option<u32> {
        self.slots.get(&chunk).copied()
    }

    /// Where a slot lies: its segment and its place there.
    fn place(&self, slot: u32) -> (&Segment, usize) {
        (&self.segments[(slot / self.capacity) as usize], (slot % self.capacity) as usize)
    }

    /// The slots of a segment.
    fn range(&self, segment: usize) -> Range<u32> {
        let start = u32::try_from(segment).unwrap_or(u32::MAX).saturating_mul(self.capacity);
        start..start.saturating_add(self.capacity)
    }

    /// Takes in vectors; returns how many were refused, because of their dimensions or because they have no direction.
    pub fn extend(&mut self, vectors: Vec<StoredVector>) -> usize {
        let mut refused = 0;
        for StoredVector { chunk, values, .. } in vectors {
            let values = if values.len() == self.dimensions { unit(values) } else { None };
            match values {
                Some(values) => self.add(chunk, |codes| codes.push(&values)),
                None => refused += 1,
            }
        }
        self.generation += 1;
        refused
    }

    fn add(&mut self, chunk: ChunkId, push: impl FnOnce(&mut Codes)) {
        if self.segments[self.growing].chunks.len() >= self.capacity as usize {
            let emptied = self.segments.iter().position(|segment| segment.chunks.is_empty());
            self.growing = emptied.unwrap_or(self.segments.len());
            if emptied.is_none() {
                let segment = self.empty();
                self.segments.push(segment);
            }
        }
        let start = self.range(self.growing).start;
        let segment = &mut self.segments[self.growing];
        // Blueprints share the codes of full segments only: nothing is copied.
        push(Arc::make_mut(&mut segment.codes));
        let place = u32::try_from(segment.chunks.len()).unwrap_or(u32::MAX);
        segment.chunks.push(chunk);
        self.slots.insert(chunk, start + place);
    }

    /// Forgets the vectors of all other chunks, in segments where they are many.
    pub fn retain(&mut self, keep: impl Fn(ChunkId) -> bool) {
        for at in 0..self.segments.len() {
            let start = self.range(at).start;
            let segment = &self.segments[at];
            let lives = |(slot, chunk): (u32, &ChunkId)| self.slot(*chunk) == Some(slot) && keep(*chunk);
            let live: Vec<bool> = (start..).zip(&segment.chunks).map(lives).collect();
            let dead = live.iter().filter(|lives| !**lives).count();
            if dead == 0 || (dead as f64) < MOST_DEAD * live.len() as f64 {
                continue;
            }
            let fresh = self.empty();
            let old = std::mem::replace(&mut self.segments[at], fresh);
            for (place, chunk) in old.chunks.iter().enumerate() {
                if live[place] {
                    self.add(*chunk, |codes| codes.copy(&old.codes, place));
                } else if self.slot(*chunk).is_some_and(|slot| self.range(at).contains(&slot) && !keep(*chunk)) {
                    self.slots.remove(chunk);
                }
            }
            self.generation += 1;
        }
    }

    /// Cosine of the question and the chunk's vector.
    pub fn cosine(&self, question: &[f32], chunk: ChunkId) -> Option<f32> {
        let (segment, place) = self.place(self.slot(chunk)?);
        (question.len() == self.dimensions).then(|| segment.codes.exact(question, place))
    }

    /// The nearest of the admitted vectors, nearest first, with their cosines. `question` has length 1.
    pub fn search(&self, question: &[f32], admitted: &RoaringBitmap, limit: usize) -> Vec<(ChunkId, f32)> {
        if limit == 0 || question.len() != self.dimensions {
            return Vec::new();
        }
        let coarse = Coarse::of(question);
        let looked_at = limit.saturating_mul(RESCORED);
        let mut stripes = Vec::new();
        let mut near: Vec<Near> = Vec::new();
        let mut graphs = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let range = self.range(at);
            let there = admitted.range_cardinality(range.clone());
            let share = there as f64 / segment.chunks.len().max(1) as f64;
            match &segment.graph {
                Some(graph) if share >= GRAPH_SHARE => graphs.push((at, Arc::clone(graph), share)),
                _ if there > 0 => stripes.extend(self.stripes(at)),
                _ => {}
            }
        }
        let asked: Vec<(usize, Option<Vec<Near>>)> = graphs
            .into_par_iter()
            .map(|(at, graph, share)| (at, self.ask(&graph, at, &coarse, admitted, limit, share)))
            .collect();
        for (at, found) in asked {
            match found {
                Some(found) => near.extend(found),
                None => stripes.extend(self.stripes(at)),
            }
        }
        let scan = |range: Range<u32>| {
            let found = admitted.range(range).map(|slot| (self.coarsely(&coarse, slot), slot)).collect();
            best_of(found, looked_at)
        };
        match stripes.len() {
            0..=1 => near.extend(stripes.into_iter().flat_map(scan)),
            _ => near.extend(stripes.into_par_iter().map(scan).collect::<Vec<_>>().into_iter().flatten()),
        }
        let exactly = |(_, slot): Near| {
            let (segment, place) = self.place(slot);
            (segment.codes.exact(question, place), slot)
        };
        let mut found = best_of(best_of(near, looked_at).into_iter().map(exactly).collect(), limit);
        found.sort_unstable_by(|a, b| nearest(*a, *b));
        let told = |(cosine, slot): Near| {
            let (segment, place) = self.place(slot);
            (segment.chunks[place], cosine)
        };
        found.into_iter().map(told).collect()
    }

    fn coarsely(&self, question: &Coarse, slot: u32) -> f32 {
        let (segment, place) = self.place(slot);
        segment.codes.near(question, place)
    }

    /// The slots of a segment, in parts for threads.
    fn stripes(&self, at: usize) -> impl Iterator<Item = Range<u32>> + use<> {
        let start = self.range(at).start;
        let end = start + u32::try_from(self.segments[at].chunks.len()).unwrap_or(0);
        (start..end).step_by(STRIPE as usize).map(move |from| from..end.min(from + STRIPE))
    }

    /// What the graph finds of the admitted; `None` where it meets too few of them.
    fn ask(
        &self,
        graph: &Graph,
        at: usize,
        question: &Coarse,
        admitted: &RoaringBitmap,
        limit: usize,
        share: f64,
    ) -> Option<Vec<Near>> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let wanted = (limit as f64 / share * 1.1).ceil() as usize;
        let start = self.range(at).start;
        let slots = graph.search(question, wanted).into_iter().map(|place| start + place);
        let found: Vec<Near> =
            slots.filter(|&slot| admitted.contains(slot)).map(|slot| (self.coarsely(question, slot), slot)).collect();
        let there = usize::try_from(admitted.range_cardinality(self.range(at))).unwrap_or(usize::MAX);
        (found.len() >= limit.min(there)).then_some(found)
    }

    /// A full segment that has no graph yet.
    pub fn blueprint(&self) -> Option<Blueprint> {
        let full = |segment: &&Segment| segment.graph.is_none() && segment.chunks.len() >= self.capacity as usize;
        let segment = self.segments.iter().find(full)?;
        Some(Blueprint { segment: segment.id, codes: Arc::clone(&segment.codes) })
    }

    /// Uses a graph from now on, unless its segment was taken apart since.
    pub fn adopt(&mut self, graph: Graph) {
        if let Some(segment) = self.segments.iter_mut().find(|segment| segment.id == graph.segment) {
            segment.graph = Some(Arc::new(graph));
        }
    }

    /// Of all segments that have a graph.
    pub fn digests(&self) -> Vec<blake3::Hash> {
        self.segments.iter().filter_map(|segment| Some(segment.graph.as_ref()?.digest)).collect()
    }
}

/// Nearest first; equal ones in order of their slots.
fn nearest(a: Near, b: Near) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The `limit` nearest, in no order.
fn best_of(mut all: Vec<Near>, limit: usize) -> Vec<Near> {
    if all.len() > limit {
        all.select_nth_unstable_by(limit - 1, |a, b| nearest(*a, *b));
        all.truncate(limit);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{super::product::dot, *};

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

    fn index(points: &[Vec<f32>], capacity: u32) -> VectorIndex {
        let mut index = VectorIndex::new(points[0].len(), capacity);
        assert_eq!(index.extend(stored(points)), 0);
        index
    }

    fn all(index: &VectorIndex) -> RoaringBitmap {
        index.slots.values().copied().collect()
    }

    fn direction(point: &[f32]) -> Vec<f32> {
        unit(point.to_vec()).expect("it has a direction")
    }

    /// The chunks of the nearest points by floats, over all of those that are admitted.
    fn exact(index: &VectorIndex, points: &[Vec<f32>], question: &[f32], admitted: &RoaringBitmap) -> Vec<ChunkId> {
        let mut all: Vec<(f32, ChunkId)> = (1..)
            .map(ChunkId)
            .zip(points)
            .filter(|(chunk, _)| index.slot(*chunk).is_some_and(|slot| admitted.contains(slot)))
            .map(|(chunk, point)| (dot(question, &direction(point)), chunk))
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.into_iter().take(10).map(|(_, chunk)| chunk).collect()
    }

    #[test]
    fn what_has_no_direction_or_another_length_is_refused() {
        let mut index = VectorIndex::new(3, SEGMENT);
        let vector = |n, values: &[f32]| StoredVector { sequence: n, chunk: ChunkId(n), values: values.to_vec() };
        let refused = index.extend(vec![
            vector(1, &[f32::NAN, 0.0, 1.0]),
            vector(2, &[0.0, 0.0, 0.0]),
            vector(3, &[1.0, 0.0]),
            vector(4, &[3.0, 0.0, 4.0]),
            vector(5, &[f32::INFINITY, 0.0, 0.0]),
        ]);
        assert_eq!((refused, index.slots.len()), (4, 1));
        let found = index.search(&[0.0, 0.0, 1.0], &all(&index), 10);
        assert_eq!(found[0].0, ChunkId(4));
        assert!((found[0].1 - 0.8).abs() < 1e-5);
        assert!(index.search(&[1.0, 0.0], &all(&index), 10).is_empty(), "a question of another embedder");
    }

    #[test]
    fn a_chunk_that_was_embedded_again_is_found_by_its_new_vector_only() {
        let mut index = index(&[vec![1.0, 0.0], vec![0.0, 1.0]], SEGMENT);
        index.extend(vec![StoredVector { sequence: 3, chunk: ChunkId(1), values: vec![-1.0, 0.0] }]);
        let found = index.search(&[1.0, 0.0], &all(&index), 10);
        assert_eq!(found.iter().map(|f| f.0.0).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(index.cosine(&[1.0, 0.0], ChunkId(1)), Some(-1.0));
    }

    #[test]
    fn scanning_coarse_bytes_gives_what_floats_give() {
        let points = points(2_000, 64);
        for capacity in [SEGMENT, 300] {
            let index = index(&points, capacity);
            let everything = all(&index);
            let few: RoaringBitmap = everything.iter().filter(|slot| slot % 50 == 0).collect();
            for question in points.iter().step_by(191).map(|p| direction(p)) {
                for admitted in [&everything, &few] {
                    let found = index.search(&question, admitted, 10);
                    let found: Vec<ChunkId> = found.into_iter().map(|f| f.0).collect();
                    assert_eq!(found, exact(&index, &points, &question, admitted));
                }
            }
        }
    }

    #[test]
    fn dead_slots_are_dropped_and_the_rest_keeps_its_vectors() {
        let points = points(100, 24);
        for capacity in [SEGMENT, 30] {
            let mut index = index(&points, capacity);
            let places = |index: &VectorIndex| index.segments.iter().map(|s| s.chunks.len()).sum::<usize>();
            let before = index.generation;
            index.retain(|chunk| chunk.0 % 2 == 0);
            // Of the growing segment a few dead ones may stay.
            let left = index.slots.len();
            assert_eq!(places(&index), left);
            assert!(left == 50 || capacity == 30 && left <= 55, "{left} of segments of {capacity}");
            assert!(index.generation > before, "slots moved");
            for wanted in [2, 42, 100_usize] {
                let found = index.search(&direction(&points[wanted - 1]), &all(&index), 1);
                assert_eq!(found[0].0.0, i64::try_from(wanted).expect("small"), "{capacity}");
            }
            index.retain(|chunk| chunk.0 != 42);
            assert_eq!(index.slots.len(), left, "a few dead ones are not worth the move");
            // What was freed is used again.
            index.extend(stored(&points[..50]));
            assert!(index.segments.len() <= 4, "{} segments", index.segments.len());
            assert!(index.segments.iter().all(|s| s.chunks.len() <= capacity as usize));
        }
    }

    #[test]
    fn a_kept_graph_is_the_one_that_was_built_and_a_damaged_one_is_none() {
        let points = points(1_500, 32);
        let index = index(&points, 1_500);
        let blueprint = index.blueprint().expect("the segment is full");
        let home = tempfile::tempdir().expect("a folder");
        let snapshots = Snapshots::new(home.path().join("vectors"));
        assert!(snapshots.load(&blueprint).is_none(), "nothing was kept yet");
        let built = blueprint.build();
        snapshots.keep(&built);
        let files = || -> Vec<std::path::PathBuf> {
            let entries = std::fs::read_dir(home.path().join("vectors")).expect("it is there");
            entries.map(|entry| entry.expect("a file").path()).collect()
        };
        assert_eq!(files().len(), 3);
        let loaded = snapshots.load(&blueprint).expect("it was kept");
        for question in points.iter().step_by(97) {
            let coarse = Coarse::of(&direction(question));
            assert_eq!(loaded.search(&coarse, 10), built.search(&coarse, 10));
        }
        // Other vectors have another name.
        let other = self::index(&points[..1_000], 1_000).blueprint().expect("full");
        assert!(snapshots.load(&other).is_none());
        snapshots.retain(&[built.digest]);
        assert_eq!(files().len(), 3);
        for damage in [|bytes: &mut Vec<u8>| bytes.truncate(100), |bytes: &mut Vec<u8>| bytes[50] ^= 1] {
            snapshots.keep(&built);
            let data = files().into_iter().find(|file| file.to_string_lossy().ends_with("data")).expect("it is there");
            let mut bytes = std::fs::read(&data).expect("reads");
            damage(&mut bytes);
            std::fs::write(&data, bytes).expect("writes");
            assert!(snapshots.load(&blueprint).is_none(), "what is damaged is not used");
            assert_eq!(files().len(), 0, "and not kept");
        }
        snapshots.keep(&built);
        snapshots.retain(&[]);
        assert_eq!(files().len(), 0);
    }

    #[test]
    fn graphs_find_what_a_scan_finds_filtered_or_not() {
        let mut points = points(3_000, 32);
        // Copies, and the assertion that stock distances fail: equal unit vectors.
        let copy = points[0].clone();
        points[2_000..2_300].fill(copy);
        let mut index = index(&points, 1_400);
        let everything = all(&index);
        let half: RoaringBitmap = everything.iter().filter(|slot| slot % 2 == 0).collect();
        let few: RoaringBitmap = everything.iter().filter(|slot| slot % 100 == 0).collect();
        // In one segment none, in the other all.
        let lopsided: RoaringBitmap = everything.iter().filter(|slot| (1_400..2_800).contains(slot)).collect();
        let filters = [&everything, &half, &few, &lopsided];
        let questions: Vec<Vec<f32>> = points.iter().skip(5).step_by(97).map(|p| direction(p)).collect();
        let scanned: Vec<Vec<_>> =
            questions.iter().flat_map(|q| filters.map(|admitted| index.search(q, admitted, 10))).collect();
        let mut built = 0;
        while let Some(blueprint) = index.blueprint() {
            index.adopt(blueprint.build());
            built += 1;
        }
        assert_eq!(built, 2, "the third segment still grows");
        let mut same = 0;
        for (n, question) in questions.iter().enumerate() {
            for (m, admitted) in filters.into_iter().enumerate() {
                let found = index.search(question, admitted, 10);
                assert!(found.windows(2).all(|pair| pair[0].1 >= pair[1].1));
                assert!(found.iter().all(|f| index.slot(f.0).is_some_and(|slot| admitted.contains(slot))));
                let wanted = &scanned[4 * n + m];
                assert_eq!(found.len(), wanted.len());
                // Copies are all alike: how near counts, not which.
                same += wanted.iter().zip(&found).filter(|(w, f)| (w.1 - f.1).abs() < 1e-6).count();
            }
        }
        let share = same as f64 / (40 * questions.len()) as f64;
        assert!(share > 0.97, "share of what a scan finds: {share}");
        // New vectors are found before the next graph.
        index.extend(vec![StoredVector { sequence: 9_999, chunk: ChunkId(9_999), values: questions[3].clone() }]);
        assert!(index.search(&questions[3], &all(&index), 2).iter().any(|f| f.0 == ChunkId(9_999)));
        // A graph of a segment that was taken apart is no use any more.
        let mut late = super::VectorIndex::new(32, 100);
        late.extend(stored(&points[..100]));
        let blueprint = late.blueprint().expect("it is full");
        late.retain(|chunk| chunk.0 > 50);
        late.adopt(blueprint.build());
        assert!(late.segments.iter().all(|segment| segment.graph.is_none()));
    }
}
