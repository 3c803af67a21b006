//! GraphiQL at `/`. All files are embedded in the binary, and the page contacts only this gateway.
//!
//! The bundle is built in `graphiql/` and committed, so that building the gateway does not require Node. The tabs are loaded
//! from `graphql/operations/` at run time, so that a new document does not change the bundle.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use include_dir::{Dir, include_dir};
use serde::Serialize;
use sha2::{Digest, Sha256};

static BUNDLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/graphiql/dist");
static DOCUMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../graphql/operations");

/// The document of the first tab. The others follow by name.
const FIRST: &str = "Subscriptions";

/// Prefix of the comment line that contains a document's variables as JSON.
const VARIABLES: &str = "# variables:";

/// The Monaco editor creates style elements, hence `'unsafe-inline'` for styles, and uses `data:` URLs for cursors and
/// fonts. Scripts and workers are files of the bundle, and `'self'` covers the WebSocket.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A tab: a document with its name and variables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// Name of the file without extension.
    pub name: String,
    /// The document without the line that contains the variables.
    pub query: String,
    /// Variables as a JSON object. `None` if there are none. The page replaces `$profile` and `$run` with the IDs of
    /// the first profile and the newest run that the caller can see.
    pub variables: Option<serde_json::Value>,
}

impl Operation {
    fn read(name: &str, text: &str) -> Result<Self, serde_json::Error> {
        let mut variables = None;
        let mut query = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match line.strip_prefix(VARIABLES) {
                Some(json) => variables = Some(serde_json::from_str(json)?),
                None => query.push_str(line),
            }
        }
        Ok(Self { name: name.to_owned(), query, variables })
    }
}

/// Returns the documents of `graphql/operations/`, the most useful first.
///
/// # Panics
///
/// If the variables of a document are not JSON. A test prevents this for the documents in the binary.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut operations: Vec<_> = documents()
        .map(|(name, text)| Operation::read(name, text).expect("embedded documents give their variables as JSON"))
        .collect();
    operations.sort_by(|a, b| (a.name != FIRST, &a.name).cmp(&(b.name != FIRST, &b.name)));
    operations
}

/// Returns the documents of `graphql/operations/` with their file names.
pub(crate) fn documents() -> impl Iterator<Item = (&'static str, &'static str)> {
    DOCUMENTS
        .files()
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "graphql"))
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
}

/// Serves the page at `/`, its files under `/assets/`, and [`operations`] as its tabs.
pub fn router() -> Router {
    router_for(&operations())
}

fn router_for(operations: &[Operation]) -> Router {
    let page = BUNDLE.get_file("index.html").expect("the bundle has a page").contents();
    let tabs = serde_json::to_vec(operations).expect("names, texts and JSON serialise");
    Router::new()
        .route("/", get(revalidated))
        .with_state(Arc::new(Revalidated::new("text/html; charset=utf-8", Bytes::from_static(page))))
        .merge(
            Router::new()
                .route("/graphiql/operations.json", get(revalidated))
                .with_state(Arc::new(Revalidated::new("application/json", tabs.into()))),
        )
        .route("/assets/{*path}", get(asset))
        .layer(map_response(guard))
}

/// A response body that browsers cache but revalidate.
struct Revalidated {
    content_type: &'static str,
    body: Bytes,
    etag: HeaderValue,
}

impl Revalidated {
    fn new(content_type: &'static str, body: Bytes) -> Self {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        let etag = HeaderValue::try_from(format!("\"{digest}\"")).expect("base64 is valid in a header");
        Self { content_type, body, etag }
    }
}

async fn revalidated(State(file): State<Arc<Revalidated>>, headers: HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH) == Some(&file.etag);
    let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let body = if known { Body::empty() } else { file.body.clone().into() };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::ETAG, file.etag.clone());
    response
}

/// A file whose name contains its hash.
async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = BUNDLE.get_file(format!("assets/{path}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(header::CONTENT_TYPE, content_type(&path)), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, file.contents()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

/// Sets the policy on every response, because a worker obeys the policy of its own file.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests;
