//! Database settings.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// A PostgreSQL server, shared by several processes.
    Postgres,
    /// A local file.
    Sqlite,
}

/// Database settings.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `postgres://…`, `sqlite:PATH`, or a path.
    pub url: String,
    /// Maximum number of PostgreSQL connections.
    pub connections: u32,
    /// Number of SQLite readers.
    pub readers: u32,
    /// Timeout in seconds for acquiring a connection.
    #[serde(rename = "acquire_timeout_seconds", deserialize_with = "seconds")]
    pub acquire_timeout: Duration,
    /// Timeout in seconds of a read statement on PostgreSQL. Must be below the timeout of an operation.
    #[serde(rename = "read_timeout_seconds", deserialize_with = "seconds")]
    pub read_timeout: Duration,
    /// Timeout in seconds of a statement in a write transaction on PostgreSQL.
    #[serde(rename = "statement_timeout_seconds", deserialize_with = "seconds")]
    pub statement_timeout: Duration,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self::new("seatgraph.db")
    }
}

impl DatabaseSettings {
    /// Settings for a URL, with defaults.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 16,
            readers: 8,
            acquire_timeout: Duration::from_secs(2),
            read_timeout: Duration::from_secs(8),
            statement_timeout: Duration::from_secs(15),
        }
    }

    /// Returns the kind of database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.scheme() {
            Some(scheme) if scheme.starts_with("postgres") => Backend::Postgres,
            _ => Backend::Sqlite,
        }
    }

    /// Whether the URL is a path or has a known scheme.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.scheme().is_none_or(|scheme| ["postgres", "postgresql", "sqlite"].contains(&scheme.as_str()))
    }

    fn scheme(&self) -> Option<String> {
        Some(self.url.split_once("://")?.0.to_ascii_lowercase())
    }

    /// Path of the SQLite database. `None` for PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        let path = self.url.strip_prefix("sqlite:").unwrap_or(&self.url);
        let path = Path::new(path.strip_prefix("//").unwrap_or(path));
        (self.backend() == Backend::Sqlite).then_some(path)
    }
}

impl std::fmt::Debug for DatabaseSettings {
    /// Omits the URL, which can contain a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("backend", &self.backend())
            .field("connections", &self.connections)
            .field("readers", &self.readers)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_which_database_it_means() {
        for url in ["postgres://u@h/d", "postgresql://h/d?sslmode=require", "POSTGRES://u@h/d"] {
            let settings = DatabaseSettings::new(url);
            assert_eq!((settings.backend(), settings.sqlite_path()), (Backend::Postgres, None), "{url}");
        }
        for (url, path) in [("sqlite:a/b.db", "a/b.db"), ("sqlite:///var/b.db", "/var/b.db"), ("b.db", "b.db")] {
            let settings = DatabaseSettings::new(url);
            assert_eq!((settings.backend(), settings.sqlite_path()), (Backend::Sqlite, Some(Path::new(path))), "{url}");
        }
    }

    #[test]
    fn a_server_of_another_kind_is_not_taken_for_a_file() {
        assert!(!DatabaseSettings::new("mysql://u:p@h/d").is_understood());
        for url in ["postgres://h/d", "SQLITE://a.db", "sqlite:a.db", "a.db", "C:/a.db"] {
            assert!(DatabaseSettings::new(url).is_understood(), "{url}");
        }
    }

    #[test]
    fn debug_keeps_the_password() {
        let settings = DatabaseSettings::new("postgres://u:hunter2@h/d");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
