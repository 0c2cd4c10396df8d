//! Parse, init, run, exit code.

use std::{panic, process::ExitCode};

use attest::cli::{self, Cli};
use clap::Parser;

fn main() -> ExitCode {
    leave_quietly_when_nobody_reads();
    cli::main(&Cli::parse())
}

/// `attest … | head` closes our output early. That is no failure of ours, and no place for a stack trace.
fn leave_quietly_when_nobody_reads() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to std") && text.contains("os error 32") {
            // As a program that the signal had ended: 128 and SIGPIPE.
            std::process::exit(141);
        }
        report(info);
    }));
}
