//! Legal references (to come).

use crate::domain::text::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct LegalReference {
    pub span: Span,
}
