//! The models that are recommended, read from `catalog.toml`.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use super::ModelsError;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// Writes.
    Generator,
    /// Turns texts into vectors.
    Embedder,
    /// A cross-encoder that takes a second look at what was found.
    Reranker,
    /// A small cross-encoder that scores pairs.
    Verifier,
    /// A language model that is asked whether a source backs a claim.
    Judge,
}

impl Job {
    pub const ALL: [Self; 5] = [Self::Generator, Self::Embedder, Self::Reranker, Self::Verifier, Self::Judge];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Embedder => "embedder",
            Self::Reranker => "reranker",
            Self::Verifier => "verifier",
            Self::Judge => "judge",
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Job {
    type Err = ModelsError;

    fn from_str(code: &str) -> Result<Self, ModelsError> {
        Self::ALL.into_iter().find(|j| j.code() == code).ok_or_else(|| ModelsError::UnknownJob(code.to_owned()))
    }
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of a repository on the hub.
    Hub { repo: String, file: String },
    /// Parts inside Python packages, in order.
    Packages { parts: Vec<PackagePart>, container: Container, sha256: String, bytes: u64 },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { repo, file } => write!(f, "hf:{repo}/{file}"),
            Self::Packages { parts, .. } => {
                let packages: Vec<&str> = parts.iter().map(|p| p.package.as_str()).collect();
                write!(f, "packages {}", packages.join(", "))
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagePart {
    /// `name==version`.
    pub package: String,
    /// Path inside the package.
    pub member: String,
    /// SHA-256 of that file.
    pub sha256: String,
}

/// What the joined parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    Gguf,
    /// To be converted.
    E5,
}

/// One recommended model.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogEntry {
    pub name: String,
    pub job: Job,
    pub source: Source,
    /// SPDX name, or the name of the terms.
    pub licence: String,
    /// Bytes to fetch, in 10⁹.
    pub size_gb: f64,
    /// Main memory that it needs with a context of 4,096 tokens, in 10⁹ bytes.
    pub ram_gb: f64,
    /// Tokens.
    pub context: u32,
    /// BCP 47, the languages it was evaluated for.
    pub languages: Vec<String>,
    /// A mixture of experts.
    pub mixture: bool,
    /// Parameters, in 10⁹.
    pub total_b: f64,
    /// Parameters that take part in one token, in 10⁹.
    pub active_b: f64,
    /// Follows a conversation; base models do not.
    pub chat: bool,
    /// Opens the model's turn, for models that would otherwise think aloud first.
    pub assistant_prefix: String,
    pub query_prefix: String,
    pub passage_prefix: String,
    pub note: String,
    /// Part of the profile that needs no hub.
    pub starter: bool,
}

#[derive(Clone, Debug)]
pub struct Catalog {
    entries: Vec<CatalogEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    job: Job,
    repo: Option<String>,
    file: Option<String>,
    #[serde(default)]
    parts: Vec<PackagePart>,
    container: Option<Container>,
    sha256: Option<String>,
    bytes: Option<u64>,
    licence: String,
    size_gb: f64,
    ram_gb: f64,
    context: u32,
    languages: Vec<String>,
    #[serde(default)]
    mixture: bool,
    total_b: f64,
    active_b: Option<f64>,
    #[serde(default)]
    chat: bool,
    #[serde(default)]
    assistant_prefix: String,
    #[serde(default)]
    query_prefix: String,
    #[serde(default)]
    passage_prefix: String,
    #[serde(default)]
    note: String,
}

impl Row {
    fn into_entry(self) -> Result<CatalogEntry, String> {
        let starter = !self.parts.is_empty();
        let source = match (self.repo, self.file, self.sha256, self.bytes) {
            (Some(repo), Some(file), None, None) if !starter => Source::Hub { repo, file },
            (None, None, Some(sha256), Some(bytes)) if starter => {
                let container = self.container.unwrap_or(Container::Gguf);
                Source::Packages { parts: self.parts, container, sha256, bytes }
            }
            _ => return Err(format!("'{}' needs repo and file, or parts, sha256 and bytes", self.name)),
        };
        Ok(CatalogEntry {
            name: self.name,
            job: self.job,
            source,
            licence: self.licence,
            size_gb: self.size_gb,
            ram_gb: self.ram_gb,
            context: self.context,
            languages: self.languages,
            mixture: self.mixture,
            total_b: self.total_b,
            active_b: self.active_b.unwrap_or(self.total_b),
            chat: self.chat,
            assistant_prefix: self.assistant_prefix,
            query_prefix: self.query_prefix,
            passage_prefix: self.passage_prefix,
            note: self.note,
            starter,
        })
    }
}

impl Catalog {
    /// The catalog that this program was built with.
    ///
    /// # Panics
    /// Never: a test asserts that the bundled text is well-formed.
    pub fn bundled() -> Self {
        Self::parse(include_str!("catalog.toml")).expect("a test asserts that the bundled text is well-formed")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let entries = file.model.into_iter().map(Row::into_entry).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    pub fn entries(&self) -> &[CatalogEntry] {
        &self.entries
    }

    pub fn find(&self, name: &str) -> Option<&CatalogEntry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// The first hub model for a job, in the catalog's order of preference, that needs at most so many 10⁹ bytes.
    pub fn best_that_fits(&self, job: Job, memory_gb: f64) -> Option<&CatalogEntry> {
        self.entries.iter().find(|e| e.job == job && !e.starter && e.ram_gb <= memory_gb)
    }

    pub fn starter(&self) -> impl Iterator<Item = &CatalogEntry> {
        self.entries.iter().filter(|e| e.starter)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_bundled_catalog_is_well_formed() {
        let catalog = Catalog::parse(include_str!("catalog.toml")).expect("it parses");
        let names: HashSet<_> = catalog.entries().iter().map(|e| &e.name).collect();
        assert_eq!(names.len(), catalog.entries().len(), "names are unique");
        for entry in catalog.entries() {
            assert!(
                entry.active_b <= entry.total_b && entry.mixture == (entry.active_b < entry.total_b),
                "{}",
                entry.name
            );
            assert!(entry.ram_gb > entry.size_gb * 0.9, "{} fits in less memory than it has bytes", entry.name);
        }
        for job in [Job::Generator, Job::Embedder] {
            assert!(catalog.starter().any(|e| e.job == job), "the starter profile has a {job}");
        }
    }

    #[test]
    fn half_a_source_is_refused() {
        let row = "[[model]]\nname = \"x\"\njob = \"judge\"\nrepo = \"a/b\"\nlicence = \"MIT\"\nsize_gb = 1.0\nram_gb = 1.0\ncontext = 1\nlanguages = []\ntotal_b = 1.0\n";
        assert!(Catalog::parse(row).is_err());
        assert!(Catalog::parse(&format!("{row}file = \"c.gguf\"\n")).is_ok());
    }
}
