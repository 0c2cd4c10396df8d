//! Vectors in two bytes a component: a coarse one that a scan reads, and a fine one for what is worth an exact look.
//!
//! A scan waits for memory, not for arithmetic: a quarter of the bytes takes about a quarter of the time. Both bytes
//! together are as good as floats (the cosine of unit vectors is off by less than 1e-5) in half of their memory.

use super::super::product::{dot_bytes, dot_codes};

/// Vectors as `scale × (coarse + fine / 256)`, coarse -127 to 127, one after another.
#[derive(Clone, Default)]
pub(super) struct Codes {
    dimensions: usize,
    coarse: Vec<i8>,
    fine: Vec<i8>,
    scales: Vec<f32>,
}

/// One vector by its coarse bytes.
pub(super) struct Coarse {
    pub bytes: Vec<i8>,
    pub scale: f32,
}

impl Coarse {
    pub fn of(values: &[f32]) -> Self {
        let mut codes = Codes::new(values.len());
        codes.push(values);
        Self { bytes: codes.coarse, scale: codes.scales[0] }
    }
}

impl Codes {
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Takes in a vector of the right dimensions.
    #[expect(clippy::cast_possible_truncation, reason = "-127 to 127")]
    pub fn push(&mut self, values: &[f32]) {
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        self.coarse.reserve(values.len());
        for value in values {
            let coarse = (value / scale).round();
            self.coarse.push(coarse as i8);
            self.fine.push(((value / scale - coarse) * 256.0).round().clamp(-127.0, 127.0) as i8);
        }
        self.scales.push(scale);
    }

    /// Takes over the vector at `at` of others with the same dimensions.
    pub fn copy(&mut self, from: &Self, at: usize) {
        let range = at * self.dimensions..(at + 1) * self.dimensions;
        self.coarse.extend_from_slice(&from.coarse[range.clone()]);
        self.fine.extend_from_slice(&from.fine[range]);
        self.scales.push(from.scales[at]);
    }

    pub fn coarse(&self, at: usize) -> (&[i8], f32) {
        (&self.coarse[at * self.dimensions..(at + 1) * self.dimensions], self.scales[at])
    }

    /// About the inner product with the vector at `at`.
    pub fn near(&self, question: &Coarse, at: usize) -> f32 {
        let (bytes, scale) = self.coarse(at);
        dot_bytes(&question.bytes, bytes) as f32 * question.scale * scale
    }

    /// The inner product with the vector at `at`, to five decimals.
    pub fn exact(&self, question: &[f32], at: usize) -> f32 {
        let range = at * self.dimensions..(at + 1) * self.dimensions;
        dot_codes(question, &self.coarse[range.clone()], &self.fine[range]) * self.scales[at]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::product::{dot, unit},
        *,
    };

    #[test]
    fn one_byte_comes_near_the_product_and_two_come_to_it() {
        let vector = |seed: f32| -> Vec<f32> {
            let raw: Vec<f32> = (0..384_u16).map(|i| (f32::from(i) * seed).sin()).collect();
            unit(raw).expect("it has a direction")
        };
        let all: Vec<Vec<f32>> = [0.37, 0.38, 1.9].map(vector).to_vec();
        let mut codes = Codes::new(384);
        for v in &all {
            codes.push(v);
        }
        let mut copied = Codes::new(384);
        copied.copy(&codes, 1);
        let question = Coarse::of(&all[0]);
        for (at, v) in all.iter().enumerate() {
            let exact = dot(&all[0], v);
            assert!((codes.near(&question, at) - exact).abs() < 0.005, "{at}");
            assert!((codes.exact(&all[0], at) - exact).abs() < 1e-5, "{at}");
        }
        assert!((copied.exact(&all[0], 0) - codes.exact(&all[0], 1)).abs() < f32::EPSILON);
        codes.push(&vec![0.0; 384]);
        assert!(codes.near(&question, 3).abs() < 1e-9 && codes.exact(&all[0], 3).abs() < 1e-9);
        assert_eq!(codes.len(), 4);
    }
}
