//! Quantities (to come).

use crate::domain::text::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    pub span: Span,
}
