//! References as English texts write them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Article, Instrument, LegalReference, Naming, Scheme, numeral};
use crate::domain::text::Span;

const LIMBS: &str = r"(?:(?:,?\s(?:points?|paragraph|subparagraph)\s|\s?)\((?:[0-9]{1,3}|[A-Za-z]{1,5})\))*";

fn pattern(text: &str) -> Regex {
    // Word boundaries are those of ASCII: in 依据GDPR第33条 the name stands between letters of another script.
    Regex::new(&text.replace("LIMBS", LIMBS).replace(r"\b", r"(?-u:\b)")).expect("a constant pattern")
}

static CFR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?P<title>\d{1,2})\s*C\.?\s?F\.?\s?R\.?,?\s*(?:",
        r"(?:Parts?|Pts?\.?)\s*(?P<only>\d{1,4})",
        r"|(?:§+|Sec(?:tions?|s?\.))?\s*(?P<part>\d{1,4})(?:\.(?P<number>\d{1,4})(?P<letter>[a-z](?:-\d{1,3})?)?\b(?P<limbs>LIMBS))?)"
    ))
});

static USC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?P<title>\d{1,2})\s*U\.?\s?S\.?\s?C\.?(?:A\.?)?,?\s*(?:§+|Sec(?:tions?|s?\.))?\s*",
        r"(?P<number>\d{1,5})(?P<letter>(?-i:[a-z]{1,2}(?:-\d{1,3}[a-z]?)?|[A-Z](?:-\d{1,3})?))?\b(?P<limbs>LIMBS)"
    ))
});

/// Articles, sections, recitals, rules, annexes, with a list or range of numbers after the word.
static PROVISION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:(?P<article>\b(?:[Aa]rticles?|ARTICLES?|[Aa]rts?\.))|(?P<section>§+|\b(?:[Ss]ections?|SECTIONS?|[Ss]ecs?\.|ss?\.))",
        r"|(?P<rule>\bRules?)|(?P<recital>\b[Rr]ecitals?))\s*",
        r"(?P<first>(?:(?P<part>\d{1,4})\.)?(?P<number>\d{1,5})(?P<letter>[a-z]{1,2}(?:-\d{1,3}[a-z]?)?|[A-Z](?:-\d{1,3})?)?)\b(?P<limbs>LIMBS)",
        r"(?P<more>(?:\s*(?:,\s*(?:and|or)?|and|or|to|through|–|—|-|&)\s*(?:(?:[Aa]rt(?:icles?|s?\.)|[Ss]ec(?:tions?|s?\.)|§+)\s*)?(?:\d{1,4}\.)?\d{1,5}[a-z]?\bLIMBS)*)"
    ))
});

static MORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?P<link>,\s*(?:and|or)?|and|or|to|through|–|—|-|&)\s*(?:(?:[Aa]rt(?:icles?|s?\.)|[Ss]ec(?:tions?|s?\.)|§+)\s*)?",
        r"(?:(?P<part>\d{1,4})\.)?(?P<number>\d{1,5})(?P<letter>[a-z])?\b(?P<limbs>LIMBS)"
    ))
});

static ANNEX: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:Annex\s+(?P<annex>[IVX]{1,6})|Appendix\s+(?P<appendix>[A-Z]))\b"));

/// Instruments by number, by well-known short name, and by a capitalised title that ends in Act, Code, ….
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?P<eu>\b(?:Regulation|Directive|Decision)\s*(?:\((?:EU|EC|EEC)\)\s*)?(?:No\.?\s*)?\d{1,4}/\d{1,4}(?:/(?:EC|EU|EEC))?)",
        r"|(?P<short>\b(?:EU\s+)?(?:GDPR|AI Act|General Data Protection Regulation|Artificial Intelligence Act|Digital Services Act|Digital Markets Act|FCRA|ECOA|TILA|EFTA|HIPAA|CCPA|Sarbanes-Oxley Act|Exchange Act)\b)",
        r"|(?P<reg>\bRegulation\s+(?:DD|[A-Z])\b)",
        r"|(?P<title>\b(?:[A-Z][A-Za-z'’\-]+,?\s+(?:(?:and|of|for|the|on|in|to|&)\s+)*){1,8}(?:Act|Code|Directive|Constitution|(?:Convention|Treaty)(?:\s+on\s+(?:the\s+)?[A-Z][A-Za-z]+(?:\s+(?:(?:and|of|the)\s+){0,2}[A-Z][A-Za-z]+){0,5})?)(?:\s+of\s+(?:1[6-9]|20)\d\d|\s+(?:1[6-9]|20)\d\d)?)",
    ))
});

/// Places that name an instrument, in order.
pub(super) fn instruments(text: &str) -> Vec<(Span, Instrument)> {
    NAMED
        .find_iter(text)
        .filter_map(|found| {
            let mut start = found.start();
            let mut written = found.as_str();
            // A sentence's first word is capitalised without being part of the title.
            while let Some(rest) =
                ["The ", "This ", "That ", "An ", "A ", "Under ", "In ", "See ", "And ", "Of ", "By "]
                    .iter()
                    .find_map(|word| written.strip_prefix(word))
            {
                start += written.len() - rest.len();
                written = rest;
                let lower = written.trim_start_matches("the ");
                start += written.len() - lower.len();
                written = lower;
            }
            // "Annex III of the AI Act" is capitalised throughout.
            if ["Annex", "Appendix", "Title", "Chapter", "Part", "Section", "Article"]
                .iter()
                .any(|w| written.starts_with(w))
                && let Some(at) = written.find(" of the ")
            {
                start += at + " of the ".len();
                written = &written[at + " of the ".len()..];
            }
            let one_word = !written.contains(' ');
            let generic = ["Act", "Code", "Directive", "Convention", "Treaty", "Constitution"].contains(&written);
            if generic || (one_word && written.len() > 12) {
                return None;
            }
            Some((Span::new(start, found.end()), Instrument::named(written)))
        })
        .collect()
}

/// What may stand between a provision and the instrument after it.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:,\s*)?(?:of|under|in|to)?\s*(?:the\s+)?(?:EU(?:'s|’s)?\s+)?$").expect("a constant pattern")
});

/// What may stand between an instrument and the provision after it.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:['’]s)?\s*(?:\([^()]{0,60}\))?\s*[,:(]?\s*$").expect("a constant pattern"));

pub(super) fn parse(text: &str) -> Vec<LegalReference> {
    if !text.bytes().any(|b| b.is_ascii_alphabetic() || b == 0xa7) {
        return Vec::new();
    }
    let mut references = coded(text);
    let taken = |span: Span, references: &[LegalReference]| references.iter().any(|r| r.span.overlaps(span));
    let mut named: Vec<(Span, Instrument, bool)> = instruments(text)
        .into_iter()
        .filter(|(span, _)| !taken(*span, &references))
        .map(|(span, instrument)| (span, instrument, false))
        .collect();
    for mut group in provisions(text) {
        let Some(whole) = group.iter().map(|r| r.span).reduce(Span::cover) else { continue };
        if taken(whole, &references) {
            continue;
        }
        // A name further off than this does not belong to the provision; the limit also keeps long texts linear.
        let gap = |from: usize, to: usize| text.get(from..to).filter(|gap| gap.len() < 90);
        let after = named.iter().position(|(span, ..)| {
            span.start() >= whole.end() && gap(whole.end(), span.start()).is_some_and(|gap| AFTER.is_match(gap))
        });
        let before = named.iter().position(|(span, ..)| {
            span.end() <= whole.start() && gap(span.end(), whole.start()).is_some_and(|gap| BEFORE.is_match(gap))
        });
        if let Some(at) = after.or(before) {
            named[at].2 = true;
            let (span, instrument) = (named[at].0, named[at].1.clone());
            let many = group.len();
            for (nth, reference) in group.iter_mut().enumerate() {
                reference.instrument = Some(instrument.clone());
                reference.naming = if nth == 0 { Naming::Title } else { Naming::Listed };
                // The member of the list that stands next to the name takes it into its span.
                let next_to = if after.is_some() { nth + 1 == many } else { nth == 0 };
                if next_to {
                    reference.span = reference.span.cover(span);
                }
            }
        } else if let Some((_, instrument, _)) = named.iter().rev().find(|(span, ..)| span.end() <= whole.start()) {
            for reference in &mut group {
                reference.instrument = Some(instrument.clone());
                reference.naming = Naming::Implied;
            }
        }
        references.extend(group);
    }
    for (span, instrument, used) in named {
        if !used && !taken(span, &references) {
            references.push(reference(span, Some(instrument), None, Vec::new(), Naming::Title));
        }
    }
    references.sort_by_key(|r| r.span);
    let mut end = 0;
    references.retain(|r| {
        let free = r.span.start() >= end;
        end = end.max(r.span.end());
        free
    });
    references
}

fn reference(
    span: Span,
    instrument: Option<Instrument>,
    article: Option<Article>,
    limbs: Vec<String>,
    naming: Naming,
) -> LegalReference {
    LegalReference { span, instrument, naming, article, paragraph: None, item: None, limbs, range_end: None }
}

fn number(found: &Captures<'_>, group: &str) -> Option<u32> {
    found.name(group).and_then(|m| m.as_str().parse().ok())
}

fn letter(found: &Captures<'_>) -> Option<String> {
    found.name("letter").map(|m| m.as_str().to_owned()).filter(|l| !l.is_empty())
}

fn limbs(found: &Captures<'_>) -> Vec<String> {
    found.name("limbs").map_or_else(Vec::new, |m| {
        m.as_str().split('(').skip(1).filter_map(|limb| Some(limb.split(')').next()?.to_owned())).collect()
    })
}

/// The end of a match, without the white space that an optional limb may have left behind.
fn span_of(found: &Captures<'_>) -> Span {
    found.get(0).map_or_else(Span::default, |m| Span::new(m.start(), m.start() + m.as_str().trim_end().len()))
}

/// Codified law: 12 CFR 1026.5(b)(2)(iii), 12 CFR Part 1002, 15 U.S.C. § 1681b.
fn coded(text: &str) -> Vec<LegalReference> {
    let cfr = CFR.captures_iter(text).filter_map(|found| {
        let part = number(&found, "only").or_else(|| number(&found, "part"))?;
        let instrument = Instrument::named(&format!("{} CFR Part {part}", &found["title"]));
        let article = number(&found, "number").map(|number| Article {
            scheme: Scheme::Section,
            part: Some(part),
            number,
            sub: None,
            letter: letter(&found),
        });
        Some(reference(span_of(&found), Some(instrument), article, limbs(&found), Naming::Title))
    });
    let usc = USC.captures_iter(text).filter_map(|found| {
        let instrument = Instrument::named(&format!("{} U.S.C.", &found["title"]));
        let article = Article {
            scheme: Scheme::Section,
            part: None,
            number: number(&found, "number")?,
            sub: None,
            letter: letter(&found),
        };
        Some(reference(span_of(&found), Some(instrument), Some(article), limbs(&found), Naming::Title))
    });
    cfr.chain(usc).collect()
}

/// Provisions that do not carry their instrument, each list as one group.
fn provisions(text: &str) -> Vec<Vec<LegalReference>> {
    let mut groups: Vec<Vec<LegalReference>> =
        PROVISION.captures_iter(text).filter_map(|found| group(text, &found)).collect();
    groups.extend(ANNEX.captures_iter(text).filter_map(|found| {
        let (scheme, number) = if let Some(annex) = found.name("annex") {
            (Scheme::Annex, numeral::roman(annex.as_str())?)
        } else {
            let letter = found.name("appendix")?.as_str().chars().next()?;
            (Scheme::Appendix, u32::from(letter) - u32::from('A') + 1)
        };
        let article = Article { scheme, part: None, number, sub: None, letter: None };
        Some(vec![reference(span_of(&found), None, Some(article), Vec::new(), Naming::Absent)])
    }));
    groups.sort_by_key(|group| group.first().map(|r| r.span));
    groups
}

/// Recitals carry a number alone.
fn numbered(scheme: Scheme, part: Option<u32>, found: &Captures<'_>) -> Option<Article> {
    let (part, letter) = if scheme == Scheme::Recital { (None, None) } else { (part, letter(found)) };
    Some(Article { scheme, part, number: number(found, "number")?, sub: None, letter })
}

fn group(text: &str, found: &Captures<'_>) -> Option<Vec<LegalReference>> {
    let scheme = if found.name("article").is_some() {
        Scheme::Article
    } else if let Some(section) = found.name("section") {
        // "s. 12" and "ss. 12" only with the space of a citation, and never after a letter or an apostrophe.
        let short = section.as_str().starts_with("s.") || section.as_str().starts_with("ss.");
        if short && text.get(..section.start()).is_some_and(|before| before.ends_with(['\'', '’', '.'])) {
            return None;
        }
        Scheme::Section
    } else if found.name("rule").is_some() {
        Scheme::Rule
    } else {
        Scheme::Recital
    };
    let part = number(found, "part");
    let first = numbered(scheme, part, found)?;
    let start = found.get(0)?.start();
    let more = found.name("more")?;
    let end = text.get(start..more.start())?.trim_end().len() + start;
    let mut group = vec![reference(Span::new(start, end), None, Some(first), limbs(found), Naming::Absent)];
    for next in MORE.captures_iter(more.as_str()) {
        let article = numbered(scheme, number(&next, "part").or(part), &next)?;
        let Some(previous) = group.last_mut() else { break };
        let span = span_of(&next).shifted(more.start());
        let link = next.name("link").map_or("", |m| m.as_str());
        if matches!(link, "to" | "through" | "–" | "—" | "-") {
            previous.range_end = Some(article);
            previous.span = previous.span.cover(span);
        } else {
            let after = next.name("link").map_or(0, |m| m.end());
            let member = more.as_str().get(after..).unwrap_or_default();
            let begin = more.start() + after + (member.len() - member.trim_start().len());
            group.push(reference(Span::new(begin, span.end()), None, Some(article), limbs(&next), Naming::Absent));
        }
    }
    Some(group)
}
