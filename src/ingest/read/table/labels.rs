//! Numbers that head columns: classes of age or size, and columns that are counted.

use std::sync::LazyLock;

use regex::Regex;

use super::{Cell, is_data};

/// Columns that are counted, at least.
const LEAST_COUNTED: usize = 3;

/// Whether the row at `at` heads those below it although it holds nothing but numbers: they are classes, as "50–59" and
/// "80+" are, or count the columns. No row above heads columns, and those below hold other figures.
pub fn are_labels(rows: &[Vec<Cell>], at: usize) -> bool {
    let values = |row: &[Cell]| -> Vec<String> {
        let own = row.iter().skip(1).filter(|cell| cell.merged.is_none() && !cell.text.is_empty());
        own.map(|cell| cell.text.clone()).collect()
    };
    let Some((above, [row, below @ ..])) = rows.split_at_checked(at) else { return false };
    let heads = |values: &[String]| {
        let counted = || values.len() >= LEAST_COUNTED && are_counted(values.iter().map(String::as_str));
        values.len() > 1 && (are_classes(values) || counted())
    };
    let named_figure = row.first().is_some_and(|cell| is_data(&cell.text));
    let figures = |row: &&Vec<Cell>| row.iter().skip(1).any(|cell| is_data(&cell.text));
    let mut data = below.iter().filter(figures).peekable();
    heads(&values(row))
        && !named_figure
        && above.iter().all(|row| values(row).len() < 2)
        && data.peek().is_some()
        && data.all(|row| !heads(&values(row)))
}

fn are_classes(values: &[String]) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?:[<>≤≥＜＞]\s?\d{1,3}|\d{1,3}\s?\+|\d{1,3}\s?[-–—~～至到]\s?\d{1,3})\s?(?:years?|yrs?|months?|weeks?|days?|岁|个?月|周|天|日)?$",
        )
        .expect("a constant pattern")
    });
    // "None" and "Total" may stand beside them.
    let is_word = |value: &String| !value.contains(|c: char| c.is_numeric());
    let classes = values.iter().filter(|value| CLASS.is_match(value)).count();
    classes > 1 && values.iter().all(|value| is_word(value) || CLASS.is_match(value))
}

/// Whether the texts are 1, 2, 3 and so on, at least two of them.
pub fn are_counted<'a>(texts: impl IntoIterator<Item = &'a str>) -> bool {
    let numbers: Option<Vec<usize>> = texts.into_iter().map(|text| text.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.len() > 1 && numbers.iter().copied().eq(1..=numbers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<Vec<Cell>> {
        lines.iter().map(|line| line.split('|').map(|cell| Cell::new(cell.trim())).collect()).collect()
    }

    #[test]
    fn classes_and_counted_columns_head_figures() {
        for table in [
            &["Group | 50–59 | 60–69 | 80+", "Low | 738 | 638 | 24", "High | 32 | 30 | 32"][..],
            &["| <18岁 | 18-59岁 | ≥60岁", "男 | 12 | 340 | 55"],
            &["| None | <10 | 10–20 | >20", "Women | 91 | 7 | 15 | 21"],
            &["| 1 | 2 | 3", "1 | 0.41 | 0.49 | -0.58", "2 | -0.47 | 0.70 | -0.95"],
        ] {
            assert!(are_labels(&rows(table), 0), "{table:?}");
        }
    }

    #[test]
    fn data_are_no_labels() {
        for (table, at) in [
            // Doses of each drug are ranges.
            (&["Drug | Child | Adult", "A | 10–20 | 20–40", "B | 5 | 15"][..], 1),
            (&["A | 10–20 | 20–40", "B | 5–10 | 10–15"], 0),
            (&["Fees | 12 | 15", "Rent | 3 | 4"], 0),
            (&["Fees | 1 | 2 | 3"], 0),
            (&["2021 | 2022 | 2023", "3 | 4 | 5"], 0),
        ] {
            assert!(!are_labels(&rows(table), at), "{table:?}");
        }
    }
}
