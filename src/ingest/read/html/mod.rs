//! HTML: the words that a reader sees, in order, with headings, lists and the rows of tables as sentences; navigation and
//! scripts dropped.

mod table;

use std::sync::LazyLock;

use regex::bytes::Regex;
use scraper::{ElementRef, Html, Node, Selector, node::Element};
use table::{Grid, Kind, Reach};

use super::{
    outline::Mark,
    prose::Prose,
    table::{Unit, is_caption},
};

/// The text of a page.
#[derive(Debug, Default)]
pub struct Page {
    pub text: String,
    pub title: Option<String>,
    pub headings: Vec<Mark>,
}

/// The encoding that a page names in its first bytes.
pub fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    static CHARSET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)"#)
            .expect("a constant pattern")
    });
    let head = &bytes[..bytes.len().min(2048)];
    CHARSET.captures(head).and_then(|found| std::str::from_utf8(found.get(1)?.as_bytes()).ok())
}

/// The text of a page; `None` where elements nest deeper than [`DEEPEST`].
pub fn parse(source: &str) -> Option<Page> {
    if depth(source.as_bytes()) > DEEPEST {
        return None;
    }
    let html = Html::parse_document(source);
    let select = |name: &str| Selector::parse(name).ok();
    let mut mains = select("main").into_iter().flat_map(|main| html.select(&main).collect::<Vec<_>>());
    let root = match (mains.next(), mains.next()) {
        (Some(main), None) => main,
        _ => html.root_element(),
    };
    let mut writer = Writer::default();
    writer.walk(root);
    let mut page = writer.finish();
    let named = select("title")
        .and_then(|title| html.select(&title).next().map(|title| squeeze(&title.text().collect::<String>())));
    let mut tops = page.headings.iter().filter(|mark| mark.level == Some(1));
    page.title = match (tops.next(), tops.next()) {
        (Some(top), None) => Some(top.name.clone()),
        _ => named.filter(|title| !title.is_empty()),
    };
    Some(page)
}

/// No page that a person wrote nests this deep, and the time to parse one grows with the square of its depth.
pub const DEEPEST: usize = 4096;

/// Elements that often or always stay open, and so say nothing about nesting.
const UNCLOSED: &[&str] = &[
    "p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "col", "colgroup", "option", "optgroup", "br",
    "hr", "img", "input", "meta", "link", "area", "base", "embed", "source", "track", "wbr", "param", "rt", "rp",
];

/// How deep elements nest, by counting tags.
fn depth(source: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for at in tags(source) {
        let rest = &source[at + 1..];
        let (closing, rest) = rest.strip_prefix(b"/").map_or((false, rest), |rest| (true, rest));
        let end = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 || !rest[0].is_ascii_alphabetic() {
            continue;
        }
        let name = String::from_utf8_lossy(&rest[..end.min(16)]).to_ascii_lowercase();
        if UNCLOSED.contains(&name.as_str()) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

fn tags(source: &[u8]) -> impl Iterator<Item = usize> {
    source.iter().enumerate().filter(|(_, byte)| **byte == b'<').map(|(at, _)| at)
}

/// Never shown, or not part of what the page says.
const DROPPED: &[&str] = &[
    "script", "style", "noscript", "template", "head", "nav", "aside", "footer", "form", "button", "select", "iframe",
    "object", "svg", "canvas", "dialog", "audio", "video",
];

/// Ends the line before it and its own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "header",
    "hgroup",
    "hr",
    "html",
    "li",
    "main",
    "menu",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

#[derive(Debug, Default)]
struct Writer {
    page: Prose,
    /// The line that is being written.
    line: String,
    /// Number of the next item, for each open list; `None` in bullet lists.
    lists: Vec<Option<u32>>,
    /// What the line starts with, once it has words.
    bullet: Option<String>,
    /// Rows so far, for each open table.
    tables: Vec<Grid>,
    /// The cell that is open in each of them, with the line that it interrupted.
    cells: Vec<(Reach, String)>,
    /// Heads of tables that are open.
    heads: usize,
}

/// Lines above a table that may name it or its unit, and how long they are at most, in characters.
const LINES_ABOVE: usize = 3;
const LONGEST_ABOVE: usize = 60;

impl Writer {
    /// In document order without recursion: pages may nest deeper than the stack.
    fn walk(&mut self, root: ElementRef<'_>) {
        let mut node = *root;
        loop {
            match node.value() {
                Node::Element(element) => self.open(element),
                Node::Text(text) => self.words(text),
                _ => {}
            }
            let dropped = matches!(node.value(), Node::Element(element) if is_dropped(element));
            if let Some(child) = node.first_child().filter(|_| !dropped) {
                node = child;
                continue;
            }
            // Up to the next node that has a sibling, closing on the way.
            loop {
                if let Node::Element(element) = node.value() {
                    self.close(element.name());
                }
                if node.id() == root.id() {
                    return;
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                let Some(parent) = node.parent() else { return };
                node = parent;
            }
        }
    }

    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() || c == '\u{3000}' {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
        }
    }

    fn open(&mut self, element: &Element) {
        let name = element.name();
        match name {
            "ul" | "menu" => {
                self.words_or_flush();
                self.lists.push(None);
            }
            "ol" => {
                self.words_or_flush();
                self.lists.push(Some(element.attr("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1)));
            }
            "li" => {
                self.words_or_flush();
                let bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let bullet = format!("{number}. ");
                        *number = number.saturating_add(1);
                        bullet
                    }
                    _ => "- ".to_owned(),
                };
                if self.cells.is_empty() { self.bullet = Some(bullet) } else { self.line.push_str(&bullet) }
            }
            "table" => {
                self.words_or_flush();
                self.tables.push(Grid::default());
            }
            "thead" => self.heads += 1,
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.begin_row();
                }
            }
            "td" | "th" if !self.tables.is_empty() => {
                let reach = Reach::new(element.attr("colspan"), element.attr("rowspan"));
                self.cells.push((reach, std::mem::take(&mut self.line)));
            }
            "br" => self.words_or_flush(),
            _ if is_block(name) => self.words_or_flush(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "ul" | "ol" | "menu" => {
                self.words_or_flush();
                self.lists.pop();
            }
            "li" => {
                self.words_or_flush();
                self.bullet = None;
            }
            "td" | "th" => {
                let Some((reach, before)) = self.cells.pop() else { return };
                let text = std::mem::replace(&mut self.line, before);
                if let Some(table) = self.tables.last_mut() {
                    table.cell(&text, reach, name == "th" || self.heads > 0);
                }
            }
            "thead" => self.heads = self.heads.saturating_sub(1),
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_row();
                }
            }
            "caption" => {
                let caption = self.line.trim().to_owned();
                self.words_or_flush();
                if let Some(table) = self.tables.last_mut().filter(|_| !caption.is_empty()) {
                    table.caption = Some(caption);
                }
            }
            "table" => self.end_table(),
            _ if heading_level(name).is_some() && self.cells.is_empty() => self.end_heading(heading_level(name)),
            _ if is_block(name) => self.words_or_flush(),
            _ => {}
        }
    }

    /// A line ends; inside a table cell the cell goes on.
    fn words_or_flush(&mut self) {
        if self.cells.is_empty() {
            self.flush();
        } else if !self.line.is_empty() && !self.line.ends_with('\n') {
            self.line.push('\n');
        }
    }

    fn end_table(&mut self) {
        let Some(grid) = self.tables.pop() else { return };
        let kind = grid.finish();
        if !self.cells.is_empty() {
            // A table inside a cell becomes words of the cell.
            for text in lines_of(kind) {
                self.words_or_flush();
                self.words(&text);
            }
            return;
        }
        self.flush();
        match kind {
            Kind::Data(mut table) => {
                let above = || self.page.text.rsplit('\n').filter(|line| !line.is_empty()).take(LINES_ABOVE);
                let short = || above().filter(|line| line.chars().count() <= LONGEST_ABOVE);
                table.unit = short().find_map(Unit::stated);
                table.caption = table.caption.or_else(|| short().find(|line| is_caption(line)).map(str::to_owned));
                for line in table.read().lines {
                    self.page.line(&line.text, true);
                }
            }
            Kind::Layout(texts) => {
                for line in texts.iter().flat_map(|text| text.lines()) {
                    self.page.line(line.trim(), false);
                }
            }
        }
    }

    fn end_heading(&mut self, level: Option<u8>) {
        let title = self.line.trim().to_owned();
        self.line.clear();
        if title.is_empty() {
            return;
        }
        self.bullet = None;
        self.page.heading(level, title);
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        let item = !self.lists.is_empty();
        match self.bullet.take() {
            Some(bullet) => {
                let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
                self.page.line(&format!("{indent}{bullet}{line}"), true);
            }
            None => self.page.line(line, item),
        }
    }

    fn finish(mut self) -> Page {
        self.flush();
        Page { text: self.page.text, title: None, headings: self.page.headings }
    }
}

fn lines_of(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Data(table) => table.read().lines.into_iter().map(|line| line.text).collect(),
        Kind::Layout(texts) => texts,
    }
}

fn is_dropped(element: &Element) -> bool {
    DROPPED.contains(&element.name()) || element.attr("hidden").is_some() || element.attr("aria-hidden") == Some("true")
}

fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name) || heading_level(name).is_some()
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{super::outline, *};

    fn read(source: &str) -> Page {
        parse(source).expect("not too deep")
    }

    #[test]
    fn a_page_reads_as_a_person_reads_it() {
        let page = read(
            r#"<html><head><title>Metformin | Site</title><style>p{}</style></head><body>
            <nav><a href="/">Home</a></nav><script>alert("x")</script>
            <h1>Metformin</h1><p>For <b>type 2</b>
               diabetes.<br>Take with food.</p><div hidden>secret</div>
            <h2>Doses</h2><ul><li>500 mg<ol start="3"><li>daily</ol><li><p>850 mg</p></ul>
            <table><caption>Limits</caption><tr><th>eGFR</th><th>Dose</th></tr><tr><td>&lt; 30</td><td>none<br>at|all</td></tr></table>
            <h2>症状</h2><p>恶心　呕吐</p><footer>© 2026</footer></body></html>"#,
        );
        assert_eq!(page.title.as_deref(), Some("Metformin"));
        assert_eq!(
            page.text,
            "Metformin\n\nFor type 2 diabetes.\n\nTake with food.\n\nDoses\n\n- 500 mg\n  3. daily\n- 850 mg\n\nLimits\n\nLimits, eGFR < 30: Dose none at|all.\n\n症状\n\n恶心　呕吐"
        );
        let sections = outline::sections(&page.text, page.headings, None);
        let found: Vec<_> = sections.iter().map(|s| s.locator.as_str()).collect();
        assert_eq!(found, ["Preamble", "Doses", "症状"]);
        assert_eq!(sections[2].span.of(&page.text), Some("恶心　呕吐"));
    }

    #[test]
    fn broken_and_deep_pages_do_not_break_the_reader() {
        assert_eq!(read("<td>a</td><li>b</li></tr></ul><p>c").text, "a\n\n- b\n\nc");
        let deep = format!("{}x{}", "<div>".repeat(4000), "</div>".repeat(4000));
        assert_eq!(read(&deep).text, "x");
        assert!(parse(&"<b><div>".repeat(1_000_000)).is_none(), "refused at once, not parsed for hours");
        assert_eq!(read(&"<p>a<li>b<br><img>".repeat(2000)).text.matches('a').count(), 2000);
        assert_eq!(read("").text, "");
        let nested = "<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table>";
        assert_eq!(read(nested).text, "a\n\nb\n\nc");
        let layout = "<table><tr><td>before<ul><li>one<li>two</ul></td></tr><tr><td><p>第一条</p><p>甲</p></td></tr></table>after";
        assert_eq!(read(layout).text, "before\n\n- one\n\n- two\n\n第一条\n\n甲\n\nafter", "in the page's order");
    }

    #[test]
    fn the_named_encoding_is_found() {
        assert_eq!(declared_encoding(b"<html><meta charset=\"gb2312\">"), Some("gb2312"));
        let old = b"<META http-equiv='Content-Type' content='text/html; charset=Big5'>";
        assert_eq!(declared_encoding(old), Some("Big5"));
        assert_eq!(declared_encoding(b"<?xml version='1.0' encoding='GBK'?>"), Some("GBK"));
        assert_eq!(declared_encoding(b"charset=x"), None);
    }
}
