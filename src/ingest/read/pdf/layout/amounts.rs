//! Amounts of a row: figures of two columns that little space parts, and currency signs that filings set at the left edge
//! of a column, far from the figures at its right edge.

use super::{
    super::super::table::{is_currency, is_nothing, is_numeric},
    Run,
    cells::cut_at_wide_spaces,
};

/// The runs of a row, with each amount by itself.
pub fn amounts(runs: Vec<Run>) -> Vec<Run> {
    let is_amount = |word: &str| is_currency(word) || is_numeric(word);
    let all_amounts = |run: &Run| !run.spaces.is_empty() && run.words().all(|(word, ..)| is_amount(word.trim()));
    let apart = |run: Run| if all_amounts(&run) { cut_at_wide_spaces(run) } else { vec![run] };
    with_signs(runs.into_iter().flat_map(apart).collect())
}

/// The runs of a row with each sign before its figure: a sign by itself, or at the end of the name or figure on its left,
/// belongs to what stands on its right.
fn with_signs(runs: Vec<Run>) -> Vec<Run> {
    if !runs.iter().any(|run| run.words().any(|(word, ..)| is_currency(word.trim()))) {
        return runs;
    }
    let begins_with_figure = |run: &Run| run.words().next().is_some_and(|(word, ..)| is_figure(word));
    let mut apart: Vec<Run> = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let next = runs.get(at + 1).is_some_and(begins_with_figure);
        let mut rest = Some(run.clone());
        while let Some(run) = rest.take() {
            match first_amount(&run, next) {
                Some(space) => {
                    let (before, amount) = run.cut(space);
                    apart.push(before);
                    rest = amount;
                }
                None => apart.push(run),
            }
        }
    }
    let mut signed: Vec<Run> = Vec::new();
    for run in apart {
        match signed.last_mut() {
            Some(sign) if is_currency(sign.text.trim()) && begins_with_figure(&run) => sign.join(&run),
            _ => signed.push(run),
        }
    }
    signed
}

/// The space before the first sign behind which nothing but signs and figures stand; a figure stands behind the last,
/// in this run or at the beginning of the `next`.
fn first_amount(run: &Run, next: bool) -> Option<usize> {
    let words: Vec<&str> = run.words().map(|(word, ..)| word.trim()).collect();
    let begins = |at: usize| {
        let is_pair = |pair: &[&str]| is_currency(pair[0]) && pair.get(1).map_or(next, |figure| is_figure(figure));
        words[at..].chunks(2).all(is_pair) && !(at == 1 && is_currency(words[0]))
    };
    (1..words.len()).find(|at| begins(*at)).map(|at| at - 1)
}

/// A figure, or the dash of none.
fn is_figure(word: &str) -> bool {
    is_numeric(word) || is_nothing(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, left: f32) -> Run {
        let mut run = Run { left, right: left, size: 10.0, ..Run::default() };
        for word in text.split(' ') {
            if !run.text.is_empty() {
                run.text.push(' ');
                run.spaces.push((run.text.len(), run.right, run.right + 3.0));
                run.right += 3.0;
            }
            run.text.push_str(word);
            run.right += 5.0 * word.chars().count() as f32;
        }
        run
    }

    fn signed(texts: &[(&str, f32)]) -> Vec<String> {
        let runs = texts.iter().map(|(text, left)| run(text, *left)).collect();
        amounts(runs).into_iter().map(|run| run.text.trim().to_owned()).collect()
    }

    #[test]
    fn signs_go_to_the_figures_on_their_right() {
        for (texts, expected) in [
            (
                vec![("Federal", 50.0), ("$", 150.0), ("1,139", 180.0), ("$", 250.0), ("294", 280.0)],
                vec!["Federal", "$ 1,139", "$ 294"],
            ),
            (vec![("Tax expense $", 50.0), ("1,609", 180.0)], vec!["Tax expense", "$ 1,609"]),
            (vec![("Tax expense $ 1,609 $ (1,164)", 50.0)], vec!["Tax expense", "$ 1,609", "$ (1,164)"]),
            (vec![("Net", 50.0), ("$ 1,609 $", 150.0), ("12", 240.0)], vec!["Net", "$ 1,609", "$ 12"]),
            (vec![("Assets", 50.0), ("$", 150.0), ("—", 180.0)], vec!["Assets", "$ —"]),
            (vec![("we paid $ 5 million to them", 50.0)], vec!["we paid $ 5 million to them"]),
            (vec![("Net sales", 50.0), ("$", 150.0)], vec!["Net sales", "$"]),
            (vec![("$ 5", 50.0)], vec!["$ 5"]),
        ] {
            assert_eq!(signed(&texts), expected, "{texts:?}");
        }
    }
}
