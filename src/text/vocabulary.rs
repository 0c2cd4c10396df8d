//! A model's tokens as bytes, and a walk over all of them that a rule about bytes can steer.

/// Tokens in the order of their bytes, laid out as a tree: tokens that begin alike share the way to them, and a way
/// that leads nowhere is left at once with all that lies behind it.
pub struct Vocabulary {
    pieces: Vec<Vec<u8>>,
    /// The tree in depth-first order.
    nodes: Vec<Node>,
    /// Tokens by their bytes; a node owns a run of it.
    sorted: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Length of the way from the root.
    depth: u16,
    byte: u8,
    /// The first node that is not behind this one.
    skip: u32,
    /// Tokens that end here, into `sorted`.
    from: u32,
    to: u32,
}

impl Vocabulary {
    /// `pieces[id]` are the bytes of a token; a token without bytes (a control token, the end) is on no way.
    pub fn new(pieces: Vec<Vec<u8>>) -> Self {
        let mut sorted: Vec<u32> = (0_u32..)
            .zip(&pieces)
            .filter(|(_, piece)| !piece.is_empty() && u16::try_from(piece.len()).is_ok())
            .map(|(id, _)| id)
            .collect();
        sorted.sort_by(|a, b| pieces[*a as usize].cmp(&pieces[*b as usize]).then(a.cmp(b)));
        let mut nodes: Vec<Node> = Vec::new();
        // Nodes whose end is not known yet, one for each depth.
        let mut open: Vec<usize> = Vec::new();
        for (at, id) in (0_u32..).zip(&sorted) {
            let piece = &pieces[*id as usize];
            let shared = open.iter().zip(piece).take_while(|(node, byte)| nodes[**node].byte == **byte).count();
            close(&mut nodes, &mut open, shared);
            for byte in &piece[shared..] {
                open.push(nodes.len());
                let depth = u16::try_from(open.len()).unwrap_or(u16::MAX);
                nodes.push(Node { depth, byte: *byte, skip: 0, from: at, to: at });
            }
            if let Some(last) = open.last() {
                nodes[*last].to = at + 1;
            }
        }
        close(&mut nodes, &mut open, 0);
        Self { pieces, nodes, sorted }
    }

    /// The bytes of each token, by its id.
    pub fn pieces(&self) -> &[Vec<u8>] {
        &self.pieces
    }

    /// The bytes of one token; none for an id that does not exist.
    pub fn piece(&self, id: usize) -> &[u8] {
        self.pieces.get(id).map_or(&[], Vec::as_slice)
    }

    /// Calls `found` with every token whose bytes `step` takes one after the other, starting in `state`. Costs what is
    /// found and what is refused at its first byte, however large the vocabulary.
    pub fn walk<S: Clone>(&self, state: S, step: impl Fn(&S, u8) -> Option<S>, mut found: impl FnMut(usize)) {
        let mut states = vec![state];
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            states.truncate(usize::from(node.depth));
            let next = states.last().and_then(|state| step(state, node.byte));
            let Some(next) = next else {
                at = node.skip as usize;
                continue;
            };
            for id in &self.sorted[node.from as usize..node.to as usize] {
                found(*id as usize);
            }
            states.push(next);
            at += 1;
        }
    }
}

fn close(nodes: &mut [Node], open: &mut Vec<usize>, depth: usize) {
    let end = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    for node in open.drain(depth..) {
        nodes[node].skip = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walked(pieces: &[&[u8]], text: &[u8]) -> Vec<usize> {
        let vocabulary = Vocabulary::new(pieces.iter().map(|p| p.to_vec()).collect());
        let mut found = Vec::new();
        vocabulary.walk(0_usize, |at, byte| (text.get(*at) == Some(&byte)).then_some(at + 1), |id| found.push(id));
        found.sort_unstable();
        found
    }

    #[test]
    fn a_walk_finds_what_the_text_begins_with() {
        let law = "法律".as_bytes();
        let pieces: [&[u8]; 7] = [b"", law, &law[..1], &law[..4], "法院".as_bytes(), b"a", &law[..1]];
        assert_eq!(walked(&pieces, "法律规定".as_bytes()), [1, 2, 3, 6]);
        assert_eq!(walked(&pieces, b""), Vec::<usize>::new());
        assert_eq!(walked(&[], b"a"), Vec::<usize>::new());
    }

    proptest! {
        #[test]
        fn a_walk_agrees_with_a_look_at_every_token(
            pieces in proptest::collection::vec("[ab法]{0,4}", 0..40), text in "[ab法]{0,6}"
        ) {
            let slices: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
            let expected: Vec<usize> =
                (0..pieces.len()).filter(|i| !pieces[*i].is_empty() && text.starts_with(&pieces[*i])).collect();
            prop_assert_eq!(walked(&slices, text.as_bytes()), expected);
        }
    }
}
