//! Where two sentences that are nearly the same differ: local alignment of their tokens (Smith and Waterman 1981,
//! "Identification of common molecular subsequences").

use std::ops::Range;

use crate::verify::tokens::Token;

/// A stretch that is not the same on both sides; either may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Into the tokens of either side.
    pub ours: Range<usize>,
    pub theirs: Range<usize>,
}

/// The best alignment of two sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// Tokens of either side that it reaches over: the first and the last ones are the same.
    pub ours: Range<usize>,
    pub theirs: Range<usize>,
    /// Tokens that are the same.
    pub same: usize,
    pub hunks: Vec<Hunk>,
}

/// Cells of the table at most: longer sentences are not compared.
const MOST_CELLS: usize = 200_000;

const SAME: i32 = 2;
const OTHER: i32 = -1;
const GAP: i32 = -1;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Stop,
    Both,
    Ours,
    Theirs,
}

/// `None` where nothing is the same, or there is too much to compare.
pub fn align(ours: &[Token], theirs: &[Token]) -> Option<Alignment> {
    let width = theirs.len() + 1;
    if (ours.len() + 1) * width > MOST_CELLS {
        return None;
    }
    let mut steps = vec![Step::Stop; (ours.len() + 1) * width];
    let mut above = vec![0_i32; width];
    let mut best = (0, 0, 0);
    for (i, our) in ours.iter().enumerate() {
        let mut row = vec![0_i32; width];
        for (j, their) in theirs.iter().enumerate() {
            let both = above[j] + if our.text == their.text { SAME } else { OTHER };
            let (up, left) = (above[j + 1] + GAP, row[j] + GAP);
            let score = both.max(up).max(left).max(0);
            row[j + 1] = score;
            steps[(i + 1) * width + j + 1] = if score == 0 {
                Step::Stop
            } else if score == both {
                Step::Both
            } else if score == up {
                Step::Ours
            } else {
                Step::Theirs
            };
            if score > best.0 {
                best = (score, i + 1, j + 1);
            }
        }
        above = row;
    }
    let (_, mut i, mut j) = best;
    let (ours_end, theirs_end) = (i, j);
    let (mut same, mut hunks) = (0, Vec::<Hunk>::new());
    // Walked from the end: the hunk that is open grows towards the beginning.
    let mut open: Option<Hunk> = None;
    loop {
        let step = steps[i * width + j];
        let alike = step == Step::Both && ours[i - 1].text == theirs[j - 1].text;
        if alike || step == Step::Stop {
            hunks.extend(open.take());
        }
        match step {
            Step::Stop => break,
            Step::Both => (i, j) = (i - 1, j - 1),
            Step::Ours => i -= 1,
            Step::Theirs => j -= 1,
        }
        if alike {
            same += 1;
        } else {
            let (ours_end, theirs_end) = match (&open, step) {
                (Some(hunk), _) => (hunk.ours.end, hunk.theirs.end),
                (None, Step::Both) => (i + 1, j + 1),
                (None, Step::Ours) => (i + 1, j),
                (None, _) => (i, j + 1),
            };
            open = Some(Hunk { ours: i..ours_end, theirs: j..theirs_end });
        }
    }
    hunks.reverse();
    (same > 0).then_some(Alignment { ours: i..ours_end, theirs: j..theirs_end, same, hunks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tokens::tokens;

    fn hunks(ours: &str, theirs: &str) -> Vec<(String, String)> {
        let (ours, theirs) = (tokens(ours), tokens(theirs));
        let text = |tokens: &[Token]| tokens.iter().map(|t| t.text.as_str()).collect::<String>();
        let found = align(&ours, &theirs).expect("something is the same");
        found.hunks.into_iter().map(|h| (text(&ours[h.ours]), text(&theirs[h.theirs]))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn what_differs_is_cut_out() {
        assert_eq!(hunks("借款人应当返还借款", "借款人应当返还借款"), pairs(&[]));
        assert_eq!(hunks("借款人可以返还借款", "本条：借款人应当返还借款。"), pairs(&[("可以", "应当")]));
        assert_eq!(hunks("当事人不批准合同", "当事人批准合同"), pairs(&[("不", "")]));
        assert_eq!(hunks("自次日起十日内缴纳罚款", "自次日起二十日内缴纳罚款"), pairs(&[("", "二")]));
        assert_eq!(hunks("four new sites were found", "eleven new sites were found"), pairs(&[]));
        assert_eq!(hunks("in all four new sites", "in all eleven new sites"), pairs(&[("four", "eleven")]));
    }

    #[test]
    fn nothing_in_common_is_no_alignment() {
        assert_eq!(align(&tokens("甲乙"), &tokens("丙丁")), None);
        assert_eq!(align(&[], &tokens("丙丁")), None);
        let long = tokens(&"甲".repeat(1_000));
        assert_eq!(align(&long, &long), None, "a thousand by a thousand is too much");
    }
}
