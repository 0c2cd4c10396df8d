//! A judge that was trained for its one question: low-rank additions to a base model, the words that it answers with,
//! and what their logits mean. `training/judge_export.py` writes the folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::template::Question;
use crate::{
    domain::{answer::ModelIdentity, text::Lang},
    llama::calibration::ByLanguage,
    models::sha256,
    ports::{EncoderThresholds, ModelError},
};

const ABOUT: &str = "judge.json";
const PROMPT: &str = "prompt.txt";
/// The verdicts in the order in which they are used here.
const VERDICTS: [&str; 3] = ["supported", "contradicted", "unsupported"];

/// What lies in the folder, but for the weights themselves.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Low-rank additions, a GGUF.
    pub adapter: PathBuf,
    /// The model that they belong to.
    pub base: ModelIdentity,
    /// The tokens that stand for supported, contradicted and unsupported.
    pub words: Vec<String>,
    /// The longest evidence and the longest claim that it was trained with.
    pub evidence_tokens: usize,
    pub claim_tokens: usize,
    sha256: String,
    name: String,
    /// Holds `{evidence}` on its first line and `{claim}` after it.
    prompt: String,
    measured: ByLanguage,
}

/// `judge.json`.
#[derive(Deserialize)]
struct About {
    name: String,
    base: String,
    base_sha256: String,
    /// The name of its file.
    adapter: String,
    adapter_sha256: String,
    verdicts: Vec<String>,
    labels: Vec<String>,
    evidence_tokens: usize,
    claim_tokens: usize,
    #[serde(flatten)]
    measured: ByLanguage,
}

impl Trained {
    /// The judge in a folder; `None` where there is none. Hashes the adapter, which takes a moment.
    ///
    /// # Errors
    /// [`ModelError::BadFile`] for a part that is missing or damaged, or an adapter that the folder does not speak of.
    pub fn read(folder: &Path) -> Result<Option<Self>, ModelError> {
        let about = folder.join(ABOUT);
        if !about.exists() {
            return Ok(None);
        }
        let bad = |path: &Path, problem: String| ModelError::BadFile { path: path.display().to_string(), problem };
        let text = |path: &Path| fs::read_to_string(path).map_err(|e| bad(path, e.to_string()));
        let found: About = serde_json::from_str(&text(&about)?).map_err(|e| bad(&about, e.to_string()))?;
        let prompt = text(&folder.join(PROMPT))?;
        found.check(&prompt).map_err(|problem| bad(&about, problem))?;
        let adapter = folder.join(&found.adapter);
        let digest = sha256(&fs::read(&adapter).map_err(|e| bad(&adapter, e.to_string()))?);
        if digest != found.adapter_sha256 {
            let problem = format!("its SHA-256 is {digest}, but {ABOUT} beside it was written for another adapter");
            return Err(bad(&adapter, problem));
        }
        Ok(Some(Self {
            adapter,
            base: ModelIdentity { name: found.base, sha256: found.base_sha256 },
            words: found.labels,
            evidence_tokens: found.evidence_tokens,
            claim_tokens: found.claim_tokens,
            sha256: digest,
            name: found.name,
            prompt,
            measured: found.measured,
        }))
    }

    /// The judge whose adapter this file is; `None` for any other model.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn beside(adapter: &Path) -> Result<Option<Self>, ModelError> {
        let Some(folder) = adapter.parent() else { return Ok(None) };
        Ok(Self::read(folder)?.filter(|judge| judge.adapter.file_name() == adapter.file_name()))
    }

    pub fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name.clone(), sha256: self.sha256.clone() }
    }

    /// Two parts, each made tokens by itself: all claims on the same evidence share the first.
    pub(super) fn question(&self, evidence: &str, claim: &str) -> Question {
        let (first, rest) = self.prompt.split_once('\n').unwrap_or((&self.prompt, ""));
        let first = first.replace("{evidence}", &on_one_line(evidence)) + "\n";
        let rest = rest.replace("{claim}", &on_one_line(claim));
        Question::Framed(vec![(first, false), (rest, false)])
    }

    /// Of supported, contradicted and unsupported.
    pub(super) fn probabilities(&self, logits: [f32; 3], lang: Lang) -> [f32; 3] {
        self.measured.probabilities(logits, lang)
    }

    /// From which probability on a claim is supported; `None` where none was good enough.
    pub(super) fn threshold(&self, lang: Lang) -> Option<f32> {
        let tau = self.measured.thresholds(lang)?.supported;
        (tau < EncoderThresholds::NEVER).then_some(tau)
    }
}

impl About {
    fn check(&self, prompt: &str) -> Result<(), String> {
        if self.verdicts != VERDICTS || self.labels.len() != VERDICTS.len() {
            return Err(format!(
                "its verdicts are {:?} with {} labels, not {VERDICTS:?}",
                self.verdicts,
                self.labels.len()
            ));
        }
        let well_formed = prompt
            .split_once('\n')
            .is_some_and(|(first, rest)| first.contains("{evidence}") && rest.contains("{claim}"));
        if !well_formed {
            return Err(format!("{PROMPT} beside it needs {{evidence}} on its first line and {{claim}} after it"));
        }
        self.measured.check()
    }
}

/// The line ends of the prompt are its structure.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"name": "j", "base": "b", "base_sha256": "00", "adapter": "j.gguf", "adapter_sha256": "SHA",
        "verdicts": ["supported", "contradicted", "unsupported"], "labels": [" True", " False", " Neither"],
        "evidence_tokens": 256, "claim_tokens": 96,
        "calibration": {"en": {"temperature": 2.0, "bias": [0.5, 0.0, 0.0]}},
        "thresholds": {"en": {"supported": 0.9, "contradicted": 0.8, "middle": 0.4}, "zh": {"supported": null, "contradicted": null}}}"#;

    fn folder(json: &str, prompt: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("j.gguf"), b"weights").expect("it writes");
        fs::write(folder.path().join(ABOUT), json.replace("SHA", &sha256(b"weights"))).expect("it writes");
        fs::write(folder.path().join(PROMPT), prompt).expect("it writes");
        folder
    }

    const ASKS: &str = "{evidence}\nQuestion: {claim} True, False or Neither?\nAnswer:";

    #[test]
    fn a_judge_is_read_from_its_folder() {
        let empty = tempfile::tempdir().expect("a folder");
        assert!(Trained::read(empty.path()).expect("nothing is there").is_none());
        let folder = folder(JSON, ASKS);
        let judge = Trained::read(folder.path()).expect("it is whole").expect("it is there");
        assert_eq!((judge.base.sha256.as_str(), judge.identity().name.as_str()), ("00", "j"));
        assert!(Trained::beside(&folder.path().join("j.gguf")).expect("it is whole").is_some());
        assert!(Trained::beside(&folder.path().join("k.gguf")).expect("it is whole").is_none());
        assert_eq!((judge.threshold(Lang::En), judge.threshold(Lang::Zh)), (Some(0.9), None));
        let Question::Framed(parts) = judge.question("a\n b {claim}", "c\td") else { panic!("two parts") };
        let parts: Vec<&str> = parts.iter().map(|(part, _)| part.as_str()).collect();
        assert_eq!(parts, ["a b {claim}\n", "Question: c d True, False or Neither?\nAnswer:"]);
        let plain = judge.probabilities([1.0, 0.0, 0.0], Lang::Zh)[0];
        let calibrated = judge.probabilities([1.0, 0.0, 0.0], Lang::En)[0];
        assert!((plain - 1.0_f32.exp() / (1.0_f32.exp() + 2.0)).abs() < 1e-6, "{plain}");
        assert!((calibrated - 1.0_f32.exp() / (1.0_f32.exp() + 2.0)).abs() < 1e-6, "1 / 2 + 0.5 is 1: {calibrated}");
    }

    #[test]
    fn a_judge_with_a_wrong_part_is_refused() {
        let refused = |json: &str, prompt: &str| {
            let folder = folder(json, prompt);
            Trained::read(folder.path()).expect_err("it is refused").to_string()
        };
        assert!(refused(&JSON.replace("SHA", "11"), ASKS).contains("another adapter"));
        assert!(refused(&JSON.replace("2.0", "0.0"), ASKS).contains("temperature"));
        assert!(
            refused(&JSON.replace("[\"supported\", \"contradicted\"", "[\"contradicted\", \"supported\""), ASKS)
                .contains("verdicts")
        );
        assert!(refused(JSON, "Is {claim} said in {evidence}?").contains("{evidence}"));
        assert!(refused("{", ASKS).contains(ABOUT));
    }
}
