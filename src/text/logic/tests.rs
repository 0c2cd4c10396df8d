use super::*;

fn words<T>(text: &str, cues: &[Cue<T>]) -> Vec<String> {
    cues.iter().map(|cue| cue.span.of(text).expect("a span of the text").to_owned()).collect()
}

#[test]
fn negators_are_found_and_compounds_are_not() {
    for (text, expected) in [
        ("借款人不承担利息", vec!["不"]),
        ("该公司未披露年报", vec!["未"]),
        ("他没有签字", vec!["没有"]),
        ("该药并非处方药", vec!["并非"]),
        ("无法确定", vec!["无法"]),
        ("并未提及", vec!["并未"]),
        ("不仅包括动产，而且包括不动产", vec![]),
        ("无论未来非常复杂还是不断变化", vec![]),
        ("未成年人的无形资产", vec![]),
        ("不可抗力与不当得利", vec![]),
        ("是否有效", vec![]),
        ("非洲的非处方药", vec![]),
        ("不无道理", vec![]),
        ("不得转让", vec![]),
        ("合同无效", vec![]),
    ] {
        let logic = read(text, Lang::Zh);
        assert_eq!(words(text, &logic.negations), expected, "{text}");
    }
    for (text, expected) in [
        ("The company did not pay dividends", vec!["did not"]),
        ("There is no evidence of fraud", vec!["no evidence"]),
        ("He never appeared", vec!["never"]),
        ("without consent", vec!["without"]),
        ("They cannot sell", vec!["cannot"]),
        ("It isn't true", vec!["isn't"]),
        ("not only the buyer but also the seller", vec![]),
        ("no later than 72 hours", vec![]),
        ("including but not limited to shares", vec![]),
        ("notice of the nodes in note 4", vec![]),
        ("No. 12 of the list", vec![]),
        ("whether or not it pays", vec![]),
    ] {
        let logic = read(text, Lang::En);
        assert_eq!(words(text, &logic.negations), expected, "{text}");
    }
}

#[test]
fn modal_classes() {
    use DeonticClass::{Exemption, Obligation, Permission, Prohibition, Recommendation};
    for (text, expected) in [
        ("当事人应当遵循诚信原则", vec![Obligation]),
        ("经营者不得强制交易", vec![Prohibition]),
        ("债权人可以请求债务人履行", vec![Permission]),
        ("出租人有权解除合同", vec![Permission]),
        ("无需经过批准", vec![Exemption]),
        ("不得不承认", vec![Obligation]),
        ("非去不可", vec![Obligation]),
        ("应由公司承担", vec![Obligation]),
        ("应收账款与不良反应", vec![]),
        ("可能性与相应的效应", vec![]),
        ("禁止吸烟", vec![Prohibition]),
        ("建议患者复诊", vec![Recommendation]),
    ] {
        let logic = read(text, Lang::Zh);
        assert_eq!(logic.deontics.iter().map(|c| c.class).collect::<Vec<_>>(), expected, "{text}");
    }
    for (text, expected) in [
        ("The controller shall notify the authority", vec![Obligation]),
        ("The recipient shall not disclose it", vec![Prohibition]),
        ("A creditor may request information", vec![Permission]),
        ("The bank is not required to pay", vec![Exemption]),
        ("Aspirin may cause bleeding", vec![]),
        ("on 4 May 2020 in May", vec![Permission]),
        ("Patients should rest", vec![Recommendation]),
        ("No person shall enter", vec![Prohibition]),
        ("A must-have mustard", vec![]),
    ] {
        let found: Vec<_> = read(text, Lang::En).deontics.iter().map(|c| c.class).collect();
        // "4 May" cannot be told from the verb by a list; the rules never look at a modal alone.
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn strength_quantity_and_conditions() {
    let text = "研究提示该药可能与肝损伤相关，但不能证明导致肝损伤";
    let logic = read(text, Lang::Zh);
    assert_eq!(words(text, &logic.epistemics), ["提示", "可能", "相关", "证明", "导致"]);
    assert_eq!(words(text, &logic.conditions), ["但"]);
    let text = "All members except minors may vote if they registered";
    let logic = read(text, Lang::En);
    assert_eq!(words(text, &logic.quantifiers), ["All"]);
    assert_eq!(words(text, &logic.conditions), ["except", "if"]);
    let text = "扣除费用后，排除部分债务，仅剩余款";
    let logic = read(text, Lang::Zh);
    assert!(logic.conditions.is_empty(), "扣除 and 排除 hold no exception");
    assert_eq!(words(text, &logic.quantifiers), ["部分", "仅"]);
}

#[test]
fn opposites_stand_on_one_axis() {
    for (a, b, lang) in [
        ("收入增长", "收入下降", Lang::Zh),
        ("检测呈阳性", "检测呈阴性", Lang::Zh),
        ("合同有效", "合同无效", Lang::Zh),
        ("sales increased", "sales fell", Lang::En),
        ("it was approved", "it was rejected", Lang::En),
        ("rates are higher", "rates are lower", Lang::En),
        ("a rising tide", "a falling tide", Lang::En),
    ] {
        let (first, second) = (read(a, lang).directions, read(b, lang).directions);
        let opposite = first.iter().any(|x| second.iter().any(|y| x.axis == y.axis && x.pole != y.pole));
        assert!(opposite, "{a} {b}: {first:?} {second:?}");
    }
    assert!(read("利率不低于百分之五", Lang::Zh).directions.is_empty(), "不低于 is a bound");
    assert!(axes::pairs(Lang::Zh) >= 150 && axes::pairs(Lang::En) >= 150);
}

#[test]
fn a_scope_ends_with_its_clause() {
    let text = "承租人不得转租，出租人应当修缮。";
    let logic = read(text, Lang::Zh);
    assert_eq!(logic.deontics[0].scope.of(text), Some("转租"));
    assert_eq!(logic.deontics[1].scope.of(text), Some("修缮"));
    let text = "The recipient shall not disclose the information to any third party, and shall return it.";
    let logic = read(text, Lang::En);
    assert_eq!(logic.deontics[0].scope.of(text), Some(" disclose the information to any third"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,200}") {
        for lang in [Lang::Zh, Lang::En] {
            let logic = read(&text, lang);
            for span in logic.clauses.iter().copied()
                .chain(logic.negations.iter().flat_map(|c| [c.span, c.scope]))
                .chain(logic.deontics.iter().flat_map(|c| [c.span, c.scope]))
                .chain(logic.directions.iter().map(|d| d.span))
            {
                proptest::prop_assert!(span.of(&text).is_some());
            }
        }
    }

    #[test]
    fn cues_in_any_order_are_read_without_harm(words in proptest::collection::vec(
        proptest::sample::select(vec!["不得", "非", "不可", "，", "除非", "may", " ", "not", "§", "應", "不", "应", "。", ","]), 0..40)
    ) {
        let text = words.concat();
        for lang in [Lang::Zh, Lang::En] {
            for cue in read(&text, lang).negations {
                proptest::prop_assert!(cue.scope.of(&text).is_some());
            }
        }
    }
}
