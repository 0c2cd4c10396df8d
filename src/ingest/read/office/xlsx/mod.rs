//! XLSX: the cells of every sheet that is shown, as they are shown: cached values of formulas, in the format of the
//! cell, dates as dates (ECMA-376 part 1, clause 18).

mod format;
mod sheet;

use format::Formats;
use sheet::Values;

use super::{
    Package, Relations,
    xml::{Ns, Xml},
};
use crate::ingest::read::{ReadError, quoted, sheets::Sheet};

/// The sheets of a workbook, in order.
#[derive(Debug, Default)]
pub struct Workbook {
    pub sheets: Vec<Sheet>,
}

/// More cells than this belong into a database: they would take more memory than a machine for documents has.
const MOST_CELLS: usize = 5_000_000;

/// Reads the workbook whose main part is `name`.
pub fn read(package: &mut Package<'_>, name: &str) -> Result<Workbook, ReadError> {
    let Some(main) = package.part(name)? else {
        return Err(ReadError::DamagedFile(format!("its main part {} is missing", quoted(&name))));
    };
    let relations = package.relations(name)?;
    let (listed, since_1904) = contents(&main)?;
    let strings = match part(package, &relations, "sharedStrings")? {
        Some(bytes) => shared_strings(&mut Xml::new(&bytes)?)?,
        None => Vec::new(),
    };
    let formats = match part(package, &relations, "styles")? {
        Some(bytes) => Formats::read(&mut Xml::new(&bytes)?, since_1904)?,
        None => Formats::new(since_1904),
    };
    let mut workbook = Workbook::default();
    let mut values = Values { strings: &strings, formats: &formats, cells_left: MOST_CELLS };
    // Hidden sheets hold lists and sums that nobody is to read, unless everything is hidden.
    let all_hidden = listed.iter().all(|sheet| sheet.hidden);
    for sheet in listed.into_iter().filter(|sheet| all_hidden || !sheet.hidden) {
        let Some(target) = relations.by_id(&sheet.relation) else { continue };
        // Sheets of charts have no cells.
        if target.contains("chartsheet") {
            continue;
        }
        let Some(bytes) = package.part(target)? else {
            return Err(ReadError::DamagedFile(format!("its sheet '{}' is missing", quoted(&sheet.name))));
        };
        let rows = values.sheet(&mut Xml::new(&bytes)?)?;
        workbook.sheets.push(Sheet { name: Some(sheet.name), rows });
    }
    Ok(workbook)
}

fn part(package: &mut Package<'_>, relations: &Relations, kind: &str) -> Result<Option<Vec<u8>>, ReadError> {
    match relations.target(kind) {
        Some(target) => package.part(target),
        None => Ok(None),
    }
}

struct Listed {
    name: String,
    relation: String,
    hidden: bool,
}

/// The sheets that the workbook lists, and whether its days count from 1904.
fn contents(main: &[u8]) -> Result<(Vec<Listed>, bool), ReadError> {
    let mut xml = Xml::new(main)?;
    let (mut listed, mut since_1904) = (Vec::new(), false);
    while let Some(element) = xml.child(0)? {
        if element.is(Ns::Sheet, "workbookPr") {
            since_1904 = matches!(element.attr("date1904"), Some("1" | "true"));
        } else if element.is(Ns::Sheet, "sheet")
            && let (Some(name), Some(relation)) = (element.attr("name"), element.attr("id"))
        {
            let hidden = matches!(element.attr("state"), Some("hidden" | "veryHidden"));
            listed.push(Listed { name: name.to_owned(), relation: relation.to_owned(), hidden });
        }
    }
    Ok((listed, since_1904))
}

fn shared_strings(xml: &mut Xml<'_>) -> Result<Vec<String>, ReadError> {
    let mut strings = Vec::new();
    while let Some(element) = xml.child(0)? {
        if element.is(Ns::Sheet, "si") {
            strings.push(rich_text(xml)?);
        }
    }
    Ok(strings)
}

/// The text of the element that was opened last, without its phonetic guide.
fn rich_text(xml: &mut Xml<'_>) -> Result<String, ReadError> {
    let depth = xml.depth();
    let mut text = String::new();
    while let Some(element) = xml.child(depth)? {
        match element.name.as_str() {
            "t" => text.push_str(&xml.text()?),
            "rPh" => xml.skip()?,
            _ => {}
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
