//! `attest verify`

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use time::Date;

use crate::{
    app::App,
    domain::{document::CollectionName, text::Lang},
    http::{Against, Claims, Service, Source, VerifyRequest},
    text::lang,
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    /// The claim
    claim: String,
    /// A file that the claim must rest on (repeat for more); '-' reads standard input
    #[arg(long, short, value_name = "FILE")]
    source: Vec<PathBuf>,
    /// Hold it against these collections instead (repeat for more)
    #[arg(long, short, value_parser = super::collection, conflicts_with = "source")]
    collection: Vec<CollectionName>,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// As JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &VerifyArgs, app: &App) -> anyhow::Result<()> {
    if args.claim.trim().is_empty() {
        bail!("the claim is empty");
    }
    let against = if args.source.is_empty() {
        Against::Collections(args.collection.clone())
    } else {
        let mut sources = Vec::new();
        for path in &args.source {
            sources.push(Source { title: path.display().to_string(), text: super::read_text(path)? });
        }
        Against::Sources(sources)
    };
    let request =
        VerifyRequest { claims: Claims::List(vec![args.claim.clone()]), against, question: None, as_of: args.as_of };
    let verification = Service::verify(app, request).await?;
    if args.json {
        println!(
            "{}",
            wire::to_json(&wire::VerificationJson::new(&verification.judgements, &verification.evidence), true)
        );
        return Ok(());
    }
    let language: Lang = lang::detect(&args.claim);
    for judgement in &verification.judgements {
        println!("{}", judgement.verdict.code());
        for reason in &judgement.reasons {
            println!("  {} {}", reason.code, reason.message.in_lang(language));
            if let Some(c) = &reason.comparison {
                println!("     {} {} {}", c.claim, c.relation, c.source);
            }
        }
        for citation in judgement.verdict.citations() {
            println!("  {} {}: {}", citation.meta.title, citation.locator, citation.quote);
        }
    }
    Ok(())
}
