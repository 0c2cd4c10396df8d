//! The check of a whole report that somebody else wrote.

use time::{Date, OffsetDateTime};

use super::{certificate::Certificate, document::CollectionName, evidence::Searched, verdict::Judgement};

/// A text to be audited, as it was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub text: String,
}

/// One sentence of the report, judged. `judgement.claim.span` is into [`Report::text`].
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub judgement: Judgement,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    pub id: String,
    pub created_at: OffsetDateTime,
    pub report: Report,
    /// BLAKE3 of the report's bytes, hexadecimal.
    pub report_hash: String,
    pub collections: Vec<CollectionName>,
    pub as_of: Date,
    pub searched: Searched,
    /// What is proved about support.
    pub certificate: Option<Certificate>,
    /// In the order of the report.
    pub findings: Vec<Finding>,
}
