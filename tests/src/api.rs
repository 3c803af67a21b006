//! A GraphQL client over plain HTTP, and a reader of event streams.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

/// A client of one gateway.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
    token: Option<String>,
}

impl Api {
    /// Speaks to the gateway at `base`, `http://127.0.0.1:8080` for example.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        // An error means that the provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("plain HTTP needs nothing");
        Self { base: base.into(), http, token: None }
    }

    /// Returns a client of the same gateway with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Returns a client of the same gateway without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// A GraphQL request with the token, if any.
    fn request(&self, document: &str, variables: Value) -> reqwest::RequestBuilder {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let request = self.http.post(format!("{}/graphql", self.base)).header("content-type", "application/json");
        let request = request.body(body);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Runs the document `graphql/operations/{name}.graphql` and returns its data.
    ///
    /// # Errors
    /// If the response has errors.
    pub async fn run(&self, name: &str, variables: Value) -> anyhow::Result<Value> {
        self.ask(&operation(name), variables).await.with_context(|| format!("operation {name}"))
    }

    /// Runs `document` and returns its data.
    ///
    /// # Errors
    /// If the response has errors.
    pub async fn ask(&self, document: &str, variables: Value) -> anyhow::Result<Value> {
        let mut answer = self.post(document, variables).await?;
        anyhow::ensure!(answer["errors"].is_null(), "{}", answer["errors"]);
        Ok(answer["data"].take())
    }

    /// Runs a mutation document with one `input` and one root field, and returns its payload.
    ///
    /// # Errors
    /// If the response has errors or user errors.
    pub async fn mutate(&self, name: &str, input: Value) -> anyhow::Result<Value> {
        let data = self.run(name, json!({ "input": input })).await?;
        let payload = data.as_object().and_then(|o| o.values().next()).cloned().context("a mutation has a payload")?;
        anyhow::ensure!(payload["userErrors"] == json!([]), "{name}: {}", payload["userErrors"]);
        Ok(payload)
    }

    /// Sends `document` and returns the whole answer.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn post(&self, document: &str, variables: Value) -> anyhow::Result<Value> {
        let answer = self.request(document, variables).send().await?.bytes().await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// The URL of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Fetches a page that is not GraphQL.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Sends DELETE.
    ///
    /// # Errors
    /// If the request fails or the status is not a success.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.http.delete(format!("{}{path}", self.base)).send().await?.error_for_status()?;
        Ok(())
    }

    /// Sends JSON by PUT.
    ///
    /// # Errors
    /// If the request fails or the status is not a success.
    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let request = self.http.put(format!("{}{path}", self.base)).header("content-type", "application/json");
        request.body(body.to_string()).send().await?.error_for_status()?;
        Ok(())
    }

    /// Sends JSON by POST to a page that is not GraphQL.
    ///
    /// # Errors
    /// If the request fails or the status is not a success.
    pub async fn post_json(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        request.body(body.to_string()).send().await?.error_for_status()?;
        Ok(())
    }

    /// Opens a subscription as server-sent events and yields each `next` event's data.
    ///
    /// # Errors
    /// If the request fails or the response is not an event stream.
    pub async fn subscribe(
        &self,
        document: &str,
        variables: Value,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Value>> + use<>> {
        let answer = self.request(document, variables).header("accept", "text/event-stream").send().await?;
        let status = answer.status();
        anyhow::ensure!(status.is_success(), "{status}: {}", answer.text().await?);
        let chunks = Box::pin(answer.bytes_stream());
        Ok(futures::stream::try_unfold((chunks, Vec::new()), |(mut chunks, mut buffer)| async move {
            loop {
                if let Some(end) = find(&buffer, b"\n\n") {
                    let event: Vec<u8> = buffer.drain(..end + 2).collect();
                    match data_of(&String::from_utf8(event)?) {
                        Some(data) => return Ok(Some((serde_json::from_str(&data)?, (chunks, buffer)))),
                        None => continue,
                    }
                }
                match chunks.next().await {
                    Some(chunk) => buffer.extend_from_slice(&chunk?),
                    None => return Ok(None),
                }
            }
        }))
    }

    /// Waits for the end of the run with its event stream. Returns its last state.
    ///
    /// # Errors
    /// If the request fails or the stream ends early.
    pub async fn finished(&self, run: &str) -> anyhow::Result<String> {
        self.until(run, |state| !["QUEUED", "RUNNING", "CANCELLING", "PAUSED_QUOTA", "SUSPECT"].contains(&state)).await
    }

    /// Waits until the run is in a state that `enough` accepts, by its event stream.
    ///
    /// # Errors
    /// If the request fails or the stream ends early.
    pub async fn until(&self, run: &str, enough: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        const DOCUMENT: &str = "subscription($run: ID!) { syncProgress(by: { runId: $run }) \
            { sequence ... on RunStateChanged { state } } }";
        let mut events = std::pin::pin!(self.subscribe(DOCUMENT, json!({ "run": run })).await?);
        while let Some(event) = events.next().await {
            let event = event?;
            anyhow::ensure!(event["errors"].is_null(), "{}", event["errors"]);
            if let Some(state) = event["data"]["syncProgress"]["state"].as_str()
                && enough(state)
            {
                return Ok(state.to_owned());
            }
        }
        anyhow::bail!("the stream of run {run} ended early")
    }

    /// Reads all pages of a connection and returns the nodes. `document` has the variables `$first` and `$after`, and the
    /// connection under the alias `page` with `nodes` and `pageInfo { hasNextPage endCursor }`.
    ///
    /// # Errors
    /// If the response has errors.
    pub async fn all_nodes(&self, document: &str, mut variables: Value) -> anyhow::Result<Vec<Value>> {
        let mut nodes = Vec::new();
        variables["first"] = json!(200);
        loop {
            let mut data = self.ask(document, variables.clone()).await?;
            let page = data["page"].take();
            nodes.extend(page["nodes"].as_array().cloned().context("a page has nodes")?);
            if page["pageInfo"]["hasNextPage"] != true {
                return Ok(nodes);
            }
            variables["after"] = page["pageInfo"]["endCursor"].clone();
        }
    }
}

/// Reads `graphql/operations/{name}.graphql`.
#[must_use]
pub fn operation(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../graphql/operations/{name}.graphql"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The data of a `next` event; `None` for `complete` and for comments.
fn data_of(event: &str) -> Option<String> {
    let fields: HashMap<&str, &str> =
        event.lines().filter_map(|line| line.split_once(':')).map(|(k, v)| (k, v.trim_start())).collect();
    (fields.get("event") == Some(&"next")).then(|| (*fields.get("data").unwrap_or(&"")).to_owned())
}
