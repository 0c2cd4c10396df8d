//! Pages of lines to one text: running headers and page numbers out, paragraphs joined over lines, columns and pages,
//! headings by size; each character still knows its page and box.

use std::collections::HashMap;

use super::{
    PageLines,
    layout::{Line, is_dotted},
    letters,
};
use crate::{
    domain::text::Span,
    ingest::read::{outline::Mark, place::Place, plain, prose::Prose},
};

/// The text of a PDF.
#[derive(Debug, Default)]
pub struct Paged {
    pub text: String,
    pub title: Option<String>,
    pub headings: Vec<Mark>,
    /// Where each line of the text stands, in order.
    pub places: Vec<Place>,
    /// Pages that hold nothing but pictures.
    pub pictures: usize,
    /// Their numbers, the first ten.
    pub without_text: Vec<u32>,
}

/// A line that stands at the edge of so many pages, or of all, is a running header.
const LEAST_REPEATS: usize = 3;
/// The outermost line of so many pages, in letters no larger than the text, is one of a chapter.
const LEAST_OUTERMOST: usize = 3;
/// Lines with the number of the page beside them on fewer pages are no running ones for that.
const LEAST_COUNTED: usize = 4;
/// A line at one height of fewer pages is no running one for standing there.
const LEAST_BARS: usize = 6;
/// Lines at the top and the bottom of a page that may be running ones.
const EDGE_LINES: usize = 2;
/// Fewer lines may be headings for the most part.
const LEAST_OF_SCAN: usize = 16;
/// A heading is this much larger than the text.
const LARGER: f32 = 1.12;
/// A longer line, in characters, is no heading.
const LONGEST_HEADING: usize = 90;

pub fn assemble(mut pages: Vec<PageLines>) -> Paged {
    drop_running(&mut pages);
    forget_usual_bold(&mut pages);
    let mut paged = Paged { pictures: pages.iter().filter(|page| page.pictures).count(), ..Paged::default() };
    paged.without_text = pages.iter().filter(|page| page.pictures).map(|page| page.number).take(10).collect();
    let mut body = body_size(&pages);
    let lines = || pages.iter().flat_map(|page| &page.lines).filter(|line| !line.row);
    let (headings, all) = (lines().filter(|line| is_heading(line, body)).count(), lines().count());
    if all >= LEAST_OF_SCAN && headings * 5 > all * 2 {
        // What programs recognise in scans has any size, and says nothing.
        body = 0.0;
    }
    let paragraphs = paragraphs(pages, body);
    let ranks = ranks(&paragraphs, body);
    let mut prose = Prose::default();
    for paragraph in &paragraphs {
        write(paragraph, level(paragraph, body, &ranks), &mut prose, &mut paged.places);
    }
    let Prose { text, headings, .. } = prose;
    paged.text = text;
    paged.title = title(&paged.text, &headings);
    if headings.is_empty() {
        paged.headings = plain::headings(&paged.text);
    } else {
        paged.headings = headings;
    }
    paged
}

/// The largest heading at the start, where it stands alone on its level; else the first line.
fn title(text: &str, headings: &[Mark]) -> Option<String> {
    let mut tops = headings.iter().filter(|mark| mark.level == Some(1));
    match (tops.next(), tops.next()) {
        (Some(top), None) if top.start < 2000 => Some(top.name.clone()),
        _ => plain::title(text).map(str::to_owned),
    }
}

/// A line and its height on the page, without what changes from page to page.
fn skeleton(line: &Line) -> String {
    let mut skeleton = String::new();
    // Front matter counts in Roman numerals.
    let (words, number) = match line.text.rsplit_once(char::is_whitespace) {
        Some((words, last)) if is_page_number(last) => (words, "#"),
        _ => (line.text.as_str(), ""),
    };
    for c in words.chars().chain(number.chars()).filter(|c| !c.is_whitespace()) {
        if c.is_ascii_digit() {
            if !skeleton.ends_with('#') {
                skeleton.push('#');
            }
        } else {
            skeleton.push(c);
        }
    }
    // Running lines stand at one height, in steps of six points.
    format!("{skeleton}@{:.0}", line.rect[1] / 6.0)
}

/// Whether a line is nothing but the number of its page.
fn is_page_number(text: &str) -> bool {
    let words = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '·' | '|' | '~'));
    let bare = words.to_lowercase();
    let bare = bare.trim_start_matches("page").trim_start_matches('第').trim_end_matches('页').trim();
    let numbers = bare.split(['/', ' ', 'o', 'f', '共', '页', '第', '，', ',']).filter(|part| !part.is_empty());
    let roman = !bare.is_empty() && bare.len() <= 6 && bare.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'l'));
    let count = numbers.clone().count();
    roman
        || ((1..=2).contains(&count) && numbers.clone().all(|n| n.len() <= 5 && n.bytes().all(|b| b.is_ascii_digit())))
}

/// A line of a table of contents: dots that lead to a page number. It says nothing that its heading does not say.
fn is_contents(line: &Line) -> bool {
    let number = line.text.rsplit(['.', '…', '·']).next().unwrap_or_default().trim();
    is_dotted(&line.text) && (1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn drop_running(pages: &mut [PageLines]) {
    for page in pages.iter_mut() {
        page.lines.retain(|line| !is_contents(line));
    }
    let edge = |lines: &[Line]| -> Vec<usize> {
        let mut order: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].row || lines.len() > 1).collect();
        order.sort_by(|a, b| lines[*b].rect[3].total_cmp(&lines[*a].rect[3]));
        let count = order.len();
        let mut edge: Vec<usize> = order.iter().take(EDGE_LINES).copied().collect();
        edge.extend(order.iter().skip(EDGE_LINES.max(count.saturating_sub(EDGE_LINES))));
        edge
    };
    let body = body_size(pages);
    let is_small = |line: &Line| line.size <= LARGER * body && !line.row;
    // The lines of the page beyond which nothing else stands.
    let is_outer = |line: &Line, [bottom, top]: [f32; 2]| line.rect[3] >= top - 1.0 || line.rect[1] <= bottom + 1.0;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut outermost: HashMap<String, usize> = HashMap::new();
    let mut bars: HashMap<(bool, i32), Vec<String>> = HashMap::new();
    for page in pages.iter() {
        let mut own: Vec<String> = edge(&page.lines).into_iter().map(|at| skeleton(&page.lines[at])).collect();
        own.sort();
        own.dedup();
        for text in own {
            *seen.entry(text).or_default() += 1;
        }
        let ends = ends(&page.lines);
        for line in page.lines.iter().filter(|line| is_outer(line, ends) && is_small(line)) {
            *outermost.entry(skeleton(line)).or_default() += 1;
        }
        for line in page.lines.iter().filter(|line| is_small(line)) {
            if let Some(bar) = bar(line, &page.lines) {
                bars.entry(bar).or_default().push(skeleton(line));
            }
        }
    }
    // At one height of most pages, apart from the text, and what stands there comes again.
    bars.retain(|_, lines| {
        let count = lines.len();
        lines.sort();
        lines.dedup();
        count >= LEAST_BARS.max(pages.len() / 2) && count * 2 >= lines.len() * 3
    });
    let counted = counting(pages, |line, ends| is_outer(line, ends) && is_small(line));
    // On both of two pages, at one height: that is no chance either.
    let many = LEAST_REPEATS.min(pages.len()).max(2).max(pages.len() / 4);
    for page in pages.iter_mut() {
        let edges = edge(&page.lines);
        let ends = ends(&page.lines);
        let runs: Vec<bool> = page
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                if !edges.contains(&at) {
                    return false;
                }
                let skeleton = skeleton(line);
                let repeats = seen.get(&skeleton).is_some_and(|pages| *pages >= many);
                let outer = is_outer(line, ends);
                let of_chapter = outermost.get(&skeleton).is_some_and(|pages| *pages >= LEAST_OUTERMOST);
                let counts =
                    counted.is_some_and(|before| outer && is_small(line) && numbers(line, page.number) == Some(before));
                let in_bar = || bar(line, &page.lines).is_some_and(|bar| bars.contains_key(&bar));
                repeats
                    || counts
                    || is_small(line) && (outer && of_chapter || in_bar())
                    || outer && is_page_number(&line.text)
            })
            .collect();
        let mut runs = runs.into_iter();
        page.lines.retain(|_| !runs.next().unwrap_or(false));
    }
}

/// How far the numbers that begin or end the outermost lines run ahead of the pages, where most pages have such lines: a
/// title beside the number of its page is a running one, however often it changes.
fn counting(pages: &[PageLines], is_edge: impl Fn(&Line, [f32; 2]) -> bool) -> Option<i64> {
    let mut ahead: HashMap<i64, usize> = HashMap::new();
    for page in pages {
        let ends = ends(&page.lines);
        let mut own: Vec<i64> = page
            .lines
            .iter()
            .filter(|line| is_edge(line, ends))
            .filter_map(|line| numbers(line, page.number))
            .collect();
        own.sort_unstable();
        own.dedup();
        for number in own {
            *ahead.entry(number).or_default() += 1;
        }
    }
    let (ahead, count) = ahead.into_iter().max_by_key(|(ahead, count)| (*count, *ahead))?;
    (count >= LEAST_COUNTED && count * 2 >= pages.len()).then_some(ahead)
}

/// How far the number that a line begins or ends with, beside other words, runs ahead of its page.
fn numbers(line: &Line, page: u32) -> Option<i64> {
    let mut words = line.text.split_whitespace();
    let (first, last) = (words.next()?, words.next_back()?);
    let number = |word: &str| word.parse::<i64>().ok().filter(|_| word.len() <= 5);
    Some(number(last).or_else(|| number(first))? - i64::from(page))
}

/// Which end of the page a line stands at, and at what height in steps of six points, where more space parts it from
/// the text than stands between the lines of that.
fn bar(line: &Line, lines: &[Line]) -> Option<(bool, i32)> {
    let [bottom, top] = ends(lines);
    let is_top = line.rect[3] >= top - 1.0;
    if !is_top && line.rect[1] > bottom + 1.0 {
        return None;
    }
    let gap = |upper: &Line, lower: &Line| upper.rect[1] - lower.rect[3];
    let to_next = lines
        .iter()
        .map(|other| if is_top { gap(line, other) } else { gap(other, line) })
        .filter(|gap| *gap > -1.0)
        .reduce(f32::min)?;
    let mut between: Vec<f32> = lines.windows(2).map(|pair| gap(&pair[0], &pair[1])).filter(|gap| *gap > 0.0).collect();
    between.sort_by(f32::total_cmp);
    let usual = between.get(between.len() / 2).copied().unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "within a million points")]
    let height = (line.rect[1].clamp(-1e6, 1e6) / 6.0).round() as i32;
    (to_next > line.size.max(2.0 * usual)).then_some((is_top, height))
}

/// Bottom of the lowest line and top of the highest.
fn ends(lines: &[Line]) -> [f32; 2] {
    let bottom = lines.iter().map(|line| line.rect[1]).fold(f32::MAX, f32::min);
    let top = lines.iter().map(|line| line.rect[3]).fold(f32::MIN, f32::max);
    [bottom, top]
}

/// Where most of the text is told to be bold, its fonts say so of everything, and bold type makes no heading.
fn forget_usual_bold(pages: &mut [PageLines]) {
    let (mut bold, mut all) = (0, 0);
    for line in pages.iter().flat_map(|page| &page.lines).filter(|line| !line.row) {
        let count = line.text.chars().count();
        all += count;
        bold += if line.bold { count } else { 0 };
    }
    if bold * 2 > all {
        pages.iter_mut().flat_map(|page| &mut page.lines).for_each(|line| line.bold = false);
    }
}

/// The font size of most characters.
fn body_size(pages: &[PageLines]) -> f32 {
    let mut sizes: HashMap<i32, usize> = HashMap::new();
    for line in pages.iter().flat_map(|page| &page.lines).filter(|line| !line.row) {
        *sizes.entry(half_points(line.size)).or_default() += line.text.chars().count();
    }
    let most = sizes.into_iter().max_by_key(|(size, count)| (*count, *size));
    most.map_or(0.0, |(size, _)| size as f32 / 2.0)
}

#[expect(clippy::cast_possible_truncation, reason = "a font size")]
fn half_points(size: f32) -> i32 {
    (size.clamp(0.0, 1000.0) * 2.0).round() as i32
}

/// Lines that read as one.
#[derive(Debug, Default)]
struct Paragraph {
    lines: Vec<(u32, Line)>,
    heading: bool,
}

impl Paragraph {
    fn text_length(&self) -> usize {
        self.lines.iter().map(|(_, line)| line.text.chars().count()).sum()
    }
}

fn paragraphs(pages: Vec<PageLines>, body: f32) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    for page in pages {
        for line in page.lines {
            let heading = is_heading(&line, body);
            let joins = paragraphs.last().is_some_and(|before| {
                before
                    .lines
                    .last()
                    .is_some_and(|(number, last)| goes_on(before, last, &line, *number == page.number, heading))
            });
            match paragraphs.last_mut().filter(|_| joins) {
                Some(paragraph) => paragraph.lines.push((page.number, line)),
                None => paragraphs.push(Paragraph { heading, lines: vec![(page.number, line)] }),
            }
        }
    }
    paragraphs
}

fn ends_sentence(text: &str) -> bool {
    text.ends_with(['。', '！', '？', '；', '：', '.', '!', '?', ';', ':', '”', '」'])
}

/// Whether `next` goes on with the paragraph that `last` ends so far.
fn goes_on(before: &Paragraph, last: &Line, next: &Line, same_page: bool, heading: bool) -> bool {
    if last.row || next.row || heading != before.heading {
        return false;
    }
    // Text without boxes, from a program that recognises scans, keeps its lines.
    let size = last.size.max(next.size);
    if size <= 0.0 || (last.size - next.size).abs() > 0.08 * size || starts_item(&next.text) {
        return false;
    }
    let [left, right] = last.edges;
    let width = (right - left).max(1.0);
    let chinese = last.text.chars().next_back().is_some_and(|c| c >= '\u{2e80}');
    let slack = if chinese { 2.2 * size } else { (0.2 * width).max(3.0 * size) };
    let full = last.seen[2] >= right - slack;
    let indented = next.seen[0] > next.edges[0] + 0.9 * size;
    let gap = next.seen[1] - last.seen[3];
    if same_page && last.block == next.block {
        let close = gap < 0.95 * size && gap > -0.8 * size;
        if heading {
            return close && before.text_length() + next.text.chars().count() <= LONGEST_HEADING;
        }
        let same_left = (next.seen[0] - last.seen[0]).abs() < 0.5 * size;
        return close && full && (!indented || (same_left && !ends_sentence(&last.text)));
    }
    // Over a column or a page only in the middle of a sentence.
    !heading && full && !indented && !ends_sentence(&last.text)
}

/// Whether a line begins an item, an article or a numbered heading.
fn starts_item(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let rest = chars.as_str();
    match first {
        '•' | '●' | '○' | '■' | '□' | '◆' | '▪' | '–' | '①'..='⑳' | '㈠'..='㈩' => true,
        '-' => rest.starts_with(' '),
        '第' => rest
            .chars()
            .take(10)
            .take_while(|c| !matches!(c, '，' | '。'))
            .any(|c| matches!(c, '条' | '章' | '节' | '编')),
        '(' | '（' => rest.chars().take(5).position(|c| matches!(c, ')' | '）')).is_some_and(|at| {
            at > 0 && rest.chars().take(at).all(|c| "一二三四五六七八九十".contains(c) || c.is_ascii_alphanumeric())
        }),
        '一'..='十' if "一二三四五六七八九十".contains(first) => {
            rest.trim_start_matches(|c| "一二三四五六七八九十".contains(c)).starts_with('、')
        }
        '0'..='9' => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.starts_with(['、', ')', '）', '．'])
                || (rest.starts_with(". ") || rest.starts_with('.') && rest[1..].starts_with(|c| c >= '\u{2e80}'))
        }
        _ => ["Article ", "Section ", "§ ", "Chapter ", "CHAPTER "].iter().any(|start| text.starts_with(start)),
    }
}

fn is_heading(line: &Line, body: f32) -> bool {
    let letters = line.text.chars().filter(|c| c.is_alphabetic()).count();
    let short = line.text.chars().count() <= LONGEST_HEADING;
    let ends =
        line.text.ends_with(['。', '；', '，', ';', ',', '：']) || (line.text.ends_with('.') && line.text.len() > 12);
    let large = line.size > LARGER * body;
    let bold = line.bold && line.size > 0.9 * body && line.seen[2] < line.edges[1] - 1.5 * line.size;
    !line.row && body > 0.0 && short && letters >= 2 && !ends && (large || bold)
}

/// Sizes of headings, the largest first.
fn ranks(paragraphs: &[Paragraph], body: f32) -> Vec<i32> {
    let headings = paragraphs.iter().filter(|paragraph| paragraph.heading);
    let mut sizes: Vec<i32> = headings
        .filter_map(|paragraph| paragraph.lines.first().map(|(_, line)| line.size))
        .filter(|size| *size > LARGER * body)
        .map(half_points)
        .collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    sizes
}

/// Headings deeper than this are text.
const DEEPEST: u8 = 6;

fn level(paragraph: &Paragraph, body: f32, ranks: &[i32]) -> Option<u8> {
    let line = paragraph.lines.first().map(|(_, line)| line).filter(|_| paragraph.heading)?;
    let rank = if line.size > LARGER * body {
        ranks.iter().position(|size| *size == half_points(line.size)).unwrap_or(ranks.len())
    } else {
        // Bold lines of the text's own size stand under all larger ones.
        ranks.len()
    };
    Some(u8::try_from(rank + 1).unwrap_or(DEEPEST).min(DEEPEST))
}

fn write(paragraph: &Paragraph, level: Option<u8>, prose: &mut Prose, places: &mut Vec<Place>) {
    let mut text = String::new();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (_, line) in &paragraph.lines {
        let words = spaced(&line.text);
        letters::append(&mut text, &words);
        let end = text.len();
        spans.push((end.saturating_sub(words.len()), end));
    }
    if text.trim().is_empty() {
        return;
    }
    match level {
        Some(level) => prose.heading(Some(level), text.clone()),
        None => prose.line(&text, paragraph.lines.first().is_some_and(|(_, line)| line.row || line.size <= 0.0)),
    }
    let start = prose.text.len() - text.len();
    for ((from, to), (page, line)) in spans.into_iter().zip(&paragraph.lines) {
        let rect = (line.size > 0.0).then_some(line.rect);
        places.push(Place { span: Span::new(start + from, start + to), page: *page, rect });
    }
}

/// One space for any white space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
