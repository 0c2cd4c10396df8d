//! Folding of look-alike characters before numbers are read, with a map back to the original bytes.
//!
//! Only what cannot change a value is folded: full-width ASCII, ideographic and other odd spaces, square unit signs,
//! invisible characters, decimal digits of other scripts. Compatibility normalisation (NFKC) is never used: it turns
//! `10³` into `103`, `m²` into `m2` and `½` into `1⁄2`.

use std::borrow::Cow;

use crate::domain::text::Span;

/// A text with its look-alikes folded.
#[derive(Clone, Debug)]
pub struct Folded<'a> {
    text: Cow<'a, str>,
    /// Where folding replaced something, in order.
    edits: Vec<Edit>,
}

/// One replaced character.
#[derive(Clone, Copy, Debug)]
struct Edit {
    /// Byte range in the folded text; empty where the character was dropped.
    folded: (usize, usize),
    /// Byte range in the source text.
    source: (usize, usize),
}

impl<'a> Folded<'a> {
    pub fn new(source: &'a str) -> Self {
        if source.chars().all(|c| fold_char(c).is_none()) {
            return Self { text: Cow::Borrowed(source), edits: Vec::new() };
        }
        let mut text = String::with_capacity(source.len());
        let mut edits = Vec::new();
        for (at, c) in source.char_indices() {
            match fold_char(c) {
                None => text.push(c),
                Some(replacement) => {
                    let start = text.len();
                    replacement.push_to(&mut text);
                    edits.push(Edit { folded: (start, text.len()), source: (at, at + c.len_utf8()) });
                }
            }
        }
        Self { text: Cow::Owned(text), edits }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing had to be folded.
    pub fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    /// A place in the folded text as a place in the source. A place inside a replacement widens to the whole
    /// character that it replaced.
    pub fn to_source(&self, span: Span) -> Span {
        if span.is_empty() {
            let at = self.start_in_source(span.start());
            return Span::new(at, at);
        }
        Span::new(self.start_in_source(span.start()), self.end_in_source(span.end()))
    }

    fn start_in_source(&self, at: usize) -> usize {
        // The edits that lie wholly before `at`, dropped characters at `at` included.
        let before = self.edits.partition_point(|e| e.folded.1 <= at);
        if let Some(next) = self.edits.get(before)
            && next.folded.0 < at
        {
            return next.source.0;
        }
        match before.checked_sub(1).and_then(|i| self.edits.get(i)) {
            Some(last) => last.source.1 + (at - last.folded.1),
            None => at,
        }
    }

    fn end_in_source(&self, at: usize) -> usize {
        // The edits that start before `at`; a character dropped exactly at `at` stays outside.
        let started = self.edits.partition_point(|e| e.folded.0 < at);
        match started.checked_sub(1).and_then(|i| self.edits.get(i)) {
            Some(last) if at < last.folded.1 => last.source.1,
            Some(last) => last.source.1 + (at - last.folded.1),
            None => at,
        }
    }
}

/// What a folded character becomes.
enum Replacement {
    Char(char),
    Str(&'static str),
    Nothing,
}

impl Replacement {
    fn push_to(&self, text: &mut String) {
        match self {
            Self::Char(c) => text.push(*c),
            Self::Str(s) => text.push_str(s),
            Self::Nothing => {}
        }
    }
}

fn fold_char(c: char) -> Option<Replacement> {
    if c.is_ascii() || ('\u{4E00}'..='\u{9FFF}').contains(&c) {
        return None;
    }
    if ('\u{FF01}'..='\u{FF5E}').contains(&c) {
        return char::from_u32(u32::from(c) - 0xFEE0).map(Replacement::Char);
    }
    if is_invisible(c) {
        return Some(Replacement::Nothing);
    }
    if is_odd_space(c) {
        return Some(Replacement::Char(' '));
    }
    if let Some(unit) = unit_sign(c) {
        return Some(Replacement::Str(unit));
    }
    foreign_digit(c).map(Replacement::Char)
}

/// Characters that take no room on a page: they can hide inside a figure.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' | '\u{00AD}' | '\u{180E}' | '\u{FE00}'..='\u{FE0F}' | '\u{034F}')
}

const fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{3000}' | '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}')
}

/// Square and letter-like unit signs of the block "CJK Compatibility" and "Letterlike Symbols".
const fn unit_sign(c: char) -> Option<&'static str> {
    Some(match c {
        '℃' => "°C",
        '℉' => "°F",
        'ℓ' => "l",
        '\u{00B5}' => "μ",
        '\u{2126}' => "Ω",
        '\u{212A}' => "K",
        '\u{212B}' => "Å",
        '㎎' => "mg",
        '㎏' => "kg",
        '㎍' => "μg",
        '㎜' => "mm",
        '㎝' => "cm",
        '㎞' | '㏎' => "km",
        '㎛' => "μm",
        '㎚' => "nm",
        '㎟' => "mm²",
        '㎠' => "cm²",
        '㎡' => "m²",
        '㎢' => "km²",
        '㎣' => "mm³",
        '㎤' => "cm³",
        '㎥' => "m³",
        '㎦' => "km³",
        '㎕' => "μl",
        '㎖' => "ml",
        '㎗' => "dl",
        '㎘' => "kl",
        '㏄' => "cc",
        '㎰' => "ps",
        '㎱' => "ns",
        '㎲' => "μs",
        '㎳' => "ms",
        '㎈' => "cal",
        '㎉' => "kcal",
        '㎐' => "Hz",
        '㎑' => "kHz",
        '㎒' => "MHz",
        '㎓' => "GHz",
        '㎩' => "Pa",
        '㎪' => "kPa",
        '㎫' => "MPa",
        '㎬' => "GPa",
        '㎾' => "kW",
        '㎿' => "MW",
        '㏕' => "mil",
        '㏖' => "mol",
        '㏗' => "pH",
        '㏑' => "ln",
        '㏒' => "log",
        '㎅' => "KB",
        '㎆' => "MB",
        '㎇' => "GB",
        '㎽' => "mW",
        '㎷' => "mV",
        '㎸' => "kV",
        '㎃' => "mA",
        _ => return None,
    })
}

/// First characters of the decimal digit ranges outside ASCII (Unicode general category Nd).
const DIGIT_ZEROS: [u32; 40] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x11066, 0x1FBF0, 0x1E950, 0x16AC0,
];

fn foreign_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let value = if (0x1D7CE..=0x1D7FF).contains(&code) {
        (code - 0x1D7CE) % 10
    } else {
        DIGIT_ZEROS.iter().find_map(|&zero| code.checked_sub(zero).filter(|&value| value < 10))?
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_only_what_keeps_the_value() {
        for (source, folded) in [
            ("３．５亿元", "3.5亿元"),
            ("500㎎", "500mg"),
            ("37℃", "37°C"),
            ("10³/μL", "10³/μL"),
            ("½ 片", "½ 片"),
            ("m²", "m²"),
            ("120㎡", "120m²"),
            ("1\u{200B}0\u{200B}0元", "100元"),
            ("٣٥", "35"),
            ("𝟑𝟓%", "35%"),
            ("合同　法", "合同 法"),
            ("①", "①"),
            ("5 µg", "5 μg"),
        ] {
            assert_eq!(Folded::new(source).text(), folded, "{source}");
        }
    }

    #[test]
    fn places_map_back_to_the_bytes_they_came_from() {
        let source = "剂量\u{200B}５００㎎每日";
        let folded = Folded::new(source);
        let at = folded.text().find("500mg").expect("folded text holds the dose");
        let span = folded.to_source(Span::new(at, at + 5));
        assert_eq!(span.of(source), Some("５００㎎"));
        let inside = folded.to_source(Span::new(at + 3, at + 4));
        assert_eq!(inside.of(source), Some("㎎"), "half a ligature widens to the whole sign");
        assert_eq!(folded.to_source(Span::new(0, folded.text().len())).of(source), Some(source));
    }

    proptest! {
        #[test]
        fn every_place_slices_the_source(source in "\\PC*", a in 0_usize..200, b in 0_usize..200) {
            let folded = Folded::new(&source);
            let bounds: Vec<usize> =
                folded.text().char_indices().map(|(i, _)| i).chain([folded.text().len()]).collect();
            let (a, b) = (bounds[a % bounds.len()], bounds[b % bounds.len()]);
            let span = folded.to_source(Span::new(a.min(b), a.max(b)));
            prop_assert!(span.of(&source).is_some());
            if folded.is_unchanged() {
                prop_assert_eq!(span, Span::new(a.min(b), a.max(b)));
            }
        }
    }
}
