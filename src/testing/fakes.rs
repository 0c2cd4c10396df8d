//! Fakes of the model ports.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures::stream;

use crate::{
    domain::{answer::ModelIdentity, text::Lang},
    ports::{
        EmbedKind, Embedder, Encoder, EncoderThresholds, GenerateRequest, GenerationEvent, GenerationStream, Generator,
        Judge, ModelError, Pair, Priority, Prompt, Reading, StopReason, Thinking,
    },
};

fn identity(name: &str) -> ModelIdentity {
    ModelIdentity { name: name.to_owned(), sha256: "0".repeat(64) }
}

/// FNV-1a, so that the vectors are the same on every machine and in every version.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Hashes runs of one to three characters into a unit vector: texts that share characters are near each other.
pub struct FakeEmbedder {
    identity: ModelIdentity,
    dimensions: usize,
}

impl Default for FakeEmbedder {
    fn default() -> Self {
        Self::new(64)
    }
}

impl FakeEmbedder {
    pub fn new(dimensions: usize) -> Self {
        Self { identity: identity("fake-embedder"), dimensions: dimensions.max(1) }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let characters: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let mut vector = vec![0.0_f32; self.dimensions];
        for n in 1..=3 {
            for run in characters.windows(n) {
                let hash = fnv(&run.iter().collect::<String>());
                let slot = usize::try_from(hash % self.dimensions as u64).unwrap_or(0);
                vector[slot] += if hash >> 63 == 0 { 1.0 } else { -1.0 };
            }
        }
        let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        if norm > 0.0 {
            for value in &mut vector {
                *value /= norm;
            }
        } else {
            vector[0] = 1.0;
        }
        vector
    }
}

#[async_trait]
impl Embedder for FakeEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn max_tokens(&self) -> usize {
        512
    }

    async fn embed(&self, _: EmbedKind, texts: &[String], _: Priority) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(text.chars().count())
    }
}

/// What a fake encoder says of a pair.
type Opinion = dyn Fn(&Pair) -> Reading + Send + Sync;

/// Reads a pair as it was told to; a token is a character.
pub struct FakeEncoder {
    identity: ModelIdentity,
    opinion: Box<Opinion>,
    thresholds: Option<EncoderThresholds>,
    room: usize,
}

impl FakeEncoder {
    pub fn new(opinion: impl Fn(&Pair) -> Reading + Send + Sync + 'static) -> Self {
        let thresholds = Some(EncoderThresholds { supported: 0.8, contradicted: 0.8 });
        Self { identity: identity("fake-encoder"), opinion: Box::new(opinion), thresholds, room: 190 }
    }

    /// Without thresholds it may decide nothing.
    #[must_use]
    pub fn without_thresholds(mut self) -> Self {
        self.thresholds = None;
        self
    }

    /// Characters of evidence that it reads at once.
    #[must_use]
    pub fn with_room(mut self, room: usize) -> Self {
        self.room = room;
        self
    }
}

#[async_trait]
impl Encoder for FakeEncoder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn thresholds(&self, _: Lang) -> Option<EncoderThresholds> {
        self.thresholds
    }

    fn room(&self, claim: &str) -> usize {
        if claim.chars().count() > 400 { 0 } else { self.room }
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.chars().count()
    }

    async fn read(&self, pairs: &[Pair], _: Priority) -> Result<Vec<Reading>, ModelError> {
        Ok(pairs.iter().map(|pair| (self.opinion)(pair)).collect())
    }
}

/// What a judge says of evidence and claim.
type Odds = dyn Fn(&str, &str) -> f32 + Send + Sync;

/// Judges by a function of evidence and claim; a character counts as a token.
pub struct FakeJudge {
    identity: ModelIdentity,
    odds: Box<Odds>,
    room: usize,
    threshold: Option<f32>,
    asked: Mutex<Vec<(String, Vec<String>)>>,
}

impl FakeJudge {
    pub fn new(odds: impl Fn(&str, &str) -> f32 + Send + Sync + 'static) -> Self {
        Self {
            identity: identity("fake-judge"),
            odds: Box::new(odds),
            room: 4_000,
            threshold: None,
            asked: Mutex::default(),
        }
    }

    /// From which probability on its yes counts without a certificate.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f32) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Characters of evidence that it reads at once.
    #[must_use]
    pub fn with_room(mut self, room: usize) -> Self {
        self.room = room;
        self
    }

    /// Evidence and claims of each call, in order.
    pub fn asked(&self) -> Vec<(String, Vec<String>)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Judge for FakeJudge {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn room(&self, _: &str) -> usize {
        self.room
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.chars().count()
    }

    fn threshold(&self, _: Lang) -> Option<f32> {
        self.threshold
    }

    async fn judge(&self, evidence: &str, _: Lang, claims: &[String], _: Priority) -> Result<Vec<f32>, ModelError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((evidence.to_owned(), claims.to_vec()));
        Ok(claims.iter().map(|claim| (self.odds)(evidence, claim)).collect())
    }
}

/// Says what it was told to say, one script a request; the last one again when they run out. It heeds stop strings and
/// `max_tokens` (a character counts as a token), not grammars or masks.
pub struct FakeGenerator {
    identity: ModelIdentity,
    scripts: Vec<String>,
    next: AtomicUsize,
    /// Tokens that it may think.
    thinking: usize,
    asked: Mutex<Vec<Asked>>,
}

/// What a fake was asked to write.
#[derive(Clone)]
pub struct Asked {
    pub prompt: Prompt,
    pub thinking: Thinking,
    /// What its turn held already.
    pub opening: String,
}

impl FakeGenerator {
    pub fn new(scripts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            identity: identity("fake-generator"),
            scripts: scripts.into_iter().map(Into::into).collect(),
            next: AtomicUsize::new(0),
            thinking: 0,
            asked: Mutex::default(),
        }
    }

    /// Thinks before it speaks, for so many tokens.
    #[must_use]
    pub const fn thinking(mut self, tokens: usize) -> Self {
        self.thinking = tokens;
        self
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Generator for FakeGenerator {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn context_tokens(&self) -> usize {
        4096
    }

    fn is_chat(&self) -> bool {
        true
    }

    fn thinking_tokens(&self) -> usize {
        self.thinking
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        Ok(text.chars().count())
    }

    async fn generate(&self, request: GenerateRequest) -> Result<GenerationStream, ModelError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let script = self.scripts.get(turn).or(self.scripts.last()).cloned().unwrap_or_default();
        let prompt_tokens = match &request.prompt {
            Prompt::Raw(text) => text.chars().count(),
            Prompt::Chat(messages) => messages.iter().map(|m| m.text.chars().count()).sum(),
        };
        let GenerateRequest { prompt, thinking, opening, .. } = request;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { prompt, thinking, opening });
        let end = request.stop.iter().filter(|s| !s.is_empty()).filter_map(|s| script.find(s.as_str())).min();
        let mut stop = if end.is_some() { StopReason::StopString } else { StopReason::EndOfText };
        let mut text: String = script[..end.unwrap_or(script.len())].to_owned();
        if let Some((cut, _)) = text.char_indices().nth(request.max_tokens) {
            text.truncate(cut);
            stop = StopReason::Length;
        }
        let new_tokens = text.chars().count();
        // Several pieces, as a model would send them.
        let mut events = Vec::new();
        for piece in text.chars().collect::<Vec<_>>().chunks(7) {
            events.push(Ok(GenerationEvent::Text(piece.iter().collect())));
        }
        events.push(Ok(GenerationEvent::Done { stop, prompt_tokens, read_tokens: prompt_tokens, new_tokens }));
        Ok(Box::pin(stream::iter(events)))
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[tokio::test]
    async fn texts_that_share_characters_are_near() {
        let texts = ["合同解除的条件", "解除合同的情形", "metformin dose", ""].map(str::to_owned);
        let vectors = FakeEmbedder::default().embed(EmbedKind::Query, &texts, Priority::Bulk).await.expect("it embeds");
        let cosine = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum::<f32>();
        assert!(cosine(0, 1) > cosine(0, 2) + 0.2);
        for i in 0..4 {
            assert!((cosine(i, i) - 1.0).abs() < 1e-5);
        }
    }

    #[tokio::test]
    async fn scripts_are_said_in_order() {
        let generator = FakeGenerator::new(["第一句[1]。###", "two"]);
        let mut said = Vec::new();
        for _ in 0..3 {
            let request =
                GenerateRequest { stop: vec!["###".into()], ..GenerateRequest::free(Prompt::Raw("go".into()), 100) };
            let mut text = String::new();
            let mut stream = generator.generate(request).await.expect("it generates");
            while let Some(event) = stream.next().await {
                if let GenerationEvent::Text(piece) = event.expect("it does not fail") {
                    text.push_str(&piece);
                }
            }
            said.push(text);
        }
        assert_eq!(said, ["第一句[1]。", "two", "two"]);
        assert_eq!(generator.asked().len(), 3);
    }
}
