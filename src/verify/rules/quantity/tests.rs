use super::cases;
use crate::domain::{document::Domain, verdict::Effect};

#[test]
fn fires_where_it_must_and_nowhere_else() {
    cases::run(&["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"]);
}

#[test]
fn a_figure_of_the_question_is_not_invented() {
    let (claim, source) = ("借款50万元，利息合法。", "民间借贷的利息受法律保护。");
    let asked = cases::findings(claim, &[source], Domain::Legal, Some("我借给朋友50万元，利息合法吗？"));
    assert!(asked.iter().all(|r| r.effect <= Effect::Ground), "{asked:?}");
    let unasked = cases::findings(claim, &[source], Domain::Legal, None);
    assert!(unasked.iter().any(|r| r.effect == Effect::Unsupport), "{unasked:?}");
}

#[test]
fn spans_slice_claim_and_source() {
    let (claim, source) = ("营业收入12.5万元。", "前言。公司营业收入12.5亿元。");
    let found = cases::findings(claim, &[source], Domain::Finance, None);
    let scale = found.iter().find(|r| r.code == "R3").expect("the scale is off");
    assert_eq!(scale.claim_span.and_then(|s| s.of(claim)), Some("12.5万元"));
    assert_eq!(scale.evidence.and_then(|e| e.span.of(source)), Some("12.5亿元"));
    let comparison = scale.comparison.as_ref().expect("both sides");
    assert_eq!(comparison.claim, "12.5万元 = 125000 CNY");
    assert_eq!(comparison.source, "12.5亿元 = 1250000000 CNY");
    assert_eq!(comparison.relation, "÷10000");
}
