//! Configuration: a TOML file, overridden by environment variables. Unknown fields are errors.
//!
//! The environment variable of a field is `SEATGRAPH_` and its path in upper case, with `__` between levels:
//! `SEATGRAPH_DATABASE__URL`. Variables that begin with `SEATGRAPH_TEST_` are for tests and are ignored.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use seatgraph_core::Secret;
use seatgraph_engine::{EngineSettings, InstanceIdentity};
use seatgraph_store::{DatabaseSettings, Sealer};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use crate::edge::{AllowList, Limits};
use crate::graphiql;
use crate::login::LoginSettings;

/// Environment variables that contain secrets, without the prefix, and their fields.
const SECRETS: [(&str, &str); 2] = [("key", "key"), ("login__client_secret", "login.client_secret")];

/// Variables with the prefix that are not fields: the path of the file, and a setting of tests.
const NOT_CONFIGURATION: [&str; 2] = ["config", "require_postgres"];

/// Configuration of the gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address that the HTTP server listens on.
    pub listen: SocketAddr,
    /// Public URL of the gateway, such as `https://licences.example.com`. Vendors redirect users to
    /// `/oauth/{connector}/callback` under it after their consent. Default: `http://localhost` with the port of `listen`.
    pub public_url: Option<Url>,
    /// Database.
    pub database: DatabaseSettings,
    /// File with the encryption keys of secrets, one per line, newest first. It is created with mode 0600 if it is missing,
    /// and changed by `seatgraph keys rotate`. All processes on one database need the same keys. Default:
    /// `seatgraph.key` in the folder of the SQLite database, or in the working directory with PostgreSQL.
    pub key_file: Option<PathBuf>,
    /// Encryption keys, each 32 bytes in base64, separated by commas. The first one encrypts, all decrypt. They replace the
    /// key file. Set them in the environment, not in a file.
    pub key: Option<Secret>,
    /// File that identifies the database of this installation. It is created if it is missing. With a database that was
    /// restored or copied, the gateway calls no vendor until `seatgraph adopt`. Processes on one database share the file.
    /// Default: `seatgraph.instance` in the folder of the key file.
    pub instance_file: Option<PathBuf>,
    /// UUID that identifies the database instead of the file, for installations without persistent files. A copied
    /// database is still detected, a restored backup is not.
    pub instance: Option<Uuid>,
    /// Origins (scheme, host and port) whose pages may call the API, such as `https://console.example.com`.
    pub allowed_origins: Vec<Url>,
    /// Login of users through an OpenID provider. Without it, users cannot log in.
    pub login: Option<LoginSettings>,
    /// Whether introspection is allowed. GraphiQL requires it.
    pub introspection: bool,
    /// Documents that may run: `false` for all, `true` for those of `graphql/operations/` that this binary contains, or a
    /// path for the `.graphql` files of that folder. Others are refused, including the introspection query of GraphiQL.
    pub allow_list: AllowListing,
    /// Limits of requests, sockets and operations.
    pub limits: Limits,
    /// Settings of jobs: leases, pacing, quotas and schedules.
    pub engine: EngineSettings,
    /// Log.
    pub log: LogSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            database: DatabaseSettings::default(),
            key_file: None,
            key: None,
            instance_file: None,
            instance: None,
            allowed_origins: Vec::new(),
            login: None,
            introspection: true,
            allow_list: AllowListing::default(),
            limits: Limits::default(),
            engine: EngineSettings::default(),
            log: LogSettings::default(),
        }
    }
}

/// Documents that may run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "allow_list is true, false or the path of a folder")]
pub enum AllowListing {
    /// Whether only documents that the binary contains may run.
    Embedded(bool),
    /// Documents of a folder. Each contains all fragments that it uses.
    Folder(PathBuf),
}

impl Default for AllowListing {
    fn default() -> Self {
        Self::Embedded(false)
    }
}

impl AllowListing {
    /// Reads the documents. Returns `None` if all documents may run.
    ///
    /// # Errors
    /// If a file cannot be read or parsed.
    pub fn read(&self) -> anyhow::Result<Option<AllowList>> {
        let list = match self {
            Self::Embedded(false) => return Ok(None),
            Self::Embedded(true) => AllowList::new(graphiql::documents())?,
            Self::Folder(folder) => {
                let documents = documents_of(folder).with_context(|| format!("allow_list: {}", folder.display()))?;
                anyhow::ensure!(
                    !documents.is_empty(),
                    "allow_list: {} has no .graphql files, so nothing could run",
                    folder.display()
                );
                let documents = documents.iter().map(|(name, text)| (name.as_str(), text.as_str()));
                AllowList::new(documents).with_context(|| format!("allow_list: {}", folder.display()))?
            }
        };
        Ok(Some(list))
    }
}

fn documents_of(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "graphql") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
            documents.push((name, text));
        }
    }
    documents.sort();
    Ok(documents)
}

/// Settings of the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// Filter in the syntax of `tracing`, such as `info` or `warn,seatgraph=debug`.
    pub level: String,
    /// Format of log lines.
    pub format: LogFormat,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for humans.
    Text,
    /// One JSON object per line.
    Json,
}

impl Config {
    /// Reads the file, if any, and the environment variables, which override it.
    ///
    /// # Errors
    /// Names the field with an unknown name or invalid value, and its source.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut figment = Figment::new();
        if let Some(path) = file {
            anyhow::ensure!(path.is_file(), "configuration file {} does not exist", path.display());
            figment = figment.merge(Toml::file_exact(path));
        }
        let environment = Env::prefixed("SEATGRAPH_")
            .filter(|key| {
                let key = key.as_str().to_ascii_lowercase();
                let is_secret = SECRETS.iter().any(|(variable, _)| *variable == key);
                !is_secret && !key.starts_with("test_") && !NOT_CONFIGURATION.contains(&key.as_str())
            })
            .split("__");
        let mut figment = figment.merge(environment);
        for (variable, field) in SECRETS {
            // Not parsed: a secret that looks like a number or a list is a string.
            if let Ok(secret) = std::env::var(format!("SEATGRAPH_{}", variable.to_ascii_uppercase())) {
                figment = figment.merge((field, secret));
            }
        }
        let config: Self = figment.extract()?;
        anyhow::ensure!(
            config.database.is_understood(),
            "database.url must be a path or a URL that begins with postgres:// or sqlite:"
        );
        Ok(config)
    }

    /// Returns the public URL of a gateway that listens on `address`. The default is a `localhost` URL, because vendors
    /// accept plain HTTP for no other name.
    #[must_use]
    pub fn public_url(&self, address: SocketAddr) -> Url {
        let local = || format!("http://localhost:{}", address.port()).parse().expect("it is an address");
        self.public_url.clone().unwrap_or_else(local)
    }

    /// Returns the identity that the database of this installation must have.
    #[must_use]
    pub fn identity(&self) -> InstanceIdentity {
        match self.instance {
            Some(epoch) => InstanceIdentity::Given(epoch),
            None => {
                let beside_key = || self.key_path().with_file_name("seatgraph.instance");
                InstanceIdentity::File(self.instance_file.clone().unwrap_or_else(beside_key))
            }
        }
    }

    /// Returns the path of the key file.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        let beside_database = || match self.database.sqlite_path() {
            Some(path) => path.with_file_name("seatgraph.key"),
            None => PathBuf::from("seatgraph.key"),
        };
        self.key_file.clone().unwrap_or_else(beside_database)
    }

    /// Reads the encryption keys.
    ///
    /// # Errors
    /// Names the setting whose keys cannot be read.
    pub fn sealer(&self) -> anyhow::Result<Sealer> {
        match &self.key {
            Some(keys) => Sealer::from_base64(keys).context("key"),
            None => {
                let path = self.key_path();
                Sealer::from_key_file(&path).with_context(|| format!("key_file: {}", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.toml");
        std::fs::write(&path, toml).unwrap();
        Config::load(Some(&path))
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = load("").unwrap();
        assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
        assert!(config.introspection);
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = load("listn = '127.0.0.1:1'").unwrap_err().to_string();
        assert!(error.contains("listn"), "{error}");
    }

    #[test]
    fn an_unknown_field_of_a_table_is_refused_by_name() {
        let error = load("[limits]\ncosst = 7").unwrap_err().to_string();
        assert!(error.contains("cosst"), "{error}");
    }

    #[test]
    fn a_login_requires_an_issuer_and_refuses_unknown_fields() {
        let login = |toml: &str| load(&format!("[login]\n{toml}")).map(|config| config.login.unwrap());
        let missing = login("client_id = 'seatgraph'").unwrap_err().to_string();
        assert!(missing.contains("issuer"), "{missing}");
        let minimal = "issuer = 'https://id.example.com'\nclient_id = 'seatgraph'";
        assert_eq!(login(minimal).unwrap().issuer, "https://id.example.com", "no slash is added");
        let unknown = login(&format!("{minimal}\ngroups_claim = 'groups'")).unwrap_err().to_string();
        assert!(unknown.contains("groups_claim"), "{unknown}");
    }

    #[test]
    fn the_key_file_is_in_the_folder_of_the_database() {
        let config = load("[database]\nurl = '/var/lib/seatgraph/seatgraph.db'").unwrap();
        assert_eq!(config.key_path(), Path::new("/var/lib/seatgraph/seatgraph.key"));
    }

    #[test]
    fn an_allow_list_is_the_embedded_one_or_that_of_a_folder() {
        assert!(load("").unwrap().allow_list.read().unwrap().is_none());
        assert!(load("allow_list = true").unwrap().allow_list.read().unwrap().is_some());
        let folder = tempfile::tempdir().unwrap();
        let listing = AllowListing::Folder(folder.path().to_owned());
        let error = listing.read().unwrap_err().to_string();
        assert!(error.contains("no .graphql files"), "{error}");
        std::fs::write(folder.path().join("Hello.graphql"), "{ hello }").unwrap();
        assert!(listing.read().unwrap().is_some());
        std::fs::write(folder.path().join("Broken.graphql"), "{ hello").unwrap();
        let error = format!("{:#}", listing.read().unwrap_err());
        assert!(error.contains("Broken.graphql"), "{error}");
        let error = load("allow_list = 7").unwrap_err().to_string();
        assert!(error.contains("allow_list is true, false or the path of a folder"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/missing/seatgraph.toml"))).unwrap_err().to_string();
        assert!(error.contains("/missing/seatgraph.toml"), "{error}");
    }
}
