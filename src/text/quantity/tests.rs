use proptest::prelude::*;

use super::*;

fn forms(text: &str) -> Vec<String> {
    parse(text).iter().map(Quantity::normal_form).collect()
}

#[test]
fn reads_both_languages() {
    for (text, expected) in [
        ("营业收入3.5亿元", vec!["3.5亿元 = 350000000 CNY"]),
        ("35,000万元", vec!["35,000万元 = 350000000 CNY"]),
        ("$1.2 billion and $1,200 million", vec!["$1.2 billion = 1200000000 USD", "$1,200 million = 1200000000 USD"]),
        ("壹佰贰拾叁万元整", vec!["壹佰贰拾叁万元整 = 1230000 CNY"]),
        ("百分之三十五", vec!["百分之三十五 = 35%"]),
        ("千分之三", vec!["千分之三 = 0.3%"]),
        ("三成", vec!["三成 = 30%"]),
        ("打七五折", vec!["七五折 = 75%"]),
        ("25个基点", vec!["25个基点 = 0.25 pp"]),
        ("上升2.5个百分点", vec!["2.5个百分点 = 2.5 pp"]),
        ("三分之二以上", vec!["三分之二 = ≥ 200/3%"]),
        ("三年", vec!["三年 = 36 month"]),
        ("72 hours", vec!["72 hours = 3 d"]),
        ("15 working days", vec!["15 working days = 15 working day"]),
        ("三十个工作日内", vec!["三十个工作日 = ≤ 30 working day"]),
        ("500 mg/kg/d", vec!["500 mg/kg/d = 500 mg/kg/d"]),
        ("7.8mmol/L", vec!["7.8mmol/L = 7.8 mmol/L"]),
        ("5-10 mg", vec!["5-10 mg = 5–10 mg"]),
        ("三至五年", vec!["三至五年 = 36–60 month"]),
        ("不得超过5%", vec!["5% = ≤ 5%"]),
        ("不满十八周岁", vec!["十八周岁 = < 18 years of age"]),
        ("at least 3 persons", vec!["3 persons = ≥ 3 persons"]),
        ("增长约20%", vec!["20% = ≈ 20%"]),
        ("３．５亿元", vec!["３．５亿元 = 350000000 CNY"]),
        ("每日两次", vec!["两次 = 2 times/d"]),
        ("every 8 hours", vec!["every 8 hours = 3 times/d"]),
        ("twice daily", vec!["twice daily = 2 times/d"]),
        ("一年零六个月", vec!["一年零六个月 = 18 month"]),
        ("120/80 mmHg", vec!["120 = 15998.6864898 Pa", "80 mmHg = 10665.7909932 Pa"]),
        ("4.0×10⁹/L", vec!["4.0×10⁹ = 4000000000"]),
        ("净亏损(1,234)万元", vec!["1,234 = -1234"]),
        ("2倍", vec!["2倍 = 2 ×"]),
        ("two-thirds of the members", vec!["two-thirds = 200/3%"]),
        ("1万2千元", vec!["1万2千元 = 12000 CNY"]),
        ("US$3.5m", vec!["US$3.5m = 3500000 USD"]),
        ("五万元以上五十万元以下", vec!["五万元 = ≥ 50000 CNY", "五十万元 = ≤ 500000 CNY"]),
    ] {
        assert_eq!(forms(text), expected, "{text}");
    }
}

#[test]
fn what_measures_nothing_is_no_quantity() {
    for text in [
        "第三条",
        "COVID-19",
        "N95口罩",
        "IL-6",
        "the film (2008 film)",
        "（2023）京01民终123号",
        "《民法典》第1254条",
        "一般情况",
        "二甲双胍",
        "Article 5(1)(a)",
        "12 CFR 1002.2",
        "HbA1c",
        "type 2 diabetes",
        "2型糖尿病",
        "[1][2]",
        "1. 恶心",
        "（一）",
        "2021年1月1日",
        "In 2008",
        "10-K",
        "600519.SH",
        "统一规定",
        "十二指肠",
        "国发〔2020〕5号",
        "No. 12",
        "14:30",
        "the first half",
        "no one",
        "half-life",
        "第（二）项",
        "§ 1002.2(c)",
        "Phase 3",
        "第一百三十三条之一",
        "万一",
        "十分重要",
    ] {
        assert_eq!(forms(text), Vec::<String>::new(), "{text}");
    }
}

/// The relation of a claim's worst figure to the nearest figure of the evidence, by the names of the table.
fn relate(claim: &str, evidence: &str) -> &'static str {
    let (mine, theirs) = (parse(claim), parse(evidence));
    if mine.is_empty() {
        return relate_dates(claim, evidence);
    }
    mine.iter()
        .map(|q| {
            let nearest =
                theirs.iter().map(|s| q.relation(s)).max_by_key(|r| r.nearness()).unwrap_or(Relation::Incomparable);
            (nearest.nearness(), name(nearest))
        })
        .min()
        .map_or("absent", |(_, name)| name)
}

const fn name(relation: Relation) -> &'static str {
    match relation {
        Relation::Same => "same",
        Relation::Rounded => "rounded",
        Relation::Satisfied => "satisfied",
        Relation::Unitless => "unitless",
        Relation::PerMissing => "per",
        Relation::Bound(_) => "bound",
        Relation::Sign => "sign",
        Relation::Scale(_) => "scale",
        Relation::Points => "points",
        Relation::Unit => "unit",
        Relation::Currency => "currency",
        Relation::Period => "period",
        Relation::Different => "value",
        Relation::Incomparable => "absent",
    }
}

fn relate_dates(claim: &str, evidence: &str) -> &'static str {
    use crate::text::date::{DateRelation, parse};
    let (mine, theirs) = (parse(claim), parse(evidence));
    let rank = |r: DateRelation| match r {
        DateRelation::Same | DateRelation::Within => (3, "same"),
        DateRelation::Coarser => (2, "finer"),
        DateRelation::Different => (1, "period"),
        DateRelation::Unclear => (0, "absent"),
    };
    mine.iter()
        .map(|m| theirs.iter().map(|t| rank(m.when.against(t.when))).max().unwrap_or((0, "absent")))
        .min()
        .map_or("absent", |(_, name)| name)
}

#[test]
fn the_table_of_checked_cases() {
    const GROUNDED: [&str; 3] = ["same", "rounded", "satisfied"];
    let table = include_str!("../../../tests/data/quantities.tsv");
    let (mut all, mut right) = (0_usize, 0_usize);
    let mut wrong = Vec::new();
    let mut false_same = Vec::new();
    for line in table.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [claim, evidence, expected] = cells[..] else { panic!("three cells: {line}") };
        let found = relate(claim, evidence);
        all += 1;
        if found == expected {
            right += 1;
        } else {
            wrong.push(format!("{claim} | {evidence}: expected {expected}, got {found}"));
        }
        if GROUNDED.contains(&found) && !GROUNDED.contains(&expected) {
            false_same.push(format!("{claim} | {evidence}"));
        }
    }
    println!("{right} of {all} right; wrong:\n{}", wrong.join("\n"));
    assert!(all >= 400, "{all} cases");
    assert!(false_same.is_empty(), "grounded, and must not be:\n{}", false_same.join("\n"));
    assert!(right * 100 >= all * 99, "{right} of {all} right:\n{}", wrong.join("\n"));
}

proptest! {
    #[test]
    fn never_panics_and_spans_slice(text in "[\\PC0-9一二三十百万亿元%年日月.,/$ a-z-]{0,60}") {
        let mut at = 0;
        for q in parse(&text) {
            prop_assert_eq!(q.span.of(&text), Some(q.surface.as_str()));
            prop_assert!(q.role.of(&text).is_some() && q.tail.of(&text).is_some());
            prop_assert!(q.span.start() >= at, "in order");
            at = q.span.end();
        }
    }

    #[test]
    fn a_quantity_is_the_same_as_itself(text in "[0-9一二三十百万亿元%年日月.,/$ a-z-]{0,40}") {
        for q in parse(&text) {
            prop_assert!(q.relation(&q).is_grounded(), "{:?}", q);
        }
    }
}
