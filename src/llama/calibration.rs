//! From logits to probabilities that mean something, and from which one on they may have a say: measured on development
//! data, for each language.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{domain::text::Lang, ports::EncoderThresholds};

/// How logits become probabilities in one language: softmax(logits / temperature + bias).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Calibration {
    temperature: f32,
    /// In the order of the labels.
    #[serde(default)]
    bias: [f32; 3],
}

/// From which probabilities on a model may have a say in one language.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Taus {
    /// `null` where no threshold was good enough.
    supported: Option<f32>,
    contradicted: Option<f32>,
}

/// Languages by their codes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ByLanguage {
    #[serde(default)]
    pub calibration: BTreeMap<String, Calibration>,
    #[serde(default)]
    pub thresholds: BTreeMap<String, Taus>,
}

impl ByLanguage {
    /// # Errors
    /// A temperature that turns no logit into a probability.
    pub fn check(&self) -> Result<(), String> {
        match self.calibration.values().find(|by| !(by.temperature > 0.0 && by.temperature.is_finite())) {
            Some(by) => Err(format!("its calibration has the temperature {}; it must be above 0", by.temperature)),
            None => Ok(()),
        }
    }

    /// In the order of the logits.
    pub fn probabilities(&self, logits: [f32; 3], lang: Lang) -> [f32; 3] {
        let plain = Calibration { temperature: 1.0, bias: [0.0; 3] };
        let by = self.calibration.get(lang.code()).copied().unwrap_or(plain);
        let mut scaled = logits;
        for (logit, bias) in scaled.iter_mut().zip(by.bias) {
            *logit = *logit / by.temperature + bias;
        }
        let most = scaled.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let powers = scaled.map(|x| (x - most).exp());
        let sum: f32 = powers.iter().sum();
        powers.map(|p| p / sum)
    }

    /// `None` where nothing was measured in this language.
    pub fn thresholds(&self, lang: Lang) -> Option<EncoderThresholds> {
        let taus = self.thresholds.get(lang.code())?;
        let or_never = |tau: Option<f32>| tau.unwrap_or(EncoderThresholds::NEVER);
        Some(EncoderThresholds { supported: or_never(taus.supported), contradicted: or_never(taus.contradicted) })
    }
}
