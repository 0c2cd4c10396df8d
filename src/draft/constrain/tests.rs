//! Whatever tokens a model likes, what it writes under the rules keeps its promises, and it never gets stuck.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::{
    OneSentence,
    figures::is_figure,
    sentence::{Rules, is_plain},
};
use crate::{
    domain::{
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Label, Searched},
        text::{Lang, Span},
    },
    draft::parse,
    ports::LogitMask,
    text::vocabulary::Vocabulary,
};

const ZH: [&str; 3] = [
    "借款人应当按照约定的期限返还借款。对借款期限没有约定的，借款人可以随时返还；贷款人可以催告借款人在30日内返还。",
    "借款的利息不得预先在本金中扣除。利息预先在本金中扣除的，应当按照实际借款数额返还借款并计算利息，利率不超过15.4%。",
    "禁止高利放贷，借款的利率不得违反国家有关规定。\n[1]自2021年1月1日起施行。",
];
const EN: [&str; 3] = [
    "The controller shall notify the breach not later than 72 hours after having become aware of it, unless it is unlikely to result in a risk.",
    "Infringements shall be subject to administrative fines up to 20 000 000 EUR, or up to 4 % of the total worldwide turnover.",
    "Dr. Smith said [sic] \"never\" take 5 mg twice; the second dose is 2.5 mg.\nSee Art. 33(1).",
];

pub fn evidence_of(texts: &[&str]) -> Vec<Evidence> {
    let lang = crate::text::lang::detect(texts.first().unwrap_or(&""));
    let items = (0_u32..).zip(texts).map(|(at, text)| Evidence {
        score: 1.0,
        ..Evidence::of(
            CollectionName::constant("c"),
            Arc::new(DocumentMeta::plain("k", "", lang, Domain::General)),
            Chunk {
                id: ChunkId(i64::from(at)),
                version: VersionId(1),
                ordinal: at,
                locator: String::new(),
                path: Vec::new(),
                page: None,
                span: Span::new(0, text.len()),
                text: (*text).to_owned(),
            },
        )
    });
    EvidenceSet::number(items.collect(), Searched::default()).items().to_vec()
}

static RULES: LazyLock<[Arc<Rules>; 2]> = LazyLock::new(|| [made(Lang::Zh), made(Lang::En)]);

fn rules(lang: Lang) -> Arc<Rules> {
    Arc::clone(&RULES[usize::from(lang == Lang::En)])
}

fn made(lang: Lang) -> Arc<Rules> {
    let (question, texts) = match lang {
        Lang::Zh => ("第六百七十五条怎么规定借款期限？", ZH),
        Lang::En => ("What does Article 33 say?", EN),
    };
    Arc::new(Rules::new(lang, question, &evidence_of(&texts)).expect("there is evidence"))
}

/// Whether the rules take all of `text`, byte by byte, and are done then.
fn takes(lang: Lang, text: &str) -> bool {
    let mut guard = OneSentence::new(rules(lang), false);
    text.bytes().all(|byte| {
        let allowed = guard.allows(&[byte]);
        guard.accept(&[byte]);
        allowed
    }) && guard.allows(&[])
}

#[test]
fn sentences_with_labels_that_exist() {
    assert!(takes(Lang::Zh, "借款人可以随时返还。[1]\n"));
    assert!(takes(Lang::Zh, "借款人可以随时返还。[1][3]\n"));
    assert!(!takes(Lang::Zh, "借款人可以随时返还。[4]\n"), "there are three sources");
    assert!(!takes(Lang::Zh, "借款人可以随时返还。\n"), "a label is missing");
    assert!(!takes(Lang::Zh, "借款人可以随时返还。[1]还有。"), "one sentence only");
    assert!(takes(Lang::En, "The controller must notify it. [1]\n"));
    assert!(takes(Lang::En, "According to Dr. Smith it is so.[3]\n"));
    assert!(!takes(Lang::En, "The controller must notify. It is late. [1]\n"), "one sentence only");
    assert!(!takes(Lang::En, "See <b>this</b> here. [1]\n"), "no markup");
    assert!(!takes(Lang::En, "See [2] this. [1]\n"), "a label in the middle opens a quotation");
    assert!(!takes(Lang::Zh, "借款人说“可以随时返还”。[1]\n"), "a quotation names its source first");
}

/// The first byte alone must not shut out a character that the rules take whole.
#[test]
fn every_plain_character_may_be_written() {
    for (lang, before, behind) in [(Lang::Zh, "借款人", "返还。[1]\n"), (Lang::En, "The fine", " is due. [1]\n")]
    {
        for c in ('\u{80}'..='\u{ffff}').filter(|c| is_plain(*c, lang) && !is_figure(*c)) {
            assert!(takes(lang, &format!("{before}{c}{behind}")), "{c} {:x}", u32::from(c));
        }
    }
    let odd = evidence_of(&["The fine is ① and ५ for each day of the delay, as the table of the annex says."]);
    for (question, figure) in [("Is it ⑦?", "⑦"), ("", "①"), ("", "५")] {
        let rules = Arc::new(Rules::new(Lang::En, question, &odd).expect("there is evidence"));
        let mut guard = OneSentence::new(rules, false);
        for byte in format!("It is {figure}").bytes() {
            assert!(guard.allows(&[byte]), "{figure}");
            guard.accept(&[byte]);
        }
    }
    assert!(!takes(Lang::En, "The fine 法 is due. [1]\n") && !takes(Lang::En, "The fine is ①. [1]\n"));
}

#[test]
fn quotations_stand_in_the_source_they_name() {
    assert!(takes(Lang::Zh, "[1]「借款人可以随时返还」\n"));
    assert!(takes(Lang::Zh, "依据[1]「借款人可以随时返还」，借款人可以返还。\n"));
    assert!(takes(Lang::Zh, "依据[1]「借款人可以随时返还」，借款人可以返还。[1]\n"));
    assert!(!takes(Lang::Zh, "[2]「借款人可以随时返还」\n"), "it stands in another source");
    assert!(!takes(Lang::Zh, "[1]「借款人不得随时返还」\n"));
    assert!(!takes(Lang::Zh, "[1]「款人可以随时返还」\n"), "cut within a clause");
    assert!(
        !takes(Lang::En, "[1] \"not later than 72 hours after having become aware of it\"\n"),
        "cut within a clause"
    );
    assert!(takes(Lang::En, "[1] \"unless it is unlikely to result in a risk.\"\n"));
    assert!(takes(Lang::En, "No notice is needed [1] \"unless it is unlikely to result in a risk\".\n"));
    assert!(!takes(Lang::En, "[1] \"unless it is likely to result in a risk.\"\n"));
}

#[test]
fn figures_have_a_source() {
    assert!(takes(Lang::Zh, "借款人在30日内返还。[1]\n"));
    assert!(!takes(Lang::Zh, "借款人在60日内返还。[1]\n"));
    assert!(!takes(Lang::Zh, "借款人在30年内返还。[1]\n"), "the unit is part of it");
    assert!(!takes(Lang::Zh, "利率不超过15%。[2]\n"), "a part of a figure is another figure");
    assert!(takes(Lang::Zh, "利率不超过15.4%。[2]\n"));
    assert!(takes(Lang::Zh, "第六百七十五条规定了期限。[1]\n"), "the question names it");
    assert!(!takes(Lang::Zh, "第六百七十六条规定了期限。[1]\n"));
    assert!(!takes(Lang::Zh, "第一条规定了期限。[1]\n"));
    assert!(!takes(Lang::Zh, "借款人应当在三年内返还。[1]\n"));
    assert!(takes(Lang::Zh, "一般应当统一返还。[1]\n"), "words that count nothing");
    assert!(takes(Lang::En, "Notify it within 72 hours. [1]\n"));
    assert!(!takes(Lang::En, "Notify it within 72 days. [1]\n"));
    assert!(!takes(Lang::En, "Notify it within 24 hours. [1]\n"));
    assert!(!takes(Lang::En, "Take 5 mg72 hours. [1]\n"));
    assert!(takes(Lang::En, "Article 33 says so. [1]\n"));
    assert!(!takes(Lang::En, "Rule B33 says so. [1]\n"), "no source has such a name");
}

/// A vocabulary of every byte, and of pieces that cross characters, words, marks and lines.
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut pieces: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte]).collect();
    pieces.push(Vec::new());
    for text in ZH.iter().chain(&EN) {
        let bytes = text.as_bytes();
        for len in [2, 3, 4, 5, 7, 9] {
            pieces.extend(bytes.windows(len).step_by(3).map(<[u8]>::to_vec));
        }
    }
    for piece in [
        "。[", "。[1]", "]「", "」。", "」\n", "]\n", "\n\n", ".\n", ". [", "] \"", "\".", " 5", "30", "日内", "统一",
        "第一",
    ] {
        pieces.push(piece.as_bytes().to_vec());
    }
    Vocabulary::new(pieces)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_choice_of_tokens_keeps_the_promises(
        chinese: bool, choices in proptest::collection::vec(any::<u32>(), 300)
    ) {
        let (lang, texts) = if chinese { (Lang::Zh, ZH) } else { (Lang::En, EN) };
        let vocabulary = &*VOCABULARY;
        let mut guard = OneSentence::new(rules(lang), false);
        let mut written = Vec::new();
        for choice in &choices {
            if guard.allows(&[]) {
                break;
            }
            let allowed = guard.allowed(vocabulary);
            prop_assert!(!allowed.is_empty(), "stuck behind {:?}", String::from_utf8_lossy(&written));
            let one = allowed[*choice as usize % allowed.len()];
            prop_assert!(guard.allows(vocabulary.piece(one)), "the list and the look agree");
            guard.accept(vocabulary.piece(one));
            written.extend(vocabulary.piece(one));
        }
        let text = String::from_utf8(written);
        // A sentence that the choices do not bring to its end may stop within a character; then it is not shown.
        let Ok(text) = text else { return Ok(()) };
        let Some(line) = text.strip_suffix('\n') else { return Ok(()) };
        prop_assert!(!line.contains('\n'));
        for sentence in parse::generated(line).sentences {
            prop_assert!(!sentence.cited.is_empty());
            for cited in &sentence.cited {
                let known = matches!(cited, crate::domain::claim::Cited::Label(Label(1..=3)));
                prop_assert!(known, "{:?} in {line}", cited);
            }
        }
        let (open, close) = super::sentence::quotation_marks(lang);
        for quote in line.split(open).skip(1).step_by(if open == close { 2 } else { 1 }) {
            let quote = quote.split(close).next().unwrap_or_default();
            prop_assert!(texts.iter().any(|text| text.contains(quote)), "{quote:?} in {line}");
        }
        let everything = format!("{} 33 六百七十五", texts.concat());
        let without_labels = line.replace("[1]", "").replace("[2]", "").replace("[3]", "");
        for run in without_labels.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()) {
            prop_assert!(everything.split(|c: char| !c.is_ascii_digit()).any(|known| known == run), "{run} in {line}");
        }
    }

    #[test]
    fn the_list_is_what_the_look_allows(chinese: bool, choices in proptest::collection::vec(any::<u32>(), 0..40)) {
        let vocabulary = &*VOCABULARY;
        let mut guard = OneSentence::new(rules(if chinese { Lang::Zh } else { Lang::En }), true);
        for choice in &choices {
            let allowed = guard.allowed(vocabulary);
            let Some(one) = allowed.get(*choice as usize % allowed.len().max(1)) else { break };
            guard.accept(vocabulary.piece(*one));
        }
        let mut listed = guard.allowed(vocabulary);
        listed.sort_unstable();
        let looked: Vec<usize> = (0..vocabulary.pieces().len())
            .filter(|id| !vocabulary.piece(*id).is_empty() && guard.allows(vocabulary.piece(*id)))
            .collect();
        prop_assert_eq!(listed, looked);
    }
}
