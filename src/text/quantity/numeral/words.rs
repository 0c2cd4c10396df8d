//! Numerals in English words.

use super::{Form, Number, Numeral, add, int};

fn small_word(word: &str) -> Option<i128> {
    Some(match word {
        "zero" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        _ => return None,
    })
}

fn tens_word(word: &str) -> Option<i128> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

fn large_word(word: &str) -> Option<i128> {
    Some(match word {
        "hundred" => 100,
        "thousand" => 1000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}

/// The lower-case word at `at` and the byte after it.
fn word_at(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text.get(at..)?;
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    (length > 0 && length <= 14).then(|| (rest[..length].to_ascii_lowercase(), at + length))
}

/// Past one space, line break or hyphen.
fn past_joint(text: &str, at: usize) -> Option<usize> {
    let c = text.get(at..)?.chars().next()?;
    matches!(c, ' ' | '-' | '\u{2010}' | '\u{2011}' | '\n').then(|| at + c.len_utf8())
}

/// English number words at `at`: twenty-one, two hundred and five, a dozen, half, one-third, two and a half.
pub(super) fn words(text: &str, at: usize) -> Option<Numeral> {
    let (first, first_end) = word_at(text, at)?;
    let found = |value: Number, precision: Number, end: usize| {
        Some(Numeral {
            value,
            shown: value,
            precision,
            upper: None,
            form: Form::Words,
            end,
            scaled: false,
            open: false,
        })
    };
    let mut at = at;
    if matches!(first.as_str(), "a" | "an") {
        // "a dozen", "a hundred", "a third of", "a half": the article is one.
        let next = past_joint(text, first_end)?;
        let (word, end) = word_at(text, next)?;
        if text[next..].starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        return match word.as_str() {
            "dozen" => found(int(12), int(1), end),
            "half" => found(Number::new(1, 2), Number::new(1, 2), end),
            "third" if followed_by_of(text, end) => found(Number::new(1, 3), Number::new(1, 3), end),
            "quarter" if followed_by_of(text, end) => found(Number::new(1, 4), Number::new(1, 4), end),
            _ if large_word(&word).is_some() => {
                let (value, end, _) = cardinal(text, next, Some(1))?;
                found(int(value), int(large_word(&word)?), end)
            }
            _ => None,
        };
    }
    if first == "half" {
        let mut end = first_end;
        if text[at..].starts_with('H')
            && text[end..].strip_prefix(' ').is_some_and(|t| t.starts_with(|c: char| c.is_ascii_uppercase()))
        {
            return None;
        }
        if let Some(next) = past_joint(text, end)
            && let Some((word, after)) = word_at(text, next)
        {
            // "half a million", "half an hour"
            if word == "a" || word == "an" {
                end = after;
                if let Some((large, large_end)) = past_joint(text, after).and_then(|n| word_at(text, n))
                    && let Some(m) = large_word(&large)
                {
                    return found(Number::new(m, 2), Number::new(m, 2), large_end);
                }
            }
        }
        return found(Number::new(1, 2), Number::new(1, 2), end);
    }
    if first == "dozen" {
        return found(int(12), int(1), first_end);
    }
    let (value, mut end, precision) = cardinal(text, at, None)?;
    if is_ordinal_or_name(text, at, end, value) {
        return None;
    }
    at = end;
    // one-third, two thirds, three-quarters
    if let Some((word, after)) = past_joint(text, at).and_then(|n| word_at(text, n)) {
        let denominator = match word.as_str() {
            "half" | "halves" => Some(2),
            "third" | "thirds" => Some(3),
            "quarters" | "fourth" | "fourths" => Some(4),
            "quarter" if value == 1 => Some(4),
            "fifth" | "fifths" => Some(5),
            "sixth" | "sixths" => Some(6),
            "eighth" | "eighths" => Some(8),
            "tenth" | "tenths" => Some(10),
            "dozen" => {
                return found(int(value.checked_mul(12)?), int(12), after);
            }
            _ => None,
        };
        if let Some(denominator) = denominator
            && value < denominator
        {
            let share = Number::new(value, denominator);
            return found(share, Number::new(1, denominator), after);
        }
    }
    let mut number = int(value);
    let mut precision = int(precision);
    let and_a_half = text[at..].strip_prefix(" and a half").or_else(|| text[at..].strip_prefix("-and-a-half"));
    if let Some(tail) = and_a_half {
        number = add(&number, &Number::new(1, 2))?;
        precision = Number::new(1, 2);
        end = text.len() - tail.len();
    }
    found(number, precision, end)
}

/// "twenty-first" is an ordinal; "Eight Men Out" and "Two and a Half Men" are names.
fn is_ordinal_or_name(text: &str, start: usize, end: usize, value: i128) -> bool {
    const ORDINALS: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    let Some(next) = past_joint(text, end) else { return false };
    let Some((word, _)) = word_at(text, next) else { return false };
    let capital = |at: usize| text[at..].starts_with(|c: char| c.is_ascii_uppercase());
    (value >= 20 && value % 10 == 0 && ORDINALS.contains(&word.as_str()))
        || (capital(start) && (capital(next) || text[next..].starts_with("and a Half")))
}

fn followed_by_of(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start();
    rest.is_empty()
        || rest.starts_with([',', '.', ';', ')'])
        || word_at(rest, 0).is_some_and(|(word, _)| {
            ["of", "the", "will", "are", "were", "is", "was", "have", "had", "said", "more", "less", "who", "do"]
                .contains(&word.as_str())
        })
}

/// A cardinal in words, the byte after it, and its last place. `lead` stands in for an article before it.
fn cardinal(text: &str, at: usize, lead: Option<i128>) -> Option<(i128, usize, i128)> {
    let mut total = 0_i128;
    let mut group = lead;
    let mut last_small = false;
    let mut precision = 1_i128;
    let mut end = at;
    let mut next = at;
    let mut taken = 0;
    while let Some((word, after)) = word_at(text, next) {
        if let Some(n) = small_word(&word) {
            // "twenty one" goes on, "two three" does not.
            let room =
                group.is_none_or(|g| !last_small && ((g % 100 == 0) || (g % 10 == 0 && n < 10 && g % 100 >= 20)));
            if !room {
                break;
            }
            group = Some(group.unwrap_or(0).checked_add(n)?);
            last_small = true;
            precision = 1;
        } else if let Some(n) = tens_word(&word) {
            if group.is_some_and(|g| g % 100 != 0) {
                break;
            }
            group = Some(group.unwrap_or(0).checked_add(n)?);
            last_small = false;
            precision = 1;
        } else if let Some(m) = large_word(&word) {
            let Some(g) = group else { break };
            if m == 100 {
                group = Some(g.checked_mul(100)?);
            } else {
                total = total.checked_add(g.checked_mul(m)?)?;
                group = None;
            }
            last_small = false;
            precision = m;
        } else if word == "and" && taken > 0 && precision >= 100 {
            // "two hundred and five"
            let follows = past_joint(text, after).and_then(|n| word_at(text, n));
            if !follows.is_some_and(|(w, _)| small_word(&w).is_some() || tens_word(&w).is_some()) {
                break;
            }
            next = past_joint(text, after)?;
            continue;
        } else {
            break;
        }
        taken += 1;
        end = after;
        match past_joint(text, after) {
            Some(n) => next = n,
            None => break,
        }
    }
    (taken > 0).then_some((total.checked_add(group.unwrap_or(0))?, end, precision))
}
