use super::*;
use crate::ingest::read::{office, outline};

fn read(bytes: &[u8]) -> Docx {
    match office::read(bytes).expect("reads") {
        office::Office::Word(word) => word,
        office::Office::Excel(_) => panic!("a Word document"),
    }
}

/// Locator, path and text of each section.
fn sections(word: &Docx) -> Vec<(String, String, &str)> {
    outline::sections(&word.text, word.headings.clone(), word.title.as_deref())
        .into_iter()
        .map(|s| (s.locator.clone(), s.path.join(" / "), s.span.of(&word.text).expect("fits")))
        .collect()
}

fn borrowed<'a>(sections: &'a [(String, String, &'a str)]) -> Vec<(&'a str, &'a str, &'a str)> {
    sections.iter().map(|(locator, path, text)| (locator.as_str(), path.as_str(), *text)).collect()
}

#[test]
fn automatic_numbers_make_articles() {
    let word = read(include_bytes!("../../../../../tests/data/documents/statute-auto-numbered.docx"));
    assert_eq!(word.title.as_deref(), Some("某市数据管理办法"));
    let found = sections(&word);
    assert_eq!(
        borrowed(&found),
        [
            ("第一条", "第一章 总则", "第一条\u{3000}为了规范数据处理活动，保障数据安全，制定本办法。"),
            (
                "第二条",
                "第一章 总则",
                "第二条\u{3000}本办法下列用语的含义：\n（一）数据，是指任何以电子或者其他方式对信息的记录；\n（二）数据处理，包括数据的收集、存储、使用、加工、传输、提供、公开等。"
            ),
            ("第三条", "第二章 数据安全", "第三条\u{3000}开展数据处理活动应当依照法律、法规的规定。"),
            ("第四条", "第二章 数据安全", "第四条\u{3000}任何组织、个人收集数据，应当采取合法、正当的方式。"),
            ("第五条", "第三章 附则", "第五条\u{3000}本办法自2024年1月1日起施行。"),
        ]
    );
}

#[test]
fn the_contract_as_it_stands_with_its_tables_and_notes() {
    let word = read(include_bytes!("../../../../../tests/data/documents/contract-tracked.docx"));
    assert_eq!(word.title.as_deref(), Some("设备采购合同"));
    let found = sections(&word);
    assert_eq!(
        borrowed(&found),
        [
            (
                "价款与支付",
                "",
                "合同总价为人民币135万元，买方应当在验收合格后三十日内付清。\n\n迟延付款的，每日按未付金额的万分之五支付违约金。"
            ),
            (
                "设备清单",
                "",
                "表1 设备价格\n\n单位：万元\n\n表1 设备价格，设备 离心机：数量与单价 / 数量（台） 2台；数量与单价 / 单价 30.00万元；金额 60.00万元。\n表1 设备价格，设备 冷冻柜：数量与单价 / 数量（台） 5台；数量与单价 / 单价 15.00万元；金额 75.00万元。\n表1 设备价格，设备 合计：金额 135.00万元。"
            ),
            (
                "其他",
                "",
                "买方名称与地址见下表。\n\n买方：某某医院。\n地址：南京市鼓楼区。\n\n争议由合同签订地人民法院管辖〔1〕。\n\n〔1〕指买方住所地。"
            ),
        ]
    );
    for gone in ["120", "底价", "单方调整"] {
        assert!(!word.text.contains(gone), "{gone}");
    }
}

#[test]
fn english_reports() {
    let word = read(include_bytes!("../../../../../tests/data/documents/report-en.docx"));
    let found = sections(&word);
    assert_eq!(
        borrowed(&found),
        [
            (
                "Summary",
                "",
                "The drug was well tolerated.\n\n- Nausea was the most common event.\n- No deaths occurred."
            ),
            ("Population", "Methods", "We enrolled 412 adults."),
            (
                "Dosing",
                "Methods",
                "1. First, titrate.\n2. Then hold.\n\nTable 1. Events by arm (in thousands of doses)\n\nTable 1. Events by arm (in thousands of doses), Event Nausea: Active 12 thousand; Placebo 3 thousand.\nTable 1. Events by arm (in thousands of doses), Event Headache rate (%): Active 4.5%; Placebo 4.1%."
            ),
        ]
    );
}

#[test]
fn a_document_that_word_wrote() {
    let word = read(include_bytes!("../../../../../tests/data/documents/word-known-styles.docx"));
    assert_eq!(word.text, "no specified style\n\nmissing style\n\nHeading 1\n\nBody Text");
    assert_eq!(word.headings.len(), 1);
}
