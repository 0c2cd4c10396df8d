//! `attest eval`

use std::{path::PathBuf, sync::Arc};

use anyhow::bail;
use clap::{Args, Subcommand};
use time::Date;

use super::progress;
use crate::{
    app::App,
    domain::{answer::Mode, document::CollectionName, evidence::Switches},
    eval::{
        self,
        answers::{Figures, Options, Source},
    },
    ports::Verifier,
    verify::{Cascade, Thresholds},
};

#[derive(Args, Clone, Debug)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: EvalCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum EvalCommand {
    /// Queries with relevant passages
    Retrieval(RetrievalArgs),
    /// Claims with evidence and a label
    Verify(VerifyArgs),
    /// Questions with and without an answer
    Answers(AnswersArgs),
}

#[derive(Args, Clone, Debug)]
struct VerifyArgs {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Rules and word overlap only, no encoder
    #[arg(long)]
    rules_only: bool,
    /// Write how precise each rule is as a veto, over all files, with no rule held back
    #[arg(long, value_name = "FILE", requires = "rules_only")]
    ledger: Option<PathBuf>,
    /// Write predictions here (of one file)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
struct RetrievalArgs {
    file: PathBuf,
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    #[arg(long)]
    no_lexical: bool,
    #[arg(long)]
    no_vector: bool,
    #[arg(long)]
    no_direct: bool,
    /// Without the words of sources for everyday words
    #[arg(long)]
    no_expand: bool,
    /// Without the question adapter
    #[arg(long)]
    no_adapt: bool,
    #[arg(long)]
    no_rerank: bool,
    /// Words with and without expansion, vectors with and without adapter, both, and reranked, side by side
    #[arg(long)]
    all: bool,
    /// Write predictions here
    #[arg(long)]
    out: Option<PathBuf>,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
struct AnswersArgs {
    file: PathBuf,
    /// Answer from these collections
    #[arg(long, short, value_parser = super::collection, conflicts_with = "contexts")]
    collection: Vec<CollectionName>,
    /// Answer from the passages that come with each question
    #[arg(long)]
    contexts: bool,
    #[arg(long, value_parser = super::ask::parse_mode, default_value = "strict")]
    mode: Mode,
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::date)]
    as_of: Option<Date>,
    /// Only the first so many questions
    #[arg(long)]
    limit: Option<usize>,
    /// How freely the generator draws; 0 takes the likeliest token
    #[arg(long, default_value_t = 0.0, value_parser = temperature)]
    temperature: f32,
    /// Of the generator's draws
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Questions answered at the same time
    #[arg(long, default_value_t = 1)]
    at_once: usize,
    /// Let the generator write without constraint or repair, as a baseline
    #[arg(long)]
    unguarded: bool,
    /// Write an answer to every question, whatever the gate says
    #[arg(long, conflicts_with = "gate_only")]
    answer_all: bool,
    /// Search and ask the gate, but write nothing: for fitting it
    #[arg(long)]
    gate_only: bool,
    /// Write predictions here
    #[arg(long)]
    out: Option<PathBuf>,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

fn temperature(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(value),
        _ => Err(format!("'{text}' is not a temperature; use a number from 0 to 2")),
    }
}

pub async fn run(args: &EvalArgs, app: &App) -> anyhow::Result<()> {
    match &args.command {
        EvalCommand::Retrieval(args) => {
            let settings = eval::retrieval::Settings {
                collections: args.collection.clone(),
                switches: Switches {
                    lexical: !args.no_lexical,
                    vector: !args.no_vector,
                    direct: !args.no_direct,
                    expand: !args.no_expand,
                    adapt: !args.no_adapt,
                    rerank: !args.no_rerank,
                },
                all: args.all,
                today: app.clock().today(),
                out: args.out.clone(),
            };
            let engine = app.engine(true).await?;
            Ok(eval::retrieval::command(&args.file, &settings, &*engine, args.json).await?)
        }
        EvalCommand::Verify(args) => verify(args, app).await,
        EvalCommand::Answers(args) => answers(args, app).await,
    }
}

async fn verify(args: &VerifyArgs, app: &App) -> anyhow::Result<()> {
    if args.out.is_some() && args.files.len() > 1 {
        bail!("--out takes the predictions of one file; give one, or run them one after the other");
    }
    let verifier: Arc<dyn Verifier> = if args.ledger.is_some() {
        Arc::new(Cascade::new(None, Thresholds::default()).uncapped())
    } else if args.rules_only {
        app.verifier_without_model()
    } else {
        app.verifier().await?
    };
    let mut measured = Vec::new();
    for file in &args.files {
        if args.files.len() > 1 && !args.json {
            println!("\n{}", file.display());
        }
        measured.push(eval::verify::command(file, args.out.as_deref(), &*verifier, args.json).await?);
    }
    if let Some(ledger) = &args.ledger {
        eval::verify::write_ledger(ledger, &measured)?;
    }
    Ok(())
}

async fn answers(args: &AnswersArgs, app: &App) -> anyhow::Result<()> {
    if args.collection.is_empty() && !args.contexts {
        bail!("say where the evidence comes from: --collection NAME, or --contexts for the passages in the file");
    }
    let options = Options {
        source: if args.contexts { Source::Contexts } else { Source::Collections(args.collection.clone()) },
        mode: args.mode,
        as_of: args.as_of,
        limit: args.limit,
        seed: args.seed,
        at_once: args.at_once,
    };
    let bar = progress::bar(0, "questions");
    let tell = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let stored = async |collection: &CollectionName, key: &str| {
        let version = app.store().document(collection, key).await.ok().flatten()?;
        app.store().version_text(version.id).await.ok().flatten().map(|(_, document)| document.text)
    };
    let mut pipeline = app.pipeline(args.mode).await?;
    pipeline.sampling.temperature = args.temperature;
    pipeline.unguarded = args.unguarded;
    if args.answer_all {
        pipeline.gate.threshold = f32::NEG_INFINITY;
    }
    if args.gate_only {
        pipeline.gate.threshold = f32::INFINITY;
    }
    let figures = eval::answers::run(&args.file, args.out.as_deref(), &options, &pipeline, stored, &tell).await?;
    bar.finish_and_clear();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print(&figures);
    }
    Ok(())
}

fn print(f: &Figures) {
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    println!("questions {} ({} answerable), {:.1} s", f.questions, f.answerable, f.seconds);
    println!("answered {}  flagged {}  abstained {}", f.answered, f.flagged, f.abstained);
    println!(
        "abstention precision {} (baseline: share without answer {:.3})  recall {}",
        share(f.abstain_precision),
        f.baseline_unanswerable_share,
        share(f.abstain_recall)
    );
    println!(
        "contains the reference {}  cites the gold source {}, cites it first {}",
        share(f.contains_reference),
        share(f.cites_gold),
        share(f.cites_gold_first)
    );
    let f = &f.sentences;
    println!("sentences shown {}, of them supported {}; withheld {}", f.shown, f.shown_supported, f.withheld);
    println!(
        "written {}, of them supported {}; kept {}, repaired {}, quoted {}, dropped {} ({} retries)",
        f.written, f.written_supported, f.kept, f.repaired, f.quoted, f.dropped, f.retries
    );
    println!(
        "citations {}: {} labels that do not exist, {} quotes whose bytes differ; {} quotations altered, {} figures \
         without a source, {} sentences without a verdict",
        f.integrity.citations,
        f.integrity.labels_that_do_not_exist,
        f.integrity.quotes_whose_bytes_differ,
        f.integrity.quotations_altered,
        f.integrity.figures_without_source,
        f.integrity.sentences_without_verdict
    );
}
