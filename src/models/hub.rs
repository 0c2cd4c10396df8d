//! The model hub: where a file lies, what it weighs, and its SHA-256, by the hub's own metadata.
//!
//! `GET /{repo}/resolve/{revision}/{file}` answers with a redirect that carries `x-linked-etag` (for a large file its
//! LFS object id, which is the SHA-256), `x-linked-size` and `x-repo-commit`. Where the etag is no SHA-256,
//! `POST /api/models/{repo}/paths-info/{revision}` gives the LFS pointer.

use std::{fmt, str::FromStr, time::Duration};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{HeaderMap, LOCATION},
    redirect,
};
use serde::Deserialize;

use super::ModelsError;

/// The usual public hub.
pub const DEFAULT_HUB: &str = "https://huggingface.co";

/// How a hub is reached.
#[derive(Clone)]
pub struct Hub {
    pub address: String,
    /// Sent to the hub itself only, never to where it redirects.
    pub token: Option<String>,
    /// Broken connections in a row without a byte gained, after which a pull gives up.
    pub attempts: u32,
    /// Pause after the first broken connection; it doubles each time.
    pub pause: Duration,
}

impl Default for Hub {
    fn default() -> Self {
        Self::at(DEFAULT_HUB)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Hub {
    pub fn at(address: impl Into<String>) -> Self {
        let address = address.into().trim_end_matches('/').to_owned();
        Self { address, token: None, attempts: 6, pause: Duration::from_millis(500) }
    }

    #[must_use]
    pub fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token.filter(|t| !t.is_empty());
        self
    }
}

/// `hf:owner/repository/path/file.gguf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    pub repo: String,
    pub file: String,
}

impl FromStr for HubFile {
    type Err = ModelsError;

    fn from_str(address: &str) -> Result<Self, ModelsError> {
        let bad = || ModelsError::BadAddress(address.to_owned());
        let rest = address.strip_prefix("hf:").ok_or_else(bad)?;
        let (owner, rest) = rest.split_once('/').ok_or_else(bad)?;
        let (name, file) = rest.split_once('/').ok_or_else(bad)?;
        let plain = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
        };
        let is_gguf = file.rsplit_once('.').is_some_and(|(_, e)| e.eq_ignore_ascii_case("gguf"));
        if !plain(owner) || !plain(name) || !file.split('/').all(plain) || !is_gguf {
            return Err(bad());
        }
        Ok(Self { repo: format!("{owner}/{name}"), file: file.to_owned() })
    }
}

impl HubFile {
    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }
}

impl fmt::Display for HubFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repo, self.file)
    }
}

/// What the hub says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub sha256: String,
    pub bytes: u64,
    /// The state of the repository that this is true of.
    pub commit: String,
}

/// Talks to one hub.
pub(super) struct HubClient {
    client: Client,
    hub: Hub,
}

/// Why a request gave nothing: for good, or perhaps not next time.
#[derive(Debug)]
pub(super) enum Trouble {
    Final(ModelsError),
    Passing(String),
}

impl From<reqwest::Error> for Trouble {
    fn from(e: reqwest::Error) -> Self {
        // The causes say more than the error; its address may carry a signature.
        let e = e.without_url();
        let mut text = e.to_string();
        let mut cause = std::error::Error::source(&e);
        while let Some(inner) = cause {
            text = inner.to_string();
            cause = inner.source();
        }
        Self::Passing(text)
    }
}

#[derive(Deserialize)]
struct PathInfo {
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

impl HubClient {
    pub fn new(hub: &Hub) -> Result<Self, ModelsError> {
        // Whoever comes first installs the provider; all install the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("attest/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .build()
            .map_err(|e| ModelsError::Connection { problem: e.to_string(), have: 0 })?;
        Ok(Self { client, hub: hub.clone() })
    }

    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Whether the hub answers at all, within the time given.
    pub async fn is_reachable(&self, within: Duration) -> bool {
        let request = self.client.head(&self.hub.address).timeout(within).send();
        request.await.is_ok_and(|response| !response.status().is_server_error())
    }

    fn resolve(&self, file: &HubFile, revision: &str) -> String {
        format!("{}/{}/resolve/{revision}/{}", self.hub.address, file.repo, file.file)
    }

    /// Follows redirects by hand: the token goes to the hub only, and the hub's own headers are on its redirect.
    /// Returns the last response and the hub's headers.
    async fn open(&self, address: &str, from: Option<u64>) -> Result<(Response, HeaderMap), Trouble> {
        let home = Url::parse(&self.hub.address)
            .map_err(|_| Trouble::Final(ModelsError::BadAddress(self.hub.address.clone())))?;
        let mut url = Url::parse(address).map_err(|_| Trouble::Final(ModelsError::BadAddress(address.to_owned())))?;
        let mut hub_headers = HeaderMap::new();
        for _ in 0..8 {
            let at_home = url.origin() == home.origin();
            let mut request = self.client.get(url.clone());
            if let (true, Some(token)) = (at_home, &self.hub.token) {
                request = request.bearer_auth(token);
            }
            if let Some(from) = from {
                request = request.header("range", format!("bytes={from}-"));
            }
            let response = request.send().await?;
            if at_home {
                for (name, value) in response.headers() {
                    hub_headers.insert(name.clone(), value.clone());
                }
            }
            let Some(next) = response.headers().get(LOCATION).filter(|_| response.status().is_redirection()) else {
                return Ok((response, hub_headers));
            };
            let next = next.to_str().ok().and_then(|next| url.join(next).ok());
            url = next.ok_or_else(|| Trouble::Passing("the hub redirects to nowhere".into()))?;
        }
        Err(Trouble::Passing("the hub redirects without end".into()))
    }

    /// Size, hash and state of a file.
    pub async fn metadata(&self, file: &HubFile) -> Result<Metadata, Trouble> {
        // One byte is asked for, so that a hub that does not redirect sends no more.
        let (response, headers) = self.open(&self.resolve(file, "main"), Some(0)).await?;
        judge(&response, &headers, file)?;
        drop(response);
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let commit = text("x-repo-commit").unwrap_or("main").to_owned();
        let etag = text("x-linked-etag").map(|e| e.trim_start_matches("W/").trim_matches('"').to_owned());
        let size = text("x-linked-size").and_then(|s| s.parse().ok());
        if let (Some(sha256), Some(bytes)) = (etag.filter(|e| is_sha256(e)), size) {
            return Ok(Metadata { sha256, bytes, commit });
        }
        let address = format!("{}/api/models/{}/paths-info/{commit}", self.hub.address, file.repo);
        let mut request = self.client.post(address).json(&serde_json::json!({ "paths": [file.file] }));
        if let Some(token) = &self.hub.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        judge(&response, response.headers(), file)?;
        let infos: Vec<PathInfo> = response.json().await?;
        let lfs = infos.into_iter().find_map(|i| i.lfs).filter(|lfs| is_sha256(&lfs.oid));
        let lfs = lfs.ok_or_else(|| {
            Trouble::Final(ModelsError::NotFound(format!("SHA-256 of {file}, so that it cannot be checked")))
        })?;
        Ok(Metadata { sha256: lfs.oid, bytes: lfs.size, commit })
    }

    /// The file from a byte on. The response is 206, or 200 where the server sends all of it again.
    pub async fn read(&self, file: &HubFile, commit: &str, from: u64) -> Result<Response, Trouble> {
        let range = (from > 0).then_some(from);
        let (response, headers) = self.open(&self.resolve(file, commit), range).await?;
        judge(&response, &headers, file)?;
        Ok(response)
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// An error for every status that brings no bytes.
fn judge(response: &Response, hub_headers: &HeaderMap, file: &HubFile) -> Result<(), Trouble> {
    let status = response.status();
    let code = hub_headers.get("x-error-code").and_then(|v| v.to_str().ok()).unwrap_or_default();
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(()),
        StatusCode::NOT_FOUND => Err(Trouble::Final(ModelsError::NotFound(file.to_string()))),
        // The hub also says "unauthorised" of repositories that do not exist.
        StatusCode::UNAUTHORIZED if code == "RepoNotFound" => {
            Err(Trouble::Final(ModelsError::NotFound(file.to_string())))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Trouble::Final(ModelsError::Gated(file.to_string()))),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Trouble::Passing(format!("the hub answered {status}")))
        }
        status => Err(Trouble::Final(ModelsError::Refused { what: file.to_string(), status: status.as_u16() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_owner_repository_and_file() {
        let file: HubFile = "hf:owner/some-repo/sub/Model-Q4_K_M.gguf".parse().expect("a good address");
        assert_eq!((file.repo.as_str(), file.file.as_str()), ("owner/some-repo", "sub/Model-Q4_K_M.gguf"));
        assert_eq!(file.name(), "Model-Q4_K_M.gguf");
        for bad in [
            "owner/repo/f.gguf",
            "hf:repo/f.gguf",
            "hf:o/r/",
            "hf:o/r/f.bin",
            "hf:o/r/../../f.gguf",
            "hf:o/r/a b.gguf",
            "hf:",
        ] {
            assert!(bad.parse::<HubFile>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let hub = Hub::default().with_token(Some("secret".into()));
        assert!(!format!("{hub:?}").contains("secret"));
    }
}
