//! Random tensors under the names that llama.cpp looks for.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use crate::models::gguf::{GgmlType, TensorData, Writer};

/// Width of the residual stream.
pub const WIDTH: u64 = 32;
/// Width of an attention head.
pub const HEAD: u64 = 16;
pub const HEADS: u64 = 2;
pub const KV_HEADS: u64 = 1;
/// Inner width of a dense layer.
pub const INNER: u64 = 64;
pub const EXPERTS: u64 = 4;
pub const EXPERTS_USED: u64 = 2;
/// Inner width of an expert.
pub const EXPERT_INNER: u64 = 32;
/// State, inner width, heads and convolution of a Mamba layer; llama.cpp wants twice the width inside.
pub const STATE: u64 = 16;
pub const SSM_INNER: u64 = 2 * WIDTH;
pub const SSM_HEADS: u64 = 4;
pub const CONVOLUTION: u64 = 4;

/// `SplitMix64` (Steele, Lea, Flood 2014): the top bits as a number in [-1, 1).
pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = u16::try_from((z ^ (z >> 31)) >> 48).unwrap_or_default();
        f32::from(bits) / 32_768.0 - 1.0
    }
}

/// A file in the making.
pub struct Weights {
    pub architecture: &'static str,
    pub vocabulary: u64,
    pub writer: Writer<'static>,
    left_out: Option<String>,
    random: Random,
}

impl Weights {
    pub fn new(architecture: &'static str, left_out: Option<&str>) -> Self {
        let mut writer = Writer::default();
        writer.text("general.architecture", architecture);
        Self { architecture, vocabulary: 0, writer, left_out: left_out.map(str::to_owned), random: Random(0x5eed) }
    }

    pub fn u32(&mut self, key: &str, value: u64) {
        self.writer.u32(&format!("{}.{key}", self.architecture), u32::try_from(value).unwrap_or(u32::MAX));
    }

    pub fn f32(&mut self, key: &str, value: f32) {
        self.writer.f32(&format!("{}.{key}", self.architecture), value);
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.writer.bool(&format!("{}.{key}", self.architecture), value);
    }

    /// One value for each layer.
    pub fn layers(&mut self, key: &str, values: &[i32]) {
        self.writer.i32s(&format!("{}.{key}", self.architecture), values);
    }

    /// A tensor with values of `mean` ± `spread`.
    pub fn tensor(&mut self, name: &str, dimensions: &[u64], mean: f32, spread: f32) {
        let elements: u64 = dimensions.iter().product();
        let bytes: Vec<u8> = (0..elements).flat_map(|_| (mean + spread * self.random.draw()).to_le_bytes()).collect();
        if self.left_out.as_deref() == Some(name) {
            return;
        }
        let (name, dimensions) = (name.to_owned(), dimensions.to_vec());
        self.writer.tensor(TensorData { name, dimensions, ty: GgmlType::F32, bytes: Cow::Owned(bytes) });
    }

    /// A matrix that keeps the size of what it multiplies, from `dimensions[0]` values.
    pub fn matrix(&mut self, name: &str, dimensions: &[u64]) {
        self.tensor(name, dimensions, 0.0, (3.0 / dimensions[0] as f32).sqrt());
    }

    pub fn norm(&mut self, name: &str, width: u64) {
        self.tensor(name, &[width], 1.0, 0.1);
    }

    pub fn bias(&mut self, name: &str, dimensions: &[u64]) {
        self.tensor(name, dimensions, 0.0, 0.1);
    }

    pub fn finish(self, out: &mut impl Write) -> io::Result<()> {
        self.writer.finish(out)
    }
}
