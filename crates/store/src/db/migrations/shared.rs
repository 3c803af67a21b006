//! Migrations that both databases run from one file.
//!
//! A file has sections, each headed by a line: `-- up` and `-- down` for both databases, `-- up postgres` and the like
//! for one of them. A database runs its sections in the order of the file.

use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result};
use diesel_migrations::EmbeddedMigrations;
use include_dir::{Dir, include_dir};

use crate::Backend;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/shared");

/// The migrations of one backend: its own, and those that it shares.
pub(super) struct Migrations {
    pub(super) own: EmbeddedMigrations,
    pub(super) backend: Backend,
}

impl<DB: diesel::backend::Backend> MigrationSource<DB> for &Migrations {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<DB>>>> {
        let mut migrations = self.own.migrations()?;
        for file in FILES.files() {
            let name = file.path().file_stem().and_then(|name| name.to_str());
            let name = name.ok_or("a migration's file has no name")?;
            let text = file.contents_utf8().ok_or("a migration's file is not UTF-8")?;
            migrations.push(Box::new(Shared {
                name: Name(name),
                up: section(text, "up", self.backend)?,
                down: section(text, "down", self.backend)?,
            }));
        }
        Ok(migrations)
    }
}

/// Reads what a backend runs in a direction.
fn section(text: &str, direction: &str, backend: Backend) -> Result<String> {
    let backend = match backend {
        Backend::Postgres => "postgres",
        Backend::Sqlite => "sqlite",
    };
    let mut wanted = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("-- ") {
            let (way, of) = heading.split_once(' ').unwrap_or((heading, backend));
            if !["up", "down"].contains(&way) || !["postgres", "sqlite"].contains(&of) {
                return Err(format!("{line:?} does not head a section of a migration").into());
            }
            wanted = way == direction && of == backend;
        } else if wanted {
            lines.push(line);
        }
    }
    Ok(lines.join("\n"))
}

struct Shared {
    name: Name,
    up: String,
    down: String,
}

impl<DB: diesel::backend::Backend> Migration<DB> for Shared {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        Ok(connection.batch_execute(&self.up)?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        Ok(connection.batch_execute(&self.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

struct InTransaction;

impl MigrationMetadata for InTransaction {}

/// Reads the version out of a migration's name: the part before the first underscore, without dashes.
pub(super) fn version(name: &str) -> MigrationVersion<'static> {
    let version = name.split_once('_').map_or(name, |(version, _)| version);
    MigrationVersion::from(version.replace('-', ""))
}

/// `2026-11-28-000003_account_company`
struct Name(&'static str);

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        version(self.0)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_runs_what_is_for_both_and_what_is_its_own() {
        let text = "-- up\nA;\n-- up postgres\nB;\n-- up sqlite\nC;\n-- down\nD;\nE;\n";
        assert_eq!(section(text, "up", Backend::Postgres).unwrap(), "A;\nB;");
        assert_eq!(section(text, "up", Backend::Sqlite).unwrap(), "A;\nC;");
        assert_eq!(section(text, "down", Backend::Sqlite).unwrap(), "D;\nE;");
    }

    #[test]
    fn an_unknown_heading_is_refused() {
        assert!(section("-- up mysql\nA;\n", "up", Backend::Sqlite).is_err());
        assert!(section("-- upward\nA;\n", "up", Backend::Sqlite).is_err());
    }

    #[test]
    fn the_version_is_spelled_as_in_a_folders_name() {
        assert_eq!(version("2026-11-28-000002_x_y"), MigrationVersion::from("20261128000002"));
    }
}
