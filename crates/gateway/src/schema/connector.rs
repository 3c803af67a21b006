//! Connectors: the supported SaaS systems, described by each connector's manifest.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use seatgraph_core::{Catalogue, Product, Registration};
use seatgraph_engine::callback_url;
use serde_json::json;

use super::context::HasRequest as _;
use super::error::{self, Result};
use super::process::{ConnectorProcess, GrantType};
use super::scalars::{Json, Url};
use super::setup::{self, ConnectorSetup};

/// Prefix of a connector's global ID. Connectors have no row in the database.
const PREFIX: &str = "conn_";

/// A kind of SaaS system that the gateway can connect to.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Connector {
    /// Vendor documentation on connecting an application. Null if there is none.
    docs_url: Option<Url>,
    /// OAuth grant types that the connector supports. The list is bounded by the number of grant types.
    grants: Vec<ConnectorGrant>,
    /// Global ID.
    pub(crate) id: ID,
    /// Stable key of the connector, such as `salesforce`.
    key: &'static str,
    /// Display name of the SaaS system.
    name: &'static str,
    /// Processes of the integration, with their required permissions. At most four entries.
    processes: Vec<ConnectorProcess>,
    /// Version of the connector.
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
    /// Reads a connector's key from its global ID. Returns `None` for the ID of another type.
    pub(crate) fn key_of(id: &str) -> Option<&str> {
        id.strip_prefix(PREFIX)
    }
}

#[ComplexObject]
impl Connector {
    /// OAuth redirect URL to register at the vendor. Null if the connector does not support the authorization code
    /// grant.
    async fn callback_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        let asks = self.registration.manifest().grants.contains(&seatgraph_core::GrantType::AuthorizationCode);
        let url = callback_url(&ctx.request()?.public_url, self.key);
        Ok(asks.then(|| Url(url.into())))
    }

    /// JSON Schema of the properties of a connection alias.
    async fn config_schema(&self) -> Json {
        Json(self.registration.config_schema())
    }

    /// Products in the connector's catalogue. The list is bounded by the vendor's price list.
    async fn products(&self) -> Result<Vec<SoftwareProduct>> {
        let catalogue = catalogue(&self.registration)?;
        Ok(catalogue.products().into_iter().map(SoftwareProduct::from).collect())
    }

    /// Setup instructions for one grant type.
    async fn setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "OAuth grant type. Must be one that the connector supports.")] grant: GrantType,
    ) -> Result<ConnectorSetup> {
        setup::of_connector(ctx.request()?, &self.registration, grant)
    }
}

/// Reads the catalogue that a connector embeds.
pub(crate) fn catalogue(registration: &Registration) -> Result<Catalogue> {
    Catalogue::parse(registration.manifest().catalogue).map_err(|error| error::internal(&error))
}

/// An OAuth grant type as a connector supports it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorGrant {
    /// JSON Schema of the credential.
    credential_schema: Json,
    /// Description of the grant type.
    description: &'static str,
    /// The OAuth grant type.
    grant: GrantType,
}

impl ConnectorGrant {
    fn of(grant: GrantType) -> Self {
        let (description, fields): (_, &[_]) = match grant {
            GrantType::AuthorizationCode => {
                ("A user consents in a browser. The connection acts as that user.", &[CLIENT_ID, CLIENT_SECRET])
            }
            GrantType::ClientCredentials => (
                "The connection acts as the user that the vendor's administrator assigned to the application. No consent is needed.",
                &[CLIENT_ID, CLIENT_SECRET],
            ),
            GrantType::JwtBearer => (
                "The application signs token requests for a user with its private key. No consent is needed.",
                &[CLIENT_ID, USERNAME, PRIVATE_KEY],
            ),
        };
        Self { credential_schema: credential_schema(fields), description, grant }
    }
}

/// A field of a credential: name, title, description, and whether to hide it during input.
type CredentialField = (&'static str, &'static str, &'static str, bool);

const CLIENT_ID: CredentialField =
    ("clientId", "Client ID", "OAuth client ID. Some vendors call it consumer key.", false);
const CLIENT_SECRET: CredentialField =
    ("clientSecret", "Client secret", "OAuth client secret. Some vendors call it consumer secret.", true);
const USERNAME: CredentialField = ("username", "Username", "Vendor user that the connection acts as.", false);
const PRIVATE_KEY: CredentialField =
    ("privateKey", "Private key", "Private key in PEM format. Its certificate must be registered at the vendor.", true);

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

/// A product in a connector's catalogue.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct SoftwareProduct {
    /// Product category, such as `CRM`. Null if unknown.
    category: Option<String>,
    /// Edition or variant of the product, such as `Login`. Null for the product itself.
    edition: Option<String>,
    /// Product name used by the vendor.
    product: String,
    /// Publisher of the software.
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
