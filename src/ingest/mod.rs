//! Files to documents, documents to chunks, chunks to the store; then vectors in the background.
//!
//! A reader gives sections and the text that they are cut from; [`chunk`] makes them small enough to embed;
//! [`prepare`] hashes. The same bytes again are a no-op, so that an interrupted run is resumed by starting it again.

mod assemble;
pub mod chunk;
pub mod prepare;
pub mod read;
