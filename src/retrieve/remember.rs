//! Questions that were embedded a moment ago: search, quoting and repair of one answer all ask for the same vector.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::recent::Recent;
use crate::{
    domain::answer::ModelIdentity,
    ports::{EmbedKind, Embedder, ModelError, Priority},
};

/// Questions whose vectors are kept.
const QUESTIONS: usize = 256;

/// An embedder that remembers single questions. Passages and lists of texts go through.
pub struct Remembering<E> {
    embedder: E,
    questions: Mutex<Recent<String, Vec<f32>>>,
}

impl<E: Embedder> Remembering<E> {
    pub fn new(embedder: E) -> Self {
        Self { embedder, questions: Mutex::new(Recent::new(QUESTIONS)) }
    }
}

#[async_trait]
impl<E: Embedder> Embedder for Remembering<E> {
    fn identity(&self) -> &ModelIdentity {
        self.embedder.identity()
    }

    fn dimensions(&self) -> usize {
        self.embedder.dimensions()
    }

    fn max_tokens(&self) -> usize {
        self.embedder.max_tokens()
    }

    async fn embed(&self, kind: EmbedKind, texts: &[String], priority: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        let (EmbedKind::Query, [question]) = (kind, texts) else {
            return self.embedder.embed(kind, texts, priority).await;
        };
        if let Some(known) = self.questions.lock().unwrap_or_else(PoisonError::into_inner).get(question) {
            return Ok(vec![known]);
        }
        let vectors = self.embedder.embed(kind, texts, priority).await?;
        if let [vector] = vectors.as_slice() {
            let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            questions.put(question.clone(), vector.clone());
        }
        Ok(vectors)
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        self.embedder.count_tokens(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::FakeEmbedder;

    #[derive(Default)]
    struct Counting(FakeEmbedder, AtomicUsize);

    #[async_trait]
    impl Embedder for Counting {
        fn identity(&self) -> &ModelIdentity {
            self.0.identity()
        }

        fn dimensions(&self) -> usize {
            self.0.dimensions()
        }

        fn max_tokens(&self) -> usize {
            self.0.max_tokens()
        }

        async fn embed(&self, kind: EmbedKind, texts: &[String], at: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.embed(kind, texts, at).await
        }

        fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
            self.0.count_tokens(text)
        }
    }

    #[tokio::test]
    async fn a_question_is_embedded_once_and_never_taken_for_a_passage() {
        let embedder = Remembering::new(Counting::default());
        let text = ["自然人之间的借款要付利息吗？".to_owned()];
        let ask = |kind| embedder.embed(kind, &text, Priority::Interactive);
        let first = ask(EmbedKind::Query).await.expect("a vector");
        assert_eq!(ask(EmbedKind::Query).await.expect("a vector"), first);
        assert_eq!(embedder.embedder.1.load(Ordering::Relaxed), 1);
        ask(EmbedKind::Passage).await.expect("a vector");
        assert_eq!(embedder.embedder.1.load(Ordering::Relaxed), 2);
    }
}
