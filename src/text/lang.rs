//! Which of the two working languages a text is in, by the share of its scripts.

use crate::domain::text::Lang;

/// How many Latin letters one Chinese character outweighs: a Chinese word has about two characters, an English one
/// about six letters, so drug and company names in Latin script do not turn a Chinese sentence English.
const LETTERS_PER_HAN: usize = 3;

/// The language of `text`: Chinese when its Han characters outweigh its other letters, English otherwise.
///
/// A text without letters is Chinese when it has Chinese punctuation, else English.
pub fn detect(text: &str) -> Lang {
    let (mut han, mut letters, mut marks) = (0_usize, 0_usize, false);
    for c in text.chars() {
        if is_han(c) {
            han += 1;
        } else if c.is_alphabetic() {
            letters += 1;
        } else if matches!(
            c,
            '、' | '。' | '，' | '；' | '：' | '《' | '》' | '“' | '”' | '（' | '）' | '％' | '？' | '！'
        ) {
            marks = true;
        }
    }
    let chinese = if han + letters == 0 { marks } else { han * LETTERS_PER_HAN >= letters };
    if chinese { Lang::Zh } else { Lang::En }
}

/// Whether `c` is a Chinese character (the unified ideographs and their extensions, 〇 and 々).
pub const fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{323AF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{3005}' | '\u{3007}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_decide() {
        for (text, lang) in [
            ("诉讼时效期间为三年。", Lang::Zh),
            ("The limitation period is three years.", Lang::En),
            ("二甲双胍（metformin hydrochloride）为首选药物。", Lang::Zh),
            ("Kweichow Moutai (贵州茅台) reported revenue of 150 billion yuan.", Lang::En),
            ("HbA1c ≤ 7% 为控制目标", Lang::Zh),
            ("GDPR Art. 33", Lang::En),
            ("3.5，", Lang::Zh),
            ("3.5", Lang::En),
            ("", Lang::En),
            ("臺灣證券交易所", Lang::Zh),
        ] {
            assert_eq!(detect(text), lang, "{text}");
        }
    }
}
