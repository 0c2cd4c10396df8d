//! The same generator without constraint, repair or relevance guard: the baseline that the guarded answer is measured
//! against. It is judged, and shown by the same policy.

use super::{
    AnswerError, Pipeline, Understood,
    policy::{Assembled, assemble},
    write::collect,
};
use crate::{
    domain::{claim::Draft, evidence::EvidenceSet, policy::RiskPolicy},
    draft::{claims, parse, prompt},
    ports::{GenerateRequest, ModelError},
    text::sentence,
};

const ANSWER_TOKENS: usize = 320;

pub(super) async fn write(
    pipeline: &Pipeline,
    understood: &Understood<'_>,
    evidence: &EvidenceSet,
) -> Result<Assembled, AnswerError> {
    let generator = pipeline.generator.as_deref().ok_or(ModelError::NotConfigured { job: "generator" })?;
    let (prompt, _) =
        prompt::grounded(generator, understood.question(), understood.ask.lang(), evidence, ANSWER_TOKENS)?;
    let request = GenerateRequest {
        sampling: pipeline.sampling,
        // A base model would go on with the next question of its own.
        stop: vec!["\n\n".to_owned()],
        ..GenerateRequest::free(prompt, ANSWER_TOKENS)
    };
    let (text, ..) = collect(generator, request).await?;
    let mut draft = Draft::default();
    for span in sentence::sentences(&text) {
        let parsed = parse::generated(span.of(&text).unwrap_or_default()).sentences;
        if parsed.is_empty() {
            // A label behind the full stop belongs to the sentence before it.
            let cited = parse::citations(span.of(&text).unwrap_or_default());
            if let Some(last) = draft.sentences.last_mut() {
                last.cited.extend(cited);
            }
        }
        draft.sentences.extend(parsed);
    }
    let judgements = pipeline.verifier.verify(&claims::from_draft(&draft), evidence).await?;
    Ok(assemble(&RiskPolicy::default_for(understood.ask.domain), &draft, judgements))
}
