//! A second look at the best passages: each read together with the question.

use std::sync::Arc;

use async_trait::async_trait;

use super::product::{dot, nearness};
use crate::{
    domain::{answer::ModelIdentity, evidence::Evidence},
    ports::{EmbedKind, Embedder, Encoder, ModelError, Pair, Priority, Reranker},
    text::{
        overlap::{self, Idf},
        sentence,
    },
};

/// Passages that get a second look: a pair costs tens of milliseconds.
pub(super) const DEPTH: usize = 20;

/// Weight of the first look: what the best passage has of it, beside the 0 to 1 of the second. The best of four weights
/// on 105 lay legal questions.
pub const FIRST: f32 = 0.3;

/// Orders `evidence` by both looks together. `scores[i]` is that of `evidence[i]`, 0 to 1; what has none follows as it was.
/// Articles that the question names stay in front.
pub(super) fn reorder(evidence: &mut [Evidence], scores: &[f32]) {
    let looked_at = scores.len().min(evidence.len());
    if looked_at == 0 {
        return;
    }
    let top = evidence[..looked_at].iter().map(|item| item.score).fold(f32::MIN_POSITIVE, f32::max);
    for (item, second) in evidence.iter_mut().zip(scores) {
        let named = if item.signals.direct { 1.0 + FIRST } else { 0.0 };
        item.score = second + FIRST * item.score / top + named;
        item.signals.relevance = Some(*second);
    }
    // The best of what was not looked at stays behind the last that was.
    let least = evidence[..looked_at].iter().map(|item| item.score).fold(f32::INFINITY, f32::min);
    for (behind, item) in evidence.iter_mut().skip(looked_at).enumerate() {
        item.score = least * (looked_at as f32 / (looked_at + behind + 1) as f32);
    }
    evidence[..looked_at].sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// The embedder once more, sentence by sentence: a passage is as near as the nearest of its sentences, in words and
/// meaning. The vector of a whole passage tells what it is about; the sentence that answers may be one of ten.
pub struct BySentences(pub Arc<dyn Embedder>);

#[async_trait]
impl Reranker for BySentences {
    fn identity(&self) -> &ModelIdentity {
        self.0.identity()
    }

    async fn scores(&self, question: &str, passages: &[String], priority: Priority) -> Result<Vec<f32>, ModelError> {
        if passages.is_empty() {
            return Ok(Vec::new());
        }
        let mut sentences: Vec<(usize, &str)> = Vec::new();
        for (at, passage) in passages.iter().enumerate() {
            let spans = sentence::sentences(passage);
            sentences.extend(spans.into_iter().filter_map(|span| Some((at, span.of(passage)?))));
        }
        let texts: Vec<String> = sentences.iter().map(|(_, text)| (*text).to_owned()).collect();
        let asked = self.0.embed(EmbedKind::Query, &[question.to_owned()], priority).await?.pop().unwrap_or_default();
        let vectors = self.0.embed(EmbedKind::Passage, &texts, priority).await?;
        let wanted = overlap::features(question);
        let present: Vec<_> = passages.iter().map(|passage| overlap::feature_set(passage)).collect();
        let idf = Idf::over(&present);
        // In words a passage counts as a whole: its first sentence names what the others speak of.
        let coverage: Vec<f32> = present.iter().map(|words| overlap::coverage(&wanted, words, &idf)).collect();
        let mut scores = coverage.iter().map(|coverage| nearness(*coverage, Some(-1.0))).collect::<Vec<_>>();
        for ((at, _), vector) in sentences.iter().zip(&vectors) {
            scores[*at] = scores[*at].max(nearness(coverage[*at], Some(dot(&asked, vector))));
        }
        Ok(scores)
    }
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
        evidence::Signals,
        text::{Lang, Span},
    };

    fn evidence(n: i64, direct: bool) -> Evidence {
        Evidence {
            score: 1.0 / n as f32,
            signals: Signals { direct, ..Signals::default() },
            ..Evidence::of(
                CollectionName::constant("c"),
                Arc::new(DocumentMeta::plain("k", "", Lang::En, Domain::General)),
                Chunk {
                    id: ChunkId(n),
                    version: VersionId(1),
                    ordinal: 0,
                    locator: String::new(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, 0),
                    text: String::new(),
                },
            )
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
        assert_eq!(order(&[], &[0.1, 0.2, 0.9, 0.3]), [3, 1, 4, 2, 5, 6]);
        assert_eq!(order(&[], &[0.4, 0.2, 0.3, 0.1, 0.0, 0.5]), [1, 6, 3, 2, 4, 5]);
        assert_eq!(order(&[], &[]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(order(&[], &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_named_article_stays_in_front() {
        assert_eq!(order(&[1], &[0.0, 0.5, 0.9])[0], 1);
    }

    /// Knows one direction: texts that speak of time limits.
    struct Limits(ModelIdentity);

    #[async_trait]
    impl Embedder for Limits {
        fn identity(&self) -> &ModelIdentity {
            &self.0
        }

        fn dimensions(&self) -> usize {
            2
        }

        fn max_tokens(&self) -> usize {
            512
        }

        fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
            Ok(text.len())
        }

        async fn embed(&self, _: EmbedKind, texts: &[String], _: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
            let vector = |text: &String| if text.contains("within") { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
            Ok(texts.iter().map(vector).collect())
        }
    }

    #[tokio::test]
    async fn a_passage_is_as_near_as_its_nearest_sentence() {
        let identity = ModelIdentity { name: "limits".to_owned(), sha256: String::new() };
        let look = BySentences(Arc::new(Limits(identity)));
        let passages = ["Fees are low. Notify us within three days. Cats sleep.", "Fees are low. Cats sleep.", ""];
        let passages = passages.map(str::to_owned);
        let scores = look.scores("Answer within what time?", &passages, Priority::Interactive).await.expect("scores");
        assert!(scores.len() == 3 && scores[0] > scores[1] + 0.5 && scores[2] <= scores[1], "{scores:?}");
    }
}
