//! Claims to judgements: rules first, the encoder second, never the other way round.

pub mod align;
pub mod case;
pub mod decide;
pub mod rules;
pub mod verbatim;
