//! Does the evidence answer the question? Decided before anything is written; pure.

use std::collections::HashSet;

use crate::{
    domain::evidence::{Evidence, EvidenceSet},
    text::overlap::{self, Idf},
};

/// What is known about a question and its evidence, each 0 to 1 (cosines as they are).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    /// Best cosine of the question to a piece of evidence.
    pub cosine: f32,
    /// Share of the question's content in the best piece, weighted by rarity.
    pub best_coverage: f32,
    /// The same over the three best pieces together.
    pub union_coverage: f32,
    /// Whether the best piece is found by words and by meaning alike (1), by one of them (0).
    pub agreement: f32,
    /// The question names an article that is among the evidence.
    pub direct: f32,
}

impl Features {
    pub fn read(question: &str, evidence: &EvidenceSet) -> Self {
        let wanted = overlap::features(question);
        let present: Vec<HashSet<String>> =
            evidence.items().iter().map(|item| overlap::feature_set(&passage(item))).collect();
        let idf = Idf::over(&present);
        let covered = |words: &HashSet<String>| overlap::coverage(&wanted, words, &idf);
        let union: HashSet<String> = present.iter().take(3).flatten().cloned().collect();
        let items = evidence.items();
        Self {
            cosine: items.iter().filter_map(|i| i.signals.cosine).fold(0.0, f32::max),
            best_coverage: present.iter().take(5).map(covered).fold(0.0, f32::max),
            union_coverage: covered(&union),
            agreement: items.first().map_or(0.0, |first| {
                let near = |rank: Option<u32>| rank.is_some_and(|r| r <= 5);
                f32::from(u8::from(near(first.signals.lexical_rank) && near(first.signals.vector_rank)))
            }),
            direct: f32::from(u8::from(items.iter().any(|i| i.signals.direct))),
        }
    }
}

fn passage(item: &Evidence) -> String {
    format!("{} {} {}", item.meta.title, item.chunk.path.join(" "), item.chunk.text)
}

/// Weights of a logistic model over [`Features`], and the score from which a question counts as answerable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    pub bias: f32,
    pub cosine: f32,
    pub best_coverage: f32,
    pub union_coverage: f32,
    pub agreement: f32,
    pub threshold: f32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { bias: -24.0, cosine: 26.0, best_coverage: 3.0, union_coverage: 2.0, agreement: 0.5, threshold: 0.5 }
    }
}

impl Gate {
    /// How sure one can be that the evidence answers the question, 0 to 1.
    pub fn score(&self, features: &Features) -> f32 {
        if features.direct > 0.0 {
            return 1.0;
        }
        let z = self.bias
            + self.cosine * features.cosine
            + self.best_coverage * features.best_coverage
            + self.union_coverage * features.union_coverage
            + self.agreement * features.agreement;
        1.0 / (1.0 + (-z).exp())
    }

    pub fn answers(&self, features: &Features) -> bool {
        self.score(features) >= self.threshold
    }
}
