//! The figures that an answer may write: those that its sources or its question hold, each whole with its unit.

use std::collections::HashSet;

use super::lexicon::{Lexicon, Place};
use crate::{
    domain::text::Span,
    text::{date, overlap::is_han, quantity, reference},
};

/// Words that hold a numeral and, one character further, may count after all: 十分钟, 第一条.
const COUNTING_AFTER_ALL: [&str; 18] = [
    "十分",
    "一时",
    "一天天",
    "一日而",
    "几十",
    "几百",
    "几千",
    "几万",
    "几亿",
    "数十",
    "数百",
    "数千",
    "数万",
    "数亿",
    "上百",
    "上千",
    "上万",
    "好几",
];

/// Whether `c` writes a number or a part of one.
pub fn is_figure(c: char) -> bool {
    c.is_ascii_digit() || is_han_numeral(c) || (c.is_numeric() && !is_han(c))
}

const fn is_han_numeral(c: char) -> bool {
    matches!(
        c,
        '〇' | '零'
            | '○'
            | '一'
            | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '百'
            | '千'
            | '万'
            | '亿'
            | '兆'
            | '两'
            | '壹'
            | '贰'
            | '叁'
            | '肆'
            | '伍'
            | '陆'
            | '柒'
            | '捌'
            | '玖'
            | '拾'
            | '佰'
            | '仟'
            | '萬'
            | '億'
            | '兩'
    )
}

/// Every figure of some texts.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    known: Lexicon,
    /// Beginnings, up to and with a numeral, of words such as 统一, which start with another character.
    words: Vec<Vec<char>>,
    /// Letters and the numerals right behind them, in names such as B12 and N95.
    glued: HashSet<(char, char)>,
}

/// How far a text has gone along figures. It is asked for every token that a model might write next, so what it has
/// passed is noted and not looked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    place: Place,
    /// Bytes of the longest figure that was passed whole; 0 for none.
    whole: usize,
}

impl Figures {
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut literals, mut glued) = (Vec::new(), HashSet::new());
        for text in texts {
            literals.extend(self::literals(text));
            let pairs = text.chars().zip(text.chars().skip(1));
            glued.extend(pairs.filter(|(letter, c)| letter.is_ascii_alphabetic() && is_figure(*c)));
        }
        let mut words = Vec::new();
        for word in quantity::countless_words() {
            let counts = word.starts_with('第') || word.starts_with('成') || COUNTING_AFTER_ALL.contains(&word);
            if counts {
                continue;
            }
            if word.starts_with(is_figure) {
                literals.push(word.to_owned());
                continue;
            }
            let characters: Vec<char> = word.chars().collect();
            for at in (1..characters.len()).filter(|at| is_figure(characters[*at])) {
                words.push(characters[..=at].to_vec());
            }
        }
        literals.sort_unstable();
        literals.dedup();
        Self { known: Lexicon::of(&literals), words, glued }
    }

    /// Those that may be written, in no order that matters.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.known.strings()
    }

    /// `c` opens a figure.
    pub fn open(&self, c: char) -> Option<Way> {
        self.follow(Way { place: self.known.start(), whole: 0 }, c)
    }

    pub fn follow(&self, way: Way, c: char) -> Option<Way> {
        let place = self.known.follow(way.place, c.encode_utf8(&mut [0; 4]).as_bytes())?;
        let whole = if self.known.whole(place).is_some() { place.depth() } else { way.whole };
        Some(Way { place, whole })
    }

    /// Whether some figure begins with this byte.
    pub fn may_open(&self, byte: u8) -> bool {
        self.known.step(self.known.start(), byte).is_some()
    }

    /// Whether a character that begins with these bytes may come next.
    pub fn may_follow(&self, way: Way, bytes: &[u8]) -> bool {
        self.known.follow(way.place, bytes).is_some()
    }

    /// The longest figure among the first bytes gone, and what came after it.
    pub fn split(&self, way: Way) -> Option<(&str, &str)> {
        let (figure, rest) = self.known.path(way.place).split_at_checked(way.whole).filter(|_| way.whole > 0)?;
        Some((std::str::from_utf8(figure).ok()?, std::str::from_utf8(rest).ok()?))
    }

    /// Whether some text holds `c` right behind this letter.
    pub fn is_glued(&self, letter: char, c: char) -> bool {
        self.glued.contains(&(letter, c))
    }

    /// Whether `c` after `before` is part of a word that counts nothing: 一 in 统一.
    pub fn is_word(&self, before: &[char], c: char) -> bool {
        self.words.iter().any(|word| {
            let (last, head) = (word[word.len() - 1], &word[..word.len() - 1]);
            last == c && before.ends_with(head)
        })
    }
}

/// The figures of one text as they may be written, on one line.
fn literals(text: &str) -> Vec<String> {
    let mut spans: Vec<Span> = quantity::parse(text).into_iter().map(|q| q.span).collect();
    spans.extend(date::parse(text).into_iter().map(|d| d.span));
    spans.extend(reference::parse(text).into_iter().map(|r| r.span));
    let mut found: Vec<String> = spans.iter().filter_map(|span| from_figure(span.of(text)?)).collect();
    // A number that no reader knows may be copied with what is glued to it.
    let mut from = 0;
    while let Some(start) = text[from..].find(is_figure).map(|at| from + at) {
        let end = run_end(text, start);
        if !spans.iter().any(|span| span.start() <= start && end <= span.end()) {
            found.push(one_line(&text[start..end]));
        }
        from = end;
    }
    found
}

fn from_figure(surface: &str) -> Option<String> {
    let start = surface.find(is_figure)?;
    let before = surface[..start].chars().next_back();
    // "COVID-19" is no figure that 19 could be taken from, "$19" and "第十九条" are.
    let glued = before.is_some_and(|c| c.is_ascii_alphabetic());
    (!glued).then(|| one_line(surface[start..].trim_end()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The end of a run of numerals that starts at `start`: 3.5, 1,000, 10/12, 5mg, 三方.
fn run_end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let mut end = 0;
    let mut characters = rest.char_indices().peekable();
    let mut last = ' ';
    while let Some((at, c)) = characters.next() {
        let joins = matches!(c, '.' | ',' | ':' | '/' | '-' | '–' | '．')
            && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !is_figure(c) && !joins {
            let sign = matches!(c, '%' | '％' | '‰' | '℃' | '°');
            let glued = c.is_ascii_alphabetic() || (is_han(c) && is_han_numeral(last));
            if sign || (glued && is_han(c)) {
                end = at + c.len_utf8();
            } else if glued {
                end = at + rest[at..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len() - at);
            }
            break;
        }
        end = at + c.len_utf8();
        last = c;
    }
    start + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_copied_with_its_unit() {
        let found = literals("《民法典》第六百七十五条：72小时内，不超过5%，自2021年1月1日起，3.5亿元，三方。");
        for whole in ["六百七十五条", "72小时", "5%", "2021年1月1日", "3.5亿元"] {
            assert!(found.iter().any(|f| f == whole), "{whole}: {found:?}");
        }
        for part in ["72", "5", "3.5", "六百"] {
            assert!(!found.iter().any(|f| f == part), "{part}: {found:?}");
        }
        let english = literals("Art. 33(1): within 72 hours, up to EUR 20 million or 4% of turnover; take 5mg twice.");
        for whole in ["72 hours", "20 million", "4%", "5mg"] {
            assert!(english.iter().any(|f| f == whole), "{whole}: {english:?}");
        }
    }

    #[test]
    fn what_comes_after_a_figure_is_given_back() {
        let figures = Figures::of(["第5条", "5 mg"]);
        let gone = |figures: &Figures| [' ', 'm'].iter().try_fold(figures.open('5')?, |way, c| figures.follow(way, *c));
        assert_eq!(figures.split(gone(&figures).expect("one begins so")), None, "5 alone stands nowhere");
        let figures = Figures::of(["(5)", "5 mg"]);
        assert_eq!(figures.split(gone(&figures).expect("one begins so")), Some(("5", " m")));
    }

    #[test]
    fn words_that_count_nothing_are_free() {
        let figures = Figures::of([""]);
        assert!(figures.is_word(&['应', '当', '统'], '一'));
        assert!(!figures.is_word(&['应', '当', '第'], '一'), "第一条 is an article");
        assert!(figures.open('一').is_some(), "一般");
        assert!(figures.open('5').is_none());
        let place = figures.open('十');
        assert!(place.and_then(|p| figures.follow(p, '分')).is_none_or(|p| figures.split(p).is_none()), "十分钟");
    }
}
