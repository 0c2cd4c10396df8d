//! `attest doctor`

use clap::Args;

use super::plan;
use crate::{
    app::App,
    models::{Installed, Job, Plan, gguf},
    ports::Retriever,
    remote::{self, RemoteGenerator},
};

#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Make the search indexes anew from the database
    #[arg(long)]
    rebuild: bool,
}

/// Prints what is there; problems are lines that start with "!", each with its remedy.
pub async fn run(args: &DoctorArgs, app: &App) -> anyhow::Result<()> {
    let config = app.config();
    println!("home      {}", config.home.display());
    println!("threads   {}", config.threads);
    for job in Job::ALL {
        if let (Job::Generator, Some(options)) = (job, &config.generator) {
            remote(options).await;
            continue;
        }
        match app.assigned(job)? {
            Some(model) if model.is_unchanged() => {
                println!(
                    "{:<9} {} ({:.0} MB, sha256 {})",
                    job.code(),
                    model.name,
                    model.bytes as f64 / 1e6,
                    &model.sha256[..12]
                );
                if job == Job::Generator {
                    generator(app, &model)?;
                }
            }
            Some(model) => println!(
                "! {}: {} has changed or is gone; 'attest models check' says more",
                job.code(),
                model.path.display()
            ),
            None if matches!(job, Job::Embedder) => {
                println!("! embedder: none; search is by words only. 'attest models pull auto' fetches one");
            }
            // The one that came with the program is told below.
            None if matches!(job, Job::Verifier) => {}
            None => println!("{:<9} none", job.code()),
        }
    }
    match app.embedder().await {
        Ok(Some(embedder)) => match app.query_adapter(&*embedder) {
            Ok(Some(adapter)) => println!("adapter   {} moves the questions", adapter.identity().name),
            Ok(None) => println!("adapter   none was fitted for this embedder"),
            Err(problem) => println!("! {problem}"),
        },
        Ok(None) => {}
        Err(problem) => println!("! {problem}"),
    }
    if app.assigned(Job::Verifier)?.is_none() {
        match app.encoder().await {
            Ok(Some(encoder)) => println!("verifier  {} (came with the program)", encoder.identity().name),
            Ok(None) => println!("verifier  none; the embedder stands in"),
            Err(problem) => println!("! {problem}"),
        }
    }
    certificate(app).await?;
    let engine = app.engine(false).await?;
    if args.rebuild {
        engine.rebuild().await?;
        println!("indexes   made anew");
    }
    let status = engine.status().await?;
    println!("index     position {} of {}, {} passages", status.lexical_position, status.log_position, status.chunks);
    if let Some(embedder) = app.embedder_name() {
        let (chunks, vectors) = app.store().vector_progress(&embedder).await?;
        println!("vectors   {vectors} of {chunks}");
        if vectors < chunks {
            println!(
                "! {} passages have no vector yet; 'attest serve' builds them in the background",
                chunks - vectors
            );
        }
    }
    Ok(())
}

/// What the generator is and how it is held, from its header: without loading it.
fn generator(app: &App, model: &Installed) -> anyhow::Result<()> {
    let header = gguf::read_header(&model.path)?;
    let options = app.generator_options(model);
    let plan = Plan::of(&header, &options.setup(&header));
    for line in plan::what_it_is(&header, &plan) {
        println!("{}", line.strip_prefix("! ").map_or_else(|| format!("  {line}"), |problem| format!("! {problem}")));
    }
    println!(
        "  context   {} tokens for each of {} texts at once, {} for all; {:.1} MB of weights{}, {:.1} MB of keys and values as {}",
        options.context,
        options.streams,
        plan.context,
        plan.weights as f64 / 1e6,
        if options.model.mmap { ", mapped" } else { "" },
        (plan.kv + plan.state) as f64 / 1e6,
        options.kv.element().name
    );
    Ok(())
}

/// Whether the server that writes answers, and how it is held to the rules.
async fn remote(options: &remote::Options) {
    let found = match RemoteGenerator::open(options.clone()) {
        Ok(generator) => generator.about().await.cloned(),
        Err(problem) => Err(problem),
    };
    match found {
        Ok(about) => {
            let held = match about.dialect {
                remote::Dialect::Plain => "no grammar is sent, every sentence is checked".to_owned(),
                dialect => format!("grammar as {} takes it, every sentence is checked", dialect.code()),
            };
            println!("generator {} ({} tokens; {held})", about.identity.name, about.context_tokens);
        }
        Err(problem) => println!("! generator: {problem}"),
    }
}

/// Whether what was certified still holds.
async fn certificate(app: &App) -> anyhow::Result<()> {
    match app.certificate() {
        Ok(None) => println!(
            "certified nothing; 'attest certify' proves how often \"supported\" is wrong on claims of your own"
        ),
        Ok(Some(certificate)) => match app.cascade().await?.accept(certificate.clone()) {
            Ok(()) => {
                let groups: Vec<String> = certificate.groups.iter().map(|g| g.group.to_string()).collect();
                println!("certified {} (at most {:.1} % wrong)", groups.join(", "), certificate.alpha * 100.0);
            }
            Err(problem) => println!("! the certificate is void: {problem}; run 'attest certify' on a fresh sample"),
        },
        Err(problem) => println!("! {problem}"),
    }
    Ok(())
}
