//! Where tokens come from, and what a refusal of one asks a person to do.

use seatgraph_core::{Error, ErrorKind, Finding, GrantRefusal, OAuth, Result, Severity};
use url::Url;

use crate::config::Settings;
use crate::findings::{OAUTH_ERRORS, OAUTH_SETUP};

/// The endpoints on the organisation's own host; the login hosts do not grant to an application.
pub(crate) fn endpoints(settings: &Settings) -> Result<OAuth> {
    let at = |path: &str| -> Result<Url> {
        let invalid = |e| Error::new(ErrorKind::ConfigInvalid, "property instanceUrl is not an address").with_source(e);
        settings.instance_url.join(path).map_err(invalid)
    };
    Ok(OAuth {
        token_url: at("/services/oauth2/token")?,
        authorize_url: Some(at("/services/oauth2/authorize")?),
        revoke_url: Some(at("/services/oauth2/revoke")?),
        audience: None,
        explain,
    })
}

/// What one refusal means.
struct Meaning {
    kind: ErrorKind,
    code: &'static str,
    message: &'static str,
    remedy: &'static str,
}

const fn config(code: &'static str, message: &'static str, remedy: &'static str) -> Meaning {
    Meaning { kind: ErrorKind::ConfigInvalid, code, message, remedy }
}

const fn reconnect(code: &'static str, message: &'static str, remedy: &'static str) -> Meaning {
    Meaning { kind: ErrorKind::Unauthenticated, code, message, remedy }
}

const fn passing(kind: ErrorKind, code: &'static str, message: &'static str, remedy: &'static str) -> Meaning {
    Meaning { kind, code, message, remedy }
}

/// Turns a refusal of the token endpoint into an error with a finding.
pub(crate) fn explain(refusal: &GrantRefusal) -> Error {
    let meaning = meaning(refusal);
    let description: String = refusal.description.chars().take(200).collect();
    let seen = match (refusal.error.as_str(), description.as_str()) {
        ("", _) => format!("HTTP {}", refusal.status),
        (error, "") => error.to_owned(),
        (error, description) => format!("{error}: {description}"),
    };
    let docs = if meaning.kind == ErrorKind::ConfigInvalid { OAUTH_SETUP } else { OAUTH_ERRORS };
    let finding = Finding::new(meaning.code, Severity::Error, meaning.message, meaning.remedy);
    Error::new(meaning.kind, "organisation grants no token")
        .with("error", &refusal.error)
        .with("description", description)
        .with("status", refusal.status)
        .with_finding(finding.with_seen(seen).with_docs(docs))
}

fn meaning(refusal: &GrantRefusal) -> Meaning {
    let description = refusal.description.to_lowercase();
    match refusal.error.as_str() {
        "invalid_grant" => invalid_grant(&description),
        "invalid_client_id" => reconnect(
            "OAUTH_CLIENT_UNKNOWN",
            "Salesforce does not know the consumer key.",
            "Copy the consumer key again from the app's OAuth settings. A new app needs 2 to 10 minutes to be known.",
        ),
        "invalid_client" | "unauthorized_client" => invalid_client(&description),
        "inactive_user" => reconnect(
            "OAUTH_USER_INACTIVE",
            "The user that the connection acts as is inactive.",
            "Activate that user, or name another one under Run As in the app's policies.",
        ),
        "inactive_org" => config(
            "ORGANIZATION_INACTIVE",
            "The organisation is locked, suspended or expired.",
            "Ask Salesforce to reactivate the organisation, or archive the profile.",
        ),
        "unsupported_grant_type" => config(
            "OAUTH_FLOW_DISABLED",
            "The app does not allow this way of getting a token.",
            "Switch on the flow in the app's OAuth settings: Enable Client Credentials Flow, or Authorization Code.",
        ),
        "invalid_scope" => scopes(),
        "access_denied" => config(
            "OAUTH_CONSENT_DENIED",
            "The person did not allow the access.",
            "Begin the authorization again, and choose Allow on Salesforce's page.",
        ),
        "invalid_app_access" | "OAUTH_APPROVAL_ERROR_GENERIC" | "OAUTH_APP_ACCESS_DENIED" | "OAUTH_APP_BLOCKED" => {
            not_approved()
        }
        "invalid_request" => passing(
            ErrorKind::Unexpected,
            "OAUTH_REQUEST_INVALID",
            "Salesforce did not understand the request for a token.",
            "Report this with what was seen; it is a fault of the connector or of a proxy on the way.",
        ),
        "rate_limit_exceeded" | "LOGIN_RATE_EXCEEDED" => passing(
            ErrorKind::RateLimited { retry_after: None },
            "OAUTH_LOGIN_RATE",
            "The user logs in more often than Salesforce allows, 3600 times an hour.",
            "Nothing, unless it lasts: then look for another program that logs in as the same user.",
        ),
        "redirect_uri_mismatch" => config(
            "OAUTH_REDIRECT_MISMATCH",
            "The app does not list this gateway's callback address.",
            "Enter the callback address in the app's OAuth settings, exactly as shown.",
        ),
        _ if refusal.status == 429 || refusal.status >= 500 || refusal.error == "server_error" => away(),
        _ => unknown(refusal.status),
    }
}

fn invalid_grant(description: &str) -> Meaning {
    let says = |words: &str| description.contains(words);
    if says("request not supported on this domain") {
        config(
            "OAUTH_WRONG_DOMAIN",
            "Salesforce grants this only on the organisation's own My Domain address.",
            "Set instanceUrl to the My Domain address that Setup → My Domain shows, not to a login address.",
        )
    } else if says("no client credentials user enabled") {
        config(
            "OAUTH_NO_RUN_AS_USER",
            "The app names no user to act as, or one that may not use the API.",
            "Set Run As in the app's policies to the username (not the e-mail address) of a user with API Enabled.",
        )
    } else if says("no valid scopes") {
        scopes()
    } else if says("ip restricted") {
        config(
            "OAUTH_IP_RESTRICTED",
            "The organisation does not let this gateway's address in.",
            "Allow the gateway's address under Network Access, or set IP relaxation in the app's policies.",
        )
    } else if says("hasn't approved this consumer") || says("not approved") || says("not admin approved") {
        not_approved()
    } else if says("authentication failure") {
        config(
            "OAUTH_AUTHENTICATION_FAILURE",
            "Salesforce refuses the user that the app acts as: login hours, address or state.",
            "Look at the user's login history in Setup for the reason, and lift it.",
        )
    } else {
        reconnect(
            "OAUTH_GRANT_GONE",
            "The authorization has expired or was withdrawn.",
            "Enter the credentials again, or give consent again.",
        )
    }
}

fn invalid_client(description: &str) -> Meaning {
    if description.contains("flow") {
        return config(
            "OAUTH_FLOW_DISABLED",
            "The app does not allow the client credentials flow.",
            "Switch on Enable Client Credentials Flow in the app's OAuth settings.",
        );
    }
    reconnect(
        "OAUTH_CLIENT_REFUSED",
        "Salesforce does not accept the consumer secret.",
        "Copy consumer key and secret again from the app's OAuth settings.",
    )
}

const fn not_approved() -> Meaning {
    config(
        "OAUTH_NOT_APPROVED",
        "The user is not approved for the app.",
        "Assign the user's profile or a permission set to the app, with permitted users pre-authorized.",
    )
}

const fn scopes() -> Meaning {
    config(
        "OAUTH_SCOPES",
        "The app grants none of the scopes that are needed.",
        "Select the scope Manage user data via APIs (api) in the app's OAuth settings.",
    )
}

const fn away() -> Meaning {
    passing(
        ErrorKind::Unavailable,
        "ORGANIZATION_UNAVAILABLE",
        "Salesforce does not answer at the moment.",
        "Nothing: it is tried again. If it lasts, look at status.salesforce.com.",
    )
}

const fn unknown(status: u16) -> Meaning {
    let (code, message) = ("OAUTH_REFUSED", "Salesforce refuses a token for a reason that is not known here.");
    let remedy = "Look up what was seen in the vendor's list of OAuth errors.";
    match status {
        401 => reconnect(code, message, remedy),
        406 | 408 | 420 => passing(ErrorKind::Unavailable, code, message, remedy),
        _ => config(code, message, remedy),
    }
}

#[cfg(test)]
mod tests {
    use seatgraph_core::GrantType;

    use super::*;

    fn refused(status: u16, error: &str, description: &str) -> Error {
        let grant = GrantType::ClientCredentials;
        explain(&GrantRefusal { grant, status, error: error.into(), description: description.into() })
    }

    #[test]
    fn every_refusal_has_a_kind_and_a_remedy() {
        use ErrorKind::*;
        let table = [
            ("invalid_grant", "expired authorization code", Unauthenticated, "OAUTH_GRANT_GONE"),
            ("invalid_grant", "expired access/refresh token", Unauthenticated, "OAUTH_GRANT_GONE"),
            ("invalid_grant", "authentication failure", ConfigInvalid, "OAUTH_AUTHENTICATION_FAILURE"),
            ("invalid_grant", "request not supported on this domain", ConfigInvalid, "OAUTH_WRONG_DOMAIN"),
            ("invalid_grant", "no client credentials user enabled", ConfigInvalid, "OAUTH_NO_RUN_AS_USER"),
            ("invalid_grant", "no valid scopes defined", ConfigInvalid, "OAUTH_SCOPES"),
            ("invalid_grant", "ip restricted", ConfigInvalid, "OAUTH_IP_RESTRICTED"),
            ("invalid_grant", "user hasn't approved this consumer", ConfigInvalid, "OAUTH_NOT_APPROVED"),
            ("access_denied", "end-user denied authorization", ConfigInvalid, "OAUTH_CONSENT_DENIED"),
            ("OAUTH_APPROVAL_ERROR_GENERIC", "an error occurred", ConfigInvalid, "OAUTH_NOT_APPROVED"),
            ("invalid_app_access", "user is not admin approved", ConfigInvalid, "OAUTH_NOT_APPROVED"),
            ("invalid_client_id", "client identifier invalid", Unauthenticated, "OAUTH_CLIENT_UNKNOWN"),
            ("invalid_client", "invalid client credentials", Unauthenticated, "OAUTH_CLIENT_REFUSED"),
            ("invalid_client", "Client credentials flow not enabled", ConfigInvalid, "OAUTH_FLOW_DISABLED"),
            ("inactive_user", "user is inactive", Unauthenticated, "OAUTH_USER_INACTIVE"),
            ("inactive_org", "organization is inactive", ConfigInvalid, "ORGANIZATION_INACTIVE"),
            ("unsupported_grant_type", "grant type not supported", ConfigInvalid, "OAUTH_FLOW_DISABLED"),
            ("invalid_request", "must use HTTP POST", Unexpected, "OAUTH_REQUEST_INVALID"),
            ("invalid_scope", "the requested scope is not allowed", ConfigInvalid, "OAUTH_SCOPES"),
            ("rate_limit_exceeded", "login rate exceeded", RateLimited { retry_after: None }, "OAUTH_LOGIN_RATE"),
            (
                "redirect_uri_mismatch",
                "redirect_uri must match configuration",
                ConfigInvalid,
                "OAUTH_REDIRECT_MISMATCH",
            ),
        ];
        for (error, description, kind, code) in table {
            let explained = refused(400, error, description);
            let finding = explained.finding().unwrap();
            assert_eq!((explained.kind(), finding.code.as_str()), (kind, code), "{error} {description}");
            assert_eq!(finding.seen.as_deref(), Some(format!("{error}: {description}").as_str()));
        }
    }

    #[test]
    fn maintenance_is_not_a_refusal() {
        assert_eq!(refused(503, "", "").kind(), ErrorKind::Unavailable);
        assert_eq!(refused(500, "server_error", "").kind(), ErrorKind::Unavailable);
    }
}
