//! `attest bench`

use clap::Args;

use super::progress;
use crate::{
    app::{App, Subject},
    eval::{bench, growth},
};

#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Instead: grow a knowledge base to so many passages, made of those at hand, and measure each size (needs room: 6 GB
    /// of disk and 4 GB of memory for a million)
    #[arg(long, value_name = "PASSAGES", value_parser = clap::value_parser!(u64).range(500..=10_000_000))]
    grow_to: Option<u64>,
    /// Measure only this: embedding, search, verification, writing or ingest
    #[arg(long, value_name = "WHAT", value_parser = subject)]
    only: Option<Subject>,
    /// Measure writing against this llama.cpp server as well; it must hold the same model, with --parallel 8 and as
    /// many threads
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

fn subject(name: &str) -> Result<Subject, String> {
    Subject::parse(name).ok_or_else(|| format!("'{name}' is not measured; choose one of {}", Subject::NAMES.join(", ")))
}

pub async fn run(args: &BenchArgs, app: &App) -> anyhow::Result<()> {
    let bar = progress::spinner();
    if let Some(most) = args.grow_to {
        let stages = app.growth(most, &|what| bar.set_message(what)).await?;
        bar.finish_and_clear();
        if args.json {
            println!("{}", serde_json::json!({ "stages": stages }));
        } else {
            print!("{}", growth::table(&stages));
        }
        return Ok(());
    }
    let rounds = usize::from(args.rounds);
    let rows = app.bench(rounds, args.only, args.server.as_deref(), &|what| bar.set_message(what)).await?;
    bar.finish_and_clear();
    if args.json {
        println!("{}", serde_json::json!({ "rows": rows }));
    } else {
        print!("{}", bench::table(&rows));
    }
    Ok(())
}
