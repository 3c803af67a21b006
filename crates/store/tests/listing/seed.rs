//! Rows put into the tables directly, as a sync and people would leave them.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, TimeZone as _, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{AccountId, AliasId, Backend, IdentifierId, ModelId, PoolId, ProfileId, RunId, SubscriptionId};
use uuid::Uuid;

/// A value of a column.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Null,
    Id(Uuid),
    At(DateTime<Utc>),
    Text(String),
    Bool(bool),
    Int(i64),
}

pub(crate) type Columns<'a> = &'a [(&'a str, Cell)];

pub(crate) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// So many days after the new year of 2026.
pub(crate) fn day(day: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + Duration::days(day)
}

/// Collects rows, then writes them at once.
pub(crate) struct Seed<'a> {
    db: &'a TestDatabase,
    sql: String,
}

impl<'a> Seed<'a> {
    pub(crate) fn of(db: &'a TestDatabase) -> Self {
        Self { db, sql: String::new() }
    }

    fn literal(&self, cell: &Cell) -> String {
        let postgres = self.db.backend() == Backend::Postgres;
        match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Id(id) if postgres => format!("'{id}'"),
            Cell::Id(id) => format!("x'{}'", id.simple()),
            Cell::At(at) if postgres => format!("'{}'", at.to_rfc3339()),
            Cell::At(at) => at.timestamp_micros().to_string(),
            Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Cell::Bool(value) => value.to_string(),
            Cell::Int(value) => value.to_string(),
        }
    }

    /// Adds a row: `usual` columns, of which `columns` override or complete some.
    fn row(&mut self, table: &str, usual: Columns<'_>, columns: Columns<'_>) {
        let overridden = |name: &str| columns.iter().any(|(other, _)| *other == name);
        let all: Vec<_> = usual.iter().filter(|(name, _)| !overridden(name)).chain(columns).collect();
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        let cells: Vec<_> = all.iter().map(|(_, cell)| self.literal(cell)).collect();
        writeln!(self.sql, "INSERT INTO {table} ({}) VALUES ({});", names.join(", "), cells.join(", ")).unwrap();
    }

    pub(crate) fn alias(&mut self, name: &str, columns: Columns<'_>) -> AliasId {
        let id = AliasId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("connector", text("salesforce")),
            ("name", text(name)),
            ("properties", text("{}")),
            ("credential_state", text("READY")),
            ("granted_scopes", text("[]")),
            ("created_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("connection_aliases", &usual, columns);
        id
    }

    pub(crate) fn profile(&mut self, name: &str, columns: Columns<'_>) -> ProfileId {
        let alias = self.alias(&format!("alias of {name}"), &[]);
        let id = ProfileId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("connector", text("salesforce")),
            ("name", text(name)),
            ("alias_id", Cell::Id(alias.as_uuid())),
            ("state", text("PUBLISHED")),
            ("schedule_every", text("DAY")),
            ("schedule_time_zone", text("UTC")),
            ("created_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("integration_profiles", &usual, columns);
        id
    }

    pub(crate) fn run(&mut self, profile: ProfileId, state: &str, queued: DateTime<Utc>) -> RunId {
        let id = RunId::generate();
        let job = [
            ("id", Cell::Id(id.as_uuid())),
            ("kind", text("sync")),
            ("payload_version", Cell::Int(1)),
            ("payload", text("{}")),
            ("profile_id", Cell::Id(profile.as_uuid())),
            ("state", text(state)),
            ("priority", Cell::Int(0)),
            ("available_at", Cell::At(queued)),
            ("attempt", Cell::Int(0)),
            ("fence", Cell::Int(0)),
            ("last_sequence", Cell::Int(0)),
            ("queued_at", Cell::At(queued)),
        ];
        self.row("jobs", &job, &[]);
        let mut usual = vec![
            ("id", Cell::Id(id.as_uuid())),
            ("profile_id", Cell::Id(profile.as_uuid())),
            ("trigger", text("MANUAL")),
            ("processes", text("[]")),
            ("suspect_confirmed", Cell::Bool(false)),
        ];
        let numbers = [
            "api_calls",
            "accounts_seen",
            "accounts_added",
            "accounts_changed",
            "accounts_retired",
            "subscriptions_seen",
            "subscriptions_added",
            "subscriptions_changed",
            "subscriptions_retired",
            "rejected",
        ];
        usual.extend(numbers.map(|name| (name, Cell::Int(0))));
        self.row("sync_runs", &usual, &[]);
        id
    }

    /// An account, its search text made of the name alone.
    pub(crate) fn account(&mut self, profile: ProfileId, username: &str, columns: Columns<'_>) -> AccountId {
        let id = AccountId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("profile_id", Cell::Id(profile.as_uuid())),
            ("external_id", text(&id.to_string())),
            ("username", text(username)),
            ("kind", text("HUMAN")),
            ("active", Cell::Bool(true)),
            ("attributes", text("{}")),
            ("search_text", text(&username.to_lowercase())),
            ("idle_since", Cell::At(day(0))),
            ("first_seen_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("accounts", &usual, columns);
        id
    }

    pub(crate) fn model(&mut self, publisher: &str, product: &str, edition: &str) -> ModelId {
        let id = ModelId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("publisher", text(publisher)),
            ("product", text(product)),
            ("edition", text(edition)),
            ("origin", text("CATALOGUE")),
            ("search_text", text(&format!("{publisher} {product} {edition}").to_lowercase())),
            ("created_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("software_models", &usual, &[]);
        id
    }

    pub(crate) fn identifier(&mut self, key: &str, model: Option<ModelId>) -> IdentifierId {
        let id = IdentifierId::generate();
        let mut usual = vec![
            ("id", Cell::Id(id.as_uuid())),
            ("connector", text("salesforce")),
            ("kind", text("USER_LICENSE")),
            ("key", text(key)),
            ("name", text(key)),
            ("first_seen_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        if let Some(model) = model {
            usual.push(("model_id", Cell::Id(model.as_uuid())));
            usual.push(("resolved_by", text("CATALOGUE")));
        }
        self.row("subscription_identifiers", &usual, &[]);
        id
    }

    pub(crate) fn pool(&mut self, profile: ProfileId, identifier: IdentifierId, columns: Columns<'_>) -> PoolId {
        let id = PoolId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("profile_id", Cell::Id(profile.as_uuid())),
            ("identifier_id", Cell::Id(identifier.as_uuid())),
            ("first_seen_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("license_pools", &usual, columns);
        id
    }

    pub(crate) fn subscription(
        &mut self,
        (profile, account): (ProfileId, AccountId),
        identifier: IdentifierId,
        columns: Columns<'_>,
    ) -> SubscriptionId {
        let id = SubscriptionId::generate();
        let usual = [
            ("id", Cell::Id(id.as_uuid())),
            ("profile_id", Cell::Id(profile.as_uuid())),
            ("account_id", Cell::Id(account.as_uuid())),
            ("identifier_id", Cell::Id(identifier.as_uuid())),
            ("first_seen_at", Cell::At(day(0))),
            ("updated_at", Cell::At(day(0))),
        ];
        self.row("subscriptions", &usual, columns);
        id
    }

    pub(crate) fn activity(&mut self, account: AccountId, kind: &str, columns: Columns<'_>) {
        // Both databases take the digits of an empty day map; nothing here reads it.
        let usual = [
            ("account_id", Cell::Id(account.as_uuid())),
            ("kind", text(kind)),
            ("last_at", Cell::At(day(0))),
            ("day_map", text("")),
        ];
        self.row("activities", &usual, columns);
    }

    /// Writes what was collected.
    pub(crate) async fn plant(self) {
        match self.db.backend() {
            Backend::Postgres => {
                let mut connection = AsyncPgConnection::establish(self.db.url()).await.unwrap();
                connection.batch_execute(&self.sql).await.unwrap();
            }
            Backend::Sqlite => {
                let path = self.db.url().trim_start_matches("sqlite:");
                let mut connection = SqliteConnection::establish(path).unwrap();
                connection.batch_execute(&self.sql).unwrap();
            }
        }
    }
}
