//! Files of cases: one JSON object a line, plain or gzipped.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::EvalError;

/// Every row of a file, in order; blank lines are skipped. A name ending in `.gz` is unpacked on the way.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, EvalError> {
    let file = File::open(path).map_err(|e| EvalError::read(path, &e))?;
    let source: Box<dyn Read> = if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let lines = BufReader::new(source).lines().map(|line| line.map_err(|e| EvalError::read(path, &e)));
    let rows = objects(path, lines)?;
    if rows.is_empty() { Err(EvalError::Empty { path: path.display().to_string() }) } else { Ok(rows) }
}

/// Every row of a text that was read from `path`.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<Vec<T>, EvalError> {
    objects(path, text.lines().map(|line| Ok(line.to_owned())))
}

fn objects<T: DeserializeOwned>(
    path: &Path,
    lines: impl Iterator<Item = Result<String, EvalError>>,
) -> Result<Vec<T>, EvalError> {
    let mut rows = Vec::new();
    for (at, line) in lines.enumerate() {
        let line = line?;
        // A byte-order mark may stand before the first object.
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        rows.push(serde_json::from_str(line).map_err(|e| EvalError::Line {
            path: path.display().to_string(),
            line: at + 1,
            problem: e.to_string(),
        })?);
    }
    Ok(rows)
}

/// Ids must be unique, or figures would count a case twice.
pub fn check_unique<'a>(path: &Path, ids: impl Iterator<Item = &'a str>) -> Result<(), EvalError> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(EvalError::Repeated { path: path.display().to_string(), id: id.to_owned() });
        }
    }
    Ok(())
}

/// Writes one JSON object a line, beside the target first, so that a failed run leaves no half file in its place.
pub fn write<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), EvalError> {
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(".part");
    let part = path.with_file_name(name);
    let file = File::create(&part).map_err(|e| EvalError::write(&part, &e))?;
    let mut out = BufWriter::new(file);
    for row in rows {
        serde_json::to_writer(&mut out, row).map_err(|e| EvalError::write(&part, &e))?;
        out.write_all(b"\n").map_err(|e| EvalError::write(&part, &e))?;
    }
    out.flush().map_err(|e| EvalError::write(&part, &e))?;
    std::fs::rename(&part, path).map_err(|e| EvalError::write(path, &e))
}

/// A file of rows that grows as they come. An interrupted run leaves what it has beside the target, where the same run
/// finds it when it is started again.
pub struct Journal {
    target: PathBuf,
    part: PathBuf,
    out: BufWriter<File>,
}

impl Journal {
    /// Opens what a run of this name has written so far, and reads it. A last row that was cut off is dropped.
    pub fn open<T: DeserializeOwned>(target: &Path, run: &str) -> Result<(Self, Vec<T>), EvalError> {
        let mut name = target.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
        name.push(format!(".{run}.part"));
        let part = target.with_file_name(name);
        let mut bytes = match std::fs::read(&part) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(EvalError::read(&part, &e)),
        };
        // The cut may go through a character.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(whole);
        let rows = parse(&part, &String::from_utf8_lossy(&bytes))?;
        let failed = |e: std::io::Error| EvalError::write(&part, &e);
        let file = File::options().create(true).append(true).open(&part).map_err(failed)?;
        file.set_len(whole as u64).map_err(failed)?;
        Ok((Self { target: target.to_owned(), out: BufWriter::new(file), part }, rows))
    }

    pub fn add<T: Serialize>(&mut self, row: &T) -> Result<(), EvalError> {
        let (out, part) = (&mut self.out, &self.part);
        serde_json::to_writer(&mut *out, row).map_err(|e| EvalError::write(part, &e))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(|e| EvalError::write(part, &e))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<(), EvalError> {
        drop(self.out);
        std::fs::rename(&self.part, &self.target).map_err(|e| EvalError::write(&self.target, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_is_named_and_nothing_is_dropped() {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let path = dir.path().join("cases.jsonl");
        std::fs::write(&path, "{\"id\":\"a\"}\n\n{\"id\":\n").expect("the folder is writable");
        let error = read::<serde_json::Value>(&path).expect_err("the third line is broken");
        assert!(matches!(error, EvalError::Line { line: 3, .. }), "{error}");

        let rows = vec![serde_json::json!({"id": "a"}), serde_json::json!({"id": "乙"})];
        write(&path, &rows).expect("the folder is writable");
        assert_eq!(read::<serde_json::Value>(&path).expect("what was written can be read"), rows);
        assert!(matches!(check_unique(&path, ["a", "b", "a"].into_iter()), Err(EvalError::Repeated { .. })));
    }

    #[test]
    fn a_journal_goes_on_where_it_was_interrupted() {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let path = dir.path().join("rows.jsonl");
        let (mut journal, found) = Journal::open::<u32>(&path, "a").expect("the folder is writable");
        assert_eq!(found, [] as [u32; 0]);
        journal.add(&1).expect("it writes");
        journal.add(&2).expect("it writes");
        drop(journal);
        let part = path.with_file_name("rows.jsonl.a.part");
        let mut bytes = std::fs::read(&part).expect("it is there");
        bytes.extend_from_slice(&"\"借".as_bytes()[..3]);
        std::fs::write(&part, bytes).expect("a row is cut off");
        let (_, others) = Journal::open::<u32>(&path, "b").expect("the folder is writable");
        assert_eq!(others, [] as [u32; 0], "another run");
        let (mut journal, found) = Journal::open::<u32>(&path, "a").expect("it goes on");
        assert_eq!(found, [1, 2]);
        assert!(!path.exists(), "it is not whole yet");
        journal.add(&4).expect("it writes");
        journal.finish().expect("it is renamed");
        assert_eq!(read::<u32>(&path).expect("it is whole"), [1, 2, 4]);
        assert!(!part.exists());
    }
}
