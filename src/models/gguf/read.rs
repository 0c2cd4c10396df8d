//! Headers, read without trusting them: every count and length has a limit, every sum is checked.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

use super::{ALIGNMENT, GgmlType, Header, MAGIC, Tensor, Value};

const MAX_KEY_VALUES: u64 = 65_536;
const MAX_TENSORS: u64 = 262_144;
const MAX_NAME_BYTES: u64 = 65_535;
/// Chat templates are the longest strings seen; 8 MiB is far beyond them.
const MAX_STRING_BYTES: u64 = 8 << 20;
const MAX_ARRAY_ELEMENTS: u64 = 1 << 26;
/// String arrays up to this length are kept (class labels); longer ones (vocabularies) are passed over.
const KEPT_STRINGS: u64 = 64;
/// Arrays of numbers up to this length are kept: layers are counted in hundreds.
const KEPT_NUMBERS: u64 = 1024;
/// Byte arrays up to this length are kept: a tokenizer's table of characters has some 300 KB.
const KEPT_BYTES: u64 = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it is not a GGUF file")]
    NotGguf,
    #[error("it has GGUF version {0}; versions 2 and 3 are understood")]
    Version(u32),
    #[error("its header is damaged: {0}")]
    Damaged(String),
    #[error("it is truncated: {needed} bytes are promised, {present} are there")]
    Truncated { needed: u64, present: u64 },
}

fn damaged(problem: impl Into<String>) -> GgufError {
    GgufError::Damaged(problem.into())
}

struct Source<R> {
    inner: BufReader<R>,
    length: u64,
}

impl<R: Read + Seek> Source<R> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(|e| self.cut(e))?;
        Ok(bytes)
    }

    fn cut(&self, e: io::Error) -> GgufError {
        if e.kind() == io::ErrorKind::UnexpectedEof {
            GgufError::Truncated { needed: self.length.saturating_add(1), present: self.length }
        } else {
            GgufError::Io(e)
        }
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), GgufError> {
        let step = i64::try_from(bytes).map_err(|_| damaged("a length does not fit a file"))?;
        self.inner.seek_relative(step)?;
        Ok(())
    }

    fn text(&mut self, limit: u64) -> Result<String, GgufError> {
        let len = self.u64()?;
        if len > limit {
            return Err(damaged(format!("a string of {len} bytes, where at most {limit} make sense")));
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| damaged("a string longer than memory"))?];
        self.inner.read_exact(&mut bytes).map_err(|e| self.cut(e))?;
        String::from_utf8(bytes).map_err(|_| damaged("a string that is not UTF-8"))
    }

    fn value(&mut self, kind: u32) -> Result<Value, GgufError> {
        Ok(match kind {
            0 => Value::Unsigned(u64::from(self.bytes::<1>()?[0])),
            1 => Value::Signed(i64::from(i8::from_le_bytes(self.bytes()?))),
            2 => Value::Unsigned(u64::from(u16::from_le_bytes(self.bytes()?))),
            3 => Value::Signed(i64::from(i16::from_le_bytes(self.bytes()?))),
            4 => Value::Unsigned(u64::from(self.u32()?)),
            5 => Value::Signed(i64::from(i32::from_le_bytes(self.bytes()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.bytes()?))),
            7 => Value::Bool(self.bytes::<1>()?[0] != 0),
            8 => Value::Text(self.text(MAX_STRING_BYTES)?),
            9 => self.array()?,
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            other => return Err(damaged(format!("a value of unknown type {other}"))),
        })
    }

    fn integer(&mut self, kind: u32) -> Result<i64, GgufError> {
        Ok(match self.value(kind)? {
            Value::Unsigned(number) => i64::try_from(number).unwrap_or(i64::MAX),
            Value::Signed(number) => number,
            Value::Bool(flag) => i64::from(flag),
            _ => return Err(damaged("an array that mixes types")),
        })
    }

    fn array(&mut self) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        let len = self.u64()?;
        if len > MAX_ARRAY_ELEMENTS {
            return Err(damaged(format!("an array of {len} elements")));
        }
        let width = match kind {
            0 | 1 if len <= KEPT_BYTES => {
                let mut bytes = vec![0; usize::try_from(len).map_err(|_| damaged("an array longer than memory"))?];
                self.inner.read_exact(&mut bytes).map_err(|e| self.cut(e))?;
                return Ok(Value::Bytes(bytes));
            }
            2..=5 | 7 | 10 | 11 if len <= KEPT_NUMBERS => {
                let numbers = (0..len).map(|_| self.integer(kind)).collect::<Result<_, _>>()?;
                return Ok(Value::Integers(numbers));
            }
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 if len <= KEPT_STRINGS => {
                let texts = (0..len).map(|_| self.text(MAX_STRING_BYTES)).collect::<Result<_, _>>()?;
                return Ok(Value::Texts(texts));
            }
            8 => {
                for _ in 0..len {
                    let bytes = self.u64()?;
                    if bytes > MAX_STRING_BYTES {
                        return Err(damaged(format!("a string of {bytes} bytes in an array")));
                    }
                    self.skip(bytes)?;
                }
                return Ok(Value::Array { len });
            }
            other => return Err(damaged(format!("an array of unknown type {other}"))),
        };
        self.skip(len * width)?;
        Ok(Value::Array { len })
    }
}

/// Reads and checks the header of the file at `path`, and that all tensors it promises are there.
///
/// # Errors
/// A file that cannot be read, is not GGUF, is damaged or truncated; never a panic, whatever the bytes.
pub fn read_header(path: &Path) -> Result<Header, GgufError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    read_from(BufReader::with_capacity(1 << 16, file), length)
}

fn read_from<R: Read + Seek>(inner: BufReader<R>, length: u64) -> Result<Header, GgufError> {
    let mut source = Source { inner, length };
    match source.bytes::<4>() {
        Ok(magic) if &magic == MAGIC => {}
        Ok(_) | Err(GgufError::Truncated { .. }) => return Err(GgufError::NotGguf),
        Err(e) => return Err(e),
    }
    let version = source.u32()?;
    if !(2..=3).contains(&version) {
        return Err(GgufError::Version(version));
    }
    let tensors = source.u64()?;
    let count = source.u64()?;
    if tensors > MAX_TENSORS || count > MAX_KEY_VALUES {
        return Err(damaged(format!("{tensors} tensors and {count} values are promised")));
    }
    let mut values = BTreeMap::new();
    let values_start = source.inner.stream_position()?;
    for _ in 0..count {
        let key = source.text(MAX_NAME_BYTES)?;
        let kind = source.u32()?;
        values.insert(key, source.value(kind)?);
    }
    let alignment = match values.get("general.alignment") {
        Some(Value::Unsigned(a)) if a.is_power_of_two() => *a,
        Some(_) => return Err(damaged("its alignment is not a power of two")),
        None => ALIGNMENT,
    };
    let values_at = (values_start, source.inner.stream_position()? - values_start);
    let mut tensors = tensor_table(&mut source, tensors, alignment)?;
    let data_start = source
        .inner
        .stream_position()?
        .checked_next_multiple_of(alignment)
        .ok_or_else(|| damaged("its header does not end"))?;
    let (mut parameters, mut needed) = (0_u64, data_start);
    let mut by_type: BTreeMap<&'static str, u64> = BTreeMap::new();
    for tensor in &mut tensors {
        parameters = parameters.saturating_add(tensor.elements());
        if let Some(ty) = tensor.ty {
            let of_type = by_type.entry(ty.name).or_default();
            *of_type = of_type.saturating_add(tensor.elements());
        }
        tensor.start = tensor.start.checked_add(data_start).ok_or_else(|| damaged("its tensors overflow"))?;
        let end = tensor.start.checked_add(tensor.bytes).ok_or_else(|| damaged("its tensors overflow"))?;
        needed = needed.max(end);
    }
    if needed > length {
        return Err(GgufError::Truncated { needed, present: length });
    }
    let main_type = by_type.into_iter().max_by_key(|(_, n)| *n).map_or("unknown", |(name, _)| name);
    Ok(Header { file_bytes: length, values, values_at, tensors, parameters, main_type })
}

/// The tensors, each with its place in the data.
fn tensor_table<R: Read + Seek>(source: &mut Source<R>, count: u64, alignment: u64) -> Result<Vec<Tensor>, GgufError> {
    let mut tensors = Vec::new();
    for _ in 0..count {
        let name = source.text(MAX_NAME_BYTES)?;
        let rank = source.u32()?;
        if rank > 8 {
            return Err(damaged(format!("the tensor {name} has {rank} dimensions")));
        }
        let dimensions = (0..rank).map(|_| source.u64()).collect::<Result<Vec<_>, _>>()?;
        let elements = dimensions.iter().try_fold(1_u64, |product, n| product.checked_mul(*n));
        let elements = elements.ok_or_else(|| damaged(format!("the tensor {name} overflows")))?;
        let ty = GgmlType::from_id(source.u32()?);
        let start = source.u64()?;
        if !start.is_multiple_of(alignment) {
            return Err(damaged(format!("the tensor {name} is not aligned")));
        }
        // A type newer than our table cannot be sized; where it starts can still be checked.
        let bytes = match ty {
            Some(ty) => ty.bytes(elements).ok_or_else(|| damaged(format!("the tensor {name} is not whole blocks")))?,
            None => 0,
        };
        tensors.push(Tensor { name, dimensions, ty, start, bytes });
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::{
        super::{Pooling, write::tests::sample},
        *,
    };

    fn parse(bytes: &[u8]) -> Result<Header, GgufError> {
        read_from(BufReader::new(Cursor::new(bytes)), bytes.len() as u64)
    }

    #[test]
    fn what_was_written_is_read() {
        let header = parse(&sample()).expect("the sample is whole");
        assert_eq!(header.architecture(), "bert");
        assert_eq!(header.context_length(), Some(512));
        assert_eq!(header.pooling(), Some(Pooling::Mean));
        assert_eq!(header.tensors.len(), 2);
        assert_eq!(header.tensors[0].bytes, 36);
        assert_eq!(header.values.get("tokenizer.ggml.token_type"), Some(&Value::Integers(vec![1, 1])));
        assert_eq!(header.parameters, 64 + 3);
        assert_eq!(header.main_type, "Q4_0");
        assert!(header.is_encoder());
        assert_eq!(header.values.get("tokenizer.ggml.tokens"), Some(&Value::Texts(vec!["a".into(), "法".into()])));
    }

    #[test]
    fn every_prefix_is_refused() {
        let whole = sample();
        for cut in 0..whole.len() {
            assert!(parse(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn hostile_counts_are_refused_quickly() {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(u64::MAX.to_le_bytes());
        bytes.extend(u64::MAX.to_le_bytes());
        assert!(matches!(parse(&bytes), Err(GgufError::Damaged(_))));
        assert!(matches!(parse(b"PK\x03\x04 not a model"), Err(GgufError::NotGguf)));
        assert!(matches!(parse(b"GGUF\x09\0\0\0"), Err(GgufError::Version(9))));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0_usize..400, value: u8, tail in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut bytes = sample();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = parse(&bytes);
            bytes.truncate(at);
            bytes.extend(tail);
            let _ = parse(&bytes);
        }
    }
}
