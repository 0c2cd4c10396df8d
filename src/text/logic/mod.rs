//! Negation, modality, quantifiers, conditions, connectives and opposites: the words that turn a sentence round
//! without changing what it is about.
//!
//! A reader of cues, not a grammar: every finding is a word of a list at a place, with the words that it most
//! likely governs. Rules compare findings between sentences that are alike in everything else.

mod axes;
mod cues;

use std::{collections::BTreeMap, sync::LazyLock};

use aho_corasick::AhoCorasick;
use cues::Role;

pub use axes::Direction;

use crate::domain::text::{Lang, Span};

/// What the law lets, makes or forbids somebody to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeonticClass {
    /// 应当, 必须; must, shall
    Obligation,
    /// 不得, 禁止; must not, may not
    Prohibition,
    /// 可以, 有权; may, is entitled to
    Permission,
    /// 无需, 不必; need not
    Exemption,
    /// 宜, 建议; should
    Recommendation,
}

impl DeonticClass {
    /// Whether a sentence of this class and one of `other` about the same act cannot both hold.
    ///
    /// Recommendation is left out: "should" stands for "must" in guidelines and for advice elsewhere.
    pub const fn conflicts(self, other: Self) -> bool {
        use DeonticClass::{Exemption, Obligation, Permission, Prohibition};
        matches!(
            (self, other),
            (Obligation, Prohibition | Permission | Exemption)
                | (Prohibition, Obligation | Permission | Exemption)
                | (Permission | Exemption, Obligation | Prohibition)
        )
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Obligation => "义务",
            Self::Prohibition => "禁止",
            Self::Permission => "许可",
            Self::Exemption => "免除",
            Self::Recommendation => "建议",
        }
    }

    pub const fn en(self) -> &'static str {
        match self {
            Self::Obligation => "obligation",
            Self::Prohibition => "prohibition",
            Self::Permission => "permission",
            Self::Exemption => "exemption",
            Self::Recommendation => "recommendation",
        }
    }
}

/// How strongly a connection is asserted, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// 可能, 提示; may, suggests
    Possible,
    /// 相关; associated with
    Associated,
    /// 导致; causes
    Causes,
    /// 证明, 必然; proves, always
    Proves,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QuantifierClass {
    All,
    Most,
    Some,
    Only,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConditionClass {
    /// 如果, 未经批准; if, subject to
    Condition,
    /// 但, 除外; unless, except
    Exception,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectiveClass {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pole {
    First,
    Second,
}

/// A cue of class `T` at a place, with the words after it in the same clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue<T> {
    pub class: T,
    pub span: Span,
    /// What it most likely governs: at most six words or twelve characters, to the end of the clause.
    pub scope: Span,
}

/// What was read. All spans are into the text that was given; lists are in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logic {
    /// Negators that stand for themselves; those within 不得 or "need not" are in `deontics` alone.
    pub negations: Vec<Cue<()>>,
    pub deontics: Vec<Cue<DeonticClass>>,
    pub epistemics: Vec<Cue<Strength>>,
    pub quantifiers: Vec<Cue<QuantifierClass>>,
    pub conditions: Vec<Cue<ConditionClass>>,
    pub connectives: Vec<Cue<ConnectiveClass>>,
    pub directions: Vec<Direction>,
    /// Clauses: cut at commas, semicolons, colons and full stops, and in English before a conjunction after a comma.
    pub clauses: Vec<Span>,
}

impl Logic {
    /// How many times what stands in `within` is denied: negators, prohibitions and exemptions.
    pub fn denials(&self, within: Span) -> usize {
        let negations = self.negations.iter().filter(|cue| within.contains(cue.span)).count();
        let deontics = self.deontics.iter().filter(|cue| {
            within.contains(cue.span) && matches!(cue.class, DeonticClass::Prohibition | DeonticClass::Exemption)
        });
        negations + deontics.count()
    }

    /// The places in `within` that carry negation or modality: what is left out when words are compared.
    pub fn operators(&self, within: Span) -> Vec<Span> {
        let negations = self.negations.iter().map(|cue| cue.span);
        let deontics = self.deontics.iter().map(|cue| cue.span);
        negations.chain(deontics).filter(|span| within.contains(*span)).collect()
    }
}

struct Cues {
    words: AhoCorasick,
    roles: Vec<Vec<Role>>,
}

static ZH: LazyLock<Cues> = LazyLock::new(|| Cues::build(cues::ZH, ' '));
static EN: LazyLock<Cues> = LazyLock::new(|| Cues::build(cues::EN, '|'));

impl Cues {
    fn build(lists: &[(Role, &'static str)], separator: char) -> Self {
        let mut by_word: BTreeMap<&str, Vec<Role>> = BTreeMap::new();
        for (role, words) in lists {
            for word in words.split(separator).filter(|word| !word.is_empty()) {
                let roles = by_word.entry(word).or_default();
                if !roles.contains(role) {
                    roles.push(*role);
                }
            }
        }
        let words =
            AhoCorasick::builder().ascii_case_insensitive(true).build(by_word.keys()).expect("constant patterns");
        Self { words, roles: by_word.into_values().collect() }
    }
}

/// Places and numbers of the patterns in `text` that stand as words, without overlap: the longest at each place.
///
/// A match that is no word must not hide a shorter one that is: "shall not" in "shall notify" hides no "shall".
fn longest(words: &AhoCorasick, text: &str, stands: impl Fn(Span) -> bool) -> Vec<(Span, usize)> {
    let mut hits: Vec<(Span, usize)> = words
        .find_overlapping_iter(text)
        .map(|hit| (Span::new(hit.start(), hit.end()), hit.pattern().as_usize()))
        .filter(|(span, _)| stands(*span))
        .collect();
    hits.sort_by_key(|(span, _)| (span.start(), std::cmp::Reverse(span.end())));
    let mut end = 0;
    hits.retain(|(span, _)| {
        let free = span.start() >= end;
        if free {
            end = span.end();
        }
        free
    });
    hits
}

/// Whether no letter or digit touches `span` from outside.
fn whole_word(text: &str, span: Span) -> bool {
    let before = text.get(..span.start()).and_then(|t| t.chars().next_back());
    let after = text.get(span.end()..).and_then(|t| t.chars().next());
    let inside_ends_a_word = span.of(text).and_then(|t| t.chars().next_back()).is_some_and(char::is_alphanumeric);
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
    !(joins(before) || inside_ends_a_word && joins(after))
}

/// Reads the logic of one sentence.
pub fn read(text: &str, lang: Lang) -> Logic {
    let mut logic = Logic { clauses: clauses(text, lang), ..Logic::default() };
    let cues = match lang {
        Lang::Zh => &*ZH,
        Lang::En => &*EN,
    };
    // Words of a list that stand for something else; directions inside them are not read either.
    let mut masked: Vec<Span> = Vec::new();
    let stands = |span: Span| match lang {
        Lang::En => whole_word(text, span),
        Lang::Zh => is_cue(text, span),
    };
    for (span, pattern) in longest(&cues.words, text, stands) {
        let roles = &cues.roles[pattern];
        if roles.contains(&Role::Mask) {
            masked.push(span);
            continue;
        }
        let scope = scope(text, span, lang, &logic.clauses);
        for role in roles {
            match *role {
                Role::Mask => {}
                Role::Negation => logic.negations.push(Cue { class: (), span, scope }),
                Role::Deontic(class) => logic.deontics.push(Cue { class, span, scope }),
                Role::Epistemic(class) => logic.epistemics.push(Cue { class, span, scope }),
                Role::Quantifier(class) => logic.quantifiers.push(Cue { class, span, scope }),
                Role::Condition(class) => logic.conditions.push(Cue { class, span, scope }),
                Role::Connective(class) => logic.connectives.push(Cue { class, span, scope }),
            }
        }
    }
    if lang == Lang::Zh {
        double_negation(text, &mut logic);
    }
    logic.directions = axes::read(text, lang, &masked);
    // 无效 and 不合格 are poles of an axis; the negator in them is not a second denial.
    let poles: Vec<Span> = logic.directions.iter().map(|d| d.span).collect();
    logic.negations.retain(|cue| !poles.iter().any(|pole| pole.contains(cue.span)));
    logic
}

/// Single characters that are cues only in some company: 应 in 应予 but not in 反应, 须 but not 须知.
fn is_cue(text: &str, span: Span) -> bool {
    let before = text.get(..span.start()).and_then(|t| t.chars().next_back()).unwrap_or(' ');
    let after = text.get(span.end()..).and_then(|t| t.chars().next()).unwrap_or(' ');
    match span.of(text).unwrap_or_default() {
        "应" => !"反适效供相对响感回因照理答顺呼".contains(before) && !"用急收付纳激答邀对变聘届力税".contains(after),
        "不适" => after != '用' && after != '当',
        "须" => before != '必' && after != '知',
        "宜" => !"适便事不相合".contains(before) && !"昌宾春".contains(after),
        "如" => !"假例诸譬犹正一".contains(before),
        "若" => !"假倘".contains(before) && !"干".contains(after),
        "都" => !"首成京古国建".contains(before) && !"市会城督".contains(after),
        "只" => !before.is_numeric() && !"一二两三四五六七八九十百千万每几".contains(before),
        "各" => !"每".contains(before),
        "无" => !"有".contains(before),
        // 不 between two of the same verb asks: 是不是, 能不能.
        "不" => before != after && before != '差',
        "没" => !"沉埋淹出吞".contains(before),
        "未" => before != '丁' && before != '辛',
        "和" | "及" | "与" | "并" | "且" => before != ' ' || after != ' ',
        _ => true,
    }
}

/// 非…不可, 不…不: two denials that say yes. The second is taken out together with the first.
fn double_negation(text: &str, logic: &mut Logic) {
    let clauses = logic.clauses.clone();
    for clause in clauses {
        let Some(words) = clause.of(text) else { continue };
        if let Some(at) = words.find("不可").filter(|_| words.contains('非'))
            && words.find('非').is_some_and(|first| first < at)
            && words[at..].trim_end_matches(['。', '，', '；']).len() == "不可".len()
        {
            logic.deontics.retain(|cue| !clause.contains(cue.span));
            let span = Span::new(clause.start() + at, clause.start() + at + "不可".len());
            logic.deontics.push(Cue { class: DeonticClass::Obligation, span, scope: clause });
        }
    }
}

/// Cuts at punctuation; brackets and quotation marks do not cut, nor does a comma or point between digits.
fn clauses(text: &str, lang: Lang) -> Vec<Span> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    let mut previous = ' ';
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map_or(' ', |&(_, c)| c);
        let cuts = match c {
            '，' | '；' | '。' | '：' | '！' | '？' | '\n' | ';' | '!' | '?' => true,
            ',' | ':' => !(previous.is_ascii_digit() && next.is_ascii_digit()),
            '.' => lang == Lang::En && next == ' ' && previous.is_ascii_lowercase(),
            _ => false,
        };
        if cuts {
            push_trimmed(text, Span::new(start, at), &mut clauses);
            start = at + c.len_utf8();
        }
        previous = c;
    }
    push_trimmed(text, Span::new(start, text.len()), &mut clauses);
    clauses
}

fn push_trimmed(text: &str, span: Span, clauses: &mut Vec<Span>) {
    let Some(words) = span.of(text) else { return };
    let start = span.start() + (words.len() - words.trim_start().len());
    let end = start + words.trim().len();
    if end > start {
        clauses.push(Span::new(start, end));
    }
}

fn scope(text: &str, cue: Span, lang: Lang, clauses: &[Span]) -> Span {
    let clause_end = match clauses.binary_search_by(|clause| clause.start().cmp(&cue.start())) {
        Ok(at) => clauses[at].end(),
        Err(0) => text.len(),
        Err(at) => clauses[at - 1].end(),
    };
    let rest = text.get(cue.end()..clause_end.max(cue.end())).unwrap_or_default();
    let length = match lang {
        Lang::Zh => rest.char_indices().nth(12).map_or(rest.len(), |(at, _)| at),
        Lang::En => rest.match_indices(' ').filter(|(at, _)| *at > 0).nth(5).map_or(rest.len(), |(at, _)| at),
    };
    Span::new(cue.end(), cue.end() + length)
}

#[cfg(test)]
mod tests;
