//! Figures for a scorer of yes and no, and the lexical baseline that it has to beat. Pure.

use std::{cmp::Ordering, collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use crate::domain::text::Lang;

/// Probability that a random positive scores above a random negative, ties counting half (Mann–Whitney U over
/// n₊·n₋). `None` where one side is empty.
pub fn auc(positives: &[f64], negatives: &[f64]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let mut all: Vec<(f64, bool)> =
        positives.iter().map(|&v| (v, true)).chain(negatives.iter().map(|&v| (v, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rank_sum = 0.0;
    let mut start = 0;
    for run in all.chunk_by(|a, b| a.0.total_cmp(&b.0) == Ordering::Equal) {
        let end = start + run.len();
        let mid_rank = (start + end + 1) as f64 / 2.0;
        rank_sum += mid_rank * run.iter().filter(|(_, positive)| *positive).count() as f64;
        start = end;
    }
    let (p, n) = (positives.len() as f64, negatives.len() as f64);
    Some((rank_sum - p * (p + 1.0) / 2.0) / (p * n))
}

/// Balanced accuracy of `score >= threshold` at its best threshold, and that threshold. Optimistic: it is chosen on
/// these very items.
pub fn best_threshold(positives: &[f64], negatives: &[f64]) -> Option<(f64, f64)> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let mut all: Vec<(f64, bool)> =
        positives.iter().map(|&v| (v, true)).chain(negatives.iter().map(|&v| (v, false))).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (p, n) = (positives.len() as f64, negatives.len() as f64);
    let (mut best, mut threshold) = (0.5, all[0].0 + 1.0);
    let (mut true_positives, mut false_positives) = (0.0, 0.0);
    for run in all.chunk_by(|a, b| a.0.total_cmp(&b.0) == Ordering::Equal) {
        for (_, positive) in run {
            if *positive { true_positives += 1.0 } else { false_positives += 1.0 }
        }
        let balanced = f64::midpoint(true_positives / p, 1.0 - false_positives / n);
        if balanced > best {
            (best, threshold) = (balanced, run[0].0);
        }
    }
    Some((best, threshold))
}

/// `part / whole`, or nothing of nothing.
pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Mean of recall on positives and recall on negatives.
pub fn balanced_accuracy(recall_positive: Option<f64>, recall_negative: Option<f64>) -> Option<f64> {
    Some(f64::midpoint(recall_positive?, recall_negative?))
}

/// The baseline: share of the claim's words (Chinese: character pairs) that occur in the evidence, 0 to 1.
pub fn overlap(claim: &str, evidence: &[String], lang: Lang) -> f64 {
    let claim = features(claim, lang);
    if claim.is_empty() {
        return 0.0;
    }
    let evidence = features(&evidence.join(" "), lang);
    claim.intersection(&evidence).count() as f64 / claim.len() as f64
}

fn features(text: &str, lang: Lang) -> BTreeSet<String> {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[a-z0-9]+(?:[.,]\d+)*").expect("a constant pattern that compiles"));
    let lower = text.to_lowercase();
    match lang {
        Lang::En => WORD.find_iter(&lower).map(|word| word.as_str().to_owned()).collect(),
        Lang::Zh => {
            let chars: Vec<char> = lower.chars().map(half_width).filter(|c| c.is_alphanumeric() || *c == '_').collect();
            if chars.len() < 2 {
                return BTreeSet::from([chars.iter().collect()]);
            }
            chars.windows(2).map(|pair| pair.iter().collect()).collect()
        }
    }
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).expect("FF01–FF5E less FEE0 is 21–7E").to_ascii_lowercase()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_ties_half() {
        assert_eq!(auc(&[0.9, 0.8], &[0.1, 0.2]), Some(1.0));
        assert_eq!(auc(&[0.1], &[0.9]), Some(0.0));
        assert_eq!(auc(&[0.5, 0.5], &[0.5]), Some(0.5));
        // 3 of 4 pairs are in order and one is a tie: 3.5 of 4 … of (0.6,0.4)×(0.5,0.4) two win, one ties, one loses.
        assert_eq!(auc(&[0.6, 0.4], &[0.5, 0.4]), Some(0.625));
        assert_eq!(auc(&[], &[0.4]), None);
    }

    #[test]
    fn the_best_threshold_separates_when_something_can() {
        assert_eq!(best_threshold(&[0.9, 0.7], &[0.3, 0.6]), Some((1.0, 0.7)));
        // A scorer that is upside down is no better than guessing.
        assert_eq!(best_threshold(&[0.1], &[0.9]).map(|(b, _)| b), Some(0.5));
    }

    #[test]
    fn overlap_counts_words_in_english_and_pairs_in_chinese() {
        let evidence = vec!["The dose is 1,200 mg.".to_owned()];
        assert!((overlap("Dose: 1,200 mg daily", &evidence, Lang::En) - 0.75).abs() < 1e-9);
        let evidence = vec!["借款人应当按照约定的期限返还借款。".to_owned()];
        assert!((overlap("借款人应当返还", &evidence, Lang::Zh) - 5.0 / 6.0).abs() < 1e-9);
        assert!(overlap("", &evidence, Lang::En).abs() < 1e-9);
    }
}
