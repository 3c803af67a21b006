//! A gateway in this process, on a database of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context;
use salesforce_simulator::Simulator;
use seatgraph::cli::token;
use seatgraph::config::Config;
use seatgraph::gateway::{Gateway, Role};
use seatgraph_store::testkit::TestDatabase;
use serde_json::{Value, json};

use crate::Api;

/// A running gateway with a client. It must be stopped at the end of a test.
#[derive(Debug)]
pub struct TestGateway {
    gateway: Gateway,
    folder: tempfile::TempDir,
    /// Configuration of the gateway.
    pub config: Config,
    /// The API, with the token of an administrator.
    pub api: Api,
}

/// A published profile and its first run.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The alias's id.
    pub alias: String,
    /// The profile's id.
    pub profile: String,
    /// The id of the run that publishing started.
    pub run: String,
}

impl TestGateway {
    /// Starts a gateway on `database`.
    ///
    /// # Errors
    /// If the gateway does not start.
    pub async fn start(database: &TestDatabase) -> anyhow::Result<Self> {
        Self::start_with(database, |_| {}).await
    }

    /// Starts a gateway on `database` with a configuration that `adjust` changes.
    ///
    /// # Errors
    /// If the gateway does not start.
    pub async fn start_with(database: &TestDatabase, adjust: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
        config.database.url = database.url().to_owned();
        config.key_file = Some(folder.path().join("seatgraph.key"));
        config.engine.loopback_vendors = true;
        adjust(&mut config);
        let gateway = Gateway::start(config.clone(), Role::Serve).await?;
        let address = gateway.address().context("a gateway that serves listens")?;
        let api = Api::new(format!("http://{address}")).with_token(&administrator(&config).await?);
        Ok(Self { gateway, folder, config, api })
    }

    /// Starts another gateway on the same database with the same key. Not possible with SQLite.
    ///
    /// # Errors
    /// If the gateway does not start.
    pub async fn replica(&self, database: &TestDatabase) -> anyhow::Result<Self> {
        let key = self.key_file();
        Self::start_with(database, |config| config.key_file = Some(key)).await
    }

    /// The key file.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("seatgraph.key")
    }

    /// Stops the gateway and returns the folder with its keys, for another gateway.
    pub async fn stop_and_keep_keys(self) -> tempfile::TempDir {
        self.gateway.stop().await;
        self.folder
    }

    /// Stops the gateway and waits for its tasks.
    pub async fn stop(self) {
        self.gateway.stop().await;
        drop(self.folder);
    }

    /// Connects the simulated organisation through an alias of its own and publishes its profile.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn connect(&self, simulator: &Simulator, name: &str) -> anyhow::Result<Connected> {
        connect(&self.api, simulator, name, None).await
    }
}

/// Creates an administrator token like the command line does.
///
/// # Errors
/// If the database cannot be opened.
pub async fn administrator(config: &Config) -> anyhow::Result<String> {
    let new = token::New {
        name: "e2e".to_owned(),
        roles: vec![seatgraph_store::Role::Admin],
        profiles: Vec::new(),
        expires: None,
    };
    let (_, token) = token::create(config, new).await?;
    Ok(token.expose().to_owned())
}

/// Connects an organisation through the API: alias (child of `parent`, if any), credentials, profile, publish.
///
/// # Errors
/// The first refusal.
pub async fn connect(api: &Api, simulator: &Simulator, name: &str, parent: Option<&str>) -> anyhow::Result<Connected> {
    let mut input = json!({ "connector": "salesforce", "name": name, "instanceUrl": simulator.url() });
    if let Some(parent) = parent {
        input["parentId"] = json!(parent);
    }
    let alias = id(&api.mutate("CreateConnectionAlias", input).await?["alias"])?;
    let credentials = json!({
        "aliasId": alias,
        "clientId": simulator.client_id(),
        "clientSecret": simulator.client_secret(),
    });
    api.mutate("SetClientCredentials", credentials).await?;
    let profile = id(&api.mutate("CreateProfile", json!({ "name": name, "aliasId": alias })).await?["profile"])?;
    let run = id(&api.mutate("PublishProfile", json!({ "id": profile })).await?["run"])?;
    Ok(Connected { alias, profile, run })
}

fn id(node: &Value) -> anyhow::Result<String> {
    node["id"].as_str().map(str::to_owned).with_context(|| format!("no id in {node}"))
}
