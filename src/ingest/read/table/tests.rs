use crate::text::sentence;

use super::*;

/// A table from lines of cells parted by `|`; `<` copies the cell on the left, `^` the one above.
fn table(text: &str) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for line in text.lines() {
        let mut row: Vec<Cell> = Vec::new();
        for (at, text) in line.split('|').map(str::trim).enumerate() {
            row.push(match text {
                "<" => Cell::merged(&row.last().expect("a cell before").text.clone(), Merged::Left),
                "^" => Cell::merged(&rows.last().expect("a row above")[at].text.clone(), Merged::Above),
                text => Cell::new(text),
            });
        }
        rows.push(row);
    }
    Table { rows, ..Table::default() }
}

fn lines(text: &str) -> Vec<String> {
    table(text).read().lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn a_statement_carries_caption_unit_groups_and_header_path() {
    let read = table(
        "合并资产负债表 | < | <\n单位：万元 | < | <\n项目 | 期末余额 | 期初余额\n流动资产： | |\n货币资金 | 1,234.50 | 1,000.00\n应收账款 | (12.00) | -\n流动资产合计 | 1,222.50 | 1,000.00\n资产总计 | 5,000.00 | 4,000.00\n资产负债率 | 45.2 | 44.1",
    )
    .read();
    assert_eq!(read.caption.as_deref(), Some("合并资产负债表"));
    let lines: Vec<_> = read.lines.iter().map(|line| (line.row, line.text.as_str())).collect();
    assert_eq!(
        lines,
        [
            (4, "合并资产负债表，流动资产 / 货币资金：期末余额 1,234.50万元；期初余额 1,000.00万元。"),
            (5, "合并资产负债表，流动资产 / 应收账款：期末余额 -12.00万元。"),
            (6, "合并资产负债表，流动资产 / 流动资产合计：期末余额 1,222.50万元；期初余额 1,000.00万元。"),
            (7, "合并资产负债表，资产总计：期末余额 5,000.00万元；期初余额 4,000.00万元。"),
            (8, "合并资产负债表，资产负债率：期末余额 45.2；期初余额 44.1。"),
        ]
    );
}

#[test]
fn merged_headings_become_a_path_and_units_of_columns_and_rows_win() {
    assert_eq!(
        lines(
            "项目 | 2023年 | < | 2022年\n^ | 金额（万元） | 占比（%） | 金额（万元）\n主营业务 | 90.00 | 90.0 | 80.00\n每股收益（元/股） | 0.50 | | 0.40"
        ),
        [
            "主营业务：2023年 / 金额（万元） 90.00万元；2023年 / 占比（%） 90.0%；2022年 / 金额（万元） 80.00万元。",
            "每股收益（元/股）：2023年 / 金额（万元） 0.50元/股；2022年 / 金额（万元） 0.40元/股。",
        ]
    );
}

#[test]
fn merged_names_and_numbers_name_the_rows() {
    assert_eq!(
        lines("药品 | 适应证 | 剂量\n二甲双胍 | 2型糖尿病 | 500 mg\n^ | 糖尿病前期 | 250 mg"),
        ["药品 二甲双胍 / 适应证 2型糖尿病：剂量 500 mg。", "药品 二甲双胍 / 适应证 糖尿病前期：剂量 250 mg。"]
    );
    assert_eq!(
        lines("No. | Drug | Dose\n1 | Aspirin | 100 mg daily\n2 | Warfarin | by INR"),
        ["No. 1 / Drug Aspirin: Dose 100 mg daily.", "No. 2 / Drug Warfarin: Dose by INR."]
    );
}

#[test]
fn english_filings() {
    let mut filing = table(
        " | December 31, 2023 | < | June 30, 2023 | <\nCash and cash equivalents | $ | 6,214 | $ | 8,161\nNet loss per share | | (0.02 | ) |\nInventories | | 2,389 | | 2,254",
    );
    filing.caption = Some("Condensed consolidated balance sheets".to_owned());
    filing.unit = Unit::stated("(in thousands, except per share data)");
    let lines: Vec<String> = filing.read().lines.into_iter().map(|line| line.text).collect();
    assert_eq!(
        lines,
        [
            "Condensed consolidated balance sheets, Cash and cash equivalents: December 31, 2023 $6,214 thousand; June 30, 2023 $8,161 thousand.",
            "Condensed consolidated balance sheets, Net loss per share: December 31, 2023 (0.02).",
            "Condensed consolidated balance sheets, Inventories: December 31, 2023 $2,389 thousand; June 30, 2023 $2,254 thousand.",
        ]
    );
}

#[test]
fn pairs_remarks_and_nothing_lost() {
    assert_eq!(
        lines("甲方 | 某某公司\n乙方 | 张三\n注：以上信息由双方提供。 |"),
        ["甲方：某某公司。", "乙方：张三。", "注：以上信息由双方提供。"]
    );
    assert_eq!(lines("项目 | 内容\n期限 | 三年"), ["期限：三年。"]);
    assert_eq!(lines("名称 | 金额"), ["名称 金额"]);
    assert_eq!(lines("只有一列\n第二行"), ["只有一列", "第二行"]);
    assert_eq!(lines("项目 | 一季度\n收入 | 5\n以下为其他 |"), ["收入：一季度 5。", "以下为其他"]);
    assert!(lines("").is_empty());
}

#[test]
fn headings_come_again_wrap_and_state_a_unit_in_their_corner() {
    assert_eq!(
        lines(
            " | Dec 30, | Dec 30,\n | 2019 | 2018\nCloud | 1,758 | 67\nTotal | 1,825 | 75\n | Dec 29, | Dec 29,\n | 2017 | 2016\nCloud | 16 | 480\nTotal | 162 | 500"
        ),
        [
            "Cloud: Dec 30, / 2019 1,758; Dec 30, / 2018 67.",
            "Total: Dec 30, / 2019 1,825; Dec 30, / 2018 75.",
            "Cloud: Dec 29, / 2017 16; Dec 29, / 2016 480.",
            "Total: Dec 29, / 2017 162; Dec 29, / 2016 500.",
        ]
    );
    assert_eq!(
        lines(
            "(in millions) | 2019 | 2018 (4)\n | Operations Data: | <\nRevenue | 39,506 | 39,383\n | Balance Sheet Data: | <\nWorking capital | 27,756 | 57,035"
        ),
        [
            "Operations Data / Revenue: 2019 39,506 million; 2018 (4) 39,383 million.",
            "Balance Sheet Data / Working capital: 2019 27,756 million; 2018 (4) 57,035 million.",
        ]
    );
    assert_eq!(
        lines(" | 2019 and 2018 | 2018 vs 2017\n | (in thousands) | <\nPayroll | 4,089 | 22,908"),
        ["Payroll: 2019 and 2018 4,089 thousand; 2018 vs 2017 22,908 thousand."]
    );
    assert_eq!(
        lines("单位：万元 | 2019年 | 2018年\n营业收入 | 1,200 | 900"),
        ["营业收入：2019年 1,200万元；2018年 900万元。"]
    );
    assert_eq!(
        lines(" | 甲方 | 乙方\n | 付款 | 交货\n期限 | 三日 | 五日"),
        ["甲方 付款；乙方 交货。", "期限：甲方 三日；乙方 五日。"],
        "words under words are a row where no figures follow"
    );
    assert_eq!(
        lines("£m | 2019 | 2018\nProfit | 42.7 | (20.9)\nEarnings per share | 0.5 | 0.4"),
        ["Profit: 2019 £42.7 million; 2018 -£20.9 million.", "Earnings per share: 2019 0.5; 2018 0.4."]
    );
    assert_eq!(
        lines(" | 2019 | 2018 €m\n | $000 | \nAssets | 1,200 | 3"),
        ["Assets: 2019 $1,200 thousand; 2018 €3 million."]
    );
    assert_eq!(
        lines(" | Years ended | Rates | Rates\nCash | n/a | 5 | 6\n | none | 7 | 8"),
        ["Cash: Years ended n/a; Rates 5; Rates 6.", "Years ended none; Rates 7; Rates 8."],
        "words under words head nothing"
    );
}

/// What is written here is read cell by cell when a claim is checked.
#[test]
fn written_rows_are_known_as_rows() {
    for (table, rows) in [
        ("项目 | 2023年 | 2022年\n营业收入 | 1,200 | 900\n净利润 | 45.6 | -3", 2),
        (" | 2019 | 2018\nNet sales | 4,512.3 | 4,101.0\nNet income (loss) | (12.4) | 201.3", 2),
    ] {
        let text = lines(table).join("\n");
        let known = sentence::sentences(&text).into_iter().filter(|span| sentence::is_row(&text, *span)).count();
        assert_eq!(known, rows, "{text}");
    }
}

#[test]
fn people_and_places_are_not_counted_in_millions() {
    let lines = lines(
        "(in millions) | 2019 | 2018\nNet sales | 4,512.3 | 4,101.0\nEmployees | 10,250 | 9,900\nEmployee benefits | 31 | 29",
    );
    assert_eq!(
        lines,
        [
            "Net sales: 2019 4,512.3 million; 2018 4,101.0 million.",
            "Employees: 2019 10,250; 2018 9,900.",
            "Employee benefits: 2019 31 million; 2018 29 million.",
        ]
    );
}

/// Statements write the sign of their currency in the first row and in totals.
#[test]
fn the_currency_of_the_first_row_holds_for_those_below() {
    let table = "(in millions) | 2019 | 2018\nNet sales | $4,512.3 | $4,101.0\nCost of sales | 3,001.2 | 2,870.4\nNet income (loss) | (12.4) | 201.3\nPaying customers | 45 | 44\nReceivables from customers | 31 | 29\nDiluted earnings per share | $(0.12) | $1.98\nEmployees | 10,250 | 9,900\nTax rate | 21.0 | 20.5";
    assert_eq!(
        lines(table),
        [
            "Net sales: 2019 $4,512.3 million; 2018 $4,101.0 million.",
            "Cost of sales: 2019 $3,001.2 million; 2018 $2,870.4 million.",
            "Net income (loss): 2019 -$12.4 million; 2018 $201.3 million.",
            "Paying customers: 2019 45 million; 2018 44 million.",
            "Receivables from customers: 2019 $31 million; 2018 $29 million.",
            "Diluted earnings per share: 2019 $(0.12); 2018 $1.98.",
            "Employees: 2019 10,250; 2018 9,900.",
            "Tax rate: 2019 21.0; 2018 20.5.",
        ]
    );
    for table in [
        // Nobody says of which currency the first rows are, or of only one of two, or there is no scale.
        "(in millions) | 2019 | 2018\nUsers | 45 | 44\nSales | $12 | $11\nCosts | 9 | 8",
        "(in millions) | 2019 | 2018\nSales | $12 | $11\nSales in Europe | €5 | €4\nCosts | 9 | 8",
        "(in millions) | 2019 | 2018\nSales | $12 | €11\nCosts | 9 | 8",
        " | 2019 | 2018\nSales | $12 | $11\nCosts | 9 | 8",
    ] {
        assert!(lines(table).iter().any(|line| line.starts_with("Costs: 2019 9")), "{:?}", lines(table));
    }
}

#[test]
fn a_title_that_is_too_long_to_be_repeated_is_not_lost() {
    let long =
        "Shipper (complete name and address) of the goods that are told below, with the name of the person who answers";
    let lines = lines(&format!("{long} | < | <\n | 2023 | 2022\nGoods | 10 | 12\nFreight | 3 | 4"));
    assert_eq!(lines, [long, "Goods: 2023 10; 2022 12.", "Freight: 2023 3; 2022 4."]);
}
