//! Audits and bare verifications as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    CertificateJson, CitationJson, EvidenceJson, ReasonJson, ReferenceJson, SearchedJson, answer::detail, date, score,
    timestamp,
};
use crate::domain::{
    audit::Audit,
    evidence::EvidenceSet,
    verdict::{Judgement, Verdict},
};

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Judgement)]
pub struct JudgementJson {
    /// The claim, exactly as written.
    pub claim: String,
    /// Bytes of the text that the claims were taken from.
    pub start: usize,
    pub end: usize,
    /// `zh` or `en`.
    pub lang: &'static str,
    /// Antecedents and headings that its reader knows, outermost first.
    pub context: Vec<String>,
    /// `supported`, `contradicted`, `unsupported`, `miscited`, `conflict`, `needs_review` or `not_checked`.
    pub verdict: &'static str,
    /// What lies behind the verdict; see the sentence of an answer.
    pub detail: Option<&'static str>,
    /// Score for "supported", 0 to 1. It ranks; it is not a probability of truth.
    pub confidence: f64,
    /// The decisive one first.
    pub citations: Vec<CitationJson>,
    pub reasons: Vec<ReasonJson>,
    /// The laws that it names, looked up; bytes of `claim`.
    pub references: Vec<ReferenceJson>,
}

impl From<&Judgement> for JudgementJson {
    fn from(judgement: &Judgement) -> Self {
        let claim = &judgement.claim;
        Self {
            claim: claim.text.clone(),
            start: claim.span.start(),
            end: claim.span.end(),
            lang: claim.lang.code(),
            context: claim.context.clone(),
            verdict: judgement.verdict.code(),
            detail: detail(&judgement.verdict),
            confidence: score(judgement.p_supported),
            citations: CitationJson::of_verdict(&judgement.verdict),
            reasons: judgement.reasons.iter().map(ReasonJson::from).collect(),
            references: ReferenceJson::all(&judgement.references, &claim.text),
        }
    }
}

/// Claims judged against sources that came with the request, or that were found in collections.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Verification)]
pub struct VerificationJson {
    /// In the order of the text.
    pub judgements: Vec<JudgementJson>,
    pub evidence: Vec<EvidenceJson>,
}

impl VerificationJson {
    pub fn new(judgements: &[Judgement], evidence: &EvidenceSet) -> Self {
        Self {
            judgements: judgements.iter().map(JudgementJson::from).collect(),
            evidence: evidence.items().iter().map(EvidenceJson::from).collect(),
        }
    }
}

/// The check of a whole report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditJson {
    pub id: String,
    pub created_at: String,
    /// Name of the report.
    pub name: String,
    /// BLAKE3 of the report's bytes, hexadecimal.
    pub report_hash: String,
    pub collections: Vec<String>,
    pub as_of: String,
    pub searched: SearchedJson,
    pub counts: AuditCountsJson,
    /// What is proved about support; `null` where nothing is.
    pub certificate: Option<CertificateJson>,
    /// In the order of the report; `start` and `end` are bytes of the report.
    pub findings: Vec<JudgementJson>,
}

impl From<&Audit> for AuditJson {
    fn from(audit: &Audit) -> Self {
        Self {
            id: audit.id.clone(),
            created_at: timestamp(audit.created_at),
            name: audit.report.name.clone(),
            report_hash: audit.report_hash.clone(),
            collections: audit.collections.iter().map(ToString::to_string).collect(),
            as_of: date(audit.as_of),
            searched: SearchedJson::from(&audit.searched),
            counts: AuditCountsJson::of(audit.findings.iter().map(|f| &f.judgement.verdict)),
            certificate: audit.certificate.as_ref().map(CertificateJson::from),
            findings: audit.findings.iter().map(|f| JudgementJson::from(&f.judgement)).collect(),
        }
    }
}

/// How many sentences got which verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditCounts)]
pub struct AuditCountsJson {
    pub total: usize,
    pub supported: usize,
    pub contradicted: usize,
    pub unsupported: usize,
    pub miscited: usize,
    pub conflict: usize,
    pub needs_review: usize,
    pub not_checked: usize,
}

impl AuditCountsJson {
    pub fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            counts.total += 1;
            let slot = match verdict {
                Verdict::Supported { .. } => &mut counts.supported,
                Verdict::Contradicted { .. } => &mut counts.contradicted,
                Verdict::Unsupported(_) => &mut counts.unsupported,
                Verdict::Miscited { .. } => &mut counts.miscited,
                Verdict::Conflict { .. } => &mut counts.conflict,
                Verdict::NeedsReview { .. } => &mut counts.needs_review,
                Verdict::NotChecked(_) => &mut counts.not_checked,
            };
            *slot += 1;
        }
        counts
    }
}
