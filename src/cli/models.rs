//! `attest models`

use std::sync::Mutex;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::plan;
use crate::{
    config::Config,
    models::{Hub, Job, Models, Progress, tools},
};

#[derive(Args, Clone, Debug)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum ModelsCommand {
    /// What is recommended for which job, and what is here
    List,
    /// Fetch a model: a name from the list, hf:org/repo/file.gguf, or auto; or pdfium, the library that reads PDFs
    Pull { model: String },
    /// Verify the files that are here against their recorded hashes
    Check,
    /// What a model file would take of this machine, from its header alone: a path, or the name of a model that is
    /// here; --context, --cells, --streams and --kv as it is to be run
    Plan { model: String },
    /// Let a model do a job: generator, embedder, reranker, verifier or judge
    Use { job: String, model: String },
}

/// Download progress on a terminal.
#[derive(Default)]
struct Bars(Mutex<Option<ProgressBar>>);

impl Progress for Bars {
    fn started(&self, what: &str, total: Option<u64>) {
        let bar = total.map_or_else(ProgressBar::new_spinner, |total| {
            let style = ProgressStyle::with_template("{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec} {eta}");
            ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_message(what.to_owned());
        if let Ok(mut current) = self.0.lock() {
            *current = Some(bar);
        }
    }

    fn advanced(&self, bytes: u64) {
        if let Ok(Some(bar)) = self.0.lock().as_deref() {
            bar.set_position(bytes);
        }
    }

    fn finished(&self) {
        if let Ok(Some(bar)) = self.0.lock().as_deref() {
            bar.finish_and_clear();
        }
    }

    fn note(&self, message: &str) {
        eprintln!("{message}");
    }
}

pub async fn run(args: &ModelsArgs, config: &Config, cancel: &CancellationToken) -> anyhow::Result<()> {
    let models = Models::new(&config.models_dir);
    match &args.command {
        ModelsCommand::List => list(&models),
        ModelsCommand::Pull { model } => {
            let mut hub = config.hub.as_deref().map_or_else(Hub::default, Hub::at);
            hub.token.clone_from(&config.hub_token);
            let bars = Bars::default();
            if matches!(model.as_str(), "auto" | tools::PDFIUM) {
                let pulled = models.pull_pdfium(&bars).await;
                match pulled {
                    Ok(path) => println!("{}  {}", tools::PDFIUM, path.display()),
                    // Other documents can be read without it.
                    Err(problem) if model == "auto" => eprintln!("without {}: {problem}", tools::PDFIUM),
                    Err(problem) => return Err(problem.into()),
                }
                if model == tools::PDFIUM {
                    return Ok(());
                }
            }
            let pulled = tokio::select! {
                pulled = models.pull(model, &hub, &bars) => pulled?,
                () = cancel.cancelled() => anyhow::bail!("interrupted; the same command resumes where it stopped"),
            };
            for model in pulled {
                println!("{}  {}  {:.1} MB", model.name, model.path.display(), model.bytes as f64 / 1e6);
            }
            Ok(())
        }
        ModelsCommand::Check => check(&models),
        ModelsCommand::Plan { model } => plan::print(&models, model, config),
        ModelsCommand::Use { job, model } => {
            let job: Job = job.parse()?;
            let chosen = models.use_model(job, model)?;
            println!("{job}: {} ({})", chosen.name, chosen.path.display());
            Ok(())
        }
    }
}

fn check(models: &Models) -> anyhow::Result<()> {
    let mut bad = 0;
    for checked in models.check()? {
        let jobs = checked.jobs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let jobs = if jobs.is_empty() { "not in use".to_owned() } else { jobs };
        match checked.header {
            Ok(header) => {
                println!("ok  {:<30} {jobs}  {}", checked.model.name, header.architecture());
                if header.is_recurrent() {
                    println!(
                        "    its recurrent layers keep no history: each step back in an answer reads the prompt again"
                    );
                }
            }
            Err(problem) => {
                bad += 1;
                println!("BAD {:<30} {jobs}  {problem}", checked.model.name);
            }
        }
    }
    anyhow::ensure!(bad == 0, "{bad} model file(s) cannot be used; 'attest models pull' fetches them again");
    Ok(())
}

fn list(models: &Models) -> anyhow::Result<()> {
    let installed = models.installed()?;
    for job in Job::ALL {
        let current = models.assigned(job)?.map(|m| m.name);
        println!("{job}");
        for entry in models.catalog().entries().iter().filter(|e| e.job == job) {
            let here = installed.iter().any(|m| m.name == entry.name);
            let mark = if current.as_deref() == Some(&entry.name) {
                '*'
            } else if here {
                '+'
            } else {
                ' '
            };
            let kind = if entry.mixture {
                format!("MoE {:.1}B, {:.1}B active", entry.total_b, entry.active_b)
            } else {
                format!("dense {:.2}B", entry.total_b)
            };
            println!(
                "  {mark} {:<30} {kind:<26} {:>6.1} GB  RAM {:>5.1} GB  {}  {}",
                entry.name,
                entry.size_gb,
                entry.ram_gb,
                entry.languages.join(","),
                entry.licence
            );
        }
        for other in
            installed.iter().filter(|m| models.catalog().find(&m.name).is_none() && Some(&m.name) == current.as_ref())
        {
            println!("  * {:<30} {}", other.name, other.path.display());
        }
    }
    println!("\n* in use   + here");
    Ok(())
}
