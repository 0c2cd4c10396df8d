//! Ideas beyond the sources as JSON, in a shape of their own: nothing that reads answers can take them for one.

use serde::Serialize;
use utoipa::ToSchema;

use super::{EvidenceJson, JudgementJson, MessageJson, ModelJson, date};
use crate::domain::{
    exploration::{Exploration, Standing},
    text::Message,
    verdict::Judgement,
};

/// Ideas that do not come from the knowledge base. They are not an answer, and none is stored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Exploration)]
pub struct ExplorationJson {
    pub question: String,
    /// `zh` or `en`.
    pub lang: &'static str,
    /// What a reader must be told before the ideas.
    pub notice: MessageJson,
    pub ideas: Vec<IdeaJson>,
    /// What the ideas were held against.
    pub evidence: Vec<EvidenceJson>,
    pub as_of: String,
    pub generator: ModelJson,
}

/// One idea of the generator.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Idea)]
pub struct IdeaJson {
    /// `supported` or `contradicted` by the knowledge base, or `unknown`: it says nothing that decides.
    pub standing: &'static str,
    /// The idea is its `claim`.
    #[serde(flatten)]
    pub judgement: JudgementJson,
}

/// What stands before ideas wherever they are shown.
pub fn notice() -> Message {
    Message::new(
        "以下是模型提出的想法，不来自知识库，也不是回答；每条都已与知识库核对。",
        "These are ideas of a model. They do not come from the knowledge base and are not an answer; each was held against it.",
    )
}

impl From<&Exploration> for ExplorationJson {
    fn from(exploration: &Exploration) -> Self {
        let idea = |judgement: &Judgement| IdeaJson {
            standing: Standing::of(&judgement.verdict).code(),
            judgement: JudgementJson::from(judgement),
        };
        Self {
            question: exploration.question.clone(),
            lang: exploration.lang.code(),
            notice: MessageJson::from(&notice()),
            ideas: exploration.ideas.iter().map(idea).collect(),
            evidence: exploration.evidence.items().iter().map(EvidenceJson::from).collect(),
            as_of: date(exploration.as_of),
            generator: ModelJson::from(&exploration.generator),
        }
    }
}
