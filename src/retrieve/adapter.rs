//! Questions moved towards the passages that answer them, by a linear map on their vectors.
//!
//! Lay questions and statutes say the same thing in different words. A map that was fitted on pairs of both
//! (`training/query_adapter.py`) closes much of that gap, and since passages keep their vectors, nothing is embedded
//! again and a question costs one small matrix product more. Passages are ranked by the moved vector; the cosine that
//! evidence carries is that of the question itself, because only that one can be compared between questions. (As in
//! "Query-side fine-tuning" of Lee et al., 2021, "Learning Dense Representations of Phrases at Scale", reduced to one
//! layer.)

use std::{fs, path::Path};

use super::product::{dot, unit};
use crate::{domain::answer::ModelIdentity, models::safetensors::Safetensors, ports::ModelError};

/// Adapters that come with the program, each for one model file.
const BUNDLED: &[(&str, &[u8])] = &[(
    "multilingual-e5-small-q4.queries.safetensors",
    include_bytes!("../../models/retriever/multilingual-e5-small-q4.queries.safetensors"),
)];

/// `x → unit(W x + b)`.
#[derive(Clone, Debug)]
pub struct QueryAdapter {
    identity: ModelIdentity,
    /// Rows of W.
    rows: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

impl QueryAdapter {
    /// The adapter for an embedding model: a file `NAME.queries.safetensors` beside the model's `NAME.gguf`, or else one
    /// that comes with the program, if one was fitted for this model.
    ///
    /// # Errors
    /// A file beside the model that is damaged, or was fitted for another model.
    pub fn for_model(path: &Path, sha256: &str, dimensions: usize) -> Result<Option<Self>, ModelError> {
        let beside = path.with_extension("queries.safetensors");
        let bad = |path: String| move |problem: String| ModelError::BadAdapter { path, problem };
        if beside.exists() {
            let bad = bad(beside.display().to_string());
            let bytes = match fs::read(&beside) {
                Ok(bytes) => bytes,
                Err(e) => return Err(bad(format!("it cannot be read ({e})"))),
            };
            let name = beside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return match Self::parse(&name, &bytes, sha256, dimensions) {
                Ok(Some(adapter)) => Ok(Some(adapter)),
                Ok(None) => Err(bad(format!("it was fitted for another file than {}", path.display()))),
                Err(problem) => Err(bad(problem)),
            };
        }
        for (name, bytes) in BUNDLED {
            let bad = bad(format!("{name}, which came with the program"));
            if let Some(adapter) = Self::parse(name, bytes, sha256, dimensions).map_err(bad)? {
                return Ok(Some(adapter));
            }
        }
        Ok(None)
    }

    /// `None` where it belongs to another model.
    fn parse(name: &str, bytes: &[u8], sha256: &str, dimensions: usize) -> Result<Option<Self>, String> {
        let file = Safetensors::parse(bytes).map_err(|e| e.to_string())?;
        let base = file.metadata.get("base_sha256").ok_or("it does not say for which model it was fitted")?;
        if !base.eq_ignore_ascii_case(sha256) {
            return Ok(None);
        }
        let weight = file.tensor("weight", &[dimensions, dimensions]).map_err(|e| e.to_string())?;
        let bias = file.tensor("bias", &[dimensions]).map_err(|e| e.to_string())?.to_vec();
        let rows = weight.chunks_exact(dimensions.max(1)).map(<[f32]>::to_vec).collect();
        let identity = ModelIdentity { name: name.to_owned(), sha256: crate::models::sha256(bytes) };
        Ok(Some(Self { identity, rows, bias }))
    }

    pub fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    #[cfg(test)]
    pub(super) fn of(rows: Vec<Vec<f32>>, bias: Vec<f32>) -> Self {
        let identity = ModelIdentity { name: "test.queries.safetensors".to_owned(), sha256: String::new() };
        Self { identity, rows, bias }
    }

    /// `None` for what it turns into nothing; the length of `vector` is that of the model.
    pub(super) fn apply(&self, vector: &[f32]) -> Option<Vec<f32>> {
        unit(self.rows.iter().zip(&self.bias).map(|(row, bias)| dot(row, vector) + bias).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::models::safetensors::tests::file;

    fn swap(base: &str) -> Vec<u8> {
        let weight: &[f32] = &[0.0, 1.0, 2.0, 0.0];
        file(&json!({"base_sha256": base}), &[("weight", &[2, 2], weight), ("bias", &[2], &[0.0, 0.0])])
    }

    #[test]
    fn a_map_belongs_to_one_model_and_keeps_length_one() {
        let adapter = QueryAdapter::parse("a", &swap("AB"), "ab", 2).expect("it is whole").expect("it is for ab");
        let mapped = adapter.apply(&[0.6, 0.8]).expect("it has a direction");
        let length = (0.8_f32 * 0.8 + 1.2 * 1.2).sqrt();
        assert!((mapped[0] - 0.8 / length).abs() < 1e-6 && (mapped[1] - 1.2 / length).abs() < 1e-6);
        assert!(adapter.apply(&[0.0, 0.0]).is_none());
        assert!(QueryAdapter::parse("a", &swap("ab"), "cd", 2).expect("it is whole").is_none());
        assert!(QueryAdapter::parse("a", &swap("ab"), "ab", 3).is_err_and(|e| e.contains("shape")));
    }

    #[test]
    fn a_file_beside_the_model_wins_and_must_fit() {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("m.gguf");
        assert!(QueryAdapter::for_model(&model, "ab", 2).expect("nothing is wrong").is_none());
        let beside = folder.path().join("m.queries.safetensors");
        std::fs::write(&beside, swap("ab")).expect("it is written");
        let found = QueryAdapter::for_model(&model, "ab", 2).expect("it fits").expect("it is found");
        assert_eq!(found.identity.name, "m.queries.safetensors");
        assert!(QueryAdapter::for_model(&model, "cd", 2).is_err_and(|e| e.to_string().contains("another file")));
        std::fs::write(&beside, b"x").expect("it is written");
        assert!(QueryAdapter::for_model(&model, "ab", 2).is_err_and(|e| e.to_string().contains("damaged")));
    }
}
