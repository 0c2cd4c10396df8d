//! Does the evidence answer the question? Decided before anything is written; pure.

use std::collections::HashSet;

use crate::{
    domain::{
        evidence::{Evidence, EvidenceSet},
        text::Lang,
    },
    text::{
        asked::{self, Said, Subject},
        overlap::{self, Equivalents, Idf},
        sentence,
    },
};

/// What is known about a question and its evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    /// Best cosine of the question to a piece of evidence, -1 to 1; 0 without vectors.
    pub cosine: f32,
    /// How far that one stands above the mean of the others: an answer stands out, a topic does not.
    pub margin: f32,
    /// Share of the question's content in the best piece, weighted by rarity, 0 to 1.
    pub best_coverage: f32,
    /// The same over the three best pieces together.
    pub union_coverage: f32,
    /// Best BM25 score for each content word of the question.
    pub bm25: f32,
    /// The best piece is found by words and by meaning alike (1), or by one of them (0).
    pub agreement: f32,
    /// The question names an article that is among the evidence (1).
    pub direct: f32,
    /// One sentence of the evidence holds all that the question names and a figure besides (1): the row of a table, whose
    /// cosine is low however well it answers.
    pub told: f32,
    /// None does, and one holds all that the question names for other years than those it names (1).
    pub other_years: f32,
}

impl Features {
    pub fn read(question: &str, evidence: &EvidenceSet) -> Self {
        let (wanted, equivalents) = (overlap::features(question), equivalents(evidence));
        let present: Vec<HashSet<String>> =
            evidence.items().iter().map(|item| equivalents.feature_set(&passage(item))).collect();
        let idf = Idf::over(&present);
        let covered = |words: &HashSet<String>| overlap::coverage(&wanted, words, &idf);
        let union: HashSet<String> = present.iter().take(3).flatten().cloned().collect();
        let items = evidence.items();
        let mut cosines: Vec<f32> = items.iter().filter_map(|i| i.signals.cosine).collect();
        cosines.sort_by(|a, b| b.total_cmp(a));
        let (told, other_years) = said(question, &equivalents, items);
        let best_bm25 = items.iter().filter_map(|i| i.signals.bm25).fold(0.0, f32::max);
        Self {
            cosine: cosines.first().copied().unwrap_or(0.0),
            margin: match cosines.as_slice() {
                [best, rest @ ..] if !rest.is_empty() => best - rest.iter().sum::<f32>() / rest.len() as f32,
                _ => 0.0,
            },
            best_coverage: present.iter().take(5).map(covered).fold(0.0, f32::max),
            union_coverage: covered(&union),
            bm25: best_bm25 / wanted.len().max(1) as f32,
            agreement: items.first().map_or(0.0, |first| {
                let near = |rank: Option<u32>| rank.is_some_and(|r| r <= 5);
                f32::from(u8::from(near(first.signals.lexical_rank) && near(first.signals.vector_rank)))
            }),
            direct: f32::from(u8::from(items.iter().any(|i| i.signals.direct))),
            told: f32::from(u8::from(told)),
            other_years: f32::from(u8::from(other_years)),
        }
    }

    fn weighted(&self) -> [f32; 6] {
        [self.cosine, self.margin, self.best_coverage, self.union_coverage, self.bm25, self.agreement]
    }
}

/// Sentences of so many of the best pieces are read.
const READ: usize = 10;

/// Whether any sentence tells what the question names, and whether any tells it of other years instead.
fn said(question: &str, equivalents: &Equivalents, items: &[Evidence]) -> (bool, bool) {
    let subject = Subject::of(question);
    let of = |item: &Evidence| {
        let context = asked::words(&heading(item), equivalents);
        let text = &item.chunk.text;
        let sentences = sentence::sentences(text);
        let said = sentences.iter().filter_map(|span| span.of(text));
        said.map(|sentence| subject.said_in(sentence, &context, equivalents)).collect::<Vec<_>>()
    };
    let all: Vec<Said> = items.iter().take(READ).flat_map(of).collect();
    let told = all.contains(&Said::Told);
    (told, !told && all.contains(&Said::OtherYears))
}

/// What stands for the everyday words of the question in the sources.
pub(super) fn equivalents(evidence: &EvidenceSet) -> Equivalents {
    Equivalents::of(evidence.searched.concepts.iter().map(|concept| (&concept.said[..], &concept.meant[..])))
}

fn passage(item: &Evidence) -> String {
    format!("{} {}", heading(item), item.chunk.text)
}

fn heading(item: &Evidence) -> String {
    format!("{} {}", item.meta.title, item.chunk.path.join(" "))
}

/// A logistic model over [`Features`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    pub bias: f32,
    /// For cosine, margin, best coverage, union coverage, BM25, agreement.
    pub values: [f32; 6],
}

/// The gate: one model for each language, because the encoder's cosines lie in different ranges, and one for the time
/// before the vectors are there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    pub zh: Weights,
    pub en: Weights,
    /// Without cosines.
    pub words_only: Weights,
    /// At least this where a sentence tells what the question names ([`Features::told`]).
    pub told: f32,
    /// Score from which a question counts as answerable.
    pub threshold: f32,
}

impl Default for Gate {
    /// Fitted by `scripts/fit-gate.py` on one half of two kinds of questions, figures on the other half. By hand
    /// (`tests/data/questions.jsonl`, over the six bundled collections, each counted 20 times): Chinese abstentions were
    /// right in 0.95 and caught 0.91 of the unanswerable questions, English ones 1.00 and 0.80. With those made by rule
    /// (`scripts/gate-questions.py`): Chinese 0.66 and 0.79, where always abstaining is right in 0.34, English 1.00 and
    /// 0.84 (0.67). A near miss of the right field and the wrong law still passes in 16 of 39 cases.
    ///
    /// The cosine decides alone: margin, coverage and agreement help on these questions and speak against those in
    /// everyday words, which they hardly hold (of 27 written afterwards, 0.44 passed with the margin, 0.59 without).
    ///
    /// A row that tells what is asked: of 199 questions over tables that were set aside, 151 are answered with it and 127
    /// without; over the tables of another document 3 of 199 pass either way. `told` is no fitted figure, only above
    /// the threshold.
    fn default() -> Self {
        Self {
            zh: Weights { bias: -118.46, values: [132.11, 0.0, 0.0, 0.0, 0.0, 0.0] },
            en: Weights { bias: -72.49, values: [84.56, 0.0, 0.0, 0.0, 0.0, 0.0] },
            words_only: Weights { bias: -1.979, values: [0.0, 0.0, 1.454, 0.104, 0.345, 0.0] },
            told: 0.9,
            threshold: 0.5,
        }
    }
}

impl Gate {
    /// How sure one can be that the evidence answers the question, 0 to 1.
    pub fn score(&self, lang: Lang, features: &Features) -> f32 {
        if features.direct > 0.0 {
            return 1.0;
        }
        if features.other_years > 0.0 {
            return 0.0;
        }
        let weights = match lang {
            _ if features.cosine == 0.0 => &self.words_only,
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        let z: f32 = weights.bias + weights.values.iter().zip(features.weighted()).map(|(w, x)| w * x).sum::<f32>();
        (1.0 / (1.0 + (-z).exp())).max(self.told * features.told)
    }

    pub fn answers(&self, lang: Lang, features: &Features) -> bool {
        self.score(lang, features) >= self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_evidence_never_answers_and_a_named_article_does() {
        let gate = Gate::default();
        let nothing = Features::read("When does interest end?", &EvidenceSet::default());
        assert_eq!(nothing, Features::default());
        for lang in [Lang::Zh, Lang::En] {
            assert!(!gate.answers(lang, &nothing));
            assert!(gate.answers(lang, &Features { direct: 1.0, ..nothing }));
        }
    }

    #[test]
    fn a_row_answers_where_nothing_comes_near_and_other_years_never_do() {
        let gate = Gate::default();
        for lang in [Lang::Zh, Lang::En] {
            let far = Features { cosine: 0.7, ..Features::default() };
            assert!(!gate.answers(lang, &far));
            assert!(gate.answers(lang, &Features { told: 1.0, ..far }));
            let near = Features { cosine: 0.95, best_coverage: 1.0, ..Features::default() };
            assert!(gate.answers(lang, &near));
            assert!(!gate.answers(lang, &Features { other_years: 1.0, ..near }));
            assert!(
                gate.answers(lang, &Features { other_years: 1.0, direct: 1.0, ..near }),
                "a named article is cited"
            );
        }
    }

    #[test]
    fn more_evidence_never_lowers_the_score() {
        let gate = Gate::default();
        let base = Features {
            cosine: 0.84,
            margin: 0.01,
            best_coverage: 0.4,
            union_coverage: 0.5,
            bm25: 1.0,
            ..Features::default()
        };
        for better in [
            Features { cosine: 0.9, ..base },
            Features { margin: 0.05, ..base },
            Features { best_coverage: 0.9, ..base },
            Features { union_coverage: 0.9, ..base },
            Features { bm25: 3.0, ..base },
            Features { agreement: 1.0, ..base },
        ] {
            for lang in [Lang::Zh, Lang::En] {
                assert!(gate.score(lang, &better) >= gate.score(lang, &base), "{better:?}");
            }
        }
    }
}
