//! Parse, init, run, exit code.

use std::process::ExitCode;

use attest::cli::{self, Cli};
use clap::Parser;

fn main() -> ExitCode {
    cli::main(&Cli::parse())
}
