//! R28: what stands in quotation marks stands in a source, character for character.

use super::Rule;
use crate::{
    domain::{
        evidence::Label,
        text::{Lang, Message, Span},
        verdict::{Comparison, Effect, EvidenceSpan, Reason},
    },
    verify::case::Case,
};

pub const RULES: &[Rule] = &[Rule { code: "R28", title: "quotation", check: quotations }];

/// Shorter quotations are terms, titles or irony, not recitals: characters of Chinese, or letters and digits.
const SHORTEST_ZH: usize = 8;
const SHORTEST_EN: usize = 24;
/// A quotation that agrees this far with a source is that source, misquoted.
const NEAR: f32 = 0.9;
/// Longer quotations are compared by their first characters only; the table of a comparison grows with both lengths.
const LONGEST: usize = 600;

/// Characters that count, each with where it stands: letters, digits and Chinese characters, half-width, lower case.
struct Folded {
    letters: Vec<char>,
    /// Start and end byte of each letter, in the text it came from.
    spans: Vec<Span>,
}

impl Folded {
    fn of(text: &str, from: usize) -> Self {
        let mut folded = Self { letters: Vec::new(), spans: Vec::new() };
        for (at, c) in text.char_indices() {
            let half = match c {
                '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                _ => c,
            };
            if !half.is_alphanumeric() && half != '%' {
                continue;
            }
            for lower in half.to_lowercase() {
                folded.letters.push(lower);
                folded.spans.push(Span::new(from + at, from + at + c.len_utf8()));
            }
        }
        folded
    }
}

/// All that one source says, in one piece, so that a quotation may run over the end of a sentence.
struct SourceText {
    label: Label,
    folded: Folded,
}

fn source_texts(case: &Case<'_>) -> Vec<SourceText> {
    let mut texts: Vec<SourceText> = Vec::new();
    for source in &case.sources {
        let folded = Folded::of(source.unit.text, source.offset);
        match texts.iter_mut().find(|t| t.label == source.label) {
            Some(text) => {
                text.folded.letters.extend(folded.letters);
                text.folded.spans.extend(folded.spans);
            }
            None => texts.push(SourceText { label: source.label, folded }),
        }
    }
    texts
}

/// Quotations in `text`, without their marks. Chinese marks nest; straight ones come in pairs.
pub fn quotations_in(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut straight: Option<usize> = None;
    // Doubled marks come from a table's own quoting; which of them open cannot be told.
    let doubled = text.contains("\"\"");
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        match c {
            '“' => open.push(('”', after)),
            '「' => open.push(('」', after)),
            '『' => open.push(('』', after)),
            '”' | '」' | '』' => {
                if let Some(position) = open.iter().rposition(|(close, _)| *close == c) {
                    let (_, start) = open[position];
                    open.truncate(position);
                    // A quotation within a quotation is part of it.
                    if open.is_empty() {
                        found.push(Span::new(start, at));
                    }
                }
            }
            '"' if open.is_empty() && !doubled => match straight.take() {
                Some(start) => found.push(Span::new(start, at)),
                None => straight = Some(after),
            },
            _ => {}
        }
    }
    found
}

/// Share of what `text` recites in quotation marks that stands in `source`, counted in pieces of three letters; `None`
/// where it recites nothing.
pub fn recited(text: &str, source: &str) -> Option<f32> {
    // A quotation that runs on in the next sentence has no end here.
    let runs_on = text.matches('“').count() > text.matches('”').count();
    let text = &format!("{text}{}", if runs_on { "”" } else { "" });
    let source = Folded::of(source, 0).letters;
    let known: std::collections::HashSet<&[char]> = source.windows(3).collect();
    let (mut all, mut found) = (0, 0);
    for quotation in quotations_in(text) {
        let letters = Folded::of(quotation.of(text)?, 0).letters;
        if letters.len() < SHORTEST_ZH {
            continue;
        }
        all += letters.len() - 2;
        found += letters.windows(3).filter(|piece| known.contains(piece)).count();
    }
    (all > 0).then(|| found as f32 / all as f32)
}

/// The pieces of a quotation between its ellipses, without what the writer put in brackets.
fn pieces(text: &str, quotation: Span) -> Vec<Folded> {
    let Some(words) = quotation.of(text) else { return Vec::new() };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut rest = words;
    while !rest.is_empty() {
        let cut =
            ["……", "…", "...", "[", "［", "【"].iter().filter_map(|mark| rest.find(mark).map(|at| (at, *mark))).min();
        let Some((at, mark)) = cut else { break };
        pieces.push(Folded::of(&rest[..at], quotation.start() + start));
        let mut next = at + mark.len();
        if matches!(mark, "[" | "［" | "【") {
            let close = rest[next..].find([']', '］', '】']).map_or(rest.len(), |close| next + close);
            next = rest[close..].chars().next().map_or(close, |c| close + c.len_utf8());
        }
        start += next;
        rest = &rest[next..];
    }
    pieces.push(Folded::of(rest, quotation.start() + start));
    pieces.retain(|piece| !piece.letters.is_empty());
    pieces
}

fn quotations(case: &Case<'_>) -> Vec<Reason> {
    let quotations = quotations_in(case.claim.text);
    if quotations.is_empty() || case.sources.is_empty() {
        return Vec::new();
    }
    let sources = source_texts(case);
    quotations
        .into_iter()
        .filter_map(|quotation| {
            let kind = kind(case.claim.text, quotation)?;
            judge(case, &sources, quotation, kind)
        })
        .collect()
}

/// What a quotation claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Somebody's words, so introduced or so long that nothing else is meant.
    Recital,
    /// A few words that may be a phrase of the writer.
    Phrase,
}

/// `None` for terms, titles and irony.
fn kind(text: &str, quotation: Span) -> Option<Kind> {
    let words = quotation.of(text)?;
    let han = words.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    let letters = words.chars().filter(|c| c.is_alphanumeric()).count();
    let chinese = han * 2 > letters;
    let shortest = if chinese { SHORTEST_ZH } else { SHORTEST_EN };
    if letters < shortest {
        return None;
    }
    let before = text.get(..quotation.start()).unwrap_or_default().trim_end_matches(['“', '"', '「', '『', ' ']);
    let introduced = if chinese {
        const VERBS: &str = "规定 指出 写明 载明 明确 表示 认为 称 强调 要求 原文 ： : 约定 披露 记载 定义为 规定了";
        VERBS.split(' ').any(|verb| before.trim_end_matches(['，', ',']).ends_with(verb))
    } else {
        const VERBS: &str = "say says said state states stated provide provides provided read reads wrote write writes : \
            declared declares noted notes reported reports added explained according that requires";
        let last = before.trim_end_matches(',').rsplit(' ').next().unwrap_or_default().to_lowercase();
        last.ends_with(':') || VERBS.split_whitespace().any(|verb| last == verb)
    };
    if !chinese {
        let long: Vec<&str> = words.split_whitespace().filter(|w| w.len() >= 4).collect();
        let capitals = long.iter().filter(|w| w.starts_with(char::is_uppercase)).count();
        // "Remastered: Metallica's Master of Puppets Revisited" is a title.
        if !introduced && (capitals * 5 >= long.len() * 3) {
            return None;
        }
    }
    let long = if chinese { letters >= 20 } else { words.split_whitespace().count() >= 10 };
    Some(if introduced || long { Kind::Recital } else { Kind::Phrase })
}

fn judge(case: &Case<'_>, sources: &[SourceText], quotation: Span, kind: Kind) -> Option<Reason> {
    let pieces = pieces(case.claim.text, quotation);
    if pieces.is_empty() {
        return None;
    }
    let quoted = quotation.of(case.claim.text).unwrap_or_default();
    let reason = |effect, evidence, comparison, message| {
        Some(Reason { code: "R28", effect, claim_span: Some(quotation), evidence, comparison, message })
    };
    for source in sources {
        if let Some(span) = verbatim(&pieces, &source.folded) {
            let evidence = EvidenceSpan { label: source.label, span };
            return reason(
                Effect::Ground,
                Some(evidence),
                None,
                Message::new("引文与来源逐字一致。", "The quotation stands in the source word for word."),
            );
        }
    }
    let longest = pieces.iter().max_by_key(|piece| piece.letters.len())?;
    let nearest = sources
        .iter()
        .filter_map(|source| Some((source, nearest(longest, &source.folded)?)))
        .max_by(|a, b| a.1.similarity.total_cmp(&b.1.similarity));
    match nearest {
        Some((source, near)) if near.similarity >= NEAR => {
            let found = near.claim.of(case.claim.text).unwrap_or_default().to_owned();
            let evidence = EvidenceSpan { label: source.label, span: near.source };
            let written = source_words(case, source.label, near.source);
            let message = Message::new(
                format!("引文与来源不一致：引文作“{found}”，来源作“{written}”。"),
                format!("Misquoted: the quotation has “{found}”, the source has “{written}”."),
            );
            let comparison = Comparison { claim: found, source: written, relation: "≠".to_owned() };
            let effect = if kind == Kind::Recital { Effect::Contradict } else { Effect::Flag };
            reason(effect, Some(evidence), Some(comparison), message)
        }
        _ => {
            let short: String = quoted.chars().take(40).collect();
            // In another language than the sources a quotation is a translation, which nobody can compare.
            let foreign = !case.sources.iter().any(|s| s.unit.lang == language(quoted));
            let effect = if foreign || kind == Kind::Phrase { Effect::Flag } else { Effect::Unsupport };
            reason(
                effect,
                None,
                Some(Comparison { claim: short.clone(), source: String::new(), relation: "absent".to_owned() }),
                Message::new(
                    format!("引号中的“{short}”不在任何来源中。"),
                    format!("No source holds the quoted words “{short}”."),
                ),
            )
        }
    }
}

fn language(text: &str) -> Lang {
    if text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { Lang::Zh } else { Lang::En }
}

/// The source's words at a place in a chunk.
fn source_words(case: &Case<'_>, label: Label, span: Span) -> String {
    let mut words = String::new();
    for source in case.sources.iter().filter(|s| s.label == label) {
        let end = source.offset + source.unit.text.len();
        let (from, to) = (span.start().max(source.offset), span.end().min(end));
        if from < to {
            words.push_str(source.unit.text.get(from - source.offset..to - source.offset).unwrap_or_default());
        }
    }
    words
}

/// Where all pieces stand in order, each within 200 letters of the one before.
fn verbatim(pieces: &[Folded], source: &Folded) -> Option<Span> {
    let (first, others) = pieces.split_first()?;
    let mut from = 0;
    'start: while let Some(at) = find(&source.letters, &first.letters, from) {
        let mut end = at + first.letters.len();
        for piece in others {
            match find(&source.letters, &piece.letters, end) {
                Some(next) if next - end <= 200 => end = next + piece.letters.len(),
                _ => {
                    from = at + 1;
                    continue 'start;
                }
            }
        }
        return Some(Span::new(source.spans.get(at)?.start(), source.spans.get(end.checked_sub(1)?)?.end()));
    }
    None
}

fn find(text: &[char], wanted: &[char], from: usize) -> Option<usize> {
    if wanted.is_empty() {
        return Some(from);
    }
    text.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

struct Near {
    /// 1 minus the edits needed over the quotation's length.
    similarity: f32,
    /// From the first to the last letter that differs, in the claim and in the source's chunk.
    claim: Span,
    source: Span,
}

/// The stretch of the source that needs the fewest edits to become the quotation (Sellers' algorithm).
fn nearest(quotation: &Folded, source: &Folded) -> Option<Near> {
    let wanted = &quotation.letters[..quotation.letters.len().min(LONGEST)];
    let text = &source.letters;
    // Cheap test first: a near match shares most of its pairs of letters with the source.
    let pairs: std::collections::HashSet<[char; 2]> = text.windows(2).map(|w| [w[0], w[1]]).collect();
    let shared = wanted.windows(2).filter(|w| pairs.contains(&[w[0], w[1]])).count();
    if wanted.len() < 2 || text.len() > 20_000 || (shared as f32) < 0.7 * (wanted.len() - 1) as f32 {
        return None;
    }
    let width = text.len() + 1;
    let mut table: Vec<u16> = vec![0; width * (wanted.len() + 1)];
    for row in 1..=wanted.len() {
        table[row * width] = u16::try_from(row).ok()?;
        for column in 1..width {
            let above = table[(row - 1) * width + column] + 1;
            let left = table[row * width + column - 1] + 1;
            let step = u16::from(wanted[row - 1] != text[column - 1]);
            let diagonal = table[(row - 1) * width + column - 1] + step;
            table[row * width + column] = diagonal.min(above).min(left);
        }
    }
    let last = wanted.len() * width;
    let end = (0..width).min_by_key(|&column| table[last + column])?;
    let similarity = 1.0 - f32::from(table[last + end]) / wanted.len() as f32;
    // Back along the cheapest path, noting where the two differ.
    let (mut row, mut column) = (wanted.len(), end);
    let (mut ours, mut theirs): (Option<Span>, Option<Span>) = (None, None);
    let grow = |span: &mut Option<Span>, more: Option<&Span>| {
        if let Some(more) = more {
            *span = Some(span.map_or(*more, |span| span.cover(*more)));
        }
    };
    while row > 0 {
        let here = table[row * width + column];
        let step = column > 0 && wanted[row - 1] == text[column - 1];
        if step && here == table[(row - 1) * width + column - 1] {
            row -= 1;
            column -= 1;
            continue;
        }
        // A letter of context on each side shows where something was left out.
        grow(&mut ours, quotation.spans.get(row - 1));
        grow(&mut theirs, column.checked_sub(1).and_then(|at| source.spans.get(at)));
        if column > 0 && here == table[(row - 1) * width + column - 1] + 1 {
            row -= 1;
            column -= 1;
        } else if here == table[(row - 1) * width + column] + 1 {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    Some(Near { similarity, claim: ours?, source: theirs? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::document::Domain,
        verify::rules::support::{effect, run},
    };

    const ZH: &str = "借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确，依据本法第五百一十条的规定仍不能确定的，借款人可以随时返还。";
    const EN: &str = "The controller shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, notify the personal data breach to the supervisory authority. This applies always.";

    fn of(claim: &str, source: &str) -> Option<Effect> {
        effect(&RULES[0], claim, source)
    }

    #[test]
    fn quotations_that_stand_there_ground() {
        for claim in [
            "法律规定：“借款人应当按照约定的期限返还借款。”",
            "法律规定：“借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确”",
            "法律规定“借款人应当按照约定的期限返还借款……借款人可以随时返还”",
            "法律规定「借款人应当 按照约定的期限，返还借款」",
            "法律规定“借款人应当按照约定的期限返还[全部]借款”",
            "法律规定\"借款人应当按照约定的期限返还借款\"",
        ] {
            assert_eq!(of(claim, ZH), Some(Effect::Ground), "{claim}");
        }
        for claim in [
            "It says “without undue delay and, where feasible, not later than 72 hours”.",
            "It says \"The controller shall without undue delay … notify the personal data breach\".",
            "It says “THE CONTROLLER SHALL without undue delay”.",
            "It says “to the supervisory authority. This applies always”.",
            "It says “the controller shall [always] without undue delay”.",
            "It says “not later than 72 hours after having become aware of it”.",
        ] {
            assert_eq!(of(claim, EN), Some(Effect::Ground), "{claim}");
        }
    }

    #[test]
    fn a_changed_letter_is_a_misquotation() {
        for claim in [
            "法律规定：“借款人可以按照约定的期限返还借款。对借款期限没有约定”",
            "法律规定：“对借款期限没有约定或者约定不明确，依据本法第五百一十一条的规定”",
            "法律规定：“借款人应当按照约定期限返还借款，对借款期限没有约定”",
            "法律规定：“对借款期限没有约定或约定不明确，依据本法第五百一十条的规定仍不能确定”",
            "法律规定：“贷款人应当按照约定的期限返还借款。对借款期限没有约定”",
            "法律规定：“借款人应当按照约定的期限返还借款。对借款期限有约定或者约定不明确”",
        ] {
            assert_eq!(of(claim, ZH), Some(Effect::Contradict), "{claim}");
        }
        for claim in [
            "It says “where feasible, not later than 48 hours after having become aware of it”.",
            "It says “The processor shall without undue delay and, where feasible, not later than 72 hours after having become aware”.",
            "It says “notify the personal data breach to a supervisory authority”.",
            "It says “without undue delay and, where feasible, no later than 72 hours after having become aware”.",
            "It says “The controller should without undue delay and, where feasible, not later than 72 hours”.",
            "It says “after having become aware of this, notify the personal data breach”.",
        ] {
            assert_eq!(of(claim, EN), Some(Effect::Contradict), "{claim}");
        }
        let reasons = run(
            &RULES[0],
            "法律规定：“借款人可以按照约定的期限返还借款。对借款期限没有约定”",
            &[("民法典", "第六百七十五条", ZH)],
            Domain::Legal,
        );
        let comparison = reasons[0].comparison.as_ref().expect("a misquotation shows both sides");
        assert_eq!((comparison.claim.as_str(), comparison.source.as_str()), ("可以", "应当"));
    }

    #[test]
    fn invented_quotations_and_terms() {
        for claim in [
            "法律规定：“借款人逾期的，贷款人可以请求法院强制执行其全部财产”",
            "It says “a fine of up to four percent of worldwide turnover shall be imposed”.",
        ] {
            let source = if claim.is_ascii() || claim.starts_with("It") { EN } else { ZH };
            assert_eq!(of(claim, source), Some(Effect::Unsupport), "{claim}");
        }
        for claim in [
            "所谓“三高”人群",
            "该公司是“独角兽”",
            "没有引号的句子",
            "“",
            "The so-called “controller” decides.",
            "“”",
            "\"",
            "He said “yes”.",
        ] {
            assert_eq!(of(claim, ZH), None, "{claim}");
        }
    }
}
