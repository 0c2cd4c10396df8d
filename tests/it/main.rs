//! One binary for all integration tests, so that everything is linked once.

mod api;
mod cli;
mod ingest;
mod kill;
mod hub;
mod llama;
mod models;
mod page;
mod program;
mod store_contract;
mod support;
