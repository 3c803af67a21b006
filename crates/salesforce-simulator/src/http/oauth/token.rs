//! `POST /services/oauth2/token`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::reply::Reply;
use super::super::request::Request;
use super::{OAuthError, assertion};
use crate::org::user::RUNNING_USER;
use crate::state::{State, lock};

type Parameters = BTreeMap<String, String>;

const SCOPES: [&str; 12] = [
    "api",
    "web",
    "full",
    "refresh_token",
    "offline_access",
    "id",
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "chatter_api",
];

/// Handles a token request.
pub(crate) fn token(state: &State, request: &Request) -> Reply {
    grant(state, request).unwrap_or_else(|error| error.reply())
}

fn grant(state: &State, request: &Request) -> Result<Reply, OAuthError> {
    if request.method != axum::http::Method::POST {
        return Err(OAuthError::new("invalid_request", "must use HTTP POST"));
    }
    if let Some(error) = fault(state) {
        return Err(error);
    }
    let parameters = request.form();
    let kind = required(&parameters, "grant_type")?;
    if kind == assertion::GRANT_TYPE {
        // The signature replaces the client secret.
        let user = assertion::check(state, required(&parameters, "assertion")?)?;
        return Ok(Reply::json(200, &open(state, user, "api", None)).with("cache-control", "no-store"));
    }
    authenticate(state, request, &parameters)?;
    let issued = match kind {
        "client_credentials" => client_credentials(state, request, &parameters)?,
        "authorization_code" => authorization_code(state, &parameters)?,
        "refresh_token" => refresh_token(state, &parameters)?,
        _ => return Err(OAuthError::new("unsupported_grant_type", "grant type not supported")),
    };
    Ok(Reply::json(200, &issued).with("cache-control", "no-store"))
}

/// The refusal that faults request.
fn fault(state: &State) -> Option<OAuthError> {
    let refusal = state.faults().token_refusal.clone()?;
    let counts = refusal.times.is_some();
    let applies = !counts || state.count_down(|faults| faults.token_refusal.as_mut()?.times.as_mut());
    applies.then(|| OAuthError::new(&refusal.error, &refusal.error_description))
}

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, OAuthError> {
    let value = parameters.get(name).map(String::as_str);
    value.ok_or_else(|| OAuthError::new("invalid_request", &format!("missing required parameter: {name}")))
}

/// Checks the client id and secret, from HTTP Basic authentication or the form.
fn authenticate(state: &State, request: &Request, parameters: &Parameters) -> Result<(), OAuthError> {
    let basic = request.header("authorization").and_then(|value| {
        let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(decoded).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    });
    let (id, secret) = match basic {
        Some(pair) => pair,
        None => {
            let secret = parameters.get("client_secret").cloned().unwrap_or_default();
            (required(parameters, "client_id")?.to_owned(), secret)
        }
    };
    let app = lock(&state.app);
    if id != app.client_id {
        return Err(OAuthError::new("invalid_client_id", "client identifier invalid"));
    }
    if secret != app.client_secret {
        return Err(OAuthError::new("invalid_client", "invalid client credentials"));
    }
    Ok(())
}

fn client_credentials(state: &State, request: &Request, parameters: &Parameters) -> Result<Value, OAuthError> {
    let host = request.header("host").unwrap_or("");
    if host.starts_with("login.") || host.starts_with("test.") {
        return Err(OAuthError::new("invalid_grant", "request not supported on this domain"));
    }
    if !state.org().user(RUNNING_USER).active {
        return Err(OAuthError::new("invalid_grant", "no client credentials user enabled"));
    }
    let asked = parameters.get("scope").map_or("api", String::as_str);
    let mut scopes = Vec::new();
    for scope in asked.split_whitespace() {
        if !SCOPES.contains(&scope) {
            return Err(OAuthError::new("invalid_scope", "the requested scope is not allowed"));
        }
        if !matches!(scope, "full" | "refresh_token" | "offline_access") {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(OAuthError::new("invalid_grant", "no valid scopes defined"));
    }
    Ok(open(state, RUNNING_USER, &scopes.join(" "), None))
}

fn authorization_code(state: &State, parameters: &Parameters) -> Result<Value, OAuthError> {
    let name = required(parameters, "code")?;
    let redirect_uri = required(parameters, "redirect_uri")?;
    let code = {
        let now = state.now();
        let mut grants = lock(&state.grants);
        let invalid = || OAuthError::new("invalid_grant", "invalid authorization code");
        let code = grants.code(name).ok_or_else(invalid)?;
        let lifetime = i64::try_from(state.settings.code_seconds).unwrap_or(i64::MAX);
        if code.used || now - code.made >= lifetime {
            return Err(OAuthError::new("invalid_grant", "expired authorization code"));
        }
        if code.redirect_uri != redirect_uri {
            return Err(OAuthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
        }
        if let Some(challenge) = &code.challenge {
            let verifier = parameters.get("code_verifier").map_or("", String::as_str);
            if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != challenge.trim_end_matches('=') {
                return Err(OAuthError::new("invalid_grant", "invalid code verifier"));
            }
        }
        code.used = true;
        code.clone()
    };
    check_active(state, code.user)?;
    let lasting = code.scope.split_whitespace().any(|scope| matches!(scope, "refresh_token" | "offline_access"));
    if !lasting {
        return Ok(open(state, code.user, &code.scope, None));
    }
    let (grant, refresh) = lock(&state.grants).approve(code.user, &code.scope);
    let mut issued = open(state, code.user, &code.scope, Some(grant));
    issued["refresh_token"] = json!(refresh);
    Ok(issued)
}

fn refresh_token(state: &State, parameters: &Parameters) -> Result<Value, OAuthError> {
    let token = required(parameters, "refresh_token")?;
    let faults = state.faults();
    let refreshed = lock(&state.grants).refresh(token, faults.rotate_refresh_tokens, faults.detect_refresh_token_reuse);
    let refreshed = refreshed.ok_or_else(|| OAuthError::new("invalid_grant", "expired access/refresh token"))?;
    check_active(state, refreshed.user)?;
    let mut issued = open(state, refreshed.user, &refreshed.scope, Some(refreshed.grant));
    if let Some(rotated) = refreshed.rotated {
        issued["refresh_token"] = json!(rotated);
    }
    Ok(issued)
}

pub(super) fn check_active(state: &State, user: u32) -> Result<(), OAuthError> {
    if state.org().user(user).active {
        return Ok(());
    }
    Err(OAuthError::new("inactive_user", "user is inactive"))
}

/// Opens a session, and returns the token response.
fn open(state: &State, user: u32, scope: &str, grant: Option<u64>) -> Value {
    let org = state.org();
    let token = lock(&state.grants).open(org.id().short(), user, grant, state.now());
    let id = format!("{}/id/{}/{}", state.url, org.id(), org.user_id(user));
    let issued_at = state.now_ms().to_string();
    let faults = state.faults();
    let scope = faults.granted_scope.as_deref().unwrap_or(scope);
    let secret = lock(&state.app).client_secret.clone();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{id}{issued_at}").as_bytes());
    json!({
        "access_token": token,
        "signature": STANDARD.encode(mac.finalize().into_bytes()),
        "scope": scope,
        "instance_url": state.url,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
    })
}
