//! Models of a few hundred kilobytes with random weights, one of each family that people run: they write nonsense, but
//! through the same code of llama.cpp as their big relatives. Names of tensors and keys are those of llama.cpp's
//! `llama-arch.cpp` and `models/*.cpp`.

mod families;
mod tokenizer;
mod upcycle;
pub mod weights;

use std::{fs::File, io, path::Path};

pub use families::FAMILIES;
pub use upcycle::{Mixture, upcycle};
use weights::Weights;

/// One architecture.
pub struct Family {
    /// As llama.cpp names it in `general.architecture`.
    pub architecture: &'static str,
    tokenizer: tokenizer::Kind,
    blocks: fn(&mut Weights),
}

impl Family {
    /// Writes the model to `path`; the same bytes every time.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        self.write_without(path, None)
    }

    /// The same without one tensor: a file that is whole but cannot be loaded.
    pub fn write_without(&self, path: &Path, left_out: Option<&str>) -> io::Result<()> {
        let mut weights = Weights::new(self.architecture, left_out);
        weights.writer.text("general.name", &format!("tiny {}", self.architecture));
        let vocabulary = self.tokenizer.write(&mut weights.writer);
        weights.vocabulary = vocabulary as u64;
        (self.blocks)(&mut weights);
        weights.finish(&mut io::BufWriter::new(File::create(path)?))
    }
}
