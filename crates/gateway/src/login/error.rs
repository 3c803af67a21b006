//! Why a login did not come about, and the page that says so to the person in front of it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::page::page;

/// Longest word of the provider's that a page repeats.
const LONGEST: usize = 300;

/// A login that did not come about.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    /// The provider is not to be had, or not to be understood.
    #[error("the OpenID provider is of no use")]
    Provider(#[source] ProviderError),
    /// The provider sent the person back without a code.
    #[error("the OpenID provider refused: {error}")]
    Refused { error: String, description: String },
    /// The provider does not redeem the code.
    #[error("the OpenID provider did not redeem the code: {error}")]
    NotRedeemed { error: String },
    /// What the provider says about the login is not to be believed.
    #[error("the OpenID provider's token is not valid: {0}")]
    Unproven(String),
    /// A claim is not of the kind that it must be.
    #[error("claim {name} is not {wanted}")]
    Claim { name: String, wanted: &'static str },
    /// Nobody began this login, or another browser did, or too long ago.
    #[error("no login of this browser is on its way under that state")]
    Unknown,
    /// This login has come back before.
    #[error("the login was finished before")]
    Used,
    /// The person is in none of the groups that may log in.
    #[error("the person is in no allowed group")]
    NotAllowed { claimed: bool },
    /// Another site's page asked for it.
    #[error("another site's page asked for it")]
    CrossSite,
    /// Our own side failed.
    #[error("the login could not be kept")]
    Store(#[from] seatgraph_store::Error),
}

/// What is the matter with the provider.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ProviderError {
    /// It does not answer.
    #[error("it does not answer: {0}")]
    Silent(String),
    /// Its answer is not what the specification asks for.
    #[error("its answer is not understood: {0}")]
    NotUnderstood(String),
}

/// The page of a failed login. In the message and the remedy, backticks mark code.
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
    /// Makes the page, and leaves the rest in the log.
    pub(super) fn page(&self) -> Response {
        let error_page = self.error_page();
        let error = self as &dyn std::error::Error;
        match error_page.status {
            StatusCode::INTERNAL_SERVER_ERROR => tracing::error!(error, "a login could not be finished"),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                tracing::warn!(error, code = error_page.code, "the OpenID provider let a login down");
            }
            _ => tracing::info!(code = error_page.code, "a login did not come about"),
        }
        page(error_page.status, &error_page)
    }

    fn error_page(&self) -> ErrorPage {
        match self {
            Self::Provider(error) => error.error_page(),
            Self::Refused { error, description } => refused(error, description),
            Self::NotRedeemed { error } => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "CODE_NOT_REDEEMED",
                format!("The OpenID provider did not accept the gateway's request: `{}`.", short(error)),
                "For `invalid_client` an operator sets `login.client_id` and \
                 `login.client_secret` as the provider has them; otherwise sign in again.",
            ),
            Self::Unproven(_) => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "TOKEN_NOT_VALID",
                "What the OpenID provider said about this login could not be verified, so nobody was signed in.",
                "Sign in again. If that does not help, an operator finds the reason in the gateway's log.",
            ),
            Self::Claim { name, wanted } => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "CLAIM_NOT_UNDERSTOOD",
                format!("The provider's claim `{}` is not {wanted}.", short(name)),
                "An operator corrects the claim at the provider, or names another in `login.group_claim`.",
            ),
            Self::NotAllowed { claimed } => not_allowed(*claimed),
            Self::Unknown | Self::Used | Self::CrossSite | Self::Store(_) => self.own_error_page(),
        }
    }

    /// What is no business of the provider's.
    fn own_error_page(&self) -> ErrorPage {
        let (status, code, what, remedy) = match self {
            Self::Used => (
                StatusCode::BAD_REQUEST,
                "LOGIN_USED",
                "This login was finished before; its address works once.",
                "If you are not signed in, sign in again.",
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "CROSS_SITE",
                "Another site's page asked for this.",
                "Do it from a page of this gateway.",
            ),
            Self::Store(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "The gateway could not finish this.",
                "Try again in a moment. An operator finds the reason in the gateway's log.",
            ),
            _ => (
                StatusCode::BAD_REQUEST,
                "LOGIN_UNKNOWN",
                "This browser has not begun this login, or took too long over it.",
                "Sign in again, with cookies allowed, and stay in the same browser.",
            ),
        };
        ErrorPage::new(status, code, what, remedy)
    }
}

impl ProviderError {
    fn error_page(&self) -> ErrorPage {
        match self {
            Self::Silent(_) => ErrorPage::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "PROVIDER_SILENT",
                "The OpenID provider does not answer.",
                "Try again in a moment. An operator finds the reason in the gateway's log; `login.issuer` is \
                 the address that was asked.",
            ),
            Self::NotUnderstood(_) => ErrorPage::new(
                StatusCode::BAD_GATEWAY,
                "PROVIDER_NOT_UNDERSTOOD",
                "The OpenID provider's answer cannot be used.",
                "An operator compares `login.issuer`, letter for letter, with what the provider says at \
                 `/.well-known/openid-configuration`; the gateway's log has the reason.",
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
            "You are known, but in none of the groups that may sign in here.",
            "Ask for a place in one of the groups in `login.allowed_groups`, then sign in again.",
        ),
        false => (
            "NO_GROUPS_CLAIMED",
            "The OpenID provider did not say which groups you are in, and only some may sign in here.",
            "An operator has the provider send the claim in `login.group_claim`, with a scope in \
             `login.scopes` where it asks for one. A provider may also leave it out when there are too many \
             groups.",
        ),
    };
    ErrorPage::new(StatusCode::FORBIDDEN, code, what, remedy)
}

/// RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6 list the words.
fn refused(error: &str, description: &str) -> ErrorPage {
    let remedy = match error {
        "access_denied" => "Sign in again and agree, or ask whoever runs the provider to let you use this application.",
        "invalid_scope" => "An operator takes the scopes that the provider does not know out of `login.scopes`.",
        "unauthorized_client" | "unsupported_response_type" => {
            "An operator allows the authorization code flow for this application at the provider."
        }
        "temporarily_unavailable" | "server_error" => "Try again in a moment.",
        _ => "Sign in again. If that does not help, an operator looks the word up in the provider's documentation.",
    };
    let message = format!("The OpenID provider refused the login: `{}`.", short(error));
    let quote = (!description.is_empty()).then(|| short(description));
    ErrorPage { quote, ..ErrorPage::new(StatusCode::BAD_REQUEST, "PROVIDER_REFUSED", message, remedy) }
}

/// A text of the provider, not too long, and without the mark of code.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_provider_are_escaped_and_cut() {
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
    fn a_page_holds_nothing_of_the_reason() {
        let inner = "connect to 10.0.0.7 as hunter2";
        let errors =
            [LoginError::Provider(ProviderError::Silent(inner.to_owned())), LoginError::Unproven(inner.to_owned())];
        for error in errors {
            assert!(!error.error_page().render().unwrap().contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_page_runs_no_script_and_is_kept_nowhere() {
        let page = LoginError::Used.page();
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none';"));
        assert_eq!((header("cache-control").as_str(), header("referrer-policy").as_str()), ("no-store", "no-referrer"));
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
    }
}
