use proptest::prelude::*;

use super::*;

fn tokens(ids: impl IntoIterator<Item = i32>) -> Vec<LlamaToken> {
    ids.into_iter().map(LlamaToken).collect()
}

/// Begins a text and reads its whole prompt.
fn read(sequences: &mut Sequences, prompt: &[LlamaToken], max_new: usize) -> Option<Start> {
    let start = sequences.begin(prompt, max_new)?;
    sequences.grow(start.sequence, &prompt[start.keep..]).expect("begin saw to it");
    Some(start)
}

#[test]
fn a_second_attempt_takes_over_what_the_first_has_read() {
    let mut sequences = Sequences::new(4, 1000, true);
    let prompt = tokens(0..100);
    let first = read(&mut sequences, &prompt, 50).expect("there is room");
    assert_eq!((first.keep, first.orders.len()), (0, 0));
    sequences.grow(first.sequence, &tokens(500..530)).expect("there is room");
    sequences.end(first.sequence);
    let second = read(&mut sequences, &prompt, 50).expect("there is room");
    assert_eq!((second.sequence, second.keep), (first.sequence, 99), "all but the token whose logits are wanted");
    assert_eq!(second.orders, [Order::Cut { sequence: first.sequence, from: 99 }]);
    // While it runs, its beginning is copied and itself left alone.
    let beside = read(&mut sequences, &tokens((0..60).chain(900..910)), 50).expect("there is room");
    assert_eq!(beside.keep, 60);
    assert_eq!(beside.orders, [Order::Copy { from: second.sequence, to: beside.sequence, len: 60 }]);
    assert_eq!(1000 - sequences.free.len(), 110, "shared cells are held once");
}

#[test]
fn a_long_sequence_is_left_as_it_is_for_whoever_asks_again() {
    let mut sequences = Sequences::new(4, 4000, true);
    let long = read(&mut sequences, &tokens(0..1000), 8).expect("there is room");
    sequences.end(long.sequence);
    let other = read(&mut sequences, &tokens((0..100).chain(5000..5100)), 8).expect("there is room");
    assert_eq!((other.keep, other.sequence == long.sequence), (100, false));
    sequences.end(other.sequence);
    assert_eq!(read(&mut sequences, &tokens(0..1000), 8).expect("there is room").keep, 999);
}

#[test]
fn the_least_recently_used_gives_way_and_what_runs_does_not() {
    let mut sequences = Sequences::new(3, 100, true);
    for at in 0..3 {
        let start = read(&mut sequences, &tokens(at * 100..at * 100 + 30), 3).expect("kept ones give way");
        sequences.end(start.sequence);
    }
    // The second is used again; so the first gives way, then the third.
    let second = read(&mut sequences, &tokens(100..130), 3).expect("there is room");
    assert_eq!(second.keep, 29);
    let start = sequences.begin(&tokens(700..760), 5).expect("kept ones give way");
    assert_eq!(start.orders, [Order::Clear { sequence: 0 }]);
    assert_eq!(sequences.grow(0, &tokens(700..760)), Some(vec![Order::Clear { sequence: 2 }]));
    assert_eq!(sequences.begin(&tokens(800..803), 5), None, "30 and 3, 60 and 5 are spoken for");
    sequences.end(second.sequence);
    assert!(sequences.begin(&tokens(800..803), 5).is_some());
}

#[test]
fn without_a_free_sequence_a_text_waits() {
    let mut sequences = Sequences::new(2, 100, true);
    let first = read(&mut sequences, &tokens(0..5), 5).expect("there is room");
    read(&mut sequences, &tokens(10..15), 5).expect("there is room");
    assert_eq!(sequences.begin(&tokens(20..25), 5), None);
    sequences.end(first.sequence);
    assert!(sequences.begin(&tokens(20..25), 5).is_some());
}

#[test]
fn a_state_that_cannot_be_cut_is_used_whole_or_not_at_all() {
    let mut sequences = Sequences::new(3, 1000, false);
    let prompt = tokens(0..100);
    let first = sequences.begin(&prompt, 50).expect("there is room");
    sequences.grow(first.sequence, &prompt[..99]).expect("there is room");
    assert_eq!(
        sequences.snapshot(first.sequence),
        [Order::Copy { from: first.sequence, to: first.sequence + 1, len: 99 }]
    );
    sequences.grow(first.sequence, &prompt[99..]).expect("there is room");
    sequences.grow(first.sequence, &tokens(500..510)).expect("there is room");
    sequences.end(first.sequence);
    let second = sequences.begin(&prompt, 50).expect("there is room");
    assert_eq!(second.keep, 99, "from the snapshot");
    assert!(!second.orders.iter().any(|order| matches!(order, Order::Cut { .. })));
    sequences.end(second.sequence);
    assert_eq!(sequences.begin(&tokens(0..50), 50).expect("there is room").keep, 0);
}

#[test]
fn a_cut_that_fails_is_the_last_one() {
    let mut sequences = Sequences::new(2, 200, true);
    let first = read(&mut sequences, &tokens(0..50), 10).expect("there is room");
    sequences.end(first.sequence);
    let second = sequences.begin(&tokens(0..40), 10).expect("there is room");
    assert_eq!(second.keep, 39);
    sequences.cut_failed(second.sequence);
    assert_eq!((sequences.len(second.sequence), sequences.can_cut()), (0, false));
    assert_eq!(sequences.spoken_for(&[]), 50, "all of it is still to come");
    sequences.grow(second.sequence, &tokens(0..40)).expect("there is room");
    sequences.end(second.sequence);
    assert_eq!(sequences.begin(&tokens(0..30), 10).expect("there is room").keep, 0);
}

/// What the context would hold, did it what it is told.
#[derive(Default)]
struct Context(Vec<Vec<LlamaToken>>);

impl Context {
    fn obey(&mut self, orders: &[Order]) {
        for order in orders {
            match *order {
                Order::Clear { sequence } => self.0[sequence].clear(),
                Order::Cut { sequence, from } => self.0[sequence].truncate(from),
                Order::Copy { from, to, len } => {
                    assert!(self.0[to].is_empty() && len <= self.0[from].len());
                    self.0[to] = self.0[from][..len].to_vec();
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn texts_begin_with_their_prompts_and_cells_never_run_out(
        steps in proptest::collection::vec((proptest::collection::vec(0_i32..2, 1..12), 0_usize..6, 0_usize..4), 1..60),
        can_cut: bool,
    ) {
        let (places, cells) = (4, 30);
        let mut sequences = Sequences::new(places, cells, can_cut);
        let mut context = Context(vec![Vec::new(); places]);
        let mut running: Vec<(usize, usize)> = Vec::new();
        for (ids, max_new, end) in steps {
            let prompt = tokens(ids);
            if let Some(start) = sequences.begin(&prompt, max_new) {
                context.obey(&start.orders);
                prop_assert!(start.keep < prompt.len());
                prop_assert_eq!(&context.0[start.sequence], &prompt[..start.keep]);
                prop_assert!(running.iter().all(|(sequence, _)| *sequence != start.sequence));
                let orders = sequences.grow(start.sequence, &prompt[start.keep..]).expect("begin saw to it");
                context.obey(&orders);
                context.0[start.sequence].extend(&prompt[start.keep..]);
                running.push((start.sequence, max_new));
            } else {
                prop_assert!(!running.is_empty(), "an empty context takes what fits");
            }
            for (sequence, left) in &mut running {
                if *left > 0 {
                    *left -= 1;
                    let orders = sequences.grow(*sequence, &tokens([7])).expect("begin saw to it");
                    context.obey(&orders);
                    context.0[*sequence].push(LlamaToken(7));
                }
            }
            if end < running.len() {
                sequences.end(running.remove(end).0);
            }
            for (slot, held) in sequences.slots.iter().zip(&context.0) {
                prop_assert_eq!(&slot.tokens, held);
            }
            let mut used: Vec<usize> = sequences.slots.iter().flat_map(|slot| slot.cells.clone()).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len() + sequences.free.len(), cells);
        }
    }
}
