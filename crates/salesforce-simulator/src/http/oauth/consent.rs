//! `/services/oauth2/authorize`: the consent page, and the redirect after the decision.

use std::collections::BTreeMap;

use axum::http::Method;

use super::super::reply::Reply;
use super::super::request::Request;
use super::parameters;
use crate::grants::Code;
use crate::org::user::RUNNING_USER;
use crate::state::{State, lock};

/// Shows the consent page on GET; redirects with a code or an error on POST.
pub(crate) fn authorize(state: &State, request: &Request) -> Reply {
    let mut parameters = parameters(request);
    let decision = parameters.remove("decision");
    let get = |name: &str| parameters.get(name).map_or("", String::as_str);
    if let Some(page) = misconfigured(state, get("client_id"), get("redirect_uri")) {
        return page;
    }
    let redirect = Redirect { to: get("redirect_uri"), state: parameters.get("state") };
    if get("response_type") != "code" {
        return redirect.error("unsupported_response_type", "response type not supported");
    }
    let challenge = parameters.get("code_challenge").filter(|challenge| !challenge.is_empty());
    if lock(&state.app).require_pkce && challenge.is_none() {
        return redirect.error("invalid_request", "missing required code challenge");
    }
    // The default method is S256, the only supported one.
    if !matches!(get("code_challenge_method"), "" | "S256") {
        return redirect.error("invalid_request", "invalid code challenge method");
    }
    match (&request.method, decision.as_deref()) {
        (&Method::POST, Some("approve")) => {
            let named = state.org().user_by_name(get("login_hint"));
            let scope = parameters.get("scope").map_or("api refresh_token", String::as_str);
            let code = Code {
                user: named.unwrap_or(RUNNING_USER),
                redirect_uri: get("redirect_uri").to_owned(),
                challenge: challenge.cloned(),
                scope: scope.to_owned(),
                made: state.now(),
                used: false,
            };
            let code = lock(&state.grants).add_code(code);
            redirect.success(&code)
        }
        (&Method::POST, _) => redirect.error("access_denied", "end-user denied authorization"),
        _ => Reply::html(200, page(&parameters)),
    }
}

/// A wrong client or callback URL must not redirect.
fn misconfigured(state: &State, client_id: &str, redirect_uri: &str) -> Option<Reply> {
    let app = lock(&state.app);
    let problem = if client_id != app.client_id {
        "error=invalid_client_id&error_description=client%20identifier%20invalid"
    } else if !app.callbacks.iter().any(|callback| callback == redirect_uri) {
        "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration"
    } else {
        return None;
    };
    Some(Reply::html(400, format!("<!doctype html><title>OAuth error</title><p>{problem}</p>")))
}

struct Redirect<'a> {
    to: &'a str,
    state: Option<&'a String>,
}

impl Redirect<'_> {
    fn success(&self, code: &str) -> Reply {
        self.reply(&[("code", code)])
    }

    fn error(&self, error: &str, description: &str) -> Reply {
        self.reply(&[("error", error), ("error_description", description)])
    }

    fn reply(&self, pairs: &[(&str, &str)]) -> Reply {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        if let Some(state) = self.state {
            query.append_pair("state", state);
        }
        let joint = if self.to.contains('?') { '&' } else { '?' };
        Reply::empty(302).with("location", format!("{}{joint}{}", self.to, query.finish()))
    }
}

fn page(parameters: &BTreeMap<String, String>) -> String {
    let hidden: String = parameters
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value)))
        .collect();
    let scope = parameters.get("scope").map_or("api refresh_token", String::as_str);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Allow Access?</title>\n<h1>Allow Access?</h1>\n\
         <p>The app asks for: {}</p>\n<form method=\"post\" action=\"/services/oauth2/authorize\">\n{hidden}\
         <button name=\"decision\" value=\"approve\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\">Deny</button>\n</form>\n</html>\n",
        escape(scope)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
