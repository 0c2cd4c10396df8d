//! Drawing from the allowed tokens alone, likeliest first, so that only those are looked at that could be drawn.

use crate::ports::Sampling;

/// A token this far below the likeliest one has less than 5e-9 of its weight; a whole vocabulary of them has 0.001 of it,
/// and is not worth sorting.
pub const NEGLIGIBLE: f32 = 20.0;
/// Tokens that are sorted at first; four times as many where they do not suffice.
const FIRST: usize = 256;

/// A small generator of random numbers (`SplitMix64`: Steele, Lea and Flood, 2014): a draw of a few words need not
/// withstand anybody.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u32) -> Self {
        Self(seed as u64)
    }

    /// From 0 to 1, 1 left out.
    fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 40) as f32) / (1_u64 << 24) as f32
    }
}

/// The highest logit, NaN aside; negative infinity where there is none. In lanes, because a processor compares many at
/// once and a vocabulary is large.
pub fn highest(logits: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut best = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = logits.as_chunks::<LANES>();
    for chunk in chunks {
        for (best, logit) in best.iter_mut().zip(chunk) {
            *best = if *logit > *best { *logit } else { *best };
        }
    }
    best.iter().chain(rest).copied().filter(|l| !l.is_nan()).fold(f32::NEG_INFINITY, f32::max)
}

/// Draws by temperature from the smallest set of likeliest allowed tokens that holds `top_p` of what is left when the
/// forbidden ones that were met are taken out (Holtzman et al. 2020). `None` where no token within reach is allowed.
pub fn draw(
    logits: &[f32],
    sampling: &Sampling,
    dice: &mut Dice,
    mut allows: impl FnMut(usize) -> bool,
) -> Option<usize> {
    let likeliest = highest(logits);
    if likeliest == f32::NEG_INFINITY {
        return None;
    }
    // Mostly the likeliest is allowed, and then no other needs a look.
    if sampling.temperature <= 0.0
        && let Some(best) = logits.iter().position(|logit| *logit >= likeliest)
        && allows(best)
    {
        return Some(best);
    }
    let least = likeliest - NEGLIGIBLE * sampling.temperature.max(1.0);
    let mut reachable: Vec<(usize, f32)> =
        (0..).zip(logits).filter(|(_, l)| **l >= least).map(|(id, l)| (id, l - likeliest)).collect();
    // The likelier first, and of two alike the one with the smaller number, so that a draw can be repeated.
    let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut left: f32 = reachable.iter().map(|(_, l)| l.exp()).sum();
    let mut kept: Vec<(usize, f32)> = Vec::new();
    let (mut sorted, mut held) = (0, 0.0);
    'all: while sorted < reachable.len() {
        let until = (sorted.max(FIRST / 4) * 4).min(reachable.len());
        if until < reachable.len() {
            reachable[sorted..].select_nth_unstable_by(until - sorted, order);
        }
        reachable[sorted..until].sort_unstable_by(order);
        for (id, logit) in &reachable[sorted..until] {
            if !allows(*id) {
                left -= logit.exp();
                continue;
            }
            if sampling.temperature <= 0.0 {
                return Some(*id);
            }
            kept.push((*id, *logit));
            held += logit.exp();
            if held >= sampling.top_p.clamp(0.0, 1.0) * left {
                break 'all;
            }
        }
        sorted = until;
    }
    let best = kept.first()?.1;
    let weight = |logit: f32| ((logit - best) / sampling.temperature).exp();
    let all: f32 = kept.iter().map(|(_, l)| weight(*l)).sum();
    let mut at = dice.roll() * all;
    for (id, logit) in &kept {
        at -= weight(*logit);
        if at < 0.0 {
            return Some(*id);
        }
    }
    kept.last().map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sampling(temperature: f32, top_p: f32) -> Sampling {
        Sampling { temperature, top_p, repeat_penalty: 1.0, seed: 0 }
    }

    #[test]
    fn greedy_takes_the_likeliest_that_is_allowed() {
        let logits = [1.0, 5.0, 3.0, f32::NEG_INFINITY, f32::NAN];
        let mut dice = Dice::new(1);
        assert_eq!(draw(&logits, &sampling(0.0, 0.9), &mut dice, |_| true), Some(1));
        assert_eq!(draw(&logits, &sampling(0.0, 0.9), &mut dice, |id| id != 1), Some(2));
        assert_eq!(draw(&logits, &sampling(0.0, 0.9), &mut dice, |_| false), None);
        assert_eq!(draw(&[f32::NEG_INFINITY], &sampling(0.0, 0.9), &mut dice, |_| true), None);
        assert_eq!(draw(&[], &sampling(0.8, 0.9), &mut dice, |_| true), None);
    }

    #[test]
    fn draws_follow_the_weights_of_what_is_allowed() {
        // Weights 4, 2, 1, 1 of which the first is forbidden.
        let logits = [4.0_f32.ln(), 2.0_f32.ln(), 0.0, 0.0];
        let mut counts = [0; 4];
        let mut dice = Dice::new(7);
        for _ in 0..8000 {
            counts[draw(&logits, &sampling(1.0, 1.0), &mut dice, |id| id != 0).expect("three are left")] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!((3800..4200).contains(&counts[1]), "{counts:?}");
        assert!((1800..2200).contains(&counts[2]) && (1800..2200).contains(&counts[3]), "{counts:?}");
        let mut rolled = [0; 4];
        for _ in 0..1000 {
            rolled[draw(&logits, &sampling(1.0, 0.5), &mut dice, |id| id != 0).expect("three are left")] += 1;
        }
        assert_eq!(rolled, [0, 1000, 0, 0], "half of what is left is enough");
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_allowed(
            logits in proptest::collection::vec(-30.0_f32..10.0, 1..3000), seed: u32, modulus in 1_usize..7, hot: bool
        ) {
            let sampling = sampling(if hot { 0.9 } else { 0.0 }, 0.95);
            let drawn = draw(&logits, &sampling, &mut Dice::new(seed), |id| id % modulus == 0);
            if let Some(id) = drawn {
                prop_assert!(id < logits.len() && id % modulus == 0);
            }
            let again = draw(&logits, &sampling, &mut Dice::new(seed), |id| id % modulus == 0);
            prop_assert_eq!(drawn, again);
        }
    }
}
