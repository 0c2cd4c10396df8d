//! Deterministic stand-ins behind the same ports, for tests of the plumbing. They know nothing: what an answer is
//! worth is only ever shown on real models.

mod fakes;
mod script;
mod service;
pub mod tiny;

pub use self::{
    fakes::{FakeEmbedder, FakeEncoder, FakeGenerator, FakeJudge},
    service::FakeService,
};

/// Beginnings that any language model has a way to go on from: eight texts to be written at once.
pub const STARTS: [&str; 8] = [
    "One, two, three, four, five,",
    "The capital of France is",
    "Monday, Tuesday, Wednesday,",
    "一月、二月、三月、四月、",
    "A, B, C, D, E,",
    "The controller shall notify the breach not later than",
    "2, 4, 6, 8, 10,",
    "Water boils at",
];
