//! Whether the very words of a claim stand in a source: the one kind of support that needs no model.
//!
//! At least 95 % of the claim's characters must stand in one sentence or two neighbouring ones, in order and together,
//! and what differs may be particles and articles only: never a figure, a name, a negator or a modal. A claim that is
//! only a part of a sentence must be whole clauses of it, and nothing that limits those clauses may be left outside.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    align::Profile,
    tokens::{Token, TokenKind, tokens},
};
use crate::domain::text::Span;

/// Share of the claim's characters that must stand in the source.
pub const VERBATIM: f32 = 0.95;

/// A part of a sentence is a statement only from this many tokens on.
const SHORTEST_PART: usize = 5;

/// Above this many cells of the comparison the texts are too long for it; such a claim takes the general path.
const MOST_CELLS: usize = 4_000_000;

/// A sentence to be looked through.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a> {
    pub text: &'a str,
    pub profile: &'a Profile,
    /// Byte at which it starts in its chunk.
    pub offset: usize,
}

/// What was found, with places in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbatim {
    /// The claim's words stand there and nothing around them limits what they say.
    Whole(Span),
    /// They stand there, but words that limit them were left out.
    Cut { quote: Span, limit: Span },
}

/// Looks for the claim in the sentences of one chunk, given in order.
pub fn find(claim: &Profile, claim_text: &str, sentences: &[Sentence<'_>]) -> Option<Verbatim> {
    let asks = is_question(claim_text);
    let mut cut = None;
    for width in [1, 2] {
        for (at, window) in sentences.windows(width).enumerate() {
            if window.iter().any(|s| is_question(s.text)) && !asks {
                continue;
            }
            match find_in(claim, window, sentences.get(at + width)) {
                Some(Verbatim::Cut { quote, limit }) => cut = cut.or(Some(Verbatim::Cut { quote, limit })),
                Some(whole) => return Some(whole),
                None => {}
            }
        }
    }
    cut
}

fn find_in(claim: &Profile, window: &[Sentence<'_>], next: Option<&Sentence<'_>>) -> Option<Verbatim> {
    let source: Vec<(&Token, usize)> =
        window.iter().flat_map(|s| s.profile.tokens.iter().map(|token| (token, s.offset))).collect();
    let (start, end) = place(&claim.tokens, &source)?;
    let spanning = window.len() > 1;
    let boundary = window.first().map_or(0, |s| s.profile.tokens.len());
    if spanning && !(start < boundary && end > boundary) {
        return None; // One of the two sentences holds it alone, and was looked through already.
    }
    let at = |i: usize| source[i].0.span.shifted(source[i].1);
    let quote = at(start).cover(at(end - 1));
    if start > 0 || end < source.len() {
        if claim.tokens.len() < SHORTEST_PART {
            return None;
        }
        if !clause_border(window, &source, start) || !clause_border(window, &source, end) {
            return None;
        }
        for s in window {
            // What this sentence says before the quote, and after it.
            let before = quote.start().saturating_sub(s.offset).min(s.text.len());
            let after = quote.end().saturating_sub(s.offset).min(s.text.len());
            for (from, to) in [(0, before), (after, s.text.len())] {
                let limit = s.text.get(from..to).and_then(limiter);
                if let Some(limit) = limit {
                    return Some(Verbatim::Cut { quote, limit: limit.shifted(s.offset + from) });
                }
            }
        }
    }
    let proviso = next.and_then(|s| Some(proviso(s.text)?.shifted(s.offset)));
    Some(match proviso {
        Some(limit) => Verbatim::Cut { quote, limit },
        None => Verbatim::Whole(quote),
    })
}

/// Where the claim's tokens stand in the source: the cheapest edit of the claim into a run of source tokens (Sellers,
/// 1980), in which only particles may differ. Half-open token range of the source.
fn place(claim: &[Token], source: &[(&Token, usize)]) -> Option<(usize, usize)> {
    const NEVER: u32 = u32::MAX / 4;
    if claim.is_empty() || claim.len().saturating_mul(source.len()) > MOST_CELLS {
        return None;
    }
    let size = |t: &Token| u32::try_from(t.text.chars().count()).unwrap_or(NEVER);
    // In half characters: what the claim has more counts in full, what it leaves out counts half.
    let price = |t: &Token| if is_harmless(t) { size(t) } else { NEVER };
    let whole: u32 = claim.iter().map(size).sum();
    // One row for each claim token; a cell is (cost, first source token of the run).
    let mut row: Vec<(u32, usize)> = (0..=source.len()).map(|j| (0, j)).collect();
    for c in claim {
        let mut next = Vec::with_capacity(row.len());
        next.push((row[0].0.saturating_add(price(c).saturating_mul(2)).min(NEVER), 0));
        for (j, (s, _)) in source.iter().enumerate() {
            let matched = if c.text == s.text { row[j] } else { (NEVER, row[j].1) };
            let dropped = (row[j + 1].0.saturating_add(price(c).saturating_mul(2)).min(NEVER), row[j + 1].1);
            let skipped: (u32, usize) = (next[j].0.saturating_add(price(s)).min(NEVER), next[j].1);
            next.push(matched.min(dropped).min(skipped));
        }
        row = next;
    }
    let (end, &(cost, start)) = row.iter().enumerate().min_by_key(|(_, cell)| cell.0)?;
    let allowed = 2.0 * whole as f32 * (1.0 - VERBATIM);
    (cost < NEVER && cost as f32 <= allowed && start < end).then_some((start, end))
}

/// Words whose presence changes nothing that is said.
fn is_harmless(token: &Token) -> bool {
    match token.kind {
        TokenKind::Han => matches!(
            token.text.as_str(),
            "的" | "了" | "也" | "则" | "即" | "地" | "得" | "之" | "其" | "该" | "此" | "这"
        ),
        TokenKind::Word => {
            !token.capital
                && matches!(
                    token.text.as_str(),
                    "the" | "a" | "an" | "that" | "which" | "also" | "therefore" | "thus" | "then" | "so"
                )
        }
        TokenKind::Number | TokenKind::Sign => false,
    }
}

/// The number that a provision or a list item starts with: "第六百七十五条 ", "（一）", "Art. 33 ", "(a) ", "§ 1002.2 ".
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*(?:第[〇零一二三四五六七八九十百千\d]+条(?:之[一二三四五六七八九十]+)?\s* | [（(][\w]{1,4}[）)]\s* | \w{1,3}[.、）)]\s*
          | (?i:art(?:icle|\.)?|section|sec\.|§)\s*[\d.]+(?:\([\w]+\))*[.:]?\s+ | \d+(?:\.\d+)+\.?\s+)$",
    )
    .expect("a constant pattern that compiles")
});

/// Whether a clause begins or ends between the source tokens `i - 1` and `i`.
fn clause_border(window: &[Sentence<'_>], source: &[(&Token, usize)], i: usize) -> bool {
    if i == 0 || i == source.len() {
        return true;
    }
    let (before, after) = (source[i - 1], source[i]);
    if before.1 != after.1 {
        return true; // Two sentences meet here.
    }
    let Some(sentence) = window.iter().find(|s| s.offset == before.1) else { return false };
    if sentence.text.get(..after.0.span.start()).is_some_and(|lead| NUMBER.is_match(lead)) {
        return true;
    }
    sentence
        .text
        .get(before.0.span.end()..after.0.span.start())
        .is_some_and(|gap| gap.contains([',', '，', ';', '；', ':', '：', '\n', '。', '.', '—', '|']))
}

/// The first word of `outside`, what a sentence says beside the quoted clauses, that may limit what those say.
fn limiter(outside: &str) -> Option<Span> {
    /// Compounds in which a marker means nothing.
    static MASK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            "应当|适当|相当|当事|当地|当年|当日|当月|当期|当前|已经|经济|经营|经验|经办|经理|经纪|经常|经费|财经|如何|例如|\
             比如|诸如|如下|无论|不仅|不但|不动产|不断|非常|无形|只要求",
        )
        .expect("a constant pattern that compiles")
    });
    static MARKER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)不|未|无|非|否|除|但|若|如|仅|只|可能|或许|认为|据称|声称|主张|假设|经|当|前提|情况下|情形|时[，,]|的[，,]|
              \b(?:not|no|never|without|neither|nor|unless|except|if|only|may|might|could|provided|subject|alleg\w+|
              believe[sd]?|claim(?:s|ed)?|den(?:y|ies|ied)|whether|when|until|assum\w+|suppos\w+|otherwise|false|
              hypothes\w+|myths?|where)\b|n['’]t\b",
        )
        .expect("a constant pattern that compiles")
    });
    let masked = MASK.replace_all(outside, |found: &regex::Captures<'_>| " ".repeat(found[0].len()));
    MARKER.find(&masked).map(|found| Span::new(found.start(), found.end()))
}

/// The opening of a sentence that limits the sentence before it: "但是，…的除外。", "This does not apply …".
fn proviso(sentence: &str) -> Option<Span> {
    let lower = sentence.to_lowercase();
    let opening = ["但是", "但", "除", "unless", "except", "provided that", "this does not apply", "notwithstanding"]
        .into_iter()
        .find(|opening| lower.starts_with(opening))?;
    let limits = match opening {
        "但是" | "但" => ["除外", "不适用", "不在此限", "不受"].iter().any(|w| sentence.contains(w)),
        "除" => sentence.contains("外"),
        _ => true,
    };
    limits.then(|| Span::new(0, opening.len()))
}

fn is_question(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '”' | '」' | ')' | '）'))
        .ends_with(['?', '？'])
}

/// Whether `quote` stands in `source` token for token: what a draft that quotes must hold to.
pub fn is_quoted(quote: &str, source: &str) -> bool {
    let quote = tokens(quote);
    let source = tokens(source);
    !quote.is_empty() && source.windows(quote.len()).any(|run| run.iter().zip(&quote).all(|(a, b)| a.text == b.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sentence::sentences;

    fn check(claim: &str, source: &str) -> Option<Verbatim> {
        let spans = sentences(source);
        let profiles: Vec<Profile> = spans.iter().map(|s| Profile::of(s.of(source).expect("spans slice"))).collect();
        let sentences: Vec<Sentence<'_>> = spans
            .iter()
            .zip(&profiles)
            .map(|(span, profile)| Sentence {
                text: span.of(source).expect("spans slice"),
                profile,
                offset: span.start(),
            })
            .collect();
        find(&Profile::of(claim), claim, &sentences)
    }

    fn whole(claim: &str, source: &str) -> bool {
        matches!(check(claim, source), Some(Verbatim::Whole(_)))
    }

    const LEASE: &str = "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，\
                         借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。";

    #[test]
    fn the_sources_own_words_are_verbatim() {
        for (claim, source) in [
            ("借款人应当按照约定的期限返还借款。", LEASE),
            ("借款人应当按照约定期限返还借款", LEASE),
            ("借款人應當按照約定的期限返還借款。", LEASE),
            ("借款人應當\u{200b}按照约定的期限返还借款。", LEASE),
            (
                "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。",
                LEASE,
            ),
            (
                "The controller shall notify the breach within 72 hours.",
                "Art. 33. The controller shall notify the breach within 72 hours.",
            ),
            ("Revenue was $1,200 million in 2023.", "Revenue was $1200 million in 2023."),
            ("年费率为０．５％。", "年费率为0.5%。"),
        ] {
            assert!(whole(claim, source), "{claim} / {source}: {:?}", check(claim, source));
        }
    }

    #[test]
    fn a_figure_a_negator_or_a_modal_more_or_less_is_not_verbatim() {
        for (claim, source) in [
            ("借款人可以按照约定的期限返还借款。", LEASE),
            ("借款人不应当按照约定的期限返还借款。", LEASE),
            (
                "The controller shall notify the breach within 96 hours.",
                "The controller shall notify the breach within 72 hours.",
            ),
            ("The tenant may sublet the flat.", "The tenant may not sublet the flat."),
            ("The tenant must pay the rent monthly in advance.", "The tenant may pay the rent monthly in advance."),
            ("年费率为0.5%。", "年费率为0.5‰。"),
            ("Net income was 123 million dollars.", "Net income was (123) million dollars."),
            ("出租人应当向承租人支付违约金。", "承租人应当向出租人支付违约金。"),
            ("Acme Ltd shall pay the fee to the supplier.", "Apex Ltd shall pay the fee to the supplier."),
            ("Aspirin is safe in pregnancy", "Is aspirin safe in pregnancy?"),
        ] {
            assert_eq!(check(claim, source), None, "{claim} / {source}");
        }
    }

    #[test]
    fn a_part_must_be_whole_clauses_and_lose_no_limit() {
        assert!(whole(
            "贷款人可以催告借款人在合理期限内返还",
            "借款人可以随时返还；贷款人可以催告借款人在合理期限内返还。"
        ));
        for (claim, source) in [
            ("借款人可以随时返还", LEASE),
            ("the tenant may end the lease", "If the landlord agrees, the tenant may end the lease."),
            ("出租人可以解除合同。", "出租人可以解除合同。但是，法律另有规定的除外。"),
            ("Processing is permitted here.", "Processing is permitted here. This does not apply to children."),
        ] {
            assert!(matches!(check(claim, source), Some(Verbatim::Cut { .. })), "{claim}: {:?}", check(claim, source));
        }
        assert_eq!(check("出租人可以解除合同", "承租人认为出租人可以解除合同。"), None, "a belief is not a statement");
        assert_eq!(check("返还", LEASE), None, "too short to say anything");
    }

    #[test]
    fn the_place_that_is_cited_is_the_claims_own_words() {
        let source = "第一条。 借款人应当返还借款。";
        let Some(Verbatim::Whole(span)) = check("借款人应当返还借款", source) else {
            panic!("it stands there")
        };
        assert_eq!(span.of(source), Some("借款人应当返还借款"));
    }

    #[test]
    fn very_long_texts_are_left_to_the_general_path() {
        let long = "甲乙丙丁".repeat(2_500);
        assert_eq!(check(&long, &format!("{long}戊。")), None);
    }

    #[test]
    fn quotes_are_compared_token_by_token() {
        assert!(is_quoted("within 72 hours", "shall, within 72 hours, notify"));
        assert!(!is_quoted("within 7 hours", "shall, within 72 hours, notify"));
        assert!(!is_quoted("", "anything"));
    }
}
