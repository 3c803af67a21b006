//! Configuration: a TOML file, overridden by the environment, parsed once and refused whole when a word is unknown.
//!
//! The environment spells a field in upper case behind `SEATGRAPH_`, with `__` between levels:
//! `SEATGRAPH_DATABASE__URL`. Variables that begin with `SEATGRAPH_TEST_` belong to tests and are passed over.

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

/// The secrets among the variables of the environment, behind the prefix, and the fields that they are of.
const SECRETS: [(&str, &str); 2] = [("key", "key"), ("login__client_secret", "login.client_secret")];

/// Variables with the prefix that are not configuration: where the file is, and what tests ask for.
const NOT_CONFIGURATION: [&str; 2] = ["config", "require_postgres"];

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the front door listens. Loopback only until the gateway knows who its visitors are.
    pub listen: SocketAddr,
    /// Where browsers reach the gateway, when that is not where it listens: `https://licences.example.com`. Vendors send
    /// people back to `/oauth/{connector}/callback` under it after their consent.
    pub public_url: Option<Url>,
    /// The database.
    pub database: DatabaseSettings,
    /// The file with the keys that seal credentials, a line each and the newest first; made with mode 0600 when it is
    /// missing, changed by `seatgraph keys rotate`, and the same for every process on one database. By default
    /// `seatgraph.key` beside the SQLite database, or in the working folder with PostgreSQL.
    pub key_file: Option<PathBuf>,
    /// The sealing keys themselves, each 32 bytes in base64, parted by commas: the first seals, all open. They outrank the
    /// file. They belong in the environment, not in a file.
    pub key: Option<Secret>,
    /// The file that says which database is this installation's own, made when it is missing. A database that was put
    /// back or copied from elsewhere touches no vendor until `seatgraph adopt`. Processes on one database share it. By
    /// default `seatgraph.instance` beside the key file.
    pub instance_file: Option<PathBuf>,
    /// The same mark as a UUID, for installations whose files do not last. A copy is still noticed, a backup that was put
    /// back is not.
    pub instance: Option<Uuid>,
    /// Origins, scheme and host and port, whose pages may call the API: `https://console.example.com`.
    pub allowed_origins: Vec<Url>,
    /// Login of people through an OpenID provider; nobody logs in without it.
    pub login: Option<LoginSettings>,
    /// Whether clients may read the schema by introspection; GraphiQL needs it.
    pub introspection: bool,
    /// Which documents may run: `false` all, `true` only those of `graphql/operations/` that this binary carries, a path only
    /// the `.graphql` files of that folder. Others are refused, GraphiQL's look at the schema included.
    pub allow_list: AllowListing,
    /// What one request, one socket and one operation may cost.
    pub limits: Limits,
    /// Leases, pacing, quotas and schedules of the work.
    pub engine: EngineSettings,
    /// What the log says and how.
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

/// Which documents may run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "allow_list is true, false or the path of a folder")]
pub enum AllowListing {
    /// Whether only those that the binary carries.
    Carried(bool),
    /// Those of a folder, each whole, with every fragment it spreads.
    Folder(PathBuf),
}

impl Default for AllowListing {
    fn default() -> Self {
        Self::Carried(false)
    }
}

impl AllowListing {
    /// Reads the documents; `None` when all may run.
    ///
    /// # Errors
    /// The folder or the file at fault, and why.
    pub fn read(&self) -> anyhow::Result<Option<AllowList>> {
        let list = match self {
            Self::Carried(false) => return Ok(None),
            Self::Carried(true) => AllowList::new(graphiql::documents())?,
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

/// What the log says and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// A filter as `tracing` reads it: `info`, `warn,seatgraph=debug`.
    pub level: String,
    /// One JSON object per line, or lines for people.
    pub format: LogFormat,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Config {
    /// Reads `file`, where one is named, and the environment over it.
    ///
    /// # Errors
    /// The field, what is wrong with its value, and where it came from.
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
            // Taken as it stands: one that looks like a number or a list is none.
            if let Ok(secret) = std::env::var(format!("SEATGRAPH_{}", variable.to_ascii_uppercase())) {
                figment = figment.merge((field, secret));
            }
        }
        let config: Self = figment.extract()?;
        anyhow::ensure!(
            config.database.is_understood(),
            "database.url: it is neither a path nor an address that begins with postgres:// or sqlite:"
        );
        Ok(config)
    }

    /// Returns where browsers reach a gateway that listens on `address`. Without a word of its own that is `localhost`:
    /// vendors take plain HTTP from no other name.
    #[must_use]
    pub fn public_url(&self, address: SocketAddr) -> Url {
        let local = || format!("http://localhost:{}", address.port()).parse().expect("it is an address");
        self.public_url.clone().unwrap_or_else(local)
    }

    /// Returns what says that a database is this installation's own.
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

    /// Returns the file that holds the sealing key.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        let beside_database = || match self.database.sqlite_path() {
            Some(path) => path.with_file_name("seatgraph.key"),
            None => PathBuf::from("seatgraph.key"),
        };
        self.key_file.clone().unwrap_or_else(beside_database)
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// The setting whose keys cannot be read, and why.
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
    fn a_login_needs_its_provider_and_no_word_that_nobody_knows() {
        let login = |toml: &str| load(&format!("[login]\n{toml}")).map(|config| config.login.unwrap());
        let missing = login("client_id = 'seatgraph'").unwrap_err().to_string();
        assert!(missing.contains("issuer"), "{missing}");
        let words = "issuer = 'https://id.example.com'\nclient_id = 'seatgraph'";
        assert_eq!(login(words).unwrap().issuer, "https://id.example.com", "letter for letter, no slash added");
        let unknown = login(&format!("{words}\ngroups_claim = 'groups'")).unwrap_err().to_string();
        assert!(unknown.contains("groups_claim"), "{unknown}");
    }

    #[test]
    fn the_key_lies_beside_the_database() {
        let config = load("[database]\nurl = '/var/lib/seatgraph/seatgraph.db'").unwrap();
        assert_eq!(config.key_path(), Path::new("/var/lib/seatgraph/seatgraph.key"));
    }

    #[test]
    fn an_allow_list_is_the_carried_one_or_that_of_a_folder() {
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
        let error = Config::load(Some(Path::new("/nowhere/seatgraph.toml"))).unwrap_err().to_string();
        assert!(error.contains("/nowhere/seatgraph.toml"), "{error}");
    }
}
