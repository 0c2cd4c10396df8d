//! A mixture of experts made from a dense model of the llama family, as in "sparse upcycling" (Komatsuzaki et al. 2022,
//! arXiv 2212.05055): every expert is a copy of the feed-forward layer, and a random router chooses among them. As all
//! experts are alike and llama.cpp makes the weights of the chosen ones sum to 1, it must say what its source says.

use std::{borrow::Cow, fs, io, path::Path};

use super::weights::Random;
use crate::models::gguf::{self, GgmlType, Tensor, TensorData, Writer};

/// How the experts are made.
#[derive(Clone, Copy, Debug)]
pub struct Mixture {
    /// A multiple of `used`.
    pub experts: u32,
    pub used: u32,
    /// Whether the last expert is another one than the rest: what it says is then no longer what the source says, if
    /// it is ever asked.
    pub spoilt: bool,
}

/// Writes the mixture to `target`.
///
/// # Errors
/// Files that cannot be read or written; a source that is not a dense model of the llama family.
pub fn upcycle(source: &Path, target: &Path, mixture: Mixture) -> io::Result<()> {
    let header = gguf::read_header(source).map_err(io::Error::other)?;
    if header.architecture() != "llama" || header.expert_count() > 0 {
        return Err(io::Error::other("only dense models of the llama family are understood"));
    }
    let file = fs::read(source)?;
    let data = |tensor: &Tensor| slice(&file, tensor.start, tensor.bytes);
    let mut writer = Writer::default();
    writer.copied(header.values.len() as u64, slice(&file, header.values_at.0, header.values_at.1)?);
    writer.u32("llama.expert_count", mixture.experts);
    writer.u32("llama.expert_used_count", mixture.used);
    let mut random = Random(0x0e58_9e17);
    for tensor in &header.tensors {
        let expert = ["ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"].iter().find(|n| tensor.name.ends_with(*n));
        let bytes = data(tensor)?;
        let Some(ending) = expert else {
            writer.tensor(TensorData {
                name: tensor.name.clone(),
                dimensions: tensor.dimensions.clone(),
                ty: known(tensor)?,
                bytes: Cow::Borrowed(bytes),
            });
            continue;
        };
        let name = tensor.name.replace(".weight", "_exps.weight");
        let mut copies = bytes.repeat(mixture.experts as usize);
        if mixture.spoilt {
            let last = copies.len() - bytes.len();
            copies[last..].rotate_left(bytes.len() / 2);
        }
        let mut dimensions = tensor.dimensions.clone();
        dimensions.push(u64::from(mixture.experts));
        writer.tensor(TensorData { name, dimensions, ty: known(tensor)?, bytes: Cow::Owned(copies) });
        if *ending == "ffn_gate.weight" {
            let width = tensor.dimensions[0];
            // Those that are chosen together have the same row, so that each weighs exactly 1/used.
            let groups = mixture.experts / mixture.used.max(1);
            let mut row = || (0..width).flat_map(|_| random.draw().to_le_bytes()).collect::<Vec<u8>>();
            let values = (0..groups).flat_map(|_| row().repeat(mixture.used as usize)).collect();
            writer.tensor(TensorData {
                name: tensor.name.replace("ffn_gate", "ffn_gate_inp"),
                dimensions: vec![width, u64::from(mixture.experts)],
                ty: GgmlType::F32,
                bytes: Cow::Owned(values),
            });
        }
    }
    writer.finish(&mut io::BufWriter::new(fs::File::create(target)?))
}

fn known(tensor: &Tensor) -> io::Result<GgmlType> {
    tensor.ty.ok_or_else(|| io::Error::other(format!("the tensor {} has a type that is not known", tensor.name)))
}

fn slice(file: &[u8], start: u64, bytes: u64) -> io::Result<&[u8]> {
    let range = usize::try_from(start).ok().zip(usize::try_from(start + bytes).ok());
    range.and_then(|(from, to)| file.get(from..to)).ok_or_else(|| io::Error::other("the file is truncated"))
}
