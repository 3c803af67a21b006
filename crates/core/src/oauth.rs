//! How a connection gets its token: the vendor's addresses and words, and where tokens come from.
//!
//! The connector says *where* and *what for*; the engine owns credentials, runs the grants, keeps the tokens and
//! renews them one at a time.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Error, Result, Secret};

/// A way of getting a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantType {
    /// A person consents in a browser; the connection acts as that person.
    AuthorizationCode,
    /// The application itself, acting as the user that the vendor's administrator named.
    ClientCredentials,
    /// The application signs for a user with its private key.
    JwtBearer,
}

impl GrantType {
    /// Returns the name used in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "AUTHORIZATION_CODE",
            Self::ClientCredentials => "CLIENT_CREDENTIALS",
            Self::JwtBearer => "JWT_BEARER",
        }
    }

    /// Finds the grant of that name, or `None` when there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::AuthorizationCode, Self::ClientCredentials, Self::JwtBearer].into_iter().find(|g| g.as_str() == name)
    }
}

/// The vendor's refusal of a grant, as RFC 6749 section 5.2 words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRefusal {
    /// The grant that was asked for; the same words mean different things under different ones.
    pub grant: GrantType,
    /// The HTTP status.
    pub status: u16,
    /// The `error` member, or the empty string when the answer was not OAuth's.
    pub error: String,
    /// The `error_description` member.
    pub description: String,
}

/// Where the vendor grants tokens, for one configuration.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// The token endpoint.
    pub token_url: Url,
    /// Where a person consents, for the authorization-code grant.
    pub authorize_url: Option<Url>,
    /// Where a token is given back.
    pub revoke_url: Option<Url>,
    /// Whom an assertion addresses, the `aud` claim, for the JWT-bearer grant. Vendors compare it as text.
    pub audience: Option<String>,
    /// Turns a refusal into an error of the contract with a finding that says what to change. A refusal that a
    /// person must mend is `Unauthenticated` (reconnect) or `ConfigInvalid` (change the alias).
    pub explain: fn(&GrantRefusal) -> Error,
}

/// A token that opens the organisation for a while.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// What goes behind `Authorization: Bearer`.
    pub bearer: Secret,
    /// The address that the vendor told us to use with it; relative requests go there.
    pub instance_url: Option<Url>,
    /// Counts the tokens of a connection upwards, so that a late refusal of an old one does not renew a new one.
    pub version: u64,
}

/// Gives tokens to the HTTP client. Implemented by the engine; a connector never sees a credential.
///
/// The client calls [`TokenSource::token`] for every request and [`TokenSource::renew`] at most once for each, with
/// the very token that was refused. Many requests may be refused at the same time for the same token; an
/// implementation renews once for all of them, by comparing [`AccessToken::version`], because some vendors take a
/// refresh token that is used twice for a stolen one and revoke the grant.
#[async_trait]
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// Returns the token in force, getting one when there is none.
    async fn token(&self) -> Result<Arc<AccessToken>>;

    /// Returns a token newer than `refused`. Callers that come together share one renewal.
    ///
    /// # Errors
    /// `Unauthenticated` when the grant itself is gone.
    async fn renew(&self, refused: &AccessToken) -> Result<Arc<AccessToken>>;
}
