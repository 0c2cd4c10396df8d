//! Every noun of Attest: no I/O, no async, no wire or database format.
//!
//! Read in the order of the pipeline: [`text`], [`document`], [`evidence`], [`claim`], [`verdict`], [`answer`],
//! [`audit`], [`policy`]; [`instrument`] holds the laws that texts refer to.

pub mod answer;
pub mod audit;
pub mod certificate;
pub mod claim;
pub mod document;
pub mod evidence;
pub mod exploration;
pub mod instrument;
pub mod policy;
pub mod precedence;
pub mod recall;
pub mod text;
pub mod verdict;
