//! How much of which prompt the next call reads.

use std::time::Duration;

/// Prompts are read in pieces such that a call takes about this: others wait no longer for their turn.
const CALL: Duration = Duration::from_millis(300);
/// The same while somebody reads a text as it appears. Where more wait for a text to begin than for one to go on, the
/// call is longer in that proportion: texts that go on together take one call for all of them.
const CALL_BESIDE_WRITERS: Duration = Duration::from_millis(80);
const SMALLEST_PIECE: usize = 16;
/// Before anything was measured.
const FIRST_PIECE: usize = 128;
/// Least piece of a prompt beside which nobody reads or writes: nobody waits for it, and small calls read slowly.
const ALONE: usize = 256;

/// A prompt that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Grows with each request.
    pub id: u64,
    /// Tokens that may be read in one go.
    pub left: usize,
}

/// Takes turns among the prompts and learns how long a piece may be.
#[derive(Debug, Default)]
pub struct Schedule {
    /// Whose turn was last.
    last: u64,
    /// Seconds a token of a prompt takes, smoothed.
    pace: Option<f64>,
}

impl Schedule {
    /// Tokens that each reader reads in the next call, in the order given, `room` in all at most. One after the other
    /// gets a whole piece, so that a short prompt is not held up by a long one; what a reader leaves goes to the next.
    pub fn pieces(&mut self, readers: &[Reader], writers: usize, room: usize) -> Vec<usize> {
        let mut pieces = vec![0; readers.len()];
        let alone = if readers.len() == 1 && writers == 0 { ALONE } else { 0 };
        let mut rest = self.piece(readers.len(), writers).max(alone).min(room);
        let first = readers.iter().position(|reader| reader.id > self.last).unwrap_or(0);
        for step in 0..readers.len() {
            let at = (first + step) % readers.len();
            pieces[at] = readers[at].left.min(rest);
            rest -= pieces[at];
            if pieces[at] > 0 {
                self.last = readers[at].id;
            }
        }
        pieces
    }

    fn piece(&self, readers: usize, writers: usize) -> usize {
        let call = if writers > 0 {
            CALL_BESIDE_WRITERS.mul_f64((readers as f64 / writers as f64).max(1.0)).min(CALL)
        } else {
            CALL
        };
        let Some(pace) = self.pace else { return FIRST_PIECE };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float to an integer saturates")]
        let fit = (call.as_secs_f64() / pace) as usize;
        fit.max(SMALLEST_PIECE)
    }

    /// A call that read `piece` tokens of prompts, of `tokens` in all, took so long.
    pub fn measured(&mut self, piece: usize, tokens: usize, took: Duration) {
        if piece < SMALLEST_PIECE {
            return;
        }
        let now = (took.as_secs_f64() / tokens as f64).max(1e-7);
        // One call that was held up must not make the next ones tiny.
        self.pace = Some(self.pace.map_or(now, |pace| 0.7 * pace + 0.3 * now.min(4.0 * pace)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reader(id: u64, left: usize) -> Reader {
        Reader { id, left }
    }

    #[test]
    fn prompts_take_turns_and_a_short_one_leaves_its_rest() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.pieces(&[], 0, 512), Vec::<usize>::new());
        let mut left = [600, 600, 40];
        let mut finished = Vec::new();
        for call in 0..20 {
            let open: Vec<usize> = (0..3).filter(|i| left[*i] > 0).collect();
            let readers: Vec<Reader> = open.iter().map(|i| reader(*i as u64 + 1, left[*i])).collect();
            for (i, piece) in open.iter().zip(schedule.pieces(&readers, 0, 512)) {
                left[*i] -= piece;
                if left[*i] == 0 {
                    finished.push((*i, call));
                }
            }
        }
        assert_eq!(finished.first(), Some(&(2, 2)), "the short prompt came third and is read in the third call");
        assert_eq!(finished.len(), 3);
        assert_eq!(
            finished.last().map(|f| f.1),
            Some(9),
            "1240 tokens in pieces of 128, the last of one that is alone"
        );
    }

    #[test]
    fn a_piece_is_shorter_while_others_write_and_fits_the_call() {
        let mut schedule = Schedule::default();
        for _ in 0..20 {
            schedule.measured(100, 100, Duration::from_millis(100));
        }
        assert_eq!(schedule.pieces(&[reader(1, 1000)], 0, 512), [300]);
        assert_eq!(schedule.pieces(&[reader(1, 1000)], 3, 512), [80]);
        let many = [1, 2, 3, 4, 5, 6].map(|id| reader(id, 1000));
        assert_eq!(schedule.pieces(&many, 3, 512).iter().sum::<usize>(), 160, "two wait for each that reads along");
        assert_eq!(schedule.pieces(&many, 1, 512).iter().sum::<usize>(), 300, "but nobody waits longer than a call");
        assert_eq!(schedule.pieces(&[reader(1, 1000)], 3, 30), [30], "no more than there is room for");
        assert_eq!(schedule.pieces(&[reader(1, 1000), reader(2, 1000)], 0, 512).iter().sum::<usize>(), 300);
        schedule.measured(100, 100, Duration::from_mins(1));
        assert!(schedule.pieces(&[reader(1, 1000)], 0, 512)[0] > 100, "one slow call counts for little");
        for _ in 0..50 {
            schedule.measured(100, 100, Duration::from_mins(1));
        }
        assert_eq!(schedule.pieces(&[reader(1, 1000)], 3, 512), [SMALLEST_PIECE], "it always goes on");
        assert_eq!(schedule.pieces(&[reader(1, 1000)], 0, 512), [ALONE], "and in large pieces where nobody waits");
    }
}
