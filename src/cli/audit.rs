//! `attest audit`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use time::Date;
use tokio_util::sync::CancellationToken;

use super::progress;
use crate::{
    app::App,
    audit::{Scope, render},
    domain::{audit::Report, document::CollectionName},
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct AuditArgs {
    /// The report: Markdown or plain text; '-' reads standard input
    report: PathBuf,
    /// Hold it against these collections [default: all]
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// Write <name>.audit.json and <name>.audit.html here [default: beside the report]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the findings as JSON and write no files
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &AuditArgs, app: &App, cancel: &CancellationToken) -> anyhow::Result<()> {
    let text = super::read_text(&args.report)?;
    let name = args.report.file_name().map_or_else(|| "report".to_owned(), |n| n.to_string_lossy().into_owned());
    let scope = Scope { collections: args.collection.clone(), as_of: args.as_of };
    let bar = progress::bar(0, "checking");
    let tell = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let audit = app.auditor().await?.run(Report { name: name.clone(), text }, &scope, cancel, &tell).await?;
    bar.finish_and_clear();
    let json = wire::to_json(&wire::AuditJson::from(&audit), true);
    if args.json {
        println!("{json}");
        return Ok(());
    }
    let dir = match &args.out {
        Some(dir) => dir.clone(),
        None => args.report.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(".".as_ref()).to_owned(),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be created", dir.display()))?;
    let stem = if name == "-" { "report" } else { name.as_str() };
    for (ending, content) in [("json", json), ("html", render::html::render(&audit))] {
        let path = dir.join(format!("{stem}.audit.{ending}"));
        // Written whole or not at all: a reader never meets half a report.
        let part = dir.join(format!(".{stem}.audit.{ending}.part"));
        std::fs::write(&part, content)
            .and_then(|()| std::fs::rename(&part, &path))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        println!("{}", path.display());
    }
    let count = |code: &str| audit.findings.iter().filter(|f| f.judgement.verdict.code() == code).count();
    for code in ["supported", "contradicted", "conflict", "unsupported", "miscited", "needs_review", "not_checked"] {
        println!("{code:>14} {}", count(code));
    }
    Ok(())
}
