//! One binary for all integration tests, so that everything is linked once.

mod api;
mod llama;
mod models;
mod store_contract;
mod support;
