//! Text that looks readable and is not: a wrong decoding, a font without a character map, a binary file.

/// What is wrong with `text`, if anything is: more than one character in 200 is damaged.
///
/// U+FFFD stands where bytes could not be decoded, private-use characters where a PDF's font maps to nothing, NUL and
/// other control characters where a file is binary. A few replacement characters in a long text are a blemish of the
/// source; a share of them makes quotes from it worthless.
pub fn of(text: &str) -> Option<String> {
    more_than_one_in(200, text)
}

/// The same for one section of many, where one in 20 is allowed: a table of symbols does not condemn a whole text.
pub fn of_section(text: &str) -> Option<String> {
    more_than_one_in(20, text)
}

/// The same for text that was taken from a PDF, where a wrong character map also shows as digits that run into
/// characters hardly anybody writes.
pub fn of_extracted(text: &str) -> Option<String> {
    more_than_one_in(200, text).or_else(|| digits_into_rare(text))
}

/// Figures whose digits partly became rare characters: more than five, and more than one in 20 of those after a digit.
fn digits_into_rare(text: &str) -> Option<String> {
    let (mut rare, mut all) = (0_usize, 0_usize);
    for (before, after) in text.chars().zip(text.chars().skip(1)) {
        if before.is_ascii_digit() && crate::text::lang::is_han(after) {
            all += 1;
            rare += usize::from(is_rare(after));
        }
    }
    (rare > 5 && rare * 20 > all).then(|| {
        format!(
            "{rare} figures run into characters that hardly anybody writes: its fonts have a wrong character map, and what is shown is not what is stored"
        )
    })
}

/// Neither in GB 2312 nor among the frequently used characters of Big5.
fn is_rare(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    let (gbk, _, missing) = encoding_rs::GBK.encode(text);
    let simplified = !missing && matches!(gbk.as_ref(), [0xa1..=0xf7, 0xa1..=0xfe]);
    let (big5, _, missing) = encoding_rs::BIG5.encode(text);
    let traditional = !missing && matches!(big5.as_ref(), [0xa1..=0xc6, _]);
    !simplified && !traditional
}

fn more_than_one_in(share: usize, text: &str) -> Option<String> {
    let (mut all, mut replaced, mut private, mut control) = (0_usize, 0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        match c {
            '\0' => {
                return Some("it holds NUL bytes: it is a binary file, or UTF-16 without a byte-order mark".to_owned());
            }
            '\u{fffd}' => replaced += 1,
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => private += 1,
            '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => {}
            c if c.is_control() => control += 1,
            _ => {}
        }
    }
    // Never for a single one.
    let many = |n: usize| n > 1 && n * share > all;
    if many(replaced) {
        return Some(format!(
            "{replaced} of {all} characters are U+FFFD, left by an earlier wrong decoding; take the original file"
        ));
    }
    if many(private) {
        return Some(format!(
            "{private} of {all} characters are private-use code points that no one else can read; it was probably extracted from a PDF without a character map"
        ));
    }
    if control > 1 && control * 100 > all {
        return Some(format!("{control} of {all} characters are control characters: it is a binary file"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_named_and_blemishes_pass() {
        assert_eq!(of("第一条\t为了保护\r\n\u{c}"), None);
        assert_eq!(of(&format!("{}\u{fffd}", "字".repeat(10))), None, "one alone");
        assert_eq!(of(&format!("{}\u{fffd}\u{fffd}", "字".repeat(500))), None);
        let formulas = format!("{}\u{e001}\u{e001}\u{e001}", "字".repeat(100));
        assert!(of(&formulas).is_some() && of_section(&formulas).is_none());
        let figures = "营业收入为123,456.78元，".repeat(50);
        assert_eq!(of_extracted(&figures), None);
        assert!(of_extracted(&figures.replace("元", "\u{7fba}")).is_some());
        for (text, part) in [
            ("a\0b", "NUL"),
            ("a\u{fffd}\u{fffd}b", "U+FFFD"),
            ("\u{e001}\u{e002}字", "private-use"),
            ("\u{1}\u{2}abc", "binary"),
        ] {
            assert!(of(text).is_some_and(|problem| problem.contains(part)), "{text:?}");
        }
    }
}
