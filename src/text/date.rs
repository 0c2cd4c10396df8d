//! Dates (to come).

use crate::domain::text::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct DateMention {
    pub span: Span,
}
