//! DOCX: headings by style and outline level, automatic numbers as they are printed, tables as sentences, notes where
//! they are referred to; deleted and hidden text left out (ECMA-376 part 1, clause 17).

mod body;
mod number;
mod numbering;
mod styles;

use self::{body::Body, numbering::Numbering, styles::Styles};
use super::{Package, xml::Xml};
use crate::ingest::read::{ReadError, outline::Mark, quoted};

/// The text of a Word document.
#[derive(Debug, Default)]
pub struct Docx {
    pub text: String,
    pub title: Option<String>,
    pub headings: Vec<Mark>,
}

/// Reads the document whose main part is `name`.
pub fn read(package: &mut Package<'_>, name: &str) -> Result<Docx, ReadError> {
    let relations = package.relations(name)?;
    let mut part = |kind: &str| match relations.target(kind) {
        Some(target) => package.part(target),
        None => Ok(None),
    };
    let styles = match part("styles")? {
        Some(bytes) => Styles::read(&mut Xml::new(&bytes)?)?,
        None => Styles::default(),
    };
    let numbering = match part("numbering")? {
        Some(bytes) => Numbering::read(&mut Xml::new(&bytes)?)?,
        None => Numbering::default(),
    };
    let (footnotes, endnotes) = (part("footnotes")?, part("endnotes")?);
    let Some(document) = package.part(name)? else {
        return Err(ReadError::DamagedFile(format!("its main part {} is missing", quoted(&name))));
    };
    let mut body = Body::new(styles, numbering);
    if let Some(bytes) = footnotes {
        body.footnotes(&mut Xml::new(&bytes)?)?;
    }
    if let Some(bytes) = endnotes {
        body.endnotes(&mut Xml::new(&bytes)?)?;
    }
    body.document(&mut Xml::new(&document)?)
}

#[cfg(test)]
mod tests;
