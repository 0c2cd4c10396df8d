//! A report that somebody else wrote: every sentence a claim, evidence from the knowledge base, a verdict for each.

pub mod render;

use std::sync::Arc;

use time::Date;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        audit::{Audit, Finding, Report},
        claim::Claim,
        document::CollectionName,
        evidence::{EvidenceSet, Query, Searched, Switches},
    },
    draft::claims,
    ports::{Clock, RetrieveError, Retriever, Verifier, VerifyError},
};

/// Pieces of evidence looked at for each claim.
const EVIDENCE: usize = 8;
/// A claim longer than this many bytes is searched by its beginning; it is judged whole.
const QUERY_BYTES: usize = 2_000;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("the report '{0}' is empty")]
    Empty(String),
    #[error("the audit was interrupted after {done} of {total} sentences")]
    Interrupted { done: usize, total: usize },
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// What an audit is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Empty: every collection.
    pub collections: Vec<CollectionName>,
    pub as_of: Option<Date>,
}

/// The stages that an audit needs.
#[derive(Clone)]
pub struct Auditor {
    pub retriever: Arc<dyn Retriever>,
    pub verifier: Arc<dyn Verifier>,
    pub clock: Arc<dyn Clock>,
}

impl Auditor {
    /// Judges every sentence of `report`; `progress` is told (done, total) after each.
    pub async fn run(
        &self,
        report: Report,
        scope: &Scope,
        cancel: &CancellationToken,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Audit, AuditError> {
        if report.text.trim().is_empty() {
            return Err(AuditError::Empty(report.name));
        }
        let as_of = scope.as_of.unwrap_or_else(|| self.clock.today());
        let claims = claims::from_text(&report.text);
        let total = claims.len();
        let mut findings = Vec::with_capacity(total);
        let mut searched = Searched::default();
        for (done, claim) in claims.into_iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(AuditError::Interrupted { done, total });
            }
            let evidence = if claim.skip.is_some() {
                EvidenceSet::default()
            } else {
                self.retriever.retrieve(&query(&claim, scope, as_of)).await?
            };
            if !evidence.is_empty() {
                searched = evidence.searched.clone();
            }
            // The report's own labels point into its own sources, not into ours.
            let claim = Claim { cited: Vec::new(), ..claim };
            let judgements = self.verifier.verify(std::slice::from_ref(&claim), &evidence).await?;
            findings.extend(judgements.into_iter().map(|judgement| Finding { judgement }));
            progress(done + 1, total);
        }
        Ok(Audit {
            id: self.clock.new_id(),
            created_at: self.clock.now(),
            report_hash: blake3::hash(report.text.as_bytes()).to_hex().to_string(),
            report,
            collections: scope.collections.clone(),
            as_of,
            searched,
            certificate: self.verifier.certificate().cloned(),
            findings,
        })
    }
}

fn query(claim: &Claim, scope: &Scope, as_of: Date) -> Query {
    let mut text = claim.context.iter().map(String::as_str).chain([claim.text.as_str()]).collect::<Vec<_>>().join(" ");
    if text.len() > QUERY_BYTES {
        let end = (0..=QUERY_BYTES).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
    Query {
        text,
        collections: scope.collections.clone(),
        as_of,
        statuses: None,
        lang: None,
        limit: EVIDENCE,
        switches: Switches::default(),
    }
}
