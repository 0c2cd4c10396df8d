//! Tables in boxes, or with columns that are ruled.

use super::*;

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
    Page { number: 1, glyphs, rules: rules.collect(), fills: Vec::new(), pictures: false }
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
    let next = lines(&Page { number: 2, glyphs, rules, fills: Vec::new(), pictures: false }, &mut open);
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

#[test]
fn lines_with_a_name_and_figures_in_one_box_are_rows() {
    let rules = grid(&[50.0, 110.0, 180.0, 250.0], &[100.0, 120.0, 150.0]);
    let texts = [
        (56.0, 105.0, "Sex"),
        (116.0, 105.0, "Dept. A"),
        (186.0, 105.0, "Dept. B"),
        (56.0, 123.0, "Female"),
        (112.0, 123.0, "[0.73, 0.85]"),
        (182.0, 123.0, "[0.46, 0.77]"),
        (56.0, 136.0, "Male"),
        (112.0, 136.0, "[0.59, 0.65]"),
        (182.0, 136.0, "[0.59, 0.66]"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "Sex Female: Dept. A [0.73, 0.85]; Dept. B [0.46, 0.77].",
            "Sex Male: Dept. A [0.59, 0.65]; Dept. B [0.59, 0.66].",
        ]
    );
}

#[test]
fn a_line_in_brackets_goes_on_with_the_row_above() {
    let rules = grid(&[50.0, 120.0, 190.0, 260.0], &[100.0, 120.0, 150.0, 180.0]);
    let texts = [
        (56.0, 105.0, "Height"),
        (126.0, 105.0, "Front"),
        (196.0, 105.0, "Side"),
        (56.0, 123.0, "+13 ft"),
        (126.0, 123.0, "2,170 lb"),
        (196.0, 123.0, "2,100 lb"),
        (56.0, 136.0, "(4.0 m)"),
        (126.0, 136.0, "(990 kg)"),
        (196.0, 136.0, "(960 kg)"),
        (56.0, 153.0, "+10 ft"),
        (126.0, 153.0, "2,340 lb"),
        (196.0, 153.0, "2,220 lb"),
        (56.0, 166.0, "(3.0 m)"),
        (126.0, 166.0, "(1 060 kg)"),
        (196.0, 166.0, "(1 010 kg)"),
    ];
    assert_eq!(
        ruled(&texts, &rules),
        [
            "Height +13 ft (4.0 m): Front 2,170 lb (990 kg); Side 2,100 lb (960 kg).",
            "Height +10 ft (3.0 m): Front 2,340 lb (1 060 kg); Side 2,220 lb (1 010 kg).",
        ]
    );
}
