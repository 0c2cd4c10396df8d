//! Where each token of a unigram tokenizer stands in the text that it was cut from.
//!
//! llama.cpp gives ids, not places, and its tokenizer folds the text first: full-width forms become ASCII, runs of
//! spaces one mark, `㎏` two letters. So the text is folded here by the same table with a map back to its bytes, and
//! the pieces are laid along it. Where they do not fit, nothing is claimed.

use crate::{domain::text::Span, models::charsmap::Charsmap};

/// U+2581, the piece that stands for white space.
const SPACE: &str = "\u{2581}";

/// How a model's tokenizer folds a text before it cuts it.
#[derive(Clone, Debug)]
pub struct Folding {
    pub charsmap: Option<Charsmap>,
    /// The first word is opened by a space mark, too.
    pub space_first: bool,
    /// Runs of spaces are one.
    pub spaces_merged: bool,
}

/// A folded text; for each of its bytes, the source bytes that it stands for.
struct Folded {
    text: String,
    source: Vec<(usize, usize)>,
}

/// A token as its vocabulary writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Known(String),
    /// One or more characters that no piece holds.
    Unknown,
}

impl Folding {
    fn fold(&self, text: &str) -> Folded {
        let mut folded = Folded { text: String::with_capacity(text.len() + text.len() / 2), source: Vec::new() };
        let (mut prepended, mut in_word) = (false, false);
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let (taken, becomes) = self
                .charsmap
                .as_ref()
                .and_then(|map| map.look_up(rest.as_bytes()))
                .filter(|(taken, _)| rest.is_char_boundary(*taken))
                .unwrap_or((first.len_utf8(), &rest[..first.len_utf8()]));
            for c in becomes.chars() {
                if c == ' ' {
                    in_word = false;
                    if !self.spaces_merged {
                        folded.push(SPACE, (at, at + taken));
                    }
                    continue;
                }
                if !in_word {
                    in_word = true;
                    if (self.space_first && !prepended) || self.spaces_merged {
                        folded.push(SPACE, (at, at));
                        prepended = true;
                    }
                }
                folded.push(c.encode_utf8(&mut [0; 4]), (at, at + taken));
            }
            at += taken;
        }
        folded
    }

    /// The place of each piece in `text`; empty for a piece that is only a space mark. `None` where the pieces are
    /// not what this folding makes of the text.
    pub fn places(&self, text: &str, pieces: &[Piece]) -> Option<Vec<Span>> {
        let folded = self.fold(text);
        let mut at = 0;
        let mut places = Vec::with_capacity(pieces.len());
        for (index, piece) in pieces.iter().enumerate() {
            let rest = folded.text.get(at..)?;
            let len = match piece {
                Piece::Known(piece) => rest.starts_with(piece.as_str()).then_some(piece.len())?,
                // It reaches to where the next known piece begins.
                Piece::Unknown => match pieces.get(index + 1) {
                    Some(Piece::Known(next)) => {
                        let first = rest.chars().next()?.len_utf8();
                        first + rest.get(first..)?.find(next.as_str())?
                    }
                    Some(Piece::Unknown) => return None,
                    None => rest.len(),
                },
            };
            places.push(folded.source_of(at, at + len));
            at += len;
        }
        Some(places)
    }
}

impl Folded {
    fn push(&mut self, text: &str, source: (usize, usize)) {
        self.text.push_str(text);
        self.source.extend(std::iter::repeat_n(source, text.len()));
    }

    fn source_of(&self, from: usize, to: usize) -> Span {
        let real = || self.source[from..to].iter().filter(|(start, end)| start < end);
        let start = real().map(|(start, _)| *start).min();
        let end = real().map(|(_, end)| *end).max();
        let nowhere = self.source.get(from).map_or(0, |(start, _)| *start);
        Span::new(start.unwrap_or(nowhere), end.unwrap_or(nowhere))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::models::charsmap;

    fn folding() -> Folding {
        let mut table: Vec<(char, String)> = (0xff01_u32..0xff5f)
            .filter_map(|code| Some((char::from_u32(code)?, char::from_u32(code - 0xfee0)?.to_string())))
            .collect();
        table.extend([
            ('㎏', "kg".to_owned()),
            ('\u{3000}', " ".to_owned()),
            ('\t', " ".to_owned()),
            ('\u{200b}', String::new()),
        ]);
        let charsmap = charsmap::build(&table).and_then(|blob| Charsmap::parse(&blob));
        Folding { charsmap, space_first: true, spaces_merged: true }
    }

    fn known(pieces: &[&str]) -> Vec<Piece> {
        pieces.iter().map(|p| if *p == "?" { Piece::Unknown } else { Piece::Known((*p).to_owned()) }).collect()
    }

    fn texts<'t>(text: &'t str, pieces: &[&str]) -> Option<Vec<&'t str>> {
        let places = folding().places(text, &known(pieces))?;
        Some(places.iter().map(|span| span.of(text).expect("spans lie on characters")).collect())
    }

    #[test]
    fn pieces_find_their_bytes_through_folding() {
        assert_eq!(texts("７２小时", &["▁", "72", "小时"]).expect("it fits"), ["", "７２", "小时"]);
        assert_eq!(texts("5㎏ 铁", &["▁5", "k", "g", "▁", "铁"]).expect("it fits"), ["5", "㎏", "㎏", "", "铁"]);
        assert_eq!(texts("a  b", &["▁a", "▁b"]).expect("it fits"), ["a", "b"]);
        assert_eq!(texts("\u{3000}一\u{200b}二", &["▁", "一二"]).expect("it fits"), ["", "一\u{200b}二"]);
        assert_eq!(texts("甲𪚥𪚥乙", &["▁", "甲", "?", "乙"]).expect("it fits"), ["", "甲", "𪚥𪚥", "乙"]);
        assert_eq!(texts("甲𪚥", &["▁", "甲", "?"]).expect("it fits"), ["", "甲", "𪚥"]);
    }

    #[test]
    fn pieces_of_another_text_are_refused() {
        assert_eq!(texts("七十二", &["▁", "72"]), None);
        assert_eq!(texts("甲", &["▁", "甲", "乙"]), None);
        assert_eq!(texts("", &["▁"]), None);
    }

    proptest! {
        #[test]
        fn places_are_in_order_and_on_characters(text in "[ａ-ｚ７a-c一-五㎏ \u{3000}\u{200b}𪚥]{0,40}") {
            let folding = folding();
            let folded = folding.fold(&text);
            let pieces: Vec<Piece> = folded.text.chars().map(|c| Piece::Known(c.to_string())).collect();
            let places = folding.places(&text, &pieces).expect("its own characters fit");
            let mut last = 0;
            for place in places {
                prop_assert!(place.of(&text).is_some());
                prop_assert!(place.start() >= last || place.end() >= last);
                last = place.start();
            }
        }
    }
}
