//! What was downloaded, as the tables hold it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{AccountKind, ActivityKind};

use crate::schema::{accounts, activities, license_pools, software_models, subscription_identifiers, subscriptions};
use crate::{AccountId, IdentifierId, ModelId, ModelOrigin, PoolId, ProfileId, ResolvedBy, SubscriptionId};

/// A login in an organisation.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = accounts, check_for_backend(Pg, Sqlite))]
pub struct Account {
    /// Ours.
    pub id: AccountId,
    /// The profile that sees it.
    pub profile_id: ProfileId,
    /// The vendor's immutable id.
    pub external_id: String,
    /// The name it logs in with.
    pub username: String,
    /// Its mail address.
    pub email: Option<String>,
    /// The name that the vendor shows.
    pub display_name: Option<String>,
    /// Who or what logs in with it.
    pub kind: AccountKind,
    /// Whether it may log in at all.
    pub active: bool,
    /// Whether it is barred for now; `None` when the vendor does not let us see.
    pub frozen: Option<bool>,
    /// As the vendor has it.
    pub department: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// As written at the vendor.
    pub country: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// Employee number at the vendor.
    pub employee_number: Option<String>,
    /// Id at the single sign-on provider.
    pub federation_id: Option<String>,
    /// External id of the manager's account.
    pub manager_external_id: Option<String>,
    /// When the vendor created it.
    pub vendor_created_at: Option<DateTime<Utc>>,
    /// Further small facts without a column.
    pub attributes: BTreeMap<String, String>,
    /// Newest evidence of use of any kind.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Last activity, else creation at the vendor, else first sight.
    pub idle_since: DateTime<Utc>,
    /// When a sync first named it.
    pub first_seen_at: DateTime<Utc>,
    /// When a sync last changed it.
    pub updated_at: DateTime<Utc>,
    /// When a sync found it gone.
    pub retired_at: Option<DateTime<Utc>>,
}

/// One account holding one subscription identifier.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscriptions, check_for_backend(Pg, Sqlite))]
pub struct Subscription {
    /// Ours.
    pub id: SubscriptionId,
    /// The account's profile.
    pub profile_id: ProfileId,
    /// The holder.
    pub account_id: AccountId,
    /// What is held.
    pub identifier_id: IdentifierId,
    /// The pool the seat is taken from.
    pub pool_id: Option<PoolId>,
    /// When it was assigned.
    pub assigned_at: Option<DateTime<Utc>>,
    /// When a sync first named it.
    pub first_seen_at: DateTime<Utc>,
    /// When a sync last changed it.
    pub updated_at: DateTime<Utc>,
    /// When a sync found it gone.
    pub retired_at: Option<DateTime<Utc>>,
}

/// What an organisation says it bought of one identifier.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = license_pools, check_for_backend(Pg, Sqlite))]
pub struct PoolRow {
    /// Ours.
    pub id: PoolId,
    /// The profile that sees it.
    pub profile_id: ProfileId,
    /// What it is of.
    pub identifier_id: IdentifierId,
    /// Seats bought.
    pub total: Option<i64>,
    /// Seats the vendor counts as used.
    pub used: Option<i64>,
    /// The vendor's word for its state.
    pub status: Option<String>,
    /// Last day of the term.
    pub expires_on: Option<NaiveDate>,
    /// When a sync first named it.
    pub first_seen_at: DateTime<Utc>,
    /// When a sync last changed it.
    pub updated_at: DateTime<Utc>,
    /// When a sync found it gone.
    pub retired_at: Option<DateTime<Utc>>,
}

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
