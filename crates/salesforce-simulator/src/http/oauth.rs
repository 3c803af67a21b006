//! OAuth 2.0: the token endpoint and its companions.

mod assertion;
mod consent;
mod token;

pub(crate) use consent::authorize;
pub(crate) use token::token;

use std::collections::BTreeMap;

use serde_json::json;

use super::reply::Reply;
use super::request::Request;
use crate::state::{State, lock};

/// An OAuth error, as the vendor pairs codes and descriptions.
pub(super) struct Denial {
    error: String,
    description: String,
}

impl Denial {
    fn new(error: &str, description: &str) -> Self {
        Self { error: error.to_owned(), description: description.to_owned() }
    }

    fn reply(&self) -> Reply {
        Reply::json(400, &json!({ "error": self.error, "error_description": self.description }))
            .with("cache-control", "no-store")
    }
}

/// The parameters of a request, from its form or else its query.
fn parameters(request: &Request) -> BTreeMap<String, String> {
    let mut parameters = request.query();
    parameters.extend(request.form());
    parameters
}

/// Revokes the token of the form or the query.
pub(crate) fn revoke(state: &State, request: &Request) -> Reply {
    let parameters = parameters(request);
    let token = parameters.get("token").map_or("", String::as_str);
    if lock(&state.grants).revoke(token) {
        return Reply::empty(200);
    }
    Denial::new("invalid_token", "invalid token").reply()
}

/// Says whether a token lives, to the app it belongs to.
pub(crate) fn introspect(state: &State, request: &Request) -> Reply {
    let parameters = parameters(request);
    if let Err(denial) = token::authenticate(state, request, &parameters) {
        return denial.reply();
    }
    let asked = parameters.get("token").map_or("", String::as_str);
    let org = state.org();
    let client_id = lock(&state.app).client_id.clone();
    let grants = lock(&state.grants);
    let about = |user: u32, scope: &str| {
        json!({
            "active": true, "scope": scope, "client_id": client_id,
            "username": org.username(user),
            "sub": format!("{}/id/{}/{}", state.url, org.id(), org.user_id(user)),
        })
    };
    if let Some(session) = grants.session(asked) {
        let mut answer = about(session.user, &session.scope);
        let lifetime = i64::try_from(state.settings.session_seconds).unwrap_or(i64::MAX);
        answer["token_type"] = json!("access_token");
        answer["exp"] = json!(session.used.saturating_add(lifetime));
        answer["iat"] = json!(session.issued);
        answer["nbf"] = json!(session.issued);
        return Reply::json(200, &answer);
    }
    if let Some((user, scope)) = grants.refresh_token(asked) {
        let mut answer = about(user, scope);
        answer["token_type"] = json!("refresh_token");
        return Reply::json(200, &answer);
    }
    Reply::json(200, &json!({ "active": false }))
}
