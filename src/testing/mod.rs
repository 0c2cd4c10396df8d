//! Deterministic fakes behind the same ports.

mod memory_store;

pub use self::memory_store::MemoryStore;
