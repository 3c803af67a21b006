//! API tokens.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use seatgraph_core::Secret;
use seatgraph_store::{self as store, TokenId, tokens};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result, UserError};
use super::loaders::RolesOf;
use super::paging::{Connection, Paged, Paging};
use super::payload::payloads;
use super::role::RoleAssignment;
use super::scalars::DateTime;

/// Name and order of this list, part of its cursors.
const LISTING: &str = "apiTokens by CREATED_AT DESC";

/// An API token. The secret is returned only when the token is created.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiToken {
    /// Creation time.
    created_at: DateTime,
    /// Creator: ID of an API token, a user, or the command line.
    created_by: String,
    /// Expiry time. Null if the token does not expire.
    expires_at: Option<DateTime>,
    /// Last four characters of the token.
    hint: String,
    /// Global ID.
    pub(crate) id: ID,
    /// Time of last use, accurate to the minute. Null if the token has not been used.
    last_used_at: Option<DateTime>,
    /// Name of the token.
    name: String,
    /// Revocation time. Null if the token was not revoked.
    revoked_at: Option<DateTime>,
    #[graphql(skip)]
    key: TokenId,
}

impl From<store::ApiToken> for ApiToken {
    fn from(token: store::ApiToken) -> Self {
        Self {
            created_at: token.created_at.into(),
            created_by: token.created_by,
            expires_at: token.expires_at.map(DateTime),
            hint: token.hint,
            id: token.id.to_string().into(),
            last_used_at: token.last_used_at.map(DateTime),
            name: token.name,
            revoked_at: token.revoked_at.map(DateTime),
            key: token.id,
        }
    }
}

#[ComplexObject]
impl ApiToken {
    /// Roles of the token. The list is bounded by the token's role assignments.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<RoleAssignment>> {
        let held = ctx.request()?.load(RolesOf(self.key)).await?.unwrap_or_default();
        Ok(held.into_iter().map(RoleAssignment::from).collect())
    }
}

impl Paged for ApiToken {
    type Total = ();

    async fn count(request: &RequestContext, (): &()) -> Result<i64> {
        tokens::count(&request.db).await.map_err(error::store)
    }
}

/// Returns a page of API tokens, newest first.
pub(crate) async fn page(request: &RequestContext, paging: &Paging) -> Result<Connection<ApiToken>> {
    let rows = paging.read(LISTING)?;
    let page = tokens::page(&request.db, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, (), ApiToken::from))
}

/// Payload of `createApiToken`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct CreateApiTokenPayload {
    /// The token, for the `Authorization` header. It is returned only here. Null if the mutation was refused.
    secret: Option<String>,
    /// The new API token. Null if the mutation was refused.
    token: Option<ApiToken>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of `revokeApiToken`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ApiTokenPayload {
    /// The API token after the change. Null if the mutation was refused.
    token: Option<ApiToken>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

payloads! {
    ApiTokenPayload {
        token => store::ApiToken { token: Some(token.into()) };
    }
    CreateApiTokenPayload {
        (token, secret) => (store::ApiToken, Secret) {
            token: Some(token.into()), secret: Some(secret.expose().to_owned())
        };
    }
}
