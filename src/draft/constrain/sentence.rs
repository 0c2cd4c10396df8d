//! One sentence, byte by byte: prose without figures of its own, quotations that stand in the source they name, and
//! labels that exist, in this order of lines:
//!
//! ```text
//! 借款人可以随时返还。[1]            The loan may be repaid at any time. [1]
//! 依据[2]「…」，应当返还。           Under [2] "…", the loan is due.
//! [2]「…」                          [2] "…"
//! ```
//!
//! A label before a quotation says which source it is from, so that every byte of it can be checked as it is written.
//! There is no way into a state that cannot be left, so a generation never gets stuck.

use std::{borrow::Cow, sync::LazyLock};

use super::{
    figures::{Figures, Way, is_figure},
    gbnf,
    lexicon::{Lexicon, Place},
    quotes::Quotes,
};
use crate::{
    domain::{evidence::Evidence, text::Lang},
    text::{instruction, overlap::is_han},
};

/// A sentence ends at the next occasion once it has this many characters.
const LONGEST: u16 = 220;
/// Before this many it does not end.
const SHORTEST: u16 = 4;
/// Labels behind a sentence.
const MOST_LABELS: u8 = 3;

/// What the sentences of one answer may be made of.
#[derive(Debug)]
pub struct Rules {
    lang: Lang,
    labels: Lexicon,
    /// Labels of sources that something can be quoted from.
    quotable: Lexicon,
    /// In the order of `quotable`.
    quotes: Vec<Quotes>,
    opening: Lexicon,
    closing: &'static [u8],
    figures: Figures,
}

/// The marks that a quotation stands in.
pub const fn quotation_marks(lang: Lang) -> (char, char) {
    match lang {
        Lang::Zh => ('「', '」'),
        Lang::En => ('"', '"'),
    }
}

/// Where a sentence has got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    at: At,
    partial: Partial,
    /// The last characters, the latest last.
    recent: [char; 3],
    /// Characters so far; a quotation counts as four.
    length: u16,
    /// Letters of the word at hand, for telling the end of a sentence from an abbreviation.
    word: u8,
    /// A quotation has named its source.
    cited: bool,
    han: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Start,
    Prose,
    Figure(Way),
    /// In the label of a quotation.
    Mention(Place),
    /// Behind it; the quotation must open.
    Opening(u16, Place),
    /// The quotation so far, and how many bytes of its closing mark.
    Quote(u16, Option<Place>, u8),
    Quoted,
    /// Behind the last stop; the flag says that it ends a sentence and no abbreviation.
    Stopped(bool),
    Label(Place, u8),
    Labelled(u8),
    Done,
}

/// A character that is not complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Partial {
    bytes: [u8; 4],
    len: u8,
}

impl Partial {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Rules {
    /// `None` where there is nothing to cite: then nothing may be written.
    pub fn new(lang: Lang, question: &str, evidence: &[Evidence]) -> Option<Self> {
        if evidence.is_empty() {
            return None;
        }
        let label = |item: &Evidence| item.label.to_string();
        let mut quotable: Vec<(String, Quotes)> = evidence
            .iter()
            .map(|item| (label(item), Quotes::of(&instruction::blanked(&item.chunk.text))))
            .filter(|(_, quotes)| !quotes.is_empty())
            .collect();
        quotable.sort_by(|a, b| a.0.cmp(&b.0));
        // What gives orders to a model is no source of quotations or figures.
        let texts = evidence.iter().flat_map(|item| {
            [&item.chunk.text, &item.meta.title, &item.chunk.locator].map(|t| instruction::blanked(t))
        });
        let texts: Vec<Cow<'_, str>> = std::iter::once(Cow::Borrowed(question)).chain(texts).collect();
        let (opening, closing): (&[&str], &[u8]) = match lang {
            Lang::Zh => (&["「"], "」".as_bytes()),
            Lang::En => (&["\"", " \""], b"\""),
        };
        Some(Self {
            lang,
            labels: Lexicon::of(evidence.iter().map(label)),
            quotable: Lexicon::of(quotable.iter().map(|(label, _)| label)),
            quotes: quotable.into_iter().map(|(_, quotes)| quotes).collect(),
            opening: Lexicon::of(opening),
            closing,
            figures: Figures::of(texts.iter().map(AsRef::as_ref)),
        })
    }

    /// The nearest grammar that allows no less; see [`gbnf`].
    pub fn grammar(&self, optional: bool) -> String {
        gbnf::grammar(self.lang, self.labels.strings(), self.figures.written(), optional)
    }

    pub const fn start() -> State {
        State {
            at: At::Start,
            partial: Partial { bytes: [0; 4], len: 0 },
            recent: [' '; 3],
            length: 0,
            word: 0,
            cited: false,
            han: false,
        }
    }

    /// The sentence with its labels and its line break is there.
    pub const fn is_done(state: &State) -> bool {
        matches!(state.at, At::Done)
    }

    /// Nothing is written yet.
    pub const fn is_empty(state: &State) -> bool {
        matches!(state.at, At::Start) && state.partial.len == 0
    }

    /// Few continuations are possible, so that it is cheaper to list them than to try what the model likes best.
    pub fn is_narrow(&self, state: &State) -> bool {
        match state.at {
            At::Mention(_) | At::Opening(..) | At::Quote(..) | At::Label(..) | At::Labelled(_) | At::Done => true,
            At::Stopped(_) => self.lang == Lang::Zh,
            At::Figure(way) => self.leave_figure(state, way).is_none(),
            At::Start | At::Prose | At::Quoted => state.length >= LONGEST,
        }
    }

    /// One byte further; `None` where the rules forbid it.
    pub fn step(&self, state: &State, byte: u8) -> Option<State> {
        let to = |at| Some(State { at, ..*state });
        match state.at {
            At::Done => None,
            At::Mention(place) => {
                let place = self.quotable.step(place, byte)?;
                match self.quotable.whole(place) {
                    Some(source) => to(At::Opening(u16::try_from(source).ok()?, self.opening.start())),
                    None => to(At::Mention(place)),
                }
            }
            At::Opening(source, place) => {
                let place = self.opening.step(place, byte)?;
                match self.opening.whole(place) {
                    Some(_) => to(At::Quote(source, Some(self.quotes[usize::from(source)].start()), 0)),
                    None => to(At::Opening(source, place)),
                }
            }
            At::Quote(source, place, closed) => self.quote(state, source, place, closed, byte),
            At::Label(place, count) => {
                let place = self.labels.step(place, byte)?;
                match self.labels.whole(place) {
                    Some(_) => to(At::Labelled(count)),
                    None => to(At::Label(place, count)),
                }
            }
            At::Start | At::Prose | At::Figure(_) | At::Quoted | At::Stopped(_) | At::Labelled(_) => {
                self.character(state, byte)
            }
        }
    }

    fn quote(&self, state: &State, source: u16, place: Option<Place>, closed: u8, byte: u8) -> Option<State> {
        let quotes = &self.quotes[usize::from(source)];
        let may_close = closed > 0 || place.is_some_and(|place| quotes.may_end(place));
        let closed = if may_close && self.closing[usize::from(closed)] == byte { closed + 1 } else { 0 };
        if usize::from(closed) == self.closing.len() {
            let length = state.length.saturating_add(4);
            let (recent, word) = ([' ', ' ', '」'], 0);
            return Some(State { at: At::Quoted, length, recent, word, cited: true, ..*state });
        }
        let place = place.and_then(|place| quotes.step(place, byte));
        (place.is_some() || closed > 0).then_some(State { at: At::Quote(source, place, closed), ..*state })
    }

    /// Collects bytes to a character, and refuses those that no allowed character begins with.
    fn character(&self, state: &State, byte: u8) -> Option<State> {
        let mut partial = state.partial;
        *partial.bytes.get_mut(usize::from(partial.len))? = byte;
        partial.len += 1;
        match std::str::from_utf8(partial.as_slice()) {
            Ok(text) => {
                let state = State { partial: Partial::default(), ..*state };
                self.next(&state, text.chars().next()?)
            }
            Err(e) if e.error_len().is_some() => None,
            Err(_) => self.may_become(state, partial).then_some(State { partial, ..*state }),
        }
    }

    /// Whether some character that begins with these bytes may come next.
    fn may_become(&self, state: &State, partial: Partial) -> bool {
        let mut state = State { partial: Partial::default(), ..*state };
        if matches!(state.at, At::Labelled(_)) || (matches!(state.at, At::Stopped(_)) && self.lang == Lang::Zh) {
            return false;
        }
        if let At::Figure(way) = state.at {
            if self.figures.may_follow(way, partial.as_slice()) {
                return true;
            }
            // No character goes on with the figure, so each of them would leave it.
            let Some(left) = self.leave_figure(&state, way) else { return false };
            state = left;
        }
        // A vocabulary of many languages has a hundred thousand tokens that begin like this.
        if !plain_leads(self.lang)[usize::from(partial.bytes[0])] && !self.figures.may_open(partial.bytes[0]) {
            return false;
        }
        let [first, second, ..] = partial.bytes.map(u32::from);
        let (from, to) = match (partial.len, first) {
            (1, 0xc2..=0xdf) => ((first & 0x1f) << 6, 64),
            // What is shorter in other bytes may not be written in three.
            (1, 0xe0) => (0x800, 0x800),
            (1, 0xe1..=0xef) => ((first & 0x0f) << 12, 0x1000),
            (2, 0xe0..=0xef) => (((first & 0x0f) << 12) | ((second & 0x3f) << 6), 64),
            // Beyond the basic plane lie emoji and characters that no text here is written in.
            _ => return false,
        };
        (from..from + to).filter_map(char::from_u32).any(|c| self.next(&state, c).is_some())
    }

    /// One whole character further.
    fn next(&self, state: &State, c: char) -> Option<State> {
        match state.at {
            At::Figure(way) => match self.figures.follow(way, c) {
                Some(way) => Some(state.past(At::Figure(way), c)),
                None => self.next(&self.leave_figure(state, way)?, c),
            },
            At::Labelled(count) => match c {
                '\n' => Some(State { at: At::Done, ..*state }),
                '[' if count < MOST_LABELS => self.label(state, count + 1),
                _ => None,
            },
            At::Stopped(ends) => self.after_stop(state, ends, c),
            _ => self.prose(state, c),
        }
    }

    fn label(&self, state: &State, count: u8) -> Option<State> {
        let place = self.labels.step(self.labels.start(), b'[')?;
        Some(State { at: At::Label(place, count), ..*state })
    }

    fn after_stop(&self, state: &State, ends: bool, c: char) -> Option<State> {
        match (c, self.lang) {
            ('\n', _) => state.cited.then_some(State { at: At::Done, ..*state }),
            ('[', _) => self.label(state, 1),
            (_, Lang::Zh) | ('.' | '!', Lang::En) => None,
            (' ', Lang::En) if state.recent[2] != ' ' => Some(state.past(At::Stopped(ends), c)),
            // A new sentence needs a line of its own.
            (_, Lang::En) if ends && state.recent[2] == ' ' => None,
            (_, Lang::En) => self.prose(state, c),
        }
    }

    fn prose(&self, state: &State, c: char) -> Option<State> {
        let ended = state.length >= SHORTEST;
        let overlong = state.length >= LONGEST;
        match c {
            '。' | '！' if self.lang == Lang::Zh => {
                let spoken = state.han || state.cited || overlong;
                return (ended && spoken).then(|| state.past(At::Stopped(true), c));
            }
            '.' | '!' if self.lang == Lang::En && (state.recent[2] != ' ' || overlong) => {
                // "Dr. Smith", "Art. 5" and "e.g. this" are not the end; "…the loan. The" is.
                let ends = state.word >= 4 || c == '!';
                return ended.then(|| state.past(At::Stopped(ends), c));
            }
            '\n' => return (state.cited && state.at == At::Quoted).then_some(State { at: At::Done, ..*state }),
            _ if overlong => return None,
            '[' => {
                let place = self.quotable.step(self.quotable.start(), b'[')?;
                let apart = self.lang == Lang::Zh || state.at == At::Start || state.recent[2] == ' ';
                return apart.then_some(State { at: At::Mention(place), ..*state });
            }
            _ => {}
        }
        if is_figure(c) {
            return self.open_figure(state, c);
        }
        let opens = state.at == At::Start;
        let fits = is_plain(c, self.lang)
            && !(c == ' ' && (opens || state.recent[2] == ' '))
            && !(opens && !(c.is_alphabetic() || matches!(c, '《' | '（' | '(')))
            // A sign behind a number would make another number of it.
            && !(is_figure(state.recent[2]) && matches!(c, '%' | '％' | '‰' | '℃' | '°'));
        fits.then(|| state.past(At::Prose, c))
    }

    fn open_figure(&self, state: &State, c: char) -> Option<State> {
        if self.lang == Lang::En && is_han(c) {
            return None;
        }
        if self.figures.is_word(&state.recent, c) {
            return Some(state.past(At::Prose, c));
        }
        // Two figures that touch, or that a point joins, are one that no source holds.
        let [_, before, last] = state.recent;
        let joined = matches!(last, '.' | ',' | ':' | '/' | '-' | '–' | '~' | '·' | '点' | '之') && is_figure(before);
        if is_figure(last) || joined || (last.is_ascii_alphabetic() && !self.figures.is_glued(last, c)) {
            return None;
        }
        Some(state.past(At::Figure(self.figures.open(c)?), c))
    }

    /// The same text with its last figure taken as complete, and what follows it read as prose.
    fn leave_figure(&self, state: &State, way: Way) -> Option<State> {
        let (figure, rest) = self.figures.split(way)?;
        let mut recent = [' '; 3];
        for c in figure.chars() {
            recent = [recent[1], recent[2], c];
        }
        let rest_length = u16::try_from(rest.chars().count()).ok()?;
        let length = state.length.saturating_sub(rest_length);
        let state = State { at: At::Prose, recent, length, word: 0, ..*state };
        rest.chars().try_fold(state, |state, c| self.next(&state, c))
    }
}

impl State {
    fn past(&self, at: At, c: char) -> Self {
        Self {
            at,
            recent: [self.recent[1], self.recent[2], c],
            length: self.length.saturating_add(1),
            word: if c.is_alphabetic() { self.word.saturating_add(1) } else { 0 },
            han: self.han || is_han(c),
            ..*self
        }
    }
}

/// By the first byte of a character of two or three: whether any such character is plain.
fn plain_leads(lang: Lang) -> &'static [bool; 256] {
    static LEADS: LazyLock<[[bool; 256]; 2]> = LazyLock::new(|| {
        [Lang::Zh, Lang::En].map(|lang| {
            let mut leads = [false; 256];
            for c in ('\u{80}'..='\u{ffff}').filter(|c| is_plain(*c, lang)) {
                leads[usize::from(c.encode_utf8(&mut [0; 3]).as_bytes()[0])] = true;
            }
            leads
        })
    });
    match lang {
        Lang::Zh => &LEADS[0],
        Lang::En => &LEADS[1],
    }
}

/// Characters of plain prose in a language. Brackets and angles belong to labels and control tokens, quotation marks to
/// quotations, and nothing else is wanted of a sentence: no emoji, no marks of a formatting language.
pub(super) fn is_plain(c: char, lang: Lang) -> bool {
    if matches!(
        c,
        '[' | ']'
            | '<'
            | '>'
            | '{'
            | '}'
            | '|'
            | '*'
            | '#'
            | '`'
            | '\\'
            | '_'
            | '~'
            | '^'
            | '@'
            | '"'
            | '“'
            | '”'
            | '„'
            | '‟'
    ) {
        return false;
    }
    let common = matches!(c, ' '..='~' | '\u{a1}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{2010}'..='\u{2027}'
        | '\u{2030}'..='\u{203a}' | '\u{20a0}'..='\u{20bf}' | '\u{2100}'..='\u{214f}' | '\u{2200}'..='\u{22ff}');
    match lang {
        Lang::En => common && c != '?',
        Lang::Zh => {
            let chinese = is_han(c)
                || matches!(
                    c,
                    '，' | '；'
                        | '：'
                        | '、'
                        | '（'
                        | '）'
                        | '《'
                        | '》'
                        | '〈'
                        | '〉'
                        | '〔'
                        | '〕'
                        | '·'
                        | '％'
                        | '—'
                        | '～'
                );
            chinese || (common && !matches!(c, '?' | '!'))
        }
    }
}
