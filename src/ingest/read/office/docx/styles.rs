//! What paragraph and character styles say that matters to a reader of the words.

use std::collections::HashMap;

use super::super::xml::{Element, Ns, Xml};
use crate::ingest::read::ReadError;

/// What a paragraph's properties, or a style's, say; `None` where they are silent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    pub style: Option<String>,
    /// 0 for the first level of headings; 9 for text.
    pub outline: Option<u8>,
    pub list: Option<String>,
    pub list_level: Option<u8>,
    pub hidden: Option<bool>,
    /// The end of the paragraph was deleted under tracked changes: it runs on into the next.
    pub runs_on: bool,
}

impl Properties {
    /// Reads the properties element that was opened last, `pPr` or `rPr`. Earlier properties under tracked changes are
    /// passed over.
    pub fn read(xml: &mut Xml<'_>) -> Result<Self, ReadError> {
        let depth = xml.depth();
        let mut properties = Self::default();
        while let Some(element) = xml.child(depth)? {
            properties.take(&element);
            if element.name.ends_with("Change") || element.name == "sectPr" {
                xml.skip()?;
            }
        }
        Ok(properties)
    }

    fn take(&mut self, element: &Element) {
        if element.ns != Ns::Word {
            return;
        }
        let value = element.attr("val");
        match element.name.as_str() {
            "pStyle" | "rStyle" => self.style = value.map(str::to_owned),
            "outlineLvl" => self.outline = value.and_then(|value| value.parse().ok()),
            "numId" => self.list = value.map(str::to_owned),
            "ilvl" => self.list_level = value.and_then(|value| value.parse().ok()),
            "vanish" | "webHidden" => self.hidden = Some(element.is_on()),
            "del" | "moveFrom" => self.runs_on = true,
            _ => {}
        }
    }

    /// These properties, and where they are silent those of `base`.
    fn over(self, base: &Self) -> Self {
        Self {
            style: self.style,
            outline: self.outline.or(base.outline),
            list_level: self.list_level.or(base.list_level),
            list: self.list.or_else(|| base.list.clone()),
            hidden: self.hidden.or(base.hidden),
            runs_on: self.runs_on,
        }
    }
}

/// What kind of paragraph a style makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Text,
    Title,
    Caption,
    /// A line of a table of contents.
    Contents,
}

#[derive(Debug, Default)]
struct Style {
    based_on: Option<String>,
    properties: Properties,
    role: Role,
}

#[derive(Debug, Default)]
pub struct Styles {
    styles: HashMap<String, Style>,
    /// The style of paragraphs that name none.
    default: Option<String>,
}

/// Styles build on each other; a longer chain is a circle.
const LONGEST_CHAIN: usize = 20;

impl Styles {
    pub fn read(xml: &mut Xml<'_>) -> Result<Self, ReadError> {
        let mut styles = Self::default();
        while let Some(element) = xml.child(0)? {
            if !element.is(Ns::Word, "style") {
                continue;
            }
            let Some(id) = element.attr("styleId").map(str::to_owned) else { continue };
            let paragraph = element.attr("type") == Some("paragraph");
            if paragraph && element.attr("default").is_some_and(|value| value == "1" || value == "true") {
                styles.default = Some(id.clone());
            }
            styles.styles.insert(id, style(xml)?);
        }
        Ok(styles)
    }

    /// The properties of a paragraph with everything that its style gives it, and the style's role.
    pub fn paragraph(&self, own: Properties) -> (Properties, Role) {
        let id = own.style.clone().or_else(|| self.default.clone());
        let (base, role) = self.chain(id.as_deref());
        (own.over(&base), role)
    }

    /// Whether text of this character style is hidden.
    pub fn hides(&self, id: &str) -> bool {
        self.chain(Some(id)).0.hidden == Some(true)
    }

    fn chain(&self, id: Option<&str>) -> (Properties, Role) {
        let (mut properties, mut role) = (Properties::default(), Role::Text);
        let mut next = id;
        for _ in 0..LONGEST_CHAIN {
            let Some(style) = next.and_then(|id| self.styles.get(id)) else { break };
            properties = properties.over(&style.properties);
            if role == Role::Text {
                role = style.role;
            }
            next = style.based_on.as_deref();
        }
        (properties, role)
    }
}

fn style(xml: &mut Xml<'_>) -> Result<Style, ReadError> {
    let depth = xml.depth();
    let mut style = Style::default();
    let mut named_level = None;
    while let Some(element) = xml.child(depth)? {
        if element.ns != Ns::Word {
            continue;
        }
        match element.name.as_str() {
            "name" => {
                let name = element.attr("val").unwrap_or_default().to_lowercase();
                named_level = heading_level(&name);
                style.role = match name.as_str() {
                    "title" | "标题" => Role::Title,
                    "caption" | "题注" => Role::Caption,
                    name if name.starts_with("toc ") || name.starts_with("目录 ") || name == "table of figures" => {
                        Role::Contents
                    }
                    _ => Role::Text,
                };
            }
            "basedOn" => style.based_on = element.attr("val").map(str::to_owned),
            "pPr" | "rPr" => {
                let own = Properties::read(xml)?;
                style.properties = own.over(&style.properties);
            }
            _ => {}
        }
    }
    // A heading is one by name even where it gives no outline level.
    style.properties.outline = style.properties.outline.or(named_level);
    Ok(style)
}

/// The outline level, from 0, of a style called "heading 1" or "标题 1".
fn heading_level(name: &str) -> Option<u8> {
    let number = name.strip_prefix("heading ").or_else(|| name.strip_prefix("标题 "))?;
    number.trim().parse::<u8>().ok()?.checked_sub(1).filter(|level| *level < 9)
}
