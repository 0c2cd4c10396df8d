//! `attest collections`

use std::{collections::BTreeMap, path::PathBuf};

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
    /// What a collection covers: what is in it, its newest text, and what is known or found to be missing
    Show {
        #[arg(value_parser = super::collection)]
        name: CollectionName,
    },
    /// Write down the words that people use, and what is missing
    Set {
        #[arg(value_parser = super::collection)]
        name: CollectionName,
        /// A file of concepts, one a line, such as "房东 = 出租人"; searches use them on top of the built-in ones
        #[arg(long, value_name = "FILE")]
        synonyms: Option<PathBuf>,
        /// What is known not to be in it; abstentions repeat it
        #[arg(long, value_name = "TEXT")]
        known_missing: Option<String>,
        /// Whether 'attest explore' may be asked about it: ideas that do not come from its texts
        #[arg(long, value_name = "BOOL")]
        explore: Option<bool>,
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

async fn show(name: &CollectionName, json: bool, app: &App) -> anyhow::Result<()> {
    let settings = app.store().collection_settings(name).await?;
    let coverage = wire::CoverageJson::new(app.coverage(name).await?, settings.known_missing);
    if json {
        println!("{}", wire::to_json(&coverage, true));
        return Ok(());
    }
    let counts = |of: Vec<(&str, u64)>| {
        let named = of.into_iter().map(|(of, n)| format!("{} {n}", if of.is_empty() { "unknown" } else { of }));
        named.collect::<Vec<_>>().join(", ")
    };
    let owned = |of: &BTreeMap<String, u64>| counts(of.iter().map(|(of, n)| (of.as_str(), *n)).collect());
    let fixed = |of: &BTreeMap<&'static str, u64>| counts(of.iter().map(|(of, n)| (*of, *n)).collect());
    println!("documents     {}", owned(&coverage.kinds));
    println!("status        {}", fixed(&coverage.statuses));
    println!("jurisdiction  {}", owned(&coverage.jurisdictions));
    println!("language      {}", fixed(&coverage.languages));
    if let (Some(oldest), Some(newest)) = (&coverage.oldest, &coverage.newest) {
        println!("dated         {oldest} to {newest}");
    }
    let concepts = settings.synonyms.lines().filter(|line| line.contains('=') && !line.starts_with('#')).count();
    println!("synonyms      {concepts} of its own");
    if !coverage.known_missing.is_empty() {
        println!("missing       {}", coverage.known_missing);
    }
    if !coverage.missing_successors.is_empty() {
        println!("successors that are not there: {}", coverage.missing_successors.join(", "));
    }
    if !coverage.missing_references.is_empty() {
        println!("laws that its texts name and that are not there, with the number of texts:");
    }
    for missing in &coverage.missing_references {
        println!("{:>6}  {}", missing.documents, missing.title);
    }
    Ok(())
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
        CollectionsCommand::Show { name } => return show(&name, args.json, app).await,
        CollectionsCommand::Set { name, synonyms, known_missing, explore } => {
            let mut settings = app.store().collection_settings(&name).await?;
            if let Some(file) = synonyms {
                settings.synonyms = super::read_text(&file)?;
            }
            settings.known_missing = known_missing.unwrap_or(settings.known_missing);
            settings.explore = explore.unwrap_or(settings.explore);
            app.put_settings(&name, &settings).await?;
            return Ok(());
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
