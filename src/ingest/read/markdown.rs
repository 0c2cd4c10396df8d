//! Markdown: stored as written (tables and lists stay what they are); headings make the sections.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::outline::Mark;

/// What Markdown marks up.
pub struct Markdown<'a> {
    /// Without the front matter.
    pub text: &'a str,
    pub title: Option<String>,
    pub headings: Vec<Mark>,
}

pub fn parse(source: &str) -> Markdown<'_> {
    let (front, text) = front_matter(source);
    let mut headings: Vec<Mark> = Vec::new();
    let mut open: Option<(u8, String)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => open = Some((level as u8, String::new())),
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, title)) = &mut open {
                    title.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, title)) = open.take() {
                    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
                    if !title.is_empty() {
                        headings.push(Mark::heading(range.start, range.end, level, title));
                    }
                }
            }
            _ => {}
        }
    }
    let first = headings.first().filter(|mark| mark.level == Some(1)).map(|mark| mark.name.clone());
    Markdown { text, title: front.or(first), headings }
}

/// The title that YAML front matter gives, and the text after it.
fn front_matter(source: &str) -> (Option<String>, &str) {
    let Some((front, text)) = source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) else {
        return (None, source);
    };
    let title = front.lines().find_map(|line| line.strip_prefix("title:"));
    let title = title.map(|title| title.trim().trim_matches(['"', '\'']).to_owned()).filter(|title| !title.is_empty());
    (title, text)
}

#[cfg(test)]
mod tests {
    use super::{super::outline, *};

    #[test]
    fn headings_make_sections_and_tables_stay() {
        let source = "---\ntitle: \"药品 说明\"\n---\n# 说明书\n\n前文\n\n## 用法 *用量*\n\n- 一日三次\n\n| 剂量 | 频次 |\n| --- | --- |\n| 5 mg | 3 |\n\n```\n# not a heading\n```\n\nSetext\n------\nend\n";
        let parsed = parse(source);
        assert_eq!(parsed.title.as_deref(), Some("药品 说明"));
        let sections = outline::sections(parsed.text, parsed.headings, None);
        let found: Vec<_> =
            sections.iter().map(|s| (s.locator.as_str(), s.span.of(parsed.text).expect("fits"))).collect();
        assert_eq!(found[0], ("前言", "前文"));
        assert_eq!(found[1].0, "用法 用量");
        assert!(found[1].1.starts_with("- 一日三次") && found[1].1.contains("| 5 mg | 3 |\n\n```\n# not a heading"));
        assert_eq!(found[2], ("Setext", "end"));
    }

    #[test]
    fn without_headings_there_are_none() {
        let parsed = parse("just words\n\n* a\n* b\n");
        assert!(parsed.headings.is_empty() && parsed.title.is_none());
    }
}
