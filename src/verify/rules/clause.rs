//! Clauses side by side: how much of one stands in another when negation and modality are taken out.
//!
//! Rules that say "the source says otherwise" compare single clauses, because a sentence about two things holds
//! negators that have nothing to do with the claim.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use crate::{
    domain::text::{Lang, Span},
    text::logic::ConnectiveClass,
    verify::case::{Case, SourceSentence, Unit},
};

/// A stretch of one or two clauses of a source that covers a clause of the claim.
pub struct Match<'c, 'a> {
    pub source: &'c SourceSentence<'a>,
    /// Into the source sentence.
    pub span: Span,
    /// Share of the claim clause's tokens that stand in it, 0 to 1.
    pub forward: f32,
    /// Share of its own tokens that stand in the claim clause, 0 to 1.
    pub back: f32,
}

/// Words that change with the wording and not with the meaning. Prepositions of place and time are not among them.
static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "a an the and or of to in on at by for with from as is are was were be been being am do does did have has had having \
     it its this that these those there here i you he she we they him her them his our their which who whom whose will \
     would can could then than so such also just very too s t"
        .split_whitespace()
        .collect()
});

/// What a clause is compared by: stems of content words, or pairs of neighbouring Chinese characters.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    counts: HashMap<String, u16>,
    total: u32,
}

impl Tokens {
    /// The tokens of `text` in `within`, leaving out the places in `without`.
    pub fn of(text: &str, within: Span, lang: Lang, without: &[Span]) -> Self {
        let mut tokens = Self::default();
        let Some(words) = within.of(text) else { return tokens };
        let left_out = |at: usize| without.iter().any(|span| span.start() <= at && at < span.end());
        let mut word = String::new();
        let mut previous: Option<char> = None;
        for (at, c) in words.char_indices() {
            let at = at + within.start();
            if left_out(at) {
                tokens.push_word(&mut word, lang);
                continue;
            }
            if is_han(c) {
                tokens.push_word(&mut word, lang);
                // Particles change with the wording, not with the meaning; and what is left of 没有 and 无, which are set
                // apart, is to be the same as what is left of 有.
                if "的了之而于地得有".contains(c) {
                    continue;
                }
                if let Some(before) = previous {
                    tokens.push([before, c].iter().collect());
                }
                previous = Some(c);
            } else if c.is_alphanumeric() || (matches!(c, '.' | ',') && word.ends_with(|w: char| w.is_ascii_digit())) {
                // The article begins a sentence, or is small: "drug A" names one of several.
                let is_alone = word.is_empty() && !text[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
                let begins =
                    text[..at].trim_end().is_empty() || text[..at].trim_end().ends_with(['.', '?', '!', ':', '"', '“']);
                if c == 'A' && is_alone && !begins {
                    tokens.push("A".to_owned());
                    previous = None;
                    continue;
                }
                word.extend(c.to_lowercase());
                previous = None;
            } else {
                tokens.push_word(&mut word, lang);
                if !c.is_whitespace() {
                    previous = None;
                }
            }
        }
        tokens.push_word(&mut word, lang);
        tokens
    }

    fn push_word(&mut self, word: &mut String, lang: Lang) {
        let trimmed = word.trim_end_matches(['.', ',']);
        let stops = lang == Lang::En && STOP.contains(trimmed);
        if !trimmed.is_empty() && !stops {
            self.push(stem(trimmed));
        }
        word.clear();
    }

    fn push(&mut self, token: String) {
        *self.counts.entry(token).or_default() += 1;
        self.total += 1;
    }

    pub fn holds(&self, token: &str) -> bool {
        self.counts.contains_key(token)
    }

    /// These tokens without those of `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for (token, count) in &self.counts {
            let more = count.saturating_sub(other.counts.get(token).copied().unwrap_or(0));
            if more > 0 {
                left.counts.insert(token.clone(), more);
                left.total += u32::from(more);
            }
        }
        left
    }

    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub const fn len(&self) -> u32 {
        self.total
    }

    /// Share of these tokens that stand in `other`, 0 to 1; 0 where there are none.
    pub fn within(&self, other: &Self) -> f32 {
        if self.total == 0 {
            return 0.0;
        }
        let shared: u32 = self
            .counts
            .iter()
            .map(|(token, count)| u32::from((*count).min(other.counts.get(token).copied().unwrap_or(0))))
            .sum();
        shared as f32 / self.total as f32
    }
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Irregular forms of common verbs, each before its base form.
static IRREGULAR: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    "paid pay made make found find gave give given give took take taken take became become began begin begun begin \
     brought bring bought buy built build came come chose choose chosen choose did do done do drew draw drawn draw fell fall \
     fallen fall felt feel fought fight forbade forbid forbidden forbid forgot forget forgotten forget froze freeze frozen freeze \
     got get gone go went go grew grow grown grow held hold kept keep knew know known know laid lay led lead left leave lent lend \
     lost lose meant mean met meet ran run rose rise risen rise said say saw see seen see sent send shown show sold sell \
     sought seek spent spend spoke speak spoken speak stood stand stole steal stolen steal swore swear sworn swear taught teach \
     thought think threw throw thrown throw told tell understood understand won win withdrew withdraw withdrawn withdraw \
     wrote write written write ate eat eaten eat drank drink drunk drink broke break broken break children child people person \
     women woman men man"
        .split_whitespace()
        .collect::<Vec<_>>()
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect()
});

/// A light stemmer: endings that the same word takes in the same sense.
fn stem(word: &str) -> String {
    let word = IRREGULAR.get(word).copied().unwrap_or(word);
    if !word.is_ascii() || word.len() < 5 {
        return word.strip_suffix('s').filter(|w| w.len() > 2 && !w.ends_with('s')).unwrap_or(word).to_owned();
    }
    for ending in ["ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e", "y"] {
        if let Some(root) = word.strip_suffix(ending).filter(|root| root.len() >= 4) {
            return root.to_owned();
        }
    }
    word.to_owned()
}

/// Bytes of a half of a clause that can say something by itself.
const SHORTEST_HALF: usize = 18;

/// The stretches of one or two neighbouring clauses in `unit`, and the halves of clauses with "or", each with the operators in it.
fn stretches(unit: &Unit<'_>) -> Vec<Span> {
    let clauses = &unit.logic.clauses;
    let mut stretches: Vec<Span> = clauses.clone();
    stretches.extend(clauses.windows(2).map(|pair| pair[0].cover(pair[1])));
    // 不履行义务或者履行义务不符合约定: either half is told by itself.
    for clause in clauses {
        let cut = unit.logic.connectives.iter().find(|c| c.class == ConnectiveClass::Or && clause.contains(c.span));
        let halves = cut.map(|c| [Span::new(clause.start(), c.span.start()), Span::new(c.span.end(), clause.end())]);
        stretches.extend(halves.into_iter().flatten().filter(|half| half.len() >= SHORTEST_HALF));
    }
    stretches
}

/// What stands in brackets, with them.
pub fn asides(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut opened: Vec<usize> = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' | '（' => opened.push(at),
            ')' | '）' => {
                // Brackets within brackets end with the outer ones.
                if let Some(from) = opened.pop().filter(|_| opened.is_empty()) {
                    found.push(Span::new(from, at + c.len_utf8()));
                }
            }
            _ => {}
        }
    }
    found
}

/// What is left out of a comparison: the places of `unit` that a rule looks at itself.
pub type Apart = fn(&Unit<'_>, Span) -> Vec<Span>;

/// Negators and modal words.
pub fn operators(unit: &Unit<'_>, within: Span) -> Vec<Span> {
    unit.logic.operators(within)
}

/// Negators, modal words, and words that have an opposite.
pub fn directions(unit: &Unit<'_>, within: Span) -> Vec<Span> {
    let directions = unit.logic.directions.iter().map(|d| d.span).filter(|span| within.contains(*span));
    unit.logic.operators(within).into_iter().chain(directions).collect()
}

/// The stretches of sources that cover `clause` of the claim by at least `forward`, best first.
///
/// Sources in another language than the claim are left out: their words cannot be compared.
pub fn matches<'c, 'a>(case: &'c Case<'a>, clause: Span, forward: f32, apart: Apart) -> Vec<Match<'c, 'a>> {
    let claim = &case.claim;
    let tokens = Tokens::of(claim.text, clause, claim.lang, &apart(claim, clause));
    if tokens.len() < 3 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for source in case.aligned() {
        if source.unit.lang != claim.lang || source.unit.text.len() > 4_000 {
            continue;
        }
        // Several, where stretches differ only in what is set apart: 发生效力；未经登记，不发生效力.
        let mut best: Vec<Match<'_, '_>> = Vec::new();
        let asides = asides(source.unit.text);
        for span in stretches(&source.unit) {
            let mut without = apart(&source.unit, span);
            let whole = Tokens::of(source.unit.text, span, claim.lang, &without);
            let (mut covered, mut back) = (tokens.within(&whole), whole.within(&tokens));
            // What stands in brackets is seldom part of what a claim says: (HR 0.96; 95 % CI, 0.88 to 1.06).
            let between = asides.iter().filter(|aside| span.overlaps(**aside)).copied();
            let before = without.len();
            without.extend(between);
            if without.len() > before {
                let short = Tokens::of(source.unit.text, span, claim.lang, &without);
                let (c, b) = (tokens.within(&short), short.within(&tokens));
                if c + b > covered + back {
                    (covered, back) = (c, b);
                }
            }
            if covered < forward {
                continue;
            }
            // Of two stretches that cover the clause the one with less beside it speaks of it.
            let lead = best.first().map_or(f32::INFINITY, |b| covered + back - b.forward - b.back);
            if lead > 1e-6 {
                best.clear();
            }
            if lead > -1e-6 {
                best.push(Match { source, span, forward: covered, back });
            }
        }
        found.extend(best);
    }
    found.sort_by(|a, b| (b.forward + b.back).total_cmp(&(a.forward + a.back)));
    found
}

/// The first content word, or pair of Chinese characters, in `scope`: what a negator right before it denies.
pub fn head(unit: &Unit<'_>, scope: Span) -> Option<String> {
    let words = scope.of(unit.text)?;
    let degree = degree(unit, scope);
    let mut end = 0;
    for (at, c) in words.char_indices() {
        end = at + c.len_utf8();
        let sofar = Span::new(scope.start(), scope.start() + end);
        let followed = words[end..].chars().next().is_none_or(|next| is_han(next) || !next.is_alphanumeric());
        let tokens = Tokens::of(unit.text, sofar, unit.lang, &degree);
        if !tokens.is_empty() && (is_han(c) || followed) {
            return tokens.counts.into_keys().next();
        }
    }
    Tokens::of(unit.text, Span::new(scope.start(), scope.start() + end), unit.lang, &degree).counts.into_keys().next()
}

/// Words of degree at the beginning of `scope`: "did not significantly reduce" denies "reduce".
fn degree(unit: &Unit<'_>, scope: Span) -> Vec<Span> {
    const WORDS: [&str; 8] =
        ["significantly ", "materially ", "substantially ", "statistically ", "显著", "明显", "实质性", "实质"];
    let mut at = scope.start();
    while let Some(rest) = unit.text.get(at..scope.end()) {
        let start = at + (rest.len() - rest.trim_start().len());
        let Some(word) = WORDS.iter().find(|word| unit.text[start..].starts_with(**word)) else { break };
        at = start + word.len();
    }
    if at > scope.start() { vec![Span::new(scope.start(), at)] } else { Vec::new() }
}

/// The content tokens within two words, or six characters, on either side of `at`.
pub fn neighbours(unit: &Unit<'_>, at: Span) -> Tokens {
    let reach = |text: &str, from_end: bool| -> usize {
        let mut letters: Vec<char> = text.chars().collect();
        if from_end {
            letters.reverse();
        }
        let mut words = 0;
        let mut length = 0;
        let mut in_word = false;
        for c in letters {
            if matches!(c, '，' | ',' | '；' | ';' | '。') {
                break;
            }
            if unit.lang == Lang::Zh {
                words += 1;
                if words > 6 {
                    break;
                }
            } else if c.is_alphanumeric() {
                in_word = true;
            } else if in_word {
                in_word = false;
                words += 1;
                // Four words reach over an article and a preposition to a word of content.
                if words == 4 {
                    break;
                }
            }
            length += c.len_utf8();
        }
        length
    };
    let before = unit.text.get(..at.start()).unwrap_or_default();
    let after = unit.text.get(at.end()..).unwrap_or_default();
    let around = Span::new(at.start() - reach(before, true), at.end() + reach(after, false));
    Tokens::of(unit.text, around, unit.lang, &[at])
}

/// Whether a sentence only supposes, asks, wishes or denies what it says: nothing in it can contradict.
pub fn is_irreal(text: &str, lang: Lang) -> bool {
    const ZH: &str =
        "如果 假如 倘若 若不 若 要是 万一 吗 ？ ? 要不是 否则 是否 能否 不料 以为 不实 并非事实 谣言 误以为 不正确";
    const EN: &str =
        "if |?|whether |would have |incorrect|false|untrue|denied|denies|deny |myth|alleged|rumor|claim that|assertion";
    match lang {
        Lang::Zh => ZH.split(' ').any(|word| text.contains(word)),
        Lang::En => {
            let lower = text.to_lowercase();
            EN.split('|').any(|word| lower.contains(word))
        }
    }
}

/// Whether a clause tells what is to be reached, or what was not so before: neither is against what is so now.
///
/// 健全技术工人职业发展机制 asks for what is lacking; that a rule "was made" leaves open that there was none before.
pub fn is_aim(text: &str, within: Span, lang: Lang) -> bool {
    const ZH: [&str; 18] = [
        "健全", "完善", "推进", "推动", "加快", "加强", "支持", "力争", "争取", "努力", "着力", "确保", "促进", "构建",
        "打造", "实现", "落实", "强化",
    ];
    const EN: [&str; 9] = [
        "to establish",
        "to improve",
        "aims to",
        "aim to",
        "seeks to",
        "strive to",
        "plans to",
        "intends to",
        "so as to",
    ];
    let Some(clause) = within.of(text) else { return false };
    match lang {
        Lang::Zh => ZH.iter().any(|word| clause.trim_start().starts_with(word)),
        Lang::En => {
            let lower = clause.to_lowercase();
            EN.iter().any(|word| lower.contains(word))
        }
    }
}

/// Whether a clause speaks of an earlier state.
pub fn is_former(text: &str, within: Span, lang: Lang) -> bool {
    const ZH: [&str; 6] = ["之前", "以前", "此前", "过去", "原先", "原本"];
    const EN: [&str; 5] = ["previously", "formerly", "before that", "used to", "until then"];
    let Some(clause) = within.of(text) else { return false };
    match lang {
        Lang::Zh => ZH.iter().any(|word| clause.contains(word)),
        Lang::En => {
            let lower = clause.to_lowercase();
            EN.iter().any(|word| lower.contains(word))
        }
    }
}

/// Whether `at` stands between quotation marks: what is quoted is not what the sentence asserts.
pub fn is_quoted(text: &str, at: Span) -> bool {
    let Some(before) = text.get(..at.start()) else { return false };
    let opened = before.matches(['“', '「', '『']).count();
    let closed = before.matches(['”', '」', '』']).count();
    opened > closed || before.matches('"').count() % 2 == 1
}
