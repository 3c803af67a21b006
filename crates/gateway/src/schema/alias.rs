//! Connection aliases: named connections, their properties and what is known of their credentials.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, OneofObject, SimpleObject};
use seatgraph_engine::EffectiveProperty;
use seatgraph_store::{self as store, AliasId, aliases};

use super::connector::{Connector, GrantType};
use super::error::{self, Result};
use super::filters::{self, StringFilter};
use super::link::DelegatedLink;
use super::loaders::{LinksOf, ProfilesOf};
use super::paging::{Connection, Listed, Paging};
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, Json, Url};
use super::scope::{RequestScope, Scoped as _};

/// How the list of aliases is ordered, for its cursors.
const LISTING: &str = "connectionAliases by NAME ASC";

/// A named connection with its credential. A parent alias belongs to a connector and holds what its children share; a
/// child takes over each property that it does not set, has its own address and credential, and serves one profile.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ConnectionAlias {
    /// When it was created.
    created_at: DateTime,
    /// The global id.
    pub(crate) id: ID,
    /// Where the organisation is; null on an alias that only holds what its children share.
    instance_url: Option<Url>,
    /// The name that people know it by, unlike any other alias's.
    name: String,
    /// When it was last changed.
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
    /// The aliases that share this one's properties, by name.
    async fn children(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Connection<Self>> {
        let filter = aliases::AliasFilter { parent_id: Some(self.row.id), ..Default::default() };
        page(ctx.scope()?, filter, &Paging::forward(first, after)).await
    }

    /// The connector that it belongs to.
    async fn connector(&self, ctx: &Context<'_>) -> Result<Connector> {
        connector(ctx.scope()?, &self.row.connector)
    }

    /// What is known of its credential.
    async fn credential(&self) -> Credential {
        Credential::of(&self.row)
    }

    /// The links with which somebody without an account here may authorise it, or could, the newest first. At most ten
    /// are open, and those that have been over for thirty days are forgotten.
    async fn delegated_links(&self, ctx: &Context<'_>) -> Result<Vec<DelegatedLink>> {
        let links = ctx.scope()?.load(LinksOf(self.row.id)).await?.unwrap_or_default();
        Ok(links.into_iter().map(DelegatedLink::from).collect())
    }

    /// The alias whose properties it shares; null when it is a parent itself.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let Some(parent) = self.row.parent_id else { return Ok(None) };
        Ok(ctx.scope()?.load(parent).await?.map(Self::from))
    }

    /// The profiles that it serves: one at most.
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Vec<IntegrationProfile>> {
        let profiles = ctx.scope()?.load(ProfilesOf(self.row.id)).await?.unwrap_or_default();
        Ok(profiles.into_iter().map(IntegrationProfile::from).collect())
    }

    /// Every property that the connector knows, with the value in force and where that comes from. As many as the
    /// connector's configuration has.
    async fn properties(&self, ctx: &Context<'_>) -> Result<Vec<AliasProperty>> {
        let scope = ctx.scope()?;
        let parent = match self.row.parent_id {
            Some(parent) => scope.load(parent).await?,
            None => None,
        };
        let properties = scope.engine.alias_properties(&self.row, parent.as_ref());
        Ok(properties.into_iter().map(AliasProperty::from).collect())
    }
}

/// Finds a connector that something stored belongs to.
pub(crate) fn connector(scope: &RequestScope, key: &str) -> Result<Connector> {
    scope.engine.connector(key).map(Connector::from).ok_or_else(|| error::missing_connector(key))
}

/// One setting of a connection.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct AliasProperty {
    /// What it does, in the connector's words.
    description: Option<String>,
    /// The name, as in the connector's configuration schema.
    name: String,
    /// Where the value comes from.
    origin: PropertyOrigin,
    /// The value in force; null when there is none.
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

/// Where the value of a property comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_engine::Origin")]
pub(crate) enum PropertyOrigin {
    /// The alias sets it itself.
    Own,
    /// The parent sets it.
    Parent,
    /// Nobody sets it, and the connector's default is in force.
    Default,
}

/// What is known of a secret, and never the secret.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Credential {
    /// The application's public name at the vendor.
    client_id: Option<String>,
    /// The way of getting a token; null while there is no credential.
    grant: Option<GrantType>,
    /// The scopes that the vendor granted, in its words.
    granted_scopes: Vec<String>,
    /// When it was given to the gateway.
    obtained_at: Option<DateTime>,
    /// Whom the connection acts as at the vendor; null until it was used.
    principal: Option<String>,
    /// Whether it can be used.
    state: CredentialState,
    /// The login of the user that the application signs for; null under other grants.
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

/// Whether a credential can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::CredentialState")]
pub(crate) enum CredentialState {
    /// None was given yet.
    Missing,
    /// It can be used, as far as is known.
    Ready,
    /// The vendor refused it; a new one is needed.
    ReauthRequired,
    /// It was withdrawn.
    Revoked,
}

/// Says which alias is meant, in one of two ways.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum AliasBy {
    /// The alias of this global id.
    Id(ID),
    /// The alias of this name.
    Name(String),
}

/// Leaves out the aliases that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AliasFilter {
    /// The connector's key.
    connector: Option<StringFilter>,
    /// Only the children of this alias.
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

impl Listed for ConnectionAlias {
    type Total = aliases::AliasFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        aliases::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Finds the alias that is meant, or `None` when there is none.
pub(crate) async fn find(scope: &RequestScope, by: AliasBy) -> Result<Option<ConnectionAlias>> {
    let found = match by {
        AliasBy::Id(id) => match id.parse::<AliasId>() {
            Ok(id) => scope.load(id).await?,
            Err(_) => None,
        },
        AliasBy::Name(name) => aliases::find_by_name(&scope.db, &name).await.map_err(|error| error::store(&error))?,
    };
    Ok(found.map(ConnectionAlias::from))
}

/// Lists a page of aliases.
pub(crate) async fn page(
    scope: &RequestScope,
    filter: aliases::AliasFilter,
    paging: &Paging,
) -> Result<Connection<ConnectionAlias>> {
    let request = paging.read(LISTING)?;
    let page = aliases::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, ConnectionAlias::from))
}
