//! Rows that no connector reports as a record of their own.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::ActivityKind;

use crate::schema::{activities, software_models, subscription_identifiers};
use crate::{AccountId, IdentifierId, ModelId, ModelOrigin, ResolvedBy};

/// Publisher, product and edition that identifiers stand for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = software_models, check_for_backend(Pg, Sqlite))]
pub struct Model {
    /// Ours.
    pub id: ModelId,
    /// Who makes it.
    pub publisher: String,
    /// The product in the vendor's words.
    pub product: String,
    /// The variant; empty for the product itself.
    pub edition: String,
    /// The sort of software.
    pub category: Option<String>,
    /// Whether the catalogue or a person made it.
    pub origin: ModelOrigin,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a vendor calls a thing that is held, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscription_identifiers, check_for_backend(Pg, Sqlite))]
pub struct IdentifierRow {
    /// Ours.
    pub id: IdentifierId,
    /// Key of the connector.
    pub connector: String,
    /// The vendor's kind of licence.
    pub kind: String,
    /// The vendor's key within the kind.
    pub key: String,
    /// The vendor's display name, as last seen.
    pub name: String,
    /// What it stands for; `None` waits to be resolved.
    pub model_id: Option<ModelId>,
    /// Who said so.
    pub resolved_by: Option<ResolvedBy>,
    /// When a sync first named it.
    pub first_seen_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Evidence of use, one row per account and kind.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = activities, check_for_backend(Pg, Sqlite))]
pub struct ActivityRow {
    /// The account.
    pub account_id: AccountId,
    /// What sort of use.
    pub kind: ActivityKind,
    /// The newest evidence.
    pub last_at: DateTime<Utc>,
    /// Where the vendor says so.
    pub source: String,
}
