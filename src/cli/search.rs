//! `attest search`

use clap::Args;
use time::Date;

use crate::{
    app::App,
    domain::{
        document::CollectionName,
        evidence::{Query, Switches},
    },
    ports::Retriever,
    text::lang,
    verify::disagree,
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct SearchArgs {
    /// What to look for
    query: String,
    /// Search only these collections (repeat for more)
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// How many passages
    #[arg(long, short = 'n', default_value_t = 10)]
    limit: usize,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// Words only, no vectors
    #[arg(long)]
    lexical: bool,
    /// As JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &SearchArgs, app: &App) -> anyhow::Result<()> {
    let query = Query {
        text: args.query.clone(),
        collections: args.collection.clone(),
        as_of: args.as_of.unwrap_or_else(|| app.clock().today()),
        statuses: None,
        lang: None,
        limit: args.limit,
        switches: Switches { vector: !args.lexical, ..Switches::default() },
    };
    let found = app.engine(!args.lexical).await?.retrieve(&query).await?;
    let disagreements = disagree::between(&found);
    if args.json {
        println!("{}", wire::to_json(&wire::SearchJson::new(&args.query, &found, &disagreements), true));
        return Ok(());
    }
    for item in found.items() {
        let text: String = item.chunk.text.chars().take(160).collect();
        println!("{} {} {} ({})", item.label, item.meta.title, item.chunk.locator, item.meta.status.code());
        println!("    {}", text.replace('\n', " "));
        for copy in &item.copies {
            println!("    = {} {}", copy.title, copy.locator);
        }
    }
    for disagreement in &disagreements {
        println!("{}", disagreement.message.in_lang(lang::detect(&args.query)));
    }
    if found.is_empty() {
        println!("Nothing found in {} passages.", found.searched.chunks);
    }
    Ok(())
}
