//! The way of a token request: our guarded client under the OAuth library, and what its failures mean.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use bytes::Bytes;
use oauth2::basic::BasicErrorResponse;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse, RequestTokenError};
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::client::{Prepared, Received};
use crate::http::dialect::with_retry_after;
use crate::http::{Dialect, Headers, Http, Method, Plain, Refusal};
use crate::{Error, ErrorKind, GrantRefusal, GrantType, OAuth, Result};

/// Our client in the shape that the OAuth library asks for. It keeps the status, which the library drops.
///
/// It owns its client: with a borrowed one, the compiler cannot show that the grant's future may move between threads.
pub(super) struct Wire {
    http: Http,
    status: Mutex<u16>,
}

impl Wire {
    pub(super) fn new(http: &Http) -> Self {
        Self { http: http.clone(), status: Mutex::new(0) }
    }

    pub(super) fn status(&self) -> u16 {
        *self.status.lock().expect("no holder of the status panics")
    }

    /// Asks for a token in a way that the OAuth library does not know, and reads the answer as it would.
    pub(super) async fn grant<T: DeserializeOwned>(
        &self,
        url: Url,
        form: String,
    ) -> Result<T, RequestTokenError<Error, BasicErrorResponse>> {
        let received = post(&self.http, url, Bytes::from(form)).await.map_err(RequestTokenError::Request)?;
        self.note(received.status);
        if let Some(error) = overloaded(&received, &Headers::received(&received.headers)) {
            return Err(RequestTokenError::Request(error));
        }
        if (200..300).contains(&received.status) {
            return read(&received.body);
        }
        read(&received.body).and_then(|refused| Err(RequestTokenError::ServerResponse(refused)))
    }

    fn note(&self, status: u16) {
        *self.status.lock().expect("no holder of the status panics") = status;
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|e| Error::new(ErrorKind::ConfigInvalid, "token address is not valid").with_source(e))?;
        let received = post(&self.http, url, Bytes::from(body)).await?;
        self.note(received.status);
        let fields = Headers::received(&received.headers);
        if let Some(error) = overloaded(&received, &fields) {
            return Err(error);
        }
        let mut response = HttpResponse::new(received.body.to_vec());
        *response.status_mut() = parts_status(received.status);
        *response.headers_mut() = received.headers;
        Ok(response)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, RequestTokenError<Error, BasicErrorResponse>> {
    let mut json = serde_json::Deserializer::from_slice(body);
    // The library keeps the body beside the fault; here it would only be dropped again.
    serde_path_to_error::deserialize(&mut json).map_err(|fault| RequestTokenError::Parse(fault, Vec::new()))
}

/// Posts a form to one of the vendor's OAuth addresses.
pub(super) async fn post(http: &Http, url: Url, body: Bytes) -> Result<Received> {
    let headers =
        [("accept", "application/json".to_owned()), ("content-type", "application/x-www-form-urlencoded".to_owned())];
    let prepared = Prepared { method: Method::Post, url, headers: &headers, bearer: None, body: Some(body) };
    http.link.client.exchange(prepared).await
}

/// Says when an answer is none because the vendor cannot answer now.
pub(super) fn overloaded(received: &Received, fields: &Headers) -> Option<Error> {
    if received.status != 429 && received.status < 500 {
        return None;
    }
    let refusal = Refusal { status: received.status, headers: fields, body: &received.body };
    Some(with_retry_after(Plain.refusal(&refusal), fields).with("status", received.status))
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

pub(super) fn explain(
    oauth: &OAuth,
    grant: GrantType,
    status: u16,
    error: RequestTokenError<Error, BasicErrorResponse>,
) -> Error {
    let refusal =
        |error: String, description: String| (oauth.explain)(&GrantRefusal { grant, status, error, description });
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
