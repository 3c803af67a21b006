//! Where a vendor sends people back to after their consent: `/oauth/{connector}/callback`, one page with the outcome.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use seatgraph_core::{Finding, Secret};
use seatgraph_engine::{Consented, Engine, NotAuthorized};
use serde::Deserialize;

/// Who begins and finishes consents until the gateway knows its visitors: it listens on loopback only.
pub(crate) const VISITOR: &str = "loopback";

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Answers the vendors' redirects.
pub(crate) fn router(engine: Engine) -> Router {
    Router::new().route("/oauth/{connector}/callback", get(callback)).with_state(engine)
}

/// What RFC 6749 section 4.1.2 puts behind the address; vendors add more.
#[derive(Deserialize)]
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
    State(engine): State<Engine>,
    Path(connector): Path<String>,
    Query(returned): Query<Returned>,
) -> Response {
    let Returned { state, code, error, error_description } = returned;
    let consented = match (error, code) {
        (Some(error), _) => Consented::Refused { error, description: error_description.unwrap_or_default() },
        (None, Some(code)) => Consented::Code(code),
        (None, None) => Consented::Refused { error: "invalid_request".to_owned(), description: String::new() },
    };
    let state = state.unwrap_or_else(|| Secret::new(""));
    match engine.finish_authorization(&connector, &state, VISITOR, consented).await {
        Ok(alias) => page(StatusCode::OK, "Connected", &connected(&alias.name)),
        Err(NotAuthorized::Found(finding)) => {
            tracing::info!(connector, code = %finding.code, "a consent did not connect");
            page(StatusCode::BAD_REQUEST, "Not connected", &not_connected(&finding))
        }
        Err(NotAuthorized::Failed(error)) => {
            tracing::error!(connector, error = &error as &dyn std::error::Error, "a consent could not be finished");
            let body = "<p>The gateway could not finish this. Nothing was changed; begin the authorization again.</p>";
            page(StatusCode::INTERNAL_SERVER_ERROR, "Not connected", body)
        }
    }
}

fn connected(alias: &str) -> String {
    let alias = escaped(alias);
    format!(
        "<p>The connection alias <b>{alias}</b> can be used now. You may close this page, and validate the profile.</p>"
    )
}

fn not_connected(finding: &Finding) -> String {
    let mut body =
        format!("<p>{}</p><p><b>What to do:</b> {}</p>", escaped(&finding.message), escaped(&finding.remedy));
    if let Some(seen) = &finding.seen {
        body.push_str(&format!("<p>The vendor said: <code>{}</code></p>", escaped(seen)));
    }
    if let Some(docs) = &finding.docs_url {
        body.push_str(&format!("<p>More about it: <a href=\"{0}\" rel=\"noreferrer\">{0}</a></p>", escaped(docs)));
    }
    body.push_str(&format!("<p><small>{}</small></p>", escaped(&finding.code)));
    body
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} · Seatgraph</title>\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}}</style>\
         <h1>{title}</h1>{body}</html>\n"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

/// Makes text harmless between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_and_nothing_else() {
        let finding =
            Finding::new("X", seatgraph_core::Severity::Error, "m", "r").with_seen("<script>alert('1')</script>&\"");
        let body = not_connected(&finding);
        assert!(body.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"), "{body}");
        assert!(!body.contains("<script"), "{body}");
        assert!(!connected("<b onmouseover=x>").contains("<b on"));
    }
}
