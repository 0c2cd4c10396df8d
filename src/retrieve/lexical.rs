//! The BM25 index. It is derived from the store, and says in every commit how far it has followed.
//!
//! Words come from [`crate::text::words`], already cut, so tantivy's own analysis is not used. A commit is atomic: after
//! a crash the index stands at the position of its last commit, and the follower goes on from there.

mod bare;

use std::{
    collections::{HashMap, HashSet},
    fs,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    collector::TopDocs,
    directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory, error::LockError},
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, RangeQuery, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

pub use self::bare::{BareSearch, bare_index};
use super::{
    filter::{Filter, When, governing_days, julian},
    origin::{Origins, Sketch},
};
use crate::{
    domain::{
        document::{ChunkId, CollectionName, DocStatus, VersionId},
        evidence::Concept,
    },
    ports::{RetrieveError, StoredChunk},
    text::words::{Word, bigrams, is_stop_word, search_words, words},
};

/// Changes whenever the words or fields of the index change: an index of another format is made anew.
const FORMAT: &str = "attest-lexical-2";

/// Memory for documents not yet written, in bytes.
const WRITER_BYTES: usize = 64 << 20;

/// Indexes smaller than this are checked whole, by checksum, when they are opened.
const CHECKED_BYTES: u64 = 256 << 20;

/// Terms of a question that are looked up at most; the rarest ones are kept.
const MOST_TERMS: usize = 96;

/// Weights of the fields and of the kinds of words. The defaults are the best of a grid on lay questions to statutes
/// (the development part of `LeCoQA`); around them recall at 10 changes by less than 0.01.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LexicalWeights {
    pub body: f32,
    pub title: f32,
    pub path: f32,
    pub bigram: f32,
    /// Factor for words that are only part of a longer word of the question.
    pub part: f32,
    /// Factor for words of the sources that stand for an everyday word of the question.
    pub synonym: f32,
}

impl Default for LexicalWeights {
    fn default() -> Self {
        Self { body: 1.0, title: 0.25, path: 0.75, bigram: 0.4, part: 0.5, synonym: 1.0 }
    }
}

/// How far an index has followed the store: the position of the last change taken in, and the version it was about, by
/// which a store that was replaced by another is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub position: i64,
    pub version: i64,
}

/// A searchable chunk as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub chunk: ChunkId,
    pub version: VersionId,
    /// Equal for passages of one text.
    pub origin: ChunkId,
}

#[derive(Clone, Copy)]
struct Fields {
    body: Field,
    bigram: Field,
    title: Field,
    path: Field,
    /// `<version>#<locator words>`.
    place: Field,
    collection: Field,
    lang: Field,
    status: Field,
    first_day: Field,
    last_day: Field,
    chunk: Field,
    version: Field,
    origin: Field,
    sketch: Field,
}

pub(super) struct LexicalIndex {
    path: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    known: Arc<Mutex<Option<KnownTexts>>>,
}

/// What is known of the texts in the index, and the commit at which it is true.
#[derive(Default)]
struct KnownTexts {
    mark: Mark,
    origins: Origins,
}

/// The one process that may write to the index. Nothing is visible before [`Writing::commit`].
pub(super) struct Writing {
    fields: Fields,
    writer: IndexWriter,
    titles: HashMap<VersionId, Vec<Word>>,
    texts: KnownTexts,
    /// Where the next one to write looks for them.
    known: Arc<Mutex<Option<KnownTexts>>>,
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn failed(problem: impl ToString) -> RetrieveError {
    RetrieveError::Index { index: "lexical", problem: problem.to_string() }
}

fn schema() -> (Schema, Fields) {
    let indexed = |record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        body: builder.add_text_field("body", indexed(IndexRecordOption::WithFreqsAndPositions)),
        bigram: builder.add_text_field("bigram", indexed(IndexRecordOption::WithFreqs)),
        title: builder.add_text_field("title", indexed(IndexRecordOption::WithFreqs)),
        path: builder.add_text_field("path", indexed(IndexRecordOption::WithFreqs)),
        place: builder.add_text_field("place", STRING),
        collection: builder.add_text_field("collection", STRING),
        lang: builder.add_text_field("lang", STRING),
        status: builder.add_text_field("status", STRING),
        first_day: builder.add_i64_field("first_day", FAST),
        last_day: builder.add_i64_field("last_day", FAST),
        chunk: builder.add_i64_field("chunk", FAST),
        version: builder.add_i64_field("version", FAST | INDEXED),
        origin: builder.add_i64_field("origin", FAST),
        sketch: builder.add_u64_field("sketch", FAST),
    };
    (builder.build(), fields)
}

impl LexicalIndex {
    /// Opens the index in `path`; what is not there, is damaged or was made by another version is made anew and empty.
    pub fn open(path: &Path) -> Result<Self, RetrieveError> {
        // A process that writes may replace files between two reads of ours: what looks damaged may be whole again.
        let mut why = String::new();
        for attempt in 0..3 {
            match Self::open_existing(path) {
                Ok(index) => return Ok(index),
                Err(problem) => why = problem,
            }
            if !path.join("meta.json").exists() {
                break;
            }
            thread::sleep(Duration::from_millis(50 << attempt));
        }
        tracing::info!(path = %path.display(), %why, "the lexical index is made anew");
        Self::create(path)
    }

    /// Throws away what is in `path` and starts an empty index there, unless another process writes to it.
    fn create(path: &Path) -> Result<Self, RetrieveError> {
        let problem = |e: std::io::Error| failed(format!("{}: {e}", path.display()));
        fs::create_dir_all(path).map_err(problem)?;
        let directory = MmapDirectory::open(path).map_err(failed)?;
        let lock = directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|e| {
            failed(format!("{} cannot be read and another process holds it ({e}); stop that process", path.display()))
        })?;
        for entry in fs::read_dir(path).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            if entry.path().file_name() != INDEX_WRITER_LOCK.filepath.file_name() {
                let removed = if entry.path().is_dir() {
                    fs::remove_dir_all(entry.path())
                } else {
                    fs::remove_file(entry.path())
                };
                removed.map_err(problem)?;
            }
        }
        let (schema, fields) = schema();
        let index = Index::create_in_dir(path, schema).map_err(failed)?;
        drop(lock);
        Self::assemble(path, index, fields).map_err(failed)
    }

    fn open_existing(path: &Path) -> Result<Self, String> {
        let (schema, fields) = schema();
        let index = Index::open_in_dir(path).map_err(|e| e.to_string())?;
        if index.schema() != schema {
            return Err("its fields are those of another version".to_owned());
        }
        let this = Self::assemble(path, index, fields).map_err(|e| e.to_string())?;
        let metas = this.index.load_metas().map_err(|e| e.to_string())?;
        if !metas.segments.is_empty() && parse_mark(metas.payload.as_deref()).is_none() {
            return Err("its words are those of another version".to_owned());
        }
        if folder_bytes(path) <= CHECKED_BYTES {
            let damaged = this.index.validate_checksum().map_err(|e| e.to_string())?;
            if let Some(file) = damaged.iter().next() {
                return Err(format!("{} is damaged", file.display()));
            }
        }
        Ok(this)
    }

    fn assemble(path: &Path, index: Index, fields: Fields) -> tantivy::Result<Self> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { path: path.to_owned(), index, reader, fields, known: Arc::default() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far the last commit had followed, by whatever process.
    pub fn mark(&self) -> Result<Mark, RetrieveError> {
        let metas = self.index.load_metas().map_err(failed)?;
        Ok(parse_mark(metas.payload.as_deref()).unwrap_or_default())
    }

    /// Makes the last commit visible to searches.
    pub fn reload(&self) -> Result<(), RetrieveError> {
        self.reader.reload().map_err(failed)
    }

    /// `None` when another process writes to this index.
    pub fn write(&self) -> Result<Option<Writing>, RetrieveError> {
        let writer = match self.index.writer_with_num_threads(1, WRITER_BYTES) {
            Ok(writer) => writer,
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let mark = self.mark()?;
        // Another process may have written since, and a writer that failed gave nothing back.
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).take().filter(|kept| kept.mark == mark);
        let texts = kept.map_or_else(|| self.origins().map(|origins| KnownTexts { mark, origins }), Ok)?;
        let known = Arc::clone(&self.known);
        Ok(Some(Writing { fields: self.fields, writer, titles: HashMap::new(), texts, known }))
    }

    /// All searchable chunks, ordered by chunk.
    pub fn rows(&self) -> Result<Vec<Row>, RetrieveError> {
        let searcher = self.reader.searcher();
        let total = usize::try_from(searcher.num_docs()).unwrap_or(0);
        let mut rows = Vec::with_capacity(total);
        for segment in searcher.segment_readers() {
            let fast = segment.fast_fields();
            let chunk = fast.i64("chunk").map_err(failed)?;
            let version = fast.i64("version").map_err(failed)?;
            let origin = fast.i64("origin").map_err(failed)?;
            for doc in segment.doc_ids_alive() {
                if let (Some(chunk), Some(version), Some(origin)) =
                    (chunk.first(doc), version.first(doc), origin.first(doc))
                {
                    rows.push(Row { chunk: ChunkId(chunk), version: VersionId(version), origin: ChunkId(origin) });
                }
            }
        }
        rows.sort_unstable_by_key(|row| row.chunk);
        Ok(rows)
    }

    /// The texts of all searchable chunks, as the last commit left them.
    fn origins(&self) -> Result<Origins, RetrieveError> {
        self.reload()?;
        let mut found: Vec<(ChunkId, VersionId, ChunkId, Sketch)> = Vec::new();
        for segment in self.reader.searcher().segment_readers() {
            let fast = segment.fast_fields();
            let [chunk, version, origin] = ["chunk", "version", "origin"].map(|field| fast.i64(field));
            let (chunk, version, origin) = (chunk.map_err(failed)?, version.map_err(failed)?, origin.map_err(failed)?);
            let sketch = fast.u64("sketch").map_err(failed)?;
            for doc in segment.doc_ids_alive() {
                if let (Some(chunk), Some(version), Some(origin), Some(sketch)) = (
                    chunk.first(doc),
                    version.first(doc),
                    origin.first(doc),
                    Sketch::from_words(sketch.values_for_doc(doc)),
                ) {
                    found.push((ChunkId(chunk), VersionId(version), ChunkId(origin), sketch));
                }
            }
        }
        found.sort_unstable_by_key(|(chunk, ..)| *chunk);
        let (mut origins, mut seen) = (Origins::default(), HashSet::new());
        for (_, version, origin, sketch) in found {
            if seen.insert(origin) {
                origins.learn(origin, version, sketch);
            }
        }
        Ok(origins)
    }

    /// The best chunks for a question and the concepts that it names, best first, with their BM25 scores.
    pub fn search(
        &self,
        question: &str,
        filter: &Filter,
        weights: &LexicalWeights,
        concepts: &[Concept],
        limit: usize,
    ) -> Result<Vec<(ChunkId, f32)>, RetrieveError> {
        let searcher = self.reader.searcher();
        if limit == 0 || searcher.num_docs() == 0 {
            return Ok(Vec::new());
        }
        let Some(scored) = self.question(&searcher, question, weights, concepts)? else { return Ok(Vec::new()) };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, scored)];
        clauses.extend(self.filter(filter).into_iter().map(|q| {
            let unscored: Box<dyn Query> = Box::new(ConstScoreQuery::new(q, 0.0));
            (Occur::Must, unscored)
        }));
        let query = BooleanQuery::new(clauses);
        let top = searcher.search(&query, &TopDocs::with_limit(limit).order_by_score()).map_err(failed)?;
        Self::chunk_ids(&searcher, &top)
    }

    /// Chunks of `version` at `locator`; where there is none, those of its subdivisions: "§ 1002.5" finds "§ 1002.5(a)".
    pub fn at(&self, version: VersionId, locator: &str) -> Result<Vec<ChunkId>, RetrieveError> {
        let searcher = self.reader.searcher();
        let place = place(version, locator);
        let term = |text: &str| Term::from_field_text(self.fields.place, text);
        let exact = TermQuery::new(term(&place), IndexRecordOption::Basic);
        let below =
            RangeQuery::new(Bound::Included(term(&format!("{place} "))), Bound::Excluded(term(&format!("{place}!"))));
        for query in [Box::new(exact) as Box<dyn Query>, Box::new(below)] {
            let top = searcher.search(&*query, &TopDocs::with_limit(200).order_by_score()).map_err(failed)?;
            if !top.is_empty() {
                let mut ids: Vec<ChunkId> = Self::chunk_ids(&searcher, &top)?.into_iter().map(|(id, _)| id).collect();
                ids.sort_unstable();
                return Ok(ids);
            }
        }
        Ok(Vec::new())
    }

    fn chunk_ids(
        searcher: &Searcher,
        top: &[(f32, tantivy::DocAddress)],
    ) -> Result<Vec<(ChunkId, f32)>, RetrieveError> {
        let columns: Vec<_> = searcher
            .segment_readers()
            .iter()
            .map(|segment| segment.fast_fields().i64("chunk"))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let chunk = |doc: &tantivy::DocAddress| columns.get(doc.segment_ord as usize)?.first(doc.doc_id).map(ChunkId);
        Ok(top.iter().filter_map(|(score, doc)| Some((chunk(doc)?, *score))).collect())
    }

    /// The scored part of the query; `None` when neither a word of the question is in the index nor a concept is known.
    fn question(
        &self,
        searcher: &Searcher,
        question: &str,
        weights: &LexicalWeights,
        concepts: &[Concept],
    ) -> Result<Option<Box<dyn Query>>, RetrieveError> {
        let mut seen = HashSet::new();
        let mut all: Vec<Word> = search_words(question);
        all.retain(|word| seen.insert(word.text.clone()));
        let mut kept: Vec<&Word> = all.iter().filter(|word| !is_stop_word(&word.text)).collect();
        if kept.is_empty() {
            // "What is this?": better its stop words than nothing.
            kept = all.iter().collect();
        }
        let mut terms: Vec<(u64, Field, String, f32)> = Vec::new();
        for word in kept {
            let factor = if word.part { weights.part } else { 1.0 };
            for (field, weight) in
                [(self.fields.body, weights.body), (self.fields.title, weights.title), (self.fields.path, weights.path)]
            {
                terms.push((0, field, word.text.clone(), weight * factor));
            }
        }
        let mut seen = HashSet::new();
        for pair in bigrams(question) {
            if pair.text.chars().count() > 1 && seen.insert(pair.text.clone()) {
                terms.push((0, self.fields.bigram, pair.text, weights.bigram));
            }
        }
        terms.retain(|(.., weight)| *weight > 0.0);
        for (frequency, field, text, _) in &mut terms {
            *frequency = searcher.doc_freq(&Term::from_field_text(*field, text)).map_err(failed)?;
        }
        terms.retain(|(frequency, ..)| *frequency > 0);
        if terms.len() > MOST_TERMS * 4 {
            terms.sort_by_key(|(frequency, ..)| *frequency);
            terms.truncate(MOST_TERMS * 4);
        }
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            terms.into_iter().map(|(_, field, text, weight)| (Occur::Should, boosted(field, &text, weight))).collect();
        if weights.synonym > 0.0 {
            for concept in concepts {
                let alternatives = concept.meant.iter().map(|phrase| self.alternative(phrase, weights)).collect();
                // The best alternative counts: a source is not better for saying the same in several ways.
                clauses.push((Occur::Should, Box::new(DisjunctionMaxQuery::new(alternatives))));
            }
        }
        Ok((!clauses.is_empty()).then(|| -> Box<dyn Query> { Box::new(BooleanQuery::new(clauses)) }))
    }

    /// The words of one alternative to an everyday word.
    fn alternative(&self, phrase: &str, weights: &LexicalWeights) -> Box<dyn Query> {
        let found = words(phrase);
        let share = weights.synonym / found.len().max(1) as f32;
        let terms = found.iter().flat_map(|word| {
            [(self.fields.body, weights.body), (self.fields.title, weights.title), (self.fields.path, weights.path)]
                .map(|(field, weight)| (Occur::Should, boosted(field, &word.text, weight * share)))
        });
        Box::new(BooleanQuery::new(terms.collect()))
    }

    fn filter(&self, filter: &Filter) -> Vec<Box<dyn Query>> {
        let one_of = |field: Field, values: Vec<&str>| -> Box<dyn Query> {
            let terms = values.into_iter().map(|value| Term::from_field_text(field, value)).collect();
            Box::new(BooleanQuery::new_multiterms_query(terms))
        };
        let fields = &self.fields;
        let mut queries = Vec::new();
        if !filter.collections.is_empty() {
            queries.push(one_of(fields.collection, filter.collections.iter().map(CollectionName::as_str).collect()));
        }
        if let Some(lang) = filter.lang {
            queries.push(one_of(fields.lang, vec![lang.code()]));
        }
        match &filter.when {
            When::Statuses(statuses) => {
                queries.push(one_of(fields.status, statuses.iter().copied().map(DocStatus::code).collect()));
            }
            When::GovernsOn(day) => {
                let day = julian(*day);
                queries.push(Box::new(RangeQuery::new(
                    Bound::Unbounded,
                    Bound::Included(Term::from_field_i64(fields.first_day, day)),
                )));
                queries.push(Box::new(RangeQuery::new(
                    Bound::Included(Term::from_field_i64(fields.last_day, day)),
                    Bound::Unbounded,
                )));
            }
        }
        queries
    }
}

impl Writing {
    pub fn add(&mut self, stored: &StoredChunk) -> Result<(), RetrieveError> {
        let StoredChunk { collection, meta, chunk } = stored;
        let fields = self.fields;
        let title = self.titles.entry(chunk.version).or_insert_with(|| search_words(&meta.title));
        let mut doc = TantivyDocument::default();
        doc.add_pre_tokenized_text(fields.title, tokens(title));
        doc.add_pre_tokenized_text(fields.path, tokens(&search_words(&chunk.path.join("\n"))));
        doc.add_pre_tokenized_text(fields.body, tokens(&search_words(&chunk.text)));
        doc.add_pre_tokenized_text(fields.bigram, tokens(&bigrams(&chunk.text)));
        doc.add_text(fields.place, place(chunk.version, &chunk.locator));
        doc.add_text(fields.collection, collection.as_str());
        doc.add_text(fields.lang, meta.lang.code());
        doc.add_text(fields.status, meta.status.code());
        let (first, last) = governing_days(meta);
        doc.add_i64(fields.first_day, first);
        doc.add_i64(fields.last_day, last);
        doc.add_i64(fields.chunk, chunk.id.0);
        doc.add_i64(fields.version, chunk.version.0);
        let (origin, sketch) = self.texts.origins.of(chunk);
        doc.add_i64(fields.origin, origin.0);
        for word in sketch.words() {
            doc.add_u64(fields.sketch, word);
        }
        self.writer.add_document(doc).map(drop).map_err(failed)
    }

    pub fn remove(&mut self, version: VersionId) {
        self.titles.remove(&version);
        self.writer.delete_term(Term::from_field_i64(self.fields.version, version.0));
    }

    /// Empties the index, at once.
    pub fn clear(&mut self) -> Result<(), RetrieveError> {
        self.writer.delete_all_documents().map_err(failed)?;
        self.texts = KnownTexts::default();
        self.commit(Mark::default())
    }

    /// Writes everything so far to disk, as one step, together with the mark.
    pub fn commit(&mut self, mark: Mark) -> Result<(), RetrieveError> {
        self.titles.clear();
        let mut prepared = self.writer.prepare_commit().map_err(failed)?;
        prepared.set_payload(&format!("{FORMAT} {} {}", mark.position, mark.version));
        prepared.commit().map_err(failed)?;
        self.texts.mark = mark;
        Ok(())
    }

    /// Waits for merges and lets another process write.
    pub fn finish(self) -> Result<(), RetrieveError> {
        self.writer.wait_merging_threads().map_err(failed)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.texts);
        Ok(())
    }
}

fn boosted(field: Field, text: &str, weight: f32) -> Box<dyn Query> {
    let term = TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(term), weight))
}

/// The form in which article numbers are looked up: `第675条` for 第六百七十五条, `art 33` for "Article 33" and "Art. 33".
fn place(version: VersionId, locator: &str) -> String {
    let words: Vec<String> = words(locator)
        .into_iter()
        .map(|w| match w.text.as_str() {
            "articl" => "art".to_owned(),
            "section" | "sec" => "§".to_owned(),
            _ => w.text,
        })
        .filter(|w| w != "§")
        .collect();
    format!("{}#{}", version.0, words.join(" "))
}

fn tokens(words: &[Word]) -> PreTokenizedString {
    let tokens = words.iter().map(|word| Token {
        offset_from: word.span.start(),
        offset_to: word.span.end(),
        position: word.position as usize,
        text: word.text.clone(),
        position_length: 1,
    });
    PreTokenizedString { text: String::new(), tokens: tokens.collect() }
}

fn parse_mark(payload: Option<&str>) -> Option<Mark> {
    let mut parts = payload?.split(' ');
    if parts.next()? != FORMAT {
        return None;
    }
    Some(Mark { position: parts.next()?.parse().ok()?, version: parts.next()?.parse().ok()? })
}

fn folder_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|meta| meta.len()).sum()
}
