//! The `E5S1` container of multilingual-e5-small, turned into a GGUF. Its `Q4_0` blocks are ggml's own, so they are
//! copied byte for byte; nothing is requantised.
//!
//! Little-endian: magic `E5S1`, u32 version; i32 hidden, layers, heads, feed-forward, vocabulary, positions, token
//! types; f32 layer-norm epsilon; i32 block. Tokenizer: i32 pieces; i32 bos, eos, pad, unk; u64 blob length;
//! u32 offsets\[n+1\]; f32 scores\[n\]; blob. Normaliser: i32 entries, u32 bytes; per entry u32 code point, u8 k,
//! u32\[k\]. Directory: i32 tensors; per tensor u16 name length, name, u8 type (0 = f32, 1 = `Q4_0`), u32 elements,
//! u64 offset, u64 bytes.

use std::{borrow::Cow, collections::HashMap, io::Write};

use super::{
    charsmap,
    gguf::{GgmlType, Pooling, TensorData, Writer},
};

#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error("the encoder container is damaged: {0}")]
    Damaged(String),
    #[error("the converted encoder cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

fn damaged(problem: impl Into<String>) -> ConvertError {
    ConvertError::Damaged(problem.into())
}

/// Walks the bytes; every read is checked.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], ConvertError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| damaged(format!("it ends at byte {}", self.bytes.len())))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ConvertError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, ConvertError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// An i32 that counts something.
    fn count(&mut self) -> Result<u32, ConvertError> {
        u32::try_from(i32::from_le_bytes(self.array()?)).map_err(|_| damaged("a negative count"))
    }

    fn u64(&mut self) -> Result<u64, ConvertError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn u32s(&mut self, len: usize) -> Result<Vec<u32>, ConvertError> {
        let bytes = self.take(len.checked_mul(4).ok_or_else(|| damaged("a length overflows"))?)?;
        Ok(bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }
}

struct Shape {
    hidden: u32,
    layers: u32,
    heads: u32,
    feed_forward: u32,
    positions: u32,
    token_types: u32,
    epsilon: f32,
}

struct Tokenizer<'a> {
    pieces: Vec<&'a [u8]>,
    scores: Vec<f32>,
    bos: u32,
    eos: u32,
    pad: u32,
    unk: u32,
}

struct Tensor<'a> {
    ty: GgmlType,
    bytes: &'a [u8],
}

/// Writes the GGUF for the container in `container`. The same container gives the same bytes.
///
/// # Errors
/// A damaged container, or an `out` that does not take the bytes.
pub fn convert(container: &[u8], out: &mut impl Write) -> Result<(), ConvertError> {
    let mut cursor = Cursor { bytes: container, at: 0 };
    if cursor.take(4)? != b"E5S1" || cursor.u32()? != 1 {
        return Err(damaged("it is not an E5S1 container of version 1"));
    }
    let shape = read_shape(&mut cursor)?;
    let tokenizer = read_tokenizer(&mut cursor)?;
    let normaliser = read_normaliser(&mut cursor)?;
    let tensors = read_directory(&mut cursor)?;
    let mut writer = Writer::default();
    describe(&mut writer, &shape);
    add_tokenizer(&mut writer, &tokenizer, &normaliser)?;
    add_tensors(&mut writer, &shape, tokenizer.pieces.len() as u64, &tensors)?;
    writer.finish(out)?;
    Ok(())
}

fn read_shape(cursor: &mut Cursor<'_>) -> Result<Shape, ConvertError> {
    let (hidden, layers, heads, feed_forward) = (cursor.count()?, cursor.count()?, cursor.count()?, cursor.count()?);
    let (_vocabulary, positions, token_types) = (cursor.count()?, cursor.count()?, cursor.count()?);
    let epsilon = f32::from_le_bytes(cursor.array()?);
    if cursor.count()? != 32 {
        return Err(damaged("its blocks are not of 32 elements"));
    }
    if hidden == 0 || !hidden.is_multiple_of(32) || layers > 1024 {
        return Err(damaged(format!("{layers} layers of {hidden}")));
    }
    Ok(Shape { hidden, layers, heads, feed_forward, positions, token_types, epsilon })
}

fn read_tokenizer<'a>(cursor: &mut Cursor<'a>) -> Result<Tokenizer<'a>, ConvertError> {
    let count = cursor.count()? as usize;
    let (bos, eos, pad, unk) = (cursor.count()?, cursor.count()?, cursor.count()?, cursor.count()?);
    let blob = usize::try_from(cursor.u64()?).map_err(|_| damaged("a blob larger than memory"))?;
    let offsets = cursor.u32s(count + 1)?;
    let scores = cursor.u32s(count)?.into_iter().map(f32::from_bits).collect();
    let blob = cursor.take(blob)?;
    let pieces = offsets
        .windows(2)
        .map(|w| blob.get(w[0] as usize..w[1] as usize).ok_or_else(|| damaged("a piece outside its blob")))
        .collect::<Result<_, _>>()?;
    Ok(Tokenizer { pieces, scores, bos, eos, pad, unk })
}

fn read_normaliser(cursor: &mut Cursor<'_>) -> Result<Vec<(char, String)>, ConvertError> {
    let count = cursor.count()?;
    let bytes = cursor.u32()? as usize;
    let mut entries = Cursor { bytes: cursor.take(bytes)?, at: 0 };
    let character = |code: u32| char::from_u32(code).ok_or_else(|| damaged(format!("U+{code:X} is no character")));
    (0..count)
        .map(|_| {
            let from = character(entries.u32()?)?;
            let [len] = entries.array()?;
            let to = entries.u32s(usize::from(len))?.into_iter().map(character).collect::<Result<_, _>>()?;
            Ok((from, to))
        })
        .collect()
}

fn read_directory<'a>(cursor: &mut Cursor<'a>) -> Result<HashMap<String, Tensor<'a>>, ConvertError> {
    let mut tensors = HashMap::new();
    for _ in 0..cursor.count()? {
        let len = u16::from_le_bytes(cursor.array()?);
        let name = String::from_utf8_lossy(cursor.take(usize::from(len))?).into_owned();
        let ty = match cursor.array()? {
            [0] => GgmlType::F32,
            [1] => GgmlType::Q4_0,
            [other] => return Err(damaged(format!("the tensor {name} has the unknown type {other}"))),
        };
        let elements = u64::from(cursor.u32()?);
        let (offset, len) = (cursor.u64()?, cursor.u64()?);
        if ty.bytes(elements) != Some(len) {
            return Err(damaged(format!("the tensor {name} has {len} bytes for {elements} elements")));
        }
        let place = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(len)).ok());
        let bytes = place.and_then(|(start, end)| cursor.bytes.get(start..end));
        let bytes = bytes.ok_or_else(|| damaged(format!("the tensor {name} is cut off")))?;
        tensors.insert(name, Tensor { ty, bytes });
    }
    Ok(tensors)
}

fn describe(writer: &mut Writer<'_>, shape: &Shape) {
    writer.text("general.architecture", "bert");
    writer.text("general.name", "multilingual-e5-small");
    writer.text("general.license", "mit");
    writer.u32("general.file_type", 2);
    writer.u32("general.quantization_version", 2);
    writer.u32("bert.context_length", shape.positions);
    writer.u32("bert.embedding_length", shape.hidden);
    writer.u32("bert.feed_forward_length", shape.feed_forward);
    writer.u32("bert.block_count", shape.layers);
    writer.u32("bert.attention.head_count", shape.heads);
    writer.f32("bert.attention.layer_norm_epsilon", shape.epsilon);
    writer.bool("bert.attention.causal", false);
    writer.u32("bert.pooling_type", Pooling::Mean as u32);
}

fn add_tokenizer(
    writer: &mut Writer<'_>,
    tokenizer: &Tokenizer<'_>,
    normaliser: &[(char, String)],
) -> Result<(), ConvertError> {
    const NORMAL: i32 = 1;
    const UNKNOWN: i32 = 2;
    const CONTROL: i32 = 3;
    let mask = u32::try_from(tokenizer.pieces.len()).ok().and_then(|n| n.checked_sub(1));
    let mask = mask.ok_or_else(|| damaged("it has no pieces"))?;
    let types: Vec<i32> = (0..=mask)
        .map(|id| match id {
            id if id == tokenizer.unk => UNKNOWN,
            id if [tokenizer.bos, tokenizer.eos, tokenizer.pad, mask].contains(&id) => CONTROL,
            _ => NORMAL,
        })
        .collect();
    // "t5" is what llama.cpp calls a unigram model.
    writer.text("tokenizer.ggml.model", "t5");
    writer.text("tokenizer.ggml.pre", "default");
    writer.texts("tokenizer.ggml.tokens", tokenizer.pieces.iter().copied());
    writer.f32s("tokenizer.ggml.scores", &tokenizer.scores);
    writer.i32s("tokenizer.ggml.token_type", &types);
    writer.u32("tokenizer.ggml.token_type_count", 2);
    writer.bool("tokenizer.ggml.add_space_prefix", true);
    writer.bool("tokenizer.ggml.remove_extra_whitespaces", true);
    writer.u32("tokenizer.ggml.bos_token_id", tokenizer.bos);
    writer.u32("tokenizer.ggml.eos_token_id", tokenizer.eos);
    writer.u32("tokenizer.ggml.unknown_token_id", tokenizer.unk);
    writer.u32("tokenizer.ggml.seperator_token_id", tokenizer.eos);
    writer.u32("tokenizer.ggml.padding_token_id", tokenizer.pad);
    writer.u32("tokenizer.ggml.mask_token_id", mask);
    writer.bool("tokenizer.ggml.add_bos_token", true);
    writer.bool("tokenizer.ggml.add_eos_token", true);
    // Without it full-width punctuation is unknown to the model.
    let charsmap = charsmap::build(normaliser).ok_or_else(|| damaged("its normaliser cannot be packed"))?;
    writer.u8s("tokenizer.ggml.precompiled_charsmap", &charsmap);
    Ok(())
}

fn add_tensors<'a>(
    writer: &mut Writer<'a>,
    shape: &Shape,
    pieces: u64,
    tensors: &HashMap<String, Tensor<'a>>,
) -> Result<(), ConvertError> {
    let (hidden, ff) = (u64::from(shape.hidden), u64::from(shape.feed_forward));
    let mut add = |from: &str, to: String, dimensions: &[u64]| {
        let tensor = tensors.get(from).ok_or_else(|| damaged(format!("the tensor {from} is missing")))?;
        let len = dimensions.iter().try_fold(1_u64, |n, d| n.checked_mul(*d)).and_then(|n| tensor.ty.bytes(n));
        // The vocabulary has rows that no piece maps to; they are left behind.
        let bytes = len.and_then(|len| usize::try_from(len).ok()).and_then(|len| tensor.bytes.get(..len));
        let bytes = bytes.ok_or_else(|| damaged(format!("the tensor {from} is too small")))?;
        let (dimensions, ty) = (dimensions.to_vec(), tensor.ty);
        writer.tensor(TensorData { name: to, dimensions, ty, bytes: Cow::Borrowed(bytes) });
        Ok::<(), ConvertError>(())
    };
    add("emb.word", "token_embd.weight".into(), &[hidden, pieces])?;
    add("emb.pos", "position_embd.weight".into(), &[hidden, u64::from(shape.positions)])?;
    add("emb.type", "token_types.weight".into(), &[hidden, u64::from(shape.token_types)])?;
    add("emb.ln.w", "token_embd_norm.weight".into(), &[hidden])?;
    add("emb.ln.b", "token_embd_norm.bias".into(), &[hidden])?;
    for layer in 0..shape.layers {
        for (from, to, inputs, outputs) in [
            ("q", "attn_q", hidden, hidden),
            ("k", "attn_k", hidden, hidden),
            ("v", "attn_v", hidden, hidden),
            ("ao", "attn_output", hidden, hidden),
            ("fi", "ffn_up", hidden, ff),
            ("fo", "ffn_down", ff, hidden),
        ] {
            add(&format!("l{layer}.{from}.w"), format!("blk.{layer}.{to}.weight"), &[inputs, outputs])?;
            add(&format!("l{layer}.{from}.b"), format!("blk.{layer}.{to}.bias"), &[outputs])?;
        }
        for (from, to) in [("aln", "attn_output_norm"), ("oln", "layer_output_norm")] {
            add(&format!("l{layer}.{from}.w"), format!("blk.{layer}.{to}.weight"), &[hidden])?;
            add(&format!("l{layer}.{from}.b"), format!("blk.{layer}.{to}.bias"), &[hidden])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_containers_are_errors() {
        let mut out = Vec::new();
        assert!(convert(b"", &mut out).is_err());
        assert!(convert(b"E5S1\x01\0\0\0", &mut out).is_err());
        let mut hostile = b"E5S1\x01\0\0\0".to_vec();
        hostile.extend([0xff; 4096]);
        assert!(convert(&hostile, &mut out).is_err());
        hostile[8..].fill(0x7f);
        assert!(convert(&hostile, &mut out).is_err());
        assert!(out.is_empty());
    }
}
