//! Where a vendor sends people back to after their consent: `/oauth/{connector}/callback`, one page with the outcome.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use seatgraph_core::{Finding, Secret};
use seatgraph_engine::access::{Principal, PrincipalId};
use seatgraph_engine::{Actor, Connected, ConsentError, ConsentResponse, Engine};
use serde::Deserialize;
use uuid::Uuid;

use crate::connect;
use crate::edge::Introduction;
use crate::page::{broken, escaped, of_finding, page};
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
struct Here {
    engine: Engine,
    visitors: Visitors,
}

/// Answers the vendors' redirects.
pub(crate) fn router(engine: Engine, visitors: Visitors) -> Router {
    Router::new().route("/oauth/{connector}/callback", get(callback)).with_state(Here { engine, visitors })
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
    State(Here { engine, visitors }): State<Here>,
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
        Ok(Connected { alias, via_link: true }) => page(StatusCode::OK, "Thank you", &thanks(&alias.name)),
        Ok(Connected { alias, via_link: false }) => page(StatusCode::OK, "Connected", &connected(&alias.name)),
        Err(ConsentError::Found(finding)) => {
            tracing::info!(connector, code = %finding.code, "a consent did not connect");
            page(StatusCode::BAD_REQUEST, "Not connected", &not_connected(&finding))
        }
        Err(ConsentError::Failed(error)) => {
            tracing::error!(connector, error = &error as &dyn std::error::Error, "a consent could not be finished");
            broken()
        }
    }
}

fn connected(alias: &str) -> String {
    let alias = escaped(alias);
    format!(
        "<p>The connection alias <b>{alias}</b> can be used now. You may close this page, and validate the profile.</p>"
    )
}

fn thanks(alias: &str) -> String {
    let alias = escaped(alias);
    format!(
        "<p>The connection <b>{alias}</b> is authorised. The link that you were sent is used up; there is nothing more \
         to do, and you may close this page.</p>"
    )
}

fn not_connected(finding: &Finding) -> String {
    let again = "<p>Nothing was changed. Whoever followed a link that they were sent opens it again to begin anew.</p>";
    format!("{}{again}", of_finding(finding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_alias_is_text_and_nothing_else() {
        for body in [connected("<b onmouseover=x>"), thanks("<b onmouseover=x>")] {
            assert!(!body.contains("<b on") && body.contains("&lt;b on"), "{body}");
        }
    }
}
