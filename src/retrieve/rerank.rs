//! A second look at the best passages: each read together with the question.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    domain::{answer::ModelIdentity, evidence::Evidence},
    ports::{Encoder, ModelError, Pair, Priority, Reranker},
};

/// Passages that get a second look: a pair costs tens of milliseconds.
pub(super) const DEPTH: usize = 20;

/// Ranks from which on first places lose their weight (see [`super::Fusion`]).
const K: f32 = 10.0;

/// Weight of the second look; the first has the rest.
const SECOND: f32 = 0.7;

/// Orders `evidence` by its places before and after the second look together. `scores[i]` is that of `evidence[i]`, 0 to
/// 1; what has none follows as it was. Articles that the question names stay in front.
pub(super) fn reorder(evidence: &mut [Evidence], scores: &[f32]) {
    let looked_at = scores.len().min(evidence.len());
    if looked_at == 0 {
        return;
    }
    let mut order: Vec<usize> = (0..looked_at).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut place = vec![0; looked_at];
    for (rank, at) in order.into_iter().enumerate() {
        place[at] = rank;
    }
    for (at, item) in evidence.iter_mut().enumerate().take(looked_at) {
        let gain = |rank: usize| (K + 1.0) / (K + 1.0 + rank as f32);
        item.score = (1.0 - SECOND) * gain(at) + SECOND * gain(place[at]) + if item.signals.direct { 1.0 } else { 0.0 };
        item.signals.relevance = Some(scores[at]);
    }
    // The best of what was not looked at stays behind the last that was.
    let least = evidence[..looked_at].iter().map(|item| item.score).fold(f32::INFINITY, f32::min);
    for (behind, item) in evidence.iter_mut().skip(looked_at).enumerate() {
        item.score = least * (looked_at as f32 / (looked_at + behind + 1) as f32);
    }
    evidence[..looked_at].sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// A verifier that ranks: whether the evidence speaks of what is asked at all.
pub struct ByRelevance(pub Arc<dyn Encoder>);

#[async_trait]
impl Reranker for ByRelevance {
    fn identity(&self) -> &ModelIdentity {
        self.0.identity()
    }

    async fn scores(&self, question: &str, passages: &[String], priority: Priority) -> Result<Vec<f32>, ModelError> {
        let pair = |evidence: &String| Pair { evidence: evidence.clone(), claim: question.to_owned() };
        let pairs: Vec<Pair> = passages.iter().map(pair).collect();
        Ok(self.0.read(&pairs, priority).await?.into_iter().map(|reading| reading.relevance).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Label, Signals},
        text::{Lang, Span},
    };

    fn evidence(n: i64, direct: bool) -> Evidence {
        Evidence {
            label: Label(0),
            collection: CollectionName::constant("c"),
            meta: Arc::new(DocumentMeta::plain("k", "", Lang::En, Domain::General)),
            chunk: Chunk {
                id: ChunkId(n),
                version: VersionId(1),
                ordinal: 0,
                locator: String::new(),
                path: Vec::new(),
                page: None,
                span: Span::new(0, 0),
                text: String::new(),
            },
            score: 1.0 / n as f32,
            signals: Signals { direct, ..Signals::default() },
            copies: Vec::new(),
        }
    }

    fn order(directs: &[i64], scores: &[f32]) -> Vec<i64> {
        let mut all: Vec<Evidence> = (1..=6).map(|n| evidence(n, directs.contains(&n))).collect();
        reorder(&mut all, scores);
        assert!(all.windows(2).all(|pair| pair[0].score >= pair[1].score), "scores follow the order");
        assert_eq!(all.iter().filter(|item| item.signals.relevance.is_some()).count(), scores.len().min(6));
        all.iter().map(|item| item.chunk.id.0).collect()
    }

    #[test]
    fn both_looks_count_and_the_rest_follows() {
        assert_eq!(order(&[], &[0.1, 0.2, 0.9, 0.3]), [3, 4, 2, 1, 5, 6]);
        assert_eq!(order(&[], &[0.4, 0.2, 0.3, 0.1, 0.0, 0.5]), [1, 6, 3, 2, 4, 5]);
        assert_eq!(order(&[], &[]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(order(&[], &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_named_article_stays_in_front() {
        assert_eq!(order(&[1], &[0.0, 0.5, 0.9])[0], 1);
    }
}
