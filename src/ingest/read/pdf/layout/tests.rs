//! Pages made of single letters.

mod across;
mod drawn;

use proptest::prelude::*;

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
    lines(&Page { number: 1, glyphs, rules: Vec::new(), fills: Vec::new(), pictures: false }, &mut Open::default())
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
    let lines =
        lines(&Page { number: 1, glyphs, rules: Vec::new(), fills: Vec::new(), pictures: false }, &mut Open::default());
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
    let page = Page { number: 1, glyphs, rules, fills: Vec::new(), pictures: false };
    lines(&page, &mut Open::default()).into_iter().map(|line| line.text).collect()
}

fn texts_of(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| line.text).collect()
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

proptest! {
    #[test]
    fn any_page_is_read(
        words in prop::collection::vec((0..60_u8, 0..40_u8, 0..9_usize, 1..4_u8), 0..80),
        drawn in prop::collection::vec((0..60_u8, 0..40_u8, 0..60_u8, 0..40_u8, 0..3_u8), 0..30),
    ) {
        const WORDS: [&str; 9] = ["$", "1,234", "(12)", "2019", "(in thousands)", "Total assets", "单位：万元", "合计", "—"];
        let mut glyphs = Vec::new();
        for (x, y, word, size) in words {
            let first = glyphs.len();
            typed(&mut glyphs, 9.0 * f32::from(x), 15.0 * f32::from(y) + 3.0 * f32::from(size), WORDS[word]);
            for glyph in &mut glyphs[first..] {
                glyph.size = 5.0 * f32::from(size);
            }
        }
        let (mut rules, mut fills) = (Vec::new(), Vec::new());
        for (x, y, u, v, kind) in drawn {
            let [left, right] = [x.min(u), x.max(u)].map(|at| 9.0 * f32::from(at));
            let [bottom, top] = [y.min(v), y.max(v)].map(|at| 800.0 - 15.0 * f32::from(at)).map(|at| at.max(0.0));
            match kind {
                0 => rules.push([left, top, right, top]),
                1 => rules.push([left, top.min(bottom), left, top.max(bottom)]),
                _ => fills.push([left, top.min(bottom), right, top.max(bottom)]),
            }
        }
        let count = glyphs.len();
        let lines = lines(&Page { number: 1, glyphs, rules, fills, pictures: false }, &mut Open::default());
        prop_assert!(count == 0 || !lines.is_empty());
    }
}
