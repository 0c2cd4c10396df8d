//! From what was typed to what is meant. The only reader of the environment.

mod local;

use std::{fmt, path::PathBuf};

use clap::Args;

pub use local::LocalArgs;

use crate::remote;

/// What is logged where nothing else was asked for: llama.cpp warns about every starter model's vocabulary.
pub const QUIET: &str = "warn,llama-cpp-2=error";

/// Options that every command takes, as typed.
#[derive(Args, Clone, Debug, Default)]
pub struct GlobalArgs {
    /// Where the database, the indexes and the models live [default: ./data]
    #[arg(long, global = true, env = "ATTEST_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Where model files live [default: <home>/models]
    #[arg(long, global = true, env = "ATTEST_MODELS", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
    /// The verifier that is used unless 'attest models use verifier' chose another [default: ./models/verifier]
    #[arg(long, global = true, env = "ATTEST_VERIFIER", value_name = "DIR", hide = true)]
    pub verifier_dir: Option<PathBuf>,
    /// Address of the model hub
    #[arg(long, global = true, env = "HF_ENDPOINT", value_name = "URL", hide = true)]
    pub hub: Option<String>,
    /// Access token for the model hub, for gated models
    #[arg(long, global = true, env = "HF_TOKEN", value_name = "TOKEN", hide = true, hide_env_values = true)]
    pub hub_token: Option<String>,
    /// An OpenAI-compatible server that writes instead of a local generator: its address, up to and with /v1
    #[arg(long, global = true, env = "ATTEST_GENERATOR_URL", value_name = "URL")]
    pub generator_url: Option<String>,
    /// Its model [default: the first one that it lists]
    #[arg(long, global = true, env = "ATTEST_GENERATOR_MODEL", value_name = "NAME", hide = true)]
    pub generator_model: Option<String>,
    /// Its API key
    #[arg(long, global = true, env = "ATTEST_GENERATOR_KEY", value_name = "KEY", hide = true, hide_env_values = true)]
    pub generator_key: Option<Secret>,
    /// How it takes a grammar: llama-server, vllm, vllm-guided, sglang or none [default: told by what it lists]
    #[arg(long, global = true, env = "ATTEST_GENERATOR_DIALECT", value_name = "NAME", hide = true)]
    pub generator_dialect: Option<String>,
    /// Threads for inference [default: the number of cores]
    #[arg(long, global = true, env = "ATTEST_THREADS", value_name = "N")]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub local: LocalArgs,
    /// A command that recognises the text of scanned PDFs: the file on its standard input, the text on its standard
    /// output, a form feed after each page
    #[arg(long = "ocr", global = true, env = "ATTEST_OCR", value_name = "COMMAND")]
    pub ocr: Option<String>,
    /// Whether answers are kept in the database of this home, so that they can be opened again and recalled when a
    /// source changes [default: true]
    #[arg(long, global = true, env = "ATTEST_KEEP_ANSWERS", value_name = "BOOL")]
    pub keep_answers: Option<bool>,
    /// 'fake' runs deterministic stand-ins instead of models, for tests of plumbing only
    #[arg(long = "model", id = "model_kind", global = true, env = "ATTEST_MODEL", value_name = "KIND", hide = true)]
    pub model_kind: Option<String>,
    /// What to log: error, warn, info, debug, trace, or a filter such as attest=debug
    #[arg(long, global = true, env = "ATTEST_LOG", default_value = QUIET, value_name = "FILTER")]
    pub log: String,
}

/// Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path} cannot be used as the home directory: {problem}. Give another with --home or ATTEST_HOME")]
    Home { path: String, problem: std::io::Error },
    #[error("--model knows only 'fake', not '{0}'; real models are chosen with 'attest models use'")]
    UnknownModel(String),
    #[error("--threads must be at least 1")]
    NoThreads,
    #[error(transparent)]
    Generator(#[from] remote::BadOptions),
}

/// What the program works with, resolved once at start.
#[derive(Clone, Debug)]
pub struct Config {
    pub home: PathBuf,
    pub models_dir: PathBuf,
    /// A GGUF and its heads; may be missing.
    pub verifier_dir: PathBuf,
    pub hub: Option<String>,
    pub hub_token: Option<String>,
    /// A server that writes instead of a local generator.
    pub generator: Option<remote::Options>,
    pub threads: u16,
    /// How models of this process are held.
    pub local: LocalArgs,
    /// Recognises the text of scans.
    pub ocr: Option<String>,
    pub fake_models: bool,
    /// Whether answers are kept.
    pub keep_answers: bool,
}

impl Config {
    /// Resolves what was typed and creates the home directory.
    pub fn resolve(args: &GlobalArgs) -> Result<Self, ConfigError> {
        let home = args.home.clone().unwrap_or_else(|| PathBuf::from("data"));
        std::fs::create_dir_all(&home)
            .map_err(|problem| ConfigError::Home { path: home.display().to_string(), problem })?;
        let fake_models = match args.model_kind.as_deref() {
            None => false,
            Some("fake") => true,
            Some(other) => return Err(ConfigError::UnknownModel(other.to_owned())),
        };
        let threads = match args.threads {
            Some(0) => return Err(ConfigError::NoThreads),
            Some(n) => n,
            None => std::thread::available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX)),
        };
        let models_dir = args.models_dir.clone().unwrap_or_else(|| home.join("models"));
        let verifier_dir = args.verifier_dir.clone().unwrap_or_else(|| PathBuf::from("models/verifier"));
        let generator = match args.generator_url.as_deref().filter(|url| !url.trim().is_empty()) {
            None => None,
            Some(url) => {
                let mut options = remote::Options::at(url)?;
                options.model = args.generator_model.clone().filter(|name| !name.is_empty());
                options.key = args.generator_key.clone().filter(|key| !key.reveal().is_empty());
                options.dialect = args.generator_dialect.as_deref().map(remote::Dialect::parse).transpose()?;
                Some(options)
            }
        };
        Ok(Self {
            home,
            models_dir,
            verifier_dir,
            hub: args.hub.clone(),
            hub_token: args.hub_token.clone(),
            generator,
            threads,
            local: args.local.clone(),
            ocr: args.ocr.clone(),
            fake_models,
            keep_answers: args.keep_answers.unwrap_or(true),
        })
    }

    pub fn database(&self) -> PathBuf {
        self.home.join("attest.db")
    }

    /// What 'attest certify' proved last.
    pub fn certificate(&self) -> PathBuf {
        self.home.join("certificate.json")
    }

    pub fn index_dir(&self) -> PathBuf {
        self.home.join("index")
    }

    pub fn uploads_dir(&self) -> PathBuf {
        self.home.join("uploads")
    }
}
