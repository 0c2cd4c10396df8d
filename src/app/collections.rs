//! Collections as a whole: what their owners set, what they cover, and how they travel.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{App, AppError};
use crate::{
    archive::{self, ArchiveError},
    domain::document::{CollectionName, CollectionSettings},
    retrieve::{
        Synonyms,
        coverage::{Coverage, Survey},
    },
};

/// Longest note on what is missing from a collection, in bytes.
pub(super) const LONGEST_NOTE: usize = 4_000;

/// Documents that are listed at once.
const PAGE: u64 = 1_000;

impl App {
    /// Deletes a collection; a second one under the name starts empty.
    pub async fn delete_collection(&self, name: &CollectionName) -> Result<(), AppError> {
        self.store().delete_collection(name).await?;
        if let Some(engine) = self.0.engine.get() {
            engine.follow().await?;
        }
        Ok(())
    }

    /// Sets what the owner of a collection writes about it; searches use it at once.
    pub async fn put_settings(&self, name: &CollectionName, settings: &CollectionSettings) -> Result<(), AppError> {
        Synonyms::parse(&settings.synonyms)?;
        if settings.known_missing.len() > LONGEST_NOTE {
            return Err(AppError::NoteTooLong(settings.known_missing.len()));
        }
        Ok(self.store().put_collection_settings(name, settings).await?)
    }

    /// What a collection holds and what it speaks of without holding it. Reads every current text.
    pub async fn coverage(&self, name: &CollectionName) -> Result<Coverage, AppError> {
        let (mut survey, mut offset) = (Survey::default(), 0);
        loop {
            let page = self.store().documents(name, offset, PAGE).await?;
            offset += page.len() as u64;
            for version in &page {
                if let Some((_, document)) = self.store().version_text(version.id).await? {
                    survey.add(&document);
                }
            }
            if (page.len() as u64) < PAGE {
                return Ok(survey.finish());
            }
        }
    }

    /// Writes a collection to a file that is not there yet; a file that could not be written whole is taken away.
    pub async fn export(&self, name: &CollectionName, path: &Path) -> Result<archive::Contents, AppError> {
        let failed = |problem| ArchiveError::File { action: "written", problem };
        if path.exists() {
            return Err(AppError::FileExists(path.display().to_string()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(failed)?;
        let exported = match archive::export(self.store(), name, file).await {
            Ok(contents) => std::fs::rename(&part, path).map(|()| contents).map_err(failed),
            Err(problem) => Err(problem),
        };
        if exported.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        Ok(exported?)
    }

    /// Makes a collection from such a file, under its own name or another one: all of it or nothing.
    pub async fn import(&self, path: &Path, name: Option<CollectionName>) -> Result<archive::Contents, AppError> {
        let contents = archive::import(self.shared_store(), path, name).await?;
        if let Some(engine) = self.0.engine.get() {
            engine.wake();
        }
        Ok(contents)
    }
}
