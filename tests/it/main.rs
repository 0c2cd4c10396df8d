//! One binary for all integration tests, so that everything is linked once.

mod api;
mod as_of;
mod certify;
mod cli;
mod documents;
mod families;
mod hub;
mod ingest;
mod judge;
mod kill;
mod llama;
mod models;
mod page;
mod program;
mod remote;
mod serving;
mod store_contract;
mod support;
mod verifier;
