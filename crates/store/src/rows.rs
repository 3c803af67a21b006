//! Rows without a record kind of their own.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::ActivityKind;

use crate::schema::{activities, software_models, subscription_identifiers};
use crate::{AccountId, IdentifierId, ModelId, ModelOrigin, ResolvedBy};

/// A software model: publisher, product and edition.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = software_models, check_for_backend(Pg, Sqlite))]
pub struct Model {
    /// ID.
    pub id: ModelId,
    /// Publisher.
    pub publisher: String,
    /// Product name.
    pub product: String,
    /// Edition; empty if there is none.
    pub edition: String,
    /// Software category.
    pub category: Option<String>,
    /// Origin.
    pub origin: ModelOrigin,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A subscription identifier of a vendor, and its model.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscription_identifiers, check_for_backend(Pg, Sqlite))]
pub struct IdentifierRow {
    /// ID.
    pub id: IdentifierId,
    /// Key of the connector.
    pub connector: String,
    /// The vendor's kind of licence.
    pub kind: String,
    /// The vendor's key within the kind.
    pub key: String,
    /// The vendor's display name, as last seen.
    pub name: String,
    /// The model; `None` if unresolved.
    pub model_id: Option<ModelId>,
    /// Who resolved it.
    pub resolved_by: Option<ResolvedBy>,
    /// Time when a sync first reported it.
    pub first_seen_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// Evidence of use, one row per account and kind.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = activities, check_for_backend(Pg, Sqlite))]
pub struct ActivityRow {
    /// The account.
    pub account_id: AccountId,
    /// Kind of activity.
    pub kind: ActivityKind,
    /// Time of the newest evidence.
    pub last_at: DateTime<Utc>,
    /// Source at the vendor.
    pub source: String,
}
