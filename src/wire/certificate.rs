//! Certificates as JSON: on the wire, and in the file that keeps one.

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use super::timestamp;
use crate::domain::{
    answer::ModelIdentity,
    certificate::{Certificate, Certified, ClaimKind, Group},
    document::Domain,
    text::Lang,
};

/// What was proved about the share of wrongly supported claims, and what voids it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Certificate)]
pub struct CertificateJson {
    pub created_at: String,
    /// Rate of wrong ones among accepted claims that is not exceeded.
    pub alpha: f64,
    /// Chance that the draw of the sample misled.
    pub delta: f64,
    /// Of the labelled file, hexadecimal.
    pub sample_sha256: String,
    pub sample_rows: u64,
    /// Threshold at which the tests began, fixed before the sample was seen.
    pub start: f32,
    pub rules_version: String,
    /// The encoder that scored; `null` without one.
    pub model: Option<CertifiedModelJson>,
    /// The judge of what it left open; `null` without one.
    #[serde(default)]
    pub judge: Option<CertifiedModelJson>,
    /// Version of Attest.
    pub program: String,
    pub groups: Vec<CertifiedJson>,
}

/// The model that a certificate speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CertifiedModel)]
pub struct CertifiedModelJson {
    pub name: String,
    /// Of the file, hexadecimal.
    pub sha256: String,
}

/// One group of claims for which the rate was proved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Certified)]
pub struct CertifiedJson {
    /// `legal`, `medical`, `finance` or `general`.
    pub domain: String,
    /// `zh` or `en`.
    pub lang: String,
    /// `citation`, `numeric` or `prose`.
    pub kind: String,
    /// From this score on a claim that no rule objects to is accepted.
    pub tau: f32,
    /// Claims of the sample accepted, and how many of them were labelled wrong.
    pub accepted: u64,
    pub errors: u64,
    /// Upper bound on the rate of wrong ones among the accepted.
    pub bound: f64,
    /// Claims labelled supported, and how many of them were not accepted.
    pub supported: u64,
    pub refused: u64,
}

impl From<&Certificate> for CertificateJson {
    fn from(c: &Certificate) -> Self {
        Self {
            created_at: timestamp(c.created_at),
            alpha: c.alpha,
            delta: c.delta,
            sample_sha256: c.sample_sha256.clone(),
            sample_rows: c.sample_rows,
            start: c.start,
            rules_version: c.rules_version.clone(),
            model: c.model.as_ref().map(CertifiedModelJson::from),
            judge: c.judge.as_ref().map(CertifiedModelJson::from),
            program: c.program.clone(),
            groups: c.groups.iter().map(CertifiedJson::from).collect(),
        }
    }
}

impl From<&ModelIdentity> for CertifiedModelJson {
    fn from(model: &ModelIdentity) -> Self {
        Self { name: model.name.clone(), sha256: model.sha256.clone() }
    }
}

impl CertifiedModelJson {
    fn identity(self) -> ModelIdentity {
        ModelIdentity { name: self.name, sha256: self.sha256 }
    }
}

impl From<&Certified> for CertifiedJson {
    fn from(c: &Certified) -> Self {
        Self {
            domain: c.group.domain.code().to_owned(),
            lang: c.group.lang.code().to_owned(),
            kind: c.group.kind.code().to_owned(),
            tau: c.tau,
            accepted: c.accepted,
            errors: c.errors,
            bound: c.bound,
            supported: c.supported,
            refused: c.refused,
        }
    }
}

impl CertificateJson {
    /// The certificate that a file holds.
    ///
    /// # Errors
    /// In words: which field is not what this program writes.
    pub fn parse(text: &str) -> Result<Certificate, String> {
        let json: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let created_at = OffsetDateTime::parse(&json.created_at, &Rfc3339).map_err(|e| format!("created_at: {e}"))?;
        let groups = json.groups.iter().map(CertifiedJson::certified).collect::<Result<_, _>>()?;
        Ok(Certificate {
            created_at,
            alpha: json.alpha,
            delta: json.delta,
            sample_sha256: json.sample_sha256,
            sample_rows: json.sample_rows,
            start: json.start,
            rules_version: json.rules_version,
            model: json.model.map(CertifiedModelJson::identity),
            judge: json.judge.map(CertifiedModelJson::identity),
            program: json.program,
            groups,
        })
    }
}

impl CertifiedJson {
    fn certified(&self) -> Result<Certified, String> {
        let group = Group {
            domain: Domain::parse(&self.domain).ok_or_else(|| format!("'{}' is no domain", self.domain))?,
            lang: Lang::parse(&self.lang).ok_or_else(|| format!("'{}' is no language", self.lang))?,
            kind: ClaimKind::parse(&self.kind).ok_or_else(|| format!("'{}' is no kind of claim", self.kind))?,
        };
        if !self.tau.is_finite() || !(0.0..=1.0).contains(&self.bound) {
            return Err(format!("{group}: the threshold {} or the bound {} is out of range", self.tau, self.bound));
        }
        Ok(Certified {
            group,
            tau: self.tau,
            accepted: self.accepted,
            errors: self.errors,
            bound: self.bound,
            supported: self.supported,
            refused: self.refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_certificate_is_read_as_it_was_written() {
        let group = Group { domain: Domain::Legal, lang: Lang::Zh, kind: ClaimKind::Numeric };
        let certificate = Certificate {
            created_at: datetime!(2026-11-25 01:02:03 UTC),
            alpha: 0.02,
            delta: 0.05,
            sample_sha256: "ab".repeat(32),
            sample_rows: 700,
            start: 0.9,
            rules_version: "0.1.0+abc".to_owned(),
            model: Some(ModelIdentity { name: "m".to_owned(), sha256: "cd".repeat(32) }),
            judge: Some(ModelIdentity { name: "j".to_owned(), sha256: "ef".repeat(32) }),
            program: "0.1.0".to_owned(),
            groups: vec![Certified {
                group,
                tau: 0.71,
                accepted: 500,
                errors: 3,
                bound: 0.0154,
                supported: 597,
                refused: 100,
            }],
        };
        let text = super::super::to_json(&CertificateJson::from(&certificate), true);
        assert_eq!(CertificateJson::parse(&text), Ok(certificate));
        assert!(CertificateJson::parse(&text.replace("numeric", "poetic")).is_err());
        assert!(CertificateJson::parse("{}").is_err());
    }
}
