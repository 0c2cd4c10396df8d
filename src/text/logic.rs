//! Negation, modality, conditions, quantifiers (to come).

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logic {}
