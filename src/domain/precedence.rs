//! Which of two sources is to be followed where they say different things.

use super::{document::DocumentMeta, text::Message};

/// The rule that decides between two sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precedence {
    /// The one took the other's place.
    Successor,
    /// Higher authority: 立法法 (2023) arts. 98–100 for Chinese law; elsewhere what `authority` ranks, an audited filing
    /// over a press release.
    Rank,
    /// Of the same issuer and rank the special rule before the general one (立法法 art. 103): told by a jurisdiction that
    /// lies within the other's.
    Special,
    /// Of the same issuer and rank the later one (立法法 art. 103).
    Later,
}

impl Precedence {
    /// Stable, for the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Successor => "successor",
            Self::Rank => "higher_rank",
            Self::Special => "more_specific",
            Self::Later => "later",
        }
    }

    /// Why `title` is to be followed.
    pub fn message(self, title: &str) -> Message {
        let (zh, en) = match self {
            Self::Successor => ("是取代另一文本的新文本", "took the other's place"),
            Self::Rank => ("位阶较高", "is of higher rank"),
            Self::Special => ("是更特别的规定", "is the more specific rule"),
            Self::Later => ("是同一机关较新的规定", "is the later one of the same issuer"),
        };
        Message::new(format!("《{title}》{zh}，以其为准。"), format!("{title} {en} and is to be followed."))
    }
}

/// What is said where no rule decides.
pub fn unresolved() -> Message {
    Message::new(
        "无法按位阶、时间或特别规定自动判断，需人工确认。",
        "rank, date and scope do not decide; a person must.",
    )
}

/// Whether the first source (`true`) or the second is to be followed, and by which rule; `None` where no rule decides.
pub fn between(one: &DocumentMeta, other: &DocumentMeta) -> Option<(bool, Precedence)> {
    if one.superseded_by.as_deref() == Some(&other.key) {
        return Some((false, Precedence::Successor));
    }
    if other.superseded_by.as_deref() == Some(&one.key) {
        return Some((true, Precedence::Successor));
    }
    // Ranks of two fields, or of two legal orders, say nothing about each other.
    if one.domain != other.domain {
        return None;
    }
    let (wide, narrow) = (one.jurisdiction.as_deref(), other.jurisdiction.as_deref());
    let nested = wide == narrow || within(wide, narrow) || within(narrow, wide);
    if !nested {
        return None;
    }
    if one.authority != other.authority {
        return Some((one.authority < other.authority, Precedence::Rank));
    }
    if wide != narrow {
        return Some((within(wide, narrow), Precedence::Special));
    }
    if one.issuer.is_none() || one.issuer != other.issuer {
        return None;
    }
    match (one.valid_from, other.valid_from) {
        (Some(a), Some(b)) if a != b => Some((a > b, Precedence::Later)),
        _ => None,
    }
}

/// `CN-SH` lies within `CN`.
fn within(inner: Option<&str>, outer: Option<&str>) -> bool {
    match (inner, outer) {
        (Some(inner), Some(outer)) => inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('-')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use time::{Date, macros::date};

    use super::*;
    use crate::domain::{document::Domain, text::Lang};

    fn law(key: &str, authority: u8, issuer: &str, from: Option<Date>) -> DocumentMeta {
        let mut meta = DocumentMeta::plain(key, key, Lang::Zh, Domain::Legal);
        (meta.authority, meta.valid_from) = (authority, from);
        meta.issuer = Some(issuer.to_owned());
        meta.jurisdiction = Some("CN".to_owned());
        meta
    }

    #[test]
    fn each_rule_decides_what_it_can() {
        let statute = law("statute", 1, "NPC", Some(date!(2010 - 01 - 01)));
        let regulation = law("regulation", 2, "State Council", Some(date!(2024 - 01 - 01)));
        let older = law("older", 2, "State Council", Some(date!(2001 - 01 - 01)));
        let elsewhere = law("elsewhere", 2, "Ministry", Some(date!(2001 - 01 - 01)));
        let mut replaced = law("replaced", 1, "NPC", None);
        replaced.superseded_by = Some("regulation".to_owned());
        let mut city = law("city", 2, "City", None);
        city.jurisdiction = Some("CN-SH".to_owned());
        let mut foreign = law("foreign", 1, "Parliament", None);
        foreign.jurisdiction = Some("EU".to_owned());
        for (one, other, want) in [
            // A later regulation does not stand above a statute.
            (&statute, &regulation, Some((true, Precedence::Rank))),
            (&regulation, &older, Some((true, Precedence::Later))),
            (&regulation, &elsewhere, None),
            (&replaced, &regulation, Some((false, Precedence::Successor))),
            (&city, &regulation, Some((true, Precedence::Special))),
            (&statute, &foreign, None),
            (&older, &older, None),
        ] {
            assert_eq!(between(one, other), want, "{} {}", one.key, other.key);
            let turned = want.map(|(first, rule)| (!first, rule));
            assert_eq!(between(other, one), turned, "{} {}", other.key, one.key);
        }
    }
}
