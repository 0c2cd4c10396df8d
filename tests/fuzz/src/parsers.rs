//! What must hold of whatever the text core finds in any text.

use crate::{
    domain::text::Span,
    draft::claims,
    text::{
        date::{self, DateRelation},
        fold::Folded,
        quantity::{self, Relation},
        reference,
        sentence::sentences,
    },
};

/// In order, apart, and slices of the text.
fn check_spans(text: &str, spans: impl Iterator<Item = Span>) {
    let mut end = 0;
    for span in spans {
        assert!(span.of(text).is_some_and(|found| !found.is_empty()), "{span:?} slices {text:?}");
        assert!(span.start() >= end, "{span:?} begins before {end} in {text:?}");
        end = span.end();
    }
}

pub fn quantities(text: &str) {
    let found = quantity::parse(text);
    check_spans(text, found.iter().map(|q| q.span));
    for q in &found {
        assert_eq!(q.span.of(text), Some(q.surface.as_str()));
        assert!(q.role.of(text).is_some() && q.tail.of(text).is_some(), "{q:?}");
        assert!(q.value.low() <= q.value.high(), "{q:?}");
        assert_eq!(q.relation(q), Relation::Same, "a figure is its own: {q:?}");
        assert!(q.normal_form().starts_with(q.surface.trim()), "{}", q.normal_form());
    }
    for pair in found.windows(2) {
        let _ = pair[0].compare(&pair[1]);
    }
}

pub fn dates(text: &str) {
    let found = date::parse(text);
    check_spans(text, found.iter().map(|d| d.span));
    for mention in &found {
        assert_eq!(mention.when.against(mention.when), DateRelation::Same);
        let told = mention.when.to_string();
        assert!(told.len() <= 32, "{told}");
        let is_whole = !told.contains(['?', '.', 's']);
        // A printed day, month, quarter or half is read back as itself; years are read within the years of documents.
        if is_whole && mention.when.year().is_some_and(|year| (1900..2100).contains(&year)) {
            let again: Vec<String> = date::parse(&told).iter().map(|d| d.when.to_string()).collect();
            if told.len() == 10 {
                assert_eq!(again, [told.as_str()], "from {:?}", mention.span.of(text));
            }
        }
    }
}

pub fn references(text: &str) {
    let found = reference::parse(text);
    // The members of 第14、15条 share one place: all but the first have the empty span at its end.
    assert!(found.iter().all(|r| r.span.of(text).is_some()));
    check_spans(text, found.iter().map(|r| r.span).filter(|span| !span.is_empty()));
    for r in &found {
        let locator = r.canonical_locator();
        assert_eq!(locator.is_some(), r.article.is_some());
        assert!(r.locators().len() <= 4);
        if let Some(instrument) = &r.instrument {
            let again = reference::Instrument::named(&instrument.written);
            assert_eq!(again.name, instrument.name, "a name is read the same again: {:?}", instrument.written);
        }
        let (Some(article), Some(locator)) = (&r.article, locator) else { continue };
        let Some((again, _)) = reference::read_locator(&locator) else {
            panic!("{locator:?}, printed for {:?}, is no locator", r.span.of(text))
        };
        assert_eq!(again.number, article.number, "{locator:?} for {:?}", r.span.of(text));
        assert_eq!(again.part, article.part, "{locator:?} for {:?}", r.span.of(text));
        assert!(r.range_end.is_some() || r.locates(&locator), "{locator:?} is not its own: {r:?}");
    }
}

pub fn claims(text: &str) {
    check_spans(text, sentences(text).into_iter());
    let found = claims::from_text(text);
    check_spans(text, found.iter().map(|c| c.span));
    for claim in &found {
        assert_eq!(claim.span.of(text), Some(claim.text.as_str()));
    }
    let folded = Folded::new(text);
    for span in sentences(folded.text()) {
        assert!(folded.to_source(span).of(text).is_some(), "{span:?}");
    }
}
