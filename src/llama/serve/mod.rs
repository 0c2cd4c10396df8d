//! Many texts written at once by one context.
//!
//! Each call of llama.cpp computes one token of every text that is being written and a piece of the prompts that are
//! being read, so that a long prompt holds nobody up. What a finished text has left in the context stays there while
//! there is room: the next prompt that begins alike takes it over.
//!
//! No text sees another: in calls of the same shape its logits are the same bit for bit, whatever its neighbours say.
//! Between calls of different shapes they differ by rounding. Greedy tokens are therefore the same beside others as alone
//! as long as the likeliest is ahead by more than that (half a logit for the starter generators); two that are closer can
//! change places.
//!
//! [`sequences`] and [`schedule`] decide and touch no model; [`worker`] alone talks to the context.

mod handle;
mod meter;
mod schedule;
mod sequences;
mod stream;
mod task;
mod worker;

pub use handle::Serving;
pub use task::{Request, Task, Weighing, Writing};
