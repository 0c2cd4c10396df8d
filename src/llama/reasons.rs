//! Why llama.cpp refuses something: its functions return nothing but null, and log the reason.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber, dispatcher,
    field::{Field, Visit},
    span,
};

/// Runs `work` on this thread; with its result comes what llama.cpp logged as errors meanwhile, one line each.
pub fn listen<T>(work: impl FnOnce() -> T) -> (T, String) {
    let errors = Arc::new(Mutex::new(String::new()));
    let listener = Listener { errors: Arc::clone(&errors), previous: dispatcher::get_default(Dispatch::clone) };
    let done = tracing::subscriber::with_default(listener, work);
    let heard = std::mem::take(&mut *errors.lock().unwrap_or_else(PoisonError::into_inner));
    (done, heard)
}

/// Notes errors and passes everything on to where it would have gone.
struct Listener {
    errors: Arc<Mutex<String>>,
    previous: Dispatch,
}

fn is_error(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && *metadata.level() == Level::ERROR && metadata.target() == "llama-cpp-2"
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_error(metadata) || self.previous.enabled(metadata)
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        self.previous.new_span(attributes)
    }

    fn record(&self, span: &span::Id, values: &span::Record<'_>) {
        self.previous.record(span, values);
    }

    fn record_follows_from(&self, span: &span::Id, follows: &span::Id) {
        self.previous.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        if is_error(event.metadata()) {
            let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
            event.record(&mut Message(&mut errors));
        }
        if self.previous.enabled(event.metadata()) {
            self.previous.event(event);
        }
    }

    fn enter(&self, span: &span::Id) {
        self.previous.enter(span);
    }

    fn exit(&self, span: &span::Id) {
        self.previous.exit(span);
    }
}

struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let separator = if self.0.is_empty() { "" } else { "; " };
            let _ = write!(self.0, "{separator}{}", format!("{value:?}").trim_matches('"').trim());
        }
    }
}
