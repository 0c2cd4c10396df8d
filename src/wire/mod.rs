//! The one JSON shape of everything that leaves Attest: REST, `--json` on the command line, the store, the audits.
//!
//! Domain types know nothing of JSON; the structs here are made from references to them and do nothing but hold the
//! shape. Offsets are bytes of UTF-8, half open. Dates are `YYYY-MM-DD`, times are RFC 3339 in UTC. A field that can be
//! unknown is `null`, never missing, so that a reader can tell "not known" from "older version".

mod answer;
mod audit;
mod certificate;
mod document;
mod error;
mod evidence;
mod exploration;
mod recall;
mod reference;

use serde::Serialize;
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

pub use self::{
    answer::{AbstentionJson, AnswerJson, ModelJson, ProvenanceJson, SentenceJson, ThresholdJson},
    audit::{AuditCountsJson, AuditJson, JudgementJson, VerificationJson},
    certificate::{CertificateJson, CertifiedJson, CertifiedModelJson},
    document::{
        CollectionJson, CollectionListJson, CollectionSettingsJson, CoverageJson, DocumentJson, DocumentListJson,
        DocumentTextJson, IngestFailureJson, IngestJson, MissingReferenceJson, SectionJson, StatusCountJson,
    },
    error::{ErrorBody, ErrorJson},
    evidence::{
        CitationJson, ComparisonJson, DisagreementJson, EvidenceJson, EvidenceSpanJson, ReasonJson, ReprintJson,
        SearchJson, SearchedJson, SignalsJson,
    },
    exploration::{ExplorationJson, IdeaJson, notice},
    recall::{RecallJson, RecallListJson, StandingJson},
    reference::{ReferenceJson, ReferenceListJson, SuccessorJson},
};
use crate::domain::text::{Message, Span};

/// A sentence for a person, in both languages of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageJson {
    pub zh: String,
    pub en: String,
}

impl From<&Message> for MessageJson {
    fn from(message: &Message) -> Self {
        Self { zh: message.zh.clone(), en: message.en.clone() }
    }
}

/// A half-open range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Span)]
pub struct SpanJson {
    pub start: usize,
    pub end: usize,
}

impl From<Span> for SpanJson {
    fn from(span: Span) -> Self {
        Self { start: span.start(), end: span.end() }
    }
}

/// JSON of anything on the wire; `pretty` is for people.
///
/// The shapes hold strings, finite numbers and lists only, which JSON can always express; should that ever be untrue
/// the text is an error object in the shape of [`ErrorJson`], not a panic.
pub fn to_json(value: &impl Serialize, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.unwrap_or_else(|_| {
        r#"{"error":{"code":"internal","message":"the result cannot be written as JSON"}}"#.to_owned()
    })
}

/// `YYYY-MM-DD`.
pub fn date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// RFC 3339 in UTC, to the second.
pub fn timestamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC).replace_nanosecond(0).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// A score to four decimals; what is not a number is 0, because a broken score must never read as trust.
pub fn score(value: f32) -> f64 {
    if value.is_finite() { (f64::from(value) * 10_000.0).round() / 10_000.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use time::macros::{date as day, datetime};

    use super::*;

    #[test]
    fn dates_and_times_are_iso() {
        assert_eq!(date(day!(2021 - 01 - 01)), "2021-01-01");
        assert_eq!(timestamp(datetime!(2026-11-23 08:30:00.123 +8)), "2026-11-23T00:30:00Z");
    }

    #[test]
    fn a_broken_score_never_reads_as_trust() {
        assert!((score(0.87) - 0.87).abs() < f64::EPSILON);
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(score(broken).abs() < f64::EPSILON);
        }
    }
}
