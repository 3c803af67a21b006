//! The OAuth redirect URL: `/oauth/{connector}/callback`, which shows the outcome of an authorisation.

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use seatgraph_core::Secret;
use seatgraph_engine::access::{Principal, PrincipalId};
use seatgraph_engine::{Actor, Connected, ConsentError, ConsentResponse, Engine};
use serde::Deserialize;
use uuid::Uuid;

use crate::callers::Callers;
use crate::connect;
use crate::edge::RequestCredentials;
use crate::page::{FindingPage, failed, page};

/// Marks an authorisation that an API client started. Any browser that returns with its state may finish it.
const ANY_BROWSER: &str = "browser";

/// Returns who may finish an authorisation that a principal starts: a user only in a browser where they are logged in.
pub(crate) fn begun_by(principal: &Principal) -> String {
    match principal.id() {
        PrincipalId::Person(_) => principal.key(),
        _ => ANY_BROWSER.to_owned(),
    }
}

#[derive(Clone)]
struct AppState {
    engine: Engine,
    callers: Callers,
}

/// Serves the redirects of vendors.
pub(crate) fn router(engine: Engine, callers: Callers) -> Router {
    Router::new().route("/oauth/{connector}/callback", get(callback)).with_state(AppState { engine, callers })
}

/// Query parameters of RFC 6749 section 4.1.2. Vendors add more.
#[derive(Default, Deserialize)]
struct Returned {
    #[serde(default)]
    state: Option<Secret>,
    #[serde(default)]
    code: Option<Secret>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

async fn callback(
    State(AppState { engine, callers }): State<AppState>,
    Path(connector): Path<String>,
    returned: Result<Query<Returned>, QueryRejection>,
    parts: Parts,
) -> Response {
    // A query that cannot be parsed has no state, so no authorisation is found.
    let Query(returned) = returned.unwrap_or_default();
    let Returned { state, code, error, error_description } = returned;
    let consented = match (error, code) {
        (Some(error), _) => ConsentResponse::Refused { error, description: error_description.unwrap_or_default() },
        (None, Some(code)) => ConsentResponse::Code(code),
        (None, None) => ConsentResponse::Refused { error: "invalid_request".to_owned(), description: String::new() },
    };
    let state = state.unwrap_or_else(|| Secret::new(""));
    // The redirect comes from the site of the vendor. The state protects it, so the session cookie is accepted.
    let credentials = RequestCredentials { cross_site: false, ..RequestCredentials::of(&parts) };
    let person = callers.authenticate(&engine, &credentials).await.ok().flatten();
    // A logged-in user, a browser that opened a delegated link, or a browser sent by an API client.
    let mut by = connect::browsers(&parts.headers);
    by.extend(person.as_ref().map(Principal::key));
    by.push(ANY_BROWSER.to_owned());
    let actor = person.unwrap_or_else(Principal::browser);
    let actor = Actor::new(&actor, &credentials.from, &Uuid::now_v7().simple().to_string());
    match Box::pin(engine.finish_authorization(&actor, &connector, &state, &by, consented)).await {
        Ok(Connected { alias, via_link }) => {
            let title = if via_link { "Thank you" } else { "Connected" };
            page(StatusCode::OK, &ConnectedPage { title, alias: &alias.name, via_link })
        }
        Err(ConsentError::Found(finding)) => {
            tracing::info!(connector, code = %finding.code, "authorization refused");
            let note = "Nothing was changed. If you followed a link, open it again to try once more.";
            let refused = FindingPage { title: "Not connected", finding: &finding, note: Some(note) };
            page(StatusCode::BAD_REQUEST, &refused)
        }
        Err(ConsentError::Failed(error)) => {
            tracing::error!(connector, error = &error as &dyn std::error::Error, "authorization failed");
            failed()
        }
    }
}

#[derive(Template)]
#[template(path = "connected.html")]
struct ConnectedPage<'a> {
    title: &'static str,
    alias: &'a str,
    via_link: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_alias_is_escaped() {
        for via_link in [true, false] {
            let html = ConnectedPage { title: "Connected", alias: "<b onmouseover=x>", via_link }.render().unwrap();
            assert!(!html.contains("<b on") && html.contains("&#60;b on"), "{html}");
        }
    }
}
