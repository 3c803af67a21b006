//! OAuth 2.0 endpoints.

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

/// An OAuth error.
pub(super) struct OAuthError {
    error: String,
    description: String,
}

impl OAuthError {
    fn new(error: &str, description: &str) -> Self {
        Self { error: error.to_owned(), description: description.to_owned() }
    }

    fn reply(&self) -> Reply {
        Reply::json(400, &json!({ "error": self.error, "error_description": self.description }))
            .with("cache-control", "no-store")
    }
}

/// The parameters from the form, or from the query if there is no form.
fn parameters(request: &Request) -> BTreeMap<String, String> {
    let mut parameters = request.query();
    parameters.extend(request.form());
    parameters
}

/// Revokes a token.
pub(crate) fn revoke(state: &State, request: &Request) -> Reply {
    let parameters = parameters(request);
    let token = parameters.get("token").map_or("", String::as_str);
    if lock(&state.grants).revoke(token) {
        return Reply::empty(200);
    }
    OAuthError::new("invalid_token", "invalid token").reply()
}
