//! The files under a path, in an order that does not change.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Metadata of a file beside it: `report.txt.meta.toml` belongs to `report.txt`.
pub const SIDECAR: &str = ".meta.toml";

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// As a person knows it and as the key of its document: relative to the folder, with `/`.
    pub name: String,
    pub bytes: u64,
}

/// What cannot be listed, and why.
pub type Unlisted = (PathBuf, io::Error);

/// Files below `root`, sorted by name, or `root` itself where it is a file. What cannot be listed comes with the
/// reason.
///
/// Hidden files and folders are left out, and so are sidecars. Links to folders are not followed, and links to files
/// only while they stay below `root`: a folder is ingested, not what somebody points it at.
pub fn files(root: &Path) -> io::Result<(Vec<Found>, Vec<Unlisted>)> {
    let metadata = fs::metadata(root)?;
    if !metadata.is_dir() {
        let name = root.file_name().map_or_else(|| root.to_string_lossy(), |name| name.to_string_lossy()).into_owned();
        return Ok((vec![Found { path: root.to_owned(), name, bytes: metadata.len() }], Vec::new()));
    }
    let real_root = root.canonicalize()?;
    let mut found = Vec::new();
    let mut failed = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                failed.push((folder, error));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    failed.push((folder.clone(), error));
                    continue;
                }
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.ends_with(SIDECAR) {
                continue;
            }
            let (path, name) = (entry.path(), format!("{prefix}{name}"));
            match kind(&path, &real_root) {
                Ok(Kind::File(bytes)) => found.push(Found { path, name, bytes }),
                Ok(Kind::Folder) => folders.push((path, format!("{name}/"))),
                Ok(Kind::Other) => {}
                Err(error) => failed.push((path, error)),
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    failed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((found, failed))
}

enum Kind {
    File(u64),
    Folder,
    /// A device, a pipe, a link that leads away.
    Other,
}

fn kind(path: &Path, real_root: &Path) -> io::Result<Kind> {
    let own = fs::symlink_metadata(path)?;
    if own.is_symlink() {
        let target = fs::metadata(path)?;
        let inside = path.canonicalize()?.starts_with(real_root);
        return Ok(if target.is_file() && inside { Kind::File(target.len()) } else { Kind::Other });
    }
    Ok(match () {
        () if own.is_dir() => Kind::Folder,
        () if own.is_file() => Kind::File(own.len()),
        () => Kind::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_is_walked_in_order_and_links_do_not_lead_out() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("secret.txt"), "x").expect("writes");
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).expect("makes");
        for name in ["b/c/z.txt", "b/a.md", "a.txt", "a.txt.meta.toml", ".hidden", "b/.git"] {
            fs::write(root.join(name), "words").expect("writes");
        }
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, root.join(name)).expect("links");
        link(&outside.path().join("secret.txt"), "out.txt");
        link(outside.path(), "outdir");
        link(root, "loop");
        link(&root.join("a.txt"), "in.txt");
        link(Path::new("/nowhere/at/all"), "broken.txt");
        let (found, failed) = files(root).expect("is there");
        assert_eq!(
            found.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
            ["a.txt", "b/a.md", "b/c/z.txt", "in.txt"]
        );
        assert_eq!(found[0].bytes, 5);
        assert_eq!(failed.len(), 1, "the broken link is told");
        let (one, _) = files(&root.join("b/a.md")).expect("is there");
        assert_eq!(one[0].name, "a.md");
        assert!(files(&root.join("none")).is_err());
    }
}
