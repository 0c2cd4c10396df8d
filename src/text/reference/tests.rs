use std::fmt::Write;

use super::*;

/// `name#locator.款M.项K(limb)~end`, the notation of tests/data/references.tsv.
fn written(reference: &LegalReference) -> String {
    let mut out = match (&reference.instrument, reference.naming) {
        (Some(instrument), _) => instrument.name.clone(),
        (None, Naming::ThisLaw) => "本".to_owned(),
        (None, _) => "-".to_owned(),
    };
    if let Some(locator) = reference.canonical_locator() {
        out.push('#');
        out.push_str(&locator);
    }
    if let Some(paragraph) = reference.paragraph {
        write!(out, ".款{paragraph}").expect("a string takes all");
    }
    if let Some(item) = reference.item {
        write!(out, ".项{item}").expect("a string takes all");
    }
    for limb in &reference.limbs {
        write!(out, "({limb})").expect("a string takes all");
    }
    if let Some(end) = &reference.range_end {
        write!(out, "~{}", end.locator(false)).expect("a string takes all");
    }
    out
}

#[test]
fn cases_read_as_written_beside_them() {
    let cases = include_str!("../../../tests/data/references.tsv");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for line in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (text, expected) = line.split_once('\t').expect("a tab between text and references");
        let found = parse(text).iter().map(written).collect::<Vec<_>>().join(" ; ");
        if found != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{} of {checked} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 200, "only {checked} cases");
}

#[test]
fn a_span_holds_the_name_and_the_article() {
    let text = "如果依照《中华人民共和国民法典》第六百七十五条的规定，或者 GDPR Art. 33(1)(a)，处理。";
    let spans: Vec<_> = parse(text).iter().map(|r| r.span.of(text)).collect();
    assert_eq!(spans, [Some("《中华人民共和国民法典》第六百七十五条"), Some("GDPR Art. 33(1)(a)")]);
    let text = "Articles 13, 14 and 15 of the GDPR";
    let spans: Vec<_> = parse(text).iter().map(|r| r.span.of(text)).collect();
    assert_eq!(spans, [Some("Articles 13"), Some("14"), Some("15 of the GDPR")]);
}

#[test]
fn how_the_instrument_was_named_is_kept() {
    let namings = |text: &str| parse(text).iter().map(|r| r.naming).collect::<Vec<_>>();
    assert_eq!(namings("《民法典》第五百条、第五百零一条"), [Naming::Title, Naming::Listed]);
    assert_eq!(namings("民法典第五百条"), [Naming::Bare]);
    assert_eq!(namings("本法第五条"), [Naming::ThisLaw]);
    assert_eq!(namings("《民法典》规定了借款。该法第六百七十五条"), [Naming::Title, Naming::SameLaw]);
    assert_eq!(namings("第五百条"), [Naming::Absent]);
}

#[test]
fn names_of_one_law_are_the_same_and_of_two_laws_are_not() {
    for (a, b) in [
        ("《民法典》", "中华人民共和国民法典"),
        ("公司法（2018修正）", "中华人民共和国公司法"),
        ("《公司法司法解释（三）》", "最高人民法院关于适用《中华人民共和国公司法》若干问题的规定（三）"),
        ("公司法解释三", "最高人民法院关于适用《中华人民共和国公司法》若干问题的规定（三）"),
        ("民间借贷司法解释", "最高人民法院关于审理民间借贷案件适用法律若干问题的规定"),
        ("民诉法", "中华人民共和国民事诉讼法"),
        ("GDPR", "Regulation (EU) 2016/679 (General Data Protection Regulation)"),
        ("Regulation B", "12 CFR Part 1002 Equal Credit Opportunity Act"),
        ("12 CFR 1026.5", "12 CFR Part 1026"),
        ("the Securities Exchange Act", "Securities Exchange Act of 1934"),
        ("AI Act", "Regulation (EU) 2024/1689 (Artificial Intelligence Act), consolidated 2026-07-27"),
    ] {
        assert!(same_instrument(a, b), "{a} is {b}: {:?} {:?}", Instrument::named(a).name, Instrument::named(b).name);
    }
    for (a, b) in [
        ("劳动合同法", "劳动合同法实施条例"),
        ("劳动合同法", "上海市劳动合同法实施办法"),
        ("公司法", "公司法司法解释（三）"),
        ("公司法司法解释（二）", "公司法司法解释（三）"),
        ("刑法", "刑法修正案（十一）"),
        ("刑法修正案（十）", "刑法修正案（十一）"),
        ("宪法修正案（2004年）", "宪法修正案（2018年）"),
        ("资源税法", "资源税暂行条例"),
        ("民法典婚姻家庭编的解释（一）", "民法典继承编的解释（一）"),
        ("合同法", "劳动合同法"),
        ("Regulation (EU) 2016/679", "Directive (EU) 2016/680"),
        ("12 CFR Part 1002", "12 CFR Part 1005"),
        ("Securities Act", "Securities Exchange Act"),
    ] {
        assert!(!same_instrument(a, b), "{a} is not {b}");
    }
}

#[test]
fn kinds_are_told_apart() {
    use InstrumentKind as Kind;
    for (name, kind) in [
        ("劳动合同法", Kind::Statute),
        ("劳动合同法实施条例", Kind::Implementing),
        ("上海市劳动合同法实施办法", Kind::Local),
        ("公司法司法解释（三）", Kind::JudicialInterpretation),
        ("刑法修正案（十一）", Kind::Amendment),
        ("工伤保险条例", Kind::Regulation),
        ("宪法", Kind::Constitution),
        ("GDPR", Kind::European),
        ("12 CFR Part 1002", Kind::UsRegulation),
        ("15 U.S.C.", Kind::UsCode),
        ("香港特别行政区基本法", Kind::Statute),
        ("算法", Kind::Other),
    ] {
        assert_eq!(Instrument::named(name).kind, kind, "{name}");
    }
}

#[test]
fn a_locator_is_recognised_as_part_of_the_article() {
    let one = |text: &str| parse(text).into_iter().next().expect("a reference");
    assert!(one("《民法典》第675条").locates("第六百七十五条"));
    assert!(!one("《民法典》第675条").locates("第六百七十六条"));
    assert!(!one("《刑法》第一百三十三条").locates("第一百三十三条之一"));
    assert!(one("《民法典》第670条至第680条").locates("第六百七十五条"));
    assert!(one("Article 3 of the AI Act").locates("Art. 3 [part 2]"));
    assert!(one("12 CFR 1002.2").locates("§ 1002.2(c)"));
    assert!(!one("12 CFR 1002.2(c)").locates("§ 1002.2(d)"));
    assert!(one("通用数据保护条例第33条").locates("Art. 33"));
    assert!(one("刑法修正案（九）第八条").locates("条目八"));
    assert_eq!(one("12 CFR 1002.2(c)").locators(), ["§ 1002.2(c)", "§ 1002.2"]);
}

#[test]
fn a_long_text_is_read_in_milliseconds() {
    let mut text = String::new();
    while text.chars().count() < 10_000 {
        text.push_str("根据《民法典》第六百七十五条、第六百七十六条和劳动合同法第十条第一款，Article 33(1) GDPR and 12 CFR 1002.2(c) apply；");
    }
    let started = std::time::Instant::now();
    assert!(parse(&text).len() > 500);
    assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,200}") {
        sound(&text)?;
    }

    #[test]
    fn pieces_of_references_in_any_order_do_no_harm(pieces in proptest::collection::vec(
        proptest::sample::select(vec![
            "《", "》", "〈", "第", "条", "款", "项", "之一", "一千", "12", "、", "至", "（", "）", "民法典", "公司法", "司法解释",
            "本法", "该法", "前款", " ", "Article ", "§ ", "12 CFR ", ".5", "(a)", " of the ", "GDPR", "Act", "Regulation (EU) 2016/679",
            "15 U.S.C. ", ",", " and ", "Annex IV", "的", "欧盟", "。",
        ]), 0..40)
    ) {
        sound(&pieces.concat())?;
    }
}

/// Spans slice the text, are in order and do not overlap; whatever is read can be asked for its locators.
fn sound(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let mut end = 0;
    for reference in parse(text) {
        proptest::prop_assert!(reference.span.of(text).is_some());
        proptest::prop_assert!(reference.span.start() >= end, "{text}");
        end = reference.span.end();
        proptest::prop_assert!(reference.locators().iter().all(|l| !l.is_empty()));
        proptest::prop_assert!(!reference.locates("p. 12"));
    }
    Ok(())
}

/// Found by fuzzing: the chapter of a rule was lost, so that Rule 11.2 was looked up as Rule 2.
#[test]
fn what_is_printed_is_read_back() {
    for text in ["Rule 11.2", "Rule 10b-5", "§ 1002.5", "Art. 33", "第一百三十三条之一", "Annex III", "Recital 26"]
    {
        let found = parse(text);
        let locator = found.first().and_then(LegalReference::canonical_locator).expect(text);
        assert_eq!(locator, text);
        assert_eq!(read_locator(&locator).map(|(article, _)| article), found[0].article);
    }
}

/// Found by fuzzing: the beginning of a word was taken for the letter of a recital.
#[test]
fn words_behind_a_number_are_no_letter() {
    for text in ["recitals 26 and 30edical", "recitals 26a and 30b", "recitals 1.26 and 30", "Articles 5 and 30edical"]
    {
        for reference in parse(text) {
            let locator = reference.canonical_locator().expect(text);
            assert!(reference.locates(&locator), "{text}: {locator}");
            assert!(!locator.ends_with("30e"), "{text}: {locator}");
        }
    }
    let found: Vec<_> =
        parse("Articles 5, 6a and 30(1)").iter().filter_map(LegalReference::canonical_locator).collect();
    assert_eq!(found, ["Art. 5", "Art. 6a", "Art. 30"]);
}

/// Found by fuzzing: letters in both cases were printed and not read back.
#[test]
fn sections_of_the_code_are_read_back() {
    for (text, printed) in [
        ("15 U.S.C. § 77z-2a", "§ 77z-2a"),
        ("26 U.S.C. 45Q", "§ 45Q"),
        ("42 U.S.C. § 1396r-8(k)(1)", "§ 1396r-8(k)"),
        ("15 U.S.C. § 1681b", "§ 1681b"),
    ] {
        let found = parse(text);
        let locator = found.first().and_then(|r| r.locators().into_iter().next()).expect(text);
        assert_eq!(locator, printed, "{text}");
        assert_eq!(read_locator(&locator).map(|(article, _)| article), found[0].article, "{text}");
    }
    assert!(parse("15 U.S.C1bS").iter().all(|r| r.canonical_locator().is_none_or(|l| read_locator(&l).is_some())));
}

#[test]
fn a_european_instrument_has_no_article_one_of() {
    let found = parse("GDPR第133条之一");
    let locator = found[0].canonical_locator().expect("an article is named");
    assert_eq!(locator, "第一百三十三条之一", "and not Art. 133, which is another one");
    assert!(found[0].locates(&locator) && !found[0].locates("Art. 133"));
    assert_eq!(parse("GDPR第33条")[0].canonical_locator().as_deref(), Some("Art. 33"));
}
