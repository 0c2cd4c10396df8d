//! Deterministic stand-ins behind the same ports, for tests of the plumbing. They know nothing: what an answer is
//! worth is only ever shown on real models.

mod fakes;
mod script;
mod service;
pub mod tiny;

pub use self::{
    fakes::{FakeEmbedder, FakeEncoder, FakeGenerator},
    service::FakeService,
};
