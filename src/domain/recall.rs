//! Which answers rest on sources that changed since.

use time::{Date, OffsetDateTime};

use super::document::{CollectionName, DocStatus};

/// Whether a source governs, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: DocStatus,
    pub valid_to: Option<Date>,
    pub superseded_by: Option<String>,
}

/// What happened to a source that was cited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceChange {
    /// The document is no longer in the knowledge base.
    Removed,
    /// The words that were cited no longer stand in it.
    Text,
    /// The words stand, but its status, its last day or its successor is another.
    Validity,
    /// Nothing was changed, but its last day has passed since.
    Expired,
}

impl SourceChange {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Text => "text",
            Self::Validity => "validity",
            Self::Expired => "expired",
        }
    }

    /// What happened to a source that stood as `then` when it was cited on `cited`, and stands as `now` on `today`
    /// (`None`: it is gone), with or without the words that were cited; `None` where the citation still holds.
    pub fn between(
        then: &Standing,
        cited: Date,
        now: Option<&Standing>,
        words_stand: bool,
        today: Date,
    ) -> Option<Self> {
        let Some(now) = now else { return Some(Self::Removed) };
        if !words_stand {
            return Some(Self::Text);
        }
        if then != now {
            return Some(Self::Validity);
        }
        // An answer about an earlier day may cite what had ended by then.
        now.valid_to.filter(|&last| cited <= last && last < today).map(|_| Self::Expired)
    }
}

/// One place that an answer cites and that changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Id of the answer.
    pub answer: String,
    pub answered_at: OffsetDateTime,
    pub question: String,
    pub collection: CollectionName,
    pub key: String,
    pub title: String,
    pub locator: String,
    pub change: SourceChange,
    /// The words that were cited.
    pub old_text: String,
    /// What stands at the same locator now; `None` where nothing does.
    pub new_text: Option<String>,
    pub old: Standing,
    pub new: Option<Standing>,
    /// When the change was made; `None` where that was not kept, and for what merely expired.
    pub since: Option<OffsetDateTime>,
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_citation_holds_until_its_source_changes() {
        let cited = date!(2026 - 01 - 10);
        let today = date!(2026 - 11 - 25);
        let then = Standing { status: DocStatus::InForce, valid_to: None, superseded_by: None };
        let between = |now: Option<&Standing>, stand| SourceChange::between(&then, cited, now, stand, today);
        assert_eq!(between(Some(&then), true), None);
        assert_eq!(between(Some(&then), false), Some(SourceChange::Text));
        assert_eq!(between(None, false), Some(SourceChange::Removed));
        let repealed = Standing { status: DocStatus::Repealed, ..then.clone() };
        assert_eq!(between(Some(&repealed), true), Some(SourceChange::Validity));
        let ended = Standing { valid_to: Some(date!(2026 - 10 - 31)), ..then.clone() };
        assert_eq!(between(Some(&ended), true), Some(SourceChange::Validity), "an end was set after the answer");
        let same = |last| {
            let standing = Standing { valid_to: Some(last), ..then.clone() };
            SourceChange::between(&standing, cited, Some(&standing), true, today)
        };
        assert_eq!(same(date!(2026 - 10 - 31)), Some(SourceChange::Expired));
        assert_eq!(same(today), None, "its last day");
        assert_eq!(same(date!(2020 - 12 - 31)), None, "it had ended when it was cited");
    }
}
