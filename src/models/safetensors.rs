//! The safetensors container, as far as the heads of an encoder need it: named tensors of floats, and text beside them.
//!
//! Little-endian: u64 length of the header; the header, JSON: `{"name": {"dtype", "shape", "data_offsets": [from, to]},
//! "__metadata__": {text: text}}`; the data that the offsets point into.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Heads are a few hundred kilobytes; a header or a file beyond these sizes is not one of ours.
const MAX_BYTES: usize = 256 << 20;

#[derive(Debug, thiserror::Error)]
pub enum SafetensorsError {
    #[error("it has {0} bytes, more than heads can have")]
    TooLarge(usize),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("it holds no tensor '{0}'")]
    Missing(String),
    #[error("the tensor '{name}' has the shape {found:?}; {wanted:?} is needed")]
    Shape { name: String, found: Vec<usize>, wanted: Vec<usize> },
}

fn damaged(problem: impl Into<String>) -> SafetensorsError {
    SafetensorsError::Damaged(problem.into())
}

/// A file, read.
#[derive(Clone, Debug)]
pub struct Safetensors {
    pub metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Clone, Debug)]
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl Safetensors {
    /// # Errors
    /// Bytes that are too many or damaged, or hold tensors of another type than F32 or F16.
    pub fn parse(bytes: &[u8]) -> Result<Self, SafetensorsError> {
        if bytes.len() > MAX_BYTES {
            return Err(SafetensorsError::TooLarge(bytes.len()));
        }
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| damaged("it has no header"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged("its header has no end"))?;
        let (header, data) = rest.split_at_checked(length).ok_or_else(|| damaged("its header is cut off"))?;
        let mut header: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(header).map_err(|e| damaged(format!("its header is not JSON ({e})")))?;
        let metadata = match header.remove("__metadata__") {
            Some(metadata) => serde_json::from_value(metadata).map_err(|e| damaged(format!("its metadata: {e}")))?,
            None => BTreeMap::new(),
        };
        let tensors = header
            .into_iter()
            .map(|(name, entry)| {
                let entry = serde_json::from_value(entry).map_err(|e| damaged(format!("the tensor '{name}': {e}")))?;
                let tensor =
                    tensor(&entry, data).map_err(|problem| damaged(format!("the tensor '{name}' {problem}")))?;
                Ok((name, tensor))
            })
            .collect::<Result<_, SafetensorsError>>()?;
        Ok(Self { metadata, tensors })
    }

    /// The values of a tensor, row by row, if it has this shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f32], SafetensorsError> {
        let tensor = self.tensors.get(name).ok_or_else(|| SafetensorsError::Missing(name.to_owned()))?;
        if tensor.shape != shape {
            return Err(SafetensorsError::Shape {
                name: name.to_owned(),
                found: tensor.shape.clone(),
                wanted: shape.to_vec(),
            });
        }
        Ok(&tensor.values)
    }
}

fn tensor(entry: &Entry, data: &[u8]) -> Result<Tensor, String> {
    let [from, to] = entry.data_offsets;
    let bytes = data.get(from..to).ok_or("is cut off")?;
    let elements = entry.shape.iter().try_fold(1_usize, |all, n| all.checked_mul(*n)).ok_or("is too large")?;
    let values: Vec<f32> = match entry.dtype.as_str() {
        "F32" => bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect(),
        "F16" => bytes.chunks_exact(2).map(|c| half(u16::from_le_bytes([c[0], c[1]]))).collect(),
        other => return Err(format!("has the type {other}; F32 and F16 are read")),
    };
    let width = if entry.dtype == "F32" { 4 } else { 2 };
    if elements.checked_mul(width) != Some(bytes.len()) {
        return Err(format!("has {} bytes for {elements} elements", bytes.len()));
    }
    if values.iter().any(|v| !v.is_finite()) {
        return Err("holds a value that is not a number".to_owned());
    }
    Ok(Tensor { shape: entry.shape.clone(), values })
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    };
    sign * magnitude
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A file as the format describes it.
    pub fn file(metadata: &serde_json::Value, tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let mut header = serde_json::Map::new();
        header.insert("__metadata__".to_owned(), metadata.clone());
        let mut data: Vec<u8> = Vec::new();
        for (name, shape, values) in tensors {
            let from = data.len();
            data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]});
            header.insert((*name).to_owned(), entry);
        }
        let header = serde_json::Value::Object(header).to_string();
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
    }

    #[test]
    fn tensors_come_back_in_their_shape() {
        let bytes = file(&serde_json::json!({"a": "b"}), &[("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])]);
        let read = Safetensors::parse(&bytes).expect("it is whole");
        assert_eq!(read.metadata.get("a").map(String::as_str), Some("b"));
        assert_eq!(read.tensor("w", &[2, 2]).expect("it is there"), [1.0, 2.0, 3.0, 4.0]);
        assert!(matches!(read.tensor("w", &[4]), Err(SafetensorsError::Shape { .. })));
        assert!(matches!(read.tensor("v", &[4]), Err(SafetensorsError::Missing(_))));
    }

    #[test]
    fn halves_are_read_as_the_standard_says() {
        for (bits, value) in [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8), (0, 0.0)]
        {
            assert!((half(bits) - value).abs() < 1e-9, "{bits:#x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn damage_is_named_and_never_a_panic() {
        let whole = file(&serde_json::json!({}), &[("w", &[2], &[1.0, 2.0])]);
        for cut in 0..whole.len() {
            assert!(Safetensors::parse(&whole[..cut]).is_err(), "cut at {cut}");
        }
        let lies = file(&serde_json::json!({}), &[("w", &[3], &[1.0, 2.0])]);
        assert!(Safetensors::parse(&lies).is_err(), "three elements in eight bytes");
        let nan = file(&serde_json::json!({}), &[("w", &[1], &[f32::NAN])]);
        assert!(Safetensors::parse(&nan).expect_err("no number").to_string().contains("not a number"));
        assert!(Safetensors::parse(&u64::MAX.to_le_bytes()).is_err());
    }
}
