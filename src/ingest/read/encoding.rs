//! Bytes to characters: UTF-8, UTF-16, GB18030, Big5, and refusal where it would be a guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{ReadError, damage};

/// How much of a text in a Chinese encoding has to be characters of everyday use. Real text has 90 % and more;
/// bytes of another encoding read as GBK or Big5 spread over the rare planes.
const EVERYDAY_SHARE: f64 = 0.7;

/// Decodes the bytes of a text file. `declared` is the encoding that the file itself names, if it does.
pub fn decode(bytes: &[u8], declared: Option<&str>) -> Result<String, ReadError> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return checked(strictly(encoding, &bytes[bom..])?);
    }
    // Before UTF-8, which zeros are valid in.
    if let Some(encoding) = utf16_without_mark(bytes) {
        return checked(strictly(encoding, bytes)?);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return checked(text.to_owned());
    }
    if bytes.contains(&0) {
        return Err(ReadError::DamagedText(
            "it holds NUL bytes and is not UTF-16: it is a binary file, not a text".to_owned(),
        ));
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes())).filter(|&known| known != UTF_8);
    let guessed = declared.unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    // GB18030 is GBK with the rest of Unicode; files called GBK or GB2312 hold it too.
    let guessed = if guessed == GBK { GB18030 } else { guessed };
    // The detector weighs the two Chinese families by statistics that a short text does not fill: the share of everyday
    // characters settles it.
    // Korean and Japanese are left alone: their bytes read as everyday Chinese that means nothing.
    let settled = declared.is_some() || [EUC_KR, EUC_JP, SHIFT_JIS].contains(&guessed);
    let candidates = if settled { vec![guessed] } else { vec![guessed, GB18030, BIG5] };
    let best = candidates
        .into_iter()
        .filter(|encoding| [GB18030, BIG5, WINDOWS_1252].contains(encoding))
        .filter_map(|encoding| Some((confidence(encoding, bytes)?, encoding)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    match best {
        Some((share, encoding)) if share >= EVERYDAY_SHARE => checked(strictly(encoding, bytes)?),
        _ => Err(ReadError::DamagedText(format!(
            "its encoding is not certain (it looks most like {}); save it as UTF-8 and try again",
            guessed.name()
        ))),
    }
}

fn checked(text: String) -> Result<String, ReadError> {
    match damage::of(&text) {
        Some(problem) => Err(ReadError::DamagedText(problem)),
        None => Ok(text),
    }
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, ReadError> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned).ok_or_else(
        || {
            ReadError::DamagedText(format!(
                "it is not valid {}: some bytes stand for no character. Save it as UTF-8 and try again",
                encoding.name()
            ))
        },
    )
}

/// UTF-16 of mostly Latin text has a zero in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let most = pairs.len() / 2;
    match (first > most, second > most) {
        (false, true) if first == 0 => Some(UTF_16LE),
        (true, false) if second == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Share, 0 to 1, of the characters beyond ASCII that are everyday ones; `None` where the bytes are not valid.
///
/// GBK: level one of GB 2312 (3,755 characters, lead bytes B0 to D7) and its punctuation (A1 to A3). Big5: the 5,401
/// frequently used characters (lead bytes A4 to C6) and punctuation (A1 to A3). Western text: letters with accents and
/// typographic marks among mostly ASCII.
fn confidence(encoding: &'static Encoding, bytes: &[u8]) -> Option<f64> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    if encoding == WINDOWS_1252 {
        let beyond = text.chars().filter(|c| !c.is_ascii()).count();
        // A run of accented capitals is not Western text, and no Western text is mostly accents.
        let runs = text.is_empty()
            || text.chars().zip(text.chars().skip(1)).filter(|(a, b)| !a.is_ascii() && !b.is_ascii()).count() * 4
                > beyond;
        return Some(if !runs && beyond * 10 <= text.chars().count() { 0.75 } else { 0.0 });
    }
    let (mut everyday, mut all) = (0_usize, 0_usize);
    let mut at = 0;
    while at < bytes.len() {
        let lead = bytes[at];
        if lead < 0x80 {
            at += 1;
            continue;
        }
        all += 1;
        let trail = bytes.get(at + 1).copied().unwrap_or(0);
        let four = encoding == GB18030 && trail.is_ascii_digit();
        let usual = if encoding == BIG5 {
            (0xa1..=0xc6).contains(&lead)
        } else {
            (matches!(lead, 0xa1..=0xa3 | 0xb0..=0xd7)) && trail >= 0xa1
        };
        everyday += usize::from(usual && !four);
        at += if four { 4 } else { 2 };
    }
    Some(if all == 0 { 1.0 } else { everyday as f64 / all as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMPLIFIED: &str =
        "第六百七十五条　借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确的，借款人可以随时返还。";
    const TRADITIONAL: &str =
        "第二條　民法所適用之習慣，以不背於公共秩序或善良風俗者為限。臺灣證券交易所應依規定辦理。";

    fn read(encoding: &'static Encoding, text: &str) -> String {
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable);
        decode(&bytes, None).unwrap_or_else(|error| panic!("{}: {error}", encoding.name()))
    }

    #[test]
    fn chinese_encodings_are_told_apart() {
        assert_eq!(read(GBK, SIMPLIFIED), SIMPLIFIED);
        assert_eq!(read(GB18030, "㐀𠀀是罕见字，第一条本法所称药品。"), "㐀𠀀是罕见字，第一条本法所称药品。");
        assert_eq!(read(BIG5, TRADITIONAL), TRADITIONAL);
        assert_eq!(read(UTF_8, TRADITIONAL), TRADITIONAL);
        let short = "借款合同";
        assert_eq!(read(GBK, short), short);
    }

    #[test]
    fn utf16_with_and_without_mark() {
        let utf16 = |text: &str, mark: &str| -> Vec<u8> {
            format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        assert_eq!(decode(&utf16(SIMPLIFIED, "\u{feff}"), None).expect("marked"), SIMPLIFIED);
        let english = "Article 1. This Act may be cited as the Act.";
        assert_eq!(decode(&utf16(english, ""), None).expect("unmarked"), english);
        let big: Vec<u8> = english.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&big, None).expect("unmarked, big-endian"), english);
    }

    #[test]
    fn western_text_is_read_and_other_encodings_are_refused() {
        let western = "The café’s contract — signed in Zürich — ends in May. ".repeat(3);
        assert_eq!(read(WINDOWS_1252, &western), western);
        for (label, text) in [
            ("windows-1251", "Договор займа считается заключенным с момента передачи денег или других вещей."),
            ("euc-kr", "대한민국은 민주공화국이다. 대한민국의 주권은 국민에게 있고 모든 권력은 국민으로부터 나온다."),
        ] {
            let (bytes, ..) = Encoding::for_label(label.as_bytes()).expect("known").encode(text);
            let error = decode(&bytes, None).expect_err(label);
            assert!(error.to_string().contains("save it as UTF-8"), "{label}: {error}");
        }
    }

    #[test]
    fn broken_bytes_are_errors() {
        let (bytes, ..) = GBK.encode(SIMPLIFIED);
        let mut cut = bytes.to_vec();
        cut.insert(10, 0xff);
        for (bytes, part) in [
            (&b"\xff\xfe\x00\xd8"[..], "UTF-16LE"),
            (&b"PK\x03\x04\x00\x00\x00\xff\xfe\x80"[..], "NUL"),
            (&cut[..], "UTF-8"),
        ] {
            let error = decode(bytes, None).expect_err(part);
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}
