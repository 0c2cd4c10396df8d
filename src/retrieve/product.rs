//! Inner products: the arithmetic under every comparison of vectors.

/// Inner product; of unit vectors, their cosine. Both have the same dimensions.
///
/// Sixteen sums run side by side, which the compiler turns into vector instructions.
#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a_lanes, b_lanes) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a_lanes.remainder().iter().zip(b_lanes.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_lanes.zip(b_lanes) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Inner product of bytes. Exact for fewer than 133,000 dimensions; sums that may wrap are sums that the compiler can
/// vectorise.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))))
}

/// Inner product with a vector of two bytes a component, `coarse + fine / 256`.
#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn dot_codes(a: &[f32], coarse: &[i8], fine: &[i8]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a_lanes, coarse_lanes, fine_lanes) = (a.chunks_exact(16), coarse.chunks_exact(16), fine.chunks_exact(16));
    let value = |coarse: i8, fine: i8| f32::from(coarse) + f32::from(fine) * (1.0 / 256.0);
    let rests = a_lanes.remainder().iter().zip(coarse_lanes.remainder()).zip(fine_lanes.remainder());
    let rest: f32 = rests.map(|((a, coarse), fine)| a * value(*coarse, *fine)).sum();
    for ((a, coarse), fine) in a_lanes.zip(coarse_lanes).zip(fine_lanes) {
        for lane in 0..16 {
            sums[lane] += a[lane] * value(coarse[lane], fine[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Scales to length 1; `None` for what has no direction: zero, NaN, infinity.
pub fn unit(mut values: Vec<f32>) -> Option<Vec<f32>> {
    let length = dot(&values, &values).sqrt();
    if !length.is_finite() || length < 1e-6 {
        return None;
    }
    for value in &mut values {
        *value /= length;
    }
    Some(values)
}

/// How near a text is to a question, about 0 to 1, in words and meaning together: `coverage`, the share of the question's
/// content in the text, and the encoder's cosine, where there is one, spread over the range that multilingual-e5 uses,
/// 0.75 to 0.95.
pub fn nearness(coverage: f32, cosine: Option<f32>) -> f32 {
    let spread = |cosine: f32| ((cosine - 0.75) / 0.2).clamp(0.0, 1.0);
    cosine.map_or(coverage, |cosine| 0.4 * coverage + 0.6 * spread(cosine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_and_the_rest_add_up() {
        for n in [1_u16, 15, 16, 17, 40] {
            let a: Vec<f32> = (1..=n).map(f32::from).collect();
            let wanted = f32::from(n) * f32::from(n + 1) * f32::from(2 * n + 1) / 6.0;
            assert!((dot(&a, &a) - wanted).abs() <= wanted * 1e-6, "{n}");
        }
        assert_eq!(dot_bytes(&[127, -127, 3], &[127, 127, -2]), -6);
    }

    #[test]
    fn what_has_no_direction_has_no_unit() {
        assert!(unit(vec![0.0; 3]).is_none() && unit(vec![f32::NAN, 1.0]).is_none());
        assert!(unit(vec![3.0, 4.0]).is_some_and(|v| (v[0] - 0.6).abs() < 1e-6 && (v[1] - 0.8).abs() < 1e-6));
    }
}
