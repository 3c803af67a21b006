//! Where a vendor sends people back to after their consent: `/oauth/{connector}/callback`, one page with the outcome.

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

use crate::connect;
use crate::edge::Introduction;
use crate::page::{FindingPage, failed, page};
use crate::visitors::Visitors;

/// A consent that a program began: the browser that comes back is a person's, whom the program sent, and all that it can
/// bring is the state.
const ANY_BROWSER: &str = "browser";

/// Who alone may finish a consent that a principal begins: a person in a browser in which it is logged in.
pub(crate) fn begun_by(principal: &Principal) -> String {
    match principal.id() {
        PrincipalId::Person(_) => principal.key(),
        _ => ANY_BROWSER.to_owned(),
    }
}

#[derive(Clone)]
struct AppState {
    engine: Engine,
    visitors: Visitors,
}

/// Answers the vendors' redirects.
pub(crate) fn router(engine: Engine, visitors: Visitors) -> Router {
    Router::new().route("/oauth/{connector}/callback", get(callback)).with_state(AppState { engine, visitors })
}

/// What RFC 6749 section 4.1.2 puts behind the address; vendors add more.
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
    State(AppState { engine, visitors }): State<AppState>,
    Path(connector): Path<String>,
    returned: Result<Query<Returned>, QueryRejection>,
    parts: Parts,
) -> Response {
    // What cannot be read was begun by nobody.
    let Query(returned) = returned.unwrap_or_default();
    let Returned { state, code, error, error_description } = returned;
    let consented = match (error, code) {
        (Some(error), _) => ConsentResponse::Refused { error, description: error_description.unwrap_or_default() },
        (None, Some(code)) => ConsentResponse::Code(code),
        (None, None) => ConsentResponse::Refused { error: "invalid_request".to_owned(), description: String::new() },
    };
    let state = state.unwrap_or_else(|| Secret::new(""));
    // The vendor's site sends the browser here, and nothing but the state it brings counts; so its cookie may.
    let introduction = Introduction { cross_site: false, ..Introduction::of(&parts) };
    let person = visitors.recognize(&engine, &introduction).await.ok().flatten();
    // Somebody who is logged in here, a browser in which a delegated link was followed, or one that a program sent.
    let mut by = connect::browsers(&parts.headers);
    by.extend(person.as_ref().map(Principal::key));
    by.push(ANY_BROWSER.to_owned());
    let actor = person.unwrap_or_else(Principal::browser);
    let actor = Actor::new(&actor, &introduction.from, &Uuid::now_v7().simple().to_string());
    match Box::pin(engine.finish_authorization(&actor, &connector, &state, &by, consented)).await {
        Ok(Connected { alias, via_link }) => {
            let title = if via_link { "Thank you" } else { "Connected" };
            page(StatusCode::OK, &ConnectedPage { title, alias: &alias.name, via_link })
        }
        Err(ConsentError::Found(finding)) => {
            tracing::info!(connector, code = %finding.code, "a consent did not connect");
            let note = "Nothing was changed. If you followed a link, open it again to try once more.";
            let refused = FindingPage { title: "Not connected", finding: &finding, note: Some(note) };
            page(StatusCode::BAD_REQUEST, &refused)
        }
        Err(ConsentError::Failed(error)) => {
            tracing::error!(connector, error = &error as &dyn std::error::Error, "a consent could not be finished");
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
