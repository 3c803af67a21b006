//! `/login`, `/login/callback`, `/login/session`, `/logout`, and the way from the front page to a login.

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::Secret;
use seatgraph_engine::access::{CommandTarget, Principal, PrincipalId};
use seatgraph_engine::{Actor, Audited};
use seatgraph_store::Session;
use seatgraph_store::sessions::{self, ConsumeResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::LoginError;
use super::{Login, csrf, return_to};
use crate::addresses;
use crate::cookies::CookieName;
use crate::edge::{Introduction, is_cross_site};
use crate::page::{page, page_leading_to};

impl Login {
    /// Serves what a browser needs to log in and out.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/login", get(begin))
            .route("/login/callback", get(finish))
            .route("/login/session", get(present))
            .route("/logout", get(ask_to_end).post(end))
            .with_state(self.clone())
    }
}

/// Serves, in the place of [`Login::router`], what our own page asks in a gateway that knows no provider.
pub(crate) fn without_a_provider() -> Router {
    Router::new().route("/login/session", get(|| async { answer(None) }))
}

/// Sends a person who opens the front page without a session to the login, and back to it afterwards.
pub(crate) async fn before_the_front_page(State(login): State<Login>, request: Request, next: Next) -> Response {
    let is_front = request.method() == Method::GET && request.uri().path() == "/";
    if is_front && csrf::is_navigation(request.headers()) {
        match login.session(request.headers()).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let asked = request.uri().path_and_query().map(|path| path.as_str());
                return redirect(&return_to::login(&return_to::local(asked)), []);
            }
            Err(error) => return LoginError::from(error).page(),
        }
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default, rename = "return")]
    path: Option<String>,
    /// Set on the way to our public name, so that a proxy which rewrites `Host` does not send anybody round in circles.
    #[serde(default)]
    moved: Option<String>,
}

async fn begin(State(login): State<Login>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    let path = return_to::local(wanted.path.as_deref());
    if wanted.moved.is_none() && login.goes_by_another_name(&headers) {
        let mut there = addresses::under(&login.0.public_url, &["login"]);
        there.query_pairs_mut().append_pair("return", &path).append_pair("moved", "1");
        return redirect(there.as_str(), []);
    }
    login.begin(&headers, path).await.unwrap_or_else(|error| error.page())
}

/// What RFC 6749 section 4.1.2 and RFC 9207 put behind the address.
#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    state: Option<Secret>,
    #[serde(default)]
    code: Option<Secret>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

impl Returned {
    /// Takes the code, or says why there is none.
    fn code(self, issuer: &str) -> Result<Secret, LoginError> {
        if self.iss.is_some_and(|iss| iss != issuer) {
            return Err(LoginError::Unproven("the browser comes from another provider".to_owned()));
        }
        match (self.error, self.code) {
            (None, Some(code)) => Ok(code),
            (error, _) => {
                let error = error.unwrap_or_else(|| "invalid_request".to_owned());
                Err(LoginError::Refused { error, description: self.error_description.unwrap_or_default() })
            }
        }
    }
}

async fn finish(
    State(login): State<Login>,
    returned: Result<Query<Returned>, QueryRejection>,
    parts: Parts,
) -> Response {
    let Ok(Query(returned)) = returned else { return LoginError::Unknown.page() };
    let from = Introduction::of(&parts).from;
    login.finish(&parts.headers, &from, returned).await.unwrap_or_else(|error| error.page())
}

/// The present session, as `/login/session` tells it to our own pages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Present {
    subject: String,
    name: String,
    email: Option<String>,
    groups: Vec<String>,
    created_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    expires_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    idle_expires_at: DateTime<Utc>,
}

async fn present(State(login): State<Login>, headers: HeaderMap) -> Response {
    if is_cross_site(&headers) {
        return LoginError::CrossSite.page();
    }
    let session = match login.session(&headers).await {
        Ok(session) => session,
        Err(error) => return LoginError::from(error).page(),
    };
    let idle = TimeDelta::from_std(login.0.settings.session_idle).unwrap_or(TimeDelta::MAX);
    let session = session.map(|session| Present {
        idle_expires_at: session
            .last_seen_at
            .checked_add_signed(idle)
            .map_or(session.expires_at, |at| at.min(session.expires_at)),
        subject: session.subject,
        name: session.name,
        email: session.email,
        groups: session.groups,
        created_at: session.created_at,
        expires_at: session.expires_at,
    });
    answer(session)
}

fn answer(session: Option<Present>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, serde_json::json!({ "session": session }).to_string()).into_response()
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    title: &'static str,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    title: &'static str,
}

async fn ask_to_end(State(login): State<Login>, headers: HeaderMap) -> Response {
    match login.session(&headers).await {
        Ok(Some(session)) => {
            let sign_out = SignOutPage { title: "Sign out", name: &session.name };
            // The form's answer leads on to the provider, and browsers hold redirects to the policy too.
            let provider = login.0.provider.logout_origin().await.unwrap_or_default();
            page_leading_to(format!("'self' {provider}").trim_end(), StatusCode::OK, &sign_out)
        }
        Ok(None) => page(StatusCode::OK, &SignedOutPage { title: "Signed out" }),
        Err(error) => LoginError::from(error).page(),
    }
}

async fn end(State(login): State<Login>, parts: Parts) -> Response {
    if is_cross_site(&parts.headers) {
        return LoginError::CrossSite.page();
    }
    login.end(&parts.headers, &Introduction::of(&parts).from).await.unwrap_or_else(|error| error.page())
}

impl Login {
    /// Says whether the browser knows us by another name than the one under which the provider sends it back; its
    /// cookies would not come along.
    fn goes_by_another_name(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| !csrf::is_same(host, self.0.public_url.authority()))
    }

    async fn begin(&self, headers: &HeaderMap, path: String) -> Result<Response, LoginError> {
        let shared = &self.0;
        let begun = shared.provider.begin(path).await?;
        // One cookie for all its windows: several may be on their way at once.
        let browser = shared.cookies.read(CookieName::Login, headers).unwrap_or_else(Secret::generate);
        let life = shared.settings.attempt_life;
        sessions::begin(&shared.db, &shared.sealer, &begun.state, &browser, &begun.attempt).await?;
        Ok(redirect(begun.url.as_str(), [shared.cookies.set(CookieName::Login, &browser, life)]))
    }

    async fn finish(&self, headers: &HeaderMap, from: &str, returned: Returned) -> Result<Response, LoginError> {
        let shared = &self.0;
        let (Some(state), Some(browser)) = (returned.state.clone(), shared.cookies.read(CookieName::Login, headers))
        else {
            return Err(LoginError::Unknown);
        };
        let life = shared.settings.attempt_life;
        let attempt = match sessions::take(&shared.db, &shared.sealer, &state, &browser, life).await {
            Ok(ConsumeResult::Login(attempt)) => attempt,
            Ok(ConsumeResult::Used) => return Err(LoginError::Used),
            // A key that is gone by now is as good as a time that is over.
            Ok(ConsumeResult::Unknown) | Err(seatgraph_store::Error::DecryptFailed) => return Err(LoginError::Unknown),
            Err(error) => return Err(error.into()),
        };
        let code = returned.code(&shared.settings.issuer)?;
        let login = Box::pin(shared.provider.redeem(&code, &attempt)).await?;
        let (token, earlier) = (Secret::generate(), shared.cookies.read(CookieName::Session, headers));
        let life = shared.settings.session_life;
        let actor = actor(&login.subject, &login.name, from);
        let open = sessions::open(&shared.db, &shared.sealer, &token, &login, life, earlier.as_ref());
        let session = shared.engine.audited(&actor, "login", CommandTarget::Gateway, open).await?;
        tracing::info!(session.id = %session.id, "a person logged in");
        Ok(redirect(&attempt.return_path, [shared.cookies.set(CookieName::Session, &token, life)]))
    }

    /// Ends a session, and returns the ID token with which it ends at the provider too.
    async fn end_session(&self, session: &Session, token: &Secret, from: &str) -> Result<Option<Secret>, LoginError> {
        let shared = &self.0;
        let actor = actor(&session.subject, &session.name, from);
        let end = async { sessions::end(&shared.db, &shared.sealer, token).await.map(SessionEnded) };
        let SessionEnded(id_token) = shared.engine.audited(&actor, "logout", CommandTarget::Gateway, end).await?;
        Ok(id_token)
    }

    /// Ends the session here at once, and leads on to the provider where that has an end for it too.
    async fn end(&self, headers: &HeaderMap, from: &str) -> Result<Response, LoginError> {
        let shared = &self.0;
        let mut onwards = "/logout".to_owned();
        let id_token = match (self.session(headers).await?, shared.cookies.read(CookieName::Session, headers)) {
            (Some(session), Some(token)) => self.end_session(&session, &token, from).await?,
            // An expired session: its row goes, and nobody is known to log out.
            (None, Some(token)) => sessions::end(&shared.db, &shared.sealer, &token).await?,
            (_, None) => None,
        };
        if let Some(id_token) = id_token {
            match shared.provider.logout_url(&id_token).await {
                Ok(url) => onwards = url.map_or(onwards, String::from),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "a session ended here and perhaps not at the OpenID provider");
                }
            }
        }
        Ok(redirect(&onwards, [shared.cookies.clear(CookieName::Session)]))
    }
}

/// The user of a session, as the audit log names it.
fn actor(subject: &str, name: &str, from: &str) -> Actor {
    let user = Principal::new(PrincipalId::Person(subject.to_owned()), name, Vec::new());
    Actor::new(&user, from, &Uuid::now_v7().simple().to_string())
}

/// The ID token of a session that was ended, where the provider gave one.
struct SessionEnded(Option<Secret>);

impl Audited for SessionEnded {}

/// Sends the browser on, as a GET whatever it came with.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let cookies = AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (cookies, headers, Redirect::to(to)).into_response()
}
