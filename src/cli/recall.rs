//! `attest recall`

use clap::Args;

use crate::{app::App, wire};

#[derive(Args, Clone, Debug)]
pub struct RecallArgs {
    /// Only this answer
    answer: Option<String>,
    /// As JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &RecallArgs, app: &App) -> anyhow::Result<()> {
    let recalls = app.recall(args.answer.as_deref()).await?;
    let list = wire::RecallListJson { recalls: recalls.iter().map(wire::RecallJson::from).collect() };
    if args.json {
        println!("{}", wire::to_json(&list, true));
        return Ok(());
    }
    if list.recalls.is_empty() {
        println!("No stored answer rests on a source that changed.");
    }
    for recall in &list.recalls {
        println!("{}  {}", recall.answer, recall.question);
        let since = recall.since.as_deref().map(|at| format!(" since {at}")).unwrap_or_default();
        println!("  {} {}, {}: {}{since}", recall.collection, recall.title, recall.locator, recall.change);
        println!("  was  {} ({})", recall.old_text.replace('\n', " "), recall.old.status);
        if let Some(new) = &recall.new {
            let text = recall.new_text.as_deref().unwrap_or("nothing at this place");
            println!("  now  {} ({})", text.replace('\n', " "), new.status);
        }
    }
    Ok(())
}
