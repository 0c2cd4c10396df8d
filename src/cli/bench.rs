//! `attest bench`

use clap::Args;

use super::progress;
use crate::{app::App, eval::bench};

#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &BenchArgs, app: &App) -> anyhow::Result<()> {
    let bar = progress::spinner();
    let rows = app.bench(usize::from(args.rounds), &|what| bar.set_message(what)).await?;
    bar.finish_and_clear();
    if args.json {
        println!("{}", serde_json::json!({ "rows": rows }));
    } else {
        print!("{}", bench::table(&rows));
    }
    Ok(())
}
