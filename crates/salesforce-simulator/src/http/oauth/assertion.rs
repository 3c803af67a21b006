//! The JWT bearer flow: checks assertions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde::Deserialize;
use serde_json::Value;

use super::OAuthError;
use crate::org::user::RUNNING_USER;
use crate::state::{State, lock};

/// The `grant_type` of RFC 7523.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Valid audiences of an assertion, besides the URL of the organisation.
const LOGIN_HOSTS: [&str; 2] = ["https://login.salesforce.com", "https://test.salesforce.com"];

/// The maximum lifetime of an assertion, in seconds.
const MAX_LIFETIME: i64 = 5 * 60;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
}

/// Checks an assertion, and returns its user.
pub(super) fn check(state: &State, assertion: &str) -> Result<u32, OAuthError> {
    let invalid = || OAuthError::new("invalid_grant", "invalid assertion");
    let (message, signature) = assertion.rsplit_once('.').ok_or_else(invalid)?;
    let (header, claims) = message.split_once('.').ok_or_else(invalid)?;
    let header: Value = read(header).ok_or_else(invalid)?;
    let claims: Claims = read(claims).ok_or_else(invalid)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid())?;
    {
        let app = lock(&state.app);
        if claims.iss != app.client_id {
            return Err(OAuthError::new("invalid_client_id", "client identifier invalid"));
        }
        let Some(certificate) = &app.certificate else {
            return Err(OAuthError::new("unsupported_grant_type", "grant type not supported"));
        };
        if header["alg"] != "RS256" || !certificate.has_signed(message.as_bytes(), &signature) {
            return Err(invalid());
        }
    }
    if !LOGIN_HOSTS.contains(&claims.aud.as_str()) && claims.aud != state.url {
        return Err(OAuthError::new("invalid_grant", "audience is invalid"));
    }
    let left = claims.exp - now(state);
    if left <= 0 {
        return Err(OAuthError::new("invalid_grant", "expired authorization code"));
    }
    if left > MAX_LIFETIME {
        return Err(invalid());
    }
    approved_user(state, &claims.sub)
}

/// Finds a user, if the app is approved for them.
fn approved_user(state: &State, username: &str) -> Result<u32, OAuthError> {
    let unapproved = || OAuthError::new("invalid_grant", "user hasn't approved this consumer");
    // The error does not say whether the user exists.
    let user = state.org().user_by_name(username).ok_or_else(unapproved)?;
    if lock(&state.app).admin_approved {
        if user != RUNNING_USER {
            return Err(OAuthError::new("invalid_app_access", "user is not admin approved to access this app"));
        }
    } else if !lock(&state.grants).has_approved(user) {
        return Err(unapproved());
    }
    super::token::check_active(state, user)?;
    Ok(user)
}

fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The time for checking assertions: the clock of the machine, because clients sign with it. The simulated clock may be
/// at another time.
#[expect(clippy::disallowed_methods, reason = "two programs agree on the time by the machine's clock")]
fn now(state: &State) -> i64 {
    Utc::now().timestamp() + state.faults().clock_ahead_seconds
}
