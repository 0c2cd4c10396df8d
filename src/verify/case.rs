//! One claim and the sentences that may back it, parsed once, as every rule sees them.

use crate::{
    domain::{
        document::DocumentMeta,
        evidence::Label,
        text::{Lang, Span},
        verdict::EvidenceSpan,
    },
    text::{
        date::{DateMention, DateRelation},
        logic::Logic,
        quantity::Quantity,
        reference::LegalReference,
    },
};

/// A sentence and everything the deterministic layer reads in it. All spans are into `text`.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    pub text: &'a str,
    pub lang: Lang,
    pub quantities: Vec<Quantity>,
    pub dates: Vec<DateMention>,
    pub references: Vec<LegalReference>,
    pub logic: Logic,
}

impl Unit<'_> {
    /// The share of this claim's figures and dates that stand in a sentence of another language, which shares no words with
    /// it; 0 in the same language.
    pub fn shared_figures(&self, source: &Unit<'_>) -> f32 {
        let all = self.quantities.len() + self.dates.len();
        if self.lang == source.lang || all == 0 {
            return 0.0;
        }
        let figures = self.quantities.iter().filter(|q| source.quantities.iter().any(|s| q.relation(s).is_grounded()));
        let told = |d: &&DateMention| {
            source.dates.iter().any(|s| matches!(d.when.against(s.when), DateRelation::Same | DateRelation::Within))
        };
        (figures.count() + self.dates.iter().filter(told).count()) as f32 / all as f32
    }
}

/// A sentence of a source.
#[derive(Clone, Debug)]
pub struct SourceSentence<'a> {
    pub label: Label,
    pub meta: &'a DocumentMeta,
    /// Locator and heading path of the chunk it stands in.
    pub locator: &'a str,
    pub path: &'a [String],
    /// Byte at which the sentence starts in its chunk's text.
    pub offset: usize,
    pub unit: Unit<'a>,
    /// Share of the claim's content (weighted words, or character pairs in Chinese) that stands in it, 0 to 1.
    pub coverage: f32,
}

impl SourceSentence<'_> {
    /// A place in this sentence as a place in its chunk.
    pub fn at(&self, span: Span) -> EvidenceSpan {
        EvidenceSpan { label: self.label, span: span.shifted(self.offset) }
    }
}

/// Below this coverage a sentence does not speak of the claim: rules that say "contradicted" look only at sentences
/// above it.
pub const ALIGNED: f32 = 0.4;

/// What a rule is given.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub claim: Unit<'a>,
    /// The user's question: a figure that stands in it is not invented.
    pub question: Option<Unit<'a>>,
    /// The day whose law applies, where one was asked for.
    pub as_of: Option<time::Date>,
    /// Every sentence of every source under consideration, in source order.
    pub sources: Vec<SourceSentence<'a>>,
}

impl<'a> Case<'a> {
    /// The sentences that speak of the claim, best covered first.
    pub fn aligned(&self) -> Vec<&SourceSentence<'a>> {
        let mut aligned: Vec<_> = self.sources.iter().filter(|s| s.coverage >= ALIGNED).collect();
        aligned.sort_by(|a, b| b.coverage.total_cmp(&a.coverage));
        aligned
    }
}
