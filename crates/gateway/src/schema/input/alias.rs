//! Inputs that create and change connection aliases.

use async_graphql::{ID, InputObject};
use seatgraph_engine::{CreateAlias, UpdateAlias};
use serde_json::{Map, Value};

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::context::RequestContext;
use crate::schema::error::UserError;
use crate::schema::scalars::{Json, Url};

/// A new connection alias.
#[derive(Debug, InputObject)]
pub(crate) struct CreateConnectionAliasInput {
    /// Key of the connector.
    connector: String,
    /// URL of the organisation. Omit it for a parent alias that only holds shared properties.
    instance_url: Option<Url>,
    /// Name of the alias. Unique among all aliases.
    name: String,
    /// Global ID of the parent alias, whose properties are inherited. If omitted, the alias is a parent.
    parent_id: Option<ID>,
    /// Properties set on the alias itself: an object that matches the connector's configuration schema.
    properties: Option<Json>,
}

impl Input for CreateConnectionAliasInput {
    type Command = CreateAlias;

    fn read(self, _: &RequestContext) -> Result<CreateAlias, Refused> {
        Ok(CreateAlias {
            connector: self.connector,
            name: self.name,
            parent_id: self.parent_id.map(|id| parse_id(&["parentId"], "connection alias", &id)).transpose()?,
            instance_url: self.instance_url.map(|url| url.0),
            properties: object(self.properties)?,
        })
    }
}

/// Changes of a connection alias. Omitted fields stay unchanged.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateConnectionAliasInput {
    /// Global ID of the alias.
    id: ID,
    /// New URL of the organisation.
    instance_url: Option<Url>,
    /// New name. Unique among all aliases.
    name: Option<String>,
    /// Properties to set on the alias itself. Other properties stay unchanged.
    properties: Option<Json>,
    /// Names of properties that the alias no longer sets itself. They are inherited or have their defaults again.
    unset: Option<Vec<String>>,
}

impl Input for UpdateConnectionAliasInput {
    type Command = UpdateAlias;

    fn read(self, _: &RequestContext) -> Result<UpdateAlias, Refused> {
        Ok(UpdateAlias {
            id: parse_id(&["id"], "connection alias", &self.id)?,
            name: self.name,
            instance_url: self.instance_url.map(|url| url.0),
            properties: object(self.properties)?,
            unset: self.unset.unwrap_or_default(),
        })
    }
}

fn object(properties: Option<Json>) -> Result<Map<String, Value>, Refused> {
    match properties.map(|json| json.0) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(properties)) => Ok(properties),
        Some(_) => Err(vec![UserError::invalid(&["properties"], "properties must be a JSON object")]),
    }
}
