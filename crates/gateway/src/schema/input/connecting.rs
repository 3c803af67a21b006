//! Further ways of connecting an alias: a key that signs, and a link for somebody else.

use async_graphql::{ID, InputObject};
use seatgraph_core::Secret;
use seatgraph_engine::{CreateLink, JwtBearer};
use seatgraph_store::LinkId;

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::scope::RequestScope;

/// A user to sign for, and the key that signs.
#[derive(InputObject)]
pub(crate) struct SetJwtBearerInput {
    /// The alias.
    alias_id: ID,
    /// The application's public name at the vendor.
    client_id: String,
    /// The private key in PEM, PKCS#8 or PKCS#1, RSA of at least 2048 bits and without a passphrase; its certificate is
    /// registered with the application at the vendor. It is sealed at once, and nothing ever shows it again.
    #[graphql(secret)]
    private_key: String,
    /// The login of the user to act as.
    username: String,
}

impl Input for SetJwtBearerInput {
    type Command = JwtBearer;

    fn read(self, _: &RequestScope) -> Result<JwtBearer, Refused> {
        let alias_id = parse_id(&["aliasId"], "connection alias", &self.alias_id)?;
        let private_key = Secret::new(self.private_key);
        Ok(JwtBearer { alias_id, client_id: self.client_id, username: self.username, private_key })
    }
}

/// A delegated link to be made.
#[derive(InputObject)]
pub(crate) struct CreateDelegatedLinkInput {
    /// The alias that it connects.
    alias_id: ID,
    /// The application's public name at the vendor. Left out, it is the one that the alias has.
    client_id: Option<String>,
    /// The application's password at the vendor, where it has one. Left out, it is the one that the alias has for the
    /// same client id. It is sealed at once, and nothing ever shows it again.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// How many hours it can be followed: 72 unless said otherwise, and 336 at most.
    expires_in_hours: Option<i32>,
}

impl Input for CreateDelegatedLinkInput {
    type Command = CreateLink;

    fn read(self, scope: &RequestScope) -> Result<CreateLink, Refused> {
        Ok(CreateLink {
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            client_id: self.client_id,
            client_secret: self.client_secret.map(Secret::new),
            expires_in_hours: self.expires_in_hours,
            public_url: url::Url::clone(&scope.public_url),
            created_by: scope.principal.name().to_owned(),
        })
    }
}

/// Which delegated link to revoke.
#[derive(Debug, InputObject)]
pub(crate) struct RevokeDelegatedLinkInput {
    /// The link.
    id: ID,
}

impl Input for RevokeDelegatedLinkInput {
    type Command = LinkId;

    fn read(self, _: &RequestScope) -> Result<LinkId, Refused> {
        parse_id(&["id"], "delegated link", &self.id)
    }
}
