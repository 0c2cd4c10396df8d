//! `attest explore`

use clap::Args;
use time::Date;

use crate::{
    app::App,
    domain::{document::CollectionName, exploration::Standing, text::Lang},
    http::{ExploreRequest, Service},
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct ExploreArgs {
    /// The question
    question: String,
    /// Hold ideas against these collections (repeat for more); every one must allow it
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// As JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &ExploreArgs, app: &App) -> anyhow::Result<()> {
    let request = ExploreRequest {
        question: args.question.clone(),
        collections: args.collection.clone(),
        as_of: args.as_of,
        lang: None,
    };
    let found = Service::explore(app, request).await?;
    if args.json {
        println!("{}", wire::to_json(&wire::ExplorationJson::from(&found), true));
        return Ok(());
    }
    println!("{}\n", wire::notice().in_lang(found.lang));
    for idea in &found.ideas {
        let standing = match (Standing::of(&idea.verdict), found.lang) {
            (Standing::Supported, Lang::Zh) => "知识库支持",
            (Standing::Contradicted, Lang::Zh) => "与知识库矛盾",
            (Standing::Unknown, Lang::Zh) => "知识库不能判定",
            (Standing::Supported, Lang::En) => "backed",
            (Standing::Contradicted, Lang::En) => "contradicted",
            (Standing::Unknown, Lang::En) => "undecided",
        };
        println!("[{standing}] {}", idea.claim.text);
        // What is merely near an undecided idea would look like its source.
        let places =
            if Standing::of(&idea.verdict) == Standing::Unknown { Vec::new() } else { idea.verdict.citations() };
        for citation in places {
            println!("    {} {}: {}", citation.meta.title, citation.locator, citation.quote);
        }
    }
    Ok(())
}
