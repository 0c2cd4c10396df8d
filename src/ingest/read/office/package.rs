//! The ZIP package around the parts of an Office document, inflated within bounds.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{Cursor, Read},
};

use zip::{ZipArchive, result::ZipError};

use super::{
    super::{ReadError, quoted},
    xml::{Node, Xml},
};

/// All parts together inflate to this many bytes at most. The XML of a workbook with a million rows has about half.
const MOST_INFLATED: u64 = 512 << 20;
/// A part may hold this many times its compressed size: sheets of repeated values reach some 50.
const MOST_RATIO: u64 = 250;
/// Below this size no ratio matters.
const SMALL_PART: u64 = 4 << 20;
/// Documents with a picture on every page have some thousand parts.
const MOST_PARTS: usize = 50_000;

/// What the main part of a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Word,
    Excel,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MainPart {
    pub name: String,
    pub content: Content,
}

pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be inflated.
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        if archive.len() > MOST_PARTS {
            return Err(ReadError::Bomb(format!("it holds {} parts; at most {MOST_PARTS} are read", archive.len())));
        }
        Ok(Self { archive, left: MOST_INFLATED })
    }

    /// The document itself, found through the package's relationships and told by its content type.
    pub fn main_part(&mut self) -> Result<MainPart, ReadError> {
        let Some(types) = self.part("[Content_Types].xml")? else { return Err(self.not_office()) };
        let main = self.relations("")?.target("officeDocument").map(str::to_owned);
        let mut overrides = HashMap::new();
        let mut xml = Xml::new(&types)?;
        while let Some(node) = xml.next()? {
            if let Node::Open(element) = node
                && element.name == "Override"
                && let (Some(part), Some(kind)) = (element.attr("PartName"), element.attr("ContentType"))
            {
                overrides.insert(part.trim_start_matches('/').to_owned(), kind.to_owned());
            }
        }
        let name = main
            .or_else(|| overrides.iter().find(|(_, kind)| kind.contains("main+xml")).map(|(name, _)| name.clone()))
            .ok_or_else(|| ReadError::UnknownType("it is a package without a document".to_owned()))?;
        let kind = overrides.get(&name).map_or("", String::as_str);
        let content = match () {
            () if kind.contains("wordprocessingml") || kind.contains("ms-word") => Content::Word,
            () if kind.contains("sheet.binary") => {
                return Err(ReadError::UnknownType("it is a binary workbook (XLSB); save it as XLSX".to_owned()));
            }
            () if kind.contains("spreadsheetml") || kind.contains("ms-excel") => Content::Excel,
            () if kind.contains("presentationml") || kind.contains("ms-powerpoint") => {
                return Err(ReadError::UnknownType("it is a PowerPoint presentation".to_owned()));
            }
            () if name.starts_with("word/") => Content::Word,
            () if name.starts_with("xl/") => Content::Excel,
            () => return Err(ReadError::UnknownType("it is a package without a document or a workbook".to_owned())),
        };
        Ok(MainPart { name, content })
    }

    fn not_office(&mut self) -> ReadError {
        let mime = self.part("mimetype").ok().flatten().unwrap_or_default();
        let mime = String::from_utf8_lossy(&mime).into_owned();
        let what = match () {
            () if mime.contains("opendocument") => "an OpenDocument file; save it as DOCX or XLSX",
            () if mime.contains("epub") => "an EPUB book",
            () => "a ZIP archive; unpack it",
        };
        ReadError::UnknownType(format!("it is {what}"))
    }

    /// The bytes of a part; `None` where there is none of this name.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(name) = self.name_of(name) else { return Ok(None) };
        let part = match self.archive.by_name(&name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(damaged(&error)),
        };
        if part.encrypted() {
            return Err(ReadError::Locked);
        }
        let allowed = part.compressed_size().saturating_mul(MOST_RATIO).max(SMALL_PART).min(self.left);
        let mut bytes = Vec::new();
        let inflated = part.take(allowed + 1).read_to_end(&mut bytes);
        inflated.map_err(|error| {
            ReadError::DamagedFile(format!("its part {} cannot be inflated ({error})", quoted(&name)))
        })?;
        let size = bytes.len() as u64;
        if size > allowed {
            return Err(ReadError::Bomb(format!("its part {} inflates to more than {allowed} bytes", quoted(&name))));
        }
        self.left -= size;
        Ok(Some(bytes))
    }

    /// Part names are compared without case (ECMA-376 part 2, 6.2.2.3), and some writers use backslashes.
    fn name_of(&self, name: &str) -> Option<String> {
        if self.archive.index_for_name(name).is_some() {
            return Some(name.to_owned());
        }
        let same = |other: &str| other.replace('\\', "/").trim_start_matches('/').eq_ignore_ascii_case(name);
        self.archive.file_names().flatten().find(|other| same(other)).map(Cow::into_owned)
    }

    /// The relationships of a part; those of the package for "".
    pub fn relations(&mut self, part: &str) -> Result<Relations, ReadError> {
        let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
        let separator = if folder.is_empty() { "" } else { "/" };
        let mut relations = Relations::default();
        let Some(bytes) = self.part(&format!("{folder}{separator}_rels/{file}.rels"))? else { return Ok(relations) };
        let mut xml = Xml::new(&bytes)?;
        while let Some(node) = xml.next()? {
            if let Node::Open(element) = node
                && element.name == "Relationship"
                && element.attr("TargetMode") != Some("External")
                && let (Some(id), Some(kind), Some(target)) =
                    (element.attr("Id"), element.attr("Type"), element.attr("Target"))
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                relations.0.push(Relation { id: id.to_owned(), kind, target: resolve(folder, target) });
            }
        }
        Ok(relations)
    }
}

#[derive(Debug)]
struct Relation {
    id: String,
    /// The last part of its type's address.
    kind: String,
    /// Name of a part.
    target: String,
}

/// Where a part points to, inside the package.
#[derive(Debug, Default)]
pub struct Relations(Vec<Relation>);

impl Relations {
    /// The first target of this kind.
    pub fn target(&self, kind: &str) -> Option<&str> {
        self.0.iter().find(|relation| relation.kind == kind).map(|relation| relation.target.as_str())
    }

    pub fn by_id(&self, id: &str) -> Option<&str> {
        self.0.iter().find(|relation| relation.id == id).map(|relation| relation.target.as_str())
    }
}

/// A target as the name of a part: relative to the folder, unless it starts at the root.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

fn damaged(error: &ZipError) -> ReadError {
    match error {
        ZipError::InvalidPassword => ReadError::Locked,
        ZipError::UnsupportedArchive(what) if what.to_lowercase().contains("password") => ReadError::Locked,
        error => ReadError::DamagedFile(format!("it is not a whole ZIP package ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).expect("starts");
            writer.write_all(bytes).expect("writes");
        }
        writer.finish().expect("ends").into_inner()
    }

    #[test]
    fn parts_are_found_and_bombs_are_not_inflated() {
        let zeros = vec![b' '; 64 << 20];
        let bytes = package(&[("Word\\Document.xml", b"<a/>"), ("bomb.xml", &zeros)]);
        assert!(bytes.len() < 200_000, "{}", bytes.len());
        let mut package = Package::open(&bytes).expect("opens");
        assert_eq!(package.part("word/document.xml").expect("reads").as_deref(), Some(&b"<a/>"[..]));
        assert_eq!(package.part("none.xml"), Ok(None));
        assert!(matches!(package.part("bomb.xml"), Err(ReadError::Bomb(_))));
        assert!(matches!(Package::open(&bytes[..bytes.len() / 2]), Err(ReadError::DamagedFile(_))));
    }

    #[test]
    fn targets_are_parts() {
        assert_eq!(resolve("word", "styles.xml"), "word/styles.xml");
        assert_eq!(resolve("xl/worksheets", "../drawings/d.xml"), "xl/drawings/d.xml");
        assert_eq!(resolve("word", "/word/numbering.xml"), "word/numbering.xml");
        assert_eq!(resolve("", "../../etc/passwd"), "etc/passwd");
    }
}
