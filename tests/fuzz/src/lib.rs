//! Fuzz targets for everything that reads what strangers wrote. `make fuzz` runs each for a while.
//!
//! The pure modules are compiled here by path, without the rest of the crate: coverage is counted in them and in the
//! libraries under them, and llama.cpp is not part of the build. A target does more than wait for a panic: every span
//! must slice its text, sizes are bounded by what went in, and what is printed is read back as the same.

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/ports/mod.rs"]
pub mod ports;
#[path = "../../../src/text/mod.rs"]
pub mod text;

pub mod draft;
pub mod ingest;
pub mod parsers;
pub mod readers;
