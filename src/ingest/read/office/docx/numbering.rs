//! Automatic numbers: what Word prints before a paragraph and does not store with it (ECMA-376 part 1, 17.9).

use std::collections::{HashMap, HashSet};

use super::{
    super::xml::{Ns, Xml},
    number,
};
use crate::ingest::read::ReadError;

#[derive(Clone, Debug)]
struct Level {
    start: u32,
    format: String,
    /// "第%1条", "%1.%2".
    text: String,
    /// All numbers in Arabic digits.
    legal: bool,
    /// Starts over after a paragraph of this level, from 1, or above; 0 is never; `None` after any above.
    restart: Option<u8>,
}

impl Default for Level {
    fn default() -> Self {
        Self { start: 1, format: "decimal".to_owned(), text: String::new(), legal: false, restart: None }
    }
}

const LEVELS: usize = 9;

#[derive(Debug, Default)]
struct Abstract {
    levels: HashMap<usize, Level>,
    /// The list style that holds the levels instead.
    linked: Option<String>,
    /// The list style that these levels belong to.
    style: Option<String>,
}

#[derive(Debug, Default)]
struct List {
    abstract_id: String,
    starts: HashMap<usize, u32>,
    levels: HashMap<usize, Level>,
}

/// The lists of a document and how far each has counted.
#[derive(Debug, Default)]
pub struct Numbering {
    abstracts: HashMap<String, Abstract>,
    lists: HashMap<String, List>,
    counters: HashMap<String, [Option<u32>; LEVELS]>,
    started: HashSet<(String, usize)>,
}

impl Numbering {
    pub fn read(xml: &mut Xml<'_>) -> Result<Self, ReadError> {
        let mut numbering = Self::default();
        while let Some(element) = xml.child(0)? {
            if element.is(Ns::Word, "abstractNum")
                && let Some(id) = element.attr("abstractNumId").map(str::to_owned)
            {
                numbering.abstracts.insert(id, read_abstract(xml)?);
            } else if element.is(Ns::Word, "num")
                && let Some(id) = element.attr("numId").map(str::to_owned)
            {
                numbering.lists.insert(id, read_list(xml)?);
            }
        }
        Ok(numbering)
    }

    /// What is printed before the next paragraph of this list and level, with what parts it from the text; `None`
    /// where the list is none.
    pub fn next(&mut self, list_id: &str, level: u8) -> Option<String> {
        let at = usize::from(level).min(LEVELS - 1);
        let list = self.lists.get(list_id)?;
        let abstract_id = self.resolve(&list.abstract_id)?;
        let levels = &self.abstracts.get(&abstract_id)?.levels;
        let of = |at: usize| list.levels.get(&at).or_else(|| levels.get(&at));
        let level = of(at)?.clone();
        let counters = self.counters.entry(abstract_id).or_default();
        if let Some(start) = list.starts.get(&at)
            && self.started.insert((list_id.to_owned(), at))
        {
            counters[at] = start.checked_sub(1);
            if *start == 0 {
                counters[at] = None;
            }
        }
        let value = counters[at].map_or(list.starts.get(&at).copied().unwrap_or(level.start), |n| n.saturating_add(1));
        counters[at] = Some(value);
        for (deeper, counter) in counters.iter_mut().enumerate().skip(at + 1) {
            let restarts = match of(deeper).and_then(|level| level.restart) {
                Some(0) => false,
                Some(after) => at < usize::from(after),
                None => true,
            };
            if restarts {
                *counter = None;
            }
        }
        // Levels above that no paragraph has used count as begun.
        for (above, counter) in counters.iter_mut().enumerate().take(at) {
            if counter.is_none() {
                *counter = Some(of(above).map_or(1, |level| level.start));
            }
        }
        let numbers = *counters;
        if level.format == "bullet" {
            return Some("- ".to_owned());
        }
        let mut printed = String::new();
        let mut rest = level.text.chars().peekable();
        while let Some(c) = rest.next() {
            match rest.peek().and_then(|digit| digit.to_digit(10)) {
                Some(digit @ 1..=9) if c == '%' => {
                    rest.next();
                    let of_level = digit as usize - 1;
                    let format = if level.legal { "decimal" } else { of(of_level).map_or("decimal", |l| &l.format) };
                    if let Some(n) = numbers[of_level] {
                        printed.push_str(&number::format(n, format).unwrap_or_default());
                    }
                }
                _ => printed.push(c),
            }
        }
        let printed = printed.trim();
        // Chinese numbers that end in punctuation stand close to the text.
        let apart = match printed.chars().next_back() {
            None | Some('、' | '）' | '．' | '：' | '，') => "",
            Some(c) if c >= '\u{2e80}' => "\u{3000}",
            Some(_) => " ",
        };
        Some(format!("{printed}{apart}"))
    }

    /// Follows a list style to the levels that it stands for.
    fn resolve(&self, id: &str) -> Option<String> {
        let own = self.abstracts.get(id)?;
        let Some(style) = own.linked.as_deref().filter(|_| own.levels.is_empty()) else { return Some(id.to_owned()) };
        self.abstracts.iter().find(|(_, other)| other.style.as_deref() == Some(style)).map(|(id, _)| id.clone())
    }
}

fn read_abstract(xml: &mut Xml<'_>) -> Result<Abstract, ReadError> {
    let depth = xml.depth();
    let mut found = Abstract::default();
    while let Some(element) = xml.child(depth)? {
        match element.name.as_str() {
            "lvl" => {
                let at = element.attr("ilvl").and_then(|at| at.parse().ok()).unwrap_or(0);
                found.levels.insert(at, read_level(xml)?);
            }
            "numStyleLink" => found.linked = element.attr("val").map(str::to_owned),
            "styleLink" => found.style = element.attr("val").map(str::to_owned),
            _ => {}
        }
    }
    Ok(found)
}

fn read_list(xml: &mut Xml<'_>) -> Result<List, ReadError> {
    let depth = xml.depth();
    let mut list = List::default();
    let mut level = 0;
    while let Some(element) = xml.child(depth)? {
        let value = element.attr("val");
        match element.name.as_str() {
            "abstractNumId" => value.unwrap_or_default().clone_into(&mut list.abstract_id),
            "lvlOverride" => level = element.attr("ilvl").and_then(|at| at.parse().ok()).unwrap_or(0),
            "startOverride" => {
                if let Some(start) = value.and_then(|value| value.parse().ok()) {
                    list.starts.insert(level, start);
                }
            }
            "lvl" => {
                list.levels.insert(level, read_level(xml)?);
            }
            _ => {}
        }
    }
    Ok(list)
}

fn read_level(xml: &mut Xml<'_>) -> Result<Level, ReadError> {
    let depth = xml.depth();
    let mut level = Level::default();
    while let Some(element) = xml.child(depth)? {
        let value = element.attr("val");
        match element.name.as_str() {
            "start" => level.start = value.and_then(|value| value.parse().ok()).unwrap_or(1),
            "numFmt" => {
                if let Some(format) = value {
                    format.clone_into(&mut level.format);
                }
            }
            "lvlText" => value.unwrap_or_default().clone_into(&mut level.text),
            "isLgl" => level.legal = element.is_on(),
            "lvlRestart" => level.restart = value.and_then(|value| value.parse().ok()),
            _ => {}
        }
    }
    Ok(level)
}
