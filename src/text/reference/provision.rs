//! Numbered provisions of Chinese laws: 第十四条第一款第（二）项, lists and ranges of them, 前款.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{Article, numeral};
use crate::domain::text::Span;

/// A numbered provision, before it is known of which instrument.
#[derive(Clone)]
pub(super) struct Provision {
    pub(super) span: Span,
    pub(super) article: Option<Article>,
    pub(super) range_end: Option<Article>,
    pub(super) paragraph: Option<u32>,
    pub(super) item: Option<u32>,
    /// 前款, 本条 and the like.
    pub(super) relative: bool,
}

/// Byte at which the next provision may start: 第…, 前款, 本条.
pub(super) fn next_provision(text: &str, from: usize) -> Option<usize> {
    static START: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::new(["第", "前款", "前条", "前两款", "前二款", "前三款", "前两条", "前项", "上款", "本条", "本款"])
            .expect("constant patterns")
    });
    Some(START.find(aho_corasick::Input::new(text).range(from.min(text.len())..))?.start())
}

/// A place in the text, moving forward.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\u{3000}', '\t']).len();
    }

    fn eat(&mut self, options: &[&str]) -> bool {
        let Some(found) = options.iter().find(|o| self.rest().starts_with(**o)) else { return false };
        self.at += found.len();
        true
    }

    fn number(&mut self) -> Option<u32> {
        self.spaces();
        let (value, length) = numeral::leading(self.rest())?;
        self.at += length;
        self.spaces();
        Some(value)
    }
}

const TO: &[&str] = &["至", "到", "——", "—", "--", "-", "–", "~", "～"];
const AND: &[&str] = &["、", "，", ",", "以及", "和", "及", "与", "或者", "或"];

/// The provisions that start at `at`: one, or more where limbs or numbers are listed (第一款、第二款; 第14、15条).
pub(super) fn provisions(text: &str, at: usize) -> Vec<Provision> {
    let mut cursor = Cursor { text, at };
    let mut found: Vec<Provision> = Vec::new();
    if !cursor.rest().starts_with('第') {
        found.extend(relative(&mut cursor));
        limb_list(&mut cursor, &mut found);
        return found;
    }
    let Some((numbers, range)) = articles(&mut cursor) else { return Vec::new() };
    let mut start = at;
    for (number, sub) in numbers {
        found.push(Provision {
            span: Span::new(start, cursor.at),
            article: Some(Article::tiao(number, sub)),
            range_end: None,
            paragraph: None,
            item: None,
            relative: false,
        });
        start = cursor.at;
    }
    // 第14、15条 has one place for two articles: the first gets it, the others the empty span at its end.
    if let Some(last) = found.last_mut() {
        last.range_end = range.map(|(number, sub)| Article::tiao(number, sub));
        let others = limbs(&mut cursor, last);
        last.span = Span::new(last.span.start(), cursor.at);
        found.extend(others);
    }
    limb_list(&mut cursor, &mut found);
    found
}

/// Adds the further members of 第一款、第二款 or 第（一）项、第（三）项 to the provision that was found last.
fn limb_list(cursor: &mut Cursor<'_>, found: &mut Vec<Provision>) {
    let Some(mut like) = found.last().cloned() else { return };
    while like.paragraph.is_some() || like.item.is_some() {
        let mut ahead = *cursor;
        ahead.spaces();
        if !(ahead.eat(AND) || ahead.eat(TO)) {
            break;
        }
        ahead.spaces();
        let begin = ahead.at;
        let mut next = Provision { paragraph: None, item: None, ..like.clone() };
        let others = limbs(&mut ahead, &mut next);
        if ahead.at == begin {
            break;
        }
        if next.paragraph.is_none() {
            next.paragraph = like.paragraph;
        }
        next.span = Span::new(begin, ahead.at);
        *cursor = ahead;
        found.push(next.clone());
        found.extend(others);
        like = next;
    }
}

type Number = (u32, Option<u32>);

/// `第十四条`, `第14、15条`, `第十条之一`, `第二条至第五条`: the articles, and the end of a range.
fn articles(cursor: &mut Cursor<'_>) -> Option<(Vec<Number>, Option<Number>)> {
    cursor.eat(&["第"]);
    let mut numbers = vec![(cursor.number()?, None)];
    let mut range = None;
    loop {
        if cursor.eat(&["条", "條"]) {
            break;
        }
        let through = !cursor.eat(AND);
        if through && !cursor.eat(TO) {
            return None;
        }
        cursor.spaces();
        cursor.eat(&["第"]);
        let number = cursor.number()?;
        if through {
            range = Some((number, None));
        } else {
            numbers.push((number, None));
        }
        if numbers.len() > 20 {
            return None;
        }
    }
    let sub = sub_article(cursor);
    if let Some(end) = &mut range {
        end.1 = sub;
        return Some((numbers, range));
    }
    if let Some(last) = numbers.last_mut() {
        last.1 = sub;
    }
    // 第一千零六十二条、一千零六十三条: the second 第 is often left out.
    loop {
        let mut ahead = *cursor;
        ahead.spaces();
        if !ahead.eat(AND) {
            break;
        }
        let Some(number) = ahead.number() else { break };
        if !ahead.eat(&["条", "條"]) || numbers.len() > 20 {
            break;
        }
        numbers.push((number, sub_article(&mut ahead)));
        *cursor = ahead;
    }
    let mut ahead = *cursor;
    ahead.spaces();
    if ahead.eat(TO) {
        ahead.spaces();
        ahead.eat(&["第"]);
        if let Some(number) = ahead.number()
            && ahead.eat(&["条", "條"])
        {
            range = Some((number, sub_article(&mut ahead)));
            *cursor = ahead;
        }
    }
    Some((numbers, range))
}

fn sub_article(cursor: &mut Cursor<'_>) -> Option<u32> {
    let mut ahead = *cursor;
    ahead.spaces();
    if !ahead.eat(&["之"]) {
        return None;
    }
    let number = ahead.number()?;
    // 第三条之一项 would be an item; 之一款 likewise: the numeral then belongs to what follows.
    if number == 0 || number > 30 || ["项", "款", "種", "种"].iter().any(|unit| ahead.rest().starts_with(unit)) {
        return None;
    }
    *cursor = ahead;
    Some(number)
}

/// One 第M款, 第K项, （K）项 or 第J目 at the cursor, or a run of numbers that share the word: 第（一）、（二）项.
fn limb(cursor: &Cursor<'_>) -> Option<(Vec<u32>, Limb, usize)> {
    let mut ahead = *cursor;
    ahead.spaces();
    ahead.eat(&["的", "中的", "中", "，", ","]);
    ahead.spaces();
    let ordinal = ahead.eat(&["第"]);
    let mut numbers = Vec::new();
    let mut bracketed = false;
    loop {
        ahead.spaces();
        let bracket = ahead.eat(&["（", "("]);
        if !ordinal && !bracket && numbers.is_empty() {
            return None;
        }
        numbers.push(ahead.number()?);
        if bracket && !ahead.eat(&["）", ")"]) {
            return None;
        }
        bracketed |= bracket;
        ahead.spaces();
        for (word, limb) in [("款", Limb::Paragraph), ("项", Limb::Item), ("項", Limb::Item), ("目", Limb::Point)] {
            if !(bracketed && limb == Limb::Paragraph) && ahead.eat(&[word]) {
                return Some((numbers, limb, ahead.at));
            }
        }
        if numbers.len() > 20 || !ahead.eat(AND) {
            return None;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limb {
    Paragraph,
    Item,
    Point,
}

/// Reads the limbs at the cursor into the provision; further members of a run of numbers come back.
fn limbs(cursor: &mut Cursor<'_>, provision: &mut Provision) -> Vec<Provision> {
    while let Some((numbers, limb, end)) = limb(cursor) {
        let Some((&first, others)) = numbers.split_first() else { break };
        let fits = match limb {
            Limb::Paragraph => provision.paragraph.is_none() && provision.item.is_none(),
            Limb::Item => provision.item.is_none(),
            Limb::Point => provision.item.is_some(),
        };
        if !fits {
            break;
        }
        cursor.at = end;
        let set = |provision: &mut Provision, number| match limb {
            Limb::Paragraph => provision.paragraph = Some(number),
            Limb::Item => provision.item = Some(number),
            Limb::Point => {}
        };
        set(provision, first);
        if limb == Limb::Point || !others.is_empty() {
            // The members share one place in the text; all but the first get the empty span at its end.
            return others
                .iter()
                .filter(|_| limb != Limb::Point)
                .map(|&number| {
                    let mut next = Provision { span: Span::new(end, end), ..provision.clone() };
                    set(&mut next, number);
                    next
                })
                .collect();
        }
    }
    Vec::new()
}

/// 前款, 前条第二款, 本条第一款第三项.
fn relative(cursor: &mut Cursor<'_>) -> Option<Provision> {
    let start = cursor.at;
    let own = cursor.rest().starts_with("本条") || cursor.rest().starts_with("本款");
    // 本条例 is an instrument, not this article.
    if cursor.rest().starts_with("本条例")
        || !cursor.eat(&["前两款", "前二款", "前三款", "前两条", "前款", "前条", "前项", "上款", "本条", "本款"])
    {
        return None;
    }
    let mut provision = Provision {
        span: Span::default(),
        article: None,
        range_end: None,
        paragraph: None,
        item: None,
        relative: true,
    };
    // A run of limbs after 前款 is rare enough that its first member stands for it.
    limbs(cursor, &mut provision);
    // 本条 alone ("this article", "this piece") says too little to be a reference.
    if own && provision.paragraph.is_none() && provision.item.is_none() {
        return None;
    }
    provision.span = Span::new(start, cursor.at);
    Some(provision)
}
