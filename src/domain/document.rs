//! Collections, documents, their versions, and the chunks that are searched and cited.

use std::{fmt, str::FromStr, sync::Arc};

use time::Date;

use super::text::{Lang, Span};

/// The name of a collection: 1 to 64 of `a-z`, `0-9`, `-`, `_`, starting with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "'{0}' is not a collection name: use 1 to 64 lower-case letters, digits, '-' or '_', starting with a letter or digit"
)]
pub struct BadCollectionName(pub String);

impl CollectionName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For texts that belong to no collection of the store, under a name that is known to be well formed.
    pub(crate) fn constant(name: &'static str) -> Self {
        debug_assert!(name.parse::<Self>().is_ok(), "{name}");
        Self(name.to_owned())
    }
}

impl FromStr for CollectionName {
    type Err = BadCollectionName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let ok = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
            && name.as_bytes()[0].is_ascii_alphanumeric();
        if ok { Ok(Self(name.to_owned())) } else { Err(BadCollectionName(name.to_owned())) }
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The vertical that a text belongs to; it selects the risk policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Domain {
    Legal,
    Medical,
    Finance,
    #[default]
    General,
}

impl Domain {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Medical => "medical",
            Self::Finance => "finance",
            Self::General => "general",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Legal, Self::Medical, Self::Finance, Self::General].into_iter().find(|d| d.code() == code)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    pub name: CollectionName,
    /// What a person reads; the name where none was given.
    pub title: String,
    pub domain: Domain,
}

/// What the owner of a collection has written about it; empty where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionSettings {
    /// Everyday words and the words of the sources, one concept a line: `房东 = 出租人`, `heart attack = infarction`.
    pub synonyms: String,
    /// What is known not to be in the collection; an abstention repeats it.
    pub known_missing: String,
    /// Whether ideas beyond the sources may be asked for.
    pub explore: bool,
}

/// Whether a text governs on a given day. Means something for legal texts; the rest are `Unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocStatus {
    InForce,
    Amended,
    Repealed,
    /// An older version of a text that is still in force.
    Historical,
    NotYetInForce,
    #[default]
    Unknown,
}

impl DocStatus {
    pub const ALL: [Self; 6] =
        [Self::InForce, Self::Amended, Self::Repealed, Self::Historical, Self::NotYetInForce, Self::Unknown];

    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Amended => "amended",
            Self::Repealed => "repealed",
            Self::Historical => "historical",
            Self::NotYetInForce => "not_yet_in_force",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// What is known about a document apart from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentMeta {
    /// Unique in its collection, stable over versions.
    pub key: String,
    pub title: String,
    pub lang: Lang,
    pub domain: Domain,
    /// statute, regulation, judicial-interpretation, guideline, paper, filing, qa, contract, other.
    pub kind: String,
    /// 1 (constitution, statute) to 9 (other); compare within one domain and jurisdiction only.
    pub authority: u8,
    pub jurisdiction: Option<String>,
    pub issuer: Option<String>,
    /// First day on which the text governs.
    pub valid_from: Option<Date>,
    /// Last day on which the text governs.
    pub valid_to: Option<Date>,
    pub status: DocStatus,
    /// Key of the document that took its place.
    pub superseded_by: Option<String>,
    pub source_url: Option<String>,
    pub licence: Option<String>,
    pub note: Option<String>,
}

impl DocumentMeta {
    /// A document of which only key, title and language are known.
    pub fn plain(key: impl Into<String>, title: impl Into<String>, lang: Lang, domain: Domain) -> Self {
        Self {
            key: key.into(),
            title: title.into(),
            lang,
            domain,
            kind: "other".to_owned(),
            authority: 9,
            jurisdiction: None,
            issuer: None,
            valid_from: None,
            valid_to: None,
            status: DocStatus::Unknown,
            superseded_by: None,
            source_url: None,
            licence: None,
            note: None,
        }
    }

    /// Whether the text governs on `day`.
    ///
    /// Dates decide where they are given; the recorded status only where they are silent, because a status is true
    /// for the day it was recorded on, while dates stay true.
    pub fn governs_on(&self, day: Date) -> bool {
        if self.valid_from.is_some_and(|from| day < from) || self.valid_to.is_some_and(|to| day > to) {
            return false;
        }
        match self.status {
            DocStatus::InForce | DocStatus::Unknown => true,
            // A dated end lies in the future of `day`: the text still governed then.
            DocStatus::Repealed | DocStatus::Historical | DocStatus::Amended => self.valid_to.is_some(),
            DocStatus::NotYetInForce => self.valid_from.is_some(),
        }
    }
}

/// A part of a document that is cited as a unit and never glued to another: an article, a page, a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Unique in its document: "第六百七十五条", "Art. 17", "§ 1002.2(c)", "p. 12", a heading.
    pub locator: String,
    /// Headings above it, outermost first.
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// Into [`Document::text`].
    pub span: Span,
}

/// What a reader makes of a file: the text that will be stored, and where its sections lie in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub meta: DocumentMeta,
    pub text: String,
    /// In reading order, not overlapping.
    pub sections: Vec<Section>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(pub i64);

/// One state of a document's bytes. A changed document is a new version; old ones stay readable, not searchable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentVersion {
    pub id: VersionId,
    pub collection: CollectionName,
    pub meta: Arc<DocumentMeta>,
    /// 1 for the first bytes seen under this key.
    pub number: u32,
    /// BLAKE3 of metadata and text, hexadecimal.
    pub content_hash: String,
    /// Whether searches use it: false once a newer version or a deletion took its place.
    pub current: bool,
}

/// A piece of a section, small enough to embed and to read at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub id: ChunkId,
    pub version: VersionId,
    /// Position in its document, from 0.
    pub ordinal: u32,
    pub locator: String,
    pub path: Vec<String>,
    pub page: Option<u32>,
    /// Into the stored text of its version; `span.of(document.text) == Some(chunk.text)`.
    pub span: Span,
    pub text: String,
}

/// Where a line stands on a page, so that a viewer can highlight it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageBox {
    /// From 1.
    pub page: u32,
    /// Left, bottom, right, top in tenths of a point (1/720 inch) from the lower left corner of the unturned page.
    pub edges: [i32; 4],
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn names_are_checked() {
        assert!("legal-zh".parse::<CollectionName>().is_ok());
        for bad in ["", "-x", "Legal", "a b", "../etc", "法律"] {
            assert!(bad.parse::<CollectionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_repealed_text_governs_until_its_last_day() {
        let mut meta = DocumentMeta::plain("合同法", "合同法", Lang::Zh, Domain::Legal);
        meta.status = DocStatus::Repealed;
        meta.valid_from = Some(date!(1999 - 10 - 01));
        meta.valid_to = Some(date!(2020 - 12 - 31));
        assert!(meta.governs_on(date!(2020 - 12 - 31)));
        assert!(!meta.governs_on(date!(2021 - 01 - 01)));
        meta.valid_to = None;
        assert!(!meta.governs_on(date!(2019 - 01 - 01)), "no end is known: never used unless asked for");
    }
}
