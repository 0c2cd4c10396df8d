//! Tables that only gaps and rules across the page show.

use super::*;

#[test]
fn a_table_is_read_row_by_row() {
    let mut glyphs = Vec::new();
    typed(&mut glyphs, 50.0, 20.0, "主要会计数据如下表所示，请投资者注意。");
    typed(&mut glyphs, 350.0, 36.0, "单位：万元");
    for (n, row) in [["项目", "2023年", "2022年"], ["营业收入", "1,234.50", "1,000.00"], ["净利润", "(12.00)", "8.00"]]
        .iter()
        .enumerate()
    {
        for (cell, left) in row.iter().zip([50.0, 200.0, 320.0]) {
            typed(&mut glyphs, left, 54.0 + 16.0 * n as f32, cell);
        }
    }
    typed(&mut glyphs, 50.0, 130.0, "以上数据经审计。");
    assert_eq!(
        read(glyphs),
        [
            "主要会计数据如下表所示，请投资者注意。",
            "单位：万元",
            "营业收入：2023年 1,234.50万元；2022年 1,000.00万元。",
            "净利润：2023年 -12.00万元；2022年 8.00万元。",
            "以上数据经审计。",
        ]
    );
}

#[test]
fn a_table_goes_on_over_the_page() {
    let page = |rows: &[[&str; 3]]| {
        let mut glyphs = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            for (cell, left) in row.iter().zip([50.0, 200.0, 320.0]) {
                typed(&mut glyphs, left, 54.0 + 16.0 * n as f32, cell);
            }
        }
        Page { number: 1, glyphs, rules: Vec::new(), fills: Vec::new(), pictures: false }
    };
    let mut open = Open::default();
    lines(&page(&[["项目", "2023年", "2022年"], ["收入", "10", "9"], ["成本", "5", "4"]]), &mut open);
    let next = lines(&page(&[["税金", "3", "2"], ["净利润", "2", "3"]]), &mut open);
    let texts: Vec<_> = next.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["税金：2023年 3；2022年 2。", "净利润：2023年 2；2022年 3。"]);
}

#[test]
fn rules_across_part_headings_and_rows() {
    let mut rules: Vec<[f32; 4]> = [100.0, 136.0, 200.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    rules.push([150.0, 117.0, 400.0, 117.0]);
    let texts = [
        (230.0, 104.0, "Dose by weight"),
        (60.0, 122.0, "Drug"),
        (160.0, 122.0, "below 40 kg"),
        (300.0, 122.0, "above 40 kg"),
        (60.0, 140.0, "Amoxicillin"),
        (160.0, 140.0, "20 mg/kg"),
        (300.0, 140.0, "500 mg"),
        (60.0, 160.0, "Clavulanic acid and"),
        (160.0, 160.0, "5 mg/kg, at most"),
        (300.0, 160.0, "125 mg"),
        (60.0, 171.0, "its salts"),
        (160.0, 171.0, "twice a day"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "Drug Amoxicillin: Dose by weight / below 40 kg 20 mg/kg; Dose by weight / above 40 kg 500 mg.",
            "Drug Clavulanic acid and its salts: Dose by weight / below 40 kg 5 mg/kg, at most twice a day; Dose by weight / above 40 kg 125 mg.",
        ]
    );
}

#[test]
fn a_line_that_announces_a_table_ends_the_one_above_it() {
    let rows = [
        (50.0, [(60.0, "name"), (160.0, "size"), (260.0, "meaning")]),
        (66.0, [(60.0, "KPOS"), (160.0, "32"), (260.0, "typed")]),
        (82.0, [(60.0, "TPOS"), (160.0, "24"), (260.0, "printed")]),
        (118.0, [(60.0, "error"), (160.0, "flag"), (260.0, "processed as")]),
        (134.0, [(60.0, "no tape"), (160.0, "1"), (260.0, "report")]),
        (150.0, [(60.0, "end"), (160.0, "0"), (260.0, "stop")]),
    ];
    let mut cells: Vec<(f32, f32, &str)> =
        rows.iter().flat_map(|(top, row)| row.iter().map(|(left, text)| (*left, *top, *text))).collect();
    cells.push((30.0, 100.0, "Errors go as follows:"));
    assert_eq!(
        ruled(&cells, &[]),
        [
            "KPOS: size 32; meaning typed.",
            "TPOS: size 24; meaning printed.",
            "Errors go as follows:",
            "error no tape: flag 1; processed as report.",
            "error end: flag 0; processed as stop.",
        ]
    );
}

#[test]
fn a_row_without_a_name_is_a_row() {
    let rules: Vec<[f32; 4]> = [100.0, 116.0, 180.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    let texts = [
        (60.0, 103.0, "Control"),
        (130.0, 103.0, "Example"),
        (220.0, 103.0, "Explanation"),
        (70.0, 120.0, "^a"),
        (130.0, 120.0, "a^x and more"),
        (220.0, 120.0, "superscript that is long"),
        (70.0, 132.0, "_a"),
        (130.0, 132.0, "a_x"),
        (220.0, 132.0, "subscript"),
        (130.0, 144.0, "{abc}"),
        (220.0, 144.0, "another font"),
        (70.0, 156.0, "~a"),
        (130.0, 156.0, "~a{b}"),
        (220.0, 156.0, "raised by so much of the"),
        (220.0, 168.0, "current size"),
    ];
    assert_eq!(
        ruled(&texts, &rules)[2..],
        [
            "Example {abc}; Explanation another font.",
            "Control ~a: Example ~a{b}; Explanation raised by so much of the current size.",
        ]
    );
}

#[test]
fn shorter_rules_part_the_rows_of_one_name() {
    let mut rules: Vec<[f32; 4]> = [100.0, 150.0, 200.0, 230.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    rules.extend([[150.0, 116.0, 400.0, 116.0], [110.0, 170.0, 400.0, 170.0]]);
    let texts = [
        (200.0, 103.0, "Priority (1 first)"),
        (55.0, 115.0, "System"),
        (115.0, 115.0, "Band"),
        (180.0, 130.0, "1"),
        (240.0, 130.0, "2"),
        (300.0, 130.0, "3"),
        (115.0, 155.0, "L1"),
        (180.0, 155.0, "1C"),
        (240.0, 155.0, "1P"),
        (300.0, 155.0, "1Y"),
        (55.0, 170.0, "GPS"),
        (115.0, 185.0, "L2"),
        (180.0, 185.0, "2P"),
        (240.0, 185.0, "2Y"),
        (55.0, 210.0, "SBAS"),
        (115.0, 210.0, "L5"),
        (180.0, 210.0, "5I"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "System GPS / Band L1: Priority (1 first) / 1 1C; Priority (1 first) / 2 1P; Priority (1 first) / 3 1Y.",
            "System GPS / Band L2: Priority (1 first) / 1 2P; Priority (1 first) / 2 2Y.",
            "System SBAS / Band L5: Priority (1 first) / 1 5I.",
        ]
    );
}

#[test]
fn tables_side_by_side_between_rules_of_their_own_are_two() {
    let mut rules = Vec::new();
    for (left, right, bottom) in [(50.0, 220.0, 180.0), (240.0, 420.0, 150.0)] {
        rules.extend([100.0, 118.0, bottom].map(|y| [left, y, right, y]));
    }
    let texts = [
        (90.0, 84.0, "表 5 章节层次"),
        (280.0, 84.0, "表 6 默认设置"),
        (55.0, 104.0, "层次"),
        (150.0, 104.0, "名称"),
        (245.0, 104.0, "文档类"),
        (340.0, 104.0, "深度"),
        (55.0, 122.0, "0"),
        (150.0, 122.0, "part"),
        (245.0, 122.0, "article"),
        (340.0, 122.0, "3"),
        (55.0, 138.0, "1"),
        (150.0, 138.0, "section"),
        (245.0, 138.0, "book"),
        (340.0, 138.0, "2"),
        (55.0, 154.0, "2"),
        (150.0, 154.0, "paragraph"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "表 5 章节层次",
            "表 5 章节层次, 层次 0: part.",
            "表 5 章节层次, 层次 1: section.",
            "表 5 章节层次, 层次 2: paragraph.",
            "表 6 默认设置",
            "表 6 默认设置，文档类 article：深度 3。",
            "表 6 默认设置，文档类 book：深度 2。",
        ]
    );
}

#[test]
fn headings_may_stand_over_the_first_rule_and_names_over_their_rows() {
    let rules: Vec<[f32; 4]> = [100.0, 160.0, 220.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    let mut texts = vec![(200.0, 86.0, "alpha"), (280.0, 86.0, "beta"), (340.0, 86.0, "gamma")];
    for (top, name, rows) in [(104.0, "Fitting:", ["Fixed", "Random"]), (164.0, "Plotting:", ["Forest", "Funnel"])] {
        texts.push((55.0, top, name));
        for (n, row) in rows.into_iter().enumerate() {
            let top = top + 18.0 + 14.0 * n as f32;
            texts.extend([
                (55.0, top, row),
                (200.0, top, "yes"),
                (280.0, top, "yes"),
                (340.0, top, if n == 0 { "yes" } else { "none" }),
            ]);
        }
    }
    assert_eq!(
        ruled(&texts, &rules),
        [
            "Fitting / Fixed: alpha yes; beta yes; gamma yes.",
            "Fitting / Random: alpha yes; beta yes; gamma none.",
            "Plotting / Forest: alpha yes; beta yes; gamma yes.",
            "Plotting / Funnel: alpha yes; beta yes; gamma none.",
        ]
    );
}

/// Types rows of texts at these places, from `top` on.
fn set(glyphs: &mut Vec<Glyph>, lefts: &[f32], rows: &[(f32, &[&str])]) {
    for (top, row) in rows {
        for (cell, left) in row.iter().zip(lefts) {
            typed(glyphs, *left, *top, cell);
        }
    }
}

#[test]
fn shades_behind_every_other_row_hide_no_table() {
    let mut glyphs = Vec::new();
    let rows: [(f32, &[&str]); 5] = [
        (50.0, &["", "2019", "2018"]),
        (70.0, &["Awards", "$2,207", "$2,036"]),
        (90.0, &["Units", "255", "131"]),
        (110.0, &["Other", "12", "14"]),
        (130.0, &["Total", "$2,474", "$2,181"]),
    ];
    set(&mut glyphs, &[50.0, 150.0, 250.0], &rows);
    let cells = [[46.0, 140.0], [140.0, 240.0], [240.0, 300.0]];
    let fills = [66.0, 106.0]
        .iter()
        .flat_map(|top| cells.map(|[left, right]| [left, 800.0 - top - 18.0, right, 800.0 - top]))
        .collect();
    let page = Page { number: 1, glyphs, rules: Vec::new(), fills, pictures: false };
    let lines: Vec<String> = lines(&page, &mut Open::default()).into_iter().map(|line| line.text).collect();
    assert_eq!(
        lines,
        [
            "Awards: 2019 $2,207; 2018 $2,036.",
            "Units: 2019 255; 2018 131.",
            "Other: 2019 12; 2018 14.",
            "Total: 2019 $2,474; 2018 $2,181.",
        ]
    );
}

#[test]
fn signs_names_and_headings_of_a_filing_find_their_columns() {
    let mut glyphs = Vec::new();
    typed(&mut glyphs, 205.0, 30.0, "Years ended May 31,");
    set(&mut glyphs, &[200.0, 300.0], &[(46.0, &["2019", "2018"])]);
    typed(&mut glyphs, 220.0, 62.0, "(in thousands)");
    // A name that wraps, and the last one; rows stand further apart than their lines.
    let lefts = [50.0, 170.0, 200.0, 270.0, 300.0];
    let rows: [(f32, &[&str]); 5] = [
        (80.0, &["Deferred tax assets:"]),
        (98.0, &["Operating losses and", "$", "113,475", "$", "61,494"]),
        (127.0, &["Reserves", "", "75,133", "", "53,818"]),
        (145.0, &["Other", "", "429", "", "911"]),
        (163.0, &["Total deferred assets,", "$", "189,037", "$", "116,223"]),
    ];
    set(&mut glyphs, &lefts, &rows);
    typed(&mut glyphs, 50.0, 109.0, "credits");
    typed(&mut glyphs, 50.0, 174.0, "gross");
    assert_eq!(
        read(glyphs),
        [
            "Deferred tax assets / Operating losses and credits: Years ended May 31, / 2019 $113,475 thousand; Years ended May 31, / 2018 $61,494 thousand.",
            "Deferred tax assets / Reserves: Years ended May 31, / 2019 $75,133 thousand; Years ended May 31, / 2018 $53,818 thousand.",
            "Deferred tax assets / Other: Years ended May 31, / 2019 $429 thousand; Years ended May 31, / 2018 $911 thousand.",
            "Total deferred assets, gross: Years ended May 31, / 2019 $189,037 thousand; Years ended May 31, / 2018 $116,223 thousand.",
        ]
    );
}

#[test]
fn headings_that_wrap_are_put_together_before_they_head_columns() {
    let mut glyphs = Vec::new();
    let rows: [(f32, &[&str]); 6] = [
        (50.0, &["", "Carrying", "Weighted"]),
        (61.0, &["", "amount", "average"]),
        (80.0, &["Shares", "5,974", "6.51"]),
        (98.0, &["Units", "3,288", "6.74"]),
        (116.0, &["Rights", "1,774", "6.60"]),
        (134.0, &["Total", "6,148", "6.59"]),
    ];
    set(&mut glyphs, &[50.0, 200.0, 250.0], &rows);
    assert_eq!(
        read(glyphs),
        [
            "Shares: Carrying amount 5,974; Weighted average 6.51.",
            "Units: Carrying amount 3,288; Weighted average 6.74.",
            "Rights: Carrying amount 1,774; Weighted average 6.60.",
            "Total: Carrying amount 6,148; Weighted average 6.59.",
        ]
    );
}

#[test]
fn names_and_figures_side_by_side_are_no_columns_of_text() {
    let mut glyphs = Vec::new();
    for n in 0..8_u8 {
        let top = 50.0 + 16.0 * f32::from(n);
        typed(&mut glyphs, 50.0, top, &format!("a long name of row {n} that fills its side"));
        typed(&mut glyphs, 290.0, top, "(102,839)");
        typed(&mut glyphs, 360.0, top, "(104,112)");
    }
    let read = read(glyphs);
    assert_eq!(read.len(), 8, "{read:?}");
    assert_eq!(read[3], "a long name of row 3 that fills its side: (102,839); (104,112).");
}

/// Rules across from 45 to 405 at these heights.
fn rules_at(heights: &[f32]) -> Vec<[f32; 4]> {
    heights.iter().map(|at| [45.0, 800.0 - at, 405.0, 800.0 - at]).collect()
}

fn read_ruled(glyphs: Vec<Glyph>, heights: &[f32]) -> Vec<String> {
    let page = Page { number: 1, glyphs, rules: rules_at(heights), fills: Vec::new(), pictures: false };
    lines(&page, &mut Open::default()).into_iter().map(|line| line.text).collect()
}

#[test]
fn a_table_of_words_between_rules_is_no_page_in_columns() {
    let mut glyphs = Vec::new();
    let rows: Vec<(f32, [String; 2])> = (0..9_u8)
        .map(|n| {
            (
                74.0 + 14.0 * f32::from(n),
                [format!("drug-{n}()"), format!("once a day with food, which line {n} of many says")],
            )
        })
        .collect();
    set(&mut glyphs, &[50.0, 160.0], &[(54.0, &["Drug", "How it is given"])]);
    for (top, cells) in &rows {
        set(&mut glyphs, &[50.0, 160.0], &[(*top, &[&cells[0], &cells[1]])]);
    }
    // The last one wraps.
    set(&mut glyphs, &[50.0, 160.0], &[(200.0, &["", "and never at night"])]);
    let read = read_ruled(glyphs, &[48.0, 68.0, 216.0]);
    assert_eq!(read.len(), 9, "{read:#?}");
    assert_eq!(read[0], "Drug drug-0(): How it is given once a day with food, which line 0 of many says.");
    assert_eq!(
        read[8],
        "Drug drug-8(): How it is given once a day with food, which line 8 of many says and never at night."
    );
}

#[test]
fn rules_may_part_groups_of_rows() {
    let mut glyphs = Vec::new();
    set(
        &mut glyphs,
        &[50.0, 200.0, 300.0],
        &[
            (54.0, &["", "Weight", "Dose"]),
            (74.0, &["Children", "", ""]),
            (88.0, &["First", "10.0", "1.5"]),
            (108.0, &["Adults", "", ""]),
            (122.0, &["Second", "60.0", "5.0"]),
            (136.0, &["Third", "90.0", "7.5"]),
        ],
    );
    assert_eq!(
        read_ruled(glyphs, &[48.0, 68.0, 102.0, 150.0]),
        [
            "Children / First: Weight 10.0; Dose 1.5.",
            "Adults / Second: Weight 60.0; Dose 5.0.",
            "Adults / Third: Weight 90.0; Dose 7.5.",
        ]
    );
}

#[test]
fn columns_that_stand_close_are_told_by_their_common_edge_and_dots_lead_to_figures() {
    let mut glyphs = Vec::new();
    // Ten points part the last two columns, as they may part words.
    for (top, cells) in [
        (54.0, ["Name", "2023", "2022"]),
        (74.0, ["Fees . . . . .", "1,204", "98"]),
        (88.0, ["Rent .........", "1,310", "102"]),
        (102.0, ["Heat", "2,450", "7"]),
    ] {
        set(&mut glyphs, &[50.0, 200.0, 240.0], &[(top, &cells)]);
    }
    assert_eq!(
        read_ruled(glyphs, &[48.0, 68.0, 116.0]),
        ["Fees: 2023 1,204; 2022 98.", "Rent: 2023 1,310; 2022 102.", "Heat: 2023 2,450; 2022 7.",]
    );
}

#[test]
fn an_interval_heads_a_column_and_cells_that_wrap_together_are_one_row() {
    let mut glyphs = Vec::new();
    set(
        &mut glyphs,
        &[50.0, 150.0, 250.0],
        &[
            (54.0, &["Model of the risk", "RR", "95% CI"]),
            (74.0, &["Exposure to dust", "2.04", "0.91–1.57"]),
            (88.0, &["Use of tobacco", "1.10", "1.02–1.19"]),
        ],
    );
    assert_eq!(
        read_ruled(glyphs, &[48.0, 68.0, 104.0]),
        [
            "Model of the risk Exposure to dust: RR 2.04; 95% CI 0.91–1.57.",
            "Model of the risk Use of tobacco: RR 1.10; 95% CI 1.02–1.19.",
        ]
    );
    let mut glyphs = Vec::new();
    set(
        &mut glyphs,
        &[50.0, 150.0, 250.0],
        &[
            (54.0, &["Factor", "Sign", "Type of value"]),
            (74.0, &["Random Cholesky", "L", "sparse triangu-"]),
            (86.0, &["factor", "", "lar matrix"]),
            (98.0, &["Linear predictor", "mu", "vector"]),
        ],
    );
    assert_eq!(
        read_ruled(glyphs, &[48.0, 68.0, 114.0]),
        [
            "Factor Random Cholesky factor: Sign L; Type of value sparse triangular matrix.",
            "Factor Linear predictor: Sign mu; Type of value vector.",
        ]
    );
}
