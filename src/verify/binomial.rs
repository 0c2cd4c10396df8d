//! Exact bounds on a share from a count: the tail of the binomial distribution and Clopper and Pearson's intervals.

/// P(X ≤ k) for n draws that each hit with probability p.
pub fn tail(k: u64, n: u64, p: f64) -> f64 {
    if k >= n || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    // Terms in logarithms: 0.02 to the power of 2,000 is no float.
    let (log_p, log_q) = (p.ln(), (-p).ln_1p());
    let mut log_term = n as f64 * log_q;
    let mut sum = log_term.exp();
    for i in 1..=k {
        log_term += ((n - i + 1) as f64).ln() - (i as f64).ln() + log_p - log_q;
        sum += log_term.exp();
    }
    sum.min(1.0)
}

/// Whether k errors among n prove, at level δ, that the rate of errors is at most α: the exact tail is at most δ.
pub fn proves(k: u64, n: u64, alpha: f64, delta: f64) -> bool {
    k < n && tail(k, n, alpha) <= delta
}

/// The most errors among n that still prove a rate of at most α; `None` where not even 0 do.
pub fn allowed(n: u64, alpha: f64, delta: f64) -> Option<u64> {
    (0..n).take_while(|k| proves(*k, n, alpha, delta)).last()
}

/// The least n that proves a rate of at most α with this many errors.
pub fn needed(errors: u64, alpha: f64, delta: f64) -> u64 {
    // The bound falls as n grows, so the least n is found by doubling and halving.
    let mut high = errors + 1;
    while !proves(errors, high, alpha, delta) {
        high = high.saturating_mul(2);
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if proves(errors, middle, alpha, delta) { high = middle } else { low = middle }
    }
    high
}

/// The one-sided upper bound, at level 1 − δ, on a share of which k among n were seen (Clopper and Pearson 1934).
pub fn upper_bound(k: u64, n: u64, delta: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    bisect(|p| tail(k, n, p) > delta)
}

/// The one-sided lower bound, at level 1 − δ.
pub fn lower_bound(k: u64, n: u64, delta: f64) -> f64 {
    if k == 0 || n == 0 {
        return 0.0;
    }
    1.0 - upper_bound(n - k, n, delta)
}

/// Where `below` turns from true to false, between 0 and 1.
fn bisect(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_allowed_are_those_of_the_published_table() {
        let sizes = [100, 200, 300, 500, 1000, 2000];
        for (alpha, row) in [
            (0.01, [None, None, Some(0), Some(1), Some(4), Some(12)]),
            (0.02, [None, Some(0), Some(1), Some(4), Some(12), Some(29)]),
            (0.05, [Some(1), Some(4), Some(8), Some(16), Some(38), Some(83)]),
            (0.10, [Some(4), Some(12), Some(21), Some(38), Some(84), Some(177)]),
        ] {
            for (n, want) in sizes.into_iter().zip(row) {
                assert_eq!(allowed(n, alpha, 0.05), want, "alpha {alpha}, n {n}");
            }
        }
    }

    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        for (k, n, bound) in [(0, 59, 0.0495), (0, 149, 0.0199), (0, 299, 0.00997), (3, 300, 0.0256), (10, 500, 0.0337)]
        {
            assert!((upper_bound(k, n, 0.05) - bound).abs() < 2e-4, "{k}/{n}: {}", upper_bound(k, n, 0.05));
        }
        // 40 of 41 and 20 of 20 prove little more than 0.88 and 0.86.
        assert!((lower_bound(40, 41, 0.05) - 0.889).abs() < 2e-3);
        assert!((lower_bound(20, 20, 0.05) - 0.861).abs() < 2e-3);
        assert!(upper_bound(5, 5, 0.05) >= 1.0 && lower_bound(0, 5, 0.05) <= 0.0);
    }

    #[test]
    fn the_least_sample_is_named() {
        assert_eq!(needed(0, 0.02, 0.05), 149);
        assert_eq!(needed(0, 0.05, 0.05), 59);
        assert_eq!(needed(0, 0.01, 0.05), 299);
        assert!(proves(4, needed(4, 0.02, 0.05), 0.02, 0.05) && !proves(4, needed(4, 0.02, 0.05) - 1, 0.02, 0.05));
    }

    proptest! {
        #[test]
        fn a_bound_is_where_the_tail_meets_delta(n in 1_u64..3_000, share in 0.0_f64..1.0, delta in 0.001_f64..0.5) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
            let k = ((n as f64) * share) as u64;
            let bound = upper_bound(k, n, delta);
            prop_assert!(bound >= k as f64 / n as f64 - 1e-9);
            if k < n {
                prop_assert!((tail(k, n, bound) - delta).abs() < 1e-6);
                prop_assert!(proves(k, n, (bound + 1e-9).min(1.0), delta));
            }
            prop_assert!(lower_bound(k, n, delta) <= k as f64 / n as f64 + 1e-9);
        }
    }
}
