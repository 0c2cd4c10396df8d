//! The heads of the verifier: what is read off the vectors of its encoder.
//!
//! They lie in `heads.safetensors` beside the GGUF and name its SHA-256, because llama.cpp refuses a file with tensors
//! that it does not know, and because heads of another encoder would give figures that mean nothing.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    domain::text::Lang,
    llama::calibration::ByLanguage,
    models::safetensors::{Safetensors, SafetensorsError},
    ports::EncoderThresholds,
};

/// The file's name, beside the GGUF.
pub const FILE: &str = "heads.safetensors";
/// Tokens of one pair, where the file does not say.
const MAX_TOKENS: usize = 256;
const MAX_EVIDENCE: usize = 190;

/// A dense layer: rows of weights, and biases.
#[derive(Clone, Debug)]
struct Linear {
    weights: Vec<f32>,
    biases: Vec<f32>,
}

impl Linear {
    fn read(file: &Safetensors, name: &str, out: usize, width: usize) -> Result<Self, SafetensorsError> {
        let weights = file.tensor(&format!("{name}.weight"), &[out, width])?.to_vec();
        let biases = file.tensor(&format!("{name}.bias"), &[out])?.to_vec();
        Ok(Self { weights, biases })
    }

    fn of(&self, vector: &[f32]) -> Vec<f32> {
        let rows = self.weights.chunks_exact(vector.len().max(1));
        rows.zip(&self.biases)
            .map(|(row, bias)| bias + row.iter().zip(vector).map(|(w, x)| w * x).sum::<f32>())
            .collect()
    }

    /// Of a layer with one row.
    fn one(&self, vector: &[f32]) -> f32 {
        self.of(vector).first().copied().unwrap_or(f32::NAN)
    }
}

/// Everything that the file holds.
#[derive(Clone, Debug)]
pub struct Heads {
    dense: Linear,
    out: Linear,
    guilty: Linear,
    support: Linear,
    relevance: Option<Linear>,
    /// Where supported, contradicted and unsupported stand among the logits.
    order: [usize; 3],
    measured: ByLanguage,
    /// From which strength on a word of the claim counts as guilty.
    pub guilty_from: f32,
    pub max_tokens: usize,
    pub max_evidence: usize,
    /// BLAKE3 of the file, hexadecimal: heads may change where the encoder does not.
    pub digest: String,
}

/// Raw figures of one pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raw {
    /// Supported, contradicted, unsupported.
    pub logits: [f32; 3],
    /// For each token of the claim, 0 to 1.
    pub guilty: Vec<f32>,
    /// For each token of the evidence, 0 to 1.
    pub support: Vec<f32>,
    pub relevance: f32,
}

impl Heads {
    /// Reads the heads that lie beside an encoder with this hash and width.
    ///
    /// # Errors
    /// In words: a missing or damaged file, heads of another encoder, shapes or labels that do not fit.
    pub fn beside(gguf: &Path, sha256: &str, width: usize) -> Result<Self, String> {
        let path = gguf.with_file_name(FILE);
        if !path.exists() {
            return Err(format!("{} is missing: a verifier is a GGUF and its heads, side by side", path.display()));
        }
        let failed = |problem: String| format!("{}: {problem}", path.display());
        let bytes = fs::read(&path).map_err(|e| failed(e.to_string()))?;
        let file = Safetensors::parse(&bytes).map_err(|e| failed(e.to_string()))?;
        let heads = Self::parse(&file, sha256, width).map_err(failed)?;
        Ok(Self { digest: blake3::hash(&bytes).to_hex().to_string(), ..heads })
    }

    pub fn parse(file: &Safetensors, sha256: &str, width: usize) -> Result<Self, String> {
        let text = |key: &str| file.metadata.get(key).map(String::as_str);
        let bound = text("gguf_sha256").ok_or("it does not say which GGUF it belongs to (gguf_sha256)")?;
        if !bound.eq_ignore_ascii_case(sha256) {
            return Err(format!(
                "it belongs to the GGUF with the SHA-256 {bound}, not to {sha256}; put the two files of one export side by side"
            ));
        }
        let labels: Vec<String> = match text("labels") {
            Some(json) if json.trim_start().starts_with('[') => {
                serde_json::from_str(json).map_err(|e| format!("its labels are not a list ({e})"))?
            }
            Some(list) => list.split(',').map(|label| label.trim().to_owned()).collect(),
            None => return Err("it does not name its labels".to_owned()),
        };
        let place = |label: &str| {
            labels.iter().position(|l| l == label).ok_or_else(|| format!("its labels {labels:?} lack '{label}'"))
        };
        let order = [place("supported")?, place("contradicted")?, place("unsupported")?];
        if labels.len() != 3 {
            return Err(format!("it has {} labels; three are needed", labels.len()));
        }
        let linear = |name: &str, out: usize| Linear::read(file, name, out, width).map_err(|e| e.to_string());
        let number = |key: &str, default: usize| match text(key) {
            None => Ok(default),
            Some(written) => written.trim().parse().map_err(|_| format!("its {key} '{written}' is not a number")),
        };
        let guilty_from = match text("guilty_threshold") {
            None => 0.5,
            Some(written) => written.trim().parse().map_err(|_| format!("its guilty_threshold is '{written}'"))?,
        };
        let measured = ByLanguage {
            calibration: by_language(text("calibration"), "calibration")?,
            thresholds: by_language(text("thresholds"), "thresholds")?,
        };
        measured.check()?;
        Ok(Self {
            dense: linear("verdict.dense", width)?,
            out: linear("verdict.out", 3)?,
            guilty: linear("guilty", 1)?,
            support: linear("support", 1)?,
            relevance: match linear("relevance", 1) {
                Ok(head) => Some(head),
                Err(_) if file.tensor("relevance.weight", &[1, width]).is_err() => None,
                Err(problem) => return Err(problem),
            },
            order,
            measured,
            guilty_from,
            max_tokens: number("max_tokens", MAX_TOKENS)?.max(8),
            max_evidence: number("max_evidence_tokens", MAX_EVIDENCE)?.max(1),
            digest: String::new(),
        })
    }

    /// `cls` is the vector of the first token.
    pub fn read(&self, cls: &[f32], evidence: &[&[f32]], claim: &[&[f32]]) -> Raw {
        let hidden: Vec<f32> = self.dense.of(cls).into_iter().map(f32::tanh).collect();
        let logits = self.out.of(&hidden);
        let marks = |head: &Linear, tokens: &[&[f32]]| tokens.iter().map(|t| sigmoid(head.one(t))).collect();
        Raw {
            logits: self.order.map(|at| logits.get(at).copied().unwrap_or(f32::NAN)),
            guilty: marks(&self.guilty, claim),
            support: marks(&self.support, evidence),
            relevance: self.relevance.as_ref().map_or(0.0, |head| sigmoid(head.one(cls))),
        }
    }

    /// Supported, contradicted, unsupported.
    pub fn probabilities(&self, logits: [f32; 3], lang: Lang) -> [f32; 3] {
        // Labels in the order of the file, as calibrated.
        let mut own = [f32::NAN; 3];
        for (logit, at) in logits.into_iter().zip(self.order) {
            own[at] = logit;
        }
        let p = self.measured.probabilities(own, lang);
        self.order.map(|at| p[at])
    }

    pub fn thresholds(&self, lang: Lang) -> Option<EncoderThresholds> {
        self.measured.thresholds(lang)
    }
}

fn by_language<T: serde::de::DeserializeOwned>(json: Option<&str>, what: &str) -> Result<BTreeMap<String, T>, String> {
    json.map_or_else(
        || Ok(BTreeMap::new()),
        |json| serde_json::from_str(json).map_err(|e| format!("its {what} cannot be read ({e})")),
    )
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::models::safetensors::tests::file;

    fn heads(metadata: &serde_json::Value) -> Result<Heads, String> {
        // Width 2: the dense layer swaps the two components, the output adds them up in three ways.
        let bytes = file(
            metadata,
            &[
                ("verdict.dense.weight", &[2, 2], &[0.0, 1.0, 1.0, 0.0]),
                ("verdict.dense.bias", &[2], &[0.0, 0.0]),
                ("verdict.out.weight", &[3, 2], &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
                ("verdict.out.bias", &[3], &[0.5, 0.0, 0.0]),
                ("guilty.weight", &[1, 2], &[10.0, 0.0]),
                ("guilty.bias", &[1], &[-5.0]),
                ("support.weight", &[1, 2], &[0.0, 10.0]),
                ("support.bias", &[1], &[-5.0]),
            ],
        );
        Heads::parse(&Safetensors::parse(&bytes).expect("it is whole"), "ab", 2)
    }

    #[test]
    fn layers_compute_what_they_are_named_for() {
        let heads =
            heads(&json!({"gguf_sha256": "AB", "labels": "[\"contradicted\", \"supported\", \"unsupported\"]"}))
                .expect("they fit");
        let raw = heads.read(&[0.2, 0.4], &[&[0.0, 1.0], &[1.0, 0.0]], &[&[1.0, 0.0]]);
        let want = [0.2_f32.tanh(), 0.4_f32.tanh() + 0.5, -0.4_f32.tanh() - 0.2_f32.tanh()];
        for (got, want) in raw.logits.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{raw:?}");
        }
        assert!(raw.guilty[0] > 0.99 && raw.support[0] > 0.99 && raw.support[1] < 0.01);
        assert_eq!(heads.max_tokens, 256);
        assert_eq!(heads.thresholds(Lang::Zh), None, "nothing was measured");
    }

    #[test]
    fn calibration_belongs_to_a_language() {
        let heads = heads(&json!({
            "gguf_sha256": "ab", "labels": "supported,contradicted,unsupported",
            "calibration": "{\"zh\": {\"temperature\": 2.0, \"bias\": [0, 0, 1]}}",
            "thresholds": "{\"zh\": {\"supported\": 0.9, \"contradicted\": 0.8}}",
        }))
        .expect("they fit");
        let en = heads.probabilities([2.0, 0.0, 0.0], Lang::En);
        let zh = heads.probabilities([2.0, 0.0, 0.0], Lang::Zh);
        assert!((en.iter().sum::<f32>() - 1.0).abs() < 1e-6 && (zh.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((en[0] - 0.787).abs() < 1e-3 && (zh[0] - zh[2]).abs() < 1e-6, "{en:?} {zh:?}");
        assert_eq!(heads.thresholds(Lang::Zh).map(|t| t.supported), Some(0.9));
    }

    #[test]
    fn heads_that_do_not_fit_are_refused_with_the_cure() {
        for (metadata, says) in [
            (json!({"labels": "supported,contradicted,unsupported"}), "gguf_sha256"),
            (json!({"gguf_sha256": "cd", "labels": "supported,contradicted,unsupported"}), "side by side"),
            (json!({"gguf_sha256": "ab"}), "labels"),
            (json!({"gguf_sha256": "ab", "labels": "yes,no,maybe"}), "lack 'supported'"),
            (
                json!({"gguf_sha256": "ab", "labels": "supported,contradicted,unsupported", "max_tokens": "x"}),
                "max_tokens",
            ),
            (
                json!({"gguf_sha256": "ab", "labels": "supported,contradicted,unsupported", "calibration": "3"}),
                "calibration",
            ),
        ] {
            let problem = heads(&metadata).expect_err("they do not fit");
            assert!(problem.contains(says), "{problem}");
        }
    }
}
