//! One binary for all integration tests, so that everything is linked once.

mod llama;
mod models;
mod support;
mod store_contract;
