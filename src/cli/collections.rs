//! `attest collections`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    app::App,
    archive::Contents,
    domain::document::{Collection, CollectionName, Domain},
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct CollectionsArgs {
    #[command(subcommand)]
    command: Option<CollectionsCommand>,
    /// As JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Clone, Debug)]
enum CollectionsCommand {
    /// What there is (the default)
    List,
    /// Make an empty collection
    Create {
        #[arg(value_parser = super::collection)]
        name: CollectionName,
        /// What a person reads
        #[arg(long)]
        title: Option<String>,
        /// legal, medical, finance or general: it selects the risk policy
        #[arg(long, default_value = "general", value_parser = parse_domain)]
        domain: Domain,
    },
    /// Write a collection to one file that another Attest reads back to the same hashes
    Export {
        #[arg(value_parser = super::collection)]
        name: CollectionName,
        /// A file that is not there yet
        file: PathBuf,
    },
    /// Make a collection from such a file: all of it or, when anything is wrong with it, nothing
    Import {
        file: PathBuf,
        /// Under another name than its own
        #[arg(long, value_parser = super::collection)]
        name: Option<CollectionName>,
    },
    /// Remove a collection and everything in it
    Delete {
        #[arg(value_parser = super::collection)]
        name: CollectionName,
    },
}

pub fn parse_domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).ok_or_else(|| format!("'{text}' is not a domain; use legal, medical, finance or general"))
}

fn tell(done: &str, Contents { name, documents, chunks, vectors }: &Contents) {
    eprintln!("{done} {name}: {documents} documents, {chunks} passages, {vectors} vectors");
}

pub async fn run(args: &CollectionsArgs, app: &App) -> anyhow::Result<()> {
    match args.command.clone().unwrap_or(CollectionsCommand::List) {
        CollectionsCommand::List => {}
        CollectionsCommand::Create { name, title, domain } => {
            let title = title.unwrap_or_else(|| name.to_string());
            app.store().create_collection(&Collection { name, title, domain }).await?;
        }
        CollectionsCommand::Export { name, file } => {
            tell("exported", &app.export(&name, &file).await?);
            return Ok(());
        }
        CollectionsCommand::Import { file, name } => tell("imported", &app.import(&file, name).await?),
        CollectionsCommand::Delete { name } => app.delete_collection(&name).await?,
    }
    let embedder = app.embedder_name();
    let mut rows = Vec::new();
    for collection in app.store().collections().await? {
        let stats = app.store().collection_stats(&collection.name, embedder.as_deref()).await?;
        rows.push((collection, stats));
    }
    if args.json {
        let list: Vec<_> = rows.iter().map(|(c, s)| wire::CollectionJson::new(c, s)).collect();
        println!("{}", wire::to_json(&wire::CollectionListJson { collections: list }, true));
        return Ok(());
    }
    for (collection, stats) in rows {
        println!(
            "{:<14} {:<8} {:>6} documents {:>7} passages {:>7} vectors  {}",
            collection.name.as_str(),
            collection.domain.code(),
            stats.documents,
            stats.chunks,
            stats.vectors,
            collection.title
        );
    }
    Ok(())
}
