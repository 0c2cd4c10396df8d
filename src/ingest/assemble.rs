//! From sections with texts of their own to one stored text with spans into it.

use std::collections::{HashMap, HashSet};

use crate::domain::{document::Section, text::Span};

/// Builds the stored text of a document whose source gives its sections one by one.
///
/// Headings and locators stand between the sections, as in print, so that the stored text reads as a document; the
/// spans hold the sections' own texts and nothing else.
#[derive(Debug, Default)]
pub struct Assembly {
    text: String,
    sections: Vec<Section>,
    locators: HashSet<String>,
    path: Vec<String>,
}

impl Assembly {
    /// Adds a section. `false`, and nothing added, where its locator is there already: locators are unique in a
    /// document.
    pub fn push(&mut self, locator: &str, path: Vec<String>, page: Option<u32>, text: &str) -> bool {
        if !self.locators.insert(locator.to_owned()) {
            return false;
        }
        let known = self.path.iter().zip(&path).take_while(|(old, new)| old == new).count();
        for heading in &path[known..] {
            self.line(heading);
        }
        if !text.trim_start().starts_with(locator) && path.last().is_none_or(|last| !last.starts_with(locator)) {
            self.line(locator);
        }
        self.gap();
        let start = self.text.len();
        self.text.push_str(text);
        let span = Span::new(start, self.text.len());
        self.sections.push(Section { locator: locator.to_owned(), path: path.clone(), page, span });
        self.path = path;
        true
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
    }

    fn line(&mut self, line: &str) {
        self.gap();
        self.text.push_str(line);
    }

    pub fn finish(self) -> (String, Vec<Section>) {
        (self.text, self.sections)
    }
}

/// Gives every locator of a document a name of its own.
#[derive(Debug, Default)]
pub struct UniqueNames {
    /// Names given out, each with the number that its next repetition tries.
    next: HashMap<String, usize>,
}

impl UniqueNames {
    /// `locator`, or `locator (2)`, `locator (3)` … where it was given out before.
    pub fn name(&mut self, locator: &str) -> String {
        let mut name = locator.to_owned();
        while self.next.contains_key(&name) {
            let number = self.next.entry(locator.to_owned()).or_insert(1);
            *number += 1;
            name = format!("{locator} ({number})");
        }
        self.next.insert(name.clone(), 1);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_text_reads_as_a_document_and_spans_hold_the_sections_only() {
        let mut assembly = Assembly::default();
        let path = |headings: &[&str]| headings.iter().map(|&h| h.to_owned()).collect::<Vec<_>>();
        assembly.push("第一条", path(&["第一编 总则", "第一章"]), None, "甲。");
        assembly.push("第二条", path(&["第一编 总则", "第一章"]), None, "乙。");
        assembly.push("第三条", path(&["第一编 总则", "第二章"]), Some(2), "第三条 丙。");
        let (text, sections) = assembly.finish();
        assert_eq!(text, "第一编 总则\n\n第一章\n\n第一条\n\n甲。\n\n第二条\n\n乙。\n\n第二章\n\n第三条 丙。");
        let cut: Vec<_> = sections.iter().map(|s| (s.locator.as_str(), s.span.of(&text))).collect();
        assert_eq!(cut, [("第一条", Some("甲。")), ("第二条", Some("乙。")), ("第三条", Some("第三条 丙。"))]);
    }

    #[test]
    fn locators_are_unique() {
        let mut names = UniqueNames::default();
        let given: Vec<_> = ["a", "a (2)", "a", "a", "b", "a (2)"].iter().map(|name| names.name(name)).collect();
        assert_eq!(given, ["a", "a (2)", "a (3)", "a (4)", "b", "a (2) (2)"]);
    }
}
