//! What can be checked in a text: its sentences, their citations, and what their reader knows from before.

pub mod citation;
mod context;
mod select;
mod split;

use std::sync::LazyLock;

use regex::Regex;

use self::context::Antecedents;
use crate::{
    domain::{
        claim::{Cited, Claim, Draft, NotAClaim},
        text::Span,
    },
    text::{lang, sentence::sentences},
};

/// The claims of a draft: exactly one for each of its sentences, in order, so that a judgement belongs to a sentence.
///
/// A claim's span is into the draft's text: every sentence with its `lead` before it.
pub fn from_draft(draft: &Draft) -> Vec<Claim> {
    let mut antecedents = Antecedents::default();
    let mut at = 0;
    draft
        .sentences
        .iter()
        .map(|sentence| {
            at += sentence.lead.len();
            let span = Span::new(at, at + sentence.text.len());
            at = span.end();
            let context = antecedents.resolve(&sentence.text).into_iter().collect();
            antecedents.note(&sentence.text);
            Claim {
                text: sentence.text.clone(),
                span,
                lang: lang::detect(&sentence.text),
                cited: sentence.cited.clone(),
                context,
                skip: skip(&sentence.text, &sentence.cited),
            }
        })
        .collect()
}

/// The claims of a report or an answer that somebody wrote, in order. `claim.text` is the slice of `text` at
/// `claim.span`; its citations stand in it and in `claim.cited`.
pub fn from_text(text: &str) -> Vec<Claim> {
    let mut reader = Reader { text, ..Reader::default() };
    let spans = sentences(text);
    for (at, span) in spans.iter().enumerate() {
        reader.sentence(*span, spans.get(at + 1).copied());
    }
    reader.claims
}

/// `text` as one claim, whatever it looks like: for callers who have decided already what they want checked.
pub fn whole(text: &str) -> Claim {
    Claim {
        text: text.to_owned(),
        span: Span::new(0, text.len()),
        lang: lang::detect(text),
        cited: Vec::new(),
        context: Vec::new(),
        skip: None,
    }
}

/// What states nothing is not checked, unless it cites a source for it.
fn skip(text: &str, cited: &[Cited]) -> Option<NotAClaim> {
    let reason = select::not_a_claim(citation::blanked(text).trim())?;
    (cited.is_empty() || reason == NotAClaim::Heading).then_some(reason)
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    claims: Vec<Claim>,
    /// Level and text of the headings above.
    headings: Vec<(usize, String)>,
    /// The sentence that introduces the list at hand.
    lead: Option<String>,
    /// Header row of the table at hand.
    header: Option<String>,
    antecedents: Antecedents,
    /// The line at hand is an entry of a list of references.
    reference_line: bool,
}

impl Reader<'_> {
    fn sentence(&mut self, span: Span, next: Option<Span>) {
        let line_start = self.text[..span.start()].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let opens_line = self.text[line_start..span.start()].trim().is_empty();
        let span = if opens_line { span } else { self.give_leading_citations(span) };
        let raw = &self.text[span.start()..span.end()];
        if raw.is_empty() {
            return;
        }
        if opens_line {
            if is_table_row(raw) {
                return self.table_row(raw, span, next);
            }
            self.header = None;
            if let Some((level, title)) = heading(raw, next.is_some()) {
                self.push(span, Vec::new(), Some(NotAClaim::Heading));
                self.headings.retain(|(above, _)| *above < level);
                self.headings.push((level, title));
                self.lead = None;
                self.antecedents.forget();
                return;
            }
        }
        let mark = if opens_line { list_mark(raw) } else { 0 };
        if opens_line && mark == 0 && !raw.ends_with([':', '：']) && !raw.starts_with(char::is_whitespace) {
            self.lead = None;
        }
        let span = Span::new(span.start() + mark, span.end());
        let raw = &self.text[span.start()..span.end()];
        if opens_line {
            self.reference_line = self.is_bibliography(raw);
        }
        if self.reference_line {
            return self.push(span, Vec::new(), Some(NotAClaim::Meta));
        }
        self.clauses(span, mark > 0);
        if raw.ends_with([':', '：']) && mark == 0 {
            self.lead = Some(citation::blanked(raw).trim().to_owned());
        }
    }

    /// `…。[1] 下一句`: labels that follow a full stop belong to the sentence before it. Gives the rest of the span.
    fn give_leading_citations(&mut self, span: Span) -> Span {
        let raw = &self.text[span.start()..span.end()];
        let mut end = 0;
        let mut given = Vec::new();
        for mention in citation::mentions(raw) {
            if !raw[end..mention.span.start()].trim().is_empty() {
                break;
            }
            end = mention.span.end();
            given.extend(mention.cited);
        }
        let Some(last) = self.claims.last_mut().filter(|_| end > 0) else { return span };
        last.span = last.span.cover(Span::new(span.start(), span.start() + end));
        if let Some(text) = last.span.of(self.text) {
            text.clone_into(&mut last.text);
        }
        last.cited.extend(given);
        last.skip = last.skip.filter(|_| skip(&last.text, &last.cited).is_some());
        let rest = &raw[end..];
        let rest =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '。' | '.' | '；' | ';' | '，' | ','));
        Span::new(span.end() - rest.len(), span.end())
    }

    fn clauses(&mut self, span: Span, in_list: bool) {
        let raw = &self.text[span.start()..span.end()];
        // Cut where citations are blank, so that `[1;2]` is never a border.
        let clauses = split::clauses(&citation::blanked(raw));
        let mentions = citation::mentions(raw);
        for (at, clause) in clauses.iter().enumerate() {
            // Labels of the clause itself, else those of the next clause that has some: a label at the end of a
            // sentence stands for all of it.
            let cited = clauses[at..]
                .iter()
                .enumerate()
                .map(|(ahead, c)| {
                    let from = if ahead == 0 && at == 0 { 0 } else { c.start() };
                    // The last clause owns what follows it.
                    let to = clauses.get(at + ahead + 1).map_or(raw.len(), |n| n.start());
                    let own = Span::new(from, to);
                    mentions.iter().filter(|m| own.contains(m.span)).flat_map(|m| m.cited.clone()).collect::<Vec<_>>()
                })
                .find(|cited| !cited.is_empty())
                .unwrap_or_default();
            // A clause is shown up to the start of the next one, so that its labels stay visible; trimmed.
            let shown = if clauses.len() == 1 { Span::new(0, raw.len()) } else { *clause };
            let reason = skip(shown.of(raw).unwrap_or_default(), &cited);
            self.push_in(shown.shifted(span.start()), cited, reason, in_list);
        }
    }

    fn table_row(&mut self, raw: &str, span: Span, next: Option<Span>) {
        if is_table_rule(raw) {
            return self.push(span, Vec::new(), Some(NotAClaim::Heading));
        }
        let heads = next.and_then(|n| n.of(self.text)).is_some_and(is_table_rule);
        if heads {
            self.header = Some(cells(raw));
            return self.push(span, Vec::new(), Some(NotAClaim::Heading));
        }
        let cited = citation::mentions(raw).into_iter().flat_map(|m| m.cited).collect();
        self.push(span, cited, None);
        if let (Some(header), Some(claim)) = (self.header.clone(), self.claims.last_mut()) {
            claim.context.push(header);
        }
    }

    /// An entry of a list of references states nothing that this text has to back.
    fn is_bibliography(&self, raw: &str) -> bool {
        static NOTE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^\[\^\w{1,8}\]\s*[:：]").expect("a constant pattern that compiles"));
        let listed = self.headings.last().is_some_and(|(_, title)| {
            let title = title.to_lowercase();
            ["参考文献", "参考资料", "引用文献", "资料来源", "references", "bibliography", "sources", "works cited"]
                .iter()
                .any(|name| title.contains(name))
        });
        NOTE.is_match(raw) || listed
    }

    fn push(&mut self, span: Span, cited: Vec<Cited>, skip: Option<NotAClaim>) {
        self.push_in(span, cited, skip, false);
    }

    fn push_in(&mut self, span: Span, cited: Vec<Cited>, skip: Option<NotAClaim>, in_list: bool) {
        let Some(text) = span.of(self.text) else { return };
        let mut context: Vec<String> = Vec::new();
        if skip.is_none() {
            context.extend(self.headings.iter().map(|(_, title)| title.clone()));
            context.extend(self.lead.clone().filter(|_| in_list));
            context.extend(self.antecedents.resolve(text));
            self.antecedents.note(text);
        }
        let lang = lang::detect(&citation::blanked(text));
        self.claims.push(Claim { text: text.to_owned(), span, lang, cited, context, skip });
    }
}

// ---------------------------------------------------------------------------------------------------------- lines

/// Level and text of a heading. A line is one only when its form says so: a short claim without a full stop is a claim.
fn heading(line: &str, followed: bool) -> Option<(usize, String)> {
    static CHAPTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^第[一二三四五六七八九十百零〇\d]{1,5}[编章节部][\s　]*[^。；，,;]{0,30}$")
            .expect("a constant pattern that compiles")
    });
    static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[一二三四五六七八九十]{1,3}、[^。；，,;：:\d]{2,20}$").expect("a constant pattern that compiles")
    });
    // A heading that says something is a claim.
    static STATES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("应|须|可以|不|是|有|为|构成|承担|违|属|得|增|降|无").expect("a constant pattern that compiles")
    });
    let hashes = line.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&hashes) && line[hashes..].starts_with([' ', '\t', '　']) {
        return Some((hashes, line[hashes..].trim().trim_end_matches('#').trim().to_owned()));
    }
    if CHAPTER.is_match(line) {
        return Some((7, line.to_owned()));
    }
    let bold = line.strip_prefix("**").and_then(|l| l.trim_end_matches([':', '：']).strip_suffix("**"));
    if let Some(title) = bold
        && followed
        && !title.contains("**")
        && title.chars().count() <= 40
        && !title.ends_with(['。', '.', '!', '！'])
        && !title.chars().any(|c| c.is_ascii_digit())
        && !STATES.is_match(title)
    {
        return Some((8, title.trim_end_matches([':', '：']).to_owned()));
    }
    (followed && NUMBERED.is_match(line) && !STATES.is_match(line)).then(|| (8, line.to_owned()))
}

/// Bytes of the mark that a list item starts with, white space after it included.
fn list_mark(line: &str) -> usize {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:>\s*)*(?:[-*+•·●▪◦‣]\s+|\d{1,3}[.)]\s+|\d{1,3}[、）]\s*|[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]\s*|[一二三四五六七八九十]{1,3}、\s*|[a-zA-Z][.)]\s+)")
            .expect("a constant pattern that compiles")
    });
    MARK.find(line).map_or(0, |found| if found.end() < line.len() { found.end() } else { 0 })
}

fn is_table_row(line: &str) -> bool {
    line.starts_with('|') && line.matches('|').count() >= 2
        || line.matches(" | ").count() >= 2
        || line.matches('\t').count() >= 2
}

fn is_table_rule(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '+' | '='))
}

fn cells(row: &str) -> String {
    row.split(['|', '\t']).map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests;
