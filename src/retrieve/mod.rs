//! Chunks to index, query to evidence.

mod catalogue;
mod direct;
mod engine;
mod expand;
mod filter;
mod follow;
mod fuse;
mod lexical;
mod passage;
mod recent;
mod vector;

pub use self::{
    engine::{Engine, LONGEST_QUERY, Options},
    fuse::Fusion,
    lexical::{BareSearch, LexicalWeights, bare_index},
    passage::passage_text,
};

#[cfg(test)]
mod tests;
