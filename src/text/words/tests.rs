use proptest::prelude::*;

use super::*;

fn texts(text: &str) -> Vec<String> {
    words(text).into_iter().map(|w| w.text).collect()
}

fn found(text: &str) -> Vec<String> {
    search_words(text).into_iter().map(|w| w.text).collect()
}

fn assert_holds(text: &str, expected: &[&str]) {
    let words = found(text);
    for word in expected {
        assert!(words.iter().any(|w| w == word), "{word} is not among {words:?}");
    }
}

#[test]
fn numbers_keep_their_decimals_and_units() {
    assert_holds("空腹血糖≥7.8mmol/L", &["空腹血糖", "7.8mmol/l", "7.8", "mmol/l"]);
    assert_holds("COVID-19患者", &["covid-19", "covid", "19", "患者"]);
    assert_holds("净利润为3.45亿元", &["净利润", "3.45亿", "3.45", "元"]);
    assert_holds("每日10mg/kg，最多2,000mg", &["10mg/kg", "10", "mg/kg", "2000mg", "2000"]);
    assert_holds("上升了5%，体温38.5℃", &["5%", "38.5℃"]);
    assert_eq!(texts("3千克和2千万"), ["3", "千克", "和", "2千万"]);
    assert!(!found("7.8mmol/L").contains(&"8".to_owned()), "a decimal is never cut");
}

#[test]
fn full_width_is_read_as_half_width() {
    assert_eq!(texts("７．８ｍｍｏｌ／Ｌ"), texts("7.8mmol/L"));
}

#[test]
fn terms_of_the_trades_are_words() {
    assert_holds("二甲双胍的最大剂量", &["二甲双胍", "最大剂量"]);
    assert_holds(
        "无民事行为能力人实施的民事法律行为无效",
        &["无民事行为能力人", "民事", "行为能力", "民事法律行为", "无效"],
    );
}

#[test]
fn traditional_gives_the_words_of_simplified() {
    assert_eq!(texts("借款人應當按照約定的期限返還借款"), texts("借款人应当按照约定的期限返还借款"));
    assert_holds("臺灣證券交易所", &["证券", "交易所"]);
}

#[test]
fn article_numbers_have_one_form() {
    assert_eq!(texts("第六百七十五条"), ["第675条"]);
    assert_eq!(texts("第675条"), texts("第六百七十五条"));
    assert_eq!(texts("依照第一百三十三条之一第二款第十项"), ["依照", "第133条之1", "第2款", "第10项"]);
    assert_eq!(texts("第一次"), texts("第一次"), "an ordinal without a unit of law is left to the segmenter");
    assert_eq!(texts("第三十条之规定")[0], "第30条");
    assert_eq!(numeral(&"一千二百六十".chars().collect::<Vec<_>>()), Some(1260));
    assert_eq!(numeral(&"一千零五".chars().collect::<Vec<_>>()), Some(1005));
    assert_eq!(numeral(&"二〇二一".chars().collect::<Vec<_>>()), Some(2021));
}

#[test]
fn english_is_lower_cased_and_stemmed() {
    assert_eq!(texts("The Supervisory Authorities' notifications"), texts("the supervisory authority notification"));
    assert_eq!(texts("patient's")[0], "patient");
    assert_holds("placebo-controlled trial", &["placebo", "control", "trial"]);
    assert_holds("under § 1002.5(b)", &["1002.5"]);
}

#[test]
fn negations_are_never_stop_words() {
    for word in ["不", "未", "无", "非", "没有", "不得", "not", "no", "without", "never", "nor", "第", "条", "禁止"]
    {
        assert!(!is_stop_word(word), "{word}");
    }
    for word in texts("什么 怎么 的 does this of") {
        assert!(is_stop_word(&word), "{word}");
    }
}

#[test]
fn spans_are_into_the_given_text() {
    let text = "依《民法典》第６７５條，Metformin（二甲雙胍）劑量７.８mmol/L。";
    for word in search_words(text) {
        assert!(word.span.of(text).is_some_and(|s| !s.is_empty()), "{word:?}");
    }
    let words = words(text);
    let article = words.iter().find(|w| w.kind == WordKind::Ordinal).expect("there is an article number");
    assert_eq!(article.span.of(text), Some("第６７５條"));
    assert_eq!(article.text, "第675条");
    let drug = words.iter().find(|w| w.text == "二甲双胍").expect("the drug is a word");
    assert_eq!(drug.span.of(text), Some("二甲雙胍"));
}

#[test]
fn positions_count_words_and_parts_share_them() {
    let all = search_words("劳动合同法与COVID-19");
    let mains: Vec<u32> = all.iter().filter(|w| !w.part).map(|w| w.position).collect();
    assert_eq!(mains, (0..u32::try_from(mains.len()).expect("few")).collect::<Vec<_>>());
    for pair in all.windows(2).filter(|pair| pair[1].part) {
        assert_eq!(pair[0].position, pair[1].position);
    }
}

#[test]
fn bigrams_overlap_and_stop_at_other_scripts() {
    let pairs: Vec<String> = bigrams("借款人A还，錢").into_iter().map(|w| w.text).collect();
    assert_eq!(pairs, ["借款", "款人", "还", "钱"]);
}

proptest! {
    #[test]
    fn any_text_gives_spans_that_slice_it(text in "\\PC{0,80}") {
        for word in search_words(&text).into_iter().chain(bigrams(&text)) {
            prop_assert!(word.span.of(&text).is_some());
            prop_assert!(!word.text.is_empty());
        }
    }

    #[test]
    fn mixed_text_never_overlaps(text in "[第条之一百0-9A-Za-z.,/%-万亿千克臺灣 ]{0,40}") {
        let mut end = 0;
        for word in words(&text) {
            prop_assert!(word.span.start() >= end);
            end = word.span.end();
        }
    }
}
