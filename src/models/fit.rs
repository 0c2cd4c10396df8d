//! Which job a file can do, as its header tells.

use super::{
    catalog::Job,
    gguf::{Header, Pooling},
};

/// Whether the file can do the job; the error says why not.
pub fn fits(header: &Header, job: Job) -> Result<(), String> {
    let architecture = header.architecture();
    let pooling = header.pooling();
    let embeds = matches!(pooling, Some(Pooling::Mean | Pooling::Cls | Pooling::Last));
    if header.text("general.type") == Some("adapter") && job != Job::Judge {
        return Err("it is an adapter, which changes a model and is none by itself".to_owned());
    }
    match job {
        Job::Embedder if pooling == Some(Pooling::Rank) => {
            Err(format!("it is a reranker ('{architecture}' with a classification head); choose an embedding model"))
        }
        Job::Embedder if !embeds && !header.is_encoder() => {
            Err(format!("it is a language model ('{architecture}'), not an embedding model"))
        }
        Job::Reranker if second_look(header).is_some() => Ok(()),
        Job::Reranker => Err(format!(
            "a reranker is a cross-encoder with a head for ranking, a verifier or an embedding model; this is \
             '{architecture}' with {} pooling",
            pooling.map_or("unnamed", Pooling::code)
        )),
        Job::Verifier if !header.is_encoder() || pooling != Some(Pooling::None) => Err(format!(
            "a verifier is an encoder without pooling and its heads beside it, this is '{architecture}' with {} pooling",
            pooling.map_or("unnamed", Pooling::code)
        )),
        Job::Generator | Job::Judge if header.is_encoder() || embeds || pooling == Some(Pooling::Rank) => {
            Err(format!("it is an encoder ('{architecture}') and writes no text; choose a language model"))
        }
        Job::Embedder | Job::Verifier | Job::Generator | Job::Judge => Ok(()),
    }
}

/// How a model takes a second look at what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondLook {
    /// By its head for ranking.
    Head,
    /// A verifier: by its opinion whether the source speaks of what is asked.
    Relevance,
    /// An embedding model: by the sentence that is nearest to the question.
    Sentences,
}

/// `None` for a model that cannot.
pub fn second_look(header: &Header) -> Option<SecondLook> {
    match header.pooling() {
        Some(Pooling::Rank) => Some(SecondLook::Head),
        Some(Pooling::None) if header.is_encoder() => Some(SecondLook::Relevance),
        Some(Pooling::Mean | Pooling::Cls | Pooling::Last) => Some(SecondLook::Sentences),
        _ => None,
    }
}

/// The job that a file is made for.
pub fn natural_job(header: &Header) -> Option<Job> {
    [Job::Verifier, Job::Embedder, Job::Generator, Job::Reranker].into_iter().find(|job| fits(header, *job).is_ok())
}

/// What an embedding model without a catalog entry wants before (questions, passages), by the family in its name.
pub fn prefixes(name: &str) -> (&'static str, &'static str) {
    let name = name.to_lowercase();
    let has = |word: &str| name.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    if has("e5") && !name.contains("instruct") {
        ("query: ", "passage: ")
    } else if name.contains("qwen3-embedding") || name.contains("qwen3 embedding") {
        (QWEN3_QUERY, "")
    } else if has("nomic") {
        ("search_query: ", "search_document: ")
    } else {
        ("", "")
    }
}

/// From the model card of Qwen3-Embedding: one sentence of task, then the query.
const QWEN3_QUERY: &str = "Instruct: Given a question, retrieve passages that answer it\nQuery:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_whole_words() {
        assert_eq!(prefixes("multilingual-e5-large-Q8_0").0, "query: ");
        assert_eq!(prefixes("bge-m3-Q8_0"), ("", ""));
        assert_eq!(prefixes("some5thing"), ("", ""));
        assert!(prefixes("Qwen3-Embedding-0.6B-Q8_0").0.starts_with("Instruct"));
    }
}
