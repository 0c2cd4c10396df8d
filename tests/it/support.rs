//! What tests share. They run on the real starter models and fail where those cannot be had.

use std::{path::PathBuf, sync::OnceLock};

use attest::models::{Installed, Models, Silent};

/// `$ATTEST_HOME/models`, or `~/.cache/attest/models`, so that the models are fetched once for all runs.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration to read")]
fn models_folder() -> PathBuf {
    let home = std::env::var_os("ATTEST_HOME").map(PathBuf::from);
    let cache = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/attest");
    home.unwrap_or_else(cache).join("models")
}

/// The starter models, fetched if they are not there yet.
pub fn starter() -> &'static [Installed] {
    static STARTER: OnceLock<Vec<Installed>> = OnceLock::new();
    STARTER.get_or_init(|| {
        let fetch = || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(Models::new(models_folder()).pull_starter(&Silent)).expect("the starter models can be had")
        };
        // A runtime cannot start inside another one's thread.
        std::thread::spawn(fetch).join().expect("fetching does not panic")
    })
}

/// The pdfium library, fetched if it is not there yet.
pub fn pdfium() -> &'static PathBuf {
    static PDFIUM: OnceLock<PathBuf> = OnceLock::new();
    PDFIUM.get_or_init(|| {
        let fetch = || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(Models::new(models_folder()).pull_pdfium(&Silent)).expect("pdfium can be had")
        };
        std::thread::spawn(fetch).join().expect("fetching does not panic")
    })
}

/// One starter model by name.
pub fn starter_model(name: &str) -> &'static Installed {
    starter().iter().find(|m| m.name == name).expect("the starter profile has it")
}
