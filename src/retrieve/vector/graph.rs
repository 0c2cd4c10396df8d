//! A graph over the vectors of one sealed segment (HNSW: Malkov and Yashunin, 2020, TPAMI 42(4)).

use std::{collections::HashMap, io, path::Path, sync::Arc};

use hnsw_rs::prelude::{AnnT as _, Distance, Hnsw, HnswIo};

use super::{
    super::product::dot_bytes,
    codes::{Coarse, Codes},
};

/// Neighbours of a vector in the graph, and how many are looked at while it is built and, at least, searched.
const NEIGHBOURS: usize = 16;
const BUILD_WIDTH: usize = 128;
const SEARCH_WIDTH: usize = 128;
const LAYERS: usize = 16;

/// Bytes of the scale that stand behind those of the vector.
const SCALE: usize = 4;

/// 1 - cosine of coarse vectors, each followed by its scale. Rounding may put a cosine above 1, which a distance must
/// not show.
#[derive(Clone, Copy, Debug, Default)]
struct Cosine;

impl Distance<i8> for Cosine {
    fn eval(&self, a: &[i8], b: &[i8]) -> f32 {
        let (a, b) = (a.split_at(a.len() - SCALE), b.split_at(b.len() - SCALE));
        (1.0 - dot_bytes(a.0, b.0) as f32 * scale(a.1) * scale(b.1)).max(0.0)
    }
}

fn node(bytes: &[i8], scale: f32) -> Vec<i8> {
    bytes.iter().copied().chain(scale.to_le_bytes().map(u8::cast_signed)).collect()
}

fn scale(bytes: &[i8]) -> f32 {
    bytes.try_into().map_or(0.0, |bytes: [i8; SCALE]| f32::from_le_bytes(bytes.map(i8::cast_unsigned)))
}

/// The vectors that a graph is to be built over: a whole segment.
pub(crate) struct Blueprint {
    pub(super) segment: u64,
    pub(super) codes: Arc<Codes>,
}

pub(crate) struct Graph {
    pub(super) segment: u64,
    /// Of the vectors that it is over.
    pub(super) digest: blake3::Hash,
    nodes: Hnsw<'static, i8, Cosine>,
    /// Places whose vector equals that of an earlier one, by that: many equal nodes would cut the graph apart.
    twins: HashMap<u32, Vec<u32>>,
}

impl Blueprint {
    /// Of the vectors in their order and of how a graph is built over them.
    pub fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("hnsw_rs 0.3.5 {NEIGHBOURS} {BUILD_WIDTH} {LAYERS} {}", self.codes.len()).as_bytes());
        for at in 0..self.codes.len() {
            hasher.update(&raw(&self.node(at)));
        }
        hasher.finalize()
    }

    fn node(&self, at: usize) -> Vec<i8> {
        let (bytes, scale) = self.codes.coarse(at);
        node(bytes, scale)
    }

    /// The places whose vector is the first of its kind, and the twins of those.
    fn kinds(&self) -> (Vec<u32>, HashMap<u32, Vec<u32>>) {
        let n = self.codes.len();
        let mut first: HashMap<blake3::Hash, u32> = HashMap::with_capacity(n);
        let (mut kinds, mut twins) = (Vec::with_capacity(n), HashMap::<u32, Vec<u32>>::new());
        for (place, at) in (0_u32..).zip(0..n) {
            let hash = blake3::hash(&raw(&self.node(at)));
            if let Some(&twin) = first.get(&hash) {
                twins.entry(twin).or_default().push(place);
            } else {
                first.insert(hash, place);
                kinds.push(place);
            }
        }
        (kinds, twins)
    }

    /// The graph over these vectors as [`Graph::dump`] wrote it.
    ///
    /// # Errors
    /// What is wrong with the files, as far as the library can tell; over some damage it panics.
    pub(super) fn reload(&self, directory: &Path, name: &str) -> Result<Graph, String> {
        // The library ties a graph to its reader, which is a few words that live as long as the index does.
        let reader: &'static HnswIo = Box::leak(Box::new(HnswIo::new(directory, name)));
        let nodes: Hnsw<'static, i8, Cosine> = reader.load_hnsw_with_dist(Cosine).map_err(|e| e.to_string())?;
        let (kinds, twins) = self.kinds();
        if nodes.get_nb_point() != kinds.len() {
            return Err(format!("it has {} points, not {}", nodes.get_nb_point(), kinds.len()));
        }
        Ok(Graph { segment: self.segment, digest: self.digest(), nodes, twins })
    }

    /// Builds the graph: about a minute for 260,000 vectors. Insertion is in order and levels are drawn from a fixed
    /// seed, so that the same vectors give the same graph.
    pub fn build(&self) -> Graph {
        let nodes = Hnsw::new(NEIGHBOURS, self.codes.len(), LAYERS, BUILD_WIDTH, Cosine);
        let (kinds, twins) = self.kinds();
        for at in kinds.into_iter().filter_map(|place| usize::try_from(place).ok()) {
            nodes.insert((&self.node(at), at));
        }
        Graph { segment: self.segment, digest: self.digest(), nodes, twins }
    }
}

fn raw(node: &[i8]) -> Vec<u8> {
    node.iter().map(|byte| byte.cast_unsigned()).collect()
}

impl Graph {
    /// Writes the graph and its vectors as two files that begin with `name`.
    pub(super) fn dump(&self, directory: &Path, name: &str) -> io::Result<()> {
        self.nodes.file_dump(directory, name).map(drop).map_err(|e| io::Error::other(e.to_string()))
    }

    /// About the `wanted` nearest places of the segment, twins included.
    ///
    /// Filters are for the caller: `hnsw_rs` goes on through a whole graph when it is to filter itself.
    pub(super) fn search(&self, question: &Coarse, wanted: usize) -> Vec<u32> {
        let width = SEARCH_WIDTH.max(wanted + wanted / 4);
        let near = self.nodes.search(&node(&question.bytes, question.scale), wanted, width);
        near.into_iter()
            .filter_map(|neighbour| u32::try_from(neighbour.d_id).ok())
            .flat_map(|place| {
                let twins = self.twins.get(&place).map(Vec::as_slice).unwrap_or_default();
                std::iter::once(place).chain(twins.iter().copied())
            })
            .collect()
    }
}
