//! Sections to chunks: small enough to embed, cut where a reader would pause.
//!
//! A section that fits stays whole. A longer one is cut at the best border within reach: blank line, line, item
//! ((一), (a), 1.), sentence, clause, and only then between words. Chunks never cross sections, never overlap, and
//! together hold every character of the section that is not white space at their edges.

use super::read::place::{self, Place};
use crate::{
    domain::{
        document::{Document, Section},
        text::Span,
    },
    ports::NewChunk,
    text::sentence,
};

/// How large a chunk may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkOptions {
    /// Estimated tokens of a chunk's text at most. The encoder reads 512 tokens, title and headings included.
    pub max_tokens: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { max_tokens: 350 }
    }
}

/// A quarter of a token is the unit of the estimate.
const PER_TOKEN: usize = 4;

/// Tokens that a multilingual vocabulary needs, estimated by characters: a Chinese character 3/4, a digit 1/2, any
/// other 1/4.
pub fn estimate_tokens(text: &str) -> usize {
    text.chars().map(weight).sum::<usize>().div_ceil(PER_TOKEN)
}

fn weight(c: char) -> usize {
    match c {
        '0'..='9' => 2,
        c if c >= '\u{2e80}' => 3,
        _ => 1,
    }
}

/// Cuts every section of `document`, in reading order. `places`, in order, tell where its lines stand on pages.
pub fn chunks(document: &Document, places: &[Place], options: ChunkOptions) -> Vec<NewChunk> {
    let mut chunks: Vec<NewChunk> =
        document.sections.iter().flat_map(|section| section_chunks(&document.text, section, options)).collect();
    for chunk in &mut chunks {
        let own = place::within(places, chunk.span);
        chunk.page = own.first().map(|place| place.page).or(chunk.page);
        chunk.boxes = own.iter().filter_map(Place::page_box).collect();
    }
    chunks
}

fn section_chunks(text: &str, section: &Section, options: ChunkOptions) -> Vec<NewChunk> {
    let Some(body) = section.span.of(text) else { return Vec::new() };
    cut(body, options.max_tokens.max(1) * PER_TOKEN)
        .into_iter()
        .map(|span| NewChunk {
            locator: section.locator.clone(),
            path: section.path.clone(),
            page: section.page,
            span: span.shifted(section.span.start()),
            boxes: Vec::new(),
        })
        .collect()
}

/// How good a place is to cut; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Border {
    BlankLine,
    Line,
    Item,
    Sentence,
    Clause,
    Word,
}

/// A stretch that is never cut, and the border in front of it.
struct Piece {
    start: usize,
    border: Border,
    /// Weight of everything before it.
    before: usize,
}

/// Spans of at most `limit` weight, trimmed.
fn cut(body: &str, limit: usize) -> Vec<Span> {
    let total: usize = body.chars().map(weight).sum();
    if total <= limit {
        return trimmed(body, Span::new(0, body.len())).into_iter().collect();
    }
    let pieces = pieces(body, limit);
    let weight_at = |at: usize| pieces.get(at).map_or(total, |piece| piece.before);
    let byte_at = |at: usize| pieces.get(at).map_or(body.len(), |piece| piece.start);
    let mut spans = Vec::new();
    let mut from = 0;
    while from < pieces.len() {
        let to = end_of_chunk(&pieces, from, limit, total, &weight_at);
        spans.extend(trimmed(body, Span::new(byte_at(from), byte_at(to))));
        from = to;
    }
    spans
}

/// The piece at which the chunk that starts with piece `from` ends.
fn end_of_chunk(
    pieces: &[Piece],
    from: usize,
    limit: usize,
    total: usize,
    weight_at: &impl Fn(usize) -> usize,
) -> usize {
    let rest = total - weight_at(from);
    if rest <= limit {
        return pieces.len();
    }
    // Even shares with a quarter of slack, so that no crumb is left for the last chunk.
    let share = rest.div_ceil(rest.div_ceil(limit));
    let most = limit.min(share + share / 4);
    let least = most * 2 / 5;
    let reach = |at: &usize| weight_at(*at) - weight_at(from) <= most;
    (from + 1..pieces.len())
        .take_while(reach)
        .filter(|&at| weight_at(at) - weight_at(from) >= least)
        // The latest of the best.
        .min_by_key(|&at| (pieces[at].border, usize::MAX - at))
        .or_else(|| (from + 1..pieces.len()).take_while(reach).last())
        .unwrap_or(from + 1)
}

/// Every place where `body` may be cut. No piece weighs more than `limit`.
fn pieces(body: &str, limit: usize) -> Vec<Piece> {
    let mut borders = vec![None; body.len() + 1];
    let mut mark = |at: usize, border: Border| {
        let known: &mut Option<Border> = &mut borders[at];
        *known = Some(known.map_or(border, |old| old.min(border)));
    };
    for sentence in sentence::sentences(body) {
        mark(sentence.start(), Border::Sentence);
    }
    let mut blank = false;
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        if line.trim().is_empty() {
            blank = true;
        } else {
            mark(start, if blank { Border::BlankLine } else { Border::Line });
            blank = false;
        }
        start += line.len();
    }
    let mut previous = '\n';
    for (at, c) in body.char_indices() {
        if matches!(c, '（' | '(')
            && matches!(previous, '；' | ';' | '：' | ':' | '。' | '\n' | ' ')
            && is_item(&body[at..])
        {
            mark(at, Border::Item);
        }
        if matches!(c, '，' | '；' | '：' | ';' | '、') || (matches!(c, ',' | ':') && body[at + 1..].starts_with(' '))
        {
            mark(at + c.len_utf8(), Border::Clause);
        }
        previous = c;
    }

    let mut pieces = vec![Piece { start: 0, border: Border::BlankLine, before: 0 }];
    // Weight so far; weight of the piece so far; the last space in it, with the weight before it.
    let (mut before, mut own, mut space) = (0, 0, None);
    for (at, c) in body.char_indices() {
        let w = weight(c);
        if at > 0
            && let Some(border) = borders[at]
        {
            pieces.push(Piece { start: at, border, before });
            (own, space) = (0, None);
        } else if own + w > limit {
            // Between words, unless what follows the last space is too long by itself.
            let (start, cut_before) = space.filter(|&(_, cut)| before - cut + w <= limit).unwrap_or((at, before));
            pieces.push(Piece { start, border: Border::Word, before: cut_before });
            (own, space) = (before - cut_before, None);
        }
        before += w;
        own += w;
        if c.is_whitespace() {
            space = Some((at + c.len_utf8(), before));
        }
    }
    pieces
}

/// Whether `text` starts with the mark of an item: （一）, (a), (12), (iv).
fn is_item(text: &str) -> bool {
    let inside = text.char_indices().skip(1).take(5).find(|(_, c)| matches!(c, '）' | ')'));
    let Some((end, _)) = inside else { return false };
    let open = text.chars().next().map_or(0, char::len_utf8);
    let inner = &text[open..end];
    !inner.is_empty()
        && (inner.chars().all(|c| "一二三四五六七八九十百".contains(c))
            || inner.chars().all(|c| c.is_ascii_digit())
            || (inner.len() <= 4 && inner.chars().all(|c| c.is_ascii_lowercase())))
}

/// `None` where there is nothing but white space.
fn trimmed(body: &str, span: Span) -> Option<Span> {
    let text = span.of(body)?;
    let start = span.start() + (text.len() - text.trim_start().len());
    let text = text.trim();
    (!text.is_empty()).then(|| Span::new(start, start + text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(body: &str, tokens: usize) -> Vec<&str> {
        cut(body, tokens * PER_TOKEN).into_iter().map(|span| span.of(body).expect("fits")).collect()
    }

    #[test]
    fn what_fits_stays_whole() {
        let article = "  借款人应当按照约定的期限返还借款。\n对借款期限没有约定的，借款人可以随时返还。 ";
        assert_eq!(texts(article, 350), [article.trim()]);
        assert!(texts(" \n\u{3000} ", 350).is_empty());
    }

    #[test]
    fn items_are_kept_together() {
        let article = "有下列情形之一的，合同无效：（一）一方以欺诈手段订立合同的；（二）恶意串通损害他人合法权益的；（三）违反法律的强制性规定的。";
        assert_eq!(
            texts(article, 30),
            [
                "有下列情形之一的，合同无效：（一）一方以欺诈手段订立合同的；",
                "（二）恶意串通损害他人合法权益的；（三）违反法律的强制性规定的。"
            ]
        );
    }

    #[test]
    fn paragraphs_come_before_sentences() {
        let text = "One two three four. Five six.\n\nSeven eight nine ten. Eleven twelve.";
        assert_eq!(texts(text, 12), ["One two three four. Five six.", "Seven eight nine ten. Eleven twelve."]);
    }

    #[test]
    fn a_sentence_without_end_is_cut_at_clauses_then_between_words() {
        let clauses = "甲方应当交付货物，".repeat(20);
        assert!(texts(&clauses, 40).iter().all(|chunk| chunk.ends_with('，')));
        let words = "word ".repeat(200);
        assert!(texts(&words, 20).iter().all(|chunk| chunk.split(' ').all(|word| word == "word")));
        let han = "法".repeat(1000);
        assert_eq!(texts(&han, 100).concat(), han);
    }

    fn prose() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[一-十法律合同]{1,40}",
            "[a-zA-Z0-9 ]{1,60}",
            Just("。".to_owned()),
            Just("，".to_owned()),
            Just("\n".to_owned()),
            Just("\n\n".to_owned()),
            Just("（一）".to_owned()),
            Just(" 😀\u{3000}".to_owned()),
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn chunks_hold_all_the_text_once(before in prose(), body in prose(), after in prose(), tokens in 1_usize..60) {
            let text = format!("{before}{body}{after}");
            let span = Span::new(before.len(), before.len() + body.len());
            let section = Section { locator: "1".to_owned(), path: Vec::new(), page: None, span };
            let chunks = section_chunks(&text, &section, ChunkOptions { max_tokens: tokens });
            let mut end = span.start();
            let mut held = String::new();
            for chunk in &chunks {
                let words = chunk.span.of(&text).expect("on character boundaries");
                prop_assert!(!words.is_empty() && words.trim() == words);
                prop_assert!(estimate_tokens(words) <= tokens);
                prop_assert!(chunk.span.start() >= end && chunk.span.end() <= span.end());
                prop_assert!(text[end..chunk.span.start()].trim().is_empty(), "only white space between chunks");
                end = chunk.span.end();
                held.push_str(words);
            }
            prop_assert!(text[end..span.end()].trim().is_empty());
            let solid = |s: &str| s.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&held), solid(&body));
        }
    }
}
