//! Connection aliases: named connections, where a child inherits from its parent what it does not set itself.

mod authorization;
mod commands;
mod completion;
mod credentials;
mod delegation;
mod properties;
mod rules;
mod withdrawal;

use seatgraph_store::AliasId;
use serde_json::{Map, Value};

pub(crate) use authorization::scopes;
pub use authorization::{Authorization, BeginAuthorization, Connected, Consented, NotAuthorized, callback_url};
pub use credentials::JwtBearer;
pub use delegation::{CreateLink, CreatedLink, Invitation};
pub use properties::{EffectiveProperty, Origin};
pub(crate) use properties::{INSTANCE_URL, merged};

/// A new alias.
#[derive(Debug, Clone)]
pub struct CreateAlias {
    /// The connector's key.
    pub connector: String,
    /// Its name, unique in this gateway.
    pub name: String,
    /// The parent whose properties it inherits; `None` makes a parent.
    pub parent_id: Option<AliasId>,
    /// The organisation's address; a parent may leave it out.
    pub instance_url: Option<String>,
    /// Properties of its own, as the connector's JSON Schema describes them.
    pub properties: Map<String, Value>,
}

/// A change of an alias; what is `None` or not mentioned stays.
#[derive(Debug, Clone)]
pub struct UpdateAlias {
    /// Which one.
    pub id: AliasId,
    /// A new name.
    pub name: Option<String>,
    /// A new address.
    pub instance_url: Option<String>,
    /// Properties to set.
    pub properties: Map<String, Value>,
    /// Properties that are inherited again, or fall back to their default; `instanceUrl` too.
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
