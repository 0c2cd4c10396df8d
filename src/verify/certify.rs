//! Which threshold keeps wrongly supported claims under a rate, proved on a labelled sample.
//!
//! Fixed-sequence testing (Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052): thresholds are tried from a
//! start that was chosen before the sample was seen towards laxer ones; at each, "more than α of the accepted are wrong" is
//! tested with the exact binomial tail; the first that cannot be rejected ends the walk. Then, with probability 1 − δ over
//! the draw of the sample, at most α of the claims accepted at the last threshold that passed are wrong, for claims
//! drawn like the sample. Each group (domain, language, kind of claim) has its own walk and its own statement.

use std::collections::BTreeMap;

use super::{binomial, case::Unit, read};
use crate::{
    domain::{
        certificate::{Certified, ClaimKind, Group, Uncertified},
        claim::Claim,
        document::Domain,
        verdict::{Effect, Judgement, Reason, Verdict},
    },
    draft::claims::citation,
};

/// What is to be proved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// Rate of wrong ones among the accepted, above 0 and below 1.
    pub alpha: f64,
    /// Chance that the sample misleads, above 0 and below 1.
    pub delta: f64,
    /// The strictest threshold, fixed before the sample was seen.
    pub start: f32,
}

/// Thresholds go down by this much.
const STEP: f32 = 0.01;
/// Nothing is accepted below this score.
const LAXEST: f32 = 0.5;

/// One labelled claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    pub group: Group,
    /// Nothing where a rule keeps the claim from being accepted at any threshold.
    pub score: Option<f32>,
    /// The experts call it supported.
    pub supported: bool,
}

/// The score at which a judged claim would be accepted; nothing where something other than its score is against it.
pub fn score(judgement: &Judgement) -> Option<f32> {
    let open = matches!(judgement.verdict, Verdict::Supported { .. } | Verdict::NeedsReview { .. });
    // "E" and "J" without a place say only that a score is low; with one, that the encoder sees a contradiction.
    let is_score = |r: &Reason| matches!(r.code, "E" | "J") && r.claim_span.is_none();
    let objection = judgement.reasons.iter().any(|r| r.effect >= Effect::Flag && !is_score(r));
    (open && !objection).then_some(judgement.p_supported)
}

/// The group of a claim that is held against sources of this domain.
pub fn group(claim: &Claim, domain: Domain) -> Group {
    let text = citation::blanked(&claim.text);
    Group { domain, lang: claim.lang, kind: kind(&read::unit(&text, claim.lang)) }
}

/// Citation before figure before prose.
pub fn kind(claim: &Unit<'_>) -> ClaimKind {
    if !claim.references.is_empty() {
        ClaimKind::Citation
    } else if !(claim.quantities.is_empty() && claim.dates.is_empty()) {
        ClaimKind::Numeric
    } else {
        ClaimKind::Prose
    }
}

/// Every group of the sample with what was proved for it.
pub fn certify(sample: &[Labelled], aim: &Aim) -> BTreeMap<Group, Result<Certified, Uncertified>> {
    let mut groups: BTreeMap<Group, Vec<Labelled>> = BTreeMap::new();
    for row in sample {
        groups.entry(row.group).or_default().push(*row);
    }
    groups.into_iter().map(|(group, rows)| (group, walk(group, &rows, aim))).collect()
}

fn walk(group: Group, rows: &[Labelled], aim: &Aim) -> Result<Certified, Uncertified> {
    let counts = |tau: f32| {
        let accepted = rows.iter().filter(|row| row.score.is_some_and(|score| score >= tau));
        accepted.fold((0_u64, 0_u64), |(n, k), row| (n + 1, k + u64::from(!row.supported)))
    };
    let mut passed = None;
    for step in 0_u16.. {
        let tau = aim.start - f32::from(step) * STEP;
        if step > 0 && tau < LAXEST {
            break;
        }
        let (n, k) = counts(tau);
        if n == 0 || !binomial::proves(k, n, aim.alpha, aim.delta) {
            break;
        }
        passed = Some((tau, n, k));
    }
    let Some((tau, accepted, errors)) = passed else {
        let (accepted, errors) = counts(aim.start);
        let needed = binomial::needed(0, aim.alpha, aim.delta);
        return Err(if accepted < needed {
            // At the share accepted so far, this many more labels bring enough.
            let labels = (accepted > 0).then(|| ((needed - accepted) * rows.len() as u64).div_ceil(accepted));
            Uncertified::TooFew { accepted, needed, labels }
        } else {
            Uncertified::NotProven { accepted, errors, bound: binomial::upper_bound(errors, accepted, aim.delta) }
        });
    };
    let supported = rows.iter().filter(|row| row.supported).count() as u64;
    Ok(Certified {
        group,
        tau,
        accepted,
        errors,
        bound: binomial::upper_bound(errors, accepted, aim.delta),
        supported,
        refused: supported - (accepted - errors),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::text::Lang, draft::claims};

    const GROUP: Group = Group { domain: Domain::Legal, lang: Lang::Zh, kind: ClaimKind::Numeric };
    const AIM: Aim = Aim { alpha: 0.02, delta: 0.05, start: 0.9 };

    fn rows(list: &[(usize, f32, bool)]) -> Vec<Labelled> {
        list.iter()
            .flat_map(|(count, score, supported)| {
                std::iter::repeat_n(Labelled { group: GROUP, score: Some(*score), supported: *supported }, *count)
            })
            .collect()
    }

    fn result(rows: &[Labelled]) -> Result<Certified, Uncertified> {
        certify(rows, &AIM).remove(&GROUP).expect("the group is there")
    }

    #[test]
    fn the_walk_goes_down_until_a_test_fails() {
        // 200 clean claims at 0.95, 300 at 0.8 with 3 errors (500 allow 4), then many errors at 0.7.
        let sample = rows(&[(200, 0.95, true), (297, 0.8, true), (3, 0.8, false), (100, 0.7, true), (20, 0.7, false)]);
        let certified = result(&sample).expect("it is proved");
        assert_eq!((certified.accepted, certified.errors), (500, 3));
        assert!((0.70..=0.80).contains(&certified.tau) && certified.tau > 0.705, "{certified:?}");
        assert!(certified.bound <= 0.02);
        assert_eq!((certified.supported, certified.refused), (597, 100));
    }

    #[test]
    fn a_later_pass_does_not_count_after_a_failure() {
        // At 0.9 there are 2 errors in 200: not proved, whatever comes below.
        let sample = rows(&[(198, 0.95, true), (2, 0.95, false), (5000, 0.8, true)]);
        assert!(matches!(result(&sample), Err(Uncertified::NotProven { accepted: 200, errors: 2, .. })));
    }

    #[test]
    fn too_small_a_sample_is_refused_with_the_number_needed() {
        let sample = rows(&[(74, 0.95, true), (74, 0.3, true)]);
        let want = Uncertified::TooFew { accepted: 74, needed: 149, labels: Some(150) };
        assert_eq!(result(&sample), Err(want));
        let none = rows(&[(74, 0.3, true)]);
        assert_eq!(result(&none), Err(Uncertified::TooFew { accepted: 0, needed: 149, labels: None }));
    }

    #[test]
    fn what_a_rule_holds_back_is_never_accepted() {
        let mut sample = rows(&[(149, 0.95, true)]);
        sample.extend(std::iter::repeat_n(Labelled { group: GROUP, score: None, supported: false }, 50));
        let certified = result(&sample).expect("149 without an error are enough");
        assert_eq!((certified.accepted, certified.errors), (149, 0));
    }

    #[test]
    fn groups_are_told_apart() {
        let prose = Group { kind: ClaimKind::Prose, ..GROUP };
        let mut sample = rows(&[(200, 0.95, true)]);
        sample.extend(std::iter::repeat_n(Labelled { group: prose, score: Some(0.95), supported: false }, 200));
        let all = certify(&sample, &AIM);
        assert!(all[&GROUP].is_ok() && matches!(all[&prose], Err(Uncertified::NotProven { errors: 200, .. })));
        for (claim, want) in [
            ("《民法典》第六百七十五条规定借款人应当返还借款。", ClaimKind::Citation),
            ("诉讼时效期间为三年。", ClaimKind::Numeric),
            ("The contract was signed on 3 May 2021 [1].", ClaimKind::Numeric),
            ("借款人应当返还借款。[1]", ClaimKind::Prose),
        ] {
            let claim = claims::whole(claim);
            assert_eq!(super::group(&claim, Domain::Legal).kind, want, "{}", claim.text);
        }
    }

    /// With a true rate above α, the share of samples that certify all the same stays under δ.
    #[test]
    fn a_bad_verifier_is_rarely_certified() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        let mut wrongly = 0;
        for _ in 0..400 {
            let sample: Vec<Labelled> = (0..400)
                .map(|_| {
                    #[expect(clippy::cast_possible_truncation, reason = "a score")]
                    let score = (0.5 + random() * 0.5) as f32;
                    // 2.5 % wrong above 0.9, more below.
                    let wrong = random() < if score >= 0.9 { 0.025 } else { 0.06 };
                    Labelled { group: GROUP, score: Some(score), supported: !wrong }
                })
                .collect();
            wrongly += usize::from(certify(&sample, &Aim { start: 0.6, ..AIM })[&GROUP].is_ok());
        }
        assert!(wrongly <= 20, "{wrongly} of 400");
    }
}
