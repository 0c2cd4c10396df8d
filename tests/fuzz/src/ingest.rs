#[path = "../../../src/ingest/assemble.rs"]
mod assemble;
#[path = "../../../src/ingest/chunk.rs"]
pub mod chunk;
#[path = "../../../src/ingest/read/mod.rs"]
pub mod read;
