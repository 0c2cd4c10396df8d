//! Traditional to Simplified characters, one for one, so that a place in the result is a place in the source.

use std::{collections::HashSet, sync::LazyLock};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

/// The converter. `None` only if its embedded tables could not be read; text then stays as it is.
static CONVERTER: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());

/// Characters that change when they stand alone: a text without any of them is Simplified already, which spares most
/// texts the conversion.
static TRADITIONAL: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let Some(converter) = CONVERTER.as_ref() else { return HashSet::new() };
    let changes = |c: char| {
        let mut buffer = [0; 4];
        let one: &str = c.encode_utf8(&mut buffer);
        converter.convert(one) != *one
    };
    ('\u{3400}'..='\u{4dbf}').chain('\u{4e00}'..='\u{9fff}').filter(|&c| changes(c)).collect()
});

/// Whether the character belongs to a Han ideograph block; `〇` counts, because numbers are written with it.
pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

/// Simplifies `chars` in place, character for character.
///
/// The table knows phrases (乾坤 stays, 乾燥 becomes 干燥). Where a phrase would change the number of characters, each
/// character of that run is converted by itself.
pub(super) fn simplify(chars: &mut [char]) {
    let mut at = 0;
    while at < chars.len() {
        if !is_han(chars[at]) {
            at += 1;
            continue;
        }
        let end = chars[at..].iter().position(|&c| !is_han(c)).map_or(chars.len(), |n| at + n);
        simplify_run(&mut chars[at..end]);
        at = end;
    }
}

fn simplify_run(run: &mut [char]) {
    let Some(converter) = CONVERTER.as_ref() else { return };
    if !run.iter().any(|c| TRADITIONAL.contains(c)) {
        return;
    }
    let simple: Vec<char> = converter.convert(&run.iter().collect::<String>()).chars().collect();
    if simple.len() == run.len() {
        run.copy_from_slice(&simple);
        return;
    }
    for c in run {
        let mut buffer = [0; 4];
        let mut alone = converter.convert(c.encode_utf8(&mut buffer)).chars().collect::<Vec<_>>().into_iter();
        if let (Some(one), None) = (alone.next(), alone.next()) {
            *c = one;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simplified(text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        simplify(&mut chars);
        chars.into_iter().collect()
    }

    #[test]
    fn traditional_text_becomes_simplified_character_for_character() {
        assert_eq!(simplified("臺灣證券交易所的規則"), "台湾证券交易所的规则");
        assert_eq!(simplified("離婚後，子女撫養費由誰負擔？"), "离婚后，子女抚养费由谁负担？");
        assert_eq!(simplified("借款人應當返還借款。Tel 02"), "借款人应当返还借款。Tel 02");
    }

    #[test]
    fn simplified_text_stays() {
        let text = "借款人应当按照约定的期限返还借款。";
        assert_eq!(simplified(text), text);
    }
}
