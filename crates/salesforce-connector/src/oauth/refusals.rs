//! The meaning and the remedy of each OAuth error of Salesforce. The pairs of error and description are those of its help
//! pages ("OAuth 2.0 Flow Errors") and of public bug reports.
//!
//! Salesforce uses one error for several problems and tells them apart by the description only, so descriptions are
//! matched here. The tests list them; one that changes falls back to the general finding of its error.

use seatgraph_core::{ErrorKind, GrantRefusal, GrantType};

/// What a refusal means, and what to do about it.
pub(super) struct Explanation {
    pub(super) kind: ErrorKind,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) remedy: &'static str,
}

const fn config(code: &'static str, message: &'static str, remedy: &'static str) -> Explanation {
    Explanation { kind: ErrorKind::ConfigInvalid, code, message, remedy }
}

const fn reconnect(code: &'static str, message: &'static str, remedy: &'static str) -> Explanation {
    Explanation { kind: ErrorKind::Unauthenticated, code, message, remedy }
}

const fn other(kind: ErrorKind, code: &'static str, message: &'static str, remedy: &'static str) -> Explanation {
    Explanation { kind, code, message, remedy }
}

/// Explains a refusal.
pub(super) fn explain(refusal: &GrantRefusal) -> Explanation {
    let description = refusal.description.to_lowercase();
    match refusal.error.as_str() {
        "invalid_grant" => invalid_grant(refusal.grant, &description),
        "invalid_client_id" => reconnect(
            "OAUTH_CLIENT_UNKNOWN",
            "The consumer key is unknown to Salesforce.",
            "Copy the consumer key from the app's OAuth settings again. A new app takes 2 to 10 minutes to become known.",
        ),
        "invalid_client" | "unauthorized_client" => invalid_client(refusal.grant, &description),
        "inactive_user" => inactive_user(),
        "inactive_org" => config(
            "ORGANIZATION_INACTIVE",
            "The organisation is locked, suspended or expired.",
            "Ask Salesforce to reactivate the organisation, or archive the profile.",
        ),
        "unsupported_grant_type" | "unsupported_response_type" => flow_disabled(refusal.grant),
        "invalid_scope" => scopes(),
        "access_denied" => access_denied(&description),
        "OAUTH_APPROVAL_ERROR_GENERIC" => approval_failed(&description),
        "invalid_app_access" | "OAUTH_APP_ACCESS_DENIED" => not_approved(refusal.grant),
        "OAUTH_APP_BLOCKED" => config(
            "OAUTH_APP_BLOCKED",
            "An administrator of the organisation has blocked the app.",
            "Unblock the app in Setup → Connected Apps OAuth Usage, then authorize again.",
        ),
        "OAUTH_EC_APP_NOT_FOUND" => config(
            "OAUTH_APP_NOT_INSTALLED",
            "The external client app does not exist in this organisation.",
            "Create the app in this organisation or install its package, and enter its consumer key.",
        ),
        "OAUTH_AUTHORIZATION_BLOCKED" => config(
            "OAUTH_OTHER_ORGANIZATION",
            "The app belongs to another organisation and may not be used in this one.",
            "Create an external client app in the organisation that you want to connect, and enter its consumer key.",
        ),
        "redirect_uri_mismatch" | "redirect_uri_missing" => config(
            "OAUTH_REDIRECT_MISMATCH",
            "The app does not list the gateway's callback URL.",
            "Enter the callback URL in the app's OAuth settings, exactly as shown.",
        ),
        "invalid_request" => invalid_request(&description),
        "rate_limit_exceeded" | "LOGIN_RATE_EXCEEDED" => other(
            ErrorKind::RateLimited { retry_after: None },
            "OAUTH_LOGIN_RATE",
            "The user logs in more often than Salesforce allows, which is 3600 times per hour.",
            "Wait an hour. If the problem persists, look for another program that logs in as the same user.",
        ),
        "server_error" | "temporarily_unavailable" => unavailable(),
        _ if refusal.status == 429 || refusal.status >= 500 => unavailable(),
        _ => unknown(refusal.status),
    }
}

fn invalid_grant(grant: GrantType, description: &str) -> Explanation {
    let says = |text: &str| description.contains(text);
    if says("request not supported on this domain") {
        config(
            "OAUTH_WRONG_DOMAIN",
            "Salesforce supports this flow only on the organisation's My Domain URL.",
            "Set instanceUrl to the My Domain URL that Setup → My Domain shows, not to a login URL.",
        )
    } else if says("no client credentials user enabled") {
        config(
            "OAUTH_NO_RUN_AS_USER",
            "The app has no Run As user, or one that may not use the API.",
            "Set Run As in the app's policies to the username, not the e-mail address, of a user with API Enabled.",
        )
    } else if says("no valid scopes") {
        scopes()
    } else if says("ip restricted") || says("login hours") {
        ip_restricted()
    } else if says("inactive") {
        inactive_user()
    } else if says("hasn't approved this consumer") || says("not approved") || says("not admin approved") {
        not_approved(grant)
    } else if says("authentication failure") {
        config(
            "OAUTH_AUTHENTICATION_FAILURE",
            "Salesforce refuses the login of the connected user, because of login hours, IP address or state.",
            "Look up the reason in the user's login history in Setup, and remove it.",
        )
    } else if grant == GrantType::JwtBearer {
        invalid_assertion(description)
    } else {
        reconnect(
            "OAUTH_GRANT_GONE",
            "The authorization has expired or was revoked.",
            "Enter the credential again, or authorize again.",
        )
    }
}

fn invalid_assertion(description: &str) -> Explanation {
    if description.contains("audience") {
        config(
            "OAUTH_AUDIENCE",
            "Salesforce does not accept the audience of the signed assertion.",
            "Set jwtAudience on the alias: https://test.salesforce.com for a sandbox, https://login.salesforce.com \
             otherwise, or the URL of an Experience Cloud site.",
        )
    } else if description.contains("expired") {
        config(
            "OAUTH_ASSERTION_EXPIRED",
            "Salesforce considers the signed assertion expired, because the gateway's clock is behind.",
            "Synchronise the clock of the gateway's machine with NTP, then try again.",
        )
    } else {
        reconnect(
            "OAUTH_ASSERTION_REFUSED",
            "Salesforce does not accept the signature of the assertion.",
            "Upload the certificate of the alias's private key to the app's OAuth settings, or enter the private key of the \
             certificate that is there. If both match, synchronise the clock of the gateway's machine with NTP.",
        )
    }
}

fn invalid_client(grant: GrantType, description: &str) -> Explanation {
    if description.contains("flow") {
        return flow_disabled(grant);
    }
    reconnect(
        "OAUTH_CLIENT_REFUSED",
        "Salesforce does not accept the consumer secret.",
        "Copy the consumer key and the consumer secret from the app's OAuth settings again.",
    )
}

fn invalid_request(description: &str) -> Explanation {
    if description.contains("scope is required") {
        return scopes();
    }
    other(
        ErrorKind::Unexpected,
        "OAUTH_REQUEST_INVALID",
        "Salesforce considers the token request malformed.",
        "Report this error to the maintainers of the connector. It is a bug of the connector or of a proxy in between.",
    )
}

fn access_denied(description: &str) -> Explanation {
    if description.contains("ip restricted") || description.contains("login hours") {
        ip_restricted()
    } else if description.contains("approved") {
        not_approved(GrantType::AuthorizationCode)
    } else {
        config(
            "OAUTH_CONSENT_DENIED",
            "The user denied the access.",
            "Authorize again, and choose Allow on Salesforce's page.",
        )
    }
}

/// Salesforce reports most problems of an approval with the same error.
fn approval_failed(description: &str) -> Explanation {
    if description.contains("ip restricted") || description.contains("login hours") {
        return ip_restricted();
    }
    config(
        "OAUTH_APPROVAL_FAILED",
        "Salesforce could not record the consent of the user.",
        "Assign the user's profile or a permission set to the app. If the app is not installed in the organisation, \
         install it in Setup → Connected Apps OAuth Usage. Then authorize again.",
    )
}

const fn flow_disabled(grant: GrantType) -> Explanation {
    let remedy = match grant {
        GrantType::AuthorizationCode => {
            "Enable Authorization Code and Credentials Flow, or Require PKCE, in the app's OAuth settings."
        }
        GrantType::ClientCredentials => "Enable Client Credentials Flow in the app's OAuth settings.",
        GrantType::JwtBearer => "Enable JWT Bearer Flow in the app's OAuth settings, and upload the certificate.",
    };
    config("OAUTH_FLOW_DISABLED", "The app does not allow this OAuth flow.", remedy)
}

const fn not_approved(grant: GrantType) -> Explanation {
    match grant {
        GrantType::JwtBearer => config(
            "OAUTH_NOT_APPROVED",
            "The user of the alias is not approved for the app, or does not exist.",
            "Check the username on the alias. Then set Permitted Users in the app's policies to admin-approved users, \
             and assign the user's profile or a permission set to the app.",
        ),
        GrantType::AuthorizationCode | GrantType::ClientCredentials => config(
            "OAUTH_NOT_APPROVED",
            "The user is not approved for the app.",
            "Set Permitted Users in the app's policies to admin-approved users, and assign the user's profile or a permission \
             set to the app.",
        ),
    }
}

const fn inactive_user() -> Explanation {
    reconnect(
        "OAUTH_USER_INACTIVE",
        "The connected user is inactive.",
        "Activate the user, or choose another one: authorize as another user, change Run As in the app's policies, or \
         change the username of the alias.",
    )
}

const fn ip_restricted() -> Explanation {
    config(
        "OAUTH_IP_RESTRICTED",
        "The organisation does not allow logins from the gateway's IP address, or not at this hour.",
        "Allow the gateway's IP address under Setup → Network Access and in the login ranges and hours of the user's \
         profile, or relax IP restrictions in the app's policies.",
    )
}

const fn scopes() -> Explanation {
    config(
        "OAUTH_SCOPES",
        "The app does not grant the required scopes.",
        "Select these scopes in the app's OAuth settings: Manage user data via APIs (api) and, unless the flow is client \
         credentials, Perform requests at any time (refresh_token, offline_access).",
    )
}

const fn unavailable() -> Explanation {
    other(
        ErrorKind::Unavailable,
        "ORGANIZATION_UNAVAILABLE",
        "Salesforce is not available at the moment.",
        "Wait, the gateway tries again. If the problem persists, look at status.salesforce.com.",
    )
}

const fn unknown(status: u16) -> Explanation {
    let (code, message) =
        ("OAUTH_REFUSED", "Salesforce refused a token with an error that the connector does not know.");
    let remedy = "Look up the error in Salesforce's list of OAuth errors.";
    match status {
        401 => reconnect(code, message, remedy),
        406 | 408 | 420 => other(ErrorKind::Unavailable, code, message, remedy),
        _ => config(code, message, remedy),
    }
}
