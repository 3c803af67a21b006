//! Connection aliases. A child alias inherits the properties that it does not set from its parent.

mod authorization;
mod commands;
mod completion;
mod credentials;
mod delegation;
mod rules;
mod withdrawal;

use seatgraph_store::AliasId;
use serde_json::{Map, Value};

pub use authorization::{Authorization, BeginAuthorization, Connected, ConsentError, ConsentResponse, callback_url};
pub use credentials::JwtBearer;
pub use delegation::{CreateLink, CreatedLink, LinkDetails};

/// A new alias.
#[derive(Debug, Clone)]
pub struct CreateAlias {
    /// Key of the connector.
    pub connector: String,
    /// Unique name.
    pub name: String,
    /// Parent whose properties are inherited. `None` for a parent alias.
    pub parent_id: Option<AliasId>,
    /// URL of the organisation. A parent can omit it.
    pub instance_url: Option<String>,
    /// Own properties, as the connector's JSON Schema defines them.
    pub properties: Map<String, Value>,
}

/// Changes of an alias. `None` and properties that are not mentioned stay unchanged.
#[derive(Debug, Clone)]
pub struct UpdateAlias {
    /// The alias.
    pub id: AliasId,
    /// New name.
    pub name: Option<String>,
    /// New instance URL.
    pub instance_url: Option<String>,
    /// Properties to set.
    pub properties: Map<String, Value>,
    /// Properties to remove; `instanceUrl` is allowed. The inherited value or the default applies.
    pub unset: Vec<String>,
}

/// Aliases for tests of pure functions.
#[cfg(test)]
pub(crate) mod tests_support {
    use seatgraph_store::{Alias, AliasId, CredentialState};
    use serde_json::Value;

    pub(crate) fn alias(name: &str, properties: Value, instance_url: Option<&str>) -> Alias {
        let at = chrono::DateTime::UNIX_EPOCH;
        Alias {
            id: AliasId::generate(),
            connector: "memory".to_owned(),
            name: name.to_owned(),
            parent_id: None,
            instance_url: instance_url.map(str::to_owned),
            properties: properties.as_object().cloned().unwrap_or_default(),
            grant_type: None,
            credential_state: CredentialState::Missing,
            client_id: None,
            granted_scopes: Vec::new(),
            principal: None,
            username: None,
            obtained_at: None,
            created_at: at,
            updated_at: at,
        }
    }
}
