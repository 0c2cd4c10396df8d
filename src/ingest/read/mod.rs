//! Bytes of a file to documents.

mod damage;
mod encoding;
mod jsonl;
mod meta;

pub use jsonl::{Line, lines};
pub use meta::WrittenMeta;

use crate::domain::{document::Domain, text::Lang};

/// What holds for a document whose file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    pub domain: Domain,
    /// Detected from the text where absent.
    pub lang: Option<Lang>,
    pub kind: Option<String>,
    pub authority: Option<u8>,
    pub jurisdiction: Option<String>,
    pub licence: Option<String>,
}

/// Why a file, or a line of one, is not a document. To be shown behind the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it cannot be read: {0}")]
    Io(String),
    #[error("it holds no text")]
    Empty,
    #[error("it has {bytes} bytes; at most {limit} are taken. Cut it into parts, or raise the limit")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("it is not JSON: {0}")]
    NotJson(String),
    #[error("{0}")]
    BadDocument(String),
    #[error("its text is damaged: {0}")]
    DamagedText(String),
}
