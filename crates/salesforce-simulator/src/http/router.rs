//! Routes requests.

use std::sync::Arc;

use axum::extract::{Request as Incoming, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::reply::{Accept, Reply};
use super::request::Request;
use super::{call, control, identity, oauth, resources};
use crate::refusal::Refusal;
use crate::state::{State, lock};

pub(crate) async fn handle(Extract(state): Extract<Arc<State>>, incoming: Incoming) -> Response {
    let mut response = answer(Arc::clone(&state), incoming).await;
    if let Ok(date) = HeaderValue::from_str(&state.date()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn answer(state: Arc<State>, incoming: Incoming) -> Response {
    let request = match Request::read(incoming).await {
        Ok(request) => request,
        Err(reply) => return reply.pack(Accept::Plain),
    };
    let accept = request.accept();
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let count = |kind: &'static str| lock(&state.request_log).count(kind);
    let reply = match path.as_slice() {
        ["_control", rest @ ..] => control::handle(&state, &request, rest),
        ["services", "oauth2", "token"] => {
            count("token");
            oauth::token(&state, &request)
        }
        ["services", "oauth2", "authorize"] => {
            count("authorize");
            oauth::authorize(&state, &request)
        }
        ["services", "oauth2", "revoke"] => {
            count("revoke");
            oauth::revoke(&state, &request)
        }
        ["services", "oauth2", "userinfo"] => {
            count("userinfo");
            identity::userinfo(&state, &request)
        }
        ["id", organization, user] => {
            count("identity");
            identity::identity(&state, &request, organization, user)
        }
        ["services", "data"] => {
            count("versions");
            resources::versions()
        }
        ["services", "data", version, rest @ ..] => return call::data(state.clone(), request, version, rest).await,
        _ => Reply::refusal(&Refusal::not_found()),
    };
    reply.pack(accept)
}
