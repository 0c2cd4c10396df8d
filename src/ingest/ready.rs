//! Vectors that come with a collection, so that its first questions need not wait for the encoder.
//!
//! A file holds them by the hash of what was embedded and names the model by its hash: whatever has changed since, a
//! text, the way it is cut, the model, simply does not match and is embedded as usual.

use std::{collections::HashMap, fs, io::Write, path::Path};

use crate::{
    domain::{answer::ModelIdentity, document::CollectionName},
    ports::{Store, StoreError},
    retrieve::passage_text,
};

/// First bytes of a file of vectors; the digit is the version of the form.
const MAGIC: &[u8; 8] = b"ATVECS1\n";

/// Bytes of a passage's BLAKE3 that are kept: a chance meeting among a million passages is out of the question.
const KEY: usize = 16;

/// Vectors read and written at once.
const BATCH: u32 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum ReadyError {
    #[error("{path}: {problem}")]
    File { path: String, problem: std::io::Error },
    #[error(
        "{path} is not a file of vectors, or it is damaged: {problem}; delete it, and vectors are computed instead"
    )]
    Damaged { path: String, problem: &'static str },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A vector as signed bytes with one scale: an eighth of a percent of error in a cosine, a quarter of the size.
#[derive(Clone, Debug, PartialEq)]
struct Quantised {
    scale: f32,
    bytes: Box<[i8]>,
}

impl Quantised {
    fn of(values: &[f32]) -> Self {
        let scale = values.iter().fold(0.0_f32, |most, v| most.max(v.abs())) / 127.0;
        #[expect(clippy::cast_possible_truncation, reason = "the quotient lies between -127 and 127")]
        let byte = |v: &f32| if scale > 0.0 { (v / scale).round() as i8 } else { 0 };
        Self { scale, bytes: values.iter().map(byte).collect() }
    }

    /// The vector, of length one again.
    fn values(&self) -> Vec<f32> {
        let raw: Vec<f32> = self.bytes.iter().map(|&b| f32::from(b) * self.scale).collect();
        let length = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
        if length > 0.0 { raw.iter().map(|v| v / length).collect() } else { raw }
    }
}

/// Vectors of one model by what they were made from.
#[derive(Clone, Debug)]
pub struct ReadyVectors {
    /// SHA-256 of the model file that made them, hexadecimal.
    model: String,
    dimensions: usize,
    rows: HashMap<[u8; KEY], Quantised>,
}

impl ReadyVectors {
    pub fn new(model: &ModelIdentity, dimensions: usize) -> Self {
        Self { model: model.sha256.clone(), dimensions, rows: HashMap::new() }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Keeps the vector of a passage; one of another length than the rest is left out.
    pub fn insert(&mut self, passage: &str, vector: &[f32]) {
        if vector.len() == self.dimensions {
            self.rows.insert(key(passage), Quantised::of(vector));
        }
    }

    pub fn vector(&self, passage: &str) -> Option<Vec<f32>> {
        self.rows.get(&key(passage)).map(Quantised::values)
    }

    /// Whether `model` would have made these vectors.
    pub fn made_by(&self, model: &ModelIdentity) -> bool {
        self.model == model.sha256
    }

    /// Writes the file, the same bytes for the same vectors; whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), ReadyError> {
        let mut out = MAGIC.to_vec();
        out.extend(u32::try_from(self.dimensions).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(u32::try_from(self.rows.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(u32::try_from(self.model.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(self.model.as_bytes());
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(key, _)| **key);
        for (key, row) in rows {
            out.extend(key);
            out.extend(row.scale.to_le_bytes());
            out.extend(row.bytes.iter().flat_map(|b| b.to_le_bytes()));
        }
        out.extend(blake3::hash(&out).as_bytes());
        let problem = |problem| ReadyError::File { path: path.display().to_string(), problem };
        let part = path.with_extension("part");
        fs::File::create(&part)
            .and_then(|mut file| file.write_all(&out).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&part, path))
            .map_err(problem)
    }

    pub fn read(path: &Path) -> Result<Self, ReadyError> {
        let name = || path.display().to_string();
        let bytes = fs::read(path).map_err(|problem| ReadyError::File { path: name(), problem })?;
        Self::parse(&bytes).map_err(|problem| ReadyError::Damaged { path: name(), problem })
    }

    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        const SHORT: &str = "it ends too early";
        let (body, sum) = bytes.split_last_chunk::<32>().ok_or(SHORT)?;
        let rest = body.strip_prefix(MAGIC).ok_or("it begins differently")?;
        if blake3::hash(body).as_bytes() != sum {
            return Err("its checksum is wrong");
        }
        let (dimensions, rest) = number(rest).ok_or(SHORT)?;
        let (count, rest) = number(rest).ok_or(SHORT)?;
        let (name_length, rest) = number(rest).ok_or(SHORT)?;
        let (model, mut rest) = rest.split_at_checked(name_length).ok_or(SHORT)?;
        let model = std::str::from_utf8(model).map_err(|_| "its model has no name")?.to_owned();
        let mut rows = HashMap::new();
        for _ in 0..count {
            let (key, after) = rest.split_first_chunk::<KEY>().ok_or(SHORT)?;
            let (scale, after) = after.split_first_chunk::<4>().ok_or(SHORT)?;
            let (row, after) = after.split_at_checked(dimensions).ok_or(SHORT)?;
            let scale = f32::from_le_bytes(*scale);
            if !scale.is_finite() {
                return Err("a scale is not a number");
            }
            rows.insert(*key, Quantised { scale, bytes: row.iter().map(|b| i8::from_le_bytes([*b])).collect() });
            rest = after;
        }
        if rest.is_empty() { Ok(Self { model, dimensions, rows }) } else { Err("it goes on after its end") }
    }
}

fn key(passage: &str) -> [u8; KEY] {
    let mut key = [0; KEY];
    key.copy_from_slice(&blake3::hash(passage.as_bytes()).as_bytes()[..KEY]);
    key
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

/// Gives the chunks that have none their vectors, as far as `ready` has them for `model`; how many those were.
pub async fn fill(store: &dyn Store, ready: &ReadyVectors, model: &ModelIdentity) -> Result<u64, ReadyError> {
    if ready.is_empty() || !ready.made_by(model) {
        return Ok(0);
    }
    let mut filled = 0;
    // What is missing is asked for once: chunks without a ready vector would come back each time.
    let missing = store.chunks_without_vector(&model.name, u32::MAX >> 1).await?;
    for batch in missing.chunks(BATCH as usize) {
        let vectors: Vec<_> = batch
            .iter()
            .filter_map(|stored| ready.vector(&passage_text(stored)).map(|vector| (stored.chunk.id, vector)))
            .collect();
        store.put_vectors(&model.name, &vectors).await?;
        filled += vectors.len() as u64;
    }
    Ok(filled)
}

/// The vectors that the store has for a collection's current documents, ready to be written.
pub async fn gather(
    store: &dyn Store,
    collection: &CollectionName,
    model: &ModelIdentity,
    dimensions: usize,
) -> Result<ReadyVectors, ReadyError> {
    let mut ready = ReadyVectors::new(model, dimensions);
    let mut sequence = 0;
    loop {
        let vectors = store.vectors_after(&model.name, sequence, BATCH).await?;
        let Some(last) = vectors.last() else { return Ok(ready) };
        sequence = last.sequence;
        let by_chunk: HashMap<_, _> = vectors.iter().map(|v| (v.chunk, &v.values)).collect();
        let ids: Vec<_> = vectors.iter().map(|v| v.chunk).collect();
        for stored in store.chunks(&ids).await? {
            if stored.collection == *collection
                && let Some(values) = by_chunk.get(&stored.chunk.id)
            {
                ready.insert(&passage_text(&stored), values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(sha256: &str) -> ModelIdentity {
        ModelIdentity { name: "e5".to_owned(), sha256: sha256.to_owned() }
    }

    fn unit(seed: u32) -> Vec<f32> {
        let raw: Vec<f32> =
            (0..384_u32).map(|i| f32::from(((i * 7919 + seed * 104_729) % 2003) as u16) - 1001.0).collect();
        let length = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
        raw.iter().map(|v| v / length).collect()
    }

    fn sample() -> ReadyVectors {
        let mut ready = ReadyVectors::new(&model("abc"), 384);
        ready.insert("借款人应当返还借款。", &unit(1));
        ready.insert("The borrower repays.", &unit(2));
        ready
    }

    #[test]
    fn what_is_written_is_read_again_nearly_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vectors.bin");
        sample().write(&path).expect("the file is written");
        let again = ReadyVectors::read(&path).expect("the file is read");
        assert_eq!(again.len(), 2);
        assert!(again.made_by(&model("abc")) && !again.made_by(&model("abd")));
        let vector = again.vector("借款人应当返还借款。").expect("it is there");
        let cosine: f32 = vector.iter().zip(unit(1)).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.999, "{cosine}");
        assert!(again.vector("借款人应当返还借款").is_none(), "another text has another vector");
    }

    #[test]
    fn the_same_vectors_give_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        for path in &paths {
            sample().write(path).expect("the file is written");
        }
        let [a, b] = paths.map(|path| fs::read(path).expect("the file is read"));
        assert_eq!(a, b);
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vectors.bin");
        sample().write(&path).expect("the file is written");
        let whole = fs::read(&path).expect("the file is read");
        for cut in [0, 7, 31, 60, whole.len() - 1] {
            assert!(ReadyVectors::parse(&whole[..cut]).is_err(), "cut at {cut}");
        }
        for at in (0..whole.len()).step_by(97) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(ReadyVectors::parse(&changed).is_err(), "changed at {at}");
        }
    }

    #[test]
    fn a_vector_of_another_length_is_left_out() {
        let mut ready = sample();
        ready.insert("odd", &[1.0]);
        assert!(ready.vector("odd").is_none());
    }
}
