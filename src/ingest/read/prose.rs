//! Text as it is written down: lines, headings, and the blank lines between them.

use super::outline::Mark;

/// A text in the making.
#[derive(Debug, Default)]
pub struct Prose {
    pub text: String,
    pub headings: Vec<Mark>,
    /// Rows and items follow each other without a blank line.
    tight: bool,
}

impl Prose {
    /// Writes a line; `tight` lines follow each other without a blank one.
    pub fn line(&mut self, line: &str, tight: bool) {
        if !self.text.is_empty() {
            self.text.push_str(if tight && self.tight { "\n" } else { "\n\n" });
        }
        self.text.push_str(line);
        self.tight = tight;
    }

    /// Writes a heading on a line of its own.
    pub fn heading(&mut self, level: Option<u8>, title: String) {
        self.line(&title, false);
        let body = self.text.len();
        self.headings.push(Mark { start: body - title.len(), body, level, name: title });
    }
}

/// White space as single spaces. Nothing between two Chinese characters that a line end parted, nor between those of a
/// word that is spread over its cell ("合 计").
pub fn squeeze(text: &str) -> String {
    let mut words = text.split_whitespace().peekable();
    if words.peek().is_some() && words.clone().all(|word| word.chars().count() == 1 && word.starts_with(wide)) {
        return words.collect();
    }
    let mut squeezed = String::with_capacity(text.len());
    for line in text.lines() {
        let mut first = true;
        for word in line.split_whitespace() {
            if let (Some(before), Some(after)) = (squeezed.chars().next_back(), word.chars().next())
                && !(first && wide(before) && wide(after))
            {
                squeezed.push(' ');
            }
            squeezed.push_str(word);
            first = false;
        }
    }
    squeezed
}

/// Characters that are set without spaces between them.
fn wide(c: char) -> bool {
    c >= '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_headings_and_squeezed_words() {
        let mut prose = Prose::default();
        prose.heading(Some(1), "甲".to_owned());
        prose.line("a", true);
        prose.line("b", true);
        prose.line("c", false);
        assert_eq!(prose.text, "甲\n\na\nb\n\nc");
        assert_eq!((prose.headings[0].start, prose.headings[0].body), (0, 3));
        assert_eq!(squeeze(" 营业\n收入  (net of\ttax) "), "营业收入 (net of tax)");
        assert_eq!((squeeze("合　 计").as_str(), squeeze("第一章　总则").as_str()), ("合计", "第一章 总则"));
    }
}
