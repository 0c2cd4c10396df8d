//! What may be quoted of one piece of evidence: whole clauses, byte for byte.

use super::lexicon::{Lexicon, Place};
use crate::text::{date, overlap::is_han, quantity, reference};

/// Shorter quotations say nothing: bytes.
const SHORTEST: usize = 12;
/// Characters that end a line or a quotation, or would be read as a citation: no quotation runs over them.
const BREAKS: [char; 8] = ['\n', '\r', '[', ']', '「', '」', '"', '\u{fffd}'];

/// The clauses of one text.
#[derive(Clone, Debug, Default)]
pub struct Quotes {
    endings: Lexicon,
    /// Bytes of the text at which a quotation may end.
    may_end: Vec<bool>,
}

impl Quotes {
    /// A quotation starts and ends at the border of a clause, and never within a figure.
    pub fn of(text: &str) -> Self {
        let mut may_end = vec![false; text.len() + 1];
        let mut starts = Vec::new();
        let mut inside: Vec<_> = quantity::parse(text).into_iter().map(|q| q.span).collect();
        inside.extend(date::parse(text).into_iter().map(|d| d.span));
        inside.extend(reference::parse(text).into_iter().map(|r| r.span));
        let whole = |at: usize| !inside.iter().any(|span| span.start() < at && at < span.end());
        for (from, piece) in pieces(text) {
            let end = from + piece.trim_end().len();
            let mut opens = true;
            let mut characters = piece.char_indices().peekable();
            while let Some((at, c)) = characters.next() {
                let (at, after) = (from + at, from + at + c.len_utf8());
                if opens && !c.is_whitespace() && !is_mark(c) {
                    // From here on there must be an end that is far enough.
                    if whole(at) && at + SHORTEST <= end {
                        starts.push((at, end));
                    }
                    opens = false;
                }
                // A half-width mark within a number or a word is none.
                let parts =
                    !c.is_ascii() || characters.peek().is_none_or(|(_, next)| next.is_whitespace() || is_han(*next));
                if matches!(c, '，' | '。' | '；' | '！' | ',' | '.' | ';' | '!') && parts {
                    may_end[at] = whole(at);
                    may_end[after] = whole(after);
                    opens = true;
                } else if matches!(c, '？' | '?') {
                    // A question answers nothing.
                    opens = true;
                } else if matches!(c, '：' | '（' | '(' | ':') {
                    opens = true;
                }
            }
            may_end[end] = true;
        }
        Self { endings: Lexicon::within(text, starts), may_end }
    }

    pub fn is_empty(&self) -> bool {
        self.endings.is_empty()
    }

    pub fn start(&self) -> Place {
        self.endings.start()
    }

    pub fn step(&self, place: Place, byte: u8) -> Option<Place> {
        self.endings.step(place, byte)
    }

    /// Whether a quotation may end here.
    pub fn may_end(&self, place: Place) -> bool {
        place.depth() >= SHORTEST && self.endings.positions(place).any(|at| self.may_end[at])
    }
}

const fn is_mark(c: char) -> bool {
    matches!(
        c,
        '，' | '。' | '；' | '：' | '！' | '？' | '、' | '）' | ',' | '.' | ';' | ':' | '!' | '?' | ')' | '-' | '*'
    )
}

/// The parts of `text` between [`BREAKS`], each with where it starts; only those that a quotation can end in.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    text.split(BREAKS).filter_map(move |piece| {
        let start = from;
        let after = start + piece.len();
        from = after + text[after..].chars().next().map_or(0, char::len_utf8);
        (piece.trim().len() >= SHORTEST).then_some((start, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARTICLE: &str =
        "对借款期限没有约定的，借款人可以随时返还；贷款人可以催告借款人在30日内返还。\n但是[1]另有约定的除外。";

    fn quotable(text: &str, quote: &str) -> bool {
        let quotes = Quotes::of(text);
        let place = quote.bytes().try_fold(quotes.start(), |place, byte| quotes.step(place, byte));
        place.is_some_and(|place| quotes.may_end(place))
    }

    #[test]
    fn whole_clauses_may_be_quoted() {
        assert!(quotable(ARTICLE, "借款人可以随时返还"));
        assert!(quotable(ARTICLE, "借款人可以随时返还；贷款人可以催告借款人在30日内返还。"));
        assert!(!quotable(ARTICLE, "款人可以随时返还"), "starts within a clause");
        assert!(!quotable(ARTICLE, "借款人可以随时"), "ends within a clause");
        assert!(!quotable(ARTICLE, "贷款人可以催告借款人在30"), "ends within a figure");
        assert!(!quotable(ARTICLE, "借款人可以随时归还"), "stands nowhere");
        assert!(!quotable(ARTICLE, "在30日内返还。\n但是"), "runs over a line");
        assert!(quotable(ARTICLE, "另有约定的除外"));
    }

    #[test]
    fn points_within_numbers_are_no_borders() {
        let text = "The dose is 3.5 mg a day, or 1,000 units, whichever is less.";
        assert!(quotable(text, "The dose is 3.5 mg a day"));
        assert!(!quotable(text, "The dose is 3"));
        assert!(!quotable(text, "5 mg a day, or 1,000 units"));
    }

    #[test]
    fn every_way_into_a_quotation_leads_out_of_it() {
        for text in [
            ARTICLE,
            "A long clause that stands here, short.  \nAnother one of them; no.",
            "原告,被告均到庭参加诉讼,准予离婚",
        ] {
            let quotes = Quotes::of(text);
            assert!(!quotes.is_empty());
            let mut open = vec![quotes.start()];
            while let Some(place) = open.pop() {
                let next: Vec<_> = (0..=255).filter_map(|byte| quotes.step(place, byte)).collect();
                assert!(!next.is_empty() || quotes.may_end(place), "{text}: a dead end after {} bytes", place.depth());
                open.extend(next);
            }
        }
        assert!(quotable("原告,被告均到庭参加诉讼,准予离婚", "被告均到庭参加诉讼"), "half-width marks between Chinese");
    }

    #[test]
    fn too_little_to_quote_is_nothing() {
        assert!(Quotes::of("是。").is_empty());
        assert!(Quotes::of("").is_empty());
    }
}
