//! The laws that claims name, looked up in the knowledge base: the last step of the cascade. It only lowers a verdict.

use time::Date;

use super::{read, reference_check, rules::version};
use crate::{
    domain::{
        instrument::{CheckedReference, Holdings, ReferenceStatus},
        text::Span,
        verdict::{Effect, Judgement, Missing, Reason, Support, Verdict},
    },
    draft::claims::{self, citation},
    ports::{Instruments, VerifyError},
    text::reference::{self, LegalReference},
};

/// Every reference in a text that names its instrument, sentence by sentence; spans into `text`.
pub async fn in_text(
    instruments: &dyn Instruments,
    text: &str,
    day: Date,
) -> Result<Vec<CheckedReference>, VerifyError> {
    let claims = claims::from_text(text);
    let texts: Vec<String> = claims.iter().map(|claim| citation::blanked(&claim.text)).collect();
    let checked = look_up(instruments, texts.iter().map(String::as_str), day).await?;
    let shifted = claims.iter().zip(checked).flat_map(|(claim, checked)| {
        let start = claim.span.start();
        checked.into_iter().map(move |r| CheckedReference { span: r.span.shifted(start), ..r })
    });
    Ok(shifted.collect())
}

/// For each text the references in it that name their instrument.
pub(super) async fn look_up<'t>(
    instruments: &dyn Instruments,
    texts: impl Iterator<Item = &'t str> + Send,
    day: Date,
) -> Result<Vec<Vec<CheckedReference>>, VerifyError> {
    let parsed: Vec<(&str, Vec<LegalReference>)> = texts.map(|text| (text, reference::parse(text))).collect();
    let mut wanted = Vec::new();
    for (_, instrument) in parsed.iter().flat_map(|(_, references)| reference_check::named(references)) {
        if wanted.iter().all(|known: &&_| !instrument.is_same(known)) {
            wanted.push(instrument);
        }
    }
    if wanted.is_empty() {
        return Ok(vec![Vec::new(); parsed.len()]);
    }
    let held = instruments.held(&wanted).await?;
    Ok(parsed.iter().map(|(text, references)| check(references, text, day, &held)).collect())
}

fn check(references: &[LegalReference], text: &str, day: Date, held: &Holdings) -> Vec<CheckedReference> {
    let named: Vec<_> = reference_check::named(references).collect();
    // Of several provisions it cannot be told which one is said to say what.
    let said = if named.len() == 1 && references.len() == 1 { without(text, named[0].0.span) } else { None };
    let checked = named.into_iter().map(|(reference, _)| CheckedReference {
        span: reference.span,
        check: reference_check::check(reference, said.as_deref(), day, held),
    });
    checked.collect()
}

/// What is said beside the citation.
fn without(text: &str, citation: Span) -> Option<String> {
    let (before, after) = (text.get(..citation.start())?, text.get(citation.end()..)?);
    Some(format!("{before}{after}"))
}

/// Adds what was found to a judgement, and takes back what it does not bear.
pub(super) fn apply(judgement: &mut Judgement, mut checked: Vec<CheckedReference>) {
    // A knowledge base without laws says nothing about them.
    checked.retain(|reference| match &reference.check.status {
        ReferenceStatus::NotInKnowledgeBase { coverage, .. } => coverage.instruments > 0,
        _ => true,
    });
    if checked.is_empty() {
        return;
    }
    let text = judgement.claim.text.clone();
    let tells_former = version::tells_former(&read::unit(&text, judgement.claim.lang));
    for CheckedReference { span, check } in &checked {
        // "The former Contract Law" and "was repealed" are true of a law that is not the law of the day; no wording makes
        // an article be there or say what it does not.
        let is_former = tells_former && check.status.is_of_another_day();
        let effect = if is_former { Effect::Ground } else { check.status.effect() };
        judgement.reasons.push(Reason {
            code: "K",
            effect,
            claim_span: Some(*span),
            evidence: None,
            comparison: None,
            message: check.message.clone(),
        });
        if effect == Effect::Ground {
            continue;
        }
        let written = span.of(&text).unwrap_or_default();
        let lowered = match &judgement.verdict {
            Verdict::Supported { by, how } => {
                // A source that names the dead law itself is quoted faithfully; the finding stands beside it.
                let is_quoted = *how == Support::Verbatim && by.iter().any(|place| place.quote.contains(written));
                let lowers = *how != Support::Verbatim || (check.status.overrules_sources() && !is_quoted);
                lowers.then(|| Verdict::NeedsReview { nearest: Some(by.first().clone()) })
            }
            Verdict::NeedsReview { .. } if effect == Effect::Unsupport => Some(Verdict::Unsupported(Missing::Part)),
            _ => None,
        };
        if let Some(verdict) = lowered {
            judgement.verdict = verdict;
            judgement.p_supported = judgement.p_supported.min(0.5);
        }
    }
    judgement.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.effect));
    judgement.references = checked;
}
