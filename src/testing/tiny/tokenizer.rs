//! Vocabularies of some three hundred tokens: all bytes, a few words of both languages, the control tokens.

use crate::models::gguf::Writer;

/// Which of llama.cpp's two usual tokenizers, and what is special in it.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Byte-level BPE, with the name of the regular expressions that cut a text first.
    Bytes { pre: &'static str, control: &'static [&'static str], end: &'static str },
    /// `SentencePiece` unigrams merged by score, unknown bytes as `<0xNN>`.
    Pieces { control: &'static [&'static str], end: &'static str },
}

const WORDS: &[&str] = &[
    " the",
    " of",
    " contract",
    " loan",
    " is",
    " days",
    "The",
    " metformin",
    " must",
    " not",
    " 30",
    "法律",
    "合同",
    "借款",
    "应当",
    "天",
    "。",
    "，",
    "《",
    "》",
    ".\n",
    "Question",
    "Answer",
];

const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

impl Kind {
    /// How many tokens there are.
    pub fn write(self, writer: &mut Writer<'_>) -> usize {
        match self {
            Self::Bytes { pre, control, end } => bytes(writer, pre, control, end),
            Self::Pieces { control, end } => pieces(writer, control, end),
        }
    }
}

/// GPT-2's alphabet: a printable character for every byte (Radford et al. 2019, `bytes_to_unicode`).
fn letter(byte: u8) -> char {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if printable(byte) {
        return char::from(byte);
    }
    let rank = (0..byte).filter(|b| !printable(*b)).count();
    u32::try_from(rank).ok().and_then(|rank| char::from_u32(256 + rank)).unwrap_or(' ')
}

fn bytes(writer: &mut Writer<'_>, pre: &str, control: &[&str], end: &str) -> usize {
    let mut tokens: Vec<String> = (0..=255).map(|b| letter(b).to_string()).collect();
    let mut merges = Vec::new();
    for word in WORDS {
        let letters: Vec<char> = word.bytes().map(letter).collect();
        for cut in 1..letters.len() {
            let (left, right) = (letters[..cut].iter().collect::<String>(), letters[cut]);
            let merged = format!("{left}{right}");
            if !tokens.contains(&merged) {
                merges.push(format!("{left} {right}"));
                tokens.push(merged);
            }
        }
    }
    let mut types = vec![NORMAL; tokens.len()];
    tokens.extend(control.iter().map(|c| (*c).to_owned()));
    types.resize(tokens.len(), CONTROL);
    writer.text("tokenizer.ggml.model", "gpt2");
    writer.text("tokenizer.ggml.pre", pre);
    writer.texts("tokenizer.ggml.merges", merges.iter().map(String::as_bytes));
    finish(writer, &tokens, &types, end)
}

fn pieces(writer: &mut Writer<'_>, control: &[&str], end: &str) -> usize {
    let mut tokens = vec!["<unk>".to_owned()];
    let mut types = vec![UNKNOWN];
    tokens.extend(control.iter().map(|c| (*c).to_owned()));
    types.resize(tokens.len(), CONTROL);
    tokens.extend((0..=255_u8).map(|b| format!("<0x{b:02X}>")));
    types.resize(tokens.len(), BYTE);
    let alphabet = (' '..='~').map(|c| c.to_string());
    let longer = WORDS.iter().flat_map(|word| word.char_indices().map(|(i, c)| word[..i + c.len_utf8()].to_owned()));
    let single = WORDS.iter().flat_map(|word| word.chars().map(|c| c.to_string()));
    for piece in alphabet.chain(single).chain(longer) {
        let piece = piece.replace(' ', "\u{2581}");
        if !tokens.contains(&piece) {
            tokens.push(piece);
        }
    }
    types.resize(tokens.len(), NORMAL);
    writer.text("tokenizer.ggml.model", "llama");
    let scores: Vec<f32> = (0_u16..).take(tokens.len()).map(|rank| -f32::from(rank)).collect();
    writer.f32s("tokenizer.ggml.scores", &scores);
    writer.bool("tokenizer.ggml.add_space_prefix", false);
    finish(writer, &tokens, &types, end)
}

fn finish(writer: &mut Writer<'_>, tokens: &[String], types: &[i32], end: &str) -> usize {
    let position = |token: &str| tokens.iter().position(|t| t == token).and_then(|i| u32::try_from(i).ok());
    if let Some(id) = position(end) {
        writer.u32("tokenizer.ggml.eos_token_id", id);
    }
    let begin = types.iter().position(|t| *t == CONTROL).and_then(|i| u32::try_from(i).ok());
    if let Some(id) = begin {
        writer.u32("tokenizer.ggml.bos_token_id", id);
    }
    writer.texts("tokenizer.ggml.tokens", tokens.iter().map(String::as_bytes));
    writer.i32s("tokenizer.ggml.token_type", types);
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_letter() {
        assert_eq!(letter(b'A'), 'A');
        assert_eq!(letter(b' '), 'Ġ');
        assert_eq!(letter(b'\n'), 'Ċ');
        let all: std::collections::BTreeSet<char> = (0..=255).map(letter).collect();
        assert_eq!(all.len(), 256);
    }
}
