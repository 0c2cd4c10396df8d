//! Sentences of Chinese, English and mixed text, by rule.
//!
//! A general segmenter cuts at `Dr. Smith`, `No. 12`, `v. Jones`, `e.g.` and list numbers, and leaves opening quotes on
//! the sentence before; these rules were made for contracts, statutes, filings and drug labels.

use std::{collections::HashSet, sync::LazyLock};

use super::lang::is_han;
use crate::domain::text::Span;

/// A bracket that stays open for more characters than this is a slip of the pen, not a bracket.
const LONGEST_BRACKET: usize = 600;
/// From this width on (columns; a Chinese character counts two) an English line that ends without a full stop was
/// wrapped, not finished.
const WRAPPED_WIDTH: usize = 50;

/// The sentences of `text`: trimmed, in order, never overlapping, and together holding every character that is not
/// white space. Each line of a list or a table, and each heading, is a sentence of its own.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut out = Vec::new();
    for block in blocks(text) {
        if block.whole {
            push_trimmed(text, block.start, block.end, &mut out);
        } else {
            cut_block(text, block.start, block.end, &mut out);
        }
    }
    out
}

/// The longest cell of a row, in characters, with its headings.
const LONGEST_CELL: usize = 120;

/// Whether a sentence is the row of a table as the readers write it, `name: heading figure; heading figure.`, on a line
/// of its own. It says what it says without its neighbours.
pub fn is_row(text: &str, sentence: Span) -> bool {
    let (before, after) = (text.get(..sentence.start()), text.get(sentence.end()..));
    let alone = before.is_some_and(|b| b.is_empty() || b.trim_end_matches([' ', '\t']).ends_with('\n'))
        && after.is_some_and(|a| a.is_empty() || a.trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
    let is_cell = |cell: &str| cell.contains(|c: char| c.is_ascii_digit()) && cell.chars().count() <= LONGEST_CELL;
    let cells = sentence.of(text).and_then(split_row).map(|(_, cells)| cells);
    alone && cells.is_some_and(|cells| cells.split(BETWEEN_CELLS).all(is_cell))
}

/// What stands between two cells of a row.
pub const BETWEEN_CELLS: [char; 2] = ['；', ';'];

/// The name of a row, and its cells. "其中：", "加：" and "减：" stand within a name, in Chinese statements.
pub fn split_row(row: &str) -> Option<(&str, &str)> {
    let (name, cells) = row.split_once(": ").or_else(|| row.split_once('：'))?;
    let last = name.rsplit(['，', '/', '、', ' ']).next().unwrap_or(name);
    if ["其中", "加", "减"].contains(&last)
        && let Some((more, rest)) = cells.split_once('：')
    {
        return Some((&row[..row.len() - cells.len() + more.len()], rest));
    }
    Some((name, cells))
}

fn push_trimmed(text: &str, start: usize, end: usize, out: &mut Vec<Span>) {
    let slice = &text[start..end];
    let trimmed = slice.trim();
    if !trimmed.is_empty() {
        let from = start + (slice.len() - slice.trim_start().len());
        out.push(Span::new(from, from + trimmed.len()));
    }
}

// ---------------------------------------------------------------------------------------------------------- lines

/// Lines that belong together.
struct Block {
    start: usize,
    end: usize,
    /// A table line: never cut inside.
    whole: bool,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = 0;
    let mut joinable = false;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}', '\u{c}']) {
        let (start, end) = (at, at + line.len());
        at = end;
        let trimmed = line.trim();
        if trimmed.is_empty() {
            // "\r\n" yields an empty line only between the two characters of one line end.
            joinable &= line == "\n" && text[..start].ends_with('\r');
            continue;
        }
        let whole = is_table_line(trimmed);
        match blocks.last_mut() {
            Some(last) if joinable && !whole && continues(text[last.start..last.end].trim_end(), trimmed) => {
                last.end = end;
            }
            _ => blocks.push(Block { start, end, whole }),
        }
        joinable = !whole && !is_heading(trimmed);
    }
    blocks
}

fn is_table_line(line: &str) -> bool {
    line.starts_with('|')
        || line.contains('\t')
        || line.matches(" | ").count() >= 2
        || line.matches(" │ ").count() >= 2
        || (line.split("   ").filter(|cell| !cell.trim().is_empty()).count() >= 3)
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#')
}

/// Whether `next` goes on with the sentence that the lines `before` left open.
fn continues(before: &str, next: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return false };
    if starts_item(next) || is_heading(next) {
        return false;
    }
    if matches!(last, '，' | '、' | ',' | '（' | '《' | '“') {
        return true;
    }
    if matches!(last, '。' | '！' | '？' | '；' | '：' | '.' | '!' | '?' | ';' | ':' | '”' | '」' | '）' | '》' | '】')
    {
        return false;
    }
    let width = before.rsplit(['\n', '\r']).next().map_or(0, |line| line.chars().map(columns).sum::<usize>());
    let Some(first) = next.chars().next() else { return false };
    if is_han(last) || is_han(first) {
        return width >= WRAPPED_WIDTH + 10;
    }
    first.is_lowercase() || width >= WRAPPED_WIDTH
}

const fn columns(c: char) -> usize {
    if is_han(c) { 2 } else { 1 }
}

/// Whether a line starts with the mark of a list item, an article or a numbered heading.
fn starts_item(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else { return false };
    if matches!(first, '-' | '*' | '•' | '·' | '●' | '○' | '▪' | '■' | '◆' | '–' | '+' | '|' | '①'..='⑳' | '㈠'..='㈩')
    {
        return true;
    }
    let rest = chars.as_str();
    match first {
        '第' => rest.chars().take(12).any(|c| matches!(c, '条' | '章' | '节' | '编' | '款' | '项')),
        '(' | '（' | '〔' | '[' => rest
            .chars()
            .take(6)
            .position(|c| matches!(c, ')' | '）' | '〕' | ']'))
            .is_some_and(|at| at > 0 && rest.chars().take(at).all(char::is_alphanumeric)),
        c if is_numeral(c) || c.is_ascii_alphabetic() => {
            let marker: String =
                line.chars().take_while(|&c| is_numeral(c) || c.is_ascii_alphabetic()).take(6).collect();
            let after = line[marker.len()..].chars().next();
            let short = marker.chars().count() <= 3 || marker.chars().all(is_numeral);
            let word = marker.len() > 1 && marker.chars().all(|c| c.is_ascii_alphabetic()) && !is_roman(&marker);
            short && !word && matches!(after, Some('.' | ')' | '）' | '、' | '．'))
        }
        _ => false,
    }
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '〇' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百')
}

fn is_roman(word: &str) -> bool {
    word.chars().all(|c| matches!(c.to_ascii_lowercase(), 'i' | 'v' | 'x' | 'l' | 'c'))
}

// ------------------------------------------------------------------------------------------------------ sentences

fn cut_block(text: &str, start: usize, end: usize, out: &mut Vec<Span>) {
    let chars: Vec<(usize, char)> = text[start..end].char_indices().map(|(i, c)| (start + i, c)).collect();
    let inside = bracketed(&chars);
    let byte = |i: usize| chars.get(i).map_or(end, |&(b, _)| b);
    let mut from = 0;
    let mut straight_quotes = 0_usize;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        straight_quotes += usize::from(c == '"');
        let ends = !inside[i]
            && match c {
                '。' | '！' | '？' | '!' | '?' | '｡' => true,
                '.' | '．' => dot_ends(&chars, from, i),
                _ => false,
            };
        if !ends {
            i += 1;
            continue;
        }
        let mut next = i + 1;
        while next < chars.len() && is_end_mark(chars[next].1, straight_quotes) {
            straight_quotes += usize::from(chars[next].1 == '"');
            next += 1;
        }
        let after_quote = next > i + 1 && is_closing_quote(chars[next - 1].1);
        if after_quote && chars.get(next).is_some_and(|&(_, c)| goes_on_after_quote(c)) {
            i = next;
            continue;
        }
        next = after_labels(&chars, next);
        push_trimmed(text, byte(from), byte(next), out);
        from = next;
        i = next;
    }
    push_trimmed(text, byte(from), end, out);
}

/// For each character, whether it stands inside a pair of brackets or 《》.
fn bracketed(chars: &[(usize, char)]) -> Vec<bool> {
    let mut inside = vec![false; chars.len()];
    let mut open: Vec<(usize, u8)> = Vec::new();
    for (i, &(_, c)) in chars.iter().enumerate() {
        if let Some(kind) = opening(c) {
            open.push((i, kind));
        } else if let Some(kind) = closing(c)
            && let Some(at) = open.iter().rposition(|&(_, k)| k == kind)
        {
            let begin = open[at].0;
            open.truncate(at);
            // An outer pair marks all of it; brackets that hold whole sentences by themselves are found by their start.
            if i - begin <= LONGEST_BRACKET {
                inside[begin..i].fill(true);
            }
        }
    }
    inside
}

const fn opening(c: char) -> Option<u8> {
    Some(match c {
        '(' | '（' => 0,
        '[' | '［' => 1,
        '【' => 2,
        '〔' => 3,
        '《' => 4,
        '〈' => 5,
        '{' => 6,
        _ => return None,
    })
}

const fn closing(c: char) -> Option<u8> {
    Some(match c {
        ')' | '）' => 0,
        ']' | '］' => 1,
        '】' => 2,
        '〕' => 3,
        '》' => 4,
        '〉' => 5,
        '}' => 6,
        _ => return None,
    })
}

/// What may follow a full stop and still belong to its sentence. A straight quote closes when it is the second.
const fn is_end_mark(c: char, straight_quotes: usize) -> bool {
    match c {
        '"' => straight_quotes % 2 == 1,
        _ => {
            is_closing_quote(c)
                || matches!(c, '。' | '！' | '？' | '!' | '?' | '.' | '…' | ')' | '）' | '】' | ']' | '》' | '〉')
        }
    }
}

const fn is_closing_quote(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '』' | '"' | '\'')
}

/// After a quotation that ends in 。” these go on with the sentence around it.
const fn goes_on_after_quote(c: char) -> bool {
    matches!(c, '，' | '、' | '；' | '：' | ',' | ';' | ':' | '的' | '等' | '之' | '和' | '与' | '或' | '及')
}

/// Past citation labels such as `[1]`, `[2, 3]`, `【4】` that follow a full stop on the same line.
fn after_labels(chars: &[(usize, char)], mut at: usize) -> usize {
    loop {
        let mut i = at;
        while chars.get(i).is_some_and(|&(_, c)| matches!(c, ' ' | '\u{3000}')) {
            i += 1;
        }
        if !chars.get(i).is_some_and(|&(_, c)| matches!(c, '[' | '［' | '【')) {
            return at;
        }
        let body = i + 1;
        let mut close = body;
        while chars
            .get(close)
            .is_some_and(|&(_, c)| c.is_ascii_digit() || matches!(c, ',' | ' ' | '-' | '–' | '，' | '、'))
        {
            close += 1;
        }
        if close == body || !chars.get(close).is_some_and(|&(_, c)| matches!(c, ']' | '］' | '】')) {
            return at;
        }
        at = close + 1;
        while chars.get(at).is_some_and(|&(_, c)| matches!(c, '。' | '.')) {
            at += 1;
        }
    }
}

// ---------------------------------------------------------------------------------------------------- the full stop

/// Abbreviations after which a sentence always goes on.
static ABBREVIATIONS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "dr mr mrs ms prof rev hon gen col lt sgt capt messrs no nos art arts sec secs fig figs eq eqs ref refs cf vs v viz \
     e.g i.e eg ie approx ca vol vols ch chap pp para paras cl cls sched reg regs ex app pt pts st ed eds tab op ibid \
     resp incl excl max min avg dept est et seq sect subsec tit cir dist supp stat fed sp spp var subsp"
        .split_ascii_whitespace()
        .collect()
});

/// Abbreviations that also end sentences: they do when a word that likes to start one follows.
static SOFT_ABBREVIATIONS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "inc ltd co corp llc plc bros jr sr u.s u.k u.n e.u u.s.c u.s.a d.c a.m p.m etc al ph.d m.d b.a m.a ll.m s.a n.v \
     jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun b.c a.d i.v p.o"
        .split_ascii_whitespace()
        .collect()
});

static STARTERS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "The It Its In This That These Those However We A An For As On At He She They His Her Their Our You Your But And If \
     When While After Before Under During There Here Such Each All Any No Both Since Because Although Where With By \
     From To Of Not Some Most Many Other Another Then Thus Therefore Moreover Further Furthermore Also In Additionally \
     Upon Unless Until According Patients Adults Children What Which Who How Why Do Does Is Are Section Article"
        .split_ascii_whitespace()
        .collect()
});

/// What a lone capital behind them names: it is no initial of a person.
static LETTERED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "drug group type vitamin hepatitis influenza class arm part section schedule exhibit appendix annex table figure phase \
     grade plan option company party series tier level category cohort model product unit zone"
        .split_ascii_whitespace()
        .collect()
});

/// Whether the dot at `i` ends the sentence that started at `from`.
fn dot_ends(chars: &[(usize, char)], from: usize, i: usize) -> bool {
    let at = |k: usize| chars.get(k).map(|&(_, c)| c);
    let mut after = i + 1;
    while at(after).is_some_and(|c| is_closing_quote(c) || matches!(c, '.' | ')' | '）' | ']' | '】')) {
        after += 1;
    }
    let Some(next) = at(after) else { return true };
    let previous = i.checked_sub(1).and_then(at);
    if is_han(next) {
        // "1.恶心" numbers a list; "……5 mg.患者" ends a sentence.
        let digits_only = chars[from..i].iter().all(|&(_, c)| c.is_whitespace() || c.is_ascii_alphanumeric());
        return !(previous.is_some_and(|c| c.is_ascii_digit()) || digits_only);
    }
    if !next.is_whitespace() {
        // A label glued to the full stop: "…patients.[3] The".
        return matches!(next, '[' | '【') && previous.is_some_and(|c| !c.is_ascii_digit());
    }
    let mut start_of_next = after;
    while at(start_of_next).is_some_and(char::is_whitespace) {
        start_of_next += 1;
    }
    let word_after: String = (start_of_next..).map_while(at).take_while(|c| c.is_alphanumeric()).take(16).collect();
    let Some(first) = at(start_of_next) else { return true };
    // Lower case goes on, unless it is a word such as eGFR or mRNA.
    if first.is_lowercase() && !word_after.chars().take(3).any(char::is_uppercase) {
        return false;
    }

    let mut word_start = i;
    while word_start > from && at(word_start - 1).is_some_and(|c| c.is_alphanumeric() || c == '.') {
        word_start -= 1;
    }
    let word: String = chars[word_start..i].iter().map(|&(_, c)| c).collect();
    let lower = word.to_lowercase();
    if is_list_marker(chars, from, word_start, &word) {
        return false;
    }
    let digit_next = first.is_ascii_digit() || matches!(first, '§' | '(' | '（');
    if lower == "no" || lower == "nos" {
        return !digit_next;
    }
    if ABBREVIATIONS.contains(lower.as_str()) {
        return false;
    }
    let single = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    if single && word.chars().all(char::is_lowercase) && (digit_next || lower == "p" || lower == "s") {
        return false;
    }
    let initial = single && word.chars().all(char::is_uppercase);
    let dotted = word.contains('.')
        && word
            .split('.')
            .all(|part| part.chars().count() <= 2 && !part.is_empty() && part.chars().all(char::is_alphabetic));
    let word_before = || {
        let letters = chars[from..word_start].iter().rev().map(|&(_, c)| c).skip_while(|c| c.is_whitespace());
        let mut letters: Vec<char> = letters.take_while(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
        letters.reverse();
        letters.into_iter().collect::<String>()
    };
    if initial && LETTERED.contains(word_before().as_str()) {
        return true;
    }
    if initial || dotted || SOFT_ABBREVIATIONS.contains(lower.as_str()) {
        return STARTERS.contains(word_after.as_str());
    }
    true
}

/// `1.`, `12.`, `a.`, `iv.` at the start of a sentence or after a colon numbers an item.
fn is_list_marker(chars: &[(usize, char)], from: usize, word_start: usize, word: &str) -> bool {
    let numeral = word.chars().all(|c| c.is_ascii_digit() || c == '.') && word.len() <= 6;
    let letter = word.chars().count() == 1 || (is_roman(word) && word.len() <= 4);
    if word.is_empty() || !(numeral || letter) {
        return false;
    }
    let before = chars[from..word_start].iter().rev().map(|&(_, c)| c).find(|c| !c.is_whitespace());
    match before {
        None => true,
        Some(c) => matches!(c, ':' | '：' | ';' | '；' | '#' | '-' | '*' | '•'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|s| s.of(text).expect("spans slice")).collect()
    }

    #[test]
    fn rows_are_told_from_prose() {
        let text = "The figures are these:\nNet sales: 2019 $4.5 million; 2018 $4.2 million.\n营业收入：2023年 1,234 万元；2022年 1,100 万元。\nNote: sales of 2019 rose. They fell in 2018.";
        let rows: Vec<bool> = sentences(text).into_iter().map(|span| is_row(text, span)).collect();
        assert_eq!(rows, [false, true, true, false, false]);
    }

    #[test]
    fn chinese() {
        assert_eq!(
            cut("诉讼时效期间为三年。法律另有规定的，依照其规定。"),
            ["诉讼时效期间为三年。", "法律另有规定的，依照其规定。"]
        );
        assert_eq!(
            cut("营收3.45亿元，同比增长12.5%。净利润1.2亿元！"),
            ["营收3.45亿元，同比增长12.5%。", "净利润1.2亿元！"]
        );
        assert_eq!(cut("法院认为：“不得解除。”原告不服。"), ["法院认为：“不得解除。”", "原告不服。"]);
        assert_eq!(cut("依照“不得解除。”的规定处理。"), ["依照“不得解除。”的规定处理。"]);
        assert_eq!(
            cut("《问题？答案。》一书出版。见第（二。一）项。"),
            ["《问题？答案。》一书出版。", "见第（二。一）项。"]
        );
        assert_eq!(cut("应当服药。[1] 不得饮酒。[2][3]"), ["应当服药。[1]", "不得饮酒。[2][3]"]);
    }

    #[test]
    fn lists_headings_and_tables() {
        assert_eq!(
            cut("不良反应：\n1. 恶心。\n2. 呕吐\n（三）皮疹；\n"),
            ["不良反应：", "1. 恶心。", "2. 呕吐", "（三）皮疹；"]
        );
        assert_eq!(
            cut("# 标题\n正文一。\n\n| 年份 | 收入 |\n|---|---|\n| 2023 | 1. 5. 亿 |"),
            ["# 标题", "正文一。", "| 年份 | 收入 |", "|---|---|", "| 2023 | 1. 5. 亿 |"]
        );
        assert_eq!(
            cut("第一条 为了保护民事主体。\n第二条 民法调整关系。"),
            ["第一条 为了保护民事主体。", "第二条 民法调整关系。"]
        );
        assert_eq!(
            cut("Adverse reactions:\n- Nausea\n- Vomiting. Stop at once.\n"),
            ["Adverse reactions:", "- Nausea", "- Vomiting.", "Stop at once."]
        );
        assert_eq!(
            cut("Steps: 1. Stop the drug. 2. Call a doctor."),
            ["Steps: 1. Stop the drug.", "2. Call a doctor."]
        );
    }

    #[test]
    fn english() {
        assert_eq!(
            cut("Dr. Smith cited No. 12 in Roe v. Jones. The court agreed."),
            ["Dr. Smith cited No. 12 in Roe v. Jones.", "The court agreed."]
        );
        assert_eq!(
            cut("Use a drug, e.g. Metformin, at 2.5 mg. Stop if eGFR falls. eGFR matters."),
            ["Use a drug, e.g. Metformin, at 2.5 mg.", "Stop if eGFR falls.", "eGFR matters."]
        );
        assert_eq!(
            cut("Apple Inc. reported sales. It is based in the U.S. The firm grew."),
            ["Apple Inc. reported sales.", "It is based in the U.S.", "The firm grew."]
        );
        assert_eq!(
            cut("See Art. 33 and § 1002.2. Under s. 12 of the Act (see p. 5. and p. 6.) it applies."),
            ["See Art. 33 and § 1002.2.", "Under s. 12 of the Act (see p. 5. and p. 6.) it applies."]
        );
        assert_eq!(
            cut("He said \"Stop.\" Then he left. [4] Done."),
            ["He said \"Stop.\"", "Then he left. [4]", "Done."]
        );
        assert_eq!(
            cut("A line of prose that was wrapped by its writer at column\nsixty goes on. Next."),
            ["A line of prose that was wrapped by its writer at column\nsixty goes on.", "Next."]
        );
        assert_eq!(
            cut("Drug A worked better than drug B. Drug A was safe. So wrote J. Smith."),
            ["Drug A worked better than drug B.", "Drug A was safe.", "So wrote J. Smith."]
        );
        assert_eq!(
            cut("J. R. Smith took vitamin C. The dose was 5 mg."),
            ["J. R. Smith took vitamin C.", "The dose was 5 mg."]
        );
    }

    #[test]
    fn mixed() {
        assert_eq!(
            cut("剂量为5 mg.患者应多饮水。The dose is 5 mg. 请遵医嘱。"),
            ["剂量为5 mg.", "患者应多饮水。", "The dose is 5 mg.", "请遵医嘱。"]
        );
        assert_eq!(cut("1.恶心 2.呕吐"), ["1.恶心 2.呕吐"]);
    }

    proptest! {
        #[test]
        fn spans_cover_every_visible_character_once(text in "[\\PC\n。.？ “”（）《》1a]{0,80}") {
            let spans = sentences(&text);
            let mut at = 0;
            for span in &spans {
                prop_assert!(span.start() >= at && !span.is_empty());
                prop_assert!(text[at..span.start()].trim().is_empty());
                let sentence = span.of(&text).expect("spans slice");
                prop_assert_eq!(sentence.trim(), sentence);
                at = span.end();
            }
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
