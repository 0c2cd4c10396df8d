#![doc = include_str!("ARCHITECTURE.md")]

// In reading order: what there is, what is needed, then the pipeline, then the doors.
pub mod answer;
pub mod app;
pub mod archive;
pub mod audit;
pub mod cli;
pub mod config;
pub mod domain;
pub mod draft;
pub mod eval;
pub mod http;
pub mod ingest;
pub mod llama;
pub mod models;
pub mod ports;
pub mod remote;
pub mod retrieve;
pub mod store;
pub mod testing;
pub mod text;
pub mod verify;
pub mod wire;
