//! Requests of many short inputs, worked off in packs of one call each: people's requests first, short inputs
//! together.

use std::time::Instant;

use tokio::sync::oneshot;

use super::{queue::Queue, served::Served};
use crate::ports::{ModelError, Priority};

/// Inputs, and where their outputs go.
pub struct Request<I, O> {
    pub inputs: Vec<I>,
    pub reply: Reply<O>,
}

type Reply<O> = oneshot::Sender<Result<Vec<O>, ModelError>>;

/// One output for each input, in order.
pub async fn ask<I: Send + 'static, O: Send + 'static>(
    model: &Served<Request<I, O>>,
    inputs: Vec<I>,
    priority: Priority,
) -> Result<Vec<O>, ModelError> {
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    let (reply, answer) = oneshot::channel();
    model.push(Request { inputs, reply }, priority)?;
    answer.await.map_err(|_| ModelError::Cancelled)?
}

/// A model that takes several inputs in one call.
pub trait Packer {
    type Input;
    /// An input in tokens.
    type Item;
    type Output;

    fn item(&self, input: &Self::Input) -> Self::Item;

    /// In tokens.
    fn size(item: &Self::Item) -> usize;

    /// Tokens and items that one call may hold; a longer item goes alone.
    fn limits(&self, priority: Priority) -> (usize, usize);

    /// One output for each item, in order.
    fn compute(&mut self, items: &[&Self::Item], priority: Priority) -> Result<Vec<Self::Output>, ModelError>;
}

/// Serves the queue until it closes.
pub fn serve<P: Packer>(model: &mut P, queue: &Queue<Request<P::Input, P::Output>>) {
    while let Some((priority, request)) = queue.pop() {
        let mut work = Work::start(model, request);
        while work.is_wanted() && !queue.is_closed() {
            if priority == Priority::Bulk {
                // People's requests go ahead between two packs of bulk work.
                while let Some(urgent) = queue.pop_interactive() {
                    let mut urgent = Work::start(model, urgent);
                    while urgent.is_wanted() {
                        urgent.step(model, Priority::Interactive);
                    }
                    queue.served(urgent.finish());
                }
            }
            work.step(model, priority);
        }
        queue.served(work.finish());
    }
}

/// A request under way.
struct Work<P: Packer> {
    items: Vec<P::Item>,
    /// Indices into `items`, longest first; worked off from the end.
    left: Vec<usize>,
    outputs: Vec<Option<P::Output>>,
    /// Gone once the asker was told of a failure.
    reply: Option<Reply<P::Output>>,
    since: Instant,
}

impl<P: Packer> Work<P> {
    fn start(model: &P, request: Request<P::Input, P::Output>) -> Self {
        let since = Instant::now();
        let items: Vec<P::Item> = request.inputs.iter().map(|input| model.item(input)).collect();
        let mut left: Vec<usize> = (0..items.len()).collect();
        left.sort_by_key(|at| std::cmp::Reverse(P::size(&items[*at])));
        let outputs = items.iter().map(|_| None).collect();
        Self { items, left, outputs, reply: Some(request.reply), since }
    }

    /// Something is left to do and somebody waits for it.
    fn is_wanted(&self) -> bool {
        !self.left.is_empty() && self.reply.as_ref().is_some_and(|reply| !reply.is_closed())
    }

    /// Computes one pack.
    fn step(&mut self, model: &mut P, priority: Priority) {
        let (most_tokens, most_items) = model.limits(priority);
        let mut pack = Vec::new();
        let mut tokens = 0;
        while let Some(next) = self.left.last() {
            let size = P::size(&self.items[*next]);
            if !pack.is_empty() && (tokens + size > most_tokens || pack.len() >= most_items) {
                break;
            }
            tokens += size;
            pack.extend(self.left.pop());
        }
        let items: Vec<&P::Item> = pack.iter().map(|at| &self.items[*at]).collect();
        match model.compute(&items, priority) {
            Ok(outputs) => {
                for (at, output) in pack.into_iter().zip(outputs) {
                    self.outputs[at] = Some(output);
                }
            }
            Err(problem) => {
                if let Some(reply) = self.reply.take() {
                    let _ = reply.send(Err(problem));
                }
            }
        }
    }

    /// Hands over what is whole; says how long it took.
    fn finish(self) -> std::time::Duration {
        let outputs: Option<Vec<P::Output>> = self.outputs.into_iter().collect();
        if let (Some(outputs), Some(reply)) = (outputs, self.reply) {
            let _ = reply.send(Ok(outputs));
        }
        self.since.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of texts, and the packs that they were computed in.
    #[derive(Default)]
    struct Lengths(Vec<Vec<usize>>);

    impl Packer for Lengths {
        type Input = String;
        type Item = usize;
        type Output = usize;

        fn item(&self, input: &String) -> usize {
            input.len()
        }

        fn size(item: &usize) -> usize {
            *item
        }

        fn limits(&self, _: Priority) -> (usize, usize) {
            (10, 3)
        }

        fn compute(&mut self, items: &[&usize], _: Priority) -> Result<Vec<usize>, ModelError> {
            self.0.push(items.iter().map(|size| **size).collect());
            if items.contains(&&13) {
                return Err(ModelError::Cancelled);
            }
            Ok(items.iter().map(|size| **size).collect())
        }
    }

    fn run(inputs: &[usize]) -> (Vec<Vec<usize>>, Result<Vec<usize>, ModelError>) {
        let queue = Queue::new("test", 4);
        let (reply, mut answer) = oneshot::channel();
        let request = Request { inputs: inputs.iter().map(|n| "x".repeat(*n)).collect(), reply };
        let mut model = Lengths::default();
        let mut work = Work::start(&model, request);
        while work.is_wanted() {
            work.step(&mut model, Priority::Interactive);
        }
        queue.served(work.finish());
        let _: &Queue<Request<String, usize>> = &queue;
        (model.0, answer.try_recv().expect("an answer was sent"))
    }

    #[test]
    fn short_inputs_go_together_and_outputs_keep_their_order() {
        let (packs, outputs) = run(&[4, 9, 1, 12, 2, 3, 1]);
        assert_eq!(outputs.expect("nothing fails"), [4, 9, 1, 12, 2, 3, 1]);
        assert_eq!(packs, [vec![1, 1, 2], vec![3, 4], vec![9], vec![12]]);
    }

    #[test]
    fn a_failure_ends_the_request() {
        let (packs, outputs) = run(&[13, 1, 14]);
        assert!(outputs.is_err());
        assert_eq!(packs, [vec![1], vec![13]]);
    }
}
