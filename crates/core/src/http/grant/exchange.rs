//! A token request that the OAuth library does not support, and the errors of token requests.

use oauth2::RequestTokenError;
use oauth2::basic::BasicErrorResponse;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::OAuthHttpClient;
use crate::{Error, ErrorKind, GrantRefusal, GrantType, OAuth};

pub(super) type TokenError = RequestTokenError<Error, BasicErrorResponse>;

/// Posts a token request and parses the response as the OAuth library does.
pub(super) async fn request_token<T: DeserializeOwned>(
    client: &OAuthHttpClient,
    url: Url,
    form: String,
) -> Result<T, TokenError> {
    let received = client.post_form(url, form).await.map_err(RequestTokenError::Request)?;
    if (200..300).contains(&received.status) {
        return parse(&received.body);
    }
    parse(&received.body).and_then(|refused| Err(RequestTokenError::ServerResponse(refused)))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, TokenError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    // The library keeps the body beside the error, where it would only be dropped.
    serde_path_to_error::deserialize(&mut json).map_err(|error| RequestTokenError::Parse(error, Vec::new()))
}

pub(super) fn explain(oauth: &OAuth, grant: GrantType, status: u16, error: TokenError) -> Error {
    let refused =
        |error: String, description: String| (oauth.explain)(&GrantRefusal { grant, status, error, description });
    match error {
        RequestTokenError::Request(error) => error.with("request", "token"),
        RequestTokenError::ServerResponse(response) => {
            let description = response.error_description().cloned().unwrap_or_default();
            refused(response.error().as_ref().to_owned(), description)
        }
        // The body is not an OAuth error, so only the status counts.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) if status >= 300 => {
            refused(String::new(), String::new())
        }
        // The library's error quotes the response, which may contain a token.
        RequestTokenError::Parse(error, _) => {
            Error::new(ErrorKind::Malformed, "token response is malformed").with("json_path", error.path().to_string())
        }
        RequestTokenError::Other(_) => Error::new(ErrorKind::Malformed, "token response is not JSON"),
    }
}
