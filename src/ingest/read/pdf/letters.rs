//! What is written for the characters and lines of a page. Characters that fonts put in place of others: ligatures, and
//! the Kangxi radicals that character maps of Chinese fonts give for the characters that look the same. A reader sees no
//! difference; a search would.

/// What the radicals U+2F00 to U+2FD5 stand for, in order (Unicode Character Database, compatibility decompositions).
const RADICALS: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴\
    廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿\
    目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵\
    邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// What the codes 0x20 to 0x7E and 0xA0 to 0xFE of Symbol fonts stand for (Adobe's vendor mapping of the Symbol encoding;
/// 0xF0 is no code). Such fonts give them as U+F020 to U+F0FE, which a word processor writes for µ, ≤ and ± too.
const SYMBOLS: [&str; 2] = [
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪␀〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
];
/// The bullets and marks of Wingdings that lists and forms are made with, in the same codes.
const WINGDINGS: [(u32, char); 14] = [
    (0x6c, '●'),
    (0x6d, '❍'),
    (0x6e, '■'),
    (0x6f, '□'),
    (0x71, '❑'),
    (0x75, '◆'),
    (0x76, '❖'),
    (0xa7, '▪'),
    (0xa8, '◻'),
    (0xd8, '➢'),
    (0xfb, '✗'),
    (0xfc, '✓'),
    (0xfd, '☒'),
    (0xfe, '☑'),
];

/// What a character of a font of signs stands for; any other as it is.
pub fn sign(c: char, font: &str) -> char {
    let Some(code) = u32::from(c).checked_sub(0xf000).filter(|code| (0x20..=0xfe).contains(code)) else { return c };
    let font = font.to_lowercase();
    if font.contains("dings") {
        return WINGDINGS.iter().find(|(known, _)| *known == code).map_or(c, |(_, sign)| *sign);
    }
    let (row, first) = if code < 0xa0 { (0, 0x20) } else { (1, 0xa0) };
    let at = usize::try_from(code - first).unwrap_or(usize::MAX);
    SYMBOLS[row].chars().nth(at).filter(|_| code != 0xf0).unwrap_or(c)
}

/// What TeX's fonts draw for codes that are control characters elsewhere, where the file does not say what its letters are:
/// the ligatures of its old encoding (OT1) from 0x0B on, quotation marks, dashes and ligatures of its newer one (T1, the
/// Cork encoding) from 0x10 on.
pub const fn of_tex(c: char) -> Option<char> {
    Some(match c {
        '\u{0b}' | '\u{1b}' => '\u{fb00}',
        '\u{0c}' | '\u{1c}' => '\u{fb01}',
        '\u{0d}' | '\u{1d}' => '\u{fb02}',
        '\u{0e}' | '\u{1e}' => '\u{fb03}',
        '\u{0f}' | '\u{1f}' => '\u{fb04}',
        '\u{10}' => '“',
        '\u{11}' => '”',
        '\u{15}' => '–',
        '\u{16}' => '—',
        _ => return None,
    })
}

/// Appends what `c` stands for.
pub fn push(text: &mut String, c: char) {
    match c {
        '\u{fb00}' => text.push_str("ff"),
        '\u{fb01}' => text.push_str("fi"),
        '\u{fb02}' => text.push_str("fl"),
        '\u{fb03}' => text.push_str("ffi"),
        '\u{fb04}' => text.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => text.push_str("st"),
        '\u{2f00}'..='\u{2fd5}' => {
            let at = usize::try_from(u32::from(c) - 0x2f00).unwrap_or_default();
            text.push(RADICALS.chars().nth(at).unwrap_or(c));
        }
        c => text.push(c),
    }
}

/// Appends a line: a hyphen at the end of the line before is taken out where a word goes on.
pub fn append(text: &mut String, line: &str) {
    let wide = |c: char| c >= '\u{2e80}';
    let (Some(before), Some(after)) = (text.chars().next_back(), line.chars().next()) else {
        text.push_str(line);
        return;
    };
    // A word that has another hyphen, or signs, is written with its own.
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default().trim_end_matches(['-', '\u{ad}', '‐']);
    let hyphenated = matches!(before, '-' | '\u{ad}' | '‐')
        && after.is_lowercase()
        && !word.is_empty()
        && word.trim_start_matches(['(', '"', '“', '‘']).chars().all(char::is_alphabetic);
    if hyphenated {
        text.pop();
    } else if !(matches!(before, '-' | '/' | '–' | '—') || wide(before) && wide(after)) {
        text.push(' ');
    }
    text.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_symbol_fonts_are_those_that_a_reader_sees() {
        let read = |text: &str, font: &str| text.chars().map(|c| sign(c, font)).collect::<String>();
        assert_eq!(read("5 \u{f06d}g \u{f0a3} 10 \u{f0b1} 2 \u{f0b0}C", "SymbolMT"), "5 μg ≤ 10 ± 2 °C");
        assert_eq!(read("\u{f061}\u{f07e}\u{f0fe}\u{f0f0}\u{f07f}", "ABCDEF+Symbol"), "α∼⎭\u{f0f0}\u{f07f}");
        assert_eq!(read("\u{f0d8} item \u{f0fc} \u{f041}", "Wingdings-Regular"), "➢ item ✓ \u{f041}");
        assert_eq!(read("中\u{e001}a", "Symbol"), "中\u{e001}a");
        assert!(SYMBOLS.iter().all(|row| row.chars().count() == 95));
    }

    #[test]
    fn codes_of_tex_are_told_from_control_characters() {
        let read = |text: &str| -> String {
            let mut out = String::new();
            text.chars().for_each(|c| push(&mut out, of_tex(c).unwrap_or(c)));
            out
        };
        assert_eq!(
            read("e\u{0b}ect, e\u{1b}ect, o\u{0e}cer, \u{1c}ve, 50\u{15}59"),
            "effect, effect, officer, five, 50–59"
        );
        assert_eq!(read("a\tb\nc\u{3}"), "a\tb\nc\u{3}");
    }

    #[test]
    fn letters_are_those_that_a_reader_sees() {
        let mut text = String::new();
        for c in "e\u{fb03}cient \u{2f64}户\u{2f00}\u{2fd5}".chars() {
            push(&mut text, c);
        }
        assert_eq!(text, "efficient 用户一龠");
        let mut text = "the reader pro-".to_owned();
        append(&mut text, "duced state-of-the-");
        append(&mut text, "art texts for i386-");
        append(&mut text, "linux");
        assert_eq!(text, "the reader produced state-of-the-art texts for i386-linux");
        assert_eq!(RADICALS.chars().count(), 214);
    }
}
