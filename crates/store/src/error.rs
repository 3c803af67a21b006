//! Errors of the store.

use std::error::Error as StdError;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Result of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such row.
    #[error("{what} not found")]
    NotFound {
        /// Name of the missing object.
        what: &'static str,
    },
    /// A constraint of the database is violated.
    #[error("refused by {constraint}")]
    Conflict {
        /// Name of the constraint, the same on both backends; for foreign keys SQLite reports [`Error::FOREIGN_KEY`] only.
        constraint: String,
    },
    /// The key of a page request belongs to another list or order.
    #[error("the cursor belongs to another list or order")]
    CursorMismatch,
    /// The job is no longer held under this fence. Stop at once: another worker may have it.
    #[error("the lease is lost")]
    LostLease,
    /// The database is unavailable, full or too busy; try later.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A secret cannot be decrypted: wrong key, wrong location, or modified.
    #[error("the secret cannot be decrypted")]
    DecryptFailed,
    /// A stored value is invalid.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("the database refused a statement")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Name of every violated foreign key on SQLite, which does not report the constraint.
    pub const FOREIGN_KEY: &'static str = "foreign_key";

    pub(crate) fn conflict(constraint: &str) -> Self {
        Self::Conflict { constraint: constraint.to_owned() }
    }

    pub(crate) fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    pub(crate) fn other(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(source.into())
    }

    /// Whether the constraint with that name is violated.
    #[must_use]
    pub fn is_conflict_with(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }

    /// Whether a statement timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Unavailable(source) if source.to_string().contains("due to statement timeout"))
    }

    /// Whether the transaction collided with another one and can be run again.
    pub(crate) fn is_collision(&self) -> bool {
        let Self::Other(source) = self else { return false };
        match source.downcast_ref::<DieselError>() {
            Some(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Some(DieselError::DatabaseError(_, info)) => info.message().contains("deadlock detected"),
            _ => false,
        }
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound { what: "row" },
            DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::ForeignKeyViolation,
                info,
            ) => Self::Conflict { constraint: constraint_of(&*info) },
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            )
            | DieselError::BrokenTransactionManager => Self::unavailable(error),
            DieselError::DatabaseError(_, ref info) if is_for_later(info.message()) => Self::unavailable(error),
            DieselError::DeserializationError(source) => Self::Damaged(source.to_string()),
            other => Self::other(other),
        }
    }
}

impl From<diesel::ConnectionError> for Error {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::unavailable(error)
    }
}

impl From<diesel_async::pooled_connection::bb8::RunError> for Error {
    fn from(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        Self::unavailable(error)
    }
}

/// Messages of servers that stop, start or time out a statement, and of SQLite if it is busy or the disk is full.
fn is_for_later(message: &str) -> bool {
    const LATER: [&str; 7] = [
        "database is locked",
        "disk is full",
        "terminating connection",
        "the database system is",
        "canceling statement due to",
        "disk I/O error",
        "too many clients",
    ];
    LATER.iter().any(|known| message.contains(known))
}

/// Unique indexes by the columns that SQLite reports; PostgreSQL reports the name.
const UNIQUE: [(&str, &str); 15] = [
    ("connection_aliases.name", "connection_aliases_name"),
    ("integration_profiles.name", "integration_profiles_name"),
    ("integration_profiles.alias_id", "integration_profiles_alias"),
    ("integration_profiles.connector, integration_profiles.organization_id", "integration_profiles_organization"),
    ("jobs.kind, jobs.unique_key", "jobs_open"),
    ("jobs.kind, jobs.profile_id, jobs.idempotency_key", "jobs_idempotency"),
    ("jobs.kind, jobs.idempotency_key", "jobs_idempotency_everywhere"),
    ("software_models.publisher, software_models.product, software_models.edition", "software_models_product"),
    (
        "subscription_identifiers.connector, subscription_identifiers.kind, subscription_identifiers.key",
        "subscription_identifiers_key",
    ),
    ("accounts.profile_id, accounts.external_id", "accounts_external"),
    ("license_pools.profile_id, license_pools.identifier_id", "license_pools_identifier"),
    ("subscriptions.account_id, subscriptions.identifier_id", "subscriptions_held"),
    ("role_assignments.holder_kind, role_assignments.holder, role_assignments.role", "role_assignments_everywhere"),
    (
        "role_assignments.holder_kind, role_assignments.holder, role_assignments.role, role_assignments.profile_id",
        "role_assignments_once",
    ),
    ("events.stream_kind, events.stream_id, events.sequence", "events_pkey"),
];

fn constraint_of(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> String {
    if let Some(name) = info.constraint_name() {
        return name.to_owned();
    }
    let Some(columns) = info.message().strip_prefix("UNIQUE constraint failed: ") else {
        return Error::FOREIGN_KEY.to_owned();
    };
    UNIQUE
        .iter()
        .find(|(known, _)| *known == columns)
        .map_or_else(|| columns.to_owned(), |(_, name)| (*name).to_owned())
}
