//! Ideas beyond the sources: who may ask for them, where they come from, and what they are held against.

use super::{App, AppError};
use crate::{
    answer,
    domain::{
        document::CollectionName,
        evidence::{Query, Switches},
        exploration::Exploration,
    },
    draft::claims,
    http::{self, ExploreRequest},
    ports::{ModelError, Retriever as _, Sampling},
    text::lang,
};

/// Pieces of evidence that ideas start from.
const EVIDENCE: usize = 6;
/// Ideas are to differ from each other; an answer is not.
const TEMPERATURE: f32 = 0.8;

impl App {
    pub(super) async fn explore(&self, request: ExploreRequest) -> Result<Exploration, http::AppError> {
        self.allows_exploring(&request.collections).await?;
        let missing = || AppError::Model(ModelError::NotConfigured { job: "generator" });
        let generator = self.generator().await?.ok_or_else(missing)?;
        let lang = request.lang.unwrap_or_else(|| lang::detect(&request.question));
        let as_of = request.as_of.unwrap_or_else(|| self.clock().today());
        let query = Query {
            text: request.question.clone(),
            collections: request.collections.clone(),
            as_of,
            statuses: None,
            lang: None,
            limit: EVIDENCE,
            switches: Switches::default(),
        };
        let start = self.engine(true).await?.retrieve(&query).await?;
        let sampling = Sampling { temperature: TEMPERATURE, repeat_penalty: 1.05, ..Sampling::default() };
        let ideas = answer::ideas(&*generator, &request.question, lang, &start, sampling).await;
        let ideas = ideas.map_err(AppError::Answer)?;
        let claims = ideas.iter().map(|idea| claims::whole(idea)).collect();
        let verified = self.judge_against(claims, &request.collections, Some(as_of)).await?;
        Ok(Exploration {
            question: request.question,
            lang,
            as_of,
            ideas: verified.judgements,
            evidence: verified.evidence,
            generator: generator.identity().clone(),
        })
    }

    /// Off unless every collection that is asked allows it.
    async fn allows_exploring(&self, wanted: &[CollectionName]) -> Result<(), AppError> {
        let known = self.store().collections().await?.into_iter().map(|collection| collection.name);
        let known: Vec<CollectionName> = known.collect();
        if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
            return Err(AppError::UnknownCollection(unknown.to_string()));
        }
        let settings = self.store().all_collection_settings().await?;
        let allows = |name: &&CollectionName| settings.iter().any(|(of, settings)| of == *name && settings.explore);
        let asked = if wanted.is_empty() { &known } else { wanted };
        match asked.iter().find(|name| !allows(name)) {
            Some(name) => Err(AppError::NotAllowed(name.clone())),
            None => Ok(()),
        }
    }
}
