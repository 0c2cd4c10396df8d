//! Ideas beyond the sources: written without constraint, so that nothing here may pass for an answer.

use super::{AnswerError, write::collect};
use crate::{
    domain::{evidence::EvidenceSet, text::Lang},
    draft::{ideas, prompt},
    ports::{GenerateRequest, Generator, Sampling},
};

const TOKENS: usize = 320;

/// What a generator comes up with on a question, with what was found on it for a start.
pub async fn ideas(
    generator: &dyn Generator,
    question: &str,
    lang: Lang,
    evidence: &EvidenceSet,
    sampling: Sampling,
) -> Result<Vec<String>, AnswerError> {
    let (prompt, _) = prompt::exploring(generator, question, lang, evidence, TOKENS)?;
    let request = GenerateRequest { sampling, ..GenerateRequest::free(prompt, TOKENS) };
    let (text, ..) = collect(generator, request).await?;
    Ok(ideas::split(&text))
}
