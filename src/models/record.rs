//! `models.toml`: what is here, and who does what.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::{
    ModelsError,
    catalog::{CatalogEntry, Job},
    files, fit,
    gguf::Header,
};
use crate::domain::answer::ModelIdentity;

const FILE: &str = "models.toml";

/// A model file that was checked and put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name in the catalog, or its file name.
    pub name: String,
    pub path: PathBuf,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    /// Time of last change in nanoseconds since 1970, when its hash was taken: a file that has changed is hashed anew.
    pub modified_ns: u64,
    /// Where it came from, for a person.
    pub source: String,
    pub licence: String,
    /// Follows a conversation; base models do not. Without a catalog entry: whether it brings a chat template.
    pub chat: bool,
    pub assistant_prefix: String,
    pub query_prefix: String,
    pub passage_prefix: String,
}

impl Installed {
    pub fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name.clone(), sha256: self.sha256.clone() }
    }

    /// Whether the file is as it was when its hash was taken, by size and time.
    pub fn is_unchanged(&self) -> bool {
        files::stamp(&self.path).is_ok_and(|stamp| stamp == (self.bytes, self.modified_ns))
    }

    pub(super) fn from_catalog(entry: &CatalogEntry, path: PathBuf, sha256: String) -> Result<Self, ModelsError> {
        let (bytes, modified_ns) = files::stamp(&path).map_err(|e| ModelsError::io("read", &path, &e))?;
        Ok(Self {
            name: entry.name.clone(),
            path,
            sha256,
            bytes,
            modified_ns,
            source: entry.source.to_string(),
            licence: entry.licence.clone(),
            chat: entry.chat,
            assistant_prefix: entry.assistant_prefix.clone(),
            query_prefix: entry.query_prefix.clone(),
            passage_prefix: entry.passage_prefix.clone(),
        })
    }

    /// A file without a catalog entry: what its header and its name tell.
    pub(super) fn from_file(path: PathBuf, sha256: String, source: String) -> Result<(Self, Header), ModelsError> {
        let header = super::read_header(&path)?;
        let (bytes, modified_ns) = files::stamp(&path).map_err(|e| ModelsError::io("read", &path, &e))?;
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let (query_prefix, passage_prefix) = match fit::prefixes(&name) {
            ("", "") => fit::prefixes(header.name().unwrap_or_default()),
            found => found,
        };
        let model = Self {
            name,
            path,
            sha256,
            bytes,
            modified_ns,
            source,
            licence: header.text("general.license").unwrap_or("unknown").to_owned(),
            chat: header.has_chat_template(),
            assistant_prefix: String::new(),
            query_prefix: query_prefix.to_owned(),
            passage_prefix: passage_prefix.to_owned(),
        };
        Ok((model, header))
    }
}

#[derive(Debug, Default)]
pub(super) struct Record {
    pub models: Vec<Installed>,
    jobs: BTreeMap<String, String>,
}

/// The file's shape. Paths inside the folder are relative, so that the home can be moved.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Toml {
    jobs: BTreeMap<String, String>,
    model: Vec<TomlModel>,
}

#[derive(Serialize, Deserialize)]
struct TomlModel {
    name: String,
    file: PathBuf,
    sha256: String,
    bytes: u64,
    modified_ns: u64,
    #[serde(default)]
    source: String,
    #[serde(default)]
    licence: String,
    #[serde(default)]
    chat: bool,
    #[serde(default)]
    assistant_prefix: String,
    #[serde(default)]
    query_prefix: String,
    #[serde(default)]
    passage_prefix: String,
}

impl Record {
    pub fn load(root: &Path) -> Result<Self, ModelsError> {
        let path = root.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(ModelsError::io("read", &path, &e)),
        };
        let toml: Toml = toml::from_str(&text)
            .map_err(|e| ModelsError::BadRecord { path: path.display().to_string(), problem: e.to_string() })?;
        let models = toml.model.into_iter().map(|m| Installed {
            name: m.name,
            path: root.join(m.file),
            sha256: m.sha256,
            bytes: m.bytes,
            modified_ns: m.modified_ns,
            source: m.source,
            licence: m.licence,
            chat: m.chat,
            assistant_prefix: m.assistant_prefix,
            query_prefix: m.query_prefix,
            passage_prefix: m.passage_prefix,
        });
        Ok(Self { models: models.collect(), jobs: toml.jobs })
    }

    pub fn save(&self, root: &Path) -> Result<(), ModelsError> {
        let model = self.models.iter().map(|m| TomlModel {
            name: m.name.clone(),
            file: m.path.strip_prefix(root).unwrap_or(&m.path).to_path_buf(),
            sha256: m.sha256.clone(),
            bytes: m.bytes,
            modified_ns: m.modified_ns,
            source: m.source.clone(),
            licence: m.licence.clone(),
            chat: m.chat,
            assistant_prefix: m.assistant_prefix.clone(),
            query_prefix: m.query_prefix.clone(),
            passage_prefix: m.passage_prefix.clone(),
        });
        let toml = Toml { jobs: self.jobs.clone(), model: model.collect() };
        let path = root.join(FILE);
        let text = toml::to_string(&toml)
            .map_err(|e| ModelsError::BadRecord { path: path.display().to_string(), problem: e.to_string() })?;
        files::write_atomically(&path, text.as_bytes())
    }

    pub fn find(&self, name: &str) -> Option<&Installed> {
        self.models.iter().find(|m| m.name == name)
    }

    /// A model by name whose file is there and unchanged.
    pub fn present(&self, name: &str) -> Option<&Installed> {
        self.find(name).filter(|m| m.is_unchanged())
    }

    pub fn put(&mut self, model: Installed) {
        self.models.retain(|m| m.name != model.name);
        self.models.push(model);
    }

    pub fn assigned(&self, job: Job) -> Option<&Installed> {
        self.find(self.jobs.get(job.code())?)
    }

    pub fn assign(&mut self, job: Job, name: &str) {
        self.jobs.insert(job.code().to_owned(), name.to_owned());
    }

    pub fn assign_if_free(&mut self, job: Job, name: &str) {
        if self.assigned(job).is_none_or(|m| !m.path.exists()) {
            self.assign(job, name);
        }
    }
}

/// Nanoseconds since 1970; 0 for a time before that.
pub(super) fn nanoseconds(time: std::time::SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_changed_files_are_noticed() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("m.gguf");
        fs::write(&path, b"GGUF").expect("a file");
        let entry = super::super::Catalog::bundled().entries()[0].clone();
        let model = Installed::from_catalog(&entry, path.clone(), "ab".repeat(32)).expect("it is there");
        let mut record = Record::default();
        record.put(model.clone());
        record.assign_if_free(Job::Embedder, &model.name);
        record.save(home.path()).expect("it is saved");
        let loaded = Record::load(home.path()).expect("it loads");
        assert_eq!(loaded.assigned(Job::Embedder), Some(&model));
        assert_eq!(loaded.assigned(Job::Judge), None);
        assert!(loaded.present(&model.name).is_some());
        fs::write(&path, b"GGUF and more").expect("a file");
        assert!(loaded.present(&model.name).is_none());
        fs::write(home.path().join(FILE), "jobs = 3").expect("a file");
        assert!(matches!(Record::load(home.path()), Err(ModelsError::BadRecord { .. })));
    }
}
