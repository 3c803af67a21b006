//! Getting a token: the OAuth grants, over the same guarded client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, Client, ClientId, ClientSecret, EndpointNotSet, ExtraTokenFields, HttpRequest,
    HttpResponse, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::http::client::Prepared;
use crate::http::dialect::with_retry_after;
use crate::http::{Dialect, Headers, Http, Method, Plain, Refusal};
use crate::{Error, ErrorKind, GrantRefusal, OAuth, Result, Secret};

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

/// Asks for a token as the application itself.
///
/// `http` lends its client and limits; its base address and its tokens are not used, and its meter does not count
/// token requests.
///
/// # Errors
/// What [`OAuth::explain`] makes of a refusal; `Unavailable` or `RateLimited` when there was no usable answer;
/// `Malformed` when the answer is no token.
pub async fn client_credentials(
    http: &Http,
    oauth: &OAuth,
    client_id: &str,
    client_secret: &Secret,
    scopes: &[&str],
) -> Result<Grant> {
    let wire = Wire { http: http.clone(), status: Mutex::new(0) };
    let answer = GrantClient::new(ClientId::new(client_id.to_owned()))
        .set_client_secret(ClientSecret::new(client_secret.expose().to_owned()))
        .set_token_uri(TokenUrl::from_url(oauth.token_url.clone()))
        .set_auth_type(AuthType::RequestBody)
        .exchange_client_credentials()
        .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
        .request_async(&wire)
        .await;
    answer.map(Grant::from).map_err(|e| explain(oauth, wire.status(), e))
}

type Granted = StandardTokenResponse<Extra, BasicTokenType>;
type GrantClient<HasTokenUrl = EndpointNotSet> = Client<
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

/// Our client in the shape that the OAuth library asks for. It keeps the status, which the library drops.
///
/// It owns its client: with a borrowed one, the compiler cannot show that the grant's future may move between threads.
struct Wire {
    http: Http,
    status: Mutex<u16>,
}

impl Wire {
    fn status(&self) -> u16 {
        *self.status.lock().expect("no holder of the status panics")
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|e| Error::new(ErrorKind::ConfigInvalid, "token address is not valid").with_source(e))?;
        let headers = [
            ("accept", "application/json".to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let prepared =
            Prepared { method: Method::Post, url, headers: &headers, bearer: None, body: Some(Bytes::from(body)) };
        let received = self.http.link.client.exchange(prepared).await?;
        *self.status.lock().expect("no holder of the status panics") = received.status;
        let fields = Headers::received(&received.headers);
        if received.status == 429 || received.status >= 500 {
            let refusal = Refusal { status: received.status, headers: &fields, body: &received.body };
            return Err(with_retry_after(Plain.refusal(&refusal), &fields).with("status", received.status));
        }
        let mut response = HttpResponse::new(received.body.to_vec());
        *response.status_mut() = parts_status(received.status);
        *response.headers_mut() = received.headers;
        Ok(response)
    }
}

fn parts_status(status: u16) -> oauth2::http::StatusCode {
    oauth2::http::StatusCode::from_u16(status).expect("a status that was received is a status")
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.carry(request))
    }
}

fn explain(oauth: &OAuth, status: u16, error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    let refusal = |error: String, description: String| (oauth.explain)(&GrantRefusal { status, error, description });
    match error {
        RequestTokenError::Request(broken) => broken.with("request", "token"),
        RequestTokenError::ServerResponse(said) => {
            let words = said.error_description().cloned().unwrap_or_default();
            refusal(said.error().as_ref().to_owned(), words)
        }
        // A body that is not OAuth's: where it came with a refusal, the refusal counts and the body does not.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) if status >= 300 => {
            refusal(String::new(), String::new())
        }
        // The library's error quotes the answer, which holds a token when it is nearly right.
        RequestTokenError::Parse(fault, _) => Error::new(ErrorKind::Malformed, "token answer is not understood")
            .with("json_path", fault.path().to_string()),
        RequestTokenError::Other(_) => Error::new(ErrorKind::Malformed, "token answer is not JSON"),
    }
}
