//! `attest references`

use anyhow::bail;
use clap::Args;
use time::Date;

use crate::{app::App, http::Service, text::lang, wire};

#[derive(Args, Clone, Debug)]
pub struct ReferencesArgs {
    /// A text that names laws; '-' reads standard input
    text: String,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// As JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &ReferencesArgs, app: &App) -> anyhow::Result<()> {
    let text = if args.text == "-" { super::read_text("-".as_ref())? } else { args.text.clone() };
    if text.trim().is_empty() {
        bail!("the text is empty");
    }
    let references = Service::references(app, &text, args.as_of).await?;
    if args.json {
        println!("{}", wire::to_json(&wire::ReferenceListJson::new(&references, &text), true));
        return Ok(());
    }
    if references.is_empty() {
        println!("The text names no law.");
    }
    let language = lang::detect(&text);
    for reference in &references {
        let written = reference.span.of(&text).unwrap_or_default();
        println!("{written}: {}", reference.check.status.code());
        println!("  {}", reference.check.message.in_lang(language));
    }
    Ok(())
}
