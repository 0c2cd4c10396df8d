//! The page.

use reqwest::{Method, StatusCode};

use super::Server;

#[tokio::test]
async fn the_page_comes_from_the_binary_and_is_kept_while_it_is_the_same() {
    let server = Server::start().await;
    for (path, media) in [
        ("/", "text/html; charset=utf-8"),
        ("/a/some-answer", "text/html; charset=utf-8"),
        ("/?q=x&collection=legal-zh", "text/html; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], media, "{path}");
        let tag = response.headers()["etag"].clone();
        let again = server.request(Method::GET, path).header("if-none-match", tag).send().await.expect("a response");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn nothing_runs_that_is_not_ours() {
    let server = Server::start().await;
    for path in ["/", "/app.js", "/v1/collections", "/nope"] {
        let response = server.get(path).await;
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn the_pages_hold_nothing_inline_and_nothing_from_elsewhere() {
    let server = Server::start().await;
    for path in ["/", "/docs"] {
        let page = server.get(path).await.text().await.expect("a body");
        for forbidden in ["http://", "https://", "//cdn", "<style", "style=", "onclick", "onload", "javascript:"] {
            assert!(!page.contains(forbidden), "{path} holds {forbidden}");
        }
        for script in page.split("<script").skip(1) {
            assert!(
                script.trim_start().starts_with("src=") || script.contains(" src=\"/"),
                "{path} has an inline script"
            );
        }
    }
    for path in ["/app.js", "/answer.js", "/explore.js", "/source.js", "/api.js", "/dom.js", "/docs.js", "/strings.js"]
    {
        let script = server.get(path).await.text().await.expect("a body");
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!script.contains(forbidden), "{path} uses {forbidden}");
        }
    }
}
