//! Connectors: what this gateway can connect to, out of each connector's manifest.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_core::{Catalogue, Permission, ProcessSpec, Product, Registration};
use seatgraph_engine::callback_url;
use serde_json::json;

use super::error::{self, Result};
use super::scalars::{Json, Url};
use super::scope::Scoped as _;
use super::setup::{self, ConnectorSetup};

/// What a connector's id begins with; connectors have keys of their own and no row in the database.
const PREFIX: &str = "conn_";

/// A kind of SaaS system that the gateway can talk to.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Connector {
    /// The vendor's page on connecting an application.
    docs_url: Option<Url>,
    /// The ways of getting a token that this connector knows; an alias uses one of them. As many as the vendor has.
    grants: Vec<ConnectorGrant>,
    /// The global id.
    pub(crate) id: ID,
    /// The key that inputs name the connector by, `salesforce` for example. It never changes.
    key: &'static str,
    /// The name that people know the system by.
    name: &'static str,
    /// Everything that the vendor's integration can do, four processes at most, and what each of them needs.
    processes: Vec<ConnectorProcess>,
    /// The version of the connector itself.
    version: &'static str,
    #[graphql(skip)]
    registration: Registration,
}

impl From<&Registration> for Connector {
    fn from(registration: &Registration) -> Self {
        let manifest = registration.manifest();
        Self {
            docs_url: manifest.docs_url.map(Url::from),
            grants: manifest.grants.iter().map(|&grant| ConnectorGrant::of(grant.into())).collect(),
            id: ID(format!("{PREFIX}{}", manifest.key)),
            key: manifest.key,
            name: manifest.name,
            processes: manifest.processes.iter().map(ConnectorProcess::from).collect(),
            version: manifest.version,
            registration: *registration,
        }
    }
}

impl Connector {
    /// Reads the key out of a connector's global id; `None` for an id of anything else.
    pub(crate) fn key_of(id: &str) -> Option<&str> {
        id.strip_prefix(PREFIX)
    }
}

#[ComplexObject]
impl Connector {
    /// Where the vendor sends people back to after their consent; register it with the application there. Null when the
    /// connector knows no consent.
    async fn callback_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        let asks = self.registration.manifest().grants.contains(&seatgraph_core::GrantType::AuthorizationCode);
        let url = callback_url(&ctx.scope()?.public_url, self.key);
        Ok(asks.then(|| Url(url.into())))
    }

    /// The JSON Schema of an alias's properties: what a form for them looks like.
    async fn config_schema(&self) -> Json {
        Json(self.registration.config_schema())
    }

    /// The products that the connector's catalogue knows, under the vendor's names. As many as the vendor sells.
    async fn products(&self) -> Result<Vec<SoftwareProduct>> {
        let catalogue = catalogue(&self.registration)?;
        Ok(catalogue.products().into_iter().map(SoftwareProduct::from).collect())
    }

    /// What is to be done to connect under a grant, at the vendor and here, with permission sets ready to import.
    async fn setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How the connection will get its tokens; one of the grants that the connector offers.")]
        grant: GrantType,
    ) -> Result<ConnectorSetup> {
        setup::of_connector(ctx.scope()?, &self.registration, grant)
    }
}

/// Reads the catalogue that a connector embeds.
pub(crate) fn catalogue(registration: &Registration) -> Result<Catalogue> {
    Catalogue::parse(registration.manifest().catalogue).map_err(|error| error::internal(&error))
}

/// Something that a profile does with its organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Process")]
pub(crate) enum Process {
    /// Reads licence pools, accounts, and who holds which subscription.
    DownloadSubscriptions,
    /// Reads evidence of use: when each account was last active, and how.
    PullUserActivity,
    /// Reads usage-based allowances and what was used of them.
    DownloadConsumption,
    /// Takes unused subscriptions back. The only process that changes anything at the vendor.
    ReclaimSubscription,
}

/// What the end of a pass means for the records it did not mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::SyncMode")]
pub(crate) enum SyncMode {
    /// What a finished pass did not mention is gone.
    Snapshot,
    /// A pass adds to what is known; silence says nothing.
    Incremental,
}

/// A way of getting a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::GrantType")]
pub(crate) enum GrantType {
    /// A person consents in a browser, and the connection acts as that person.
    AuthorizationCode,
    /// The application itself, acting as the user that the vendor's administrator named for it.
    ClientCredentials,
    /// The application signs for a user with its private key.
    JwtBearer,
}

/// One process, as this connector does it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorProcess {
    /// Whether this version carries it out. One that it does not is listed and diagnosed, and cannot be switched on.
    available: bool,
    /// Whether a new profile has it switched on.
    enabled_by_default: bool,
    /// Whether a profile cannot switch it off.
    mandatory: bool,
    /// What the end of a pass means for the records it did not mention.
    mode: SyncMode,
    /// The vendor's permissions that it uses. As many as the vendor's table has.
    permissions: Vec<RequiredPermission>,
    /// Which process it is.
    process: Process,
    /// The scopes that it needs, for each grant.
    scopes: Vec<GrantScopes>,
}

impl From<&ProcessSpec> for ConnectorProcess {
    fn from(spec: &ProcessSpec) -> Self {
        Self {
            available: spec.available,
            enabled_by_default: spec.enabled_by_default,
            mandatory: spec.mandatory,
            mode: spec.mode.into(),
            permissions: spec.permissions.iter().map(RequiredPermission::from).collect(),
            process: spec.process.into(),
            scopes: spec
                .scopes
                .iter()
                .map(|scopes| GrantScopes { grant: scopes.grant.into(), scopes: scopes.scopes.to_vec() })
                .collect(),
        }
    }
}

/// One row of the vendor's permission table.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct RequiredPermission {
    /// The name in the vendor's API.
    api_name: &'static str,
    /// What it is for.
    description: &'static str,
    /// The state in which it must be: on, or off.
    enabled: bool,
    /// The name in the vendor's set-up pages.
    name: &'static str,
    /// How much it is needed.
    necessity: Necessity,
    /// What happens without it.
    without: &'static str,
}

impl From<&Permission> for RequiredPermission {
    fn from(permission: &Permission) -> Self {
        Self {
            api_name: permission.api_name,
            description: permission.description,
            enabled: permission.enabled,
            name: permission.name,
            necessity: permission.necessity.into(),
            without: permission.without,
        }
    }
}

/// How much a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Necessity")]
pub(crate) enum Necessity {
    /// Without it the process does not work.
    Minimal,
    /// Without it the process works and knows less.
    Recommended,
    /// Needed only where the organisation restricts what its users see.
    IfRestricted,
}

/// The scopes to ask for under one grant.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct GrantScopes {
    /// The grant.
    grant: GrantType,
    /// The vendor's words for the scopes.
    scopes: Vec<&'static str>,
}

/// A way of getting a token, as this connector knows it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorGrant {
    /// The JSON Schema of the credential: what a form for it looks like.
    credential_schema: Json,
    /// Who must do what for it, in a sentence.
    description: &'static str,
    /// The grant.
    grant: GrantType,
}

impl ConnectorGrant {
    fn of(grant: GrantType) -> Self {
        let (description, fields): (_, &[_]) = match grant {
            GrantType::AuthorizationCode => {
                ("A person consents in a browser, and the connection acts as that person.", &[CLIENT_ID, CLIENT_SECRET])
            }
            GrantType::ClientCredentials => (
                "The application acts as the user that the vendor's administrator named for it; nobody needs to consent.",
                &[CLIENT_ID, CLIENT_SECRET],
            ),
            GrantType::JwtBearer => (
                "The application signs for a user with its private key; nobody needs to consent.",
                &[CLIENT_ID, USERNAME, PRIVATE_KEY],
            ),
        };
        Self { credential_schema: credential_schema(fields), description, grant }
    }
}

/// A part of a credential: name, title, description, and whether it must be hidden while it is typed.
type CredentialField = (&'static str, &'static str, &'static str, bool);

const CLIENT_ID: CredentialField =
    ("clientId", "Client id", "The application's public name at the vendor, also called consumer key.", false);
const CLIENT_SECRET: CredentialField =
    ("clientSecret", "Client secret", "The application's password at the vendor, also called consumer secret.", true);
const USERNAME: CredentialField = ("username", "Username", "The login of the user to act as.", false);
const PRIVATE_KEY: CredentialField =
    ("privateKey", "Private key", "The key that signs, PEM; its certificate is registered at the vendor.", true);

fn credential_schema(fields: &[CredentialField]) -> Json {
    let properties: serde_json::Map<_, _> = fields
        .iter()
        .map(|&(name, title, description, hidden)| {
            let property = json!({
                "type": "string", "minLength": 1, "title": title, "description": description, "writeOnly": hidden,
            });
            (name.to_owned(), property)
        })
        .collect();
    Json(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": fields.iter().map(|field| field.0).collect::<Vec<_>>(),
        "additionalProperties": false,
    }))
}

/// A product as a catalogue names it.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct SoftwareProduct {
    /// The sort of software, `CRM` for example.
    category: Option<String>,
    /// The variant within the product, `Login` for example; null for the product itself.
    edition: Option<String>,
    /// The product, in the vendor's words.
    product: String,
    /// Who makes it.
    publisher: String,
}

impl From<Product> for SoftwareProduct {
    fn from(product: Product) -> Self {
        Self {
            category: product.category,
            edition: product.edition,
            product: product.product,
            publisher: product.publisher,
        }
    }
}
