//! A character normaliser in the form that llama.cpp's unigram tokenizer reads.
//!
//! `tokenizer.ggml.precompiled_charsmap` is u32 length, an XOR-compressed compact double array (Kanda, "Space- and
//! Time-Efficient String Dictionaries", 2018) and NUL-terminated replacements. Each u32 of the array holds the label in
//! bits 0–7, a leaf mark in bit 8 and, from bit 10, the XOR distance to the base of its children; a node that ends a
//! key has its replacement's offset, with bit 31 set, at its base.

use std::collections::{BTreeMap, HashSet};

const LEAF: u32 = 1 << 8;
const VALUE: u32 = 1 << 31;
/// Distances above this need the shifted form, which no table that we convert comes near.
const MAX_DISTANCE: usize = (1 << 21) - 1;

/// A table as it stands in a GGUF, for whoever needs to know what the tokenizer made of a text.
#[derive(Clone, Debug)]
pub struct Charsmap {
    array: Vec<u32>,
    replacements: Vec<u8>,
}

impl Charsmap {
    /// `None` where the blob is not in the format.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let (array, replacements) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let array = array.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        Some(Self { array, replacements: replacements.to_vec() })
    }

    /// The longest beginning of `input` that the table replaces: how many bytes of it, and what by. The walk is
    /// llama.cpp's (`llm_tokenizer_ugm_session::normalize_prefix`).
    pub fn look_up(&self, input: &[u8]) -> Option<(usize, &str)> {
        let base = |packed: u32| ((packed >> 10) << ((packed & (1 << 9)) >> 6)) as usize;
        let mut at = base(*self.array.first()?);
        let mut found = None;
        for (i, byte) in input.iter().enumerate().take_while(|(_, b)| **b != 0) {
            at ^= usize::from(*byte);
            let Some(&packed) = self.array.get(at) else { break };
            if packed & (VALUE | 0xff) != u32::from(*byte) {
                break;
            }
            at ^= base(packed);
            if packed & LEAF != 0
                && let Some(replacement) = self.array.get(at).and_then(|value| self.replacement(value & !VALUE))
            {
                found = Some((i + 1, replacement));
            }
        }
        found
    }

    fn replacement(&self, offset: u32) -> Option<&str> {
        let rest = self.replacements.get(offset as usize..)?;
        std::str::from_utf8(&rest[..rest.iter().position(|b| *b == 0)?]).ok()
    }
}

#[derive(Default)]
struct Node {
    children: BTreeMap<u8, usize>,
    value: Option<u32>,
}

/// The blob for a table of (character, replacement). A replacement ends at its first NUL, if it has one. `None` where
/// the table is empty or does not fit the format.
pub fn build(table: &[(char, String)]) -> Option<Vec<u8>> {
    if table.is_empty() {
        return None;
    }
    let (nodes, replacements) = trie(table)?;
    let array = double_array(&nodes)?;
    let mut blob = Vec::with_capacity(4 + array.len() * 4 + replacements.len());
    blob.extend(u32::try_from(array.len() * 4).ok()?.to_le_bytes());
    blob.extend(array.iter().flat_map(|packed| packed.to_le_bytes()));
    blob.extend(replacements);
    Some(blob)
}

fn trie(table: &[(char, String)]) -> Option<(Vec<Node>, Vec<u8>)> {
    let mut nodes = vec![Node::default()];
    let mut replacements = Vec::new();
    for (from, to) in table.iter().filter(|(from, _)| *from != '\0') {
        let mut at = 0;
        for byte in from.encode_utf8(&mut [0; 4]).bytes() {
            let next = nodes.len();
            let child = *nodes[at].children.entry(byte).or_insert(next);
            if child == next {
                nodes.push(Node::default());
            }
            at = child;
        }
        nodes[at].value = Some(u32::try_from(replacements.len()).ok()?);
        replacements.extend(to.bytes().take_while(|b| *b != 0));
        replacements.push(0);
    }
    Some((nodes, replacements))
}

/// First fit: bases are unique, so a slot's label alone says whose child it is.
fn double_array(nodes: &[Node]) -> Option<Vec<u32>> {
    let mut array = vec![0_u32; 256];
    let mut used = vec![false; 256];
    used[0] = true;
    let mut bases = HashSet::new();
    let mut first_free = 1;
    let mut open = vec![(0_usize, 0_usize)];
    while let Some((node, slot)) = open.pop() {
        let node = &nodes[node];
        let ends = node.value.is_some().then_some(0);
        let labels: Vec<u8> = ends.into_iter().chain(node.children.keys().copied()).collect();
        while used[first_free] {
            first_free += 1;
            if first_free == used.len() {
                grow(&mut array, &mut used);
            }
        }
        let mut base = first_free;
        loop {
            if base == used.len() {
                grow(&mut array, &mut used);
            }
            if !bases.contains(&base) && labels.iter().all(|c| !used[base ^ usize::from(*c)]) {
                break;
            }
            base += 1;
        }
        bases.insert(base);
        let distance = slot ^ base;
        if distance > MAX_DISTANCE {
            return None;
        }
        array[slot] |= u32::try_from(distance).ok()? << 10;
        if let Some(value) = node.value {
            array[slot] |= LEAF;
            array[base] = value | VALUE;
            used[base] = true;
        }
        for (label, child) in &node.children {
            let at = base ^ usize::from(*label);
            array[at] = u32::from(*label);
            used[at] = true;
            open.push((*child, at));
        }
    }
    Some(array)
}

/// A base and its 256 possible children lie in one block, so whole blocks keep every look-up inside.
fn grow(array: &mut Vec<u32>, used: &mut Vec<bool>) {
    array.resize(array.len() + 256, 0);
    used.resize(used.len() + 256, false);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look_up(blob: &[u8], input: &[u8]) -> Option<(usize, String)> {
        let map = Charsmap::parse(blob).expect("it is in the format");
        map.look_up(input).map(|(bytes, to)| (bytes, to.to_owned()))
    }

    #[test]
    fn full_width_becomes_half_width_and_the_rest_stays() {
        let table = [('，', ",".to_owned()), ('！', "!".into()), ('\u{1}', String::new()), ('㎏', "kg".into())];
        let blob = build(&table).expect("it fits");
        assert_eq!(look_up(&blob, "，法".as_bytes()), Some((3, ",".into())));
        assert_eq!(look_up(&blob, "㎏".as_bytes()), Some((3, "kg".into())));
        assert_eq!(look_up(&blob, b"\x01a"), Some((1, String::new())));
        assert_eq!(look_up(&blob, "。".as_bytes()), None);
        assert_eq!(look_up(&blob, b"a"), None);
        assert_eq!(build(&[]), None);
    }

    proptest! {
        #[test]
        fn finds_what_is_in_and_nothing_else(
            table in proptest::collection::btree_map(any::<char>().prop_filter("no NUL", |c| *c != '\0'), "[a-z]{0,4}", 1..300),
            others in proptest::collection::vec(any::<char>(), 50),
        ) {
            let list: Vec<(char, String)> = table.iter().map(|(c, r)| (*c, r.clone())).collect();
            let blob = build(&list).expect("it fits");
            for (from, to) in &list {
                prop_assert_eq!(look_up(&blob, from.to_string().as_bytes()), Some((from.len_utf8(), to.clone())));
            }
            for other in others.iter().filter(|c| !table.contains_key(c)) {
                prop_assert_eq!(look_up(&blob, other.to_string().as_bytes()), None);
            }
        }
    }
}
