//! What the generator does, for Prometheus (text format 0.0.4).

use std::fmt::Write as _;

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use super::AppState;
use crate::ports::{FIRST_TOKEN_BOUNDS, GeneratorLoad};

/// Queue, requests, tokens and times of the generator; nothing of it before the generator is loaded.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    let text = state.service.generator_load().map_or_else(String::new, |load| render(&load));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn render(load: &GeneratorLoad) -> String {
    let mut out = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
        let _ = write!(
            out,
            "# HELP attest_generator_{name} {help}\n# TYPE attest_generator_{name} {kind}\n\
             attest_generator_{name} {value}\n"
        );
    };
    metric("waiting", "gauge", "Requests in the queue.", &load.waiting);
    metric("running", "gauge", "Requests that are being read or written.", &load.running);
    metric("finished_total", "counter", "Requests that were written to their end.", &load.finished);
    metric("refused_total", "counter", "Requests refused because the queue was full.", &load.refused);
    metric("dropped_total", "counter", "Requests whose clients left.", &load.dropped);
    metric("failed_total", "counter", "Requests that failed or took too long.", &load.failed);
    metric("prompt_tokens_total", "counter", "Tokens of prompts.", &load.prompt_tokens);
    metric("reused_tokens_total", "counter", "Those still known from earlier requests.", &load.reused_tokens);
    metric("new_tokens_total", "counter", "Tokens written.", &load.new_tokens);
    metric("calls_total", "counter", "Calls of the engine.", &load.calls);
    metric("compute_seconds_total", "counter", "Time that these calls took.", &load.compute_seconds);
    let name = "attest_generator_first_token_seconds";
    let _ = write!(out, "# HELP {name} From a request to its first token.\n# TYPE {name} histogram\n");
    for (bound, within) in FIRST_TOKEN_BOUNDS.iter().zip(load.first_token_within) {
        let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {within}");
    }
    let (count, sum) = (load.first_tokens, load.first_token_seconds);
    let _ = write!(out, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_type_and_a_value() {
        let load = GeneratorLoad {
            waiting: 3,
            reused_tokens: 900,
            first_tokens: 2,
            first_token_seconds: 1.5,
            first_token_within: [0, 0, 1, 2, 2, 2, 2, 2],
            ..GeneratorLoad::default()
        };
        let text = render(&load);
        for line in [
            "attest_generator_waiting 3",
            "attest_generator_reused_tokens_total 900",
            "# TYPE attest_generator_first_token_seconds histogram",
            "attest_generator_first_token_seconds_bucket{le=\"0.5\"} 1",
            "attest_generator_first_token_seconds_bucket{le=\"+Inf\"} 2",
            "attest_generator_first_token_seconds_sum 1.5",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        assert!(text.lines().all(|l| l.starts_with("# ") || l.split(' ').count() == 2), "{text}");
    }
}
