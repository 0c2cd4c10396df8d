//! Evidence, citations and reasons as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MessageJson, SpanJson, date, score};
use crate::{
    domain::{
        evidence::{Citation, Evidence, EvidenceSet, Reprint, Searched, Signals},
        verdict::{Comparison, Disagreement, EvidenceSpan, Reason, Verdict},
    },
    text::instruction,
};

/// An exact place in a stored text, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Citation)]
pub struct CitationJson {
    /// Number of the evidence in this answer, from 1; written `[1]` in the text.
    pub label: u16,
    pub collection: String,
    /// Key of the document in its collection.
    pub key: String,
    pub title: String,
    /// Section of the document: an article, a heading, a page.
    pub locator: String,
    pub page: Option<u32>,
    /// The bytes `start..end` of the stored text.
    pub quote: String,
    pub start: usize,
    pub end: usize,
    /// Version of the document that the offsets belong to; give it to `/v1/documents/{collection}/{key}?version=`.
    pub version: i64,
    /// What this place does for the sentence: `supports`, `contradicts` or `nearest`.
    pub role: &'static str,
    /// `in_force`, `amended`, `repealed`, `historical`, `not_yet_in_force` or `unknown`.
    pub status: &'static str,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    /// Key of the document that took its place.
    pub superseded_by: Option<String>,
    pub source_url: Option<String>,
}

impl CitationJson {
    pub fn new(citation: &Citation, role: &'static str) -> Self {
        let meta = &citation.meta;
        Self {
            label: citation.label.0,
            collection: citation.collection.to_string(),
            key: meta.key.clone(),
            title: meta.title.clone(),
            locator: citation.locator.clone(),
            page: citation.page,
            quote: citation.quote.clone(),
            start: citation.span.start(),
            end: citation.span.end(),
            version: citation.version.0,
            role,
            status: meta.status.code(),
            valid_from: meta.valid_from.map(date),
            valid_to: meta.valid_to.map(date),
            superseded_by: meta.superseded_by.clone(),
            source_url: meta.source_url.clone(),
        }
    }

    /// Every place behind a verdict, the decisive one first, with what it does for the claim.
    pub fn of_verdict(verdict: &Verdict) -> Vec<Self> {
        match verdict {
            Verdict::Supported { by, .. } | Verdict::Miscited { by, .. } => {
                by.iter().map(|c| Self::new(c, "supports")).collect()
            }
            Verdict::Contradicted { by } => by.iter().map(|c| Self::new(c, "contradicts")).collect(),
            Verdict::Conflict { backing, against } => backing
                .iter()
                .map(|c| Self::new(c, "supports"))
                .chain(against.iter().map(|c| Self::new(c, "contradicts")))
                .collect(),
            Verdict::NeedsReview { nearest } => nearest.iter().map(|c| Self::new(c, "nearest")).collect(),
            Verdict::Unsupported(_) | Verdict::NotChecked(_) => Vec::new(),
        }
    }
}

/// A chunk that was found, best first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceJson {
    pub label: u16,
    pub collection: String,
    pub key: String,
    pub title: String,
    pub locator: String,
    /// Headings above it, outermost first.
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// The bytes `start..end` of the stored text.
    pub text: String,
    pub start: usize,
    pub end: usize,
    pub version: i64,
    /// Compares within one result only.
    pub score: f64,
    pub signals: SignalsJson,
    pub status: &'static str,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub superseded_by: Option<String>,
    /// `zh` or `en`.
    pub lang: &'static str,
    pub kind: String,
    /// 1 (constitution, statute) to 9 (other).
    pub authority: u8,
    pub source_url: Option<String>,
    pub licence: Option<String>,
    /// A number that all reprints of this text share, whatever the search found of them: count sources by it.
    pub origin: i64,
    /// Where the same text stands too, in nearly the same words: a reprint is no second source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<ReprintJson>,
    /// Places in `text` that give orders to a language model. They were kept from the generator, and nothing is quoted
    /// from them. Left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<SpanJson>,
}

impl From<&Evidence> for EvidenceJson {
    fn from(evidence: &Evidence) -> Self {
        let (meta, chunk) = (&evidence.meta, &evidence.chunk);
        Self {
            label: evidence.label.0,
            collection: evidence.collection.to_string(),
            key: meta.key.clone(),
            title: meta.title.clone(),
            locator: chunk.locator.clone(),
            path: chunk.path.clone(),
            page: chunk.page,
            text: chunk.text.clone(),
            start: chunk.span.start(),
            end: chunk.span.end(),
            version: chunk.version.0,
            score: score(evidence.score),
            signals: SignalsJson::from(&evidence.signals),
            status: meta.status.code(),
            valid_from: meta.valid_from.map(date),
            valid_to: meta.valid_to.map(date),
            superseded_by: meta.superseded_by.clone(),
            lang: meta.lang.code(),
            kind: meta.kind.clone(),
            authority: meta.authority,
            source_url: meta.source_url.clone(),
            licence: meta.licence.clone(),
            origin: evidence.origin.0,
            copies: evidence.copies.iter().map(ReprintJson::from).collect(),
            orders: instruction::find(&chunk.text).into_iter().map(SpanJson::from).collect(),
        }
    }
}

/// How each side of retrieval saw a chunk; ranks from 1, `null` where that side did not see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Signals)]
pub struct SignalsJson {
    pub lexical_rank: Option<u32>,
    pub bm25: Option<f64>,
    pub vector_rank: Option<u32>,
    /// -1 to 1.
    pub cosine: Option<f64>,
    /// What the reranker made of it, 0 to 1; `null` where there is none or it took no look.
    pub relevance: Option<f64>,
    /// The query names this very article.
    pub direct: bool,
}

impl From<&Signals> for SignalsJson {
    fn from(signals: &Signals) -> Self {
        Self {
            lexical_rank: signals.lexical_rank,
            bm25: signals.bm25.map(score),
            vector_rank: signals.vector_rank,
            cosine: signals.cosine.map(score),
            relevance: signals.relevance.map(score),
            direct: signals.direct,
        }
    }
}

/// What a search looked through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Searched)]
pub struct SearchedJson {
    pub collections: Vec<String>,
    /// Searchable chunks in them.
    pub chunks: u64,
    /// Share of those chunks that have a vector, in 1/1000; below 1000 the vector index is still being built.
    pub vectors_permille: u16,
    pub index_position: i64,
    /// The latest first day of validity among the texts that could be found.
    pub newest: Option<String>,
}

impl From<&Searched> for SearchedJson {
    fn from(searched: &Searched) -> Self {
        Self {
            collections: searched.collections.iter().map(ToString::to_string).collect(),
            chunks: searched.chunks,
            vectors_permille: searched.vectors_permille,
            index_position: searched.index_position,
            newest: searched.newest.map(date),
        }
    }
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchResult)]
pub struct SearchJson {
    pub query: String,
    pub searched: SearchedJson,
    /// Best first.
    pub results: Vec<EvidenceJson>,
    /// Results that contradict each other.
    pub disagreements: Vec<DisagreementJson>,
}

impl SearchJson {
    pub fn new(query: &str, found: &EvidenceSet, disagreements: &[Disagreement]) -> Self {
        Self {
            query: query.to_owned(),
            searched: SearchedJson::from(&found.searched),
            results: found.items().iter().map(EvidenceJson::from).collect(),
            disagreements: disagreements.iter().map(DisagreementJson::from).collect(),
        }
    }
}

/// A passage that says the same as the one shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Reprint)]
pub struct ReprintJson {
    pub collection: String,
    pub key: String,
    pub title: String,
    pub locator: String,
}

impl From<&Reprint> for ReprintJson {
    fn from(reprint: &Reprint) -> Self {
        let Reprint { collection, key, title, locator } = reprint.clone();
        Self { collection: collection.to_string(), key, title, locator }
    }
}

/// Two sources that contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Disagreement)]
pub struct DisagreementJson {
    pub one: EvidenceSpanJson,
    pub other: EvidenceSpanJson,
    /// Stable name of the rule that found it.
    pub code: &'static str,
    /// `one` beside `other`.
    pub comparison: Option<ComparisonJson>,
    pub message: MessageJson,
    /// Label of the source to be followed; `null` where no rule decides.
    pub follow: Option<u16>,
    /// `successor`, `higher_rank`, `more_specific` or `later`; `unresolved` where none of them decides.
    pub decided_by: &'static str,
}

impl From<&Disagreement> for DisagreementJson {
    fn from(disagreement: &Disagreement) -> Self {
        Self {
            one: EvidenceSpanJson::from(disagreement.one),
            other: EvidenceSpanJson::from(disagreement.other),
            code: disagreement.code,
            comparison: disagreement.comparison.as_ref().map(ComparisonJson::from),
            message: MessageJson::from(&disagreement.message),
            follow: disagreement.follow.map(|(label, _)| label.0),
            decided_by: disagreement.follow.map_or("unresolved", |(_, rule)| rule.code()),
        }
    }
}

/// One finding about a claim, checkable by a person in ten seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonJson {
    /// Stable name of the rule.
    pub code: &'static str,
    /// `ground`, `flag`, `unsupport` or `contradict`.
    pub effect: &'static str,
    pub message: MessageJson,
    /// The words that it is about; bytes of the sentence's `claim`.
    pub claim_span: Option<SpanJson>,
    pub evidence: Option<EvidenceSpanJson>,
    pub comparison: Option<ComparisonJson>,
}

impl From<&Reason> for ReasonJson {
    fn from(reason: &Reason) -> Self {
        Self {
            code: reason.code,
            effect: reason.effect.code(),
            message: MessageJson::from(&reason.message),
            claim_span: reason.claim_span.map(SpanJson::from),
            evidence: reason.evidence.map(EvidenceSpanJson::from),
            comparison: reason.comparison.as_ref().map(ComparisonJson::from),
        }
    }
}

/// A place in one evidence: bytes of that evidence's `text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EvidenceSpan)]
pub struct EvidenceSpanJson {
    pub label: u16,
    pub start: usize,
    pub end: usize,
}

impl From<EvidenceSpan> for EvidenceSpanJson {
    fn from(place: EvidenceSpan) -> Self {
        Self { label: place.label.0, start: place.span.start(), end: place.span.end() }
    }
}

/// Two values in one unit, side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub struct ComparisonJson {
    pub claim: String,
    pub source: String,
    /// `=`, `≠`, `<`, `>`, `absent`, `×10000`.
    pub relation: String,
}

impl From<&Comparison> for ComparisonJson {
    fn from(comparison: &Comparison) -> Self {
        Self {
            claim: comparison.claim.clone(),
            source: comparison.source.clone(),
            relation: comparison.relation.clone(),
        }
    }
}
