//! Receiving a file of any size without holding it in memory.

use std::path::{Path, PathBuf};

use axum::{
    body::Body,
    extract::multipart::{Field, Multipart, MultipartError},
};
use futures::{StreamExt, stream};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt, AsyncWriteExt},
};

use super::{
    extract::drain,
    failure::{AppError, ErrorCode},
};

/// A file that was received; it goes when this value goes.
#[derive(Debug)]
pub(super) struct Received {
    path: PathBuf,
    pub name: String,
}

impl Received {
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn begin(folder: &Path, name: String) -> Result<(Self, File), AppError> {
        let failed = |error: std::io::Error| AppError::internal(format!("an upload cannot be kept: {error}"));
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
        let path = folder.join(format!("upload-{}", uuid::Uuid::now_v7().simple()));
        // Never through a link that somebody laid there.
        let file = OpenOptions::new().write(true).create_new(true).open(&path).await.map_err(failed)?;
        Ok((Self { path, name }, file))
    }

    /// A name for a file that is not there yet and goes when this value goes.
    pub async fn none_yet(folder: &Path) -> Result<Self, AppError> {
        let (received, _) = Self::begin(folder, String::new()).await?;
        tokio::fs::remove_file(&received.path).await.map_err(|error| AppError::internal(error.to_string()))?;
        Ok(received)
    }

    /// Keeps a body of at most `limit` bytes.
    pub async fn body(body: Body, folder: &Path, limit: u64) -> Result<Self, AppError> {
        let (received, mut file) = Self::begin(folder, String::new()).await?;
        let (mut stream, mut left) = (body.into_data_stream(), limit);
        while let Some(piece) = stream.next().await {
            let ended = |_| AppError::new(ErrorCode::InvalidUpload, "the body ended before it was complete");
            let piece = piece.map_err(ended)?;
            let Some(rest) = left.checked_sub(piece.len() as u64) else {
                drain(stream).await;
                return Err(too_large(limit));
            };
            left = rest;
            write(&mut file, &piece).await?;
        }
        finish(file).await?;
        Ok(received)
    }

    /// Sends the file piece by piece; it goes when the stream goes.
    pub async fn into_body(self) -> Result<Body, AppError> {
        let failed = |error: std::io::Error| AppError::internal(format!("a file cannot be sent: {error}"));
        let file = File::open(&self.path).await.map_err(failed)?;
        let pieces = stream::try_unfold((file, self), |(mut file, kept)| async move {
            let mut piece = vec![0; 1 << 16];
            let read = file.read(&mut piece).await?;
            piece.truncate(read);
            Ok::<_, std::io::Error>((read > 0).then_some((piece, (file, kept))))
        });
        Ok(Body::from_stream(pieces))
    }

    /// Keeps a text that came inside JSON.
    pub async fn text(folder: &Path, name: String, text: &str) -> Result<Self, AppError> {
        let (received, mut file) = Self::begin(folder, name).await?;
        write(&mut file, text.as_bytes()).await?;
        finish(file).await?;
        Ok(received)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "an uploaded file could not be removed");
        }
    }
}

async fn write(file: &mut File, bytes: &[u8]) -> Result<(), AppError> {
    file.write_all(bytes).await.map_err(|error| AppError::internal(format!("an upload cannot be kept: {error}")))
}

async fn finish(mut file: File) -> Result<(), AppError> {
    file.flush().await.map_err(|error| AppError::internal(format!("an upload cannot be kept: {error}")))
}

/// What a form holds: files, and the collection where a field names it.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub collection: Option<String>,
    pub files: Vec<Received>,
}

/// Reads a form; all its files together have at most `limit` bytes.
pub(super) async fn receive(mut form: Multipart, folder: &Path, limit: u64) -> Result<Form, AppError> {
    let mut received = Form::default();
    let mut left = limit;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        match field.name() {
            Some("collection") => received.collection = Some(short_text(field).await?),
            Some("file") => {
                let name = file_name(field.file_name().unwrap_or_default()).ok_or_else(|| {
                    AppError::new(ErrorCode::InvalidUpload, "a file came without a file name")
                        .hint("send the field 'file' with a file name; its ending tells the format")
                })?;
                received.files.push(receive_file(field, folder, name, &mut left, limit).await?);
            }
            other => {
                let name: String = other.unwrap_or_default().chars().take(40).collect();
                return Err(AppError::new(ErrorCode::InvalidUpload, format!("the form has an unknown field '{name}'"))
                    .hint("fields are 'collection' and 'file'"));
            }
        }
    }
    Ok(received)
}

async fn receive_file(
    mut field: Field<'_>,
    folder: &Path,
    name: String,
    left: &mut u64,
    limit: u64,
) -> Result<Received, AppError> {
    let (received, mut file) = Received::begin(folder, name).await?;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        let Some(rest) = left.checked_sub(piece.len() as u64) else {
            drain(field).await;
            return Err(too_large(limit));
        };
        *left = rest;
        write(&mut file, &piece).await?;
    }
    finish(file).await?;
    Ok(received)
}

pub(super) fn too_large(limit: u64) -> AppError {
    AppError::new(ErrorCode::TooLarge, format!("the upload is larger than {limit} bytes"))
        .hint("split it, or read it in on the server with 'attest ingest'")
}

async fn short_text(field: Field<'_>) -> Result<String, AppError> {
    let mut field = field;
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > 1024 {
            return Err(AppError::new(ErrorCode::InvalidUpload, "the field 'collection' is too long"));
        }
    }
    String::from_utf8(bytes)
        .map(|text| text.trim().to_owned())
        .map_err(|_| AppError::new(ErrorCode::InvalidUpload, "the field 'collection' is not UTF-8"))
}

fn broken(error: &MultipartError) -> AppError {
    AppError::new(ErrorCode::InvalidUpload, format!("the form cannot be read: {}", error.body_text()))
        .hint("send multipart/form-data with the fields 'collection' and 'file'")
}

/// The last part of a path of either kind of system, without control characters; `None` where nothing is left.
fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean == "." || clean == ".." { None } else { Some(clean.to_owned()) }
}

/// The same for a name that came inside JSON.
pub(super) fn checked_file_name(name: &str) -> Result<String, AppError> {
    file_name(name).ok_or_else(|| AppError::new(ErrorCode::InvalidUpload, "the file name is empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_never_leaves_its_folder() {
        assert_eq!(file_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(file_name(r"C:\文件\合同.docx").as_deref(), Some("合同.docx"));
        assert_eq!(file_name("a\u{0}b\n.txt").as_deref(), Some("ab.txt"));
        for bad in ["", "..", "a/..", "/", " "] {
            assert_eq!(file_name(bad), None, "{bad:?}");
        }
    }
}
