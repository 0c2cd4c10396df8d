//! XML parts as a stream of elements and text, without the parts of XML that are only good for attacks.
//!
//! Document types are refused: Office never writes one (ECMA-376 part 2, 6.1.4 forbids them), and they carry external
//! and exponential entities. Depth is bounded, so that readers may recurse.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use crate::ingest::read::{ReadError, quoted};

/// Tables of ten levels in text boxes need about 150.
const DEEPEST: usize = 400;

/// The vocabularies that readers tell apart; elements of others are passed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ns {
    Word,
    Sheet,
    Math,
    Other,
}

impl Ns {
    fn of(address: &str) -> Self {
        // Transitional and strict addresses differ in host and year only.
        if address.ends_with("wordprocessingml/2006/main") || address.ends_with("ooxml/wordprocessingml/main") {
            Self::Word
        } else if address.ends_with("spreadsheetml/2006/main") || address.ends_with("ooxml/spreadsheetml/main") {
            Self::Sheet
        } else if address.ends_with("officeDocument/2006/math") || address.ends_with("ooxml/officeDocument/math") {
            Self::Math
        } else {
            Self::Other
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub ns: Ns,
    /// Without prefix.
    pub name: String,
    /// Names without prefix.
    attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    /// A property that is on unless its `val` says otherwise (ECMA-376 part 1, 17.17.4).
    pub fn is_on(&self) -> bool {
        !matches!(self.attr("val"), Some("0" | "false" | "off" | "none"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Followed by its content and [`Node::Close`], even where it is empty.
    Open(Element),
    Close,
    Text(String),
}

pub struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    /// Prefixes in force, with the depth at which each was declared.
    prefixes: Vec<(usize, String, Ns)>,
    depth: usize,
}

impl<'a> Xml<'a> {
    pub fn new(part: &'a [u8]) -> Result<Self, ReadError> {
        if part.starts_with(b"\xff\xfe") || part.starts_with(b"\xfe\xff") {
            return Err(ReadError::DamagedFile("its XML is in UTF-16, which no Office program writes".to_owned()));
        }
        let text = part.strip_prefix(b"\xef\xbb\xbf").unwrap_or(part);
        let text = std::str::from_utf8(text).map_err(|error| {
            ReadError::DamagedFile(format!("its XML is not UTF-8 from byte {}", error.valid_up_to()))
        })?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, prefixes: Vec::new(), depth: 0 })
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// `None` at the end of the part.
    pub fn next(&mut self) -> Result<Option<Node>, ReadError> {
        loop {
            let event = self.reader.read_event().map_err(|error| damaged(&error))?;
            match event {
                Event::Start(start) => return self.open(&start).map(|element| Some(Node::Open(element))),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let depth = self.depth;
                    self.prefixes.retain(|(declared, ..)| *declared <= depth);
                    return Ok(Some(Node::Close));
                }
                Event::Text(text) => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::CData(text) => return Ok(Some(Node::Text(text.xml10_content().into_owned()))),
                Event::GeneralRef(name) => return Ok(Some(Node::Text(character(&name)?.to_string()))),
                Event::DocType(_) => {
                    return Err(ReadError::DamagedFile(
                        "its XML declares a document type, which Office documents must not; it is not read".to_owned(),
                    ));
                }
                Event::Eof if self.depth > 0 => {
                    return Err(ReadError::DamagedFile("its XML ends in the middle".to_owned()));
                }
                Event::Eof => return Ok(None),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Element, ReadError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ReadError::DamagedFile(format!("its XML nests deeper than {DEEPEST} levels")));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| damaged(&error))?;
            let key: &str = attribute.key.as_ref();
            let value =
                attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| damaged(&error))?.into_owned();
            if let Some(prefix) = key.strip_prefix("xmlns") {
                let prefix = prefix.trim_start_matches(':').to_owned();
                self.prefixes.push((self.depth, prefix, Ns::of(&value)));
            } else {
                let name = key.rsplit_once(':').map_or(key, |(_, name)| name);
                attributes.push((name.to_owned(), value));
            }
        }
        let name = start.name();
        let name: &str = name.as_ref();
        let (prefix, name) = name.split_once(':').unwrap_or(("", name));
        let ns = self.prefixes.iter().rev().find(|(_, known, _)| known == prefix).map_or(Ns::Other, |(.., ns)| *ns);
        Ok(Element { ns, name: name.to_owned(), attributes })
    }

    /// Passes over the content of the element that was opened last.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let end = self.depth.saturating_sub(1);
        while self.depth > end {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// All text inside the element that was opened last.
    pub fn text(&mut self) -> Result<String, ReadError> {
        let end = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > end {
            match self.next()? {
                Some(Node::Text(part)) => text.push_str(&part),
                Some(_) => {}
                None => break,
            }
        }
        Ok(text)
    }

    /// The next element inside the one that was opened at `depth`, or of the whole part for depth 0; `None` when that
    /// one has ended. Elements whose content is neither read nor passed over are transparent: theirs come next.
    pub fn child(&mut self, depth: usize) -> Result<Option<Element>, ReadError> {
        while self.depth >= depth {
            match self.next()? {
                Some(Node::Open(element)) => return Ok(Some(element)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }
}

/// The character that a reference stands for: one of the five that XML predefines, or a number.
fn character(name: &str) -> Result<char, ReadError> {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => number.and_then(char::from_u32),
    };
    known.ok_or_else(|| {
        ReadError::DamagedFile(format!("its XML uses the entity '{}', which nothing declares", quoted(&name)))
    })
}

fn damaged(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::DamagedFile(format!("its XML is broken ({})", quoted(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Result<Vec<Node>, ReadError> {
        let mut xml = Xml::new(xml.as_bytes())?;
        let mut nodes = Vec::new();
        while let Some(node) = xml.next()? {
            nodes.push(node);
        }
        Ok(nodes)
    }

    #[test]
    fn namespaces_decide_and_references_are_characters() {
        let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        let nodes =
            read(&format!("<x:p xmlns:x='{word}' a='1&lt;2'><t xmlns='u'>A&amp;&#x4e2d;</t><x:b x:val=\"0\"/></x:p>"))
                .expect("reads");
        let Node::Open(p) = &nodes[0] else { panic!("an element") };
        assert!(p.is(Ns::Word, "p") && p.attr("a") == Some("1<2"));
        assert!(matches!(&nodes[1], Node::Open(t) if t.ns == Ns::Other && t.name == "t"));
        let text: String =
            nodes.iter().filter_map(|n| if let Node::Text(t) = n { Some(t.as_str()) } else { None }).collect();
        assert_eq!(text, "A&中");
        assert!(matches!(&nodes[nodes.len() - 3], Node::Open(b) if b.is(Ns::Word, "b") && !b.is_on()));
    }

    #[test]
    fn attacks_and_damage_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
        for (xml, part) in [
            ("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "document type"),
            ("<a>&x;</a>", "entity 'x'"),
            ("<a><b></a>", "broken"),
            ("<a><b>", "middle"),
            (deep.as_str(), "deeper"),
        ] {
            let error = read(xml).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
