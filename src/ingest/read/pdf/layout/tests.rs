use super::*;

/// Types text at a place, 5 points a Latin and 10 points a Chinese character, 10 high.
fn typed(glyphs: &mut Vec<Glyph>, left: f32, top: f32, text: &str) {
    let (mut x, mut spaced) = (left, false);
    for c in text.chars() {
        let width = if c >= '\u{2e80}' { 10.0 } else { 5.0 };
        if c == ' ' {
            spaced = true;
            x += 3.0;
            continue;
        }
        let rect = [x, 800.0 - top - 10.0, x + width, 800.0 - top];
        glyphs.push(Glyph::new(c, rect, 10.0, false, std::mem::take(&mut spaced), Frame::default()));
        x += width;
    }
}

fn read(glyphs: Vec<Glyph>) -> Vec<String> {
    lines(&Page { number: 1, glyphs, rules: Vec::new(), pictures: false }, &mut Open::default())
        .into_iter()
        .map(|line| line.text)
        .collect()
}

#[test]
fn columns_are_read_one_after_the_other() {
    let mut glyphs = Vec::new();
    typed(&mut glyphs, 100.0, 20.0, "A title that goes over both of the columns below it and more");
    for n in 0..8_u8 {
        let top = 50.0 + 14.0 * f32::from(n);
        typed(&mut glyphs, 50.0, top, &format!("left line {n} with words that fill it"));
        typed(&mut glyphs, 260.0, top + 7.0, &format!("right line {n} with words that fill it"));
    }
    let read = read(glyphs);
    assert_eq!(read.len(), 17);
    assert!(read[0].starts_with("A title"));
    assert_eq!(
        (read[1].as_str(), read[9].as_str()),
        ("left line 0 with words that fill it", "right line 0 with words that fill it")
    );
}

#[test]
fn a_wide_heading_does_not_swallow_the_column_beside_it() {
    let mut glyphs = Vec::new();
    for (top, row, lefts) in [
        (54.0, ["项目", "2023年", "2022年", "本年比上年增减（%）"], [50.0, 160.0, 240.0, 282.0]),
        (70.0, ["收入", "1,234.50", "1,000.00", "12.36"], [50.0, 150.0, 230.0, 357.0]),
        (86.0, ["每股收益（元/股）", "1.23", "1.04", "18.27"], [50.0, 170.0, 250.0, 357.0]),
        (102.0, ["利润", "2.00", "1,000,000.00", "7.00"], [50.0, 170.0, 234.0, 362.0]),
    ] {
        for (cell, left) in row.iter().zip(lefts) {
            typed(&mut glyphs, left, top, cell);
        }
    }
    assert_eq!(
        read(glyphs),
        [
            "收入：2023年 1,234.50；2022年 1,000.00；本年比上年增减（%） 12.36%。",
            "每股收益（元/股）：2023年 1.23元/股；2022年 1.04元/股；本年比上年增减（%） 18.27%。",
            "利润：2023年 2.00；2022年 1,000,000.00；本年比上年增减（%） 7.00%。",
        ]
    );
}

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
        Page { number: 1, glyphs, rules: Vec::new(), pictures: false }
    };
    let mut open = Open::default();
    lines(&page(&[["项目", "2023年", "2022年"], ["收入", "10", "9"], ["成本", "5", "4"]]), &mut open);
    let next = lines(&page(&[["税金", "3", "2"], ["净利润", "2", "3"]]), &mut open);
    let texts: Vec<_> = next.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["税金：2023年 3；2022年 2。", "净利润：2023年 2；2022年 3。"]);
}

#[test]
fn turned_text_comes_last_and_spaces_come_from_gaps() {
    let mut glyphs = Vec::new();
    for (n, c) in "arXiv".chars().enumerate() {
        let bottom = 300.0 + 6.0 * n as f32;
        glyphs.push(Glyph::new(c, [10.0, bottom, 20.0, bottom + 5.0], 10.0, false, false, Frame::ALL[1]));
    }
    typed(&mut glyphs, 50.0, 20.0, "two words 和中文");
    assert_eq!(read(glyphs), ["two words 和中文", "arXiv"]);
}

#[test]
fn a_large_bullet_does_not_make_a_line_large() {
    let mut glyphs = Vec::new();
    typed(&mut glyphs, 50.0, 20.0, "* 这里是一个条目的文字，它和正文一样大。");
    glyphs[0].size = 13.0;
    let lines = lines(&Page { number: 1, glyphs, rules: Vec::new(), pictures: false }, &mut Open::default());
    assert_eq!(lines.len(), 1);
    assert!((lines[0].size - 10.0).abs() < 0.01, "{}", lines[0].size);
}

#[test]
fn a_raised_digit_is_no_digit_of_the_figure_before_it() {
    let raised = |glyphs: &mut Vec<Glyph>, left: f32, top: f32, digits: &str| {
        for (n, c) in (0_u8..).zip(digits.chars()) {
            let left = left + 3.0 * f32::from(n);
            let rect = [left, 800.0 - top - 5.0, left + 3.0, 800.0 - top + 1.0];
            glyphs.push(Glyph::new(c, rect, 6.0, false, false, Frame::default()));
        }
    };
    let mut glyphs = Vec::new();
    typed(&mut glyphs, 50.0, 20.0, "Revenue was 8,935,112");
    let end = glyphs.last().map_or(0.0, |glyph| glyph.right);
    raised(&mut glyphs, end, 20.0, "31");
    typed(&mut glyphs, 50.0, 40.0, "a count of 6.2x10");
    let end = glyphs.last().map_or(0.0, |glyph| glyph.right);
    raised(&mut glyphs, end, 40.0, "9");
    typed(&mut glyphs, 50.0, 60.0, "Figures 12 and 345 stand as they are");
    assert_eq!(
        read(glyphs),
        ["Revenue was 8,935,112 31", "a count of 6.2x10^9", "Figures 12 and 345 stand as they are"]
    );
}

/// Reads text at places (left, top) with lines from and to places, all with y downwards from the top of the page.
fn ruled(texts: &[(f32, f32, &str)], rules: &[[f32; 4]]) -> Vec<String> {
    let mut glyphs = Vec::new();
    for (left, top, text) in texts {
        typed(&mut glyphs, *left, *top, text);
    }
    let rules = rules.iter().map(|[left, top, right, bottom]| [*left, 800.0 - bottom, *right, 800.0 - top]).collect();
    let page = Page { number: 1, glyphs, rules, pictures: false };
    lines(&page, &mut Open::default()).into_iter().map(|line| line.text).collect()
}

/// Lines across at `ys` and down at `xs`, as wide and as high as these.
fn grid(xs: &[f32], ys: &[f32]) -> Vec<[f32; 4]> {
    let (left, right) = (xs[0], xs[xs.len() - 1]);
    let (top, bottom) = (ys[0], ys[ys.len() - 1]);
    let across = ys.iter().map(|y| [left, *y, right, *y]);
    across.chain(xs.iter().map(|x| [*x, top, *x, bottom])).collect()
}

#[test]
fn ruled_cells_hold_their_wrapped_lines_and_merged_ones_name_several() {
    let mut rules = grid(&[50.0, 350.0], &[100.0, 160.0, 190.0, 220.0, 250.0]);
    // The border between the last two cells of the third row is not there.
    rules.extend([[130.0, 100.0, 130.0, 250.0], [240.0, 130.0, 240.0, 190.0], [240.0, 220.0, 240.0, 250.0]]);
    rules.push([130.0, 130.0, 350.0, 130.0]);
    let texts = [
        (60.0, 125.0, "处罚种类"),
        (200.0, 110.0, "罚款幅度"),
        (140.0, 140.0, "首次"),
        (250.0, 140.0, "再次"),
        (60.0, 163.0, "未按规定"),
        (60.0, 177.0, "登记"),
        (140.0, 170.0, "一千元以下"),
        (250.0, 163.0, "一千元以上二千"),
        (250.0, 177.0, "元以下"),
        (60.0, 200.0, "伪造证件"),
        (140.0, 200.0, "二千元以上五千元以下"),
        (60.0, 230.0, "其他"),
        (140.0, 230.0, "警告"),
        (250.0, 230.0, "五百元"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "处罚种类 未按规定登记：罚款幅度 / 首次 一千元以下；罚款幅度 / 再次 一千元以上二千元以下。",
            "处罚种类 伪造证件：罚款幅度 / 首次 二千元以上五千元以下；罚款幅度 / 再次 二千元以上五千元以下。",
            "处罚种类 其他：罚款幅度 / 首次 警告；罚款幅度 / 再次 五百元。",
        ]
    );
}

#[test]
fn text_around_and_beside_a_ruled_table_keeps_its_place_and_wide_names_run_through_walls() {
    let rules = grid(&[50.0, 110.0, 200.0], &[100.0, 120.0, 140.0]);
    let texts = [
        (50.0, 80.0, "text above"),
        (56.0, 105.0, "Field"),
        (116.0, 105.0, "Value"),
        (56.0, 123.0, "gnome-software-plugin"),
        (116.0, 130.0, "twelve"),
        (50.0, 160.0, "text below"),
    ];
    assert_eq!(ruled(&texts, &rules), ["text above", "Field gnome-software-plugin: Value twelve.", "text below"]);
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
fn boxes_are_no_tables() {
    let listing = [
        (50.0, 100.0, "aaaa    bbbb    1234"),
        (50.0, 112.0, "cccc    dddd    5678"),
        (50.0, 124.0, "eeee    ffff    9012"),
    ];
    let spread: Vec<(f32, f32, &str)> = listing
        .iter()
        .flat_map(|(left, top, text)| {
            text.split_whitespace().enumerate().map(move |(at, word)| (left + 60.0 * at as f32, *top, word))
        })
        .collect();
    let frame = grid(&[45.0, 400.0], &[96.0, 140.0]);
    assert_eq!(ruled(&spread, &frame).len(), 3);
    assert_eq!(ruled(&spread, &frame)[0], "aaaa bbbb 1234");
    // A page frame, and a heading between rules.
    let mut rules = grid(&[20.0, 500.0], &[20.0, 780.0]);
    rules.extend([[50.0, 98.0, 400.0, 98.0], [50.0, 112.0, 400.0, 112.0]]);
    let texts =
        [(50.0, 100.0, "Warning    to all"), (50.0, 120.0, "Do not open the box."), (50.0, 132.0, "It is shut.")];
    assert_eq!(ruled(&texts, &rules), ["Warning to all", "Do not open the box.", "It is shut."]);
}

#[test]
fn names_that_wrap_are_one_and_headings_head_the_columns_under_them() {
    let texts = [
        (230.0, 20.0, "2023年"),
        (410.0, 20.0, "2022年"),
        (50.0, 32.0, "项目"),
        (200.0, 32.0, "金额"),
        (270.0, 32.0, "占比"),
        (380.0, 32.0, "金额"),
        (450.0, 32.0, "占比"),
        (50.0, 44.0, "归属于上市公司股东"),
        (50.0, 56.0, "的净利润"),
        (190.0, 56.0, "1,234.50"),
        (270.0, 56.0, "12.0"),
        (370.0, 56.0, "1,000.00"),
        (450.0, 56.0, "10.0"),
        (50.0, 68.0, "其他业务收入的部分"),
        (190.0, 68.0, "2,234.50"),
        (270.0, 68.0, "22.0"),
        (370.0, 68.0, "2,000.00"),
        (450.0, 68.0, "20.0"),
        (50.0, 80.0, "和利息"),
        (50.0, 92.0, "税金"),
        (190.0, 92.0, "3,234.50"),
        (270.0, 92.0, "32.0"),
        (370.0, 92.0, "3,000.00"),
        (450.0, 92.0, "30.0"),
    ];
    assert_eq!(
        ruled(&texts, &[]),
        [
            "归属于上市公司股东的净利润：2023年 / 金额 1,234.50；2023年 / 占比 12.0；2022年 / 金额 1,000.00；2022年 / 占比 10.0。",
            "其他业务收入的部分和利息：2023年 / 金额 2,234.50；2023年 / 占比 22.0；2022年 / 金额 2,000.00；2022年 / 占比 20.0。",
            "税金：2023年 / 金额 3,234.50；2023年 / 占比 32.0；2022年 / 金额 3,000.00；2022年 / 占比 30.0。",
        ]
    );
}

/// A page of ruled cells between these columns, each row 20 high.
fn cells_page<const N: usize>(xs: &[f32], rows: &[[&str; N]]) -> Page {
    let mut glyphs = Vec::new();
    let ys: Vec<f32> = (0..=rows.len()).map(|n| 50.0 + 20.0 * n as f32).collect();
    for (row, top) in rows.iter().zip(&ys) {
        for (cell, left) in row.iter().zip(xs) {
            typed(&mut glyphs, left + 10.0, top + 5.0, cell);
        }
    }
    let rules = grid(xs, &ys);
    let rules = rules.iter().map(|[left, top, right, bottom]| [*left, 800.0 - bottom, *right, 800.0 - top]);
    Page { number: 1, glyphs, rules: rules.collect(), pictures: false }
}

fn texts_of(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn a_ruled_table_of_words_goes_on_over_the_page() {
    let page = |rows: &[[&str; 2]]| cells_page(&[50.0, 150.0, 400.0], rows);
    let mut open = Open::default();
    lines(&page(&[["名称", "说明"], ["甲", "第一项"], ["乙", "第二项"]]), &mut open);
    let next = lines(&page(&[["", "，续前页"], ["丙", "第三项"], ["丁", "第四项"]]), &mut open);
    assert_eq!(
        texts_of(next),
        ["乙：说明 ，续前页。", "丙：说明 第三项。", "丁：说明 第四项。"],
        "a row that the page cut keeps its name"
    );
}

#[test]
fn headings_at_the_end_of_a_page_head_the_rows_on_the_next() {
    let page = |rows: &[[&str; 3]]| cells_page(&[50.0, 150.0, 250.0, 400.0], rows);
    let mut open = Open::default();
    let first = lines(&page(&[["Offset", "Type", "Meaning"]]), &mut open);
    assert_eq!(texts_of(first), ["Offset Type Meaning"]);
    let next = lines(&page(&[["5", "byte", "state"], ["6", "word", "height"]]), &mut open);
    assert_eq!(texts_of(next), ["Offset 5 / Type byte: Meaning state.", "Offset 6 / Type word: Meaning height."]);
}

#[test]
fn a_rule_under_tables_side_by_side_does_not_join_them() {
    let mut rules = grid(&[60.0, 160.0, 220.0], &[100.0, 120.0, 140.0, 160.0]);
    rules.extend(grid(&[300.0, 400.0, 460.0], &[100.0, 120.0, 140.0, 160.0]));
    rules.push([20.0, 162.0, 580.0, 162.0]);
    let mut cells = Vec::new();
    for (left, rows) in [
        (65.0, [("Tool", "Share"), ("Alpha", "65%"), ("Beta", "46%")]),
        (305.0, [("Tool", "Share"), ("Gamma", "58%"), ("Alpha", "48%")]),
    ] {
        for (n, (name, share)) in rows.into_iter().enumerate() {
            let top = 104.0 + 20.0 * n as f32;
            cells.extend([(left, top, name), (left + 100.0, top, share)]);
        }
    }
    assert_eq!(
        ruled(&cells, &rules),
        ["Tool Alpha: Share 65%.", "Tool Beta: Share 46%.", "Tool Gamma: Share 58%.", "Tool Alpha: Share 48%."]
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
fn a_page_of_any_width_is_read_at_once() {
    let mut glyphs = Vec::new();
    for n in 0..8_u8 {
        let top = 50.0 + 14.0 * f32::from(n);
        typed(&mut glyphs, 50.0, top, "left");
        typed(&mut glyphs, 1e9, top, "right");
    }
    assert!(!read(glyphs).is_empty());
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
fn posts_alone_part_columns_and_names_begin_rows() {
    let xs = [50.0, 180.0, 210.0, 400.0];
    let mut open = Open::default();
    lines(&cells_page(&xs, &[["Keyword", "Type", "Meaning"], ["beta", "I", "Order"]]), &mut open);
    let texts = [
        (60.0, 100.0, "kubo_freq"),
        (190.0, 100.0, "P"),
        (220.0, 100.0, "Lower limit of the frequency"),
        (220.0, 114.0, "range (eV)"),
        (60.0, 128.0, "sc_eta"),
        (190.0, 128.0, "R"),
        (220.0, 128.0, "Energy broadening in the sum"),
        (220.0, 142.0, "over states"),
        (60.0, 156.0, "alpha"),
        (190.0, 156.0, "I"),
        (220.0, 156.0, "Direction"),
    ];
    let mut glyphs = Vec::new();
    for (left, top, text) in texts {
        typed(&mut glyphs, left, top, text);
    }
    let rules = xs.iter().map(|x| [*x, 800.0 - 175.0, *x, 800.0 - 95.0]).collect();
    let next = lines(&Page { number: 2, glyphs, rules, pictures: false }, &mut open);
    assert_eq!(
        texts_of(next),
        [
            "Keyword kubo_freq: Type P; Meaning Lower limit of the frequency range (eV).",
            "Keyword sc_eta: Type R; Meaning Energy broadening in the sum over states.",
            "Keyword alpha: Type I; Meaning Direction.",
        ]
    );
}

#[test]
fn lines_that_fill_all_columns_between_two_rules_are_rows() {
    let mut rules: Vec<[f32; 4]> =
        [100.0, 118.0, 150.0, 182.0, 214.0, 246.0].iter().map(|y| [50.0, *y, 300.0, *y]).collect();
    rules.extend([[130.0, 100.0, 130.0, 246.0], [230.0, 100.0, 230.0, 246.0]]);
    let mut texts = vec![(60.0, 104.0, "Tone"), (140.0, 104.0, "Input"), (240.0, 104.0, "Output")];
    let rows = [
        ("high", "53", "a"),
        ("low", "21", "b"),
        ("rising", "35", "c"),
        ("falling", "24", "d"),
        ("mid", "44", "e"),
        ("deep", "33", "f"),
        ("short", "55", "g"),
        ("long", "22", "h"),
    ];
    for (n, (name, input, output)) in rows.into_iter().enumerate() {
        let top = 122.0 + 16.0 * n as f32 - 0.0;
        texts.extend([(60.0, top, name), (140.0, top, input), (240.0, top, output)]);
    }
    let read = ruled(&texts, &rules);
    assert_eq!(read.len(), 8, "{read:?}");
    assert_eq!(read[1], "Tone low: Input 21; Output b.");
    assert_eq!(read[7], "Tone long: Input 22; Output h.");
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

#[test]
fn a_column_behind_the_first_begins_rows_between_two_rules() {
    let mut rules: Vec<[f32; 4]> =
        [100.0, 116.0, 180.0, 230.0, 246.0, 262.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    rules.extend([50.0, 120.0, 200.0, 400.0].map(|x| [x, 100.0, x, 262.0]));
    let texts = [
        (55.0, 103.0, "Group"),
        (125.0, 103.0, "Name"),
        (205.0, 103.0, "Meaning"),
        (55.0, 120.0, "core"),
        (125.0, 120.0, "border"),
        (205.0, 120.0, "labels"),
        (125.0, 132.0, "boxed"),
        (205.0, 132.0, "centred labels in boxes"),
        (205.0, 144.0, "on top"),
        (125.0, 156.0, "cells"),
        (205.0, 156.0, "labels of cells"),
        (55.0, 184.0, "wide"),
        (125.0, 184.0, "one"),
        (205.0, 184.0, "first"),
        (55.0, 196.0, "part"),
        (125.0, 196.0, "two"),
        (205.0, 196.0, "second"),
        (125.0, 208.0, "three"),
        (205.0, 208.0, "third"),
        (55.0, 234.0, "rest"),
        (125.0, 234.0, "four"),
        (205.0, 234.0, "fourth"),
        (55.0, 250.0, "end"),
        (125.0, 250.0, "five"),
        (205.0, 250.0, "fifth"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "Group core / border: Meaning labels.",
            "Group core / boxed: Meaning centred labels in boxes on top.",
            "Group core / cells: Meaning labels of cells.",
            "Group wide part / one: Meaning first.",
            "Group wide part / two: Meaning second.",
            "Group wide part / three: Meaning third.",
            "Group rest / four: Meaning fourth.",
            "Group end / five: Meaning fifth.",
        ]
    );
}

#[test]
fn columns_that_only_some_lines_rule_are_told_by_their_gaps() {
    let mut rules: Vec<[f32; 4]> = [100.0, 116.0, 170.0].iter().map(|y| [50.0, *y, 400.0, *y]).collect();
    rules.push([200.0, 100.0, 200.0, 170.0]);
    let mut texts = vec![(55.0, 103.0, "Model"), (120.0, 103.0, "R"), (220.0, 103.0, "add"), (300.0, 103.0, "rec")];
    for (n, row) in
        [("Null", "200", "0.012", "0.017"), ("dominant", "200", "0.13", "0.01"), ("additive", "100", "0.53", "0.10")]
            .into_iter()
            .enumerate()
    {
        let top = 120.0 + 14.0 * n as f32;
        texts.extend([(55.0, top, row.0), (120.0, top, row.1), (220.0, top, row.2), (300.0, top, row.3)]);
    }
    let read = ruled(&texts, &rules);
    assert_eq!(read[1], "Model dominant: R 200; add 0.13; rec 0.01.", "{read:?}");
    let running = [(50.0, 40.0, "12"), (150.0, 40.0, "Sandwich Estimators")];
    let body = [
        (50.0, 70.0, "age"),
        (150.0, 70.0, "0.33"),
        (250.0, 70.0, "1.2"),
        (50.0, 84.0, "years"),
        (150.0, 84.0, "0.44"),
        (250.0, 84.0, "1.3"),
    ];
    let texts: Vec<_> = running.into_iter().chain(body).collect();
    assert_eq!(ruled(&texts, &[]), ["12 Sandwich Estimators", "age: 0.33; 1.2.", "years: 0.44; 1.3."]);
}
