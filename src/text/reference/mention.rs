//! Places in a Chinese text that name an instrument, with or without 《》.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::{
    Naming,
    instrument::{self, Instrument, InstrumentKind},
};
use crate::domain::text::Span;

/// A place that names an instrument, before it is known whether an article follows.
pub(super) struct Mention {
    pub(super) span: Span,
    pub(super) instrument: Option<Instrument>,
    pub(super) naming: Naming,
    /// Whether it is a reference even without an article.
    pub(super) alone: bool,
    pub(super) taken: bool,
}

/// Titles in 《》, outermost only, brackets included. A title nests at most a few deep and holds no full stop.
pub(super) fn titles(text: &str) -> Vec<Span> {
    let mut titles = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '《' => open.push(at),
            '》' => {
                if let Some(start) = open.pop() {
                    let span = Span::new(start, at + c.len_utf8());
                    titles.retain(|t: &Span| !span.contains(*t));
                    titles.push(span);
                }
            }
            '。' | '\n' | '；' => open.clear(),
            _ => {}
        }
        if open.first().is_some_and(|start| at - start > 450) {
            open.clear();
        }
    }
    titles
}

pub(super) fn mentions(text: &str, titles: &[Span]) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = titles
        .iter()
        .map(|&span| {
            let inner = text.get(span.start() + '《'.len_utf8()..span.end() - '》'.len_utf8()).unwrap_or_default();
            // 《公司法》实施细则 and 《公司法》司法解释（三）: the title is only part of the name.
            let extended = extension(text, span.end());
            let foreign = text.get(..span.start()).is_some_and(|before| before.ends_with("欧盟"));
            let named = if foreign {
                Instrument::named(&format!("欧盟{inner}"))
            } else if extended > span.end() {
                Instrument::named(&format!("{inner}{}", text.get(span.end()..extended).unwrap_or_default()))
            } else {
                Instrument::named(inner)
            };
            let alone = named.kind != InstrumentKind::Other;
            let span = Span::new(span.start(), extended);
            Mention { span, instrument: Some(named), naming: Naming::Title, alone, taken: false }
        })
        .collect();
    let inside = |span: Span, taken: &[Mention]| taken.iter().any(|m| m.span.overlaps(span));
    for found in names().find_iter(text) {
        let mut span = Span::new(found.start(), found.end());
        if inside(span, &mentions) {
            continue;
        }
        let extended = extension(text, span.end());
        let guarded = extended > span.end() || stands_alone(text, span);
        span = Span::new(left_extension(text, span.start()), extended);
        let instrument = Some(Instrument::named(span.of(text).unwrap_or_default()));
        mentions.push(Mention { span, instrument, naming: Naming::Bare, alone: guarded, taken: false });
    }
    for found in PRONOUN.find_iter(text) {
        let span = Span::new(found.start(), found.end());
        if inside(span, &mentions) {
            continue;
        }
        let naming = if found.as_str().starts_with('本') { Naming::ThisLaw } else { Naming::SameLaw };
        mentions.push(Mention { span, instrument: None, naming, alone: false, taken: false });
    }
    for (span, instrument) in super::english::instruments(text) {
        // GDPR第33条; the English reader takes those that no Chinese article follows.
        if !inside(span, &mentions) && GAP_THEN_ARTICLE.is_match(ahead(text, span.end())) {
            mentions.push(Mention {
                span,
                instrument: Some(instrument),
                naming: Naming::Title,
                alone: false,
                taken: false,
            });
        }
    }
    mentions.sort_by_key(|m| m.span);
    mentions
}

static GAP_THEN_ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\s》)）]*的?\s*第").expect("a constant pattern"));

static PRONOUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:本|该|同|此)(?:法典|法律?|条例|规定|办法|司法解释|解释|细则|规则|章程|合同|协议|公约)|同一法律|上述法律|前述法律")
        .expect("a constant pattern")
});

/// Known names and short names, the longest at each place.
fn names() -> &'static AhoCorasick {
    static NAMES: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(instrument::known_names().chain(instrument::aliases()))
            .expect("constant patterns")
    });
    &NAMES
}

/// Whether a known name at `span` is a word of its own: 公司法 is not in 公司法人, nor 合同法 in 合同法律关系.
fn stands_alone(text: &str, span: Span) -> bool {
    let next = text.get(span.end()..).and_then(|rest| rest.chars().next());
    !next.is_some_and(|c| "人律学理院庭官定系制治师医规典务".contains(c))
}

/// The next few dozen characters after `from`: patterns that start there need no more, and a short text is quick.
fn ahead(text: &str, from: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let end = rest.char_indices().nth(32).map_or(rest.len(), |(at, _)| at);
    &rest[..end]
}

static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:的?(?:实施条例|实施细则|实施办法|实施规定)",
        r"|修正案(?:[（(][^（()）]{1,6}[）)])?",
        r"|(?:[\p{Han}]{2,8}编)?的?(?:若干问题的)?(?:司法解释|解释|规定)(?:[（(][一二三四五六七八九十\d]{1,3}[）)])",
        r"|(?:[\p{Han}]{2,8}编)?的?司法解释(?:[一二三四五六七八九十\d]{1,3})?",
        r"|(?:[\p{Han}]{2,8}编)?的?解释(?:[一二三四五六七八九十]{1,3}|\d{1,2})?(?P<next>第|的第|中第|，|。|、|规定|$)",
        r")"
    ))
    .expect("a constant pattern")
});

/// Where a name that ends at `end` really ends: 劳动合同法 in 劳动合同法实施条例.
fn extension(text: &str, end: usize) -> usize {
    EXTENSION.captures(ahead(text, end)).map_or(end, |found| {
        let length = found.get(0).map_or(0, |m| m.len()) - found.name("next").map_or(0, |m| m.len());
        end + length
    })
}

/// Where a known name that starts at `start` really starts: 中华人民共和国…, 上海市….
fn left_extension(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    if before.ends_with("中华人民共和国") {
        return start - "中华人民共和国".len();
    }
    // A place name is at most a dozen characters long.
    for (at, _) in before.char_indices().rev().take(12) {
        if instrument::leading_place(&before[at..]).is_some_and(|length| at + length == start) {
            return at;
        }
    }
    start
}

/// Words that come before a bare name and are not part of it.
const LEAD: &str = "根据 依据 依照 按照 违反 适用 参照 符合 援引 引用 参见 详见 结合 触犯 规定在 以及 我国 现行 \
    关于 对于 认为 例如 比如 属于 构成 同时 因此 所以 其中 如果 但是 并且 或者 可以 应当 包括 \
    此外 首先 其次 最后 另外 那么 法律依据 的话 什么是 请问 指出 写明 载明 可知 由于 依 按 据 与 \
    和 及 或 由 因 即 在 从 对 将 把 被 是 而 且 并 了 以 为 见 如";

/// What ends like the name of a law and is none.
const NOT_LAWS: &str = "方法 做法 看法 说法 想法 司法 合法 非法 违法 执法 立法 守法 依法 用法 疗法 算法 本法 该法 \
     同法 下列规定 有关规定 相关规定 的规定";

/// A name without 《》 that ends right before the article at `at` and that no list of names holds.
pub(super) fn bare_name(text: &str, at: usize) -> Option<Span> {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?P<name>[\p{Han}]{2,30}(?:法典|法|条例|规定|办法|细则|规则|解释|修正案|通则|章程)",
            r"(?:[（(][一二三四五六七八九十\d]{1,3}[）)])?)(?:[（(][^（()）]{0,30}[）)])?(?:的|中的?|之)?\s*$"
        ))
        .expect("a constant pattern")
    });
    let before = text.get(..at)?;
    let from = before.char_indices().rev().nth(59).map_or(0, |(from, _)| from);
    let found = BEFORE.captures(&before[from..])?.name("name")?;
    let mut name = found.as_str();
    if let Some(at) = name.rfind("中华人民共和国") {
        name = &name[at..];
    } else {
        // Everything up to the last lead word of two characters or more is prose …
        for lead in LEAD.split(' ').filter(|lead| lead.chars().count() > 1) {
            if let Some(at) = name.rfind(lead) {
                name = &name[at + lead.len()..];
            }
        }
        // … and a lead word of one character only counts at the start.
        while let Some(lead) = LEAD.split(' ').find(|lead| name.starts_with(lead)) {
            name = &name[lead.len()..];
        }
    }
    let length = name.chars().count();
    if !(3..=24).contains(&length)
        || (!name.ends_with("公司法") && NOT_LAWS.split(' ').any(|word| name.ends_with(word)))
        || name.contains('的')
    {
        return None;
    }
    let end = from + found.end();
    Some(Span::new(end - name.len(), end))
}
