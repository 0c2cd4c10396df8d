//! A GGUF, written in one pass once everything is known.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{ALIGNMENT, GgmlType, MAGIC};

const VERSION: u32 = 3;

/// One tensor, with its bytes as they will stand in the file.
pub struct TensorData<'a> {
    pub name: String,
    /// Fastest-varying dimension first, as ggml counts.
    pub dimensions: Vec<u64>,
    pub ty: GgmlType,
    pub bytes: Cow<'a, [u8]>,
}

/// Collects metadata and tensors, then writes the file.
#[derive(Default)]
pub struct Writer<'a> {
    count: u64,
    values: Vec<u8>,
    tensors: Vec<TensorData<'a>>,
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text);
}

impl<'a> Writer<'a> {
    fn entry(&mut self, key: &str, kind: u32) -> &mut Vec<u8> {
        self.count += 1;
        push_text(&mut self.values, key.as_bytes());
        self.values.extend(kind.to_le_bytes());
        &mut self.values
    }

    fn array(&mut self, key: &str, kind: u32, len: usize) -> &mut Vec<u8> {
        let out = self.entry(key, 9);
        out.extend(kind.to_le_bytes());
        out.extend((len as u64).to_le_bytes());
        out
    }

    pub fn u32(&mut self, key: &str, value: u32) {
        self.entry(key, 4).extend(value.to_le_bytes());
    }

    pub fn f32(&mut self, key: &str, value: f32) {
        self.entry(key, 6).extend(value.to_le_bytes());
    }

    pub fn bool(&mut self, key: &str, value: bool) {
        self.entry(key, 7).push(u8::from(value));
    }

    pub fn text(&mut self, key: &str, value: &str) {
        push_text(self.entry(key, 8), value.as_bytes());
    }

    /// Strings as raw bytes: vocabularies may hold pieces that are no valid UTF-8.
    pub fn texts<'t>(&mut self, key: &str, values: impl ExactSizeIterator<Item = &'t [u8]>) {
        let out = self.array(key, 8, values.len());
        for value in values {
            push_text(out, value);
        }
    }

    pub fn u8s(&mut self, key: &str, values: &[u8]) {
        self.array(key, 0, values.len()).extend(values);
    }

    pub fn i32s(&mut self, key: &str, values: &[i32]) {
        self.array(key, 5, values.len()).extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }

    pub fn f32s(&mut self, key: &str, values: &[f32]) {
        self.array(key, 6, values.len()).extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }

    /// The metadata of another file, as they are encoded there.
    pub fn copied(&mut self, count: u64, encoded: &[u8]) {
        self.count += count;
        self.values.extend(encoded);
    }

    pub fn tensor(&mut self, tensor: TensorData<'a>) {
        self.tensors.push(tensor);
    }

    /// Writes the whole file. The same calls give the same bytes.
    pub fn finish(self, out: &mut impl Write) -> io::Result<()> {
        let mut head = Vec::with_capacity(self.values.len() + self.tensors.len() * 96 + 64);
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend((self.tensors.len() as u64).to_le_bytes());
        head.extend(self.count.to_le_bytes());
        head.extend(self.values);
        let mut offset = 0_u64;
        for tensor in &self.tensors {
            push_text(&mut head, tensor.name.as_bytes());
            let dimensions =
                u32::try_from(tensor.dimensions.len()).map_err(|_| io::Error::other("too many dimensions"))?;
            head.extend(dimensions.to_le_bytes());
            for dimension in &tensor.dimensions {
                head.extend(dimension.to_le_bytes());
            }
            head.extend(tensor.ty.id.to_le_bytes());
            head.extend(offset.to_le_bytes());
            offset += (tensor.bytes.len() as u64).next_multiple_of(ALIGNMENT);
        }
        out.write_all(&head)?;
        pad(out, head.len() as u64)?;
        for tensor in &self.tensors {
            out.write_all(&tensor.bytes)?;
            pad(out, tensor.bytes.len() as u64)?;
        }
        out.flush()
    }
}

fn pad(out: &mut impl Write, written: u64) -> io::Result<()> {
    let missing = written.next_multiple_of(ALIGNMENT) - written;
    io::copy(&mut io::Read::take(io::repeat(0), missing), out).map(|_| ())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A small whole file, for the reader's tests too.
    pub fn sample() -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text("general.architecture", "bert");
        writer.u32("bert.context_length", 512);
        writer.u32("bert.pooling_type", 1);
        writer.f32("bert.attention.layer_norm_epsilon", 1e-12);
        writer.bool("bert.attention.causal", false);
        writer.texts("tokenizer.ggml.tokens", [b"a".as_slice(), "法".as_bytes()].into_iter());
        writer.f32s("tokenizer.ggml.scores", &[-1.0, -2.0]);
        writer.i32s("tokenizer.ggml.token_type", &[1, 1]);
        writer.u8s("tokenizer.ggml.precompiled_charsmap", &[1, 2, 3]);
        let (name, dimensions) = ("token_embd.weight".to_owned(), vec![32, 2]);
        writer.tensor(TensorData { name, dimensions, ty: GgmlType::Q4_0, bytes: Cow::Owned(vec![7; 36]) });
        let name = "token_embd_norm.bias".to_owned();
        writer.tensor(TensorData { name, dimensions: vec![3], ty: GgmlType::F32, bytes: Cow::Owned(vec![0; 12]) });
        let mut out = Vec::new();
        writer.finish(&mut out).expect("memory takes everything");
        // The last tensor's padding is not data; without it every cut is a loss.
        out.truncate(out.len() - 20);
        out
    }

    #[test]
    fn data_are_aligned() {
        let bytes = sample();
        let data = bytes.windows(36).position(|w| w == [7; 36]).expect("the first tensor is there");
        assert_eq!(data % 32, 0);
        assert_eq!(bytes.len() - data, 64 + 12);
    }
}
