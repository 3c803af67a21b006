//! Connection aliases, their properties, and the state of their credentials.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, OneofObject, SimpleObject};
use seatgraph_engine::EffectiveProperty;
use seatgraph_store::{self as store, AliasId, aliases};

use super::connector::Connector;
use super::context::{HasRequest as _, RequestContext};
use super::delegated_link::DelegatedLink;
use super::error::{self, Result};
use super::filters::{self, StringFilter};
use super::loaders::{LinksOf, ProfilesOf};
use super::paging::{Connection, Paged, Paging};
use super::process::GrantType;
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, Json, Url};

/// Name and order of this list, part of its cursors.
const LISTING: &str = "connectionAliases by NAME ASC";

/// A named connection to a SaaS organisation, with its credential. A parent alias holds shared properties. A child
/// alias inherits the properties that it does not set and has its own instance URL and credential. An alias serves at
/// most one profile.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ConnectionAlias {
    /// Creation time.
    created_at: DateTime,
    /// Global ID.
    pub(crate) id: ID,
    /// URL of the organisation. Null for a parent alias that only holds shared properties.
    instance_url: Option<Url>,
    /// Name of the alias. Unique among all aliases.
    name: String,
    /// Time of the last change.
    updated_at: DateTime,
    #[graphql(skip)]
    row: store::Alias,
}

impl From<store::Alias> for ConnectionAlias {
    fn from(row: store::Alias) -> Self {
        Self {
            created_at: row.created_at.into(),
            id: row.id.to_string().into(),
            instance_url: row.instance_url.clone().map(Url),
            name: row.name.clone(),
            updated_at: row.updated_at.into(),
            row,
        }
    }
}

#[ComplexObject]
impl ConnectionAlias {
    /// Child aliases, ordered by name.
    async fn children(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Connection<Self>> {
        let filter = aliases::AliasFilter { parent_id: Some(self.row.id), ..Default::default() };
        page(ctx.request()?, filter, &Paging::forward(first, after)).await
    }

    /// The connector that this alias uses.
    async fn connector(&self, ctx: &Context<'_>) -> Result<Connector> {
        connector(ctx.request()?, &self.row.connector)
    }

    /// State of the credential. Contains no secret.
    async fn credential(&self) -> Credential {
        Credential::of(&self.row)
    }

    /// Delegated links of this alias, newest first. Links that expired, were used or were revoked are removed after 30
    /// days. An alias has at most ten open links.
    async fn delegated_links(&self, ctx: &Context<'_>) -> Result<Vec<DelegatedLink>> {
        let links = ctx.request()?.load(LinksOf(self.row.id)).await?.unwrap_or_default();
        Ok(links.into_iter().map(DelegatedLink::from).collect())
    }

    /// The parent alias. Null if this alias is a parent.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let Some(parent) = self.row.parent_id else { return Ok(None) };
        Ok(ctx.request()?.load(parent).await?.map(Self::from))
    }

    /// Profiles that use this alias. Contains at most one profile.
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Vec<IntegrationProfile>> {
        let profiles = ctx.request()?.load(ProfilesOf(self.row.id)).await?.unwrap_or_default();
        Ok(profiles.into_iter().map(IntegrationProfile::from).collect())
    }

    /// All properties that the connector defines, with their effective values. The list is bounded by the connector's
    /// configuration schema.
    async fn properties(&self, ctx: &Context<'_>) -> Result<Vec<AliasProperty>> {
        let request = ctx.request()?;
        let parent = match self.row.parent_id {
            Some(parent) => request.load(parent).await?,
            None => None,
        };
        let properties = request.engine.alias_properties(&self.row, parent.as_ref());
        Ok(properties.into_iter().map(AliasProperty::from).collect())
    }
}

/// Finds the connector of a stored object.
pub(crate) fn connector(request: &RequestContext, key: &str) -> Result<Connector> {
    request.engine.connector(key).map(Connector::from).ok_or_else(|| error::missing_connector(key))
}

/// A configuration property of a connection alias.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct AliasProperty {
    /// Description from the connector's configuration schema.
    description: Option<String>,
    /// Name from the connector's configuration schema.
    name: String,
    /// Source of the value.
    origin: PropertyOrigin,
    /// Effective value. Null if the property has no value.
    value: Option<Json>,
}

impl From<EffectiveProperty> for AliasProperty {
    fn from(property: EffectiveProperty) -> Self {
        Self {
            description: property.description,
            name: property.name,
            origin: property.origin.into(),
            value: property.value.map(Json),
        }
    }
}

/// Source of a property's effective value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_engine::Origin")]
pub(crate) enum PropertyOrigin {
    /// Set on the alias itself.
    Own,
    /// Inherited from the parent alias.
    Parent,
    /// The connector's default.
    Default,
}

/// State of a connection alias's credential. Contains no secret.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Credential {
    /// OAuth client ID. Null if none is set.
    client_id: Option<String>,
    /// OAuth grant type. Null if there is no credential.
    grant: Option<GrantType>,
    /// OAuth scopes granted by the vendor.
    granted_scopes: Vec<String>,
    /// Time when the gateway received the credential. Null if there is none.
    obtained_at: Option<DateTime>,
    /// Vendor user that the connection acts as. Null until the credential has been used.
    principal: Option<String>,
    /// State of the credential.
    state: CredentialState,
    /// Vendor user that the signed token requests name. Null unless the grant is `JWT_BEARER`.
    username: Option<String>,
}

impl Credential {
    fn of(alias: &store::Alias) -> Self {
        Self {
            client_id: alias.client_id.clone(),
            grant: alias.grant_type.map(GrantType::from),
            granted_scopes: alias.granted_scopes.clone(),
            obtained_at: alias.obtained_at.map(DateTime),
            principal: alias.principal.clone(),
            state: alias.credential_state.into(),
            username: alias.username.clone(),
        }
    }
}

/// State of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::CredentialState")]
pub(crate) enum CredentialState {
    /// No credential has been set.
    Missing,
    /// The credential is usable, as far as is known.
    Ready,
    /// The vendor rejected the credential. A new one is required.
    ReauthRequired,
    /// The credential was revoked.
    Revoked,
}

/// Identifies a connection alias. Exactly one field must be set.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum AliasBy {
    /// Global ID of the alias.
    Id(ID),
    /// Name of the alias.
    Name(String),
}

/// Filters connection aliases. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AliasFilter {
    /// Key of the connector.
    connector: Option<StringFilter>,
    /// Only children of this alias.
    parent_id: Option<ID>,
}

impl AliasFilter {
    pub(crate) fn read(self) -> Result<aliases::AliasFilter> {
        Ok(aliases::AliasFilter {
            connector: self.connector.map(Into::into),
            parent_id: filters::id("filter.parentId", self.parent_id.as_ref())?,
        })
    }
}

impl Paged for ConnectionAlias {
    type Total = aliases::AliasFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        aliases::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Finds an alias, or returns `None` if it does not exist.
pub(crate) async fn find(request: &RequestContext, by: AliasBy) -> Result<Option<ConnectionAlias>> {
    let found = match by {
        AliasBy::Id(id) => match id.parse::<AliasId>() {
            Ok(id) => request.load(id).await?,
            Err(_) => None,
        },
        AliasBy::Name(name) => aliases::find_by_name(&request.db, &name).await.map_err(error::store)?,
    };
    Ok(found.map(ConnectionAlias::from))
}

/// Returns a page of aliases.
pub(crate) async fn page(
    request: &RequestContext,
    filter: aliases::AliasFilter,
    paging: &Paging,
) -> Result<Connection<ConnectionAlias>> {
    let rows = paging.read(LISTING)?;
    let page = aliases::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, ConnectionAlias::from))
}
