//! `attest ingest`

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::progress;
use crate::{
    app::App,
    domain::{
        document::{Collection, CollectionName, CollectionSettings, Domain},
        text::Lang,
    },
    ingest::{
        IngestOptions, IngestProgress, IngestReport,
        embed::BackfillProgress,
        read::Defaults,
        ready::{self, ReadyVectors},
    },
    models::Job,
};

#[derive(Args, Clone, Debug)]
pub struct IngestArgs {
    /// Files and folders
    #[arg(required_unless_present = "corpora")]
    paths: Vec<PathBuf>,
    /// Into this collection; it is created when it does not exist
    #[arg(long, short, value_parser = super::collection, required_unless_present = "corpora")]
    collection: Option<CollectionName>,
    /// What a person reads, for a new collection [default: its name]
    #[arg(long)]
    title: Option<String>,
    /// legal, medical, finance or general; for a new collection, and for documents that do not say
    #[arg(long, value_parser = super::collections::parse_domain)]
    domain: Option<Domain>,
    /// zh or en, for documents that do not say [default: detected]
    #[arg(long, value_parser = parse_lang)]
    lang: Option<Lang>,
    /// A folder of collections, each with a manifest.toml
    #[arg(long, value_name = "DIR", conflicts_with_all = ["paths", "collection"])]
    corpora: Option<PathBuf>,
    /// Return only when every passage has its vector
    #[arg(long)]
    wait_vectors: bool,
    /// Write the vectors of each corpus into its folder, so that they can be shipped with it
    #[arg(long, requires_all = ["corpora", "wait_vectors"], hide = true)]
    save_vectors: bool,
}

/// Vectors that a corpus brings along.
const READY: &str = "vectors.bin";

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| format!("'{text}' is not a language; use zh or en"))
}

/// The part of a corpus manifest that ingest reads.
#[derive(Deserialize)]
struct Manifest {
    name: String,
    title: String,
    domain: String,
}

pub async fn run(args: &IngestArgs, app: &App, cancel: &CancellationToken) -> anyhow::Result<()> {
    let mut problems = 0;
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        bail!("{} does not exist", missing.display());
    }
    match (&args.corpora, &args.collection) {
        (Some(corpora), _) => {
            for folder in folders(corpora)? {
                let manifest = manifest(&folder)?;
                let name: CollectionName = manifest.name.parse()?;
                let Some(domain) = Domain::parse(&manifest.domain) else {
                    bail!("{}: '{}' is not a domain", folder.display(), manifest.domain);
                };
                create(app, &name, Some(&manifest.title), domain).await?;
                take_over_synonyms(app, &name, &folder).await?;
                let documents = ["documents.jsonl.gz", "documents.jsonl"].map(|file| folder.join(file));
                let Some(path) = documents.iter().find(|path| path.exists()) else {
                    bail!("{} holds no documents.jsonl or documents.jsonl.gz", folder.display());
                };
                problems += ingest(app, &name, path, domain, args.lang, cancel).await?.problem_count;
                fill(app, &folder).await?;
            }
        }
        (None, Some(name)) => {
            let domain = match (args.domain, app.store().collection(name).await?) {
                (Some(domain), _) => domain,
                (None, Some(known)) => known.domain,
                (None, None) => Domain::General,
            };
            let is_new = create(app, name, args.title.as_deref(), domain).await?;
            let mut taken_in = 0;
            for path in &args.paths {
                let report = ingest(app, name, path, domain, args.lang, cancel).await?;
                problems += report.problem_count;
                taken_in += report.added;
            }
            if is_new && taken_in == 0 {
                // An empty collection would be offered on the page and answer nothing.
                app.store().delete_collection(name).await?;
                bail!("nothing could be taken in, so the collection '{name}' was not made");
            }
        }
        (None, None) => bail!("name a collection with --collection"),
    }
    // Words are searchable as soon as the command returns; vectors may follow.
    app.engine(false).await?;
    if args.wait_vectors {
        vectors(app, cancel).await?;
    }
    if let (true, Some(corpora)) = (args.save_vectors, &args.corpora) {
        save(app, corpora).await?;
    }
    if problems > 0 {
        bail!("{problems} file(s) or line(s) could not be read; the rest was taken in");
    }
    Ok(())
}

fn folders(corpora: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(corpora).with_context(|| format!("{} cannot be read", corpora.display()))?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.join("manifest.toml").exists()).collect();
    folders.sort();
    if folders.is_empty() {
        bail!("{} holds no folder with a manifest.toml", corpora.display());
    }
    Ok(folders)
}

fn manifest(folder: &Path) -> anyhow::Result<Manifest> {
    let path = folder.join("manifest.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))
}

/// Whether it was not there before.
async fn create(app: &App, name: &CollectionName, title: Option<&str>, domain: Domain) -> anyhow::Result<bool> {
    let is_new = app.store().collection(name).await?.is_none();
    if is_new {
        let title = title.map_or_else(|| name.to_string(), str::to_owned);
        app.store().create_collection(&Collection { name: name.clone(), title, domain }).await?;
    }
    Ok(is_new)
}

/// Gives a collection the synonyms that its corpus brings along, where its owner has written none.
async fn take_over_synonyms(app: &App, name: &CollectionName, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("synonyms.txt");
    let settings = app.store().collection_settings(name).await?;
    if !settings.synonyms.is_empty() || !path.exists() {
        return Ok(());
    }
    let synonyms = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let settings = CollectionSettings { synonyms, ..settings };
    app.put_settings(name, &settings).await.with_context(|| path.display().to_string())
}

/// Takes in one path and says what came of it.
async fn ingest(
    app: &App,
    name: &CollectionName,
    path: &Path,
    domain: Domain,
    lang: Option<Lang>,
    cancel: &CancellationToken,
) -> anyhow::Result<IngestReport> {
    let bar = progress::bar(0, name.as_str());
    let tell = |p: IngestProgress| {
        bar.set_length(p.bytes_total);
        bar.set_position(p.bytes);
        bar.set_message(format!("{name}: {} documents", p.documents));
    };
    let options =
        IngestOptions { defaults: Defaults { domain, lang, ..Defaults::default() }, ..IngestOptions::default() };
    let report = app.ingester(options).ingest_path(name, path, &tell, cancel).await?;
    bar.finish_and_clear();
    say(name, &report);
    if report.cancelled {
        bail!("interrupted; the same command goes on where it stopped");
    }
    Ok(report)
}

fn say(name: &CollectionName, report: &IngestReport) {
    println!(
        "{name}: {} added, {} replaced, {} unchanged, {} passages",
        report.added, report.replaced, report.unchanged, report.chunks
    );
    for problem in report.problems.iter().take(20) {
        eprintln!("  {problem}");
    }
    if report.problem_count > 20 {
        eprintln!("  … and {} more", report.problem_count - 20);
    }
}

/// Takes over the vectors that the corpus brings along, where the embedder in use would have made them.
async fn fill(app: &App, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(READY);
    let Some(embedder) = app.assigned(Job::Embedder)? else { return Ok(()) };
    let (done, total) = app.store().vector_progress(&embedder.name).await?;
    if app.config().fake_models || done == total || !path.exists() {
        return Ok(());
    }
    match ReadyVectors::read(&path) {
        Ok(ready) => {
            ready::fill(app.store(), &ready, &embedder.identity()).await?;
        }
        // They are a short cut: without them the vectors are computed.
        Err(problem) => eprintln!("  {problem}"),
    }
    Ok(())
}

async fn save(app: &App, corpora: &Path) -> anyhow::Result<()> {
    let Some(embedder) = app.embedder().await? else { bail!("no embedder is installed, so there are no vectors") };
    for folder in folders(corpora)? {
        let name: CollectionName = manifest(&folder)?.name.parse()?;
        let ready = ready::gather(app.store(), &name, embedder.identity(), embedder.dimensions()).await?;
        ready.write(&folder.join(READY))?;
        println!("{name}: {} vectors written", ready.len());
    }
    Ok(())
}

async fn vectors(app: &App, cancel: &CancellationToken) -> anyhow::Result<()> {
    let Some(backfill) = app.backfill().await? else {
        bail!("no embedder is installed, so there are no vectors; run 'attest models pull auto'");
    };
    let bar = progress::bar(0, "vectors");
    let tell = |p: BackfillProgress| {
        bar.set_length(p.total);
        bar.set_position(p.done);
    };
    let finished = backfill.run(&tell, cancel).await?;
    bar.finish_and_clear();
    if !finished {
        bail!("interrupted; the same command goes on where it stopped");
    }
    Ok(())
}
