//! Plain text: the first short line is the title; numbered lines are headings; articles are found by `outline`.

use std::sync::LazyLock;

use regex::Regex;

use super::outline::Mark;

/// "一、概述", "（二）方法", "1.2 Methods", "Chapter 3 …", "Item 1A. …" on a line of its own.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:([一二三四五六七八九十]{1,3})、\S|(（[一二三四五六七八九十]{1,3}）)\S|(\d{1,2}(?:\.\d{1,2}){1,3})\.?\s+\S|((?:Chapter|CHAPTER|Part|PART|Appendix|APPENDIX|Annex|ANNEX|Item|ITEM)\s+[0-9IVXLC]+[A-Z]?)\b)",
    )
    .expect("a constant pattern")
});

/// Longest heading, in columns (a Chinese character counts two).
const HEADING_COLUMNS: usize = 80;

pub fn headings(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let title = line.trim();
        if short(title)
            && let Some(found) = HEADING.captures(line)
        {
            let level = if found.get(2).is_some() {
                3
            } else if let Some(number) = found.get(3) {
                2 + u8::try_from(number.as_str().matches('.').count()).unwrap_or(3)
            } else {
                2
            };
            marks.push(Mark::heading(start, start + line.len(), level, title.to_owned()));
        }
        start += line.len();
    }
    marks
}

/// The first line, where it reads as a title.
pub fn title(text: &str) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    short(line).then_some(line)
}

fn short(line: &str) -> bool {
    let columns: usize = line.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum();
    columns <= HEADING_COLUMNS && !line.ends_with(['。', '；', '，', '：', ';', ',', ':', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_lines_are_headings_and_list_items_are_not() {
        let text = "专家共识\n一、概述\n二甲双胍是一线药物。\n（一）机制\n1. 恶心\n2. 呕吐\n1.1 适应证\n一、这是一个以句号结束的句子。\n";
        let found: Vec<_> = headings(text).into_iter().map(|mark| (mark.level, mark.name)).collect();
        let expected = [(Some(2), "一、概述"), (Some(3), "（一）机制"), (Some(3), "1.1 适应证")];
        assert_eq!(found, expected.map(|(level, name)| (level, name.to_owned())));
        assert_eq!(title(text), Some("专家共识"));
        assert_eq!(title("\n  This is a sentence that ends.\n"), None);
    }
}
