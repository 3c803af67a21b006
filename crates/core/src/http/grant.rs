//! OAuth grants, with the same HTTP client and limits as other requests.
//!
//! The functions use the client of `http`, not its base URL or tokens, and token requests do not count as API usage. They
//! fail with the error that [`OAuth::explain`] gives for a refusal, with `Unavailable` or `RateLimited` when there was no
//! usable response, and with `Malformed` when the response is not a token.

mod assertion;
mod exchange;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use url::{Url, form_urlencoded};

pub use self::assertion::{Assertion, SigningKey, UnusableKey};
use self::exchange::{TokenError, explain, request_token};
use crate::http::{Http, OAuthHttpClient};
use crate::{Error, ErrorKind, GrantType, OAuth, Result, Secret};

/// An access token, with what the vendor returned along with it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The bearer token.
    pub access_token: Secret,
    /// The refresh token, if the grant gives one.
    pub refresh_token: Option<Secret>,
    /// The granted scopes; empty when the vendor does not return them.
    pub scope: Vec<String>,
    /// The base URL to use with the token, if the vendor returns one.
    pub instance_url: Option<Url>,
    /// The vendor's URL for the account of the token.
    pub identity: Option<String>,
    /// The time of issue, by the vendor's clock.
    pub issued_at: Option<DateTime<Utc>>,
    /// The lifetime from the time of issue; `None` when the vendor does not return it.
    pub expires_in: Option<std::time::Duration>,
}

/// The OAuth client that is registered with the vendor for this gateway.
#[derive(Debug, Clone)]
pub struct Application {
    /// The OAuth client ID.
    pub client_id: String,
    /// The OAuth client secret; `None` for a public client.
    pub client_secret: Option<Secret>,
}

/// An authorization request that a user has to approve in a browser.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The URL to open in the browser.
    pub url: Url,
    /// The `state` parameter, which the redirect must return.
    pub state: Secret,
    /// The PKCE code verifier (RFC 7636).
    pub verifier: Secret,
}

/// Prepares an authorization request that redirects to `redirect`.
///
/// # Errors
/// `Unsupported` when the connector has no authorization endpoint.
pub fn consent(oauth: &OAuth, client_id: &str, redirect: &Url, scopes: &[&str]) -> Result<Consent> {
    let unsupported = || Error::new(ErrorKind::Unsupported, "connector has no authorization endpoint");
    let authorize_url = oauth.authorize_url.clone().ok_or_else(unsupported)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = GrantClient::<EndpointNotSet>::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::from_url(authorize_url))
        .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
    let request = client.authorize_url(CsrfToken::new_random).add_scopes(named(scopes)).set_pkce_challenge(challenge);
    let (url, state) = request.url();
    Ok(Consent { url, state: Secret::new(state.secret()), verifier: Secret::new(verifier.secret()) })
}

/// Exchanges an authorization code for a token.
///
/// # Errors
/// See the [module](self).
pub async fn authorization_code(
    http: &Http,
    oauth: &OAuth,
    application: &Application,
    code: &Secret,
    verifier: &Secret,
    redirect: &Url,
) -> Result<Grant> {
    let client_http = OAuthHttpClient::of(http);
    let answer = client(oauth, application)
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())))
        .request_async(&client_http)
        .await;
    granted(oauth, GrantType::AuthorizationCode, &client_http, answer)
}

/// Exchanges a refresh token for an access token. A vendor that rotates refresh tokens returns a new one and invalidates
/// the old one. Scopes are not sent, because some vendors refuse them here.
///
/// # Errors
/// See the [module](self).
pub async fn refresh(http: &Http, oauth: &OAuth, application: &Application, refresh_token: &Secret) -> Result<Grant> {
    let (client_http, token) = (OAuthHttpClient::of(http), RefreshToken::new(refresh_token.expose().to_owned()));
    let answer = client(oauth, application).exchange_refresh_token(&token).request_async(&client_http).await;
    granted(oauth, GrantType::AuthorizationCode, &client_http, answer)
}

/// Requests a token with client credentials.
///
/// # Errors
/// See the [module](self).
pub async fn client_credentials(
    http: &Http,
    oauth: &OAuth,
    application: &Application,
    scopes: &[&str],
) -> Result<Grant> {
    let client_http = OAuthHttpClient::of(http);
    let client = client(oauth, application);
    let answer = client.exchange_client_credentials().add_scopes(named(scopes)).request_async(&client_http).await;
    granted(oauth, GrantType::ClientCredentials, &client_http, answer)
}

/// Requests a token for the user of a signed assertion (RFC 7523). There is no refresh token; a new assertion gives a new
/// token. Scopes are not sent: those count that were approved for the user before.
///
/// # Errors
/// See the [module](self); also `Unsupported` when the connector has no audience for assertions.
pub async fn jwt_bearer(http: &Http, oauth: &OAuth, assertion: &Assertion<'_>) -> Result<Grant> {
    let unsupported = || Error::new(ErrorKind::Unsupported, "connector has no audience for a signed assertion");
    let audience = oauth.audience.as_deref().ok_or_else(unsupported)?;
    let signed = assertion.signed(audience)?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", assertion::GRANT_TYPE)
        .append_pair("assertion", signed.expose())
        .finish();
    let client_http = OAuthHttpClient::of(http);
    let answer = request_token(&client_http, oauth.token_url.clone(), form).await;
    granted(oauth, GrantType::JwtBearer, &client_http, answer)
}

/// Revokes a token, and with a refresh token its access tokens. Revoking an invalid token succeeds.
///
/// # Errors
/// `Unavailable` or `RateLimited` without a usable response, `Refused` for any error except an invalid token. Without a
/// revocation endpoint nothing happens.
pub async fn revoke(http: &Http, oauth: &OAuth, token: &Secret) -> Result<()> {
    let Some(url) = oauth.revoke_url.clone() else { return Ok(()) };
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
    let received = OAuthHttpClient::of(http).post_form(url, form).await.map_err(|e| e.with("request", "revoke"))?;
    // Vendors answer 400 for an unknown token, although RFC 7009 asks for 200.
    if (200..300).contains(&received.status) || received.status == 400 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Refused, "vendor did not revoke the token").with("status", received.status))
}

type Granted = StandardTokenResponse<Extra, BasicTokenType>;
type GrantClient<HasTokenUrl> = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
>;

fn client(oauth: &OAuth, application: &Application) -> GrantClient<EndpointSet> {
    let client = GrantClient::<EndpointNotSet>::new(ClientId::new(application.client_id.clone()))
        .set_token_uri(TokenUrl::from_url(oauth.token_url.clone()))
        .set_auth_type(AuthType::RequestBody);
    match &application.client_secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
        None => client,
    }
}

fn named(scopes: &[&str]) -> impl Iterator<Item = Scope> {
    scopes.iter().map(|scope| Scope::new((*scope).to_owned()))
}

fn granted(
    oauth: &OAuth,
    grant: GrantType,
    client: &OAuthHttpClient,
    answer: Result<Granted, TokenError>,
) -> Result<Grant> {
    answer.map(Grant::from).map_err(|e| explain(oauth, grant, client.status(), e))
}

/// The members that vendors add to those of RFC 6749.
#[derive(Debug, Serialize, Deserialize)]
struct Extra {
    #[serde(default)]
    instance_url: Option<Url>,
    #[serde(default, rename = "id")]
    identity: Option<String>,
    #[serde(default, deserialize_with = "milliseconds")]
    issued_at: Option<DateTime<Utc>>,
}

impl ExtraTokenFields for Extra {}

/// Parses milliseconds since 1970, as a number or as text; anything else becomes `None`.
fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    Ok(number.and_then(DateTime::from_timestamp_millis))
}

impl From<Granted> for Grant {
    fn from(granted: Granted) -> Self {
        let extra = granted.extra_fields();
        Self {
            access_token: Secret::new(granted.access_token().secret()),
            refresh_token: granted.refresh_token().map(|token| Secret::new(token.secret())),
            scope: granted.scopes().into_iter().flatten().map(|scope| scope.to_string()).collect(),
            instance_url: extra.instance_url.clone(),
            identity: extra.identity.clone(),
            issued_at: extra.issued_at,
            expires_in: granted.expires_in(),
        }
    }
}
