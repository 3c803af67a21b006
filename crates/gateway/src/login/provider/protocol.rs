//! The exchanges with the provider in the library's words, and what their failures mean in ours.
//!
//! The library's errors quote answers, which hold tokens when they are nearly right; none of them leaves this file.

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

/// Claims beside those that the specification lists, whatever they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::login) struct Others {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for Others {}

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What the provider gives for a code.
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;

/// This gateway, as the provider knows it.
pub(super) type RelyingParty = Client<
    Others,
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

/// Why a token proves nothing.
#[derive(Debug)]
pub(super) enum Unproven {
    /// It is signed with a key that the provider did not list when it was asked.
    UnknownKey,
    /// Anything else.
    Otherwise(String),
}

impl From<Unproven> for LoginError {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::UnknownKey => {
                Self::Unproven("it is signed with a key that the provider does not list".to_owned())
            }
            Unproven::Otherwise(why) => Self::Unproven(why),
        }
    }
}

/// Asks the provider for its description and its keys.
pub(super) async fn discover(
    issuer: IssuerUrl,
    carrier: &OAuthHttpClient,
) -> Result<ProviderMetadataWithLogout, ProviderError> {
    ProviderMetadataWithLogout::discover_async(issuer, carrier).await.map_err(|error| match error {
        DiscoveryError::Request(error) => ProviderError::of(&error),
        DiscoveryError::Parse(error) => ProviderError::NotUnderstood(format!("at {}: {}", error.path(), error.inner())),
        DiscoveryError::Response(status, _, _) => ProviderError::NotUnderstood(format!("its status is {status}")),
        DiscoveryError::Validation(why) => ProviderError::NotUnderstood(why),
        _ => ProviderError::NotUnderstood("its address is not one".to_owned()),
    })
}

/// Redeems a code.
pub(super) async fn redeem(
    client: &RelyingParty,
    carrier: &OAuthHttpClient,
    code: &Secret,
    verifier: &Secret,
) -> Result<Tokens, LoginError> {
    let request = client
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .map_err(|_| LoginError::Provider(ProviderError::NotUnderstood("it names no token_endpoint".to_owned())))?
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
    request.request_async(carrier).await.map_err(|error| match error {
        RequestTokenError::ServerResponse(said) => LoginError::NotRedeemed { error: said.error().as_ref().to_owned() },
        RequestTokenError::Request(error) => LoginError::Provider(ProviderError::of(&error)),
        RequestTokenError::Parse(fault, _) => not_understood(&format!("its token answer, at {}", fault.path())),
        RequestTokenError::Other(_) => not_understood("its token answer"),
    })
}

/// Verifies the ID token: signature, issuer, audience, time, nonce, and that it belongs to the access token.
pub(super) fn verify(
    client: &RelyingParty,
    tokens: &Tokens,
    nonce: &Nonce,
    now: &(impl Fn() -> DateTime<Utc> + Send + Sync),
) -> Result<Claims, Unproven> {
    let otherwise = |why: &str| Unproven::Otherwise(why.to_owned());
    let id_token = tokens.extra_fields().id_token().ok_or_else(|| otherwise("there is none"))?;
    let verifier = client.id_token_verifier().set_time_fn(now);
    let claims = id_token.claims(&verifier, nonce).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Unproven::UnknownKey
        }
        ClaimsVerificationError::SignatureVerification(why) => Unproven::Otherwise(why.to_string()),
        why => Unproven::Otherwise(why.to_string()),
    })?;
    if let Some(expected) = claims.access_token_hash() {
        let unknown = |_| otherwise("its algorithm is not understood");
        let (algorithm, key) =
            (id_token.signing_alg().map_err(unknown)?, id_token.signing_key(&verifier).map_err(unknown)?);
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if !actual.is_ok_and(|actual| actual == *expected) {
            return Err(otherwise("the access token beside it is another's"));
        }
    }
    written(claims).ok_or_else(|| otherwise("its claims are no object"))
}

/// Asks the provider about the person that the ID token is about, and about nobody else.
pub(super) async fn user_info(
    client: &RelyingParty,
    carrier: &OAuthHttpClient,
    tokens: &Tokens,
    known: &Claims,
) -> Result<Claims, LoginError> {
    let subject = known.get("sub").and_then(Value::as_str).map(|subject| SubjectIdentifier::new(subject.to_owned()));
    let request = client
        .user_info(tokens.access_token().clone(), subject)
        .map_err(|_| not_understood("it names no userinfo_endpoint"))?;
    let answer: Result<UserInfoClaims<Others, CoreGenderClaim>, _> = request.request_async(carrier).await;
    let claims = answer.map_err(|error| match error {
        UserInfoError::Request(error) => LoginError::Provider(ProviderError::of(&error)),
        UserInfoError::ClaimsVerification(why) => LoginError::Unproven(format!("its userinfo: {why}")),
        UserInfoError::Parse(fault) => not_understood(&format!("its userinfo, at {}", fault.path())),
        UserInfoError::Response(status, _, _) => not_understood(&format!("its userinfo, whose status is {status}")),
        _ => not_understood("its userinfo"),
    })?;
    written(&claims).ok_or_else(|| not_understood("its userinfo"))
}

/// The ID token as it came.
pub(super) fn id_token(tokens: &Tokens) -> Option<Secret> {
    tokens.extra_fields().id_token().map(|token| Secret::new(token.to_string()))
}

/// The claims by name, as the provider wrote them.
fn written(claims: &impl Serialize) -> Option<Claims> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Some(claims),
        _ => None,
    }
}

fn not_understood(what: &str) -> LoginError {
    LoginError::Provider(ProviderError::NotUnderstood(what.to_owned()))
}

impl ProviderError {
    fn of(error: &Error) -> Self {
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        let chain = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        match error.kind().is_transient() {
            true => Self::Silent(chain),
            false => Self::NotUnderstood(chain),
        }
    }
}
