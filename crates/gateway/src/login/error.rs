//! Errors of a login, and their page for the user.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::page::page;

/// Maximum length of a text of the provider on a page.
const LONGEST: usize = 300;

/// A failed login.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    /// The provider does not respond, or its response is invalid.
    #[error("the OpenID provider failed")]
    Provider(#[source] ProviderError),
    /// The provider returned an error instead of a code.
    #[error("the OpenID provider refused: {error}")]
    Refused { error: String, description: String },
    /// The provider refused the token request.
    #[error("the OpenID provider refused the token request: {error}")]
    TokenRequest { error: String },
    /// The token of the provider could not be verified.
    #[error("the OpenID provider's token is not valid: {0}")]
    InvalidToken(String),
    /// A claim has the wrong type.
    #[error("claim {name} is not {wanted}")]
    Claim { name: String, wanted: &'static str },
    /// The state is unknown, expired, or of another browser.
    #[error("this browser has no login with this state")]
    Unknown,
    /// The state was already used.
    #[error("the login was already finished")]
    Used,
    /// The user is in no allowed group.
    #[error("the user is in no allowed group")]
    NotAllowed { claimed: bool },
    /// A page of another site sent the request.
    #[error("a page of another site sent the request")]
    CrossSite,
    /// The database failed.
    #[error("the login could not be stored")]
    Store(#[from] seatgraph_store::Error),
}

/// A failure of the provider.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ProviderError {
    /// The provider does not respond.
    #[error("no response: {0}")]
    Unavailable(String),
    /// The response does not match the specification.
    #[error("invalid response: {0}")]
    Malformed(String),
}

/// The page of a failed login. Backticks in the message and the remedy mark code.
#[derive(Debug, Template)]
#[template(path = "login_error.html")]
struct ErrorPage {
    title: &'static str,
    status: StatusCode,
    code: &'static str,
    message: String,
    /// The provider's own description of the error.
    quote: Option<String>,
    remedy: &'static str,
}

impl LoginError {
    /// Returns the page and logs the error.
    pub(super) fn page(&self) -> Response {
        let error_page = self.error_page();
        let error = self as &dyn std::error::Error;
        match error_page.status {
            StatusCode::INTERNAL_SERVER_ERROR => tracing::error!(error, "login failed"),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                tracing::warn!(error, code = error_page.code, "login failed at the OpenID provider");
            }
            _ => tracing::info!(code = error_page.code, "login refused"),
        }
        page(error_page.status, &error_page)
    }

    fn error_page(&self) -> ErrorPage {
        match self {
            Self::Provider(error) => error.error_page(),
            Self::Refused { error, description } => refused(error, description),
            Self::TokenRequest { error } => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "CODE_NOT_REDEEMED",
                format!("The OpenID provider did not accept the gateway's request: `{}`.", short(error)),
                "For `invalid_client`, an administrator must correct `login.client_id` and \
                 `login.client_secret`. Otherwise sign in again.",
            ),
            Self::InvalidToken(_) => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "TOKEN_NOT_VALID",
                "The token of the OpenID provider could not be verified.",
                "Sign in again. If that does not help, an administrator can find the reason in the gateway's log.",
            ),
            Self::Claim { name, wanted } => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "CLAIM_NOT_UNDERSTOOD",
                format!("The provider's claim `{}` is not {wanted}.", short(name)),
                "An administrator must correct the claim at the provider, or set another one in `login.group_claim`.",
            ),
            Self::NotAllowed { claimed } => not_allowed(*claimed),
            Self::Unknown | Self::Used | Self::CrossSite | Self::Store(_) => self.own_error_page(),
        }
    }

    /// Pages of errors that do not come from the provider.
    fn own_error_page(&self) -> ErrorPage {
        let (status, code, what, remedy) = match self {
            Self::Used => (
                StatusCode::BAD_REQUEST,
                "LOGIN_USED",
                "This login was already finished. Its URL can be used once.",
                "If you are not signed in, sign in again.",
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "CROSS_SITE",
                "A page of another site sent this request.",
                "Use a page of this gateway.",
            ),
            Self::Store(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "The gateway could not complete the request.",
                "Try again in a moment. An administrator can find the reason in the gateway's log.",
            ),
            _ => (
                StatusCode::BAD_REQUEST,
                "LOGIN_UNKNOWN",
                "This browser did not start this login, or the login has expired.",
                "Sign in again, with cookies allowed, and stay in the same browser.",
            ),
        };
        ErrorPage::new(status, code, what, remedy)
    }
}

impl ProviderError {
    fn error_page(&self) -> ErrorPage {
        match self {
            Self::Unavailable(_) => ErrorPage::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "PROVIDER_SILENT",
                "The OpenID provider does not respond.",
                "Try again in a moment. An administrator can find the reason in the gateway's log and check \
                 `login.issuer`.",
            ),
            Self::Malformed(_) => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "PROVIDER_NOT_UNDERSTOOD",
                "The response of the OpenID provider is invalid.",
                "An administrator must check that `login.issuer` is exactly the issuer in the provider's \
                 `/.well-known/openid-configuration`. The gateway's log has the reason.",
            ),
        }
    }
}

impl ErrorPage {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, remedy: &'static str) -> Self {
        Self { title: "Not signed in", status, code, message: message.into(), quote: None, remedy }
    }
}

fn not_allowed(claimed: bool) -> ErrorPage {
    let (code, what, remedy) = match claimed {
        true => (
            "NOT_IN_A_GROUP",
            "You are in none of the groups that may sign in.",
            "Ask an administrator to add you to one of the groups in `login.allowed_groups`, then sign in again.",
        ),
        false => (
            "NO_GROUPS_CLAIMED",
            "The OpenID provider did not report your groups, and only some groups may sign in.",
            "An administrator must configure the provider to send the claim in `login.group_claim`, and add the \
             required scope to `login.scopes`, if any. Some providers omit the claim for users with many groups.",
        ),
    };
    ErrorPage::new(StatusCode::FORBIDDEN, code, what, remedy)
}

/// RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6 list the error codes.
fn refused(error: &str, description: &str) -> ErrorPage {
    let remedy = match error {
        "access_denied" => {
            "Sign in again and agree, or ask an administrator of the provider for access to this application."
        }
        "invalid_scope" => {
            "An administrator must remove the scopes that the provider does not know from `login.scopes`."
        }
        "unauthorized_client" | "unsupported_response_type" => {
            "An administrator must allow the authorization code flow for this application at the provider."
        }
        "temporarily_unavailable" | "server_error" => "Try again in a moment.",
        _ => "Sign in again. If that does not help, look up the error in the provider's documentation.",
    };
    let message = format!("The OpenID provider refused the login: `{}`.", short(error));
    let quote = (!description.is_empty()).then(|| short(description));
    ErrorPage { quote, ..ErrorPage::new(StatusCode::BAD_REQUEST, "PROVIDER_REFUSED", message, remedy) }
}

/// Shortens a text of the provider and removes control characters and backticks.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_provider_are_escaped_and_shortened() {
        let html = LoginError::Refused {
            error: "<script>alert(1)</script>`".to_owned(),
            description: format!("\"><img src=x onerror=alert(1)>{}", "a".repeat(10_000)),
        }
        .error_page()
        .render()
        .unwrap();
        assert!(html.contains("<code>&#60;script&#62;") && html.contains("&#34;&#62;&#60;img"), "{html}");
        assert!(!html.contains("<script") && !html.contains("<img") && html.len() < 3_000, "{html}");
    }

    #[test]
    fn a_page_does_not_contain_the_internal_reason() {
        let inner = "connect to 10.0.0.7 as hunter2";
        let errors = [
            LoginError::Provider(ProviderError::Unavailable(inner.to_owned())),
            LoginError::InvalidToken(inner.to_owned()),
        ];
        for error in errors {
            assert!(!error.error_page().render().unwrap().contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_page_runs_no_script_and_is_not_cached() {
        let page = LoginError::Used.page();
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none';"));
        assert_eq!((header("cache-control").as_str(), header("referrer-policy").as_str()), ("no-store", "no-referrer"));
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
    }
}
