//! Connection aliases: named connections, parents and children.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::GrantType;
use serde_json::{Map, Value};

use crate::schema::connection_aliases;
use crate::types::Bind;
use crate::{AliasId, CredentialState};

/// A named connection.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connection_aliases, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub struct Alias {
    /// Ours.
    pub id: AliasId,
    /// Key of the connector.
    pub connector: String,
    /// What people call it; unique.
    pub name: String,
    /// The parent whose properties it inherits.
    pub parent_id: Option<AliasId>,
    /// Where the organisation lives.
    pub instance_url: Option<String>,
    /// Its own properties, nothing secret.
    #[diesel(serialize_as = Bind<Map<String, Value>>)]
    pub properties: Map<String, Value>,
    /// How it gets tokens.
    #[diesel(serialize_as = Bind<Option<GrantType>>)]
    pub grant_type: Option<GrantType>,
    /// What is known of the credential.
    pub credential_state: CredentialState,
    /// The application's public id at the vendor.
    pub client_id: Option<String>,
    /// The scopes that the vendor granted.
    #[diesel(serialize_as = Bind<Vec<String>>)]
    pub granted_scopes: Vec<String>,
    /// The vendor's user it acts as.
    pub principal: Option<String>,
    /// When the credential was last accepted or stored.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub obtained_at: Option<DateTime<Utc>>,
    /// When it was made.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub updated_at: DateTime<Utc>,
}
