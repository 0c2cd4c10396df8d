//! `attest ask`

use clap::Args;
use time::Date;

use crate::{
    answer::Ask,
    app::App,
    domain::{
        answer::{Answer, Mode, Outcome},
        document::CollectionName,
        policy::Shown,
        text::Lang,
    },
    wire,
};

#[derive(Args, Clone, Debug)]
pub struct AskArgs {
    /// The question
    question: String,
    /// An earlier question of the same conversation, which this one may lean on (repeat, oldest first)
    #[arg(long, value_name = "QUESTION")]
    after: Vec<String>,
    /// Search only these collections (repeat for more)
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// strict quotes the sources; grounded lets the generator write under citation constraints [default: strict on the starter models]
    #[arg(long, value_parser = parse_mode)]
    mode: Option<Mode>,
    /// The day whose law applies [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// Language of the answer, zh or en [default: that of the question]
    #[arg(long, value_parser = parse_lang)]
    lang: Option<Lang>,
    /// The answer as JSON, as the REST API gives it
    #[arg(long)]
    json: bool,
}

pub fn parse_mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| format!("'{text}' is not a mode; use strict or grounded"))
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| format!("'{text}' is not a language of answers; use zh or en"))
}

pub async fn run(args: &AskArgs, app: &App) -> anyhow::Result<()> {
    let mode = args.mode.unwrap_or(app.default_mode());
    let ask = Ask {
        question: args.question.clone(),
        earlier: args.after.clone(),
        collections: args.collection.clone(),
        mode,
        as_of: args.as_of,
        domain: app.domain_of(&args.collection).await?,
        lang: args.lang,
    };
    let answer = app.ask(&ask, None).await?;
    if args.json {
        println!("{}", wire::to_json(&wire::AnswerJson::from(&answer), true));
    } else {
        print(&answer);
    }
    Ok(())
}

fn print(answer: &Answer) {
    if let Some(read_as) = &answer.read_as {
        match answer.lang {
            Lang::Zh => println!("（理解为：{read_as}）"),
            Lang::En => println!("(Read as: {read_as})"),
        }
    }
    if let Outcome::Abstained(abstention) = &answer.outcome {
        println!("{}", abstention.message.in_lang(answer.lang));
        for citation in &abstention.nearest {
            println!("  · {} {}", citation.meta.title, citation.locator);
        }
        return;
    }
    println!("{}\n", answer.text.as_str());
    let mut seen = Vec::new();
    for sentence in answer.sentences.iter().filter(|s| s.shown != Shown::Withheld) {
        for citation in sentence.judgement.verdict.citations() {
            if seen.contains(&citation.label) {
                continue;
            }
            seen.push(citation.label);
            println!(
                "{} {} {} ({}{})",
                citation.label,
                citation.meta.title,
                citation.locator,
                citation.meta.status.code(),
                citation.meta.valid_from.map(|d| format!(", {d} →")).unwrap_or_default()
            );
        }
    }
    let withheld = answer.sentences.iter().filter(|s| s.shown == Shown::Withheld).count();
    if withheld > 0 {
        match answer.lang {
            Lang::Zh => println!("（另有 {withheld} 句未通过核验，未显示）"),
            Lang::En => println!("({withheld} more sentence(s) did not pass verification and are not shown)"),
        }
    }
}
