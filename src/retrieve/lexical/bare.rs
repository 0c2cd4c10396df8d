//! The least that tantivy needs to do the same work: what `attest bench` measures itself against.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tantivy::{
    Index, IndexReader, ReloadPolicy, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

use super::{WRITER_BYTES, failed, tokens};
use crate::{
    ports::RetrieveError,
    text::words::{search_words, words},
};

/// Writes one field of words for each text into a new index in `directory`, which must exist and be empty, and commits.
/// Cutting words counts: no search is possible without it.
pub fn bare_index(directory: &Path, texts: &[String]) -> Result<Duration, RetrieveError> {
    let start = Instant::now();
    let indexing =
        TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let mut schema = Schema::builder();
    let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
    let index = Index::create_in_dir(directory, schema.build()).map_err(failed)?;
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(failed)?;
    for text in texts {
        let mut document = TantivyDocument::default();
        document.add_pre_tokenized_text(body, tokens(&search_words(text)));
        writer.add_document(document).map_err(failed)?;
    }
    writer.commit().map_err(failed)?;
    writer.wait_merging_threads().map_err(failed)?;
    Ok(start.elapsed())
}

/// A plain "any of these words" over one field of an existing index.
pub struct BareSearch {
    index: Index,
    reader: IndexReader,
}

impl BareSearch {
    /// Opens the lexical index that the engine keeps in `directory`.
    pub fn open(directory: &Path) -> Result<Self, RetrieveError> {
        let index = Index::open_in_dir(directory.join("lexical")).map_err(failed)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
        Ok(Self { index, reader })
    }

    /// The best `limit` documents by BM25: how many there are, and how long that took. No filters, no synonyms, one
    /// field, and nothing is loaded.
    pub fn search(&self, question: &str, limit: usize) -> Result<(usize, Duration), RetrieveError> {
        let start = Instant::now();
        let body = self.index.schema().get_field("body").map_err(failed)?;
        let clauses = words(question).into_iter().map(|word| {
            let term = TermQuery::new(Term::from_field_text(body, &word.text), IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(term) as Box<dyn Query>)
        });
        let query = BooleanQuery::new(clauses.collect());
        let top =
            self.reader.searcher().search(&query, &TopDocs::with_limit(limit).order_by_score()).map_err(failed)?;
        Ok((top.len(), start.elapsed()))
    }
}
