//! Getting a token: the OAuth grants, over the same guarded client.
//!
//! `http` lends every grant its client and limits; its base address and its tokens are not used, and its meter does
//! not count token requests. Every function here fails with what [`OAuth::explain`] makes of a refusal, `Unavailable`
//! or `RateLimited` when there was no usable answer, and `Malformed` when the answer is no token.

mod assertion;
mod wire;

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use url::{Url, form_urlencoded};

pub use self::assertion::{Assertion, SigningKey, UnusableKey};
use self::wire::{Wire, explain};
use crate::http::{Headers, Http};
use crate::{Error, ErrorKind, GrantType, OAuth, Result, Secret};

/// What a vendor granted.
#[derive(Debug, Clone)]
pub struct Grant {
    /// What goes behind `Authorization: Bearer`.
    pub access_token: Secret,
    /// What renews it without a person, where the grant gives one.
    pub refresh_token: Option<Secret>,
    /// The scopes granted; empty when the vendor does not say.
    pub scope: Vec<String>,
    /// The address to use with the token, where the vendor names one.
    pub instance_url: Option<Url>,
    /// The vendor's address of the account that the token acts as.
    pub identity: Option<String>,
    /// When it was issued, by the vendor's clock.
    pub issued_at: Option<DateTime<Utc>>,
    /// When it ends, in seconds from its issue; `None` when the vendor does not say.
    pub expires_in: Option<std::time::Duration>,
}

/// The application that an administrator registered at the vendor for this gateway.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its public name.
    pub client_id: String,
    /// What proves that it is itself; `None` where the vendor asks for none beside PKCE.
    pub client_secret: Option<Secret>,
}

/// The way to a person's consent.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Where the person's browser goes.
    pub url: Url,
    /// Comes back with the code; whoever does not know it did not begin this.
    pub state: Secret,
    /// Redeems the code, and only here (PKCE, RFC 7636).
    pub verifier: Secret,
}

/// Prepares a person's consent that ends at `redirect`.
///
/// # Errors
/// `Unsupported` when the connector names no address for it.
pub fn consent(oauth: &OAuth, client_id: &str, redirect: &Url, scopes: &[&str]) -> Result<Consent> {
    let unsupported = || Error::new(ErrorKind::Unsupported, "connector has no address where a person consents");
    let authorize_url = oauth.authorize_url.clone().ok_or_else(unsupported)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = GrantClient::<EndpointNotSet>::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::from_url(authorize_url))
        .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
    let request = client.authorize_url(CsrfToken::new_random).add_scopes(named(scopes)).set_pkce_challenge(challenge);
    let (url, state) = request.url();
    Ok(Consent { url, state: Secret::new(state.secret()), verifier: Secret::new(verifier.secret()) })
}

/// Redeems the code that a person's consent gave.
///
/// # Errors
/// As the module says.
pub async fn authorization_code(
    http: &Http,
    oauth: &OAuth,
    application: &Application,
    code: &Secret,
    verifier: &Secret,
    redirect: &Url,
) -> Result<Grant> {
    let wire = Wire::new(http);
    let answer = client(oauth, application)
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())))
        .request_async(&wire)
        .await;
    granted(oauth, GrantType::AuthorizationCode, &wire, answer)
}

/// Renews a grant that a person gave. Vendors that rotate put a new refresh token in the answer, and the old one is
/// dead from then on. Scopes are not named again: some vendors refuse that.
///
/// # Errors
/// As the module says.
pub async fn refresh(http: &Http, oauth: &OAuth, application: &Application, refresh_token: &Secret) -> Result<Grant> {
    let (wire, token) = (Wire::new(http), RefreshToken::new(refresh_token.expose().to_owned()));
    let answer = client(oauth, application).exchange_refresh_token(&token).request_async(&wire).await;
    granted(oauth, GrantType::AuthorizationCode, &wire, answer)
}

/// Asks for a token as the application itself.
///
/// # Errors
/// As the module says.
pub async fn client_credentials(
    http: &Http,
    oauth: &OAuth,
    application: &Application,
    scopes: &[&str],
) -> Result<Grant> {
    let wire = Wire::new(http);
    let client = client(oauth, application);
    let answer = client.exchange_client_credentials().add_scopes(named(scopes)).request_async(&wire).await;
    granted(oauth, GrantType::ClientCredentials, &wire, answer)
}

/// Asks for a token for the user whom an assertion names (RFC 7523). Nothing renews it: whoever is refused with it
/// signs again. Scopes are not named: they are those that were approved for the user beforehand.
///
/// # Errors
/// As the module says, and `Unsupported` when the connector names nobody whom an assertion could address.
pub async fn jwt_bearer(http: &Http, oauth: &OAuth, assertion: &Assertion<'_>) -> Result<Grant> {
    let unsupported = || Error::new(ErrorKind::Unsupported, "connector has no audience for a signed assertion");
    let audience = oauth.audience.as_deref().ok_or_else(unsupported)?;
    let signed = assertion.signed(audience)?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", assertion::GRANT_TYPE)
        .append_pair("assertion", signed.expose())
        .finish();
    let wire = Wire::new(http);
    let answer = wire.grant(oauth.token_url.clone(), form).await;
    granted(oauth, GrantType::JwtBearer, &wire, answer)
}

/// Gives a token back, and with a refresh token all that came of it. One that is already dead is given back too.
///
/// # Errors
/// `Unavailable` or `RateLimited` when the vendor did not answer, `Refused` when it answered anything but that the token
/// is dead; nothing when it names no address for it.
pub async fn revoke(http: &Http, oauth: &OAuth, token: &Secret) -> Result<()> {
    let Some(url) = oauth.revoke_url.clone() else { return Ok(()) };
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
    let received = wire::post(http, url, Bytes::from(form)).await.map_err(|e| e.with("request", "revoke"))?;
    if let Some(error) = wire::overloaded(&received, &Headers::received(&received.headers)) {
        return Err(error);
    }
    // 400 is how vendors say that there is no such token (RFC 7009 would have them say 200).
    if (200..300).contains(&received.status) || received.status == 400 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Refused, "vendor did not take the token back").with("status", received.status))
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
    wire: &Wire,
    answer: Result<Granted, RequestTokenError<Error, BasicErrorResponse>>,
) -> Result<Grant> {
    answer.map(Grant::from).map_err(|e| explain(oauth, grant, wire.status(), e))
}

/// The members that vendors add to RFC 6749's.
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

/// Reads milliseconds since 1970, which vendors write as a number or as text; anything else is no time.
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
