//! Files to documents, documents to chunks, chunks to the store; then vectors in the background.
//!
//! A reader gives sections and the text that they are cut from; [`chunk`] makes them small enough to embed;
//! [`prepare`] hashes; [`Ingester`] puts them into the store. The same bytes again are a no-op, so that an interrupted
//! run is resumed by starting it again. [`embed::Backfill`] fills in the vectors that are missing.

mod assemble;
pub mod chunk;
pub mod embed;
pub mod prepare;
pub mod read;
pub mod ready;
mod report;
mod run;
mod source;
mod walk;

pub use read::{PdfOptions, csv_rows, decode};
pub use report::{IngestProblem, IngestProgress, IngestReport, Progress};
pub use run::{IngestError, IngestOptions, Ingester};
