//! Words that rules look for.

/// Where a word stands in a lower-case text: Latin words as a whole, Chinese ones anywhere.
pub(super) fn find(text: &str, word: &str) -> Option<usize> {
    places(text, word).next()
}

/// The same, every place.
pub(super) fn places(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let is_latin = |c: char| word.is_ascii() && c.is_ascii_alphanumeric();
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !text[..at].ends_with(is_latin) && !text[at + word.len()..].starts_with(is_latin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_words_are_whole_and_chinese_ones_stand_anywhere() {
        assert_eq!(find("the annual report", "annual"), Some(4));
        assert_eq!(find("biannual reports, annual", "annual"), Some(18));
        assert_eq!(find("it is 目前annual", "annual"), Some("it is 目前".len()));
        assert_eq!(find("截至目前为止", "目前"), Some("截至".len()));
        assert_eq!(find("nowhere", "now"), None);
        assert_eq!(places("目前，目前", "目前").count(), 2);
    }
}
