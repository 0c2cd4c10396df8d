//! Answers whose sources changed, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::{date, timestamp};
use crate::domain::recall::{Recall, Standing};

/// Stored answers that rest on sources which changed since, those given last first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RecallList)]
pub struct RecallListJson {
    pub recalls: Vec<RecallJson>,
}

/// One place that an answer cites and that changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Recall)]
pub struct RecallJson {
    /// Id of the answer.
    pub answer: String,
    pub answered_at: String,
    pub question: String,
    pub collection: String,
    pub key: String,
    pub title: String,
    pub locator: String,
    /// `removed`: the document is gone; `text`: the words that were cited no longer stand at their place; `validity`:
    /// its status, last day or successor is another; `expired`: its last day has passed since.
    pub change: &'static str,
    /// The words that were cited.
    pub old_text: String,
    /// What stands at the same locator now.
    pub new_text: Option<String>,
    pub old: StandingJson,
    pub new: Option<StandingJson>,
    /// When the change was made; `null` where that is not known.
    pub since: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Standing)]
pub struct StandingJson {
    /// `in_force`, `amended`, `repealed`, `historical`, `not_yet_in_force` or `unknown`.
    pub status: &'static str,
    pub valid_to: Option<String>,
    pub superseded_by: Option<String>,
}

impl From<&Standing> for StandingJson {
    fn from(standing: &Standing) -> Self {
        Self {
            status: standing.status.code(),
            valid_to: standing.valid_to.map(date),
            superseded_by: standing.superseded_by.clone(),
        }
    }
}

impl From<&Recall> for RecallJson {
    fn from(recall: &Recall) -> Self {
        Self {
            answer: recall.answer.clone(),
            answered_at: timestamp(recall.answered_at),
            question: recall.question.clone(),
            collection: recall.collection.to_string(),
            key: recall.key.clone(),
            title: recall.title.clone(),
            locator: recall.locator.clone(),
            change: recall.change.code(),
            old_text: recall.old_text.clone(),
            new_text: recall.new_text.clone(),
            old: StandingJson::from(&recall.old),
            new: recall.new.as_ref().map(StandingJson::from),
            since: recall.since.map(timestamp),
        }
    }
}
