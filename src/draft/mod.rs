//! Evidence to a draft: quotations chosen by relevance, or prose written by a generator that can cite only labels that
//! exist and write only figures that have a source; then draft to claims. A draft is unjudged and never leaves the pipeline.

pub mod claims;
pub mod constrain;
pub mod ideas;
pub mod parse;
pub mod prompt;
pub mod quote;
