//! What each refusal of Salesforce's means, and its remedy. The pairs are those of its help pages ("OAuth 2.0 Flow
//! Errors") and of what people met and reported.

use seatgraph_core::{ErrorKind, GrantRefusal, GrantType};

/// What one refusal means.
pub(super) struct Meaning {
    pub(super) kind: ErrorKind,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) remedy: &'static str,
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

/// Finds what a refusal means.
pub(super) fn of(refusal: &GrantRefusal) -> Meaning {
    let description = refusal.description.to_lowercase();
    match refusal.error.as_str() {
        "invalid_grant" => invalid_grant(refusal.grant, &description),
        "invalid_client_id" => reconnect(
            "OAUTH_CLIENT_UNKNOWN",
            "Salesforce does not know the consumer key.",
            "Copy the consumer key again from the app's OAuth settings. A new app needs 2 to 10 minutes to be known.",
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
            "Unblock the app in Setup → Connected Apps OAuth Usage, then begin the authorization again.",
        ),
        "OAUTH_EC_APP_NOT_FOUND" => config(
            "OAUTH_APP_NOT_INSTALLED",
            "The external client app does not exist in this organisation.",
            "Create the app in this organisation, or install its package there, and enter its consumer key.",
        ),
        "OAUTH_AUTHORIZATION_BLOCKED" => config(
            "OAUTH_OTHER_ORGANIZATION",
            "The app belongs to another organisation and may not be used in this one.",
            "Create an external client app in the organisation that is to be connected, and enter its consumer key.",
        ),
        "redirect_uri_mismatch" | "redirect_uri_missing" => config(
            "OAUTH_REDIRECT_MISMATCH",
            "The app does not list this gateway's callback address.",
            "Enter the callback address in the app's OAuth settings, exactly as shown.",
        ),
        "invalid_request" => invalid_request(&description),
        "rate_limit_exceeded" | "LOGIN_RATE_EXCEEDED" => passing(
            ErrorKind::RateLimited { retry_after: None },
            "OAUTH_LOGIN_RATE",
            "The user logs in more often than Salesforce allows, 3600 times an hour.",
            "Nothing, unless it lasts: then look for another program that logs in as the same user.",
        ),
        "server_error" | "temporarily_unavailable" => away(),
        _ if refusal.status == 429 || refusal.status >= 500 => away(),
        _ => unknown(refusal.status),
    }
}

fn invalid_grant(grant: GrantType, description: &str) -> Meaning {
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
    } else if says("ip restricted") || says("login hours") {
        ip_restricted()
    } else if says("inactive") {
        inactive_user()
    } else if says("hasn't approved this consumer") || says("not approved") || says("not admin approved") {
        not_approved(grant)
    } else if says("authentication failure") {
        config(
            "OAUTH_AUTHENTICATION_FAILURE",
            "Salesforce refuses the user that the app acts as: login hours, address or state.",
            "Look at the user's login history in Setup for the reason, and lift it.",
        )
    } else if grant == GrantType::JwtBearer {
        invalid_assertion(description)
    } else {
        reconnect(
            "OAUTH_GRANT_GONE",
            "The authorization has expired or was withdrawn.",
            "Enter the credentials again, or give consent again.",
        )
    }
}

fn invalid_assertion(description: &str) -> Meaning {
    if description.contains("audience") {
        config(
            "OAUTH_AUDIENCE",
            "Salesforce does not take the signed request as addressed to it.",
            "Set jwtAudience on the alias: https://test.salesforce.com for a sandbox, https://login.salesforce.com \
             otherwise, or the address of an Experience Cloud site.",
        )
    } else if description.contains("expired") {
        config(
            "OAUTH_ASSERTION_EXPIRED",
            "Salesforce takes a request that was signed just now for expired: this machine's clock is behind.",
            "Set the gateway's clock by NTP, then try again.",
        )
    } else {
        reconnect(
            "OAUTH_ASSERTION_REFUSED",
            "Salesforce does not accept the signature of the app.",
            "Upload the certificate that belongs to the private key to the app's OAuth settings, or give the alias the \
             private key whose certificate is there. If both are right, set the gateway's clock by NTP.",
        )
    }
}

fn invalid_client(grant: GrantType, description: &str) -> Meaning {
    if description.contains("flow") {
        return flow_disabled(grant);
    }
    reconnect(
        "OAUTH_CLIENT_REFUSED",
        "Salesforce does not accept the consumer secret.",
        "Copy consumer key and secret again from the app's OAuth settings.",
    )
}

fn invalid_request(description: &str) -> Meaning {
    if description.contains("scope is required") {
        return scopes();
    }
    passing(
        ErrorKind::Unexpected,
        "OAUTH_REQUEST_INVALID",
        "Salesforce did not understand the request for a token.",
        "Report this with what was seen; it is a fault of the connector or of a proxy on the way.",
    )
}

fn access_denied(description: &str) -> Meaning {
    if description.contains("ip restricted") || description.contains("login hours") {
        ip_restricted()
    } else if description.contains("approved") {
        not_approved(GrantType::AuthorizationCode)
    } else {
        config(
            "OAUTH_CONSENT_DENIED",
            "The person did not allow the access.",
            "Begin the authorization again, and choose Allow on Salesforce's page.",
        )
    }
}

/// The one error behind which Salesforce puts whatever hinders an approval.
fn approval_failed(description: &str) -> Meaning {
    if description.contains("ip restricted") || description.contains("login hours") {
        return ip_restricted();
    }
    config(
        "OAUTH_APPROVAL_FAILED",
        "Salesforce could not record the person's consent.",
        "Assign the person's profile or a permission set to the app, or, where the app is not installed in the \
         organisation, install it in Setup → Connected Apps OAuth Usage; then begin the authorization again.",
    )
}

const fn flow_disabled(grant: GrantType) -> Meaning {
    let remedy = match grant {
        GrantType::AuthorizationCode => {
            "Switch on Enable Authorization Code and Credentials Flow, or Require PKCE, in the app's OAuth settings."
        }
        GrantType::ClientCredentials => "Switch on Enable Client Credentials Flow in the app's OAuth settings.",
        GrantType::JwtBearer => {
            "Switch on Enable JWT Bearer Flow in the app's OAuth settings, and upload the certificate."
        }
    };
    config("OAUTH_FLOW_DISABLED", "The app does not allow this way of getting a token.", remedy)
}

const fn not_approved(grant: GrantType) -> Meaning {
    match grant {
        GrantType::JwtBearer => config(
            "OAUTH_NOT_APPROVED",
            "The app is not approved for the user that it signs for, or there is no such user.",
            "Check the username on the alias. Then set Permitted Users in the app's policies to admin-approved users, \
             and assign the user's profile or a permission set to the app.",
        ),
        GrantType::AuthorizationCode | GrantType::ClientCredentials => config(
            "OAUTH_NOT_APPROVED",
            "The user is not approved for the app.",
            "Assign the user's profile or a permission set to the app, with permitted users pre-authorized.",
        ),
    }
}

const fn inactive_user() -> Meaning {
    reconnect(
        "OAUTH_USER_INACTIVE",
        "The user that the connection acts as is inactive.",
        "Activate that user, or connect as another one: by their consent, under Run As in the app's policies, or as \
         the alias's username.",
    )
}

const fn ip_restricted() -> Meaning {
    config(
        "OAUTH_IP_RESTRICTED",
        "The organisation does not let this address in, or not at this hour.",
        "Allow the gateway's address under Network Access and in the profile's login ranges and hours, or set IP \
         relaxation in the app's policies.",
    )
}

const fn scopes() -> Meaning {
    config(
        "OAUTH_SCOPES",
        "The app does not grant the scopes that are needed.",
        "Select the scopes Manage user data via APIs (api) and, unless the flow is client credentials, Perform \
         requests at any time (refresh_token, offline_access) in the app's OAuth settings.",
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
