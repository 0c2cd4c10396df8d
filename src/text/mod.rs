//! Text as evidence sees it: language, folding with an offset map, sentences, words, quantities, dates, legal
//! references, negation and modality. Pure functions; every span is into the text that was given.

pub mod asked;
pub mod date;
pub mod emit;

pub mod fold;
pub mod follow_up;
pub mod identifier;
pub mod instruction;
pub mod lang;
pub mod line_item;
pub mod logic;
pub mod overlap;
pub mod quantity;
pub mod reference;
pub mod sentence;
pub mod speech;
pub mod thinking;
pub mod vocabulary;
pub mod words;
