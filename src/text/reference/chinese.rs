//! References as Chinese texts write them. One pass over the text; patterns are built once.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    LegalReference, Naming,
    instrument::Instrument,
    mention::{bare_name, mentions, titles},
    provision::{next_provision, provisions},
};
use crate::domain::text::Span;

pub(super) fn parse(text: &str) -> Vec<LegalReference> {
    let titles = titles(text);
    let mut mentions = mentions(text, &titles);
    let mut references: Vec<LegalReference> = Vec::new();
    // The instrument named last, for 该法 and for provisions that name none.
    let mut last_named: Option<Instrument> = None;
    let mut named_at = 0;
    let mut next_mention = 0;
    let mut previous: Option<(usize, Option<Instrument>, Naming)> = None;
    let mut from = 0;
    while let Some(at) = next_provision(text, from) {
        if let Some(title) = titles.iter().find(|t| t.start() <= at && at < t.end()) {
            from = title.end();
            continue;
        }
        let found = provisions(text, at);
        let Some(first) = found.first() else {
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        while next_mention < mentions.len() && mentions[next_mention].span.end() <= at {
            if let (Naming::Title | Naming::Bare, Some(named)) =
                (mentions[next_mention].naming, &mentions[next_mention].instrument)
                && mentions[next_mention].alone
            {
                last_named = Some(named.clone());
                named_at = mentions[next_mention].span.end();
            }
            next_mention += 1;
        }
        let mut start = first.span.start();
        let (instrument, naming) = if first.relative {
            (None, Naming::ThisLaw)
        } else if let Some(mention) = mentions[..next_mention]
            .iter_mut()
            .rev()
            .take(2)
            .find(|m| between(text, m.span.end(), at).is_some_and(|gap| GAP.is_match(gap)))
        {
            mention.taken = true;
            start = mention.span.start();
            match mention.naming {
                Naming::SameLaw => (last_named.clone(), Naming::SameLaw),
                // 《X法》规定：“依照本法第五条…”: in words quoted from a law 本法 is that law.
                Naming::ThisLaw if is_quoted(text, named_at, start) => (last_named.clone(), Naming::ThisLaw),
                naming => {
                    if mention.instrument.is_some() {
                        last_named.clone_from(&mention.instrument);
                        named_at = mention.span.end();
                    }
                    (mention.instrument.clone(), naming)
                }
            }
        } else if let Some((end, named, naming)) = &previous
            && between(text, *end, at).is_some_and(|gap| LIST.is_match(gap))
        {
            (named.clone(), if named.is_some() { Naming::Listed } else { *naming })
        } else if let Some(name) = bare_name(text, at) {
            start = name.start();
            let named = Instrument::named(name.of(text).unwrap_or_default());
            last_named = Some(named.clone());
            named_at = at;
            (Some(named), Naming::Bare)
        } else if last_named.is_some() {
            (last_named.clone(), Naming::Implied)
        } else {
            (None, Naming::Absent)
        };
        from = found.last().map_or(at + 1, |p| p.span.end());
        previous = Some((from, instrument.clone(), naming));
        for (nth, provision) in found.into_iter().enumerate() {
            references.push(LegalReference {
                span: if nth == 0 { Span::new(start, provision.span.end()) } else { provision.span },
                instrument: instrument.clone(),
                naming: if nth > 0 && instrument.is_some() { Naming::Listed } else { naming },
                article: provision.article,
                paragraph: provision.paragraph,
                item: provision.item,
                limbs: Vec::new(),
                range_end: provision.range_end,
            });
        }
    }
    references.extend(mentions.into_iter().filter(|m| m.alone && !m.taken).map(|m| LegalReference {
        span: m.span,
        instrument: m.instrument,
        naming: m.naming,
        article: None,
        paragraph: None,
        item: None,
        limbs: Vec::new(),
        range_end: None,
    }));
    references.sort_by_key(|r| (r.span.start(), std::cmp::Reverse(r.span.end())));
    let mut end = 0;
    references.retain(|r| {
        let free = r.span.start() >= end;
        if free {
            end = r.span.end();
        }
        free
    });
    references
}

/// The words from `from` to `to`, where they are few enough to join what stands on both sides of them.
fn between(text: &str, from: usize, to: usize) -> Option<&str> {
    text.get(from..to).filter(|gap| gap.len() <= 300)
}

/// Whether a quotation that opened after `from` is still open at `at`.
fn is_quoted(text: &str, from: usize, at: usize) -> bool {
    text.get(from..at).is_some_and(|words| words.matches(['“', '「']).count() > words.matches(['”', '」']).count())
}

/// What may stand between an instrument and its article: a version, 的, a part of the law.
static GAP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^[\s>〉”」]*(?:[（(\[【][^（()）]{0,60}[）)\]】])?\s*",
        r"(?:总则|分则|[\p{Han}]{2,8}编|第[一二三四五六七八九十\d]{1,3}[编章](?:第[一二三四五六七八九十\d]{1,3}节)?)?",
        r"(?:的|中的?|里的?|之|项下的?|规定的|，|,|:|：)?\s*$"
    ))
    .expect("a constant pattern")
});

/// What may stand between two members of a list of articles.
static LIST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:的?规定)?\s*(?:、|和|及|与|以及|或者?|，和|，以及|，及|,|，|＋|\+)?\s*(?:的)?\s*$")
        .expect("a constant pattern")
});
