//! Office documents: ZIP packages of XML parts (ECMA-376, ISO/IEC 29500), transitional and strict.

mod docx;
mod package;
mod xlsx;
mod xml;

pub use docx::Docx;
use package::{Package, Relations};
pub use xlsx::Workbook;

use super::ReadError;

/// What an Office package holds.
#[derive(Debug)]
pub enum Office {
    Word(Docx),
    Excel(Workbook),
}

/// Reads a ZIP package by what it declares to hold, whatever its name says.
pub fn read(bytes: &[u8]) -> Result<Office, ReadError> {
    let mut package = Package::open(bytes)?;
    let main = package.main_part()?;
    match main.content {
        package::Content::Word => docx::read(&mut package, &main.name).map(Office::Word),
        package::Content::Excel => xlsx::read(&mut package, &main.name).map(Office::Excel),
    }
}

/// The beginning of an OLE compound file: an old Office document, or a new one under a password.
pub const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Why an OLE compound file is not read. A protected DOCX or XLSX holds a stream `EncryptedPackage` (MS-OFFCRYPTO
/// 2.3); its name stands in the directory in UTF-16.
pub fn refuse_ole(bytes: &[u8]) -> ReadError {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if holds("EncryptedPackage") {
        return ReadError::Locked;
    }
    let what = if holds("WordDocument") {
        "an old Word document (DOC); save it as DOCX"
    } else if holds("Workbook") || holds("Book") {
        "an old Excel workbook (XLS); save it as XLSX"
    } else if holds("PowerPoint Document") {
        "a PowerPoint presentation"
    } else {
        "an old Office document (DOC, XLS)"
    };
    ReadError::UnknownType(format!("it is {what}"))
}
