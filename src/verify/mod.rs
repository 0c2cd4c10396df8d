//! Claims to judgements: rules first, the encoder second, never the other way round.
//!
//! [`Cascade`] takes each claim through the labels it cites, the sources' own words ([`verbatim`]), the rules
//! ([`rules`]), the rows of tables ([`tabled`]: one cell; [`moved`]: two, and what is worked out from them) and the
//! encoder ([`ground`]: a cross-encoder; [`entail`]: vectors, where there is none); what is open then goes to the judge,
//! where there is one ([`escalate`]); [`decide`] is the table that says what follows.

pub mod align;
pub mod binomial;
mod cascade;
pub mod case;
pub mod certify;
pub mod decide;
pub mod disagree;
pub mod entail;
mod escalate;
mod explain;
mod ground;
mod judge;
mod lead;
mod moved;
pub mod plan;
mod read;
pub mod reference_check;
mod references;
mod row;
pub mod rules;
mod tabled;
pub mod tokens;
pub mod verbatim;
mod windows;

pub use self::{cascade::Cascade, decide::Thresholds, references::in_text};
