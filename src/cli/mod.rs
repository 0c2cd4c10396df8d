//! The command line: one file a command, thin; the work is done by the stages.

mod ask;
mod audit;
mod bench;
mod certify;
mod collections;
mod doctor;
mod eval;
mod explore;
mod ingest;
mod models;
mod plan;
mod policy;
mod progress;
mod recall;
mod references;
mod search;
mod serve;
mod verify;

use std::{io::IsTerminal, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use time::{Date, macros::format_description};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    config::{Config, GlobalArgs},
    domain::document::CollectionName,
    ingest::read::{WorkerArgs, run_worker},
};

/// Answers whose every sentence is cited, checked against its sources, and marked or withheld when they do not back it.
#[derive(Parser, Clone, Debug)]
#[command(name = "attest", version, about, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Read documents into a collection
    Ingest(ingest::IngestArgs),
    /// Find passages
    Search(search::SearchArgs),
    /// Answer a question from the knowledge base, or abstain
    Ask(ask::AskArgs),
    /// Ask for ideas beyond the sources, each checked against them; off unless a collection allows it
    Explore(explore::ExploreArgs),
    /// Check one claim against given sources or the knowledge base
    Verify(verify::VerifyArgs),
    /// Look up the laws that a text names: in force, repealed, not held …
    References(references::ReferencesArgs),
    /// Check every sentence of a report
    Audit(audit::AuditArgs),
    /// Measure retrieval, verification and answers on JSON-lines files
    Eval(eval::EvalArgs),
    /// Measure speed, as ratios to plain llama.cpp and tantivy
    Bench(bench::BenchArgs),
    /// Prove on labelled claims of your own how often "supported" is wrong
    Certify(certify::CertifyArgs),
    /// Plan what is shown, reviewed and withheld by what it costs
    Policy(policy::PolicyArgs),
    /// Serve the page and the REST API
    Serve(serve::ServeArgs),
    /// List, fetch, check and choose models
    Models(models::ModelsArgs),
    /// Show, create and delete collections
    Collections(collections::CollectionsArgs),
    /// List stored answers that rest on sources which changed since
    Recall(recall::RecallArgs),
    /// Read a PDF from standard input, within limits, for this program itself
    #[command(hide = true)]
    ReadPdf(WorkerArgs),
    /// Say what is loaded, how far the indexes are, and what is wrong
    Doctor(doctor::DoctorArgs),
}

/// Runs the command; 0 is success, 1 an error (printed on standard error), 2 wrong usage, 130 an interruption.
pub fn main(cli: &Cli) -> ExitCode {
    // A worker has neither a runtime nor a home.
    if let Command::ReadPdf(args) = &cli.command {
        return if run_worker(args) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = tracing_subscriber::EnvFilter::try_new(&cli.global.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(crate::config::QUIET));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => {
            eprintln!("attest: the runtime cannot start: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let cancel = CancellationToken::new();
    let outcome = runtime.block_on(async {
        let stop = cancel.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        });
        run(cli, &cancel).await
    });
    // Blocking model threads must not hold the exit up.
    runtime.shutdown_background();
    match outcome {
        Ok(()) if cancel.is_cancelled() && !matches!(cli.command, Command::Serve(_)) => ExitCode::from(130),
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("attest: {problem:#}");
            if cancel.is_cancelled() { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(cli: &Cli, cancel: &CancellationToken) -> anyhow::Result<()> {
    let config = Config::resolve(&cli.global)?;
    match &cli.command {
        Command::ReadPdf(_) => Ok(()),
        Command::Models(args) => models::run(args, &config, cancel).await,
        Command::Ingest(args) => ingest::run(args, &App::open(config).await?, cancel).await,
        Command::Search(args) => search::run(args, &App::open(config).await?).await,
        Command::Ask(args) => ask::run(args, &App::open(config).await?).await,
        Command::Explore(args) => explore::run(args, &App::open(config).await?).await,
        Command::Verify(args) => verify::run(args, &App::open(config).await?).await,
        Command::References(args) => references::run(args, &App::open(config).await?).await,
        Command::Audit(args) => audit::run(args, &App::open(config).await?, cancel).await,
        Command::Eval(args) => eval::run(args, &App::open(config).await?).await,
        Command::Bench(args) => bench::run(args, &App::open(config).await?).await,
        Command::Certify(args) => certify::run(args, &App::open(config).await?).await,
        Command::Policy(args) => policy::run(args, &App::open(config).await?).await,
        Command::Serve(args) => serve::run(args, &App::open(config).await?, cancel).await,
        Command::Collections(args) => collections::run(args, &App::open(config).await?).await,
        Command::Recall(args) => recall::run(args, &App::open(config).await?).await,
        Command::Doctor(args) => doctor::run(args, &App::open(config).await?).await,
    }
}

/// `YYYY-MM-DD`, as an argument.
fn date(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| format!("'{text}' is not a date; write it as 2021-01-31"))
}

/// A collection's name, as an argument.
fn collection(text: &str) -> Result<CollectionName, String> {
    text.parse().map_err(|problem: crate::domain::document::BadCollectionName| problem.to_string())
}

/// Standard input for `-`, a file otherwise.
fn read_text(path: &std::path::Path) -> anyhow::Result<String> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).context("standard input cannot be read")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?
    };
    crate::ingest::decode(&bytes).with_context(|| format!("{} cannot be read as text", path.display()))
}
