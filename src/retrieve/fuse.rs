//! Several rankings to one.

use std::collections::HashMap;

use crate::domain::{document::ChunkId, evidence::Signals};

/// Parameters of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): a chunk at rank `r` of a list with
/// weight `w` gains `w / (k + r)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// Evens out the first ranks: 60 in the paper, where weak rankings were many. Two good ones deserve to be heard
    /// at their first ranks.
    pub k: f32,
    /// Weight of the vector ranking, 0 to 1; the lexical ranking has the rest.
    pub vector: f32,
}

impl Default for Fusion {
    fn default() -> Self {
        // The best of a grid on 773 lay questions to 33 statutes, in either half of them.
        Self { k: 10.0, vector: 0.55 }
    }
}

/// A chunk that at least one ranking holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub chunk: ChunkId,
    /// 1 for the first of every ranking there is; 1 more for an article that the query names.
    pub score: f32,
    pub signals: Signals,
}

/// The rankings that there are; an absent one leaves its weight to the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rankings<'a> {
    /// Articles that the query names, in its order.
    pub direct: &'a [ChunkId],
    /// Best first, with BM25 scores.
    pub lexical: Option<&'a [(ChunkId, f32)]>,
    /// Best first, with what they were ranked by.
    pub vector: Option<&'a [(ChunkId, f32)]>,
}

/// All candidates, best first; equal scores in order of their ids, so that the same query gives the same list.
pub(super) fn fuse(rankings: Rankings<'_>, fusion: Fusion) -> Vec<Candidate> {
    let (lexical_weight, vector_weight) = match (rankings.lexical, rankings.vector) {
        (Some(_), Some(_)) => (1.0 - fusion.vector, fusion.vector),
        _ => (1.0, 1.0),
    };
    let gain = |weight: f32, rank: u32| weight * (fusion.k + 1.0) / (fusion.k + rank as f32);
    let mut found: HashMap<ChunkId, Candidate> = HashMap::new();
    let mut at = |chunk: ChunkId, gained: f32, set: &dyn Fn(&mut Signals)| {
        let candidate =
            found.entry(chunk).or_insert_with(|| Candidate { chunk, score: 0.0, signals: Signals::default() });
        candidate.score += gained;
        set(&mut candidate.signals);
    };
    for (rank, &(chunk, bm25)) in (1..).zip(rankings.lexical.unwrap_or_default()) {
        at(chunk, gain(lexical_weight, rank), &|signals| {
            (signals.lexical_rank, signals.bm25) = (Some(rank), Some(bm25));
        });
    }
    // The cosine that evidence carries is that of the question itself, which is not always what was ranked by.
    for (rank, &(chunk, _)) in (1..).zip(rankings.vector.unwrap_or_default()) {
        at(chunk, gain(vector_weight, rank), &|signals| signals.vector_rank = Some(rank));
    }
    let direct: HashMap<ChunkId, usize> = rankings.direct.iter().enumerate().map(|(n, &chunk)| (chunk, n)).collect();
    for &chunk in direct.keys() {
        at(chunk, 1.0, &|signals| signals.direct = true);
    }
    let mut all: Vec<Candidate> = found.into_values().collect();
    let named = |candidate: &Candidate| direct.get(&candidate.chunk).copied().unwrap_or(usize::MAX);
    all.sort_by(|a, b| named(a).cmp(&named(b)).then(b.score.total_cmp(&a.score)).then(a.chunk.cmp(&b.chunk)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ChunkId = ChunkId(1);
    const B: ChunkId = ChunkId(2);
    const C: ChunkId = ChunkId(3);

    fn order(rankings: Rankings<'_>, vector: f32) -> Vec<ChunkId> {
        fuse(rankings, Fusion { vector, ..Fusion::default() }).into_iter().map(|c| c.chunk).collect()
    }

    #[test]
    fn weights_decide_between_rankings_that_disagree() {
        let (lexical, vector) = ([(A, 9.0), (B, 8.0)], [(B, 0.9), (A, 0.8)]);
        let rankings = Rankings { lexical: Some(&lexical), vector: Some(&vector), direct: &[] };
        assert_eq!(order(rankings, 0.7), [B, A]);
        assert_eq!(order(rankings, 0.2), [A, B]);
        assert_eq!(order(rankings, 0.5), [A, B], "a tie goes by id, every time");
    }

    #[test]
    fn both_rankings_beat_one() {
        let (lexical, vector) = ([(A, 9.0), (C, 8.0)], [(B, 0.9), (C, 0.8)]);
        let rankings = Rankings { lexical: Some(&lexical), vector: Some(&vector), direct: &[] };
        let fused = fuse(rankings, Fusion { vector: 0.5, ..Fusion::default() });
        assert_eq!(fused[0].chunk, C);
        assert_eq!((fused[0].signals.lexical_rank, fused[0].signals.vector_rank), (Some(2), Some(2)));
        assert_eq!((fused[0].signals.bm25, fused[0].signals.cosine), (Some(8.0), None));
    }

    #[test]
    fn a_named_article_comes_first_and_one_ranking_alone_keeps_its_order() {
        let lexical = [(A, 9.0), (B, 8.0)];
        let rankings = Rankings { lexical: Some(&lexical), vector: None, direct: &[C] };
        assert_eq!(order(rankings, 0.7), [C, A, B]);
        let fused = fuse(rankings, Fusion::default());
        assert!(fused[0].signals.direct && !fused[1].signals.direct);
        assert!((fused[1].score - 1.0).abs() < 1e-6, "first of the only ranking");
    }
}
