//! Is the article that is cited the law of the day, and does it say what it is cited for?
//!
//! Distinct answers, because "repealed", "never existed" and "we do not hold it" call for different acts: in force;
//! no longer in force (by what, and what took its place); not yet in force; not in the knowledge base; no such
//! article; the article says something else. A law is never answered for by its parent: 《劳动合同法实施条例》 is not
//! 《劳动合同法》.

mod said;

use time::Date;

use crate::{
    domain::{
        document::DocStatus,
        instrument::{
            Coverage, Holdings, KnownArticle, KnownVersion, ReferenceCheck, ReferenceStatus, Repeal, Successor,
        },
        text::Message,
    },
    text::reference::{Instrument, LegalReference, Naming, chinese, read_locator},
};
use said::{counterpart, says_else};

/// The references in a text that can be looked up: those that name their instrument.
pub fn named(references: &[LegalReference]) -> impl Iterator<Item = (&LegalReference, &Instrument)> {
    let named = references.iter().filter(|reference| reference.naming != Naming::Implied);
    named.filter_map(|reference| Some((reference, reference.instrument.as_ref()?)))
}

/// Looks one reference up as of `day`. `said` is what the writer says that the article provides, without the citation.
pub fn check(reference: &LegalReference, said: Option<&str>, day: Date, known: &Holdings) -> ReferenceCheck {
    let Some(instrument) = &reference.instrument else {
        return ReferenceCheck {
            status: ReferenceStatus::NotNamed,
            message: Message::new("没有写明是哪部法律，无法核对。", "No law is named; there is nothing to look up."),
        };
    };
    let named = full_name(instrument, reference);
    let mut versions: Vec<&KnownVersion> =
        known.versions.iter().map(|v| &**v).filter(|v| v.name == instrument.name).collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.meta.valid_from));
    if versions.is_empty() {
        return match repeal_of(known, instrument) {
            Some(repeal) if repeal.from.is_none_or(|from| from <= day) => repealed(&named, repeal, said, known),
            _ => unknown(&named, related_to(known, instrument), known.coverage),
        };
    }
    let Some(current) = versions.iter().copied().find(|version| version.meta.governs_on(day)) else {
        return out_of_force(reference, &named, &versions, day, known);
    };
    if let (Some(repeal), Some(from)) = (repeal_of(known, instrument), current.meta.valid_from)
        && repeal.from.is_some_and(|repealed| from < repealed && repealed <= day)
    {
        let old = article(current, reference).map(|article| article.text.as_str());
        return repealed(&named, repeal, old.or(said), known);
    }
    let key = current.meta.key.clone();
    if reference.article.is_none() {
        let message =
            Message::new(format!("{named}现行有效（{}）。", current.meta.title), format!("{named} is in force."));
        return ReferenceCheck { status: ReferenceStatus::InForce { key }, message };
    }
    let Some(article) = article(current, reference) else {
        return missing(reference, &named, current, &versions, said, day);
    };
    if let Some(limb) = missing_limb(reference, &article.text) {
        let message = Message::new(
            format!("{named}不存在：该条没有{limb}。"),
            format!("{named} does not exist: the article has no such limb ({limb})."),
        );
        return ReferenceCheck {
            status: ReferenceStatus::NoSuchArticle { key, last: Some(article.locator.clone()) },
            message,
        };
    }
    if let Some(said) = said.filter(|said| !said.trim().is_empty())
        && let Some(other) = says_else(said, reference, article, current, &versions, &named, day)
    {
        return other;
    }
    let message = Message::new(format!("{named}现行有效。"), format!("{named} is in force."));
    ReferenceCheck { status: ReferenceStatus::InForce { key }, message }
}

fn article<'v>(version: &'v KnownVersion, reference: &LegalReference) -> Option<&'v KnownArticle> {
    version.articles.iter().find(|article| reference.locates(&article.locator))
}

fn by_key<'k>(known: &'k Holdings, key: &str) -> Option<&'k KnownVersion> {
    known.versions.iter().map(|v| &**v).find(|version| version.meta.key == key)
}

fn repeal_of<'k>(known: &'k Holdings, instrument: &Instrument) -> Option<&'k Repeal> {
    known.repeals.get(&instrument.name)
}

fn related_to(known: &Holdings, instrument: &Instrument) -> Vec<String> {
    known.related.get(&instrument.name).cloned().unwrap_or_default()
}

fn full_name(instrument: &Instrument, reference: &LegalReference) -> String {
    let locator = reference.canonical_locator().unwrap_or_default();
    let is_chinese = instrument.written.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let mut name = if is_chinese {
        format!("《{}》{locator}", instrument.written)
    } else {
        format!("{} {locator}", instrument.written)
    };
    if let Some(paragraph) = reference.paragraph {
        name.extend(["第", &chinese(paragraph), "款"]);
    }
    if let Some(item) = reference.item {
        name.extend(["第（", &chinese(item), "）项"]);
    }
    name.trim_end().to_owned()
}

fn unknown(named: &str, related: Vec<String>, coverage: Coverage) -> ReferenceCheck {
    let Coverage { instruments, newest } = coverage;
    let newest_zh = newest.map_or_else(String::new, |day| format!("，最新的自{day}起施行"));
    let newest_en = newest.map_or_else(String::new, |day| format!(", the newest of {day}"));
    let (held_zh, held_en) = (format!("收录{instruments}件{newest_zh}"), format!("holds {instruments}{newest_en}"));
    let message = if related.is_empty() {
        Message::new(
            format!("知识库没有收录{named}所属的法律文件（{held_zh}），既不能证实也不能否定。"),
            format!(
                "The instrument of {named} is not in the knowledge base ({held_en}); this neither confirms nor denies it."
            ),
        )
    } else {
        Message::new(
            format!(
                "知识库没有收录{named}所属的法律文件（{held_zh}）；收录的相关文件是《{}》，不能代替它。",
                related.join("》《")
            ),
            format!(
                "The instrument of {named} is not in the knowledge base ({held_en}). It holds {}, which is another one.",
                related.join(", ")
            ),
        )
    };
    ReferenceCheck { status: ReferenceStatus::NotInKnowledgeBase { related, coverage }, message }
}

/// A text that is not held, or not as ended, and that another ended by name. `text` is what it says, or is said to say.
fn repealed(named: &str, repeal: &Repeal, text: Option<&str>, known: &Holdings) -> ReferenceCheck {
    // That it was repealed is said where it was repealed; that is no successor.
    let locator = by_key(known, &repeal.key).and_then(|by| counterpart(text?, by)).filter(|it| *it != repeal.locator);
    let successor = Successor { key: Some(repeal.key.clone()), title: repeal.by.clone(), locator };
    let until = repeal.from.and_then(Date::previous_day);
    let message = ended(named, until, Some(repeal), Some(&successor));
    let status = ReferenceStatus::NoLongerInForce { key: None, amended: false, until, successor: Some(successor) };
    ReferenceCheck { status, message }
}

/// Until when, ended by what, and where its matter stands now.
fn ended(named: &str, until: Option<Date>, repeal: Option<&Repeal>, successor: Option<&Successor>) -> Message {
    let or_nothing = |part: Option<(String, String)>| part.unwrap_or_default();
    let (until_zh, until_en) = or_nothing(until.map(|day| (format!("（至{day}）"), format!(" (until {day})"))));
    let by = |Repeal { by, locator, .. }: &Repeal| {
        (format!("：由《{by}》{locator}废止"), format!(": repealed by {by} {locator}"))
    };
    let (by_zh, by_en) = or_nothing(repeal.map(by));
    // The repealing text is named already; what it says of the matter is told where it is known.
    let next = successor.filter(|next| next.locator.is_some() || repeal.is_none_or(|repeal| repeal.by != next.title));
    let took_over = |Successor { title, locator, .. }: &Successor| {
        let place = locator.as_deref().unwrap_or_default();
        let gap = if place.is_empty() { "" } else { " " };
        (format!("，现由《{title}》{place}取代"), format!("; {title}{gap}{place} took its place"))
    };
    let (next_zh, next_en) = or_nothing(next.map(took_over));
    Message::new(
        format!("{named}已失效{until_zh}{by_zh}{next_zh}。"),
        format!("{named} is no longer in force{until_en}{by_en}{next_en}."),
    )
}

/// No version governs on the day: all are over, or all are still to come.
fn out_of_force(
    reference: &LegalReference,
    named: &str,
    versions: &[&KnownVersion],
    day: Date,
    known: &Holdings,
) -> ReferenceCheck {
    let future = versions.iter().rev().find(|v| v.meta.valid_from.is_some_and(|from| from > day));
    let past = versions.iter().find(|v| {
        v.meta.valid_from.is_none_or(|from| from <= day)
            && (v.meta.valid_to.is_some() || v.meta.status != DocStatus::NotYetInForce)
    });
    match (past, future) {
        (Some(past), _) => {
            let repeal = reference.instrument.as_ref().and_then(|instrument| repeal_of(known, instrument));
            let repeal = repeal.filter(|repeal| repeal.from.is_none_or(|from| from <= day));
            let next = past.meta.superseded_by.as_deref().or(repeal.map(|repeal| repeal.key.as_str()));
            let successor = next.and_then(|key| by_key(known, key)).map(|next| Successor {
                key: Some(next.meta.key.clone()),
                title: next.meta.title.clone(),
                locator: article(past, reference).and_then(|old| counterpart(&old.text, next)),
            });
            let until = past.meta.valid_to;
            let message = ended(named, until, repeal, successor.as_ref());
            let status =
                ReferenceStatus::NoLongerInForce { key: Some(past.meta.key.clone()), amended: false, until, successor };
            ReferenceCheck { status, message }
        }
        (None, Some(future)) => to_come(named, future),
        (None, None) => unknown(named, Vec::new(), known.coverage),
    }
}

fn is_to_come(version: &KnownVersion, day: Date) -> bool {
    version.meta.valid_from.is_some_and(|from| from > day)
}

/// What is cited stands in a version that governs later.
fn to_come(named: &str, future: &KnownVersion) -> ReferenceCheck {
    let from = future.meta.valid_from;
    let day_zh = from.map_or_else(String::new, |day| format!("，自{day}起施行"));
    let day_en = from.map_or_else(String::new, |day| format!("; it applies from {day}"));
    let message = Message::new(format!("{named}尚未施行{day_zh}。"), format!("{named} is not yet in force{day_en}."));
    ReferenceCheck { status: ReferenceStatus::NotYetInForce { key: future.meta.key.clone(), from }, message }
}

/// The version in force has no such article.
fn missing(
    reference: &LegalReference,
    named: &str,
    current: &KnownVersion,
    versions: &[&KnownVersion],
    said: Option<&str>,
    day: Date,
) -> ReferenceCheck {
    let key = current.meta.key.clone();
    if let Some((old, article)) =
        versions.iter().filter(|v| v.meta.key != key).find_map(|v| article(v, reference).map(|article| (v, article)))
    {
        if is_to_come(old, day) {
            return to_come(named, old);
        }
        let text = said.filter(|said| !said.trim().is_empty()).unwrap_or(&article.text);
        let locator = counterpart(text, current);
        let message = Message::new(
            format!("{named}只见于旧文本，现行文本没有这一条。"),
            format!("{named} stands only in an earlier version; the version in force has no such article."),
        );
        let successor = Some(Successor { key: Some(key), title: current.meta.title.clone(), locator });
        let status = ReferenceStatus::NoLongerInForce {
            key: Some(old.meta.key.clone()),
            amended: true,
            until: old.meta.valid_to,
            successor,
        };
        return ReferenceCheck { status, message };
    }
    let last = current
        .articles
        .iter()
        .filter_map(|article| Some((read_locator(&article.locator)?.0, article)))
        .filter(|(found, _)| reference.article.as_ref().is_some_and(|wanted| wanted.scheme == found.scheme))
        .max_by_key(|(found, _)| (found.part, found.number, found.sub))
        .map(|(_, article)| article.locator.clone());
    let message = Message::new(
        format!("{named}不存在{}。", last.as_ref().map_or_else(String::new, |l| format!("：该文件最后一条是{l}"))),
        format!(
            "{named} does not exist{}.",
            last.as_ref().map_or_else(String::new, |l| format!("; the last article is {l}"))
        ),
    );
    ReferenceCheck { status: ReferenceStatus::NoSuchArticle { key, last }, message }
}

/// The paragraph or item that the reference names and the article does not have.
///
/// Lines that open with an item number belong to the paragraph above them.
fn missing_limb(reference: &LegalReference, text: &str) -> Option<String> {
    let is_item = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('（') && line.chars().nth(1).is_some_and(|c| "一二三四五六七八九十".contains(c))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut paragraphs: Vec<usize> = Vec::new();
    for line in &lines {
        match paragraphs.last_mut() {
            Some(items) if is_item(line) => *items += 1,
            _ => paragraphs.push(0),
        }
    }
    if let Some(wanted) = reference.paragraph {
        let at = usize::try_from(wanted).ok()?.checked_sub(1)?;
        let Some(items) = paragraphs.get(at) else { return Some(format!("第{}款", chinese(wanted))) };
        return reference
            .item
            .filter(|item| *items > 0 && *item as usize > *items)
            .map(|item| format!("第（{}）项", chinese(item)));
    }
    let most = paragraphs.iter().max().copied().unwrap_or(0);
    // Items may stand in running text, where they cannot be counted.
    reference.item.filter(|item| most > 0 && *item as usize > most).map(|item| format!("第（{}）项", chinese(item)))
}

#[cfg(test)]
mod tests;
