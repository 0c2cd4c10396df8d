//! Graphs on disk, so that a start does not build them again.
//!
//! A snapshot is named by the digest of the vectors that its graph is over, and is used only while its own digest, written
//! last, is that of its files: one that was cut short or changed is built anew. Losing all of them loses nothing.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use blake3::Hash;

use super::graph::{Blueprint, Graph};

/// The two files that `hnsw_rs` writes of one graph.
const PARTS: [&str; 2] = ["hnsw.graph", "hnsw.data"];
/// Holds the digest of both; written last.
const SUM: &str = "sum";

/// The folder of the snapshots.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    directory: PathBuf,
}

impl Snapshots {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The graph of these vectors as it was kept; `None` where there is none that can be trusted.
    pub fn load(&self, blueprint: &Blueprint) -> Option<Graph> {
        let name = name(&blueprint.digest());
        let written = fs::read_to_string(self.path(&name, SUM)).ok()?;
        let loaded = match self.sum(&name) {
            Ok(sum) if sum.to_hex().as_str() == written.trim() => {
                // The library panics over what it does not expect.
                catch_unwind(AssertUnwindSafe(|| blueprint.reload(&self.directory, &name)))
                    .unwrap_or_else(|_| Err("the library gave up on it".to_owned()))
            }
            Ok(_) => Err("its digest is wrong".to_owned()),
            Err(e) => Err(e.to_string()),
        };
        loaded
            .inspect_err(|problem| {
                tracing::warn!(snapshot = name, problem, "a kept graph cannot be used; it is built anew");
                self.remove(&name);
            })
            .ok()
    }

    /// Keeps a graph. A failure is only told: the graph is there, and will be built again after the next start.
    pub fn keep(&self, graph: &Graph) {
        let name = name(&graph.digest);
        let kept = fs::create_dir_all(&self.directory).and_then(|()| {
            catch_unwind(AssertUnwindSafe(|| graph.dump(&self.directory, &name)))
                .unwrap_or_else(|_| Err(io::Error::other("the library gave up on it")))?;
            // The digest comes last and in one piece: without it nothing was kept.
            let part = self.path(&name, "part");
            fs::write(&part, self.sum(&name)?.to_hex().as_str())?;
            fs::rename(part, self.path(&name, SUM))
        });
        if let Err(error) = kept {
            tracing::warn!(%error, directory = %self.directory.display(), "a graph cannot be kept");
            self.remove(&name);
        }
    }

    /// Removes every snapshot but these.
    pub fn retain(&self, digests: &[Hash]) {
        let wanted: Vec<String> = digests.iter().map(name).collect();
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let known = file.to_str().and_then(|file| file.split_once('.'));
            if known.is_some_and(|(stem, _)| stem.len() == NAME && !wanted.iter().any(|name| name == stem)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, name: &str, part: &str) -> PathBuf {
        self.directory.join(format!("{name}.{part}"))
    }

    fn sum(&self, name: &str) -> io::Result<Hash> {
        let mut hasher = blake3::Hasher::new();
        for part in PARTS {
            hasher.update_reader(io::BufReader::with_capacity(1 << 16, fs::File::open(self.path(name, part))?))?;
        }
        Ok(hasher.finalize())
    }

    fn remove(&self, name: &str) {
        for part in PARTS.into_iter().chain([SUM, "part"]) {
            let _ = fs::remove_file(self.path(name, part));
        }
    }
}

/// Characters of a name.
const NAME: usize = 32;

fn name(digest: &Hash) -> String {
    digest.to_hex()[..NAME].to_owned()
}
