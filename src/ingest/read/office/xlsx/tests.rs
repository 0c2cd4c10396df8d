use crate::ingest::read::{office, sheets};

#[test]
fn a_workbook_reads_as_it_is_shown() {
    let bytes = include_bytes!("../../../../../tests/data/documents/statement.xlsx");
    let office::Office::Excel(workbook) = office::read(bytes).expect("reads") else { panic!("a workbook") };
    let (text, sections) = sheets::assemble(workbook.sheets);
    let found: Vec<_> =
        sections.iter().map(|s| (s.locator.as_str(), s.path.join(" / "), s.span.of(&text).expect("fits"))).collect();
    assert_eq!(
        found,
        [
            (
                "利润表 第5-7行",
                "利润表 / 合并利润表 编制单位：某某股份有限公司".to_owned(),
                "合并利润表 编制单位：某某股份有限公司，营业收入：2023年度 / 金额 123,456.79万元；2023年度 / 同比（%） 12.3%；2022年度 / 金额 109,876.50万元。\n合并利润表 编制单位：某某股份有限公司，营业成本：2023年度 / 金额 -65,432.10万元；2023年度 / 同比（%） -5.0%；2022年度 / 金额 -68,876.20万元。\n合并利润表 编制单位：某某股份有限公司，净利润：2023年度 / 金额 58,024.69万元；2023年度 / 同比（%） 20.0%；2022年度 / 金额 19,546.70万元。"
            ),
            (
                "股东 第2-3行",
                "股东".to_owned(),
                "股东名称 张三：持股数（股） 51,000,000股；入股日期 2019年5月6日。\n股东名称 李四：持股数（股） 49,000,000股；入股日期 2020年12月31日。"
            ),
        ]
    );
    assert!(!text.contains("机密") && !text.contains("隐藏"));
}
