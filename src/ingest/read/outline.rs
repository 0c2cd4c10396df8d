//! A text and the places where its parts begin, made into sections.

use std::ops::Range;

use super::{place::Place, statute};
use crate::{
    domain::{
        document::Section,
        text::{Lang, Span},
    },
    ingest::{assemble::UniqueNames, chunk},
    text::lang,
};

/// Where a part begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub start: usize,
    /// Where the text under it begins: after a heading, at the start of an article.
    pub body: usize,
    /// Level of a heading, from 1; `None` for an article.
    pub level: Option<u8>,
    /// The heading, or the locator of the article.
    pub name: String,
}

impl Mark {
    pub fn heading(start: usize, body: usize, level: u8, name: String) -> Self {
        Self { start, body, level: Some(level), name }
    }

    pub fn article(start: usize, locator: String) -> Self {
        Self { start, body: start, level: None, name: locator }
    }
}

/// Tokens that unstructured paragraphs are gathered up to: one chunk each.
const GATHERED_TOKENS: usize = 300;

/// Sections of `text`, in order. `headings` are those that the format itself marks; articles of law and their headings
/// are found in the text. Text without either is cut into runs of paragraphs.
///
/// What stands before the first part is a part of its own, unless it is nothing but the `title`.
pub fn sections(text: &str, mut headings: Vec<Mark>, title: Option<&str>) -> Vec<Section> {
    let dropped = drop_title(&mut headings);
    let lang = lang::detect(text);
    let mut marks = statute::marks(text);
    if marks.is_empty() {
        marks = headings;
    } else {
        // Structural headings of the statute rank among themselves; those that only the format knows stand above them.
        let known: Vec<usize> = marks.iter().map(|mark| mark.start).collect();
        let own = headings.into_iter().filter(|mark| !known.iter().any(|&at| (mark.start..mark.body).contains(&at)));
        let own: Vec<Mark> = own.collect();
        for mark in &mut marks {
            mark.level = mark.level.map(|level| level + 6);
        }
        marks.extend(own);
        marks.sort_by_key(|mark| mark.start);
    }
    if marks.is_empty() { paragraphs(text, lang) } else { by_marks(text, &marks, dropped, title, lang) }
}

/// Whether a text has parts of its own: headings besides a title, or articles of law.
pub fn is_structured(text: &str, headings: &[Mark]) -> bool {
    let mut own = headings.to_vec();
    drop_title(&mut own);
    !own.is_empty() || !statute::marks(text).is_empty()
}

/// The pages of a text that has no parts of its own, each with the paragraphs that begin on it.
pub fn pages(text: &str, places: &[Place]) -> Vec<Section> {
    let lang = lang::detect(text);
    let mut starts: Vec<(u32, usize)> = Vec::new();
    for place in places {
        let Some(before) = text.get(..place.span.start()) else { continue };
        let begins = before.is_empty() || before.ends_with('\n');
        if begins && starts.last().is_none_or(|(page, _)| *page != place.page) {
            starts.push((place.page, before.len()));
        }
    }
    let mut names = UniqueNames::default();
    let mut sections = Vec::new();
    for (at, (page, start)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(text.len(), |(_, next)| *next);
        let Some(span) = trimmed(text, *start, end) else { continue };
        let locator = match lang {
            Lang::Zh => format!("第{page}页"),
            Lang::En => format!("p. {page}"),
        };
        sections.push(Section { locator: names.name(&locator), path: Vec::new(), page: Some(*page), span });
    }
    sections
}

/// The first heading is the title, not a part, where it is of the first level and no other is. Returns where it stands.
fn drop_title(headings: &mut Vec<Mark>) -> Range<usize> {
    let tops = headings.iter().filter(|mark| mark.level == Some(1)).count();
    let is_title = tops == 1 && headings.first().is_some_and(|first| first.level == Some(1));
    if is_title {
        let title = headings.remove(0);
        title.start..title.body
    } else {
        0..0
    }
}

/// `dropped` is where the title stands that is no part; what comes before it is.
fn by_marks(text: &str, marks: &[Mark], dropped: Range<usize>, title: Option<&str>, lang: Lang) -> Vec<Section> {
    let mut names = UniqueNames::default();
    let mut sections = Vec::new();
    let mut push = |locator: &str, path: Vec<String>, from: usize, to: usize| {
        if let Some(span) = trimmed(text, from, to) {
            sections.push(Section { locator: names.name(locator), path, page: None, span });
        }
    };
    let first = marks.first().map_or(text.len(), |mark| mark.start);
    let preamble = if lang == Lang::Zh { "前言" } else { "Preamble" };
    push(preamble, Vec::new(), 0, dropped.start.min(first));
    if trimmed(text, dropped.end, first).and_then(|span| span.of(text)) != title {
        push(preamble, Vec::new(), dropped.end, first);
    }
    let mut path: Vec<(u8, &str)> = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let end = marks.get(at + 1).map_or(text.len(), |next| next.start);
        if let Some(level) = mark.level {
            path.retain(|(above, _)| *above < level);
        }
        let above = path.iter().map(|(_, heading)| (*heading).to_owned()).collect();
        push(&mark.name, above, mark.body.min(end), end);
        if let Some(level) = mark.level {
            path.push((level, &mark.name));
        }
    }
    sections
}

/// Runs of whole paragraphs, each named after its first.
fn paragraphs(text: &str, lang: Lang) -> Vec<Section> {
    let blank_lines = text.contains("\n\n");
    let borders = text.match_indices(if blank_lines { "\n\n" } else { "\n" }).map(|(at, _)| at);
    let mut sections = Vec::new();
    let mut run: Option<(Span, usize, usize)> = None;
    let mut from = 0;
    let mut number = 0_usize;
    let mut close = |(span, number, _): (Span, usize, usize)| {
        let locator = match lang {
            Lang::Zh => format!("第{number}段"),
            Lang::En => format!("para. {number}"),
        };
        sections.push(Section { locator, path: Vec::new(), page: None, span });
    };
    for to in borders.chain([text.len()]) {
        let paragraph = trimmed(text, from, to);
        from = to;
        let Some(span) = paragraph else { continue };
        number += 1;
        let tokens = chunk::estimate_tokens(span.of(text).unwrap_or_default());
        run = match run {
            Some((open, first, sum)) if sum + tokens <= GATHERED_TOKENS => {
                Some((open.cover(span), first, sum + tokens))
            }
            open => {
                open.into_iter().for_each(&mut close);
                Some((span, number, tokens))
            }
        };
    }
    run.into_iter().for_each(&mut close);
    sections
}

fn trimmed(text: &str, from: usize, to: usize) -> Option<Span> {
    let body = text.get(from..to)?;
    let start = from + (body.len() - body.trim_start().len());
    let body = body.trim();
    (!body.is_empty()).then(|| Span::new(start, start + body.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, headings: Vec<Mark>) -> Vec<(String, String, &str)> {
        sections(text, headings, Some("某某法"))
            .into_iter()
            .map(|s| (s.locator.clone(), s.path.join(" / "), s.span.of(text).expect("fits")))
            .collect()
    }

    #[test]
    fn a_statute_is_cut_by_article() {
        let text = "某某法\n（2020年通过）\n第一编　总则\n第一章　一般规定\n第一条　甲。\n　　乙。\n第二条　丙。\n第二编　分则\n第三条　丁。\n";
        let expected = [
            ("前言", "", "某某法\n（2020年通过）"),
            ("第一条", "第一编 总则 / 第一章 一般规定", "第一条　甲。\n　　乙。"),
            ("第二条", "第一编 总则 / 第一章 一般规定", "第二条　丙。"),
            ("第三条", "第二编 分则", "第三条　丁。"),
        ];
        let found = cut(text, Vec::new());
        assert_eq!(found.iter().map(|(l, p, t)| (l.as_str(), p.as_str(), *t)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn headings_nest_and_repeat() {
        let text = "T\nintro\nA\na\nB\nb\nA\nc\n";
        let at = |start: usize, level, name: &str| Mark::heading(start, start + 2, level, name.to_owned());
        let found = cut(text, vec![at(0, 1, "T"), at(8, 2, "A"), at(12, 3, "B"), at(16, 2, "A")]);
        let found: Vec<_> = found.iter().map(|(l, p, t)| (l.as_str(), p.as_str(), *t)).collect();
        assert_eq!(found, [("Preamble", "", "intro"), ("A", "", "a"), ("B", "A", "b"), ("A (2)", "", "c")]);
    }

    #[test]
    fn what_stands_before_the_title_is_not_lost() {
        let text = "kept\nT\nintro\nA\na\n";
        let at = |start: usize, level, name: &str| Mark::heading(start, start + 2, level, name.to_owned());
        let found = cut(text, vec![at(5, 1, "T"), at(13, 2, "A")]);
        let found: Vec<_> = found.iter().map(|(l, _, t)| (l.as_str(), *t)).collect();
        assert_eq!(found, [("Preamble", "kept"), ("Preamble (2)", "intro"), ("A", "a")]);
    }

    #[test]
    fn plain_paragraphs_are_gathered() {
        let text = format!("{}\n\n短。\n\n也短。", "长句。".repeat(200));
        let found = cut(&text, Vec::new());
        assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["第1段", "第2段"]);
        assert_eq!(found[1].2, "短。\n\n也短。");
    }

    proptest! {
        #[test]
        fn sections_fit_and_do_not_overlap(text in "(第[一二三]条　?[甲乙 ]{0,5}|[a-z ]{0,9}|第一章 总则|Article [1-9]\\.? [A-Z]|\n){0,30}") {
            let mut end = 0;
            let mut names = std::collections::HashSet::new();
            for section in sections(&text, Vec::new(), None) {
                prop_assert!(section.span.start() >= end);
                end = section.span.end();
                prop_assert!(section.span.of(&text).is_some_and(|words| !words.trim().is_empty()));
                prop_assert!(names.insert(section.locator));
            }
        }
    }
}
