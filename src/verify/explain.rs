//! Reasons of the cascade itself, in words. Codes: "L" label, "V" verbatim, "T" table, "E" encoder, "J" judge, "N" no
//! evidence, "M" cited another source than the one that backs it, "X" sources contradict each other; "R…" are the rules.

use super::{
    decide::{NEVER, Thresholds},
    ground::Against,
    judge::Finding,
    read::Source,
};
use crate::domain::{
    evidence::{Citation, Label},
    precedence,
    text::{Message, Span},
    verdict::{Comparison, Effect, EvidenceSpan, Reason},
};

fn reason(code: &'static str, effect: Effect, evidence: Option<EvidenceSpan>, message: Message) -> Reason {
    Reason { code, effect, claim_span: None, evidence, comparison: None, message }
}

pub fn unknown_label(claim: &str, written: &str) -> Reason {
    let claim_span = claim.find(written).map(|at| Span::new(at, at + written.len()));
    let message = Message::new(
        format!("引用了 {written}，但证据中没有这一编号。"),
        format!("Cites {written}, which is not among the evidence."),
    );
    Reason { claim_span, ..reason("L", Effect::Unsupport, None, message) }
}

pub(super) fn support(finding: &Finding, sources: &[Source<'_>], thresholds: &Thresholds) -> Reason {
    if let Some((at, span)) = finding.verbatim {
        let label = sources[at].evidence.label;
        let message = Message::new(format!("原文见 {label}。"), format!("These words stand in {label}."));
        return reason("V", Effect::Ground, Some(EvidenceSpan { label, span }), message);
    }
    if let Some((at, span)) = finding.tabled {
        let label = sources[at].evidence.label;
        let message = Message::new(
            format!("{label} 的表格中，同一项目、同一时期的数值与此相符。"),
            format!("The table in {label} bears this out for the same item and the same period."),
        );
        return reason("T", Effect::Ground, Some(EvidenceSpan { label, span }), message);
    }
    if let Some(p) = finding.judged {
        let tau = thresholds.judged;
        let message = Message::new(
            format!("规则未发现问题，裁判模型认为有依据（{p:.2}，阈值 {tau:.2}）。"),
            format!("No rule objects, and the judge finds it borne out ({p:.2}, threshold {tau:.2})."),
        );
        return reason("J", Effect::Ground, None, message);
    }
    let (score, tau) = (finding.score.unwrap_or_default(), thresholds.supported);
    let message = Message::new(
        format!("规则未发现问题，编码器评分 {score:.2}（阈值 {tau:.2}）。"),
        format!("No rule objects, and the encoder scores {score:.2} (threshold {tau:.2})."),
    );
    reason("E", Effect::Ground, None, message)
}

pub fn limit_dropped(source: &Source<'_>, limit: Span) -> Reason {
    let label = source.evidence.label;
    let words = limit.of(&source.evidence.chunk.text).unwrap_or_default();
    let message = Message::new(
        format!("{label} 中有这些文字，但省略了限定成分“{words}”及其所在分句。"),
        format!("The words stand in {label}, but a limiting clause (\"{words}\") was left out."),
    );
    reason("R14", Effect::Flag, Some(EvidenceSpan { label, span: limit }), message)
}

/// The cell that the claim names has another figure.
pub fn other_cell(source: &Source<'_>, claim: &str, claimed: Span, figure: Span, comparison: Comparison) -> Reason {
    let label = source.evidence.label;
    let (said, stands) =
        (claimed.of(claim).unwrap_or_default(), figure.of(&source.evidence.chunk.text).unwrap_or_default());
    let message = Message::new(
        format!("{label} 的表格中，同一项目、同一时期的数值是“{stands}”，而不是“{said}”。"),
        format!("The table in {label} has “{stands}” for the same item and the same period, not “{said}”."),
    );
    Reason {
        claim_span: Some(claimed),
        comparison: Some(comparison),
        ..reason("T", Effect::Contradict, Some(EvidenceSpan { label, span: figure }), message)
    }
}

/// Words in common do not tell whose figure it is.
pub fn only_in_a_table(claim: &str, figure: Span) -> Reason {
    let said = figure.of(claim).unwrap_or_default();
    let message = Message::new(
        format!("“{said}”只见于表格，但不能确认它属于此句所说的项目和时期，需人工核对行与列。"),
        format!(
            "“{said}” stands in a table only, and whether in the row and column that this speaks of, a person must see."
        ),
    );
    Reason { claim_span: Some(figure), ..reason("T", Effect::Flag, None, message) }
}

pub fn miscited(cited: &[Label], backing: Label) -> Reason {
    let cited: String = cited.iter().map(Label::to_string).collect();
    let message = Message::new(
        format!("所引 {cited} 不支持此句，支持它的是 {backing}。"),
        format!("The cited {cited} does not back this; {backing} does."),
    );
    reason("M", Effect::Flag, None, message)
}

pub fn conflict(backing: &Citation, against: &Citation) -> Reason {
    let follow = match precedence::between(&backing.meta, &against.meta) {
        Some((true, rule)) => rule.message(&backing.meta.title),
        Some((false, rule)) => rule.message(&against.meta.title),
        None => precedence::unresolved(),
    };
    let (backing, against) = (backing.label, against.label);
    let message = Message::new(
        format!("来源互相矛盾：{backing} 支持，{against} 相反；{}", follow.zh),
        format!("The sources contradict each other: {backing} backs this, {against} says otherwise; {}", follow.en),
    );
    reason("X", Effect::Flag, None, message)
}

pub fn no_evidence(coverage: f32, thresholds: &Thresholds) -> Reason {
    let (percent, floor) = (coverage * 100.0, thresholds.floor * 100.0);
    let message = Message::new(
        format!("证据中没有相关内容（最多覆盖 {percent:.0}%，至少需要 {floor:.0}%）。"),
        format!("No source speaks of this (at most {percent:.0}% of its content is found; {floor:.0}% is the least)."),
    );
    reason("N", Effect::Unsupport, None, message)
}

/// The encoder's "no" is an opinion, not a finding: it asks for a person.
pub fn likely_contradicted(against: &Against, sources: &[Source<'_>], thresholds: &Thresholds) -> Reason {
    let label = sources[against.source].evidence.label;
    let (p, tau) = (against.p, thresholds.likely);
    let message = Message::new(
        format!("{label} 可能与此句不符（编码器评分 {p:.2}，阈值 {tau:.2}），请核对标出的文字。"),
        format!("{label} probably says otherwise (encoder {p:.2}, threshold {tau:.2}); check the marked words."),
    );
    let evidence = Some(EvidenceSpan { label, span: against.span });
    Reason { claim_span: Some(against.guilty), ..reason("E", Effect::Flag, evidence, message) }
}

/// Why nobody decided.
pub(super) fn open(finding: &Finding, long: bool, thresholds: &Thresholds) -> Option<Reason> {
    if long {
        let message = Message::new(
            "语句过长，编码器无法完整阅读；请拆分后再核对。",
            "The sentence is too long for the encoder to read whole; split it and check again.",
        );
        return Some(reason("E", Effect::Flag, None, message));
    }
    if let Some(p) = finding.judged {
        let (zh, en) = if p >= 0.5 { ("有", "finds it borne out") } else { ("无", "does not find it borne out") };
        let (why_zh, why_en) = if thresholds.judged >= NEVER {
            ("尚无认证的阈值".to_owned(), "no threshold is certified".to_owned())
        } else {
            (format!("低于阈值 {:.2}", thresholds.judged), format!("below the threshold {:.2}", thresholds.judged))
        };
        let message = Message::new(
            format!("裁判模型认为{zh}依据（{p:.2}），{why_zh}，需人工复核。"),
            format!("The judge {en} ({p:.2}), and {why_en}; a person must decide."),
        );
        return Some(reason("J", Effect::Flag, None, message));
    }
    let (score, tau) = (finding.score?, thresholds.supported);
    if tau >= NEVER {
        let message = Message::new(
            format!("编码器评分 {score:.2}，但尚无为此语言测定的阈值，需人工复核。"),
            format!(
                "The encoder scores {score:.2}, but no threshold was measured for this language; a person must decide."
            ),
        );
        return Some(reason("E", Effect::Flag, None, message));
    }
    (score < tau).then(|| {
        let message = Message::new(
            format!("编码器评分 {score:.2} 低于阈值 {tau:.2}，需人工复核。"),
            format!("The encoder scores {score:.2}, below the threshold {tau:.2}; a person must decide."),
        );
        reason("E", Effect::Flag, None, message)
    })
}
