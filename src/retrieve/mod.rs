//! Chunks to index, query to evidence.

mod adapter;
mod catalogue;
mod copies;
pub mod coverage;
mod direct;
mod engine;
mod expand;
mod filter;
mod follow;
mod fuse;
mod instruments;
mod lexical;
mod origin;
mod passage;
mod product;
mod recent;
mod remember;
mod rerank;
mod vector;

pub use self::{
    adapter::QueryAdapter,
    engine::{Engine, LONGEST_QUERY, Options},
    expand::{BadSynonyms, Synonyms, restated},
    fuse::Fusion,
    lexical::{BareSearch, LexicalWeights, bare_index},
    passage::passage_text,
    product::{dot, nearness, unit},
    remember::Remembering,
    rerank::{ByRelevance, BySentences, FIRST},
};

#[cfg(test)]
mod tests;
