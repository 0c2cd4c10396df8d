//! The body of a Word document: paragraphs and tables in reading order.

use std::{collections::HashMap, mem};

use super::{
    super::xml::{Element, Ns, Xml},
    Docx,
    numbering::Numbering,
    styles::{Properties, Role, Styles},
};
use crate::ingest::read::{
    ReadError, plain,
    prose::{Prose, squeeze},
    table::{self, Cell, Merged, Table, Unit},
};

/// A longer heading, in characters, is a paragraph that was given a heading's style.
const LONGEST_HEADING: usize = 120;

enum Block {
    Paragraph(Paragraph),
    Table(Table),
}

#[derive(Default)]
struct Paragraph {
    text: String,
    /// What Word prints before the text.
    number: Option<String>,
    properties: Properties,
    role: Role,
    /// Notes that it refers to, in order.
    notes: Vec<Note>,
    /// Text boxes anchored in it.
    boxes: Vec<Block>,
}

impl Paragraph {
    fn line(&self) -> String {
        let text = self.text.trim();
        match &self.number {
            Some(number) if !text.is_empty() => format!("{number}{text}"),
            _ => text.to_owned(),
        }
    }
}

struct Note {
    label: String,
    text: String,
}

pub struct Body {
    styles: Styles,
    numbering: Numbering,
    /// Texts of foot- and endnotes by id.
    footnotes: HashMap<String, String>,
    endnotes: HashMap<String, String>,
    /// Notes referred to so far.
    noted: usize,
}

impl Body {
    pub fn new(styles: Styles, numbering: Numbering) -> Self {
        Self { styles, numbering, footnotes: HashMap::new(), endnotes: HashMap::new(), noted: 0 }
    }

    pub fn footnotes(&mut self, xml: &mut Xml<'_>) -> Result<(), ReadError> {
        self.footnotes = self.notes(xml, "footnote")?;
        Ok(())
    }

    pub fn endnotes(&mut self, xml: &mut Xml<'_>) -> Result<(), ReadError> {
        self.endnotes = self.notes(xml, "endnote")?;
        Ok(())
    }

    fn notes(&mut self, xml: &mut Xml<'_>, name: &str) -> Result<HashMap<String, String>, ReadError> {
        let mut notes = HashMap::new();
        while let Some(element) = xml.child(0)? {
            if element.is(Ns::Word, name)
                && let Some(id) = element.attr("id").map(str::to_owned)
            {
                let depth = xml.depth();
                let blocks = self.blocks(xml, depth)?;
                // Separators have a type, and no text.
                notes.insert(id, inline(blocks));
            }
        }
        Ok(notes)
    }

    /// Reads the main part to its end.
    pub fn document(mut self, xml: &mut Xml<'_>) -> Result<Docx, ReadError> {
        let mut blocks = Vec::new();
        while let Some(element) = xml.child(0)? {
            if element.is(Ns::Word, "body") {
                let depth = xml.depth();
                blocks.extend(self.blocks(xml, depth)?);
            } else if element.name != "document" {
                // A background, for example.
                xml.skip()?;
            }
        }
        let mut writer = Writer { titled: titled(&blocks), ..Writer::default() };
        writer.blocks(blocks);
        let Writer { prose, title, .. } = writer;
        let Prose { text, mut headings, .. } = prose;
        let title = title.or_else(|| {
            let mut tops = headings.iter().filter(|mark| mark.level == Some(1));
            match (tops.next(), tops.next()) {
                (Some(top), None) if headings.first() == Some(top) => Some(top.name.clone()),
                _ => plain::title(&text).map(str::to_owned),
            }
        });
        if headings.is_empty() {
            // Many documents number their headings by hand and style nothing.
            headings = plain::headings(&text);
        }
        Ok(Docx { text, title, headings })
    }

    /// The blocks inside the element that was open at `depth`.
    fn blocks(&mut self, xml: &mut Xml<'_>, depth: usize) -> Result<Vec<Block>, ReadError> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut contents = false;
        // Text of a paragraph whose end was deleted: it runs on into the next.
        let mut before: Option<String> = None;
        while let Some(element) = xml.child(depth)? {
            match (element.ns, element.name.as_str()) {
                (Ns::Word, "p") => {
                    let mut paragraph = self.paragraph(xml)?;
                    if let Some(text) = before.take() {
                        paragraph.text.insert_str(0, &text);
                    }
                    if paragraph.properties.runs_on {
                        before = Some(mem::take(&mut paragraph.text));
                    } else {
                        blocks.push(Block::Paragraph(paragraph));
                    }
                }
                (Ns::Word, "tbl") => blocks.extend(self.table(xml)?),
                (Ns::Word, "sdtPr") => {
                    let depth = xml.depth();
                    while let Some(property) = xml.child(depth)? {
                        contents |= property.name == "docPartGallery"
                            && property.attr("val").is_some_and(|value| value.starts_with("Table of"));
                    }
                }
                (Ns::Word, "sdtContent") if mem::take(&mut contents) => xml.skip()?,
                _ if is_left_out(&element) => xml.skip()?,
                _ => {}
            }
        }
        if let Some(text) = before {
            blocks.push(Block::Paragraph(Paragraph { text, ..Paragraph::default() }));
        }
        Ok(blocks)
    }

    fn paragraph(&mut self, xml: &mut Xml<'_>) -> Result<Paragraph, ReadError> {
        let depth = xml.depth();
        let mut paragraph = Paragraph::default();
        let mut own = Properties::default();
        let mut hidden = false;
        while let Some(element) = xml.child(depth)? {
            match (element.ns, element.name.as_str()) {
                (Ns::Word, "pPr") => own = Properties::read(xml)?,
                // A new run starts visible.
                (Ns::Word, "r") => hidden = false,
                (Ns::Word, "rPr") => {
                    let run = Properties::read(xml)?;
                    hidden = run.hidden.unwrap_or_else(|| run.style.is_some_and(|style| self.styles.hides(&style)));
                }
                (Ns::Word | Ns::Math, "t") => {
                    let text = xml.text()?;
                    if !hidden {
                        paragraph.text.push_str(&text.replace(['\n', '\r', '\t'], " "));
                    }
                }
                (Ns::Word, "tab" | "ptab") if !hidden => paragraph.text.push(' '),
                (Ns::Word, "br" | "cr") if !hidden => paragraph.text.push('\n'),
                (Ns::Word, "noBreakHyphen") if !hidden => paragraph.text.push('-'),
                (Ns::Word, "sym") if !hidden => paragraph.text.extend(symbol(&element)),
                (Ns::Word, "footnoteReference" | "endnoteReference") if !hidden => self.note(&element, &mut paragraph),
                (Ns::Word, "txbxContent") => {
                    let depth = xml.depth();
                    paragraph.boxes.extend(self.blocks(xml, depth)?);
                }
                // What stands over the characters, in small.
                (Ns::Word, "rt") => xml.skip()?,
                _ if is_left_out(&element) => xml.skip()?,
                _ => {}
            }
        }
        let (properties, role) = self.styles.paragraph(own);
        if properties.hidden == Some(true) && role != Role::Contents {
            // The style hides the paragraph, though a run may have said otherwise.
            paragraph.text.clear();
        }
        // Word numbers empty paragraphs of lists as well, but prints them as empty lines that nobody cites.
        if let Some(list) = properties.list.as_deref().filter(|list| *list != "0")
            && !(paragraph.text.trim().is_empty() && paragraph.boxes.is_empty())
            && !properties.runs_on
        {
            paragraph.number = self.numbering.next(list, properties.list_level.unwrap_or(0));
        }
        paragraph.properties = properties;
        paragraph.role = role;
        Ok(paragraph)
    }

    fn note(&mut self, reference: &Element, paragraph: &mut Paragraph) {
        let notes = if reference.name == "footnoteReference" { &self.footnotes } else { &self.endnotes };
        let Some(text) = reference.attr("id").and_then(|id| notes.get(id)).filter(|text| !text.is_empty()) else {
            return;
        };
        self.noted += 1;
        let label = format!("〔{}〕", self.noted);
        paragraph.text.push_str(&label);
        paragraph.notes.push(Note { label, text: text.clone() });
    }

    /// A table, or what a table that only lays out the page holds.
    fn table(&mut self, xml: &mut Xml<'_>) -> Result<Vec<Block>, ReadError> {
        let depth = xml.depth();
        let mut rows: Vec<Vec<(TableCell, Vec<Block>)>> = Vec::new();
        let mut heading_rows = 0;
        while let Some(element) = xml.child(depth)? {
            match (element.ns, element.name.as_str()) {
                (Ns::Word, "tr") => {
                    let row = self.row(xml)?;
                    if let Some(row) = row {
                        if row.heading && heading_rows == rows.len() {
                            heading_rows += 1;
                        }
                        rows.push(row.cells);
                    }
                }
                (Ns::Word, "tblPr" | "tblGrid") => xml.skip()?,
                _ if is_left_out(&element) => xml.skip()?,
                _ => {}
            }
        }
        let width = rows.iter().map(|row| row.iter().map(|(cell, _)| cell.span).sum::<usize>()).max().unwrap_or(0);
        if width <= 1 || rows.len() <= 1 {
            return Ok(rows.into_iter().flatten().flat_map(|(_, blocks)| blocks).collect());
        }
        let mut table = Table { heading_rows: (heading_rows > 0).then_some(heading_rows), ..Table::default() };
        for row in rows {
            let mut cells: Vec<Cell> = Vec::new();
            for (cell, blocks) in row {
                let text = inline(blocks);
                let above = table.rows.last().and_then(|row: &Vec<Cell>| row.get(cells.len()));
                cells.push(match above.filter(|_| cell.goes_on) {
                    Some(above) => Cell::merged(&above.text, Merged::Above),
                    None => Cell::new(&text),
                });
                let text = cells.last().map_or_else(String::new, |cell| cell.text.clone());
                cells.extend((1..cell.span).map(|_| Cell::merged(&text, Merged::Left)));
            }
            table.rows.push(cells);
        }
        // Headings that are the whole table head nothing.
        table.heading_rows = table.heading_rows.filter(|count| *count < table.rows.len());
        Ok(vec![Block::Table(table)])
    }

    /// A row; `None` where it was deleted or hidden.
    fn row(&mut self, xml: &mut Xml<'_>) -> Result<Option<TableRow>, ReadError> {
        let depth = xml.depth();
        let mut row = TableRow::default();
        let mut dropped = false;
        while let Some(element) = xml.child(depth)? {
            match (element.ns, element.name.as_str()) {
                (Ns::Word, "trPr") => {
                    let depth = xml.depth();
                    while let Some(property) = xml.child(depth)? {
                        match property.name.as_str() {
                            "tblHeader" => row.heading = property.is_on(),
                            "del" => dropped = true,
                            "hidden" => dropped |= property.is_on(),
                            "gridBefore" => {
                                let empty = span(&property);
                                row.cells.extend((0..empty).map(|_| (TableCell::default(), Vec::new())));
                            }
                            "trPrChange" => xml.skip()?,
                            _ => {}
                        }
                    }
                }
                (Ns::Word, "tc") => {
                    if let Some(cell) = self.cell(xml)? {
                        row.cells.push(cell);
                    }
                }
                (Ns::Word, "tblPrEx") => xml.skip()?,
                _ if is_left_out(&element) => xml.skip()?,
                _ => {}
            }
        }
        Ok((!dropped).then_some(row))
    }

    fn cell(&mut self, xml: &mut Xml<'_>) -> Result<Option<(TableCell, Vec<Block>)>, ReadError> {
        let depth = xml.depth();
        let mut cell = TableCell::default();
        let mut deleted = false;
        let mut blocks = Vec::new();
        while let Some(element) = xml.child(depth)? {
            match (element.ns, element.name.as_str()) {
                (Ns::Word, "tcPr") => {
                    let depth = xml.depth();
                    while let Some(property) = xml.child(depth)? {
                        match property.name.as_str() {
                            "gridSpan" => cell.span = span(&property),
                            "vMerge" => cell.goes_on = property.attr("val") != Some("restart"),
                            "cellDel" => deleted = true,
                            "tcPrChange" => xml.skip()?,
                            _ => {}
                        }
                    }
                }
                (Ns::Word, "p") => blocks.push(Block::Paragraph(self.paragraph(xml)?)),
                (Ns::Word, "tbl") => blocks.extend(self.table(xml)?),
                _ if is_left_out(&element) => xml.skip()?,
                _ => {}
            }
        }
        Ok((!deleted).then_some((cell, blocks)))
    }
}

#[derive(Default)]
struct TableRow {
    heading: bool,
    cells: Vec<(TableCell, Vec<Block>)>,
}

struct TableCell {
    span: usize,
    /// Merged with the cell above.
    goes_on: bool,
}

impl Default for TableCell {
    fn default() -> Self {
        Self { span: 1, goes_on: false }
    }
}

/// No table has more columns (Word allows 63).
const MOST_COLUMNS: usize = 1000;

fn span(property: &Element) -> usize {
    property.attr("val").and_then(|value| value.parse().ok()).unwrap_or(1).clamp(1, MOST_COLUMNS)
}

/// Deleted, moved away, an alternative for other programs, or no text of the page.
fn is_left_out(element: &Element) -> bool {
    match element.ns {
        Ns::Word => matches!(
            element.name.as_str(),
            "del" | "moveFrom" | "instrText" | "delText" | "delInstrText" | "sectPr" | "sdtPr"
        ),
        _ => element.name == "Fallback",
    }
}

/// The blocks of a cell or a note on one line.
fn inline(blocks: Vec<Block>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(paragraph) => {
                parts.push(paragraph.line());
                parts.push(inline(paragraph.boxes));
                parts.extend(paragraph.notes.into_iter().map(|note| format!("{}{}", note.label, note.text)));
            }
            Block::Table(table) => parts.extend(table.read().lines.into_iter().map(|line| line.text)),
        }
    }
    parts.retain(|part| !part.is_empty());
    squeeze(&parts.join("\n"))
}

/// Boxes and ticks that forms draw with symbol fonts; other symbols are ornaments.
fn symbol(element: &Element) -> Option<char> {
    let code = u32::from_str_radix(element.attr("char")?, 16).ok()?;
    let font = element.attr("font").unwrap_or_default().to_lowercase();
    match (font.as_str(), code & 0xff) {
        ("wingdings", 0xfe) | ("wingdings 2", 0x52) => Some('☑'),
        ("wingdings", 0xfd) | ("wingdings 2", 0x53) => Some('☒'),
        ("wingdings", 0xa8 | 0x6f) | ("wingdings 2", 0xa3 | 0x2a) => Some('□'),
        ("wingdings", 0xfc) | ("wingdings 2", 0x50) => Some('✓'),
        ("wingdings", 0xfb) | ("wingdings 2", 0x4f) => Some('✗'),
        ("symbol", 0xb3) => Some('≥'),
        ("symbol", 0xa3) => Some('≤'),
        ("symbol", 0xb1) => Some('±'),
        ("symbol", 0xb4) => Some('×'),
        ("symbol", 0x6d) => Some('μ'),
        ("symbol", 0x61) => Some('α'),
        ("symbol", 0x62) => Some('β'),
        _ if code < 0xe000 => char::from_u32(code),
        _ => None,
    }
}

/// Whether a paragraph of the style "Title" stands before all headings.
fn titled(blocks: &[Block]) -> bool {
    let first = blocks.iter().find_map(|block| match block {
        Block::Paragraph(p) if !p.text.trim().is_empty() && (p.role == Role::Title || level(p).is_some()) => Some(p),
        _ => None,
    });
    first.is_some_and(|paragraph| paragraph.role == Role::Title)
}

/// The level of a heading, from 1.
fn level(paragraph: &Paragraph) -> Option<u8> {
    let level = paragraph.properties.outline.filter(|level| *level < 9)?;
    let line = paragraph.text.trim();
    (line.chars().count() <= LONGEST_HEADING && !line.ends_with(['。', '；', ';'])).then_some(level + 1)
}

#[derive(Default)]
struct Writer {
    prose: Prose,
    title: Option<String>,
    /// The first level of headings is the title's.
    titled: bool,
    /// The last lines written, with their role, for the table that may follow.
    above: Vec<(String, Role)>,
}

impl Writer {
    fn blocks(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => self.paragraph(paragraph),
                Block::Table(table) => self.table(table),
            }
        }
    }

    fn paragraph(&mut self, paragraph: Paragraph) {
        let line = paragraph.line();
        if !line.is_empty() && paragraph.role != Role::Contents {
            if paragraph.role == Role::Title && self.title.is_none() && self.titled {
                let title = squeeze(&line);
                self.title = Some(title.clone());
                self.prose.heading(Some(1), title);
                self.above.clear();
            } else if let Some(level) = level(&paragraph) {
                self.prose.heading(Some(level + u8::from(self.titled)), squeeze(&line));
                self.above.clear();
            } else {
                let item = paragraph.number.is_some();
                self.prose.line(&line, item);
                self.above.push((line, paragraph.role));
                if self.above.len() > 2 {
                    self.above.remove(0);
                }
            }
        }
        for note in paragraph.notes {
            self.prose.line(&format!("{}{}", note.label, note.text), true);
        }
        self.blocks(paragraph.boxes);
    }

    fn table(&mut self, mut table: Table) {
        for (line, role) in mem::take(&mut self.above) {
            if role == Role::Caption || table::is_caption(&line) {
                table.caption = Some(line.clone());
            }
            if line.chars().count() <= LONGEST_HEADING {
                table.unit = Unit::stated(&line).or(table.unit);
            }
        }
        for line in table.read().lines {
            self.prose.line(&line.text, true);
        }
    }
}
