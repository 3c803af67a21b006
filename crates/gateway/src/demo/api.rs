//! The demo as a client of the public API.

use std::net::SocketAddr;

use anyhow::Context;
use salesforce_simulator::Simulator;
use seatgraph_core::http::{Http, HttpOptions, Method};
use seatgraph_store::ProfileId;
use serde_json::{Value, json};

const PARENT: &str = "salesforce";
const CHILD: &str = "salesforce-demo";
const PROFILE: &str = "Salesforce (simulated)";

/// Sends GraphQL requests to the gateway.
#[derive(Debug)]
pub(super) struct Api(Http);

impl Api {
    pub(super) fn new(address: SocketAddr) -> Self {
        let base = format!("http://{address}/").parse().expect("a socket address is a host and port");
        Self(Http::new(base, None, HttpOptions::default()))
    }

    /// Connects the simulated organisation and starts its sync. If the database is reused, updates the URL of the
    /// existing alias.
    pub(super) async fn connect(&self, simulator: &Simulator) -> anyhow::Result<ProfileId> {
        let alias = self.alias(simulator).await?;
        self.mutate(
            "mutation($input: SetClientCredentialsInput!) { result: setClientCredentials(input: $input) \
             { alias { id } userErrors { message } } }",
            json!({ "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": simulator.client_secret() }),
        )
        .await?;
        let known = self
            .ask("query($name: String!) { profile(by: { name: $name }) { id state } }", json!({ "name": PROFILE }))
            .await?;
        let id = match known["profile"]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => self.create_profile(&alias).await?,
        };
        if known["profile"]["state"] == "PUBLISHED" {
            self.start_sync(&id).await?;
        } else {
            self.mutate(
                "mutation($input: ProfileInput!) { result: publishProfile(input: $input) \
                 { run { id } userErrors { message } } }",
                json!({ "id": id }),
            )
            .await?;
        }
        id.parse().context("the profile's id")
    }

    async fn alias(&self, simulator: &Simulator) -> anyhow::Result<String> {
        let known = self
            .ask(
                "query($parent: String!, $child: String!) { parent: connectionAlias(by: { name: $parent }) { id } \
                 child: connectionAlias(by: { name: $child }) { id } }",
                json!({ "parent": PARENT, "child": CHILD }),
            )
            .await?;
        if let Some(child) = known["child"]["id"].as_str() {
            self.mutate(
                "mutation($input: UpdateConnectionAliasInput!) { result: updateConnectionAlias(input: $input) \
                 { alias { id } userErrors { message } } }",
                json!({ "id": child, "instanceUrl": simulator.url() }),
            )
            .await?;
            return Ok(child.to_owned());
        }
        let parent = match known["parent"]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => self.create_alias(json!({ "connector": "salesforce", "name": PARENT })).await?,
        };
        self.create_alias(json!({
            "connector": "salesforce",
            "name": CHILD,
            "parentId": parent,
            "instanceUrl": simulator.url(),
        }))
        .await
    }

    async fn create_alias(&self, input: Value) -> anyhow::Result<String> {
        let result = self
            .mutate(
                "mutation($input: CreateConnectionAliasInput!) { result: createConnectionAlias(input: $input) \
                 { alias { id } userErrors { message } } }",
                input,
            )
            .await?;
        result["alias"]["id"].as_str().map(str::to_owned).context("the alias has an id")
    }

    async fn create_profile(&self, alias: &str) -> anyhow::Result<String> {
        let result = self
            .mutate(
                "mutation($input: CreateProfileInput!) { result: createProfile(input: $input) \
                 { profile { id } userErrors { message } } }",
                json!({ "name": PROFILE, "aliasId": alias }),
            )
            .await?;
        result["profile"]["id"].as_str().map(str::to_owned).context("the profile has an id")
    }

    /// Starts a sync. An open one continues by itself.
    async fn start_sync(&self, profile: &str) -> anyhow::Result<()> {
        let answer = self
            .ask(
                "mutation($input: StartSyncInput!) { result: startSync(input: $input) \
                 { run { id } userErrors { code message } } }",
                json!({ "input": { "profileId": profile } }),
            )
            .await?;
        let refused = answer["result"]["userErrors"][0]["code"].as_str();
        anyhow::ensure!(refused.is_none_or(|code| code == "CONFLICT"), "{}", answer["result"]["userErrors"]);
        Ok(())
    }

    async fn mutate(&self, document: &str, input: Value) -> anyhow::Result<Value> {
        let mut data = self.ask(document, json!({ "input": input })).await?;
        let result = data["result"].take();
        let refusals = result["userErrors"].as_array().map(Vec::as_slice).unwrap_or_default();
        anyhow::ensure!(refusals.is_empty(), "the gateway refused: {}", refusals[0]["message"]);
        Ok(result)
    }

    async fn ask(&self, document: &str, variables: Value) -> anyhow::Result<Value> {
        let mut answer: Value = self
            .0
            .request(Method::Post, "/graphql")
            .json(&json!({ "query": document, "variables": variables }))
            .json_body()
            .await?;
        anyhow::ensure!(answer["errors"].is_null(), "the gateway answered {}", answer["errors"]);
        Ok(answer["data"].take())
    }
}
