//! Inputs that give a connection alias its credential, directly or through a user's consent.

use async_graphql::{ID, InputObject};
use seatgraph_core::Secret;
use seatgraph_engine::{BeginAuthorization, CreateLink, JwtBearer};
use seatgraph_store::AliasId;

use super::{Refused, parse_id};
use crate::callback;
use crate::schema::command::Input;
use crate::schema::context::RequestContext;

/// The client credentials of an OAuth client.
#[derive(InputObject)]
pub(crate) struct SetClientCredentialsInput {
    /// Global ID of the alias.
    alias_id: ID,
    /// OAuth client ID.
    client_id: String,
    /// OAuth client secret. It is stored encrypted and never returned.
    #[graphql(secret)]
    client_secret: String,
}

impl Input for SetClientCredentialsInput {
    type Command = (AliasId, String, Secret);

    fn read(self, _: &RequestContext) -> Result<Self::Command, Refused> {
        let alias = parse_id(&["aliasId"], "connection alias", &self.alias_id)?;
        Ok((alias, self.client_id, Secret::new(self.client_secret)))
    }
}

/// The private key of an OAuth client, and the user to sign token requests for.
#[derive(InputObject)]
pub(crate) struct SetJwtBearerInput {
    /// Global ID of the alias.
    alias_id: ID,
    /// OAuth client ID.
    client_id: String,
    /// Private key in PEM format: PKCS#8 or PKCS#1, RSA with at least 2048 bits, without a passphrase. Its certificate
    /// must be registered with the OAuth client at the vendor. The key is stored encrypted and never returned.
    #[graphql(secret)]
    private_key: String,
    /// Login name of the vendor user that the connection acts as.
    username: String,
}

impl Input for SetJwtBearerInput {
    type Command = JwtBearer;

    fn read(self, _: &RequestContext) -> Result<JwtBearer, Refused> {
        let alias_id = parse_id(&["aliasId"], "connection alias", &self.alias_id)?;
        let private_key = Secret::new(self.private_key);
        Ok(JwtBearer { alias_id, client_id: self.client_id, username: self.username, private_key })
    }
}

/// An OAuth authorisation to start.
#[derive(InputObject)]
pub(crate) struct BeginAuthorizationInput {
    /// Global ID of the alias.
    alias_id: ID,
    /// OAuth client ID. Default: the client ID of the alias.
    client_id: Option<String>,
    /// OAuth client secret, if the client has one. Default: the secret of the alias, if it has the same client ID. The
    /// secret is stored encrypted and never returned.
    #[graphql(secret)]
    client_secret: Option<String>,
}

impl Input for BeginAuthorizationInput {
    type Command = BeginAuthorization;

    fn read(self, request: &RequestContext) -> Result<BeginAuthorization, Refused> {
        Ok(BeginAuthorization {
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            client_id: self.client_id,
            client_secret: self.client_secret.map(Secret::new),
            public_url: url::Url::clone(&request.public_url),
            begun_by: callback::begun_by(&request.principal),
        })
    }
}

/// A new delegated link.
#[derive(InputObject)]
pub(crate) struct CreateDelegatedLinkInput {
    /// Global ID of the alias that the link authorises.
    alias_id: ID,
    /// OAuth client ID. Default: the client ID of the alias.
    client_id: Option<String>,
    /// OAuth client secret, if the client has one. Default: the secret of the alias, if it has the same client ID. The
    /// secret is stored encrypted and never returned.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// Lifetime in hours, at most 336. Default: 72.
    expires_in_hours: Option<i32>,
}

impl Input for CreateDelegatedLinkInput {
    type Command = CreateLink;

    fn read(self, request: &RequestContext) -> Result<CreateLink, Refused> {
        Ok(CreateLink {
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            client_id: self.client_id,
            client_secret: self.client_secret.map(Secret::new),
            expires_in_hours: self.expires_in_hours,
            public_url: url::Url::clone(&request.public_url),
            created_by: request.principal.name().to_owned(),
        })
    }
}
