//! OAuth: the endpoints of a vendor, and the source of access tokens.
//!
//! The connector describes the endpoints. The engine keeps credentials and tokens, runs the grants, and renews tokens one
//! at a time.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Error, Result, Secret};

/// An OAuth grant type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantType {
    /// A user authorizes in a browser; the connection acts as that user.
    AuthorizationCode,
    /// The OAuth client authenticates itself; the vendor's administrator chose the user it acts as.
    ClientCredentials,
    /// The OAuth client signs an assertion for a user with its private key.
    JwtBearer,
}

impl GrantType {
    /// Returns the name used in the database and in GraphQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "AUTHORIZATION_CODE",
            Self::ClientCredentials => "CLIENT_CREDENTIALS",
            Self::JwtBearer => "JWT_BEARER",
        }
    }

    /// Parses a name, or returns `None` if it is unknown.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AuthorizationCode, Self::ClientCredentials, Self::JwtBearer].into_iter().find(|g| g.as_str() == name)
    }
}

/// The error response of a token request (RFC 6749 section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRefusal {
    /// The grant; the same error has different meanings under different grants.
    pub grant: GrantType,
    /// The HTTP status.
    pub status: u16,
    /// The `error` member; empty if the response is not an OAuth error.
    pub error: String,
    /// The `error_description` member; empty if it is absent.
    pub description: String,
}

/// The OAuth endpoints of a vendor, for one configuration.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// The token endpoint.
    pub token_url: Url,
    /// The authorization endpoint, for the authorization code grant.
    pub authorize_url: Option<Url>,
    /// The revocation endpoint.
    pub revoke_url: Option<Url>,
    /// The audience of assertions (the `aud` claim), for the JWT bearer grant. Vendors compare it as text.
    pub audience: Option<String>,
    /// Turns a refusal into an error with a finding. A refusal that needs a user is `Unauthenticated` (authorize again) or
    /// `ConfigInvalid` (change the alias or the vendor's settings).
    pub explain: fn(&GrantRefusal) -> Error,
}

/// An access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The bearer token.
    pub bearer: Secret,
    /// The base URL for requests with this token, if the vendor returned one.
    pub instance_url: Option<Url>,
    /// The number of the token within the connection. It prevents that a late refusal of an old token renews a new one.
    pub version: u64,
}

/// The source of access tokens for the HTTP client. The engine implements it; a connector never sees a credential.
///
/// The client calls [`TokenSource::token`] for every request, and [`TokenSource::renew`] at most once per request with
/// the refused token. Many requests may be refused at the same time with the same token. An implementation then renews
/// once, by comparing [`AccessToken::version`], because some vendors treat a refresh token that is used twice as stolen
/// and revoke the grant.
#[async_trait]
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// Returns the current token, or requests one if there is none.
    async fn token(&self) -> Result<Arc<AccessToken>>;

    /// Returns a token newer than `refused`. Concurrent callers share one renewal.
    ///
    /// # Errors
    /// `Unauthenticated` if the grant has expired or was revoked.
    async fn renew(&self, refused: &AccessToken) -> Result<Arc<AccessToken>>;
}
