//! Judging claims.

use async_trait::async_trait;

use super::{ModelError, RetrieveError};
use crate::domain::{
    answer::ModelIdentity, certificate::Certificate, claim::Claim, evidence::EvidenceSet, verdict::Judgement,
};

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The knowledge base could not be asked about the law that a claim names.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
}

/// Judges claims against evidence. An error is an error: it never counts as support.
#[async_trait]
pub trait Verifier: Send + Sync {
    /// One judgement for each claim, in order. Labels that a claim cites are looked up in `evidence`; a claim that
    /// cites nothing is checked against all of it.
    async fn verify(&self, claims: &[Claim], evidence: &EvidenceSet) -> Result<Vec<Judgement>, VerifyError>;

    /// Name and value of each threshold in force.
    fn thresholds(&self) -> Vec<(&'static str, f32)>;

    /// The model that scores, if there is one.
    fn model(&self) -> Option<&ModelIdentity> {
        None
    }

    /// The model that judges what the first one leaves open, if there is one.
    fn judge(&self) -> Option<&ModelIdentity> {
        None
    }

    /// What is proved about its support.
    fn certificate(&self) -> Option<&Certificate> {
        None
    }
}
