//! Chunks to index, query to evidence.

mod catalogue;
mod engine;
mod filter;
mod follow;
mod fuse;
mod lexical;
mod passage;

pub use self::{
    engine::{Engine, LONGEST_QUERY, Options},
    fuse::Fusion,
    lexical::LexicalWeights,
    passage::passage_text,
};

#[cfg(test)]
mod tests;
