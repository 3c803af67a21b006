//! The gateway and the vendor, as their clients see them.

use std::time::Duration;

use anyhow::Context;
use seatgraph_core::Secret;
use seatgraph_core::http::{Http, HttpOptions, Method};
use serde_json::{Value, json};

/// The simulated organisation.
pub(crate) struct Vendor {
    pub(crate) url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Vendor {
    fn http(&self) -> anyhow::Result<Http> {
        Ok(Http::new(self.url.parse()?, None, HttpOptions::default()))
    }

    /// Empties the vendor's request log.
    pub(crate) async fn forget_requests(&self) -> anyhow::Result<()> {
        self.http()?.request(Method::Delete, "/_control/requests").send().await?;
        Ok(())
    }

    /// The paths of all reads since the log was emptied, in their order.
    pub(crate) async fn reads(&self) -> anyhow::Result<Vec<String>> {
        let log: Vec<Value> = self.http()?.get("/_control/requests/log").json_body().await?;
        let reads = log.iter().filter(|entry| entry["method"] == "GET" && entry["status"] == 200);
        Ok(reads.filter_map(|entry| entry["path_and_query"].as_str().map(str::to_owned)).collect())
    }

    /// A token, from the same grant that the gateway uses.
    pub(crate) async fn token(&self) -> anyhow::Result<String> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.as_str()),
        ];
        let answer: Value = self.http()?.request(Method::Post, "/services/oauth2/token").form(form).json_body().await?;
        answer["access_token"].as_str().map(str::to_owned).context("access_token")
    }
}

/// The gateway's public API.
pub(crate) struct Api {
    http: Http,
    token: Secret,
}

impl Api {
    pub(crate) fn new(address: &str, token: Secret) -> anyhow::Result<Self> {
        Ok(Self { http: Http::new(address.parse()?, None, HttpOptions::default()), token })
    }

    /// Connects the organisation and publishes its profile; returns the first run's id.
    pub(crate) async fn connect(&self, vendor: &Vendor) -> anyhow::Result<String> {
        let input = json!({ "connector": "salesforce", "name": "bench", "instanceUrl": vendor.url });
        let alias = self.mutate("createConnectionAlias", "CreateConnectionAliasInput", "alias", input).await?;
        let input = json!({
            "aliasId": alias, "clientId": vendor.client_id, "clientSecret": vendor.client_secret
        });
        self.mutate("setClientCredentials", "SetClientCredentialsInput", "alias", input).await?;
        let input = json!({ "name": "bench", "aliasId": alias });
        let profile = self.mutate("createProfile", "CreateProfileInput", "profile", input).await?;
        self.mutate("publishProfile", "ProfileInput", "run", json!({ "id": profile })).await
    }

    /// Waits until the run is over.
    pub(crate) async fn finished(&self, run: &str) -> anyhow::Result<Value> {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            let query =
                "query($id: ID!) { syncRun(id: $id) { state apiCalls startedAt finishedAt findings { message } } }";
            let run = self.ask(query, json!({ "id": run })).await?["syncRun"].take();
            if !run["finishedAt"].is_null() {
                return Ok(run);
            }
        }
    }

    async fn mutate(&self, field: &str, input_type: &str, object: &str, input: Value) -> anyhow::Result<String> {
        let document = format!(
            "mutation($input: {input_type}!) {{ {field}(input: $input) {{ {object} {{ id }} userErrors {{ message }} }} }}"
        );
        let payload = self.ask(&document, json!({ "input": input })).await?[field].take();
        payload[object]["id"].as_str().map(str::to_owned).with_context(|| format!("{field}: {payload}"))
    }

    async fn ask(&self, document: &str, variables: Value) -> anyhow::Result<Value> {
        let body = json!({ "query": document, "variables": variables });
        let request = self.http.request(Method::Post, "/graphql").json(&body);
        let request = request.header("authorization", format!("Bearer {}", self.token.expose()));
        let mut answer: Value = request.json_body().await?;
        anyhow::ensure!(answer["errors"].is_null(), "{}", answer["errors"]);
        Ok(answer["data"].take())
    }
}
