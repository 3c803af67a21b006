//! Requests to the provider, and the conversion of their errors.
//!
//! The errors of the library contain responses, which can contain tokens. They must not leave this file.

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, DiscoveryError,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeVerifier, ProviderMetadataWithLogout, RequestTokenError, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, UserInfoClaims, UserInfoError,
};
use seatgraph_core::http::OAuthHttpClient;
use seatgraph_core::{Error, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::login::claims::Claims;
use crate::login::error::{LoginError, ProviderError};

/// Claims that the specification does not list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::login) struct OtherClaims {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

type Fields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// Response to a token request.
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;

/// The gateway as a client of the provider.
pub(super) type RelyingParty = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Reason why a token is invalid.
#[derive(Debug)]
pub(super) enum InvalidToken {
    /// The key that signed it was not in the cached key set of the provider.
    UnknownKey,
    /// Any other reason.
    Other(String),
}

impl From<InvalidToken> for LoginError {
    fn from(invalid: InvalidToken) -> Self {
        match invalid {
            InvalidToken::UnknownKey => Self::InvalidToken("the signing key is unknown".to_owned()),
            InvalidToken::Other(why) => Self::InvalidToken(why),
        }
    }
}

/// Requests the metadata and the keys of the provider.
pub(super) async fn discover(
    issuer: IssuerUrl,
    http: &OAuthHttpClient,
) -> Result<ProviderMetadataWithLogout, ProviderError> {
    ProviderMetadataWithLogout::discover_async(issuer, http).await.map_err(|error| match error {
        DiscoveryError::Request(error) => ProviderError::of(&error),
        DiscoveryError::Parse(error) => ProviderError::Malformed(format!("at {}: {}", error.path(), error.inner())),
        DiscoveryError::Response(status, _, _) => ProviderError::Malformed(format!("status {status}")),
        DiscoveryError::Validation(why) => ProviderError::Malformed(why),
        _ => ProviderError::Malformed("the issuer is not a URL".to_owned()),
    })
}

/// Exchanges a code for tokens.
pub(super) async fn redeem(
    client: &RelyingParty,
    http: &OAuthHttpClient,
    code: &Secret,
    verifier: &Secret,
) -> Result<Tokens, LoginError> {
    let request = client
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .map_err(|_| LoginError::Provider(ProviderError::Malformed("no token_endpoint in the metadata".to_owned())))?
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
    request.request_async(http).await.map_err(|error| match error {
        RequestTokenError::ServerResponse(response) => {
            LoginError::TokenRequest { error: response.error().as_ref().to_owned() }
        }
        RequestTokenError::Request(error) => LoginError::Provider(ProviderError::of(&error)),
        RequestTokenError::Parse(fault, _) => malformed(&format!("token response, at {}", fault.path())),
        RequestTokenError::Other(_) => malformed("token response"),
    })
}

/// Verifies the ID token: signature, issuer, audience, time, nonce, and the hash of the access token.
pub(super) fn verify(
    client: &RelyingParty,
    tokens: &Tokens,
    nonce: &Nonce,
    now: &(impl Fn() -> DateTime<Utc> + Send + Sync),
) -> Result<Claims, InvalidToken> {
    let other = |why: &str| InvalidToken::Other(why.to_owned());
    let id_token = tokens.extra_fields().id_token().ok_or_else(|| other("the response has no ID token"))?;
    let verifier = client.id_token_verifier().set_time_fn(now);
    let claims = id_token.claims(&verifier, nonce).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            InvalidToken::UnknownKey
        }
        ClaimsVerificationError::SignatureVerification(why) => InvalidToken::Other(why.to_string()),
        why => InvalidToken::Other(why.to_string()),
    })?;
    if let Some(expected) = claims.access_token_hash() {
        let unknown = |_| other("unknown algorithm");
        let (algorithm, key) =
            (id_token.signing_alg().map_err(unknown)?, id_token.signing_key(&verifier).map_err(unknown)?);
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if !actual.is_ok_and(|actual| actual == *expected) {
            return Err(other("at_hash does not match the access token"));
        }
    }
    claims_by_name(claims).ok_or_else(|| other("the claims are not an object"))
}

/// Requests the userinfo of the subject of the ID token. Userinfo of another subject is refused.
pub(super) async fn user_info(
    client: &RelyingParty,
    http: &OAuthHttpClient,
    tokens: &Tokens,
    known: &Claims,
) -> Result<Claims, LoginError> {
    let subject = known.get("sub").and_then(Value::as_str).map(|subject| SubjectIdentifier::new(subject.to_owned()));
    let request = client
        .user_info(tokens.access_token().clone(), subject)
        .map_err(|_| malformed("no userinfo_endpoint in the metadata"))?;
    let answer: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> = request.request_async(http).await;
    let claims = answer.map_err(|error| match error {
        UserInfoError::Request(error) => LoginError::Provider(ProviderError::of(&error)),
        UserInfoError::ClaimsVerification(why) => LoginError::InvalidToken(format!("userinfo: {why}")),
        UserInfoError::Parse(fault) => malformed(&format!("userinfo response, at {}", fault.path())),
        UserInfoError::Response(status, _, _) => malformed(&format!("userinfo response with status {status}")),
        _ => malformed("userinfo response"),
    })?;
    claims_by_name(&claims).ok_or_else(|| malformed("userinfo response"))
}

/// The encoded ID token.
pub(super) fn id_token(tokens: &Tokens) -> Option<Secret> {
    tokens.extra_fields().id_token().map(|token| Secret::new(token.to_string()))
}

/// The claims by name.
fn claims_by_name(claims: &impl Serialize) -> Option<Claims> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Some(claims),
        _ => None,
    }
}

fn malformed(response: &str) -> LoginError {
    LoginError::Provider(ProviderError::Malformed(response.to_owned()))
}

impl ProviderError {
    fn of(error: &Error) -> Self {
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        let chain = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        match error.kind().is_transient() {
            true => Self::Unavailable(chain),
            false => Self::Malformed(chain),
        }
    }
}
