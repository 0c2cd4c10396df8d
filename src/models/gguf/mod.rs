//! The GGUF container, version 3 (and 2, which differs in nothing read here): a reader of headers for files that
//! nobody vouches for, and a writer for the starter encoder and the models of tests.
//!
//! Layout, little-endian: magic `GGUF`, u32 version, u64 tensors, u64 key-values; the key-values; for each tensor its
//! name, dimensions, type and offset; padding; the data (ggml's `docs/gguf.md`).

mod header;
mod read;
mod types;
mod write;

pub use header::{Header, Tensor, Value};
pub use read::{GgufError, read_header};
pub use types::{GgmlType, Pooling};
pub use write::{TensorData, Writer};

const MAGIC: &[u8; 4] = b"GGUF";
/// Tensor data start at multiples of this unless the file says otherwise.
const ALIGNMENT: u64 = 32;
