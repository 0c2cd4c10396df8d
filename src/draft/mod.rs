//! Evidence to a draft: quotations chosen by relevance, or prose written by a generator under a grammar that knows
//! only labels that exist; then draft to claims. A draft is unjudged and never leaves the pipeline.

pub mod claims;
pub mod grammar;
pub mod parse;
pub mod prompt;
pub mod quote;
