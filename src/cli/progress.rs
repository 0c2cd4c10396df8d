//! Progress bars on standard error; silent where that is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `total` things called `what`.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len} {per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(what.to_owned())
}
