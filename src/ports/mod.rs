//! What the pipeline needs from outside itself. `app` alone knows who implements what.

mod models;
mod retrieval;
mod store;
mod verification;

use time::{Date, OffsetDateTime};

pub use self::{models::*, retrieval::*, store::*, verification::*};

/// Today, now, and fresh ids: injected, so that answers can be replayed.
pub trait Clock: Send + Sync {
    fn now(&self) -> OffsetDateTime;

    fn today(&self) -> Date {
        self.now().date()
    }

    /// Unique, sortable by time.
    fn new_id(&self) -> String;
}
