//! Legal references: which instrument, which article, which limb.
//!
//! Reads 《X法》第N条之一第M款第K项, bare names (民法典第1254条), lists and ranges, 本法 / 该法, 前款, and in English
//! articles, sections, CFR and U.S.C. citations, recitals and annexes.

mod chinese;
mod english;
mod instrument;
mod mention;
mod numeral;
mod provision;

pub use instrument::{Instrument, InstrumentKind, same_instrument};
pub use numeral::chinese;

use crate::domain::text::Span;

/// How a reference names its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Naming {
    /// In 《》, or an English title or number.
    Title,
    /// Chinese, without 《》: 民法典第1254条.
    Bare,
    /// The next member of a list or range whose first member names it: 《民法典》第五百条、第五百零一条.
    Listed,
    /// 该法, 同法: the instrument named before.
    SameLaw,
    /// 本法: the instrument that the sentence stands in. `instrument` is `None`, unless the words are quoted from a law
    /// that the text named before.
    ThisLaw,
    /// Not named; an instrument named earlier in the same text is taken, and may be the wrong one.
    Implied,
    /// Not named anywhere in the text. `instrument` is `None`.
    Absent,
}

/// What kind of provision is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// 第N条
    Tiao,
    /// Art. N
    Article,
    /// § N
    Section,
    /// Rule N
    Rule,
    Recital,
    Annex,
    /// Appendix A; `number` counts letters from 1.
    Appendix,
}

/// The number of a provision: 第一百三十三条之一 is number 133, sub 1; § 1002.2 is part 1002, number 2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Article {
    pub scheme: Scheme,
    /// The CFR part or the rule's chapter, where the number is written with a point: 11 in Rule 11.2.
    pub part: Option<u32>,
    pub number: u32,
    /// 之N
    pub sub: Option<u32>,
    /// What follows the number without a bracket: `b` in 15 U.S.C. § 1681b, `a` in Art. 4a, `b-5` in Rule 10b-5.
    pub letter: Option<String>,
}

impl Article {
    pub(crate) const fn tiao(number: u32, sub: Option<u32>) -> Self {
        Self { scheme: Scheme::Tiao, part: None, number, sub, letter: None }
    }
}

/// A place in a text that names a law, an article of one, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalReference {
    /// From the instrument's name, where it stands next to the article, to the last limb.
    pub span: Span,
    pub instrument: Option<Instrument>,
    pub naming: Naming,
    pub article: Option<Article>,
    /// 款
    pub paragraph: Option<u32>,
    /// 项
    pub item: Option<u32>,
    /// English limbs, outermost first: `["1", "a"]` for Art. 33(1)(a).
    pub limbs: Vec<String>,
    /// Last article of a range; `article` is the first.
    pub range_end: Option<Article>,
}

impl LegalReference {
    /// The article as the corpora name it: `第六百七十五条`, `第一百三十三条之一`, `Art. 33`, `§ 1002.2`.
    pub fn canonical_locator(&self) -> Option<String> {
        self.article.as_ref().map(|article| article.locator(self.is_european()))
    }

    /// Locators under which the provision may be stored, the narrowest first: `§ 1002.2(c)`, `§ 1002.2`.
    pub fn locators(&self) -> Vec<String> {
        let Some(article) = &self.article else { return Vec::new() };
        let base = article.locator(self.is_european());
        let mut locators = Vec::new();
        if let Some(limb) = self.limbs.first() {
            locators.push(format!("{base}({limb})"));
        }
        if article.scheme == Scheme::Tiao {
            let amends = self.instrument.as_ref().is_some_and(|i| i.kind == InstrumentKind::Amendment);
            if amends {
                // Amendments to the Criminal Law are numbered 一、二、三 and stored as 条目一.
                locators.push(format!("条目{}", numeral::chinese(article.number)));
            }
        }
        locators.push(base);
        locators
    }

    /// Whether a chunk with this locator belongs to the article that is named, whole or in part: `Art. 3 [part 2]` and
    /// `第七条 (2)` belong to their article, `§ 1002.2(c)` to `§ 1002.2`, and a range holds all between its ends.
    pub fn locates(&self, locator: &str) -> bool {
        let Some(article) = &self.article else { return false };
        let Some((found, limb)) = read_locator(locator) else {
            return self.locators().iter().any(|l| l == locator);
        };
        let found = Article { scheme: self.scheme_of(&found), ..found };
        let wanted = Article { scheme: self.scheme_of(article), ..article.clone() };
        if let Some(end) = &self.range_end {
            let at = |a: &Article| (a.part.unwrap_or(0), a.number, a.sub.unwrap_or(0), a.letter.clone());
            return found.scheme == wanted.scheme && at(&found) >= at(&wanted) && at(&found) <= at(end);
        }
        found == wanted && (limb.is_none() || self.limbs.is_empty() || limb.as_ref() == self.limbs.first())
    }

    /// A Chinese text writes 第三十三条 for what a European instrument numbers Art. 33. An article 之一 it has none.
    fn scheme_of(&self, article: &Article) -> Scheme {
        match article.scheme {
            Scheme::Tiao if self.is_european() && article.sub.is_none() => Scheme::Article,
            scheme => scheme,
        }
    }

    fn is_european(&self) -> bool {
        self.instrument.as_ref().is_some_and(|i| i.kind == InstrumentKind::European)
    }
}

impl Article {
    fn locator(&self, european: bool) -> String {
        let Self { scheme, part, number, sub, letter } = self;
        let letter = letter.as_deref().unwrap_or("");
        let part = part.map_or_else(String::new, |part| format!("{part}."));
        match scheme {
            Scheme::Tiao if european && sub.is_none() => format!("Art. {number}"),
            Scheme::Tiao => {
                let sub = sub.map_or_else(String::new, |sub| format!("之{}", numeral::chinese(sub)));
                format!("第{}条{sub}", numeral::chinese(*number))
            }
            Scheme::Article => format!("Art. {part}{number}{letter}"),
            Scheme::Section => format!("§ {part}{number}{letter}"),
            Scheme::Rule => format!("Rule {part}{number}{letter}"),
            Scheme::Recital => format!("Recital {number}"),
            Scheme::Annex => format!("Annex {}", numeral::to_roman(*number)),
            Scheme::Appendix => {
                let letter = char::from_u32(u32::from('A') + number.saturating_sub(1)).unwrap_or('A');
                format!("Appendix {letter}")
            }
        }
    }
}

/// Reads a chunk's locator as an article, with its first limb where the locator names one.
pub fn read_locator(locator: &str) -> Option<(Article, Option<String>)> {
    let whole = locator.split(" [part").next().unwrap_or(locator);
    let found = parse(whole).into_iter().find(|r| r.span.start() == 0)?;
    Some((found.article?, found.limbs.into_iter().next()))
}

/// Every legal reference in `text`, in the order of its spans, which do not overlap.
pub fn parse(text: &str) -> Vec<LegalReference> {
    let mut references = chinese::parse(text);
    let taken: Vec<Span> = references.iter().map(|r| r.span).collect();
    references.extend(english::parse(text).into_iter().filter(|r| !taken.iter().any(|t| t.overlaps(r.span))));
    references.sort_by_key(|r| r.span);
    references
}

#[cfg(test)]
mod tests;
