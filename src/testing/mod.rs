//! Deterministic fakes behind the same ports.

mod memory_store;
mod script;
mod service;

pub use self::{memory_store::MemoryStore, service::FakeService};
