//! A model's worker thread: the only one that touches its context. It ends with its handle.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use super::queue::{CloseOnDrop, Queue};
use crate::{
    domain::answer::ModelIdentity,
    models::Job,
    ports::{ModelError, Priority},
};

/// The handle. Requests wait in a bounded queue.
pub struct Served<R> {
    queue: Arc<Queue<R>>,
    worker: Option<JoinHandle<()>>,
}

impl<R: Send + 'static> Served<R> {
    /// Starts a thread that makes the context and then serves the queue until it closes. `work` calls its second
    /// argument once: with what it found when it is ready, or with why it is not. Blocks until then.
    ///
    /// # Errors
    /// What `work` told, or [`ModelError::Failed`] where there is no thread or it ended without a word.
    pub fn start<T: Send + 'static>(
        job: Job,
        model: &ModelIdentity,
        limit: usize,
        work: impl FnOnce(&Queue<R>, &dyn Fn(Result<T, ModelError>)) + Send + 'static,
    ) -> Result<(Self, T), ModelError> {
        let queue = Arc::new(Queue::new(job.code(), limit));
        let (ready, opened) = mpsc::channel();
        let worker = thread::Builder::new().name(job.code().into()).spawn({
            let queue = Arc::clone(&queue);
            move || {
                let _close = CloseOnDrop(&queue);
                work(&queue, &|found| {
                    let _ = ready.send(found);
                });
            }
        });
        let failed = |problem: String| ModelError::Failed { model: model.name.clone(), problem };
        let worker = worker.map_err(|e| failed(format!("no thread for it: {e}")))?;
        let found = opened.recv().map_err(|_| failed("its worker ended while it started".into()))??;
        Ok((Self { queue, worker: Some(worker) }, found))
    }

    /// # Errors
    /// [`ModelError::Busy`] if as many wait as may; [`ModelError::Cancelled`] once the worker is gone.
    pub fn push(&self, request: R, priority: Priority) -> Result<(), ModelError> {
        self.queue.push(request, priority)
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}

impl<R> Drop for Served<R> {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(worker) = self.worker.take() {
            // The model must outlive its context, and a process must not end in the middle of a call.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelIdentity {
        ModelIdentity { name: "m".to_owned(), sha256: String::new() }
    }

    #[test]
    fn a_worker_says_what_it_found_and_ends_with_its_handle() {
        let (told, heard) = mpsc::channel();
        let (served, found) = Served::start(Job::Embedder, &model(), 4, move |queue: &Queue<u8>, ready| {
            ready(Ok(7));
            while let Some((_, request)) = queue.pop() {
                let _ = told.send(request);
            }
        })
        .expect("it starts");
        assert_eq!(found, 7);
        served.push(1, Priority::Bulk).expect("there is room");
        assert_eq!(heard.recv(), Ok(1));
        drop(served);
        assert!(heard.recv().is_err(), "the thread has ended");
    }

    #[test]
    fn a_worker_that_cannot_start_says_why() {
        let refused = Served::start(Job::Embedder, &model(), 4, |_: &Queue<u8>, ready| {
            ready(Err::<(), _>(ModelError::Cancelled));
        });
        assert!(matches!(refused, Err(ModelError::Cancelled)));
        let silent = Served::<u8>::start::<()>(Job::Embedder, &model(), 4, |_, _| {});
        assert!(matches!(silent, Err(ModelError::Failed { problem, .. }) if problem.contains("ended while")));
    }
}
